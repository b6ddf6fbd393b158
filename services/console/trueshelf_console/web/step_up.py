"""Proving once more who one is (step-up): what a person signs is the person's own, not that of who found the screen."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from trueshelf_console.adapters.passwords import matches
from trueshelf_console.domain.people import Person
from trueshelf_console.service.tries import begin_try, forget_tries
from trueshelf_console.sql import SQL
from trueshelf_console.web.addresses import client_address
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import SignedIn, acting
from trueshelf_runtime.acts import act
from trueshelf_runtime.problem import Problem

ACT, HOW = "console.step_up", {"how": "password"}


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False, prefix="/login/again")
    reviewer = Annotated[Person, Depends(SignedIn(console, ("reviewer",)))]

    @routes.get("")
    async def done(request: Request, person: reviewer) -> Response:
        """Say that the company's login has vouched once more, and where to go on."""
        return console.pages.render(request, "login/vouched.html", person)

    @routes.post("", status_code=204)
    async def password(request: Request, person: reviewer, password: Annotated[str, Form(max_length=200)]) -> None:
        """Take the password once more. Raises Problem 403 (another one), 409 (the account has none), 429."""
        now, login, address = console.clock.now(), person.account.login, client_address(request)
        row = await console.db.fetchrow(SQL["account_by_id"], person.account.account_id)
        if row is None or row["password_hash"] is None or not console.settings.local_accounts:
            raise Problem(409, "no_password", "this account has no password here", "use the company's login")
        async with console.db.transaction() as tx:
            wait = await begin_try(tx, login, address, now, known=True)
        if wait is not None:
            seconds = max(1, int((wait - now).total_seconds()) + 1)
            await _refused(console, person, "too many tries")
            raise Problem(429, "too_many_tries", "too many wrong tries", headers={"Retry-After": str(seconds)})
        if not await matches(row["password_hash"], password):
            await _refused(console, person, "wrong password")
            raise Problem(403, "password_wrong", "this is not your password", "try again")
        async with console.db.transaction() as tx:
            await forget_tries(tx, login, address)
            await tx.execute(SQL["authenticated"], person.session.session_id, now)
            await act(tx, ACT, target=person.account.account_id, who=acting(person), at=now, details=HOW)

    return routes


async def _refused(console: Console, person: Person, reason: str) -> None:
    account = person.account.account_id
    async with console.db.transaction() as tx:
        now = console.clock.now()
        await act(tx, ACT, outcome="refused", target=account, who=acting(person), reason=reason, at=now, details=HOW)
