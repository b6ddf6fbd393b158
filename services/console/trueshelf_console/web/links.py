"""What a one-time link opens: the first administrator's account, or a new password for an account."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from trueshelf_console.adapters.first_link import FirstLink
from trueshelf_console.adapters.passwords import hashed
from trueshelf_console.domain.credentials import login_fault, name_fault, password_fault, plain_login
from trueshelf_console.service.links import first_administrator, link_of, set_password
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import FromOurPages
from trueshelf_runtime.db import Row
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem

PROOF = "the link's key, which holds once and for a day, is the proof"
OPEN = Depends(anyone(PROOF))
GONE = 410


class LinkForm(BaseModel):
    """What the page of a link sends; login and name only for the first administrator."""

    key: str = Field(max_length=200)
    password: str = Field(max_length=1000)
    repeat: str = Field(max_length=1000)
    login: str = Field(default="", max_length=1000)
    name: str = Field(default="", max_length=1000)


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    file = FirstLink(console.db, console.clock, console.settings.first_link_file, console.settings.url)

    @routes.get("/link", dependencies=[OPEN])
    async def show(request: Request, key: str = "") -> Response:
        return _page(console, request, key, await _link(console, key))

    @routes.post("/link", dependencies=[Depends(FromOurPages(PROOF))])
    async def use(request: Request, form: Annotated[LinkForm, Form()]) -> Response:
        key, password = form.key, form.password
        if not console.settings.local_accounts:
            raise Problem(403, "company_login_only", "here people log in with the company's login only")
        link = await _link(console, key)
        first = link["account_id"] is None
        login, name = (plain_login(form.login), " ".join(form.name.split())) if first else (link["login"], link["name"])
        faults = {
            "login": login_fault(login) if first else "",
            "name": name_fault(name) if first else "",
            "password": password_fault(password, login),
            "repeat": "" if password == form.repeat else "password_repeat",
        }
        if any(faults.values()):
            return _page(console, request, key, link, status=422, login=login, name=name, faults=faults)
        digest, now = await hashed(password), console.clock.now()
        try:
            async with console.db.transaction() as tx:
                if first:
                    await first_administrator(tx, key, login, name, now, password_hash=digest, subject=None)
                else:
                    await set_password(tx, key, link["account_id"], digest, now)
        except Refused as refused:
            if refused.code != "login_taken":
                raise _gone(refused) from refused
            return _page(
                console, request, key, link, status=409, login=login, name=name, faults={"login": "login_taken"}
            )
        if first:
            await file.ensure()
        return RedirectResponse("/login?made=true", 303)

    return routes


async def _link(console: Console, key: str) -> Row:
    """Return the open link. Raises Problem 410."""
    try:
        async with console.db.transaction() as tx:
            link = await link_of(tx, key, console.clock.now())
    except Refused as refused:
        raise _gone(refused) from refused
    if link["kind"] == "drill" and not console.settings.drill:
        raise Problem(403, "drill_account", "practice accounts work only in a practice stack (--drill)")
    return link


def _gone(refused: Refused) -> Problem:
    return Problem(GONE, refused.code, refused.message, refused.advice)


def _page(console: Console, request: Request, key: str, link: Row, *, status: int = 200, **filled: Any) -> Response:
    context: dict[str, Any] = {"login": "", "name": "", "faults": {}} | filled
    settings = console.settings
    context |= {"key": key, "link": link, "local": settings.local_accounts, "company": bool(settings.oidc_issuer)}
    return console.pages.render(request, "login/link.html", status=status, **context)
