"""The weights that run are those whose making is written down (services/_imaging/training/README.md)."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

CARD = Path(__file__).resolve().parents[3] / "services" / "_imaging" / "training" / "README.md"


def test_the_card_names_the_weights_that_run():
    named = re.search(r"SHA-256 of `judge\.npz`: `([0-9a-f]{64})`", CARD.read_text(encoding="utf-8"))
    assert named, "the card names the weights by hash"
    weights = files("trueshelf_imaging").joinpath("judge.npz").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == named[1], "train again, or correct the card: it is about others"
