"""Intake in a browser: a sheet with a wrong row and its photos, sessions and services that end in the middle, a phone.

The photos are those of the shipped samples; every test has SKUs and a category of its own.
"""

import base64
import csv
import hashlib
import io
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from support.browser import Visit, axe, login, practice_password, signed_in, speak
from support.hostile import HOSTILE
from support.live import LiveStack, until
from support.second_console import second_console
from trueshelf_cli.drill import Json

pytestmark = pytest.mark.e2e

PHOTOS = Path(__file__).parents[2] / "deploy" / "samples" / "photos"
COLUMNS = ("sku", "category", "title", "file", "shot", "rights", "colour_note", "waived")
SHOTS = ("front", "profile", "macro")
CORRUPT = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
LONG = 120_000
ALL = re.compile(r"\b(\d+) of \1 photos")
DROP = """(drop, files) => {
  const carried = new DataTransfer();
  for (const [name, data] of files) {
    carried.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  }
  drop.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A delivery: rows and photos by name."""

    run: str
    rows: list[dict[str, str]]
    photos: dict[str, bytes]

    @property
    def data(self) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, COLUMNS, delimiter=";", restval="")
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue().encode("utf-8-sig")

    @property
    def name(self) -> str:
        return f"Поставка {self.run}.csv"

    def files(self) -> list[tuple[str, bytes]]:
        return [(self.name, self.data), *self.photos.items()]


def article(
    run: str, short: str, sample: str, shots: tuple[str, ...] = SHOTS
) -> tuple[list[dict[str, str]], dict[str, bytes]]:
    """Return the rows and photos of one article of the samples under a name of its own."""
    rows, photos = [], {}
    for shot in shots:
        name = f"{short}-{shot}-{run}.jpg"
        photos[name] = (PHOTOS / f"{sample}_{shot}.jpg").read_bytes() + run.encode()  # other bytes, the same picture
        rows.append({"sku": f"{short}-{run}", "category": f"in_{run}", "title": HOSTILE, "file": f"photos/{name}"})
        rows[-1] |= {"shot": shot, "rights": "own", "colour_note": "as on the shelf"}
    return rows, photos


def delivery(*shorts: tuple[str, str], shots: tuple[str, ...] = SHOTS) -> Sheet:
    run = secrets.token_hex(3)
    rows: list[dict[str, str]] = []
    photos: dict[str, bytes] = {}
    for short, sample in shorts:
        more, pictures = article(run, short, sample, shots)
        rows += more
        photos |= pictures
    return Sheet(run, rows, photos)


def drop(page: Page, files: list[tuple[str, bytes]]) -> None:
    """Drop files on the page as a person does."""
    page.locator("#drop").evaluate(DROP, [[name, base64.b64encode(data).decode()] for name, data in files])


def captures(live: LiveStack, sku: str) -> list[Json]:
    return list(live.get("ingest", f"/skus/{sku}")["captures"])


@pytest.fixture
def timur(timur: Visit) -> Visit:
    """The capturer's browser, at the page where a delivery begins."""
    timur.page.goto(f"{timur.base}/intake")
    return timur


def sent(page: Page) -> None:
    expect(page.locator("#sending-words")).to_contain_text(ALL, timeout=LONG)


def test_the_right_rows_go_while_the_wrong_one_waits_and_the_same_again_changes_nothing(live: LiveStack, timur: Visit):
    """R-02, R-04: checked before anything is sent; what is sent is there once."""
    page, sheet = timur.page, delivery(("BAG", "bag-cognac-gold"), ("CAM", "camera-polo-x"))
    whole, wrong = f"BAG-{sheet.run}", f"CAM-{sheet.run}"
    sheet.rows[4] |= {"shot": "prophile", "colour_note": "=1+1"}
    drop(page, [*sheet.files(), ("holiday.jpg", b"x")])
    errors = page.locator("table.errors tbody tr")
    expect(errors).to_have_count(2)
    expect(errors.nth(0)).to_contain_text("6")
    expect(errors.filter(has_text="prophile")).to_contain_text("use one of front, profile")
    expect(page.locator("#joined-tally")).to_contain_text("5 photos joined with rows")
    expect(page.locator("#joined-lists")).to_contain_text("holiday.jpg")
    expect(page.locator("#joined-lists")).to_contain_text("Photos of wrong rows, which wait with them: 1")
    with live.client("ingest", "auditor") as ingest:
        assert ingest.get(f"/skus/{whole}").status_code == 404, "nothing is sent before somebody says so"
    assert axe(page) == []
    page.click("#send")
    sent(page)
    expect(page.locator("#sending-bar")).to_have_js_property("value", sum(map(len, _of(sheet, 0, 1, 2, 3, 5))))
    expect(page.locator("#outcome")).to_contain_text("5 photos accepted", timeout=LONG)
    assert len(captures(live, whole)) == 3
    assert len(captures(live, wrong)) == 2
    until(lambda: live.get("ingest", f"/skus/{whole}")["state"] == "ready", "the whole SKU to be ready")
    assert live.get("ingest", f"/skus/{wrong}")["state"] == "collecting"
    assert axe(page) == []

    page.goto(f"{timur.base}/intake")
    drop(page, sheet.files())
    expect(page.locator("#joined-tally")).to_contain_text("5 photos")
    page.click("#send")
    expect(page.locator("#sending-words")).to_contain_text("nothing had to be sent", timeout=LONG)
    assert len(captures(live, whole)) == 3

    with page.expect_download() as taken:
        page.click("text=Download the wrong rows")
    (row,) = csv.DictReader(io.StringIO(taken.value.path().read_text("utf-8-sig"), newline=""), delimiter=";")
    assert row["colour_note"] == "'=1+1"
    assert "no shot" in row["reason"]
    row |= {"shot": "profile", "colour_note": "black"}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, row)
    writer.writeheader()
    writer.writerow(row)
    page.goto(f"{timur.base}/intake")
    drop(page, [("corrected.csv", out.getvalue().encode()), *sheet.photos.items()])
    expect(page.locator("#joined-tally")).to_contain_text("1 photos")
    page.click("#send")
    expect(page.locator("#outcome")).to_contain_text("The delivery is finished", timeout=LONG)
    until(lambda: live.get("ingest", f"/skus/{wrong}")["state"] == "ready", "the corrected SKU to be ready")


def _of(sheet: Sheet, *rows: int) -> list[bytes]:
    return [sheet.photos[sheet.rows[row]["file"].removeprefix("photos/")] for row in rows]


def test_a_corrupt_photo_is_named_and_the_sku_shows_what_is_missing(live: LiveStack, timur: Visit):
    """R-06, R-11: the reason and what to do; the others of the SKU are there, with pictures."""
    page, sheet = timur.page, delivery(("EAR", "earrings-topaz"))
    sku = f"EAR-{sheet.run}"
    sheet.photos[f"EAR-macro-{sheet.run}.jpg"] = CORRUPT
    drop(page, sheet.files())
    page.click("#send")
    refused = page.locator("#outcome table tbody tr")
    expect(refused).to_contain_text("The file is damaged or cut off", timeout=LONG)
    refused.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Shots still missing")).to_be_visible()
    expect(page.locator("ul.shots")).to_contain_text("Macro")
    expect(page.locator("ul.captures > li")).to_have_count(3)
    expect(page.locator("#about")).to_have_text(HOSTILE)
    assert page.locator("#about b, main script").count() == 0
    image = page.locator("ul.captures img").first
    assert image.evaluate("async (i) => { i.loading = 'eager'; await i.decode(); return i.naturalWidth }") > 0
    assert axe(page) == []
    page.locator("ul.shots li", has_text="Macro").locator("summary").click()
    page.fill("ul.shots input[name=why]", "there is nothing small on it")
    page.click("text=Waive it")
    expect(page.locator("dl.facts").first).to_contain_text("there is nothing small on it")
    until(lambda: live.get("ingest", f"/skus/{sku}")["state"] == "ready", "the waived SKU to be ready")


def heic(jpeg: bytes) -> bytes:
    """Return the picture as phones save it."""
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).convert("RGB").save(out, "HEIF", quality=92)
    assert out.getvalue()[4:12] == b"ftypheic"
    return out.getvalue()


def test_a_phones_heic_is_taken_and_shown_and_a_broken_one_is_named(live: LiveStack, timur: Visit):
    """R-02, R-06: browsers cannot show HEIC, so its preview is another format; a cut-off file is refused by itself."""
    page, sheet = timur.page, delivery(("HEI", "camera-polo-x"), shots=("front", "profile"))
    sku, (front, profile) = f"HEI-{sheet.run}", list(sheet.photos)
    for row, name in zip(sheet.rows, (front, profile), strict=True):
        row["file"] = f"photos/{name.removesuffix('.jpg')}.HEIC"
    whole = {f"{name.removesuffix('.jpg')}.HEIC": heic(data) for name, data in sheet.photos.items()}
    broken = dict(whole)
    broken[profile.removesuffix(".jpg") + ".HEIC"] = broken[profile.removesuffix(".jpg") + ".HEIC"][:-20_000]
    drop(page, [(sheet.name, sheet.data), *broken.items()])
    expect(page.locator("#joined-tally")).to_contain_text("2 photos joined")
    page.click("#send")
    sent(page)
    refused = page.locator("#outcome table tbody tr")
    expect(refused).to_have_count(1, timeout=LONG)
    expect(refused).to_contain_text("Profile")
    expect(refused).to_contain_text("The file is damaged or cut off")
    page.goto(f"{timur.base}/intake/skus/{sku}")
    taken = page.locator("ul.captures > li.accepted")
    expect(taken).to_have_count(1, timeout=LONG)
    look = "async (i) => { i.loading = 'eager'; await i.decode(); return i.naturalWidth }"
    assert taken.locator("img").evaluate(look) > 0
    (accepted,) = live.wait_trail(sku, "CaptureAccepted")
    original = whole[front.removesuffix(".jpg") + ".HEIC"]
    assert accepted["event"]["capture"]["original"]["sha256"] == hashlib.sha256(original).hexdigest()


def test_one_wrong_cell_in_twenty_thousand_rows_is_named_and_nothing_goes_before(live: LiveStack, timur: Visit):
    """The row and the column, whatever the size of the sheet; corrected, all of it is ready and its photos go."""
    page, run = timur.page, secrets.token_hex(3)
    name = f"BIG-{run}-00000.jpg"
    photo = (PHOTOS / "camera-polo-x_front.jpg").read_bytes() + run.encode()
    blank = {"category": f"in_{run}", "title": HOSTILE, "shot": "front", "rights": "own"}
    blank |= {"waived": "profile=one is enough|macro=one is enough"}
    skus = [f"BIG-{run}-{number:05}" for number in range(20_000)]
    rows = [{**blank, "sku": sku, "file": f"{sku}.jpg"} for sku in skus]
    rows[12_345]["rights"] = "mine"
    drop(page, [("big.csv", Sheet(run, rows, {}).data), (name, photo)])
    errors = page.locator("table.errors tbody tr")
    expect(errors).to_have_count(1, timeout=LONG)
    expect(errors.locator("td").nth(0)).to_have_text("12347")
    expect(errors.locator("td").nth(1)).to_have_text("rights")
    expect(errors).to_contain_text("mine")
    expect(page.locator("p.tally")).to_contain_text("19999 right rows")
    expect(page.locator("#joined-tally")).to_contain_text("1 photos joined", timeout=LONG)
    with live.client("ingest", "auditor") as ingest:
        assert ingest.get(f"/skus/{skus[0]}").status_code == 404, "nothing is sent before somebody says so"
    page.goto(f"{timur.base}/intake")
    rows[12_345]["rights"] = "own"
    drop(page, [("big-again.csv", Sheet(run, rows, {}).data), (name, photo)])
    expect(page.locator("p.tally")).to_contain_text("20000 right rows", timeout=LONG)
    expect(page.locator("table.errors")).to_have_count(0)
    expect(page.locator("#joined-tally")).to_contain_text("1 photos joined", timeout=LONG)
    page.click("#send")
    sent(page)
    assert len(captures(live, skus[0])) == 1


def test_a_session_that_ends_in_the_middle_loses_nothing(live: LiveStack, timur: Visit):
    """The photos stay in the page and the sheet at the console; after a login in another tab the page goes on."""
    timur.expect("status of 401")
    page, sheet = timur.page, delivery(("SES", "bag-cognac-silver"), shots=("front", "profile"))
    drop(page, sheet.files())
    expect(page.locator("#joined-tally")).to_contain_text("2 photos")
    other = timur.another_page()
    other.goto(f"{timur.base}/intake")
    other.click("text=Log out")
    page.click("#send")
    expect(page.locator("#sending-held")).to_contain_text("Your session is over")
    login(other, timur.base, "timur", practice_password(live))
    page.locator("#sending-held").get_by_role("button").click()
    expect(page.locator("#sending-words")).to_contain_text(ALL, timeout=LONG)
    other.goto(f"{timur.base}/intake")
    other.get_by_role("link", name=sheet.name).first.click()
    drop(other, list(sheet.photos.items()))
    other.click("#send")
    expect(other.locator("#sending-words")).to_contain_text("complete before", timeout=LONG)
    assert len(captures(live, f"SES-{sheet.run}")) == 2


def test_pause_and_a_closed_tab(live: LiveStack, timur: Visit):
    """Paused, closed, and the same photos again: what was sent is recognised."""
    page, sheet = timur.page, delivery(("PAU", "camera-polo-x"))
    paused: list[str] = []
    timur.context.route("**/rows/*", lambda route: route.continue_() if not paused else route.abort())
    timur.expect("ERR_FAILED")
    drop(page, sheet.files())
    with page.expect_response(lambda answer: "/rows/" in answer.url):
        page.click("#send")
    address = page.url
    page.close(run_before_unload=False)
    again = timur.another_page()
    again.goto(address)
    drop(again, list(sheet.photos.items()))
    again.click("#send")
    expect(again.locator("#sending-words")).to_contain_text(ALL, timeout=LONG)
    assert len(captures(live, f"PAU-{sheet.run}")) == 3


def test_while_ingest_is_down_the_page_says_so_and_then_goes_on(live: LiveStack, browser: Browser):
    """The sheet is checked, the other parts of a page are there, and the photos go as soon as ingest answers."""
    sheet = delivery(("DWN", "bag-cognac-gold"), shots=("front", "profile"))
    sku = f"DWN-{sheet.run}"
    with (
        second_console(live) as (base, way),
        signed_in(browser, live, "timur", base=base, expect=["status of 503"]) as seen,
    ):
        page = seen.page
        page.goto(f"{base}/intake")
        expect(page.locator("main")).to_contain_text("ingest does not answer")
        drop(page, sheet.files())
        expect(page.locator("#joined-tally")).to_contain_text("2 photos")
        page.click("#send")
        expect(page.locator("#sending-held")).to_contain_text("do not answer")
        other = seen.another_page()
        other.goto(f"{base}/intake/skus/{sku}")
        expect(other.locator("main")).to_contain_text("ingest does not answer")
        expect(other.get_by_role("heading", name="Drafts")).to_be_visible()
        assert axe(other) == []
        other.close()
        way.open()
        sent(page)
        expect(page.locator("#sending-held")).to_be_empty()
        assert len(captures(live, sku)) == 2


def test_a_phone_captures_over_a_broken_connection_and_a_reload(live: LiveStack, browser: Browser):
    """R-01, R-11, R-18, R-62: required shots first, the guide at hand, the photo outlives page and connection."""
    sku = f"PHN-{secrets.token_hex(3)}"
    phone = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
    with signed_in(browser, live, "timur", expect=["ERR_FAILED"], **phone) as seen:
        page = seen.page
        page.goto(f"{seen.base}/capture")
        page.fill("#sku", sku)
        page.click("#article button.primary")
        page.fill("#card [name=category]", f"ph_{sku[-6:]}")
        page.fill("#card [name=title]", HOSTILE)
        page.click("#card button")
        shots = page.locator(".shot-choice label")
        expect(shots.nth(0)).to_contain_text("Front")
        expect(shots.nth(0)).to_contain_text("needed")
        expect(shots.nth(3)).not_to_contain_text("needed")
        expect(page.locator("#shots-title")).to_contain_text(HOSTILE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("#guide summary")
        assert axe(page) == []
        seen.context.route("**/capture/photos*", lambda route: route.abort())
        page.set_input_files("#camera", str(PHOTOS / "camera-polo-x_front.jpg"))
        expect(page.locator("#queue-held")).to_contain_text("Photos that wait: 1")
        page.reload()
        expect(page.locator("#queue li")).to_contain_text(sku)
        seen.context.unroute("**/capture/photos*")
        expect(page.locator("#queue .state")).to_have_text("sent", timeout=LONG)
        expect(page.locator(".shot-choice label", has_text="Front")).to_contain_text("there", timeout=LONG)
        (capture,) = captures(live, sku)
        assert capture["original_sha256"]
        page.click("#later")
        page.set_input_files("#album", str(PHOTOS / "camera-polo-x_profile.jpg"))
        waiting = page.locator("#queue li", has_text="needs a SKU")
        waiting.locator("input").fill(sku)
        waiting.get_by_role("button", name="Give the name").click()
        until(lambda: len(captures(live, sku)) == 2, "the photo that was named later")
        photo = (PHOTOS / "earrings-topaz_front.jpg").read_bytes()
        page.set_input_files("#album", {"name": "IMG_7.HEIC", "mimeType": "image/heic", "buffer": heic(photo)})
        unshown = page.locator("#queue li").first.get_by_role("img", name="IMG_7.HEIC")
        expect(unshown).to_have_text("HEIC")


def test_a_change_shows_what_it_ends_and_is_made_once(live: LiveStack, timur: Visit):
    """R-16: the next version is confirmed first; a page that is out of date changes nothing."""
    timur.expect("status of 409", "status of 422")
    page, sheet = timur.page, delivery(("CHG", "bag-cognac-silver"))
    sku = f"CHG-{sheet.run}"
    drop(page, sheet.files())
    page.click("#send")
    sent(page)
    until(lambda: live.get("ingest", f"/skus/{sku}")["state"] == "ready", "the SKU to be ready")
    page.goto(f"{timur.base}/intake/skus/{sku}/change")
    assert axe(page) == []
    page.fill("input[name=reason]", "new factory")
    page.click("text=Show what ends with it")
    expect(page.locator("#missing")).to_be_visible()
    page.check("input[value=supplier]")
    page.click("text=Show what ends with it")
    expect(page.locator("ul.effects")).to_contain_text("all shots are taken again")
    assert axe(page) == []
    stale = timur.another_page()
    stale.goto(f"{timur.base}/intake/skus/{sku}/change")
    stale.check("input[value=colour]")
    stale.fill("input[name=reason]", "darker")
    page.click("button.danger")
    expect(page.locator("h1")).to_contain_text("version 2")
    stale.click("text=Show what ends with it")
    expect(stale.locator("main")).to_contain_text("somebody changed it meanwhile")
    view = live.get("ingest", f"/skus/{sku}")
    assert (view["version"], view["captures"]) == (2, [])


def test_a_batch_is_sealed_for_a_reason_that_stands_in_the_log(live: LiveStack, timur: Visit):
    """R-27: how full, how many at most; the act names its reason."""
    page, sheet = timur.page, delivery(("BAT", "earrings-topaz"))
    sheet.rows.append({**sheet.rows[0], "sku": f"BAT2-{sheet.run}", "shot": "frnt"})  # keeps the delivery open
    drop(page, sheet.files())
    page.click("#send")
    sent(page)
    until(lambda: live.get("ingest", f"/skus/BAT-{sheet.run}")["state"] == "ready", "the SKU to be ready")
    page.goto(f"{timur.base}/intake/batches")
    assert axe(page) == []
    row = page.locator("tbody tr", has_text=f"in_{sheet.run}")
    expect(row).to_contain_text(re.compile(r"1 of (6|20)"))
    row.get_by_role("link").click()
    reason = f"shoot of {sheet.run} is over"
    page.fill("input[name=reason]", reason)
    page.click("text=Seal the batch")
    expect(page.locator("h1")).to_contain_text("sealed")
    expect(page.locator("main")).to_contain_text("somebody asked for it")
    assert axe(page) == []

    def recorded() -> bool:
        entries = live.get("audit", "/entries", type="ActRecorded", limit=500)["entries"]
        return any(e["event"]["act"] == "console.batch_sealed" and e["event"]["reason"] == reason for e in entries)

    until(recorded, "the reason in the log")


def test_who_may_what(live: LiveStack, browser: Browser):
    """A reviewer sees an article and changes nothing; who sends no photos is told so."""
    with signed_in(browser, live, "aigerim", expect=["status of 403"]) as seen:
        page = seen.page
        page.goto(f"{seen.base}/intake")
        expect(page.locator("main")).to_contain_text("Capturer, Operator")
        page.goto(f"{seen.base}/capture/guide")
        expect(page.locator("ul.guide li")).to_have_count(6)
        assert axe(page) == []


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_pages_in_other_languages(live: LiveStack, timur: Visit, language: str):
    timur.expect("status of 422")
    page = timur.page
    speak(page, language)
    page.set_input_files("#drop input[type=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": b"PK\x03\x04"})
    page.click("#drop button")
    expect(page.locator("#sheet-problem")).to_contain_text({"ru": "это книга Excel", "kk": "бұл Excel"}[language])
    for path in ("/intake", "/capture", "/intake/batches", "/capture/guide"):
        page.goto(timur.base + path)
        assert axe(page) == [], path
    speak(page, "en")
