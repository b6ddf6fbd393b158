"""People and the console in a real browser: logins, accounts, links, sessions that end, in three languages."""

import base64
import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey
from playwright.sync_api import Browser, Page, expect

from support.browser import axe, console_url, follow, login, practice_password, speak, visit
from support.live import LiveStack, until

pytestmark = pytest.mark.e2e
REFUSED = r"status of 4(0[0-9]|10)"
NAME = 'Zoë "Sparrow" <b>O\'Neill</b> الفا'


@pytest.fixture
def base(live: LiveStack) -> str:
    return console_url(live)


@pytest.fixture
def password(live: LiveStack) -> str:
    return practice_password(live)


def new_account(page: Page, base: str, login_name: str, *roles: str) -> str:
    """Make an account through the pages and return its one-time link."""
    page.goto(f"{base}/accounts/new")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Login", exact=True).fill(login_name)
    for role in roles:
        page.get_by_role("checkbox", name=role).check()
    follow(page.get_by_role("button", name="Make the account and its link"))
    return page.get_by_label("Link", exact=True).input_value()


def test_the_pages_of_identity_are_accessible_in_three_languages(browser: Browser, base: str, password: str):
    with visit(browser, base, width=1280, height=800) as seen:
        page = seen.page
        page.goto(f"{base}/login")
        assert axe(page) == []
        login(page, base, "marat", password)
        for language, word in (("ru", "Учётные записи"), ("kk", "Есептік жазбалар"), ("en", "Accounts")):
            speak(page, language)
            page.goto(f"{base}/accounts")
            expect(page.get_by_role("heading", level=1)).to_have_text(word)
            assert page.locator("html").get_attribute("lang") == language
            for path in ("/accounts", "/accounts/new", "/account"):
                page.goto(base + path)
                assert axe(page) == [], (path, language)
            page.goto(f"{base}/accounts")
            follow(page.locator("tbody th a").first)
            assert axe(page) == [], ("an account", language)


def test_logging_in_by_keyboard_alone(browser: Browser, base: str, password: str):
    with visit(browser, base) as seen:
        page = seen.page
        page.goto(f"{base}/login?next=/account")
        page.keyboard.type("anton")
        page.keyboard.press("Tab")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
        cookie = next(each for each in seen.context.cookies() if each["name"] == "__Host-trueshelf")
        assert cookie["httpOnly"]
        assert cookie["secure"]
        assert cookie["sameSite"] == "Lax"
        assert page.evaluate("document.cookie").find("__Host-trueshelf") == -1


def test_an_account_from_its_link_to_its_end(browser: Browser, base: str, password: str):
    """R-65, R-66: made by an administrator, entered by its owner, closed, and out at once."""
    name = f"zoe-{secrets.token_hex(4)}"
    with visit(browser, base) as admin, visit(browser, base, expect=[REFUSED]) as owner:
        login(admin.page, base, "marat", password)
        link = new_account(admin.page, base, name, "Auditor")
        assert axe(admin.page) == []
        owner.page.goto(base + link[link.index("/link") :])
        assert axe(owner.page) == []
        owner.page.get_by_label("New password").fill("short")
        owner.page.get_by_label("The same password again").fill("short")
        owner.page.get_by_role("button", name="Set the password").click()
        assert owner.page.url.startswith(f"{base}/link"), "the browser itself asks for twelve characters"
        for label in ("New password", "The same password again"):
            owner.page.get_by_label(label).fill("five herons at dawn")
        owner.page.get_by_role("button", name="Set the password").click()
        expect(owner.page.get_by_text("That worked.")).to_be_visible()
        login(owner.page, base, name, "five herons at dawn")
        expect(owner.page.get_by_role("link", name=NAME)).to_be_visible()
        owner.page.goto(f"{base}/accounts")
        expect(owner.page.get_by_role("heading", level=1)).to_have_text("This is not for you")
        admin.page.get_by_role("link", name="To the account").click()
        admin.page.get_by_text("Close the account").click()
        admin.page.get_by_role("button", name="Close it").click()
        expect(admin.page.get_by_text("Closed. Nobody can log in")).to_be_visible()
        owner.page.goto(f"{base}/account")
        expect(owner.page.get_by_text("Your session is over.")).to_be_visible()
        owner.page.goto(base + link[link.index("/link") :])
        expect(owner.page.get_by_text("This link was used already")).to_be_visible()


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(browser: Browser, base: str, password: str):
    name = f"mid-{secrets.token_hex(4)}"
    with visit(browser, base, expect=[REFUSED]) as here, visit(browser, base) as there:
        login(here.page, base, "marat", password)
        new_account(here.page, base, name, "Operator")
        here.page.get_by_role("link", name="To the account").click()
        here.page.locator("form[action$='/name'] input[name=name]").fill('Typed with <care> & "thought"')
        session = next(each for each in here.context.cookies() if each["name"] == "__Host-trueshelf")
        there.context.add_cookies([session])
        there.page.goto(f"{base}/account")
        there.page.get_by_role("button", name="Log out everywhere").click()
        here.page.get_by_role("button", name="Save the name").click()
        expect(here.page.get_by_role("heading", level=1)).to_have_text("Not saved yet: log in first")
        expect(here.page.get_by_text("Typed with <care>")).to_be_visible()
        assert axe(here.page) == []
        here.page.fill("input[name=login]", "marat")
        here.page.fill("input[name=password]", password)
        here.page.get_by_role("button", name="Log in", exact=True).click()
        expect(here.page.get_by_text("Typed with <care>")).to_be_visible()
        assert axe(here.page) == []
        here.page.get_by_role("button", name="Send it now").click()
        expect(here.page.get_by_text("Saved: the name.")).to_be_visible()
        expect(here.page.get_by_role("heading", level=1)).to_contain_text('Typed with <care> & "thought"')


def test_another_site_can_neither_frame_nor_send(browser: Browser, base: str, password: str):
    """A page of another origin posts our form: the cookie stays at home and the answer is no."""
    elsewhere = base.replace("localhost", "127.0.0.1")
    with visit(browser, base, expect=[REFUSED, "frame", "Content Security Policy"]) as seen:
        login(seen.page, base, "anton", password)
        page = seen.another_page()
        page.goto(f"{elsewhere}/livez")
        page.evaluate(
            """(address) => { const form = document.createElement("form"); form.method = "post"; form.action = address;
            document.body.append(form); form.submit(); }""",
            f"{base}/account/sessions/all",
        )
        page.wait_for_url(f"{base}/account/sessions/all")
        expect(page.get_by_text("does not come from a page of ours")).to_be_visible()
        seen.page.goto(f"{base}/account")
        expect(seen.page.get_by_role("heading", level=1)).to_have_text("Your account")


def test_what_people_do_here_is_on_record_without_their_names(live: LiveStack, base: str, password: str):
    """Logins, refusals and changes reach the audit log; no login and no name does."""
    name = f"rec-{secrets.token_hex(4)}"
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    with httpx.Client(base_url=base, timeout=30, headers=headers) as client:
        client.post("/login", data={"login": name, "password": "not the password"})
        answer = client.post("/login", data={"login": "marat", "password": password})
        token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        client.headers["Cookie"] = f"__Host-trueshelf={token}"
        found = re.search(r'name="csrf" value="([^"]+)"', client.get("/accounts/new").text)
        assert found is not None
        form = {"csrf": found[1], "login": name, "name": NAME, "roles": "uploader"}
        made = client.post("/accounts", data=form)
        assert made.status_code == 201, made.text
        account = re.search(r"/accounts/(acc_[0-9a-f]{12})", made.text.partition("<main")[2])
        assert account is not None
        client.get("/review/keys")

    def entries(**asked: Any) -> list[dict[str, Any]]:
        return list(live.get("audit", "/entries", limit=500, **asked)["entries"])

    def recorded() -> list[dict[str, Any]] | None:
        found = [e["event"] for e in entries(type="AccountChanged") if e["event"]["account_id"] == account[1]]
        return found or None

    (event,) = until(recorded, "the new account to be on record")
    assert (event["change"], event["actor"]["role"], event["kind"], event["drill"]) == (
        "created",
        "admin",
        "drill",
        True,
    )
    acts = [e["event"] for e in entries(type="ActRecorded", actor=event["actor"]["id"])]
    assert {"console.login", "console.make_link"} <= {act["act"] for act in acts}
    assert name not in json.dumps(entries(type="ActRecorded")) + json.dumps(event)


def test_the_consoles_keys_are_those_that_the_services_trust(live: LiveStack, base: str):
    published = httpx.get(f"{base}/keys").json()
    known = json.loads(Path(live.written["public_keys"]["tokens"]).read_text())
    assert [key["kid"] for key in published["keys"]] == [key["kid"] for key in known["keys"]]
    assert all("d" not in key for key in published["keys"])


def test_a_token_signed_with_the_published_key_as_a_secret_is_refused(live: LiveStack, base: str):
    """HS256 over the public key: what anybody could make."""
    (public,) = httpx.get(f"{base}/keys").json()["keys"]
    forms = [json.dumps(public).encode(), public["x"].encode(), OKPKey.import_key(public).as_pem(private=False)]
    claims = {"iss": "trueshelf-local", "aud": "trueshelf", "sub": "acc_1", "exp": 4_000_000_000, "kind": "person"}
    claims |= {"role": "auditor", "roles": ["auditor"], "levels": {}, "sid": "ses_1"}
    url = live.written["services"]["audit"]["url"]
    for secret in forms:
        head, body = (
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in ({"alg": "HS256", "kid": public["kid"]}, claims)
        )
        sign = base64.urlsafe_b64encode(hmac.digest(secret, head + b"." + body, "sha256")).rstrip(b"=")
        token = b".".join((head, body, sign)).decode()
        answer = httpx.get(f"{url}/entries", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_algorithm")
