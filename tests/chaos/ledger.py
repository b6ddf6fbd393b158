"""The audit log against the topics, with a Merkle tree of our own (RFC 6962, written by recursion)."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import chain

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chaos.evidence import Evidence, Row


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH of section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


def leaf(row: Row) -> bytes:
    """Return the leaf of an entry from its raw columns, as the audit service's README says."""

    def text(data: bytes | None) -> str | None:
        return None if data is None else base64.b64encode(data).decode()

    fields = {
        "v": 1,
        "seq": row["seq"],
        "logged_at": row["logged_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "topic": row["topic"],
        "partition": row["partition"],
        "offset": row["offset"],
        "timestamp_ms": row["timestamp_ms"],
        "key": text(row["key"]),
        "value": text(row["value"]),
        "headers": json.loads(row["headers"]),
    }
    data = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(b"\x00" + data).digest()


def log_complete(e: Evidence) -> Iterator[str]:
    """Every offset of every topic stands in the log exactly once, with the bytes that Kafka has."""
    entries = e.tables["audit.entries"]
    places: dict[tuple[str, int, int], Row] = {}
    for number, row in enumerate(entries):
        if row["seq"] != number:
            yield f"the log's entry {number} has the number {row['seq']}"
            return
        place = (row["topic"], row["partition"], row["offset"])
        if place in places:
            yield f"{place} stands in the log twice"
        places[place] = row
    stated = (records for topic, records in e.records.items() if not topic.startswith("trueshelf.dlq."))
    for record in chain.from_iterable(stated):
        row = places.pop((record.topic, record.partition, record.offset), None)
        name = f"{record.topic}/{record.partition}@{record.offset}"
        if row is None:
            yield f"{name} is not in the log"
        elif (row["key"], row["value"]) != (record.key, record.value):
            yield f"{name} stands in the log with other bytes"
    yield from (f"the log holds {place}, which no topic has" for place in places)
    waiting = e.tables["audit.received"][0]["n"]
    if waiting:
        yield f"{waiting} records wait for their place in the log"
    bad = [row["seq"] for row in entries if row["signature"] not in (None, "valid")]
    if bad:
        yield f"the log calls the signatures of entries {bad[:5]} not valid"


def tree_right(e: Evidence) -> Iterator[str]:
    """Leaves, the last checkpoint's root and its signature follow from the raw rows."""
    entries, checkpoints = e.tables["audit.entries"], e.tables["audit.checkpoints"]
    leaves = [leaf(row) for row in entries]
    for row, computed in zip(entries, leaves, strict=True):
        if row["leaf_hash"] != computed:
            yield f"the leaf of entry {row['seq']} does not follow from its bytes"
            return
    if not checkpoints:
        yield "there is no checkpoint"
        return
    last = checkpoints[-1]
    if last["tree_size"] != len(entries):
        yield f"the last checkpoint covers {last['tree_size']} of {len(entries)} entries"
    root = tree_root(leaves[: last["tree_size"]])
    if root != last["root"]:
        yield f"the root over {last['tree_size']} entries is {root.hex()}, the checkpoint says {last['root'].hex()}"
    body, _, signatures = last["note"].rpartition("\n\n")
    if body.split("\n")[1:3] != [str(last["tree_size"]), base64.b64encode(root).decode()]:
        yield "the last checkpoint's note says something else than its row"
    signature = base64.b64decode(signatures.split()[-1])[4:]
    public = base64.urlsafe_b64decode(e.keys["checkpoints"]["keys"][0]["x"] + "==")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, (body + "\n").encode())
    except InvalidSignature:
        yield "the last checkpoint's signature does not hold"
