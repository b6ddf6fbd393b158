"""Who caused what."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_contracts.ids import event_id
from trueshelf_runtime.origin import (
    Origin,
    current,
    fresh,
    from_headers,
    new_traceparent,
    stamp,
    using,
    valid_traceparent,
)

AT = datetime(2026, 1, 2, tzinfo=UTC)


@given(st.uuids(), st.uuids(), st.booleans(), st.booleans())
def test_an_origin_survives_the_headers_of_a_job(cause: UUID, correlation: UUID, drill: bool, traced: bool):
    origin = Origin(cause, correlation, drill, new_traceparent() if traced else None)
    with using(origin):
        assert from_headers(current().headers()) == origin


def test_a_stamp_says_from_what_it_came_and_has_a_derived_id():
    origin = fresh(drill=True)
    with using(origin):
        first, again = stamp("VariantChecked", "v", 1, at=AT), stamp("VariantChecked", "v", 1, at=AT)
    assert first == again
    assert first["event_id"] == event_id("VariantChecked", "v", 1)
    assert (first["cause_id"], first["correlation_id"], first["drill"]) == (
        origin.cause_id,
        origin.correlation_id,
        True,
    )
    with using(origin):
        assert stamp("X", at=AT, drill=False)["drill"] is False


def test_origins_nest():
    outer, inner = fresh(), fresh()
    with using(outer):
        with using(inner):
            assert current() is inner
        assert current() is outer


@pytest.mark.parametrize(
    "text",
    [None, "", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "00-" + "1" * 32 + "-" + "0" * 16 + "-01", "01-x", "é"],
)
def test_what_is_no_traceparent_is_dropped(text: str | None):
    assert valid_traceparent(text) is None


def test_headers_that_are_not_ours_are_refused():
    with pytest.raises((KeyError, ValueError)):
        from_headers({"cause_id": str(uuid4())})
    with pytest.raises(ValueError, match="badly formed"):
        from_headers({"cause_id": "x", "correlation_id": "y"})
