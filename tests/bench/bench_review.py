"""`make bench-review`: what a reviewer waits for, in headless Chromium on a whole stack, against issue 4's targets.

Twelve photos of 12 megapixels go the whole way through intake, generation and qa; each becomes a case with a source of
4000 x 3000 and two drafts of about 3000 x 3000 pixels. The other cases are the same facts stated again of further SKUs
with further objects (`support.restated`), while qa is stopped: nothing is found in a cache that was not fetched as the
case's own. Where only previews are looked at, a further case's whole pictures are those of the case it repeats.

A practice reviewer decides by keyboard alone, every tenth case with a dispute, key after key without a pause longer
than `--pace`; the next case gets exactly that time to be made ready. The browser delays every answer by 40 ms, the
pictures' too (Chromium's own emulation, checked and printed). From the key's time stamp, in the page:

- *painted*: the next case's pictures are decoded and the frame that shows them was presented. They are drawn into
  canvases, which Element Timing does not see; so it is the later one of two moments: the begin of the frame after the
  one in which the page drew them all, and what Event Timing says when the frame after the key was presented.
- *sharp*, with the view at one picture pixel per screen pixel: the same for the whole 12-megapixel pictures.
- *acknowledged*: the service's answer is shown, with the offer to take the decision back.

Every 20 cases the browser collects its garbage; then the page's heap, nodes and listeners and the memory of all its
processes are read. Exit code 1 when a target is missed. `--quick` is a small run.
"""

import argparse
import asyncio
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import asyncpg
from aiokafka import AIOKafkaProducer
from playwright.sync_api import Browser, CDPSession, Page

from support.browser import Visit, chromium, console_url, login, practice_password, visit
from support.large_photos import large_photo
from support.live import LiveStack, live_stack, until
from support.many_skus import fill
from support.restated import Restater
from support.shelf import Article, Shelf
from support.stopwatch import WATCH, Kept, Wait, kept, slope, waited
from trueshelf_cli.layout import Layout
from trueshelf_cli.servers import Servers, known_servers
from trueshelf_cli.stack import Stack
from trueshelf_runtime.storage import ObjectStore

DELAY_MS = 40
PAINTED_MS, TAKEN_MS, OVERVIEW_MS = 100.0, 150.0, 300.0
SKUS = 50_000
SAMPLE_EVERY = 20
DISPUTE_EVERY = 10
FULL_AFTER = 2
"""Samples after which the viewer holds as many decoded pictures as it ever will: 90 megapixels, 13 cases' previews."""
GROWTH = {"heap_kb": 10.0, "nodes": 2.0, "listeners": 2.0, "processes_mb": 0.5}
"""Most growth per case. One decoded preview kept by mistake would be 10 MB, one undecided draft 10 kB."""
FIRST_PAINT = """new Promise((resolve) => new PerformanceObserver((seen) => {
    const [page] = performance.getEntriesByType("navigation");
    const [paint] = seen.getEntriesByName("first-contentful-paint");
    if (paint) resolve([page.responseEnd - page.requestStart, paint.startTime]);
}).observe({ type: "paint", buffered: true }))"""
"""From a page that loads: milliseconds from its request to its last byte, and from its beginning to its first frame."""
FIT, CLOSE = "fit", "close"
"""Categories: cases that are looked at as they fit the screen, and those that are looked at 1:1."""
UNDO = {"TRUESHELF_REVIEW_UNDO_SECONDS": "10"}
"""As shipped: decisions become final in the background while the next cases are looked at."""


def deliver(live: LiveStack, number: int) -> Shelf:
    """Take photos in and wait until each is a case of two checked drafts."""
    shelf = Shelf(live, f"{int(time.time()):x}")
    articles = [
        Article(shelf.name(f"large-{seed:03d}"), shelf.category(FIT), {"front": large_photo(seed)})
        for seed in range(number)
    ]
    shelf.deliver("bench", articles)
    for each in articles:
        until(lambda sku=each.sku: shelf.cases(sku=sku, kind="slot") or None, f"a case of {each.sku}", 900, 1.0)
    return shelf


async def state_further(shelf: Shelf, servers: Servers, fit: int, close: int) -> None:
    """State further SKUs; those of the category `close` have whole pictures of their own, not only previews."""
    told = [[entry["event"] for entry in shelf.live.trail(sku)] for sku in shelf.articles]
    names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY")
    opened = ObjectStore.open(*(servers.s3_env[f"TRUESHELF_S3_{name}"] for name in names))
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka)
    await producer.start()
    try:
        async with opened as store:
            restater = Restater(store, producer)
            for number, category in enumerate([FIT] * fit + [CLOSE] * close):
                sku, events = shelf.name(f"{category}-{number:03d}"), told[number % len(told)]
                await restater.restate(events, sku, shelf.category(category), whole=category == CLOSE)
    finally:
        await producer.stop()


def waiting(shelf: Shelf, category: str) -> list[str]:
    """Return the open cases of a category."""
    cases = shelf.cases(kind="slot", state="open", limit=1000)
    return [case["case_id"] for case in cases if case["category"] == shelf.category(category)]


@contextmanager
def reviewing(browser: Browser, shelf: Shelf, category: str) -> Iterator[Visit]:
    """Log in and open a case of the category; every answer to the page takes 40 ms longer."""
    with visit(browser, console_url(shelf.live)) as seen:
        seen.context.add_init_script(WATCH)
        login(seen.page, seen.base, "aigerim", practice_password(shelf.live))
        delayed(seen.context.new_cdp_session(seen.page), DELAY_MS)
        seen.page.goto(f"{seen.base}/review/cases/{waiting(shelf, category)[0]}?category={shelf.category(category)}")
        seen.page.locator("#panes:not([data-painted=''])").wait_for()
        yield seen


def delayed(session: CDPSession, milliseconds: float) -> None:
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def delay_seen(page: Page) -> list[float]:
    """Return the milliseconds that an answer of the pages' origin and one of the pictures' take, at the median."""
    ask = """async (url) => {
        const began = performance.now();
        await fetch(url, { cache: "no-store", mode: "no-cors", credentials: "omit" });
        return performance.now() - began;
    }"""
    picture = page.evaluate("performance.getEntriesByType('resource').find(each => each.name.includes('/i/')).name")
    nothing = ("/readyz", f"{picture.split('/i/')[0]}/readyz")
    return [statistics.median(page.evaluate(ask, url) for _ in range(5)) for url in nothing]


class Reviewer:
    """A person at the screen, with nothing but a keyboard."""

    def __init__(self, page: Page, pace: float) -> None:
        self.page = page
        self.pace = pace

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        time.sleep(self.pace)

    def decide(self, *, dispute: bool) -> Wait:
        """Answer everything, decide, and return what that made one wait for."""
        page = self.page
        page.locator("[data-do=reject]:enabled").wait_for()
        if dispute:
            for key in ("KeyS", "Digit6"):
                self.press(key)
        else:
            for _ in range(page.locator(".item fieldset").count()):
                self.press("KeyY")
            for _ in range(page.locator(".seen input").count()):
                self.press("KeyF")
                self.press("KeyF")
        page.evaluate("stopwatch.begin()")
        page.keyboard.press("Control+Enter" if dispute else "KeyA")
        return waited(page)


def decide_many(seen: Visit, number: int, pace: float) -> tuple[list[Wait], list[Kept]]:
    """Decide so many cases; return the waits, and what the browser kept after every twentieth."""
    person, waits, samples = Reviewer(seen.page, pace), [], []
    session = seen.context.new_cdp_session(seen.page)
    session.send("Performance.enable")
    for index in range(number):
        if index % SAMPLE_EVERY == 0:
            samples.append(kept(session))
        waits.append(person.decide(dispute=index % DISPUTE_EVERY == DISPUTE_EVERY - 1))
    samples.append(kept(session))
    session.detach()
    return waits, samples


def overview(browser: Browser, live: LiveStack, rounds: int) -> tuple[list[float], list[float]]:
    """Return how long the overview's page takes to be answered whole, and to be painted."""
    answered, painted = [], []
    with visit(browser, console_url(live)) as seen:
        login(seen.page, seen.base, "aigerim", practice_password(live))
        for _ in range(rounds):
            seen.page.goto(f"{seen.base}/overview")
            answer, paint = seen.page.evaluate(FIRST_PAINT)
            answered.append(answer)
            painted.append(paint)
    return answered, painted


async def fill_overview(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.pg_admin_dsn, server_settings={"search_path": "console"})
    try:
        await fill(connection, SKUS)
    finally:
        await connection.close()


def line(what: str, values: Iterable[float], target: float | None) -> bool:
    """Print one figure beside its target; tell whether it holds."""
    ordered = sorted(values)
    most = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    good = target is None or most < target
    verdict = "" if target is None else "ok" if good else "MISSED"
    shown = "" if target is None else f"< {target:.0f} ms"
    print(
        f"  {what:<42} {shown:>9}  p50 {statistics.median(ordered):6.1f}  p95 {most:6.1f}  n {len(ordered)}  {verdict}"
    )
    return good


def growth(samples: list[Kept]) -> bool:
    """Print what was kept; tell whether nothing of it grows once the viewer's store of decoded pictures is full."""
    good = True
    for name, most in GROWTH.items():
        values = [float(getattr(each, name)) for each in samples]
        grows = slope(values[FULL_AFTER:], SAMPLE_EVERY)
        holds = grows <= most
        good = good and holds
        shown = " ".join(f"{value:.0f}" for value in values)
        print(f"  {name:<13} {grows:+7.2f} per case (<= {most:g}) {'ok' if holds else 'MISSED'}: {shown}")
    return good


def measure(live: LiveStack, asked: argparse.Namespace) -> bool:
    """Bring the cases, decide them, and print every figure; tell whether all targets hold."""
    servers = known_servers(live.stack.layout)
    assert servers is not None
    asyncio.run(fill_overview(servers))
    shelf = deliver(live, asked.real)
    live.stack.supervisor.stop_programs(["qa"])
    fit = asked.cases + asked.part + 1
    asyncio.run(state_further(shelf, servers, fit - asked.real, asked.part + 1))
    until(lambda: len(waiting(shelf, FIT)) + len(waiting(shelf, CLOSE)) > fit + asked.part, "all cases", 300, 1.0)
    with chromium() as browser:
        with reviewing(browser, shelf, CLOSE) as seen:
            seen.page.keyboard.press("KeyZ")
            close, _ = decide_many(seen, asked.part, asked.pace)
        with reviewing(browser, shelf, FIT) as seen:
            delays = delay_seen(seen.page)
            waits, samples = decide_many(seen, asked.cases, asked.pace)
            delayed(seen.context.new_cdp_session(seen.page), 0)
            near, _ = decide_many(seen, asked.part, asked.pace)
        answered, painted = overview(browser, live, 5 if asked.quick else 20)
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"an answer takes {delays[0]:.0f} ms (pages) and {delays[1]:.0f} ms (pictures); a key every {asked.pace} s")
    results = [
        line("key to next case painted", (each.painted for each in waits), PAINTED_MS),
        line("key to next case painted whole, at 1:1", (each.sharp for each in close), PAINTED_MS),
        line("decision acknowledged", (each.taken for each in waits), TAKEN_MS),
        line("decision acknowledged, without the delay", (each.taken for each in near), None),
        line(f"overview of {SKUS:,} SKUs answered", answered, OVERVIEW_MS),
        line(f"overview of {SKUS:,} SKUs painted", painted, OVERVIEW_MS),
        growth(samples),
    ]
    return all(results)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-review", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200, help="decided with pictures that fit the screen")
    parser.add_argument("--part", type=int, default=40, help="decided at 1:1, and as many without the delay")
    parser.add_argument("--real", type=int, default=12, help="SKUs that go the whole way")
    parser.add_argument("--pace", type=float, default=0.1, help="seconds from key to key")
    parser.add_argument("--quick", action="store_true", help="80 cases, 10 at 1:1, 3 SKUs")
    parser.add_argument("--root", type=Path, help="checkout whose drill stack runs already, and stays up")
    asked = parser.parse_args()
    if asked.quick:
        asked.cases, asked.part, asked.real = 80, 10, 3
    if asked.root:
        stack = Stack(Layout(asked.root), dict(os.environ))
        written = stack.layout.stack()
        assert written is not None, f"no stack runs in {asked.root}"
        return 0 if measure(LiveStack(stack, written), asked) else 1
    root = Path(tempfile.mkdtemp(prefix="trueshelf-review-"))
    try:
        with live_stack(root / "stack", environ=UNDO) as live:
            return 0 if measure(live, asked) else 1
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
