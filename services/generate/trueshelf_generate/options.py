"""What both commands of generate read from their options."""

from pathlib import Path

import typer

from trueshelf_runtime.client import CallFailed

WRONG_USAGE = 2
BOX = "x,y,w,h from 0 to 1 around the product, for a backdrop not plain"


def ready(folder: Path) -> None:
    """Make the folder where it is missing. Raises CallFailed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallFailed(f"the folder {folder} cannot be made: {error.strerror}.") from error


def box(text: str) -> tuple[float, float, float, float] | None:
    """Return x, y, w, h of `--box`, None without one; BadParameter says what is wrong with it."""
    if not text:
        return None
    x, y, w, h = numbers(text, (4,), "x,y,w,h", "--box")
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < w <= 1 - x and 0 < h <= 1 - y):
        raise typer.BadParameter(f"{text!r} leaves the picture: all from 0 to 1", param_hint="--box")
    return x, y, w, h


def numbers(text: str, counts: tuple[int, ...], what: str, option: str) -> list[float]:
    """Return the numbers in `text`. Raises BadParameter unless there are as many as one of `counts`."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in counts:
        raise typer.BadParameter(f"{text!r} is not {what}", param_hint=option)
    return found
