"""The pure core from a terminal: `trueshelf cutout PHOTO`, without a stack, on a file of the user's own."""

from pathlib import Path
from typing import Annotated

import typer

from trueshelf_runtime.client import CallFailed, told
from trueshelf_runtime.typed import target

app = typer.Typer(
    add_completion=False,
    help="Cut a product out of one photo and put it on a plain ground, on this machine, without a stack.",
)
WRONG_USAGE = 2


@app.command("cutout")
def cutout(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a JPEG, PNG or WebP of one product")],
    out: Annotated[
        Path | None, typer.Option(help="the draft's file, the only one written; default: two files beside the photo")
    ] = None,
    box: Annotated[str, typer.Option(help="x,y,w,h from 0 to 1 around the product, for a backdrop not plain")] = "",
    preset: Annotated[str, typer.Option(help="white or light_grey")] = "white",
) -> None:
    """Write PHOTO.cutout.png (alpha) and PHOTO.draft.png beside the photo, or only the draft as --out.

    Exit status: 0 written, 1 refused with a reason, 2 wrong usage.
    """
    from trueshelf_generate import drafting, pixels  # noqa: PLC0415 - the command's help needs no pixels
    from trueshelf_generate.jobs import removed_from  # noqa: PLC0415
    from trueshelf_generate.policy import load_policy  # noqa: PLC0415

    chosen = load_policy().presets.presets.get(preset)
    if chosen is None or chosen.background is None:
        raise typer.BadParameter(f"no ground preset {preset!r}: use white or light_grey", param_hint="--preset")
    with told(WRONG_USAGE):
        draft = target(out or photo.with_suffix(".draft.png"))
        source = _read(photo)
    value, blobs = pixels.remove({"hints": {"box": _box(box), "strokes": []}}, (source,))
    for finding in value.get("findings", ()):
        print(f"  {finding['severity']}: {finding['message']} ({finding['value']} against {finding['threshold']})")
    refusal = removed_from(value, None).refusal
    if refusal is not None:
        print(f"refused ({refusal.code}): {refusal.message}\n{refusal.advice}")
        raise typer.Exit(1)
    _, (master, _small) = drafting.replace({"preset": chosen.body()}, (source, blobs[0]))
    written = {draft: master} if out else {draft: master, photo.with_suffix(".cutout.png"): blobs[0]}
    with told(WRONG_USAGE):
        for path, data in written.items():
            _write(path, data)
            print(path)


def _read(photo: Path) -> bytes:
    """Return the photo upright as the PNG that the pixels' functions take. Raises CallFailed when it is no picture."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    from trueshelf_imaging.pixels import encode_png  # noqa: PLC0415

    try:
        with Image.open(photo) as image:
            return encode_png(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        message = f"{photo} is no picture that can be read ({error}): give a JPEG, PNG or WebP file."
        raise CallFailed(message) from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CallFailed(f"{path} cannot be written: {error.strerror}.") from error


def _box(text: str) -> dict[str, float] | None:
    """Return the box in `text`; BadParameter says what is wrong with it."""
    if not text:
        return None
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not four numbers x,y,w,h", param_hint="--box") from error
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < w <= 1 - x and 0 < h <= 1 - y):
        raise typer.BadParameter(f"{text!r} leaves the picture: all from 0 to 1", param_hint="--box")
    return {"x": x, "y": y, "w": w, "h": h}
