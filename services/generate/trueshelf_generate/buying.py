"""The job that buys a draft: intend, call, keep the answer, decode it in a throw-away child, state the draft.

A run that dies leaves either nothing, an open intent (the call may have been made: see `spending`), or a stored answer,
from which the next run goes on without another call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic import JsonValue

from trueshelf_contracts.generate import Generator
from trueshelf_contracts.ingest import Capture
from trueshelf_contracts.refs import ImageRef
from trueshelf_generate import paid_metrics
from trueshelf_generate.catalogue import Catalogue
from trueshelf_generate.domain import paid_refusals, refusals
from trueshelf_generate.domain.calls import Answer, CallFailed, Order
from trueshelf_generate.domain.offers import External, Offer
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.outcomes import Made, Outcomes
from trueshelf_generate.patience import patiently
from trueshelf_generate.ports import Children, Facts, ImageGenerator, Pictures
from trueshelf_generate.service import BUY, ItemPayload
from trueshelf_generate.spending import Bought, Intent, Spending, Wait
from trueshelf_generate.sql import SQL
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.db import Database, Tx
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.jobs import Job, JobSpec
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.sandbox import run_untrusted

log = structlog.get_logger(__name__)
DECODING = Limits(seconds=30, memory_mb=1_500, file_mb=0)
FINISHING = Limits(seconds=60, memory_mb=3_000)
ROOM = 300.0
"""Seconds of a run besides the call: the children before and after it, storage, and `patience` twice."""


@dataclass(frozen=True, slots=True)
class Buying:
    """Drafts from external generators."""

    db: Database
    clock: Clock
    pictures: Pictures
    children: Children
    outcomes: Outcomes
    spending: Spending
    catalogue: Catalogue
    generators: Mapping[str, ImageGenerator]

    def specs(self) -> tuple[JobSpec[Any], ...]:
        """What the runtime's worker runs; without a generator it still ends what an earlier configuration planned."""
        known = self.catalogue.offers.generators
        longest = max((external.total_seconds for external in known), default=0.0)
        together = max(1, sum(external.in_flight for external in known))
        return (
            JobSpec(
                BUY,
                ItemPayload,
                run=self.run,
                exhausted=self.give_up,
                max_attempts=4,
                time_limit=longest + ROOM,
                concurrency=together,
            ),
        )

    async def run(self, job: Job[ItemPayload]) -> None:
        """Bring an item as far as it goes: to its draft, its refusal, or a later look."""
        item = await self.db.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is None:
            return
        offer = self.catalogue.offers.offer(item["preset"])
        if offer is None or item["state"] != "planned":
            await self._close(job, item)
            return
        this = _Purchase(job, item, self.catalogue.offers.generator(offer.generator), offer)
        closed = await self.spending.closed_for(item["item_id"], this.external)
        picture = b"" if closed else await self._picture(this)
        step = await self._step(this, closed)
        if isinstance(step, Intent):
            step = await self._call(this, step, picture)
        if isinstance(step, Bought):
            await self._finish(this, step)

    async def _close(self, job: Job[ItemPayload], item: Facts) -> None:
        """End an item that is no longer wanted, or no longer offered; a call that was under way may be charged."""
        async with self.db.transaction() as tx:
            cut = await self.spending.cut_off(tx, item["item_id"])
            await self._refuse(tx, job, item, paid_refusals.said("outcome_unknown" if cut else "offer_gone"))

    async def _step(self, this: "_Purchase", closed: float) -> Intent | Bought | None:
        """Decide in one transaction; refuse or put off there and then."""
        async with self.db.transaction() as tx:
            step = Wait(closed) if closed else await self.spending.step(tx, this.item, this.external, this.offer)
            match step:
                case Refusal():
                    await self._refuse(tx, this.job, this.item, step)
                case Wait(seconds):
                    await self._later(tx, this, seconds)
                case _:
                    return step
        return None

    async def give_up(self, job: Job[ItemPayload], _: Exception, tx: Tx) -> None:
        """Say that the item will not be made; a call that was under way may have been charged."""
        item = await tx.fetchrow(SQL["item_get"], job.payload.item_id)
        if item is None:
            return
        cut = await self.spending.cut_off(tx, item["item_id"])
        cost = await self.spending.cost(tx, item["item_id"])
        refusal = paid_refusals.said("answer_undecodable") if cost else refusals.GENERATOR_FAILED
        await self.outcomes.refuse(tx, item, paid_refusals.said("outcome_unknown") if cut else refusal, cost)

    async def _picture(self, this: "_Purchase") -> bytes:
        """Return what is sent: the source, shrunk, as PNG without any metadata."""
        source = await self.pictures.get(Capture.model_validate(this.item["capture"]).source)
        entry, request = "trueshelf_generate.bought_pixels:prepare", {"side": this.external.send_side}
        return (await self.children.call(entry, request, blobs=(source,), limits=FINISHING)).blobs[0]

    async def _call(self, this: "_Purchase", intent: Intent, picture: bytes) -> Bought | None:
        """Make the intended call and write its end down; None when there is no picture."""
        crash_point("generate.before_call")
        order, name = Order(intent.call_id, this.offer, picture, intent.seed), this.external.name
        try:
            with paid_metrics.SECONDS.labels(name).time():
                answer = await self.generators[name].make(order)
        except CallFailed as failure:
            end = failure
            log.warning("a paid call gave no picture", generator=name, end=end.code, status=end.status)
            paid_metrics.count(name, this.offer.credits, end)
            await patiently(lambda: self._ended(this, intent, end))
            return None
        paid_metrics.count(name, this.offer.credits)
        crash_point("generate.after_call")
        return await self._keep(this.external, intent, answer)

    async def _keep(self, external: External, intent: Intent, answer: Answer) -> Bought:
        """Store the bytes as they came, where nothing is ever shown from, then write down that they were charged."""
        stored = await patiently(lambda: self.pictures.put("originals", answer.data, answer.media_type))

        async def record() -> None:
            async with self.db.transaction() as tx:
                await self.spending.answered(tx, external, intent.call_id, answer, stored)

        await patiently(record)
        crash_point("generate.after_charge")
        return Bought(intent.call_id, stored, answer.media_type, answer.seed, answer.request_id)

    async def _ended(self, this: "_Purchase", intent: Intent, end: CallFailed) -> None:
        """Write an end down, and in the same transaction refuse the item or put it off."""
        async with self.db.transaction() as tx:
            seconds = await self.spending.ended(tx, this.external, this.offer, intent, end)
            if seconds is None or intent.number >= this.external.attempts:
                await self.spending.cut_off(tx, this.item["item_id"])
                await self._refuse(tx, this.job, this.item, paid_refusals.said(end.code))
            else:
                await self._later(tx, this, seconds)

    async def _finish(self, this: "_Purchase", bought: Bought) -> None:
        """Turn the stored answer into a draft, or say why it is none."""
        job, item, offer = this.job, this.item, this.offer
        data = await self.pictures.get(bought.answer)
        declared = bought.media_type.removeprefix("image/")
        request = {"declared": declared, "width": offer.width, "height": offer.height}
        try:
            decoded = await run_untrusted("trueshelf_generate.answer:decode", request, blobs=(data,), limits=DECODING)
        except Refused as refused:
            log.warning("a paid answer cannot be used", generator=offer.generator, why=refused.message)
            await self._useless(job, item, bought, paid_refusals.said(refused.code))
            return
        width, height = int(decoded.value["width"]), int(decoded.value["height"])
        if not decoded.blobs:
            wrong = paid_refusals.wrong_size(width, height, offer.width, offer.height)
            await self._useless(job, item, bought, wrong)
            return
        entry, size = "trueshelf_generate.drafting:stored", {"width": width, "height": height}
        done = await self.children.call(entry, size, blobs=decoded.blobs, limits=FINISHING)
        master = await self._store(done.blobs[0], done.value["master"])
        preview = await self._store(done.blobs[1], done.value["preview"])
        generator = self._generator(offer, bought)
        async with self.db.transaction() as tx:
            if await job.claim(tx):
                cost = await self.spending.cost(tx, item["item_id"])
                await self.outcomes.generated(tx, item, Made(master, preview, generator, (), credits=cost))

    async def _useless(self, job: Job[ItemPayload], item: Facts, bought: Bought, refusal: Refusal) -> None:
        async with self.db.transaction() as tx:
            await self.spending.useless(tx, bought.call_id, refusal.code)
            await self._refuse(tx, job, item, refusal)

    async def _refuse(self, tx: Tx, job: Job[ItemPayload], item: Facts, refusal: Refusal) -> None:
        if await job.claim(tx):
            await self.outcomes.refuse(tx, item, refusal, await self.spending.cost(tx, item["item_id"]))

    async def _later(self, tx: Tx, this: "_Purchase", seconds: float) -> None:
        """Put the item off, in the queue and not in a worker's hands; not for ever."""
        job, item = this.job, this.item
        left = timedelta(seconds=this.external.patience_seconds) - (self.clock.now() - item["planned_at"])
        if left < timedelta():
            cut = await self.spending.cut_off(tx, item["item_id"])
            await self._refuse(tx, job, item, paid_refusals.said("outcome_unknown" if cut else "generator_away"))
        elif await job.claim(tx):
            # Not beyond its patience: a long pause of the generator must not keep a person waiting for a refusal.
            delay = max(min(timedelta(seconds=seconds), left), timedelta(seconds=0.1))
            await tx.enqueue(BUY, job.payload, key=job.key, priority=job.priority, delay=delay)

    async def _store(self, png: bytes, size: dict[str, Any]) -> ImageRef:
        return await self.pictures.put_image("drafts", png, "image/png", **size)

    def _generator(self, offer: Offer, bought: Bought) -> Generator:
        """Return the record of what made the draft (R-31). Always generative: nobody knows which pixels are new."""
        parameters: dict[str, JsonValue] = {
            "offer": offer.name,
            "offers": self.catalogue.version,
            "prompt": offer.prompt,
            "size": f"{offer.width}x{offer.height}",
            "fields": dict(offer.parameters),
            "call_id": str(bought.call_id),
            "request_id": bought.request_id,
            "answer_sha256": bought.answer.sha256,
        }
        return Generator(
            name=offer.generator,
            version=self.generators[offer.generator].interface,
            model=offer.model,
            parameters=parameters,
            seed=bought.seed,
            generative=True,
        )


@dataclass(frozen=True, slots=True)
class _Purchase:
    """One run: which item, from whom, what."""

    job: Job[ItemPayload]
    item: Facts
    external: External
    offer: Offer
