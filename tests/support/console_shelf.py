"""Articles for the tests of the console's pages: delivered, approved by people of the console, spot-checked, packed."""

import secrets
from dataclasses import dataclass

from playwright.sync_api import Browser

from support.browser import signed_in
from support.hostile import HOSTILE
from support.live import LiveStack
from support.photos import product_photo
from support.shelf import SECOND, WAIVED, Article, Shelf
from trueshelf_cli.drill import Json

SIZE = (1480, 1110)


@dataclass(frozen=True, slots=True)
class Titled(Article):
    """An article whose title is given."""

    title: str = HOSTILE

    @property
    def card(self) -> Json:
        card = {"category": self.category, "title": self.title, "description": HOSTILE}
        return {**card, "kit": list(self.kit), "waived": dict(WAIVED)}


def deliver(shelf: Shelf, short: str, seed: int, *, size: tuple[int, int] = SIZE) -> str:
    """Deliver one article in a batch of its own; return its SKU."""
    photos = {"front": product_photo(seed, size=size)}
    article = Titled(shelf.name(short), shelf.category(short), photos)
    shelf.deliver(f"pages-{short}", [article])
    return article.sku


def approved(shelf: Shelf, short: str, seed: int, by: str) -> str:
    """Deliver an article, have its main picture approved by an account, and its batch spot-checked by another one."""
    sku = deliver(shelf, short, seed)
    shelf.approve(sku, by=by)
    assert shelf.spot_check(sku, by=SECOND)["state"] == "passed"
    shelf.wait_exportable(sku)
    return sku


@dataclass(frozen=True, slots=True)
class Shown:
    """An article with its first pack, and who approved it."""

    shelf: Shelf
    sku: str
    pack: Json
    approver: str


RUN = secrets.token_hex(3)
_SHOWN: dict[str, Shown] = {}


def packed(live: LiveStack, approver: str, short: str = "pages", seed: int = 31) -> Shown:
    """Return an article with a pack for Wildberries; made once in a session, shared by the pages' tests."""
    if short not in _SHOWN:
        shelf = Shelf(live, RUN)
        sku = approved(shelf, short, seed, approver)
        _SHOWN[short] = Shown(shelf, sku, shelf.packed("wildberries", sku), approver)
    return _SHOWN[short]


def account_id(live: LiveStack, browser: Browser, login_name: str) -> str:
    """Return the account id of a practice account, as an auditor finds it in the search form."""
    with signed_in(browser, live, "anton") as seen:
        seen.page.goto(f"{seen.base}/audit")
        options = seen.page.locator("#people option").all()
        names = {option.inner_text(): str(option.get_attribute("value")) for option in options}
    return next(value for name, value in names.items() if name.lower().startswith(login_name))
