"""What services say in English, taken apart so that a catalogue can hold it: numbers stand out."""

import re
from collections.abc import Callable

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ENDS = re.compile(r"(?<=\.) (?=[A-Z])")


def pattern(sentence: str) -> str:
    """Return the sentence with {} for every number: "the piece is {} pixels long; jewelry needs {}"."""
    return _NUMBER.sub("{}", sentence)


def told(say: Callable[[str], str], said: str) -> str | None:
    """Return what was said in `say`'s language with its own numbers; None where the catalogue has it not.

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
    for each in _NUMBER.finditer(sentence):
        found = found.replace("{}", each.group(), 1)
    return found
