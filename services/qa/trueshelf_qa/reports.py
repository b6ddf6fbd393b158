"""The report: canonical JSON under its own hash. The same pictures give the same bytes, which an approval can bind."""

from typing import Any

from trueshelf_contracts import qa
from trueshelf_contracts.event import PolicyRef
from trueshelf_contracts.qa import Evidence, Metric, Report, Sentences, Unavailable
from trueshelf_contracts.refs import Box, Region
from trueshelf_contracts.signing import canonical
from trueshelf_qa.domain.results import CheckResult, Words
from trueshelf_qa.subjects import Order


def report_of(order: Order, value: dict[str, Any], thresholds: PolicyRef, evidence: tuple[Evidence, ...]) -> Report:
    """Return the report on what a child process measured (`pixels.compare`'s answer)."""
    return Report(
        subject=order.kind,
        subject_id=order.subject_id,
        source_sha256=order.source.sha256,
        source_pixel_sha256=order.source.pixel_sha256,
        candidate_sha256=order.candidate.sha256,
        candidate_pixel_sha256=order.candidate.pixel_sha256,
        verdict=value["verdict"],
        aligned=value["aligned"],
        profile="generative" if order.generative else "composited",
        thresholds=thresholds,
        checks=tuple(_check(check) for check in value["checks"]),
        unavailable=tuple(Unavailable.model_validate(absent) for absent in value.get("unavailable", ())),
        evidence=evidence,
    )


def unjudged_report(order: Order, why: Words, thresholds: PolicyRef) -> Report:
    """Return the report that the machine could not judge: a person has to, and reads why."""
    check = CheckResult("comparison", "1", "unjudged", why, 0.0, None)
    return report_of(order, {"verdict": "unjudged", "aligned": False, "checks": [check.as_json()]}, thresholds, ())


def encode(report: Report) -> bytes:
    """Return the report as RFC 8785 canonical JSON."""
    return canonical(report.model_dump(mode="json"))


def _check(data: dict[str, Any]) -> qa.CheckResult:
    return qa.CheckResult(
        check=data["check"],
        version=data["version"],
        verdict=data["verdict"],
        metrics=tuple(_metric(metric) for metric in data["metrics"]),
        confidence=min(1.0, max(0.0, data["confidence"])),
        margin=data["margin"],
        regions=tuple(_region(place) for place in data["places"]),
        sentence=data["sentence"],
        sentences=Sentences(**data["sentences"]),
        checklist_item=data["checklist_item"],
    )


def _metric(data: dict[str, Any]) -> Metric:
    return Metric(
        name=data["name"],
        value=data["value"],
        unit=data["unit"],
        flag_at=data["limit"]["flag"],
        stop_at=data["limit"]["stop"],
    )


def _region(data: dict[str, Any]) -> Region:
    x, y = min(1.0, max(0.0, data["x"])), min(1.0, max(0.0, data["y"]))
    box = Box(x=x, y=y, w=max(1e-4, min(data["w"], 1.0)), h=max(1e-4, min(data["h"], 1.0)))
    return Region(box=box, area=min(1.0, max(0.0, data["area"])), note=data["note"])
