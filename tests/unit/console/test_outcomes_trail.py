"""The log in words: every kind of event has a sentence, and whatever stands in the log is told without an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.domain.pictures import is_hash, pictures_in
from trueshelf_console.domain.proofs import leads_to_root
from trueshelf_console.domain.trail import ids_in, pictures_of, previews_in, said
from trueshelf_console.domain.trail_facts import facts_of
from trueshelf_console.domain.trail_words import FACTS, SENTENCES, SIGNATURES, UNKNOWN, UNREADABLE, WORDS
from trueshelf_contracts.examples import examples
from trueshelf_contracts.topics import TOPICS

GOLDEN = [pytest.param(event, id=name) for name, event in examples().items() if "type" in event]
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "actor", "answers", "approval_id", "binding", "capture", "cause", "checked_by", "checks", "decided_at", "details",
    "downloaded_by", "files", "findings", "generator", "items", "master", "members", "policy", "preview", "reason",
    "reasons", "roles", "sample", "shots", "slot", "source", "title", "values", "viewport",
)  # fmt: skip


def test_every_kind_of_event_has_a_sentence():
    kinds = {str(event.model_fields["type"].default) for topic in TOPICS for event in topic.events}
    assert kinds - set(SENTENCES) == set()


def whole(event: Any) -> str:
    told = said(event)
    values = dict(told.values)
    values |= {name: ", ".join(each) for name, each in {**told.codes, **told.people}.items()}
    return told.text % values


@pytest.mark.parametrize("event", GOLDEN)
def test_every_example_of_the_contracts_is_told(event: dict[str, Any]):
    assert whole(event) != UNKNOWN
    assert all(label in FACTS for label, _ in facts_of(event))


@given(kind=st.sampled_from(sorted(SENTENCES)), fields=st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_an_event_holds_it_is_told(kind: str, fields: dict[str, Any]):
    """The log keeps everything that was on the bus; a page about it never breaks."""
    event = {"type": kind, **fields}
    whole(event)
    facts_of(event)
    pictures_of(event, previews_in([event]))
    ids_in([event])


def test_what_nobody_knows_says_so():
    assert whole({"type": "FromTheFuture"}) == UNKNOWN % {"type": "FromTheFuture"}
    assert whole(None) == UNREADABLE


def test_an_original_is_no_picture_to_show():
    """R-16: the photo as it was sent is named by its hash, never shown."""
    (event,) = [e for e in examples().values() if e.get("type") == "VariantApproved" and e.get("acknowledged")][:1]
    assert "original" not in {what for what, _ in pictures_of(event, {})}


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_word_of_the_trail_is_translated(language: Any):
    catalogue = translations(language)
    texts = [*SENTENCES.values(), *WORDS.values(), *FACTS.values(), *SIGNATURES.values(), UNKNOWN, UNREADABLE]
    missing = [text for text in texts if text not in catalogue._catalog]  # type: ignore[attr-defined]
    assert missing == []


def test_an_event_names_its_pictures_by_hash():
    """Audit's search by picture: original, source, master, and the pixels of each."""
    (event,) = [e for e in examples().values() if e.get("type") == "VariantApproved"][:1]
    found = set(pictures_in(event))
    assert all(is_hash(sha256) for _, sha256 in found)
    parts = {part for part, _ in found}
    assert {"original", "source", "master"} <= parts
    assert not {"report", "checklist", "thresholds", "presets"} & parts


def test_a_proof_is_recomputed_and_a_wrong_one_is_refused():
    """RFC 9162, 2.1.3.2, on a tree of five leaves made by hand."""
    import hashlib  # noqa: PLC0415

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    data = [bytes([number]) for number in range(5)]
    leaves = [hashlib.sha256(b"\0" + each).digest() for each in data]
    pairs = node(leaves[0], leaves[1]), node(leaves[2], leaves[3])
    four = node(*pairs)
    root = node(four, leaves[4])
    assert leads_to_root(2, 5, data[2], [leaves[3], pairs[0], leaves[4]], root)
    assert leads_to_root(4, 5, data[4], [four], root)
    assert leads_to_root(0, 1, data[0], [], leaves[0])
    assert not leads_to_root(2, 5, data[1], [leaves[3], pairs[0], leaves[4]], root)
    assert not leads_to_root(3, 5, data[2], [leaves[3], pairs[0], leaves[4]], root)
    assert not leads_to_root(2, 5, data[2], [leaves[3], pairs[0]], root)
    assert not leads_to_root(2, 5, data[2], [leaves[3], pairs[0], leaves[4], leaves[4]], root)
    assert not leads_to_root(5, 5, data[2], [], root)
