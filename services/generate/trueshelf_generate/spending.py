"""The ledger of paid calls. A call is intended here, under one lock and below the caps, before it is made.

The lock serialises intents of all worker processes, so that no two of them spend the same last credits. It is held for
a few statements, never during a call.
"""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from trueshelf_contracts import ids
from trueshelf_contracts.refs import ObjectRef
from trueshelf_generate.catalogue import Catalogue
from trueshelf_generate.domain import gate as gates
from trueshelf_generate.domain import paid_refusals
from trueshelf_generate.domain.calls import Answer, Busy, CallFailed, Declined, NotCharged, Unknown, Useless
from trueshelf_generate.domain.credits import Spent, forbidden, month_of
from trueshelf_generate.domain.gate import Gate
from trueshelf_generate.domain.offers import External, Offer
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.ports import Facts
from trueshelf_generate.sql import CREDITS
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database, Tx

CROWDED = 1.0
"""Seconds until an item looks again when as many calls as allowed are under way."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Intent:
    """This call may be made, now and once."""

    call_id: UUID
    number: int
    seed: int | None
    began: datetime


@dataclass(frozen=True, slots=True)
class Bought:
    """This call was made before, and its answer is stored."""

    call_id: UUID
    answer: ObjectRef
    media_type: str
    seed: int | None
    request_id: str


Step = Wait | Intent | Bought | Refusal


class Spending:
    """What may be called, what was called, and how each call ended."""

    def __init__(self, db: Database, clock: Clock, catalogue: Catalogue) -> None:
        self._db = db
        self._clock = clock
        self._catalogue = catalogue

    async def closed_for(self, item_id: UUID, external: External) -> float:
        """Return the seconds until an item may call, without a lock: spares preparing what cannot be sent yet."""
        if any(call["state"] != "not_charged" for call in await self._db.fetch(CREDITS["calls_of_item"], item_id)):
            return 0.0
        gate = _gate(await self._db.fetchrow(CREDITS["gate_get"], external.name))
        return 0.0 if gate is None or gate.blocked else gates.wait(gate, external, self._clock.now())

    async def step(self, tx: Tx, item: Facts, external: External, offer: Offer) -> Step:
        """Decide what happens next with an item, and intend the call if it may be made.

        Only calls that certainly cost nothing are followed by another one. An item that ended while its photo was
        prepared is refused, which nobody hears of: nothing is paid for a SKU that has changed.
        """
        await tx.execute(CREDITS["spending_lock"])
        if await tx.fetchval(CREDITS["item_wanted"], item["item_id"]) is None:
            await self.cut_off(tx, item["item_id"])
            return paid_refusals.said("offer_gone")
        calls = await tx.fetch(CREDITS["calls_of_item"], item["item_id"])
        for call in calls:
            past = await self._past(tx, call, external, offer)
            if past is not None:
                return past
        if len(calls) >= external.attempts:
            return paid_refusals.said(calls[-1]["reason"] or "")
        return await self._first(tx, item, external, offer, len(calls) + 1)

    async def _past(self, tx: Tx, call: Facts, external: External, offer: Offer) -> Step | None:
        """Return what an earlier call of the item leads to; None for one that cost nothing."""
        match call["state"]:
            case "not_charged":
                return None
            case "intended" if repeatable(external, offer) and call["tries"] < external.attempts:
                return await self._again(tx, call, external)
            case "intended":
                await self.cut_off(tx, call["item_id"])
                return paid_refusals.said("outcome_unknown")
            case "charged" if call["answer"] is not None and call["reason"] is None:
                answer = ObjectRef.model_validate(call["answer"])
                return Bought(call["call_id"], answer, call["media_type"], call["seed"], call["request_id"] or "")
            case _:
                return paid_refusals.said(call["reason"] or "")

    async def _first(self, tx: Tx, item: Facts, external: External, offer: Offer, number: int) -> Step:
        """Intend a new call if gate, crowd and caps allow it."""
        now = self._clock.now()
        month = month_of(now)
        spent = Spent(**dict(await tx.fetchrow(CREDITS["spent"], item["batch_id"], month) or {}))
        refusal = forbidden(offer.credits, spent, self._catalogue.offers.caps)
        if refusal is not None:
            return refusal
        closed = await self._enter(tx, external, item["item_id"])
        if closed is not None:
            return closed
        seed = None if offer.seed is None else offer.seed + item["place"]
        call_id = ids.derive("paid_call", item["item_id"], number)
        about = (call_id, item["item_id"], number, item["batch_id"], item["sku"])
        what = (external.name, offer.model, offer.name, self._catalogue.version, offer.credits)
        await tx.execute(CREDITS["call_intend"], *about, *what, seed, now)
        return Intent(call_id, number, seed, now)

    async def _again(self, tx: Tx, call: Facts, external: External) -> Step:
        """Make a call again whose end is unknown: the same key, so at most one charge."""
        closed = await self._enter(tx, external, call["item_id"])
        if closed is None:
            await tx.execute(CREDITS["call_again"], call["call_id"])
        return closed or Intent(call["call_id"], call["number"], call["seed"], self._clock.now())

    async def _enter(self, tx: Tx, external: External, item_id: UUID) -> Wait | Refusal | None:
        """Take a token; or say how long to wait, or that the account is refused for now."""
        now = self._clock.now()
        gate = _gate(await tx.fetchrow(CREDITS["gate_lock"], external.name)) or gates.fresh(external, now)
        seconds = gates.wait(gate, external, now)
        if gate.blocked and gate.not_before and gate.not_before > now:
            return paid_refusals.said(gate.blocked)
        if seconds > 0:
            return Wait(seconds)
        horizon = now - timedelta(seconds=external.total_seconds * 2)
        if await tx.fetchval(CREDITS["in_flight"], external.name, horizon, item_id) >= external.in_flight:
            return Wait(CROWDED)
        await self._put(tx, external, gates.taken(gate, external, now))
        return None

    async def answered(self, tx: Tx, external: External, call_id: UUID, answer: Answer, stored: ObjectRef) -> None:
        """Write down that the call was charged and where its bytes lie."""
        about = (call_id, answer.request_id, stored, answer.media_type, answer.seed)
        await tx.execute(CREDITS["call_answered"], *about, self._clock.now())
        await self._move(tx, external, gates.answered)

    async def ended(self, tx: Tx, external: External, offer: Offer, intent: Intent, end: CallFailed) -> float | None:
        """Write down an end without a picture; return the seconds after which to try again, None for never."""
        now = self._clock.now()
        again = repeatable(external, offer)
        if not (isinstance(end, Unknown) and again):
            state = {Unknown: "unknown", Useless: "charged"}.get(type(end), "not_charged")
            await tx.execute(CREDITS["call_ended"], intent.call_id, state, end.code, end.status, end.request_id, now)
        match end:
            case Busy():
                asked = 2.0 if end.seconds is None else end.seconds
                seconds = min(asked, external.longest_wait_seconds)
                await self._move(tx, external, lambda gate: gates.held(gates.answered(gate), now, seconds))
                return seconds
            case NotCharged():
                return await self._failed(tx, external, intent.began)
            case Unknown():
                seconds = await self._failed(tx, external, intent.began)
                return seconds if again else None
            case Declined(account=True):
                await self._move(tx, external, lambda gate: gates.blocked(gate, now, end.code))
                return None
            case _:
                await self._move(tx, external, gates.answered)
                return None

    async def useless(self, tx: Tx, call_id: UUID, code: str) -> None:
        """Write down why a stored answer could not be used."""
        await tx.execute(CREDITS["call_useless"], call_id, code)

    async def cut_off(self, tx: Tx, item_id: UUID) -> bool:
        """Call an open intent unknown, because nobody will look at it again; True when there was one."""
        return bool(await tx.fetch(CREDITS["calls_cut_off"], item_id, self._clock.now()))

    async def cost(self, tx: Tx, item_id: UUID) -> int:
        """Return the credits that were, or may have been, spent on an item."""
        return int(await tx.fetchval(CREDITS["item_cost"], item_id))

    async def _failed(self, tx: Tx, external: External, began: datetime) -> float:
        now = self._clock.now()
        gate = await self._move(tx, external, lambda gate: gates.failed(gate, began, now))
        return max(2.0 ** min(gate.failures, 6), gates.wait(gate, external, now))

    async def _move(self, tx: Tx, external: External, change: "gates.Change") -> Gate:
        gate = _gate(await tx.fetchrow(CREDITS["gate_lock"], external.name)) or gates.fresh(external, self._clock.now())
        moved = change(gate)
        await self._put(tx, external, moved)
        return moved

    async def _put(self, tx: Tx, external: External, gate: Gate) -> None:
        await tx.execute(CREDITS["gate_put"], external.name, *astuple(gate))


def repeatable(external: External, offer: Offer) -> bool:
    """Say whether repeating a call whose end is unknown can cost nothing more: a key is known, or it is free."""
    return bool(external.idempotency_header) or offer.credits == 0


def _gate(row: Facts | None) -> Gate | None:
    return None if row is None else Gate(**dict(row))
