"""Logging in and out."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.passwords import matches
from trueshelf_console.domain.people import LANGUAGES, Person, Session
from trueshelf_console.service.login import begin, new_session
from trueshelf_console.sql import SQL
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import COOKIE, SignedIn, account_of, acting, check_origin, token_digest
from trueshelf_console.web.rendering import LANGUAGE_COOKIE
from trueshelf_runtime.acts import act
from trueshelf_runtime.identity import anyone

YEAR = 365 * 24 * 3600
OPEN = Depends(anyone("the login itself"))


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    everybody = SignedIn(console, ())

    @routes.get("/login", dependencies=[OPEN])
    async def form(request: Request, next: str = "/", over: bool = False) -> Response:
        return console.pages.render(
            request, "login/login.html", next=safe_next(next), over=over, failed=False, login=""
        )

    @routes.post("/login", dependencies=[OPEN])
    async def login(
        request: Request,
        login: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=200)],
        next: Annotated[str, Form()] = "/",
    ) -> Response:
        await check_origin(request, None)
        name = login.strip().lower()
        row = await console.db.fetchrow(SQL["account_by_login"], name)
        usable = row is not None and not row["closed"] and (row["kind"] != "drill" or console.settings.drill)
        right = await matches(row["password_hash"] if row and usable else None, password)
        if row is None or not right:
            async with console.db.transaction() as tx:
                await act(
                    tx, "console.login", outcome="refused", reason="wrong login or password", at=console.clock.now()
                )
            context: dict[str, Any] = {"next": safe_next(next), "over": False, "failed": True, "login": name}
            return console.pages.render(request, "login/login.html", status=403, **context)
        account, now = account_of(row), console.clock.now()
        token = secrets.token_urlsafe(32)
        made = new_session(token_digest(token), token)
        person = Person(account, Session(made.session_id, made.csrf, now, now), account.language)
        async with console.db.transaction() as tx:
            await begin(tx, account, made, now)
            await act(
                tx, "console.login", target=account.account_id, who=acting(person) if account.roles else None, at=now
            )
        answer = RedirectResponse(safe_next(next), 303)
        answer.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="lax", path="/")
        return answer

    @routes.post("/logout")
    async def logout(request: Request, person: Annotated[Person, Depends(everybody)]) -> Response:  # noqa: ARG001
        now = console.clock.now()
        async with console.db.transaction() as tx:
            await tx.execute(SQL["end_session"], person.session.session_id, now)
            await act(tx, "console.logout", who=acting(person) if person.account.roles else None, at=now)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return answer

    @routes.post("/language", dependencies=[Depends(anyone("chooses the language of this browser"))])
    async def language(
        request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
    ) -> Response:
        await check_origin(request, None)
        answer = RedirectResponse(safe_next(next), 303)
        if language in LANGUAGES:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR, secure=True, httponly=True, samesite="lax")
            token = request.cookies.get(COOKIE)
            row = await console.db.fetchrow(SQL["session"], token_digest(token)) if token else None
            if row is not None:
                await console.db.execute(SQL["set_language"], row["account_id"], language)
        return answer

    return routes


def safe_next(address: str) -> str:
    """Return a path of ours: nobody is led to another site by a login."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if plain else "/"
