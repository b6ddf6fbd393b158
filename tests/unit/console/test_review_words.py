"""Review's reasons are codes of the contracts, and nothing on its pages is left in English."""

import re
from importlib import resources

import pytest
from babel.messages.extract import extract

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.domain.people import Language
from trueshelf_console.domain.review_reasons import PICTURE, RENDITION, progress_rate

TEMPLATES = resources.files("trueshelf_console").joinpath("templates", "review")


def test_reasons_are_codes_with_a_key_each():
    """R-64: at most ten, so that each has a digit; the words beside them stand in the texts."""
    texts = TEMPLATES.joinpath("_texts.html").read_text(encoding="utf-8")
    for reasons in (PICTURE, RENDITION):
        codes = [reason.code for reason in reasons]
        assert len(set(codes)) == len(codes) <= 10
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", code) and f'"reason.{code}"' in texts for code in codes)


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
