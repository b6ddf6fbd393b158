"""The HTTP side of a service: problems instead of stack traces, refusals on record, closed by default."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_contracts.refs import Service
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock, SystemClock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import (
    Invalid,
    Kind,
    Outage,
    Refused,
    Transient,
    describe,
    is_contention,
    is_unstorable,
    kind_of,
)
from trueshelf_runtime.health import Health, Report
from trueshelf_runtime.identity import Anyone, Guard, Principal, TokenChecker, anyone, require
from trueshelf_runtime.problem import MEDIA_TYPE, RESPONSES, FieldProblem, Problem, ProblemView
from trueshelf_runtime.scope import RequestScope
from trueshelf_runtime.telemetry import METRICS

__all__ = ["Principal", "Problem", "anyone", "create_app", "require", "verify_routes"]

log = structlog.get_logger(__name__)
OPEN_PATHS = frozenset({"/livez", "/readyz", "/metrics", "/openapi.json"})
MAX_BODY = 24 * 1024 * 1024
"""Bytes of a request unless its route says otherwise (`max_body_size=`): one photo of 20 MB and its form."""
REFUSALS_PER_MINUTE = 60
"""Refused tokens that become events; beyond that they are only counted, so that nobody can fill the audit log."""
_MINUTE = timedelta(minutes=1).total_seconds()
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not acceptable as it is",
    429: "Too many requests",
    500: "Internal error",
    503: "Not now",
}


@dataclass(frozen=True, slots=True)
class Faces:
    """What people see of a service that has pages: problems as pages, and headers on every answer."""

    problem: Callable[[Request, Problem], Response | None] = lambda _request, _problem: None
    """Returns the page about a problem, or None for the JSON that programs get."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """On every answer that does not say otherwise itself."""
    browsers: bool = False
    """People come with a cookie: no header of theirs names the origin of what they do (`scope.origin_of`)."""
    max_body: int = MAX_BODY
    """Bytes of a request unless its route says otherwise: bodies are read before anybody is known."""


def create_app(
    service: Service,
    routers: Iterable[APIRouter],
    *,
    identity: TokenChecker,
    db: Database,
    health: Health,
    clock: Clock | None = None,
    description: str = "",
    version: str = "0.1.0",
    faces: Faces | None = None,
) -> FastAPI:
    """Return the service's app. Raises RuntimeError when a route has no guard (`require`, `anyone` or another)."""
    app = FastAPI(
        title=f"Trueshelf {service}",
        version=version,
        description="\n\n".join(part for part in (description, *(f"- {text}" for text in DISCLAIMERS)) if part),
        docs_url=None,  # its pages load scripts from elsewhere; /openapi.json is the document
        redoc_url=None,
        responses=RESPONSES,
    )
    METRICS.build.labels(service, version).set(1)
    app.state.identity = identity
    app.state.db = db
    app.state.service = service
    app.state.faces = faces or Faces()
    app.state.refusals = _Budget(REFUSALS_PER_MINUTE)
    app.state.clock = clock or SystemClock()
    for router in routers:
        # Not the app's own limit: its refusal would be outside of our scope.
        app.include_router(router, max_body_size=app.state.faces.max_body)
    _add_open_routes(app, health)
    _add_handlers(app)
    app.add_middleware(
        RequestScope,
        service=service,
        unexpected=_unexpected,
        headers=app.state.faces.headers,
        browsers=app.state.faces.browsers,
    )
    verify_routes(app)
    return app


def verify_routes(app: FastAPI) -> None:
    """Refuse an app with a route that nobody guards: what was forgotten stays closed."""
    unguarded = sorted(_unguarded(app.router.routes, inherited=False))
    if unguarded:
        raise RuntimeError(
            f"these routes have neither `Depends(require(...))` nor `Depends(anyone(reason))`: {', '.join(unguarded)}"
        )


def _unguarded(routes: Sequence[BaseRoute], *, inherited: bool) -> Iterable[str]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if isinstance(included, APIRouter):
            context = route.include_context  # type: ignore[attr-defined]
            guards = [*context.dependencies, *included.dependencies]
            guarded = inherited or any(isinstance(guard.dependency, Guard) for guard in guards)
            yield from _unguarded(included.routes, inherited=guarded)
        elif isinstance(route, APIRoute):
            if not (inherited or _guarded(route.dependant)):
                yield f"{'/'.join(sorted(route.methods or ()))} {route.path}"
        elif getattr(route, "path", "") not in OPEN_PATHS:
            yield str(getattr(route, "path", route))


def _guarded(dependant: Any) -> bool:
    return isinstance(dependant.call, Guard) or any(_guarded(inner) for inner in dependant.dependencies)


def _add_open_routes(app: FastAPI, health: Health) -> None:
    async def livez() -> JSONResponse:
        return _report(await health.livez())

    async def readyz() -> JSONResponse:
        return _report(await health.readyz())

    async def metrics() -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    open_ = APIRouter(dependencies=[], include_in_schema=False)
    for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics)):
        open_.add_api_route(path, _opened(endpoint), methods=["GET"])
    app.include_router(open_, dependencies=[_depends(anyone("it says nothing about SKUs or people"))])


def _opened(endpoint: Callable[[], Awaitable[Response]]) -> Callable[[], Awaitable[Response]]:
    endpoint.__annotations__.pop("return", None)  # a Response is no model
    return endpoint


def _depends(guard: Anyone) -> Any:
    from fastapi import Depends  # noqa: PLC0415 - B008 elsewhere is about defaults

    return Depends(guard)


def _report(report: Report) -> JSONResponse:
    return JSONResponse({"ok": report.ok, "details": report.details}, status_code=200 if report.ok else 503)


@dataclass(slots=True)
class _Budget:
    """At most so many in a minute."""

    most: int
    minute: float = 0.0
    spent: int = 0

    def take(self) -> bool:
        now = time.monotonic() // _MINUTE
        if now != self.minute:
            self.minute, self.spent = now, 0
        self.spent += 1
        return self.spent <= self.most


def _add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (Refused, Invalid, Outage, Transient):
        app.add_exception_handler(kind, _on_failure)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    if getattr(request.state, "refused", None) is error:
        await _record_refusal(request, error)
    return answer(request, error)


async def _record_refusal(request: Request, problem: Problem) -> None:
    """Put a refusal for lack of right on the bus; without a valid token only as far as the budget goes."""
    who: Principal | None = getattr(request.state, "principal", None)
    if who is None and not request.app.state.refusals.take():
        return
    state = request.app.state
    try:
        async with state.db.transaction() as tx:
            await act(
                tx,
                f"{state.service}.refused",
                target=f"{request.method} {request.url.path}",
                outcome="refused",
                who=who,
                reason=problem.message,
                details={"code": problem.code},
                at=state.clock.now(),
            )
    except Exception as error:  # noqa: BLE001 - the refusal stands, whether or not it could be put on record
        log.warning("a refusal could not be recorded", error=describe(error), code=problem.code)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldProblem(field=".".join(str(part) for part in item["loc"]), message=item["msg"]) for item in error.errors()
    ]
    first = fields[0] if fields else FieldProblem(field="body", message="cannot be read")
    message = f"{first.field}: {first.message}"
    return answer(request, Problem(422, "request_invalid", message, "see /openapi.json", errors=fields))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _TITLES.get(error.status_code, "HTTP error").lower().replace(" ", "_")
    problem = Problem(error.status_code, code, str(error.detail), headers=dict(error.headers or {}))
    return answer(request, problem)


async def _on_failure(request: Request, error: Exception) -> Response:
    return answer(request, problem_of(error))


def _unexpected(request: Request, error: Exception) -> Response:
    return answer(request, error if isinstance(error, Problem) else problem_of(error))


def problem_of(error: Exception) -> Problem:
    """Return what a client is told about an error of the vocabulary; everything unknown is logged and told as 500.

    A refusal is 409 (the state does not allow it), 404 when its code ends in `not_found`, 422 when it begins with
    `invalid_`; an exception class of a domain may say otherwise by an attribute `status`.
    """
    match kind_of(error):
        case Kind.REFUSED:
            assert isinstance(error, Refused)
            return Problem(_status_of(error), error.code, error.message, error.advice)
        case Kind.INVALID if isinstance(error, Invalid) or is_unstorable(error):
            unstorable = "a text holds a character that cannot be stored (U+0000): take it out"
            return Problem(422, "invalid", str(error) if isinstance(error, Invalid) else unstorable)
        case Kind.OUTAGE:
            log.warning("a request met an outage", error=describe(error))
            advice = "try again in some seconds with the same Idempotency-Key"
            return Problem(503, "outage", "something that this service rests on is away", advice, headers=_RETRY)
        case Kind.TRANSIENT if isinstance(error, Transient):
            log.warning("a request failed for now", error=describe(error))
            return Problem(503, "busy", str(error), "try again in some seconds", headers=_RETRY)
        case Kind.TRANSIENT if is_contention(error):
            log.warning("a request gave way to another one", error=describe(error))
            advice = "try again with the same Idempotency-Key"
            return Problem(503, "busy", "another request changed the same at the same time", advice, headers=_RETRY)
        case _:
            log.error("a request failed", error=describe(error), exc_info=error)
            return Problem(500, "internal", "an error of ours; it is in the log", "quote the correlation id")


_RETRY = {"Retry-After": "5"}


def _status_of(error: Refused) -> int:
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status
    if error.code.endswith("not_found"):
        return 404
    return 422 if error.code.startswith("invalid_") else 409


def answer(request: Request, problem: Problem) -> Response:
    """Return the problem as RFC 9457 has it, or as the page that the service makes of it."""
    faces: Faces = request.app.state.faces
    if page := faces.problem(request, problem):
        return page
    view = ProblemView(
        title=_TITLES.get(problem.status, "Problem"),
        status=problem.status,
        code=problem.code,
        detail=problem.message,
        advice=problem.advice,
        correlation_id=str(getattr(request.state, "correlation_id", "")),
        errors=problem.errors,
    )
    return JSONResponse(view.model_dump(), problem.status, headers=problem.headers, media_type=MEDIA_TYPE)
