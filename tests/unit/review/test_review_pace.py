"""How fast one person may decide (security.md: rate limit approve)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.review_facts import Sku, actor
from support.review_office import Office
from trueshelf_review.domain.pace import check_pace
from trueshelf_review.domain.refusal import Refusal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in seconds]


def test_the_sixtieth_second_frees_the_next_decision():
    check_pace(at(61, 60, 30, 10), 3, NOW)
    with pytest.raises(Refusal) as caught:
        check_pace(at(61, 59.5, 30, 10), 3, NOW)
    assert (caught.value.code, caught.value.wait) == ("too_fast", timedelta(seconds=0.5))
    assert "in 1 seconds" in caught.value.advice


def test_a_person_is_slowed_down_and_a_script_of_a_practice_account_is_not(tmp_path: Path):
    office = Office(tmp_path, per_minute=2)
    person = actor("vera").model_copy(update={"kind": "person"})
    scripted = actor("robot").model_copy(update={"kind": "drill"})
    for who, expected in ((person, ["taken"] * 2 + ["too_fast"] * 2), (scripted, ["taken"] * 4)):
        ends = []
        for number in range(4):
            sku = Sku(f"{who.id}-{number}")
            office.take_in([sku.planned(), *sku.drafts()])
            case = office.lease(office.case(sku=sku.sku), who)
            try:
                office.submit(case, who, "approve", **office.approval(case))
                ends.append("taken")
            except Refusal as refusal:
                ends.append(refusal.nature)
        assert ends == expected, who.kind
