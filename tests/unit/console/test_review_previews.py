"""What a case shows first: the small picture of the source and of every draft, the large ones only on zoom."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.review.showing import show


def ref(name: str, side: int) -> dict[str, Any]:
    return {"sha256": name, "width": side, "height": side, "size": side}


CAPTURE = {
    "capture_id": "c", "shot": "front", "source_type": "phone", "rights": {}, "warehouse_batch": "", "colour_note": "",
    "gate": [], "source": ref("source", 4000), "preview": ref("small source", 1600),
}  # fmt: skip
VARIANT = {
    "variant_id": "v", "slot": "main", "round": 1, "mode": "white_background", "preset": "white", "capture_id": "c",
    "background": None, "verdict": "clear", "checks": [], "approval_id": None, "master_sha256": "master",
    "edge_gate": None, "transforms": [], "generator": {"name": "g", "version": "1", "generative": False},
    "source": ref("source", 4000), "master": ref("master", 3000), "preview": ref("small master", 1600), "cutout": None,
    "evidence": [], "report": ref("report", 1),
}  # fmt: skip
RENDITION = {
    "rendition_id": "r", "variant_id": "v", "marketplace": "ozon", "verdict": "flag", "checks": [],
    "rendition_sha256": "file", "rendition": ref("file", 1200), "master": ref("master", 3000), "evidence": [],
    "report": ref("report", 1),
}  # fmt: skip


async def shown(**changed: Any) -> dict[str, Any]:
    console = SimpleNamespace(
        image=lambda ref: f"/i/{ref['sha256']}",
        clock=SimpleNamespace(now=lambda: datetime(2026, 11, 21, tzinfo=UTC)),
    )
    person = SimpleNamespace(account=SimpleNamespace(account_id="acc_1"), language="en")
    case = {"kind": "slot", "captures": [CAPTURE], "variants": [VARIANT], "rendition": None, **changed}
    empty = {"decisions": [], "reasons": {"reasons": []}}
    return await show(cast("Console", console), cast("Person", person), case | empty)


async def test_source_and_draft_are_shown_small_first():
    (variant,) = (await shown())["variants"]
    assert variant["source"]["preview_url"] == "/i/small source"
    assert variant["source"]["url"] == "/i/source"
    assert variant["master"]["preview_url"] == "/i/small master"


async def test_a_renditions_master_is_shown_small_first():
    rendition = (await shown(kind="rendition", rendition=RENDITION))["rendition"]
    assert rendition["master"]["preview_url"] == "/i/small master"
    assert rendition["file"]["preview_url"] == "/i/file", "there is no smaller one"


@pytest.mark.parametrize("captures", [[], [CAPTURE | {"source": ref("another", 1)}]])
async def test_a_source_without_a_small_picture_is_shown_whole(captures: list[dict[str, Any]]):
    (variant,) = (await shown(captures=captures))["variants"]
    assert variant["source"]["preview_url"] == "/i/source"


async def test_a_finding_has_its_close_up_and_the_edges_their_outline():
    """R-43: what qa saw stands beside what it says; pictures of no known size are left out."""
    found = {"verdict": "flag", "sentence": "x", "checklist_item": "details_unchanged"}
    checks = [
        found | {"check": "surface"},
        found | {"check": "texture"},
        found | {"check": "halo", "checklist_item": "edges_clean"},
        found | {"check": "jagged", "checklist_item": "edges_clean"},
    ]
    evidence = [
        {"kind": "edge_strip", "check": None, "image": ref("strip", 900)},
        {"kind": "crops", "check": "surface", "image": ref("crops", 900)},
        {"kind": "crops", "image": ref("of no check", 900)},
        {"kind": "crops", "check": "texture", "image": {"sha256": "no size", "size": 1}},
    ]
    (variant,) = (await shown(variants=[VARIANT | {"checks": checks, "evidence": evidence}]))["variants"]
    close_ups = {check["check"]: check.get("close_up", {}).get("url") for check in variant["checks"]}
    assert close_ups == {"surface": "/i/crops", "texture": None, "halo": None, "jagged": None}
    assert [check["check"] for check in variant["checks"] if "strip" in check] == ["halo"]
