"""Words with a grammar, and references to things that never travel on the bus themselves."""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 as 64 lower-case hexadecimal digits."""

Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
"""A category's code. Policies (shot lists, checklists, thresholds) exist per category; `default` is the last resort."""

Service = Literal["ingest", "generate", "qa", "review", "export", "audit", "console"]
Shot = Literal["front", "profile", "macro", "clasp", "bundle", "scale", "piece"]
Slot = Literal["main", "detail", "macro", "scale", "profile", "bundle", "instructions", "chart", "social"]
Mode = Literal["exact_card", "white_background", "jewelry", "clothing_on_model", "lifestyle", "as_shot"]
Verdict = Literal["clear", "flag", "stop", "unjudged"]
Marketplace = Literal["kaspi", "wildberries", "ozon", "etsy", "ebay"]
SourceType = Literal["phone", "studio", "supplier"]


def check_sku(value: str) -> str:
    """Return `value` if it is a SKU: 1–64 Unicode letters, digits or `._-`, already NFC-normalised.

    Raises ValueError naming the first character that may not stand in a SKU.
    """
    if not 1 <= len(value) <= 64:  # noqa: PLR2004 -- the sentence says it
        raise ValueError(f"a SKU has 1 to 64 characters, this one has {len(value)}")
    if unicodedata.normalize("NFC", value) != value:
        raise ValueError("a SKU is NFC-normalised; normalise it before sending")
    for position, char in enumerate(value, start=1):
        if not (char.isalnum() or char in "._-"):
            raise ValueError(
                f"character {position} ({char!a}) may not stand in a SKU: use letters, digits, '.', '_' or '-'"
            )
    return value


Sku = Annotated[
    str,
    AfterValidator(check_sku),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "description": "Unicode letters, digits and ._-, NFC-normalised",
        }
    ),
]
"""A seller's article: one colour and one kit (see `check_sku`)."""


class Frozen(BaseModel):
    """A value that never changes; unknown fields are ignored, so that a producer may add optional ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ObjectRef(Frozen):
    """Where some bytes lie in object storage and what they are. The key is derived from `sha256`."""

    bucket: str = Field(min_length=3, max_length=63)
    key: str = Field(min_length=1, max_length=1024)
    sha256: Sha256
    size: int = Field(ge=0, description="bytes")
    media_type: str
    width: int | None = Field(default=None, ge=1, description="pixels, for an image")
    height: int | None = Field(default=None, ge=1, description="pixels, for an image")


class ImageRef(ObjectRef):
    """An image that we decoded ourselves: its size is known and its pixels are hashed.

    `pixel_sha256` is over width and height as big-endian uint32 followed by the 8-bit sRGB samples (RGB or RGBA,
    row-major), so that two encodings of the same picture share it.
    """

    width: int = Field(ge=1, description="pixels")
    height: int = Field(ge=1, description="pixels")
    pixel_sha256: Sha256


class Rights(Frozen):
    """Why the seller may use the photo (R-04)."""

    basis: Literal["own", "licensed", "supplier_licensed"]
    reference: str = Field(default="", max_length=200, description="contract, licence or invoice; required unless own")


class Box(Frozen):
    """A rectangle in image coordinates from 0 to 1, origin top left."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    w: float = Field(gt=0, le=1)
    h: float = Field(gt=0, le=1)


class Stroke(Frozen):
    """A hand-drawn hint: this is product, or this is backdrop. Points in image coordinates 0–1."""

    label: Literal["product", "backdrop"]
    points: tuple[tuple[float, float], ...] = Field(min_length=1)
    radius: float = Field(gt=0, le=0.25, description="brush radius as a share of the image's longer side")


class Placement(Frozen):
    """Where the source's pixels lie in the result: result x = scale · source x + offset_x, likewise y (pixels)."""

    scale: float = Field(gt=0)
    offset_x: float
    offset_y: float


class Region(Frozen):
    """A place in a picture that a check points at."""

    box: Box
    area: float = Field(ge=0, le=1, description="share of the product's area")
    note: str = ""


class Finding(Frozen):
    """Something noticed, as a code that people's words are looked up by, and its number where there is one."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_.]*$")
    severity: Literal["note", "warn", "refuse"]
    message: str
    value: float | None = None
    threshold: float | None = None
