"""The command's way to a service: addresses and tokens from the environment or the running stack, or a clear word."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from trueshelf_runtime.client import NoAccount, StackNotRunning, find_stack, open_client, token_for
from trueshelf_runtime.identity import unverified_claims
from trueshelf_runtime.keys import ensure_keys


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in ("TRUESHELF_TOKEN", "TRUESHELF_REVIEW_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".trueshelf").mkdir()
    ensure_keys(tmp_path / "key.json", tmp_path / "jwks.json")
    found = {
        "root": str(tmp_path),
        "drill": True,
        "keys": str(tmp_path / "key.json"),
        "services": {"review": {"url": "http://127.0.0.1:1234"}},
    }
    (tmp_path / ".trueshelf" / "stack.json").write_text(json.dumps(found))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    return found


def test_the_stack_is_found_from_a_folder_below_it(stack: dict[str, Any]) -> None:
    assert find_stack() == stack


def test_every_request_carries_a_fresh_token(stack: dict[str, Any]) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with open_client("review", "reviewer", "drill-anna", levels={"bags": "junior"}) as client:
        client._transport = httpx.MockTransport(answer)
        client.get("/cases")
        client.get("/cases")
    assert str(seen[0].url) == "http://127.0.0.1:1234/cases"
    tokens = [request.headers["authorization"] for request in seen]
    assert tokens[0] != tokens[1]
    told = unverified_claims(tokens[0])
    assert (told["sub"], told["kind"], told["role"]) == ("drill-anna", "drill", "reviewer")
    assert told["levels"] == {"bags": "junior"}


def test_outside_a_practice_stack_a_machine_never_reviews(stack: dict[str, Any]) -> None:
    """R-60."""
    stack["drill"] = False
    assert unverified_claims(token_for("operator", stack))["kind"] == "machine"
    with pytest.raises(NoAccount, match="a reviewer is a person"):
        token_for("reviewer", stack)


def test_the_environment_goes_first(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_TOKEN", "mine")
    monkeypatch.setenv("TRUESHELF_REVIEW_URL", "https://review.example")
    assert token_for("reviewer", None) == "mine"
    with open_client("review", "reviewer") as client:
        assert client.base_url == "https://review.example"


def test_what_is_missing_is_said(stack: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(StackNotRunning, match="TRUESHELF_EXPORT_URL"):
        open_client("export", "uploader")
    with pytest.raises(NoAccount, match="TRUESHELF_TOKEN"):
        token_for("uploader", None)
