"""The catalogues: each part of the console says its own words, and no translation can end an attribute."""

import io
from importlib import resources

import pytest
from babel.messages.pofile import read_po
from starlette.requests import Request

from trueshelf_console.adapters.catalogues import PARTS, part_of, translations
from trueshelf_console.domain.people import LANGUAGES, Language
from trueshelf_console.web.rendering import LANGUAGE_COOKIE, Pages
from trueshelf_runtime.clock import SystemClock

LOCALE = resources.files("trueshelf_console").joinpath("locale")
TRANSLATED = LANGUAGES[1:]


def written(language: str, part: str) -> dict[str, str]:
    """Return the plain messages of a part's own file."""
    catalogue = read_po(io.BytesIO(LOCALE.joinpath(language, f"{part}.po").read_bytes()), locale=language)
    return {each.id: str(each.string) for each in catalogue if each.id and isinstance(each.id, str)}


def asked(path: str, language: str) -> Request:
    headers = [(b"cookie", f"{LANGUAGE_COOKIE}={language}".encode())]
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers})


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_page_says_its_own_parts_words(language: Language, part: str):
    """A word that two parts translate differently is the part's own on its pages, in templates and in code."""
    pages = Pages(SystemClock())
    template = pages._environment(language, part).from_string("{{ _(word) }}")
    request = asked(f"/{part}/x", language)
    own = written(language, part)
    assert {word: pages.say(None, request, word) for word in own} == own
    plain = {word: text for word, text in own.items() if "%" not in word + text}
    assert {word: template.render(word=word) for word in plain} == plain


def test_what_a_part_has_not_it_takes_from_the_others():
    pages = Pages(SystemClock())
    for language in TRANSLATED:
        common = written(language, "common")
        assert {word: pages.words(language, "/overview", word) for word in common} == common
        assert translations(language, "review").gettext("Batches") != "Batches"


def test_the_menu_is_the_same_on_every_page():
    """A part that translates a word of the frame anew would change it from page to page."""
    for language in TRANSLATED:
        common = written(language, "common")
        for part in PARTS:
            own = written(language, part)
            assert {word: text for word, text in own.items() if common.get(word, text) != text} == {}


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/", "common"),
        ("/overview", "overview"),
        ("/review/cases/1", "review"),
        ("/capture", "intake"),
        ("/login/company/back", "accounts"),
        ("/link", "accounts"),
        ("/join", "accounts"),
        ("/account", "accounts"),
        ("/nothing/like/this", "common"),
    ],
)
def test_an_address_belongs_to_a_part(path: str, part: str):
    assert part_of(path) == part


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_can_end_an_attribute(language: str):
    """Messages are Markup in templates, and many stand in attributes: typographic quotes only, and no tags."""
    for part in (*PARTS, "common"):
        catalogue = read_po(io.BytesIO(LOCALE.joinpath(language, f"{part}.po").read_bytes()), locale=language)
        for each in catalogue:
            texts = each.string if isinstance(each.string, (list, tuple)) else [each.string]
            ids = each.id if isinstance(each.id, (list, tuple)) else [each.id]
            broken = [text for text in (*texts, *ids) if each.id and set('"<>') & set(str(text))]
            assert broken == [], f"{language}/{part}.po"
