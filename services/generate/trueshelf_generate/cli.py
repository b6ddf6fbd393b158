"""The pure core from a terminal: `trueshelf cutout PHOTO`, without a stack, on a file of the user's own."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Cut a product out of one photo and put it on a plain ground, on this machine, without a stack.")


@app.command("cutout")
def cutout(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a JPEG or PNG of one product")],
    out: Annotated[Path | None, typer.Option(help="where the draft goes; default: beside the photo")] = None,
    box: Annotated[str, typer.Option(help="x,y,w,h from 0 to 1 around the product, for a backdrop not plain")] = "",
    preset: Annotated[str, typer.Option(help="white or light_grey")] = "white",
) -> None:
    """Write PHOTO.cutout.png (alpha) and PHOTO.draft.png, or say why not; exit code 1 when refused."""
    import numpy as np  # noqa: PLC0415 - the command's help needs no pixels
    from PIL import Image, ImageOps  # noqa: PLC0415

    from trueshelf_generate import pixels  # noqa: PLC0415
    from trueshelf_generate.jobs import removed_from  # noqa: PLC0415
    from trueshelf_generate.policy import load_policy  # noqa: PLC0415
    from trueshelf_imaging.pixels import encode_png  # noqa: PLC0415

    chosen = load_policy().presets.presets.get(preset)
    if chosen is None or chosen.background is None:
        raise typer.BadParameter(f"no ground preset {preset!r}: use white or light_grey", param_hint="--preset")
    with Image.open(photo) as image:
        source = encode_png(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
    value, blobs = pixels.remove({"hints": {"box": _box(box), "strokes": []}}, (source,))
    for finding in value.get("findings", ()):
        print(f"  {finding['severity']}: {finding['message']} ({finding['value']} against {finding['threshold']})")
    refusal = removed_from(value, None).refusal
    if refusal is not None:
        print(f"refused ({refusal.code}): {refusal.message}\n{refusal.advice}")
        raise typer.Exit(1)
    request = {"background": chosen.background, "fill": chosen.fill, "aspect": chosen.aspect}
    _, (master, _small) = pixels.replace(request, (source, blobs[0]))
    draft = out or photo.with_suffix(".draft.png")
    photo.with_suffix(".cutout.png").write_bytes(blobs[0])
    draft.write_bytes(master)
    print(f"{draft}\n{photo.with_suffix('.cutout.png')}")


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
