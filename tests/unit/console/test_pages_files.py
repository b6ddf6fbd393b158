"""Every template and static file: no inline code, nothing marked as safe, every message in all languages."""

import hashlib
import re
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from trueshelf_console.adapters.catalogues import translations
from trueshelf_console.web.rendering import static_version

ROOT = Path(str(resources.files("trueshelf_console")))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
INLINE = {
    "an inline style": r"\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*application/json)",
    "a script address": r"javascript:",
    "an expression that htmx would evaluate": r"hx-(on|vals)\s*[:=]\s*[\"']?js:|hx-on",
    "markup that is trusted": r"\|\s*safe\b|Markup\(",
}


def test_htmx_is_the_file_that_was_vendored():
    assert hashlib.sha256((ROOT / "static" / "vendor" / "htmx.min.js").read_bytes()).hexdigest() == HTMX


def test_the_content_of_static_files_is_part_of_their_address():
    assert re.fullmatch(r"[0-9a-f]{16}", static_version())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_carries_code_or_trusts_markup(template: Path):
    text = template.read_text(encoding="utf-8")
    found = [what for what, pattern in INLINE.items() if re.search(pattern, text, re.IGNORECASE)]
    assert not found


def test_what_a_page_asks_again_by_itself_keeps_no_session_alive():
    polling = r"<[^>]*hx-trigger=\"[^\"]*(?:every|delay)[^>]*>"
    tags = [tag for path in TEMPLATES for tag in re.findall(polling, path.read_text(encoding="utf-8"))]
    assert len(tags) > 5
    assert [tag for tag in tags if tag.count("hx-trigger") > tag.count('hx-headers=\'{"X-Live": "1"}\'')] == []


def _messages() -> dict[str | tuple[str, ...], str]:
    """Return every message of the templates and of Python code, with where it stands."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"trimmed": "false", "silent": "false"}}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "say": (3,)}
    found = extract_from_dir(str(ROOT), methods, options, keywords=keywords)
    return {message: f"{file}:{line}" for file, line, message, _comments, _context in found if message}


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_message_is_translated(language: str):
    known = translations(language)._catalog
    missing, placeholders = [], []
    for message, where in _messages().items():
        singular = message if isinstance(message, str) else message[0]
        text = known.get(singular) or known.get((singular, 0))
        if not text:
            missing.append(f"{where}: {singular}")
        elif isinstance(message, str) and sorted(re.findall(r"%\(\w+\)[sd]", singular)) != sorted(
            re.findall(r"%\(\w+\)[sd]", text)
        ):
            placeholders.append(f"{where}: {singular} → {text}")
    assert not missing, "\n".join(missing)
    assert not placeholders, "\n".join(placeholders)
