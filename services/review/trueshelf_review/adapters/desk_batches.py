"""The desk's batches in PostgreSQL: members, looks, rates."""

from collections.abc import Iterable
from uuid import UUID

from trueshelf_contracts.review import SpotLook
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.cases import Standing
from trueshelf_review.domain.records import Batch, SpotRate
from trueshelf_review.domain.spot import Look, Member, MemberView
from trueshelf_runtime.db import Row, Tx


class BatchRows:
    """Batches and what stands in them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock_batch(self, batch_id: UUID) -> Batch | None:
        row = await self._tx.fetchrow(SQL["lock_batch"], batch_id)
        if row is None:
            return None
        fields = dict(row)
        members = None
        if fields.pop("sealed"):
            members = tuple((m["sku"], m["sku_version"]) for m in await self._tx.fetch(SQL["members_of"], batch_id))
        return Batch(**fields, members=members)

    async def add_batch(self, batch: Batch) -> bool:
        b = batch
        added = await self._tx.fetchval(
            SQL["add_batch"], b.batch_id, b.category, b.seed, b.rate, b.correlation_id, b.first_seen_at, b.drill
        )
        return added is not None

    async def put_batch(self, batch: Batch) -> None:
        b = batch
        for position, (sku, version) in enumerate(b.members or ()):
            await self._tx.execute(SQL["add_member"], b.batch_id, sku, version, position)
        await self._tx.execute(SQL["put_batch"], b.batch_id, b.state, b.members is not None, b.draws, b.holds)

    async def batches_of(self, sku: str, before_version: int) -> list[UUID]:
        return [row["batch_id"] for row in await self._tx.fetch(SQL["batches_of"], sku, before_version)]

    async def member_views(self, members: Iterable[Member]) -> tuple[MemberView, ...]:
        known = list(members)
        args = ([sku for sku, _ in known], [version for _, version in known])
        approvals: dict[Member, list[Standing]] = {}
        for row in await self._tx.fetch(SQL["member_approvals"], *args):
            standing = Standing(row["slot"], row["approval_id"], row["variant_id"], row["approver"], row["drill"])
            approvals.setdefault((row["sku"], row["sku_version"]), []).append(standing)
        return tuple(
            MemberView(
                sku=row["sku"],
                sku_version=row["sku_version"],
                decided=row["superseded"] or row["slots_ended"],
                approvals=tuple(approvals.get((row["sku"], row["sku_version"]), ())),
                current=not row["superseded"],
            )
            for row in await self._tx.fetch(SQL["member_states"], *args)
        )

    async def looks(self, batch_id: UUID) -> dict[Member, Look]:
        return {(r["sku"], r["sku_version"]): _look(r) for r in await self._tx.fetch(SQL["looks"], batch_id)}

    async def good_looks(self, batch_id: UUID) -> list[SpotLook]:
        return [SpotLook.model_validate(dict(row)) for row in await self._tx.fetch(SQL["good_looks"], batch_id)]

    async def spot_rate(self, category: str) -> SpotRate | None:
        row = await self._tx.fetchrow(SQL["spot_rate"], category)
        return None if row is None else SpotRate(**dict(row))

    async def put_spot_rate(self, rate: SpotRate) -> None:
        await self._tx.execute(SQL["put_spot_rate"], rate.category, rate.rate, rate.passed_in_a_row)


def _look(row: Row) -> Look:
    match row["state"]:
        case "decided":
            return "good" if row["kind"] == "spot_good" else "bad"
        case "closed":
            return "fallen"
        case _:
            return "waiting"
