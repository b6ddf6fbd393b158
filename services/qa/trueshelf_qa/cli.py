"""The `compare` verb of the trueshelf command: qa's comparison on two files, without a stack."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from trueshelf_runtime.typed import nearest

if TYPE_CHECKING:
    from trueshelf_imaging.pixels import Rgb
    from trueshelf_qa.judge import Judgement

app = typer.Typer(add_completion=False, help="Compare a draft with its source.")
console = Console()
EXIT = {"clear": 0, "flag": 10, "stop": 20, "unjudged": 30}
WRONG_USAGE = 2
COLOURS = {"clear": "green", "flag": "yellow", "stop": "red", "unjudged": "magenta"}


@app.command("compare")
def compare(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the photo")],
    variant: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the draft made from it")],
    *,
    profile: Annotated[
        Literal["composited", "generative", "rendition"],
        typer.Option(help="composited: the photo's own pixels; generative: pixels may be invented"),
    ] = "composited",
    category: Annotated[
        str, typer.Option(help="whose thresholds to use; a category without its own has the default ones")
    ] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
    evidence: Annotated[Path | None, typer.Option(help="folder to write the heat map to", file_okay=False)] = None,
) -> None:
    """Register, then compare. Exit status: 0 clear, 10 flag, 20 stop, 30 unjudged, 2 wrong usage.

    Clear is no approval: a person looks at every picture (R-53).
    """
    from trueshelf_imaging.pixels import encode_png  # noqa: PLC0415 - OpenCV loads only when it is used
    from trueshelf_qa.judge import judge  # noqa: PLC0415
    from trueshelf_qa.policy import load  # noqa: PLC0415

    policy = load()
    _warn(category, policy.categories())
    limits = policy.limits(profile, category)
    pictures = _read(source), _read(variant)
    found = judge(*pictures, limits, placed=None, wanted=None, generative=profile == "generative")
    if evidence is not None and found.heat_map is not None:
        evidence.mkdir(parents=True, exist_ok=True)
        (evidence / f"{variant.stem}.heat_map.png").write_bytes(encode_png(found.heat_map))
    if as_json:
        outcome = {"verdict": found.verdict, "aligned": found.aligned, "thresholds": policy.ref.model_dump()}
        print(json.dumps(outcome | {"checks": [check.as_json() for check in found.checks]}, indent=2))
    else:
        _show(found)
    raise typer.Exit(EXIT[found.verdict])


def _warn(category: str, known: frozenset[str]) -> None:
    """Say on standard error that the category has no thresholds of its own: legal, but it may be a slip of the hand."""
    if category in known:
        return
    meant = nearest(category, known)
    typer.echo(
        f"note: the category {category!r} has no thresholds of its own, the default ones are used. "
        f"{f'Did you mean {meant}? ' if meant else ''}With thresholds: {', '.join(sorted(known))}.",
        err=True,
    )


def _read(path: Path) -> "Rgb":
    """Return a file's picture, upright, 8-bit RGB, transparency on white. Exits with 2 when it is none."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        console.print(f"[red]{path}[/] is no picture that can be read ({error}): give a JPEG, PNG or WebP file")
        raise typer.Exit(WRONG_USAGE) from error
    white = Image.new("RGBA", upright.size, "white")
    return np.ascontiguousarray(Image.alpha_composite(white, upright).convert("RGB"))


def _show(found: "Judgement") -> None:
    table = Table("check", "verdict", "what was seen", "numbers")
    for check in found.checks:
        numbers = ", ".join(f"{metric.name} {metric.value:g}" for metric in check.metrics)
        table.add_row(check.check, f"[{COLOURS[check.verdict]}]{check.verdict}[/]", check.sentence, numbers)
    console.print(table)
    console.print(f"verdict: [{COLOURS[found.verdict]}]{found.verdict}[/] (a person decides; this only prepares it)")
