"""`trueshelf compare`: exit status by verdict, no stack."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from support.qa_pictures import honest, source
from trueshelf_qa.cli import app


def written(folder: Path, name: str, picture: np.ndarray) -> str:
    path = folder / name
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return str(path)


@pytest.mark.parametrize(
    ("draft", "status"),
    [
        (honest(), 0),
        (cv2.resize(honest(), (500, 360), interpolation=cv2.INTER_CUBIC), 20),
        (np.full((360, 480, 3), 255, np.uint8), 30),
    ],
    ids=["honest", "stretched", "empty"],
)
def test_the_exit_status_is_the_verdict(tmp_path: Path, draft: np.ndarray, status: int) -> None:
    photo, made = written(tmp_path, "photo.png", source()), written(tmp_path, "draft.png", draft)
    result = CliRunner().invoke(app, [photo, made, "--json", "--evidence", str(tmp_path / "evidence")])
    assert result.exit_code == status, result.output
    outcome = json.loads(result.output)
    assert {0: "clear", 20: "stop", 30: "unjudged"}[status] == outcome["verdict"]
    assert (tmp_path / "evidence" / "draft.heat_map.png").exists() == (status != 30)


def test_a_file_that_is_no_picture_is_wrong_usage(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    result = CliRunner().invoke(app, [str(text), written(tmp_path, "draft.png", honest())])
    assert result.exit_code == 2
    assert "notes.txt" in result.output


def test_a_category_without_thresholds_is_noted_with_the_nearest_one(tmp_path: Path) -> None:
    photo, made = written(tmp_path, "photo.png", source()), written(tmp_path, "draft.png", honest())
    mistyped = CliRunner().invoke(app, [photo, made, "--category", "jewelery", "--json"])
    assert mistyped.exit_code == 0, mistyped.output
    assert (
        "'jewelery' has no thresholds of its own, the default ones are used. Did you mean jewelry?" in mistyped.stderr
    )
    json.loads(mistyped.stdout)
    assert "note" not in CliRunner().invoke(app, [photo, made, "--category", "jewelry"]).stderr
    assert "note" not in CliRunner().invoke(app, [photo, made]).stderr
