"""External generators as an operator configured them: whom we ask, what for, and what a call costs (R-20, R-32).

An *offer* is a preset that an external generator makes. It lives beside our own presets, has a name of its own, and
says everything that a call needs; whoever asks for the preset asks for exactly that.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal
from urllib.parse import urlsplit

from trueshelf_contracts.refs import Category, Mode, Shot, Slot

Kind = Literal["openai_images", "photoroom"]
GENERATIVE: tuple[Mode, ...] = ("clothing_on_model", "lifestyle")
"""The only modes that may be bought: in all others the product's pixels are the photo's own (R-21)."""
UNVERSIONED = "unversioned"
"""The model of an offer whose interface names no version: said, not hidden."""
KEY_NAME = re.compile(r"TRUESHELF_GENERATE_KEY_[A-Z0-9_]+")
"""Only such variables hold keys: a file can never have another secret of the environment sent away."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
"""What may stand in a header. Anything else would fail at each call, after its intent: counted as spent for nothing."""
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,79}")
_OURS = {
    "openai_images": frozenset({"image", "image[]", "mask", "model", "prompt", "n", "size", "seed", "stream", "user"}),
    "photoroom": frozenset(
        {
            "imageFile",
            "outputSize",
            "export.format",
            "removeBackground",
            "background.prompt",
            "background.seed",
            "virtualModel.mode",
            "virtualModel.prompt",
            "templateId",
        }
    ),
}
"""Fields that the adapters fill themselves, or that would make an answer something else than one picture."""


@dataclass(frozen=True, slots=True)
class External:
    """One external generator. Seconds are wall clock; `credits` are of the operator's own unit (docs/generators.md)."""

    name: str
    kind: Kind
    base_url: str
    key_env: str = ""
    """Name of the environment variable with the key; empty for a server that wants none."""
    allow_http: bool = False
    """Plain HTTP to a server of one's own, inside one's own network."""
    per_minute: float = 10
    burst: int = 3
    in_flight: int = 2
    """Calls at the same time, all worker processes together."""
    connect_seconds: float = 5
    read_seconds: float = 120
    """The longest silence between two bytes."""
    total_seconds: float = 180
    attempts: int = 4
    """Calls for one draft, as long as none of them was charged."""
    longest_wait_seconds: float = 300
    """A server's Retry-After is obeyed up to here."""
    patience_seconds: float = 7200
    """An item that could not be made for so long is refused."""
    max_bytes: int = 30_000_000
    send_side: int = 2048
    """Longer side of what is sent: nothing larger leaves the house."""
    idempotency_header: str = ""
    """Where the server knows one: a call whose end is unknown is repeated under the same key."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A preset that an external generator makes; `credits` is the price of one call."""

    name: str
    title: str
    mode: Mode
    generator: str
    model: str
    prompt: str
    width: int
    height: int
    credits: int
    seed: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Further fields of the interface, sent as they are."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An order for every SKU of a category: this slot, from this shot, by this offer, in the first round."""

    category: Category
    slot: Slot
    shot: Shot
    offer: str


@dataclass(frozen=True, slots=True)
class Caps:
    """The most credits that may be spent; none where absent."""

    batch: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything in the generators' file. Without a file nothing external exists."""

    version: str = "none"
    caps: Caps = Caps()
    generators: tuple[External, ...] = ()
    offers: tuple[Offer, ...] = ()
    every_sku: tuple[Standing, ...] = ()

    def offer(self, name: str | None) -> Offer | None:
        return next((offer for offer in self.offers if offer.name == name), None)

    def for_mode(self, mode: Mode) -> Offer | None:
        """Return the offer that a mode gets when nobody chose one: the first in the file."""
        return next((offer for offer in self.offers if offer.mode == mode), None)

    def generator(self, name: str) -> External:
        """Return the generator of an offer. Raises StopIteration for a name that `faults` would have named."""
        return next(generator for generator in self.generators if generator.name == name)


def is_key(text: str) -> bool:
    """Say whether a key can stand in a header: no space, no line break from the file that it was read from."""
    return _VISIBLE.fullmatch(text) is not None


def faults(offers: Offers) -> Iterator[str]:
    """Yield what is wrong, each with the place and what to write instead."""
    for what, names in (
        ("generators", [generator.name for generator in offers.generators]),
        ("offers", [offer.name for offer in offers.offers]),
    ):
        yield from (f"{what}: the name {name!r} stands twice" for name in sorted(set(names)) if names.count(name) > 1)
        bad = [name for name in names if not _NAME.fullmatch(name)]
        yield from (f"{what}: {name!r} is no name: use a-z, 0-9 and _, up to 40" for name in bad)
    for generator in offers.generators:
        yield from (f"generators.{generator.name}: {fault}" for fault in _generator_faults(generator))
    for offer in offers.offers:
        yield from (f"offers.{offer.name}: {fault}" for fault in _offer_faults(offer, offers))
    for standing in offers.every_sku:
        if offers.offer(standing.offer) is None:
            yield f"every_sku: no offer {standing.offer!r}"
        if standing.slot == "main":
            yield "every_sku: main is never bought unasked: its pixels are the photo's own (R-21); choose another slot"
    if any(cap is not None and cap < 0 for cap in (offers.caps.batch, offers.caps.month)):
        yield "caps: a cap is 0 or more"


_POSITIVE = (
    "per_minute",
    "burst",
    "in_flight",
    "connect_seconds",
    "read_seconds",
    "total_seconds",
    "attempts",
    "longest_wait_seconds",
    "patience_seconds",
)


def _generator_faults(generator: External) -> Iterator[str]:
    try:
        address = urlsplit(generator.base_url)
        _ = address.port
    except ValueError:
        yield "base_url is no address: its host or port cannot be"
        return
    schemes = {"https", "http"} if generator.allow_http else {"https"}
    if address.scheme not in schemes or not address.hostname:
        yield "base_url begins with https:// and names a host (allow_http for a server in your own network)"
    if address.username or address.password or address.query or address.fragment:
        yield "base_url holds no user, no password, no query: the key comes from the environment"
    if generator.key_env and not KEY_NAME.fullmatch(generator.key_env):
        yield "key_env is the name of a variable TRUESHELF_GENERATE_KEY_…, never the key itself"
    yield from (f"{name} is more than 0" for name in _POSITIVE if not 0 < getattr(generator, name) < inf)
    if generator.idempotency_header and generator.kind == "photoroom":
        yield "idempotency_header: this interface knows none, so a repeated call would be charged again; leave it out"
    elif generator.idempotency_header and not _HEADER.fullmatch(generator.idempotency_header):
        yield "idempotency_header is the name of a header: letters, digits and -"
    if not 1024 <= generator.max_bytes <= 100_000_000:  # noqa: PLR2004 - the sentence says it
        yield "max_bytes is from 1,024 to 100,000,000"
    if not 256 <= generator.send_side <= 8192:  # noqa: PLR2004 - the sentence says it
        yield "send_side is from 256 to 8,192"


def _offer_faults(offer: Offer, offers: Offers) -> Iterator[str]:
    if offer.mode not in GENERATIVE:
        yield f"mode {offer.mode} is never bought; an external generator may make {' or '.join(GENERATIVE)}"
    if not (min(offer.width, offer.height) >= 64 and max(offer.width, offer.height) <= 8192):  # noqa: PLR2004
        yield "width and height are from 64 to 8,192"
    if offer.credits < 0:
        yield "credits is 0 or more"
    if not _VISIBLE.fullmatch(offer.model) or offer.model.endswith("latest"):
        yield "model names one version that stays the same (R-31), not the newest, in letters without spaces"
    known = [generator for generator in offers.generators if generator.name == offer.generator]
    if not known:
        yield f"no generator {offer.generator!r}"
        return
    yield from _parameter_faults(offer, known[0].kind)


def _parameter_faults(offer: Offer, kind: Kind) -> Iterator[str]:
    for name in offer.parameters:
        if name in _OURS[kind]:
            yield f"parameters.{name} is filled by the adapter; leave it out"
        elif not _FIELD.fullmatch(name) or name.lower().endswith(("url", "file")):
            yield f"parameters.{name}: no pictures but the photo are sent, and no addresses"
    if kind == "openai_images" and not offer.prompt:
        yield "prompt says what is wanted"
    if kind == "photoroom" and offer.mode == "lifestyle" and offer.model == UNVERSIONED:
        yield "model is the version of the background model, e.g. background-studio-beta-2025-03-17"
    if kind == "photoroom" and offer.mode == "clothing_on_model":
        if offer.model != UNVERSIONED:
            yield f"model is {UNVERSIONED!r}: this interface names no version for virtual models"
        if offer.seed is not None:
            yield "seed: this interface takes none for virtual models; leave it out"
