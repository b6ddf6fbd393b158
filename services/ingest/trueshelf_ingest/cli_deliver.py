"""Sending a delivery, photo by photo, and telling what became of it."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trueshelf_contracts.ids import capture_id
from trueshelf_contracts.photos import EXTENSIONS, MEDIA_TYPES
from trueshelf_ingest.sheet import Card, Photo, Sheet
from trueshelf_runtime.client import CallFailed, answered, problem_words

console = Console()
WAIT_STEP = 0.5
STILL_DECODING = 3
NAMED = 5
"""Photos that a sentence names before it says how many more there are."""


@dataclass(slots=True)
class Sent:
    """What happened to a sheet's photos on their way."""

    intake_id: str
    known: set[str] = field(default_factory=set)
    """Photos that are in this delivery."""
    elsewhere: int = 0
    """Photos that were delivered before, by another account or under another reference: they stay there."""
    refused: int = 0
    """Photos and SKUs that the service refused at once."""
    left_out: int = 0
    """Photos that a complete delivery does not hold and no longer takes."""


def deliver(client: httpx.Client, read: Sheet, reference: str) -> str:
    """Send what the service does not have yet and return the intake's id. Raises CallFailed."""
    return send(client, read, reference).intake_id


def send(client: httpx.Client, read: Sheet, reference: str) -> Sent:
    """Send what the service does not have yet, under a progress bar.

    Raises CallFailed when the service fails, or when the reference names the complete delivery of another sheet.
    """
    opened = _ok(client.post("/intakes", json={"reference": reference}))
    sent = Sent(opened["intake_id"], {c["capture_id"] for c in opened["captures"]})
    if opened["state"] != "open":
        _compare(read, reference, sent)
        return sent
    columns = (
        TextColumn("sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[doing]}"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=sum(1 for _ in _photos(read)), doing="")
        for card in read.cards.values():
            _deliver_sku(client, card, sent, lambda sku: progress.update(task, advance=1, doing=sku))
        progress.update(task, doing="sent")
    _ok(client.post(f"/intakes/{sent.intake_id}/complete"))
    if sent.refused:
        console.print(f"[yellow]{sent.refused} photo(s) or SKU(s) were refused at once; see above[/]")
    return sent


def _compare(read: Sheet, reference: str, sent: Sent) -> None:
    """Say how the sheet stands to the complete delivery of this reference. Raises CallFailed: it is another sheet's."""
    absent = [photo for photo in _photos(read) if _id_of(photo, photo.path.read_bytes()) not in sent.known]
    total = sum(1 for _ in _photos(read))
    if not absent:
        console.print(f"delivery {reference!r} was complete already: nothing to send")
        return
    if sent.known and len(absent) == total:
        raise CallFailed(
            f"the delivery {reference!r} is complete and holds none of this sheet's {total} photos: it was another "
            "sheet's. Nothing was sent; give this sheet another --reference, or none."
        )
    names = "; ".join(f"row {photo.row} {photo.path.name}" for photo in absent[:NAMED])
    more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    console.print(
        f"[yellow]delivery {reference!r} is complete and takes no more; {len(absent)} of the sheet's {total} photos "
        f"are not in it: {escape(names)}{more}. They were refused, delivered before by another account, or are new: "
        "send new ones under another --reference[/]",
        highlight=False,
    )
    sent.left_out = len(absent)


def _photos(read: Sheet) -> Iterator[Photo]:
    return (photo for card in read.cards.values() for photo in card.photos)


def _id_of(photo: Photo, data: bytes) -> str:
    return str(capture_id(photo.sku, photo.shot, hashlib.sha256(data).hexdigest()))


def _deliver_sku(client: httpx.Client, card: Card, sent: Sent, step: Callable[[str], None]) -> None:
    answer = client.put(f"/skus/{card.sku}", json={"intake_id": sent.intake_id, **card.body})
    if answer.is_client_error:
        console.print(f"[yellow]SKU {card.sku}: {escape(_reason(answer))}[/]")
        sent.refused += 1
        for _ in card.photos:
            step(card.sku)
        return
    _ok(answer)
    for photo in card.photos:
        _deliver_photo(client, photo, sent)
        step(photo.sku)
    _ok(client.post(f"/skus/{card.sku}/complete"))


def _deliver_photo(client: httpx.Client, photo: Photo, sent: Sent) -> None:
    data = photo.path.read_bytes()
    known = _id_of(photo, data)
    if known in sent.known:
        return
    suffix = photo.path.suffix.lstrip(".").lower()
    fields = {"intake_id": sent.intake_id, **photo.form}
    file = {"photo": (f"photo.{suffix}", data, MEDIA_TYPES[EXTENSIONS[suffix]])}
    answer = client.post(f"/skus/{photo.sku}/captures", data=fields, files=file)
    if answer.is_client_error:
        console.print(f"[yellow]row {photo.row}, {photo.path.name}: {escape(_reason(answer))}[/]")
        sent.refused += 1
        return
    _ok(answer)
    if answer.status_code == httpx.codes.OK:
        sent.elsewhere += 1
    else:
        sent.known.add(known)


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
    raise typer.Exit(STILL_DECODING)


def report_outcome(view: dict[str, Any], sent: Sent) -> bool:
    """Print what became of the delivery and what comes next; return whether all of the sheet is in it."""
    if not view["captures"] and not view["skus"]:
        console.print(f"[yellow]{_nothing(sent)}[/]", highlight=False)
        return False
    refused = [capture for capture in view["captures"] if capture["state"] == "refused"]
    for capture in refused:
        why = "; ".join(f["message"] for f in capture["findings"] if f["severity"] == "refuse")
        console.print(f"[yellow]{capture['sku']} {capture['shot']}: refused: {escape(why)}[/]", highlight=False)
    if sent.elsewhere:
        console.print(
            f"[yellow]{_count(sent.elsewhere, 'photo')} had been delivered before, by another account or under another "
            "reference; the SKUs stay with that delivery[/]",
            highlight=False,
        )
    waiting = [sku for sku, state in view["skus"].items() if state != "ready"]
    ready = len(view["skus"]) - len(waiting)
    more = f"; {len(waiting)} wait for photos: {', '.join(waiting)}" if waiting else ""
    console.print(f"{_count(ready, 'SKU')} ready{more}", highlight=False)
    if ready:
        console.print("next: drafts are made and checked; `trueshelf review queue` shows what waits for a person")
    return not (refused or sent.refused or sent.elsewhere or sent.left_out)


def _nothing(sent: Sent) -> str:
    if sent.elsewhere or sent.left_out:
        return (
            "nothing of this sheet is in your delivery: its photos had been delivered before, by another account or "
            "under another reference, and stay with that delivery. Nothing needs to be sent again; "
            "`trueshelf review queue` shows what waits. For photos that changed, record the change of the SKU first."
        )
    return "nothing of this sheet was taken: mend what is named above and run the same command again."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _ok(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answered(answer, "ingest")
    return body


def _reason(answer: httpx.Response) -> str:
    try:
        return problem_words(answer.json())
    except ValueError:
        return f"HTTP {answer.status_code}"
