"""Every route of the console with every role: what the matrix does not allow is refused and on record (R-65, R-66).

The matrix is written out here on purpose. A page that is added, opened or closed fails until somebody wrote down who
may use it. None of the six answers here: who is let in meets 503, 404 or what is wrong with his arguments.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import pytest_asyncio

from support.console_app import HERE, Browser, ConsoleApp, console_app, emptied, routes_of
from support.services import ServiceDb
from trueshelf_console.web.guard import COOKIE
from trueshelf_contracts.event import Role

pytestmark = pytest.mark.integration
ROLES: tuple[Role, ...] = get_args(Role)
OPEN, EVERYBODY = "open", "everybody who is logged in"
ALL = "capturer operator reviewer uploader auditor admin"
STAFF = "operator reviewer uploader auditor admin"
TAKERS_IN = "capturer operator"

MATRIX: Mapping[str, str] = {
    "GET /static/{version}/{path:path}": OPEN,
    "GET /login": OPEN,
    "POST /login": OPEN,
    "POST /logout": EVERYBODY,
    "POST /language": OPEN,
    "GET /login/company": OPEN,
    "POST /login/company/join": OPEN,
    "GET /login/company/back": OPEN,
    "GET /login/again": "reviewer",
    "POST /login/again": "reviewer",
    "GET /link": OPEN,
    "POST /link": OPEN,
    "GET /account": EVERYBODY,
    "POST /account/password": EVERYBODY,
    "POST /account/sessions/{session_id}/end": EVERYBODY,
    "POST /account/sessions/others": EVERYBODY,
    "POST /account/sessions/all": EVERYBODY,
    "GET /accounts": "admin",
    "GET /accounts/new": "admin",
    "POST /accounts": "admin",
    "GET /accounts/{account_id}": "admin",
    "POST /accounts/{account_id}/rights": "admin",
    "POST /accounts/{account_id}/deputy": "admin",
    "POST /accounts/{account_id}/name": "admin",
    "POST /accounts/{account_id}/close": "admin",
    "POST /accounts/{account_id}/reopen": "admin",
    "POST /accounts/{account_id}/sessions": "admin",
    "POST /accounts/{account_id}/link": "admin",
    "GET /keys": OPEN,
    "GET /": EVERYBODY,
    "GET /intake": TAKERS_IN,
    "GET /intake/example.csv": TAKERS_IN,
    "GET /intake/session": TAKERS_IN,
    "GET /intake/skus": ALL,
    "POST /intake/sheets": TAKERS_IN,
    "GET /intake/batches": ALL,
    "GET /intake/batches/{batch_id}": ALL,
    "POST /intake/batches/{batch_id}/seal": "operator",
    "GET /intake/skus/{sku}": ALL,
    "POST /intake/skus/{sku}/complete": TAKERS_IN,
    "POST /intake/skus/{sku}/waive": TAKERS_IN,
    "GET /intake/skus/{sku}/change": TAKERS_IN,
    "POST /intake/skus/{sku}/change": TAKERS_IN,
    "GET /capture": TAKERS_IN,
    "GET /capture/guide": ALL,
    "GET /capture/skus/{sku}": TAKERS_IN,
    "PUT /capture/skus/{sku}": TAKERS_IN,
    "POST /capture/photos": TAKERS_IN,
    "POST /capture/skus/{sku}/complete": TAKERS_IN,
    "GET /intake/{delivery_id}": TAKERS_IN,
    "GET /intake/{delivery_id}/wrong.csv": TAKERS_IN,
    "POST /intake/{delivery_id}/photos": TAKERS_IN,
    "GET /intake/{delivery_id}/outcome": TAKERS_IN,
    "POST /intake/{delivery_id}/begin": TAKERS_IN,
    "PUT /intake/{delivery_id}/skus/{sku}": TAKERS_IN,
    "POST /intake/{delivery_id}/rows/{row}": TAKERS_IN,
    "POST /intake/{delivery_id}/skus/{sku}/complete": TAKERS_IN,
    "POST /intake/{delivery_id}/finish": TAKERS_IN,
    "GET /overview": ALL,
    "GET /overview/live": ALL,
    "GET /overview/batches": ALL,
    "GET /overview/batches/{batch_id}": ALL,
    "GET /overview/batches/{batch_id}/live": ALL,
    "GET /operate": "operator auditor admin",
    "GET /operate/live": "operator auditor admin",
    "GET /operate/letters": "operator auditor admin",
    "POST /operate/letters/{service}/{letter}/{verb}": "operator",
    "GET /operate/presets": "operator reviewer auditor admin",
    "POST /operate/presets/drafts": "operator admin",
    "POST /operate/presets/drafts/{name}/{number}/confirm": "operator admin",
    "POST /operate/presets/drafts/{name}/{number}/drop": "operator admin",
    "POST /operate/presets/rules": "operator admin",
    "POST /operate/presets/scenes": "operator admin",
    "POST /operate/presets/scenes/{scene_id}/retire": "operator admin",
    "GET /operate/credits": "operator auditor admin",
    "POST /operate/credits/calls/{call_id}": "operator admin",
    "GET /operate/refused": "operator reviewer auditor admin",
    "GET /review/api/session": "reviewer",
    "GET /review/api/cases/{case_id}": "reviewer",
    "POST /review/api/cases/{case_id}/lease": "reviewer",
    "POST /review/api/cases/{case_id}/begin": "reviewer",
    "POST /review/api/cases/{case_id}/give-back": "reviewer",
    "POST /review/api/next": "reviewer",
    "POST /review/api/cases/{case_id}/decisions": "reviewer",
    "POST /review/api/decisions/{decision_id}/undo": "reviewer",
    "GET /review": "reviewer",
    "POST /review/start": "reviewer",
    "POST /review/decisions/{decision_id}/undo": "reviewer",
    "GET /review/keys": "reviewer",
    "GET /review/cases/{case_id}": "reviewer",
    "GET /review/batches": "reviewer auditor operator admin",
    "GET /review/batches/{batch_id}": "reviewer auditor operator admin",
    "POST /review/batches/{batch_id}/release": "reviewer",
    "GET /export": STAFF,
    "GET /export/rules/{marketplace}": STAFF,
    "POST /export/rules/{marketplace}": "operator uploader",
    "GET /export/new": STAFF,
    "POST /export/orders": "uploader",
    "GET /export/orders/{order_id}": STAFF,
    "POST /export/packs/{pack_id}/answers": "uploader",
    "GET /export/packs/{pack_id}": STAFF,
    "GET /export/packs/{pack_id}/state": STAFF,
    "GET /export/packs/{pack_id}/download": "uploader",
    "GET /export/outcomes": STAFF,
    "POST /export/outcomes": "operator uploader",
    "POST /export/outcomes/sheet": "operator uploader",
    "GET /export/rejections": STAFF,
    "GET /audit": "auditor admin",
    "GET /audit/skus/{sku}": "auditor admin",
    "GET /audit/pictures/{sha256}": "auditor admin",
    "GET /audit/entries/{seq}": "auditor admin",
    "POST /audit/verify": "auditor admin",
    "GET /audit/verifications/{identity}": "auditor admin",
    "GET /audit/entries.jsonl": "auditor admin",
    "GET /audit/skus/{sku}/evidence.zip": "auditor admin",
}
PROBES = {"GET /livez", "GET /readyz", "GET /metrics"}
"""What every service has besides."""
VALUES = {
    "sku": "SKU-1",
    "marketplace": "ozon",
    "seq": "1",
    "row": "1",
    "service": "qa",
    "letter": "1",
    "verb": "replay",
    "sha256": "0" * 64,
    "account_id": "acc_000000000000",
}
UNKNOWN = "6d1f0a52-5e0c-5b0f-9a64-6f1d3a5c7e21"
REFUSED = {"role_not_enough", "login_needed", "session_over"}


@pytest_asyncio.fixture
async def everyone(console_db: ServiceDb, tmp_path: Path) -> AsyncIterator[tuple[ConsoleApp, dict[str, Browser]]]:
    """The app with an account per role, each with that role alone, and one with none; all are logged in."""
    await emptied(console_db)
    async with console_app(console_db, tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id="c") as console:
        people = {}
        for role in ROLES:
            await console.account(role, (role,))
            people[role] = await console.inside(role)
        await console.account("none")
        people["none"] = await console.inside("none")
        for browser in people.values():
            browser.client.headers["Accept"] = "application/json"
        yield console, people


async def ask(browser: Browser, route: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Ask a route as our own page would, unless `headers` say otherwise."""
    method, path = route.split(" ", 1)
    path = re.sub(r"\{(\w+)(?::path)?\}", lambda match: VALUES.get(match[1], UNKNOWN), path)
    if headers is None:
        headers = {**HERE, "X-CSRF-Token": browser.csrf} if browser.csrf else HERE
    return await browser.client.request(method, path, headers=headers)


def code(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    return str(answer.json().get("code", "")) if kind.startswith("application/problem+json") else ""


async def awake(console: ConsoleApp, browser: Browser) -> None:
    """Begin an ended session again: some routes end it, or take the cookie away."""
    await console.db.execute("UPDATE sessions SET ended_at = NULL WHERE ended_at IS NOT NULL")
    if COOKIE not in browser.client.cookies:
        browser.client.cookies.set(COOKIE, browser.token, domain="console.test", path="/")


def guarded() -> dict[str, str]:
    return {route: who for route, who in MATRIX.items() if who != OPEN}


def writes(routes: Mapping[str, Any]) -> list[str]:
    return [route for route in routes if not route.startswith("GET ")]


async def test_the_matrix_names_every_route_and_no_other(everyone: tuple[ConsoleApp, Any]):
    console, _ = everyone
    assert sorted(routes_of(console.app.router.routes)) == sorted({*MATRIX, *PROBES})


async def test_each_role_gets_in_where_the_matrix_says_so_and_nowhere_else(
    everyone: tuple[ConsoleApp, dict[str, Browser]],
):
    console, people = everyone
    wrong = []
    for route, who in guarded().items():
        allowed = set(people) if who == EVERYBODY else set(who.split())
        for role, browser in people.items():
            await awake(console, browser)
            answer = await ask(browser, route)
            if (code(answer) not in REFUSED) != (role in allowed):
                wrong.append(f"{role} got {answer.status_code} {code(answer)} at {route}")
    assert wrong == []
    refusals = [event for event in await console.acts("console.refused") if event["actor"]]
    for role in ROLES:
        denied = {route for route, who in guarded().items() if who != EVERYBODY and role not in who.split()}
        recorded = {event["target"] for event in refusals if event["actor"]["role"] == role}
        assert len(recorded) == len(denied), f"each refusal of {role} is on record, with who"


async def test_nobody_gets_in_without_a_session_that_holds(everyone: tuple[ConsoleApp, dict[str, Browser]]):
    console, people = everyone
    stranger = console.browser(accept="application/json")
    made_up = console.browser(accept="application/json")
    made_up.client.cookies.set(COOKIE, "x" * 43, domain="console.test", path="/")
    for route in guarded():
        assert code(await ask(stranger, route)) == "login_needed", route
        assert code(await ask(made_up, route)) == "session_over", route
    await console.db.execute("UPDATE accounts SET closed = true WHERE login = 'operator'")
    await console.db.execute("UPDATE accounts SET kind = 'drill' WHERE login = 'uploader'")
    for route in guarded():
        assert code(await ask(people["operator"], route)) == "session_over", f"a closed account at {route}"
        assert code(await ask(people["uploader"], route)) == "drill_account", f"a practice account at {route}"
    console.clock.advance(timedelta(hours=12))
    for route in guarded():
        assert code(await ask(people["admin"], route)) == "session_over", route


async def test_no_write_is_taken_from_another_page_or_without_the_sessions_secret(
    everyone: tuple[ConsoleApp, dict[str, Browser]],
):
    console, people = everyone
    for route in writes(MATRIX):
        role = "none" if MATRIX[route] in (OPEN, EVERYBODY) else MATRIX[route].split()[0]
        for browser in (people[role], people["none"]):
            await awake(console, browser)
            foreign = {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": browser.csrf}
            assert code(await ask(browser, route, foreign)) == "foreign_origin", (route, role)
            assert code(await ask(browser, route, {"Origin": "https://evil.test"})) == "foreign_origin", (route, role)
            if MATRIX[route] != OPEN:
                assert code(await ask(browser, route, HERE)) == "csrf", (route, role)
                others = people["admin" if role == "auditor" else "auditor"]
                stolen = {**HERE, "X-CSRF-Token": others.csrf}
                assert code(await ask(browser, route, stolen)) == "csrf", (route, role)


async def test_what_is_open_is_what_the_matrix_calls_open(everyone: tuple[ConsoleApp, Any]):
    console, _ = everyone
    stranger = console.browser(accept="application/json")
    for route, who in MATRIX.items():
        if who == OPEN:
            assert code(await ask(stranger, route)) not in REFUSED, route
