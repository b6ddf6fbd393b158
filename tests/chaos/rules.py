"""Rules of the domain: what must hold between acknowledgements, rows and records. Each yields its violations."""

import base64
import hashlib
import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chaos.evidence import Evidence, Json

Rule = Callable[[Evidence], Iterator[str]]
EFFECT = {
    "approve": "VariantApproved",
    "reject": "VariantRejected",
    "dispute": "VariantDisputed",
    "rendition_accept": "RenditionAccepted",
    "rendition_reject": "RenditionRejected",
}
"""What a final decision of the kind states; spot looks and redirections show in their batch and slot."""


def intake_kept(e: Evidence) -> Iterator[str]:
    """Every SKU and photo that was acknowledged has its row, and each photo one answer."""
    skus = {row["sku"]: row for row in e.tables["ingest.sku"]}
    for line in e.acks("ingest", "PUT", ""):
        row = skus.get(line["said"]["sku"])
        if row is None:
            yield f"SKU {line['said']['sku']} was acknowledged and has no row"
        elif row["title"] != line["sent"]["title"]:
            yield f"SKU {row['sku']} has the title {row['title']!r}, acknowledged was {line['sent']['title']!r}"
    captures = {row["capture_id"]: row for row in e.tables["ingest.capture"]}
    answers = Counter(
        b.get("capture_id") or b["capture"]["capture_id"] for b in e.events("CaptureAccepted", "CaptureRefused")
    )
    for line in e.acks("ingest", "POST", "/captures"):
        capture = line["said"]["capture_id"]
        row = captures.get(capture)
        if row is None:
            yield f"photo {capture} was acknowledged and has no row"
        elif row["original_sha256"] != line["note"]:
            yield f"photo {capture} has the sha256 {row['original_sha256']}, sent was {line['note']}"
        elif row["state"] == "received":
            yield f"photo {capture} of {row['sku']} was acknowledged and never judged"
        if answers[capture] != 1:
            yield f"photo {capture} has {answers[capture]} answers (CaptureAccepted or CaptureRefused), not 1"


def intakes_closed(e: Evidence) -> Iterator[str]:
    """No photo was taken in twice, and a delivery acknowledged as complete is so."""
    same = Counter((row["sku"], row["shot"], row["original_sha256"]) for row in e.tables["ingest.capture"])
    yield from (f"the photo {place} was taken in {n} times" for place, n in same.items() if n > 1)
    for line in e.acks("ingest", "POST", "/complete"):
        if line["path"].startswith("/intakes/"):
            states = {row["intake_id"]: row["state"] for row in e.tables["ingest.intake"]}
            if states.get(line["said"]["intake_id"]) == "open":
                yield f"intake {line['said']['intake_id']} was acknowledged as complete and is open"


def drafts_once(e: Evidence) -> Iterator[str]:
    """Ready, planned, made or refused, checked: each exactly once, and every plan to its end."""
    ready = Counter((b["sku"], b["sku_version"]) for b in e.events("SkuReady"))
    first = Counter((b["sku"], b["sku_version"]) for b in e.events("GenerationPlanned") if b["round"] == 1)
    for row in e.tables["ingest.sku"]:
        place = (row["sku"], row["version"])
        if row["state"] == "ready" and ready[place] != 1:
            yield f"{place} is ready and was stated so {ready[place]} times"
    for place in ready:
        if first[place] != 1:
            yield f"{place} was stated ready and planned {first[place]} times"
    planned = Counter(item["item_id"] for b in e.events("GenerationPlanned") for item in b["items"])
    ended = Counter(b["item_id"] for b in e.events("VariantGenerated", "GenerationRefused"))
    yield from (f"item {item} was planned {n} times" for item, n in planned.items() if n != 1)
    yield from (f"item {item} was planned and ended {ended[item]} times" for item in planned if ended[item] != 1)
    yield from (f"item {item} ended and was never planned" for item in ended.keys() - planned.keys())
    checked = Counter(b["variant_id"] for b in e.events("VariantChecked"))
    made = Counter(b["variant_id"] for b in e.events("VariantGenerated"))
    yield from (f"variant {v} was made {n} times" for v, n in made.items() if n != 1)
    yield from (f"variant {v} was made and checked {checked[v]} times" for v in made if checked[v] != 1)
    subjects = {row["subject_id"]: row["state"] for row in e.tables["qa.subject"]}
    yield from (f"variant {v} has the state {subjects.get(v)} in qa" for v in made if subjects.get(v) != "checked")
    items = {row["variant_id"]: row for row in e.tables["review.items"] if row["variant_id"]}
    for v in made:
        if not (v in items and items[v]["generated"] and items[v]["checked"]):
            yield f"variant {v} was made and checked, review does not know it so"


def decisions_once(e: Evidence) -> Iterator[str]:
    """Every acknowledged decision is final and stated by exactly one event; none was stated that nobody took."""
    rows = {row["decision_id"]: row for row in e.tables["review.decisions"]}
    stated: dict[str, Counter[str]] = defaultdict(Counter)
    for body in e.events(*EFFECT.values()):
        stated[body["decision_id"]][body["type"]] += 1
    acknowledged = {}
    for line in e.acks("review", "POST", "/decisions"):
        said = line["said"]
        if acknowledged.setdefault(line["key"], said["decision_id"]) != said["decision_id"]:
            yield f"request {line['key']} was acknowledged as two decisions"
        row = rows.get(said["decision_id"])
        if row is None:
            yield f"decision {said['decision_id']} ({said['kind']}) was acknowledged and has no row"
            continue
        if row["state"] != "final":
            yield f"decision {row['decision_id']} was acknowledged and is {row['state']}"
        effect = EFFECT.get(said["kind"])
        count = stated[row["decision_id"]][effect] if effect else 1
        wanted = len(line["sent"]["variants"]) if said["kind"] == "reject" else 1
        if count != wanted:
            yield f"decision {row['decision_id']} ({said['kind']}) is stated by {count} event ids, not {wanted}"
    yield from (f"an event states decision {d}, which has no row" for d in stated if d not in rows)
    per_case = Counter(row["case_id"] for row in rows.values() if row["state"] in ("final", "pending"))
    yield from (f"case {case} was decided {n} times" for case, n in per_case.items() if n > 1)
    open_cases = [row for row in e.tables["review.cases"] if row["state"] in ("open", "pending")]
    yield from (f"case {row['case_id']} of {row['sku']} ({row['kind']}) is still {row['state']}" for row in open_cases)


def approvals_signed(e: Evidence) -> Iterator[str]:
    """Each approval row has one event, signed by review's key over exactly these bytes, and export knows it."""
    keys = {key["kid"]: base64.urlsafe_b64decode(key["x"] + "==") for key in e.keys["decisions"]["keys"]}
    approved = {body["event_id"]: body for body in e.events("VariantApproved")}
    known = {row["approval_id"] for row in e.tables["export.approvals"]}
    for row in e.tables["review.approvals"]:
        body = approved.pop(row["approval_id"], None)
        name = f"approval {row['approval_id']} of {row['sku']} {row['slot']}"
        if body is None:
            yield f"{name} has no VariantApproved on the topic"
            continue
        if body["binding"]["master_sha256"] != row["master_sha256"] or body["actor"]["id"] != row["approver"]:
            yield f"{name} says something else than its event"
        if not _signed(body, keys):
            yield f"{name} bears no signature that holds"
        if row["approval_id"] not in known:
            yield f"{name} never reached export"
    yield from (f"VariantApproved {event} has no row in review" for event in approved)
    standing = Counter(
        (r["sku"], r["sku_version"], r["slot"]) for r in e.tables["review.approvals"] if r["withdrawn_at"] is None
    )
    yield from (f"{place} has {n} standing approvals" for place, n in standing.items() if n > 1)


def _signed(body: Json, keys: dict[str, bytes]) -> bool:
    signature = body.get("signature") or {}
    key = keys.get(str(signature.get("key_id")))
    if key is None:
        return False
    message = rfc8785.dumps({name: value for name, value in body.items() if name != "signature"})
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature["value"]), message)
    except InvalidSignature:
        return False
    return True


def spot_checks_fair(e: Evidence) -> Iterator[str]:
    """Seeds fit their commitments, samples follow from the seeds, every batch passed once."""
    committed = {b["batch_id"]: b for b in e.events("SpotCheckCommitted")}
    passed = Counter(b["batch_id"] for b in e.events("SpotCheckPassed"))
    for body in e.events("SpotCheckDrawn"):
        batch, seed = body["batch_id"], bytes.fromhex(body["seed"])
        if batch not in committed or hashlib.sha256(seed).hexdigest() != committed[batch]["commitment"]:
            yield f"the seed of batch {batch} is not the one that was committed to"
        members = {m["sku"] for m in body["population"]}
        ranked = sorted(members, key=lambda sku: hashlib.sha256(seed + sku.encode()).digest())
        if {m["sku"] for m in body["sample"]} != set(ranked[: -(-len(ranked) // body["rate"])]):
            yield f"the sample of batch {batch} does not follow from its seed"
    for row in e.tables["review.batches"]:
        if passed[row["batch_id"]] != 1 or row["state"] != "passed":
            yield f"batch {row['batch_id']} is {row['state']}, stated passed {passed[row['batch_id']]} times"
    members = Counter(row["sku"] for row in e.tables["ingest.batch_member"])
    yield from (f"{sku} is in {n} batches" for sku, n in members.items() if n != 1)
    sealed = {b["batch_id"] for b in e.events("BatchSealed")}
    yield from (
        f"batch {r['batch_id']} was never sealed" for r in e.tables["ingest.batch"] if r["batch_id"] not in sealed
    )


def packs_hold(e: Evidence) -> Iterator[str]:
    """Each acknowledged order has one pack per SKU; a ready ZIP is what its event says, on approvals that stand."""
    packs = {row["pack_id"]: row for row in e.tables["export.packs"]}
    ready = Counter(b["pack_id"] for b in e.events("PackReady"))
    refused = Counter(b["pack_id"] for b in e.events("PackRefused"))
    ordered = Counter(b["pack_id"] for b in e.events("ExportOrdered"))
    for line in e.acks("export", "POST", "/orders"):
        order = line["said"]["order_id"]
        skus = Counter(row["sku"] for row in packs.values() if row["order_id"] == order)
        if skus != Counter(set(line["sent"]["skus"])):
            yield f"order {order} was acknowledged for {len(line['sent']['skus'])} SKUs and has packs for {dict(skus)}"
    for pack, row in packs.items():
        name = f"pack {pack} of {row['sku']}"
        if row["state"] not in ("ready", "refused"):
            yield f"{name} is still {row['state']}"
        said = {"ordered": ordered[pack], "ready": ready[pack], "refused": refused[pack]}
        if said != {"ordered": 1, "ready": int(row["state"] == "ready"), "refused": int(row["state"] == "refused")}:
            yield f"{name} is {row['state']}, stated were {said}"
    standing = {row["approval_id"]: row for row in e.tables["review.approvals"] if row["withdrawn_at"] is None}
    for body in e.events("PackReady"):
        yield from _pack_holds(e, body, standing)


def _pack_holds(e: Evidence, body: Json, standing: dict[str, Json]) -> Iterator[str]:
    name = f"pack {body['pack_id']} of {body['sku']}"
    stored = e.objects.get((body["pack"]["bucket"], body["pack"]["key"]))
    if not isinstance(stored, tuple):
        yield f"{name} has no object: {stored}"
        return
    archive = zipfile.ZipFile(io.BytesIO(stored[1]))
    names = {path.rsplit("/", 1)[-1]: path for path in archive.namelist()}
    manifest = archive.read(names["manifest.json"])
    if hashlib.sha256(manifest).hexdigest() != body["manifest_sha256"]:
        yield f"{name} holds another manifest than PackReady says"
    listed = json.loads(manifest)
    for file in listed["files"]:
        if hashlib.sha256(archive.read(names[file["name"].rsplit("/", 1)[-1]])).hexdigest() != file["sha256"]:
            yield f"{name}: file {file['name']} is not what the manifest says"
        approval = standing.get(file["approval_id"])
        if approval is None:
            yield f"{name} rests on approval {file['approval_id']}, which does not exist or does not stand"
        elif (approval["sku"], approval["slot"], approval["master_sha256"]) != (
            body["sku"],
            file["slot"],
            file["master_sha256"],
        ):
            yield f"{name} shows another picture for {file['slot']} than was approved"
    if body["spot_check"] not in {b["event_id"] for b in e.events("SpotCheckPassed")}:
        yield f"{name} rests on no spot check"
