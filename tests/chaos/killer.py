"""Who dies when: random SIGKILLs, named crash points, and one restart of each backing server, all from one seed."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from chaos.history import History
from trueshelf_cli.stack import Stack

BACKING = ("postgres", "kafka", "s3")
POINTS: Mapping[str, Mapping[str, float]] = {
    "ingest": {"job.after_work": 1.5, "job.after_commit": 1.5, "storage.after_put": 4, "relay.after_publish": 3},
    "generate": {"handler.after_commit": 1, "handler.before_commit": 1, "job.after_work": 3, "relay.before_publish": 3},
    "qa": {"handler.before_commit": 2.5, "job.after_commit": 2.5, "storage.before_put": 6, "storage.after_put": 6},
    "review": {"handler.after_commit": 6, "handler.before_commit": 6, "relay.after_publish": 6, "job.after_work": 2},
    "export": {"handler.before_commit": 3, "relay.after_mark": 3, "job.after_work": 2, "handler.after_commit": 3},
    "audit": {"handler.after_commit": 30, "handler.before_commit": 30},
}
"""Per service its points, each with roughly how often one SKU passes it."""


def crash_environment(seed: str, skus: int, deaths: float) -> dict[str, str]:
    """Choose one crash point per service, at which it dies about `deaths` times while `skus` go through.

    A restarted process has the same environment and dies again at its N-th pass, with N - 1 passes of progress.
    """
    chance = random.Random(seed)
    chosen = {}
    for service, points in POINTS.items():
        point, passes = chance.choice(list(points.items()))
        every = max(4, int(passes * skus / deaths))
        chosen[f"TRUESHELF_{service.upper()}_CRASH_AT"] = f"{point}:{every}"
    return chosen


@dataclass(slots=True)
class Killer:
    """Kills while the driver works: the k-th kill is due when k / kills of the work is done, `gap` seconds apart."""

    stack: Stack
    history: History
    progress: Callable[[], float]
    kills: int
    gap: float
    seed: int
    done: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        chance = random.Random(f"kill-{self.seed}")
        restarts = dict(zip([self.kills // 4, self.kills // 2, 3 * self.kills // 4], BACKING, strict=True))
        while self.done < self.kills and not self._stop.wait(self.gap * chance.uniform(0.6, 1.4)):
            if self.progress() < self.done / (self.kills + 1):
                continue
            if self.done in restarts:
                self._restart(restarts.pop(self.done))
            with contextlib.suppress(psutil.Error, ProcessLookupError, OSError):
                self._kill(chance)

    def _kill(self, chance: random.Random) -> None:
        """SIGKILL a random process of a service; every fifth time one of its pixel children, where it has one."""
        states = self.stack.supervisor.processes()
        alive = [i for i in states if i["name"] not in BACKING and i["statename"] in ("RUNNING", "STARTING")]
        if not alive:
            return
        victim = chance.choice(sorted(alive, key=lambda info: str(info["name"])))
        children = psutil.Process(victim["pid"]).children()
        child = bool(children) and chance.random() < 0.2
        os.kill(chance.choice(children).pid if child else victim["pid"], signal.SIGKILL)
        self.done += 1
        self.history.write("kill", victim=victim["name"], child=child, number=self.done)

    def _restart(self, name: str) -> None:
        self.history.write("restart", server=name)
        self.stack.supervisor.stop_programs([name])
        self.stack.supervisor.start_programs([name])


def deaths(logs: Path) -> dict[str, int]:
    """Return how often each program ended by SIGKILL, as supervisord saw it: kills and crash points together."""
    found: dict[str, int] = {}
    for path in sorted(logs.glob("supervisord.log*")):
        for name in re.findall(r"exited: (\S+) \(terminated by SIGKILL", path.read_text(errors="replace")):
            found[name] = found.get(name, 0) + 1
    return found


class WitnessKeeper:
    """Runs the witness and lets it die at handler points, again and again, until it is told to let it live."""

    def __init__(self, root: Path, env: Mapping[str, str], seed: int) -> None:
        self._root = root
        self._env = dict(env)
        self._chance = random.Random(f"witness-{seed}")
        self._calm = threading.Event()
        self._end = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)
        self.deaths = 0

    def start(self) -> None:
        self._thread.start()

    def calm(self) -> None:
        """Let it live from now on: the incarnation that still carries a crash point is replaced."""
        self._calm.set()
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        self._end.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(timeout=40)

    def _run(self) -> None:
        module = Path(__file__).with_name("witness.py")
        with (self._root / ".trueshelf" / "log" / "witness.log").open("ab") as log:
            while not self._end.is_set():
                env = dict(self._env)
                if not self._calm.is_set():
                    point = ("handler.before_commit", "handler.after_commit")[self.deaths % 2]
                    env["TRUESHELF_CRASH_AT"] = f"{point}:{self._chance.randint(10, 40)}"
                self._process = subprocess.Popen([sys.executable, str(module)], env=env, stdout=log, stderr=log)
                if self._process.wait() == -signal.SIGKILL:
                    self.deaths += 1
                elif not self._end.is_set():
                    time.sleep(1)
