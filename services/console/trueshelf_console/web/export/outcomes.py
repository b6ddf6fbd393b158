"""What marketplaces and buyers said afterwards: entered singly or as a sheet, and the log of rejections (R-103)."""

from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.outcomes import (
    KINDS,
    MARKETPLACES,
    MOST_BYTES,
    OPTIONAL,
    REASONS,
    REQUIRED,
    UNREADABLE,
    Good,
    UnreadableSheet,
    Wrong,
    read_outcomes,
)
from trueshelf_console.domain.people import Person
from trueshelf_console.web.context import Console
from trueshelf_console.web.export.reading import CONFIRM, READ, Desk, all_of, desk
from trueshelf_console.web.guard import SignedIn
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.web import MAX_BODY

NOT_RIGHT = 403
UNPROCESSABLE = 422
AWAY = frozenset({502, 503})
FIELDS = (*REQUIRED, *OPTIONAL)


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    reader, reporter = SignedIn(console, READ), SignedIn(console, CONFIRM)

    @routes.get("/export/outcomes")
    async def outcomes(
        request: Request,
        person: Annotated[Person, Depends(reader)],
        recorded: int = 0,
    ) -> Response:
        given = {name: request.query_params.get(name, "") for name in ("sku", "marketplace", "pack_id", "variant_id")}
        return await _page(desk(console, person), request, typed=given, recorded=recorded)

    @routes.post("/export/outcomes")
    async def record(request: Request, person: Annotated[Person, Depends(reporter)]) -> Response:
        at = desk(console, person, CONFIRM)
        typed = {name: str(value).strip() for name, value in (await request.form()).items()}
        body = {name: typed.get(name) or None for name in FIELDS} | {"reason": typed.get("reason", "")}
        try:
            await console.services.post(person, at.role, "export", "/outcomes", body, key=typed.get("key") or None)
        except Problem as problem:
            if problem.status == NOT_RIGHT:
                raise
            said = [f"{error.field.removeprefix('body.')}: {error.message}" for error in problem.errors]
            wrong = "; ".join(said) or f"{problem.message} {problem.advice}".strip()
            return await _page(at, request, typed=typed, wrong=wrong)
        return RedirectResponse("/export/outcomes?recorded=1", 303)

    @routes.post("/export/outcomes/sheet", max_body_size=MAX_BODY)
    async def sheet(request: Request, person: Annotated[Person, Depends(reporter)], sheet: UploadFile) -> Response:
        at = desk(console, person, CONFIRM)
        try:
            found = read_outcomes(await sheet.read(MOST_BYTES + 1), console.clock.now().date())
        except UnreadableSheet as error:
            text = console.pages.say(person, request, UNREADABLE[error.code], **error.details)
            return await _page(at, request, wrong=text)
        refused = await all_of(_record(at, row) for row in found.good)
        rows = [_row(at, request, each) for each in found.wrong] + [line for line in refused if line]
        return await _page(
            at,
            request,
            recorded=sum(line is None for line in refused),
            rows=sorted(rows, key=lambda line: int(line["row"])),
            sheet_name=sheet.filename or "",
        )

    @routes.get("/export/rejections")
    async def rejections(request: Request, person: Annotated[Person, Depends(reader)], sku: str = "") -> Response:
        at = desk(console, person)
        empty: list[Json] = []
        lines = await at.perhaps(at.get("review", "/rejections", sku=sku.strip(), limit=500), empty)
        by_item: dict[str, int] = {}
        for line in lines:
            name = line["checklist_item"] or line["code"]
            by_item[name] = by_item.get(name, 0) + 1
        most = sorted(by_item.items(), key=lambda pair: (-pair[1], pair[0]))[:8]
        return at.page(request, "export/rejections.html", lines=lines, most=most, sku=sku.strip())

    return routes


async def _page(
    at: Desk,
    request: Request,
    *,
    typed: Json | None = None,
    wrong: str = "",
    recorded: int = 0,
    rows: list[Json] | None = None,
    sheet_name: str = "",
) -> Response:
    given: Json = typed or {}
    empty: list[Json] = []
    lines = await at.perhaps(at.get("export", "/outcomes"), empty)
    return at.page(
        request,
        "export/outcomes.html",
        status=UNPROCESSABLE if wrong else 200,
        lines=lines,
        typed={"reported_on": _today(at), **{name: value for name, value in given.items() if value}},
        wrong=wrong,
        recorded=recorded,
        rows=rows,
        sheet_name=sheet_name,
        kinds=KINDS,
        marketplaces=MARKETPLACES,
        columns=FIELDS,
        key=given.get("key") or str(uuid4()),
        today=_today(at),
        may_report=at.person.may(*CONFIRM),
    )


def _today(at: Desk) -> str:
    today: date = at.console.clock.now().date()
    return today.isoformat()


async def _record(at: Desk, row: Good) -> Json | None:
    """Record one row; return what export said against it, or None."""
    try:
        await at.console.services.post(at.person, at.role, "export", "/outcomes", row.body, key=row.key)
    except Problem as problem:
        if problem.status == NOT_RIGHT:
            raise
        column = next((error.field.removeprefix("body.") for error in problem.errors), _column(problem.code))
        fix = problem.advice
        return {
            "row": row.row,
            "column": column,
            "value": row.body.get(column) or "",
            "reason": problem.message,
            "fix": fix,
        }
    return None


def _column(code: str) -> str:
    """Return the column that a refusal of export is about."""
    return {"sku_not_found": "sku", "invalid_pack": "pack_id", "invalid_variant": "variant_id"}.get(code, "")


def _row(at: Desk, request: Request, wrong: Wrong) -> dict[str, Any]:
    reason, fix = REASONS[wrong.code]
    say = at.console.pages.say
    return {
        "row": wrong.row,
        "column": wrong.column,
        "value": wrong.value,
        "reason": say(at.person, request, reason, **wrong.details),
        "fix": say(at.person, request, fix, **wrong.details),
    }
