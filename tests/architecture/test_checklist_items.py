"""What qa finds bears on an item that people are asked about (R-50): in every category's checklist, whatever it is."""

import importlib
import pkgutil

import pytest

import trueshelf_qa
from trueshelf_review.adapters.policies import read_checklists


def items_of_qa() -> dict[str, str]:
    """Module → the checklist item that its findings name."""
    found = {}
    for module in pkgutil.walk_packages(trueshelf_qa.__path__, "trueshelf_qa."):
        if ".checks." in module.name or ".domain." in module.name:
            item = getattr(importlib.import_module(module.name), "CHECKLIST_ITEM", None)
            if item is not None:
                found[module.name] = item
    return found


@pytest.mark.parametrize("name", sorted(read_checklists().by_name))
def test_every_finding_has_its_item(name: str):
    asked = {item.code for item in read_checklists().of(name).items if item.scope == "variant"}
    missing = {module: item for module, item in items_of_qa().items() if item not in asked}
    assert not missing, f"checklist {name} does not ask about: {missing}"


def test_there_are_findings():
    assert len(items_of_qa()) >= 8
