"""`trueshelf audit`: what a person at a terminal is told when something is not there or not what it should be."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from trueshelf_audit.adapters.copies import list_notes
from trueshelf_audit.cli import app
from trueshelf_runtime import client as runtime_client
from trueshelf_runtime.errors import Outage

APPROVAL = {
    "reviewed_at": "2026-11-21T10:00:00Z",
    "sku": "RING-1",
    "sku_version": 1,
    "slot": "main",
    "drill": False,
    "variant_id": "v-1",
    "meaning": "approved",
    "approver": "anna",
    "role": "reviewer",
    "source_file": "aa/" + "a" * 64,
    "original_sha256": "a" * 64,
    "source_sha256": "b" * 64,
    "ai_version": "cutout 1",
    "signature": "key.sig",
    "withdrawn": None,
}


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the played service answers; a test fills it."""
    answers: dict[str, Any] = {"entries": [], "approvals": [APPROVAL], "after": None, "asked": 0}

    def answer(_: httpx.Request) -> httpx.Response:
        answers["asked"] += 1
        return httpx.Response(200, json=answers)

    def client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(base_url="http://audit", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(runtime_client, "open_client", client)
    return answers


def test_a_type_that_does_not_exist_is_said_with_the_nearest_and_all(found: dict[str, Any]):
    result = audit("entries", "--type", "VariantAproved")
    assert result.exit_code == 2
    assert "there is no event type 'VariantAproved'. Did you mean VariantApproved?" in result.stderr
    assert "SkuReady" in result.stderr
    assert audit("entries", "--type", "VariantApproved").exit_code == 0


def test_a_type_that_only_the_log_knows_is_listed(found: dict[str, Any]):
    entry = {"seq": 7, "type": "OldEvent", "sku": "RING-1", "batch_id": None, "actor_id": None, "signature": None}
    found["entries"] = [{**entry, "occurred_at": "2020-01-01T00:00:00Z", "logged_at": ""}]
    result = audit("entries", "--type", "OldEvent")
    assert result.exit_code == 0, result.stderr
    assert "OldEvent RING-1" in result.stdout


@pytest.mark.parametrize("text", ["yesterday", "2026-11-21", "2026-11-21T10:00:00"])
def test_what_is_no_time_is_said_before_the_service_is_asked(found: dict[str, Any], text: str):
    result = audit("entries", "--from", text)
    assert result.exit_code == 2
    assert f"--from {text!r} is no time with a zone: write it as 2026-11-21T10:00:00Z" in result.stderr
    assert found["asked"] == 0


def test_an_approval_names_original_and_source_each_by_its_own_hash(found: dict[str, Any]):
    lines = audit("approvals").stdout.splitlines()
    assert any(line.strip().startswith(f"original {'a' * 64}") for line in lines)
    assert any(line.strip().startswith(f"source {'b' * 64}") for line in lines)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\xff\xfe", b"words\n", b"[1]\n", b'{"format": ', b"{}\n", b""])
def test_a_file_that_is_no_exported_log_is_named(tmp_path: Path, data: bytes):
    (tmp_path / "bag.png").write_bytes(data)
    result = audit("verify", str(tmp_path / "bag.png"))
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert "bag.png is" in result.stderr
    assert "`trueshelf audit export FILE` writes one" in result.stderr


@pytest.fixture
def silent() -> Iterator[str]:
    """Give an address where nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_stopped_stack_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, silent: str):
    monkeypatch.setenv("TRUESHELF_AUDIT_URL", f"http://{silent}")
    monkeypatch.setenv("TRUESHELF_TOKEN", "mine")
    asked = audit("approvals")
    assert asked.exit_code == 2
    assert f"audit does not answer at http://{silent}: the stack is not running" in asked.stderr
    (tmp_path / "review.json").write_text(json.dumps({"keys": []}))
    key = "log+00000000+x"
    monkeypatch.setattr("trueshelf_audit.adapters.local.log_key", lambda *_: object())
    given = ("--dsn", f"postgresql://x@{silent}/x", "--key", key, "--review-keys", str(tmp_path / "review.json"))
    verified = audit("verify", *given)
    assert verified.exit_code == 2
    assert f"the log's database at {silent} does not answer. Start the stack with `trueshelf up`" in verified.stderr


def test_silent_object_storage_is_one_sentence(silent: str):
    with pytest.raises(Outage) as caught:
        list_notes(f"http://{silent}", "key", "secret", "us-east-1", "trueshelf-audit")
    assert (
        str(caught.value) == f"object storage at {silent} does not answer, so the copies of checkpoints cannot be read"
    )


def test_help_offers_no_completion():
    assert "--install-completion" not in audit("--help").stdout
