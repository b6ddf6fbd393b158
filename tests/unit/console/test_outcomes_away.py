"""The export pages while a service is away: its part is missing and says so, the rest is there."""

from types import SimpleNamespace
from typing import Any

import pytest

from trueshelf_console.adapters.services import away
from trueshelf_console.web.export.reading import Desk, choices, escaped, is_sku, pictures, terms, uuid_or_none
from trueshelf_console.web.export.rules import confirmation_of
from trueshelf_runtime.problem import Problem

SHA = "a" * 64
PACK = {
    "sku": "A",
    "files": [{"rendition_id": "r", "variant_id": "v", "approval_id": "p", "size": 9, "width": 3, "height": 4}],
    "manifest": None,
}
VARIANT = {"variant_id": "v", "master": {"sha256": SHA}, "source": None, "checks": []}


class Six:
    """The services' answers by path; those in `gone` are away."""

    def __init__(self, *gone: str) -> None:
        self.gone = gone

    async def get(self, person: Any, role: str, service: Any, path: str, **params: Any) -> Any:  # noqa: ARG002
        if service in self.gone:
            raise away(service)
        return {
            "/approvals": [{"approval_id": "p", "case_id": "c"}],
            "/cases/c": {"variants": [VARIANT]},
            "/reports/r": {"candidate_sha256": SHA},
            "/exportable": [{"sku": "A", "exportable": True}],
            "/skus/A": {"title": "T", "captures": []},
        }[path]


def desk(*gone: str) -> Desk:
    console: Any = SimpleNamespace(services=Six(*gone), store=SimpleNamespace(bucket=lambda area: f"ts-{area}"))
    person: Any = None
    return Desk(console, person, "uploader")


async def test_each_file_stands_beside_its_master_before_there_is_a_manifest():
    shown = (await pictures(desk(), PACK))["r"]
    assert shown["master"] == VARIANT["master"]
    assert (shown["rendition"].bucket, shown["rendition"].key) == ("ts-packs", f"aa/{SHA}.jpg")


async def test_without_review_the_files_are_there_and_the_masters_are_said_to_be_missing():
    at = desk("review")
    shown = (await pictures(at, PACK))["r"]
    assert (shown["master"], shown["rendition"].sha256) == (None, SHA)
    assert at.away == ["review does not answer"]


async def test_without_qa_the_masters_are_there():
    shown = (await pictures(desk("qa"), PACK))["r"]
    assert (shown["master"], shown["rendition"]) == (VARIANT["master"], None)


async def test_without_ingest_a_sku_can_still_be_chosen():
    at = desk("ingest")
    (line,) = await choices(at, ["A"], "ozon")
    assert (line["exportable"], line["title"]) == (True, "")
    assert at.away == ["ingest does not answer"]


async def test_a_refusal_is_no_outage():
    async def refused() -> None:
        raise Problem(409, "conflict", "no")

    with pytest.raises(Problem):
        await desk().perhaps(refused(), None)


def test_what_somebody_pastes_is_taken_apart():
    assert terms("A-1, b_2;c\n\td  ") == ["A-1", "b_2", "c", "d"]
    assert is_sku("кольцо-1")
    assert not is_sku("<b>")
    assert escaped("50%_a\\") == "50\\%\\_a\\\\"
    assert uuid_or_none("") is None
    assert str(uuid_or_none("x' OR 1")) == "00000000-0000-0000-0000-000000000000"


def test_a_confirmation_names_every_field_that_is_missing():
    """R-88: nothing is confirmed as a whole."""
    item = {"item": "rules_read", "question": "?", "not_applicable": False}
    profile = {"checklist": [item], "to_enter": ["canvas_width"]}
    _, wrong = confirmation_of(profile, {})
    assert set(wrong) == {"source", "checked_on", "valid_until", "answer-rules_read", "value-canvas_width"}
    typed = {
        "source": "the cabinet",
        "checked_on": "2026-11-21",
        "valid_until": "2027-01-01",
        "answer-rules_read": "yes",
        "value-canvas_width": "1 200",
        "value-max_files": "٣",
    }
    body, wrong = confirmation_of(profile, typed)
    assert set(wrong) == {"value-max_files"}
    assert body["values"] == {"canvas_width": 1200}
