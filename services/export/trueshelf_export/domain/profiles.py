"""Marketplace profiles: picture rules as dated data that go stale and are confirmed by a person (R-81, R-88)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Confidence = Literal["A", "B", "C", "U", "entered"]
"""A official page · B several third parties agree · C one third party · U not confirmed · entered by a person."""
Standing = Literal["current", "stale", "unconfirmed"]
When = Literal["always", "generative", "uneven_ground"]

REQUIRED = ("canvas_width", "canvas_height", "min_width", "min_height", "max_bytes", "max_files", "quality_floor")
"""Without one of these no file can be made."""
RANGES: Mapping[str, tuple[int, int]] = {
    "canvas_width": (100, 12_000),
    "canvas_height": (100, 12_000),
    "min_width": (1, 12_000),
    "min_height": (1, 12_000),
    "max_width": (100, 50_000),
    "max_height": (100, 50_000),
    "max_bytes": (50_000, 100_000_000),
    "max_files": (1, 100),
    "quality_floor": (90, 100),
}
"""Whole numbers that a person may enter, lowest and highest; below JPEG quality 90 metal and edges suffer (R-51)."""


class ProfileError(ValueError):
    """A profile or an entered value is not usable; the message names field and fault."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a profile, with where it comes from."""

    value: int
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """A rule that a person reads, because no machine here judges it."""

    topic: str
    text: str
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence that goes into the manifest when its condition holds."""

    when: When
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Naming:
    """How files are called: templates with {sku}, {position} (1 is main) and {index} (position - 1)."""

    main: str
    other: str
    charset: Literal["ascii", "unicode"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers that a rendition must keep. Pixels, bytes, JPEG quality."""

    canvas: tuple[int, int]
    minimum: tuple[int, int]
    maximum: tuple[int, int]
    max_bytes: int
    max_files: int
    quality_floor: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one marketplace's rules."""

    marketplace: str
    title: str
    version: str
    status: Literal["documented", "unconfirmed"]
    checked_on: date
    checked_by: str
    valid_until: date
    slots: tuple[str, ...]
    main_modes: tuple[str, ...]
    naming: Naming
    values: Mapping[str, Value]
    guidance: tuple[Guidance, ...] = ()
    warnings: tuple[Caution, ...] = ()
    to_enter: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """Return the names of the values that a person must still enter."""
        return tuple(name for name in REQUIRED if name not in self.values)

    def limits(self) -> Limits:
        """Return the numbers to render by. Raises ProfileError while one is missing or they contradict each other."""
        if missing := self.missing():
            raise ProfileError(f"profile {self.marketplace} {self.version} lacks {', '.join(missing)}")
        number = {name: value.value for name, value in self.values.items()}
        canvas = (number["canvas_width"], number["canvas_height"])
        limits = Limits(
            canvas=canvas,
            minimum=(number["min_width"], number["min_height"]),
            maximum=(number.get("max_width", canvas[0]), number.get("max_height", canvas[1])),
            max_bytes=number["max_bytes"],
            max_files=number["max_files"],
            quality_floor=number["quality_floor"],
        )
        for side, least, size, most in zip(("width", "height"), limits.minimum, canvas, limits.maximum, strict=True):
            if not least <= size <= most:
                raise ProfileError(
                    f"profile {self.marketplace}: canvas {side} {size} is not between its limits {least} and {most}"
                )
        return limits


def standing(profile: Profile, today: date, confirmed_until: date | None) -> Standing:
    """Say whether orders may go on: `confirmed_until` is the end of the newest confirmation of this profile, if any.

    A profile that public pages document stands until its own date; an unconfirmed one never stands by itself. Once a
    person confirmed it, that date counts alone: shipped numbers never come back behind entered ones (R-88).
    """
    if confirmed_until is not None:
        return "current" if today <= confirmed_until else "stale"
    if profile.status == "unconfirmed":
        return "unconfirmed"
    return "current" if today <= profile.valid_until else "stale"


def content_of(profile: Profile) -> dict[str, Any]:
    """Return the profile as JSON objects; `read_profile` reads it back."""
    data = asdict(profile)
    return data | {name: data[name].isoformat() for name in ("checked_on", "valid_until")}


def sha256_of(profile: Profile) -> str:
    """Return the hash of the profile's content: keys sorted, no white space, UTF-8."""
    text = json.dumps(content_of(profile), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_profile(data: Mapping[str, Any]) -> Profile:
    """Return the profile that a file's or a row's content states. Raises ProfileError naming what is wrong."""
    try:
        profile = Profile(
            marketplace=data["marketplace"],
            title=data["title"],
            version=data["version"],
            status=data["status"],
            checked_on=_date(data["checked_on"]),
            checked_by=data["checked_by"],
            valid_until=_date(data["valid_until"]),
            slots=tuple(data["slots"]),
            main_modes=tuple(data["main_modes"]),
            naming=Naming(**data["naming"]),
            values={name: Value(**value) for name, value in data["values"].items()},
            guidance=tuple(Guidance(**entry) for entry in data.get("guidance", ())),
            warnings=tuple(Caution(**entry) for entry in data.get("warnings", ())),
            to_enter=tuple(data.get("to_enter", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileError(f"profile {data.get('marketplace', '?')}: {error!r}") from error
    for name, value in profile.values.items():
        check_value(name, value.value)
    if profile.status == "documented":
        profile.limits()
    elif set(profile.missing()) - set(profile.to_enter):
        raise ProfileError(f"profile {profile.marketplace} does not ask for {profile.missing()}")
    return profile


def check_value(name: str, value: object) -> int:
    """Return `value` if it may stand for `name`. Raises ProfileError saying which values are possible."""
    if name not in RANGES:
        raise ProfileError(f"'{name}' is no value of a profile; known are {', '.join(sorted(RANGES))}")
    low, high = RANGES[name]
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        raise ProfileError(f"{name} is a whole number from {low} to {high}, not {value!r}")
    return number


def _date(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
