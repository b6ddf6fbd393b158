"""The audit pages in a browser: the trail in words with its pictures, search by picture, proofs, verification."""

import hashlib
import io
import json
import re
import zipfile

import httpx
import pytest
from playwright.sync_api import Browser, expect

from support.browser import Visit, axe, signed_in, speak
from support.console_shelf import Shown, account_id, packed
from support.hostile import HOSTILE
from support.live import LiveStack, until
from trueshelf_cli.drill import Json

pytestmark = pytest.mark.e2e

LONG = 90_000
DECODED = "async (i) => { i.loading = 'eager'; await i.decode(); return i.naturalWidth }"


@pytest.fixture(scope="module")
def shown(live: LiveStack, browser: Browser) -> Shown:
    made = packed(live, account_id(live, browser, "aigerim"))
    made.shelf.wait_event(made.sku, "PackReady")
    return made


def reads(shown: Shown, target: str) -> list[Json]:
    entries = shown.shelf.live.get("audit", "/entries", type="ActRecorded", limit=500)["entries"]
    return [e["event"] for e in entries if e["event"]["act"] == "audit.read" and e["event"]["target"] == target]


def test_the_timeline_names_approver_and_time_and_shows_the_pictures_as_they_were(shown: Shown, anton: Visit):
    """R-100, R-102: who approved what for which use, with which answers, from which photo."""
    page = anton.page
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    (approved,) = shown.shelf.events(shown.sku, "VariantApproved")
    summary = page.locator("ul.approvals li")
    expect(summary).to_contain_text("Aigerim (practice)")
    expect(summary.locator("time")).to_have_attribute("datetime", approved["decided_at"])
    line = page.locator("ol.timeline > li").filter(has_text="may be shown to buyers")
    expect(line).to_contain_text("Aigerim (practice) approved a picture")
    expect(line).to_contain_text("signed")
    line.locator("summary").click()
    for answer in approved["answers"]:
        expect(line).to_contain_text(answer["item"])
    for sha256 in (approved["binding"]["master_sha256"], approved["binding"]["original_sha256"]):
        expect(line).to_contain_text(sha256)
    images = line.locator("img").all()
    assert [image.get_attribute("alt") for image in images] == ["photo", "master"]
    assert all(image.evaluate(DECODED) > 0 for image in images)
    for said in ("delivered a photo", "A draft was made", "compared with its source", "The spot check was passed"):
        expect(page.locator("ol.timeline")).to_contain_text(said)
    expect(page.locator("ol.timeline")).to_contain_text("The pack for wildberries is ready (files: 1)")
    assert axe(page) == []


def test_hostile_text_in_the_log_is_text(shown: Shown, anton: Visit):
    page = anton.page
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    expect(page.locator("ol.timeline > li", has_text="All photos that are needed are there")).to_contain_text(HOSTILE)
    assert page.locator("ol.timeline b, main script").count() == 0
    (ready,) = [e for e in shown.shelf.live.trail(shown.sku) if e["type"] == "SkuReady"]
    page.goto(f"{anton.base}/audit/entries/{ready['seq']}")
    raw = page.locator("pre.raw").text_content() or ""
    assert json.loads(raw)["title"] == HOSTILE
    assert page.locator("pre.raw *").count() == 0


def test_reading_is_put_on_record_once(shown: Shown, anton: Visit):
    """Audit records each reading by itself; the console adds none."""
    page = anton.page
    before = len(reads(shown, shown.sku))
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    until(lambda: len(reads(shown, shown.sku)) > before, "the reading on record")
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    until(lambda: len(reads(shown, shown.sku)) == before + 2, "both readings on record")
    assert reads(shown, shown.sku)[-1]["actor"]["role"] == "auditor"


def test_an_entry_is_proved_to_be_in_the_log(shown: Shown, anton: Visit):
    page = anton.page
    (entry,) = [e for e in shown.shelf.live.trail(shown.sku) if e["type"] == "VariantApproved"]
    page.goto(f"{anton.base}/audit/entries/{entry['seq']}")
    main = page.locator("main")
    expect(main).to_contain_text("The console recomputed it: this entry is in the log")
    expect(main).to_contain_text("the signature is right")
    expect(main).to_contain_text(entry["leaf_hash"])
    expect(main).to_contain_text(f"partition {entry['partition']}, offset {entry['offset']}")
    expect(main).to_contain_text(shown.approver)
    assert axe(page) == []


def test_a_picture_finds_what_was_said_of_it(shown: Shown, anton: Visit):
    """The hash is computed in the browser; the file of a pack leads to its article, and so does the master's hash."""
    page = anton.page
    archive = zipfile.ZipFile(io.BytesIO(shown.shelf.download(shown.pack)))
    (file,) = shown.pack["manifest"]["files"]
    data = archive.read(file["name"])
    sha256 = hashlib.sha256(data).hexdigest()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    def found() -> bool:
        page.goto(f"{anton.base}/audit")
        picture = {"name": "found.jpg", "mimeType": "image/jpeg", "buffer": data}
        page.get_by_label("Choose a picture or a pack").set_input_files(picture)  # type: ignore[arg-type]
        page.wait_for_url(f"{anton.base}/audit/pictures/{sha256}")
        return page.get_by_role("link", name=shown.sku).count() > 0

    until(found, "the console to know the file")
    assert set(sent) == {"GET"}, "the picture itself never leaves the browser"
    assert axe(page) == []
    page.get_by_role("link", name=shown.sku).first.click()
    hit = page.locator("ol.timeline > li.hit")
    expect(hit.first).to_contain_text("names the picture that you searched for")
    page.goto(f"{anton.base}/audit")
    page.get_by_label("or paste its SHA-256").fill("not a hash")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#drop-says")).to_contain_text("no SHA-256")
    page.get_by_label("or paste its SHA-256").fill(file["master_sha256"].upper())
    page.get_by_role("button", name="Find").click()
    page.wait_for_url(re.compile("/audit/pictures/"))
    expect(page.locator("tbody")).to_contain_text("VariantApproved")
    expect(page.locator("tbody")).to_contain_text(shown.sku)
    page.goto(f"{anton.base}/audit/pictures/{'0' * 64}")
    expect(page.locator("main")).to_contain_text("One changed bit gives another hash")


def test_search_by_person_and_kind_leads_to_entries_and_json_lines(shown: Shown, anton: Visit):
    page = anton.page
    page.goto(f"{anton.base}/audit")
    assert axe(page) == []
    page.get_by_label("Person").fill("aigerim")
    page.get_by_label("Kind of event").select_option("VariantApproved")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_label("Person")).to_have_value(shown.approver)
    rows = page.get_by_role("region", name="Entries found").locator("tbody tr")
    expect(rows.first).to_contain_text("Aigerim (practice)")
    found = rows.count()
    assert axe(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all as JSON lines").click()
    lines = [json.loads(line) for line in waiting.value.path().read_text(encoding="utf-8").splitlines()]
    assert len(lines) == found
    assert {line["event"]["actor"]["id"] for line in lines} == {shown.approver}
    page.get_by_label("From (UTC)").fill("2020-01-01T00:00")
    page.get_by_label("Until (UTC)").fill("2020-01-02T00:00")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("main")).to_contain_text("The log holds nothing that fits")


def test_the_evidence_for_a_sku_proves_itself(shown: Shown, anton: Visit):
    page = anton.page
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the evidence").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        entries = [json.loads(line) for line in archive.read("entries.jsonl").decode().splitlines()]
        approvals = [entry for entry in entries if entry["type"] == "VariantApproved"]
        proof = json.loads(archive.read(f"proofs/{approvals[0]['seq']}.json"))
        assert "Aigerim (practice) approved a picture" in archive.read("entries.txt").decode()
    assert approvals[0]["event"]["binding"]["master_sha256"]
    assert json.loads(proof["leaf_data"])["seq"] == approvals[0]["seq"]


def test_the_whole_log_is_verified_and_the_page_says_so(live: LiveStack, anton: Visit):
    page = anton.page
    page.goto(f"{anton.base}/audit")
    page.get_by_role("button", name="Verify the whole log").click()
    page.wait_for_url(re.compile("/audit/verifications/"))
    expect(page.get_by_role("heading", name="The log is whole")).to_be_visible(timeout=LONG)
    assert axe(page) == []
    assert live.get("audit", "/checkpoints/latest")["tree_size"] > 0


@pytest.mark.parametrize("who", ["olga", "aigerim", "timur"])
def test_who_is_no_auditor_cannot_read_the_trail(live: LiveStack, browser: Browser, shown: Shown, who: str):
    with signed_in(browser, live, who, expect=("status of 403",)) as seen:
        for path in ("/audit", f"/audit/skus/{shown.sku}", "/audit/entries/0", f"/audit/pictures/{'0' * 64}"):
            answer = seen.page.goto(seen.base + path)
            assert answer is not None
            assert answer.status == 403, path
            expect(seen.page.get_by_role("heading", level=1)).to_contain_text("This is not for you")


def test_nobody_reads_it_without_a_login(live: LiveStack, shown: Shown):
    base = live.written["services"]["console"]["url"]
    for path in ("/audit", f"/audit/skus/{shown.sku}", f"/audit/skus/{shown.sku}/evidence.zip", "/audit/entries.jsonl"):
        assert httpx.get(base + path).status_code == 401


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_the_trail_is_told_in_the_language(anton: Visit, shown: Shown, language: str):
    page = anton.page
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    speak(page, language)
    page.goto(f"{anton.base}/audit/skus/{shown.sku}")
    told = page.locator("ol.timeline .say > p > span:first-child").all_inner_texts()
    plain = [text for text in told if not re.search("[а-яәғқңөұүһі]", text)]
    assert plain == []
    speak(page, "en")
