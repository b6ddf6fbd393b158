"""What surrounds each request: its origin, correlation id, trace, log fields and figures."""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trueshelf_contracts.ids import derive
from trueshelf_contracts.refs import Service
from trueshelf_runtime.identity import unverified_claims
from trueshelf_runtime.origin import Origin, new_traceparent, using, valid_traceparent
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.telemetry import METRICS

_TRACER = trace.get_tracer(__name__)
_PROPAGATOR = TraceContextTextMapPropagator()
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
_READS = frozenset({"GET", "HEAD"})
MAX_KEY = 200
_SMALLER = "send it in smaller parts, or a smaller photo; /openapi.json names the limits"
log = structlog.get_logger(__name__)


def origin_of(method: str, path: str, headers: Headers, *, browsers: bool = False) -> Origin:
    """Return the origin of a request.

    With an `Idempotency-Key`, the cause of a write is derived from it, the caller and the route: the same request sent
    again makes the same ids, and two callers' equal keys do not meet. The caller's name is read before it is checked,
    which is harmless: a request whose token is not valid causes nothing. Without a key the id is fresh.

    `browsers`: people come here with a cookie, so no header says who they are; whoever could choose the ids of their
    own acts could make two of them one in the log.
    """
    if browsers:
        cause = uuid4()
        return Origin(cause, cause, False, new_traceparent())
    claims = unverified_claims(headers.get("authorization", ""))
    key = headers.get("idempotency-key", "")[:MAX_KEY]
    cause = (
        derive("request", str(claims.get("sub", "")), method, path, key) if key and method not in _READS else uuid4()
    )
    trace_parent = valid_traceparent(headers.get("traceparent")) or new_traceparent()
    correlation = _uuid(headers.get("x-correlation-id")) or cause
    return Origin(cause, correlation, claims.get("kind") == "drill", trace_parent)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class RequestScope:
    """ASGI middleware around the whole app."""

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        unexpected: Callable[[Request, Exception], Response],
        headers: Mapping[str, str],
        *,
        browsers: bool = False,
    ) -> None:
        self._app = app
        self._browsers = browsers
        self._headers = headers
        self._service = service
        self._unexpected = unexpected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _QUIET:
            await self._app(scope, receive, send)
            return
        origin = origin_of(scope["method"], scope["path"], Headers(scope=scope), browsers=self._browsers)
        scope.setdefault("state", {})["correlation_id"] = origin.correlation_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            service=self._service,
            correlation_id=str(origin.correlation_id),
            request=f"{scope['method']} {scope['path']}",
        )
        context = _PROPAGATOR.extract({"traceparent": origin.traceparent or ""})
        name = f"{scope['method']} {self._service}"
        with using(origin), _TRACER.start_as_current_span(name, context, kind=trace.SpanKind.SERVER) as span:
            await self._measured(scope, receive, send, span, str(origin.correlation_id))

    async def _measured(self, scope: Scope, receive: Receive, send: Send, span: Any, correlation: str) -> None:
        started = time.monotonic()
        answer = _Answer(send, {**self._headers, "X-Correlation-Id": correlation})
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            if answer.status is not None:  # too late to say anything; also how a body that is too large ends
                if answer.too_large:
                    return
                raise
            await self._unexpected(Request(scope), error)(scope, receive, answer)
        finally:
            if answer.too_large:
                problem = Problem(413, "too_large", "the request's body is larger than this route takes", _SMALLER)
                await self._unexpected(Request(scope), problem)(scope, receive, answer.plain)
            route = _route(scope)
            span.update_name(f"{scope['method']} {route}")
            METRICS.requests.labels(route, answer.status or 500).inc()
            METRICS.request_seconds.labels(route).observe(time.monotonic() - started)


class _Answer:
    """Sends on, with headers where the answer has not set them.

    Keeps back the bare 413 of the body limit, for which a problem is sent.
    """

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.status: int | None = None
        self.too_large = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self.too_large = self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and kind.startswith("text/plain")
        if not self.too_large:
            await self.plain(message)

    async def plain(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                present.setdefault(name, value)
        await self._send(message)


def _route(scope: Scope) -> str:
    """Return the route's template: a path with its ids would make a metric per SKU."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
