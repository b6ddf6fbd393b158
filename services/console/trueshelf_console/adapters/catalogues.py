"""Message catalogues: `locale/<language>/<domain>.po`, one domain per part of the console."""

import gettext
import io
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from trueshelf_console.domain import told as sentences
from trueshelf_console.domain.people import LANGUAGES, Language

PARTS = frozenset({"accounts", "audit", "export", "intake", "operate", "overview", "review"})
_LEADS_TO = {
    **dict.fromkeys(("login", "link", "join", "account", "company", "keys", "logout"), "accounts"),
    "capture": "intake",
}


def part_of(path: str) -> str:
    """Return the part of the console that an address belongs to; `common` for what belongs to none."""
    first = path.lstrip("/").partition("/")[0]
    part = _LEADS_TO.get(first, first)
    return part if part in PARTS else "common"


@cache
def translations(language: Language, part: str = "") -> gettext.GNUTranslations:
    """Return the messages of `part` in `language`, and for what it has not those of all parts.

    One English word is several in other languages (a pack, a photo and a batch are refused in three genders of
    Russian): each part's own file decides on its own pages. A message without a translation is shown as it is written.
    """
    whole = Catalog(locale=language)
    for file in _files(language):
        if not part or file.name == f"{part}.po":
            for message in read_po(io.BytesIO(file.read_bytes()), locale=language):
                if message.id:
                    whole.add(message.id, message.string)
    binary = io.BytesIO()
    write_mo(binary, whole)
    binary.seek(0)
    found = gettext.GNUTranslations(binary)
    if part:
        found.add_fallback(translations(language))
    return found


def told(language: Language, sentence: str) -> tuple[str, Language]:
    """Return what a service said, and in which language that is: the reader's where `said.po` has it, else English."""
    found = sentences.told(translations(language, "said").gettext, sentence)
    return (sentence, "en") if found is None else (found, language)


def _files(language: Language) -> list[Traversable]:
    folder = resources.files("trueshelf_console").joinpath("locale", language)
    files = folder.iterdir() if folder.is_dir() else ()  # the messages are written in English
    return sorted((file for file in files if file.name.endswith(".po")), key=lambda each: each.name)


def best_language(wanted: str) -> Language:
    """Return the first language of an Accept-Language header that we have; English without one."""
    for part in wanted.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if code == language:
                return language
    return "en"
