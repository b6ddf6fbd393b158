"""What goes wrong under a reviewer: sessions, services, leases, versions and pictures that end in the middle."""

import re
import secrets
import zlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from minio import Minio
from playwright.sync_api import Browser, Page, expect

from support.browser import Visit, axe, follow, login, practice_password, signed_in
from support.live import LiveStack, stopped, until
from support.photos import product_photo
from support.review_screen import answer_everything, held, look_at, on_screen, painted
from support.shelf import Article, Shelf
from trueshelf_cli.servers import known_servers

pytestmark = pytest.mark.e2e

LONG = 120_000
BEAT = 50_000
"""Longer than a third of a lease: the page asks whether it still holds."""
NAMES = ("session", "tab", "down", "again", "silent", "lease", "version", "picture")
KEPT = "What you answered is kept"
AWAY = re.compile("review does not answer", re.IGNORECASE)


@pytest.fixture(scope="module")
def articles(live: LiveStack) -> Shelf:
    """A SKU and a category per test: nobody else's cases are taken."""
    shelf = Shelf(live, secrets.token_hex(3))
    photos = {name: product_photo(zlib.crc32(name.encode()), size=(960, 720)) for name in NAMES}
    shelf.deliver(
        "trouble", [Article(shelf.name(n), shelf.category(f"tr_{n}"), {"front": p}) for n, p in photos.items()]
    )
    return shelf


def answer_half(page: Page) -> int:
    """Answer the first items by key, the last of them with a note; return how many are answered."""
    held(page)
    half = page.locator(".item fieldset").count() // 2
    assert half > 1
    for _ in range(half - 1):
        page.keyboard.press("KeyY")
    page.keyboard.press("KeyN")
    page.locator(".item .note input").fill('the <b>edge</b> & "rim"')
    page.locator("#side").click(position={"x": 2, "y": 2})
    return half


def half_is_there(page: Page, half: int) -> None:
    expect(page.locator(".item input:checked")).to_have_count(half)
    expect(page.locator(".item .note input")).to_have_value('the <b>edge</b> & "rim"')


def finish(articles: Shelf, page: Page, case: dict[str, Any], half: int) -> None:
    """Answer what is left, correct the No, approve; the one approval stands in the log."""
    page.locator(".item").nth(half - 1).locator("input[value=yes]").check()
    answer_everything(page)
    page.keyboard.press("KeyA")
    decided_once(articles, case)


def decided_once(articles: Shelf, case: dict[str, Any]) -> None:
    articles.wait_decided([case["case_id"]])
    articles.wait_event(case["sku"], "VariantApproved")
    assert len(articles.live.get("review", f"/cases/{case['case_id']}")["decisions"]) == 1
    assert len(articles.events(case["sku"], "VariantApproved")) == 1


def later(page: Page) -> None:
    """Let the page's own time go on until it has asked for the lease again."""
    page.clock.fast_forward(BEAT)


def logged_out_elsewhere(seen: Visit) -> Page:
    """End the session in another tab, which is returned; the page has said so."""
    other = seen.another_page()
    other.goto(f"{seen.base}/review")
    follow(other.locator("text=Log out"))
    later(seen.page)
    expect(seen.page.locator("#banner")).to_contain_text("Your session is over")
    return other


def test_a_session_that_ends_in_the_middle_of_a_checklist_loses_no_answer(articles: Shelf, aigerim: Visit):
    """The page says so by itself; after the login that it offers, the answers and the note stand as they were."""
    aigerim.expect("status of 401")
    page = aigerim.page
    page.clock.install()
    case = look_at(aigerim, articles, "session")
    half = answer_half(page)
    logged_out_elsewhere(aigerim)
    assert axe(page) == []
    half_is_there(page, half)
    page.locator("#banner a.button").click()
    page.fill("input[name=login]", "aigerim")
    page.fill("input[name=password]", practice_password(articles.live))
    page.click("main form[action='/login'] button")
    painted(page, case["case_id"])
    half_is_there(page, half)
    finish(articles, page, case, half)


def test_after_a_login_in_another_tab_the_review_goes_on_where_it_was(articles: Shelf, aigerim: Visit):
    """Nothing is loaded again: the page takes over the new session of the same person."""
    aigerim.expect("status of 401", "status of 403")
    page = aigerim.page
    page.clock.install()
    case = look_at(aigerim, articles, "tab")
    half = answer_half(page)
    other = logged_out_elsewhere(aigerim)
    login(other, aigerim.base, "aigerim", practice_password(articles.live))
    later(page)
    expect(page.locator("#banner")).to_be_empty()
    half_is_there(page, half)
    finish(articles, page, case, half)


def test_review_stops_under_its_page_and_the_same_decision_goes_through_once_afterwards(
    articles: Shelf, aigerim: Visit
):
    """The page says so and keeps the answers; the others work meanwhile; what is sent again is one decision."""
    aigerim.expect("status of 503", "status of 502", "status of 504")
    page = aigerim.page
    page.clock.install()
    case = look_at(aigerim, articles, "down")
    answer_everything(page)
    with stopped(articles.live, "review"):
        later(page)
        expect(page.locator("#banner")).to_contain_text("Review does not answer")
        expect(page.locator("#banner")).to_contain_text(KEPT)
        page.keyboard.press("KeyA")
        expect(page.locator("#banner")).to_contain_text("Your decision may not have arrived. Send it again")
        expect(page.locator("input[value=yes]:checked")).to_have_count(page.locator(".item").count())
        assert axe(page) == []
        other = aigerim.another_page()
        other.goto(f"{aigerim.base}/review")
        expect(other.locator("main")).to_contain_text(AWAY)
        assert axe(other) == []
        other.goto(f"{aigerim.base}/review/cases/{case['case_id']}")
        expect(other.locator("main")).to_contain_text(AWAY)
        other.goto(f"{aigerim.base}/intake/skus/{case['sku']}")
        expect(other.locator("section", has=other.get_by_role("heading", name="Review"))).to_contain_text(AWAY)
        expect(other.locator("ul.captures img")).to_have_count(1)
        other.goto(f"{aigerim.base}/overview?q={case['sku']}")
        expect(other.locator("#part-found")).to_contain_text(case["sku"])
        other.close()
    later(page)
    page.keyboard.press("KeyA")
    decided_once(articles, case)


@pytest.mark.parametrize("short", ["again", "silent"])
def test_an_answer_that_is_lost_on_its_way_makes_no_second_decision(articles: Shelf, aigerim: Visit, short: str):
    """Review has decided, the browser never heard it: sent again, by the person or the page, it is one decision."""
    aigerim.expect("ERR_CONNECTION_RESET", "status of 409")
    page = aigerim.page
    case = look_at(aigerim, articles, short)
    answer_everything(page)
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    page.route("**/decisions", lose)
    page.keyboard.press("KeyA")
    expect(page.locator("#banner")).to_contain_text("Your decision may not have arrived. Send it again")
    if short == "again":
        page.keyboard.press("KeyA")
    expect(page.locator("#banner")).to_contain_text("Nothing else waits for you")
    assert lost == [201]
    decided_once(articles, case)


def test_a_lease_that_somebody_else_took_is_told_before_work_is_lost(browser: Browser, articles: Shelf):
    """R-67: a computer that slept comes back: whose the case is stands there at once; the answers stay."""
    live = articles.live
    with signed_in(browser, live, "aigerim") as first, signed_in(browser, live, "vera") as second:
        first.expect("status of 409")
        page = first.page
        case = look_at(first, articles, "lease")
        half = answer_half(page)
        holder = live.get("review", f"/cases/{case['case_id']}")["leased_by"]

        def it_is_the_seconds() -> bool:
            """The first page may renew its lease just between: then again."""
            with live.client("review", "reviewer", holder) as review:
                review.delete(f"/cases/{case['case_id']}/lease")  # as when its time is over
            look_at(second, articles, "lease")
            return _holder(live, case) not in (None, holder)

        until(it_is_the_seconds, "the second person to have the case")
        held(second.page)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#banner")).to_contain_text("Vera (practice) is looking at this case")
        expect(page.locator("#banner")).to_contain_text(KEPT)
        expect(page.locator("[data-do=reject]")).to_be_disabled()
        half_is_there(page, half)
        second.page.goto(f"{second.base}/review")
        with live.client("review", "reviewer", _holder(live, case)) as review:
            review.delete(f"/cases/{case['case_id']}/lease")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#banner")).to_be_empty()
        half_is_there(page, half)
        finish(articles, page, case, half)


def _holder(live: LiveStack, case: dict[str, Any]) -> str | None:
    return live.get("review", f"/cases/{case['case_id']}")["leased_by"]


def test_a_version_that_is_withdrawn_under_the_reviewer_is_named_with_its_reason(articles: Shelf, aigerim: Visit):
    """R-16: another supplier is another article: nothing is approved, and the page says why and what to do."""
    aigerim.expect("status of 409")
    live, page = articles.live, aigerim.page
    case = look_at(aigerim, articles, "version")
    answer_everything(page)
    intake = live.post("ingest", "/intakes", {"reference": f"supplier-{articles.run}"}, "capturer")
    body = {"intake_id": intake["intake_id"], "reason": "another <b>supplier</b>", "changed": ["supplier"]}
    assert live.post("ingest", f"/skus/{case['sku']}/changes", body, "capturer")["version"] == 2
    until(lambda: live.get("review", f"/cases/{case['case_id']}")["state"] == "closed", "the case to close")
    page.keyboard.press("KeyA")
    banner = page.locator("#banner")
    expect(banner).to_contain_text("Your decision was not taken")
    expect(banner).to_contain_text("another <b>supplier</b>")
    expect(banner.get_by_role("button", name="Take the next case")).to_be_visible()
    expect(page.locator("[data-do=approve]")).to_have_count(0)
    assert axe(page) == []
    assert articles.events(case["sku"], "VariantApproved") == []


def test_a_picture_that_is_gone_is_named_and_nobody_approves_what_was_not_seen(articles: Shelf, aigerim: Visit):
    """R-61: without the picture there is nothing to judge; a rejection stays possible."""
    aigerim.expect("status of 404", "status of 410", "ERR_FAILED", "CORS")
    page = aigerim.page
    case = articles.wait_case(articles.name("picture"))
    variants = articles.live.get("review", f"/cases/{case['case_id']}")["variants"]
    storage = _storage(articles.live)
    for variant in variants:
        for kind in ("master", "preview"):
            storage.remove_object(variant[kind]["bucket"], variant[kind]["key"])
    page.goto(f"{aigerim.base}/review/cases/{case['case_id']}?category={case['category']}")
    held(page)
    expect(page.locator("#banner")).to_contain_text("A picture of this case cannot be loaded")
    assert axe(page) == []
    for _ in range(page.locator(".item fieldset").count()):
        page.keyboard.press("KeyY")
    expect(page.locator("#missing")).to_contain_text("see the picture")
    expect(page.locator("[data-do=approve]")).to_be_disabled()
    page.keyboard.press("KeyA")
    assert on_screen(page) == case["case_id"]
    assert articles.live.get("review", f"/cases/{case['case_id']}")["state"] == "open"
    expect(page.locator("[data-do=reject]")).to_be_enabled()


def _storage(live: LiveStack) -> Minio:
    servers = known_servers(live.stack.layout)
    assert servers is not None
    where, keys = urlsplit(servers.s3), servers.s3_env
    return Minio(
        where.netloc,
        access_key=keys["TRUESHELF_S3_ACCESS_KEY"],
        secret_key=keys["TRUESHELF_S3_SECRET_KEY"],
        secure=where.scheme == "https",
        region="us-east-1",
    )
