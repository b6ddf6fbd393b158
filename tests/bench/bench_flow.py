"""`make bench-flow`: products through a drill stack, against the bare pixel functions over the same photos.

Prints SKUs per minute, p50 and p95 per stage, and the ratio to *bare*: the functions that the services' children call,
in a plain process pool, with nothing stored, sent or decided. Figures, no verdict: target of issue 3 is a ratio of 0.7.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import asyncpg

from chaos.driver import Flow, Work
from chaos.history import History
from support.live import live_stack
from support.photos import product_photo
from trueshelf_cli.servers import known_servers
from trueshelf_cli.stack import Wish
from trueshelf_contracts.refs import Service

Json = dict[str, Any]
WHITE, GREY = [255, 255, 255], [240, 240, 240]
CANVAS = {"canvas": (1600, 1600), "minimum": (1000, 1000), "max_bytes": 12_000_000, "quality_floor": 90}
"""The marketplace's limits as its profile has them (eBay)."""


def bare_sku(photo: bytes) -> float:
    """Do all pixel work of one SKU with one photo: two drafts for main, both compared, one rendered and compared."""
    from trueshelf_export.pixels import render  # noqa: PLC0415 - loaded in the pool's processes only
    from trueshelf_generate.pixels import remove, replace  # noqa: PLC0415
    from trueshelf_ingest.decode import decode  # noqa: PLC0415
    from trueshelf_ingest.pixels import finish  # noqa: PLC0415
    from trueshelf_qa.pixels import compare  # noqa: PLC0415
    from trueshelf_qa.policy import as_json, load  # noqa: PLC0415

    began = time.perf_counter()
    policy = load()
    decoded, samples = decode({"declared": "jpeg"}, (photo,))
    facts, (source, _) = finish({"width": decoded["width"], "height": decoded["height"]}, samples)
    cut, (alpha,) = remove({"hints": {}}, (source,))
    assert cut["passed"], cut["findings"]
    masters = []
    for ground in (WHITE, GREY):
        made, (master, _) = replace({"background": ground, "fill": 0.86, "aspect": 1.0}, (source, alpha))
        place = {"scale": 1.0, "offset_x": made["offset_x"], "offset_y": made["offset_y"]}
        limits = as_json(policy.limits("composited", "home"))
        claims = {"media_type": "image/png", **made["master"]}
        request = _comparison(limits, facts["source"], claims, wanted=ground, placed=place)
        compare(request, (source, master))
        masters.append((master, made["master"]))
    master, size = masters[0]
    rendition, (jpeg,) = render({**CANVAS, "digital_source_type": None}, (master,))
    limits = as_json(policy.limits("rendition", "home"))
    claims = {"media_type": "image/jpeg", **{n: rendition[n] for n in ("width", "height", "pixel_sha256")}}
    compare(_comparison(limits, size, claims, placed=rendition["placement"]), (master, jpeg))
    return time.perf_counter() - began


def _comparison(limits: Json, source: Json, candidate: Json, *, placed: Json, wanted: list[int] | None = None) -> Json:
    return {
        "limits": limits,
        "placed": placed,
        "gain": None,
        "wanted": wanted,
        "generative": False,
        "source": {"media_type": "image/png", **source},
        "candidate": candidate,
    }


def bare(photos: list[bytes], processes: int) -> float:
    """Return SKUs per minute of the bare functions; the processes have started and imported everything before."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(bare_sku, photos[:processes]))
        began = time.perf_counter()
        list(pool.map(bare_sku, photos))
        return len(photos) / (time.perf_counter() - began) * 60


def flow(work: Work, workers: int, root: Path) -> tuple[float, dict[str, list[float]]]:
    """Return SKUs per minute from the first acknowledgement to the last pack, and the delays of each stage."""
    extra: dict[Service, int] = {"generate": workers, "qa": workers} if workers else {}
    with live_stack(root, Wish(drill=True, workers=extra)) as live:
        history = History(root / "history.jsonl")
        if not Flow(live, work, history, repeat=False).run():
            raise SystemExit(f"the flow stalled; see {root}/.trueshelf/log (run with --keep)")
        servers = known_servers(live.stack.layout)
        assert servers is not None
        rows = asyncio.run(_published(servers.pg_admin_dsn))
    lines = [json.loads(line) for line in history.path.read_text(encoding="utf-8").splitlines()]
    first = datetime.fromisoformat(lines[0]["at"])
    last = max(row["at"] for row in rows if row["event"]["type"] in ("PackReady", "PackRefused"))
    return work.skus / (last - first).total_seconds() * 60, _delays(lines, rows)


async def _published(dsn: str) -> list[Json]:
    """Return every event with the time at which its outbox row was marked as published."""
    connection = await asyncpg.connect(dsn)
    try:
        names = ("ingest", "generate", "qa", "review", "export")
        query = " UNION ALL ".join(f"SELECT value, published_at FROM {name}.outbox" for name in names)
        rows = await connection.fetch(query)
        return [{"event": json.loads(row["value"]), "at": row["published_at"]} for row in rows]
    finally:
        await connection.close()


def _delays(lines: list[Json], rows: list[Json]) -> dict[str, list[float]]:
    """Return seconds per stage, from published fact to published fact, or from the acknowledgement that began it."""
    at: dict[tuple[str, str], datetime] = {}
    for row in rows:
        event = row["event"]
        name = {"SkuReady": "sku", "VariantGenerated": "variant_id", "VariantChecked": "variant_id"}.get(event["type"])
        if name:
            at[event["type"], event[name]] = row["at"]
    found: dict[str, list[float]] = defaultdict(list)
    acks = [line for line in lines if line["kind"] == "ack"]
    sent = {line["said"]["sku"]: line["at"] for line in acks if line["path"].endswith("/captures")}
    decided = {line["said"]["decision_id"]: line["at"] for line in acks if line["path"].endswith("/decisions")}
    ordered = {line["said"]["order_id"]: line["at"] for line in acks if line["path"].endswith("/orders")}
    for row in rows:
        event, when = row["event"], row["at"]
        match event["type"]:
            case "SkuReady":
                found["photo acknowledged → SKU ready"].append(_seconds(sent[event["sku"]], when))
            case "VariantGenerated":
                found["ready → draft generated"].append((when - at["SkuReady", event["sku"]]).total_seconds())
            case "VariantChecked":
                made = at["VariantGenerated", event["variant_id"]]
                found["generated → checked"].append((when - made).total_seconds())
            case "VariantApproved" | "VariantRejected":
                found["decision → event (1 s to undo)"].append(_seconds(decided[event["decision_id"]], when))
            case "PackReady" | "PackRefused":
                found["order → pack"].append(_seconds(ordered[event["order_id"]], when))
    return found


def _seconds(since: str, when: datetime) -> float:
    return (when - datetime.fromisoformat(since)).total_seconds()


def quantile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-flow", description=__doc__.splitlines()[0])
    parser.add_argument("--skus", type=int, default=40)
    parser.add_argument("--side", type=int, default=1160, help="pixels of the square photos")
    parser.add_argument("--workers", type=int, default=0, help="further worker processes of generate and of qa")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of the bare run")
    parser.add_argument("--keep", type=Path, help="directory for the stack; kept")
    asked = parser.parse_args()
    work = Work(
        asked.skus, seed=7, window=asked.skus, three_shots=0, size=(asked.side, asked.side), plain=True, patience=300
    )
    photos = [product_photo(number * 10 + work.seed, "macro", size=work.size) for number in range(work.skus)]
    root = asked.keep or Path(tempfile.mkdtemp(prefix="trueshelf-flow-"))
    try:
        rate, delays = flow(work, asked.workers, root.resolve())
    finally:
        if asked.keep is None:
            shutil.rmtree(root, ignore_errors=True)
    alone = bare(photos, asked.processes)
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{work.skus} SKUs, one photo of {asked.side} x {asked.side} each, two drafts, one file for a marketplace")
    for stage, seconds in delays.items():
        middle, most = statistics.median(seconds), quantile(seconds, 0.95)
        print(f"  {stage:<34} p50 {middle:7.2f} s   p95 {most:7.2f} s   n {len(seconds)}")
    print(f"  flow {rate:6.1f} SKUs/min   bare {alone:6.1f} SKUs/min in {asked.processes} processes")
    print(f"  ratio to bare {rate / alone:.2f} (target >= 0.7)")


if __name__ == "__main__":
    main()
