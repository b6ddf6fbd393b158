"""Checklists as data: read from the package or a folder, hashed, published once per version."""

import dataclasses
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trueshelf_contracts.event import PolicyPublished, PolicyRef
from trueshelf_contracts.refs import Category, Slot
from trueshelf_review.adapters import reasons as reason_file
from trueshelf_review.adapters.policy_files import Code, Text, Version, check_entries, sha256_of
from trueshelf_review.adapters.sql import SQL
from trueshelf_review.domain.checklists import LAST_RESORT, Checklist, Checklists, Item
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.domain.reasons import Reasons
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.origin import stamp

POLICIES = "policies"


class ItemFile(BaseModel):
    """One item of a checklist file."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    scope: Literal["capture", "variant", "pack", "marketplace", "team"]
    text: Text
    documents: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    may_not_apply: bool = False


class ChecklistFile(BaseModel):
    """One version of a category's checklist."""

    model_config = ConfigDict(extra="forbid")

    name: Category
    version: Version
    items: tuple[ItemFile, ...] = Field(min_length=1)


def read_checklists(folder: Path | None = None) -> Checklists:
    """Return the checklists of `folder`, else those that ship with review.

    Raises ValueError naming the file when one is wrong, a code stands twice, English is missing, or there is none for
    the categories without their own (`default`).
    """
    source = folder or resources.files("trueshelf_review").joinpath(POLICIES)
    found: dict[str, Checklist] = {}
    for file in sorted(source.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".json") and file.name != reason_file.FILE:
            checklist = read_checklist(file.name, file.read_bytes())
            found[checklist.name] = checklist
    if LAST_RESORT not in found:
        raise ValueError(f"no checklist '{LAST_RESORT}' in {source}: categories without their own need it")
    return Checklists(found)


def read_checklist(name: str, data: bytes) -> Checklist:
    """Return the checklist in a file's bytes. Raises ValueError naming the file."""
    try:
        body = ChecklistFile.model_validate_json(data)
    except ValueError as error:
        raise ValueError(f"{name} is no checklist: {error}") from error
    check_entries(name, body.items, "an item's code")
    if not any(item.scope == "variant" for item in body.items):
        raise ValueError(f"{name}: no item of scope variant, nothing could be approved (R-71)")
    return checklist_of(body.model_dump(mode="json"))


def checklist_of(body: Mapping[str, Any]) -> Checklist:
    """Return a checklist from its JSON, with the hash of exactly that."""
    items = tuple(
        Item(
            item["code"],
            item["scope"],
            dict(item["text"]),
            tuple(item["documents"]),
            tuple(item["slots"]),
            item["may_not_apply"],
        )
        for item in body["items"]
    )
    return Checklist(body["name"], body["version"], sha256_of(body), items)


def body_of(checklist: Checklist) -> dict[str, Any]:
    """Return the JSON that `checklist_of` reads again."""
    items = [{**dataclasses.asdict(item), "text": dict(item.text)} for item in checklist.items]
    for item in items:
        item["documents"], item["slots"] = list(item["documents"]), list(item["slots"])
    return {"name": checklist.name, "version": checklist.version, "items": items}


def policy_body(policy: ReviewPolicy) -> dict[str, Any]:
    """Return the numbers of the review policy as they are published."""
    return {
        "min_viewport_width": policy.min_viewport_width,
        "min_main_variants": policy.min_main_variants,
        "max_rounds": policy.max_rounds,
        "spot_rate": policy.spot_rate,
        "audit_rate": policy.audit_rate,
        "undo_seconds": int(policy.undo.total_seconds() * 1000) / 1000,
        "own_work_refused": sorted(policy.own_work),
    }


async def publish(db: Database, clock: Clock, checklists: Checklists, policy: ReviewPolicy, reasons: Reasons) -> None:
    """Keep and announce each version once; a version that was published with another content stops the start.

    Raises ValueError then: a version never changes, a new content is a new version (R-50).
    """
    for checklist in checklists.by_name.values():
        await _publish(db, clock, "checklist", checklist.name, version=checklist.version, body=body_of(checklist))
    body = policy_body(policy)
    await _publish(db, clock, "review", LAST_RESORT, version=sha256_of(body)[:12], body=body)
    body = reason_file.body_of(reasons)
    await _publish(db, clock, "review", reasons.name, version=reasons.version, body=body)


async def _publish(
    db: Database, clock: Clock, kind: Literal["checklist", "review"], name: str, *, version: str, body: dict[str, Any]
) -> None:
    sha256 = sha256_of(body)
    async with db.transaction() as tx:
        if await tx.fetchval(SQL["add_policy"], kind, name, version, sha256, body, clock.now()) is not None:
            ref = PolicyRef(kind=kind, name=name, version=version, sha256=sha256)
            fields = stamp("PolicyPublished", kind, name, version, at=clock.now(), drill=False)
            await tx.emit(PolicyPublished(**fields, policy=ref))
        elif (there := await tx.fetchval(SQL["policy_sha256"], kind, name, version)) != sha256:
            raise ValueError(
                f"{kind} {name} {version} was published with sha256 {there}, the file has {sha256}: "
                "give the changed content a new version"
            )
