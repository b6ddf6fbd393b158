"""Golden examples: for each event and document one record with every field and one with only the required ones.

They are built from the models' own fields and the values below, so an added field finds its way into the full example;
they are committed, so a change that no longer reads them is seen. No clock and no chance: the same code gives the same
bytes. Signatures in them are well-formed but made by no key.
"""

import base64
import hashlib
import types
from datetime import date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, Gt, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trueshelf_contracts.event import Actor, PolicyRef
from trueshelf_contracts.export import DISCLAIMERS
from trueshelf_contracts.ids import derive, draw_sample, event_id
from trueshelf_contracts.refs import ObjectRef
from trueshelf_contracts.schema import models

SKU = "RING-585-ruby.17"
_SEED = hashlib.sha256(b"example seed").digest()
_BATCH = ["RING-585-garnet.17", SKU, "СЕРЬГИ-925_01", "BRACELET-750.19", "ҚҰЛЫНШАҚ-02", "PENDANT-cz.1"]
_MEMBERS = [{"sku": sku, "sku_version": 1} for sku in _BATCH]

TEXTS: dict[str, str] = {
    "sku": SKU,
    "title": "Gold ring 585 with a ruby, size 17",
    "description": "One ring. Ruby 0.35 ct, setting of six prongs.",
    "warehouse_batch": "WB-2026-11-04",
    "colour_note": "the stone is darker than it looks on screen",
    "reference": "licence 2026/118 of the supplier",
    "category": "ring",
    "preset": "white_soft_shadow",
    "generator": "trueshelf-cutout 1.0.0",
    "model": "border-model+grabcut",
    "version": "1.0.0",
    "check": "colour_shift",
    "checklist_item": "colour_of_stone",
    "item": "colour_of_stone",
    "code": "colour.delta_e",
    "unit": "dE00",
    "note": "the left prong catches the lamp",
    "message": "The stone's colour differs by 4.1 dE00 from the source.",
    "sentence": "The stone's colour differs by 4.1 dE00 from the source; 3.0 is the flag.",
    "advice": "Photograph it on a plain backdrop, or draw a box round the article.",
    "override_reason": "Compared with the article by daylight: the master is right, the source was under a warm lamp.",
    "limits": "Automatic comparison prepares a person's decision; it is not free of errors (R-53).",
    "act": "audit.read",
    "target": SKU,
    "reason": "the supplier changed the stone",
    "source": "Seller's cabinet, page 'Requirements for images'",
    "key_id": "review-2026-11",
    "account_id": "acc_7f3b",
    "deputy_of": "acc_11d0",
    "id": "acc_7f3b",
    "session": "ses_2b91c4",
    "media_type": "image/png",
    "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/composite",
}
NUMBERS: dict[str, float] = {
    "sku_version": 1, "previous_version": 1, "round": 1, "index": 0, "position": 1, "size": 183_402, "size_limit": 20,
    "width": 3024, "height": 3024, "rate": 5, "next_rate": 2, "quality": 92, "core_pixels": 812_345, "offset_x": 96,
    "offset_y": 64, "scale": 0.5, "seed": 20261121, "credits": 0, "value": 4.1, "threshold": 3.0, "flag_at": 3.0,
    "stop_at": 6.0, "confidence": 0.93, "area": 0.04, "radius": 0.01, "x": 0.25, "y": 0.3, "w": 0.4, "h": 0.35,
    "device_pixel_ratio": 2.0,
}  # fmt: skip
SPECIAL: dict[tuple[str, str], Any] = {
    ("SkuChanged", "sku_version"): 2,
    ("RegenerationAsked", "round"): 2,
    ("RegenerationChange", "mode"): "as_shot",
    ("CaptureRefused", "findings"): [
        {
            "code": "image.truncated",
            "severity": "refuse",
            "message": "photo_3.jpg ends after 81 % of its rows; send it again.",
            "value": 0.81,
            "threshold": 1.0,
        }
    ],
    ("PackManifest", "kit"): ["ring", "box"],
    ("Signature", "value"): base64.b64encode(hashlib.sha512(b"example signature").digest()).decode(),
    ("Event", "drill"): False,
    ("PackManifest", "drill"): False,
    ("Viewport", "width"): 1680,
    ("Viewport", "height"): 1050,
    ("Generator", "name"): "trueshelf-cutout",
    ("Metric", "name"): "delta_e_p95",
    ("PackFile", "name"): "01_main.jpg",
    ("PackFile", "media_type"): "image/jpeg",
    ("Finding", "severity"): "warn",
    ("Finding", "code"): "backdrop.uneven",
    ("Finding", "message"): "The backdrop's lightness varies by 9 %; 12 % is refused.",
    ("Finding", "value"): 0.09,
    ("Finding", "threshold"): 0.12,
    ("CheckResult", "verdict"): "flag",
    ("Rights", "basis"): "supplier_licensed",
    ("GenerationRefused", "reason"): {
        "code": "backdrop.cluttered",
        "severity": "refuse",
        "message": "The border of the picture holds 7 colours; a plain backdrop is needed.",
        "value": 7.0,
        "threshold": 2.0,
    },
    ("Reason", "code"): "colour_wrong",
    ("VariantRejected", "generator"): "trueshelf-cutout 1.0.0",
    ("SpotCheckCommitted", "commitment"): hashlib.sha256(_SEED).hexdigest(),
    ("SpotCheckDrawn", "seed"): _SEED.hex(),
    ("SpotCheckDrawn", "population"): _MEMBERS,
    ("SpotCheckDrawn", "sample"): [{"sku": sku, "sku_version": 1} for sku in draw_sample(_SEED, _BATCH, 5)],
    ("BatchSealed", "members"): _MEMBERS,
    ("BatchQuarantined", "members"): _MEMBERS,
    ("BatchReleased", "members"): _MEMBERS,
    ("BatchReleased", "reason"): "All 6 looked at again under the lamp; only the one was wrong and is withdrawn.",
    ("SkuHeld", "reason"): "its batch is quarantined",
    ("SkuFreed", "reason"): "its batch was released",
    ("PackWithdrawn", "reason"): "sku_changed",
    ("BatchSealed", "reason"): "full",
    ("ActRecorded", "reason"): "quarterly review of approvals",
    ("OutcomeRecorded", "reason"): "the buyer says that the stone is darker",
    ("OutcomeRecorded", "kind"): "return_not_as_pictured",
    ("AccountChanged", "change"): "roles_changed",
    ("ExportOrdered", "waits_for_rules"): False,
    ("SpotCheckPassed", "basis"): "sample",
}
WORDS: dict[str, str] = {"mode": "white_background", "marketplace": "wildberries", "source_type": "phone"}
ROLES = {"ingest": "capturer", "review": "reviewer", "export": "uploader", "console": "admin"}
LISTS: dict[str, list[Any]] = {
    "disclaimers": list(DISCLAIMERS),
    "kit": ["ring", "box"],
    "warnings": ["Uploading replaces all pictures that the card has now."],
    "downloaded_by": ["acc_7f3b"],
    "changed": ["supplier", "stones"],
    "roles": ["reviewer", "uploader"],
    "shots": ["macro"],
    "points": [[0.31, 0.4], [0.35, 0.44]],
}
MAPS: dict[str, dict[str, Any]] = {
    "parameters": {"trimap_px": 12, "shadow": "contact"},
    "answers": {"main_on_white": "yes", "no_text_on_picture": "yes"},
    "values": {"min_side_px": 900},
    "details": {"entries": "42"},
    "levels": {"ring": "senior"},
}
_STAMP = "2026-11-20T09:30:00Z"


def examples() -> dict[str, dict[str, Any]]:
    """Return every example by `<model>.full` and `<model>.minimal`, as JSON objects."""
    made: dict[str, dict[str, Any]] = {}
    for name, model in models().items():
        for variant in ("full", "minimal"):
            draft = model.model_validate(_model(model, name, full=variant == "full"))
            made[f"{name}.{variant}"] = draft.model_dump(mode="json", exclude_unset=True)
    return made


def _model(model: type[BaseModel], place: str, *, full: bool) -> dict[str, Any]:
    if issubclass(model, ObjectRef):
        return _object(model, place, full=full)
    if issubclass(model, Actor):
        return _actor(place, full=full)
    if issubclass(model, PolicyRef):
        return _policy(place)
    made = {
        name: _special(model, name, field, place, full=full)
        for name, field in model.model_fields.items()
        if full or field.is_required() or name == "type"
    }
    if "event_id" in made:
        made["event_id"] = str(event_id(model.__name__, SKU, "example"))
    return made


def _special(model: type[BaseModel], name: str, field: FieldInfo, place: str, *, full: bool) -> Any:
    for ancestor in model.__mro__:
        if (ancestor.__name__, name) in SPECIAL:
            return SPECIAL[ancestor.__name__, name]
    return _value(field.annotation, tuple(field.metadata), name, f"{place}.{name}", full=full)


def _object(model: type[BaseModel], place: str, *, full: bool) -> dict[str, Any]:
    """Return a reference whose area and type suit the field that it stands in."""
    name = place.rsplit(".", 1)[-1].removesuffix("[]")
    area, media_type = {
        "original": ("originals", "image/jpeg"),
        "source": ("sources", "image/png"),
        "report": ("evidence", "application/json"),
        "image": ("evidence", "image/png"),
        "pack": ("packs", "application/zip"),
        "rendition": ("packs", "image/jpeg"),
    }.get(name, ("drafts", "image/png"))
    sha256 = _sha256(f"{name}_sha256")
    made = {
        "bucket": f"trueshelf-{area}",
        "key": f"{sha256[:2]}/{sha256}",
        "sha256": sha256,
        "size": 183_402,
        "media_type": media_type,
    }
    pixels = media_type.startswith("image/")
    image = {"width": 3024, "height": 3024, "pixel_sha256": _sha256(f"{name}_pixel_sha256")}
    fields = model.model_fields
    return made | {
        field: value
        for field, value in image.items()
        if field in fields and (fields[field].is_required() or (full and pixels))
    }


def _actor(place: str, *, full: bool) -> dict[str, Any]:
    """Return who did it, in the role that gives events of this producer."""
    producer = models()[place.split(".", 1)[0]].__module__.rsplit(".", 1)[-1]
    role = ROLES.get(producer, "auditor")
    made: dict[str, Any] = {"id": "acc_7f3b", "kind": "person", "role": role, "session": "ses_2b91c4"}
    if full:
        made["level"] = "senior" if role == "reviewer" else None
    return made


def _policy(place: str) -> dict[str, Any]:
    """Return the policy of the kind that the field is named after."""
    field = place.rsplit(".", 1)[-1]
    kind = {"presets": "presets", "thresholds": "thresholds", "profile": "profile"}.get(field, "checklist")
    name = {"presets": "default", "profile": "wildberries"}.get(kind, "ring")
    return {"kind": kind, "name": name, "version": "2026-11-01", "sha256": _sha256(f"policy {kind}")}


def _sha256(name: str) -> str:
    return hashlib.sha256(f"example {name}".encode()).hexdigest()


def _value(kind: Any, metadata: tuple[Any, ...], name: str, place: str, *, full: bool) -> Any:  # noqa: PLR0911 -- one return per kind of type
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        return _value(inner, (*metadata, *more), name, place, full=full)
    if origin in (Union, types.UnionType):
        first = next(member for member in get_args(kind) if member is not types.NoneType)
        return _value(first, metadata, name, place, full=full)
    if origin is Literal:
        return WORDS[name] if WORDS.get(name) in get_args(kind) else get_args(kind)[0]
    if origin is tuple:
        return _tuple(get_args(kind), metadata, name, place, full=full)
    if origin is dict:
        return MAPS[name] if name in MAPS else _map(get_args(kind), name, place, full=full)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _model(kind, place, full=full)
    return _scalar(kind, metadata, name)


def _tuple(members: tuple[Any, ...], metadata: tuple[Any, ...], name: str, place: str, *, full: bool) -> list[Any]:
    if members[-1] is not Ellipsis:
        default = 255 if int in members else 1.0
        return [NUMBERS.get(name, default) for _ in members]
    least = max((mark.min_length for mark in metadata if isinstance(mark, MinLen)), default=0)
    if not full and least == 0:
        return []
    if name in LISTS:
        return LISTS[name]
    return [_value(members[0], (), name, f"{place}[]", full=full)]


def _map(members: tuple[Any, ...], name: str, place: str, *, full: bool) -> dict[str, Any]:
    key = _value(members[0], (), f"{name}_key", place, full=full)
    if members[0] is str:
        key = str(derive("example", f"{name}_key"))
    return {str(key): _value(members[1], (), "account_id" if members[1] is str else name, place, full=full)}


def _scalar(kind: Any, metadata: tuple[Any, ...], name: str) -> Any:  # noqa: PLR0911 -- one return per kind of type
    if kind is UUID:
        return str(derive("example", name))
    if kind is bool:
        return name in ("aligned", "passed")
    if kind in (int, float):
        least = max((int(m.ge) for m in metadata if isinstance(m, Ge)), default=1)  # type: ignore[call-overload]
        more = max((m.gt + 1 for m in metadata if isinstance(m, Gt)), default=least)  # type: ignore[operator]
        return kind(NUMBERS.get(name, more))
    if kind is datetime or "AwareDatetime" in str(kind):
        return _STAMP
    if kind is date:
        return "2027-05-20" if name == "valid_until" else "2026-11-20"
    if "sha256" in name or any("0-9a-f]{64}" in str(getattr(mark, "pattern", "")) for mark in metadata):
        return _sha256(name)
    return TEXTS.get(name, name)
