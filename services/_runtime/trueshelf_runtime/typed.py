"""What people type at the `trueshelf` command, checked before anything is asked of a service."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from uuid import UUID

from trueshelf_runtime.client import CallFailed


def whole_id(text: str, what: str, where: str) -> str:
    """Return `text` as an id. Raises CallFailed, saying that it is no `what` and `where` to copy one from."""
    try:
        return str(UUID(text.strip()))
    except ValueError as error:
        raise CallFailed(f"{text!r} is no {what} id: copy the whole of it from {where}.") from error


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that `word` most likely was meant to be, or an empty string."""
    names = {name.lower(): name for name in known}
    return next((names[close] for close in get_close_matches(word.lower(), names, n=1)), "")


def known_word(word: str, what: str, known: Iterable[str]) -> str:
    """Return the known word that `word` is. Raises CallFailed naming the nearest one and all of them."""
    names = tuple(known)
    if word in names:
        return word
    meant = nearest(word, names)
    ask = f"Did you mean {meant}? " if meant else ""
    raise CallFailed(f"there is no {what} {word!r}. {ask}There are: {', '.join(names)}.")


def target(path: Path) -> Path:
    """Return where a file shall be written. Raises CallFailed when its folder is missing or it is a folder."""
    if path.is_dir():
        raise CallFailed(f"{path} is a folder: name the file to write in it.")
    if not path.parent.is_dir():
        raise CallFailed(f"the folder {path.parent} does not exist: make it first, or name another file.")
    return path
