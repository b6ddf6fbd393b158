"""The intake verb of the trueshelf command."""

import hashlib
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from trueshelf_contracts.sheet import OPTIONAL, REQUIRED, RIGHTS
from trueshelf_ingest.cli_deliver import deliver, report_outcome, send, wait_until_settled
from trueshelf_ingest.sheet import (
    Sheet,
    UnreadableSheetError,
    listed_categories,
    read_sheet,
    without_new_categories,
)
from trueshelf_runtime.client import CallFailed, answered, reached, told

__all__ = ["app", "deliver", "report_errors"]

app = typer.Typer(add_completion=False, help="Deliver SKUs and photos.")
console = Console()
FAILED, UNREADABLE = 1, 2
EXAMPLE = "RING-7,jewelry,Silver ring,ring7_front.jpg,front,own"
HELP = f"""Deliver a folder of photos by a sheet. Interrupted? Run it again: what was delivered is not sent twice.

The sheet is a CSV with a header and one row per photo. Columns that must be there: {", ".join(REQUIRED)}.
Columns that may be: {", ".join(OPTIONAL)}. For example:

\b
{",".join(REQUIRED)}
{EXAMPLE}

`file` is the photo's path within FOLDER, `rights` is {", ".join(RIGHTS[:-1])} or {RIGHTS[-1]}; parts of `kit` and
`waived` (shot=why there is none) are separated by |.

Exit status: 0 every photo went in, 1 some did not, 2 this is no sheet.
"""


@app.command("intake", help=HELP)
def intake(  # noqa: PLR0917 - a command's options
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="where the photos lie")],
    sheet: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV: one row per photo")],
    reference: Annotated[
        str, typer.Option(help="your name for this delivery; default: a fingerprint of the sheet")
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="only check the sheet, send nothing")] = False,
    wait: Annotated[bool, typer.Option(help="wait until every photo is accepted or refused")] = True,
    allow_new_categories: Annotated[
        bool,
        typer.Option("--allow-new-categories", help="take categories that have no shot list and were never delivered"),
    ] = False,
    account: Annotated[str, typer.Option(help="drill or machine account to use")] = "",
) -> None:
    """Deliver a folder of photos by a sheet."""
    data = sheet.read_bytes()
    try:
        read = read_sheet(data, folder)
    except UnreadableSheetError as error:
        console.print(f"[red]{escape(str(sheet))}[/]: {escape(str(error))}")
        raise typer.Exit(UNREADABLE) from error
    if not allow_new_categories and (new := {card.category for card in read.cards.values()} - listed_categories()):
        read = without_new_categories(read, listed_categories() | _delivered(new, account))
    report_errors(read)
    if check or not read.cards:
        raise typer.Exit(FAILED if read.errors else 0)
    name = reference or f"{sheet.name}:{hashlib.sha256(data).hexdigest()[:16]}"
    with told(FAILED), reached("ingest", "capturer", account or None) as client:
        sent = send(client, read, name)
        whole = report_outcome(wait_until_settled(client, sent.intake_id), sent) if wait else True
    if read.errors or not whole:
        raise typer.Exit(FAILED)


def report_errors(read: Sheet) -> None:
    """Print every unusable cell."""
    for error in read.errors:
        console.print(f"[yellow]{escape(str(error))}[/]", highlight=False)
    good = sum(len(card.photos) for card in read.cards.values())
    errors = len(read.errors) + read.more_errors
    console.print(f"{read.rows} rows: {good} photos of {len(read.cards)} SKUs usable, {errors} errors")


def _delivered(asked: set[str], account: str) -> set[str]:
    """Return those categories that were delivered before; without a service to ask, none: then a flag says it."""
    try:
        with reached("ingest", "capturer", account or None) as client:
            batches = answered(client.get("/batches", params={"limit": 500}), "ingest")
    except (CallFailed, httpx.HTTPError):
        return set()
    return asked & {batch["category"] for batch in batches}
