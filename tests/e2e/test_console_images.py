"""The images' own origin beside the pages': a signed address shows one picture for minutes, and nothing else does."""

import hashlib
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser

from support.browser import console_url, signed_in
from support.console_shelf import Shown, account_id, packed
from support.live import LiveStack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def shown(live: LiveStack, browser: Browser) -> Shown:
    return packed(live, account_id(live, browser, "aigerim"))


@pytest.fixture(scope="module")
def address(live: LiveStack, browser: Browser, shown: Shown) -> str:
    """The address of the pack's file, as a page has it."""
    with signed_in(browser, live, "olga") as seen:
        seen.page.goto(f"{seen.base}/export/packs/{shown.pack['pack_id']}")
        return str(seen.page.locator("article.pair img").nth(1).get_attribute("src"))


def test_the_address_gives_the_very_file_to_whoever_holds_it(shown: Shown, address: str):
    answer = httpx.get(address)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == shown.pack["manifest"]["files"][0]["sha256"]
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert "set-cookie" not in answer.headers
    assert httpx.head(address).headers["content-length"] == str(len(answer.content))
    again = httpx.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_address_gives_nothing(address: str):
    payload, _, signature = address.rpartition("/")[2].partition(".")
    base = address.rpartition("/")[0]
    for token in (
        f"{payload}.{signature[:-1]}",
        f"{payload[:-1]}.{signature}",
        f"{payload}A.{signature}",
        f"{payload}.{signature[::-1]}",
        payload,
        f".{signature}",
        "",
    ):
        answer = httpx.get(f"{base}/{token}")
        assert answer.status_code in {403, 404}, token
        assert "image/" not in answer.headers["content-type"]


def test_pages_and_pictures_never_share_an_origin(live: LiveStack, address: str):
    pages, images = console_url(live), address.partition("/i/")[0]
    assert urlsplit(pages).netloc != urlsplit(images).netloc
    assert httpx.get(pages + urlsplit(address).path).status_code == 404
    for path in ("/", "/login", "/export", "/audit", "/i/", "/static/x/app.css"):
        answer = httpx.get(images + path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code in {403, 404}, path
        assert "text/html" not in answer.headers["content-type"]


def test_the_storage_itself_shows_nothing_without_keys(live: LiveStack, shown: Shown):
    (approved,) = shown.shelf.events(shown.sku, "VariantApproved")
    for ref in (approved["master"], approved["original"]):
        assert httpx.get(f"{live.written['backing']['s3']}/{ref['bucket']}/{ref['key']}").status_code == 403


def test_no_cookie_reaches_the_images_origin(live: LiveStack, browser: Browser, shown: Shown):
    """The session's cookie is the pages' alone, and the images' origin sets none."""
    with signed_in(browser, live, "olga") as seen:
        asked: list[dict[str, str]] = []
        seen.page.on("request", lambda request: asked.append(request.all_headers()) if "/i/" in request.url else None)
        with seen.page.expect_response(lambda response: "/i/" in response.url) as waiting:
            seen.page.goto(f"{seen.base}/export/packs/{shown.pack['pack_id']}")
        seen.page.wait_for_load_state("networkidle")
        assert asked
        assert all("cookie" not in headers for headers in asked)
        assert waiting.value.header_value("set-cookie") is None
        hosts = {cookie["domain"] for cookie in seen.context.cookies()}
        assert hosts == {"localhost"}


def test_an_original_has_no_address_anywhere(live: LiveStack, browser: Browser, shown: Shown):
    """Neither the audit's timeline nor its entry links the photo as it was sent."""
    (approved,) = shown.shelf.events(shown.sku, "VariantApproved")
    with signed_in(browser, live, "anton") as seen:
        seen.page.goto(f"{seen.base}/audit/skus/{shown.sku}")
        sources = [str(image.get_attribute("src")) for image in seen.page.locator("main img").all()]
    assert sources
    for source in sources:
        data = httpx.get(source).content
        assert hashlib.sha256(data).hexdigest() != approved["binding"]["original_sha256"]
