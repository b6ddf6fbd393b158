"""The overview: where every SKU stands, per batch and category, what is stuck, how fast it goes (R-101)."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from babel.dates import format_timedelta
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.domain.people import ALL_ROLES, Person
from trueshelf_console.domain.progress import FLOW
from trueshelf_console.domain.words import MARKETS
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn
from trueshelf_console.web.overview import words
from trueshelf_console.web.overview.reading import (
    ALL_STAGES,
    DONE,
    GROUPS,
    Filter,
    Line,
    Reading,
    StageSum,
    batch_state,
    categories_of,
    stages_of,
)
from trueshelf_runtime.problem import Problem

BATCHES_A_PAGE = 50
NOT_MODIFIED = 304


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    everybody = SignedIn(console, ALL_ROLES)
    reading = Reading(console)
    Who = Annotated[Person, Depends(everybody)]  # noqa: N806 - a type

    @routes.get("/overview")
    async def overview(request: Request, person: Who, wanted: Annotated[Filter, Depends(_filter)]) -> Response:
        batch = await _named_batch(reading, wanted.text)
        if batch is not None:
            return RedirectResponse(f"/overview/batches/{batch}", 303)
        return await _page(console, reading, request, person, wanted=wanted, template="overview/overview.html")

    @routes.get("/overview/live")
    async def live(request: Request, person: Who, wanted: Annotated[Filter, Depends(_filter)]) -> Response:
        page = await _page(console, reading, request, person, wanted=wanted, template="overview/parts.html")
        return unless_known(request, page)

    @routes.get("/overview/batches")
    async def batches(
        request: Request,
        person: Who,
        category: Annotated[str, Query(max_length=32)] = "",
        at: datetime | None = None,
        batch: UUID | None = None,
    ) -> Response:
        before = (at, batch) if at and batch else None
        found = await reading.batches(BATCHES_A_PAGE + 1, before, category)
        context: dict[str, Any] = {
            "batches": found[:BATCHES_A_PAGE],
            "more": len(found) > BATCHES_A_PAGE,
            "category": category,
        }
        return console.pages.render(request, "overview/batches.html", person, **_common(), **context)

    @routes.get("/overview/batches/{batch_id}")
    async def batch(request: Request, person: Who, batch_id: UUID) -> Response:
        return await _batch_page(console, reading, request, person, batch_id=batch_id, template="overview/batch.html")

    @routes.get("/overview/batches/{batch_id}/live")
    async def batch_live(request: Request, person: Who, batch_id: UUID) -> Response:
        page = await _batch_page(
            console, reading, request, person, batch_id=batch_id, template="overview/batch_parts.html"
        )
        return unless_known(request, page)

    return routes


def _filter(
    *,
    q: Annotated[str, Query(max_length=200)] = "",
    stage: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=32)] = "",
    stuck: bool = False,
    at: datetime | None = None,
    sku: Annotated[str, Query(max_length=64)] = "",
    version: int = 0,
) -> Filter:
    """Return what the address asks for; a stage that does not exist is none."""
    known = stage if stage in (*ALL_STAGES, "superseded") else ""
    after = (at, sku, version) if at and sku else None
    return Filter(q.strip().replace("\0", ""), known, category.strip(), stuck, after)


async def _named_batch(reading: Reading, text: str) -> UUID | None:
    """Return the batch that the search names by its whole id."""
    try:
        batch = UUID(text)
    except ValueError:
        return None
    return batch if await reading.batch(batch) else None


def _common() -> dict[str, Any]:
    return {
        "stage_names": words.STAGES,
        "groups": GROUPS,
        "rate_names": words.RATES,
        "backlog_names": words.BACKLOG,
        "batch_states": words.BATCH_STATES,
        "market_names": MARKETS,
    }


async def _page(
    console: Console, reading: Reading, request: Request, person: Person, *, wanted: Filter, template: str
) -> Response:
    say = partial(console.pages.say, person, request)
    counts, stuck, batches, charts, (lines, more) = await asyncio.gather(
        reading.counts(),
        reading.stuck(person, say),
        reading.batches(),
        reading.charts(),
        reading.search(person, say, wanted) if wanted.wanted else _nothing(),
    )
    stages = stages_of(counts)
    context: dict[str, Any] = {
        "wanted": wanted,
        "asked": _asked(wanted),
        "stages": [(code, stages.get(code)) for code in ALL_STAGES],
        "flow": _shares(stages),
        "total": sum(stage.n for stage in stages.values()),
        "done": sum(stage.n for code, stage in stages.items() if code in DONE),
        "all_stuck": sum(stage.stuck for stage in stages.values()),
        "lines": lines,
        "next": _next(wanted, lines) if more else "",
        "stuck": stuck,
        "categories": categories_of(counts),
        "batches": batches,
        "charts": charts,
        "backlog": await reading.backlog(stages),
        "duration": lambda left: format_timedelta(left, locale=person.language),
    }
    return console.pages.render(request, template, person, **_common(), **context)


async def _batch_page(
    console: Console, reading: Reading, request: Request, person: Person, *, batch_id: UUID, template: str
) -> Response:
    row = await reading.batch(batch_id)
    if row is None:
        raise Problem(404, "batch_unknown", f"there is no batch {batch_id}", "find it in the overview")
    lines = await reading.members(person, partial(console.pages.say, person, request), batch_id)
    current = [line for line in lines if line.row["stage"] != "superseded"]
    context: dict[str, Any] = {
        "batch": row,
        "state": batch_state(row),
        "lines": lines,
        "total": len(current),
        "done": sum(1 for line in current if line.row["stage"] in DONE),
    }
    return console.pages.render(request, template, person, **_common(), **context)


def unless_known(request: Request, page: Response) -> Response:
    """Answer 304 where the browser shows exactly this already: then nothing on the page is touched."""
    tag = f'"{hashlib.sha256(page.body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=NOT_MODIFIED, headers={"ETag": tag, "Cache-Control": "no-store"})
    page.headers["ETag"] = tag
    return page


async def _nothing() -> tuple[list[Line], bool]:
    return [], False


def _shares(stages: Mapping[str, StageSum]) -> list[tuple[str, float, float]]:
    """Return for each stage on the way where its share of the bar begins and how wide it is, of 1000."""
    total = sum(stages[code].n for code in FLOW if code in stages)
    shares: list[tuple[str, float, float]] = []
    at = 0.0
    for code in FLOW:
        if code in stages:
            width = 1000 * stages[code].n / total
            shares.append((code, round(at, 2), round(width, 2)))
            at += width
    return shares


def _asked(wanted: Filter) -> str:
    """Return the filter as the query of an address."""
    given: dict[str, Any] = {"q": wanted.text, "stage": wanted.stage, "category": wanted.category}
    given |= {"stuck": "true" if wanted.stuck else ""}
    if wanted.after:
        given |= {"at": wanted.after[0].isoformat(), "sku": wanted.after[1], "version": wanted.after[2]}
    return urlencode({name: value for name, value in given.items() if value})


def _next(wanted: Filter, lines: list[Line]) -> str:
    last = lines[-1].row
    after = (last["since"], last["sku"], last["sku_version"])
    return _asked(Filter(wanted.text, wanted.stage, wanted.category, wanted.stuck, after))
