"""Migrations: numbered SQL files, forward only, each in its own transaction, under one advisory lock per schema.

`NNNN_pre_name.sql` runs before the new code starts, `NNNN_post_name.sql` after the old code has gone. What was applied
stands in `schema_migration` with its SHA-256; a file that changed since then stops everything.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, Protocol

import asyncpg

from trueshelf_contracts.refs import Service
from trueshelf_runtime.errors import Outage

Phase = Literal["pre", "post"]
RUNTIME = "trueshelf_runtime"
PLUMBING = ("inbox", "outbox", "delivery_attempt", "dead_letter", "job_failure")
"""The runtime's tables that every service's role may change, whatever it may do to its own; so too `pgqueuer*`."""

_NAME = re.compile(r"^(\d{4})_(pre|post)_([a-z0-9_]+)\.sql$")
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migration (
    package    text        NOT NULL,
    number     integer     NOT NULL,
    phase      text        NOT NULL CHECK (phase IN ('pre', 'post')),
    name       text        NOT NULL,
    sha256     text        NOT NULL CHECK (length(sha256) = 64),
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, number)
)
"""


class MigrationMismatch(Exception):  # noqa: N818 - says what it is
    """The schema is not what this code expects. Names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of one package."""

    package: str
    number: int
    phase: Phase
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.package}/migrations/{self.number:04}_{self.phase}_{self.name}.sql"


@dataclass(frozen=True, slots=True)
class Applied:
    """One row of `schema_migration`."""

    package: str
    number: int
    sha256: str


class Reader(Protocol):
    """What `check` needs of a database."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]: ...


def migrations_of(package: str) -> tuple[Migration, ...]:
    """Return the migrations of `package` by number. Raises MigrationMismatch for a bad name or a number used twice."""
    folder = resources.files(package).joinpath("migrations")
    if not folder.is_dir():
        return ()
    found: dict[int, Migration] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".sql"):
            continue
        match = _NAME.match(file.name)
        if match is None:
            raise MigrationMismatch(
                f"{package}/migrations/{file.name}: name it NNNN_pre_what.sql or NNNN_post_what.sql"
            )
        number, phase, name = int(match[1]), match[2], match[3]
        if number in found:
            raise MigrationMismatch(f"{package}: number {number:04} stands twice; give {file.name} the next free one")
        found[number] = Migration(
            package, number, "pre" if phase == "pre" else "post", name, file.read_text(encoding="utf-8")
        )
    return tuple(found.values())


def pending(migrations: Iterable[Migration], applied: Iterable[Applied]) -> list[Migration]:
    """Return what is not applied yet, in order. Raises MigrationMismatch when an applied file has changed since.

    Applied numbers that this code does not know are passed over: they came with a newer release.
    """
    ledger = {(row.package, row.number): row.sha256 for row in applied}
    todo = []
    for migration in migrations:
        recorded = ledger.get((migration.package, migration.number))
        if recorded is None:
            todo.append(migration)
        elif recorded != migration.sha256:
            raise MigrationMismatch(
                f"{migration} has changed since it was applied (sha256 {recorded[:12]}, now {migration.sha256[:12]}): "
                "restore the file and put the change into a new migration"
            )
    return todo


async def check(db: Reader, package: str | None) -> None:
    """Refuse to start on a schema that this code does not fit: a `pre` migration is missing, or one has changed.

    Raises MigrationMismatch. `post` migrations may still be missing: they run after the old code has gone.
    """
    try:
        rows = await db.fetch("SELECT package, number, sha256 FROM schema_migration")
    except asyncpg.UndefinedTableError as error:
        raise MigrationMismatch("the schema is empty: run `python -m <service> migrate` first") from error
    missing = [item for item in pending(_all(package), _applied(rows)) if item.phase == "pre"]
    if missing:
        raise MigrationMismatch(f"{missing[0]} is not applied: run `python -m <service> migrate` before starting")


async def migrate(
    owner_dsn: str,
    service: Service,
    *,
    package: str | None = None,
    schema: str | None = None,
    role: str | None = None,
    phases: tuple[Phase, ...] = ("pre", "post"),
) -> list[str]:
    """Apply the runtime's migrations and those of `package` to the service's schema; return the files applied.

    Several may run at once: one works, the others wait for its lock and find nothing to do. `role` (the service's, by
    default `trueshelf_<service>` when it exists) gets the right to change the runtime's tables. Raises
    MigrationMismatch, Outage, and PostgreSQL's error of a migration that fails: then nothing of that file is applied.
    """
    schema = schema or service
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise ValueError(f"{schema!r} is no schema name")
    try:
        connection = await asyncpg.connect(
            owner_dsn, timeout=10, server_settings={"search_path": schema, "lock_timeout": "30s", "timezone": "UTC"}
        )
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError) as error:
        raise Outage(f"PostgreSQL does not answer: {error}") from error
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", f"trueshelf.migrate.{schema}")
        if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", schema):
            await connection.execute(f'CREATE SCHEMA "{schema}"')
        await connection.execute(_LEDGER)
        rows = await connection.fetch("SELECT package, number, sha256 FROM schema_migration")
        done = [item for item in pending(_all(package), _applied(rows)) if item.phase in phases]
        for migration in done:
            await _apply(connection, migration)
        await _grant(connection, schema, role or f"trueshelf_{service}")
    finally:
        await connection.close()
    return [str(migration) for migration in done]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migration (package, number, phase, name, sha256) VALUES ($1, $2, $3, $4, $5)",
            migration.package,
            migration.number,
            migration.phase,
            migration.name,
            migration.sha256,
        )


async def _grant(connection: asyncpg.Connection, schema: str, role: str) -> None:
    """Open the runtime's tables to the service's role, where that is another than the owner's."""
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1 AND rolname <> current_user", role)
    if not exists:
        return
    tables = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname = $1 AND (tablename = ANY($2) OR tablename LIKE 'pgqueuer%')",
        schema,
        list(PLUMBING),
    )
    quoted = await connection.fetchval("SELECT quote_ident($1)", role)
    for table in tables:
        await connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table['name']} TO {quoted}")
    await connection.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {quoted}')
    await connection.execute(f"REVOKE ALL ON schema_migration FROM {quoted}")  # whatever the schema's defaults gave
    await connection.execute(f"GRANT SELECT ON schema_migration TO {quoted}")
    await connection.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO {quoted}')


def _all(package: str | None) -> tuple[Migration, ...]:
    return migrations_of(RUNTIME) + (migrations_of(package) if package else ())


def _applied(rows: Sequence[Any]) -> list[Applied]:
    return [Applied(row["package"], row["number"], row["sha256"]) for row in rows]
