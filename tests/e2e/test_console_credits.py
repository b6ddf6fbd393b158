"""Credits and refused items in a browser, on the whole stack: what was bought, what it cost, what is unknown (R-32)."""

import os
import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import Visit, axe, speak
from support.console_shelf import Titled
from support.generators import KEY, FakeGenerator, Reply
from support.live import LiveStack, until
from support.photos import product_photo
from support.shelf import Shelf
from trueshelf_cli.drill import Json

pytestmark = pytest.mark.e2e
BUY = {"kind": "regenerate", "change": {"mode": "clothing_on_model", "preset": "painter_model"}}


def looked_at(page: Page, name: str) -> None:
    """Check the page with axe, and keep a picture where TRUESHELF_SHOTS names a folder."""
    assert axe(page) == []
    if folder := os.environ.get("TRUESHELF_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def mine(live: LiveStack) -> Shelf:
    return Shelf(live, secrets.token_hex(3))


def article(shelf: Shelf, short: str, seed: int, *, category: str = "") -> Titled:
    photos = {"front": product_photo(seed, size=(640, 480))}
    return Titled(shelf.name(short), category or shelf.category(short), photos)


def delivered(shelf: Shelf, short: str, seed: int) -> str:
    one = article(shelf, short, seed)
    shelf.deliver(short, [one])
    return one.sku


def bought(shelf: Shelf, sku: str) -> list[Json]:
    """Ask for main on a model and return what became of its two drafts."""
    shelf.decide(sku, lambda who, case: who.reject(case, BUY))

    def ended() -> list[Json] | None:
        events = [*shelf.events(sku, "VariantGenerated"), *shelf.events(sku, "GenerationRefused")]
        found = [event for event in events if event["round"] == 2]
        return found if len(found) == 2 else None

    return until(ended, f"two outcomes of {sku}")


def test_a_bought_draft_goes_through_qas_generative_profile_and_its_cost_is_shown(
    live: LiveStack, mine: Shelf, marat: Visit, painter: FakeGenerator
):
    """R-20, R-31, R-40: whatever a stranger paints is judged as painted, and a person sees what it cost."""
    sku = delivered(mine, "bought", 501)
    drafts = bought(mine, sku)
    assert [(d["type"], d["generator"]["generative"], d["credits"]) for d in drafts] == [
        ("VariantGenerated", True, 5)
    ] * 2
    for draft in drafts:
        live.wait_trail(sku, "VariantChecked", 4)
        report = live.get("qa", f"/reports/{draft['variant_id']}")
        assert report["profile"] == "generative"
    assert KEY not in str(live.trail(sku))

    painter.replies.extend([Reply(502), Reply(size=(64, 64))])
    lost = delivered(mine, "lost", 502)
    ends = bought(mine, lost)
    assert {event["reason"]["code"] for event in ends} == {"outcome_unknown", "answer_wrong_size"}
    assert [event["credits"] for event in ends] == [5, 5]

    page = marat.page
    page.goto(f"{marat.base}/operate/credits")
    row = page.locator("tr[data-generator='painter']")
    expect(row).to_contain_text("gpt-image-2-2026-04-21")
    expect(page.locator("[data-spent]")).to_have_text(re.compile(r"^\d+$"))
    before = int(page.locator("[data-spent]").inner_text())
    assert before >= 20
    expect(page.locator("tr[data-offer='painter_model']")).to_contain_text("127.0.0.1")
    assert KEY not in page.content()
    call = page.locator("article[data-call]").filter(has_text=lost)
    looked_at(page, "credits")
    call.get_by_label(re.compile("^What the bill says")).fill("the November bill does not have it")
    call.get_by_role("button", name="It was not charged").click()
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.locator("article[data-call]").filter(has_text=lost)).to_have_count(0)
    expect(page.locator("[data-spent]")).to_have_text(str(before - 5))
    for language in ("ru", "kk"):
        speak(page, language)
        looked_at(page, f"credits-{language}")
    speak(page, "en")


def test_refused_items_lead_to_the_tool(
    live: LiveStack, mine: Shelf, marat: Visit, aigerim: Visit, painter: FakeGenerator
):
    refusal = Reply(400, body=b'{"error": {"code": "moderation_blocked"}}')
    painter.replies.extend([refusal, refusal])
    sku = delivered(mine, "blocked", 503)
    bought(mine, sku)
    case = mine.wait_case(sku, kind="generation", slot=None, round_=2)
    page = aigerim.page
    page.goto(f"{aigerim.base}/operate/refused")
    item = page.locator("li[data-item]").filter(has_text=sku)
    expect(item).to_have_count(1)
    expect(item).to_contain_text("2 drafts")
    expect(item).to_contain_text("The external generator's content rules forbid this picture")
    looked_at(page, "refused")
    page.set_viewport_size({"width": 420, "height": 800})
    looked_at(page, "refused-narrow")
    page.set_viewport_size({"width": 1440, "height": 900})
    item.get_by_role("link", name=re.compile("^Open the tool")).click()
    page.wait_for_url(re.compile(case["case_id"]))
    page.get_by_role("radio", name="Make it again").check()
    expect(page.get_by_label("Mode and preset")).to_contain_text("On a person · 5 credits")
    marat.page.goto(f"{marat.base}/operate/refused")
    expect(marat.page.locator("li[data-item]").filter(has_text=sku).first).to_contain_text("A reviewer decides it")


def test_an_intakes_credits_are_shown_before_it_is_sealed(mine: Shelf, timur: Visit):
    """R-32: a standing order of the category buys one picture of each SKU."""
    one = article(mine, "apparel", 504, category="apparel")
    mine.deliver("apparel", [one], complete=False)
    batch = mine.live.wait_trail(one.sku, "SkuReady")[0]["event"]["batch_id"]
    page = timur.page
    page.goto(f"{timur.base}/intake/batches/{batch}")
    expect(page.locator("[data-credits]")).to_have_attribute("data-credits", "5")
    expect(page.locator("[data-credits]")).to_contain_text("1 × On a person")
    looked_at(page, "batch")
