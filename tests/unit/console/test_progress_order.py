"""Neither order nor repetition of events changes where a SKU stands, nor what the rates count (R-101)."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support.progress_facts import Life
from trueshelf_console.domain.progress import Standing, standing
from trueshelf_console.domain.progress_facts import Facts, facts_of, merged


def whole_life() -> list[Any]:
    """Return a life with everything in it: a refusal, two rounds, a dispute, a quarantine, two markets, a change."""
    life = Life("ring-1")
    events: list[Any] = [life.opened(), life.captured(), life.capture_refused("macro"), life.captured("macro")]
    events += [life.ready(), life.later(life.planned((("main", 2), ("detail", 1))))]
    events += [life.later(fact) for fact in (*life.drafts(), life.refused("detail"))]
    events += [life.disputed(), life.rejected(index=0), life.rejected(index=1), life.again(), life.abandoned("detail")]
    events += [life.later(life.planned(round_=2)), *(life.later(fact) for fact in life.drafts(round_=2))]
    first = life.approved(round_=2)
    events += [first, life.sealed(), life.drawn(), life.quarantined(), life.held(), life.freed(), life.passed(first)]
    events += [life.held(2), life.freed(2)]
    events += [life.ordered(waits=True), life.rendered(), life.weighed(), life.accepted(), life.packed()]
    events += [life.outcome(), life.outcome("return_wrong_colour"), life.ordered("wildberries")]
    events += [life.pack_refused("wildberries"), life.withdrawn(first, "sku_changed"), life.recalled()]
    return [*events, life.next_version()]


EVENTS = whole_life()
State = dict[tuple[str, int], Standing]


def folded(events: list[Any]) -> tuple[State, Counter[str]]:
    """Return every SKU version's standing and what the rates counted."""
    known: dict[tuple[str, int], Facts] = {}
    counted: Counter[str] = Counter()
    for event in events:
        for fact in facts_of(event):
            place = (fact.sku, fact.version)
            known[place], added = merged(known.get(place, {}), [fact])
            counted.update(each.counted for each in added if each.counted)
    return {place: standing(facts) for place, facts in known.items()}, counted


@settings(max_examples=150, deadline=None)
@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=40), st.integers(0, 1000))
def test_any_order_and_any_repetition_end_alike(shuffled: list[Any], again: list[Any], at: int):
    split = at % (len(shuffled) + 1)
    assert folded([*shuffled[:split], *again, *shuffled[split:]]) == folded(EVENTS)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, len(EVENTS)), st.randoms(use_true_random=False))
def test_the_same_holds_for_every_beginning_of_the_life(length: int, random: Any):
    beginning = EVENTS[:length]
    shuffled = random.sample(beginning, length)
    assert folded(shuffled + beginning) == folded(beginning)


def test_two_events_that_contradict_each_other_under_one_key_end_alike():
    life = Life()
    one, other = life.capture_refused(), life.capture_refused()
    assert facts_of(one)[0].key == facts_of(other)[0].key
    assert folded([one, other])[0] == folded([other, one])[0]
