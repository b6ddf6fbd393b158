"""The state behind /livez and /readyz, and the watchdog that ends a process which no longer moves (crash-only)."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from aiokafka.client import AIOKafkaClient

from trueshelf_runtime.errors import describe
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.telemetry import METRICS

LOG = structlog.get_logger(__name__)
PERIOD = 10.0
PATIENCE = 60.0
"""Seconds for which a probe may fail before the process ends itself."""
LOOP_LAG = 5.0
"""Seconds by which the event loop may run late; more means that something blocks it."""
READY_TIMEOUT = 2.0

LiveProbe = Callable[[], "Awaitable[str | None] | str | None"]
ReadyProbe = Callable[[], Awaitable[object]]


class Stuck(Exception):  # noqa: N818 - a state, said as such
    """Nothing moves any more, and only a new process helps. Ends this one with a status that is not zero."""


@dataclass(frozen=True, slots=True)
class Report:
    """`details` says per probe what is wrong, or `ok`."""

    ok: bool
    details: dict[str, str]


@dataclass(slots=True)
class Failing:
    """Since when each probe fails without a break: a pure state machine over (time, what is wrong)."""

    since: dict[str, float] = field(default_factory=dict)

    def observe(self, now: float, wrong: dict[str, str]) -> dict[str, str]:
        """Take note of what is wrong now; return what has been wrong for `PATIENCE`."""
        self.since = {name: self.since.get(name, now) for name in wrong}
        return {name: text for name, text in wrong.items() if now - self.since[name] >= PATIENCE}


class Health:
    """Probes by name. Parts of the process add theirs when they start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._live: dict[str, LiveProbe] = {}
        self._ready: dict[str, ReadyProbe] = {}
        self._failing = Failing()
        self._lag = 0.0

    def add_live(self, name: str, probe: LiveProbe) -> None:
        """`probe()` returns None when all is well, else what is wrong. It must not wait longer than a moment."""
        self._live[name] = probe

    def add_ready(self, name: str, probe: ReadyProbe) -> None:
        """`probe()` raises while what it asks is away."""
        self._ready[name] = probe

    async def livez(self) -> Report:
        """Say whether the process moves. False only after `PATIENCE`, as for the watchdog: a hiccup is no death."""
        wrong = await self._wrong()
        dead = self._failing.observe(self._clock(), wrong)
        return Report(not dead, {name: wrong.get(name, "ok") for name in (*self._live, "loop")})

    async def readyz(self) -> Report:
        """Say whether what the process rests on answers: PostgreSQL, Kafka, S3."""
        names = list(self._ready)
        answers = await asyncio.gather(*(self._ask(self._ready[name]) for name in names))
        details = dict(zip(names, answers, strict=True))
        return Report(all(text == "ok" for text in answers), details)

    async def watch(self, period: float = PERIOD) -> None:
        """Look every `period` seconds; never returns. Raises Stuck when something has been wrong for `PATIENCE`."""
        while True:
            before = self._clock()
            await asyncio.sleep(period)
            self._lag = max(0.0, self._clock() - before - period)
            METRICS.loop_lag.set(self._lag)
            dead = self._failing.observe(self._clock(), await self._wrong())
            if dead:
                LOG.critical("the watchdog ends this process", **dead)
                raise Stuck("; ".join(f"{name}: {text}" for name, text in dead.items()))

    async def _wrong(self) -> dict[str, str]:
        wrong = {}
        for name, probe in self._live.items():
            try:
                told = probe()
                text = await asyncio.wait_for(told, READY_TIMEOUT) if inspect.isawaitable(told) else told
            except Exception as error:  # noqa: BLE001 - a probe that fails is a finding
                text = describe(error, 200)
            if text is not None:
                wrong[name] = str(text)
        if self._lag > LOOP_LAG:
            wrong["loop"] = f"the event loop runs {self._lag:.1f} s late: something blocks it"
        return wrong

    @staticmethod
    async def _ask(probe: ReadyProbe) -> str:
        try:
            async with asyncio.timeout(READY_TIMEOUT):
                await probe()
        except TimeoutError:
            return f"no answer within {READY_TIMEOUT:.0f} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
            return describe(error, 200)
        return "ok"


async def kafka_answers(settings: RuntimeSettings) -> None:
    """Raise when no broker tells the cluster's metadata (a probe for readyz; never one of life: messaging.md P12)."""
    client = AIOKafkaClient(**settings.kafka_options(), request_timeout_ms=2000)
    try:
        await client.bootstrap()
    finally:
        await client.close()
