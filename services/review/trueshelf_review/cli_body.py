"""From a command's options to the body of a decision."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trueshelf_runtime.client import CallFailed

ANSWERS = ("yes", "no", "not_applicable")


@dataclass(frozen=True, slots=True)
class Given:
    """What the person typed."""

    kind: str = ""
    variant: int | None = None
    answers: str | None = None
    reasons: tuple[str, ...] = ()
    then: str = "regenerate"
    change: str = "{}"
    shots: tuple[str, ...] = ()
    override: str = ""
    acknowledge: bool = False
    note: str = ""

    @property
    def number(self) -> int:
        """The variant that is meant, as `show` numbers them."""
        return 1 if self.variant is None else self.variant

    def said(self) -> list[dict[str, str]]:
        """Return the reasons: `code` or `code:words`."""
        split = (reason.partition(":") for reason in self.reasons)
        return [{"code": code.strip(), "note": words.strip()} for code, _, words in split]

    def following(self, kind: str) -> dict[str, Any]:
        """Return the fields that belong to what follows."""
        match kind:
            case "regenerate":
                return {"change": json.loads(self.change)}
            case "reshoot":
                return {"shots": list(self.shots)}
            case _:
                return {}


def answers_of(case: dict[str, Any], given: Given, ask: Callable[[dict[str, Any]], str]) -> list[str]:
    """Return one answer per checklist item where the decision needs them; what was not given is asked (R-71).

    Raises CallFailed when their number or one of the words is wrong.
    """
    if given.kind != "approve":
        return []
    items = case["checklist"]["items"]
    said = [part.strip() for part in given.answers.split(",")] if given.answers else [ask(item) for item in items]
    if len(said) != len(items):
        raise CallFailed(f"{len(items)} items to answer, {len(said)} answers given: one each, in the order of `show`.")
    if wrong := [word for word in said if word not in ANSWERS]:
        raise CallFailed(f"{wrong[0]!r} is no answer: say {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}.")
    return said


def body_of(case: dict[str, Any], given: Given, answers: Sequence[str]) -> dict[str, Any]:
    """Return the decision as the API takes it."""
    match given.kind:
        case "approve":
            return approval(case, given, answers)
        case "reject":
            return rejection(case, given)
        case "dispute":
            return dispute(case, given)
        case "spot_good" | "spot_bad":
            return spot(given)
        case "rendition_accept" | "rendition_reject":
            return rendition(case, given)
        case _:
            return {"kind": given.kind, "reasons": given.said(), **given.following(given.kind)}


def approval(case: dict[str, Any], given: Given, answers: Sequence[str]) -> dict[str, Any]:
    variant = case["variants"][given.number - 1]
    codes = [item["code"] for item in case["checklist"]["items"]]
    return {
        "kind": "approve",
        "variant_id": variant["variant_id"],
        "master_sha256": variant["master_sha256"],
        "answers": [{"item": code, "answer": said.strip()} for code, said in zip(codes, answers, strict=True)],
        "acknowledged": _acknowledged(variant["checks"], given),
        "override_reason": given.override,
    }


def rejection(case: dict[str, Any], given: Given) -> dict[str, Any]:
    variants = [{"variant_id": v["variant_id"], "reasons": given.said()} for v in case["variants"]]
    then = {"kind": given.then, **given.following(given.then)}
    return {"kind": "reject", "variants": variants, "then": then}


def dispute(case: dict[str, Any], given: Given) -> dict[str, Any]:
    variant_id = case["variants"][given.number - 1]["variant_id"]
    return {"kind": "dispute", "variant_id": variant_id, "reasons": given.said()}


def spot(given: Given) -> dict[str, Any]:
    more = {"note": given.note} if given.kind == "spot_good" else {"reasons": given.said()}
    return {"kind": given.kind, **more}


def rendition(case: dict[str, Any], given: Given) -> dict[str, Any]:
    seen = case["rendition"]
    body = {"kind": given.kind, "rendition_sha256": seen["rendition_sha256"]}
    if given.kind == "rendition_accept":
        return {**body, "acknowledged": _acknowledged(seen["checks"], given)}
    return {**body, "reasons": given.said()}


def _acknowledged(checks: Sequence[dict[str, Any]], given: Given) -> list[dict[str, str]]:
    """Return every finding as acknowledged if the person said so, else none: the service then names them."""
    findings = [check["check"] for check in checks if check["verdict"] != "clear"]
    return [{"check": check, "note": given.note} for check in findings] if given.acknowledge else []
