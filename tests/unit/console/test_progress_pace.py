"""When a SKU counts as stuck: a long queue that moves is no trouble, a short one that stands is (R-101)."""

from datetime import timedelta

import pytest

from trueshelf_console.domain.progress import SLOW
from trueshelf_console.domain.progress_pace import LONGEST, WORK, limits

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("stage", sorted(WORK))
def test_a_backlog_that_moves_is_waited_for_and_one_that_stands_is_not(stage: str):
    moving = limits({stage: 6000}, {WORK[stage]: 2000})  # type: ignore[dict-item, index]
    assert moving[stage] == 6 * HOUR, "twice the three hours that all of it takes"  # type: ignore[index]
    assert {other: limit for other, limit in moving.items() if other != stage} == {
        other: limit for other, limit in SLOW.items() if other != stage
    }
    assert limits({stage: 6000}, {}) == SLOW  # type: ignore[dict-item]


def test_a_short_queue_keeps_the_stages_own_limit_and_none_is_longer_than_a_day():
    assert limits({"drafts": 10}, {"drafts": 500}) == SLOW
    assert limits({"drafts": 50_000}, {"drafts": 1})["drafts"] == LONGEST
