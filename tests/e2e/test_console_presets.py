"""Presets and modes per category in a browser, on the whole stack: copied, confirmed by name, used (R-29)."""

import re
import secrets
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from support.browser import Visit, axe, speak
from support.console_shelf import Titled
from support.live import LiveStack
from support.photos import product_photo
from support.shelf import Shelf

pytestmark = pytest.mark.e2e
PAGE = "/operate/presets"


@pytest.fixture(scope="module")
def mine() -> str:
    return f"season_{secrets.token_hex(3)}"


def test_a_copied_preset_is_a_draft_until_it_is_confirmed_and_makes_the_next_drafts(
    live: LiveStack, marat: Visit, mine: str
):
    page, shelf = marat.page, Shelf(live, secrets.token_hex(3))
    page.goto(f"{marat.base}{PAGE}")
    page.locator("tr[data-preset='light_grey']").get_by_role("link", name=re.compile("Copy")).click()
    form = page.locator("#write form")
    form.get_by_label(re.compile("^Name")).fill("Not a name")
    form.get_by_label(re.compile("^Share of the picture")).fill("7")
    form.get_by_label(re.compile("^Name")).evaluate("element => element.form.noValidate = true")
    marat.expect("422")
    form.get_by_role("button", name="Write the draft").click()
    wrong = page.locator("#wrong")
    expect(wrong).to_contain_text("fill is 7.0; allowed: a number from 0.4 to 0.98")
    expect(wrong).to_contain_text("name is 'Not a name'")
    assert axe(page) == []
    form = page.locator("#write form")
    form.get_by_label(re.compile("^Name")).fill(mine)
    form.get_by_label("Title").fill("Autumn <b>")
    form.get_by_label(re.compile("^Share of the picture")).fill("0.7")
    form.get_by_role("button", name="Write the draft").click()
    draft = page.locator(f"[data-draft='{mine} 1']")
    expect(draft).to_contain_text("Autumn <b>")
    expect(draft).to_contain_text("light_grey")
    expect(page.locator(f"tr[data-preset='{mine}']")).to_have_count(0)
    assert axe(page) == []
    draft.get_by_role("button", name="Confirm under my name").click()
    expect(page.locator(f"tr[data-preset='{mine}']")).to_contain_text("70 %")
    expect(page.locator(f"[data-draft='{mine} 1']")).to_have_count(0)

    category = shelf.category("presets")
    page.locator("#give summary").click()
    rule = page.locator("#give form")
    rule.get_by_label("Category").fill(category)
    rule.get_by_label("Main picture, draft 1").select_option(mine)
    rule.get_by_label("Main picture, draft 2").select_option("card_white")
    rule.get_by_label(re.compile("^Why")).fill("the autumn look")
    rule.get_by_role("button", name="Put into force").click()
    expect(page.locator(f"tr[data-rule='{category}']")).to_contain_text(f"{mine}, card_white")

    one = Titled(shelf.name("autumn"), category, {"front": product_photo(77, size=(640, 480))})
    shelf.deliver("autumn", [one])
    live.wait_trail(one.sku, "VariantChecked", count=2)
    made = {event["preset"]: event for event in shelf.events(one.sku, "VariantGenerated")}
    assert set(made) == {mine, "card_white"}
    assert made[mine]["generator"]["parameters"]["preset_version"] == f"{mine} 1"
    proofs = [
        check["verdict"]
        for event in shelf.events(one.sku, "VariantChecked")
        for check in event["checks"]
        if check["check"] == "pixel_proof"
    ]
    assert proofs == ["clear", "clear"], "qa recomputed both"


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_page_is_accessible_in_every_language(marat: Visit, language: str):
    page = marat.page
    page.goto(f"{marat.base}{PAGE}?copy=white&category=default")
    speak(page, language)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert axe(page) == []
    speak(page, "en")


def test_a_scene_is_brought_with_its_rights_and_taken_out_of_use(marat: Visit, tmp_path: Path):
    room = np.full((900, 1200, 3), 200, np.uint8)
    room[600:] = (90, 120, 160)
    picture, title = tmp_path / "room.jpg", f"Table {secrets.token_hex(3)}"
    cv2.imwrite(str(picture), room)
    page = marat.page
    page.goto(f"{marat.base}{PAGE}")
    page.locator("#bring summary").click()
    form = page.locator("#bring form")
    form.get_by_label(re.compile("^Picture")).set_input_files(picture)
    form.get_by_label("Title").fill(title)
    form.get_by_label(re.compile("^Who took it")).fill("own studio, 2026")
    form.get_by_role("button", name="Bring it").click()
    scene = page.locator("[data-scene]", has_text=title)
    expect(scene).to_contain_text("own studio, 2026")
    assert scene.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    assert axe(page) == []
    scene.get_by_label(re.compile("^Why")).fill("the lease is over")
    scene.get_by_role("button", name="Take out of use").click()
    expect(page.locator("[data-scene]", has_text=title)).to_contain_text("out of use")


def test_an_auditor_sees_and_changes_nothing(anton: Visit):
    page = anton.page
    page.goto(f"{anton.base}{PAGE}")
    expect(page.locator("tr[data-preset='card_white']")).to_be_visible()
    assert page.locator("main form").count() == 0
