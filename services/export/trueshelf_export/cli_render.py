"""`trueshelf render`: one file, no stack."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from trueshelf_contracts.refs import Marketplace
from trueshelf_export.cli_given import numbers, write
from trueshelf_runtime.client import CallFailed, told
from trueshelf_runtime.typed import known_word, target

if TYPE_CHECKING:
    from trueshelf_export.domain.profiles import Profile

FAILED = 1
"""The exit status of a verb that could not do what was asked."""


def render(
    master: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a PNG without alpha")],
    marketplace: Annotated[str, typer.Argument(help=", ".join(get_args(Marketplace)))],
    to: Annotated[Path, typer.Argument(metavar="TARGET", help="the JPEG to write; its folder is there")],
    value: Annotated[
        list[str] | None, typer.Option(help="name=number, where the marketplace publishes no rules: canvas_width=1600")
    ] = None,
) -> None:
    """Make one marketplace file of one picture, with no stack: the function that export's workers call."""
    from trueshelf_export.adapters.shipped import load_profiles  # noqa: PLC0415 - the client's verbs load no pixels
    from trueshelf_export.pixels import render as render_pixels  # noqa: PLC0415
    from trueshelf_runtime.errors import Invalid, Refused  # noqa: PLC0415

    with told(FAILED):
        profiles = load_profiles()
        limits = _limits(profiles[known_word(marketplace, "marketplace", profiles)], value or [])
        target(to)
        try:
            facts, (jpeg,) = render_pixels(limits, (master.read_bytes(),))
        except Invalid as error:
            raise CallFailed(
                f"{master}: {error}. Give an 8-bit PNG without transparency, as `trueshelf cutout --out` writes one."
            ) from error
        except Refused as error:
            raise CallFailed(f"{master}: {error.message}.") from error
        except OSError as error:
            raise CallFailed(f"{master} cannot be read: {error.strerror}.") from error
        write(to, jpeg)
    typer.echo(json.dumps(facts))


def _limits(profile: "Profile", given: list[str]) -> dict[str, Any]:
    """Return what the pixels' function is asked for: the profile's numbers, those on the command line before them."""
    from trueshelf_export.domain.profiles import ProfileError, Value, check_value  # noqa: PLC0415

    try:
        entered = {
            name: Value(check_value(name, number), "entered", "--value") for name, number in numbers(given).items()
        }
        whole = replace(profile, values={**profile.values, **entered})
        if missing := whole.missing():
            options = " ".join(f"--value {name}=…" for name in missing)
            raise CallFailed(
                f"{profile.title} publishes no rules for {', '.join(missing)}. "
                f"Enter what its cabinet shows: {options}. "
                f"For packs a person confirms it once: `trueshelf pack confirm {profile.marketplace}`."
            )
        limits = whole.limits()
    except ProfileError as error:
        raise CallFailed(f"{error}.") from error
    return {
        "canvas": limits.canvas,
        "minimum": limits.minimum,
        "max_bytes": limits.max_bytes,
        "quality_floor": limits.quality_floor,
    }
