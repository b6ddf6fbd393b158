"""What is typed after `pack` and `render`, read; and files written."""

from datetime import date
from pathlib import Path

from trueshelf_contracts.refs import check_sku
from trueshelf_runtime.client import CallFailed


def write(file: Path, data: bytes) -> None:
    """Write the file, its folder too. Raises CallFailed, as all here do where something cannot be used."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise CallFailed(f"{file} cannot be written: {error.strerror}.") from error


def numbers(texts: list[str]) -> dict[str, int]:
    """Return pairs whose values are whole numbers."""
    given = pairs(texts)
    if wrong := [f"{name}={text}" for name, text in given.items() if not text.strip().isdecimal()]:
        raise CallFailed(f"{wrong[0]!r} gives no whole number: write it like canvas_width=1600.")
    return {name: int(text) for name, text in given.items()}


def checked_sku(text: str) -> str:
    """Return a SKU as the services have it."""
    try:
        return check_sku(text)
    except ValueError as error:
        raise CallFailed(f"{text!r} is no SKU: {error}.") from error


def day(text: str) -> str:
    """Return a date as ISO 8601 has it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CallFailed(f"{text!r} is no day: write it as 2027-02-19.") from error


def pairs(texts: list[str]) -> dict[str, str]:
    """Return what stands before and after the first `=` of each text."""
    given = dict(text.partition("=")[::2] for text in texts)
    if wrong := [name for name, value in given.items() if not value]:
        raise CallFailed(f"'{wrong[0]}' is no pair: write it as name=value.")
    return given
