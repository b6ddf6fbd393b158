"""Who decides has proved lately who they are: the password once more, or the company's login (security.md: step-up)."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from integration.identity.test_identity_company import back, join, joined, link_for, through
from support.console_app import HERE, PASSWORD, Browser, ConsoleApp, console_app, emptied
from support.services import ServiceDb
from trueshelf_console.adapters.services import Services
from trueshelf_console.web.guard import COOKIE

pytestmark = pytest.mark.integration
DECISIONS = f"/review/api/cases/{uuid4()}/decisions"


async def decide(browser: Browser) -> httpx.Response:
    headers = {**HERE, "Accept": "application/json", "X-CSRF-Token": browser.csrf, "Idempotency-Key": "key"}
    return await browser.client.post(DECISIONS, json={}, headers=headers)


async def again(browser: Browser, password: str) -> httpx.Response:
    headers = {**HERE, "Accept": "application/json", "X-CSRF-Token": browser.csrf}
    return await browser.client.post("/login/again", data={"password": password}, headers=headers)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Claims of the tokens with which the console made its calls; nobody answers them."""
    claims: list[dict[str, Any]] = []
    mint = Services.token

    def token(self: Services, *arguments: Any) -> str:
        made = mint(self, *arguments)
        payload = made.split(".")[1]
        claims.append(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))
        return made

    monkeypatch.setattr(Services, "token", token)
    return claims


async def test_a_decision_long_after_the_login_asks_for_the_password_and_is_then_taken(
    console_db: ServiceDb, tmp_path: Path, said: list[dict[str, Any]]
):
    await emptied(console_db)
    async with console_app(console_db, tmp_path, signing_minutes=60) as console:
        account = await console.account("vera", ("reviewer",))
        vera = await console.inside("vera")
        assert code(await decide(vera)) == "service_away", "review was asked"
        assert said[-1]["auth_time"] == int(console.clock.now().timestamp())
        console.clock.advance(timedelta(minutes=61))
        answer = await decide(vera)
        assert (answer.status_code, code(answer)) == (401, "reauthenticate")
        assert len(said) == 1, "review was not asked"
        looked = await vera.get(f"/review/api/cases/{uuid4()}", headers={"Accept": "application/json"})
        assert code(looked) == "service_away", "looking goes on"
        assert code(await again(vera, "not this one, surely")) == "password_wrong"
        assert code(await decide(vera)) == "reauthenticate"
        assert (await again(vera, PASSWORD)).status_code == 204
        assert code(await decide(vera)) == "service_away"
        assert said[-1]["auth_time"] == int(console.clock.now().timestamp())
        steps = [(act["outcome"], act["target"], act["actor"]["role"]) for act in await console.acts("console.step_up")]
        assert steps == [("refused", account, "reviewer"), ("done", account, "reviewer")]
        (refusal, *_) = await console.acts("console.refused")
        assert (refusal["details"]["code"], refusal["actor"]["id"]) == ("reauthenticate", account)


async def test_guessing_the_password_of_an_open_screen_is_slowed_down(console: ConsoleApp):
    await console.account("vera", ("reviewer",))
    vera = await console.inside("vera")
    answers = [await again(vera, f"guess number {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_form_that_signs_comes_back_with_the_login_below_it(console_db: ServiceDb, tmp_path: Path):
    """A quarantine ends with a signed event: what was typed is kept and sent after the login."""
    await emptied(console_db)
    async with console_app(console_db, tmp_path, signing_minutes=60) as console:
        await console.account("vera", ("reviewer",))
        vera = await console.inside("vera")
        console.clock.advance(timedelta(minutes=61))
        page = await vera.post(f"/review/batches/{uuid4()}/release", {"reason": "looked at every one"})
        assert page.status_code == 401
        assert "looked at every one" in page.text
        assert 'name="password"' in page.text


async def vouched(console: ConsoleApp, issuer: Any) -> Browser:
    """Return the browser of a reviewer whose account is the company's."""
    await console.account("admin", ("admin",))
    key = await link_for(console, await console.account("vera", ("reviewer",)))
    assert (await join(console, key)).status_code == 303
    browser = console.browser()
    assert (await through(browser)).status_code == 303
    browser.csrf = (await browser.get("/account")).text.partition('name="csrf" value="')[2].partition('"')[0]
    return browser


async def test_the_company_is_asked_once_more_and_must_say_when(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path, signing_minutes=60) as (console, issuer):
        issuer.claims = lambda claims: claims | {"auth_time": issuer.now()}
        browser = await vouched(console, issuer)
        assert code(await decide(browser)) == "service_away"
        asked = parse_qs(urlsplit((await console.browser().get("/login/company")).headers["location"]).query)
        assert (asked["max_age"], asked.get("prompt")) == (["3600"], None)
        console.clock.advance(timedelta(minutes=61))
        assert code(await decide(browser)) == "reauthenticate"
        away = await browser.get("/login/company?again=true&next=/login/again")
        asked = parse_qs(urlsplit(away.headers["location"]).query)
        assert (asked["max_age"], asked["prompt"]) == (["0"], ["login"])
        came = await back(browser, away.headers["location"])
        assert came.headers["location"] == "/login/again"
        assert "that was you" in (await browser.get("/login/again")).text
        assert code(await decide(browser)) == "service_away", "the page that stands open can still send"


@pytest.mark.parametrize("auth_time", [None, "yesterday", True, -1, 3600, -7200])
async def test_a_company_that_vouches_for_no_fresh_login_lets_nobody_sign(
    console_db: ServiceDb, tmp_path: Path, auth_time: Any
):
    """Deny by default: no time, no number, a time to come (an hour) or one long ago (two hours)."""
    async with joined(console_db, tmp_path, signing_minutes=60) as (console, issuer):
        told = auth_time if auth_time in (None, "yesterday", True, -1) else issuer.now() + auth_time
        issuer.claims = lambda claims: claims | ({} if told is None else {"auth_time": told})
        browser = await vouched(console, issuer)
        assert COOKIE in browser.client.cookies, "in, and able to look"
        assert code(await decide(browser)) == "reauthenticate"
        came = await through(browser, "/login/company?again=true&next=/login/again")
        assert came.status_code == 403
        assert "did not ask again" in came.text
        assert code(await decide(browser)) == "reauthenticate"
