"""Which network cuts is part of the cut-out's name: naming another one makes drafts that are asked for anew."""

from pathlib import Path

import pytest

from trueshelf_generate import networks
from trueshelf_imaging.network import NetworkError

PREFIX = "TRUESHELF_GENERATE_NETWORK_"


def test_another_network_is_another_recipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    plain = networks.recipe()
    monkeypatch.setenv(f"{PREFIX}PATH", str(tmp_path / "a.onnx"))
    named = []
    for sha256 in ("a" * 64, "B" * 64, "b" * 64):
        monkeypatch.setenv(f"{PREFIX}SHA256", sha256)
        named.append(networks.recipe())
    assert len({plain, *named}) == 3
    assert named[1] == named[2], "the case of a hash says nothing"
    monkeypatch.setenv(f"{PREFIX}SIDE", "512")
    assert networks.recipe() not in (plain, *named), "the same file sees another picture"


def test_generate_does_not_start_with_a_network_that_no_child_could_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Every cut-out would be refused as failed."""
    networks.check()
    monkeypatch.setenv(f"{PREFIX}PATH", str(tmp_path / "a.onnx"))
    monkeypatch.setenv(f"{PREFIX}SHA256", "a" * 64)
    with pytest.raises(NetworkError):
        networks.check()
