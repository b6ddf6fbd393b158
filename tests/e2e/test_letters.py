"""Dead letters: a record that nobody can read disturbs nothing else, and a person decides what becomes of it."""

import json
import re
from pathlib import Path

import pytest

from support.command import trueshelf
from support.forged import put_records
from support.live import until
from support.shelf import Shelf
from trueshelf_cli.drill import Json

pytestmark = pytest.mark.e2e

READERS = 3
"""qa, review and the console read generate's topic, and tell what they cannot read."""


def _letters(shelf: Shelf, folder: Path) -> set[str]:
    listed = trueshelf(shelf.live, "dlq", "list", folder=folder)
    assert listed.returncode == 0, listed.stderr
    return set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed.stdout))


def test_a_record_of_an_unknown_version_is_a_letter_and_its_neighbours_go_on(shelf: Shelf, tmp_path: Path):
    """list, show, replay (which fails again, visibly), drop (once, by somebody, with a reason)."""
    sku = shelf.name("asis")
    shelf.live.wait_trail(sku, "GenerationPlanned")
    plan = shelf.events(sku, "GenerationPlanned")[0]
    mark = f"poison-{shelf.run}"
    poison = json.dumps({**plan, "schema_version": 99, "title": mark}).encode()
    before = _letters(shelf, tmp_path)
    put_records(shelf.live, "trueshelf.generate", [(sku.encode(), poison, {"content-type": "application/json"})])

    def buried() -> set[str] | None:
        new = _letters(shelf, tmp_path) - before
        return new if len(new) == READERS else None

    letters = until(buried, "every reader to put the record aside", step=0.5)
    letter = min(letters)
    shown = trueshelf(shelf.live, "dlq", "show", letter, folder=tmp_path).stdout
    assert mark in shown
    assert "schema_version" in shown
    assert re.search(r"state:\s+open", shown)

    again = trueshelf(shelf.live, "dlq", "replay", letter, "--reason", "try again", folder=tmp_path)
    assert again.returncode == 0, again.stderr

    def failed() -> bool:
        shown = trueshelf(shelf.live, "dlq", "show", letter, folder=tmp_path).stdout
        return re.search(r"state:\s+failed", shown) is not None

    until(failed, "the replay to fail visibly", step=0.5)
    who = f"drill-admin-{shelf.run}"
    for found in letters:
        dropped = trueshelf(
            shelf.live, "dlq", "drop", found, "--reason", "no such version", "--account", who, folder=tmp_path
        )
        assert dropped.returncode == 0, dropped.stderr
    twice = trueshelf(shelf.live, "dlq", "drop", letter, "--reason", "once more", folder=tmp_path)
    assert twice.returncode != 0
    assert "already" in twice.stdout + twice.stderr
    nothing = trueshelf(shelf.live, "dlq", "drop", letter, "--reason", " ", folder=tmp_path)
    assert nothing.returncode != 0

    def recorded() -> list[Json]:
        entries = shelf.live.get("audit", "/entries", actor=who, type="ActRecorded")["entries"]
        return [e["event"] for e in entries if e["event"]["act"] == "dlq.drop"]

    acts = until(lambda: found if len(found := recorded()) == READERS else None, "every drop to be on record")
    assert {act["reason"] for act in acts} == {"no such version"}
    assert not _letters(shelf, tmp_path) - before
    shelf.live.wait_trail(sku, "GenerationRefused", 2)
    until(lambda: shelf.cases(sku=sku, kind="generation"), "the article with the unreadable record to go on")
