"""Profiles and checklists as they ship inside the package."""

import tomllib
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from trueshelf_export.domain.checklist import Checklists, read_checklists
from trueshelf_export.domain.profiles import Profile, read_profile

_PACKAGE = "trueshelf_export"


@cache
def load_profiles() -> MappingProxyType[str, Profile]:
    """Return marketplace → shipped profile. Raises ProfileError when a shipped file has a fault."""
    folder = resources.files(_PACKAGE).joinpath("profiles")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    profiles = [read_profile(tomllib.loads(entry.read_text(encoding="utf-8"))) for entry in files]
    return MappingProxyType({profile.marketplace: profile for profile in profiles})


@cache
def load_checklists() -> Checklists:
    """Return the shipped items of scope pack and marketplace."""
    return read_checklists(_toml("checklists.toml"))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(_PACKAGE).joinpath(name).read_text(encoding="utf-8"))
