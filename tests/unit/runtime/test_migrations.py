"""Migrations: what is pending, and what stops everything."""

from pathlib import Path

import pytest

from trueshelf_runtime.jobs_schema import jobs_schema_sql
from trueshelf_runtime.migrate import RUNTIME, Applied, Migration, MigrationMismatch, migrations_of, pending

FIRST = Migration("p", 1, "pre", "a", "SELECT 1")
SECOND = Migration("p", 2, "post", "b", "SELECT 2")


def _applied(migration: Migration) -> Applied:
    return Applied(migration.package, migration.number, migration.sha256)


def test_pending_is_what_the_ledger_does_not_hold_in_order():
    assert pending([FIRST, SECOND], []) == [FIRST, SECOND]
    assert pending([FIRST, SECOND], [_applied(FIRST)]) == [SECOND]


def test_a_changed_file_stops_everything_and_says_what_to_do():
    with pytest.raises(MigrationMismatch, match="put the change into a new migration"):
        pending([Migration("p", 1, "pre", "a", "SELECT 3")], [_applied(FIRST)])


def test_numbers_of_a_newer_release_are_passed_over():
    assert pending([FIRST], [_applied(FIRST), Applied("p", 9, "0" * 64)]) == []


def test_the_runtime_s_files_are_numbered_without_gaps_and_all_pre():
    found = migrations_of(RUNTIME)
    assert [item.number for item in found] == list(range(1, len(found) + 1))
    assert {item.phase for item in found} == {"pre"}


def test_the_frozen_tables_of_the_queue_are_those_of_the_pinned_pgqueuer():
    frozen = next(item for item in migrations_of(RUNTIME) if item.name == "jobs")
    assert jobs_schema_sql().strip() in frozen.sql, "pgqueuer's tables changed: write a new migration, do not edit"


def test_bad_names_and_numbers_used_twice_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "oddpackage" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "0001_pre_a.sql").write_text("SELECT 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [item.name for item in migrations_of("oddpackage")] == ["a"]
    (folder / "0001_post_b.sql").write_text("SELECT 1")
    with pytest.raises(MigrationMismatch, match="stands twice"):
        migrations_of("oddpackage")
    (folder / "0001_post_b.sql").rename(folder / "2_b.sql")
    with pytest.raises(MigrationMismatch, match="name it NNNN"):
        migrations_of("oddpackage")
