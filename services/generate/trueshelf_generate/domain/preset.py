"""One preset: the values that make a draft, and which of them are possible."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from trueshelf_contracts.refs import Mode

Shadow = Literal["none", "natural", "contact"]
SHADOWS: tuple[Shadow, ...] = get_args(Shadow)
PLAIN: tuple[Mode, ...] = ("exact_card", "white_background", "jewelry")
"""Modes whose ground is one neutral colour: main's (R-21, R-23)."""
MADE: tuple[Mode, ...] = (*PLAIN, "lifestyle")
"""Modes that a person may write a preset for: as_shot has nothing to set, clothing_on_model is bought (offers)."""
FILL, ASPECT, EXPOSURE = (0.4, 0.98), (0.5, 2.0), (-0.3, 0.3)
LIGHTEST, DARKEST, TINT = 255, 230, 4
"""White or light grey (R-23): no channel under 230, none more than 4 from another."""
LONGEST_TITLE = 80
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that is not possible: which field, what was given, what is allowed."""

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} is {self.value}; allowed: {self.allowed}"


class PresetError(ValueError):
    """A preset has impossible values."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"preset {name!r}: " + "; ".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Preset:
    """One way to make a draft. `background` is 8-bit sRGB; as_shot has none, nor have scenes."""

    name: str
    mode: Mode
    title: str
    background: tuple[int, int, int] | None = None
    fill: float = 0.86
    aspect: float = 1.0
    shadow: Shadow = "none"
    neutralise: bool = False
    """Take the backdrop's own cast out, as a declared gain."""
    exposure: float = 0.0
    """Stops, as a declared gain."""
    keep_light: bool = False
    """Divide the photo by its backdrop instead of cutting: for glass, and white goods on white paper."""
    scene: UUID | None = None
    """Lifestyle: the user's own picture that the product is set into."""
    version: str = "release"

    @property
    def needs_cutout(self) -> bool:
        return self.mode != "as_shot" and not self.keep_light

    def body(self) -> dict[str, Any]:
        """Return the values as JSON, `name` and `version` apart."""
        return {
            "mode": self.mode,
            "title": self.title,
            "background": None if self.background is None else list(self.background),
            "fill": self.fill,
            "aspect": self.aspect,
            "shadow": self.shadow,
            "neutralise": self.neutralise,
            "exposure": self.exposure,
            "keep_light": self.keep_light,
            "scene": None if self.scene is None else str(self.scene),
        }

    @property
    def sha256(self) -> str:
        """The hash of its values: what a variant names beside the version (R-31)."""
        return hashlib.sha256(json.dumps(self.body(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_preset(name: str, entry: Mapping[str, Any], version: str = "release") -> Preset:
    """Return the preset in `entry`. Raises PresetError with every fault."""
    faults = tuple(_faults(name, entry))
    if faults:
        raise PresetError(name, faults)
    ground = entry.get("background")
    return Preset(
        name=name,
        mode=entry["mode"],
        title=str(entry["title"]).strip(),
        background=None if ground is None else (int(ground[0]), int(ground[1]), int(ground[2])),
        fill=float(entry.get("fill", 0.86)),
        aspect=float(entry.get("aspect", 1.0)),
        shadow=entry.get("shadow", "none"),
        neutralise=bool(entry.get("neutralise", False)),
        exposure=float(entry.get("exposure", 0.0)),
        keep_light=bool(entry.get("keep_light", False)),
        scene=None if not entry.get("scene") else UUID(str(entry["scene"])),
        version=version,
    )


def _faults(name: str, entry: Mapping[str, Any]) -> Iterator[Fault]:
    mode = entry.get("mode")
    if not _NAME.fullmatch(name):
        yield Fault("name", repr(name), "1 to 32 lower-case letters, digits and _, beginning with a letter")
    if not 1 <= len(str(entry.get("title", "")).strip()) <= LONGEST_TITLE:
        yield Fault("title", repr(entry.get("title", "")), f"1 to {LONGEST_TITLE} characters")
    if mode == "as_shot":
        return
    if mode not in MADE:
        yield Fault("mode", repr(mode), ", ".join(MADE))
        return
    yield from _ground(entry, plain=mode in PLAIN)
    for field, (least, most) in {"fill": FILL, "aspect": ASPECT, "exposure": EXPOSURE}.items():
        value = entry.get(field, {"fill": 0.86, "aspect": 1.0, "exposure": 0.0}[field])
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            yield Fault(field, repr(value), f"a number from {least} to {most}")
    for field in ("neutralise", "keep_light"):
        if not isinstance(entry.get(field, False), bool):
            yield Fault(field, repr(entry[field]), "true or false")
    yield from _of_mode(mode, entry)


def _ground(entry: Mapping[str, Any], *, plain: bool) -> Iterator[Fault]:
    ground = entry.get("background")
    if not plain:
        if ground is not None:
            yield Fault("background", repr(ground), "none: this mode has no plain ground")
        return
    whole = isinstance(ground, list | tuple) and len(ground) == 3 and all(type(value) is int for value in ground)  # noqa: PLR2004
    light = whole and ground is not None and all(DARKEST <= value <= LIGHTEST for value in ground)
    if not light or ground is None or max(ground) - min(ground) > TINT:
        allowed = f"three whole numbers from {DARKEST} to {LIGHTEST}, at most {TINT} apart: white or light grey (R-23)"
        yield Fault("background", repr(ground), allowed)


def _of_mode(mode: Mode, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """What the mode itself rules out."""
    shadows = {"white_background": SHADOWS, "jewelry": ("none", "natural")}.get(mode, ("none",))
    shadow = entry.get("shadow", "none")
    if shadow not in shadows and not (mode == "lifestyle" and shadow == "contact"):
        yield Fault("shadow", repr(shadow), ", ".join(shadows))
    if mode != "white_background":
        for field in ("neutralise", "keep_light", "exposure"):
            if entry.get(field):
                yield Fault(field, repr(entry[field]), f"nothing: {mode} leaves the photo's own colours")
    elif entry.get("keep_light") and (entry.get("neutralise") or shadow != "none"):
        yield Fault("keep_light", "true", "without neutralise and shadow: the photo keeps its light as it is")
    if mode == "lifestyle" and not _is_uuid(entry.get("scene")):
        yield Fault("scene", repr(entry.get("scene")), "the id of one of your scenes")
    if mode != "lifestyle" and entry.get("scene"):
        yield Fault("scene", repr(entry["scene"]), "none: only lifestyle sets a product into a scene")


def _is_uuid(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
