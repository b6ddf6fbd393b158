"""Everybody's accounts, for administrators: who may do what, who stands in for whom, who may log in at all."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from trueshelf_console.domain.credentials import login_fault, name_fault, plain_login
from trueshelf_console.domain.people import Person
from trueshelf_console.domain.rights import BadRights, Rights, checked
from trueshelf_console.service import accounts
from trueshelf_console.service.links import make_link
from trueshelf_console.sql import ACCOUNTS
from trueshelf_console.web.accounts_pages import account_page, account_row, link_page, new_page
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn, acting
from trueshelf_runtime.db import Tx
from trueshelf_runtime.errors import Refused

Change = Callable[[Tx, accounts.By], Awaitable[Any]]


class Given(BaseModel):
    """Roles, and levels as two columns of the form."""

    roles: list[str] = Field(default=[], max_length=20)
    category: list[str] = Field(default=[], max_length=200)
    level: list[str] = Field(default=[], max_length=200)

    def rows(self) -> Iterator[tuple[str, str]]:
        return zip(self.category, self.level, strict=False)

    def typed(self) -> dict[str, Any]:
        return {"roles": self.roles, "levels": list(self.rows())}


class NewAccount(Given):
    """The form for a new account."""

    login: str = Field(default="", max_length=1000)
    name: str = Field(default="", max_length=1000)


class Versioned(BaseModel):
    """A form about an account as its page showed it."""

    version: int


class RightsForm(Given, Versioned):
    """Other roles and levels."""


class DeputyForm(Versioned):
    """Whose deputy; empty: nobody's."""

    deputy_of: str = Field(default="", max_length=100)


class NameForm(Versioned):
    """Another name."""

    name: str = Field(default="", max_length=1000)


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False, prefix="/accounts")
    admin = Depends(SignedIn(console, ("admin",)))
    _add_list(routes, console, admin)
    _add_changes(routes, console, admin)
    _add_access(routes, console, admin)
    return routes


def _add_list(routes: APIRouter, console: Console, admin: Any) -> None:
    @routes.get("")
    async def overview(request: Request, person: Annotated[Person, admin]) -> Response:
        length, idle = console.settings.session_lengths
        now = console.clock.now()
        rows = await console.db.fetch(ACCOUNTS["listed"], now - length, now - idle)
        return console.pages.render(request, "accounts/list.html", person, rows=rows, drill=console.settings.drill)

    @routes.get("/new")
    async def new(request: Request, person: Annotated[Person, admin]) -> Response:
        return await new_page(console, request, person)

    @routes.post("")
    async def create(
        request: Request, person: Annotated[Person, admin], form: Annotated[NewAccount, Form()]
    ) -> Response:
        login, name = plain_login(form.login), " ".join(form.name.split())
        typed = {"login": login, "name": name, **form.typed()}
        faults, value, rights = {"login": login_fault(login), "name": name_fault(name)}, "", Rights()
        try:
            rights = checked(form.roles, form.rows())
        except BadRights as bad:
            faults["rights"], value = bad.code, bad.value
        if any(faults.values()):
            return await new_page(console, request, person, status=422, faults=faults, value=value, **typed)
        by = _by(console, person)
        try:
            async with console.db.transaction() as tx:
                made = await accounts.create(tx, by, login, name, rights)
                token = await make_link(tx, by, made)
        except Refused as refused:
            return await new_page(console, request, person, status=409, faults={"login": refused.code}, **typed)
        return link_page(console, request, person, {"account_id": made, "login": login, "name": name}, token)

    @routes.get("/{account_id}")
    async def show(request: Request, account_id: str, person: Annotated[Person, admin], done: str = "") -> Response:
        return await account_page(console, request, person, account_id, done=done)


def _add_changes(routes: APIRouter, console: Console, admin: Any) -> None:
    changed = partial(_changed, console)

    @routes.post("/{account_id}/rights")
    async def rights(
        request: Request, account_id: str, person: Annotated[Person, admin], form: Annotated[RightsForm, Form()]
    ) -> Response:
        try:
            wanted = checked(form.roles, form.rows())
        except BadRights as bad:
            said: dict[str, Any] = {"refused": bad.code, "value": bad.value, **form.typed()}
            return await account_page(console, request, person, account_id, status=422, **said)

        async def change(tx: Tx, by: accounts.By) -> str:
            less = await accounts.change_rights(tx, by, account_id, form.version, wanted)
            return "rights_less" if less else "rights"

        return await changed(request, person, account_id, change, **form.typed())

    @routes.post("/{account_id}/deputy")
    async def deputy(
        request: Request, account_id: str, person: Annotated[Person, admin], form: Annotated[DeputyForm, Form()]
    ) -> Response:
        async def change(tx: Tx, by: accounts.By) -> str:
            await accounts.name_deputy(tx, by, account_id, form.version, form.deputy_of or None)
            return "deputy"

        return await changed(request, person, account_id, change)

    @routes.post("/{account_id}/name")
    async def rename(
        request: Request, account_id: str, person: Annotated[Person, admin], form: Annotated[NameForm, Form()]
    ) -> Response:
        name = " ".join(form.name.split())
        if fault := name_fault(name):
            return await account_page(console, request, person, account_id, status=422, refused=fault, name=name)

        async def change(tx: Tx, by: accounts.By) -> str:
            await accounts.rename(tx, by, account_id, form.version, name)
            return "name"

        return await changed(request, person, account_id, change, name=name)


def _add_access(routes: APIRouter, console: Console, admin: Any) -> None:
    changed = partial(_changed, console)

    @routes.post("/{account_id}/close")
    async def close(
        request: Request, account_id: str, person: Annotated[Person, admin], form: Annotated[Versioned, Form()]
    ) -> Response:
        async def change(tx: Tx, by: accounts.By) -> str:
            await accounts.close(tx, by, account_id, form.version)
            return "closed"

        return await changed(request, person, account_id, change)

    @routes.post("/{account_id}/reopen")
    async def reopen(
        request: Request, account_id: str, person: Annotated[Person, admin], form: Annotated[Versioned, Form()]
    ) -> Response:
        async def change(tx: Tx, by: accounts.By) -> str:
            await accounts.reopen(tx, by, account_id, form.version)
            return "reopened"

        return await changed(request, person, account_id, change)

    @routes.post("/{account_id}/sessions")
    async def end_sessions(request: Request, account_id: str, person: Annotated[Person, admin]) -> Response:
        async def change(tx: Tx, by: accounts.By) -> str:
            await accounts.end_sessions(tx, by, account_id)
            return "sessions"

        return await changed(request, person, account_id, change)

    @routes.post("/{account_id}/link")
    async def link(request: Request, account_id: str, person: Annotated[Person, admin]) -> Response:
        try:
            async with console.db.transaction() as tx:
                token = await make_link(tx, _by(console, person), account_id)
        except Refused as refused:
            return await account_page(console, request, person, account_id, status=409, refused=refused.code)
        return link_page(console, request, person, await account_row(console, account_id), token)


async def _changed(
    console: Console, request: Request, person: Person, account_id: str, change: Change, **typed: Any
) -> Response:
    """Make a change and show the account; where it is refused, with the reason and what was typed."""
    try:
        async with console.db.transaction() as tx:
            done = await change(tx, _by(console, person))
    except Refused as refused:
        return await account_page(console, request, person, account_id, status=409, refused=refused.code, **typed)
    return RedirectResponse(f"/accounts/{account_id}?done={done}", 303)


def _by(console: Console, person: Person) -> accounts.By:
    return accounts.By(acting(person, "admin"), console.clock.now())
