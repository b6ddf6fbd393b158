"""Events that qa listens to, with values that a test may change."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from trueshelf_contracts.event import Actor, PolicyRef
from trueshelf_contracts.examples import examples
from trueshelf_contracts.generate import Generator, Transform, VariantGenerated
from trueshelf_contracts.ids import event_id
from trueshelf_contracts.ingest import SkuChanged, SkuReady
from trueshelf_contracts.refs import ImageRef, Placement

POLICY = PolicyRef(kind="presets", name="x", version="1", sha256="0" * 64)
ACTOR = Actor(id="op", kind="drill", role="operator", session="s")
NOWHERE = ImageRef(
    bucket="t-drafts",
    key="cd/cd.png",
    sha256="c" * 64,
    size=1,
    media_type="image/png",
    width=1,
    height=1,
    pixel_sha256="d" * 64,
)


def sku_name() -> str:
    return f"КРУЖКА-{secrets.token_hex(4)}"


def stamped(kind: str, *subject: object) -> dict[str, Any]:
    """Return an event's common fields, of a drill."""
    ids = {"event_id": event_id(kind, *subject), "cause_id": uuid4(), "correlation_id": uuid4()}
    return ids | {"occurred_at": datetime.now(UTC), "drill": True}


def drafted(**own: Any) -> VariantGenerated:
    """Return a draft on white whose pictures lie nowhere unless given."""
    item = uuid4()
    values: dict[str, Any] = {
        **stamped("VariantGenerated", item),
        "sku": sku_name(),
        "sku_version": 1,
        "plan_id": uuid4(),
        "batch_id": uuid4(),
        "item_id": item,
        "variant_id": uuid4(),
        "round": 1,
        "slot": "main",
        "category": "home",
        "mode": "white_background",
        "preset": "white",
        "presets": POLICY,
        "generator": Generator(name="cutout", version="1", generative=False),
        "capture_id": uuid4(),
        "original_sha256": "1" * 64,
        "source": NOWHERE,
        "master": NOWHERE,
        "preview": NOWHERE,
        "transforms": (Transform(kind="placement", placement=Placement(scale=1, offset_x=0, offset_y=0)),),
        "background": (255, 255, 255),
    }
    return VariantGenerated(**(values | own))


def sku_changed(sku: str, version: int) -> SkuChanged:
    return SkuChanged(
        **stamped("SkuChanged", sku, version),
        sku=sku,
        sku_version=version,
        previous_version=version - 1,
        reason="new supplier",
        changed=("supplier",),
        actor=ACTOR,
    )


def sku_ready(sku: str, version: int, **own: Any) -> SkuReady:
    example = SkuReady.model_validate(examples()["SkuReady.minimal"])
    return example.model_copy(update={**stamped("SkuReady", sku, version), "sku": sku, "sku_version": version, **own})
