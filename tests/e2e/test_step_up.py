"""A decision long after the login, and one too many in a minute, on the review screen: asked or told, nothing lost.

Review and console refuse by themselves in tests/integration; here their refusals are put in the browser's way once.
"""

import json
import secrets
import zlib

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from support.browser import axe, practice_password, signed_in
from support.live import LiveStack
from support.photos import product_photo
from support.shelf import Article, Shelf

pytestmark = pytest.mark.e2e


def refuse_once(page: Page, status: int, code: str, **headers: str) -> None:
    """Answer the next decision like this; those after it reach the console."""

    def answer(route: Route) -> None:
        body = json.dumps({"code": code, "detail": "refused in this test", "advice": ""})
        route.fulfill(status=status, body=body, content_type="application/problem+json", headers=headers)

    page.route("**/decisions", answer, times=1)


def test_the_password_is_asked_and_the_same_decision_sent(live: LiveStack, browser: Browser):
    shelf = Shelf(live, secrets.token_hex(3))
    photo = product_photo(zlib.crc32(b"step-up"), size=(960, 720))
    shelf.deliver("step-up", [Article(shelf.name("su"), shelf.category("su"), {"front": photo})])
    case = shelf.wait_case(shelf.name("su"))
    with signed_in(browser, live, "vera", expect=["status of 4(01|03|29)"]) as seen:
        page = seen.page
        page.goto(f"{seen.base}/review/cases/{case['case_id']}?category={case['category']}")
        expect(page.locator("[data-do=reject]:enabled")).to_be_visible()
        page.keyboard.press("KeyR")
        for _ in range(2):
            page.keyboard.press("Digit2")
            page.keyboard.press("KeyV")
        page.check("[name=then][value=abandon]")
        refuse_once(page, 429, "too_fast", **{"Retry-After": "7"})
        page.keyboard.press("Control+Enter")
        expect(page.locator("#banner")).to_contain_text("send it again in 7 seconds")
        expect(page.locator("[name=then][value=abandon]")).to_be_checked()
        refuse_once(page, 401, "reauthenticate")
        page.keyboard.press("Control+Enter")
        dialog = page.locator("dialog#again[open]")
        expect(dialog.get_by_label("Your password")).to_be_focused()
        assert axe(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("#banner")).to_contain_text("say first that it is still you")
        page.click("[data-do=again]")
        dialog.get_by_label("Your password").fill("not this one, surely")
        page.keyboard.press("Enter")
        expect(dialog.locator("[data-fault]")).to_have_text("This is not your password.")
        dialog.get_by_label("Your password").fill(practice_password(live))
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        shelf.wait_event(shelf.name("su"), "SlotAbandoned")
