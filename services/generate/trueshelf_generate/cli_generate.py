"""The pure core from a terminal: `trueshelf generate PHOTO --mode M`, finished masters without a stack.

The functions are those that the workers call, so a photo gives the same bytes here and there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from trueshelf_contracts.refs import Mode
from trueshelf_generate import options
from trueshelf_generate.domain.plan import GENERATED, Refusal, no_generator
from trueshelf_generate.domain.preset import Preset
from trueshelf_runtime.client import CallFailed, told
from trueshelf_runtime.errors import Refused, RuntimeFailure

app = typer.Typer(add_completion=False, help="Make finished masters of one photo, on this machine, without a stack.")


@app.command("generate")
def generate(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JPEG, PNG, WebP or HEIC of one product")],
    mode: Annotated[str, typer.Option(help=", ".join(GENERATED))],
    out: Annotated[
        Path, typer.Option("--out", "-o", file_okay=False, help="folder for the masters; made when missing")
    ],
    *,
    preset: Annotated[str, typer.Option(help="one preset; without it, all that compete for main in the mode")] = "",
    box: Annotated[str, typer.Option(help=options.BOX)] = "",
    scene: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="lifestyle: your own picture")] = None,
    spot: Annotated[
        str, typer.Option(help="lifestyle: surface,centre,light_from[,width_cm], as 0.8,0.5,180,120")
    ] = "0.8,0.5,90",
    height_cm: Annotated[float | None, typer.Option(min=0.1, max=1000, help="lifestyle: the product's height")] = None,
    overwrite: Annotated[bool, typer.Option(help="write over masters that are there already")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one object a line instead of sentences")] = False,
) -> None:
    """Write DIR/NAME.PRESET.png for each preset, lossless, with the proof that the product's pixels are the photo's.

    Exit status: 0 every master written, 1 refused with a reason, 2 wrong usage.
    """
    if mode not in get_args(Mode):
        raise typer.BadParameter(f"{mode!r} is no mode: use {', '.join(GENERATED)}", param_hint="--mode")
    presets = _presets(mode, preset, scene)
    if mode not in GENERATED:
        _refuse(no_generator(mode), photo, mode, as_json=as_json)  # type: ignore[arg-type]
        raise typer.Exit(1)
    place = _spot(spot) if scene else None
    with told(options.WRONG_USAGE):
        options.ready(out)
    try:
        source = _read(photo)
        setting = None if scene is None else (_read(scene), place, height_cm)
    except Refused as error:
        _refuse(Refusal(error.code, error.message, error.advice), photo, mode, as_json=as_json)
        raise typer.Exit(1) from error
    refused = False
    for made in _made(source, presets, _hints(box), setting):
        if isinstance(made, Refusal):
            refused = True
            _refuse(made, photo, mode, as_json=as_json)
            continue
        name, value, master = made
        target = out / f"{photo.stem}.{name}.png"
        if target.exists() and not overwrite:
            refused = True
            there = Refusal("output_exists", f"{target} exists already", "Name another folder, or give --overwrite.")
            _refuse(there, photo, mode, as_json=as_json)
            continue
        with told(options.WRONG_USAGE):
            _write(target, master)
        line = {"file": str(photo), "output": str(target), "mode": mode, "preset": name, **value}
        typer.echo(json.dumps(line) if as_json else _sentence(target, value))
    raise typer.Exit(1 if refused else 0)


Scene = tuple[bytes, dict[str, Any] | None, float | None]


def _made(
    source: bytes, presets: list[Preset], hints: dict[str, Any], scene: Scene | None
) -> Iterator[Refusal | tuple[str, dict[str, Any], bytes]]:
    """Yield (preset, what was done, master PNG) or why not, preset by preset; the cut-out is made once."""
    from trueshelf_contracts.refs import Finding  # noqa: PLC0415
    from trueshelf_generate import drafting, networks, pixels  # noqa: PLC0415 - the command's help needs no pixels
    from trueshelf_generate.domain.strict import stricter  # noqa: PLC0415
    from trueshelf_generate.jobs import removed_from  # noqa: PLC0415
    from trueshelf_imaging.pixels import decode_png, pixel_sha256  # noqa: PLC0415

    if presets[0].mode == "as_shot":
        rgb = decode_png(source)
        size = {"width": rgb.shape[1], "height": rgb.shape[0], "pixel_sha256": pixel_sha256(rgb)}
        yield presets[0].name, {"master": size}, source
        return
    if presets[0].keep_light:
        done, masters = drafting.light({"preset": presets[0].body()}, (source,))
        refused = done["outcome"] == "refused"
        yield Refusal(**done["refusal"]) if refused else (presets[0].name, done, masters[0])
        return
    network = networks.as_json(networks.card())
    value, blobs = pixels.remove({"hints": hints, "network": network}, (source,))
    removed = removed_from(value, None)
    findings = [Finding.model_validate(found) for found in value.get("findings", ())]
    if removed.refusal is not None:
        yield removed.refusal
        return
    for preset in presets:
        strict = stricter(preset.mode, findings)
        if strict is not None:
            yield strict
            continue
        request: dict[str, Any] = {"preset": preset.body()}
        further: tuple[bytes, ...] = ()
        if scene is not None:
            request |= {"scene": scene[1], "height_cm": scene[2]}
            further = (scene[0],)
        done, masters = drafting.replace(request, (source, blobs[0], *further))
        if done["outcome"] == "refused":
            yield Refusal(**done["refusal"])
            continue
        about = {"preset_sha256": preset.sha256, "findings": [found.model_dump() for found in findings]}
        yield preset.name, done | about, masters[0]


def _presets(mode: str, name: str, scene: Path | None) -> list[Preset]:
    """Return the presets to make. Raises BadParameter naming those that there are."""
    from trueshelf_generate.policy import load_policy  # noqa: PLC0415

    known = load_policy().presets
    if mode == "lifestyle":
        if scene is None:
            raise typer.BadParameter("lifestyle needs a picture of your own: --scene FILE", param_hint="--scene")
        return [Preset(scene.stem, "lifestyle", scene.stem, shadow="contact", fill=0.6)]
    if name:
        found = known.presets.get(name)
        if found is None or found.mode != mode:
            of_mode = ", ".join(sorted(one.name for one in known.presets.values() if one.mode == mode)) or "none"
            raise typer.BadParameter(f"{name!r} is no preset of {mode}: there are {of_mode}", param_hint="--preset")
        return [found]
    return [known.presets[each] for each in known.pair(mode) if each in known.presets]  # type: ignore[arg-type]


def _refuse(refusal: Refusal, photo: Path, mode: str, *, as_json: bool) -> None:
    if as_json:
        reason = {"code": refusal.code, "message": refusal.message, "advice": refusal.advice}
        typer.echo(json.dumps({"file": str(photo), "output": None, "mode": mode, "refused": reason}))
    else:
        typer.echo(f"refused ({refusal.code}): {refusal.message}\n{refusal.advice}")


def _sentence(target: Path, value: dict[str, Any]) -> str:
    proof = value.get("proof")
    if proof is None:
        return str(target)
    count, digest = proof["core_pixels"], proof["master_core_sha256"]
    return f"{target}: {count:,} pixels of the product are the photo's, SHA-256 {digest}"


def _hints(text: str) -> dict[str, Any]:
    """Return the box in `text` as hints; BadParameter says what is wrong with it."""
    drawn = options.box(text)
    return {"box": dict(zip("xywh", drawn, strict=True)) if drawn else None, "strokes": []}


def _spot(text: str) -> dict[str, Any]:
    """Return where the product stands in the scene; BadParameter says what is wrong."""
    surface, centre, light, *width = options.numbers(text, (3, 4), "surface,centre,light_from[,width_cm]", "--spot")
    if not (0 < surface <= 1 and 0 < centre < 1 and 0 <= light <= 360 and all(0 < one <= 10_000 for one in width)):  # noqa: PLR2004 - degrees, centimetres
        said = f"{text!r}: surface and centre are shares from 0 to 1, light_from degrees, width_cm centimetres"
        raise typer.BadParameter(said, param_hint="--spot")
    return {"surface": surface, "centre": centre, "light_from": light, "width_cm": width[0] if width else None}


def _read(photo: Path) -> bytes:
    """Return the photo, decoded in a throw-away child, as the PNG that the pixels' functions take. Raises Refused."""
    from trueshelf_generate.cutting import decoded  # noqa: PLC0415
    from trueshelf_imaging.pixels import encode_png  # noqa: PLC0415

    try:
        return encode_png(decoded(photo)[0])
    except Refused:
        raise
    except RuntimeFailure as error:
        said = f"{photo} could not be decoded within its limits ({error})"
        raise Refused("undecodable", said, "export it as JPEG") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CallFailed(f"{path} cannot be written: {error.strerror}.") from error
