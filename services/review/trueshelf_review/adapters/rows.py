"""Between rows and the domain's values."""

from typing import Any

from pydantic import TypeAdapter

from trueshelf_review.domain.cases import Case, ChecklistVersion, Subject
from trueshelf_review.domain.leases import Lease
from trueshelf_review.domain.records import Approval, DecisionRecord
from trueshelf_review.domain.slots import Slot
from trueshelf_runtime.db import Row

_SUBJECT: TypeAdapter[Subject] = TypeAdapter(Subject)


def case_from(row: Row) -> Case:
    lease = Lease(row["lease_holder"], row["lease_since"], row["lease_until"]) if row["lease_holder"] else None
    checklist = ChecklistVersion(row["checklist_name"], row["checklist_version"], row["checklist_sha256"])
    same = (
        "case_id", "kind", "sku", "sku_version", "batch_id", "category", "slot", "round", "opened_at", "correlation_id",
        "state", "version", "doubt", "asked_for", "senior_only", "drill", "closed_because",
    )  # fmt: skip
    return Case(
        **{name: row[name] for name in same},
        subject=_SUBJECT.validate_python(row["subject"]),
        checklist=checklist,
        excluded=tuple(row["excluded"]),
        lease=lease,
    )


def case_args(case: Case) -> tuple[Any, ...]:
    """Return the arguments of `put_case`, in its order."""
    lease = (case.lease.holder, case.lease.since, case.lease.until) if case.lease else (None, None, None)
    return (
        case.case_id, case.kind, case.sku, case.sku_version, case.batch_id, case.category, case.slot, case.round,
        _SUBJECT.dump_python(case.subject, mode="json"), case.subject.after_run, case.subject.first_reviewer,
        case.checklist.name, case.checklist.version, case.checklist.sha256, case.opened_at, case.correlation_id,
        case.state, case.version, case.doubt, case.asked_for, case.senior_only, list(case.excluded), case.drill,
        *lease, case.closed_because,
    )  # fmt: skip


def slot_from(row: Row) -> Slot:
    return Slot(**dict(row))


def decision_from(row: Row) -> DecisionRecord:
    return DecisionRecord(**{k: v for k, v in row.items() if k not in ("actor_id", "actor_kind", "actor_level")})


def approval_from(row: Row) -> Approval:
    return Approval(**{k: v for k, v in row.items() if k != "withdrawn_by"})
