"""Which matting network the operator named, if any: settings of their own, read by the service and by the command."""

import hashlib
from functools import cache
from typing import Any

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from trueshelf_imaging.network import Network, NetworkCard
from trueshelf_imaging.thresholds import VERSION
from trueshelf_runtime.onnx_settings import OnnxSettings


class NetworkSettings(OnnxSettings):
    """TRUESHELF_GENERATE_NETWORK_…: one plane out, the share of each pixel that is product."""

    model_config = SettingsConfigDict(env_prefix="TRUESHELF_GENERATE_NETWORK_")

    side: int = Field(default=320, ge=16, le=2048, description="pixels of the square that the network wants")


def card() -> NetworkCard | None:
    """Return the network that the settings name."""
    settings = NetworkSettings()
    if settings.path is None:
        return None
    return NetworkCard(settings.path, settings.sha256, settings.side, settings.mean, settings.std)


def recipe() -> str:
    """Return the name of how cut-outs are made here: another version, network or input of it makes them anew."""
    named = card()
    if named is None:
        return VERSION
    seen = hashlib.sha256(repr((named.side, named.mean, named.std)).encode()).hexdigest()
    return f"{VERSION}+{named.sha256.lower()[:12]}.{seen[:6]}"


def check() -> None:
    """Load the network once and let it go. Raises NetworkError: else every cut-out would be refused as failed."""
    named = card()
    if named is not None:
        Network(named)


def as_json(named: NetworkCard | None) -> dict[str, Any] | None:
    """Return the card for a child's request."""
    return None if named is None else named.as_json()


def from_json(told: dict[str, Any] | None) -> Network | None:
    """Return the network of a request, loaded once in this process. Raises NetworkError."""
    return None if told is None else loaded(NetworkCard.of(told))


@cache
def loaded(named: NetworkCard) -> Network:
    return Network(named)
