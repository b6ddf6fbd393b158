"""`trueshelf dlq`: dead letters of every consumer group."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.screen import console, table, told_plainly
from trueshelf_cli.keyring import open_keyring
from trueshelf_cli.layout import find_layout
from trueshelf_cli.roles import role_names, with_login
from trueshelf_cli.servers import client_settings, known_servers
from trueshelf_contracts.event import Actor
from trueshelf_contracts.refs import Service
from trueshelf_contracts.topics import group_id, groups
from trueshelf_runtime.db import Database
from trueshelf_runtime.dlq import DeadLetters, Entry
from trueshelf_runtime.errors import Outage, Refused

app = typer.Typer(
    help="Dead letters: records that a consumer could not take in.", no_args_is_help=True, add_completion=False
)

T = TypeVar("T")
AT_ONCE = 8
Pair = tuple[Service, Service]
"""Who reads, and whose topic."""
Group = Annotated[str, typer.Option("--group", help="one consumer group, e.g. trueshelf.review.qa; default: all")]
Why = Annotated[str, typer.Option("--reason", help="why; it goes into the audit trail", prompt=True)]
Who = Annotated[str, typer.Option("--account", help="your account's id for the audit trail")]


@app.command("list")
def list_letters(
    group: Group = "", everything: Annotated[bool, typer.Option("--all", help="decided ones too")] = False
) -> None:
    """List the letters that want a decision, oldest first."""

    async def work() -> int:
        shown = table("LETTER", "GROUP", "STATE", "DIED", "ERROR")
        shown.columns[0].min_width = len(str(UUID(int=0)))  # the id is what the other verbs ask for: never cut
        found = await _entries(group, everything=everything)
        for _, entry in found:
            letter = entry.letter
            died = letter.died_at.strftime("%Y-%m-%d %H:%M")
            shown.add_row(str(letter.id), letter.group, entry.state, died, letter.error[:100])
        if found:
            console.print(shown)
        return len(found)

    if not _run(work()):
        console.print("no dead letters")


@app.command("show")
def show_letter(letter: UUID) -> None:
    """Print everything about one letter: where it came from, why it died, its bytes."""

    async def work() -> Entry:
        return (await _find(letter))[1]

    entry = _run(work())
    found = entry.letter
    for name, value in (
        ("state", f"{entry.state} {entry.note}".strip()),
        ("group", found.group),
        ("record", f"{found.topic}[{found.partition}]@{found.offset}"),
        ("died at", found.died_at.isoformat()),
        ("kind", f"{found.kind}, {found.attempts} attempts"),
        ("trace", found.trace_id or "none"),
        ("error", found.error),
        ("key", repr(found.key)),
        *((f"header {name}", repr(value)) for name, value in found.headers),
        ("value", (found.value or b"").decode(errors="backslashreplace")),
    ):
        print(f"{name + ':':<12} {value}")


@app.command("replay")
def replay_letter(letter: UUID, reason: Why, account: Who = "") -> None:
    """Let the group try the record once more, under its own event id."""
    _decide(
        letter, lambda letters, who: letters.replay(letter, actor=who, reason=reason, at=datetime.now(UTC)), account
    )
    console.print(f"{letter} will be tried again; `trueshelf dlq show {letter}` tells how it went")


@app.command("drop")
def drop_letter(letter: UUID, reason: Why, account: Who = "") -> None:
    """Let the record lie for good."""
    _decide(letter, lambda letters, who: letters.drop(letter, actor=who, reason=reason, at=datetime.now(UTC)), account)
    console.print(f"{letter} is dropped")


def _decide(letter: UUID, verdict: Callable[[DeadLetters, Actor], Awaitable[None]], account: str) -> None:
    async def work() -> None:
        (consumer, producer), _ = await _find(letter)
        async with _letters(consumer, producer) as letters:
            await verdict(letters, _actor(account))

    _run(work())


async def _find(letter: UUID) -> tuple[Pair, Entry]:
    for pair, entry in await _entries("", everything=True):
        if entry.letter.id == letter:
            return pair, entry
    raise BackingError(f"no group has a letter {letter}: see `trueshelf dlq list --all`")


async def _entries(group: str, *, everything: bool) -> list[tuple[Pair, Entry]]:
    """Read the groups' letters, a few topics at a time: one after another, two dozen of them take long."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def of(pair: Pair) -> list[tuple[Pair, Entry]]:
        async with gate, _letters(*pair) as letters:
            return [(pair, entry) for entry in await letters.list(everything=everything)]

    found = await asyncio.gather(*(of(pair) for pair in _groups(group)))
    return sorted(chain.from_iterable(found), key=lambda pair: pair[1].letter.died_at)


def _groups(group: str) -> list[Pair]:
    running = (find_layout().stack() or {}).get("services", {})
    known = [(consumer, topic.owner) for consumer, topic in groups() if consumer in running]
    chosen = [pair for pair in known if not group or group_id(*pair) == group]
    if not chosen:
        raise BackingError(
            f"there is no group {group!r} here: use one of {', '.join(group_id(*pair) for pair in known)}"
        )
    return chosen


@asynccontextmanager
async def _letters(consumer: Service, producer: Service) -> AsyncIterator[DeadLetters]:
    """Open one group's letters with the consumer's own database role."""
    layout = find_layout()
    servers = known_servers(layout)
    if servers is None:
        raise BackingError("there is no stack yet: run `trueshelf up` first")
    _, role = role_names(consumer)
    dsn = with_login(servers.pg_admin_dsn, role, open_keyring(layout).passwords[consumer])
    async with Database.open(dsn, consumer, size=2, application="trueshelf-dlq") as db:
        yield DeadLetters(client_settings(servers, consumer, dsn), db, producer)


def _actor(account: str) -> Actor:
    """Say who decides: whoever holds this stack's files acts as its administrator."""
    drill = bool((find_layout().stack() or {}).get("drill"))
    kind = "drill" if drill else "machine"
    who = account or f"{kind}-admin"
    return Actor(id=who, kind="drill" if drill else "machine", role="admin", session=f"cli-{who}")


def _run(work: Coroutine[Any, Any, T]) -> T:
    with told_plainly():
        try:
            return asyncio.run(work)
        except (Outage, Refused) as error:
            raise BackingError(str(error)) from error
