"""The pack: manifest, files, and the last look in one transaction before it counts as ready (R-82, R-89)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trueshelf_contracts.event import Actor, PolicyRef
from trueshelf_contracts.export import DISCLAIMERS, PackFile, PackManifest, PackReady
from trueshelf_contracts.refs import ObjectRef
from trueshelf_export.domain.eligibility import Reason, SkuState, judge_sku
from trueshelf_export.domain.packs import warnings
from trueshelf_export.domain.profiles import read_profile
from trueshelf_export.service.ending import refuse
from trueshelf_export.service.orders import locked_pack
from trueshelf_export.service.origins import on_behalf_of
from trueshelf_export.service.standing import load_state
from trueshelf_export.sql import SQL
from trueshelf_export.zipping import DRILL_TEXT
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.origin import stamp


@dataclass(frozen=True, slots=True)
class Contents:
    """What a pack holds: its manifest, the renditions' objects, and texts by file name."""

    manifest: PackManifest
    images: tuple[tuple[str, ObjectRef], ...]
    texts: tuple[tuple[str, bytes], ...]


async def contents_of(tx: Tx, pack_id: UUID) -> Contents | None:
    """Return what the pack holds, from rows that do not change while it is being packed; None when it is not."""
    pack = await tx.fetchrow(SQL["pack"], pack_id)
    if pack is None or pack["state"] != "packing":
        return None
    rows = await tx.fetch(SQL["renditions_of_pack"], pack_id)
    manifest = _manifest(pack, rows)
    texts = [("manifest.json", manifest_bytes(manifest)), ("READ-ME.txt", _read_me(manifest).encode())]
    if pack["drill"]:
        texts.append(("DRILL.txt", DRILL_TEXT.encode()))
    images = tuple((row["name"], ObjectRef.model_validate(row["image"])) for row in rows)
    return Contents(manifest, images, tuple(texts))


async def finish(tx: Tx, contents: Contents, pack_object: ObjectRef, at: datetime) -> None:
    """State that the pack is ready, if all that it rests on still stands while its SKU is locked; else refuse it."""
    manifest = contents.manifest
    pack = await locked_pack(tx, manifest.pack_id)
    if pack is None or pack["state"] != "packing":
        return
    reasons = still_wrong(await load_state(tx, pack["sku"]), manifest)
    if reasons:
        await refuse(tx, pack, reasons, at)
        return
    stored = manifest.model_dump(mode="json")
    await tx.execute(SQL["ready_pack"], manifest.pack_id, pack_object, stored, manifest.drill, at)
    with on_behalf_of(pack):
        await tx.emit(_ready(pack, manifest, pack_object, at))


def still_wrong(state: SkuState, manifest: PackManifest) -> tuple[Reason, ...]:
    """Return what no longer stands of a pack that was made: version, approvals, hold, spot check."""
    if state.version != manifest.sku_version:
        text = f"{state.sku} has version {state.version} now, the pack shows {manifest.sku_version}: order again"
        return (Reason("sku_changed", text),)
    reasons = list(judge_sku(state))
    standing = {approval.approval_id for approval in state.approvals}
    for file in manifest.files:
        if file.approval_id not in standing:
            text = f"the approval of slot {file.slot} of {state.sku} was withdrawn: approve a picture and order again"
            reasons.append(Reason("approval_withdrawn", text))
    now = {(approval.slot, approval.approval_id) for approval in state.approvals}
    covering = [check for check in state.spot_checks if now <= set(dict(check.approvals).items())]
    if manifest.spot_check not in {check.event_id for check in covering}:
        text = f"the spot check that the pack of {state.sku} rests on does not stand for its approvals now: order again"
        reasons.append(Reason("not_spot_checked", text))
    return tuple({reason.code: reason for reason in reasons}.values())


def manifest_bytes(manifest: PackManifest) -> bytes:
    """Return `manifest.json` as it lies in the pack: the same manifest always gives the same bytes."""
    data = manifest.model_dump(mode="json")
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _ready(pack: Row, manifest: PackManifest, pack_object: ObjectRef, at: datetime) -> PackReady:
    return PackReady(
        **stamp("PackReady", manifest.pack_id, at=at, drill=manifest.drill),
        sku=pack["sku"],
        sku_version=pack["sku_version"],
        order_id=pack["order_id"],
        pack_id=manifest.pack_id,
        marketplace=pack["marketplace"],
        pack=pack_object,
        manifest_sha256=hashlib.sha256(manifest_bytes(manifest)).hexdigest(),
        files=manifest.files,
        approvals=tuple(file.approval_id for file in manifest.files),
        spot_check=manifest.spot_check,
        actor=Actor.model_validate(pack["actor"]),
    )


def _manifest(pack: Row, rows: Sequence[Row]) -> PackManifest:
    main = rows[0]
    profile = read_profile(pack["profile"])
    return PackManifest(
        pack_id=pack["pack_id"],
        order_id=pack["order_id"],
        sku=pack["sku"],
        sku_version=pack["sku_version"],
        title=main["title"],
        kit=tuple(main["kit"]),
        marketplace=pack["marketplace"],
        profile=PolicyRef.model_validate(pack["profile_ref"]),
        rules_confirmed=pack["rules_confirmed"],
        files=tuple(_file(row) for row in rows),
        approved_by={str(row["approval_id"]): row["approver"] for row in rows},
        spot_check=pack["spot_check"],
        drill=pack["drill"],
        warnings=warnings(
            profile,
            generative=any(row["generative"] for row in rows),
            uneven_main=not main["facts"]["even_ground"],
            left_out=tuple(pack["left_out"]),
            margins=tuple(row["name"] for row in rows if _margin_shows(row)),
        ),
        disclaimers=DISCLAIMERS,
    )


def _margin_shows(row: Row) -> bool:
    """Say whether the master fills less than the file, on a ground that no one colour continues."""
    facts, master = row["facts"], row["master"]
    scale = facts["placement"]["scale"]
    filled = round(master["width"] * scale) >= facts["width"] and round(master["height"] * scale) >= facts["height"]
    return not facts["even_ground"] and not filled


def _file(row: Row) -> PackFile:
    image = row["image"]
    return PackFile(
        name=row["name"],
        slot=row["slot"],
        position=row["position"],
        rendition_id=row["rendition_id"],
        variant_id=row["variant_id"],
        approval_id=row["approval_id"],
        sha256=image["sha256"],
        size=image["size"],
        media_type=image["media_type"],
        width=image["width"],
        height=image["height"],
        master_sha256=row["master"]["sha256"],
        source_sha256=row["source"]["sha256"],
        report_sha256=row["report_sha256"],
        digital_source_type=row["source_type"],
    )


def _read_me(manifest: PackManifest) -> str:
    """Return the pack's sheet for the person who uploads: the order of the files, warnings, disclaimers."""
    lines = [
        f"{manifest.title or manifest.sku} ({manifest.sku}, version {manifest.sku_version}) for {manifest.marketplace}",
        *(("", "DRILL: made for practice, not to be uploaded.") if manifest.drill else ()),
        "",
        "Upload in this order:",
        *(f"  {file.position}. {file.name} ({file.slot})" for file in manifest.files),
        "",
        "Before you upload:",
        *(f"  - {warning}" for warning in manifest.warnings),
        "",
        *manifest.disclaimers,
    ]
    return "\n".join(lines) + "\n"
