"""`trueshelf pack` and `trueshelf render`: what a person at a terminal is told."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from trueshelf_export import cli
from trueshelf_imaging.jpeg import decode_jpeg
from trueshelf_imaging.pixels import encode_png

PACK = {
    "pack_id": "p-1",
    "sku": "RC18",
    "sku_version": 1,
    "marketplace": "ozon",
    "state": "refused",
    "sentence": "It was refused; the reasons say why and what to do.",
    "reasons": [{"code": "held", "message": "RC18 is held: a senior must release the batch"}],
    "unanswered": [],
    "files": [],
    "file_name": "DRILL_RC18_ozon_p-1.zip",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Requests that the verbs make; the service is played by canned answers."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.url.path == "/orders":
            return httpx.Response(201, json={"order_id": "o-1", "drill": True, "packs": [PACK]})
        if request.url.path.endswith("/download"):
            return httpx.Response(410, json={"detail": "Pack p-1 may no longer be used.", "advice": "order again"})
        return httpx.Response(200, json=PACK)

    def client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(base_url="http://export", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(cli, "open_client", client)
    return requests


def test_an_order_tells_each_reason_and_sends_key_and_answers(asked: list[httpx.Request]):
    result = CliRunner().invoke(cli.app, ["order", "ozon", "RC18", "--key", "k-1", "--answer", "gallery_frames=yes"])
    assert result.exit_code == 0, result.output
    assert "held: RC18 is held: a senior must release the batch" in result.output
    assert asked[0].headers["idempotency-key"] == "k-1"
    assert json.loads(asked[0].content) == {
        "marketplace": "ozon",
        "skus": ["RC18"],
        "answers": {"gallery_frames": "yes"},
    }


def test_a_withdrawn_download_ends_with_the_sentence_and_writes_nothing(asked: list[httpx.Request], tmp_path: Path):
    result = CliRunner().invoke(cli.app, ["download", "p-1", str(tmp_path)])
    assert result.exit_code == 1
    assert "may no longer be used. order again" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_no_pair_is_named(asked: list[httpx.Request]):
    result = CliRunner().invoke(cli.app, ["order", "ozon", "RC18", "--answer", "gallery_frames"])
    assert result.exit_code == 1
    assert "'gallery_frames' is no pair" in result.output
    assert asked == []


def test_one_file_is_rendered_without_a_stack(tmp_path: Path):
    app = typer.Typer()
    app.command()(cli.render)
    (tmp_path / "master.png").write_bytes(encode_png(np.full((1200, 1600, 3), 240, np.uint8)))
    result = CliRunner().invoke(app, [str(tmp_path / "master.png"), "ozon", str(tmp_path / "out.jpg")])
    assert result.exit_code == 0, result.output
    assert decode_jpeg((tmp_path / "out.jpg").read_bytes()).shape == (1600, 1200, 3)
    refused = CliRunner().invoke(app, [str(tmp_path / "master.png"), "etsy", str(tmp_path / "etsy.jpg")])
    assert refused.exit_code == 1
    assert "never enlarged" in refused.output
