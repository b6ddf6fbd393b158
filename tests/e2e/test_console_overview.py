"""The overview and operate in a browser, on the whole stack: what moves, what stands still, what is down."""

import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from support.browser import Visit, axe, follow, speak
from support.console_shelf import Titled
from support.forged import put_records
from support.hostile import HOSTILE
from support.live import LiveStack, until
from support.photos import product_photo
from support.shelf import Shelf
from trueshelf_cli.supervision import Supervisor

pytestmark = pytest.mark.e2e

LONG = 120_000
MARK = "window.thePageOfTheTest = true"
STAYED = "window.thePageOfTheTest === true"


@pytest.fixture(scope="module")
def pages(live: LiveStack) -> Shelf:
    return Shelf(live, secrets.token_hex(3))


def row(page: Page, sku: str, stage: str) -> object:
    return expect(page.locator(f"#part-found tr[data-sku='{sku}'][data-stage='{stage}']")).to_be_visible(timeout=LONG)


def article(shelf: Shelf, short: str, seed: int) -> Titled:
    return Titled(shelf.name(short), shelf.category(short), {"front": product_photo(seed, size=(640, 480))})


def test_the_overview_moves_by_itself_while_a_sku_goes_through_r101(pages: Shelf, anton: Visit):
    page, one = anton.page, article(pages, "moves", 41)
    page.goto(f"{anton.base}/overview?q={one.sku}")
    expect(page.locator("#part-found")).to_contain_text("Nothing is like that.")
    page.evaluate(MARK)
    pages.deliver("moves", [one])
    row(page, one.sku, "review")
    link = page.locator(f"#found-{one.sku}-1")
    expect(page.locator("#part-found .title")).to_have_text(HOSTILE)
    assert page.locator("#part-found script").count() == 0
    link.focus()
    page.evaluate("document.querySelector('.foot').scrollIntoView()")
    scrolled = page.evaluate("window.scrollY")
    pages.approve(one.sku)
    row(page, one.sku, "spot")
    assert page.evaluate("document.activeElement.id") == f"found-{one.sku}-1", "the focus stays where it was"
    assert abs(page.evaluate("window.scrollY") - scrolled) < 200, "the page does not jump"
    pages.spot_check(one.sku)
    row(page, one.sku, "export")
    assert page.evaluate(STAYED), "without loading the page again"
    expect(link).to_have_attribute("href", f"/intake/skus/{one.sku}")


def test_pausing_stops_it_and_going_on_shows_what_came_meanwhile(pages: Shelf, anton: Visit):
    page, one = anton.page, article(pages, "paused", 42)
    page.goto(f"{anton.base}/overview?q={one.sku}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/overview/live" in request.url else None)
    page.get_by_role("button", name="Pause updates").click()
    pages.deliver("paused", [one])
    pages.wait_case(one.sku)
    assert asked == []
    expect(page.locator("#part-found")).to_contain_text("Nothing is like that.")
    page.get_by_role("button", name="Pause updates").click()
    row(page, one.sku, "review")


def test_what_is_stuck_says_why_and_by_name_what_is_missing(pages: Shelf, anton: Visit):
    """A blurred photo: its code, what ingest said, and the shots that are missing."""
    sku = pages.name("blurred")
    with pages.live.client("ingest", "capturer") as ingest:
        given = {"intake_id": ingest.post("/intakes", json={"reference": f"blurred-{pages.run}"}).json()["intake_id"]}
        card = {"category": pages.category("blurred"), "title": "A mug", "waived": {"profile": "not needed here"}}
        assert ingest.put(f"/skus/{sku}", json={**given, **card}).is_success
    pages.photograph(given["intake_id"], sku, "front", b"\xff\xd8\xff no photo at all")
    page = anton.page
    page.goto(f"{anton.base}/overview?stuck=true&q={sku}")
    row(page, sku, "source")
    found = page.locator(f"#part-found tr[data-sku='{sku}']")
    expect(found.locator(".badge.warn")).to_have_text("stuck")
    expect(found).to_contain_text("The photo “front” was refused")
    expect(found).to_contain_text(re.compile(r"Photos are missing: front"))
    expect(found.locator("code")).not_to_be_empty()


def test_search_filters_and_batches_lead_to_the_sku(pages: Shelf, anton: Visit):
    page, one = anton.page, article(pages, "searched", 43)
    pages.deliver("searched", [one])
    pages.wait_case(one.sku)
    page.goto(f"{anton.base}/overview")
    page.get_by_label("SKU, title or batch").fill(one.sku[:12].upper())
    page.get_by_label("Stage").select_option("review")
    page.get_by_role("button", name="Search").click()
    row(page, one.sku, "review")
    assert "stage=review" in page.url
    page.get_by_label("SKU, title or batch").fill('<b>"Ring"')
    page.get_by_role("button", name="Search").click()
    row(page, one.sku, "review")
    batch = pages.batch_of(one.sku)
    page.goto(f"{anton.base}/overview?q={batch}")
    assert page.url.endswith(f"/overview/batches/{batch}")
    expect(page.locator(f"#part-members tr[data-sku='{one.sku}']")).to_be_visible()
    expect(page.locator("#part-facts")).to_contain_text(one.category)
    page.goto(f"{anton.base}/overview?stage=review&category={one.category}")
    row(page, one.sku, "review")


def test_axe_finds_nothing_in_any_language(pages: Shelf, timur: Visit):
    page, one = timur.page, article(pages, "axe", 45)
    pages.deliver("axe", [one])
    pages.wait_case(one.sku)
    for language in ("kk", "ru", "en"):
        page.goto(f"{timur.base}/overview?q={one.sku}")
        row(page, one.sku, "review")
        speak(page, language)
        for path in ("/overview", "/overview?stuck=true", "/overview/batches"):
            page.goto(timur.base + path)
            assert axe(page) == [], (language, path)
        follow(page.locator("main tbody a.mono").first)
        assert axe(page) == [], (language, "a batch")
        page.goto(f"{timur.base}/operate")
        expect(page.locator("#letters > *").first).to_be_visible(timeout=LONG)
        assert axe(page) == [], (language, "/operate")


def test_a_service_that_is_down_is_named_and_the_rest_works(live: LiveStack, marat: Visit):
    page, supervisor = marat.page, Supervisor(live.stack.layout)
    page.goto(f"{marat.base}/operate")
    expect(page.locator("tr[data-service='qa']")).to_have_attribute("data-state", "well", timeout=LONG)
    page.evaluate(MARK)
    supervisor.stop_programs(["qa"])
    try:
        expect(page.locator("[data-down='qa']")).to_contain_text("qa does not answer", timeout=LONG)
        expect(page.locator("tr[data-service='qa']")).to_have_attribute("data-state", "away")
        expect(page.locator("tr[data-service='review']")).to_have_attribute("data-state", "well")
        page.get_by_role("button", name="Look again").click()
        expect(page.locator("#letters")).to_contain_text("qa does not tell its dead letters", timeout=LONG)
        other = marat.another_page()
        other.goto(f"{marat.base}/overview")
        expect(other.locator("h1")).to_have_text("Overview")
        other.close()
    finally:
        supervisor.start_programs(["qa"])
    expect(page.locator("tr[data-service='qa']")).to_have_attribute("data-state", "well", timeout=LONG)
    expect(page.locator("[data-down='qa']")).to_have_count(0)
    assert page.evaluate(STAYED)


def test_a_dead_letter_is_shown_replayed_and_dropped_with_a_reason(live: LiveStack, pages: Shelf, marat: Visit):
    """The record is of an unknown version, so that the replay fails again, visibly; then it is dropped."""
    page, one = marat.page, article(pages, "letters", 44)
    pages.deliver("letters", [one])
    live.wait_trail(one.sku, "GenerationPlanned")
    plan = pages.events(one.sku, "GenerationPlanned")[0]
    mark = f"poison-{pages.run} <img src=x onerror=alert(1)>"
    poison = json.dumps({**plan, "schema_version": 99, "title": mark}).encode()
    record = (one.sku.encode(), poison, {"content-type": "application/json"})
    with ThreadPoolExecutor() as aside:  # Playwright has this thread's event loop
        aside.submit(put_records, live, "trueshelf.generate", [record]).result()
    page.goto(f"{marat.base}/operate")
    groups = ("trueshelf.qa.generate", "trueshelf.review.generate", "trueshelf.console.generate")

    def all_buried() -> bool:
        page.get_by_role("button", name="Look again").click()
        page.wait_for_timeout(500)
        shown = page.locator("#letters").inner_text()
        return all(group in shown for group in groups)

    until(all_buried, "the letters of three readers on the page", step=0.5)
    letter = page.locator("article.letter", has_text="trueshelf.review.generate").last
    identity = letter.get_attribute("data-letter")
    letter.locator("summary").click()
    expect(letter.locator("pre")).to_contain_text(mark)
    assert page.locator("#letters img").count() == 0
    letter.get_by_label("Why").fill("try it once more")
    letter.get_by_role("button", name="Replay").click()
    again = page.locator(f"article[data-letter='{identity}']")
    expect(again).to_have_attribute("data-state", "failed", timeout=LONG)
    expect(again).to_contain_text("schema_version")
    for group in groups:
        found = page.locator("article.letter", has_text=group).last
        dropped = found.get_attribute("data-letter")
        found.get_by_label("Why").fill("no such version")
        found.get_by_role("button", name="Drop").click()
        expect(page.locator(f"article[data-letter='{dropped}']")).to_have_count(0, timeout=LONG)
    acts = until(lambda: _acts(live, str(identity)), "both acts to be on record")
    assert [(act["act"], act["reason"]) for act in acts] == [
        ("dlq.replay", "try it once more"),
        ("dlq.drop", "no such version"),
    ]


def _acts(live: LiveStack, letter: str) -> list[dict[str, object]] | None:
    entries = live.get("audit", "/entries", type="ActRecorded", limit=500)["entries"]
    found = [e["event"] for e in entries if e["event"]["details"].get("letter") == letter]
    return found if len(found) == 2 else None
