"""Who may see a page: a session in a cookie, a role, and for writes proof that our own page sent them."""

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import Request

from trueshelf_console.domain.people import Account, Person, Session
from trueshelf_console.domain.rights import Rights
from trueshelf_console.sql import SQL
from trueshelf_console.web.context import Console
from trueshelf_console.web.typed import typed_of
from trueshelf_contracts.event import Role
from trueshelf_runtime.db import Row
from trueshelf_runtime.identity import Guard, Principal
from trueshelf_runtime.problem import Problem

COOKIE = "__Host-trueshelf"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
SAFE = frozenset({"GET", "HEAD"})
SEEN_EVERY = timedelta(minutes=1)
LIVE_HEADER = "x-live"
"""On what a page asks by itself: a screen that nobody sits at keeps no session alive."""
LOGIN = 401


class SignedIn(Guard):
    """Lets a person with one of `roles` pass; no roles: everybody who is logged in.

    `signs`: what is asked for is signed in the person's name, who must have proved lately who they are.
    """

    def __init__(self, console: Console, roles: tuple[Role, ...], *, signs: bool = False) -> None:
        self.roles = roles
        self.signs = signs
        self._console = console

    async def __call__(self, request: Request) -> Person:
        """Return the person. Raises Problem 401 (`login_needed`, `session_over`, `reauthenticate`) or 403."""
        try:
            person = await self._person(request)
        except Problem as problem:
            if request.method not in SAFE and problem.status == LOGIN:
                await check_origin(request, None)
                request.state.typed = await typed_of(request)
            raise
        request.state.person = person
        if person.account.roles:
            request.state.principal = acting(person, person.role(*self.roles) if person.may(*self.roles) else None)
        if request.method not in SAFE:
            await check_origin(request, person)
        if self.roles and not person.may(*self.roles):
            request.state.needed = self.roles
            raise _refused(
                request, "role_not_enough", f"this page is for the role {' or '.join(self.roles)}; ask an administrator"
            )
        if self.signs and not person.session.fresh(self._console.clock.now(), self._console.settings.signing_age):
            request.state.typed = await typed_of(request)
            raise _refused(
                request,
                "reauthenticate",
                "for this you must have given your password lately",
                "give it once more; nothing is lost",
                status=LOGIN,
            )
        return person

    async def _person(self, request: Request) -> Person:
        token = request.cookies.get(COOKIE, "")
        if not token:
            raise Problem(401, "login_needed", "log in to see this page")
        console = self._console
        row = await console.db.fetchrow(SQL["session"], token_digest(token))
        now = console.clock.now()
        session = None if row is None else session_of(row)
        if row is None or session is None or session.ended(now, *console.settings.session_lengths):
            raise Problem(401, "session_over", "your session is over", "log in again; what you typed is not lost")
        account = account_of(row)
        if account.kind == "drill" and not console.settings.drill:
            raise Problem(403, "drill_account", "practice accounts work only in a practice stack (--drill)")
        if now - session.seen_at >= SEEN_EVERY and LIVE_HEADER not in request.headers:
            await console.db.execute(SQL["session_seen"], session.session_id, now)
        return Person(account, session, account.language)


class FromOurPages(Guard):
    """Marks a write that needs no session; only a page of ours may send it. `reason` says what protects it besides."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self, request: Request) -> None:
        """Raise Problem 403 for what another page sent."""
        await check_origin(request, None)


async def check_origin(request: Request, person: Person | None) -> None:
    """Refuse a write that a foreign page sent. Raises Problem 403.

    The browser's own word first (`Sec-Fetch-Site`, else `Origin`), then the session's secret that only our pages know.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if not ours:
        raise _refused(request, "foreign_origin", "this request does not come from a page of ours")
    if person is None:
        return
    sent = request.headers.get(CSRF_HEADER)
    if sent is None and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        sent = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((sent or "").encode(), person.session.csrf.encode()):
        raise _refused(request, "csrf", "the page is of another session; load it again")


def acting(person: Person, role: Role | None = None) -> Principal:
    """Return the person in one role, as the runtime records acts. Raises IndexError for an account without any."""
    account = person.account
    return Principal(
        account.account_id,
        account.kind,
        role or account.roles[0],
        person.session.session_id,
        account.roles,
        account.levels,
    )


def _refused(request: Request, code: str, message: str, advice: str = "", *, status: int = 403) -> Problem:
    problem = Problem(status, code, message, advice)
    request.state.refused = problem
    return problem


def token_digest(token: str) -> bytes:
    """Return what is stored of a secret that is handed out."""
    return hashlib.sha256(token.encode()).digest()


def session_of(row: Row) -> Session:
    return Session(row["session_id"], row["csrf"], row["began_at"], row["seen_at"], row["authenticated_at"])


def account_of(row: Row) -> Account:
    """Return the account with what it holds as a deputy besides (R-72), where the query asked for that."""
    rights = Rights(tuple(row["roles"]), row["levels"])
    if row.get("lent_roles") is not None:
        rights = rights.joined(Rights(tuple(row["lent_roles"]), row["lent_levels"]))
    return Account(
        account_id=row["account_id"],
        login=row["login"],
        name=row["name"],
        kind=row["kind"],
        roles=rights.roles,
        levels=rights.levels,
        language=row["language"],
        deputy_of=row["deputy_of"],
        closed=row["closed"],
    )
