"""Rates, estimates and reasons in words (R-101)."""

from datetime import UTC, datetime, timedelta

import pytest

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.domain.people import LANGUAGES
from trueshelf_console.domain.progress import ASIDE, FLOW
from trueshelf_console.domain.words import SLOTS
from trueshelf_console.web.overview import words
from trueshelf_console.web.overview.chart import HEIGHT, charts, estimate, hours_until

NOW = datetime(2026, 11, 21, 15, 40, tzinfo=UTC)


@pytest.mark.parametrize(("backlog", "moved"), [(100, 0), (0, 10), (0, 0)])
def test_there_is_no_estimate_where_nothing_moved_or_nothing_waits(backlog: int, moved: int):
    assert estimate(backlog, moved) is None


def test_the_estimate_is_the_backlog_at_the_rate_of_the_last_hour():
    assert estimate(90, 60) == timedelta(minutes=90)


def test_a_chart_has_an_hour_for_each_bar_the_running_one_last_and_shows_even_one():
    hours = hours_until(NOW)
    assert (len(hours), hours[-1].hour, hours[0]) == (24, 15, hours[-1] - timedelta(hours=23))
    (chart,) = charts({("drafts", hours[-1]): 1000, ("drafts", hours[0]): 1, ("packs", hours[0]): 5}, ["drafts"], NOW)
    assert (chart.most, chart.total) == (1000, 1001)
    assert chart.bars[-1].height == HEIGHT
    assert chart.bars[0].height > 1
    assert chart.bars[1].height == 0


def test_reasons_are_said_once_with_what_is_stuck_first():
    def say(message: str, **values: object) -> str:
        return message % values if values else message

    refused = {"code": "item_refused", "stuck": True, "slot": "main", "finding": "edge.soft", "message": "100 % soft"}
    waits = {"code": "decision", "stuck": False, "slot": "detail"}
    said = words.summed(words.reason(say, why) for why in (waits, refused, refused))
    assert [(each.text, each.times) for each in said] == [
        ("A draft could not be made: main picture", 2),
        ("Waits for a decision: detail", 1),
    ]
    missing = {"code": "shots_missing", "stuck": False, "there": []}
    assert words.reason(say, missing, ["macro", "clasp"]).text == "Photos are missing: macro, clasp"
    assert words.reason(say, missing).text == "Photos are missing; ingest does not say which"
    assert words.reason(say, {"code": "of_a_later_release", "stuck": True}).text == "of_a_later_release"


def test_every_stage_has_a_word_and_every_word_a_translation():
    assert set(words.STAGES) == {*FLOW, *ASIDE}
    every = [words.STAGES, SLOTS, words.SHOTS, words.RATES, words.BACKLOG, words.BATCH_STATES, words.REASONS]
    for language in LANGUAGES[1:]:
        known = translations(language)
        texts = {text for each in every for text in each.values()}
        assert {text for text in texts if known.gettext(text) == text} == set()
        for text in words.REASONS.values():
            assert text.count("%(") == known.gettext(text).count("%("), "a placeholder got lost"
