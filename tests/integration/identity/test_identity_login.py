"""Logging in: limits, sessions, forms that outlive a session, requests that other pages sent."""

import asyncio
import base64
import json
import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from support.console_app import HERE, PASSWORD, ConsoleApp
from trueshelf_console.web.guard import COOKIE

pytestmark = pytest.mark.integration
WRONG = "something else entirely"


async def test_a_login_and_what_is_on_record(console: ConsoleApp):
    account = await console.account("Saule@Example.kz".lower(), ("operator",))
    browser = console.browser()
    assert (await browser.login("nobody@example.kz")).status_code == 403
    assert (await browser.login("saule@example.kz", WRONG)).status_code == 403
    answer = await browser.login("  Saule@Example.KZ ")
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-trueshelf=")
    assert all(flag in cookie for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Domain" not in cookie
    await browser.post("/logout")
    logins = await console.acts("console.login")
    assert [(event["outcome"], event["target"]) for event in logins] == [
        ("refused", ""),
        ("refused", ""),
        ("done", account),
    ]
    assert logins[2]["actor"]["role"] == "operator"
    (logout,) = await console.acts("console.logout")
    assert logout["actor"]["session"] == logins[2]["actor"]["session"]
    assert "example" not in json.dumps(await console.stated()).lower(), "no login name in any event"


async def test_the_same_words_for_a_wrong_login_and_a_wrong_password(console: ConsoleApp):
    await console.account("saule")
    texts = [(await console.browser().login(login, WRONG)).text for login in ("saule", "nobody")]
    assert texts[0].replace("saule", "x") == texts[1].replace("nobody", "x")


async def test_guessing_is_slowed_down_for_one_login_from_one_address(console: ConsoleApp):
    await console.account("saule")
    browser = console.browser()
    for _ in range(5):
        assert (await browser.login("saule", WRONG)).status_code == 403
    blocked = await browser.login("saule")
    assert blocked.status_code == 429, "also with the right password"
    assert 0 < int(blocked.headers["retry-after"]) <= 15 * 60 + 1
    assert "in 15 minutes" in blocked.text
    elsewhere = console.browser(address="198.51.100.7")
    assert (await elsewhere.login("saule")).status_code == 303, "who is elsewhere is not locked out"
    assert (await browser.login("other", WRONG)).status_code == 403, "nor is another login from here"
    console.clock.advance(timedelta(minutes=15))
    assert (await browser.login("saule")).status_code == 303


async def test_guessing_is_slowed_down_for_one_login_from_everywhere(console: ConsoleApp):
    await console.account("saule")
    for number in range(20):
        assert (await console.browser(address=f"198.51.100.{number}").login("saule", WRONG)).status_code == 403
    assert (await console.browser(address="198.51.100.99").login("saule", WRONG)).status_code == 429


async def test_guessing_is_slowed_down_for_one_address_and_any_login(console: ConsoleApp):
    browser = console.browser()
    answers = [(await browser.login(f"login-{number}", WRONG)).status_code for number in range(61)]
    assert answers == [403] * 60 + [429]
    stored = await console.db.fetch("SELECT login FROM login_failures")
    assert all(re.fullmatch("[0-9a-f]{64}", row["login"]) for row in stored), "people type passwords into that field"


async def test_the_owner_of_a_network_has_one_address(console: ConsoleApp):
    """An IPv6 connection has 2^64 addresses to guess from."""
    await console.account("saule")
    answers = [
        (await console.browser(address=f"2001:db8:1:2::{number:x}").login("saule", WRONG)).status_code
        for number in range(1, 7)
    ]
    assert answers == [403] * 5 + [429]
    assert (await console.browser(address="2001:db8:1:3::1").login("saule")).status_code == 303


async def test_guessing_everywhere_at_once_is_slowed_down_but_locks_out_nobody_who_was_here(console: ConsoleApp):
    await console.account("saule")
    await console.account("timur")
    known = await console.inside("saule")
    now = console.clock.now()
    for number in range(600):
        where = (f"{number:064x}", f"198.51.{number // 250}.{number % 250}", now)
        await console.db.execute("INSERT INTO login_failures (login, address, at) VALUES ($1, $2, $3)", *where)
    assert (await console.browser().login("saule")).status_code == 429, "a browser that nobody knows"
    assert (await known.login("timur")).status_code == 429, "known for another login"
    assert (await known.login("saule", WRONG)).status_code == 403
    assert (await known.login("saule")).status_code == 303
    console.clock.advance(timedelta(minutes=15))
    assert (await console.browser().login("timur")).status_code == 303


async def test_many_tries_at_once_are_many(console: ConsoleApp):
    await console.account("saule")
    answers = await asyncio.gather(*(console.browser().login("saule", WRONG) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [403] * 5 + [429] * 7


async def test_nobody_chooses_anothers_session(console: ConsoleApp):
    await console.account("saule", ("operator",))
    browser = console.browser()
    browser.client.cookies.set(COOKIE, "chosen-by-a-stranger", domain="console.test", path="/")
    await browser.login("saule")
    token = browser.client.cookies[COOKIE]
    assert token != "chosen-by-a-stranger"
    again = await browser.login("saule")
    assert again.status_code == 303
    assert browser.client.cookies[COOKIE] != token
    old = console.browser()
    old.client.cookies.set(COOKIE, token, domain="console.test", path="/")
    assert "over=1" in (await old.get("/account")).headers["location"], "the session before is over"


async def test_a_session_ends_by_time_and_for_lack_of_use(console: ConsoleApp):
    await console.account("saule")
    browser = await console.inside("saule")
    console.clock.advance(timedelta(minutes=119))
    assert (await browser.get("/account")).status_code == 200
    console.clock.advance(timedelta(minutes=120))
    answer = await browser.get("/account?x=1&y=2")
    assert answer.headers["location"] == "/login?next=%2Faccount%3Fx%3D1%26y%3D2&over=1"
    await browser.login("saule")
    for _ in range(8):
        console.clock.advance(timedelta(minutes=89))
        assert (await browser.get("/account")).status_code == 200
    console.clock.advance(timedelta(minutes=10))
    assert (await browser.get("/account")).status_code == 303, "twelve hours after the login it is over anyway"


async def test_a_screen_that_asks_by_itself_keeps_no_session_alive(console: ConsoleApp):
    await console.account("saule")
    browser = await console.inside("saule")
    for _ in range(2):
        console.clock.advance(timedelta(minutes=59))
        assert (await browser.get("/account", headers={"X-Live": "1"})).status_code == 200
    console.clock.advance(timedelta(minutes=3))
    assert "over=1" in (await browser.get("/account")).headers["location"]


async def test_a_browser_chooses_neither_the_ids_nor_the_mark_of_what_is_on_record(console: ConsoleApp):
    """The same Idempotency-Key twice are two acts, and a made-up token makes nothing a drill."""
    await console.account("saule")
    claims = base64.urlsafe_b64encode(b'{"kind": "drill", "sub": "x"}').decode().rstrip("=")
    sent = {"Idempotency-Key": "always the same", "Authorization": f"Bearer a.{claims}.b"}
    for _ in range(2):
        data = {"login": "saule", "password": WRONG}
        assert (await console.browser().post("/login", data, headers=sent)).status_code == 403
    logins = await console.acts("console.login")
    assert [event["drill"] for event in logins] == [False, False]
    assert len({event["correlation_id"] for event in logins}) == 2


async def test_what_is_too_large_is_refused_before_anybody_is_known(console: ConsoleApp):
    browser = console.browser()
    assert (await browser.post("/login", {"login": "a" * 2_000_000})).status_code == 413
    large = {"Content-Type": "application/octet-stream", **HERE}
    answer = await browser.client.post("/intake/sheets", content=b"x" * 5_000_000, headers=large)
    assert answer.status_code != 413, "sheets and photos are larger"


async def test_a_token_that_nests_without_end_is_no_token(console: ConsoleApp):
    nested = base64.urlsafe_b64encode(b"[" * 6000).decode()
    answer = await console.browser().get("/login", headers={"Authorization": f"Bearer a.{nested}.b"})
    assert answer.status_code == 200


async def test_log_out_everywhere_ends_every_session(console: ConsoleApp):
    await console.account("saule", ("auditor",))
    here, there = await console.inside("saule"), await console.inside("saule")
    assert (await here.post("/account/sessions/all")).headers["location"] == "/login"
    assert (await there.get("/account")).status_code == 303
    third, fourth = await console.inside("saule"), await console.inside("saule")
    assert (await third.post("/account/sessions/others")).status_code == 303
    assert (await third.get("/account")).status_code == 200
    assert (await fourth.get("/account")).status_code == 303
    assert {event["target"] for event in await console.acts("console.end_session")} == {"all", "others"}


async def test_one_session_is_ended_by_its_owner_only(console: ConsoleApp):
    await console.account("saule")
    await console.account("timur")
    mine, theirs = await console.inside("saule"), await console.inside("timur")
    session = await console.db.fetchval(
        "SELECT session_id FROM sessions JOIN accounts USING (account_id) WHERE login = 'timur'"
    )
    assert (await mine.post(f"/account/sessions/{session}/end")).status_code == 404
    assert (await theirs.get("/account")).status_code == 200
    assert (await theirs.post(f"/account/sessions/{session}/end")).headers["location"] == "/login"
    assert (await theirs.get("/account")).status_code == 303


async def test_the_password_is_changed_with_the_present_one_only(console: ConsoleApp):
    await console.account("saule")
    here, there = await console.inside("saule"), await console.inside("saule")
    new = {"password": "five herons at dawn", "repeat": "five herons at dawn"}
    assert (await here.post("/account/password", {"present": WRONG, **new})).status_code == 403
    assert (await here.post("/account/password", {"present": PASSWORD, **new, "repeat": "x"})).status_code == 422
    assert (await here.post("/account/password", {"present": PASSWORD, **new})).status_code == 303
    assert (await here.get("/account")).status_code == 200
    assert (await there.get("/account")).status_code == 303, "the other sessions are over"
    assert (await console.browser().login("saule")).status_code == 403
    assert (await console.browser().login("saule", new["password"])).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {},
    ],
)
async def test_what_another_page_sends_changes_nothing(console: ConsoleApp, headers: dict[str, str]):
    await console.account("saule", ("operator",))
    browser = await console.inside("saule")
    for path in ("/account/sessions/all", "/logout", "/language", "/login"):
        data = {"csrf": browser.csrf, "login": "saule", "password": PASSWORD, "language": "ru"}
        answer = await browser.client.post(path, data=data, headers=headers)
        assert answer.status_code == 403, path
    assert (await browser.get("/account")).status_code == 200
    refused = [event for event in await console.acts("console.refused") if event["details"]["code"] == "foreign_origin"]
    assert len(refused) == 4
    assert refused[0]["actor"]["id"] == (await console.row("saule"))["account_id"]


async def test_an_old_browser_is_known_by_its_origin(console: ConsoleApp):
    await console.account("saule")
    browser = await console.inside("saule")
    data = {"csrf": browser.csrf}
    answer = await browser.client.post("/logout", data=data, headers={"Origin": "https://console.test"})
    assert answer.status_code == 303


@pytest.mark.parametrize("csrf", ["", "wrong", "ü"])
async def test_a_write_carries_the_sessions_secret(console: ConsoleApp, csrf: str):
    await console.account("saule", ("operator",))
    await console.account("timur", ("operator",))
    browser, other = await console.inside("saule"), await console.inside("timur")
    for sent in (csrf, other.csrf):
        answer = await browser.client.post("/account/sessions/all", data={"csrf": sent}, headers=HERE)
        assert (answer.status_code, "csrf" in answer.text) == (403, True)
    answer = await browser.client.post("/account/sessions/all", headers={**HERE, "X-CSRF-Token": "wrong"})
    assert answer.status_code == 403
    answer = await browser.client.post("/account/sessions/all", headers={**HERE, "X-CSRF-Token": browser.csrf})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "address", ["//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test", "/a\nb", "javascript:alert(1)", ""]
)
async def test_a_login_leads_to_no_other_site(console: ConsoleApp, address: str):
    await console.account("saule")
    answer = await console.browser().login("saule", next=address)
    assert answer.headers["location"] == "/"
    page = (await console.browser().get("/login", params={"next": address})).text
    assert 'name="next" value="/"' in page


async def test_practice_accounts_are_refused_without_a_drill(console: ConsoleApp):
    await console.account("vera", ("reviewer",), kind="drill")
    browser = console.browser()
    assert (await browser.login("vera")).status_code == 403
    practising = await console.account("olga", ("uploader",))
    inside = await console.inside("olga")
    await console.db.execute("UPDATE accounts SET kind = 'drill' WHERE account_id = $1", practising)
    answer = await inside.get("/account")
    assert answer.status_code == 403
    assert "drill_account" in answer.text


async def test_what_was_typed_when_the_session_ended_is_sent_after_the_login(console: ConsoleApp):
    """The whole way: a form, a session that ends, the login, a look, and the form arrives."""
    await console.account("admin", ("admin",))
    target = await console.account("saule")
    browser = await console.inside("admin")
    page = await browser.get(f"/accounts/{target}")
    console.clock.advance(timedelta(hours=13))
    typed = {"version": "1", "name": 'Saule "Sparrow" <b>O\'Neill</b> \u0634', "password": "never shown"}
    over = await browser.post(f"/accounts/{target}/name", typed, headers={"Referer": str(page.url)})
    assert over.status_code == 401
    assert "Nothing of it is saved" in over.text
    assert "never shown" not in over.text
    assert browser.csrf not in over.text
    assert "<b>" not in over.text
    again = unescape(re.search(r'name="again" value="([^"]*)"', over.text)[1])  # type: ignore[index]
    wrong = await browser.login("admin", WRONG, again=again)
    assert 'name="again"' in wrong.text, "a mistyped password loses nothing either"
    back = await browser.login("admin", again=again)
    assert back.status_code == 200
    assert f'action="/accounts/{target}/name"' in back.text
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', back.text.partition("<main")[2]))
    answer = await browser.post(f"/accounts/{target}/name", {name: unescape(value) for name, value in sent.items()})
    assert answer.status_code == 303
    assert (await console.row("saule"))["name"] == typed["name"]


async def test_a_page_that_stands_open_can_be_sent_after_a_login_in_another_tab(console: ConsoleApp):
    await console.account("saule")
    browser = await console.inside("saule")
    secret = browser.csrf
    console.clock.advance(timedelta(hours=13))
    fragment = await browser.post("/account/sessions/others", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["HX-Retarget"] == "#notice"
    assert "HX-Redirect" not in fragment.headers, "the page with the text is not left"
    polled = await browser.get("/account", headers={"HX-Request": "true"})
    assert polled.status_code == 286, "and it stops asking by itself"
    await browser.login("saule")
    answer = await browser.client.post("/account/sessions/others", data={"csrf": secret}, headers=HERE)
    assert answer.status_code == 303
    await browser.post("/logout")
    await browser.login("saule")
    answer = await browser.client.post("/account/sessions/others", data={"csrf": secret}, headers=HERE)
    assert answer.status_code == 403, "what was ended on purpose hands nothing on"


async def test_a_foreign_page_cannot_put_words_into_a_form_that_is_sent_after_the_login(console: ConsoleApp):
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await console.browser().client.post("/accounts", data={"name": "theirs"}, headers=headers)
    assert answer.status_code == 403
    assert "theirs" not in answer.text


@pytest.mark.parametrize("again", ["{", "[]", '{"action": "//evil.test", "fields": []}', '{"action": 1, "fields": 2}'])
async def test_what_is_no_form_of_ours_is_not_sent_on(console: ConsoleApp, again: str):
    await console.account("saule")
    assert (await console.browser().login("saule", again=again)).status_code == 303


async def test_the_keys_are_published_and_only_their_public_half(console: ConsoleApp):
    answer = await console.browser(accept="application/json").get("/keys")
    (key,) = answer.json()["keys"]
    assert key["kty"] == "OKP"
    assert "d" not in key


async def test_pages_have_their_headers(console: ConsoleApp):
    answer: httpx.Response = await console.browser().get("/login")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_the_language_is_changed_where_one_is(console: ConsoleApp):
    """A link's key and a search stay in the address; a page that a form made leads back to the form."""
    await console.account("admin", ("admin",))
    browser = await console.inside("admin")
    here = re.compile(r'action="/language"[^>]*>\s*<input type="hidden" name="next" value="([^"]*)"')
    page = await browser.get("/account?done=sessions&x=%3Cb%3E")
    found = here.search(page.text)
    assert found is not None
    assert unescape(found[1]) == "/account?done=sessions&x=%3Cb%3E"
    page = await browser.post("/accounts", {"name": ""}, headers={"Referer": "https://console.test/accounts/new"})
    assert page.status_code == 422
    found = here.search(page.text)
    assert found is not None
    assert found[1] == "/accounts/new"
    answer = await browser.post("/language", {"language": "kk", "next": "/accounts/new"})
    assert answer.headers["location"] == "/accounts/new"
    assert 'lang="kk"' in (await browser.get("/accounts/new")).text
