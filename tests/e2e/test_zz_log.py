"""Last of all, over everything that the other tests did: the log is whole."""

import json
from pathlib import Path

import pytest

from support.command import said, trueshelf
from support.shelf import Shelf

pytestmark = pytest.mark.e2e


def test_the_log_is_whole_and_a_changed_copy_is_not(shelf: Shelf, tmp_path: Path):
    """R-100: every entry under a signed root, every approval with a valid signature; one changed byte is named."""
    report = said(trueshelf(shelf.live, "audit", "verify", "--json", folder=tmp_path))
    assert report["ok"] is True, report["sentence"]
    assert report["problems"] == []
    assert report["entries"] > 200
    assert report["approvals"] > 0
    bundle = tmp_path / "log.jsonl"
    assert trueshelf(shelf.live, "audit", "export", str(bundle), folder=tmp_path).returncode == 0
    assert trueshelf(shelf.live, "audit", "verify", str(bundle), folder=tmp_path).returncode == 0
    lines = bundle.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if '"logged_at"' in line and n > len(lines) // 2)
    lines[place] = (
        lines[place].replace('"logged_at":"20', '"logged_at":"19', 1).replace('"logged_at": "20', '"logged_at": "19', 1)
    )
    bundle.write_text("\n".join(lines) + "\n", encoding="utf-8")
    changed = trueshelf(shelf.live, "audit", "verify", str(bundle), folder=tmp_path)
    assert changed.returncode == 1, changed.stdout
    assert "not" in changed.stdout.lower()


def test_a_single_entry_can_be_proved(shelf: Shelf, tmp_path: Path):
    """R-100: inclusion under the newest checkpoint, checked by the client itself."""
    entry = shelf.live.get("audit", "/entries", type="VariantApproved", limit=1)["entries"][0]
    proved = trueshelf(shelf.live, "audit", "proof", str(entry["seq"]), folder=tmp_path)
    assert proved.returncode == 0, proved.stderr
    assert f"entry {entry['seq']} is in the log" in proved.stdout


def test_nothing_was_left_behind(shelf: Shelf, tmp_path: Path):
    """No service has undecided dead letters of this run, a stuck job or an outbox that does not empty."""
    state = json.loads(trueshelf(shelf.live, "status", "--json", folder=tmp_path).stdout)
    assert not state["errors"]
    assert all(lag < 50 for lag in state["lag"].values()), state["lag"]
    listed = trueshelf(shelf.live, "dlq", "list", folder=tmp_path)
    assert "no dead letters" in listed.stdout, listed.stdout
