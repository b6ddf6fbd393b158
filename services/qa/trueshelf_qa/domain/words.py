"""What checks say, in English, Russian and Kazakh: the words are data, a check gives a key and values.

`data/sentences/CHECK.toml` has a table per key with `en`, `ru` and `kk`. A template names its values in braces with a
format: `{delta_e:.1f}` a number (decimal comma in Russian and Kazakh), `{share:percent}` a share as 2.1 %,
`{places:places}` places with their shares, `{fault}` other words, said in the same language.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal

from trueshelf_qa.domain.results import Place, Words

Language = Literal["en", "ru", "kk"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "kk")
THIRD = 1 / 3
MOST = 3
"""Places that a sentence names; it counts the rest."""
_NUMBERS = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})


def say(check: str, key: str, **values: object) -> Words:
    """Return the sentence `key` of `data/sentences/CHECK.toml` with `values`. Raises KeyError for words not there."""
    templates = sentences(check)[key]
    return Words(*(_In(language).format(templates[language], **values) for language in LANGUAGES))


def joined(parts: list[Words], between: str = " ") -> Words:
    """Return several sentences or phrases as one."""
    return Words(*(between.join(getattr(part, language) for part in parts) for language in LANGUAGES))


@cache
def sentences(check: str) -> Mapping[str, Mapping[str, str]]:
    """Return what `check` can say: key → language → template."""
    found = resources.files("trueshelf_qa").joinpath(f"data/sentences/{check}.toml")
    return tomllib.loads(found.read_text("utf-8"))


def where(x: float, y: float) -> str:
    """Return the place of a point in coordinates 0–1, such as "upper left", "centre" or "lower right".

    The English words are the key by which `data/sentences/places.toml` has the others.
    """
    row = "upper" if y < THIRD else "lower" if y > 2 * THIRD else ""
    column = "left" if x < THIRD else "right" if x > 2 * THIRD else ""
    if not row and not column:
        return "centre"
    return (
        {"upper": "top centre", "lower": "bottom centre"}.get(row, "") if not column else f"{row or 'middle'} {column}"
    )


def percent(share: float) -> str:
    """Return a share as people read it: 2.1 %, below one per mille as 0.05 %."""
    value = 100 * share
    return f"{value:.2f} %" if value < 0.1 else f"{value:.1f} %"  # noqa: PLR2004  # one more digit for tiny shares


class _In(Formatter):
    """Fills a template in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        match value, format_spec:
            case Words(), _:
                return str(getattr(value, self._language))
            case tuple(), "places":
                return self._places(value)
            case _, "percent":
                return self._number(percent(value))
            case str(), _:
                return value
            case _:
                return self._number(format(value, format_spec))

    def _number(self, text: str) -> str:
        return text if self._language == "en" else text.translate(_NUMBERS)

    def _places(self, places: tuple[Place, ...]) -> str:
        """Return "upper left 2.1 %, centre 0.4 % and 2 more places"."""
        known = sentences("places")
        named = ", ".join(
            f"{known[place.note][self._language] if place.note in known else place.note} "
            f"{self._number(percent(place.area))}"
            for place in places[:MOST]
        )
        if (rest := len(places) - MOST) <= 0:
            return named
        more = known["one more" if rest == 1 else "more"][self._language]
        return f"{named} {more.format(count=rest)}"
