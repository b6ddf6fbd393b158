"""The contract gate: each kind of breaking change is caught, names event and field, and says what to do."""

import copy
from pathlib import Path
from typing import Any

import pytest

from trueshelf_contracts import __main__ as tool
from trueshelf_contracts import asyncapi, compat, schema

APPROVED = schema.schemas()["VariantApproved"]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the schema of VariantApproved with the node at `path` replaced; None removes it."""
    result = copy.deepcopy(APPROVED)
    *parents, last = path.split("/")
    node: Any = result
    for part in parents:
        node = node[part]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return result


BREAKING = {
    "field removed": ("properties/override_reason", None, "override_reason", "field removed"),
    "nested field removed": ("$defs/Binding/properties/report_sha256", None, "binding.report_sha256", "field removed"),
    "field in a list removed": ("$defs/ChecklistAnswer/properties/note", None, "answers[].note", "field removed"),
    "became required": (
        "required", [*APPROVED["required"], "override_reason"], "override_reason", "became required",
    ),
    "became optional": (
        "required", [name for name in APPROVED["required"] if name != "title"], "title", "became optional",
    ),
    "type narrowed to another": ("properties/title", {"type": "integer"}, "title", "type narrowed: string"),
    "null no longer allowed": (
        "properties/second_opinion", {"type": "string", "format": "uuid"}, "second_opinion", "null is no longer",
    ),
    "number became integer": (
        "$defs/Viewport/properties/device_pixel_ratio", {"type": "integer", "exclusiveMinimum": 0},
        "viewport.device_pixel_ratio", "type narrowed",
    ),
    "enum value removed": (
        "properties/mode/enum", APPROVED["properties"]["mode"]["enum"][:-1], "mode", "enum value 'as_shot' removed",
    ),
    "free text became an enum": (
        "properties/title", {"type": "string", "enum": ["Ring"]}, "title", "type narrowed: only 'Ring'",
    ),
    "const changed": (
        "properties/schema_version", {"type": "integer", "const": 2}, "schema_version", "enum value 1 removed",
    ),
    "pattern changed": (
        "$defs/Binding/properties/master_sha256/pattern", "^[0-9A-F]{64}$", "binding.master_sha256", "pattern changed",
    ),
    "format changed": ("properties/variant_id/format", "uri", "variant_id", "format changed"),
    "minimum raised": ("properties/round/minimum", 2, "round", "minimum tightened from 1 to 2"),
    "maximum lowered": ("properties/override_reason/maxLength", 10, "override_reason", "maxLength tightened"),
    "list must hold more": ("properties/answers/minItems", 2, "answers", "minItems tightened"),
}  # fmt: skip


@pytest.mark.parametrize("case", BREAKING)
def test_breaking_change_is_named(case: str):
    path, value, field, words = BREAKING[case]
    changes = compat.compare("VariantApproved", APPROVED, changed(path, value))
    breaking = [change for change in changes if change.breaking]
    assert breaking, f"{case}: not caught"
    assert breaking[0].field == field
    assert words in breaking[0].what
    assert str(breaking[0]).startswith(f"BREAKING: VariantApproved.{field}: ")


def test_new_required_field_breaks():
    new = changed("required", [*APPROVED["required"], "mood"])
    new["properties"]["mood"] = {"type": "string"}
    (change,) = compat.compare("VariantApproved", APPROVED, new)
    assert change.breaking
    assert change.field == "mood"
    assert "required" in change.what


ADDITIVE = {
    "optional field": ("properties/mood", {"type": "string", "default": ""}, "optional field added"),
    "enum value": ("properties/verdict/enum", [*APPROVED["properties"]["verdict"]["enum"], "new"], "added"),
    "looser limit": ("properties/override_reason/maxLength", 2000, "loosened"),
    "null allowed": (
        "properties/title", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "null is allowed too",
    ),
    "other default": ("properties/override_reason/default", "-", "default changed"),
    "words": ("description", "other words", "words changed"),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDITIVE)
def test_additive_change_is_not_called_breaking(case: str):
    path, value, words = ADDITIVE[case]
    (change,) = compat.compare("VariantApproved", APPROVED, changed(path, value))
    assert not change.breaking
    assert words in change.what


def test_event_gone_and_event_new():
    schemas = schema.schemas()
    fewer = {name: value for name, value in schemas.items() if name != "SkuHeld"}
    (gone,) = compat.compare_all(schemas, fewer)
    assert (gone.breaking, gone.model) == (True, "SkuHeld")
    (new,) = compat.compare_all(fewer, schemas)
    assert (new.breaking, new.model) == (False, "SkuHeld")


@pytest.mark.parametrize("name", sorted(schema.models()))
def test_every_single_field_that_goes_missing_is_seen(name: str):
    """Not only in the event that the cases above use."""
    old = schema.schemas()[name]
    for field in old["properties"]:
        new = copy.deepcopy(old)
        del new["properties"][field]
        assert any(c.breaking and c.field == field for c in compat.compare(name, old, new))


def test_topic_group_and_message_that_go_are_breaking():
    old = asyncapi.document()
    for path in (
        ("channels", "review"),
        ("channels", "review", "messages", "SkuHeld"),
        ("operations", "qa.receive.ingest"),
    ):
        new = copy.deepcopy(old)
        node: Any = new
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]
        (change, *_) = asyncapi.compare_documents(old, new)
        assert change.breaking
        assert path[1] in change.field
    fewer = copy.deepcopy(old)
    fewer["channels"]["qa"]["bindings"]["kafka"]["partitions"] = 6
    assert asyncapi.compare_documents(old, fewer)[0].breaking


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert tool.main(["write", "--folder", str(tmp_path)]) == 0
    capsys.readouterr()
    return tmp_path


def test_check_accepts_what_write_wrote(folder: Path):
    assert tool.main(["check", "--folder", str(folder)]) == 0


def test_check_names_a_breaking_difference(folder: Path, capsys: pytest.CaptureFixture[str]):
    """The committed schema has a field that the code no longer has."""
    path = folder / "schemas" / "SkuHeld.json"
    path.write_text(path.read_text().replace('"reason": {', '"why_held": {"type": "string"}, "reason": {'))
    assert tool.main(["check", "--folder", str(folder)]) == 1
    output = capsys.readouterr().out
    assert "BREAKING: SkuHeld.why_held: field removed" in output
    assert "upcaster" in output
    assert "ADR" in output


def test_check_of_an_additive_difference_says_what_to_run(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "schemas" / "SkuHeld.json").unlink()
    assert tool.main(["check", "--folder", str(folder)]) == 1
    output = capsys.readouterr().out
    assert "additive: SkuHeld: is new" in output
    assert "make contracts" in output


def test_check_sees_a_stale_example(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "examples" / "SkuHeld.full.json").write_text("{}")
    assert tool.main(["check", "--folder", str(folder)]) == 1
    assert "stale: examples/SkuHeld.full.json" in capsys.readouterr().out


def test_write_removes_what_no_model_stands_behind(folder: Path):
    (folder / "schemas" / "Gone.json").write_text("{}")
    tool.main(["write", "--folder", str(folder)])
    assert not (folder / "schemas" / "Gone.json").exists()


def test_committed_files_agree_with_the_code():
    assert tool.main(["check"]) == 0
