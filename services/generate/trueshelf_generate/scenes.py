"""Scenes: pictures of places that the user owns, into which lifestyle sets products (R-04, R-21).

A scene is untrusted until a throw-away child has decoded it; what is kept is its pixels, under their hash, with who
brought it, why it may be used, and where things stand in it.
"""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from trueshelf_contracts import ids
from trueshelf_generate.ports import Children, Pictures, Untrusted
from trueshelf_generate.sql import SQL
from trueshelf_runtime.acts import act
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.db import Database
from trueshelf_runtime.errors import Refused
from trueshelf_runtime.identity import Principal
from trueshelf_runtime.limits import Limits

DECODING = Limits(seconds=30, memory_mb=1_024, file_mb=0)
STORING = Limits(seconds=60, memory_mb=2_000)
SIDES = 800, 6000
"""Pixels: the master has the scene's size."""


class SceneForm(BaseModel):
    """What is told of a scene. Places are shares of its width and height."""

    title: str = Field(min_length=1, max_length=80)
    surface: float = Field(gt=0, le=1, description="where things stand, from the top")
    centre: float = Field(default=0.5, gt=0, lt=1, description="the product's middle, from the left")
    light_from: float = Field(default=90, ge=0, le=360, description="degrees: 0 right, 90 above, 180 left")
    width_cm: float | None = Field(default=None, gt=0, le=10_000, description="what its width spans where things stand")
    rights_basis: Literal["own", "licensed"]
    rights_note: str = Field(min_length=1, max_length=200, description="who took it, or contract, licence, invoice")

    def spot(self) -> dict[str, Any]:
        return self.model_dump(include={"surface", "centre", "light_from", "width_cm"})


@dataclass(frozen=True, slots=True)
class Scenes:
    """What may be done with scenes."""

    db: Database
    pictures: Pictures
    children: Children
    untrusted: Untrusted
    clock: Clock

    async def add(self, form: SceneForm, data: bytes, declared: str, who: Principal) -> UUID:
        """Take a picture in and return the scene's id; the same picture with the same words is the same scene.

        Raises Refused for what is no picture, too small or too large.
        """
        original = await self.pictures.put("originals", data, "application/octet-stream")
        decoded = await self.untrusted(
            "trueshelf_generate.decode:decode", {"declared": declared}, blobs=(data,), limits=DECODING
        )
        size = {"width": int(decoded.value["width"]), "height": int(decoded.value["height"])}
        if not (min(size.values()) >= SIDES[0] and max(size.values()) <= SIDES[1]):
            said = f"the scene has {size['width']} x {size['height']} pixels"
            advice = f"send one with {SIDES[0]} to {SIDES[1]} pixels a side: the master has its size"
            raise Refused("invalid_scene_size", said, advice)
        done = await self.children.call("trueshelf_generate.drafting:stored", size, blobs=decoded.blobs, limits=STORING)
        image = await self.pictures.put_image("sources", done.blobs[0], "image/png", **done.value["master"])
        small = await self.pictures.put_image("sources", done.blobs[1], "image/png", **done.value["preview"])
        scene_id = ids.derive("scene", image.pixel_sha256, form.model_dump_json())
        about = form.title, image, small, original, form.spot(), form.rights_basis, form.rights_note
        async with self.db.transaction() as tx:
            made = await tx.fetchval(SQL["scene_insert"], scene_id, *about, who.actor(), self.clock.now())
            if made is not None:
                details = {"pixel_sha256": image.pixel_sha256, "original_sha256": original.sha256}
                details |= {"rights": form.rights_basis, "rights_note": form.rights_note}
                await act(tx, "generate.scene_added", target=str(scene_id), who=who, details=details)
        return scene_id

    async def retire(self, scene_id: UUID, who: Principal, reason: str) -> None:
        """Let no further draft use the scene; finished ones keep it. Raises Refused `scene_not_found`."""
        async with self.db.transaction() as tx:
            if await tx.fetchval(SQL["scene_retire"], scene_id, who.actor(), self.clock.now()) is None:
                raise Refused("scene_not_found", f"there is no scene {scene_id} in use", "GET /scenes lists them")
            await act(tx, "generate.scene_retired", target=str(scene_id), who=who, reason=reason)
