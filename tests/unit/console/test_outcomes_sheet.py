"""A sheet of outcomes: good rows go; each wrong cell is named with row, column, value, reason and fix (R-103)."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf_console.domain.outcomes import REASONS, UNREADABLE, UnreadableSheet, read_outcomes

TODAY = date(2026, 11, 21)
HEADER = "sku,marketplace,kind,reported_on,reason,checklist_item,pack_id,variant_id"
GOOD = "RING-1,ozon,return_wrong_colour,2026-11-20,too yellow,colour_matches,,"


def read(*rows: str, header: str = HEADER, encoding: str = "utf-8"):
    return read_outcomes("\n".join([header, *rows]).encode(encoding), TODAY)


def test_one_wrong_row_holds_back_no_other():
    sheet = read(GOOD, "RING-2,ozon,lost,2026-11-20,,,,", "RING-3,ebay,moderation_accepted,21.11.2026,,,,")
    assert [(line.row, line.body["sku"]) for line in sheet.good] == [(2, "RING-1"), (4, "RING-3")]
    assert sheet.good[1].body["reported_on"] == "2026-11-21"
    (wrong,) = sheet.wrong
    assert (wrong.row, wrong.column, wrong.value, wrong.code) == (3, "kind", "lost", "kind")


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",ozon,return_wrong_colour,2026-11-20,,,,", "sku", "empty"),
        ("a b,ozon,return_wrong_colour,2026-11-20,,,,", "sku", "sku"),
        ("A,wb,return_wrong_colour,2026-11-20,,,,", "marketplace", "marketplace"),
        ("A,ozon,return_wrong_colour,20/11/26,,,,", "reported_on", "date"),
        ("A,ozon,return_wrong_colour,31.02.2026,,,,", "reported_on", "date"),
        ("A,ozon,return_wrong_colour,2026-11-22,,,,", "reported_on", "future"),
        (f"A,ozon,return_wrong_colour,2026-11-20,{'x' * 1001},,,", "reason", "too_long"),
        ("A,ozon,return_wrong_colour,2026-11-20,,Colour!,,", "checklist_item", "item"),
        ("A,ozon,return_wrong_colour,2026-11-20,,,pack-1,", "pack_id", "id"),
        ("A,ozon,return_wrong_colour,2026-11-20,,,,7", "variant_id", "id"),
        ("A,ozon,return_wrong_colour,2026-11-20,,,,,more", "", "cells"),
        ('A,ozon,return_wrong_colour,2026-11-20,a "b" c"d,,,', "", ""),
    ],
)
def test_a_wrong_cell_is_named(row: str, column: str, code: str):
    sheet = read(GOOD, row)
    if not code:  # quotes inside an unquoted cell are text
        assert len(sheet.good) == 2
        return
    (wrong,) = sheet.wrong
    assert (wrong.row, wrong.column, wrong.code) == (3, column, code)
    reason, fix = REASONS[wrong.code]
    assert reason % dict(wrong.details)
    assert fix % dict(wrong.details)


def test_the_same_sheet_again_has_the_same_keys_and_equal_rows_have_their_own():
    """Two returns of one day in the same words are two returns; a corrected sheet repeats nothing."""
    first = read(GOOD, GOOD)
    again = read("X,nowhere,x,y,,,,", GOOD, GOOD)
    assert first.good[0].key != first.good[1].key
    assert [line.key for line in again.good] == [line.key for line in first.good]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_of_spreadsheets(encoding: str, separator: str):
    header = HEADER.replace(",", separator)
    row = GOOD.replace("too yellow", "слишком жёлтый").replace(",", separator)
    (line,) = read(row, header=header, encoding=encoding).good
    assert line.body["reason"] == "слишком жёлтый"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04rest", "workbook"),
        (b"\0\1\2", "encoding"),
        (b"sku,kind\nA,b", "lacks"),
        (b"sku,marketplace,kind,reported_on,mood\n", "unknown"),
        (b"sku,sku,marketplace,kind,reported_on\n", "twice"),
        (HEADER.encode(), "nothing"),
        (HEADER.encode() + b"\n" + b"x," * 1_100_000, "large"),
        ("\n".join([HEADER, *[GOOD] * 2001]).encode(), "large"),
    ],
)
def test_what_is_no_sheet_says_why(data: bytes, code: str):
    with pytest.raises(UnreadableSheet) as error:
        read_outcomes(data, TODAY)
    assert error.value.code == code
    assert str(error.value) == UNREADABLE[code] % error.value.details


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes):
    for start in (b"", HEADER.encode() + b"\n"):
        with contextlib.suppress(UnreadableSheet):
            read_outcomes(start + data, TODAY)
