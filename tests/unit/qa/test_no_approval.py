"""R-53, R-60: qa prepares a decision and has no way to make one."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import trueshelf_qa
from trueshelf_contracts.topics import BY_OWNER
from trueshelf_qa.domain.results import GRAVITY, gravest
from trueshelf_qa.service import Qa
from trueshelf_qa.web import build_router

PACKAGE = Path(trueshelf_qa.__file__).parent


def test_r53_qas_topic_has_no_event_that_decides() -> None:
    assert {event.__name__ for event in BY_OWNER["qa"].events} == {
        "VariantChecked",
        "RenditionChecked",
        "ActRecorded",
        "PolicyPublished",
    }


def test_r53_no_table_or_column_could_hold_an_approval() -> None:
    for file in PACKAGE.glob("migrations/*.sql"):
        statements = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        assert not re.search(r"approv|decid|decision|accept", statements, re.IGNORECASE), file


def test_r53_the_api_only_reads() -> None:
    router = build_router(cast("Qa", SimpleNamespace()))
    methods: set[Any] = {method for route in router.routes for method in getattr(route, "methods", ())}
    assert methods == {"GET"}


def test_r53_no_module_imports_reviews_words() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert "trueshelf_contracts.review" not in file.read_text(encoding="utf-8"), file


def test_what_could_not_be_told_is_never_clear() -> None:
    assert gravest(()) == "unjudged"
    assert gravest(("clear", "unjudged")) == "unjudged"
    assert gravest(("unjudged", "flag", "clear")) == "flag"
    assert set(GRAVITY) == {"clear", "unjudged", "flag", "stop"}
