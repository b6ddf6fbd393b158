"""`trueshelf compare`: exit status by verdict, tables of pairs; pictures are decoded in throw-away children."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from support.qa_pictures import honest, product, source
from trueshelf_qa.cli import app

EMPTY = np.full((360, 480, 3), 255, np.uint8)


def written(folder: Path, name: str, picture: np.ndarray) -> str:
    """Write RGB or RGBA; return the path."""
    path = folder / name
    order = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    cv2.imwrite(str(path), cv2.cvtColor(picture, order))
    return str(path)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def photo(tmp_path: Path) -> str:
    return written(tmp_path, "photo.png", source())


@pytest.mark.parametrize(
    ("draft", "status"),
    [(honest(), 0), (cv2.resize(honest(), (500, 360), interpolation=cv2.INTER_CUBIC), 20), (EMPTY, 30)],
    ids=["honest", "stretched", "empty"],
)
def test_the_exit_status_is_the_verdict(tmp_path: Path, photo: str, draft: np.ndarray, status: int) -> None:
    made = written(tmp_path, "draft.png", draft)
    result = run(photo, made, "--json", "--evidence", tmp_path / "evidence")
    assert result.exit_code == status, result.output
    outcome = json.loads(result.stdout)
    assert {0: "clear", 20: "stop", 30: "unjudged"}[status] == outcome["verdict"]
    shown = sorted(path.name for path in tmp_path.glob("evidence/*"))
    assert ("draft.heat_map.png" in shown) == ("draft.edge_strip.png" in shown) == (status != 30)
    assert ("draft.crops.proportions.png" in shown) == (status == 20)


def test_a_check_is_told_in_three_languages_with_its_margin(tmp_path: Path, photo: str) -> None:
    checks = json.loads(run(photo, written(tmp_path, "draft.png", honest()), "--json").stdout)["checks"]
    missing = next(check for check in checks if check["check"] == "missing_part")
    assert missing["sentence"] == "No part is missing."
    assert missing["sentences"]["ru"] == "Все части на месте."
    assert missing["margin"] == 1.0


def test_a_file_that_is_no_picture_is_wrong_usage(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    result = run(text, written(tmp_path, "draft.png", honest()))
    assert result.exit_code == 2
    assert "the source: this is no JPEG, PNG, WebP or HEIC photo" in result.stderr


BAD = {
    "no product": EMPTY,
    "another product": honest(2),
    "another aspect": cv2.resize(honest(), (360, 480), interpolation=cv2.INTER_AREA),
    "one pixel": np.full((1, 1, 3), 255, np.uint8),
    "text only": cv2.putText(EMPTY.copy(), "SALE -50 %", (60, 190), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 5),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_variant_ends_in_a_verdict_that_is_not_clear(tmp_path: Path, photo: str, name: str) -> None:
    assert run(photo, written(tmp_path, "draft.png", BAD[name])).exit_code in {10, 20, 30}


def test_transparency_is_laid_on_white(tmp_path: Path, photo: str) -> None:
    rgb, alpha = source(), product()[1]
    result = run(photo, written(tmp_path, "draft.png", np.dstack([rgb, alpha])), "--json")
    assert result.exit_code == 0, result.output


def test_source_and_variant_swapped_is_not_clear(tmp_path: Path, photo: str) -> None:
    assert run(written(tmp_path, "draft.png", honest()), photo).exit_code in {10, 20, 30}


def test_a_category_without_thresholds_is_noted_with_the_nearest_one(tmp_path: Path, photo: str) -> None:
    made = written(tmp_path, "draft.png", honest())
    mistyped = run(photo, made, "--category", "jewelery", "--json")
    assert mistyped.exit_code == 0, mistyped.output
    assert (
        "'jewelery' has no thresholds of its own, the default ones are used. Did you mean jewelry?" in mistyped.stderr
    )
    json.loads(mistyped.stdout)
    assert "note" not in run(photo, made, "--category", "jewelry").stderr


def test_a_table_is_one_line_a_pair_and_a_bad_row_disturbs_no_other(tmp_path: Path, photo: str) -> None:
    good, bad = written(tmp_path, "good.png", honest()), written(tmp_path, "bad.png", EMPTY)
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")
    table = tmp_path / "pairs.csv"
    table.write_text(
        "\ufeffSource, Variant,category,profile\n"
        f"{photo},{good},jewelry,composited\n"
        "photo.png,torn.jpg,,\n"
        f"photo.png,nowhere.png,,\n"
        f"photo.png,good.png,,neon\n"
        f"photo.png,{bad},,\n"
        "photo.png,good.png,,generative\n"
    )
    result = run("--pairs", table, "--evidence", tmp_path / "evidence")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["verdict"] for line in lines][:5] == ["clear", None, None, None, "unjudged"]
    assert [line["error"]["code"] for line in lines[1:4]] == ["corrupt", "unreadable", "unknown_profile"]
    assert all(line["error"]["advice"] for line in lines[1:4])
    assert lines[0]["findings"] == []
    assert {finding["verdict"] for finding in lines[4]["findings"]} == {"unjudged"}
    assert result.exit_code == 30
    assert (tmp_path / "evidence" / "00001.good.heat_map.png").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("photo,draft\na,b\n", "has no column source"), ("source;variant\n", "names no pair"), ("\xff", "no column")],
    ids=["other columns", "no rows", "no table"],
)
def test_a_table_that_is_none_is_wrong_usage(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(text)
    result = run("--pairs", table)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("arguments", [[], ["photo.png"], ["photo.png", "photo.png", "--pairs", "photo.png"]])
def test_wrong_usage_is_told(tmp_path: Path, photo: str, arguments: list[str]) -> None:
    result = run(*[photo if argument == "photo.png" else argument for argument in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_limits_named_in_the_environment_are_used_and_a_wrong_name_is_told(
    tmp_path: Path, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = written(tmp_path, "draft.png", honest())
    monkeypatch.setenv("TRUESHELF_QA_THRESHOLDS", str(tmp_path / "nowhere.toml"))
    result = run(photo, made)
    assert result.exit_code == 2
    assert "nowhere.toml" in result.stderr


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_judged(tmp_path: Path, photo: str) -> None:
    (tmp_path / "file").write_text("")
    result = run(photo, written(tmp_path, "draft.png", honest()), "--evidence", tmp_path / "file" / "inside")
    assert result.exit_code == 2
    assert "cannot be made" in result.stderr


def test_a_row_without_a_name_says_so_and_what_nobody_could_judge_is_told_once(tmp_path: Path, photo: str) -> None:
    empty = written(tmp_path, "empty.png", EMPTY)
    (tmp_path / "pairs.csv").write_text(f"source,variant\n{photo},\n{photo},{empty}\n")
    result = run("--pairs", tmp_path / "pairs.csv")
    nameless, unjudged = (json.loads(line) for line in result.stdout.splitlines())
    assert "names no variant" in nameless["error"]["message"]
    assert [finding["verdict"] for finding in unjudged["findings"]] == ["unjudged"]
