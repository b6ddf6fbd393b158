"""`trueshelf cutout`: which files it writes, and what it says about those that are no pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from trueshelf_generate.cli import app


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Give a dark disc on light ground, in a folder of its own."""
    (tmp_path / "photos").mkdir()
    picture = np.full((1200, 1200, 3), 235, np.uint8)
    cv2.circle(picture, (600, 600), 320, (60, 40, 30), -1, cv2.LINE_AA)
    path = tmp_path / "photos" / "disc.png"
    cv2.imwrite(str(path), picture)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_explicit_out_is_the_only_file_written(photo: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(photo), "--out", str(tmp_path / "made.png")])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(tmp_path / "made.png")
    assert names(photo.parent) == ["disc.png"]
    assert names(tmp_path) == ["made.png", "photos"]


def test_without_out_both_files_lie_beside_the_photo(photo: Path) -> None:
    result = CliRunner().invoke(app, [str(photo)])
    assert result.exit_code == 0, result.output
    assert names(photo.parent) == ["disc.cutout.png", "disc.draft.png", "disc.png"]


def test_what_is_no_picture_or_has_no_folder_is_said(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "fake.jpg").write_text("hello")
    fake = CliRunner().invoke(app, [str(tmp_path / "fake.jpg")])
    assert fake.exit_code == 2
    assert "fake.jpg is no picture that can be read" in fake.stderr
    assert "give a JPEG, PNG or WebP file" in fake.stderr
    (tmp_path / "torn.png").write_bytes(photo.read_bytes()[:300])
    torn = CliRunner().invoke(app, [str(tmp_path / "torn.png")])
    assert torn.exit_code == 2
    assert "torn.png is no picture that can be read" in torn.stderr
    nowhere = CliRunner().invoke(app, [str(photo), "--out", str(tmp_path / "nowhere" / "made.png")])
    assert nowhere.exit_code == 2
    assert "nowhere does not exist: make it first" in nowhere.stderr


def test_help_offers_no_completion() -> None:
    assert "--install-completion" not in CliRunner().invoke(app, ["--help"]).stdout
