"""The command's way to a service: addresses and tokens from the environment or the running stack, or a clear word."""

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from trueshelf_runtime.client import (
    CallFailed,
    NoAccount,
    StackNotRunning,
    answered,
    find_stack,
    open_client,
    reached,
    sentences,
    token_for,
    told,
)
from trueshelf_runtime.identity import unverified_claims
from trueshelf_runtime.keys import ensure_keys
from trueshelf_runtime.typed import known_word, target, whole_id


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


@pytest.mark.parametrize(
    ("message", "advice", "said"),
    [
        ("a screen is too small (R-62)", "decide on a monitor", "a screen is too small (R-62). Decide on a monitor."),
        ("It was withdrawn.", "order again", "It was withdrawn. Order again."),
        ("no such SKU", "GET /skus lists them", "no such SKU. GET /skus lists them."),
        ("no such SKU", "`trueshelf status` shows more", "no such SKU. `trueshelf status` shows more."),
        ("nothing to add", "", "nothing to add"),
    ],
)
def test_message_and_advice_are_two_sentences(message: str, advice: str, said: str) -> None:
    assert sentences(message, advice) == said


def test_a_stopped_stack_is_named_not_the_http_library(stack: dict[str, Any]) -> None:
    with pytest.raises(StackNotRunning, match=r"review does not answer.*not running.*trueshelf up.*trueshelf status"):
        _ask(httpx.ConnectError("[Errno 111] Connection refused"))
    with pytest.raises(CallFailed, match="review does not answer in time"):
        _ask(httpx.ReadTimeout("timed out"))


def _ask(error: httpx.TransportError) -> None:
    with reached("review", "reviewer") as client:
        client._transport = _silent(error)
        client.get("/queue")


def _silent(error: httpx.TransportError) -> httpx.MockTransport:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(answer)


def test_a_stopped_stack_without_an_account_for_the_role_is_a_stopped_stack(
    stack: dict[str, Any], tmp_path: Path
) -> None:
    """The practice accounts went with the practice stack; talking of accounts would send people the wrong way."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        stack["services"]["review"]["url"] = f"http://127.0.0.1:{door.getsockname()[1]}"
        stack["drill"] = False
        (tmp_path / ".trueshelf" / "stack.json").write_text(json.dumps(stack))
        with pytest.raises(StackNotRunning, match="not running"):
            open_client("review", "reviewer")
        door.listen()
        with pytest.raises(NoAccount, match="a reviewer is a person"):
            open_client("review", "reviewer")


def test_a_refusal_is_told_in_the_services_words() -> None:
    request = httpx.Request("GET", "http://review/cases")
    problem = {
        "detail": "limit: too large",
        "advice": "ask for less",
        "errors": [{"field": "limit", "message": "too large"}, {"field": "state", "message": "unknown"}],
    }
    with pytest.raises(CallFailed, match=r"^limit: too large; state: unknown\. Ask for less\.$"):
        answered(httpx.Response(422, json=problem, request=request), "review")
    with pytest.raises(CallFailed, match="review answered 502 without JSON"):
        answered(httpx.Response(502, text="<html>", request=request), "review")
    assert answered(httpx.Response(200, json=[1], request=request), "review") == [1]


def test_what_is_told_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, told(2):
        raise CallFailed("no.")
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: no.\n"


def test_what_was_typed_is_checked_and_the_nearest_word_named(tmp_path: Path) -> None:
    assert whole_id(" 6714355812344567890123456789abcd ", "pack", "there") == "67143558-1234-4567-8901-23456789abcd"
    with pytest.raises(CallFailed, match="'67143558' is no pack id: copy the whole of it from `trueshelf pack list"):
        whole_id("67143558", "pack", "`trueshelf pack list SKU`")
    assert known_word("SkuReady", "event type", ["SkuReady"]) == "SkuReady"
    with pytest.raises(
        CallFailed, match=r"no event type 'skuredy'\. Did you mean SkuReady\? There are: SkuReady, Other"
    ):
        known_word("skuredy", "event type", ["SkuReady", "Other"])
    with pytest.raises(CallFailed, match="does not exist"):
        target(tmp_path / "nowhere" / "a.png")
    with pytest.raises(CallFailed, match="is a folder"):
        target(tmp_path)
    assert target(tmp_path / "a.png") == tmp_path / "a.png"
