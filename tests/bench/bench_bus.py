"""Effectively-once transactions per second: `python tests/bench/bench_bus.py` (target: 2,000 on 2 cores).

Each transaction is what the consumer does for one event: decode, claim the inbox, insert a row of state, append an
event to the outbox, commit (durably). `--bus` measures the whole way instead: topic, consumer, outbox, relay, topic.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.backing import run_kafka, run_postgres, session_directory
from support.bus import CONSUMER, PRODUCER, Behaviour, Rig, act, make_effect_table, rig_of, until
from support.services import ServiceDb, ServiceDbFactory
from trueshelf_contracts.event import ActRecorded
from trueshelf_runtime.bus import Subscription
from trueshelf_runtime.db import Database
from trueshelf_runtime.intake import Intake
from trueshelf_runtime.records import RawRecord
from trueshelf_runtime.topics_admin import ensure_topics

TARGET = 2000


def _record(number: int, mark: str) -> RawRecord:
    event = act(f"sku-{mark}-{number % 500}", number)
    return RawRecord("trueshelf.generate", 0, number, 0, event.key.encode(), event.model_dump_json().encode(), ())


async def _take_all(dsn: str, number: int, lanes: int) -> tuple[float, float]:
    """Take in `number` events over `lanes` concurrent consumers; return when it began and ended."""
    mark = secrets.token_hex(4)
    async with Database.open(dsn, CONSUMER, size=lanes) as database:
        intake = Intake(CONSUMER, Subscription(PRODUCER, {ActRecorded: Behaviour().on_act}), database)
        records = iter([_record(each, mark) for each in range(number + lanes * 4)])

        async def lane(count: int) -> None:
            for _ in range(count):
                await intake.take(next(records))

        await asyncio.gather(*(lane(4) for _ in range(lanes)))  # connections opened, statements prepared
        began = time.time()
        await asyncio.gather(*(lane(number // lanes) for _ in range(lanes)))
        return began, time.time()


def _process(dsn: str, number: int, lanes: int, results: "multiprocessing.Queue") -> None:
    results.put(asyncio.run(_take_all(dsn, number, lanes)))


def bench_transactions(dsn: str, number: int, processes: int, lanes: int) -> float:
    """Return transactions per second over all processes."""
    results: multiprocessing.Queue = multiprocessing.get_context("spawn").Queue()
    share = number // processes
    workers = [
        multiprocessing.get_context("spawn").Process(target=_process, args=(dsn, share, lanes, results))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    spans = [results.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    return (share // lanes * lanes * processes) / (max(end for _, end in spans) - min(begin for begin, _ in spans))


async def bench_bus(db: ServiceDb, bootstrap: str, number: int) -> float:
    """Return events per second from topic to topic, one consumer and one relay in one process."""
    async with rig_of(db, bootstrap) as rig:
        events = [act(rig.subject(f"sku{each % 500}"), each) for each in range(number)]
        futures = [
            await rig.producer.send("trueshelf.generate", e.model_dump_json().encode(), key=e.key.encode())
            for e in events
        ]
        await asyncio.gather(*futures)
        began = time.perf_counter()
        async with rig.consuming(), rig.relaying():
            await until(lambda: _published(rig, number), 300, "every answer")
            return number / (time.perf_counter() - began)


async def _published(rig: Rig, number: int) -> bool:
    return await rig.outbox(waiting=False) >= number


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--lanes", type=int, default=8, help="concurrent consumers per process")
    parser.add_argument("--bus", action="store_true", help="the whole way through Kafka instead")
    options = parser.parse_args()
    with session_directory() as directory, run_postgres(directory) as postgres:
        db = await ServiceDbFactory(postgres)(CONSUMER)
        figures = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "events": options.events}
        if options.bus:
            with run_kafka(directory) as kafka:
                await ensure_topics({"bootstrap_servers": kafka.bootstrap})
                figures["events_per_second"] = round(await bench_bus(db, kafka.bootstrap, options.events))
        else:
            await make_effect_table(db)
            rate = await asyncio.to_thread(bench_transactions, db.dsn, options.events, options.processes, options.lanes)
            figures |= {"transactions_per_second": round(rate), "target": TARGET, "met": rate >= TARGET}
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main())
