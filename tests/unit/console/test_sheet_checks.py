"""The sheet as the console checks it: one grammar with the `intake` verb, one bad cell found among 20,000 rows."""

import time

import pytest

from trueshelf_contracts.sheet import REASONS, UnreadableSheetError, read_sheet
from trueshelf_contracts.sheet.reading import MOST_LISTED, MOST_ROWS

HEADER = "sku,category,title,file,shot,rights,description,kit,waived"
ROWS = 20_000
SHOTS = ("front", "profile", "macro", "clasp")
SECONDS = 20.0
"""CPU seconds: far more than one pass over the rows takes, far less than all rows against all."""


def sheet(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows]).encode()


def good(number: int = 1, **changed: str) -> str:
    cells = {"sku": f"S-{number}", "category": "jewelry", "title": "Кольцо «Лилия»", "file": f"p/{number}.jpg"}
    cells |= {"shot": "front", "rights": "own", "description": "", "kit": "", "waived": ""} | changed
    return ",".join(cells[name] for name in HEADER.split(","))


def test_one_bad_cell_among_twenty_thousand_rows_is_one_error_and_soon():
    rows = [good(i // 4, file=f"p/{i}.jpg", shot=SHOTS[i % 4], kit="ring|box") for i in range(ROWS)]
    rows[13_370] = rows[13_370].replace(",macro,", ",maсro,")  # a Cyrillic с
    data = sheet(*rows)
    began = time.process_time()
    read = read_sheet(data)
    assert time.process_time() - began < SECONDS
    (error,) = read.errors
    assert (error.row, error.column, error.value) == (13_372, "shot", "maсro")
    assert sum(len(card.photos) for card in read.cards.values()) == ROWS - 1
    assert list(read.wrong) == [13_372]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_separators(encoding: str, delimiter: str):
    text = sheet(good()).decode().replace(",", delimiter)
    read = read_sheet(text.encode(encoding))
    assert not read.errors
    assert read.cards["S-1"].title == "Кольцо «Лилия»"
    assert read.table is not None
    assert (read.table.encoding, read.table.delimiter) == (encoding.removesuffix("-sig"), delimiter)


def test_quotes_hold_separators_line_breaks_and_quotes():
    row = good(title='"Кольцо, ""Лилия"""', description='"две\r\nстроки"')
    read = read_sheet(sheet(row, good(2)))
    assert not read.errors
    assert read.cards["S-1"].title == 'Кольцо, "Лилия"'
    assert read.cards["S-2"].photos[0].row == 3, "a spreadsheet counts rows, not lines"


def test_quotes_that_do_not_match_cost_one_row():
    read = read_sheet(sheet(good(1, title='"15" display"'), good(2)))
    assert [(error.row, error.code) for error in read.errors] == [(2, "quotes")]
    assert list(read.cards) == ["S-2"]


def test_a_quote_that_never_ends_is_named_where_it_begins():
    read = read_sheet(sheet(good(1), good(2, title='"Кольцо'), good(3)))
    assert [(error.row, error.code) for error in read.errors] == [(3, "quote_open")]
    assert list(read.cards) == ["S-1"]


def test_two_stray_quotes_do_not_swallow_the_rows_between_them_unsaid():
    read = read_sheet(sheet(good(1, title='"Кольцо'), good(2), good(3, title='Кольцо"'), good(4)))
    assert read.errors[0].row == 2
    assert "S-4" in read.cards or any(error.code == "quote_open" for error in read.errors)


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"sku": "S-1\u200f"}, "sku", "sku_invisible"),
        ({"sku": "\u202eS-1"}, "sku", "sku_invisible"),
        ({"sku": "S 1"}, "sku", "sku_character"),
        ({"sku": "<b>1"}, "sku", "sku_character"),
        ({"sku": "4.60705E+12"}, "sku", "sku_number"),
        ({"sku": "x" * 65}, "sku", "sku_length"),
        ({"title": "=SUM(A1:A9)"}, "title", "formula"),
        ({"title": "#N/A"}, "title", "spreadsheet_error"),
        ({"title": '"two\nlines"'}, "title", "line_break"),
        ({"title": "x" * 1025}, "title", "too_long"),
        ({"title": ""}, "title", "empty_title"),
        ({"category": "Jewelry"}, "category", "category_case"),
        ({"category": "украшения"}, "category", "category"),
        ({"category": "x" * 33}, "category", "category"),
        ({"rights": ""}, "rights", "rights"),
        ({"rights": "licensed"}, "rights_reference", "empty_reference"),
        ({"file": "../a.jpg"}, "file", "file_outside"),
        ({"file": "C:\\a.jpg"}, "file", "file_outside"),
        ({"file": "a.svg"}, "file", "file_type"),
        ({"waived": "clasp"}, "waived", "waived"),
        ({"kit": "|".join("abcdefghij" * 6)}, "kit", "too_many_parts"),
    ],
)
def test_a_wrong_cell_is_named_and_the_other_row_goes_on(changed: dict[str, str], column: str, code: str):
    """R-04 among them: nothing without a right to it."""
    read = read_sheet(sheet(good(9), good(1, **changed)))
    assert [(error.row, error.column, error.code) for error in read.errors] == [(3, column, code)]
    assert list(read.cards) == ["S-9"]
    assert read.errors[0].message
    assert read.errors[0].fix


def test_two_wrong_cells_of_a_row_are_both_named():
    read = read_sheet(sheet(good(1, title="=1", shot="back")))
    assert {(error.column, error.code) for error in read.errors} == {("title", "formula"), ("shot", "shot")}


def test_marks_in_a_title_are_kept_and_no_error():
    read = read_sheet(sheet(good(1, title="חולצה\u200f <b>&amp;")))
    assert not read.errors
    assert read.cards["S-1"].title == "חולצה\u200f <b>&amp;"


def test_duplicates_and_rows_that_disagree():
    read = read_sheet(sheet(good(1), good(1), good(1, file="b.jpg", title="Другое")))
    assert [(e.row, e.code, e.details["row"]) for e in read.errors] == [(3, "repeated", "2"), (4, "differs", "2")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "not_text"),
        (b"", "lacks"),
        (sheet(header=HEADER + ",colour"), "unknown"),
        (sheet(header=HEADER + ",sku"), "twice"),
        (b"\x98\x98", "encoding"),
    ],
)
def test_what_is_no_sheet_says_why(data: bytes, code: str):
    with pytest.raises(UnreadableSheetError) as caught:
        read_sheet(data)
    assert caught.value.code == code


def test_every_reason_can_be_said():
    for message, fix in REASONS.values():
        assert message
        assert fix


def test_a_sheet_of_more_rows_than_a_delivery_has_is_refused_before_it_fills_the_memory():
    with pytest.raises(UnreadableSheetError) as caught:
        read_sheet(HEADER.encode() + b"\na" * (MOST_ROWS + 1))
    assert caught.value.code == "large"
    assert f"{MOST_ROWS:,}" in str(caught.value)


def test_of_many_errors_the_first_are_listed_and_all_are_counted():
    rows = MOST_LISTED + 100
    read = read_sheet(sheet(*[good(n, title="", shot="back") for n in range(rows)], good(rows)))
    assert MOST_LISTED <= len(read.errors) <= MOST_LISTED + 1
    assert len(read.errors) + read.more_errors == 2 * rows
    assert len(read.wrong) == rows
    assert list(read.cards) == [f"S-{rows}"]
