"""Servers that go away in the middle, processes killed at the worst moment: nothing lost, nothing twice."""

import pytest

from support.backing import KafkaServer, PostgresServer
from support.bus import Behaviour, Rig, act, died, until

pytestmark = [pytest.mark.integration, pytest.mark.chaos]
MANY = 40


async def test_postgresql_down_in_the_middle_means_waiting(rig: Rig, postgres: PostgresServer):
    subject = rig.subject("sku")
    events = [act(subject, number) for number in range(MANY)]
    async with rig.consuming() as consumers, rig.relaying():
        await rig.send(*events[:10])
        await until(lambda: _effects(rig, 10), what="the first effects")
        postgres.kill()
        try:
            await rig.send(*events[10:])
            settler = next(iter(consumers.settlers.values()))
            await until(lambda: settler.progress.waiting, what="a consumer that waits and says so")
        finally:
            postgres.start()
        await until(lambda: _effects(rig, MANY), what="every effect after the outage")
        await until(lambda: _answers(rig, MANY), what="every answer after the outage")
    assert await rig.effects() == [event.target for event in events], "order held, nothing twice"
    assert set(await rig.answers()) == {event.target for event in events}
    assert await rig.letters() == []
    assert await rig._look("SELECT * FROM delivery_attempt") == []


async def test_relay_and_consumer_go_on_after_a_restart_of_the_broker(rig: Rig, kafka: KafkaServer):
    subject = rig.subject("sku")
    first, second, third = ([act(f"{subject}{letter}", n) for n in range(10)] for letter in "abc")
    async with rig.consuming(), rig.relaying():
        await rig.send(*first)
        await until(lambda: _effects(rig, 10), what="the first effects")
        await rig.send(*second)
        kafka.kill()
        kafka.start()
        await until(lambda: _effects(rig, 20), 60, what="the effects after the restart")
        await rig.send(*third)
        await until(lambda: _answers(rig, 30), 60, what="every answer")
        await until(lambda: _drained(rig), what="an empty outbox")
    targets = [event.target for event in (*first, *second, *third)]
    assert sorted(await rig.effects()) == sorted(targets)
    assert set(await rig.answers()) == set(targets)
    assert await rig.letters() == []


@pytest.mark.parametrize("point", ["handler.before_commit", "handler.after_commit"])
async def test_a_consumer_killed_around_its_commit_has_no_second_effect(rig: Rig, point: str):
    subject = rig.subject("sku")
    events = [act(subject, number) for number in range(5)]
    await rig.send(*events)
    await died(rig.spawn("consume", "relay", TRUESHELF_CRASH_AT=f"{point}:3"))
    assert await rig.effects() == [event.target for event in events[: 3 if point.endswith("after_commit") else 2]]
    async with rig.consuming(), rig.relaying():
        await until(lambda: _effects(rig, 5), 40, what="the effects of all")
        await until(lambda: _answers(rig, 5), what="the answers to all")
    assert await rig.effects() == [event.target for event in events]
    assert set(await rig.answers()) == {event.target for event in events}


async def test_a_named_process_takes_over_from_its_killed_self_at_once(rig: Rig):
    """Static membership: without it the group waits for the 15 s of the session to run out."""
    events = [act(rig.subject("sku"), number) for number in range(3)]
    await rig.send(*events)
    await died(rig.spawn("consume", TRUESHELF_CRASH_AT="handler.after_commit", TRUESHELF_KAFKA_MEMBER="qa-0"))
    process = rig.spawn("consume", TRUESHELF_KAFKA_MEMBER="qa-0")
    try:
        await until(lambda: _effects(rig, 3), 12, what="the effects of all, sooner than the session's end")
    finally:
        process.terminate()
        process.wait(20)
    assert await rig.effects() == [event.target for event in events]


async def test_a_consumer_killed_after_burying_buries_once(rig: Rig):
    subject = rig.subject("sku")
    poison, behind = act(subject, 0, name="test.invalid"), act(subject, 1)
    await rig.send(poison, behind)
    await died(rig.spawn("consume", TRUESHELF_CRASH_AT="settle.after_dead_letter"))
    async with rig.consuming(), rig.relaying():
        await until(lambda: _effects(rig, 1), 40, what="the effect behind the poison")
        await until(lambda: _drained(rig), what="an empty outbox")
    assert len(await rig.letters()) == 1


@pytest.mark.parametrize("point", ["relay.before_publish", "relay.after_publish", "relay.after_mark"])
async def test_a_killed_relay_publishes_what_was_committed(rig: Rig, point: str):
    subject = rig.subject("sku")
    events = [act(subject, number) for number in range(5)]
    async with rig.consuming():
        await rig.send(*events)
        await until(lambda: _effects(rig, 5), what="the effects")
    await died(rig.spawn("relay", TRUESHELF_CRASH_AT=point))
    async with rig.relaying():
        await until(lambda: _drained(rig), 40, what="an empty outbox")
    answers = await rig.answers()
    wanted = [event.target for event in events]
    assert list(dict.fromkeys(answers)) == wanted, "all of them, in order"
    assert len(answers) == (10 if point == "relay.after_publish" else 5), "only a kill before the mark repeats"


async def test_only_one_of_two_relays_publishes_and_the_other_takes_over(rig: Rig):
    subject = rig.subject("sku")
    first, second = act(subject, 0), act(subject, 1)
    async with rig.consuming(Behaviour()):
        async with rig.relaying(), rig.relaying():
            await rig.send(first)
            await until(lambda: _answers(rig, 1), what="the first answer")
        async with rig.relaying():
            await rig.send(second)
            await until(lambda: _answers(rig, 2), what="the second answer")
    assert await rig.answers() == [first.target, second.target]


async def _effects(rig: Rig, number: int) -> bool:
    return len(await rig.effects()) >= number


async def _answers(rig: Rig, number: int) -> bool:
    return len(set(await rig.answers())) >= number


async def _drained(rig: Rig) -> bool:
    return await rig.outbox() == 0
