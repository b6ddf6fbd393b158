"""The list of wrong rows: nothing in it is calculated by a spreadsheet, and corrected it is a sheet again."""

import csv
import io

import pytest

from trueshelf_console.domain.sheet import harmless, visible, wrong_rows
from trueshelf_contracts.sheet import RowError, read_sheet
from trueshelf_contracts.sheet.reading import MOST_LISTED

HEADER = "sku;category;title;file;shot;rights;description;kit;waived;colour_note"


def said(error: RowError) -> str:
    return f"{error.message}; {error.fix}"


def listed(text: str) -> list[dict[str, str]]:
    data = wrong_rows(read_sheet(text.encode()), said)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_only_the_wrong_rows_with_their_reasons():
    rows = listed(f"{HEADER}\nA;home;Mug;a.jpg;front;own;;;;\nB;home;;b.jpg;back;own;;;;")
    (row,) = rows
    assert row["sku"] == "B"
    assert "title: empty" in row["reason"]
    assert "shot: 'back' is no shot" in row["reason"]


@pytest.mark.parametrize("cell", ["=1+1", "+7 701", "-5 %", "@name", "\tx"])
def test_cells_that_a_spreadsheet_would_calculate_are_quoted(cell: str):
    assert harmless(cell) == "'" + cell


def test_a_formula_comes_back_as_text_and_is_read_as_it_was():
    (row,) = listed(f"{HEADER}\nA;home;=HYPERLINK(1);a.jpg;front;own;;;;-5 shades")
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["colour_note"] == "'-5 shades"
    row |= {"title": "Mug"}
    corrected = io.StringIO()
    writer = csv.DictWriter(corrected, row)
    writer.writeheader()
    writer.writerow(row)
    read = read_sheet(corrected.getvalue().encode())
    assert not read.errors
    assert read.cards["A"].photos[0].colour_note == "-5 shades"


def test_a_corrected_row_alone_does_not_wipe_out_what_the_others_say_of_the_sku():
    good = "A;home;Mug;a.jpg;front;own;Big;mug|lid;macro=plain;"
    (row,) = listed(f"{HEADER}\n{good}\nA;home;Mug;b.jpg;bak;own;;;;")
    assert (row["description"], row["kit"], row["waived"]) == ("Big", "mug|lid", "macro=plain")


def test_invisible_characters_are_shown():
    assert visible("S\u200f-1\u202e") == "S⟨U+200F⟩-1⟨U+202E⟩"
    assert visible("a\nb") == "a⏎b"
    assert len(visible("x" * 500)) < 130


def test_a_wrong_row_whose_errors_are_not_listed_is_there_and_says_what_to_do():
    lines = [f"B-{n};home;;b.jpg;front;own;;;;" for n in range(MOST_LISTED + 1)]
    rows = listed("\n".join((HEADER, *lines)))
    assert len(rows) == MOST_LISTED + 1
    assert rows[-2]["reason"].startswith("title: empty")
    assert "drop this list again" in rows[-1]["reason"]
