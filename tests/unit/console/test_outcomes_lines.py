"""Entries of a search as JSON lines: all of them, or a refusal that says what to do; never a part."""

from typing import Any, cast

import pytest

from trueshelf_console.web.audit_telling import Reader
from trueshelf_console.web.evidence import MOST_ENTRIES, found_entries, whole_timeline
from trueshelf_runtime.problem import Problem


class Log:
    """Answers pages of a log with `size` entries, as audit does: the last full page cannot know that it is the last."""

    def __init__(self, size: int) -> None:
        self.size = size

    async def get(self, _path: str, *, after: int, limit: int) -> dict[str, Any]:
        entries = [{"seq": seq} for seq in range(after + 1, min(self.size, after + 1 + limit))]
        return {"entries": entries, "after": entries[-1]["seq"] if len(entries) == limit else None}


def log(size: int) -> Reader:
    return cast("Reader", Log(size))


@pytest.mark.parametrize("size", [0, 1, 501, MOST_ENTRIES])
async def test_every_entry_that_is_found_is_given(size: int):
    assert [entry["seq"] for entry in await found_entries(log(size), {})] == list(range(size))


async def test_more_than_can_be_given_is_refused_with_advice():
    with pytest.raises(Problem) as caught:
        await found_entries(log(MOST_ENTRIES + 1), {})
    assert (caught.value.status, caught.value.code) == (422, "too_much")
    assert "narrow the search" in caught.value.advice


async def test_a_timeline_says_whether_it_is_whole():
    whole, part = await whole_timeline(log(MOST_ENTRIES), "S"), await whole_timeline(log(MOST_ENTRIES + 1), "S")
    assert [(len(entries), more) for entries, more in (whole, part)] == [(MOST_ENTRIES, False), (MOST_ENTRIES, True)]
