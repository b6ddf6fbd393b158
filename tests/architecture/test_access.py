"""Every route of every service with every role: what the matrix does not allow is refused and on record (R-65, R-89).

The matrix is written out here on purpose. A route that is added, opened or closed fails until somebody wrote down who
may use it. The endpoints get nothing to work on: a call that is let in ends in 404, or on its arguments.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

import trueshelf_audit.web
import trueshelf_export.web
import trueshelf_generate.credits_web
import trueshelf_generate.preset_web
import trueshelf_generate.scene_web
import trueshelf_generate.web
import trueshelf_ingest.web
import trueshelf_qa.web
import trueshelf_review.pictures_web
import trueshelf_review.policies_web
import trueshelf_review.web
from trueshelf_audit.domain.checkpoint import NoteKey
from trueshelf_contracts.event import ActRecorded, Event, Role
from trueshelf_generate.catalogue import Catalogue
from trueshelf_generate.domain.offers import Offers
from trueshelf_review.domain.policy import ReviewPolicy
from trueshelf_review.views import Jwks
from trueshelf_runtime import letters_web
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.health import Health
from trueshelf_runtime.identity import KeySource, TokenChecker
from trueshelf_runtime.keys import jwks_of, make_key, mint
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.web import create_app

ROLES: tuple[Role, ...] = get_args(Role)
OPEN = "open"
ALL = "capturer operator reviewer uploader auditor admin"
STAFF = "operator reviewer uploader auditor admin"
TAKERS_IN = "capturer operator"

MATRIX: Mapping[str, Mapping[str, str]] = {
    "ingest": {
        "POST /intakes": TAKERS_IN,
        "GET /intakes/{intake_id}": ALL,
        "GET /intakes/{intake_id}/summary": ALL,
        "POST /intakes/{intake_id}/complete": TAKERS_IN,
        "PUT /skus/{sku}": TAKERS_IN,
        "GET /skus/{sku}": ALL,
        "POST /skus/{sku}/captures": TAKERS_IN,
        "GET /captures/{capture_id}": ALL,
        "POST /skus/{sku}/complete": TAKERS_IN,
        "POST /skus/{sku}/changes": TAKERS_IN,
        "GET /reshoots": ALL,
        "GET /batches": ALL,
        "GET /batches/{batch_id}": ALL,
        "POST /batches/{batch_id}/seal": "operator",
        "GET /counts": ALL,
    },
    "generate": {
        "GET /plans": "operator reviewer auditor admin",
        "GET /items/{item_id}": "operator reviewer auditor admin",
        "GET /presets": "operator reviewer auditor admin",
        "POST /presets": "operator admin",
        "POST /presets/{name}/{number}/confirm": "operator admin",
        "POST /presets/{name}/{number}/drop": "operator admin",
        "POST /rules/{category}": "operator admin",
        "GET /scenes": "operator reviewer auditor admin",
        "POST /scenes": "operator admin",
        "POST /scenes/{scene_id}/retire": "operator admin",
        "GET /generators": "operator auditor admin",
        "GET /credits": "operator auditor admin",
        "POST /credits/plan": "capturer operator admin",
        "POST /credits/calls/{call_id}/settle": "operator admin",
        "GET /refusals": "operator reviewer auditor admin",
    },
    "qa": {"GET /reports/{subject_id}": STAFF, "GET /thresholds": STAFF},
    "review": {
        "GET /queue": STAFF,
        "GET /cases": STAFF,
        "POST /cases/next": "reviewer",
        "GET /cases/{case_id}": STAFF,
        "GET /cases/{case_id}/pictures/{sha256}": "operator reviewer auditor",
        "POST /cases/{case_id}/lease": "reviewer",
        "DELETE /cases/{case_id}/lease": "reviewer",
        "POST /cases/{case_id}/decisions": "reviewer",
        "POST /decisions/{decision_id}/undo": "reviewer",
        "GET /batches": STAFF,
        "GET /batches/{batch_id}": STAFF,
        "POST /batches/{batch_id}/release": "reviewer",
        "POST /batches/{batch_id}/audit": "reviewer",
        "GET /approvals": STAFF,
        "POST /approvals/{approval_id}/withdraw": "reviewer",
        "GET /rejections": STAFF,
        "GET /minutes": STAFF,
        "GET /reasons": STAFF,
        "GET /checklists/{category}": STAFF,
        "GET /keys": OPEN,
    },
    "export": {
        "GET /checklists": STAFF,
        "GET /profiles": STAFF,
        "GET /profiles/{marketplace}": STAFF,
        "POST /profiles/{marketplace}/confirmations": "operator uploader",
        "GET /exportable": STAFF,
        "POST /orders": "uploader",
        "GET /orders": STAFF,
        "GET /orders/{order_id}": STAFF,
        "GET /packs/{pack_id}": STAFF,
        "POST /packs/{pack_id}/answers": "uploader",
        "GET /packs/{pack_id}/download": "uploader",
        "POST /outcomes": "operator uploader",
        "GET /outcomes": STAFF,
    },
    "audit": {
        "GET /entries": "auditor admin",
        "GET /entries/{seq}": "auditor admin",
        "GET /timeline/{sku}": "auditor admin",
        "GET /approvals": "auditor admin",
        "GET /proofs/{seq}": "auditor admin",
        "GET /checkpoints/latest": "auditor admin",
        "POST /verify": "auditor admin",
        "GET /verifications/{identity}": "auditor admin",
    },
}
LETTERS = {
    "GET /dead-letters": "operator auditor admin",
    "POST /dead-letters/{letter_id}/replay": "operator",
    "POST /dead-letters/{letter_id}/drop": "operator",
}
"""What the runtime adds to every service that consumes."""
PROBES = {"GET /livez": OPEN, "GET /readyz": OPEN, "GET /metrics": OPEN}
"""What every service has besides; `/openapi.json` is FastAPI's own and says nothing about SKUs or people."""
KEY, STRANGER = make_key(), make_key()


class Nothing:
    """Stands for whatever an endpoint works on: it has nothing. A transaction only remembers what was emitted."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Nothing"]:
        yield self

    async def emit(self, *events: Event) -> None:
        self.events.extend(events)

    def __getattr__(self, name: str) -> Any:
        raise Problem(404, "nothing", f"there is no {name} in this test")


class Shelves:
    """Stands for the storage: it has areas, and nothing in them."""

    def bucket(self, area: str) -> str:
        return area


def _routers(service: str, nothing: Any) -> Sequence[APIRouter]:
    """Return the routers that the service's `main` mounts."""
    match service:
        case "ingest":
            return (trueshelf_ingest.web.build_router(nothing, nothing, 1000),)
        case "generate":
            presets = trueshelf_generate.preset_web.build_router(nothing, nothing, nothing, Offers())
            scenes = trueshelf_generate.scene_web.build_router(nothing)
            credit = trueshelf_generate.credits_web.build_router(nothing, nothing, Catalogue(Offers(), None))
            return trueshelf_generate.web.build_router(nothing), presets, scenes, credit
        case "qa":
            return (trueshelf_qa.web.build_router(nothing),)
        case "review":
            nothing.policy = ReviewPolicy()
            policies = trueshelf_review.policies_web.policies_router(nothing, nothing, Jwks(keys=()))
            pictures = trueshelf_review.pictures_web.pictures_router(nothing, nothing, Shelves())  # type: ignore[arg-type]
            return trueshelf_review.web.router(nothing, nothing), policies, pictures
        case "export":
            names = ("db", "store", "clock", "rules", "orders", "renditions", "reading")
            return (trueshelf_export.web.build_router(**dict.fromkeys(names, nothing)),)
        case "audit":
            return trueshelf_audit.web.routers(nothing, nothing, NoteKey("log", bytes(32)))
    raise AssertionError(f"no routers known for {service}: add them, and its matrix")


def app_of(service: str, nothing: Any, *, drill: bool = True) -> FastAPI:
    async def load() -> dict[str, Any]:
        return jwks_of(KEY)

    identity = TokenChecker(KeySource(load, SystemClock()), "trueshelf-local", "trueshelf", drill=drill)
    routers = (*_routers(service, nothing), letters_web.router(nothing))
    return create_app(service, routers, identity=identity, db=nothing, health=Health())  # type: ignore[arg-type]


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[str]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if isinstance(included, APIRouter):
            yield from routes_of(included.routes)
        elif isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in sorted(route.methods - {"HEAD"}))


def path_of(route: str) -> tuple[str, str]:
    """Return method and path with arguments that are well formed, so that nothing is refused for its shape."""
    method, path = route.split(" ", 1)
    values = {
        "sku": "SKU-1",
        "seq": "1",
        "category": "jewelry",
        "marketplace": "ozon",
        "number": "1",
        "sha256": "0" * 64,
    }
    unknown = "6d1f0a52-5e0c-5b0f-9a64-6f1d3a5c7e21"
    return method, re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], unknown), path)


async def status(client: httpx.AsyncClient, route: str, token: str | None) -> int:
    headers = {"Idempotency-Key": "key"} | ({"Authorization": f"Bearer {token}"} if token else {})
    method, path = path_of(route)
    return (await client.request(method, path, headers=headers)).status_code


@asynccontextmanager
async def asking(service: str, *, drill: bool = True) -> AsyncIterator[tuple[httpx.AsyncClient, Nothing]]:
    nothing = Nothing()
    transport = httpx.ASGITransport(app_of(service, nothing, drill=drill))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client, nothing


def guarded(service: str) -> dict[str, set[str]]:
    return {route: set(roles.split()) for route, roles in {**MATRIX[service], **LETTERS}.items() if roles != OPEN}


def test_every_service_has_its_matrix():
    services = Path(__file__).parents[2] / "services"
    there = {path.parent.name.removeprefix("trueshelf_") for path in services.glob("[a-z]*/*/main.py")}
    assert {*MATRIX, "console"} == there, "the console's is in tests/integration/identity: it has sessions, not tokens"


@pytest.mark.parametrize("service", MATRIX)
def test_the_matrix_names_every_route_and_no_other(service: str):
    mounted = sorted(routes_of(app_of(service, Nothing()).router.routes))
    assert mounted == sorted({**MATRIX[service], **LETTERS, **PROBES})


@pytest.mark.parametrize("service", MATRIX)
async def test_each_role_gets_in_where_the_matrix_says_so_and_nowhere_else(service: str):
    wrong: list[str] = []
    async with asking(service) as (client, nothing):
        for route, allowed in guarded(service).items():
            for role in ROLES:
                nothing.events.clear()
                answered = await status(client, route, fresh(role))
                if (answered not in (401, 403)) != (role in allowed):
                    wrong.append(f"{role} got {answered} at {route}")
                if role not in allowed:
                    (refusal,) = nothing.events
                    assert isinstance(refusal, ActRecorded), "a denial is on record, with who"
                    assert (refusal.outcome, refusal.actor and refusal.actor.role) == ("refused", role)
    assert wrong == []


SIGNED = (
    "POST /cases/{case_id}/decisions",
    "POST /batches/{batch_id}/release",
    "POST /approvals/{approval_id}/withdraw",
)
"""What review signs in a person's name (security.md: step-up)."""


def fresh(role: Role, kind: Any = "drill") -> str:
    """Return the token of somebody who has just logged in."""
    return mint(KEY, "someone", role, kind=kind, auth_time=datetime.now(UTC))


async def test_nothing_is_signed_for_somebody_who_logged_in_too_long_ago_or_never_says_when():
    now = datetime.now(UTC)
    async with asking("review") as (client, nothing):
        for route in SIGNED:
            for auth_time in (None, now - timedelta(hours=12, minutes=1), now + timedelta(minutes=5)):
                nothing.events.clear()
                old = mint(KEY, "someone", "reviewer", kind="person", auth_time=auth_time)
                assert await status(client, route, old) == 401, (route, auth_time)
                (refusal,) = nothing.events
                assert isinstance(refusal, ActRecorded)
                assert (refusal.outcome, refusal.details["code"]) == ("refused", "reauthenticate")
            assert await status(client, route, fresh("reviewer", "person")) not in (401, 403), route
        for route in guarded("review").keys() - set(SIGNED):
            for role in guarded("review")[route]:
                assert await status(client, route, mint(KEY, "someone", role, kind="person")) != 401, route  # type: ignore[arg-type]


def _unsigned(role: Role) -> str:
    """Return a token with algorithm none that claims everything."""
    payload = mint(KEY, "someone", role, kind="drill").split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": KEY.kid}).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}."


@pytest.mark.parametrize("service", MATRIX)
async def test_without_a_valid_token_nobody_gets_in(service: str):
    async with asking(service) as (client, _):
        for route, allowed in guarded(service).items():
            role: Any = min(allowed)
            tokens = {
                "none": None,
                "nonsense": "nonsense",
                "algorithm none": _unsigned(role),
                "another issuer's key": mint(STRANGER, "someone", role, kind="drill"),
                "another issuer": mint(KEY, "someone", role, kind="drill", issuer="elsewhere"),
                "another audience": mint(KEY, "someone", role, kind="drill", audience="elsewhere"),
                "expired": mint(KEY, "someone", role, kind="drill", lifetime=timedelta(minutes=-5)),
            }
            answered = {name: await status(client, route, token) for name, token in tokens.items()}
            assert answered == dict.fromkeys(tokens, 401), route


@pytest.mark.parametrize("service", MATRIX)
async def test_a_practice_account_gets_in_nowhere_unless_the_stack_is_a_drill(service: str):
    async with asking(service, drill=False) as (client, _):
        for route, allowed in guarded(service).items():
            for role in ROLES:
                assert await status(client, route, fresh(role)) == 403, (route, role)
            for role in allowed:
                assert await status(client, route, fresh(role, "person")) != 403, (route, role)


async def test_a_machine_that_holds_the_reviewers_role_gets_in_nowhere_r60():
    """Whatever role it acts in: an account with that role among its roles is no machine's."""
    async with asking("review") as (client, _):
        for route in guarded("review"):
            for role in ("operator", "uploader", "admin"):
                token = mint(KEY, "robot", role, kind="machine", roles=[role, "reviewer"])
                assert await status(client, route, token) == 403, route


@pytest.mark.parametrize("service", MATRIX)
async def test_open_routes_are_those_that_the_matrix_calls_open(service: str):
    async with asking(service) as (client, _):
        for route, roles in {**MATRIX[service], **PROBES}.items():
            if roles == OPEN:
                assert await status(client, route, None) not in (401, 403), route
