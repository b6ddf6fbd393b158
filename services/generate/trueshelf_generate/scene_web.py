"""HTTP → scenes: brought by operators and administrators, with their rights; seen by all who plan and judge."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from pydantic import AwareDatetime, BaseModel

from trueshelf_contracts.event import Actor
from trueshelf_contracts.photos import EXTENSIONS, MAX_PHOTO_BYTES, extension_of
from trueshelf_contracts.refs import ImageRef
from trueshelf_generate.preset_views import ReasonBody
from trueshelf_generate.preset_web import Reader, Writer
from trueshelf_generate.scenes import SceneForm, Scenes
from trueshelf_generate.sql import SQL
from trueshelf_runtime.web import Problem


class SceneView(BaseModel):
    """A scene, whose it is, and whether it may still be used."""

    scene_id: UUID
    title: str
    image: ImageRef
    preview: ImageRef
    spot: dict[str, Any]
    rights_basis: Literal["own", "licensed"]
    rights_note: str
    made_by: Actor
    made_at: AwareDatetime
    retired_at: AwareDatetime | None


def build_router(scenes: Scenes) -> APIRouter:
    """Return the routes of scenes."""
    router = APIRouter()

    async def view() -> list[SceneView]:
        return [SceneView.model_validate(dict(row)) for row in await scenes.db.fetch(SQL["scenes"])]

    @router.get("/scenes")
    async def listed(_: Reader) -> list[SceneView]:
        return await view()

    @router.post("/scenes", status_code=201)
    async def add(picture: UploadFile, form: Annotated[SceneForm, Form()], who: Writer) -> SceneView:
        declared = EXTENSIONS.get(extension_of(picture.filename or ""))
        if declared is None:
            raise Problem(415, "unsupported", "the file's name has none of our endings", "send JPEG, PNG, WebP or HEIC")
        data = await picture.read(MAX_PHOTO_BYTES + 1)
        if len(data) > MAX_PHOTO_BYTES:
            raise Problem(413, "too_many_bytes", f"more than {MAX_PHOTO_BYTES:,} bytes", "send a smaller file")
        scene_id = await scenes.add(form, data, declared, who)
        return next(scene for scene in await view() if scene.scene_id == scene_id)

    @router.post("/scenes/{scene_id}/retire")
    async def retire(scene_id: UUID, body: ReasonBody, who: Writer) -> list[SceneView]:
        await scenes.retire(scene_id, who, body.reason)
        return await view()

    return router
