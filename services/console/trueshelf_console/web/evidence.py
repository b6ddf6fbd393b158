"""What an auditor takes away: entries as JSON lines, and for one SKU a ZIP that proves itself without this console."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from trueshelf_console.adapters.services import Json
from trueshelf_console.web.audit_telling import Reader
from trueshelf_runtime.problem import Problem

MOST_ENTRIES = 5000
PIECE = 500
PROVEN = frozenset(
    {
        "VariantApproved",
        "ApprovalWithdrawn",
        "SpotCheckPassed",
        "BatchQuarantined",
        "BatchReleased",
        "SkuHeld",
        "RenditionAccepted",
        "RulesConfirmed",
        "PackReady",
        "PackWithdrawn",
    }
)
"""Decisions and packs get a proof each; the rest stands in the same log between them."""
READ_ME = """Evidence for {sku}, taken {at} UTC by account {who}.

entries.jsonl     every entry of the log about the SKU and its batches, in the log's order, one JSON object a line
entries.txt       the same as sentences; names of people are the console's, of today, and no part of the log
proofs/SEQ.json   for each decision and pack: the leaf's bytes, its hashes up to the root, and the signed checkpoint
checkpoint.txt    the newest checkpoint (a C2SP signed note) and the key that signed it

A proof holds when SHA-256(0x00 || leaf_data), combined with the hashes as RFC 9162 section 2.1.3.2 says, gives the root
that the checkpoint states. `trueshelf audit proof SEQ` checks one; `trueshelf audit verify` checks the whole log.
The pictures are named by their SHA-256: whoever holds a file can compare.
"""


async def whole_timeline(at: Reader, sku: str) -> tuple[list[Json], bool]:
    """Return everything that was said about a SKU and its batches, and whether there is more than we show."""
    return await _all(at, f"/timeline/{quote(sku, safe='')}", {})


async def found_entries(at: Reader, asked: Mapping[str, Any]) -> list[Json]:
    """Return every entry of a search. Raises Problem 422 for more than MOST_ENTRIES: a part looks like the whole."""
    entries, more = await _all(at, "/entries", asked)
    if more:
        raise Problem(
            422,
            "too_much",
            f"the search finds more than {MOST_ENTRIES} entries",
            "narrow the search, for example to fewer days, or use `trueshelf audit export` on the machine of the log",
        )
    return entries


def as_lines(entries: Sequence[Json]) -> bytes:
    return "".join(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n" for entry in entries).encode()


async def evidence(at: Reader, sku: str, entries: Sequence[Json], lines: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the ZIP. Its proofs are asked for one by one: audit puts each reading on record."""
    checkpoint = await at.get("/checkpoints/latest")
    proofs = {entry["seq"]: await at.get(f"/proofs/{entry['seq']}") for entry in entries if entry["type"] in PROVEN}
    text = "\n".join(f"{line['seq']:>9}  {line['at']}  {line['sentence']}" for line in lines)
    now = at.console.clock.now()
    read_me = READ_ME.format(sku=sku, at=f"{now:%Y-%m-%d %H:%M:%S}", who=at.person.account.account_id)
    files = {
        "READ-ME.txt": read_me.encode(),
        "entries.jsonl": as_lines(entries),
        "entries.txt": (text + "\n").encode(),
        "checkpoint.txt": f"{checkpoint['note']}\n{checkpoint['key']}\n".encode(),
        **{f"proofs/{seq}.json": json.dumps(proof, indent=2).encode() for seq, proof in proofs.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


async def _all(at: Reader, path: str, params: Mapping[str, Any]) -> tuple[list[Json], bool]:
    entries: list[Json] = []
    after: int | None = -1
    while after is not None and len(entries) <= MOST_ENTRIES:
        page = await at.get(path, **params, after=after, limit=PIECE)
        entries += page["entries"]
        after = page["after"]
    return entries[:MOST_ENTRIES], len(entries) > MOST_ENTRIES
