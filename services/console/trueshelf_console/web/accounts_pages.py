"""The pages about one account and about new ones, with whatever was typed and refused."""

from typing import Any

from fastapi import Request, Response

from trueshelf_console.domain.people import ALL_ROLES, Person
from trueshelf_console.domain.rights import REST, Rights
from trueshelf_console.service import accounts
from trueshelf_console.sql import ACCOUNTS
from trueshelf_console.web.context import Console
from trueshelf_runtime.db import Row
from trueshelf_runtime.problem import Problem

DONE = ("rights", "rights_less", "deputy", "name", "closed", "reopened", "sessions")
EMPTY_ROWS = 3
"""Rows for further categories on a form; more appear when these are saved."""


async def account_page(
    console: Console, request: Request, person: Person, account_id: str, *, status: int = 200, **more: Any
) -> Response:
    row = await account_row(console, account_id)
    length, idle = console.settings.session_lengths
    now = console.clock.now()
    own = accounts.rights_of(row)
    lent = Rights()
    if row["lent_roles"] is not None and not row["lender_closed"]:
        lent = Rights(tuple(row["lent_roles"]), row["lent_levels"])
    context: dict[str, Any] = {
        "row": row,
        "own": own,
        "held": own.joined(lent),
        "roles": list(own.roles),
        "levels": list(own.levels.items()),
        "name": row["name"],
        "refused": "",
        "value": "",
        "done": "",
        "all_roles": ALL_ROLES,
        "categories": await _categories(console, person),
        "deputies": await console.db.fetch(ACCOUNTS["deputies"], account_id),
        "lenders": await console.db.fetch(ACCOUNTS["possible_lenders"], row["kind"], account_id),
        "sessions": await console.db.fetch(ACCOUNTS["sessions_of"], account_id, now - length, now - idle),
        "own_account": account_id == person.account.account_id,
    } | more
    context["done"] = context["done"] if context["done"] in DONE else ""
    context["levels"] = _rows(context["levels"])
    return console.pages.render(request, "accounts/account.html", person, status=status, **context)


async def new_page(console: Console, request: Request, person: Person, *, status: int = 200, **more: Any) -> Response:
    context: dict[str, Any] = {
        "login": "",
        "name": "",
        "roles": [],
        "levels": [],
        "faults": {},
        "value": "",
        "all_roles": ALL_ROLES,
        "categories": await _categories(console, person),
    } | more
    context["levels"] = _rows(context["levels"])
    return console.pages.render(request, "accounts/new.html", person, status=status, **context)


def link_page(console: Console, request: Request, person: Person, row: Any, token: str) -> Response:
    context = {"row": row, "address": f"{console.settings.url}/link?key={token}"}
    return console.pages.render(request, "accounts/link.html", person, status=201, **context)


def _rows(levels: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the rows of the form: the rest first, then the named categories, then some empty ones."""
    rest = next((level for category, level in levels if category == REST), "")
    named = [(category, level) for category, level in levels if category != REST and (category.strip() or level)]
    return [(REST, rest), *named, *[("", "")] * EMPTY_ROWS]


async def _categories(console: Console, person: Person) -> list[str]:
    """Return the categories that are known: those of levels, and of batches where ingest answers."""
    known = {row["category"] for row in await console.db.fetch(ACCOUNTS["categories"])} - {REST}
    try:
        batches = await console.services.get(person, "admin", "ingest", "/batches", limit=500)
        known |= {str(batch["category"]) for batch in batches}
    except (Problem, KeyError, TypeError):
        pass  # these are suggestions only
    return sorted(known)


async def account_row(console: Console, account_id: str) -> Row:
    row = await console.db.fetchrow(ACCOUNTS["account"], account_id)
    if row is None:
        raise Problem(404, "account_not_found", "there is no such account")
    return row
