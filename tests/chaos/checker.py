"""`python tests/chaos/checker.py WHERE.json`: hold the stack to its acknowledgements. Shares no code with the services.

Exit 0: nothing lost, nothing done twice, nothing unexplained. Exit 1: each violation in a sentence.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from chaos import delivery, ledger, rules
from chaos.evidence import Evidence, Json, collect

TABLE: tuple[tuple[str, rules.Rule], ...] = (
    ("acknowledged intake is kept", rules.intake_kept),
    ("no photo twice, deliveries closed", rules.intakes_closed),
    ("each draft made and checked once", rules.drafts_once),
    ("each decision final and stated once", rules.decisions_once),
    ("each approval signed", rules.approvals_signed),
    ("spot checks follow from their seeds", rules.spot_checks_fair),
    ("packs rest on standing approvals", rules.packs_hold),
    ("outboxes and topics agree", delivery.topics_match),
    ("inboxes and topics agree", delivery.inboxes_full),
    ("the witness saw each event once", delivery.witness_once),
    ("objects exist, hashes right", delivery.objects_right),
    ("every offset is in the audit log once", ledger.log_complete),
    ("audit tree recomputed", ledger.tree_right),
    ("nothing waits, nothing died", delivery.nothing_left),
)
SHOWN = 6
"""Violations of one rule that are printed; the rest is counted."""


def judge(evidence: Evidence) -> dict[str, list[str]]:
    """Return the violations by rule. A rule that cannot even be applied is violated."""
    found: dict[str, list[str]] = {}
    for name, rule in TABLE:
        try:
            found[name] = list(rule(evidence))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            found[name] = [f"cannot be checked: {type(error).__name__}: {error}"]
    return found


def own_verification(where: Json) -> list[str]:
    """Let `trueshelf audit verify` have its say; quiet when it agrees."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    kept["TRUESHELF_ROOT"] = where["root"]
    done = subprocess.run(
        [where["trueshelf"], "audit", "verify"],
        cwd=where["root"],
        env=kept,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    print(f"trueshelf audit verify: {said[0] if said else 'said nothing'}")
    return [] if done.returncode == 0 else said or ["exit without a word"]


def sizes(evidence: Evidence) -> str:
    records = sum(len(r) for r in evidence.records.values())
    events = len(evidence.events())
    acks = sum(line["kind"] == "ack" for line in evidence.history)
    repeated = sum(line["kind"] == "ack" and line["tries"] > 1 for line in evidence.history)
    return (
        f"{acks} acknowledgements ({repeated} after a repetition), {events} events in {records} records "
        f"({records - events} published again), {len(evidence.objects)} objects, "
        f"{len(evidence.tables['audit.entries'])} log entries"
    )


def main(path: str) -> int:
    where: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    evidence = asyncio.run(collect(where, float(where.get("drain_seconds", 45))))
    found = judge(evidence)
    found["trueshelf audit verify agrees"] = own_verification(where)
    print(sizes(evidence))
    for name, violations in found.items():
        print(
            f"  {'ok ' if not violations else 'RED'}  {name}{f': {len(violations)} violations' if violations else ''}"
        )
        for sentence in violations[:SHOWN]:
            print(f"         {sentence}")
        if len(violations) > SHOWN:
            print(f"         … and {len(violations) - SHOWN} more")
    bad = sum(map(len, found.values()))
    print(f"verdict: {'nothing lost, nothing done twice, nothing unexplained' if not bad else f'{bad} violations'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
