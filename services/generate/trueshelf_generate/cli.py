"""The pure core from a terminal: `trueshelf cutout PHOTO…`, without a stack, on files of the user's own."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueshelf_generate import options
from trueshelf_runtime.client import CallFailed, told

if TYPE_CHECKING:
    from trueshelf_generate.cutting import Cutting
    from trueshelf_imaging.network import Network

app = typer.Typer(add_completion=False, help="Cut products out of photos, on this machine, without a stack.")


@app.command("cutout")
def cutout(
    photos: Annotated[
        list[Path], typer.Argument(help="photos (JPEG, PNG, WebP, HEIC) of one product each, or folders")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="folder for the cut-outs; made if missing")],
    *,
    box: Annotated[str, typer.Option(help=options.BOX)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one object a line instead of sentences")] = False,
    force: Annotated[bool, typer.Option(help="write the best guess of a refused photo, too")] = False,
    overwrite: Annotated[bool, typer.Option(help="write over cut-outs that are there already")] = False,
) -> None:
    """Write DIR/NAME.cutout.png for each photo: RGBA, of the photo's own size, upright.

    Every cut-out says how sure it is: certain, look (with what to look at), or refuse (with why, and nothing written).
    A box holds for all photos of the call. Exit status: 0 every photo certain or look, 1 at least one refused or not
    readable, 2 wrong usage.
    """
    drawn = options.box(box)
    with told(options.WRONG_USAGE):
        found = _found(photos)
        options.ready(out)
        network = _network()
    from trueshelf_generate.cutting import Wanted, cut_all  # noqa: PLC0415 - the command's help needs no pixels
    from trueshelf_imaging.hints import HintBox  # noqa: PLC0415

    hint = HintBox(*drawn) if drawn else None
    failed = False
    for number, done in enumerate(cut_all(found, Wanted(out, hint, force, overwrite, network)), 1):
        sys.stderr.write(f"{number}/{len(found)} {done.file}: {done.confidence or 'not a photo'}\n")
        print(json.dumps(done.line()) if as_json else _said(done), flush=True)
        failed = failed or done.confidence in (None, "refuse")
    raise typer.Exit(1 if failed else 0)


def _found(photos: list[Path]) -> list[Path]:
    from trueshelf_generate.cutting import photos_in  # noqa: PLC0415

    for path in photos:
        if not path.exists():
            raise CallFailed(f"{path} does not exist: name photos or folders with photos.")
    found = photos_in(photos)
    if not found:
        raise CallFailed("there is no photo in what was named: JPEG, PNG, WebP and HEIC are taken.")
    return found


def _network() -> "Network | None":
    from pydantic import ValidationError  # noqa: PLC0415

    from trueshelf_generate.networks import card, loaded  # noqa: PLC0415
    from trueshelf_imaging.network import NetworkError  # noqa: PLC0415

    try:
        named = card()
        return None if named is None else loaded(named)
    except (NetworkError, ValidationError) as error:
        raise CallFailed(f"{error}.") from error


def _said(done: "Cutting") -> str:
    lines = [f"{done.output or done.file}: {done.confidence or 'not taken'}"]
    lines += [
        f"  {reason['message']}. {reason['advice'][:1].upper()}{reason['advice'][1:]}." for reason in done.reasons
    ]
    return "\n".join(lines)
