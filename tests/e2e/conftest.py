"""One drill stack for all of e2e, with everything delivered at the start: the tests share the waiting.

Every scenario has SKUs and a category, and with it a batch, of its own; no test depends on another one.
"""

import os
import secrets
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support.backing import session_directory
from support.browser import Visit, chromium, signed_in
from support.generators import KEY, KEY_NAME, FakeGenerator, file_of, in_a_thread
from support.live import LiveStack, live_stack
from support.photos import product_photo
from support.shelf import Article, Shelf
from trueshelf_cli.layout import Layout
from trueshelf_cli.stack import Stack

BATCH_SIZE = 6
"""Small, so that a full batch is cheap; the hard limit of 30 is a setting's own (R-27)."""
LARGE = (1480, 1110)
"""Large enough for every marketplace with rules of its own: pictures are never enlarged."""
CLOSE = (1000, 750)
SOLO = ("undo", "dispute", "rounds", "retake", "keep", "abandon", "moved")
"""Scenarios with one small photo each."""


@pytest.fixture(scope="session")
def painter() -> Iterator[FakeGenerator]:
    """An external generator that the stack may ask; it answers as documented unless a test orders worse."""
    with in_a_thread("openai_images") as fake:
        yield fake


@pytest.fixture(scope="session")
def live(painter: FakeGenerator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The stack; TRUESHELF_E2E_ROOT names the checkout of a drill stack that runs already and stays up."""
    there = os.environ.get("TRUESHELF_E2E_ROOT")
    if there:
        stack = Stack(Layout(Path(there)), dict(os.environ))
        written = stack.layout.stack()
        assert written is not None, f"no stack runs in {there}"
        running = LiveStack(stack, written)
        yield running
        running.close()
        return
    file = file_of(tmp_path_factory.mktemp("generators"), {"painter": painter}, caps={"batch": 60, "month": 600})
    environ = {
        "TRUESHELF_INGEST_BATCH_SIZE": str(BATCH_SIZE),
        "TRUESHELF_GENERATE_GENERATORS_FILE": str(file),
        KEY_NAME: KEY,
    }
    with session_directory() as directory, live_stack(directory / "stack", environ=environ) as running:
        yield running


@pytest.fixture(scope="session")
def shelf(live: LiveStack) -> Shelf:
    """Everything delivered in one intake, which is complete: every batch is sealed as soon as its photos are."""
    shelf = Shelf(live, secrets.token_hex(3))
    shelf.deliver("everything", _articles(shelf))
    return shelf


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module: while Playwright's synchronous API is open, no other test can run anything asynchronous."""
    with chromium() as running:
        yield running


def _person(login: str) -> Callable[..., Iterator[Visit]]:
    @pytest.fixture(name=login)
    def own(live: LiveStack, browser: Browser) -> Iterator[Visit]:
        with signed_in(browser, live, login) as seen:
            yield seen

    return own


aigerim, anton, marat, olga, timur = map(_person, ("aigerim", "anton", "marat", "olga", "timur"))
"""The own browsers of a senior reviewer, an auditor, an administrator, an uploader, and a capturer and operator."""


def _articles(shelf: Shelf) -> Iterator[Article]:
    def article(
        short: str,
        category: str,
        *,
        size: tuple[int, int] = (640, 480),
        cluttered: bool = False,
        source_type: str = "phone",
    ) -> Article:
        photo = product_photo(zlib.crc32(short.encode()), size=size, cluttered=cluttered)
        return Article(shelf.name(short), shelf.category(category), {"front": photo}, source_type)

    for scenario in SOLO:
        yield article(scenario, scenario)
    yield article("boxed", "cluttered", cluttered=True)
    yield article("asis", "cluttered", cluttered=True)
    photos = {shot: product_photo(7, shot, size=LARGE if shot == "front" else CLOSE) for shot in ("front", "profile")}
    photos["macro"] = product_photo(7, "macro", size=CLOSE)
    yield Article(shelf.name("whole"), shelf.category("straight"), photos)
    yield article("studio", "studio", source_type="studio")
    yield article("recalled", "recalled", size=LARGE)
    yield article("changed", "changed", size=LARGE)
    yield article("held-1", "held", size=LARGE)
    for number in range(2, BATCH_SIZE + 2):
        yield article(f"held-{number}", "held")
