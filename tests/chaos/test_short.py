"""The short form of `make chaos`, and proof that its judge is independent and can say no."""

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos import evidence as raw
from chaos import ledger
from chaos.checker import TABLE, judge
from chaos.driver import fresh_seed
from chaos.evidence import Evidence, Record
from chaos.mutations import MUTATIONS, mutate
from chaos.run import chaos, short

HERE = Path(__file__).parent


@pytest.mark.chaos
@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_done_twice_under_kills_and_restarts(tmp_path: Path):
    """Services die by SIGKILL at random and at named points; Kafka, PostgreSQL and S3 are restarted once each."""
    code, said = chaos(short(fresh_seed()), tmp_path)
    print(said)
    assert code == 0, said


def test_the_checker_shares_no_code_with_what_it_checks():
    for name in ("checker", "evidence", "rules", "delivery", "ledger"):
        tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
        imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        imported += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [module for module in imported if module.startswith(("trueshelf", "support"))], name
        assert "chaos.driver" not in imported
        assert "chaos.killer" not in imported


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_a_mutation_still_fits_the_runtime(name: str, tmp_path: Path):
    mutate(tmp_path, name)
    for patch in MUTATIONS[name]:
        assert patch.new in (tmp_path / "trueshelf_runtime" / patch.file).read_text(encoding="utf-8")


def test_the_tree_of_the_checker_is_that_of_rfc_6962():
    """Known answers: RFC 6962's empty tree, and three leaves folded by hand."""
    one, two, three = (bytes([n]) * 32 for n in (1, 2, 3))
    assert ledger.tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert ledger.tree_root([one, two, three]) == ledger.tree_root([ledger.tree_root([one, two]), three])


def test_every_rule_finds_nothing_in_an_empty_run():
    assert {name: found for name, found in judge(_evidence()).items() if found} == {
        "audit tree recomputed": ["there is no checkpoint"]
    }


def _event(event_type: str, event_id: str, **fields: object) -> dict[str, object]:
    return {"type": event_type, "event_id": event_id, **fields}


def _evidence() -> Evidence:
    tables = {
        name: [] for name in ("ingest.sku", "ingest.intake", "ingest.capture", "ingest.batch", "ingest.batch_member")
    }
    for service in raw.SERVICES:
        tables |= {f"{service}.{name}": [] for name in ("inbox", "outbox", "dead_letter", "jobs", "job_failure")}
    for name in (
        "qa.subject",
        "review.items",
        "review.cases",
        "review.decisions",
        "review.approvals",
        "review.batches",
    ):
        tables[name] = []
    for name in ("export.approvals", "export.packs", "audit.entries", "audit.checkpoints"):
        tables[name] = []
    tables["audit.received"] = [{"n": 0}]
    keys = {"decisions": {"keys": []}, "checkpoints": {"keys": []}}
    return Evidence([], {}, {}, tables, {}, keys)


def _publish(evidence: Evidence, topic: str, body: dict[str, object], *, offset: int = 0) -> None:
    value = json.dumps(body).encode()
    record = Record(topic, 0, offset, 0, b"k", value, ())
    evidence.records.setdefault(topic, []).append(record)


def _lost_event(evidence: Evidence) -> None:
    _publish(evidence, "trueshelf.ingest", _event("SkuReady", "e1", sku="A", sku_version=1))


def _twice_in_the_witness(evidence: Evidence) -> None:
    _lost_event(evidence)
    evidence.tally = {"e1": 2}


def _failed_job(evidence: Evidence) -> None:
    row = {"job_id": 1, "name": "qa.compare", "key": "k", "error_type": "Invalid", "error": "no"}
    evidence.tables["qa.job_failure"] = [row]


def _lost_decision(evidence: Evidence) -> None:
    said = {"decision_id": "d1", "kind": "approve"}
    line = {"kind": "ack", "service": "review", "method": "POST", "path": "/cases/c/decisions", "key": "k", "sent": {}}
    evidence.history = [{**line, "said": said}]


def _other_content(evidence: Evidence) -> None:
    _publish(evidence, "trueshelf.qa", _event("VariantChecked", "e2", variant_id="v"))
    _publish(evidence, "trueshelf.qa", _event("VariantChecked", "e2", variant_id="w"), offset=1)


@pytest.mark.parametrize(
    ("spoil", "rule", "sentence"),
    [
        (_lost_event, "inboxes and topics agree", "trueshelf.generate.ingest: 1 × SkuReady stated and never claimed"),
        (_lost_event, "each draft made and checked once", "was stated ready and planned 0 times"),
        (_lost_event, "every offset is in the audit log once", "trueshelf.ingest/0@0 is not in the log"),
        (_lost_event, "the witness saw each event once", "the witness never took in 1 × SkuReady"),
        (_twice_in_the_witness, "the witness saw each event once", "the witness took in 1 × SkuReady more than once"),
        (_failed_job, "nothing waits, nothing died", "qa: job qa.compare k failed"),
        (
            _lost_decision,
            "each decision final and stated once",
            "decision d1 (approve) was acknowledged and has no row",
        ),
        (_other_content, "outboxes and topics agree", "event e2 was published twice with different content"),
    ],
)
def test_a_rule_goes_red(spoil: Callable[[Evidence], None], rule: str, sentence: str):
    evidence = copy.deepcopy(_evidence())
    spoil(evidence)
    assert any(sentence in line for line in judge(evidence)[rule]), judge(evidence)[rule]
    assert len(TABLE) == len(judge(evidence))
