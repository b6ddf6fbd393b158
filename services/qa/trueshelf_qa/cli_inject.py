"""`trueshelf qa inject`: drafts with known faults, made from a photo of one's own."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trueshelf_runtime.errors import Refused, RuntimeFailure
from trueshelf_runtime.typed import nearest

if TYPE_CHECKING:
    from trueshelf_imaging.pixels import Rgb
    from trueshelf_qa.inject import Goods, Severity
    from trueshelf_qa.inject.drafts import Injected

WRONG_USAGE = 2
SIDE = 1600
"""Longer side of the drafts: qa compares at 1,024."""
SEVERITIES: tuple["Severity", ...] = ("gross", "visible", "faint")


def inject(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="one product on a plain ground")],
    out: Annotated[Path, typer.Argument(file_okay=False, help="folder for drafts, masks and pairs.csv")],
    *,
    kinds: Annotated[str, typer.Option(help="only these, separated by commas")] = "",
    severity: Annotated[str, typer.Option(help="gross, visible or faint; several with commas")] = "visible",
    category: Annotated[str, typer.Option(help="jewelry: metal and chains may be changed too")] = "default",
    seed: Annotated[int, typer.Option(help="another number puts the faults elsewhere")] = 0,
) -> None:
    """Put known drift into drafts of PHOTO: one honest draft, and one per kind, with a mask of the truth each.

    OUT/pairs.csv is what `trueshelf compare --pairs` reads: test your own limits with it.
    """
    from trueshelf_qa.inject import KINDS  # noqa: PLC0415 - brings OpenCV
    from trueshelf_qa.inject.drafts import drafts  # noqa: PLC0415

    chosen = tuple(name for name in kinds.split(",") if name) or tuple(KINDS)
    severities = tuple(one for one in SEVERITIES if one in severity.split(","))
    for name in (name for name in chosen if name not in KINDS):
        meant = nearest(name, KINDS)
        raise typer.BadParameter(
            f"no kind {name!r}. {f'Did you mean {meant}? ' if meant else ''}All: {', '.join(KINDS)}"
        )
    if not severities or set(severity.split(",")) - set(SEVERITIES):
        raise typer.BadParameter(f"severity {severity!r}: write {', '.join(SEVERITIES)}, or several with commas")
    goods = _goods(photo, category)
    out.mkdir(parents=True, exist_ok=True)
    rows = list(_written(out, goods, drafts(goods, chosen, severities, seed), category))
    with (out / "pairs.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    left = sorted(set(chosen) - {row["kind"] for row in rows})
    typer.echo(f"{len(rows)} pairs: {out / 'pairs.csv'}")
    if left:
        typer.echo(f"this product offers no place for: {', '.join(left)}", err=True)


def _goods(photo: Path, category: str) -> "Goods":
    """Return the product cut out of the photo. Exits with 2 where that cannot be done well enough."""
    from trueshelf_imaging import removal  # noqa: PLC0415
    from trueshelf_imaging.pixels import shrink  # noqa: PLC0415
    from trueshelf_qa.inject import Goods  # noqa: PLC0415

    rgb = shrink(_decoded(photo), SIDE)
    found = removal.remove(rgb)
    if found.alpha is None or found.confidence == "refuse":
        why = "; ".join(dict.fromkeys(reason.message for reason in found.reasons))
        typer.echo(
            f"{photo}: the product cannot be cut out well enough to know the truth: {why}. "
            "Take a photo of one product on plain paper of another colour, with a margin around it.",
            err=True,
        )
        raise typer.Exit(WRONG_USAGE)
    traits = frozenset({"metal", "chain"} if category == "jewelry" else ())
    return Goods.of(rgb, found.alpha, traits)


def _decoded(photo: Path) -> "Rgb":
    import asyncio  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    from trueshelf_qa.pairs import DECODING  # noqa: PLC0415
    from trueshelf_runtime.sandbox import run_untrusted  # noqa: PLC0415

    try:
        blob = photo.read_bytes()
        done = asyncio.run(run_untrusted("trueshelf_qa.untrusted:decode", {}, blobs=(blob, blob), limits=DECODING))
    except Refused as refused:
        typer.echo(f"{photo}: {refused.message}: {refused.advice}", err=True)
        raise typer.Exit(WRONG_USAGE) from refused
    except (OSError, RuntimeFailure) as error:
        typer.echo(f"{photo} cannot be read: {error}", err=True)
        raise typer.Exit(WRONG_USAGE) from error
    height, width = done.value["source"]
    return np.frombuffer(done.blobs[0], np.uint8).reshape(height, width, 3)


def _written(out: Path, goods: "Goods", made: "Iterator[Injected]", category: str) -> Iterator[dict[str, Any]]:
    """Write each draft, its mask and its source; yield the lines of the table, files named as from its folder."""
    import numpy as np  # noqa: PLC0415

    from trueshelf_imaging.pixels import encode_png  # noqa: PLC0415

    (out / "source.png").write_bytes(encode_png(np.ascontiguousarray(goods.photo)))
    for one in made:
        stem = one.kind if one.severity is None else f"{one.kind}.{one.severity}"
        (out / f"{stem}.png").write_bytes(encode_png(one.rgb))
        if one.mask is not None:
            (out / f"{stem}.mask.png").write_bytes(encode_png(one.mask.astype(np.uint8) * 255))
        if one.photo is not None:
            (out / f"{stem}.source.png").write_bytes(encode_png(one.photo))
        yield {
            "source": "source.png" if one.photo is None else f"{stem}.source.png",
            "variant": f"{stem}.png",
            "category": category,
            "profile": "composited",
            "kind": one.kind,
            "severity": one.severity or "honest",
            "mask": "" if one.mask is None else f"{stem}.mask.png",
        }
