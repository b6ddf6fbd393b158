"""Message catalogues: `locale/<language>/<domain>.po`, one domain per part of the console, read at start."""

import gettext
import io
from functools import cache
from importlib import resources

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from trueshelf_console.domain.people import LANGUAGES, Language


@cache
def translations(language: Language) -> gettext.GNUTranslations:
    """Return every domain's messages in `language`; a message without one is shown in English, as it is written."""
    whole = Catalog(locale=language)
    folder = resources.files("trueshelf_console").joinpath("locale", language)
    files = folder.iterdir() if folder.is_dir() else ()  # the messages are written in English
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(".po"):
            for message in read_po(io.BytesIO(file.read_bytes()), locale=language):
                if message.id:
                    whole.add(message.id, message.string)
    binary = io.BytesIO()
    write_mo(binary, whole)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def best_language(wanted: str) -> Language:
    """Return the first language of an Accept-Language header that we have; English without one."""
    for part in wanted.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if code == language:
                return language
    return "en"
