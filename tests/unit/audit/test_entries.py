"""A leaf binds every byte of a record and its place; the index follows from the value alone."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_audit.adapters.bundle import _stored, line_of
from trueshelf_audit.domain.entry import Coordinates, Entry, Record, StoredEntry, headers_of
from trueshelf_audit.domain.index import Index, Unreadable, index_of, index_value, read_value
from trueshelf_audit.domain.merkle import leaf_hash

moments = st.integers(0, 2**52).map(lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
maybe = st.none() | st.binary(max_size=40)
records = st.builds(
    Record,
    at=st.builds(Coordinates, st.text(max_size=30), st.integers(0, 2**31 - 1), st.integers(0, 2**53 - 1)),
    timestamp_ms=st.integers(-1, 2**53 - 1),
    key=maybe,
    value=maybe,
    headers=st.lists(st.tuples(st.text(max_size=8), maybe), max_size=4).map(tuple),
)
entries = st.builds(Entry, seq=st.integers(0, 2**53 - 1), logged_at=moments, record=records)


@given(entries)
def test_the_leaf_is_over_rfc_8785_bytes(entry: Entry):
    """The fast writer writes what the standard's writer writes, and nothing of the record is lost in it."""
    data = json.loads(entry.leaf_data())
    assert entry.leaf_data() == rfc8785.dumps(data)
    assert entry.leaf() == leaf_hash(entry.leaf_data())
    assert headers_of(data["headers"]) == entry.record.headers
    assert data["seq"] == entry.seq


@given(entries, entries)
def test_two_entries_have_two_leaves(one: Entry, other: Entry):
    assert (one.leaf() == other.leaf()) == (one == other)


@given(entries)
def test_an_exported_entry_is_the_same_entry(entry: Entry):
    index = {**index_value(entry.record.value)[0].columns(), "signature": None}
    stored = StoredEntry(entry, entry.leaf(), index)
    assert _stored(json.loads(json.dumps(line_of(stored)))) == stored


def test_absent_and_empty_differ():
    def leaf(value: bytes | None) -> bytes:
        return Entry(0, datetime(2026, 1, 1, tzinfo=UTC), Record(Coordinates("t", 0, 0), 0, None, value, ())).leaf()

    assert leaf(None) != leaf(b"")


@pytest.mark.parametrize(
    "value",
    [
        None, b"", b"\xff", b"[]", b'"x"', b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"type": "A", "type": "B"}',
        b'{"actor": {"id": "a", "id": "b"}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_has_no_single_meaning_is_unreadable(value: bytes | None):
    with pytest.raises(Unreadable):
        read_value(value)
    assert index_value(value) == (Index(), None)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=4))
def test_no_value_of_a_field_breaks_the_index(value: object):
    fields = ("type", "event_id", "sku", "sku_version", "batch_id", "occurred_at", "drill", "actor")
    index = index_of(dict.fromkeys(fields, value))
    assert index.event_id is None or isinstance(index.event_id, UUID)
    assert index_of({"actor": {"id": value}}).actor_id is None or isinstance(value, str)


def test_text_that_postgresql_cannot_hold_is_replaced():
    assert index_of({"sku": "a\0b", "type": "\ud800"}).sku == "a\ufffdb"
    assert len(index_of({"sku": "x" * 1000}).sku or "") == 300
