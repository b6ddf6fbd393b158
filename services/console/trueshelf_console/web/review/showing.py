"""A case as the viewer gets it: review's view with image addresses, names for ids, and seconds for times."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trueshelf_console.adapters.catalogues import told
from trueshelf_console.domain.people import Language, Person
from trueshelf_console.web.context import Console
from trueshelf_runtime.db import load_queries
from trueshelf_runtime.problem import Problem

SQL = load_queries("trueshelf_console", "review.sql")
EDGES = "edges_clean"
"""The checklist item that the unrolled outline is for."""
Json = dict[str, Any]
Small = Mapping[str, Mapping[str, Any]]


async def show(console: Console, person: Person, case: Json) -> Json:
    """Return `case` ready for the screen. Originals, hashes of originals and first reviewers' names are left out."""
    holder = case.get("leased_by")
    shown = {name: case[name] for name in _PLAIN if name in case}
    names, first = await asyncio.gather(names_of(console, [holder] if holder else []), _first(console, person, case))
    until, now = case.get("leased_until"), console.clock.now()
    small = _previews(case)
    return shown | {
        "mine": holder == person.account.account_id,
        "leased_by": names.get(holder, holder) if holder else None,
        "leased_until": until,
        "lease_seconds": max(0.0, (datetime.fromisoformat(until) - now).total_seconds()) if until else 0.0,
        "refusals": [_refusal(refusal, person.language) for refusal in case.get("refusals", ())],
        "captures": [_capture(console, capture) for capture in case["captures"]],
        "variants": [_variant(console, variant, small, person.language) for variant in case["variants"]],
        "rendition": _rendition(console, case["rendition"], small, person.language) if case["rendition"] else None,
        "first_reasons": first,
        "decided": [_decision(decision) for decision in case["decisions"]],
        "reasons": [{"code": r["code"], "item": r["item"]} for r in case["reasons"]["reasons"] if r["offered"]],
    }


_PLAIN = (
    "case_id", "kind", "state", "version", "sku", "sku_version", "batch_id", "category", "slot", "round", "opened_at",
    "doubt", "asked_for", "senior_only", "drill", "closed_because", "title", "description", "kit",
    "disputed", "first_case", "after_run", "checklist", "decisions_open", "then_open", "min_viewport_width",
)  # fmt: skip


def reason_words(reasons: Json, language: Language) -> dict[str, str]:
    """Return the words of every reason in a language; English where the company wrote none."""
    return {f"reason.{each['code']}": each["text"].get(language) or each["text"]["en"] for each in reasons["reasons"]}


async def names_of(console: Console, accounts: list[str]) -> dict[str, str]:
    """Return the names of accounts that are known here; a machine's id has none."""
    if not accounts:
        return {}
    return {row["account_id"]: row["name"] for row in await console.db.fetch(SQL["names_of"], accounts)}


async def _first(console: Console, person: Person, case: Json) -> list[Json]:
    """Return the first reviewer's reasons for a second opinion, without saying who it was (R-67)."""
    if case["kind"] != "second" or not case.get("first_case"):
        return []
    try:
        first = await console.services.get(person, "reviewer", "review", f"/cases/{case['first_case']}")
    except Problem:
        return []
    disputes = (d["body"] for d in first["decisions"] if d["kind"] == "dispute" and d["state"] in {"final", "pending"})
    return [reason for body in disputes for reason in body.get("reasons", ())]


def _decision(decision: Mapping[str, Any]) -> Json:
    kept = ("decision_id", "kind", "state", "decided_at", "undo_until", "review_seconds", "body")
    return {name: decision[name] for name in kept if name in decision}


def picture(console: Console, full: Mapping[str, Any], preview: Mapping[str, Any] | None = None) -> Json:
    """Return what the viewer needs of a picture: addresses that hold for minutes, hashes as names, the size."""
    small = preview or full
    return {
        "sha256": full["sha256"],
        "url": console.image(full),
        "width": full["width"],
        "height": full["height"],
        "bytes": full["size"],
        "preview_sha256": small["sha256"],
        "preview_url": console.image(small),
    }


def _previews(case: Json) -> Mapping[str, Mapping[str, Any]]:
    """Return the small picture of every source and master that has one, by the large one's hash."""
    sources = {capture["source"]["sha256"]: capture["preview"] for capture in case["captures"]}
    return sources | {variant["master"]["sha256"]: variant["preview"] for variant in case["variants"]}


def _capture(console: Console, capture: Mapping[str, Any]) -> Json:
    kept = ("capture_id", "shot", "source_type", "rights", "warehouse_batch", "colour_note", "gate")
    shown = {name: capture[name] for name in kept}
    return shown | {"source": picture(console, capture["source"], capture["preview"])}


def _variant(console: Console, variant: Mapping[str, Any], small: Small, language: Language) -> Json:
    kept = (
        "variant_id", "slot", "round", "mode", "preset", "capture_id", "background", "verdict", "approval_id",
        "master_sha256", "edge_gate", "transforms",
    )  # fmt: skip
    shown = {name: variant[name] for name in kept}
    generator = variant["generator"]
    return shown | {
        "checks": _checks(console, variant, language),
        "generator": f"{generator['name']} {generator['version']}",
        "generative": generator["generative"],
        "source": picture(console, variant["source"], small.get(variant["source"]["sha256"])),
        "master": picture(console, variant["master"], variant["preview"]),
        "cutout": picture(console, variant["cutout"]) if variant["cutout"] else None,
        "heat": _heat(console, variant["evidence"]),
        "report_url": console.image(variant["report"]),
    }


def _rendition(console: Console, rendition: Mapping[str, Any], small: Small, language: Language) -> Json:
    kept = ("rendition_id", "variant_id", "marketplace", "verdict", "rendition_sha256")
    shown = {name: rendition[name] for name in kept}
    return shown | {
        "checks": _checks(console, rendition, language),
        "file": picture(console, rendition["rendition"]),
        "master": picture(console, rendition["master"], small.get(rendition["master"]["sha256"])),
        "heat": _heat(console, rendition["evidence"]),
        "report_url": console.image(rendition["report"]),
    }


def _checks(console: Console, checked: Mapping[str, Any], language: Language) -> list[Json]:
    """Return the checks with their close-ups; the outline unrolled stands with the first that is about edges."""
    evidence = [each for each in checked["evidence"] if each["image"].get("width")]
    close_ups = {each["check"]: each["image"] for each in evidence if each["kind"] == "crops" and each.get("check")}
    strip = next((each["image"] for each in evidence if each["kind"] == "edge_strip"), None)
    shown = []
    for check in checked["checks"]:
        row = _check(check, language)
        if check["check"] in close_ups:
            row["close_up"] = picture(console, close_ups[check["check"]])
        if strip and check.get("checklist_item") == EDGES:
            row["strip"], strip = picture(console, strip), None
        shown.append(row)
    return shown


def _check(check: Mapping[str, Any], language: Language) -> Json:
    """Return a check with its sentence in the reader's language, and which one that is: old reports have English."""
    sentence = (check.get("sentences") or {}).get(language)
    return {**check, "sentence": sentence or check["sentence"], "lang": language if sentence else "en"}


def _refusal(refusal: Mapping[str, Any], language: Language) -> Json:
    """Return why a draft could not be made, in the reader's language where both sentences are known."""
    message, spoken = told(language, refusal["message"])
    advice, also = told(language, refusal.get("advice") or "")
    if advice and spoken != also:
        return {**refusal, "lang": "en"}
    return {**refusal, "message": message, "advice": advice, "lang": spoken}


def _heat(console: Console, evidence: list[Mapping[str, Any]]) -> Json | None:
    found = next((e["image"] for e in evidence if e["kind"] == "heat_map"), None)
    return picture(console, found) if found and found.get("width") else None
