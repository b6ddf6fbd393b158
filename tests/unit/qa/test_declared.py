"""What generate states is recomputed from the files: pixel proof, declared gains, scenes (R-40, R-41, R-42, R-46)."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest

from support.qa_pictures import product
from support.qa_pictures import source as photo
from trueshelf_generate import drafting
from trueshelf_generate.policy import load_policy
from trueshelf_imaging import setting
from trueshelf_imaging.pixels import decode_png, encode_png, pixel_sha256
from trueshelf_qa.pixels import compare
from trueshelf_qa.policy import as_json, load

PRESETS = load_policy().presets.presets
LIMITS = as_json(load().limits("composited", "default"))


@lru_cache
def drafted(preset: str = "card_white") -> tuple[bytes, bytes, bytes, dict[str, Any]]:
    """Return (source, alpha, master) as PNG and the event's fields of a draft that generate made."""
    source, alpha = encode_png(photo()), encode_png(product()[1])
    value, (master, _) = drafting.replace({"preset": PRESETS[preset].body()}, (source, alpha))
    return source, alpha, master, value


def asked(value: dict[str, Any], source: bytes, master: bytes, **own: Any) -> dict[str, Any]:
    def claims(png: bytes) -> dict[str, Any]:
        rgb = decode_png(png)
        return {
            "media_type": "image/png",
            "width": rgb.shape[1],
            "height": rgb.shape[0],
            "pixel_sha256": pixel_sha256(rgb),
        }

    request = {"limits": LIMITS, "placed": value["placement"], "gain": value["gain"], "wanted": [255, 255, 255]}
    request |= {"generative": False, "source": claims(source), "candidate": claims(master), "balanced": False}
    return request | {"proof": value["proof"], "proof_due": True, "cutout": True, "scene": False} | own


def found(answer: dict[str, Any], check: str) -> dict[str, Any]:
    return next(one for one in answer["checks"] if one["check"] == check)


def test_a_card_is_proved_pixel_by_pixel_r40_r41() -> None:
    source, alpha, master, value = drafted()
    answer, _ = compare(asked(value, source, master), (source, master, alpha))
    assert answer["verdict"] == "clear", answer["checks"]
    assert "bit by bit" in found(answer, "pixel_proof")["sentence"]


def changed_pixel(master: bytes, value: dict[str, Any]) -> bytes:
    rgb = decode_png(master).copy()
    rgb[220 + value["placement"]["offset_y"], 240 + value["placement"]["offset_x"], 1] ^= 1
    return encode_png(rgb)


def test_one_changed_bit_on_the_product_stops() -> None:
    source, alpha, master, value = drafted()
    worse = changed_pixel(master, value)
    answer, _ = compare(asked(value, source, worse), (source, worse, alpha))
    assert answer["verdict"] == "stop"
    assert "not the source's" in found(answer, "pixel_proof")["sentence"]


OFFSET_Y = drafted()[3]["proof"]["offset_y"]


def _other(value: dict[str, Any], **proof: Any) -> dict[str, Any]:
    return value | {"proof": value["proof"] | proof}


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"offset_y": OFFSET_Y + 1}, "differs"),
        ({"offset_x": 100_000}, "outside"),
        ({"core_pixels": 7}, "not those"),
        ({"source_core_sha256": "0" * 64, "master_core_sha256": "0" * 64}, "not those"),
        ({"channel_gain": [1.0, 1.0, 1.1]}, "gain"),
    ],
)
def test_a_proof_that_lies_stops(lie: dict[str, Any], said: str) -> None:
    source, alpha, master, value = drafted()
    answer, _ = compare(asked(_other(value, **lie), source, master), (source, master, alpha))
    proof = found(answer, "pixel_proof")
    assert (proof["verdict"], answer["verdict"]) == ("stop", "stop")
    assert said in proof["sentence"]


def test_a_card_without_a_proof_stops() -> None:
    source, _, master, value = drafted()
    answer, _ = compare(asked(value | {"proof": None}, source, master, cutout=False), (source, master))
    assert found(answer, "pixel_proof")["verdict"] == "stop"


def test_a_proof_over_a_corner_proves_nothing() -> None:
    source, _, master, value = drafted()
    corner = np.zeros_like(product()[1])
    corner[250:260, 250:270] = 255
    small = drafting.replace({"preset": PRESETS["card_white"].body()}, (source, encode_png(corner)))[0]["proof"]
    lied = small | {"offset_x": value["proof"]["offset_x"], "offset_y": value["proof"]["offset_y"]}
    answer, _ = compare(asked(value | {"proof": lied}, source, master), (source, master, encode_png(corner)))
    assert found(answer, "pixel_proof")["verdict"] == "stop"
    assert "outside of what is proved" in found(answer, "pixel_proof")["sentence"]


@pytest.mark.parametrize("preset", ["white_shadow", "white_contact", "white_lighter"])
def test_shadows_and_exposure_pass_and_the_product_is_proved(preset: str) -> None:
    source, alpha, master, value = drafted(preset)
    answer, _ = compare(asked(value, source, master), (source, master, alpha))
    assert found(answer, "pixel_proof")["verdict"] == "clear"
    assert answer["verdict"] in {"clear", "flag"}, answer["checks"]
    assert found(answer, "colour_shift")["verdict"] == "clear", "the declared gain is undone"


def test_a_white_balance_is_undone_and_held_against_the_backdrop() -> None:
    source, alpha, master, value = drafted("white_neutral")
    answer, _ = compare(asked(value, source, master, balanced=True), (source, master, alpha))
    declared = found(answer, "declared_changes")
    assert declared["verdict"] == "clear", declared
    assert found(answer, "colour_shift")["verdict"] == "clear"
    wrong = [value["gain"][2], value["gain"][1], value["gain"][0]]
    lied = _other(value, channel_gain=wrong) | {"gain": wrong}
    answer, _ = compare(asked(lied, source, master, balanced=True), (source, master, alpha))
    assert answer["verdict"] == "stop"
    assert found(answer, "declared_changes")["verdict"] != "clear"


def test_a_gain_that_is_hidden_is_seen() -> None:
    source, alpha, master, value = drafted("white_lighter")
    hidden = _other(value, channel_gain=None) | {"gain": None}
    answer, _ = compare(asked(hidden, source, master), (source, master, alpha))
    assert answer["verdict"] == "stop"


@pytest.mark.parametrize(("gain", "balanced"), [((1.6, 1.6, 1.6), False), ((1.1, 1.0, 1.0), False)])
def test_a_declared_gain_outside_of_policy_is_not_clear(gain: Any, *, balanced: bool) -> None:
    source, alpha, master, value = drafted()
    answer, _ = compare(asked(value | {"gain": list(gain)}, source, master, balanced=balanced), (source, master, alpha))
    assert found(answer, "declared_changes")["verdict"] == "stop"


def room() -> np.ndarray:
    """A wall with a picture on it, and a table, 1,000 x 700."""
    rng = np.random.default_rng(5)
    made = np.full((700, 1000, 3), (196, 204, 199), np.uint8)
    made[430:] = (150, 120, 92)
    cv2.rectangle(made, (60, 60), (260, 220), (90, 70, 140), -1)
    return np.clip(made + rng.normal(0, 2, made.shape), 0, 255).astype(np.uint8)


def test_in_a_scene_only_what_is_not_the_scene_is_looked_at_r46() -> None:
    source, alpha = encode_png(photo()), encode_png(product()[1])
    spot = {"surface": 0.85, "centre": 0.5, "light_from": 180.0, "width_cm": None}
    request = {"preset": {"mode": "lifestyle", "fill": 0.42, "aspect": 1.0}, "scene": spot, "height_cm": None}
    value, (master, _) = drafting.replace(request, (source, alpha, encode_png(room())))
    own = {"wanted": None, "proof_due": False, "scene": True}
    answer, _ = compare(asked(value, source, master, **own), (source, master, alpha, encode_png(room())))
    grave = {one["check"]: one["sentence"] for one in answer["checks"] if one["verdict"] in ("stop", "unjudged")}
    assert grave == {}
    assert found(answer, "background")["verdict"] == "clear"
    more = decode_png(master).copy()
    cv2.rectangle(more, (700, 500), (800, 600), (20, 60, 20), -1)
    answer, _ = compare(
        asked(value, source, encode_png(more), **own), (source, encode_png(more), alpha, encode_png(room()))
    )
    assert found(answer, "extra_part")["verdict"] == "stop", "a prop that nobody ordered"


def test_the_spots_words_are_those_of_the_composition() -> None:
    assert set(setting.Spot.__annotations__) == {"surface", "centre", "light_from", "width_cm"}


def test_a_picture_whose_light_was_kept_is_divided_again_by_qa_itself() -> None:
    share = product()[1][..., None] / 255
    source = encode_png((photo() * (1 - 0.4 * share)).astype(np.uint8))
    value, (master, _) = drafting.light({"preset": PRESETS["white_light"].body()}, (source,))
    own = {"gain": None, "proof": None, "proof_due": False, "cutout": False, "divided": True}
    answer, _ = compare(asked(value | {"gain": None}, source, master, **own), (source, master))
    assert answer["verdict"] == "clear", answer["checks"]
    assert "divided by its backdrop" in found(answer, "declared_changes")["sentence"]
    more = decode_png(master).copy()
    cv2.circle(more, (220, 220), 9, (10, 200, 30), -1)
    answer, _ = compare(asked(value | {"gain": None}, source, encode_png(more), **own), (source, encode_png(more)))
    assert answer["verdict"] in {"flag", "stop"}
    hidden = own | {"divided": False}
    answer, _ = compare(asked(value | {"gain": None}, source, master, **hidden), (source, master))
    assert answer["verdict"] in {"flag", "stop"}, "undeclared, it is a change of colour"
