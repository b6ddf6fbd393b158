"""The kinds of cases in a browser, by keyboard: files for a marketplace, spot checks, new photos, boxes and strokes."""

import secrets
import zlib

import pytest
from playwright.sync_api import Page, expect

from support.browser import Visit, axe
from support.live import LiveStack, until
from support.photos import product_photo
from support.review_screen import (
    answer_everything,
    choose_then,
    give_reasons,
    held,
    look_at,
    on_screen,
    painted,
    tab_to,
)
from support.shelf import FIRST, Article, Shelf
from trueshelf_cli.drill import Json

pytestmark = pytest.mark.e2e

LONG = 120_000
LARGE, SMALL = (1472, 1104), (960, 720)
PLAIN = {"cs-again": "cs_again", "cs-keep": "cs_keep"}
CLUTTERED = {"cs-good": "cs_file", "cs-bad": "cs_file", "cs-mouse": "cs_mouse", "cs-keys": "cs_keys"}


@pytest.fixture(scope="module")
def articles(live: LiveStack) -> Shelf:
    """SKUs in categories of their own; a cluttered photo is refused by the generators and asks for a person."""
    shelf = Shelf(live, secrets.token_hex(3))

    def article(short: str, category: str, *, cluttered: bool) -> Article:
        size = LARGE if category == "cs_file" else SMALL
        photo = product_photo(zlib.crc32(short.encode()), size=size, cluttered=cluttered)
        return Article(shelf.name(short), shelf.category(category), {"front": photo})

    plain = [article(name, category, cluttered=False) for name, category in PLAIN.items()]
    cluttered = [article(name, category, cluttered=True) for name, category in CLUTTERED.items()]
    shelf.deliver("cases", [*plain, *cluttered])
    return shelf


def test_a_spot_check_and_files_for_a_marketplace_are_decided_by_keyboard(articles: Shelf, aigerim: Visit):
    """R-51, R-69: a photo kept as it is cannot be judged by qa, so a person accepts one file and refuses the other."""
    good, bad = articles.name("cs-good"), articles.name("cs-bad")
    for sku in (good, bad):
        articles.decide(sku, lambda who, case: who.redirect(case, {"kind": "keep_original"}), kind="generation")
        articles.wait_case(sku, round_=2)
        articles.approve(sku, by=FIRST)
    batch = articles.batch_of(good)
    articles.wait_batch(batch, "drawn")
    page = aigerim.page
    for spot in articles.cases(batch_id=batch, kind="spot", state="open"):
        page.goto(f"{aigerim.base}/review/cases/{spot['case_id']}?category={spot['category']}")
        painted(page, spot["case_id"])
        held(page)
        assert axe(page) == []
        page.keyboard.press("KeyA")
        articles.wait_decided([spot["case_id"]])
    assert articles.wait_batch(batch, "passed", "quarantined")["state"] == "passed"
    (passed,) = until(lambda: _of_batch(articles, good, "SpotCheckPassed"), "the spot check in the log")
    assert passed["checked_by"][0]["id"].startswith("acc_")

    for sku in (good, bad):
        articles.wait_exportable(sku)
    orders = {sku: articles.order("wildberries", sku) for sku in (good, bad)}
    articles.wait_case(bad, "rendition")
    first = look_at(aigerim, articles, "cs-good", "rendition")
    held(page)
    expect(page.locator("[data-do=rendition_accept]")).to_be_disabled()
    expect(page.locator("#missing")).to_contain_text("look at the finding")
    page.keyboard.press("KeyA")
    assert articles.live.get("review", f"/cases/{first['case_id']}")["state"] == "open", "no finding was looked at yet"
    assert axe(page) == []
    answer_everything(page)
    page.keyboard.press("KeyA")
    expect(page.locator("#toast [data-do=undo]")).to_be_visible()
    until(lambda: on_screen(page) != first["case_id"], "the other file on the screen", 30)
    held(page)
    page.keyboard.press("KeyR")
    expect(page.locator(".form [data-do=send]")).to_be_disabled()
    page.keyboard.press("Digit1")
    page.keyboard.press("Control+Enter")
    accepted = articles.wait_event(good, "RenditionAccepted")
    assert {each["check"] for each in accepted["acknowledged"]} >= {"missing_part", "extra_part"}
    assert accepted["actor"]["id"].startswith("acc_")
    rejected = articles.wait_event(bad, "RenditionRejected")
    assert [reason["code"] for reason in rejected["reasons"]] == ["compression_artefacts"]
    assert articles.wait_pack(orders[good], good)["state"] == "ready"
    refused = articles.wait_pack(orders[bad], bad)
    assert (refused["state"], [r["code"] for r in refused["reasons"]]) == ("refused", ["rendition_rejected"])


def _of_batch(articles: Shelf, sku: str, event_type: str) -> list[Json] | None:
    told = articles.live.get("audit", f"/timeline/{sku}")["entries"]
    return [entry["event"] for entry in told if entry["type"] == event_type] or None


def test_new_photos_are_asked_for_and_the_capturer_reads_which(articles: Shelf, aigerim: Visit, timur: Visit):
    """R-17, R-26: asked by keyboard in the slot case; intake, the SKU's page, capture and the overview say so."""
    sku, page = articles.name("cs-again"), aigerim.page
    case = look_at(aigerim, articles, "cs-again")
    held(page)
    variants = len(articles.live.get("review", f"/cases/{case['case_id']}")["variants"])
    give_reasons(page, "Digit9", variants)
    choose_then(page, "reshoot")
    expect(page.locator("#missing")).to_contain_text("which shots to take")
    tab_to(page, "[data-f='shot:front']")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    articles.wait_decided([case["case_id"]])
    assert articles.wait_event(sku, "ReshootAsked")["shots"] == ["front"]

    shop = timur.page
    until(lambda: articles.live.get("ingest", f"/skus/{sku}")["reshoot_asked"] == ["front"], "ingest to know")
    shop.goto(f"{timur.base}/intake")
    expect(shop.locator("#reshoots li", has_text=sku)).to_contain_text("Front")
    assert axe(shop) == []
    shop.goto(f"{timur.base}/intake/skus/{sku}")
    expect(shop.locator(".notice.warn")).to_contain_text("A reviewer asked for new photos of these shots")
    expect(shop.locator("ul.shots li", has_text="Front")).to_contain_text("asked again")
    assert axe(shop) == []
    shop.get_by_role("link", name="Add a photo").click()
    expect(shop.locator("#shots-state")).to_contain_text("A reviewer asked for new photos")
    expect(shop.locator(".shot-choice label", has_text="Front")).to_contain_text("asked again")
    expect(shop.locator(".shot-choice label", has_text="Front").locator("input")).to_be_checked()
    shop.goto(f"{timur.base}/capture")
    shop.locator("#reshoots a", has_text=sku).click()
    expect(shop.locator("#shots-state")).to_contain_text("A reviewer asked for new photos")
    shop.goto(f"{timur.base}/overview?q={sku}")
    expect(shop.locator("#part-found tr[data-stage=source]")).to_contain_text("New photos were asked for", timeout=LONG)

    shop.goto(f"{timur.base}/capture?sku={sku}")
    photo = {"name": "again.jpg", "mimeType": "image/jpeg", "buffer": product_photo(4712, size=SMALL)}
    shop.set_input_files("#camera", photo)  # type: ignore[arg-type]
    expect(shop.locator("#queue .state")).to_have_text("sent", timeout=LONG)
    expect(shop.locator(".shot-choice label", has_text="Front")).to_contain_text("there", timeout=LONG)
    shop.click("#complete")
    assert articles.wait_case(sku, slot="main", round_=1)["sku_version"] == 2
    page.goto(f"{aigerim.base}/review/cases/{case['case_id']}")
    expect(page.locator("#banner")).to_contain_text("You can look at this case")
    shop.goto(f"{timur.base}/intake/skus/{sku}")
    expect(shop.locator("h1")).to_contain_text("version 2")
    expect(shop.get_by_text("asked again")).to_have_count(0)


def test_the_photo_is_kept_as_it_is_by_keyboard(articles: Shelf, aigerim: Visit):
    """R-17, R-22: no draft competes in the next round, and the SKU's page shows what was chosen."""
    page, sku = aigerim.page, articles.name("cs-keep")
    case = look_at(aigerim, articles, "cs-keep")
    held(page)
    variants = len(articles.live.get("review", f"/cases/{case['case_id']}")["variants"])
    give_reasons(page, "Digit5", variants)
    choose_then(page, "keep_original")
    page.keyboard.press("Control+Enter")
    articles.wait_decided([case["case_id"]])
    articles.wait_case(sku, round_=2)
    again = look_at(aigerim, articles, "cs-keep")
    answer_everything(page)
    page.keyboard.press("KeyA")
    articles.wait_decided([again["case_id"]])
    approved = articles.wait_event(sku, "VariantApproved")
    assert (approved["mode"], approved["generative"]) == ("as_shot", False)
    assert approved["binding"]["master_pixel_sha256"] == approved["binding"]["source_pixel_sha256"]
    page.goto(f"{aigerim.base}/intake/skus/{sku}")
    expect(page.locator("section", has=page.get_by_role("heading", name="Drafts"))).to_contain_text("as it was shot")


def _change_of(articles: Shelf, short: str, case: Json) -> Json:
    """Send what was drawn; return the change that generation is asked for, once its drafts wait for review."""
    articles.wait_decided([str(case["case_id"])])
    articles.wait_case(articles.name(short), round_=2)
    return dict(articles.wait_event(articles.name(short), "RegenerationAsked")["change"])


def _stroked(page: Page) -> None:
    expect(page.locator("#drawn")).to_contain_text("Boxes: 1, strokes: 2")


def test_box_and_strokes_are_drawn_with_the_mouse(articles: Shelf, aigerim: Visit):
    """R-26: product and backdrop; what was drawn is where the hand was, and drafts come of it."""
    page = aigerim.page
    case = look_at(aigerim, articles, "cs-mouse", "generation")
    held(page)
    page.check("[name=then][value=regenerate]")
    area = page.locator("#panes canvas").bounding_box()
    assert area
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    high = min(area["height"], area["width"] * 3 / 4) / 2

    def drag(tool: str, *points: tuple[float, float]) -> None:
        page.click(f"[data-tool={tool}]")
        page.mouse.move(x + points[0][0] * high, y + points[0][1] * high)
        page.mouse.down()
        for right, down in points[1:]:
            page.mouse.move(x + right * high, y + down * high, steps=6)
        page.mouse.up()

    drag("box", (-0.82, -0.62), (0.82, 0.62))
    drag("product", (-0.4, -0.3), (0.4, -0.3), (0.4, 0.3))
    drag("backdrop", (-0.95, -0.9), (0.95, -0.9))
    _stroked(page)
    page.click("[data-do=send]")
    change = _change_of(articles, "cs-mouse", case)
    box, (product, backdrop) = change["box"], change["strokes"]
    assert abs(box["x"] + box["w"] / 2 - 0.5) < 0.02
    assert abs(box["y"] + box["h"] / 2 - 0.5) < 0.02
    assert (product["label"], backdrop["label"]) == ("product", "backdrop")
    inside = [
        box["x"] < px < box["x"] + box["w"] and box["y"] < py < box["y"] + box["h"] for px, py in product["points"]
    ]
    assert all(inside)
    assert all(py < box["y"] for _, py in backdrop["points"])


def test_box_and_strokes_are_drawn_by_keyboard_alone(articles: Shelf, aigerim: Visit):
    """WCAG 2.1.1: Tab, Enter and arrows do what a mouse does; numbers say the box exactly."""
    page = aigerim.page
    page.add_init_script("addEventListener('mousedown', () => { window.aMouse = true; }, true)")
    case = look_at(aigerim, articles, "cs-keys", "generation")
    held(page)
    choose_then(page, "regenerate")

    def draw(tool: str, start: tuple[str, int], *moves: tuple[str, int]) -> None:
        tab_to(page, f"[data-tool={tool}]")
        page.keyboard.press("Enter")
        expect(page.locator("canvas:focus")).to_have_count(1)
        for key, times in (start,):
            for _ in range(times):
                page.keyboard.press(key)
        page.keyboard.press("Enter")
        for key, times in moves:
            for _ in range(times):
                page.keyboard.press(key)
        page.keyboard.press("Enter")

    draw("product", ("ArrowLeft", 10), ("Shift+ArrowRight", 4), ("ArrowDown", 5))
    draw("backdrop", ("Shift+ArrowUp", 9), ("Shift+ArrowLeft", 6))
    draw("box", ("ArrowUp", 1), ("Shift+ArrowRight", 10), ("Shift+ArrowDown", 14))
    _stroked(page)
    for side, percent in (("x", "17"), ("y", "17"), ("w", "66"), ("h", "66")):
        tab_to(page, f"[data-f='box:{side}']")
        page.keyboard.press("Control+KeyA")
        page.keyboard.type(percent)
    page.keyboard.press("Tab")
    assert axe(page) == []
    page.keyboard.press("Control+Enter")
    change = _change_of(articles, "cs-keys", case)
    assert change["box"] == {"x": 0.17, "y": 0.17, "w": 0.66, "h": 0.66}
    product, backdrop = change["strokes"]
    assert (product["label"], backdrop["label"]) == ("product", "backdrop")
    (left, top), (right, bottom) = product["points"][0], product["points"][-1]
    assert (round(right - left, 2), round(bottom - top, 2)) == (0.2, 0.05)
    assert page.evaluate("window.aMouse") is None
