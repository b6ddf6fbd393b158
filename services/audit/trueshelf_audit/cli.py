"""`trueshelf audit …`: verify and export the log from its database or a file; ask the running service."""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer

from trueshelf_audit.adapters.bundle import BadBundle, Bundle, write_bundle
from trueshelf_audit.adapters.keys import BadKeyFile, check_ed25519
from trueshelf_audit.adapters.local import NotFound, Surroundings, Wish
from trueshelf_audit.adapters.reader import open_reader, verify_database
from trueshelf_audit.domain.checkpoint import BadNote, open_note
from trueshelf_audit.domain.merkle import BadProof, check_inclusion, leaf_hash
from trueshelf_audit.domain.verify import Keys, Report, verify
from trueshelf_audit.views import report_json
from trueshelf_contracts.topics import TOPICS
from trueshelf_runtime.client import CallFailed, answered, reached, sentences, told
from trueshelf_runtime.errors import Outage
from trueshelf_runtime.typed import known_word

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The append-only log: verify, search, prove, export.",
)
UNVERIFIED = 2
"""The exit status when something could not be done: not verified is not the same as bad."""

Dsn = Annotated[str | None, typer.Option(help="PostgreSQL of the log (default: the local stack's)")]
KeyOption = Annotated[str | None, typer.Option(help="the log's public key: JWKS file, or name+id+base64")]
ReviewKeys = Annotated[Path | None, typer.Option(help="JWKS of the keys that review signs with")]
Copies = Annotated[Path | None, typer.Option(help="folder of checkpoints that were kept elsewhere")]
Origin = Annotated[str | None, typer.Option(help="the log's name in its checkpoints")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Account = Annotated[str | None, typer.Option(help="a machine or drill account of the local stack")]


@app.command("verify")
def verify_(  # noqa: PLR0917 - typer makes options of them
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="an exported log; without it, the database")
    ] = None,
    dsn: Dsn = None,
    key: KeyOption = None,
    review_keys: ReviewKeys = None,
    copies: Copies = None,
    origin: Origin = None,
    as_json: AsJson = False,
) -> None:
    """Recompute everything from the raw entries; exit 1 naming the first bad one."""
    around = Surroundings(Wish(dsn, key, review_keys, copies, origin))
    with _said():
        report = _verify_file(file, around) if file else _verify_database(around)
    if as_json:
        typer.echo(json.dumps(report_json(report), indent=2, ensure_ascii=False))
    else:
        typer.echo(report.sentence())
        for problem in report.problems[:20]:
            typer.echo(f"  {problem.kind:<11} {problem.sentence}")
        for notice in report.notices:
            typer.echo(f"  note: {notice}")
    raise typer.Exit(0 if report.ok else 1)


def _verify_database(around: Surroundings) -> Report:
    return asyncio.run(verify_database(around.dsn(), around.keys(), around.copies()))


def _verify_file(file: Path, around: Surroundings) -> Report:
    bundle = Bundle(file)
    head = bundle.head()
    given_key, given_review = around.log_key(), around.review_keys()
    if given_key is None or given_review is None:
        typer.echo("note: no keys were given; those in the file are used, which proves order but not origin", err=True)
    keys = Keys(given_key or head.log_key, given_review or head.review_keys, check_ed25519)
    try:
        kept = around.copies()
    except Outage as error:  # the file holds copies of its own and is verified anywhere
        typer.echo(f"note: {error}; only the copies in the file are compared", err=True)
        kept = []
    return verify(bundle.entries(), bundle.notes(), [*head.copies, *kept], keys)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="where to write; JSON lines")],
    dsn: Dsn = None,
    key: KeyOption = None,
    review_keys: ReviewKeys = None,
    copies: Copies = None,
) -> None:
    """Write the whole log to a file that `trueshelf audit verify FILE` verifies anywhere."""
    around = Surroundings(Wish(dsn, key, review_keys, copies))

    async def work() -> int:
        async with open_reader(around.dsn()) as reader:
            with file.open("w", encoding="utf-8") as target:
                return await write_bundle(reader, target, around.keys(), around.copies())

    with _said():
        count = asyncio.run(work())
    typer.echo(f"{count} entries written to {file}")


@app.command()
def entries(  # noqa: PLR0917 - typer makes options of them
    sku: Annotated[str | None, typer.Option()] = None,
    actor: Annotated[str | None, typer.Option(help="actor id")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="event type, e.g. VariantApproved")] = None,
    since: Annotated[str | None, typer.Option("--from", help="2026-11-21T10:00:00Z")] = None,
    until: Annotated[str | None, typer.Option("--to", help="exclusive")] = None,
    after: Annotated[int, typer.Option(help="entries after this seq")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """List entries that match every condition."""
    between = _between(since, until)
    asked = {"sku": sku, "actor": actor, "type": kind, **between, "after": after, "limit": limit}
    found = _get("/entries", asked, account)
    if kind and not found["entries"]:
        with told(UNVERIFIED):  # asked first: a log may hold types that this release no longer knows
            known_word(kind, "event type", _types())
    if as_json:
        _print_json(found)
        return
    for entry in found["entries"]:
        who = entry["actor_id"] or "-"
        signed = f" signature {entry['signature']}" if entry["signature"] else ""
        what = f"{entry['type'] or 'unreadable'} {entry['sku'] or entry['batch_id'] or ''}"
        typer.echo(f"{entry['seq']:>8}  {entry['occurred_at'] or entry['logged_at']}  {who:<20} {what}{signed}")
    if found["after"] is not None:
        typer.echo(f"more: --after {found['after']}")


@app.command()
def approvals(  # noqa: PLR0917 - typer makes options of them
    sku: Annotated[str | None, typer.Option()] = None,
    actor: Annotated[str | None, typer.Option(help="the approver's id")] = None,
    since: Annotated[str | None, typer.Option("--from")] = None,
    until: Annotated[str | None, typer.Option("--to")] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Who approved which variant of which SKU, when (R-100)."""
    found = _get("/approvals", {"sku": sku, "actor": actor, **_between(since, until), "limit": 500}, account)
    if as_json:
        _print_json(found)
        return
    for item in found["approvals"]:
        drill = " DRILL" if item["drill"] else ""
        typer.echo(f"{item['reviewed_at']}  {item['sku']} v{item['sku_version']} {item['slot']}{drill}")
        typer.echo(f"    variant {item['variant_id']} {item['meaning']}, by {item['approver']} ({item['role']})")
        typer.echo(f"    original {item['original_sha256']} (the photo as it was sent)")
        typer.echo(f"    source {item['source_sha256']} (that photo, upright and lossless)")
        typer.echo(f"    made by {item['ai_version']}, signature {item['signature']}")
        if item["withdrawn"]:
            typer.echo(f"    withdrawn {item['withdrawn']['at']} ({item['withdrawn']['cause']})")


@app.command()
def proof(
    seq: int, key: KeyOption = None, origin: Origin = None, account: Account = None, as_json: AsJson = False
) -> None:
    """Fetch the proof that an entry is in the log, and check it here."""
    found = _get(f"/proofs/{seq}", {}, account)
    with _said():
        trusted = Surroundings(Wish(key=key, origin=origin)).log_key()
        if trusted is None:
            raise NotFound("no key of the log: give --key (its JWKS file, or name+id+base64)")
        checkpoint = open_note(found["checkpoint"], trusted, check_ed25519)
        leaf = leaf_hash(found["leaf_data"].encode())
        hashes = [base64.b64decode(part) for part in found["hashes"]]
        check_inclusion(seq, checkpoint.size, leaf, hashes, checkpoint.root)
    if as_json:
        _print_json(found)
    else:
        typer.echo(f"entry {seq} is in the log of {checkpoint.size} entries signed by {trusted.name}")


def _get(path: str, params: dict[str, Any], account: str | None) -> Any:
    asked = {name: value for name, value in params.items() if value is not None}
    with told(UNVERIFIED), reached("audit", "auditor", account) as client:
        return answered(client.get(path, params=asked), "audit")


def _between(since: str | None, until: str | None) -> dict[str, str | None]:
    """Return the span as the API takes it; what is no time is said."""
    with told(UNVERIFIED):
        for option, text in (("--from", since), ("--to", until)):
            if text is not None and not _is_instant(text):
                raise CallFailed(f"{option} {text!r} is no time with a zone: write it as 2026-11-21T10:00:00Z.")
    return {"from": since, "to": until}


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _types() -> list[str]:
    return sorted({str(event.model_fields["type"].default) for topic in TOPICS for event in topic.events})


@contextmanager
def _said() -> Iterator[None]:
    """Turn what is known to go wrong into one sentence and an exit status."""
    with told(UNVERIFIED):
        try:
            yield
        except (NotFound, BadKeyFile, BadBundle) as error:
            raise CallFailed(str(error)) from error
        except Outage as error:
            advice = (
                "start the stack with `trueshelf up` (see `trueshelf status`), or say with --dsn and --copies where"
            )
            raise CallFailed(sentences(str(error), advice)) from error
        except (BadNote, BadProof) as error:
            typer.echo(f"the proof does not hold: {error}", err=True)
            raise typer.Exit(1) from error
        except asyncpg.PostgresError as error:
            raise CallFailed(f"the log's database refuses: {error}.") from error
        except OSError as error:
            raise CallFailed(f"{error.filename or 'the log'} cannot be used: {error.strerror or error}.") from error


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
