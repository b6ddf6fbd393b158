"""What every page has in common: settings, database, the six services, templates, image addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trueshelf_console.adapters.services import Services
from trueshelf_console.domain.addresses import Wanted, path_of, shown
from trueshelf_console.settings import Settings
from trueshelf_console.web.rendering import Pages
from trueshelf_contracts.refs import ObjectRef
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.storage import ObjectStore


@dataclass(frozen=True, slots=True)
class Console:
    """Given to every page module by `main`."""

    settings: Settings
    db: Database
    store: ObjectStore
    clock: Clock
    services: Services
    pages: Pages
    image_secret: bytes

    def image(self, ref: ObjectRef | Mapping[str, Any] | None, name: str = "") -> str:
        """Return the signed address of an object for minutes; empty where there is nothing to show.

        `name` makes it a download. Originals are never shown: only what we decoded ourselves is (security.md).
        """
        if ref is None:
            return ""
        got = ref if isinstance(ref, ObjectRef) else ObjectRef.model_validate(_object_fields(ref))
        if not shown(got.bucket, got.media_type):
            return ""
        wanted = Wanted(got.bucket, got.key, got.sha256, got.size, got.media_type, name)
        return self.settings.images + path_of(wanted, self.image_secret, self.clock.now())


def _object_fields(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an ObjectRef has of a larger reference (an ImageRef knows the pixels' hash, too)."""
    return {name: ref[name] for name in ObjectRef.model_fields if name in ref}
