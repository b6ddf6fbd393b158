"""The ledger alone, on a real PostgreSQL with many connections: caps and bucket hold between workers (R-32)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from support.generators import KEY, KEY_NAME, FakeGenerator, file_of
from support.services import ServiceDbFactory
from trueshelf_generate.catalogue import Catalogue, load_catalogue
from trueshelf_generate.domain.calls import Busy, Declined, Unknown
from trueshelf_generate.domain.offers import External, Offer
from trueshelf_generate.domain.plan import Refusal
from trueshelf_generate.spending import Intent, Spending, Step, Wait
from trueshelf_runtime.clock import SettableClock
from trueshelf_runtime.db import Database

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


class Ledger:
    """Several workers on one ledger, and items to spend on."""

    def __init__(self, db: Database, catalogue: Catalogue) -> None:
        self.clock = SettableClock(NOW)
        self.db = db
        self.spending = Spending(db, self.clock, catalogue)
        self.external: External = catalogue.offers.generators[0]
        self.offer: Offer = catalogue.offers.offers[0]

    async def item(self, batch: UUID | None = None) -> Any:
        item, plan, sku = uuid4(), uuid4(), f"SKU-{uuid4().hex[:8]}"
        async with self.db.transaction() as tx:
            await tx.execute("INSERT INTO sku VALUES ($1, 1, NULL, $2)", sku, NOW)
            await tx.execute(
                "INSERT INTO plan VALUES ($1, $2, 1, 'all', 1, $3, 'home', '{}', NULL, $4)",
                *(plan, sku, batch or uuid4(), NOW),
            )
            about = (item, plan, uuid4(), sku, self.offer.name, NOW)
            await tx.execute(
                "INSERT INTO item (item_id, plan_id, variant_id, sku, sku_version, round, slot, place, mode, preset,"
                " capture, planned_at) VALUES ($1, $2, $3, $4, 1, 1, 'social', 0, 'clothing_on_model', $5, '{}', $6)",
                *about,
            )
        query = "SELECT item.*, plan.batch_id FROM item JOIN plan USING (plan_id) WHERE item_id = $1"
        return await self.db.fetchrow(query, item)

    async def step(self, item: Any) -> Step:
        async with self.db.transaction() as tx:
            return await self.spending.step(tx, item, self.external, self.offer)

    async def end(self, step: Step, end: Any) -> float | None:
        assert isinstance(step, Intent)
        async with self.db.transaction() as tx:
            return await self.spending.ended(tx, self.external, self.offer, step, end)


@pytest_asyncio.fixture
async def ledger(service_db: ServiceDbFactory, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    own: dict[str, Any] = getattr(request, "param", {})
    fake = FakeGenerator("openai_images")
    fake.url = "https://images.example.com"
    settings = {"there": {"in_flight": 50} | own.get("settings", {})}
    file = file_of(tmp_path, {"there": fake}, caps=own.get("caps"), settings=settings)
    access = await service_db("generate")
    async with Database.open(access.dsn, "generate", size=12) as db:
        yield Ledger(db, load_catalogue(file, {KEY_NAME: KEY}))


@pytest.mark.parametrize("ledger", [{"caps": {"month": 17}}], indirect=True)
async def test_two_workers_never_spend_the_same_last_credits(ledger: Ledger):
    """Twenty at once, each in a transaction of its own, money for three."""
    items = [await ledger.item() for _ in range(20)]
    steps = await asyncio.gather(*(ledger.step(item) for item in items))
    assert sum(isinstance(step, Intent) for step in steps) == 3
    refused = [step for step in steps if isinstance(step, Refusal)]
    assert {(step.code, step.value, step.threshold) for step in refused} == {("cap_month", 20, 17)}
    ledger.clock.advance(timedelta(minutes=2))
    assert isinstance(await ledger.step(await ledger.item()), Intent), "December has a cap of its own"


@pytest.mark.parametrize("ledger", [{"caps": {"month": 5}}], indirect=True)
async def test_what_was_not_charged_is_money_again_and_what_nobody_knows_is_not(ledger: Ledger):
    first, second, third = [await ledger.item() for _ in range(3)]
    await ledger.end(await ledger.step(first), Busy(status=429, seconds=0))
    step = await ledger.step(second)
    await ledger.end(step, Unknown("outcome_unknown"))
    refusal = await ledger.step(third)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "cap_month"


@pytest.mark.parametrize("ledger", [{"settings": {"burst": 3, "per_minute": 6}}], indirect=True)
async def test_one_bucket_for_all_workers(ledger: Ledger):
    steps = await asyncio.gather(*[ledger.step(await ledger.item()) for _ in range(8)])
    assert sum(isinstance(step, Intent) for step in steps) == 3
    waits = [step.seconds for step in steps if isinstance(step, Wait)]
    assert waits == [pytest.approx(10)] * 5
    ledger.clock.advance(10)
    steps = await asyncio.gather(*[ledger.step(await ledger.item()) for _ in range(3)])
    assert sum(isinstance(step, Intent) for step in steps) == 1


@pytest.mark.parametrize("ledger", [{"settings": {"longest_wait_seconds": 60}}], indirect=True)
async def test_retry_after_holds_everybody_and_no_longer_than_allowed(ledger: Ledger):
    asked = await ledger.end(await ledger.step(await ledger.item()), Busy(status=429, seconds=86_400))
    assert asked == 60
    step = await ledger.step(await ledger.item())
    assert isinstance(step, Wait)
    assert step.seconds == pytest.approx(60)
    ledger.clock.advance(61)
    assert isinstance(await ledger.step(await ledger.item()), Intent)


async def test_an_item_whose_call_is_open_makes_no_other_one(ledger: Ledger):
    item = await ledger.item()
    assert isinstance(await ledger.step(item), Intent)
    for _ in range(2):
        again = await ledger.step(item)
        assert isinstance(again, Refusal)
        assert again.code == "outcome_unknown"
    rows = await ledger.db.fetch("SELECT state FROM paid_call WHERE item_id = $1", item["item_id"])
    assert [row["state"] for row in rows] == ["unknown"]


@pytest.mark.parametrize("ledger", [{"settings": {"idempotency_header": "Idempotency-Key"}}], indirect=True)
async def test_a_call_under_one_name_is_not_repeated_for_ever(ledger: Ledger):
    item = await ledger.item()
    names = set()
    for _ in range(ledger.external.attempts):
        step = await ledger.step(item)
        assert isinstance(step, Intent)
        names.add(step.call_id)
        await ledger.end(step, Unknown("outcome_unknown"))
    last = await ledger.step(item)
    assert isinstance(last, Refusal)
    assert (last.code, len(names)) == ("outcome_unknown", 1)


async def test_a_refused_account_is_asked_again_after_some_minutes(ledger: Ledger):
    await ledger.end(
        await ledger.step(await ledger.item()), Declined("generator_key_refused", status=401, account=True)
    )
    refusal = await ledger.step(await ledger.item())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "generator_key_refused"
    ledger.clock.advance(timedelta(minutes=6))
    assert isinstance(await ledger.step(await ledger.item()), Intent)


@pytest.mark.parametrize("ledger", [{}, {"settings": {"idempotency_header": "Idempotency-Key"}}], indirect=True)
async def test_nothing_is_paid_for_an_item_that_has_ended(ledger: Ledger):
    """A SKU may change while the photo for the call is prepared (R-16); a call under way keeps no repetition open."""
    fresh, under_way = await ledger.item(), await ledger.item()
    assert isinstance(await ledger.step(under_way), Intent)
    await ledger.db.execute("UPDATE item SET state = 'ended', ended_at = now()")
    assert [type(await ledger.step(item)) for item in (fresh, under_way)] == [Refusal, Refusal]
    rows = await ledger.db.fetch("SELECT item_id, state FROM paid_call")
    assert [(row["item_id"], row["state"]) for row in rows] == [(under_way["item_id"], "unknown")]


async def test_the_database_itself_allows_one_open_call_for_an_item(ledger: Ledger):
    item = await ledger.item()
    step = await ledger.step(item)
    assert isinstance(step, Intent)
    with pytest.raises(Exception, match="paid_call_open"):
        await ledger.db.execute(
            "INSERT INTO paid_call SELECT gen_random_uuid(), item_id, 9, batch_id, sku, generator, model, offer,"
            " offers_version, credits, state, reason, status, request_id, answer, media_type, seed, intended_at,"
            " ended_at, settled_at FROM paid_call WHERE call_id = $1",
            step.call_id,
        )
