"""Logging in with a password, logging out, choosing the language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.passwords import matches
from trueshelf_console.domain.credentials import plain_login
from trueshelf_console.domain.people import LANGUAGES, Account, Person, Session
from trueshelf_console.service.login import begin, new_session
from trueshelf_console.service.tries import begin_try, forget_tries
from trueshelf_console.sql import ACCOUNTS, SQL
from trueshelf_console.web.addresses import client_address, safe_next
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import COOKIE, FromOurPages, SignedIn, account_of, acting, token_digest
from trueshelf_console.web.rendering import LANGUAGE_COOKIE
from trueshelf_console.web.typed import typed_from
from trueshelf_runtime.acts import act
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem

__all__ = ["Proof", "let_in", "login_page", "router", "safe_next", "sent_out"]
YEAR = 365 * 24 * 3600
OPEN = Depends(anyone("the login itself"))


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    everybody = SignedIn(console, ())

    @routes.get("/login", dependencies=[OPEN])
    async def form(request: Request, next: str = "/", over: bool = False, made: bool = False) -> Response:
        return login_page(console, request, next=next, over=over, made=made)

    @routes.post("/login", dependencies=[Depends(FromOurPages("the login itself"))])
    async def login(
        request: Request,
        login: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=200)],
        next: Annotated[str, Form()] = "/",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        if not console.settings.local_accounts:
            raise Problem(403, "company_login_only", "here people log in with the company's login only")
        name, address = plain_login(login), client_address(request)
        known = await console.db.fetchval(ACCOUNTS["session_login"], token_digest(request.cookies.get(COOKIE, "")))
        async with console.db.transaction() as tx:
            wait = await begin_try(tx, name, address, console.clock.now(), known=known == name)
        if wait is not None:
            await _refused(console, request, "too many tries", counted=True)
            page = login_page(console, request, next=next, login=name, again=again, wait=wait, status=429)
            page.headers["Retry-After"] = str(max(1, int((wait - console.clock.now()).total_seconds()) + 1))
            return page
        row = await console.db.fetchrow(SQL["account_by_login"], name)
        usable = row is not None and not row["closed"] and (row["kind"] != "drill" or console.settings.drill)
        right = await matches(row["password_hash"] if row and usable else None, password)
        if row is None or not right:
            await _refused(console, request, "wrong login or password")
            return login_page(console, request, next=next, login=name, again=again, failed=True, status=403)
        async with console.db.transaction() as tx:
            await forget_tries(tx, name, address)
        proof = Proof("password", console.clock.now())
        return await let_in(console, request, account_of(row), proof=proof, next=next, again=again)

    @routes.post("/logout")
    async def logout(request: Request, person: Annotated[Person, Depends(everybody)]) -> Response:  # noqa: ARG001
        now = console.clock.now()
        async with console.db.transaction() as tx:
            await tx.execute(SQL["end_session"], person.session.session_id, now)
            await act(tx, "console.logout", who=acting(person) if person.account.roles else None, at=now)
        return sent_out()

    @routes.post("/language", dependencies=[Depends(FromOurPages("chooses the language of this browser"))])
    async def language(
        request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
    ) -> Response:
        answer = RedirectResponse(safe_next(next), 303)
        if language in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR, secure=True, httponly=True, samesite="lax")
            token = request.cookies.get(COOKIE)
            row = await console.db.fetchrow(SQL["session"], token_digest(token)) if token else None
            if row is not None:
                await console.db.execute(SQL["set_language"], row["account_id"], language)
        return answer

    return routes


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody showed who they are, and when; None where the company's login did not say."""

    how: Literal["password", "company"]
    at: datetime | None


def login_page(
    console: Console,
    request: Request,
    *,
    next: str = "/",
    login: str = "",
    again: str = "",
    over: bool = False,
    made: bool = False,
    failed: bool = False,
    wait: datetime | None = None,
    said: str = "",
    status: int = 200,
) -> Response:
    """Return the login form. `again` is a form that could not be sent; `said` a message of the company's login."""
    settings = console.settings
    context: dict[str, Any] = {
        "next": safe_next(next),
        "login": login,
        "again": typed_from(again),
        "over": over,
        "made": made,
        "failed": failed,
        "wait": wait,
        "said": said,
        "local": settings.local_accounts,
        "company": bool(settings.oidc_issuer),
    }
    return console.pages.render(request, "login/login.html", status=status, **context)


async def let_in(
    console: Console, request: Request, account: Account, *, proof: Proof, next: str = "/", again: str = ""
) -> Response:
    """Begin a session and lead on: to the page that was asked for, or to the form that was not sent."""
    now, made = console.clock.now(), new_session()
    person = Person(account, Session(made.session_id, made.csrf, now, now, proof.at), account.language)
    before, agent = request.cookies.get(COOKIE, ""), request.headers.get("user-agent", "")
    async with console.db.transaction() as tx:
        csrf = await begin(tx, account, made, now, before=before, agent=agent, authenticated_at=proof.at)
        who = acting(person) if account.roles else None
        await act(tx, "console.login", target=account.account_id, who=who, at=now, details={"how": proof.how})
    typed = typed_from(again)
    answer: Response = RedirectResponse(safe_next(next), 303)
    if typed is not None:
        person = Person(account, Session(made.session_id, csrf, now, now, proof.at), account.language)
        answer = console.pages.render(request, "login/again.html", person, typed=typed)
    answer.set_cookie(COOKIE, made.token, secure=True, httponly=True, samesite="lax", path="/")
    return answer


def sent_out(to: str = "/login") -> Response:
    """Return the answer that leads to the login and takes the cookie away."""
    answer = RedirectResponse(to, 303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


async def _refused(console: Console, request: Request, reason: str, *, counted: bool = False) -> None:
    """Put a refused login on record, without what was typed; `counted`: only so many in a minute."""
    if counted and not request.app.state.refusals.take():
        return
    async with console.db.transaction() as tx:
        await act(tx, "console.login", outcome="refused", reason=reason, at=console.clock.now())
