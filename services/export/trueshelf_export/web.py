"""HTTP → use cases."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_contracts.refs import Marketplace, ObjectRef, Sku
from trueshelf_export import reading as views
from trueshelf_export.bodies import (
    AnswersBody,
    ChecklistsView,
    ConfirmationBody,
    ExportableView,
    OrderBody,
    OrderView,
    OutcomeBody,
    OutcomeView,
    PackView,
    ProfileView,
)
from trueshelf_export.domain.confirmation import DEFAULT_VALIDITY, Confirmation
from trueshelf_export.domain.naming import pack_name
from trueshelf_export.reading import MARKETPLACES, Reading
from trueshelf_export.service import outcomes
from trueshelf_export.service.orders import Order, Orders, locked_pack, may_order
from trueshelf_export.service.outcomes import Outcome
from trueshelf_export.service.renditions import Renditions
from trueshelf_export.service.rules import Rules
from trueshelf_export.sql import SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.identity import Principal, require
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.storage import ObjectStore

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
Reader = Annotated[Principal, Depends(require("uploader", "operator", "reviewer", "auditor", "admin"))]
Uploader = Annotated[Principal, Depends(require("uploader"))]
Confirmer = Annotated[Principal, Depends(require("uploader", "operator"))]
CHUNK = 1 << 18


class Web:
    """The endpoints; each is one transaction."""

    def __init__(
        self,
        *,
        db: Database,
        store: ObjectStore,
        clock: Clock,
        rules: Rules,
        orders: Orders,
        renditions: Renditions,
        reading: Reading,
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock
        self._rules = rules
        self._orders = orders
        self._renditions = renditions
        self._reading = reading

    async def checklists(self, who: Reader) -> ChecklistsView:  # noqa: ARG002 - asking is for those who are logged in
        """Return the questions that orders and confirmations answer."""
        return self._reading.checklists()

    async def profiles(self, who: Reader) -> list[ProfileView]:
        """Return every marketplace's rules as they stand today."""
        return [await self.profile(marketplace, who) for marketplace in MARKETPLACES]

    async def profile(self, marketplace: Marketplace, who: Reader) -> ProfileView:
        """Return one marketplace's rules: values, confidence, sources, dates, and what a confirmation must answer."""
        async with self._db.transaction() as tx:
            return await self._reading.profile(tx, marketplace, self._clock.now().date(), drill=who.drill)

    async def confirm(self, marketplace: Marketplace, body: ConfirmationBody, key: Key, who: Confirmer) -> ProfileView:
        """Confirm that the current rules were read; orders that wait for it go on by themselves (R-88)."""
        may_order(who)
        given = Confirmation(
            source=body.source,
            checked_on=body.checked_on,
            valid_until=body.valid_until or body.checked_on + DEFAULT_VALIDITY,
            answers=body.answers,
            values=body.values,
            by=who.id,
        )
        async with self._db.transaction() as tx:
            now = self._clock.now()
            await self._rules.confirm(tx, marketplace, given, who=who, key=key, at=now)
            return await self._reading.profile(tx, marketplace, now.date(), drill=who.drill)

    async def exportable(
        self, sku: Annotated[Sku, Query()], who: Reader, marketplace: Marketplace | None = None
    ) -> list[ExportableView]:
        """Say for each marketplace whether the SKU could be ordered now, and if not, why and what to do."""
        async with self._db.transaction() as tx:
            today = self._clock.now().date()
            wanted = MARKETPLACES if marketplace is None else (marketplace,)
            return [await self._reading.exportable(tx, sku, name, today, drill=who.drill) for name in wanted]

    async def order(self, body: OrderBody, key: Key, who: Uploader) -> OrderView:
        """Order files: one pack per SKU; a SKU that cannot be exported is refused by itself, the others go on."""
        order = Order(
            marketplace=body.marketplace,
            skus=tuple(body.skus),
            slots=None if body.slots is None else tuple(body.slots),
            answers=body.answers,
            iptc=body.iptc,
        )
        async with self._db.transaction() as tx:
            order_id = await self._orders.place(tx, order, who=who, key=key, at=self._clock.now())
            return await self._reading.order(tx, order_id)

    async def order_by_id(self, order_id: UUID, who: Reader) -> OrderView:  # noqa: ARG002
        """Return an order with its packs."""
        async with self._db.transaction() as tx:
            return await self._reading.order(tx, order_id)

    async def orders_of_sku(self, sku: Annotated[Sku, Query()], who: Reader) -> list[PackView]:  # noqa: ARG002
        """Return a SKU's packs, newest first."""
        async with self._db.transaction() as tx:
            return await self._reading.packs_of_sku(tx, sku)

    async def pack(self, pack_id: UUID, who: Reader) -> PackView:  # noqa: ARG002
        """Return where a pack stands."""
        async with self._db.transaction() as tx:
            return await self._reading.pack(tx, pack_id)

    async def answer(self, pack_id: UUID, body: AnswersBody, who: Uploader) -> PackView:
        """Answer items of scope pack; when all are answered and all files are good, the pack is made (R-71)."""
        may_order(who)
        async with self._db.transaction() as tx:
            await self._renditions.answer(tx, pack_id, body.answers, who, self._clock.now())
            return await self._reading.pack(tx, pack_id)

    async def download(self, pack_id: UUID, who: Uploader) -> StreamingResponse:
        """Give the ZIP and record who took it; 410 with a sentence when it was withdrawn, 409 while it is not ready."""
        async with self._db.transaction() as tx:
            ref, _ = await self._downloadable(tx, pack_id)
        data = await self._store.get(ref)
        async with self._db.transaction() as tx:
            ref, name = await self._downloadable(tx, pack_id)
            now = self._clock.now()
            await tx.execute(SQL["add_download"], pack_id, who.id, now)
            details = {"sha256": ref.sha256, "pack_id": str(pack_id)}
            await act(tx, "export.pack_downloaded", target=f"pack {pack_id}", who=who, details=details, at=now)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Content-Length": str(len(data)),
            "ETag": f'"{ref.sha256}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(_chunks(data), media_type="application/zip", headers=headers)

    async def record(self, body: OutcomeBody, key: Key, who: Confirmer) -> dict[str, UUID]:
        """Record what moderation or a buyer said (R-103 to R-107)."""
        outcome = Outcome(**body.model_dump())
        async with self._db.transaction() as tx:
            return {"outcome_id": await outcomes.record(tx, outcome, who, key, self._clock.now())}

    async def outcomes(
        self,
        who: Reader,  # noqa: ARG002
        sku: Sku | None = None,
        marketplace: Marketplace | None = None,
    ) -> list[OutcomeView]:
        """Return recorded outcomes, newest first, 500 at most."""
        async with self._db.transaction() as tx:
            return await self._reading.outcomes(tx, sku, marketplace)

    async def _downloadable(self, tx: Tx, pack_id: UUID) -> tuple[ObjectRef, str]:
        """Lock the pack's SKU and return what may be downloaded and its name. Raises Problem 404, 409, 410."""
        pack = await locked_pack(tx, pack_id)
        if pack is None:
            raise Problem(404, "no_such_pack", f"there is no pack {pack_id}", "GET /orders?sku= lists a SKU's packs")
        sentence = views.sentence(pack)
        if pack["state"] == "withdrawn":
            raise Problem(410, "withdrawn", f"Pack {pack_id} may no longer be used. {sentence}", "order again")
        if pack["state"] != "ready":
            raise Problem(409, "not_ready", f"Pack {pack_id} is not ready. {sentence}", "look at GET /packs/{id}")
        name = pack_name(pack["sku"], pack["marketplace"], str(pack_id), drill=pack["drill"])
        return ObjectRef.model_validate(pack["object"]), name


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def build_router(
    *,
    db: Database,
    store: ObjectStore,
    clock: Clock,
    rules: Rules,
    orders: Orders,
    renditions: Renditions,
    reading: Reading,
) -> APIRouter:
    """Return export's routes; `require` guards each."""
    web = Web(db=db, store=store, clock=clock, rules=rules, orders=orders, renditions=renditions, reading=reading)
    router = APIRouter(tags=["export"])
    router.add_api_route("/checklists", web.checklists, methods=["GET"])
    router.add_api_route("/profiles", web.profiles, methods=["GET"])
    router.add_api_route("/profiles/{marketplace}", web.profile, methods=["GET"])
    router.add_api_route("/profiles/{marketplace}/confirmations", web.confirm, methods=["POST"], status_code=201)
    router.add_api_route("/exportable", web.exportable, methods=["GET"])
    router.add_api_route(
        "/orders", web.order, methods=["POST"], status_code=201, response_description=" ".join(DISCLAIMERS)
    )
    router.add_api_route("/orders", web.orders_of_sku, methods=["GET"])
    router.add_api_route("/orders/{order_id}", web.order_by_id, methods=["GET"])
    router.add_api_route("/packs/{pack_id}", web.pack, methods=["GET"])
    router.add_api_route("/packs/{pack_id}/answers", web.answer, methods=["POST"])
    router.add_api_route("/packs/{pack_id}/download", web.download, methods=["GET"], response_class=StreamingResponse)
    router.add_api_route("/outcomes", web.record, methods=["POST"], status_code=201)
    router.add_api_route("/outcomes", web.outcomes, methods=["GET"])
    return router
