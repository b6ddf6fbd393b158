"""What was acknowledged, and a transport that repeats a request until somebody answers it."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from trueshelf_contracts.refs import Service

PATIENT = 120.0
"""Seconds for which one call is repeated before the driver gives the whole run up."""


class History:
    """What was acknowledged, as JSON lines; a line is on disk before the driver goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.acknowledged = 0
        self.last = time.monotonic()
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def write(self, kind: str, **facts: Any) -> None:
        with self._lock:
            if self._file.closed:
                return
            line = {"at": datetime.now(UTC).isoformat(), "kind": kind, **facts}
            self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
            self._file.flush()
            if kind == "ack":
                self.acknowledged += 1
                self.last = time.monotonic()

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            self._file.close()


class Persistent(httpx.BaseTransport):
    """Sends a request until a service answers it: no connection, a torn answer and any 5xx count as no answer."""

    def __init__(self, service: Service, history: History) -> None:
        self._service = service
        self._history = history
        self._inner = httpx.HTTPTransport(retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        end = time.monotonic() + PATIENT
        tries, last = 0, "nothing"
        while time.monotonic() < end:
            tries += 1
            try:
                response = self._inner.handle_request(request)
                response.read()
            except httpx.TransportError as error:
                last = type(error).__name__
            else:
                if response.status_code < 500:
                    self._record(request, response, tries)
                    return response
                last = f"{response.status_code} {response.text[:200]}"
                if response.status_code != 503:
                    self._history.write("fault", path=request.url.path, status=response.status_code, body=last)
            time.sleep(min(0.1 * tries, 1.0))
        raise httpx.ConnectError(f"{request.url.path}: no answer within {PATIENT:.0f} s, last: {last}", request=request)

    def _record(self, request: httpx.Request, response: httpx.Response, tries: int) -> None:
        if request.method == "GET":
            return
        said: Any = None
        if response.headers.get("content-type", "").endswith("json"):
            said = response.json()
        sent = None
        if request.headers.get("content-type") == "application/json":
            sent = json.loads(request.content)
        self._history.write(
            "ack" if response.is_success else "refusal",
            service=self._service,
            method=request.method,
            path=request.url.path,
            key=request.headers.get("Idempotency-Key"),
            status=response.status_code,
            tries=tries,
            note=request.headers.get("X-Note"),
            sent=sent,
            said=said,
        )

    def close(self) -> None:
        self._inner.close()
