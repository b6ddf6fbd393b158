"""What services say in English, taken apart so that a catalogue can hold it: numbers and places stand out."""

import re
from collections.abc import Callable

_PLACES = "top centre|bottom centre|centre|(?:upper|middle|lower) (?:left|right)"
_LIST = rf"(?:{_PLACES}) [\d.]+ %(?:, (?:{_PLACES}) [\d.]+ %)*(?: and \d+ more places?)?"
_STANDS_OUT = re.compile(rf"{_LIST}|\d+(?:[.,]\d+)*")
_ENDS = re.compile(r"(?<=\.) (?=[A-Z])")
_WORDS = re.compile(rf"{_PLACES}|and (\d+) more places?")


def pattern(sentence: str) -> str:
    """Return the sentence with {} for every number and every list of places: "Colour as in the source (ΔE {})."."""
    return _STANDS_OUT.sub("{}", sentence)


def told(say: Callable[[str], str], said: str) -> str | None:
    """Return what was said in `say`'s language with its own numbers and places; None where the catalogue has it not.

    Several sentences are looked up together first, then one by one: advice is put together from common parts.
    """
    whole = _one(say, said)
    parts = _ENDS.split(said)
    if whole is not None or len(parts) == 1:
        return whole
    found = [_one(say, part) for part in parts]
    return None if None in found else " ".join(filter(None, found))


def _one(say: Callable[[str], str], sentence: str) -> str | None:
    asked = pattern(sentence)
    found = say(asked) if asked else ""  # gettext answers the empty message with its header
    if found in ("", asked) or found.count("{}") != asked.count("{}"):
        return None
    for each in _STANDS_OUT.finditer(sentence):
        found = found.replace("{}", _placed(say, each.group()), 1)
    return found


def _placed(say: Callable[[str], str], text: str) -> str:
    def word(match: re.Match[str]) -> str:
        return say("and {} more places").replace("{}", match[1]) if match[1] else say(match[0])

    return _WORDS.sub(word, text)
