"""The company's login (OpenID Connect) against a local issuer with real keys: who gets in, and which tokens do not."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from support.console_app import Browser, ConsoleApp, console_app, emptied
from support.issuer import CLIENT, SECRET, Issuer, company
from support.services import ServiceDb

pytestmark = pytest.mark.integration


@asynccontextmanager
async def joined(
    database: ServiceDb, folder: Path, algorithm: str = "RS256", **own: Any
) -> AsyncIterator[tuple[ConsoleApp, Issuer]]:
    await emptied(database)
    async with company(algorithm) as issuer:
        settings = {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        async with console_app(database, folder, **(settings | own)) as console:
            issuer.now = lambda: int(console.clock.now().timestamp())
            yield console, issuer


async def through(browser: Browser, start: str = "/login/company") -> httpx.Response:
    """Go to the company and come back, as a browser does; return the console's answer."""
    answer = await browser.get(start)
    return await back(browser, answer.headers["location"])


async def back(browser: Browser, address: str) -> httpx.Response:
    async with httpx.AsyncClient() as outside:
        came = await outside.get(address)
    parts = urlsplit(came.headers["location"])
    return await browser.get(f"{parts.path}?{parts.query}")


async def link_for(console: ConsoleApp, account: str) -> str:
    admin = await console.inside("admin")
    page = await admin.post(f"/accounts/{account}/link")
    return page.text.partition("/link?key=")[2].partition('"')[0]


async def join(console: ConsoleApp, key: str) -> httpx.Response:
    browser = console.browser()
    page = await browser.post("/login/company/join", {"key": key})
    assert page.status_code == 200, page.text
    address = page.text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    return await back(browser, address)


@pytest.mark.parametrize("algorithm", ["RS256", "Ed25519", "EdDSA"])
async def test_who_opened_an_administrators_link_gets_in_and_nobody_else(
    console_db: ServiceDb, tmp_path: Path, algorithm: str
):
    async with joined(console_db, tmp_path, algorithm) as (console, issuer):
        await console.account("admin", ("admin",))
        account = await console.account("saule@corp.kz", ("operator",))
        refused = await through(console.browser())
        assert refused.status_code == 403
        assert "Ask an administrator" in refused.text, "the same address is no reason to let somebody in"
        assert (await join(console, await link_for(console, account))).headers["location"] == "/"
        browser = console.browser()
        answer = await through(browser, "/login/company?next=/account")
        assert answer.headers["location"] == "/account"
        assert "saule@corp.kz" in (await browser.get("/account")).text
        issuer.person = {"sub": "s-2", "name": "Somebody", "email": "saule@corp.kz"}
        assert (await through(console.browser())).status_code == 403
        logins = [event for event in await console.acts("console.login") if event["details"].get("how") == "company"]
        assert [event["outcome"] for event in logins] == ["refused", "done", "done", "refused"]
        assert await console.db.fetchval("SELECT count(*) FROM accounts") == 2, "nothing is made by a login"
        assert "corp" not in json.dumps(await console.stated())


async def test_the_first_administrator_where_there_are_no_passwords(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path, local_accounts=False) as (console, issuer):
        page = (await console.browser().get("/login")).text
        assert 'type="password"' not in page
        assert "/login/company" in page
        assert (await console.browser().login("x", "y")).status_code == 403
        key = (tmp_path / "first.link").read_text().strip().partition("key=")[2]
        assert 'type="password"' not in (await console.browser().get(f"/link?key={key}")).text
        assert (await join(console, key)).headers["location"] == "/"
        row = await console.row("saule@corp.kz")
        assert (row["roles"], row["password_hash"], row["oidc_subject"]) == (["admin"], None, f"{issuer.url} s-1")
        assert not (tmp_path / "first.link").exists()


def _hmac(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Sign with the public key as if it were a shared secret."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": issuer.key.kid}).encode()).rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    digest = hmac.digest(issuer.key.as_pem(private=False), header + b"." + body, "sha256")
    return b".".join((header, body, base64.urlsafe_b64encode(digest).rstrip(b"="))).decode()


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


STRANGER = RSAKey.generate_key(2048, auto_kid=True)
Lie = Callable[[Issuer], None]


def claims(**wrong: Any) -> Lie:
    def lie(issuer: Issuer) -> None:
        issuer.claims = lambda right: {name: value for name, value in (right | wrong).items() if value is not None}

    return lie


def token(make: Callable[[Issuer, str, dict[str, Any]], str]) -> Lie:
    def lie(issuer: Issuer) -> None:
        issuer.token = lambda right, said: make(issuer, right, said)

    return lie


LIES: dict[str, Lie] = {
    "another issuer": claims(iss="https://elsewhere.test"),
    "another audience": claims(aud="another-client"),
    "two audiences and no authorised party": claims(aud=[CLIENT, "another-client"]),
    "another authorised party": claims(azp="another-client"),
    "over": claims(exp=1_000_000_000),
    "no end": claims(exp=None),
    "another nonce": claims(nonce="of another attempt"),
    "no nonce": claims(nonce=None),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is no text": claims(sub=["s-1"]),
    "made tomorrow": lambda issuer: setattr(issuer, "claims", lambda right: right | {"iat": right["iat"] + 86_400}),
    "algorithm none": token(lambda _issuer, right, _said: _unsigned(right)),
    "HS256 with the public key": token(lambda issuer, _right, said: _hmac(issuer, said)),
    "a stranger's key": token(lambda issuer, _right, said: issuer.sign(said, STRANGER)),
    "a stranger's key by the issuer's name": token(
        lambda issuer, _right, said: issuer.sign(
            said, RSAKey.import_key(STRANGER.as_dict(private=True), {"kid": issuer.key.kid})
        )
    ),
    "changed on the way": token(lambda _issuer, right, _said: right[:-20] + "A" * 20),
    "no token": token(lambda _issuer, _right, _said: ""),
    "nonsense": token(lambda _issuer, _right, _said: "a.b.c"),
}


async def test_no_wrong_token_lets_anybody_in(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path) as (console, issuer):
        await console.account("admin", ("admin",))
        account = await console.account("saule", ("operator",))
        await join(console, await link_for(console, account))
        honest = (issuer.claims, issuer.token)
        let_in = []
        for name, lie in LIES.items():
            issuer.claims, issuer.token = honest
            lie(issuer)
            answer = await through(console.browser())
            seen = "cannot be trusted" in answer.text or name == "no token"  # refused for what it is
            if answer.status_code != 403 or "__Host-trueshelf=" in str(answer.headers) or not seen:
                let_in.append((name, answer.status_code))
        issuer.claims, issuer.token = honest
        assert let_in == []
        assert (await through(console.browser())).status_code == 303, "and the right one still does"


async def test_a_new_key_of_the_issuer_is_found_and_made_up_ones_do_not_hammer_it(
    console_db: ServiceDb, tmp_path: Path
):
    async with joined(console_db, tmp_path) as (console, issuer):
        await console.account("admin", ("admin",))
        account = await console.account("saule", ("operator",))
        await join(console, await link_for(console, account))
        issuer.key = RSAKey.generate_key(2048, auto_kid=True)
        issuer.published.append(issuer.key)
        console.clock.advance(31)
        assert (await through(console.browser())).status_code == 303
        looks = issuer.key_looks
        issuer.key = STRANGER
        for _ in range(5):
            assert (await through(console.browser())).status_code == 403
        assert issuer.key_looks <= looks + 1


async def test_an_attempt_belongs_to_the_browser_that_began_it(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path) as (console, _):
        await console.account("admin", ("admin",))
        account = await console.account("saule", ("operator",))
        await join(console, await link_for(console, account))
        mine, theirs = console.browser(), console.browser()
        away = (await mine.get("/login/company")).headers["location"]
        assert (await back(theirs, away)).status_code == 403, "another browser"
        away = (await mine.get("/login/company")).headers["location"]
        await mine.get("/login/company")
        stale = await back(mine, away)
        assert stale.status_code == 403, "another attempt of the same browser"
        assert "not begun in this browser" in stale.text
        away = (await mine.get("/login/company")).headers["location"]
        console.clock.advance(601)
        assert (await back(mine, away)).status_code == 403, "after ten minutes"
        name = "__Host-trueshelf-company"
        away = (await mine.get("/login/company")).headers["location"]
        sealed = mine.client.cookies[name]
        mine.client.cookies.delete(name)
        mine.client.cookies.set(name, sealed[:-4] + "AAAA", domain="console.test", path="/")
        assert (await back(mine, away)).status_code == 403, "a cookie that somebody else wrote"
        away = (await mine.get("/login/company")).headers["location"]
        answer = await back(mine, away)
        assert answer.status_code == 303
        query = parse_qs(urlsplit(away).query)
        again = await mine.get(f"/login/company/back?code=x&state={query['state'][0]}")
        assert again.status_code == 403, "an attempt is used once"


async def test_an_issuer_that_is_away_or_refuses_is_said(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path, oidc_issuer="http://127.0.0.1:9") as (console, _):
        answer = await console.browser().get("/login/company")
        assert (answer.status_code, "company_away" in answer.text) == (503, True)
    async with joined(console_db, tmp_path) as (console, _):
        browser = console.browser()
        away = (await browser.get("/login/company")).headers["location"]
        state = parse_qs(urlsplit(away).query)["state"][0]
        answer = await browser.get(f"/login/company/back?error=access_denied&state={state}")
        assert (answer.status_code, "did not let you in" in answer.text) == (403, True)


async def test_a_link_is_joined_once_and_a_person_to_one_account(console_db: ServiceDb, tmp_path: Path):
    async with joined(console_db, tmp_path) as (console, issuer):
        await console.account("admin", ("admin",))
        saule, timur = await console.account("saule", ("operator",)), await console.account("timur", ("operator",))
        key = await link_for(console, saule)
        assert (await join(console, key)).status_code == 303
        assert (await console.browser().post("/login/company/join", {"key": key})).status_code == 410
        answer = await join(console, await link_for(console, timur))
        assert (answer.status_code, "another account here" in answer.text) == (403, True)
        issuer.person = {"sub": "s-2"}
        assert (await join(console, await link_for(console, timur))).status_code == 303
        joins = await console.acts("console.join_login")
        assert [event["target"] for event in joins] == [saule, timur]
