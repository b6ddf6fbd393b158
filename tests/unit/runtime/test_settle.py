"""The settle decision and the breaker are pure: every property over every input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_runtime.errors import Kind
from trueshelf_runtime.settle import Breaker, Bury, Policy, Retry, Wait, counts, decide

POLICY = Policy()
jitter = st.floats(0, 1, exclude_max=True)
tries = st.integers(1, 10_000)


@given(tries, jitter)
def test_an_outage_is_waited_for_however_long_it_lasts(number: int, chance: float):
    verdict = decide(Kind.OUTAGE, number, POLICY, chance)
    assert isinstance(verdict, Wait)
    assert 0 < verdict.delay <= POLICY.outage_cap <= 15, "work resumes within 15 s of an outage's end"


@given(tries, jitter, st.sampled_from([Kind.INVALID, Kind.REFUSED]))
def test_what_can_never_work_is_buried_at_once(number: int, chance: float, kind: Kind):
    assert decide(kind, number, POLICY, chance) == Bury()


@given(tries, jitter)
def test_a_transient_failure_is_retried_until_the_attempts_are_used_up(number: int, chance: float):
    verdict = decide(Kind.TRANSIENT, number, POLICY, chance)
    if number >= POLICY.attempts:
        assert verdict == Bury()
    else:
        assert isinstance(verdict, Retry)
        assert POLICY.base / 2 <= verdict.delay <= POLICY.cap


@given(st.integers(1, 4))
def test_the_backoff_grows_even_at_the_ends_of_the_jitter(number: int):
    patient = Policy(attempts=100, base=0.5, cap=1000)
    longest_before = decide(Kind.TRANSIENT, number, patient, 0.999999)
    shortest_after = decide(Kind.TRANSIENT, number + 1, patient, 0.0)
    assert longest_before.delay <= shortest_after.delay


def test_only_transient_failures_are_counted():
    assert {kind for kind in Kind if counts(kind)} == {Kind.TRANSIENT}


@given(st.lists(st.booleans(), max_size=400))
def test_the_breaker_opens_exactly_when_a_window_was_mostly_dead(ends: list[bool]):
    breaker = Breaker(window=40, minimum=10, share=0.5)
    expected = False
    for number, dead in enumerate(ends, start=1):
        breaker.record(dead=dead)
        window = ends[max(0, number - 40) : number]
        expected = expected or (len(window) >= 10 and sum(window) > 0.5 * len(window))
        assert breaker.open is expected


def test_ten_percent_of_poison_leaves_the_breaker_closed():
    breaker = Breaker()
    for number in range(10_000):
        breaker.record(dead=number % 10 == 0)
    assert not breaker.open


@pytest.mark.parametrize("minimum", [0, 41])
def test_a_breaker_that_could_never_judge_is_refused(minimum: int):
    with pytest.raises(ValueError, match="records to judge"):
        Breaker(window=40, minimum=minimum)
