"""What a person at the review screen waits for, measured inside the page; and what the browser keeps of it."""

from dataclasses import dataclass
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page

WATCH = """
(() => {
  let open = null;
  let ended = () => undefined;
  const begin = () => {
    open = {};
    window.stopwatch.done = new Promise((resolve) => { ended = () => resolve(open); });
  };
  window.stopwatch = { begin, done: null };
  const settle = (name, at) => {
    if (!open || open.key === undefined || open[name] !== undefined) return;
    open[name] = at - open.key;
    if (["painted", "sharp", "taken"].every((each) => open[each] !== undefined)) setTimeout(ended, 50);
  };
  const decides = (event) => event.code === "KeyA" || (event.code === "Enter" && event.ctrlKey);
  addEventListener("keydown", (event) => {
    if (!open || open.key !== undefined || !decides(event)) return;
    open.key = event.timeStamp;
    open.before = document.getElementById("panes").dataset.case;
  }, true);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("keydown")) {
      if (open && open.key === entry.startTime) open.frame = entry.duration;
    }
  }).observe({ type: "event", durationThreshold: 16 });
  addEventListener("DOMContentLoaded", () => {
    const panes = document.getElementById("panes");
    const toast = document.getElementById("toast");
    if (!panes || !toast) return;
    const look = () => {
      for (const [name, given] of [["painted", panes.dataset.painted], ["sharp", panes.dataset.sharp]]) {
        if (!open || !given || given === open.before || given !== panes.dataset.case) continue;
        requestAnimationFrame((at) => settle(name, Math.max(at, open.key)));
      }
    };
    new MutationObserver(look).observe(panes, { attributes: true });
    new MutationObserver(() => {
      if (toast.querySelector("[data-do=undo]")) settle("taken", performance.now());
    }).observe(toast, { childList: true });
  });
})();
"""
"""Begins at the key's own time stamp, in milliseconds. `painted`: the next case's pictures are decoded and drawn (the
page says so in the frame that draws them), taken at the beginning of the frame after that one; `sharp`: likewise, with
a picture pixel for every screen pixel; `frame`: when the browser itself says that it presented the frame after the key
(Event Timing); `taken`: the service's answer stands on the page, with its offer to undo."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds from the key of a decision."""

    painted: float
    sharp: float
    taken: float


def waited(page: Page, seconds: float = 20.0) -> Wait:
    """Return what the last key has made the person wait for, once all of it is there and was reported."""
    late = "new Promise((_, reject) => setTimeout(() => reject('the next case did not come'), seconds * 1000))"
    one: dict[str, Any] = page.evaluate(f"(seconds) => Promise.race([stopwatch.done, {late}])", seconds)
    return Wait(max(one["painted"], one.get("frame") or 0.0), max(one["sharp"], one.get("frame") or 0.0), one["taken"])


@dataclass(frozen=True, slots=True)
class Kept:
    """What the browser holds, right after it was told to collect its garbage."""

    heap_kb: float
    """JavaScript of the page."""
    nodes: int
    listeners: int
    processes_mb: float
    """Every process of the browser: decoded pictures lie outside the heap. Memory shared by several counts once."""


def kept(session: CDPSession) -> Kept:
    """Collect garbage, then look."""
    session.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    browser = [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]
    size = sum(process.memory_full_info().pss for process in browser)
    return Kept(found["JSHeapUsedSize"] / 1024, int(found["Nodes"]), int(found["JSEventListeners"]), size / 2**20)


def slope(values: list[float], step: int) -> float:
    """Return the growth per case of two or more values sampled every `step` cases, by least squares."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    above = sum((index - middle) * (value - mean) for index, value in enumerate(values))
    return above / sum((index - middle) ** 2 for index in range(len(values))) / step
