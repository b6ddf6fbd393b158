"""`trueshelf qa inject`: a photo becomes an honest draft and drafts with known faults, and a table of them."""

import csv
from pathlib import Path

import cv2
import numpy as np
from typer.testing import CliRunner

from support.qa_pictures import source
from trueshelf_qa.cli_qa import app


def run(*arguments: str | Path):
    return CliRunner().invoke(app, ["inject", *(str(argument) for argument in arguments)])


def photo(folder: Path) -> Path:
    path = folder / "photo.png"
    cv2.imwrite(str(path), cv2.cvtColor(source(), cv2.COLOR_RGB2BGR))
    return path


def test_drafts_masks_and_table_are_written_and_twice_the_same(tmp_path: Path) -> None:
    taken = photo(tmp_path)
    for name in ("one", "two"):
        done = run(taken, tmp_path / name, "--kinds", "part_missing,sticker,logo_lost", "--severity", "gross,visible")
        assert done.exit_code == 0, done.output
    rows = list(csv.DictReader((tmp_path / "one" / "pairs.csv").read_text().splitlines()))
    assert rows[0]["kind"] == "honest"
    assert {"part_missing", "sticker"} <= {row["kind"] for row in rows}
    for row in rows:
        draft = cv2.imread(str(tmp_path / "one" / row["variant"]))
        assert (tmp_path / "one" / row["variant"]).read_bytes() == (tmp_path / "two" / row["variant"]).read_bytes()
        assert (tmp_path / "one" / row["source"]).exists()
        if row["mask"]:
            mask = cv2.imread(str(tmp_path / "one" / row["mask"]), cv2.IMREAD_GRAYSCALE)
            assert mask.shape == draft.shape[:2]
            assert mask.any()


def test_an_unknown_kind_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    done = run(photo(tmp_path), tmp_path / "out", "--kinds", "part_mising")
    assert done.exit_code == 2
    assert "part_missing" in done.output


def test_a_photo_without_a_product_is_refused_with_advice(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((300, 400, 3), 250, np.uint8))
    done = run(empty, tmp_path / "out")
    assert done.exit_code == 2
    assert "cannot be cut out" in done.output
