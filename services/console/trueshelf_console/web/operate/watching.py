"""What the console sees of the services: who answers, who is ready, their figures, and since when it is so."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import structlog
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from trueshelf_console.service.overview import SQL
from trueshelf_console.settings import SIX
from trueshelf_console.web.context import Console
from trueshelf_contracts.refs import Service
from trueshelf_runtime.db import Row
from trueshelf_runtime.health import Health

log = structlog.get_logger(__name__)
State = Literal["well", "unready", "stuck", "away"]
PERIOD = 5.0
FRESH = timedelta(seconds=12)
"""A look that is older is taken anew before a page shows it."""
OK = 200


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at one service found."""

    service: Service
    state: State
    details: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


class Watcher:
    """Looks at every service in the background; pages read what it wrote down."""

    def __init__(self, console: Console, health: Health) -> None:
        self._console = console
        self._health = health
        self._one = asyncio.Lock()

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(PERIOD)

    async def look(self) -> None:
        """Look at every service once and write down what is seen."""
        looks = await asyncio.gather(*(self._service(service) for service in SIX), self._ourselves())
        now = self._console.clock.now()
        async with self._console.db.transaction() as tx:
            for look in sorted(looks, key=lambda each: each.service):
                await tx.execute(SQL["watch"], look.service, look.state, now, look.details, look.figures)

    async def rows(self) -> dict[str, Row]:
        """Return what was seen last, per service; looks first when nobody has looked for a while."""
        async with self._one:
            rows = await self._read()
            now = self._console.clock.now()
            if len(rows) <= len(SIX) or any(now - row["seen_at"] > FRESH for row in rows.values()):
                await self.look()
                rows = await self._read()
        return rows

    async def _read(self) -> dict[str, Row]:
        return {row["service"]: row for row in await self._console.db.fetch(SQL["watched"])}

    async def _service(self, service: Service) -> Look:
        services = self._console.services
        live, ready, metrics = await asyncio.gather(
            *(services.open(service, path) for path in ("/livez", "/readyz", "/metrics"))
        )
        if live is None or ready is None:
            return Look(service, "away")
        figures = figures_of(metrics.text) if metrics is not None and metrics.status_code == OK else {}
        wrong = {**_wrong(ready.content and ready.json()), **_wrong(live.content and live.json())}
        return Look(service, _state(live.status_code == OK, ready.status_code == OK), wrong, figures)

    async def _ourselves(self) -> Look:
        live, ready = await asyncio.gather(self._health.livez(), self._health.readyz())
        wrong = {name: text for report in (ready, live) for name, text in report.details.items() if text != "ok"}
        return Look("console", _state(live.ok, ready.ok), wrong, figures_of(generate_latest().decode()))


def _state(live: bool, ready: bool) -> State:
    if not live:
        return "stuck"
    return "well" if ready else "unready"


def _wrong(report: Any) -> dict[str, str]:
    details = report.get("details", {}) if isinstance(report, dict) else {}
    return {str(name): str(text) for name, text in details.items() if text != "ok"}


def figures_of(text: str) -> dict[str, Any]:
    """Return what the page shows of a service's metrics."""
    figures: dict[str, Any] = {"jobs": {}, "dead": {}, "breakers": []}
    plain = {
        "process_resident_memory_bytes": "memory",
        "process_start_time_seconds": "started",
        "trueshelf_outbox_rows": "outbox",
        "trueshelf_outbox_age_seconds": "outbox_age",
        "trueshelf_loop_lag_seconds": "loop_lag",
    }
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name, labels, value = sample.name, sample.labels, sample.value
            if name in plain:
                figures[plain[name]] = value
            elif name == "trueshelf_build_info":
                figures["version"] = labels["version"]
            elif name == "trueshelf_job_backlog":
                figures["jobs"].setdefault(labels["name"], {})["waiting"] = int(value)
            elif name == "trueshelf_job_oldest_seconds":
                figures["jobs"].setdefault(labels["name"], {})["oldest"] = value
            elif name == "trueshelf_jobs_total":
                figures["jobs"].setdefault(labels["name"], {})[labels["outcome"]] = int(value)
            elif name == "trueshelf_records_total" and labels["outcome"] == "dead":
                figures["dead"][labels["group"]] = int(value)
            elif name == "trueshelf_breaker_open" and value:
                figures["breakers"].append(labels["group"])
    return figures
