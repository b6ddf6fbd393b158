"""Logging in at the company (OpenID Connect): away, back, and whom we let in.

Nobody gets an account by logging in there. An administrator makes the account and hands out its one-time link; who
opens that link and logs in at the company is from then on the account's owner.
"""

from datetime import timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from trueshelf_console.adapters.first_link import FirstLink
from trueshelf_console.adapters.oidc import CompanyLogin, CompanyLoginError, Somebody
from trueshelf_console.domain.credentials import login_fault, name_fault, plain_login
from trueshelf_console.domain.flow import LIFE, Flow, new_flow, opened, sealed
from trueshelf_console.service.links import OVER, first_administrator, link_of, set_subject
from trueshelf_console.sql import ACCOUNTS
from trueshelf_console.web.addresses import safe_next
from trueshelf_console.web.context import Console
from trueshelf_console.web.guard import FromOurPages, account_of
from trueshelf_console.web.login import Proof, let_in, login_page
from trueshelf_runtime.acts import act
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import anyone
from trueshelf_runtime.problem import Problem

FLOW_COOKIE = "__Host-trueshelf-company"
OPEN = Depends(anyone("the login itself"))
BACK = "/login/company/back"
log = structlog.get_logger(__name__)


def router(console: Console) -> APIRouter:
    routes = APIRouter(include_in_schema=False, prefix="/login/company")
    settings = console.settings
    if not settings.oidc_issuer:
        return routes
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    company = CompanyLogin(settings.oidc_issuer, settings.oidc_client_id, secret, settings.url + BACK, console.clock)

    @routes.get("", dependencies=[OPEN])
    async def begin(next: str = "/", again: bool = False) -> Response:
        """Go to the company; `again`: whoever is logged in there proves it once more."""
        flow = new_flow(safe_next(next), again=again)
        return _keep(console, RedirectResponse(await _away(company, flow, settings.signing_age), 303), flow)

    @routes.post("/join", dependencies=[Depends(FromOurPages("the link's key is the proof"))])
    async def join(request: Request, key: Annotated[str, Form(max_length=200)]) -> Response:
        """Ask before an account is joined; a form may not lead to another site (CSP), so the page has a link."""
        try:
            async with console.db.transaction() as tx:
                link = await link_of(tx, key, console.clock.now())
        except Refused as refused:
            raise Problem(410, refused.code, refused.message, refused.advice) from refused
        flow = new_flow("/", key)
        address = await _away(company, flow, settings.signing_age)
        page = console.pages.render(request, "login/join.html", link=link, address=address)
        return _keep(console, page, flow)

    @routes.get("/back", dependencies=[OPEN])
    async def back(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
        now = console.clock.now()
        flow = opened(request.cookies.get(FLOW_COOKIE, ""), state, console.image_secret, now)
        if flow is None:
            return await _refuse(console, request, "company_flow", "this login was not begun here, or too long ago")
        if error or not code:
            return await _refuse(console, request, "company_refused", "the company's login refused")
        try:
            somebody = await company.finish(code, flow.verifier, flow.nonce)
            answer = await _enter(console, request, flow, somebody)
        except CompanyLoginError as failed:
            log.warning("the company's login gave nobody", why=str(failed))
            return await _refuse(console, request, failed.code, "the company's login gave nobody")
        except Refused as refused:
            return await _refuse(console, request, refused.code, refused.message)
        answer.delete_cookie(FLOW_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return answer

    return routes


async def _away(company: CompanyLogin, flow: Flow, age: timedelta) -> str:
    try:
        return await company.begin(flow.state, flow.nonce, flow.verifier, timedelta(0) if flow.again else age)
    except CompanyLoginError as error:
        log.warning("the company's login cannot be begun", why=str(error))
        what = "the company's login does not answer"
        raise Problem(503, error.code, what, "try again in some minutes") from error


def _keep(console: Console, answer: Response, flow: Flow) -> Response:
    """Bind the attempt to this browser."""
    text = sealed(flow, console.image_secret, console.clock.now())
    answer.set_cookie(FLOW_COOKIE, text, max_age=600, secure=True, httponly=True, samesite="lax", path="/")
    return answer


async def _enter(console: Console, request: Request, flow: Flow, somebody: Somebody) -> Response:
    """Join where a link says so, then let in whom we know. Raises Refused."""
    now = console.clock.now()
    if flow.link:
        async with console.db.transaction() as tx:
            link = await link_of(tx, flow.link, now)
            if link["kind"] == "drill":
                raise Refused(*OVER)  # nobody of the company is a practice account
            if link["account_id"] is None:
                login, name = plain_login(somebody.login), " ".join(somebody.name.split())
                if login_fault(login) or name_fault(name):
                    login = name = plain_login(somebody.subject.rpartition(" ")[2])
                asked: dict[str, Any] = {"password_hash": None, "subject": somebody.subject}
                await first_administrator(tx, flow.link, login, name, now, **asked)
            else:
                await set_subject(tx, flow.link, link["account_id"], somebody.subject, now)
        await FirstLink(console.db, console.clock, console.settings.first_link_file, console.settings.url).ensure()
    row = await console.db.fetchrow(ACCOUNTS["account_by_subject"], somebody.subject)
    if row is None:
        raise Refused("company_unknown", "nobody here has this company login", "ask an administrator for a link")
    if row["closed"]:
        raise Refused("account_closed", "this account is closed", "ask an administrator")
    at = somebody.authenticated_at
    if flow.again and (at is None or now - at > LIFE):
        raise Refused("company_stale", "the company did not ask again who it is", "ask who looks after its login")
    return await let_in(console, request, account_of(row), proof=Proof("company", at), next=flow.next)


async def _refuse(console: Console, request: Request, code: str, reason: str) -> Response:
    if request.app.state.refusals.take():
        async with console.db.transaction() as tx:
            details = {"how": "company", "code": code}
            act_at = console.clock.now()
            await act(tx, "console.login", outcome="refused", reason=reason, details=details, at=act_at)
    answer = login_page(console, request, said=code, status=403)
    answer.delete_cookie(FLOW_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer
