"""From `main` to the last closed connection: one process of a service, all of it or the share that a verb names."""

import argparse
import asyncio
import faulthandler
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from fastapi import APIRouter
from pydantic import ValidationError

from trueshelf_runtime import letters_web
from trueshelf_runtime import migrate as migrations
from trueshelf_runtime.bus import Consumers
from trueshelf_runtime.errors import describe
from trueshelf_runtime.health import Stuck
from trueshelf_runtime.intake import AnySubscription
from trueshelf_runtime.jobs import JobSpec, Worker
from trueshelf_runtime.letters_web import Letters
from trueshelf_runtime.opening import Runtime, opened, waiting_for
from trueshelf_runtime.relay import Relay
from trueshelf_runtime.server import serve
from trueshelf_runtime.settings import RuntimeSettings
from trueshelf_runtime.telemetry import configure_logging, configure_tracing
from trueshelf_runtime.web import Faces, create_app

__all__ = ["Background", "Origin", "Parts", "Runtime", "main", "opened", "run_parts"]

log = structlog.get_logger(__name__)
S = TypeVar("S", bound=RuntimeSettings)
VERBS = ("run", "serve", "consume", "work", "relay", "migrate")
CONFIGURATION, MISMATCH, STUCK = 2, 3, 4
"""Exit codes: the settings are wrong; the schema is not what this release expects; nothing moved any more."""
BLOCKED = 75.0
"""Seconds for which the event loop may stand still; then the process writes its stacks to stderr and ends."""


@dataclass(frozen=True, slots=True)
class Background:
    """Something that runs as long as the process does; cancelled at stop. One that raises is started again.

    It runs where the relay runs, so in one process of a service unless somebody starts two.
    """

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Origin:
    """Routes that are served on a port of their own, because a browser shall take them for another site's."""

    name: str
    port: int
    routers: tuple[APIRouter, ...]
    faces: Faces | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service consists of."""

    subscriptions: tuple[AnySubscription, ...] = ()
    jobs: tuple[JobSpec[Any], ...] = ()
    routers: tuple[APIRouter, ...] = ()
    background: tuple[Background, ...] = ()
    description: str = ""
    faces: Faces | None = None
    origins: tuple[Origin, ...] = ()


Build = Callable[[Runtime], Awaitable[Parts]]


def main(settings_class: type[S], build: Build) -> None:
    """Run the verb of the command line and exit; `python -m trueshelf_<service> VERB`."""
    service = str(settings_class.model_fields["service"].default)
    parser = argparse.ArgumentParser(prog=f"trueshelf_{service}", description=f"Trueshelf's {service} service")
    parser.add_argument("verb", choices=VERBS, nargs="?", default="run", help="run = everything in one process")
    parser.add_argument("--phase", choices=("pre", "post"), help="migrate: only this phase (default: both)")
    arguments = parser.parse_args()
    try:
        settings = settings_class()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        sys.stderr.write(_settings_faults(service, error))
        raise SystemExit(CONFIGURATION) from error
    configure_logging(service, settings.log_level)
    configure_tracing(service, settings.otlp_endpoint)
    package = build.__module__.partition(".")[0]
    if arguments.verb == "migrate":
        raise SystemExit(asyncio.run(_migrate(settings, package, arguments.phase)))
    raise SystemExit(asyncio.run(_live(settings, build, package, arguments.verb)))


def _settings_faults(service: str, error: ValidationError) -> str:
    lines = [f"trueshelf_{service} cannot start: its settings are wrong."]
    for item in error.errors():
        name = "_".join(str(part) for part in item["loc"]).upper()
        lines.append(f"  TRUESHELF_{name}: {item['msg']}")
    return "\n".join(lines) + "\n"


async def _migrate(settings: RuntimeSettings, package: str, phase: str | None) -> int:
    if settings.pg_owner_dsn is None:
        log.error("migrate needs TRUESHELF_PG_OWNER_DSN, the role that owns the schema")
        return CONFIGURATION
    phases: Any = (phase,) if phase else ("pre", "post")
    owner = settings.pg_owner_dsn.get_secret_value()
    applied = await waiting_for(
        "PostgreSQL", lambda: migrations.migrate(owner, settings.service, package=package, phases=phases)
    )
    log.info("migrated", applied=applied)
    return 0


async def _live(settings: RuntimeSettings, build: Build, package: str, verb: str) -> int:
    """Open, run until a signal or a fault, close; return the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(_run(settings, build, package, verb, stop))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    try:
        await asyncio.wait_for(running, settings.graceful_timeout + 10 if stop.is_set() else None)
    except (Stuck, TimeoutError) as error:
        log.critical("this process ends; a new one takes over", error=describe(error))
        # Crash-only: what did not end when it was told to would hold up every orderly way out, too.
        os._exit(STUCK)
    except migrations.MigrationMismatch as error:
        log.critical("the database's schema is not what this release expects", error=str(error))
        return MISMATCH
    except Exception as error:
        log.critical("this process ends for an error", error=describe(error), exc_info=error)
        return 1
    log.info("stopped")
    return 0


async def _run(settings: RuntimeSettings, build: Build, package: str, verb: str, stop: asyncio.Event) -> None:
    async with opened(settings, package, stop) as runtime:
        if runtime is None:
            return
        parts = await build(runtime)
        guard = asyncio.create_task(_guard_loop(), name="loop-guard")  # of a process of its own, never of a test's
        try:
            await run_parts(runtime, parts, verb, stop)
        finally:
            guard.cancel()


async def run_parts(runtime: Runtime, parts: Parts, verb: str, stop: asyncio.Event) -> None:
    """Run the share of `verb` until `stop`; then stop taking, let what runs end, and return.

    Raises Stuck when the watchdog gives up, and whatever a part raises that must not.
    """
    settings, db, health = runtime.settings, runtime.db, runtime.health
    tasks: dict[str, asyncio.Task[None]] = {}

    def start(name: str, work: Awaitable[None]) -> None:
        tasks[name] = asyncio.create_task(_awaited(work), name=name)

    if verb in {"run", "consume"} and parts.subscriptions:
        start("consume", Consumers(settings, db, parts.subscriptions, health=health).run())
    if verb in {"run", "work"} and parts.jobs:
        start("work", Worker(db, parts.jobs, health=health).run(grace=settings.graceful_timeout - 2))
    if verb in {"run", "relay"}:
        start("relay", Relay(settings, db, health=health).run())
        for background in parts.background:
            start(background.name, _kept_alive(background))
    start("watchdog", health.watch())
    serves = verb in {"run", "serve"}
    common: dict[str, Any] = {"identity": runtime.identity, "db": db, "health": health, "clock": runtime.clock}
    app = create_app(
        settings.service,
        (*parts.routers, *_letters(runtime, parts)) if serves else (),
        description=parts.description,
        faces=parts.faces,
        **common,
    )
    start("serve", serve(app, settings, stop))  # each process shows its health and figures
    for origin in parts.origins if serves else ():
        other = create_app(settings.service, origin.routers, faces=origin.faces, **common)
        start(f"serve-{origin.name}", serve(other, settings, stop, port=origin.port))
    log.info("started", verb=verb, parts=sorted(tasks))
    stopped = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({*tasks.values(), stopped}, return_when=asyncio.FIRST_COMPLETED)
        ended = [] if stop.is_set() else [name for name, task in tasks.items() if task.done()]
    finally:
        await _end(tasks, stopped, stop)
    for name, task in tasks.items():
        if not task.cancelled() and (error := task.exception()):
            log.error("a part of this process failed", part=name)
            raise error
    if ended:
        raise RuntimeError(f"ended by itself: {', '.join(ended)}")


def _letters(runtime: Runtime, parts: Parts) -> tuple[APIRouter, ...]:
    """Return the routes about dead letters where there are groups that could have any."""
    producers = [subscription.producer for subscription in parts.subscriptions]
    letters = Letters(runtime.settings, runtime.db, producers, runtime.clock)
    return (letters_web.router(letters),) if producers else ()


async def _end(tasks: dict[str, asyncio.Task[None]], stopped: asyncio.Task[Any], stop: asyncio.Event) -> None:
    """Stop taking work, let what runs end; the relay goes last: what the others still write may yet be published."""
    stop.set()
    stopped.cancel()
    last = {"relay"}
    for names in (set(tasks) - last, last & set(tasks)):
        for name in names:
            if not name.startswith("serve"):  # servers stop by the event and let requests end
                tasks[name].cancel()
        await asyncio.gather(*(tasks[name] for name in names), return_exceptions=True)


async def _guard_loop() -> None:
    """End the process if the event loop stands still: then not even the watchdog runs, but this thread of C does."""
    try:
        while True:
            faulthandler.dump_traceback_later(BLOCKED, exit=True)
            await asyncio.sleep(BLOCKED / 10)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _kept_alive(background: Background) -> None:
    """Run a background part; after an error, again. Its errors and its end are its own: nothing else stops for them."""
    delay = 1.0
    while True:
        try:
            await background.run()
        except Exception as error:  # noqa: BLE001 - logged, and tried again
            log.warning("a background part failed and starts again", part=background.name, error=describe(error))
        else:
            await asyncio.Event().wait()  # it had something to do once; this task goes with the process
        await asyncio.sleep(delay)
        delay = min(delay * 2, 30.0)
