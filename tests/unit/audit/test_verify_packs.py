"""A pack is held against what was decided: signed approvals of those very pictures, and their spot check (R-89)."""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from support.audit_logs import Bench, example
from trueshelf_audit.domain.verify import Report

REVIEW, EXPORT = "trueshelf.review", "trueshelf.export"
Facts = dict[str, dict[str, Any]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def facts(bench: Bench) -> Facts:
    """An approval, its spot check, and the pack that rests on both."""
    approval = bench.approval()
    member = {"sku": approval["sku"], "sku_version": approval["sku_version"], "approvals": {}}
    member["approvals"][approval["slot"]] = approval["event_id"]
    check = bench.review.signed(example("SpotCheckPassed", members=[member]))
    file = {
        **example("PackReady")["files"][0],
        "approval_id": approval["event_id"],
        "variant_id": approval["variant_id"],
        "slot": approval["slot"],
        "master_sha256": approval["binding"]["master_sha256"],
    }
    pack = example(
        "PackReady",
        sku=approval["sku"],
        sku_version=approval["sku_version"],
        pack_id=str(uuid4()),
        spot_check=check["event_id"],
        files=[file],
    )
    return {"approval": approval, "check": check, "pack": pack}


async def logged(bench: Bench, *events: dict[str, Any] | None, later: timedelta = timedelta(hours=2)) -> Report:
    for event in events:
        if event is not None:
            topic = EXPORT if event["type"].startswith("Pack") else REVIEW
            await bench.take(bench.bus.record(topic, event))
    bench.clock.advance(later)
    await bench.take(bench.bus.record("trueshelf.ingest", example("SkuChanged")))
    return bench.verify()


@pytest.mark.parametrize("order", [("approval", "check", "pack"), ("pack", "check", "approval")])
async def test_a_pack_that_rests_on_its_decisions_is_whole(bench: Bench, order: tuple[str, ...]) -> None:
    said = facts(bench)
    assert (await logged(bench, *(said[name] for name in order))).ok, "topics are logged independently"


def _other_picture(said: Facts, _: Bench) -> None:
    said["pack"]["files"][0]["master_sha256"] = "0" * 64


def _other_sku(said: Facts, _: Bench) -> None:
    said["pack"]["sku"] = "ANOTHER-1"


def _other_slot(said: Facts, _: Bench) -> None:
    said["pack"]["files"][0]["slot"] = "macro"


def _no_approval(said: Facts, _: Bench) -> None:
    del said["approval"]


def _forged_approval(said: Facts, _: Bench) -> None:
    del said["approval"]["signature"]


def _no_check(said: Facts, _: Bench) -> None:
    del said["check"]


def _check_of_others(said: Facts, bench: Bench) -> None:
    check = deepcopy(said["check"])
    check["members"][0]["approvals"] = {"main": str(uuid4())}
    said["check"] = bench.review.signed(check)


def _forged_check(said: Facts, _: Bench) -> None:
    del said["check"]["signature"]


def _malformed(said: Facts, _: Bench) -> None:
    said["pack"]["files"] = "all of them"


@pytest.mark.parametrize(
    "break_it",
    [
        _other_picture,
        _other_sku,
        _other_slot,
        _no_approval,
        _forged_approval,
        _no_check,
        _check_of_others,
        _forged_check,
        _malformed,
    ],
)
async def test_a_pack_that_rests_on_nothing_is_found(bench: Bench, break_it: Any) -> None:
    said = facts(bench)
    break_it(said, bench)
    report = await logged(bench, said.get("approval"), said.get("check"), said["pack"])
    problems = [problem for problem in report.problems if problem.kind == "pack"]
    assert [problem.seq for problem in problems] == [report.entries - 2]


async def test_what_may_still_be_on_its_way_is_a_notice(bench: Bench) -> None:
    """The log's end: export's topic may be read ahead of review's."""
    said = facts(bench)
    report = await logged(bench, said["check"], said["pack"], later=timedelta(minutes=5))
    assert report.ok
    assert any(said["approval"]["event_id"] in notice for notice in report.notices)


async def test_a_pack_on_a_withdrawn_approval_must_end(bench: Bench) -> None:
    """R-16, R-73: who took the files learns that they may no longer be used."""
    said = facts(bench)
    fields = {"approval_id": said["approval"]["event_id"], "cause": "person"}
    withdrawn = bench.review.signed(example("ApprovalWithdrawn", **fields))
    report = await logged(bench, *said.values(), withdrawn)
    assert [(p.kind, p.seq) for p in report.problems] == [("pack", 2)]
    assert "withdrawn in entry 3" in report.sentence()
    bench = Bench()
    said = facts(bench)
    fields["approval_id"] = said["approval"]["event_id"]
    withdrawn = bench.review.signed(example("ApprovalWithdrawn", **fields))
    ended = example("PackWithdrawn", pack_id=said["pack"]["pack_id"])
    assert (await logged(bench, *said.values(), withdrawn, ended)).ok
