"""A source is looked at once however many drafts are made of it, and what is kept changes no report."""

import numpy as np
import pytest

from support.qa_pictures import honest, source
from trueshelf_imaging.pixels import encode_png, pixel_sha256
from trueshelf_qa import pixels
from trueshelf_qa.domain import scene
from trueshelf_qa.domain.scene import Kept
from trueshelf_qa.policy import as_json, load


def request(draft: np.ndarray) -> dict:
    claims = {"media_type": "image/png", "width": 480, "height": 360, "pixel_sha256": pixel_sha256(draft)}
    limits = as_json(load().limits("composited", "default"))
    asked = {"limits": limits, "placed": None, "gain": None, "wanted": None, "generative": False}
    return asked | {"source": claims, "candidate": claims}


def test_a_source_is_looked_at_once_for_all_its_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_SOURCES", Kept())
    looked = []
    find = scene.find_product
    monkeypatch.setattr(scene, "find_product", lambda *given: looked.append(given) or find(*given))
    photo, draft = encode_png(source()), honest()
    first = pixels.compare(request(draft), (photo, encode_png(draft)))
    assert len(looked) == 2
    assert pixels.compare(request(draft), (photo, encode_png(draft))) == first, "byte for byte"
    assert len(looked) == 3, "the draft alone"


def test_no_more_is_kept_than_said_and_the_oldest_goes_first() -> None:
    kept, made = Kept(2), []

    def make(name: str) -> np.ndarray:
        made.append(name)
        return np.zeros((4, 4, 3), np.uint8)

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.scene(name, lambda name=name: make(name))
    assert made == ["a", "b", "c", "b"]


def test_a_picture_that_cannot_be_read_is_not_kept() -> None:
    kept = Kept(2)
    with pytest.raises(ValueError, match="torn"):
        kept.scene("a", lambda: (_ for _ in ()).throw(ValueError("torn")))
    assert kept.scene("a", lambda: np.ones((2, 2, 3), np.uint8)).full.shape == (2, 2, 3)
