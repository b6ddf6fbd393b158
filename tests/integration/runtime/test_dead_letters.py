"""What people do with dead letters, on real servers."""

from datetime import UTC, datetime

import pytest

from support.bus import OUT, PRODUCER, SOURCE, Behaviour, Rig, act, until
from trueshelf_contracts.event import Actor, ActRecorded
from trueshelf_runtime.dlq import DeadLetters
from trueshelf_runtime.errors import Refused

pytestmark = pytest.mark.integration
ADMIN = Actor(id="p-17", kind="person", role="admin", session="s-1")
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def letters(rig: Rig) -> DeadLetters:
    return DeadLetters(rig.settings, rig.database, PRODUCER)


async def test_replay_after_the_fix_takes_effect_once_and_says_who_and_why(rig: Rig, letters: DeadLetters):
    event = act(rig.subject("sku"), name="test.invalid")
    behaviour = Behaviour()
    async with rig.consuming(behaviour), rig.relaying():
        await rig.send(event)
        await until(lambda: _listed(rig, letters, 1), what="the listed letter")
        (entry,) = await _mine(rig, letters)
        before = await rig.published(SOURCE)
        behaviour.fixed = True
        await letters.replay(entry.letter.id, actor=ADMIN, reason="handler repaired", at=AT)
        await until(lambda: _effects(rig, 1), what="the effect of the replay")
        await until(lambda: _drained(rig), what="an empty outbox")
        assert await _mine(rig, letters) == []
        with pytest.raises(Refused, match="already"):
            await letters.replay(entry.letter.id, actor=ADMIN, reason="again", at=AT)
        await rig.send(event)  # the source states it again: the replay has claimed its event id
        last = act(rig.subject("sku"), 1)
        await rig.send(last)
        await until(lambda: _effects(rig, 2), what="the effect of the last event")
    assert await rig.effects() == [event.target, last.target]
    assert len(before) == 1, "the replay put nothing on the source topic: other consumers saw nothing"
    assert len(await rig.published(SOURCE)) == 3
    acts = [ActRecorded.model_validate_json(record.value) for record in await rig.published(OUT)]
    (replay,) = [each for each in acts if each.act == "dlq.replay"]
    assert (replay.actor, replay.reason, replay.target) == (ADMIN, "handler repaired", str(entry.letter.record))


async def test_a_replay_that_fails_again_is_listed_again_with_its_error(rig: Rig, letters: DeadLetters):
    event = act(rig.subject("sku"), name="test.invalid")
    behaviour = Behaviour()
    async with rig.consuming(behaviour), rig.relaying():
        await rig.send(event)
        await until(lambda: _listed(rig, letters, 1), what="the listed letter")
        (entry,) = await _mine(rig, letters)
        await letters.replay(entry.letter.id, actor=ADMIN, reason="hope", at=AT)
        await until(lambda: _failed(rig, letters), what="the failed replay")
        behaviour.fixed = True
        await letters.replay(entry.letter.id, actor=ADMIN, reason="repaired", at=AT)
        await until(lambda: _effects(rig, 1), what="the effect")
    assert await rig.effects() == [event.target]


async def test_drop_lets_it_lie_and_needs_a_reason(rig: Rig, letters: DeadLetters):
    event = act(rig.subject("sku"), name="test.invalid")
    async with rig.consuming(), rig.relaying():
        await rig.send(event)
        await until(lambda: _listed(rig, letters, 1), what="the listed letter")
        (entry,) = await _mine(rig, letters)
        with pytest.raises(Refused, match="reason"):
            await letters.drop(entry.letter.id, actor=ADMIN, reason=" ", at=AT)
        await letters.drop(entry.letter.id, actor=ADMIN, reason="a test of the studio", at=AT)
        assert await _mine(rig, letters) == []
        shown = await letters.show(entry.letter.id)
        assert (shown.state, shown.note) == ("dropped", "p-17: a test of the studio")
    assert await rig.effects() == []


async def _mine(rig: Rig, letters: DeadLetters):
    return [entry for entry in await letters.list() if (entry.letter.key or b"").decode().endswith(rig.mark)]


async def _listed(rig: Rig, letters: DeadLetters, number: int) -> bool:
    return len(await _mine(rig, letters)) >= number


async def _failed(rig: Rig, letters: DeadLetters) -> bool:
    return [entry.state for entry in await _mine(rig, letters)] == ["failed"]


async def _effects(rig: Rig, number: int) -> bool:
    return len(await rig.effects()) >= number


async def _drained(rig: Rig) -> bool:
    return await rig.outbox() == 0
