"""Records, letters and outbox rows: nothing of a record may be lost on its way into a dead letter and back."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_contracts.console import AccountChanged
from trueshelf_contracts.event import ActRecorded
from trueshelf_contracts.topics import MAX_PAYLOAD
from trueshelf_runtime.errors import Invalid, Transient
from trueshelf_runtime.letters import DeadLetter, bury
from trueshelf_runtime.outbox import outgoing
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.topics_admin import MAX_DEAD_LETTER, MAX_RECORD, wanted

maybe_bytes = st.none() | st.binary(max_size=200)
records = st.builds(
    RawRecord,
    topic=st.just("trueshelf.generate"),
    partition=st.integers(0, 11),
    offset=st.integers(0, 2**60),
    timestamp_ms=st.integers(0, 2**45),
    key=maybe_bytes,
    value=maybe_bytes,
    headers=st.lists(st.tuples(st.text(max_size=20), maybe_bytes), max_size=4).map(tuple),
)


@given(records, st.integers(0, 9))
def test_a_dead_letter_holds_its_record_byte_for_byte(record: RawRecord, attempts: int):
    row = bury("qa", "generate", record, error=Transient("x"), attempts=attempts)
    letter = DeadLetter.read(row.value)
    assert letter.record == record
    assert (letter.id, letter.attempts, row.topic) == (row.event_id, attempts, "trueshelf.dlq.qa.generate")
    assert DeadLetter.model_validate(letter.model_dump(mode="json")) == letter


@given(records)
def test_a_record_has_one_letter_per_group_however_often_it_is_written(record: RawRecord):
    first = bury("qa", "generate", record, error=Transient("x"), attempts=1)
    again = bury("qa", "generate", record, error=Invalid("y"), attempts=2)
    other = bury("review", "generate", record, error=Transient("x"), attempts=1)
    assert first.event_id == again.event_id != other.event_id


@given(records)
def test_header_faults_are_found_without_raising(record: RawRecord):
    fault = record.header_fault()
    for _, value in record.headers:
        try:
            assert value is not None
            value.decode()
        except (AssertionError, UnicodeDecodeError):
            assert fault is not None
            return
    assert fault is None


def test_the_largest_legal_record_fits_into_a_dead_letter():
    record = RawRecord("t", 0, 0, 0, b"k" * 64, bytes(MAX_RECORD - 1024), (("h", b"x" * 900),))
    row = bury("qa", "generate", record, error=Transient("e" * 5000), attempts=6)
    assert len(row.value) < MAX_DEAD_LETTER
    assert {topic.name: topic for topic in wanted()}[row.topic].topic_configs["max.message.bytes"] == str(
        MAX_DEAD_LETTER
    )


def _act(**more: object) -> ActRecorded:
    ids = {"event_id": uuid4(), "cause_id": uuid4(), "correlation_id": uuid4(), "occurred_at": datetime.now(UTC)}
    return ActRecorded(**ids, act="test.it", outcome="done", **more)


def test_only_the_owner_states_an_event():
    assert outgoing(_act(), "qa").topic == "trueshelf.qa"
    account = AccountChanged.model_construct(type="AccountChanged")
    with pytest.raises(ValueError, match="no event of trueshelf"):
        outgoing(account, "qa")


def test_an_event_that_is_too_large_never_reaches_the_outbox():
    with pytest.raises(Invalid, match="refer to it"):
        outgoing(_act(details={"x": "y" * MAX_PAYLOAD}), "qa")


def test_a_record_too_large_to_keep_leaves_its_beginning_and_says_so():
    record = RawRecord("trueshelf.generate", 3, 7, 0, b"k" * 5_000, b"v" * 3_000_000, (("h", b"x" * 900_000),))
    row = bury("qa", "generate", record, error=Invalid("no JSON"), attempts=0)
    letter = DeadLetter.read(row.value)
    assert letter.whole_size == 3_905_001
    assert len(row.value) < MAX_DEAD_LETTER
    assert letter.value is not None
    assert record.value is not None
    assert record.value.startswith(letter.value)
