"""`trueshelf generate`: the finished masters of a photo, the same bytes every time (R-20, R-21, R-22, R-31)."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from trueshelf_generate.cli_generate import app
from trueshelf_generate.policy import load_policy
from trueshelf_imaging.pixels import pixel_sha256


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dark bowl on light paper."""
    rng = np.random.default_rng(3)
    picture = np.full((900, 1200, 3), 225.0)
    bowl = np.zeros((900, 1200), np.uint8)
    cv2.ellipse(bowl, (600, 450), (400, 260), 8, 0, 360, 255, -1, cv2.LINE_AA)
    share = bowl[..., None] / 255
    picture = picture * (1 - share) + np.array((60, 40, 130)) * share + rng.normal(0, 1.2, picture.shape)
    path = tmp_path_factory.mktemp("photos") / "bowl.png"
    cv2.imwrite(str(path), np.clip(picture, 0, 255).astype(np.uint8))
    return path


def run(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def pixels_of(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("mode", ["exact_card", "white_background", "jewelry"])
def test_each_mode_gives_its_masters_twice_the_same_bytes(photo: Path, tmp_path: Path, mode: str) -> None:
    code, lines = run(photo, "--mode", mode, "-o", tmp_path / "one")
    assert code == 0, lines
    assert [line["preset"] for line in lines] == list(load_policy().presets.pair(mode))  # type: ignore[arg-type]
    assert run(photo, "--mode", mode, "-o", tmp_path / "two")[0] == 0
    for line in lines:
        once = Path(line["output"])
        assert once.read_bytes() == (tmp_path / "two" / once.name).read_bytes()
        assert pixel_sha256(pixels_of(once)) == line["master"]["pixel_sha256"]
        assert line["proof"]["source_core_sha256"] == line["proof"]["master_core_sha256"]


@pytest.mark.parametrize("preset", ["white_shadow", "white_contact", "white_lighter", "white_neutral"])
def test_every_preset_that_changes_light_gives_the_same_bytes_twice(photo: Path, tmp_path: Path, preset: str) -> None:
    written = []
    for folder in ("one", "two"):
        code, (line,) = run(photo, "--mode", "white_background", "--preset", preset, "-o", tmp_path / folder)
        assert code == 0, line
        written.append(Path(line["output"]).read_bytes())
    assert written[0] == written[1]


def test_the_photo_itself_is_kept_pixel_by_pixel_r17(photo: Path, tmp_path: Path) -> None:
    code, (line,) = run(photo, "--mode", "as_shot", "-o", tmp_path)
    assert code == 0
    assert np.array_equal(pixels_of(line["output"]), pixels_of(photo))


def test_the_product_is_set_into_a_scene_of_ones_own_in_true_size(photo: Path, tmp_path: Path) -> None:
    scene = tmp_path / "table.png"
    Image.new("RGB", (1500, 1000), (180, 170, 150)).save(scene)
    arguments = ("--mode", "lifestyle", "--scene", scene, "--spot", "0.8,0.5,180,100", "--height-cm", "25")
    code, (line,) = run(photo, *arguments, "-o", tmp_path / "made")
    assert code == 0, line
    assert line["true_to_size"] is True
    assert line["placement"]["scale"] * 530 == pytest.approx(25 / 100 * 1500, rel=0.05)
    assert pixels_of(line["output"]).shape == (1000, 1500, 3)
    code, (line,) = run(photo, *arguments[:-1], "90", "-o", tmp_path / "made")
    assert (code, line["refused"]["code"]) == (1, "too_few_pixels")


def test_what_would_invent_pixels_is_refused_with_a_clear_sentence(photo: Path, tmp_path: Path) -> None:
    code, (line,) = run(photo, "--mode", "clothing_on_model", "-o", tmp_path)
    assert (code, line["refused"]["code"]) == (1, "no_generator")


def test_a_photo_that_cannot_be_cut_out_is_refused_with_reason_and_advice(tmp_path: Path) -> None:
    clutter = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    cv2.imwrite(str(tmp_path / "clutter.png"), clutter)
    code, (line, *_) = run(tmp_path / "clutter.png", "--mode", "exact_card", "-o", tmp_path / "made")
    assert code == 1
    assert line["refused"]["code"]
    assert line["refused"]["advice"]
    assert not any((tmp_path / "made").iterdir())


def test_what_is_no_photo_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("no picture")
    code, (line,) = run(tmp_path / "note.jpg", "--mode", "exact_card", "-o", tmp_path / "made")
    assert (code, line["refused"]["code"]) == (1, "unsupported")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mode", "video"), "no mode"),
        (("--mode", "exact_card", "--preset", "white"), "card_white"),
        (("--mode", "lifestyle"), "--scene"),
        (("--mode", "exact_card", "--box", "1,2,3"), "x,y,w,h"),
    ],
)
def test_wrong_usage_says_what_is_right(photo: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, [str(photo), *arguments, "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert said in result.output


def test_masters_that_are_there_are_not_written_over_unasked(photo: Path, tmp_path: Path) -> None:
    asked = (photo, "--mode", "as_shot", "-o", tmp_path)
    (_, (line,)) = run(*asked)
    master = Path(line["output"])
    master.write_bytes(b"somebody's work")
    code, (refused,) = run(*asked)
    assert (code, refused["refused"]["code"]) == (1, "output_exists")
    assert master.read_bytes() == b"somebody's work"
    assert run(*asked, "--overwrite")[0] == 0
    assert np.array_equal(pixels_of(master), pixels_of(photo))
