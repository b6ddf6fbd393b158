"""Names as some people write them, and others on purpose: markup, quotes, and marks that turn the direction of text."""

from playwright.sync_api import Page

HOSTILE = (
    '<b>"Ring"</b> & \u202eгномик <u data-hostile>\'</u><img src=x data-hostile onerror=alert(1)>'
    "<script data-hostile>alert(1)</script>"
)
"""HTML, both quotes, an ampersand, and a mark that turns all that follows it and is never closed."""

_LOOK = r"""() => {
  const found = [...document.querySelectorAll("[data-hostile], [onerror]")].map((e) => `became markup: ${e.outerHTML}`);
  const safe = "bdi, [dir=auto], textarea, pre, option, title, script, style";
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const turns = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069]/.test(node.data);
    if (turns && !node.parentElement.closest(safe)) {
      found.push(`turns its neighbours: ${node.parentElement.outerHTML.slice(0, 200)}`);
    }
  }
  return found;
}"""


def harm(page: Page) -> list[str]:
    """Return what hostile text did to the page: markup that came of it, and text that turns what stands beside it."""
    return [f"{page.url}: {each}" for each in page.evaluate(_LOOK)]
