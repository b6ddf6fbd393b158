"""What a delivery's and a batch's page say of credits before anything runs (R-32)."""

from typing import Any

import pytest

from trueshelf_console.domain.people import Language
from trueshelf_console.web.rendering import Pages
from trueshelf_runtime.clock import SystemClock

PAGE = '{% from "intake/macros.html" import credits %}{{ credits(_, plan) }}'


def said(plan: Any, language: Language = "en") -> str:
    return Pages(SystemClock())._environment(language, "intake").from_string(PAGE).render(plan=plan).strip()


def planned(**about: Any) -> dict[str, Any]:
    lines = [{"calls": 4, "title": "On a <b>person", "credits": 20}]
    caps = {"batch": 12, "month": 100}
    return {"credits": 20, "left": 20, "lines": lines, "caps": caps, "spent_month": 0, "crossed": []} | about


@pytest.mark.parametrize("plan", [None, planned(lines=[], credits=0, left=0)])
def test_where_nothing_is_bought_nothing_is_said(plan: Any):
    assert said(plan) == ""


def test_the_most_that_it_will_use_is_said_and_no_title_is_markup():
    page = said(planned())
    assert "at most 20 credits: 4 × On a &lt;b&gt;person." in page
    assert "spent already" not in page


def test_what_is_spent_and_what_would_be_refused_is_said():
    page = said(planned(left=15, crossed=["batch", "month"], spent_month=90))
    assert "5 are spent already" in page
    assert "batch&#39;s cap of 12" in page or "batch's cap of 12" in page
    assert "90 credits of this month are spent and the cap is 100" in page


@pytest.mark.parametrize(("language", "word"), [("ru", "кредитов"), ("kk", "кредит")])
def test_it_is_said_in_every_language(language: Language, word: str):
    assert word in said(planned(), language)
