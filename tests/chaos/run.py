"""`make chaos`: the whole path under kills, then an independent check. Exit 0 when the verdict is clean.

`--mutation no-inbox` and `--mutation offset-first` break delivery on purpose: the verdict must be red then.
"""

import argparse
import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import asyncpg

from chaos.driver import Flow, Work, fresh_seed
from chaos.evidence import SERVICES
from chaos.history import History
from chaos.killer import Killer, WitnessKeeper, crash_environment, deaths
from chaos.mutations import MUTATIONS, mutate
from support.live import LiveStack, live_stack
from trueshelf_cli.roles import ensure_database, ensure_service
from trueshelf_cli.servers import known_servers
from trueshelf_cli.stack import Wish
from trueshelf_runtime.migrate import migrate


@dataclass(frozen=True, slots=True)
class Plan:
    """One chaos run."""

    work: Work
    kills: int
    gap: float
    """Seconds between two random kills, at least."""
    crash_deaths: float
    """Deaths at its crash point that each service shall die."""
    batch: int
    mutation: str | None = None


def short(seed: int, mutation: str | None = None) -> Plan:
    """The run of `make test`: small enough for 90 s on two cores."""
    work = Work(skus=6, seed=seed, window=6, three_shots=3, large_every=3, patience=60)
    return Plan(work, kills=6, gap=1.0, crash_deaths=1.0, batch=3, mutation=mutation)


def long(seed: int, skus: int, kills: int) -> Plan:
    work = Work(skus=skus, seed=seed, window=30, three_shots=20, large_every=10, patience=240)
    return Plan(work, kills=kills, gap=3.0, crash_deaths=6, batch=20)


def chaos(plan: Plan, root: Path) -> tuple[int, str]:
    """Run it in `root`; return the checker's exit code and everything that was said."""
    seed = plan.work.seed
    crash = crash_environment(f"points-{seed}", plan.work.skus, plan.crash_deaths)
    head = f"seed {seed}: {plan.work.skus} SKUs, {plan.kills} kills, crash points: {_short(crash)}"
    if plan.mutation:
        mutate(root, plan.mutation)
        head += f"\nmutation: {plan.mutation}"
    print(head, flush=True)
    began = time.monotonic()
    environ = {"TRUESHELF_INGEST_BATCH_SIZE": str(plan.batch), **crash}
    # Without the console: the witness reads as its consumer groups.
    with live_stack(root, Wish(drill=True, services=SERVICES, workers={"qa": 1}), environ) as live:
        up = time.monotonic()
        where = asyncio.run(_where(live, root, root / "history.jsonl"))
        keeper = WitnessKeeper(root, where.pop("witness_env"), seed)
        keeper.start()
        try:
            told = _under_fire(live, plan, History(root / "history.jsonl"))
            keeper.calm()
            flowed = time.monotonic()
            code, said = _check(root, where)
        finally:
            keeper.stop()
    times = f"stack up in {up - began:.0f} s, flow {flowed - up:.0f} s, check {time.monotonic() - flowed:.0f} s"
    return code, "\n".join([*told, f"the witness died {keeper.deaths} times", times, said])


def _under_fire(live: LiveStack, plan: Plan, history: History) -> list[str]:
    """Let driver and killer work; return what became of it."""
    flow = Flow(live, plan.work, history)
    killer = Killer(live.stack, history, flow.progress, plan.kills, plan.gap, plan.work.seed)
    killer.start()
    try:
        ended = flow.run()
    finally:
        killer.stop()
    died = deaths(live.stack.layout.logs)
    names = ", ".join(f"{name} {n}" for name, n in sorted(died.items()))
    restarted = history.path.read_text(encoding="utf-8").count('"kind": "restart"')
    return [
        f"{'ended' if ended else 'STALLED'}: {flow.stage}",
        f"{killer.done} random kills, {restarted} backing servers restarted",
        f"died by SIGKILL, kills and crash points together: {sum(died.values())} ({names})",
    ]


def _short(crash: dict[str, str]) -> str:
    return ", ".join(f"{name.split('_')[1].lower()} {point}" for name, point in crash.items())


async def _where(live: LiveStack, root: Path, history: Path) -> dict[str, Any]:
    """Make the witness's database; return where everything is."""
    servers = known_servers(live.stack.layout)
    assert servers is not None
    admin = await ensure_database(servers.pg_admin_dsn, "witness")
    access = await ensure_service(admin, "console", "owner-of-the-witness", "the-witness")
    await migrate(access.owner, "console", package=None)
    connection = await asyncpg.connect(access.owner)
    try:
        await connection.execute("CREATE TABLE console.tally (event_id uuid PRIMARY KEY, n int NOT NULL)")
    finally:
        await connection.close()
    keys = live.written["public_keys"]
    where = {
        "pg_dsn": servers.pg_admin_dsn,
        "witness_dsn": admin,
        "kafka": servers.kafka,
        "s3_endpoint": servers.s3,
        "s3_access_key": servers.s3_env["TRUESHELF_S3_ACCESS_KEY"],
        "s3_secret_key": servers.s3_env["TRUESHELF_S3_SECRET_KEY"],
        "history": str(history),
        "public_keys": {"decisions": keys["decisions"], "checkpoints": keys["checkpoints"]},
        "root": str(root),
        "trueshelf": str(Path(sys.executable).with_name("trueshelf")),
    }
    (root / "where.json").write_text(json.dumps(where))
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "TRUESHELF_PG_DSN": access.service}
    env |= {**servers.kafka_env, "TRUESHELF_KAFKA_MEMBER": "witness"}
    return {**where, "witness_env": env}


def _check(root: Path, where: dict[str, Any]) -> tuple[int, str]:
    """Run the checker as a process of its own, without any path to the services."""
    command = [sys.executable, str(Path(__file__).with_name("checker.py")), str(root / "where.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    return done.returncode, (done.stdout + done.stderr).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="the same seed kills the same names in the same order")
    parser.add_argument("--skus", type=int, default=300)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--short", action="store_true", help="the form that `make test` runs")
    parser.add_argument(
        "--mutation", choices=sorted(MUTATIONS), help="break delivery on purpose (short form): must go red"
    )
    parser.add_argument("--keep", type=Path, help="directory for stack, logs and history; kept")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stack is ended on the way out
    seed = fresh_seed() if asked.seed is None else asked.seed
    plan = short(seed, asked.mutation) if asked.short or asked.mutation else long(seed, asked.skus, asked.kills)
    root = asked.keep or Path(tempfile.mkdtemp(prefix="trueshelf-chaos-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        code, said = chaos(plan, root.resolve())
    finally:
        if asked.keep is None:
            shutil.rmtree(root, ignore_errors=True)
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main())
