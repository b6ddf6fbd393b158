"""One PostgreSQL schema and two roles per service: the owner migrates, the service reads and writes.

The service role may change rows but no table, and audit's may not even change rows: what audit wrote stays. Only the
runtime's own tables (claims, outbox, jobs) are opened again by name, by `trueshelf_runtime.migrate`.
"""

import contextlib
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from trueshelf_contracts.refs import Service

APPEND_ONLY: tuple[Service, ...] = ("audit",)
"""Services whose own tables only ever grow: no UPDATE, no DELETE by default."""


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """How one service reaches its schema: `owner` for migrations only, `service` for everything else."""

    owner: str
    service: str


def role_names(service: Service) -> tuple[str, str]:
    """Return (owner role, service role)."""
    return f"trueshelf_{service}_owner", f"trueshelf_{service}"


def with_login(dsn: str, user: str, password: str, database: str | None = None) -> str:
    """Return `dsn` with another user, password and, if given, database; host and query stay (unix sockets too)."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    path = parts.path if database is None else f"/{quote(database, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}", path=path))


def with_database(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{quote(database, safe='')}"))


async def ensure_database(admin_dsn: str, database: str) -> str:
    """Make `database` if it is missing and return the admin's DSN of it."""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            # Another run may have been quicker.
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await _run(connection, "CREATE DATABASE %I", database)
        await _run(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", database)
    finally:
        await connection.close()
    return with_database(admin_dsn, database)


async def ensure_service(database_dsn: str, service: Service, owner_password: str, password: str) -> ServiceAccess:
    """Make schema and roles of `service` in the database of `database_dsn` (an admin's), or bring them up to date.

    Safe to repeat; the passwords are set to the given ones each time. Raises asyncpg's errors, for lack of right too.
    """
    owner, role = role_names(service)
    connection = await asyncpg.connect(database_dsn, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('trueshelf.roles'))")
            for name, secret in ((owner, owner_password), (role, password)):
                exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name)
                await _run(connection, f"{'ALTER' if exists else 'CREATE'} ROLE %I LOGIN PASSWORD %L", name, secret)
            await _run(connection, "GRANT %I TO CURRENT_USER", owner)
            database = await connection.fetchval("SELECT current_database()")
            await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, owner)
            await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, role)
            await _run(connection, "CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I", service, owner)
            await _run(connection, "GRANT USAGE ON SCHEMA %I TO %I", service, role)
            await _grants(connection, service)
    finally:
        await connection.close()
    return ServiceAccess(
        owner=with_login(database_dsn, owner, owner_password), service=with_login(database_dsn, role, password)
    )


async def _grants(connection: asyncpg.Connection, service: Service) -> None:
    owner, role = role_names(service)
    rights = "SELECT, INSERT" if service in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    for what, granted in (("TABLES", rights), ("SEQUENCES", "USAGE, SELECT"), ("FUNCTIONS", "EXECUTE")):
        text = f"ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT {granted} ON {what} TO %I"
        await _run(connection, text, owner, service, role)


async def _run(connection: asyncpg.Connection, text: str, *names: str) -> None:
    """Run a statement that takes no parameters: the server quotes names (%I) and literals (%L) into it."""
    statement = await connection.fetchval("SELECT format($1, VARIADIC $2::text[])", text, list(names))
    await connection.execute(statement)
