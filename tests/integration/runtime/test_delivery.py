"""Delivery on a real Kafka and a real PostgreSQL: effectively once, nothing lost, nothing stuck (R-101's ground)."""

import asyncio

import pytest

from support.bus import PRODUCER, SOURCE, Behaviour, Rig, act, headers_of, until
from trueshelf_contracts.event import ActRecorded
from trueshelf_runtime.bus import RawSubscription
from trueshelf_runtime.db import Tx
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.settle import Policy

pytestmark = pytest.mark.integration


async def test_an_event_takes_effect_once_however_often_it_is_delivered(rig: Rig):
    event = act(rig.subject("sku"))
    last = act(rig.subject("sku"), 1)
    async with rig.consuming(), rig.relaying():
        await rig.send(event, event, event, last)
        await until(lambda: _count(rig, 2), what="the last event's effect")
        await until(lambda: _no_outbox(rig), what="an empty outbox")
    assert await rig.effects() == [event.target, last.target]
    assert await rig.answers() == [event.target, last.target]
    assert await rig.letters() == []


async def test_a_poison_record_is_dead_lettered_once_and_its_partition_goes_on(rig: Rig):
    subject = rig.subject("sku")
    events = [act(subject, 0), act(subject, 1, name="test.invalid"), act(subject, 2)]
    behaviour = Behaviour()
    async with rig.consuming(behaviour), rig.relaying():
        await rig.send(*events)
        await until(lambda: _count(rig, 2), what="the effect behind the poison")
        await until(lambda: _no_outbox(rig), what="an empty outbox")
    assert await rig.effects() == [events[0].target, events[2].target]
    (letter,) = await rig.letters()
    assert letter.value == events[1].model_dump_json().encode()
    assert letter.key == subject.encode()
    assert (letter.topic, letter.kind, letter.attempts) == (SOURCE, "invalid", 0)
    assert "this can never work" in letter.error
    assert behaviour.tries[events[1].target] == 1


async def test_a_refusal_that_a_handler_lets_through_is_dead_lettered(rig: Rig):
    event = act(rig.subject("sku"), name="test.refused")
    async with rig.consuming(), rig.relaying():
        await rig.send(event)
        await until(lambda: _letters(rig, 1), what="the dead letter")
    (letter,) = await rig.letters()
    assert letter.kind == "refused"
    assert await rig.effects() == []


@pytest.mark.parametrize("broken", [("x-odd", None), ("x-odd", b"\xff\xfe")], ids=["null header", "header not UTF-8"])
async def test_a_record_with_a_broken_header_is_dead_lettered_and_not_lost(rig: Rig, broken: tuple[str, bytes | None]):
    first, second = act(rig.subject("sku")), act(rig.subject("sku"), 1)
    async with rig.consuming(), rig.relaying():
        await rig.send(first, headers=[("ok", b"yes"), broken])
        await rig.send(second)
        await until(lambda: _count(rig, 1), what="the effect of the record behind it")
        await until(lambda: _letters(rig, 1), what="the dead letter")
    (letter,) = await rig.letters()
    assert letter.headers == (("ok", b"yes"), broken)
    assert letter.value == first.model_dump_json().encode()
    assert await rig.effects() == [second.target]


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\x00not json",
        act("x").model_dump_json().replace('"schema_version":1', '"schema_version":2').encode(),
        act("x").model_dump_json().replace('"ActRecorded"', '"SomethingNew"').encode(),
    ],
    ids=["no value", "empty", "no JSON", "unknown version", "unknown type"],
)
async def test_what_is_no_event_of_the_topic_is_dead_lettered(rig: Rig, value: bytes | None):
    key = rig.subject("sku").encode()
    last = act(rig.subject("sku"))
    async with rig.consuming(), rig.relaying():
        record = await rig.raw(value, key=key)
        await rig.send(last)
        await until(lambda: _count(rig, 1), what="the effect of the record behind it")
        await until(lambda: _letters(rig, 1), what="the dead letter")
    (letter,) = await rig.letters()
    assert letter.record.value == (record.value or None if value is None else record.value)
    assert letter.record.place == record.place


async def test_a_transient_failure_is_retried_and_the_order_holds(rig: Rig):
    subject = rig.subject("sku")
    events = [act(subject, 0), act(subject, 1, name="test.flaky", times="2"), act(subject, 2)]
    behaviour = Behaviour()
    async with rig.consuming(behaviour):
        await rig.send(*events)
        await until(lambda: _count(rig, 3), what="all three effects")
    assert await rig.effects() == [event.target for event in events]
    assert behaviour.tries[events[1].target] == 3
    assert await rig._look("SELECT * FROM delivery_attempt") == []


async def test_a_failure_that_does_not_end_is_dead_lettered_after_the_policy_s_attempts(rig: Rig):
    subject = rig.subject("sku")
    broken, behind = act(subject, 0, name="test.broken"), act(subject, 1)
    behaviour = Behaviour()
    async with rig.consuming(behaviour), rig.relaying():
        await rig.send(broken, behind)
        await until(lambda: _count(rig, 1), what="the effect behind it")
        await until(lambda: _letters(rig, 1), what="the dead letter")
    (letter,) = await rig.letters()
    assert (letter.kind, letter.attempts, behaviour.tries[broken.target]) == ("transient", 4, 4)
    assert "ZeroDivisionError" in letter.error


async def test_attempts_are_counted_across_a_restart(rig: Rig):
    broken = act(rig.subject("sku"), name="test.broken")
    patient = Policy(attempts=3, base=30.0, cap=30.0)
    await rig.send(broken)
    async with rig.consuming(policy=patient):
        await until(lambda: _attempts(rig, 1), what="the first counted attempt")
    async with rig.consuming(policy=patient):
        await until(lambda: _attempts(rig, 2), what="the second, in the next process")
    async with rig.consuming(policy=patient), rig.relaying():
        await until(lambda: _letters(rig, 1), what="the dead letter after the third")
    (letter,) = await rig.letters()
    assert letter.attempts == 3


async def test_an_outage_never_counts_and_never_dead_letters(rig: Rig):
    event = act(rig.subject("sku"), name="test.outage", times="7")
    behaviour = Behaviour()
    async with rig.consuming(behaviour):
        await rig.send(event)
        await until(lambda: _count(rig, 1), what="the effect after the outage")
    assert behaviour.tries[event.target] == 8, "more tries than the policy has attempts"
    assert await rig.letters() == []
    assert await rig._look("SELECT * FROM delivery_attempt") == []


async def test_a_stray_cancellation_is_a_transient_error_and_the_consumer_lives_on(rig: Rig):
    event, behind = act(rig.subject("sku"), name="test.cancelled", times="1"), act(rig.subject("sku"), 1)
    async with rig.consuming():
        await rig.send(event, behind)
        await until(lambda: _count(rig, 2), what="both effects")


async def test_a_raw_subscription_sees_unparsable_records_and_every_copy_of_a_record(rig: Rig):
    seen: list[RawRecord] = []

    async def on_record(record: RawRecord, tx: Tx) -> None:
        seen.append(record)

    event = act(rig.subject("sku"))
    async with rig.consuming(subscription=RawSubscription(PRODUCER, on_record)):
        await rig.send(event, event)
        await rig.raw(b"\xff", key=b"k", headers=[("x", None)])
        await rig.raw(None, key=b"k")
        await until(lambda: len(seen) >= 3, what="three records")
        last = act(rig.subject("sku"), 1)
        await rig.send(last)
        await until(lambda: any(record.value == last.model_dump_json().encode() for record in seen), what="the last")
    values = [record.value for record in seen]
    assert len(values) == 5
    assert values.count(event.model_dump_json().encode()) == 2
    assert (("x", None),) in [record.headers for record in seen]


async def test_one_trace_leads_through_consumer_and_outbox(rig: Rig):
    trace = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    event = act(rig.subject("sku"))
    async with rig.consuming(), rig.relaying():
        await rig.send(event, headers=[("traceparent", trace.encode())])
        await until(lambda: _answers(rig, 1), what="the answer")
    (record,) = await rig.published("trueshelf.qa")
    assert headers_of(record)["traceparent"].split("-")[1] == trace.split("-")[1]
    answer = ActRecorded.model_validate_json(record.value)
    assert (answer.cause_id, answer.correlation_id) == (event.event_id, event.correlation_id)
    assert headers_of(record)["ce_id"] == str(answer.event_id)


async def test_the_breaker_stops_a_consumer_whose_code_is_wrong(rig: Rig):
    async with rig.consuming() as consumers:
        await rig.send(*(act(rig.subject("sku"), n, name="test.invalid") for n in range(60)))
        settler = consumers.settlers[SOURCE]
        await until(lambda: settler.breaker.open, what="the open breaker")
        await until(lambda: settler.progress.waiting is not None, what="a consumer that waits and says why")
        report = await consumers._health.livez()
        assert report.ok, report
    assert len(await rig._look("SELECT 1 FROM outbox")) == 50


async def test_a_stopping_consumer_lets_the_record_in_hand_end(rig: Rig):
    begun, release = asyncio.Event(), asyncio.Event()

    class Slow(Behaviour):
        async def on_act(self, event: ActRecorded, tx: Tx) -> None:
            begun.set()
            await release.wait()
            await super().on_act(event, tx)

    event = act(rig.subject("sku"))
    async with rig.consuming(Slow()):
        await rig.send(event)
        await asyncio.wait_for(begun.wait(), 20)
        asyncio.get_running_loop().call_later(0.3, release.set)
    assert await rig.effects() == [event.target]


async def _count(rig: Rig, number: int) -> bool:
    return len(await rig.effects()) >= number


async def _letters(rig: Rig, number: int) -> bool:
    return len(await rig.letters()) >= number


async def _answers(rig: Rig, number: int) -> bool:
    return len(await rig.answers()) >= number


async def _attempts(rig: Rig, number: int) -> bool:
    rows = await rig._look("SELECT attempts FROM delivery_attempt")
    return [row["attempts"] for row in rows] == [number]


async def _no_outbox(rig: Rig) -> bool:
    return await rig.outbox() == 0
