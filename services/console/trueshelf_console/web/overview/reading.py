"""The projection as the pages show it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from trueshelf_console.domain.people import Person
from trueshelf_console.domain.progress import ASIDE, FLOW, Stage
from trueshelf_console.domain.progress_pace import limits
from trueshelf_console.service.overview import SQL
from trueshelf_console.web.context import Console
from trueshelf_console.web.overview import words
from trueshelf_console.web.overview.chart import Chart, charts, estimate, hours_until
from trueshelf_console.web.overview.words import Reason, Say
from trueshelf_runtime.db import Row
from trueshelf_runtime.problem import Problem

DONE = frozenset({"export", "packing", "packed", "after"})
"""Everything that people and machines decide is decided: what the progress bars count."""
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Photos", ("source", "ready")),
    ("Drafts and QA", ("drafts", "qa")),
    ("Review", ("review", "spot")),
    ("Ready for export", ("export", "packing")),
    ("Packed", ("packed", "after")),
    ("Aside", ("held", "withdrawn", "ended")),
)
PAGE = 50
STUCK_SHOWN = 15
BATCHES_SHOWN = 12
MISSING_KEPT = 30.0
LIMITS_KEPT = 30.0
ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the SKUs somebody wants to see."""

    text: str = ""
    stage: str = ""
    category: str = ""
    stuck: bool = False
    after: tuple[datetime, str, int] | None = None

    @property
    def wanted(self) -> bool:
        return bool(self.text or self.stage or self.category or self.stuck)


@dataclass(frozen=True, slots=True)
class Line:
    """One SKU version in a list."""

    row: Row
    stage: str
    address: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """SKUs of a category or a batch, counted."""

    name: str
    n: int
    done: int
    stuck: int
    parts: tuple[int, ...]
    row: Row | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that waits, and how long it takes at the rate of the last hour."""

    what: str
    n: int
    last_hour: int
    left: timedelta | None


@dataclass(frozen=True, slots=True)
class StageSum:
    """One stage over all categories."""

    n: int
    stuck: int
    oldest: datetime
    to_make: int
    to_check: int
    to_decide: int


@dataclass(slots=True)
class MissingShots:
    """What ingest says is missing, kept for half a minute: the projection knows only what came."""

    console: Console
    kept: dict[tuple[str, int], tuple[float, tuple[str, ...] | None]] = field(default_factory=dict)

    async def of(self, person: Person, rows: Sequence[Row]) -> Mapping[tuple[str, int], tuple[str, ...] | None]:
        """Return the missing shots of SKU versions; None where ingest does not tell."""
        now = self.console.clock.monotonic()
        self.kept = {key: entry for key, entry in self.kept.items() if now - entry[0] < MISSING_KEPT}
        wanted = [(row["sku"], row["sku_version"]) for row in rows]
        gate = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(key: tuple[str, int]) -> None:
            async with gate:
                self.kept[key] = (now, await self._ask(person, *key))

        await asyncio.gather(*(ask(key) for key in wanted if key not in self.kept))
        return {key: self.kept[key][1] for key in wanted}

    async def _ask(self, person: Person, sku: str, version: int) -> tuple[str, ...] | None:
        if not person.account.roles:
            return None
        try:
            said = await self.console.services.get(
                person, person.account.roles[0], "ingest", f"/skus/{quote(sku, safe='')}"
            )
        except Problem:
            return None
        return tuple(said["missing_shots"]) if said["version"] == version and said["missing_shots"] else None


class Reading:
    """Reads what the pages show; one for the process."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._missing = MissingShots(console)
        self._limits: tuple[float, dict[Stage, timedelta]] = (float("-inf"), {})

    async def _slow(self) -> tuple[list[str], list[datetime]]:
        """Return the stages in which one can be slow, and before when one came that is."""
        limits, now = await self.limits(), self._console.clock.now()
        return list(limits), [now - after for after in limits.values()]

    async def limits(self) -> dict[Stage, timedelta]:
        """Return how long a SKU may stay in a stage, by backlog and rate; measured once in half a minute."""
        now = self._console.clock.monotonic()
        if now - self._limits[0] >= LIMITS_KEPT:
            rows = {row["stage"]: row for row in await self._console.db.fetch(SQL["waiting"])}
            done = await self._console.db.fetch(SQL["last_hour"], self._console.clock.now())

            def total(column: str, *stages: str) -> int:
                return sum(rows[stage][column] for stage in stages if stage in rows)

            waiting: dict[Stage, int] = {
                "source": total("n", "source"),
                "drafts": total("to_make", "drafts"),
                "qa": total("to_check", "drafts", "qa"),
                "packing": total("n", "packing"),
            }
            self._limits = (now, limits(waiting, {row["what"]: row["n"] for row in done}))
        return self._limits[1]

    async def counts(self) -> list[Row]:
        """Return a row per category and stage: how many, how many of them stuck, the oldest, the work before them."""
        return await self._console.db.fetch(SQL["counts"], *(await self._slow()))

    async def batches(
        self, limit: int = BATCHES_SHOWN, before: tuple[datetime, UUID] | None = None, category: str = ""
    ) -> list[Group]:
        """Return batches, newest first."""
        at, batch = before or (None, None)
        rows = await self._console.db.fetch(SQL["batches"], *(await self._slow()), at, batch, limit, category or None)
        return [_batch(row) for row in rows]

    async def batch(self, batch_id: UUID) -> Row | None:
        return await self._console.db.fetchrow(SQL["batch"], batch_id)

    async def members(self, person: Person, say: Say, batch_id: UUID) -> list[Line]:
        return await self._lines(person, say, await self._console.db.fetch(SQL["members"], batch_id))

    async def stuck(self, person: Person, say: Say, limit: int = STUCK_SHOWN) -> list[Line]:
        """Return what is stuck, oldest first."""
        rows = await self._console.db.fetch(SQL["stuck"], *(await self._slow()), limit)
        return await self._lines(person, say, rows)

    async def search(self, person: Person, say: Say, wanted: Filter) -> tuple[list[Line], bool]:
        """Return one page of what is wanted, and whether there is more."""
        text = wanted.text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = await self._console.db.fetch(
            SQL["search"],
            *(await self._slow()),
            wanted.stage or None,
            wanted.category or None,
            text or None,
            wanted.stuck,
            *(wanted.after or (None, None, None)),
            PAGE + 1,
        )
        return await self._lines(person, say, rows[:PAGE]), len(rows) > PAGE

    async def charts(self) -> list[Chart]:
        """Return the rates of the last 24 hours."""
        now = self._console.clock.now()
        rows = await self._console.db.fetch(SQL["rates"], hours_until(now)[0])
        return charts({(row["what"], row["hour"]): row["n"] for row in rows}, list(words.RATES), now)

    async def backlog(self, stages: Mapping[str, StageSum]) -> list[Backlog]:
        """Return what waits, with the estimate at the rate of the last hour."""
        rows = await self._console.db.fetch(SQL["last_hour"], self._console.clock.now())
        rate = {row["what"]: row["n"] for row in rows}

        def total(column: str, *names: str) -> int:
            return sum(int(getattr(stages[name], column)) for name in names if name in stages)

        waiting = {
            "drafts": total("to_make", "drafts"),
            "checks": total("to_check", "drafts", "qa"),
            "decisions": total("to_decide", "review"),
            "packs": total("n", "packing"),
        }
        return [Backlog(what, n, rate.get(what, 0), estimate(n, rate.get(what, 0))) for what, n in waiting.items()]

    async def _lines(self, person: Person, say: Say, rows: Sequence[Row]) -> list[Line]:
        lacking = [row for row in rows if any(why["code"] == "shots_missing" for why in row["why"])]
        missing = await self._missing.of(person, lacking)
        now, slow = self._console.clock.now(), await self.limits()
        return [
            _line(say, row, missing.get((row["sku"], row["sku_version"])), now - row["since"], slow) for row in rows
        ]


def _line(
    say: Say, row: Row, missing: Iterable[str] | None, stayed: timedelta, slow: Mapping[Stage, timedelta]
) -> Line:
    reasons = [words.reason(say, why, missing) for why in row["why"]]
    if not row["stuck"] and row["stage"] in slow and stayed > slow[row["stage"]]:
        reasons.append(Reason(say(words.REASONS["slow"]), stuck=True))
    address = f"/intake/skus/{quote(row['sku'], safe='')}"
    return Line(row, words.named(say, words.STAGES, row["stage"]), address, words.summed(reasons))


def stages_of(rows: Sequence[Row]) -> dict[str, StageSum]:
    """Return the counts per stage."""
    found = {}
    for stage in {row["stage"] for row in rows}:
        mine = [row for row in rows if row["stage"] == stage]
        sums = {name: sum(row[name] for row in mine) for name in ("n", "stuck", "to_make", "to_check", "to_decide")}
        found[stage] = StageSum(oldest=min(row["oldest"] for row in mine), **sums)
    return found


def categories_of(rows: Sequence[Row]) -> list[Group]:
    """Return every category with its counts per stage, by name; first the SKUs whose category nobody has told yet."""
    groups = []
    for name in sorted({row["category"] or "" for row in rows}):
        mine = [row for row in rows if (row["category"] or "") == name]
        groups.append(_counted(name, {row["stage"]: row["n"] for row in mine}, sum(row["stuck"] for row in mine)))
    return groups


def _counted(name: str, by_stage: Mapping[str, int], stuck: int, row: Row | None = None, state: str = "") -> Group:
    parts = tuple(sum(by_stage.get(stage, 0) for stage in stages) for _, stages in GROUPS)
    done = sum(n for stage, n in by_stage.items() if stage in DONE)
    return Group(name, sum(by_stage.values()), done, stuck, parts, row, state)


def _batch(row: Row) -> Group:
    return _counted(str(row["batch_id"]), row["stages"] or {}, row["stuck"], row, batch_state(row))


def batch_state(row: Row) -> str:
    """Return what a batch has come to."""
    if row["quarantined_at"] and not (row["released_at"] and row["released_at"] > row["quarantined_at"]):
        return "quarantined"
    for column, state in (("released_at", "released"), ("passed_at", "passed"), ("drawn_at", "drawn")):
        if row[column]:
            return state
    return "sealed" if row["sealed_at"] else "open"


ALL_STAGES: tuple[str, ...] = (*FLOW, *(stage for stage in ASIDE if stage != "superseded"))
"""What is counted: a version that another one replaced is history."""
