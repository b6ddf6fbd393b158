"""The export pages in a browser: refusals before ordering, files beside masters, rules, withdrawal, outcomes."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import Visit, axe, signed_in, speak
from support.console_shelf import Shown, account_id, deliver, packed
from support.hostile import HOSTILE
from support.live import LiveStack, until
from support.rules import unconfirmed
from support.shelf import THIRD
from trueshelf_cli.drill import Json, answered

pytestmark = pytest.mark.e2e

LONG = 90_000


@pytest.fixture(scope="module")
def shown(live: LiveStack, browser: Browser) -> Shown:
    return packed(live, account_id(live, browser, "aigerim"))


def answer_all(page: Page) -> None:
    """Say yes to every question that is on the page."""
    for question in page.locator("fieldset.question").all():
        question.get_by_label("Yes").check()


def acts(shown: Shown, name: str) -> list[Json]:
    entries = shown.shelf.live.get("audit", "/entries", type="ActRecorded", limit=500, after=-1)["entries"]
    return [entry["event"] for entry in entries if entry["event"]["act"] == name]


def test_refusals_are_seen_before_anything_is_ordered(shown: Shown, olga: Visit):
    """R-89: what may not leave cannot be chosen, and says why."""
    olga.expect("status of 422")
    sku = deliver(shown.shelf, "unready", 77)
    shown.shelf.wait_case(sku)
    page = olga.page

    def listed() -> bool:
        page.goto(f"{olga.base}/export/new?marketplace=wildberries&q={shown.shelf.run}")
        return page.get_by_text(sku, exact=True).count() > 0 and page.get_by_text(shown.sku, exact=True).count() > 0

    until(listed, "both SKUs in the console's list")
    refused = page.locator("tbody tr").filter(has=page.get_by_text(sku, exact=True))
    expect(refused.locator("input[type=checkbox]")).to_be_disabled()
    expect(refused).to_contain_text("no approved picture")
    expect(refused).to_contain_text("take it through intake, generation and review first")
    good = page.locator("tbody tr").filter(has=page.get_by_text(shown.sku, exact=True))
    expect(good.locator("input[type=checkbox]")).to_be_enabled()
    assert axe(page) == []
    page.get_by_role("button", name="Order", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one SKU")


def test_an_order_leads_to_packs_whose_files_stand_beside_their_masters(shown: Shown, olga: Visit):
    """R-71, R-81, R-91: a second marketplace is another order; its questions are answered one by one."""
    page = olga.page
    page.goto(f"{olga.base}/export/new?marketplace=ebay&q={shown.sku}")
    page.get_by_role("checkbox", name=shown.sku).check()
    page.get_by_role("button", name="Order", exact=True).click()
    page.wait_for_url(re.compile(r"/export/orders/"))
    assert axe(page) == []
    page.get_by_role("link", name=shown.sku).click()
    page.wait_for_url(re.compile(r"/export/packs/"))
    pack_id = page.url.rpartition("/")[2].partition("?")[0]
    answer_all(page)
    page.get_by_role("button", name="Answer").click()

    def ready() -> bool:
        pack = shown.shelf.live.get("export", f"/packs/{pack_id}")
        reviewer = shown.shelf.reviewer(THIRD)
        for line in shown.shelf.cases(sku=shown.sku, kind="rendition", state="open"):
            reviewer.rendition(reviewer.lease(line["case_id"]))
        assert pack["state"] not in {"refused", "withdrawn"}, pack["reasons"]
        return bool(pack["state"] == "ready")

    until(ready, "the pack to be ready")
    expect(page.get_by_role("link", name="Download the pack")).to_be_visible(timeout=LONG)  # by itself
    manifest = shown.shelf.live.get("export", f"/packs/{pack_id}")["manifest"]
    pairs = page.locator("article.pair")
    assert pairs.count() == len(manifest["files"])
    for file, pair in zip(manifest["files"], pairs.all(), strict=True):
        images = pair.locator("img").all()
        assert len(images) == 2
        widths = [
            image.evaluate("async (i) => { i.loading = 'eager'; await i.decode(); return i.naturalWidth }")
            for image in images
        ]
        assert widths[1] == file["width"]
        pair.locator("summary").click()
        expect(pair).to_contain_text(file["sha256"])
        expect(pair).to_contain_text(file["master_sha256"])
        expect(pair).to_contain_text(shown.approver)
    expect(page.locator("main")).to_contain_text("Practice")
    expect(page.locator("main")).to_contain_text(manifest["spot_check"])
    for line in [*manifest["warnings"], *manifest["disclaimers"]]:
        expect(page.locator("main")).to_contain_text(line)
    assert axe(page) == []


def test_a_hostile_title_is_text(shown: Shown, olga: Visit):
    page = olga.page
    page.goto(f"{olga.base}/export/packs/{shown.pack['pack_id']}")
    assert page.locator("p.title").text_content() == HOSTILE
    assert page.locator("p.title b, main script").count() == 0
    assert page.locator("p.title").get_attribute("dir") == "auto"


def test_a_download_is_the_pack_and_stands_on_record(shown: Shown, olga: Visit):
    """The ZIP goes through the console byte by byte; export records who took it, once."""
    page = olga.page
    page.goto(f"{olga.base}/export/packs/{shown.pack['pack_id']}")
    before = len(acts(shown, "export.pack_downloaded"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the pack").click()
    path = waiting.value.path()
    assert path.stat().st_size == shown.pack["size"]
    assert waiting.value.suggested_filename == shown.pack["file_name"]
    until(lambda: len(acts(shown, "export.pack_downloaded")) == before + 1, "the download on record")
    last = acts(shown, "export.pack_downloaded")[-1]
    assert (last["actor"]["role"], last["details"]["sha256"]) == ("uploader", shown.pack["sha256"])


def test_a_withdrawn_pack_says_so_and_who_had_taken_it(live: LiveStack, shown: Shown, olga: Visit):
    """R-89: the download answers 410 and the page says why."""
    olga.expect("status of 410")
    gone = packed(live, shown.approver, "gone", 83)
    page = olga.page
    page.goto(f"{olga.base}/export/packs/{gone.pack['pack_id']}")
    with page.expect_download():
        page.get_by_role("link", name="Download the pack").click()
    (approval,) = live.get("review", "/approvals", sku=gone.sku)
    with live.client("review", "reviewer", THIRD) as review:
        reason = {"code": "colour_changed", "checklist_item": "colour_matches", "note": "drill"}
        body = {"reasons": [reason], "cause": "outcome"}
        answered(review.post(f"/approvals/{approval['approval_id']}/withdraw", json=body))

    def withdrawn() -> bool:
        page.goto(f"{olga.base}/export/packs/{gone.pack['pack_id']}")
        return page.get_by_text("This pack was withdrawn").count() == 1 and page.get_by_text("(you)").count() == 1

    until(withdrawn, "the page to say that the pack was withdrawn, and who took it")
    expect(page.get_by_role("alert")).to_contain_text("an approval was withdrawn")
    assert page.get_by_role("link", name="Download the pack").count() == 0
    answer = page.goto(f"{olga.base}/export/packs/{gone.pack['pack_id']}/download")
    assert answer is not None
    assert answer.status == 410
    expect(page.locator("main")).to_contain_text("This pack was withdrawn")
    assert axe(page) == []


def test_an_unconfirmed_profile_asks_for_a_confirmation_and_loses_nothing(live: LiveStack, olga: Visit):
    """R-88: source, day, answers and the numbers that nobody publishes."""
    olga.expect("status of 422")
    page = olga.page
    unconfirmed(live, "kaspi")
    page.goto(f"{olga.base}/export/new?marketplace=kaspi")
    expect(page.locator("main")).to_contain_text("are not confirmed")
    page.get_by_role("link", name="Read and confirm").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("never confirmed")
    assert axe(page) == []
    page.get_by_label("What was read").fill("the cabinet's help page <b>")
    numbers = {"width of a file": "1000", "height of a file": "1000", "smallest width": "500", "smallest height": "x"}
    for name, value in {**numbers, "largest file": "5000000", "most files": "8"}.items():
        page.get_by_label(name).fill(value)
    page.get_by_role("button", name="Confirm the rules").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    expect(page.get_by_label("What was read")).to_have_value("the cabinet's help page <b>")
    expect(page.get_by_text("enter a whole number, without a unit")).to_have_count(1)
    expect(page.get_by_text("answer this question")).to_have_count(4)
    assert axe(page) == []
    page.get_by_label("smallest height").fill("500")
    answer_all(page)
    page.get_by_role("button", name="Confirm the rules").click()
    page.wait_for_url(re.compile("/export/new"))
    profile = live.get("export", "/profiles/kaspi")
    assert (profile["standing"], profile["confirmation"]["source"]) == ("current", "the cabinet's help page <b>")
    expect(page.get_by_text("are not confirmed")).to_have_count(0)


def test_a_sheet_of_outcomes_records_what_is_right_and_names_the_wrong_cell(shown: Shown, olga: Visit):
    """R-103, R-104: row, column, value, reason and fix; the same sheet again records nothing twice."""
    today = datetime.now(UTC).date().isoformat()
    good = f'{shown.sku},wildberries,moderation_rejected,{today},"says <b>no</b>, twice",colour_matches'
    wrong = f"{shown.sku},wildbery,moderation_rejected,{today},,"
    unknown = f"NEVER-{shown.shelf.run},ozon,return_wrong_colour,{today},,"
    rows = ["sku,marketplace,kind,reported_on,reason,checklist_item", good, wrong, unknown]
    sheet = {"name": "outcomes.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page = olga.page
    for _ in range(2):
        page.goto(f"{olga.base}/export/outcomes")
        page.get_by_label("CSV, one outcome per row").set_input_files(sheet)  # type: ignore[arg-type]
        page.get_by_role("button", name="Check and record").click()
        expect(page.locator("main")).to_contain_text("1 row is recorded.")
    bad = page.get_by_role("region", name="Rows that are wrong").locator("tbody tr")
    expect(bad).to_have_count(2)
    expect(bad.nth(0)).to_contain_text("3")
    expect(bad.nth(0)).to_contain_text("marketplace")
    expect(bad.nth(0)).to_contain_text("wildbery")
    expect(bad.nth(0)).to_contain_text("write one of kaspi, wildberries, ozon, etsy, ebay")
    expect(bad.nth(1)).to_contain_text("check the SKU")
    recorded = shown.shelf.live.get("export", "/outcomes", sku=shown.sku)
    assert [line["reason"] for line in recorded] == ["says <b>no</b>, twice"]
    assert axe(page) == []

    def logged() -> bool:
        page.goto(f"{olga.base}/export/rejections?sku={shown.sku}")
        return page.get_by_text("says <b>no</b>, twice").count() == 1

    until(logged, "the rejection log to show it")
    expect(page.locator("tbody")).to_contain_text(shown.approver)
    assert axe(page) == []


def test_one_outcome_is_entered_by_hand(shown: Shown, olga: Visit):
    olga.expect("status of 4")
    page = olga.page
    page.goto(f"{olga.base}/export/packs/{shown.pack['pack_id']}")
    page.get_by_role("link", name="Report what the marketplace").click()
    expect(page.get_by_label("SKU", exact=True)).to_have_value(shown.sku)
    expect(page.get_by_label("Pack, where known")).to_have_value(shown.pack["pack_id"])
    page.get_by_label("In their words").fill("the lid is “green”")
    page.get_by_label("Variant, where known").fill("nonsense")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("variant_id")
    expect(page.get_by_label("In their words")).to_have_value("the lid is “green”")
    page.get_by_label("Variant, where known").fill("")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="recorded")).to_be_visible()
    assert "the lid is “green”" in {o["reason"] for o in shown.shelf.live.get("export", "/outcomes", sku=shown.sku)}


def test_an_auditor_sees_packs_and_can_neither_order_nor_download(live: LiveStack, browser: Browser, shown: Shown):
    with signed_in(browser, live, "anton", expect=("status of 403",)) as seen:
        page = seen.page
        page.goto(f"{seen.base}/export/new?marketplace=ebay&q={shown.sku}")
        expect(page.get_by_role("checkbox", name=shown.sku)).to_be_disabled()
        assert page.get_by_role("button", name="Order", exact=True).count() == 0
        page.goto(f"{seen.base}/export/packs/{shown.pack['pack_id']}")
        expect(page.locator("article.pair")).to_have_count(1)
        answer = page.goto(f"{seen.base}/export/packs/{shown.pack['pack_id']}/download")
        assert answer is not None
        assert answer.status == 403
        post = "{method: 'POST', body: new URLSearchParams({csrf: 'x'})}"
        posted = page.evaluate(f"async () => (await fetch('/export/orders', {post})).status")
        assert posted == 403


@pytest.mark.parametrize(
    "path", ["/export", "/export/new", "/export/rules/ozon", "/export/outcomes", "/export/rejections"]
)
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_page_speaks_the_language(olga: Visit, shown: Shown, path: str, language: str):
    page = olga.page
    page.goto(olga.base + path)
    speak(page, language)
    page.goto(olga.base + path)
    assert page.locator("html").get_attribute("lang") == language
    heading = page.get_by_role("heading", level=1).inner_text()
    assert re.search("[а-яәғқңөұүһі]", heading), heading
    assert axe(page) == []
    speak(page, "en")
