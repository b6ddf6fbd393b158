"""The desk's facts in PostgreSQL: plans, drafts, refusals, renditions, outcomes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from trueshelf_contracts.export import OutcomeRecorded
from trueshelf_contracts.generate import GenerationPlanned, GenerationRefused, VariantGenerated
from trueshelf_contracts.qa import RenditionChecked, VariantChecked
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.cases import RoundItem, RoundView
from trueshelf_review.service.facts import round_item
from trueshelf_runtime.db import Row, Tx


class FactRows:
    """What other services said, each fact once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add_capturer(self, capture_id: UUID, actor_id: str) -> None:
        await self._tx.execute(SQL["add_capturer"], capture_id, actor_id)

    async def capturers(self, capture_ids: Sequence[UUID]) -> set[str]:
        return {row["actor_id"] for row in await self._tx.fetch(SQL["capturers"], list(capture_ids))}

    async def add_plan(self, plan: GenerationPlanned) -> None:
        p = plan
        body = p.model_dump(mode="json")
        await self._tx.execute(SQL["add_plan"], p.plan_id, p.sku, p.sku_version, p.round, p.batch_id, body)
        for item in p.items:
            await self._tx.execute(
                SQL["add_planned_item"],
                item.item_id,
                p.sku,
                p.sku_version,
                item.slot,
                p.round,
                item.index,
                item.mode,
                p.plan_id,
            )

    async def plan(self, plan_id: UUID) -> GenerationPlanned | None:
        body = await self._tx.fetchval(SQL["plan"], plan_id)
        return None if body is None else GenerationPlanned.model_validate(body)

    async def plan_of(self, sku: str, version: int, slot: str | None, round_: int | None) -> GenerationPlanned | None:
        body = await self._tx.fetchval(SQL["plan_of"], sku, version, slot, round_)
        return None if body is None else GenerationPlanned.model_validate(body)

    async def add_variant(self, variant: VariantGenerated) -> None:
        body = variant.model_dump(mode="json")
        where = _item(variant)
        await self._tx.execute(SQL["add_variant"], *where, variant.variant_id, body, variant.master.sha256)

    async def add_check(self, check: VariantChecked) -> None:
        body = check.model_dump(mode="json")
        await self._tx.execute(SQL["add_check"], *_item(check), check.variant_id, body, check.verdict)

    async def add_refusal(self, refusal: GenerationRefused) -> None:
        await self._tx.execute(SQL["add_refusal"], *_item(refusal), refusal.model_dump(mode="json"))

    async def variant(self, variant_id: UUID) -> tuple[VariantGenerated, VariantChecked] | None:
        row = await self._tx.fetchrow(SQL["variant"], variant_id)
        if row is None:
            return None
        return VariantGenerated.model_validate(row["generated"]), VariantChecked.model_validate(row["checked"])

    async def round_view(self, sku: str, version: int, slot: str, round_: int) -> RoundView:
        rows = await self._tx.fetch(SQL["round_items"], sku, version, slot, round_)
        planned = bool(rows) and all(row["planned"] for row in rows)
        return RoundView(tuple(map(_round_item, rows)), planned)

    async def add_rendition(self, check: RenditionChecked) -> None:
        await self._tx.execute(SQL["add_rendition"], check.rendition_id, check.model_dump(mode="json"))

    async def rendition(self, rendition_id: UUID) -> RenditionChecked | None:
        body = await self._tx.fetchval(SQL["rendition"], rendition_id)
        return None if body is None else RenditionChecked.model_validate(body)

    async def add_outcome(self, outcome: OutcomeRecorded) -> None:
        o = outcome
        body = o.model_dump(mode="json")
        await self._tx.execute(SQL["add_outcome"], o.outcome_id, o.sku, o.sku_version, o.variant_id, o.kind, body)


def _item(fact: VariantGenerated | VariantChecked | GenerationRefused) -> tuple[Any, ...]:
    return (fact.item_id, fact.sku, fact.sku_version, fact.slot, fact.round)


def _round_item(row: Row) -> RoundItem:
    generated = VariantGenerated.model_validate(row["generated"]) if row["generated"] else None
    checked = VariantChecked.model_validate(row["checked"]) if row["checked"] else None
    refused = GenerationRefused.model_validate(row["refused"]) if row["refused"] else None
    return round_item(row["mode"], generated, checked, refused) or RoundItem(row["item_id"], row["mode"])
