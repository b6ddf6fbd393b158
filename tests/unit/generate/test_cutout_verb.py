"""`trueshelf cutout`: which files it writes, what it says of bad input, and that it never overwrites (R-10, R-24)."""

import json
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from trueshelf_generate.cli import app

RUNNER = CliRunner()


def disc(height: int = 300, width: int = 400) -> np.ndarray:
    """Return a dark brown disc on light grey paper, R G B."""
    rgb = np.full((height, width, 3), 225, np.uint8)
    cv2.circle(rgb, (width // 2, height // 2), height // 4, (90, 50, 35), -1, cv2.LINE_AA)
    noise = np.random.default_rng(1).normal(0, 1.2, rgb.shape)
    return np.clip(rgb + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    folder = tmp_path / "shots"
    folder.mkdir()
    return folder


def cut(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_gives_one_rgba_of_each_photos_own_size_and_a_line_each(shots: Path, tmp_path: Path) -> None:
    Image.fromarray(disc()).save(shots / "a.jpg", quality=95)
    Image.fromarray(disc(240, 320)).save(shots / "b.png")
    (shots / "notes.txt").write_text("no photo")
    result = cut(shots, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    first, second = lines(result)
    assert {"file", "output", "confidence", "reasons", "backdrop_deviation", "seconds"} <= set(first)
    assert (first["file"], second["file"]) == (str(shots / "a.jpg"), str(shots / "b.png"))
    assert first["confidence"] in ("certain", "look")
    with Image.open(str(first["output"])) as made:
        assert (made.mode, made.size) == ("RGBA", (400, 300))
        alpha = np.asarray(made)[..., 3]
    assert (alpha[150, 200], alpha[5, 5]) == (255, 0)
    assert "1/2" in result.stderr
    assert "2/2" in result.stderr


def test_the_same_photo_gives_the_same_bytes(shots: Path, tmp_path: Path) -> None:
    Image.fromarray(disc()).save(shots / "a.jpg")
    made = []
    for name in ("one", "two"):
        assert cut(shots / "a.jpg", "-o", tmp_path / name).exit_code == 0
        made.append((tmp_path / name / "a.cutout.png").read_bytes())
    assert made[0] == made[1]


def test_what_is_there_is_not_written_over(shots: Path, tmp_path: Path) -> None:
    Image.fromarray(disc()).save(shots / "a.png")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.cutout.png").write_bytes(b"mine")
    kept = cut(shots / "a.png", "-o", out, "--json")
    assert kept.exit_code == 1
    assert lines(kept)[0]["reasons"][0]["code"] == "output_exists"
    assert (out / "a.cutout.png").read_bytes() == b"mine"
    assert cut(shots / "a.png", "-o", out, "--overwrite").exit_code == 0
    assert (out / "a.cutout.png").read_bytes() != b"mine"


def test_two_photos_of_one_name_do_not_share_a_file(shots: Path, tmp_path: Path) -> None:
    Image.fromarray(disc()).save(shots / "a.png")
    Image.fromarray(disc()).save(shots / "a.jpg")
    codes = [[reason["code"] for reason in line["reasons"]] for line in lines(cut(shots, "-o", tmp_path, "--json"))]
    assert codes[1] == ["same_name"]


def clutter() -> np.ndarray:
    return np.random.default_rng(2).integers(150, 230, (15, 20, 3)).repeat(20, 0).repeat(20, 1).astype(np.uint8)


def test_a_refused_photo_is_written_by_force_only_r10(shots: Path, tmp_path: Path) -> None:
    rgb = clutter()
    cv2.rectangle(rgb, (140, 90), (260, 210), (20, 20, 160), -1)
    Image.fromarray(rgb).save(shots / "a.png")
    refused = cut(shots / "a.png", "-o", tmp_path / "out", "--json")
    line = lines(refused)[0]
    assert (refused.exit_code, line["confidence"], line["output"]) == (1, "refuse", None)
    assert line["reasons"][0]["code"] == "backdrop_not_plain"
    assert line["backdrop_deviation"] > 6
    forced = cut(shots / "a.png", "-o", tmp_path / "out", "--json", "--force")
    assert lines(forced)[0]["confidence"] == "refuse"
    assert (tmp_path / "out" / "a.cutout.png").exists()
    boxed = cut(shots / "a.png", "-o", tmp_path / "box", "--box", "0.3,0.25,0.4,0.5", "--json")
    assert lines(boxed)[0]["confidence"] in ("look", "refuse")


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


BAD = {
    "no_photo.jpg": (b"hello", "unsupported"),
    "torn.png": (encoded(Image.fromarray(disc()), "PNG")[:400], "corrupt"),
    "lying.png": (encoded(Image.fromarray(disc()), "JPEG"), "type_mismatch"),
    "thin.png": (encoded(Image.new("RGB", (1, 300), "white"), "PNG"), "too_small"),
    "flat.png": (encoded(Image.new("RGB", (300, 200), (201, 200, 199)), "PNG"), "nothing_found"),
    "empty.jpg": (b"", "unsupported"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_has_a_reason_and_nothing_is_written(name: str, shots: Path, tmp_path: Path) -> None:
    data, code = BAD[name]
    (shots / name).write_bytes(data)
    result = cut(shots / name, "-o", tmp_path / "out", "--json")
    line = lines(result)[0]
    assert (result.exit_code, line["output"]) == (1, None)
    assert line["reasons"][0]["code"] == code
    assert line["reasons"][0]["advice"]
    assert not list((tmp_path / "out").iterdir())


def test_a_product_at_every_border_is_refused_r07(shots: Path, tmp_path: Path) -> None:
    rgb = np.full((300, 400, 3), 225, np.uint8)
    rgb[100:200], rgb[:, 150:250] = (90, 50, 35), (90, 50, 35)
    Image.fromarray(rgb).save(shots / "cross.png")
    line = lines(cut(shots / "cross.png", "-o", tmp_path, "--json"))[0]
    assert line["confidence"] == "refuse"
    assert "edge.clipped" in [reason["code"] for reason in line["reasons"]]


ODD = {
    "profile.jpg": encoded(Image.fromarray(disc()), "JPEG", icc_profile=b"not a profile"),
    "cmyk.jpg": encoded(Image.fromarray(disc()).convert("CMYK"), "JPEG"),
    "deep.png": encoded(Image.fromarray(disc()[..., 0].astype(np.uint16) * 257), "PNG"),
    "alpha.png": encoded(Image.fromarray(np.dstack([disc(), np.full((300, 400), 255, np.uint8)])), "PNG"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_are_taken_and_what_was_assumed_is_noted(name: str, shots: Path, tmp_path: Path) -> None:
    (shots / name).write_bytes(ODD[name])
    line = lines(cut(shots / name, "-o", tmp_path, "--json"))[0]
    assert line["confidence"] in ("certain", "look"), line
    assert line["notes"]


def test_a_turned_photo_comes_back_upright(shots: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(disc()).save(shots / "turned.jpg", exif=exif)
    assert cut(shots / "turned.jpg", "-o", tmp_path).exit_code == 0
    with Image.open(tmp_path / "turned.cutout.png") as made:
        assert made.size == (300, 400)


def test_wrong_usage_is_said(shots: Path, tmp_path: Path) -> None:
    absent = cut(shots / "absent.jpg", "-o", tmp_path)
    assert absent.exit_code == 2
    assert "absent.jpg does not exist" in absent.stderr
    assert cut(shots, "-o", tmp_path).exit_code == 2, "an empty folder"
    Image.fromarray(disc()).save(shots / "a.png")
    assert cut(shots / "a.png", "-o", tmp_path, "--box", "1,2,3").exit_code == 2
    assert cut(shots / "a.png", "-o", tmp_path, "--box", "0.5,0.5,0.9,0.2").exit_code == 2


def test_help_offers_no_completion() -> None:
    assert "--install-completion" not in RUNNER.invoke(app, ["--help"]).stdout
