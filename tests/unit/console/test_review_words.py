"""Nothing on review's pages is left in English."""

import re
from importlib import resources

import pytest
from babel.messages.extract import extract

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.domain.people import Language
from trueshelf_console.domain.review_pace import progress_rate
from trueshelf_console.web.review.showing import reason_words
from trueshelf_qa.checks import CHECKS

TEMPLATES = resources.files("trueshelf_console").joinpath("templates", "review")


def test_a_reason_without_words_in_a_language_is_said_in_english():
    """R-64: the words come with review's reasons; a company may have written English only."""
    said = {"reasons": [{"code": "dull", "text": {"en": "Dull", "ru": "Тусклый"}}]}
    assert reason_words(said, "ru") == {"reason.dull": "Тусклый"}
    assert reason_words(said, "kk") == {"reason.dull": "Dull"}


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_text_of_the_pages_is_translated(language: Language):
    known = translations(language)
    missing = []
    for file in TEMPLATES.iterdir():
        if file.name.endswith(".html"):
            with file.open("rb") as page:
                for _, message, _, _ in extract("jinja2.ext:babel_extract", page):
                    one, many = message[:2] if isinstance(message, tuple) else (message, message)
                    if (one, 0) not in known._catalog and one not in known._catalog:  # type: ignore[attr-defined]
                        missing.append((file.name, many))
    assert missing == []


def test_a_pace_needs_two_decisions():
    assert progress_rate(1, 0) is None
    assert progress_rate(61, 3600) == 60


def test_every_check_of_qa_has_a_name_on_the_page():
    """A reviewer reads what was looked at, not a code."""
    page = TEMPLATES.joinpath("_texts.html").read_text(encoding="utf-8")
    checks = [check.NAME for check in CHECKS] + [
        "similarity",
        "file",
        "pixel_proof",
        "declared_changes",
        "marketplace_rules",
        "comparison",
    ]
    assert [name for name in checks if f'"check.{name}": _(' not in page] == []
    named = set(re.findall(r'"check\.([a-z_]+)": _\(', page))
    assert named == set(checks), "no name without a check"
