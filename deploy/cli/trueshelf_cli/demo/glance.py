"""One line that says how far everything is, read from the services' own tables while the demo waits."""

import asyncio
import contextlib

import asyncpg

from trueshelf_cli.inspection import Work, work_of
from trueshelf_cli.layout import Layout
from trueshelf_cli.servers import known_servers
from trueshelf_contracts.refs import Service

LOOKED_AT: tuple[Service, ...] = ("ingest", "generate", "qa", "review", "export")


def glance(layout: Layout) -> str:
    """Return e.g. "photos 44 of 44 · drafts 31 of 53 · compared 22 · cases 9 open, 4 decided"; empty when unknown."""
    servers = known_servers(layout)
    if servers is None:
        return ""
    with contextlib.suppress(asyncpg.PostgresError, OSError, TimeoutError):
        return _line(asyncio.run(_look(servers.pg_admin_dsn)))
    return ""


async def _look(dsn: str) -> dict[Service, Work]:
    connection = await asyncpg.connect(dsn, timeout=5, command_timeout=5)
    try:
        found = {service: await work_of(connection, service) for service in LOOKED_AT}
    finally:
        await connection.close()
    return {service: work for service, work in found.items() if work is not None}


def _line(work: dict[Service, Work]) -> str:
    def rows(service: Service, table: str) -> dict[str, int]:
        return work[service].states.get(table, {}) if service in work else {}

    photos, items = rows("ingest", "capture"), rows("generate", "item")
    cases, packs = rows("review", "cases"), rows("export", "packs")
    parts = [
        f"photos {sum(photos.values()) - photos.get('received', 0)} of {sum(photos.values())}",
        f"drafts {items.get('generated', 0) + items.get('refused', 0)} of {sum(items.values())}",
        f"compared {rows('qa', 'subject').get('checked', 0)}",
        f"cases {cases.get('open', 0)} open, {cases.get('decided', 0) + cases.get('pending', 0)} decided",
    ]
    if packs:
        parts.append(f"packs {packs.get('ready', 0)} of {sum(packs.values())}")
    return " · ".join(parts)
