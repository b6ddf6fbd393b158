"""Names with quotes, tags and marks that turn text, on every list and page that they reach: they stay names."""

import csv
import io
import secrets

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import Visit, follow, signed_in
from support.console_shelf import Shown, account_id, packed
from support.hostile import HOSTILE, harm
from support.live import LiveStack
from support.photos import product_photo
from support.shelf import WAIVED, Shelf
from trueshelf_cli.drill import Json, answered

pytestmark = pytest.mark.e2e

LONG = 120_000
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://localhost/x","y")')


@pytest.fixture(scope="module")
def case(live: LiveStack) -> Json:
    """An open case of an article whose every text is hostile and whose SKU is written from right to left."""
    shelf = Shelf(live, secrets.token_hex(3))
    sku = f"خاتم-{shelf.run}"
    card = {"category": f"names_{shelf.run}", "title": HOSTILE, "description": HOSTILE}
    form = {"shot": "front", "rights_basis": "licensed", "rights_reference": HOSTILE, "source_type": "phone"}
    form |= {"warehouse_batch": HOSTILE[:60], "colour_note": HOSTILE}
    with live.client("ingest", "capturer") as ingest:
        given = {
            "intake_id": answered(ingest.post("/intakes", json={"reference": f"names {HOSTILE} {shelf.run}"}))[
                "intake_id"
            ]
        }
        answered(ingest.put(f"/skus/{sku}", json={**given, **card, "waived": dict.fromkeys(WAIVED, HOSTILE)}))
        photo = {"photo": (f"{HOSTILE}.jpg", product_photo(91), "image/jpeg")}
        answered(ingest.post(f"/skus/{sku}/captures", data={**given, **form}, files=photo))
        answered(ingest.post(f"/intakes/{given['intake_id']}/complete"))
    return shelf.wait_case(sku)


@pytest.fixture(scope="module")
def shown(live: LiveStack, browser: Browser) -> Shown:
    return packed(live, account_id(live, browser, "aigerim"))


def harmless(page: Page, *addresses: str) -> None:
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert harm(page) == []


def test_the_reviewers_pages(case: Json, aigerim: Visit):
    page, base = aigerim.page, aigerim.base
    harmless(page, f"{base}/review", f"{base}/review/batches", f"{base}/review/batches/{case['batch_id']}")
    page.goto(f"{base}/review/cases/{case['case_id']}?category={case['category']}")
    expect(page.locator("#case-title")).to_contain_text(HOSTILE)
    expect(page.locator("[data-do=reject]")).to_be_enabled()
    page.locator("#facts summary").click()
    assert harm(page) == []
    page.keyboard.press("KeyP")
    expect(page.locator(".listing-title")).to_have_text(HOSTILE)
    assert harm(page) == []


def test_the_capturers_pages_and_their_downloads(case: Json, timur: Visit):
    """A sheet whose name and cells are hostile: listed, shown, and given back without a formula (security.md)."""
    page, base, sku = timur.page, timur.base, case["sku"]
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(("sku", "category", "title", "file", "shot", "rights", "colour_note"))
    for number, formula in enumerate(FORMULAS):
        rows.writerow((f"N-{number}", case["category"], HOSTILE, f"{HOSTILE}.jpg", formula, "own", formula))
    name = f"{HOSTILE.replace('/', '')}.csv"
    sheet = {"name": name, "mimeType": "text/csv", "buffer": out.getvalue().encode()}
    page.goto(f"{base}/intake")
    page.set_input_files("#drop input[type=file]", sheet)  # type: ignore[arg-type]
    page.click("#drop button")
    expect(page.locator("table.errors tbody tr").first).to_be_visible(timeout=LONG)
    assert harm(page) == []
    with page.expect_download() as taken:
        page.click("text=Download the wrong rows")
    given = list(csv.DictReader(io.StringIO(taken.value.path().read_text("utf-8-sig"), newline="")))
    assert len(given) == len(FORMULAS)
    assert [c for row in given for c in row.values() if c.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    harmless(
        page,
        f"{base}/intake",
        f"{base}/intake/batches",
        f"{base}/intake/skus/{sku}",
        f"{base}/intake/skus/{sku}/change",
    )
    expect(page.locator("h1")).to_contain_text(sku)
    harmless(
        page, f"{base}/capture?sku={sku}", f"{base}/overview?q={sku}", f"{base}/overview?category={case['category']}"
    )
    expect(page.locator("#part-found")).to_contain_text(sku, timeout=LONG)


def test_the_uploaders_pages(shown: Shown, olga: Visit):
    page, base = olga.page, olga.base
    order = shown.pack["order_id"]
    harmless(
        page, f"{base}/export", f"{base}/export/new?marketplace=ozon&q={shown.sku}", f"{base}/export/orders/{order}"
    )
    harmless(page, f"{base}/export/packs/{shown.pack['pack_id']}", f"{base}/export/rejections?sku={shown.sku}")


def test_the_auditors_pages(live: LiveStack, browser: Browser, case: Json, shown: Shown):
    """The timeline, an entry as it was signed, a search for a name that is none."""
    with signed_in(browser, live, "anton") as seen:
        page, base = seen.page, seen.base
        harmless(page, f"{base}/audit/skus/{case['sku']}", f"{base}/audit/skus/{shown.sku}")
        (ready,) = live.wait_trail(case["sku"], "SkuReady")
        harmless(page, f"{base}/audit/entries/{ready['seq']}")
        page.goto(f"{base}/audit")
        page.get_by_label("Person").fill(HOSTILE)
        follow(page.get_by_role("button", name="Search", exact=True))
        assert harm(page) == []
