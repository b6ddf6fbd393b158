"""The audit pages: the trail in words, with pictures as they were; proofs, verification, and downloads.

Audit itself puts every person's reading on record; only downloads are added here.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.pictures import is_hash
from trueshelf_console.domain.proofs import leads_to_root, root_of
from trueshelf_console.domain.trail_words import SENTENCES, SIGNATURES
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.audit_telling import READ, Reader, reader, told
from trueshelf_console.web.context import Console
from trueshelf_console.web.evidence import MOST_ENTRIES, as_lines, evidence, found_entries, whole_timeline
from trueshelf_console.web.guard import SignedIn, acting
from trueshelf_runtime.acts import act
from trueshelf_runtime.problem import Problem

PAGE = 100


class Asked(BaseModel):
    """What is searched for. Times are days, as the person's browser names them, in UTC."""

    sku: str = Field(default="", max_length=100)
    actor: str = Field(default="", max_length=100)
    type: str = Field(default="", max_length=100)
    since: str = Field(default="", max_length=30)
    until: str = Field(default="", max_length=30)
    after: int = Field(default=-1, ge=-1)

    @property
    def anything(self) -> bool:
        return any((self.sku, self.actor, self.type, self.since, self.until, self.after >= 0))

    def params(self) -> dict[str, Any]:
        """Return the search as audit takes it. Raises Problem for a time that is none."""
        return {
            "sku": self.sku.strip(),
            "actor": self.actor.strip(),
            "type": self.type,
            "from": _moment(self.since),
            "to": _moment(self.until),
        }


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    guard = SignedIn(console, READ)
    _searching(routes, console, guard)
    _proving(routes, console, guard)
    _downloading(routes, console, guard)
    return routes


def _searching(routes: APIRouter, console: Console, guard: SignedIn) -> None:
    @routes.get("/audit")
    async def search(
        request: Request, person: Annotated[Person, Depends(guard)], asked: Annotated[Asked, Query()]
    ) -> Response:
        at = reader(console, person)
        people = await console.db.fetch(SQL["people"])
        asked, fitting = _with_person(asked, {row["account_id"]: row["name"] for row in people})
        page: Json = {"entries": [], "after": None}
        if asked.anything and len(fitting) <= 1:
            page = await at.get("/entries", **asked.params(), after=asked.after, limit=PAGE)
        return at.page(
            request,
            "audit/search.html",
            asked=asked,
            people=people,
            types=sorted(SENTENCES),
            lines=await told(at, request, page["entries"]),
            more=page["after"],
            searched=asked.anything and len(fitting) <= 1,
            fitting=fitting,
            query=_query(asked),
        )

    @routes.get("/audit/skus/{sku}")
    async def timeline(
        request: Request, sku: str, person: Annotated[Person, Depends(guard)], picture: str = ""
    ) -> Response:
        at = reader(console, person)
        entries, more = await whole_timeline(at, sku)
        lines = await told(at, request, entries, pictures=True)
        return at.page(
            request,
            "audit/timeline.html",
            sku=sku,
            lines=lines,
            more=more,
            picture=picture if is_hash(picture) else "",
            approvals=[line for line in lines if line["type"] == "VariantApproved"],
        )

    @routes.get("/audit/pictures/{sha256}")
    async def by_picture(request: Request, sha256: str, person: Annotated[Person, Depends(guard)]) -> Response:
        at = reader(console, person)
        rows = await console.db.fetch(SQL["mentions"], sha256.lower()) if is_hash(sha256.lower()) else []
        async with console.db.transaction() as tx:
            who, now = acting(person, at.role), console.clock.now()
            details = {"found": str(len(rows))}
            await act(tx, "console.picture_search", target=sha256[:64], who=who, details=details, at=now)
        return at.page(request, "audit/picture.html", sha256=sha256.lower()[:64], rows=rows)


def _proving(routes: APIRouter, console: Console, guard: SignedIn) -> None:
    @routes.get("/audit/entries/{seq}")
    async def entry(request: Request, seq: int, person: Annotated[Person, Depends(guard)]) -> Response:
        at = reader(console, person)
        found = await at.get(f"/entries/{seq}")
        (line,) = await told(at, request, [found], pictures=True)
        try:
            proof = await at.get(f"/proofs/{seq}")
        except Problem as problem:
            if problem.status != 404:  # noqa: PLR2004 - no checkpoint covers it yet
                raise
            proof = None
        return at.page(
            request,
            "audit/entry.html",
            entry=found,
            line=line,
            raw=at.pretty(found["event"]) if found["event"] else base64.b64decode(found["value"] or "").hex(" "),
            signature=SIGNATURES.get(found["signature"], SIGNATURES[None]),
            proof=proof,
            proven=proof is not None and _proven(proof),
        )

    @routes.post("/audit/verify")
    async def verify(request: Request, person: Annotated[Person, Depends(guard)]) -> Response:  # noqa: ARG001
        at = reader(console, person)
        asked = await console.services.post(person, at.role, "audit", "/verify")
        return RedirectResponse(f"/audit/verifications/{asked['id']}", 303)

    @routes.get("/audit/verifications/{identity}")
    async def verification(
        request: Request, identity: UUID, person: Annotated[Person, Depends(guard)], live: bool = False
    ) -> Response:
        at = reader(console, person)
        found = await at.get(f"/verifications/{identity}")
        template = "audit/verdict.html" if live else "audit/verification.html"
        return at.page(request, template, verification=found)


def _downloading(routes: APIRouter, console: Console, guard: SignedIn) -> None:
    @routes.get("/audit/entries.jsonl")
    async def lines(
        request: Request,  # noqa: ARG001
        person: Annotated[Person, Depends(guard)],
        asked: Annotated[Asked, Query()],
    ) -> Response:
        """Give every entry of a search as JSON lines."""
        at = reader(console, person)
        entries = await found_entries(at, asked.params())
        await _record(at, "console.audit_download", asked.sku or "entries", {"entries": str(len(entries))})
        name = f"trueshelf-entries-{console.clock.now():%Y%m%d-%H%M%S}.jsonl"
        return _file(as_lines(entries), "application/jsonl", name)

    @routes.get("/audit/skus/{sku}/evidence.zip")
    async def of_sku(
        request: Request,
        sku: str,
        person: Annotated[Person, Depends(guard)],
    ) -> Response:
        at = reader(console, person)
        entries, more = await whole_timeline(at, sku)
        if not entries:
            raise Problem(404, "no_such_sku", f"the log holds nothing about {sku}", "look at the spelling")
        if more:
            raise Problem(
                422,
                "too_much",
                f"the log holds more than {MOST_ENTRIES} entries about {sku}",
                "use `trueshelf audit export` on the machine of the log",
            )
        told_lines = await told(at, request, entries)
        data = await evidence(at, sku, entries, told_lines)
        await _record(at, "console.audit_evidence", sku, {"entries": str(len(entries))})
        return _file(data, "application/zip", f"trueshelf-evidence-{sku}.zip")

    async def _record(at: Reader, name: str, target: str, details: Mapping[str, str]) -> None:
        async with console.db.transaction() as tx:
            who = acting(at.person, at.role)
            await act(tx, name, target=target, who=who, details=details, at=console.clock.now())


def _with_person(asked: Asked, names: Mapping[str, str]) -> tuple[Asked, list[str]]:
    """Return the search by account id, and the ids that fit where somebody typed a name (or a part of one)."""
    typed = asked.actor.strip()
    if not typed or typed in names:
        return asked, [typed] if typed else []
    fitting = [account for account, name in names.items() if typed.casefold() in name.casefold()]
    return (asked.model_copy(update={"actor": fitting[0]}) if len(fitting) == 1 else asked), fitting


def _file(data: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)


def _proven(proof: Json) -> bool:
    try:
        size, root = root_of(proof["checkpoint"])
        hashes = [base64.b64decode(each, validate=True) for each in proof["hashes"]]
    except ValueError:
        return False
    inside = leads_to_root(proof["seq"], size, proof["leaf_data"].encode(), hashes, root)
    return inside and size == proof["tree_size"]


def _moment(text: str) -> str | None:
    """Return a time for audit. Raises Problem: what cannot be read must not silently find everything."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "no_time", f"{text[:40]} is no time", "choose a day and an hour") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _query(asked: Asked) -> str:
    pairs = [(name, str(value)) for name, value in asked.model_dump().items() if value and name != "after"]
    return "&".join(f"{name}={quote(value)}" for name, value in pairs)
