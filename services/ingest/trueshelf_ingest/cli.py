"""The intake verb of the trueshelf command."""

import hashlib
import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trueshelf_contracts.ids import capture_id
from trueshelf_contracts.photos import EXTENSIONS, MEDIA_TYPES
from trueshelf_ingest.sheet import Card, Photo, Sheet, UnreadableSheetError, read_sheet
from trueshelf_runtime.client import open_client

app = typer.Typer(help="Deliver SKUs and photos.")
console = Console()
WAIT_STEP = 0.5


@app.command("intake")
def intake(  # noqa: PLR0917 - a command's options
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="where the photos lie")],
    sheet: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV: one row per photo")],
    reference: Annotated[
        str, typer.Option(help="your name for this delivery; default: a fingerprint of the sheet")
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="only check the sheet, send nothing")] = False,
    wait: Annotated[bool, typer.Option(help="wait until every photo is accepted or refused")] = True,
    account: Annotated[str, typer.Option(help="drill or machine account to use")] = "",
) -> None:
    """Deliver a folder of photos by a sheet. Interrupted? Run it again: what was delivered is not sent twice."""
    data = sheet.read_bytes()
    try:
        read = read_sheet(data, folder)
    except UnreadableSheetError as error:
        console.print(f"[red]{sheet}[/]: {error}")
        raise typer.Exit(2) from error
    report_errors(read)
    if check or not read.cards:
        raise typer.Exit(1 if read.errors else 0)
    name = reference or f"{sheet.name}:{hashlib.sha256(data).hexdigest()[:16]}"
    with open_client("ingest", role="capturer", account=account or None) as client:
        intake_id = deliver(client, read, name)
        if wait:
            report_outcome(wait_until_settled(client, intake_id))
    if read.errors:
        raise typer.Exit(1)


def report_errors(read: Sheet) -> None:
    """Print every unusable cell."""
    for error in read.errors:
        console.print(f"[yellow]{error}[/]", highlight=False)
    good = sum(len(card.photos) for card in read.cards.values())
    console.print(f"{read.rows} rows: {good} photos of {len(read.cards)} SKUs usable, {len(read.errors)} errors")


def deliver(client: httpx.Client, read: Sheet, reference: str) -> str:
    """Send what the service does not have yet, under a progress bar; return the intake's id."""
    opened = _ok(client.post("/intakes", json={"reference": reference}))
    intake_id: str = opened["intake_id"]
    if opened["state"] != "open":
        console.print(f"delivery {reference!r} was complete already: nothing to send")
        return intake_id
    known = {c["capture_id"] for c in opened["captures"]}
    photos = sum(len(card.photos) for card in read.cards.values())
    columns = (
        TextColumn("sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[sku]}"),
    )
    refused = 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=photos, sku="")
        for card in read.cards.values():
            refused += _deliver_sku(
                client, card, intake_id, known, lambda sku: progress.update(task, advance=1, sku=sku)
            )
    _ok(client.post(f"/intakes/{intake_id}/complete"))
    if refused:
        console.print(f"[yellow]{refused} photo(s) or SKU(s) were refused at once; see above[/]")
    return intake_id


def _deliver_sku(client: httpx.Client, card: Card, intake_id: str, known: set[str], step: Any) -> int:
    body = {"intake_id": intake_id, **card.body}
    answer = client.put(f"/skus/{card.sku}", json=body)
    if answer.is_client_error:
        console.print(f"[yellow]SKU {card.sku}: {_reason(answer)}[/]")
        for _ in card.photos:
            step(card.sku)
        return 1
    _ok(answer)
    refused = sum(_deliver_photo(client, photo, intake_id, known, step) for photo in card.photos)
    _ok(client.post(f"/skus/{card.sku}/complete"))
    return refused


def _deliver_photo(client: httpx.Client, photo: Photo, intake_id: str, known: set[str], step: Any) -> int:
    data = photo.path.read_bytes()
    step(photo.sku)
    if str(capture_id(photo.sku, photo.shot, hashlib.sha256(data).hexdigest())) in known:
        return 0
    suffix = photo.path.suffix.lstrip(".").lower()
    fields = {"intake_id": intake_id, **photo.form}
    file = {"photo": (f"photo.{suffix}", data, MEDIA_TYPES[EXTENSIONS[suffix]])}
    answer = client.post(f"/skus/{photo.sku}/captures", data=fields, files=file)
    if answer.is_client_error:
        console.print(f"[yellow]row {photo.row}, {photo.path.name}: {_reason(answer)}[/]")
        return 1
    _ok(answer)
    return 0


def wait_until_settled(client: httpx.Client, intake_id: str, deadline: float = 3600.0) -> dict[str, Any]:
    """Return the intake once every photo is decided; raises typer.Exit when the deadline (seconds) passes."""
    end = time.monotonic() + deadline
    with Progress(TextColumn("checking photos"), BarColumn(), MofNCompleteColumn(), console=console) as progress:
        task = progress.add_task("", total=None)
        while time.monotonic() < end:
            view = _ok(client.get(f"/intakes/{intake_id}"))
            decided = sum(c["state"] != "received" for c in view["captures"])
            progress.update(task, total=len(view["captures"]), completed=decided)
            if decided == len(view["captures"]):
                return view
            time.sleep(WAIT_STEP)
    console.print("[yellow]still being decoded; run the same command again to see the outcome[/]")
    raise typer.Exit(3)


def report_outcome(view: dict[str, Any]) -> None:
    """Print what became of the delivery: refused photos with reasons, SKUs that lack shots."""
    for capture in view["captures"]:
        if capture["state"] == "refused":
            why = "; ".join(f["message"] for f in capture["findings"] if f["severity"] == "refuse")
            console.print(f"[yellow]{capture['sku']} {capture['shot']}: refused: {why}[/]", highlight=False)
    waiting = [sku for sku, state in view["skus"].items() if state != "ready"]
    console.print(
        f"{len(view['skus']) - len(waiting)} SKUs ready, {len(waiting)} wait for photos: {', '.join(waiting) or 'none'}"
    )


def _ok(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        console.print(f"[red]{answer.request.method} {answer.request.url.path}: {_reason(answer)}[/]")
        raise typer.Exit(1)
    body: dict[str, Any] = answer.json()
    return body


def _reason(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return f"HTTP {answer.status_code}"
    fields = "".join(f"; {e['field']}: {e['message']}" for e in problem.get("errors", []))
    return f"{problem.get('detail', problem)}{fields} ({problem.get('advice', '')})"
