"""Which matting network the operator named, if any: settings of their own, read by the service and by the command."""

import hashlib
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from trueshelf_imaging.network import Network, NetworkCard
from trueshelf_imaging.thresholds import VERSION


class NetworkSettings(BaseSettings):
    """TRUESHELF_GENERATE_NETWORK_…; without a path no network is used."""

    model_config = SettingsConfigDict(env_prefix="TRUESHELF_GENERATE_NETWORK_", extra="ignore", frozen=True)

    path: Path | None = Field(default=None, description="an ONNX file: 1 x 3 x side x side in, one plane out")
    sha256: str = Field(default="", pattern="^([0-9a-fA-F]{64})?$", description="of the file; it must match")
    side: int = Field(default=320, ge=16, le=2048, description="pixels of the square that the network wants")
    mean: tuple[float, float, float] = Field(default=(0.485, 0.456, 0.406), description="subtracted from 0–1 samples")
    std: tuple[float, float, float] = Field(default=(0.229, 0.224, 0.225), description="and divided by")


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
    return None if named is None else asdict(named) | {"path": str(named.path)}


def from_json(told: dict[str, Any] | None) -> Network | None:
    """Return the network of a request, loaded once in this process. Raises NetworkError."""
    if told is None:
        return None
    mean, std = tuple(told["mean"]), tuple(told["std"])
    return loaded(NetworkCard(Path(told["path"]), told["sha256"], told["side"], mean, std))


@cache
def loaded(named: NetworkCard) -> Network:
    return Network(named)
