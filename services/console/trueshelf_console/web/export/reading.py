"""What the export pages ask of export, ingest, review and qa. One source may be away: its part of the page says so."""

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response

from trueshelf_console.adapters.services import Json
from trueshelf_console.domain.people import Person
from trueshelf_console.service.pictures import SQL
from trueshelf_console.web.context import Console
from trueshelf_contracts.event import Role
from trueshelf_contracts.refs import ObjectRef, check_sku
from trueshelf_runtime.problem import Problem
from trueshelf_runtime.storage import key_of

READ: tuple[Role, ...] = ("uploader", "operator", "auditor", "reviewer", "admin")
CONFIRM: tuple[Role, ...] = ("uploader", "operator")
ORDER: tuple[Role, ...] = ("uploader",)
AT_ONCE = 8
MOST_SHOWN = 200
"""SKUs of one page; an order takes as many."""
T = TypeVar("T")


@dataclass(slots=True)
class Desk:
    """One person's view of the services, in the role that the record shall name."""

    console: Console
    person: Person
    role: Role
    away: list[str] = field(default_factory=list)
    """What did not answer, as sentences; shown where its data would be."""

    async def get(self, service: Any, path: str, **params: Any) -> Any:
        return await self.console.services.get(self.person, self.role, service, path, **params)

    async def perhaps(self, asked: Awaitable[T], otherwise: T) -> T:
        """Return what was asked for, or `otherwise` while its service is away; every other problem is raised."""
        try:
            return await asked
        except Problem as problem:
            if problem.status not in (502, 503):
                raise
            if problem.message not in self.away:
                self.away.append(problem.message)
            return otherwise

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        """Return the page. It sees what is away, and `tr`, which says a fixed text of a service in our language."""

        def tr(text: str) -> str:
            return self.console.pages.say(self.person, request, text) if text else ""

        away = tuple(self.away)
        return self.console.pages.render(request, template, self.person, status=status, tr=tr, away=away, **context)


def desk(console: Console, person: Person, roles: tuple[Role, ...] = READ) -> Desk:
    return Desk(console, person, person.role(*roles))


async def all_of(asked: Iterable[Awaitable[T]]) -> list[T]:
    """Return every answer in order, a few asked at once."""
    some = asyncio.Semaphore(AT_ONCE)

    async def one(question: Awaitable[T]) -> T:
        async with some:
            return await question

    return await asyncio.gather(*(one(question) for question in asked))


def terms(text: str) -> list[str]:
    """Return what somebody typed or pasted as single words: a SKU never holds a space, comma or semicolon."""
    return [word for word in re.split(r"[\s,;]+", text) if word][:MOST_SHOWN]


def is_sku(word: str) -> bool:
    try:
        check_sku(word)
    except ValueError:
        return False
    return True


async def candidates(at: Desk, text: str, batch: str, category: str) -> tuple[list[str], bool]:
    """Return SKUs to choose from, and whether there are more than shown.

    A whole SKU that the overview does not know (yet) is asked for by itself, where a list was pasted or nothing fits.
    """
    words = terms(text)
    like = [f"%{escaped(word.lower())}%" for word in words] or None
    rows = await at.console.db.fetch(
        SQL["find_skus"], uuid_or_none(batch), category or None, like, words, MOST_SHOWN + 1
    )
    known = list(dict.fromkeys(row["sku"] for row in rows))
    if not batch and not category:
        known = list(dict.fromkeys([*(word for word in words if is_sku(word) and word in known), *known]))
        unheard = [word for word in words if is_sku(word) and word not in known]
        known += unheard if not known or len(words) > 1 else []
    return known[:MOST_SHOWN], len(known) > MOST_SHOWN


def escaped(word: str) -> str:
    """Return a word that LIKE takes literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def uuid_or_none(text: str) -> UUID | None:
    """Return the id in `text`; one that is none fits nothing."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def choices(at: Desk, skus: Sequence[str], marketplace: str) -> list[Json]:
    """Return each SKU with whether it may be ordered, why not, and its title; those that may come first."""

    async def one(sku: str) -> Json:
        (view,) = await at.get("export", "/exportable", sku=sku, marketplace=marketplace)
        card = await at.perhaps(_card(at, sku), {})
        shot = next((c for c in card.get("captures", ()) if c["state"] == "accepted" and c.get("preview")), None)
        return {**view, "title": card.get("title", ""), "preview": shot["preview"] if shot else None}

    lines = await all_of(one(sku) for sku in skus)
    return sorted(lines, key=lambda line: not line["exportable"])


async def _card(at: Desk, sku: str) -> Json:
    try:
        return dict(await at.get("ingest", f"/skus/{sku}"))
    except Problem as problem:
        if problem.status == 404:  # noqa: PLR2004
            return {}
        raise


async def pictures(at: Desk, pack: Json) -> dict[str, dict[str, Any]]:
    """Return for each file of a pack its own picture, its master and its source, as references; by rendition id."""
    files = pack["files"]
    by_variant = await at.perhaps(_variants(at, pack), {})
    named = {file["rendition_id"]: file["sha256"] for file in (pack["manifest"] or {}).get("files", ())}
    hashes = await all_of(_hash(at, file, named) for file in files)
    result: dict[str, dict[str, Any]] = {}
    for file, sha256 in zip(files, hashes, strict=True):
        variant: Mapping[str, Any] = by_variant.get(file["variant_id"], {})
        result[file["rendition_id"]] = {
            "rendition": _rendition(at.console, file, sha256),
            "master": variant.get("master"),
            "source": variant.get("source"),
            "checks": variant.get("checks", ()),
        }
    return result


def _rendition(console: Console, file: Json, sha256: str | None) -> ObjectRef | None:
    """Return where a rendition lies: objects are named by their content (contracts.refs.ObjectRef)."""
    if sha256 is None or file["size"] is None:
        return None
    return ObjectRef(
        bucket=console.store.bucket("packs"),
        key=key_of(sha256, "image/jpeg"),
        sha256=sha256,
        size=file["size"],
        media_type="image/jpeg",
        width=file["width"],
        height=file["height"],
    )


async def _hash(at: Desk, file: Json, named: Mapping[str, str]) -> str | None:
    """Return a rendition's hash: from the manifest, or while there is none from qa's report on it."""
    if file["rendition_id"] in named:
        return named[file["rendition_id"]]
    if file["size"] is None:
        return None
    try:
        report = await at.get("qa", f"/reports/{file['rendition_id']}")
    except Problem:
        return None
    return str(report["candidate_sha256"])


async def _variants(at: Desk, pack: Json) -> dict[str, Json]:
    """Return the approved variants of a pack as their cases show them, by variant id."""
    approvals = await at.get("review", "/approvals", sku=pack["sku"], limit=1000)
    wanted = {file["approval_id"] for file in pack["files"]}
    cases = {line["case_id"] for line in approvals if line["approval_id"] in wanted}
    shown = await all_of(at.get("review", f"/cases/{case}") for case in sorted(cases))
    return {variant["variant_id"]: variant for case in shown for variant in case["variants"]}
