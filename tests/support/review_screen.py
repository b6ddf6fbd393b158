"""The review screen in a browser, as a person with a keyboard uses it."""

from typing import Any

from playwright.sync_api import Page, expect

from support.browser import Visit
from support.shelf import Shelf

LAYOUT = {"KeyA": "ф", "KeyY": "н", "KeyN": "т", "KeyX": "ч", "KeyF": "а", "KeyR": "к", "KeyU": "г", "KeyS": "ы"}
"""What the keys write on a Russian layout."""


def look_at(seen: Visit, shelf: Shelf, short: str, kind: str = "slot", slot: str | None = "main") -> dict[str, Any]:
    """Open the SKU's case; the next one may only come from its own category."""
    case = shelf.wait_case(shelf.name(short), kind, slot)
    seen.page.goto(f"{seen.base}/review/cases/{case['case_id']}?category={case['category']}")
    painted(seen.page, case["case_id"])
    return case


def painted(page: Page, case_id: str) -> None:
    expect(page.locator("#panes")).to_have_attribute("data-painted", case_id)


def on_screen(page: Page) -> str:
    return page.url.rsplit("/", 1)[1].partition("?")[0]


def press(page: Page, code: str, *, russian: bool = False) -> None:
    """Press a key by its place; on a Russian layout it writes another letter."""
    if not russian or code not in LAYOUT:
        page.keyboard.press(code)
        return
    session = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "code": code, "key": LAYOUT[code]})
    session.detach()


def held(page: Page) -> None:
    """Wait until the case is the person's own: its form can be filled in."""
    no = "[data-do=reject]:enabled, [data-do=spot_bad]:enabled, [data-do=rendition_reject]:enabled"
    expect(page.locator(f"{no}, [name=then]:enabled").first).to_be_visible()


def answer_everything(page: Page, *, russian: bool = False) -> None:
    """Answer yes to each item and acknowledge each finding, by keys alone."""
    held(page)
    for _ in range(page.locator(".item fieldset").count()):
        press(page, "KeyY", russian=russian)
    for _ in range(page.locator(".seen input").count()):
        press(page, "KeyF", russian=russian)
        press(page, "KeyF", russian=russian)
    override = page.locator(".override textarea")
    if override.count():
        override.fill("looked at it beside the source: harmless")
        page.keyboard.press("Tab")


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Go on with Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate("(s) => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached by {most} times Tab")


def choose_then(page: Page, kind: str) -> None:
    """Choose what follows: Tab to the question, arrows to the answer. A disabled answer is passed over."""
    tab_to(page, "[name=then]")
    page.keyboard.press("Space")
    for _ in range(4):
        if page.evaluate("document.activeElement.value") == kind:
            break
        page.keyboard.press("ArrowDown")
    expect(page.locator(f"[name=then][value={kind}]")).to_be_checked()


def give_reasons(page: Page, digit: str, variants: int = 1) -> None:
    """Open the form of a rejection and give one reason for each variant."""
    page.keyboard.press("KeyR")
    for number in range(variants):
        if number:
            page.keyboard.press("KeyV")
        page.keyboard.press(digit)


def view(page: Page) -> str:
    """Return how the panes are looked at (scale and centre), once what was last asked for is drawn."""
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return page.locator("#panes").get_attribute("data-view") or ""
