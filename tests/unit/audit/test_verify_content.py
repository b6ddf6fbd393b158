"""What entries say is checked too: review's signatures, repeated facts, spot checks (R-69)."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from support.audit_logs import Bench, Key, example
from trueshelf_audit.domain.verify import Report
from trueshelf_contracts.ids import draw_sample

SEED = bytes(range(32))
SKUS = [f"S-{number}" for number in range(11)]


async def logged(*events: dict[str, Any], topic: str = "trueshelf.review", bench: Bench | None = None) -> Report:
    bench = bench or Bench()
    await bench.take(*(bench.bus.record(topic, event) for event in events))
    return bench.verify()


def found(report: Report) -> list[tuple[str, int]]:
    return [(problem.kind, problem.seq) for problem in report.problems]


SIGNED = (
    "VariantApproved", "VariantRejected", "VariantNotChosen", "VariantDisputed", "ApprovalWithdrawn",
    "RenditionAccepted", "RenditionRejected", "BatchQuarantined", "BatchReleased", "SpotCheckPassed", "SkuHeld",
    "SkuFreed",
)  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
async def test_every_decision_needs_review_s_signature(name: str):
    bench = Bench()
    good = bench.review.signed(example(name))
    assert (await logged(good, bench=bench)).ok
    unsigned = {key: value for key, value in example(name).items() if key != "signature"}
    changed = {**bench.review.signed(example(name)), "occurred_at": "2026-11-20T09:31:00Z"}
    stranger = Key("stranger").signed(example(name))
    impostor = Key(bench.review.kid).signed(example(name))
    broken = {**example(name), "signature": {"algorithm": "Ed25519", "key_id": bench.review.kid, "value": "!"}}
    shape = {**example(name), "signature": "yes"}
    report = await logged(unsigned, changed, stranger, impostor, broken, shape, bench=bench)
    assert found(report) == [("signature", seq) for seq in range(1, 7)]
    assert report.approvals == (1 if name == "VariantApproved" else 0)


async def test_an_approval_on_another_topic_is_none():
    bench = Bench()
    report = await logged(bench.approval(), topic="trueshelf.ingest", bench=bench)
    assert found(report) == [("signature", 0)]
    assert report.approvals == 0


async def test_an_approval_that_nobody_ended_needs_no_signature():
    """The SKU's own change withdrew it: there is no actor."""
    event = example("ApprovalWithdrawn", actor=None, cause="sku_changed", signature=None)
    assert (await logged(event)).ok


async def test_a_fact_that_is_delivered_again_counts_once():
    bench = Bench()
    approval = bench.approval()
    report = await logged(approval, approval, bench.review.signed(example("SkuHeld")), approval, bench=bench)
    assert report.ok
    assert (report.approvals, report.repeated, report.entries) == (1, 2, 4)
    assert any("counted once" in notice for notice in report.notices)


async def test_a_decision_that_is_restated_otherwise_is_found():
    """Signed twice under one id: the later text may not replace the earlier."""
    bench = Bench()
    approval = bench.approval()
    other = bench.review.signed({**approval, "slot": "macro"})
    assert found(await logged(approval, other, bench=bench)) == [("restated", 1)]


def spot(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    batch = str(uuid4())
    committed = example("SpotCheckCommitted", batch_id=batch, commitment=hashlib.sha256(SEED).hexdigest())
    drawn = example(
        "SpotCheckDrawn",
        batch_id=batch,
        seed=SEED.hex(),
        rate=5,
        population=[{"sku": sku, "sku_version": 1} for sku in SKUS],
        sample=[{"sku": sku, "sku_version": 1} for sku in draw_sample(SEED, SKUS, 5)],
    )
    return committed, {**drawn, **changes}


async def test_a_spot_check_is_recomputed():
    assert (await logged(*spot())).ok
    committed, drawn = spot()
    assert (await logged(drawn, committed)).ok, "two keys' records may be logged in either order"


async def test_a_sample_that_was_chosen_is_found():
    chosen = [{"sku": sku, "sku_version": 1} for sku in SKUS if sku not in draw_sample(SEED, SKUS, 5)][:3]
    report = await logged(*spot(sample=chosen))
    assert found(report) == [("spot_check", 1)]
    assert "does not follow from its seed" in report.sentence()


async def test_a_seed_that_was_not_committed_is_found():
    other = bytes(32)
    sample = [{"sku": sku, "sku_version": 1} for sku in draw_sample(other, SKUS, 5)]
    assert found(await logged(*spot(seed=other.hex(), sample=sample))) == [("spot_check", 1)]


async def test_a_draw_without_commitment_is_found():
    assert found(await logged(spot()[1])) == [("spot_check", 0)]


async def test_two_commitments_or_two_draws_are_found():
    committed, drawn = spot()
    again = {**committed, "event_id": str(uuid4()), "commitment": "0" * 64}
    other = {**drawn, "event_id": str(uuid4()), "sample": drawn["sample"][:-1]}
    kinds = found(await logged(committed, again, drawn, other))
    assert {seq for _, seq in kinds} == {1, 3}


async def test_a_commitment_after_the_first_decision_is_found():
    """Who knows the sample before he approves can take care of the sample only."""
    bench = Bench()
    committed, drawn = spot()
    decided = bench.approval(batch_id=committed["batch_id"], sku="S-0", occurred_at="2026-11-20T09:29:59Z")
    report = await logged(decided, committed, drawn, bench=bench)
    assert found(report) == [("spot_check", 1)]
    assert "after its first decision in entry 0" in report.sentence()


@pytest.mark.parametrize("field", ["population", "sample", "seed", "rate"])
async def test_a_draw_that_cannot_be_recomputed_is_found(field: str):
    assert ("spot_check", 1) in found(await logged(*spot(**{field: "nonsense"})))


def redrawn(drawn: dict[str, Any], without: str) -> dict[str, Any]:
    left = [sku for sku in SKUS if sku != without]
    return {
        **drawn,
        "event_id": str(uuid4()),
        "population": [{"sku": sku, "sku_version": 1} for sku in left],
        "sample": [{"sku": sku, "sku_version": 1} for sku in draw_sample(SEED, left, 5)],
    }


async def test_a_second_draw_is_in_order_when_a_sampled_sku_fell_away():
    """Its approval was withdrawn before anybody looked: the next of the same ranking takes its place (R-69)."""
    bench = Bench()
    committed, drawn = spot()
    gone = drawn["sample"][0]["sku"]
    approval = bench.approval(batch_id=committed["batch_id"], sku=gone, sku_version=1)
    ended = example(
        "ApprovalWithdrawn", batch_id=committed["batch_id"], sku=gone, approval_id=approval["event_id"],
        actor=None, cause="sku_changed", signature=None,
    )  # fmt: skip
    again = redrawn(drawn, gone)
    assert again["sample"] != drawn["sample"]
    report = await logged(committed, approval, drawn, ended, again, bench=bench)
    assert report.ok, report.sentence()
    unexplained = await logged(committed, approval, drawn, again)
    assert found(unexplained)[-1] == ("spot_check", 3), "its approval stands, and it was left out"
    assert f"leaves out {gone}" in unexplained.problems[-1].sentence


async def test_a_second_draw_with_another_seed_rate_or_new_skus_is_found():
    committed, drawn = spot()
    more = redrawn(drawn, "")
    more["population"] = [*more["population"], {"sku": "S-99", "sku_version": 1}]
    more["sample"] = [{"sku": sku, "sku_version": 1} for sku in draw_sample(SEED, [*SKUS, "S-99"], 5)]
    assert found(await logged(committed, drawn, more)) == [("spot_check", 2)]
    rate = {**drawn, "event_id": str(uuid4()), "rate": 11}
    rate["sample"] = [{"sku": sku, "sku_version": 1} for sku in draw_sample(SEED, SKUS, 11)]
    assert found(await logged(committed, drawn, rate)) == [("spot_check", 2)]


async def test_a_draw_at_another_rate_than_committed_is_found():
    """Looking at fewer SKUs than was promised would make the sample smaller without anybody noticing."""
    fewer = [{"sku": sku, "sku_version": 1} for sku in draw_sample(SEED, SKUS, 11)]
    report = await logged(*spot(rate=11, sample=fewer))
    assert found(report) == [("spot_check", 1)]
    assert "committed was 5" in report.sentence()


async def test_an_approved_sku_that_the_draw_left_out_is_found():
    bench = Bench()
    committed, drawn = spot()
    hidden = bench.approval(batch_id=committed["batch_id"], sku="S-HIDDEN", sku_version=1)
    report = await logged(committed, hidden, drawn, bench=bench)
    assert found(report) == [("spot_check", 2)]
    assert "S-HIDDEN" in report.sentence()
