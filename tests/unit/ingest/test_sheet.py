"""The delivery sheet: a wrong cell is named with row, column and fix; the other rows go on (R-04 among them)."""

from pathlib import Path

import pytest

from trueshelf_ingest.sheet import UnreadableSheetError, read_sheet

HEADER = "sku,category,title,file,shot,rights,rights_reference,kit,waived"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg", "c.png"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def sheet(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def test_good_rows_become_cards(folder: Path) -> None:
    read = read_sheet(sheet("МАГ-1,home,Mug,a.jpg,front,own,,mug|lid,", "МАГ-1,home,Mug,b.jpg,macro,own,,,"), folder)
    assert not read.errors
    card = read.cards["МАГ-1"]
    assert card.kit == ("mug", "lid")
    assert [p.shot for p in card.photos] == ["front", "macro"]


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_bom(folder: Path, encode: str, delimiter: str) -> None:
    text = sheet("A-1,home,Mug,a.jpg,front,own,,,").decode().replace(",", delimiter)
    assert list(read_sheet(text.encode(encode), folder).cards) == ["A-1"]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("A 1,home,Mug,a.jpg,front,own,,,", "sku", "may not stand"),
        (",home,Mug,a.jpg,front,own,,,", "sku", "1 to 64"),
        ("A1,Home,Mug,a.jpg,front,own,,,", "category", "lower case"),
        ("A1,home,,a.jpg,front,own,,,", "title", "empty"),
        ("A1,home,Mug,z.jpg,front,own,,,", "file", "not in the folder"),
        ("A1,home,Mug,../a.jpg,front,own,,,", "file", "outside"),
        ("A1,home,Mug,a.svg,front,own,,,", "file", "no JPEG"),
        ("A1,home,Mug,a.jpg,back,own,,,", "shot", "no shot"),
        ("A1,home,Mug,a.jpg,front,,,,", "rights", "right to use"),
        ("A1,home,Mug,a.jpg,front,licensed,,,", "rights_reference", "R-04"),
        ("A1,home,Mug,a.jpg,front,own,,,clasp", "waived", "reason"),
        ("A1,home,Mug,a.jpg,front,own,,,,extra", "(last)", "more than"),
    ],
)
def test_a_wrong_cell_is_named_and_disturbs_nothing_else(folder: Path, row: str, column: str, words: str) -> None:
    read = read_sheet(sheet("GOOD,home,Mug,b.jpg,front,own,,,", row), folder)
    assert list(read.cards) == ["GOOD"]
    error = read.errors[0]
    assert (error.row, error.column) == (3, column)
    assert words in str(error)
    assert error.fix


def test_one_bad_cell_among_twenty_thousand_rows(folder: Path) -> None:
    rows = [f"S{i},home,Mug,a.jpg,front,own,,," for i in range(20_000)]
    rows[12_344] = rows[12_344].replace("front", "frnt")
    read = read_sheet(sheet(*rows), folder)
    assert [error.row for error in read.errors] == [12_346]
    assert len(read.cards) == 19_999


def test_rows_of_one_sku_must_agree(folder: Path) -> None:
    read = read_sheet(sheet("A1,home,Mug,a.jpg,front,own,,,", "A1,home,Cup,b.jpg,macro,own,,,"), folder)
    assert (read.errors[0].row, read.errors[0].column) == (3, "title")


def test_the_same_photo_twice_is_named(folder: Path) -> None:
    read = read_sheet(sheet("A1,home,Mug,a.jpg,front,own,,,", "A1,home,Mug,a.jpg,front,own,,,"), folder)
    assert "row 2" in read.errors[0].message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("sku,Категория".encode("cp1251"), "lacks"),
        (b"PK\x03\x04workbook", "CSV UTF-8"),
        (b"sku\x00", "no text"),
        (b"\x98", "neither UTF-8 nor"),
        (b"", "lacks"),
        (b"sku,title\nA,B", "lacks"),
        ((HEADER + ",colour").encode(), "unknown column"),
    ],
)
def test_what_is_no_sheet_says_why(folder: Path, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableSheetError, match=words):
        read_sheet(data, folder)
