"""The console in a real browser: Chromium without a window, watched for errors and for what axe finds.

    with chromium() as browser, signed_in(browser, live, "aigerim") as seen:
        seen.page.goto(seen.base + "/review")
        assert axe(seen.page) == []

On leaving, a visit fails on every console error, CSP violation and uncaught exception that the test has not announced.
Open one `chromium()` at a time in a thread: Playwright's synchronous API allows no second one beside it, nor async
tests while it is open.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from support.live import LiveStack

DEFAULT_PATH = "/usr/bin/chromium"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
MINUTE = 60_000.0
SESSION = "__Host-trueshelf"
_sessions: dict[tuple[str, str], Any] = {}


@dataclass(slots=True)
class Visit:
    """One browser context, like a person's own browser: its cookies are nobody else's."""

    base: str
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """Announce console errors that belong to the test, as regular expressions ("status of 403")."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """Return what went wrong in the browser and was not announced."""
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self.expected)]

    def another_page(self) -> Page:
        """Return a further tab of the same browser, watched like the first one."""
        page = self.context.new_page()
        _watch(page, self.faults)
        return page


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Yield a headless Chromium; CHROMIUM_PATH names another one. Fails loudly where there is none."""
    path = os.environ.get("CHROMIUM_PATH", DEFAULT_PATH)
    if not Path(path).is_file():
        pytest.fail(
            f"there is no Chromium at {path}, and without one the pages are not tested: "
            "run `make setup` as root (Debian: apt-get install chromium), or set CHROMIUM_PATH",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(
    browser: Browser,
    base: str,
    *,
    width: int = 1440,
    height: int = 900,
    language: str = "en-US",
    expect: Iterable[str] = (),
    **more: Any,
) -> Iterator[Visit]:
    """Yield a fresh browser context with one page. Further arguments are Playwright's `new_context`."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=language, **more)
    context.set_default_timeout(MINUTE / 3)
    context.set_default_navigation_timeout(MINUTE)
    page = context.new_page()
    seen = Visit(base.rstrip("/"), context, page, expected=list(expect))
    _watch(page, seen.faults)
    try:
        yield seen
        if unexpected := seen.unexpected():
            raise AssertionError("the browser reports:\n" + "\n".join(unexpected))
    finally:
        context.close()


@contextmanager
def signed_in(browser: Browser, live: LiveStack, name: str, *, base: str | None = None, **more: Any) -> Iterator[Visit]:
    """Yield a practice account's own browser, logged in, its pages in English. `base`: another console of the stack.

    The session of the account's last visit is used again while it holds, and nothing else of that visit.
    """
    base = base or console_url(live)
    with visit(browser, base, **more) as seen:
        session = _sessions.get((base, name))
        if session is not None and _holds(seen.base, session):
            seen.context.add_cookies([session])
        else:
            login(seen.page, seen.base, name, practice_password(live))
            _sessions[base, name] = next(each for each in seen.context.cookies() if each["name"] == SESSION)
        yield seen


def _holds(base: str, session: Any) -> bool:
    answer = httpx.get(f"{base}/account", headers={"Cookie": f"{SESSION}={session['value']}", "Accept": "text/html"})
    return answer.is_success and '<html lang="en"' in answer.text


def _watch(page: Page, faults: list[str]) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            faults.append(f"{message.type} at {page.url}: {message.text} ({message.location.get('url', '')})")

    page.on("console", said)
    page.on("pageerror", lambda error: faults.append(f"exception at {page.url}: {error}"))


def login(page: Page, base: str, name: str, password: str) -> None:
    """Log in by the form and wait for the first page, in English. AssertionError with what the page says on refusal."""
    base = base.rstrip("/")
    page.goto(f"{base}/login")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", password)
    follow(page.locator("main form[action='/login'] button"))
    assert urlsplit(page.url).path != "/login", page.inner_text("main")
    if page.locator("html").get_attribute("lang") != "en":  # what another test chose for this account
        speak(page, "en")


def follow(link: Locator) -> None:
    """Click on what leads to another page, and wait for that page: a click alone may return before it is left."""
    with link.page.expect_navigation():
        link.click()


def speak(page: Page, language: str) -> None:
    """Choose the language of the pages and wait for the page in it."""
    follow(page.locator(f"button[name=language][value={language}]"))
    expect(page.locator("html")).to_have_attribute("lang", language)


def axe(page: Page, *, exclude: Iterable[str] = ()) -> list[str]:
    """Return what axe finds against WCAG 2.1 AA and its own good practice: a line per element; empty when nothing.

    `exclude` are CSS selectors of parts that are looked at elsewhere.
    """
    context: Any = {"include": [["html"]], "exclude": [[each] for each in exclude]}
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(RULES)}}
    found = Axe().run(page, context=context, options=options).response["violations"]
    lines = []
    for violation in found:
        for node in violation["nodes"]:
            why = "; ".join(line.strip() for line in node["failureSummary"].splitlines()[1:])
            lines.append(f"{violation['id']} ({violation['impact']}) {node['target']}: {why}")
    return lines


def console_url(live: LiveStack) -> str:
    """Return the console's address as people open it: only as `localhost` do its cookies count as secure.

    TRUESHELF_E2E_CONSOLE names another console on the same stack, such as one that runs from a changed working tree.
    """
    if there := os.environ.get("TRUESHELF_E2E_CONSOLE"):
        return there.rstrip("/")
    port = urlsplit(live.written["services"]["console"]["url"]).port
    return f"http://localhost:{port}"


def practice_password(live: LiveStack) -> str:
    """Return the one password of the practice accounts of a drill stack."""
    file = Path(live.written["root"]) / ".trueshelf" / "secrets" / "practice.password"
    return file.read_text(encoding="utf-8").strip()
