"""HTTP: closed by default, problems that say what and where, refusals on record, one request one cause."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from trueshelf_contracts.event import ActRecorded, Event
from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import SystemClock
from trueshelf_runtime.errors import Outage, Refused
from trueshelf_runtime.health import Health
from trueshelf_runtime.identity import KeySource, Principal, TokenChecker
from trueshelf_runtime.keys import jwks_of, make_key, mint
from trueshelf_runtime.origin import current
from trueshelf_runtime.web import Problem, anyone, create_app, require

KEY = make_key()


class Memory:
    """A database that only remembers what was emitted."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Memory"]:
        yield self

    async def emit(self, *events: Event) -> None:
        self.events.extend(events)


class Body(BaseModel):
    width: int = Field(ge=1)


router = APIRouter()
Reviewer = Annotated[Principal, Depends(require("reviewer"))]


@router.post("/cases/{case_id}")
async def decide(case_id: UUID, body: Body, who: Reviewer) -> dict[str, str]:
    return {"who": who.id, "cause": str(current().cause_id), "drill": str(current().drill)}


@router.post("/fail/{how}")
async def fail(how: str, who: Reviewer) -> None:
    match how:
        case "refused":
            raise Refused("already_decided", "the case is decided", "open another")
        case "missing":
            raise Refused("case_not_found", "no such case")
        case "gone":
            raise Problem(410, "pack_withdrawn", "the pack was withdrawn", "order it again")
        case "outage":
            raise Outage("PostgreSQL at 10.0.0.5 does not answer")
        case "deadlock":
            raise asyncpg.DeadlockDetectedError("process 10 waits for process 11")
        case _:
            raise RuntimeError("secret detail")


@router.post("/upload", max_body_size=1000)
async def upload(request: Request, who: Reviewer) -> int:
    return len(await request.body())


@router.get("/signed")
async def signed(_: Annotated[None, Depends(anyone("its address is signed"))]) -> str:
    return "open"


@pytest.fixture
def db() -> Memory:
    return Memory()


@pytest.fixture
async def client(db: Memory) -> AsyncIterator[httpx.AsyncClient]:
    async def load() -> dict[str, Any]:
        return jwks_of(KEY)

    identity = TokenChecker(KeySource(load, SystemClock()), "trueshelf-local", "trueshelf", drill=True)
    app = create_app("review", [router], identity=identity, db=db, health=Health())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def bearer(role: Any = "reviewer", kind: Any = "drill", subject: str = "anna") -> dict[str, str]:
    return {"Authorization": f"Bearer {mint(KEY, subject, role, kind=kind)}"}


CASE = "/cases/6d1f0a52-5e0c-5b0f-9a64-6f1d3a5c7e21"


async def test_the_open_routes_need_no_token(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/openapi.json", "/signed"):
        assert (await client.get(path)).status_code == 200, path
    assert "trueshelf_job_seconds" in (await client.get("/metrics")).text


def test_a_forgotten_guard_stops_the_start(db: Memory) -> None:
    inner, outer = APIRouter(), APIRouter(prefix="/outer")
    inner.add_api_route("/open", signed)
    inner.add_api_route("/forgotten", _endpoint, methods=["DELETE"])
    outer.include_router(inner)
    with pytest.raises(RuntimeError, match="DELETE /forgotten"):
        create_app("review", [outer], identity=None, db=None, health=Health())  # type: ignore[arg-type]
    guarded = APIRouter(dependencies=[Depends(require("auditor"))])
    guarded.include_router(inner)
    create_app("review", [guarded], identity=None, db=None, health=Health())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one role"):
        require()


async def _endpoint() -> str:
    return "never"


async def test_every_role_but_the_named_one_is_refused_and_put_on_record(client: httpx.AsyncClient, db: Memory) -> None:
    """R-66; admin never approves."""
    for role in ("capturer", "operator", "uploader", "auditor", "admin"):
        answer = await client.post(CASE, json={"width": 1}, headers=bearer(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_enough")
        recorded = db.events[-1]
        assert isinstance(recorded, ActRecorded)
        assert (recorded.act, recorded.outcome) == ("review.refused", "refused")
        assert recorded.actor is not None
        assert (recorded.actor.id, recorded.actor.role) == ("anna", role)
        assert recorded.target == f"POST {CASE}"
    assert (await client.post(CASE, json={"width": 1}, headers=bearer())).status_code == 200


async def test_without_a_token_nothing_is_told_and_events_are_bounded(client: httpx.AsyncClient, db: Memory) -> None:
    for _ in range(100):
        answer = await client.post(CASE, json={"nonsense": 1})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"] == []
    assert len(db.events) <= 60


async def test_a_wrong_field_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post(CASE, json={"width": 0}, headers=bearer())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.width"
    assert "body.width" in answer.json()["detail"]
    assert (await client.post("/cases/x", json={"width": 1}, headers=bearer())).json()["errors"][0][
        "field"
    ] == "path.case_id"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("refused", 409, "already_decided"),
        ("missing", 404, "case_not_found"),
        ("gone", 410, "pack_withdrawn"),
        ("outage", 503, "outage"),
        ("deadlock", 503, "busy"),
        ("bug", 500, "internal"),
    ],
)
async def test_failures_become_problems(client: httpx.AsyncClient, how: str, status: int, code: str) -> None:
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.raise_app_exceptions = False
    with structlog.testing.capture_logs() as lines:
        answer = await client.post(f"/fail/{how}", headers=bearer())
    assert sum(line["log_level"] == "error" for line in lines) == (1 if status == 500 else 0)
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["correlation_id"] == answer.headers["x-correlation-id"]
    assert "secret" not in answer.text
    assert "10.0.0.5" not in answer.text
    if status == 503:
        assert answer.headers["retry-after"]


async def test_unknown_routes_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    for answer, status in ((await client.get("/nope"), 404), (await client.get("/upload"), 405)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_body_is_bounded_with_and_without_a_declared_length(client: httpx.AsyncClient) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(100)

    assert (await client.post("/upload", content=bytes(1000), headers=bearer())).json() == 1000
    for content in (bytes(1001), stream()):
        answer = await client.post("/upload", content=content, headers=bearer())
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["x-correlation-id"]
    assert 'route="/upload",status="413"' in (await client.get("/metrics")).text


async def test_an_idempotency_key_is_the_cause_of_one_caller(client: httpx.AsyncClient) -> None:
    async def cause(subject: str, key: str | None) -> str:
        headers = bearer(subject=subject) | ({"Idempotency-Key": key} if key else {})
        told: dict[str, str] = (await client.post(CASE, json={"width": 1}, headers=headers)).json()
        return told["cause"]

    assert await cause("anna", "1") == await cause("anna", "1")
    assert await cause("anna", "1") != await cause("ben", "1")
    assert await cause("anna", "1") != await cause("anna", "2")
    assert await cause("anna", None) != await cause("anna", None)


async def test_a_practice_account_marks_everything_it_causes(client: httpx.AsyncClient) -> None:
    for kind, drill in (("drill", "True"), ("person", "False")):
        answer = await client.post(CASE, json={"width": 1}, headers=bearer(kind=kind))
        assert answer.json()["drill"] == drill


async def test_the_disclaimers_stand_in_the_api_document(client: httpx.AsyncClient) -> None:
    """R-110, R-111, R-112, R-113, R-114."""
    description = (await client.get("/openapi.json")).json()["info"]["description"]
    assert all(text in description for text in DISCLAIMERS)
    assert len(DISCLAIMERS) == 5


async def test_the_same_act_of_the_same_request_is_one_event(db: Memory) -> None:
    who = Principal("anna", "person", "auditor", "s")
    from trueshelf_runtime.origin import fresh, using  # noqa: PLC0415

    with using(fresh()):
        first = await act(db, "audit.read", target="SKU-1", who=who)
        again = await act(db, "audit.read", target="SKU-1", who=who)
    other = await act(db, "audit.read", target="SKU-1", who=who)
    assert first.event_id == again.event_id != other.event_id
