"""Jars are what was committed, or they are not used."""

import hashlib
from pathlib import Path

import pytest

from trueshelf_cli.backing.jars import ensure_jars, faults, read_sums


def test_missing_changed_and_strange_jars_are_named(tmp_path: Path):
    sums_file = tmp_path / "SHA256SUMS"
    sums_file.write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.jar\n{'0' * 64} *b.jar\n{'1' * 64}  c.jar\n")
    (tmp_path / "a.jar").write_bytes(b"a")
    (tmp_path / "b.jar").write_bytes(b"b")
    (tmp_path / "d.jar").write_bytes(b"d")
    found = faults(tmp_path, read_sums(sums_file))
    assert [line.partition(" ")[0] for line in found] == ["c.jar", "d.jar", "b.jar"]
    assert "expected " + "0" * 64 in found[2]


def test_jars_that_are_here_are_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")  # without Maven
    poms, cache = tmp_path / "poms", tmp_path / "cache"
    (poms / "kafka").mkdir(parents=True)
    (cache / "lib" / "kafka").mkdir(parents=True)
    (poms / "kafka" / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.jar\n")
    (cache / "lib" / "kafka" / "a.jar").write_bytes(b"a")
    assert ensure_jars("kafka", poms, cache) == cache / "lib" / "kafka"
    assert (cache / "lib" / "kafka" / ".verified").exists()
