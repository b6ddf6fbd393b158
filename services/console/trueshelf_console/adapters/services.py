"""The six services' APIs, asked with a token of five minutes that names the person, the role and the session."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from joserfc.jwk import OKPKey

from trueshelf_console.domain.people import Person
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import Service
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.keys import mint
from trueshelf_runtime.origin import current
from trueshelf_runtime.problem import FieldProblem, Problem

TIMEOUT = httpx.Timeout(30.0, connect=2.0)
Json = dict[str, Any]


class Services:
    """Calls the six in a person's name. What they refuse is raised as they said it."""

    def __init__(self, urls: Mapping[Service, str], key: OKPKey, clock: Clock, *, issuer: str, audience: str) -> None:
        self._clients = {name: httpx.AsyncClient(base_url=url, timeout=TIMEOUT) for name, url in urls.items()}
        self._key = key
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def token(self, person: Person, role: Role) -> str:
        """Return a token of five minutes with which `person` acts in `role`."""
        return mint(
            self._key,
            person.account.account_id,
            role,
            kind=person.account.kind,
            roles=person.account.roles,
            levels=person.account.levels,
            session=person.session.session_id,
            auth_time=person.session.authenticated_at,
            issuer=self._issuer,
            audience=self._audience,
            clock=self._clock,
        )

    async def get(self, person: Person, role: Role, service: Service, path: str, **params: Any) -> Any:
        """Return the JSON of a GET. Raises Problem: as the service said it, or 503 `service_away`.

        Parameters that are None or empty are left out.
        """
        wanted = {name: value for name, value in params.items() if value not in (None, "", ())}
        return (await self.send(person, role, service, "GET", path, params=wanted)).json()

    async def post(
        self, person: Person, role: Role, service: Service, path: str, body: Any = None, *, key: str | None = None
    ) -> Any:
        """Return the JSON of a POST. `key` makes a repeated call the same call; without one it is a call of its own."""
        answer = await self.send(person, role, service, "POST", path, json=body, key=key)
        return answer.json() if answer.content else None

    async def send(
        self, person: Person, role: Role, service: Service, method: str, path: str, *, key: str | None = None, **kw: Any
    ) -> httpx.Response:
        """Return the answer of any request that httpx can make. Raises Problem as `get` does."""
        headers = self._headers(person, role, key if key or method == "GET" else str(uuid4())) | kw.pop("headers", {})
        try:
            answer = await self._clients[service].request(method, path, headers=headers, **kw)
        except httpx.TransportError as error:
            raise away(service) from error
        if answer.is_success:
            return answer
        raise told(service, answer)

    @asynccontextmanager
    async def stream(self, person: Person, role: Role, service: Service, path: str) -> AsyncIterator[httpx.Response]:
        """Yield the answer of a GET whose body is read piece by piece (a pack). Raises Problem as `get` does."""
        headers = self._headers(person, role, None)
        try:
            async with self._clients[service].stream("GET", path, headers=headers) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise told(service, answer)
                yield answer
        except httpx.TransportError as error:
            raise away(service) from error

    async def open(self, service: Service, path: str) -> httpx.Response | None:
        """Return the answer of a GET that needs no token (`/readyz`, `/metrics`); None when nobody answers."""
        try:
            return await self._clients[service].get(path, timeout=5.0)
        except httpx.TransportError:
            return None

    def _headers(self, person: Person, role: Role, key: str | None) -> dict[str, str]:
        origin = current()
        headers = {
            "Authorization": f"Bearer {self.token(person, role)}",
            "X-Correlation-Id": str(origin.correlation_id),
        }
        if origin.traceparent:
            headers["traceparent"] = origin.traceparent
        if key:
            headers["Idempotency-Key"] = key
        return headers


def away(service: Service) -> Problem:
    """Return the problem of a service that does not answer: its page says so, the others work."""
    return Problem(
        503,
        "service_away",
        f"{service} does not answer",
        "the other pages work; what you typed is not lost, try again in some seconds",
        headers={"Retry-After": "5"},
    )


def told(service: Service, answer: httpx.Response) -> Problem:
    """Return what a service said it would not do."""
    try:
        said: Json = answer.json()
        errors = [FieldProblem(**error) for error in said.get("errors", ())]
        again = answer.headers.get("Retry-After")
        headers = {"Retry-After": again} if again else {}
        return Problem(
            answer.status_code, said["code"], said["detail"], said.get("advice", ""), headers=headers, errors=errors
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(
            502, "service_unclear", f"{service} answered {answer.status_code} and nothing that can be read", "try again"
        )
