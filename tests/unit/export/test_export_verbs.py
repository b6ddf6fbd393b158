"""`trueshelf pack` and `trueshelf render`: what a person at a terminal is told."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from trueshelf_export import cli
from trueshelf_imaging.jpeg import decode_jpeg, encode_jpeg
from trueshelf_imaging.pixels import encode_png
from trueshelf_runtime import client as runtime_client

PACK_ID = "67143558-0000-4000-8000-000000000001"
PACK = {
    "pack_id": PACK_ID,
    "sku": "RC18",
    "sku_version": 1,
    "marketplace": "ozon",
    "state": "refused",
    "sentence": "It was refused; the reasons say why and what to do.",
    "reasons": [{"code": "held", "message": "RC18 is held: a senior must release the batch"}],
    "unanswered": [],
    "files": [],
    "file_name": "DRILL_RC18_ozon_67143558.zip",
}
READY = {**PACK, "sku": "RC19", "state": "ready", "sentence": "It is ready.", "reasons": []}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Requests that the verbs make; the service is played by canned answers."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.url.path == "/orders":
            asked_for = json.loads(request.content)["skus"]
            packs = [pack for pack in (PACK, READY) if pack["sku"] in asked_for]
            return httpx.Response(201, json={"order_id": "o-1", "drill": True, "packs": packs})
        if request.url.path.endswith("/download"):
            return httpx.Response(410, json={"detail": "Pack p-1 may no longer be used.", "advice": "order again"})
        return httpx.Response(200, json=PACK)

    def client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(base_url="http://export", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(runtime_client, "open_client", client)
    return requests


def test_an_order_tells_each_reason_and_sends_key_and_answers(asked: list[httpx.Request]):
    result = CliRunner().invoke(cli.app, ["order", "ozon", "RC18", "--key", "k-1", "--answer", "gallery_frames=yes"])
    assert result.exit_code == 1, result.output
    assert "held: RC18 is held: a senior must release the batch" in result.output
    assert asked[0].headers["idempotency-key"] == "k-1"
    assert json.loads(asked[0].content) == {
        "marketplace": "ozon",
        "skus": ["RC18"],
        "answers": {"gallery_frames": "yes"},
    }


def test_a_withdrawn_download_ends_with_the_sentence_and_writes_nothing(asked: list[httpx.Request], tmp_path: Path):
    result = CliRunner().invoke(cli.app, ["download", PACK_ID, str(tmp_path)])
    assert result.exit_code == 1
    assert "may no longer be used. Order again." in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_no_pair_is_named(asked: list[httpx.Request]):
    result = CliRunner().invoke(cli.app, ["order", "ozon", "RC18", "--answer", "gallery_frames"])
    assert result.exit_code == 1
    assert "'gallery_frames' is no pair" in result.output
    assert asked == []


@pytest.mark.parametrize(("skus", "status"), [(["RC19"], 0), (["RC18"], 1), (["RC18", "RC19"], 1)])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_script_sees_by_the_exit_status_that_a_sku_was_refused(
    asked: list[httpx.Request], skus: list[str], status: int, form: list[str]
):
    result = CliRunner().invoke(cli.app, ["order", "ozon", *skus, *form])
    assert result.exit_code == status, result.output
    assert (f"refused: 1 of {len(skus)} SKUs: RC18" in result.stderr) == (status == 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["download", "67143558"], "'67143558' is no pack id: copy the whole of it from `trueshelf pack list SKU`"),
        (["show", "RC18"], "is no pack id"),
        (["answer", "RC18", "a=yes"], "is no pack id"),
        (["order", "ozone", "RC18"], "there is no marketplace 'ozone'. Did you mean ozon?"),
        (["order", "ozon", "RC18", "--slot", "mian"], "there is no slot 'mian'. Did you mean main?"),
        (["order", "ozon", "RC 18"], "'RC 18' is no SKU: character 3"),
        (["list", ""], "'' is no SKU: a SKU has 1 to 64 characters"),
        (["confirm", "kaspy"], "Did you mean kaspi?"),
        (["confirm", "kaspi", "--source", "x", "--value", "canvas_width=wide"], "'canvas_width=wide' gives no whole"),
        (["confirm", "kaspi", "--source", "x", "--valid-until", "soon"], "'soon' is no day"),
    ],
)
def test_what_is_typed_wrong_is_said_before_anything_is_asked(
    asked: list[httpx.Request], arguments: list[str], words: str
):
    result = CliRunner().invoke(cli.app, arguments)
    assert (result.exit_code, asked) == (1, [])
    assert words in result.stderr


def test_a_stopped_stack_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_EXPORT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TRUESHELF_TOKEN", "mine")
    result = CliRunner().invoke(cli.app, ["list", "RC18"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "error: export does not answer at http://127.0.0.1:9: the stack is not running" in result.stderr


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("photo.jpg", "photo.jpg: the master cannot be read: these bytes are not a PNG"),
        ("alpha.png", "alpha.png: the master cannot be read: expected an RGB picture"),
        ("fake.png", "fake.png: the master cannot be read"),
    ],
)
def test_what_cannot_be_rendered_is_named_with_what_to_give(tmp_path: Path, name: str, words: str):
    (tmp_path / "photo.jpg").write_bytes(encode_jpeg(np.full((1200, 1600, 3), 240, np.uint8), 90))
    (tmp_path / "alpha.png").write_bytes(encode_png(np.full((1200, 1600, 4), 240, np.uint8)))
    (tmp_path / "fake.png").write_bytes(b"no picture")
    result = _render(tmp_path / name, "ozon", tmp_path / "out.jpg")
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert "Give an 8-bit PNG without transparency" in result.stderr
    assert not (tmp_path / "out.jpg").exists()


def test_where_a_rendering_cannot_go_is_said_before_the_work(tmp_path: Path):
    (tmp_path / "master.png").write_bytes(encode_png(np.full((1200, 1600, 3), 240, np.uint8)))
    nowhere = _render(tmp_path / "master.png", "ozon", tmp_path / "nowhere" / "out.jpg")
    assert nowhere.exit_code == 1
    assert "nowhere does not exist: make it first" in nowhere.stderr
    missing = _render(tmp_path / "none.png", "ozon", tmp_path / "out.jpg")
    assert missing.exit_code == 2
    assert "does not exist" in missing.stderr
    assert "Errno" not in missing.stderr


def test_a_marketplace_without_published_rules_asks_for_its_numbers(tmp_path: Path):
    """R-88."""
    (tmp_path / "master.png").write_bytes(encode_png(np.full((1200, 1600, 3), 240, np.uint8)))
    unknown = _render(tmp_path / "master.png", "kaspi", tmp_path / "out.jpg")
    assert unknown.exit_code == 1
    assert "--value canvas_width=…" in unknown.stderr
    assert "trueshelf pack confirm kaspi" in unknown.stderr
    numbers = {"canvas_width": 800, "canvas_height": 800, "min_width": 500, "min_height": 500}
    numbers |= {"max_bytes": 5_000_000, "max_files": 10}
    values = [part for name, number in numbers.items() for part in ("--value", f"{name}={number}")]
    made = _render(tmp_path / "master.png", "kaspi", tmp_path / "out.jpg", *values)
    assert made.exit_code == 0, made.output
    assert decode_jpeg((tmp_path / "out.jpg").read_bytes()).shape == (800, 800, 3)
    wrong = _render(tmp_path / "master.png", "ozon", tmp_path / "out.jpg", "--value", "canvas_with=5")
    assert "'canvas_with' is no value of a profile" in wrong.stderr


def _render(master: Path, marketplace: str, target: Path, *options: str) -> Result:
    app = typer.Typer()
    app.command()(cli.render)
    return CliRunner().invoke(app, [str(master), marketplace, str(target), *options])
