"""JSON Schemas of everything that leaves a service, generated from the models and committed beside this package."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from trueshelf_contracts.export import PackManifest
from trueshelf_contracts.qa import Report
from trueshelf_contracts.topics import TOPICS

FOLDER = Path(__file__).resolve().parents[1]
"""`contracts/` of the checkout: `schemas/`, `examples/` and `asyncapi.json` lie there and in no wheel."""

DOCUMENTS: tuple[type[BaseModel], ...] = (Report, PackManifest)
"""What is stored as an object and read by others, beside the events."""


def models() -> dict[str, type[BaseModel]]:
    """Return every model with a committed schema by its name: the events of all topics and the documents."""
    found: dict[str, type[BaseModel]] = {event.__name__: event for topic in TOPICS for event in topic.events}
    found.update({document.__name__: document for document in DOCUMENTS})
    return dict(sorted(found.items()))


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return what a reader of `model` accepts (a field with a default may be absent), as JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:trueshelf:schema:{model.__name__}:1",
        **model.model_json_schema(mode="validation"),
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every model by name."""
    return {name: json_schema(model) for name, model in models().items()}


def rendered(value: object) -> str:
    """Return `value` as the committed files hold it: sorted keys, two spaces, a final newline."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def committed(folder: Path) -> dict[str, Any]:
    """Return the JSON files of `folder` by stem; none if the folder is missing."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
