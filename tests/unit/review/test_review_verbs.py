"""`trueshelf review`: what a person at a terminal is told, and what is checked before they are asked for anything."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from trueshelf_review.cli import app
from trueshelf_runtime import client as runtime_client

CASE = "11111111-0000-4000-8000-000000000001"
DECISION = "22222222-0000-4000-8000-000000000002"


def ref(name: str, media_type: str = "image/png") -> dict[str, Any]:
    return {"bucket": "trueshelf-drafts", "key": name, "sha256": name[0] * 64, "media_type": media_type}


def variant(name: str) -> dict[str, Any]:
    heat_map = {"kind": "heat_map", "image": ref("e")}
    crops = {"kind": "crops", "image": ref("f", "application/json")}
    return {
        "variant_id": f"33333333-0000-4000-8000-00000000000{name}",
        "slot": "main",
        "mode": "white_background",
        "generator": {"name": "cutout", "version": "1"},
        "verdict": "clear",
        "checks": [],
        "master": ref(name),
        "master_sha256": name * 64,
        "preview": ref("d"),
        "evidence": [heat_map, crops],
    }


def case(**more: Any) -> dict[str, Any]:
    kinds = ("approve", "reject", "dispute")
    item = {"code": "colour_matches", "text": {"en": "The colour matches."}, "may_not_apply": False}
    return {
        "case_id": CASE,
        "kind": "slot",
        "drill": True,
        "slot": "main",
        "round": 1,
        "sku": "RING-1",
        "sku_version": 1,
        "title": "A ring",
        "category": "jewelry",
        "kit": [],
        "batch_id": None,
        "state": "open",
        "version": 3,
        "leased_by": "drill-reviewer",
        "captures": [{"shot": "front", "source": ref("c")}],
        "variants": [variant("1"), variant("2")],
        "refusals": [],
        "rendition": None,
        "checklist": {"name": "jewelry", "version": "1", "items": [item]},
        "reasons": {"version": "2026.1", "reasons": [{"code": code} for code in ("colour_changed", "other")]},
        "decisions_open": [{"kind": kind, "open": True, "refused_because": ""} for kind in kinds],
        "then_open": [],
        "decisions": [],
        "min_viewport_width": 1024,
        **more,
    }


@pytest.fixture
def shown() -> dict[str, Any]:
    """Return the case as the service has it; a test changes it."""
    return case()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, shown: dict[str, Any]) -> list[httpx.Request]:
    """Requests that the verbs make; the service is played by canned answers."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        path = request.url.path
        if path.endswith("/decisions"):
            taken = {"kind": "approve", "undo_until": "2026-11-21T10:00:00Z", "decision_id": DECISION}
            return httpx.Response(201, json=taken)
        if "/pictures/" in path:
            gone = {"detail": "this picture is no longer stored", "advice": "its hash and report remain in the log"}
            sha256 = path.rpartition("/")[2]
            return httpx.Response(404, json=gone) if sha256[0] == "2" else httpx.Response(200, content=sha256.encode())
        return httpx.Response(200, json=shown)

    def client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(base_url="http://review", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(runtime_client, "open_client", client)
    monkeypatch.setenv("COLUMNS", "80")
    return requests


def verb(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["decide", "C", "approve"], "'C' is no case id: copy the whole of it from `trueshelf review next`"),
        (["show", "C"], "'C' is no case id"),
        (["undo", "D"], "'D' is no decision id: copy the whole of it from what `trueshelf review decide` printed"),
        (["batch", "B"], "'B' is no batch id"),
        (["withdraw", "A", "--reason", "other"], "'A' is no approval id"),
        (["next", "--kind", "slots"], "there is no kind of case 'slots'. Did you mean slot?"),
        (["decide", CASE, "aprove"], "there is no decision 'aprove'. Did you mean approve?"),
        (["decide", CASE, "reject"], "reject needs a reason: --reason CODE"),
        (["decide", CASE, "dispute"], "dispute needs a reason"),
        (["decide", CASE, "reject", "--reason", "Colour off"], "'Colour off' is no reason code"),
        (["decide", CASE, "reject", "--reason", "other", "--variant", "1"], "reject covers every variant of the case"),
        (["decide", CASE, "reject", "--reason", "other", "--then", "regen"], "Did you mean regenerate?"),
        (
            ["decide", CASE, "reject", "--reason", "other", "--then", "reshoot"],
            "names what to photograph again: --shot",
        ),
        (["decide", CASE, "reshoot", "--shot", "frnt"], "there is no shot 'frnt'. Did you mean front?"),
        (["decide", CASE, "regenerate", "--change", "white"], "--change 'white' is no JSON object"),
        (["decide", CASE, "regenerate", "--change", '{"preste": "white"}'], "Did you mean preset?"),
        (["decide", CASE, "approve", "--answers", "yes,ja"], "there is no answer 'ja'"),
        (["decide", CASE, "approve", "--screen", "wide"], "'wide' is no screen size: say it as 1920x1080"),
    ],
)
def test_what_is_typed_wrong_is_said_before_the_case_is_taken(
    asked: list[httpx.Request], arguments: list[str], words: str
):
    result = verb(*arguments)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert words in result.stderr
    assert asked == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["approve", "--variant", "9"], "there is no variant 9: there are 2 variants"),
        (["approve", "--variant", "0"], "there is no variant 0"),
        (["spot_good"], "this is a slot case: it is decided by approve, reject, dispute, not by spot_good"),
        (["reject", "--reason", "colour_chnged"], "there is no reason 'colour_chnged'. Did you mean colour_changed?"),
        (["approve", "--answers", "yes,yes"], "1 items to answer, 2 answers given"),
    ],
)
def test_what_the_case_does_not_know_is_said_before_anything_is_asked(
    asked: list[httpx.Request], arguments: list[str], words: str
):
    result = verb("decide", CASE, *arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert "screen on which" not in result.stdout
    assert [request.url.path for request in asked] == [f"/cases/{CASE}/lease"]


def test_the_named_variant_is_approved_with_the_answers_given(asked: list[httpx.Request]):
    result = verb("decide", CASE, "approve", "--variant", "2", typed="yes\n1920x1080\n")
    assert result.exit_code == 0, result.output + result.stderr
    body = json.loads(asked[1].content)
    assert body["variant_id"].endswith("2")
    assert body["answers"] == [{"item": "colour_matches", "answer": "yes"}]
    assert body["viewport"] == {"width": 1920, "height": 1080}
    assert f"`trueshelf review undo {DECISION}`" in result.stdout


def test_a_rejection_gives_its_reason_to_every_variant(asked: list[httpx.Request]):
    result = verb("decide", CASE, "reject", "--reason", "other: dull", "--screen", "1920x1080")
    assert result.exit_code == 0, result.output + result.stderr
    reasons = [{"code": "other", "note": "dull"}]
    assert [v["reasons"] for v in json.loads(asked[1].content)["variants"]] == [reasons, reasons]


def test_show_says_how_to_see_the_pictures_and_cuts_nothing(asked: list[httpx.Request]):
    result = verb("show", CASE)
    assert result.exit_code == 0, result.output
    assert f"save the pictures: trueshelf review pictures {CASE} -o FOLDER\n" in result.stdout
    assert "source-1-front" in result.stdout
    assert "trueshelf-drafts" not in result.stdout


def test_show_names_a_pending_decision_and_how_to_undo_it(asked: list[httpx.Request], shown: dict[str, Any]):
    pending = {
        "decision_id": DECISION,
        "kind": "approve",
        "state": "pending",
        "actor_id": "anna",
        "undo_until": "2026-11-21T10:00:00Z",
    }
    shown.update(case(state="pending", decisions=[pending]))
    result = verb("show", CASE)
    assert "approve by anna, pending until 2026-11-21T10:00:00Z" in result.stdout
    assert f"trueshelf review undo {DECISION}" in result.stdout


def test_pictures_are_saved_under_names_that_tell_what_they_are(
    asked: list[httpx.Request], shown: dict[str, Any], tmp_path: Path
):
    shown["variants"] = [variant("1"), variant("3")]
    result = verb("pictures", CASE, "-o", str(tmp_path / "look"))
    assert result.exit_code == 0, result.output + result.stderr
    assert sorted(path.name for path in (tmp_path / "look").iterdir()) == [
        "source-1-front.png",
        "variant-1-main-heat_map.png",
        "variant-1-main-master.png",
        "variant-1-main-preview.png",
        "variant-2-main-heat_map.png",
        "variant-2-main-master.png",
        "variant-2-main-preview.png",
    ]
    assert (tmp_path / "look" / "variant-2-main-master.png").read_text() == "3" * 64


def test_a_picture_that_is_gone_is_named_and_the_others_are_saved(asked: list[httpx.Request], tmp_path: Path):
    result = verb("pictures", CASE, "-o", str(tmp_path))
    assert result.exit_code == 2
    assert "variant-2-main-master.png: this picture is no longer stored. Its hash and report remain" in result.stderr
    assert "1 of 7 pictures could not be saved" in result.stderr
    assert (tmp_path / "variant-1-main-master.png").exists()


def test_help_says_where_the_reasons_are_and_explains_the_variant(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "300")
    result = verb("decide", "--help")
    assert "`trueshelf review reasons` has the codes" in result.stdout
    assert "reject covers them all" in result.stdout
    assert "--install-completion" not in result.stdout
