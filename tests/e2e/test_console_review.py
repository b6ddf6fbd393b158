"""The review screen in a real browser on a real stack: looking, deciding by keyboard, and what goes wrong."""

import json
import secrets
import zlib

import pytest
from playwright.sync_api import Browser, expect

from support.browser import axe, signed_in, speak
from support.live import LiveStack, until
from support.photos import product_photo
from support.review_screen import answer_everything, held, look_at, on_screen, painted, press, view
from support.shelf import Article, Shelf

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def articles(live: LiveStack) -> Shelf:
    """Seven SKUs in categories of their own, so that nobody else's cases are taken."""
    shelf = Shelf(live, secrets.token_hex(3))

    def article(short: str, category: str, *, cluttered: bool = False) -> Article:
        photo = product_photo(zlib.crc32(short.encode()), size=(960, 720), cluttered=cluttered)
        return Article(shelf.name(short), shelf.category(category), {"front": photo})

    plain = [article(name, category) for name, category in PLAIN.items()]
    shelf.deliver("review-screen", [*plain, article("rs-table", "rs_table", cluttered=True)])
    return shelf


PLAIN = {
    "rs-one": "rs_keys",
    "rs-two": "rs_keys",
    "rs-doubt": "rs_doubt",
    "rs-same": "rs_same",
    "rs-back": "rs_back",
    "rs-shown": "rs_shown",
}


def test_a_slot_is_decided_by_keyboard_on_a_russian_layout_and_taken_back(browser: Browser, articles: Shelf):
    """R-60, R-71: every item answered by key; the next case is there at once, zoomed alike; undo brings it back."""
    with signed_in(browser, articles.live, "aigerim") as seen:
        page = seen.page
        articles.wait_case(articles.name("rs-two"))
        first = look_at(seen, articles, "rs-one")
        held(page)
        expect(page.locator("[data-do=approve]")).to_be_disabled()
        press(page, "KeyA", russian=True)
        assert articles.live.get("review", f"/cases/{first['case_id']}")["state"] == "open", "nothing is answered yet"
        page.keyboard.press("Equal")
        page.keyboard.press("Equal")
        page.keyboard.press("ArrowLeft")
        zoomed = view(page)
        assert float(zoomed.split()[0]) > 1.5
        for mode in ("Digit2", "Digit3", "Digit4", "Digit1"):
            page.keyboard.press(mode)
            assert view(page) == zoomed, "one state drives every mode"
        answer_everything(page, russian=True)
        until(lambda: page.locator("#review").get_attribute("data-next"), "the next case to be ready", 30)
        page.locator("#said").evaluate("e => document.activeElement.blur()")
        press(page, "KeyA", russian=True)
        expect(page.locator("#toast [data-do=undo]")).to_be_visible()
        second, after = on_screen(page), view(page)
        press(page, "KeyU", russian=True)  # before anything else: the stack leaves two seconds for it
        assert second != first["case_id"]
        assert after == zoomed, "the next case is looked at as the last one was"
        painted(page, first["case_id"])
        expect(page.locator("input[value=yes]:checked")).to_have_count(page.locator(".item").count())
        assert articles.live.get("review", f"/cases/{first['case_id']}")["decisions"][0]["state"] == "undone"
        held(page)
        press(page, "KeyA", russian=True)
        painted(page, second)
        articles.wait_decided([first["case_id"]])
        event = articles.wait_event(articles.name("rs-one"), "VariantApproved")
        assert event["viewport"] == {"width": 1440, "height": 900, "device_pixel_ratio": 1.0, "self_reported": True}
        answer_everything(page)
        page.keyboard.press("KeyA")
        expect(page.locator("#banner")).to_contain_text("Nothing else waits for you")
        articles.wait_decided([second])


def test_a_sample_is_looked_at_again_by_another_person(browser: Browser, articles: Shelf):
    """The spot check of the batch above: found bad with a reason, and the batch stands still until a senior's word."""
    sku = articles.name("rs-one")
    batch = articles.batch_of(sku)
    articles.wait_batch(batch, "drawn")
    with signed_in(browser, articles.live, "vera") as seen:
        page = seen.page
        page.goto(f"{seen.base}/review/batches/{batch}")
        expect(page.locator("dl.facts")).to_contain_text(articles.batch(batch)["seed"])
        assert axe(page) == []
        spot = articles.cases(batch_id=batch, kind="spot", state="open")[0]
        page.goto(f"{seen.base}/review/cases/{spot['case_id']}?category={spot['category']}")
        painted(page, spot["case_id"])
        held(page)
        page.keyboard.press("KeyR")
        page.keyboard.press("Digit1")
        page.keyboard.press("Control+Enter")
        articles.wait_batch(batch, "quarantined")
        page.goto(f"{seen.base}/review/batches/{batch}")
        page.fill("textarea[name=reason]", "compared with the shelf: the colour is right")
        page.click("main form button.danger")
        expect(page.locator("h1 .badge")).to_have_text("released")
    assert articles.batch(batch)["state"] == "released"


def test_two_people_never_decide_one_case_and_a_doubt_goes_to_another_senior(browser: Browser, articles: Shelf):
    """R-67: who comes second is told who has the case; a dispute opens a case for another senior, reasons shown."""
    with (
        signed_in(browser, articles.live, "daniyar") as first,
        signed_in(browser, articles.live, "vera") as second,
    ):
        case = look_at(first, articles, "rs-doubt")
        held(first.page)
        second.expect("status of 409")
        second.page.goto(f"{second.base}/review/cases/{case['case_id']}")
        expect(second.page.locator("#banner")).to_contain_text("Daniyar (practice) is looking at this case")
        expect(second.page.locator("[data-do=reject]")).to_be_disabled()
        first.page.keyboard.press("KeyS")
        first.page.keyboard.press("Digit6")
        first.page.fill(".form .note input", "the <b>edge</b> looks cut")
        first.page.keyboard.press("Control+Enter")
        articles.wait_decided([case["case_id"]])
        doubt = articles.wait_case(articles.name("rs-doubt"), "second")
        second.page.goto(f"{second.base}/review/cases/{doubt['case_id']}?category={doubt['category']}")
        expect(second.page.locator("#facts .notice.info")).to_contain_text("the <b>edge</b> looks cut")
        assert "Daniyar" not in second.page.locator("#side").inner_text()
        held(second.page)
        second.page.keyboard.press("KeyR")
        for _ in range(2):
            second.page.keyboard.press("Digit6")
            second.page.keyboard.press("KeyV")
        second.page.check("[name=then][value=abandon]")
        second.page.keyboard.press("Control+Enter")
        articles.wait_event(articles.name("rs-doubt"), "SlotAbandoned")


def test_what_qa_saw_stands_beside_what_it_says_r43(browser: Browser, articles: Shelf):
    with signed_in(browser, articles.live, "aigerim") as seen:
        page = seen.page
        page.goto(f"{seen.base}/review")
        speak(page, "ru")
        look_at(seen, articles, "rs-shown")
        edges = page.locator("[data-check=halo]")
        fold = page.locator("summary[data-f='clear:edges_clean']")
        if fold.count():
            fold.click()
        expect(edges.locator("span[lang=ru]")).to_contain_text("Края")
        edges.locator("summary[data-f='strip:halo']").click()
        shown = page.locator(".finding .evidence img:visible")
        until(
            lambda: shown.evaluate_all("all => all.every(each => each.complete && each.naturalWidth > 300)"), "pictures"
        )
        assert shown.count() >= 1
        assert axe(page) == []


def test_a_case_that_changed_underneath_keeps_the_answers(browser: Browser, articles: Shelf):
    """A decision on another version is refused (409); the page says what changed and nothing typed is lost."""
    with signed_in(browser, articles.live, "aigerim", expect=["status of 409"]) as seen:
        page = seen.page
        case = look_at(seen, articles, "rs-same")
        answer_everything(page)
        other = seen.another_page()
        other.goto(page.url)
        painted(other, case["case_id"])
        held(other)
        other.keyboard.press("KeyR")
        for _ in range(2):
            other.keyboard.press("Digit1")
            other.keyboard.press("KeyV")
        other.check("[name=then][value=keep_original]")
        other.keyboard.press("Control+Enter")
        expect(other.locator("#toast [data-do=undo]")).to_be_visible()
        page.bring_to_front()
        page.locator("[data-do=approve]").click()
        expect(page.locator("#banner")).to_contain_text("Your decision was not taken")
        expect(page.locator("#banner")).to_contain_text("the case is now decided")
        expect(page.locator("#banner")).to_contain_text("Your answers are kept")
        expect(page.locator("input[value=yes]:checked")).to_have_count(page.locator(".item").count())
        articles.wait_decided([case["case_id"]])
    assert articles.events(articles.name("rs-same"), "VariantApproved") == []


def test_a_refused_item_gets_a_box_and_is_made_again(browser: Browser, articles: Shelf):
    """R-26: the box is drawn on the source with the mouse, a stroke by keys; both arrive as shares of the picture."""
    sku = articles.name("rs-table")
    with signed_in(browser, articles.live, "aigerim") as seen:
        page = seen.page
        case = look_at(seen, articles, "rs-table", "generation")
        held(page)
        page.check("[name=then][value=regenerate]")
        page.click("[data-tool=box]")
        area = page.locator("#panes canvas").bounding_box()
        assert area
        x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        page.mouse.move(x - 120, y - 90)
        page.mouse.down()
        page.mouse.move(x + 120, y + 90, steps=4)
        page.mouse.up()
        page.click("[data-tool=product]")
        for key in ("Enter", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#drawn")).to_contain_text("Boxes: 1, strokes: 1")
        page.keyboard.press("Control+Enter")
        articles.wait_decided([case["case_id"]])
    change = articles.wait_event(sku, "RegenerationAsked")["change"]
    box = change["box"]
    assert 0 < box["x"] < box["x"] + box["w"] < 1
    assert abs(box["x"] + box["w"] / 2 - 0.5) < 0.02, "the box's middle is the picture's"
    assert change["strokes"][0]["label"] == "product"
    assert len(change["strokes"][0]["points"]) >= 3


def test_the_screen_tells_what_it_can_do_and_whom_it_refuses(browser: Browser, articles: Shelf):
    """R-62, WCAG 2.1 AA: help is the keymap, keys can be moved and switched off, a phone is told why; axe is silent."""
    with signed_in(browser, articles.live, "aigerim") as seen:
        page = seen.page
        page.goto(f"{seen.base}/review")
        assert axe(page) == []
        look_at(seen, articles, "rs-back")
        held(page)
        assert axe(page) == []
        page.keyboard.press("Shift+Slash")
        sheet = page.eval_on_selector_all(
            "#help tr[data-act]", "rows => rows.map(r => [r.dataset.act, r.dataset.code])"
        )
        table = page.evaluate(
            "async () => { const base = document.querySelector('script[src*=case]').src;"
            " const m = await import(base.replace('case.js', 'keymap.js')); return m.ACTS.map(a => [a.id, a.code]); }"
        )
        assert sorted(sheet) == sorted(table)
        assert axe(page) == []
        page.keyboard.press("Escape")
        page.goto(f"{seen.base}/review/keys")
        assert axe(page) == []
        page.locator("tr[data-act=approve] button").click()
        page.keyboard.press("KeyR")
        expect(page.locator("#key-said")).to_contain_text("already used")
        page.locator("tr[data-act=approve] button").click()
        page.keyboard.press("KeyQ")
        expect(page.locator("tr[data-act=approve] kbd")).to_have_text("Q")
        kept = json.loads(page.evaluate("localStorage.getItem('trueshelf-review-keys')"))
        assert kept["map"] == {"approve": "KeyQ"}
        page.check("#off")
        look_at(seen, articles, "rs-back")
        held(page)
        page.keyboard.press("KeyY")
        expect(page.locator(".item input:checked")).to_have_count(0)
    with signed_in(browser, articles.live, "vera", width=390, height=844) as phone:
        case = articles.wait_case(articles.name("rs-back"))
        phone.page.goto(f"{phone.base}/review/cases/{case['case_id']}")
        expect(phone.page.locator("#narrow-text")).to_contain_text("390 pixels wide; reviewing needs at least 1024")
        expect(phone.page.locator("canvas")).to_have_count(0)
        assert axe(phone.page) == []
