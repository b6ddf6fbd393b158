"""Intake's words: whatever ingest or a sheet may say has a sentence in every language, with the same blanks."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.domain import intake_words as words
from trueshelf_console.domain.words import SLOTS
from trueshelf_contracts.refs import Mode, Shot, Slot, SourceType
from trueshelf_contracts.sheet import REASONS, RIGHTS, UNREADABLE


def sentences(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, words.ShotWords):
        yield from (value.name, value.shows)
    elif isinstance(value, tuple):
        for each in value:
            yield from sentences(each)
    else:
        for each in value.values():
            yield from sentences(each)


TABLES = (
    words.SHOTS, words.CAPTURE_STATES, words.SKU_STATES, words.RIGHTS, words.SOURCES, words.CHANGES, words.SEALED,
    words.ITEM_STATES, words.MODES, SLOTS, words.CASE_KINDS, words.CASE_STATES, words.PACK_STATES, words.FINDINGS,
    words.PROBLEMS, REASONS, UNREADABLE, tuple(card[1:] for card in words.GUIDE),
)  # fmt: skip


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_word_is_translated(language: str):
    known = translations(language)._catalog
    for table in TABLES:
        for sentence in sentences(table):
            text = known.get(sentence)
            assert text, sentence
            assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", sentence)), sentence


def test_every_code_has_words():
    """R-11, R-20: shots, modes and slots are shown in words, never as codes."""
    assert set(words.SHOTS) == set(get_args(Shot))
    assert set(words.MODES) == set(get_args(Mode))
    assert set(SLOTS) == set(get_args(Slot))
    assert set(words.SOURCES) == set(get_args(SourceType))
    assert set(words.RIGHTS) == set(RIGHTS)
