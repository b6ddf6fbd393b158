"""The watchdog's judgement over time, without waiting for it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_runtime.health import PATIENCE, Failing, Health, Stuck


@given(st.lists(st.tuples(st.floats(0.1, 30), st.booleans()), max_size=40))
def test_dead_is_what_was_wrong_without_a_break_for_the_whole_patience(steps: list[tuple[float, bool]]):
    failing, now, since = Failing(), 0.0, None
    for wait, wrong in steps:
        now += wait
        since = (since if since is not None else now) if wrong else None
        dead = failing.observe(now, {"x": "bad"} if wrong else {})
        assert bool(dead) is (since is not None and now - since >= PATIENCE)


class Time:
    """A clock that the test moves, and that sleeping moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_the_watchdog_ends_a_process_that_does_not_move(monkeypatch: pytest.MonkeyPatch):
    clock = Time()

    async def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr("trueshelf_runtime.health.asyncio.sleep", sleep)
    health = Health(clock)
    health.add_live("consume.generate", lambda: "its consume task has ended")
    with pytest.raises(Stuck, match="its consume task has ended"):
        await health.watch()
    assert 60 <= clock.now <= 80


async def test_ready_says_per_part_what_is_away():
    async def well() -> None: ...

    async def away() -> None:
        raise ConnectionRefusedError("no route")

    health = Health()
    health.add_ready("postgresql", well)
    health.add_ready("s3", away)
    report = await health.readyz()
    assert not report.ok
    assert report.details["postgresql"] == "ok"
    assert "no route" in report.details["s3"]


async def test_a_probe_that_raises_or_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("trueshelf_runtime.health.READY_TIMEOUT", 0.01)
    health = Health()
    health.add_ready("kafka", asyncio.Event().wait)
    report = await health.readyz()
    assert "no answer" in report.details["kafka"]

    def broken() -> None:
        raise ZeroDivisionError

    health.add_live("x", broken)
    assert (await health.livez()).details["x"] == "ZeroDivisionError"
    assert (await health.livez()).ok, "one bad look is no death"
