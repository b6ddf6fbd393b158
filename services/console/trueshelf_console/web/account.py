"""One's own account: language, password, sessions."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.passwords import hashed, matches
from trueshelf_console.domain.agents import browser_of
from trueshelf_console.domain.credentials import password_fault
from trueshelf_console.domain.people import Person
from trueshelf_console.service.tries import begin_try, forget_tries
from trueshelf_console.sql import ACCOUNTS, SQL
from trueshelf_console.web.addresses import client_address
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn, acting
from trueshelf_console.web.login import sent_out
from trueshelf_runtime.acts import act
from trueshelf_runtime.db import Row, Tx
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.problem import Problem

DONE = ("password", "session", "sessions")
Text = Annotated[str, Form(max_length=1000)]


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False, prefix="/account")
    everybody = Depends(SignedIn(console, ()))

    @routes.get("")
    async def show(request: Request, person: Annotated[Person, everybody], done: str = "") -> Response:
        return await _page(console, request, person, done=done)

    @routes.post("/password")
    async def password(
        request: Request, person: Annotated[Person, everybody], present: Text, password: Text, repeat: Text
    ) -> Response:
        now, account, address = console.clock.now(), person.account, client_address(request)
        row = await _own(console, person)
        faults = {
            "password": password_fault(password, account.login),
            "repeat": "" if password == repeat else "password_repeat",
        }
        if any(faults.values()):
            return await _page(console, request, person, faults=faults, status=422)
        async with console.db.transaction() as tx:
            wait = await begin_try(tx, account.login, address, now, known=True)
        if wait is not None:
            return await _page(console, request, person, wait=wait, status=429)
        if not await matches(row["password_hash"], present):
            return await _page(console, request, person, faults={"present": "password_wrong"}, status=403)
        digest = await hashed(password)
        async with console.db.transaction() as tx:
            await forget_tries(tx, account.login, address)
            await tx.execute(SQL["set_password"], account.account_id, digest)
            await tx.execute(ACCOUNTS["end_other_sessions"], account.account_id, person.session.session_id, now)
            await act(tx, "console.change_password", target=account.account_id, who=_who(person), at=now)
        return RedirectResponse("/account?done=password", 303)

    @routes.post("/sessions/{session_id}/end")
    async def end_session(session_id: str, person: Annotated[Person, everybody]) -> Response:
        now = console.clock.now()
        async with console.db.transaction() as tx:
            ended = await tx.execute(ACCOUNTS["end_one_session"], session_id, person.account.account_id, now)
            if ended == "UPDATE 0":
                raise Problem(404, "session_not_found", "this session is over already")
            await _ended(tx, person, session_id, console)
        return sent_out() if session_id == person.session.session_id else RedirectResponse("/account?done=session", 303)

    @routes.post("/sessions/others")
    async def end_others(person: Annotated[Person, everybody]) -> Response:
        now = console.clock.now()
        async with console.db.transaction() as tx:
            own = (person.account.account_id, person.session.session_id)
            await tx.execute(ACCOUNTS["end_other_sessions"], *own, now)
            await _ended(tx, person, "others", console)
        return RedirectResponse("/account?done=sessions", 303)

    @routes.post("/sessions/all")
    async def end_all(person: Annotated[Person, everybody]) -> Response:
        async with console.db.transaction() as tx:
            await tx.execute(SQL["end_sessions_of"], person.account.account_id, console.clock.now())
            await _ended(tx, person, "all", console)
        return sent_out()

    return routes


async def _page(
    console: Console, request: Request, person: Person, *, status: int = 200, done: str = "", **more: Any
) -> Response:
    length, idle = console.settings.session_lengths
    now = console.clock.now()
    found = await console.db.fetch(ACCOUNTS["sessions_of"], person.account.account_id, now - length, now - idle)
    context: dict[str, Any] = {
        "row": await _own(console, person),
        "sessions": [{**session, "browser": browser_of(session["agent"])} for session in found],
        "done": done if done in DONE else "",
        "faults": {},
        "wait": None,
        "local": console.settings.local_accounts,
    }
    return console.pages.render(request, "account/account.html", person, status=status, **context | more)


async def _own(console: Console, person: Person) -> Row:
    row = await console.db.fetchrow(ACCOUNTS["account"], person.account.account_id)
    assert row is not None, "whoever is logged in has an account: rows are never deleted"
    return row


async def _ended(tx: Tx, person: Person, which: str, console: Console) -> None:
    await act(tx, "console.end_session", target=which, who=_who(person), at=console.clock.now())


def _who(person: Person) -> Principal | None:
    return acting(person) if person.account.roles else None
