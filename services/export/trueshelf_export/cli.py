"""`trueshelf pack …`: order, look, confirm, download, over the HTTP API."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

import httpx
import typer

from trueshelf_contracts.refs import Marketplace, Slot
from trueshelf_export.cli_given import checked_sku, day, numbers, pairs, write
from trueshelf_export.cli_render import FAILED, render
from trueshelf_runtime.client import answered, reached, told
from trueshelf_runtime.typed import known_word, whole_id

__all__ = ["app", "render"]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Marketplace files: order, show, list, download, confirm rules."
)
Account = Annotated[str | None, typer.Option(help="a machine or drill account of the local stack")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
DONE = frozenset({"ready", "refused", "withdrawn"})
PERSON_NEEDED = frozenset({"waiting_rules", "awaiting_answers"})
PackId = Annotated[str, typer.Argument(help="the pack's whole id, as `pack list SKU` shows it")]
Market = Annotated[str, typer.Argument(help=", ".join(get_args(Marketplace)))]


@app.command()
def order(  # noqa: PLR0917 - typer makes options of them
    marketplace: Market,
    skus: Annotated[list[str], typer.Argument(help="SKUs; each gets a pack of its own")],
    slot: Annotated[list[str] | None, typer.Option(help="only these slots, main among them")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="item=yes or item=not_applicable, of scope pack")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key: the same key again is the same order")] = None,
    wait: Annotated[float, typer.Option(help="seconds to wait for the packs")] = 0.0,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Order files for a marketplace. A SKU that cannot be exported is refused with its reasons; the others go on.

    Exit status: 0 every SKU was ordered, 1 at least one was refused or the order was not placed.
    """
    with _client(account) as client:
        known_word(marketplace, "marketplace", get_args(Marketplace))
        body: dict[str, Any] = {
            "marketplace": marketplace,
            "skus": [checked_sku(name) for name in skus],
            "answers": pairs(answer or []),
        }
        if slot:
            body["slots"] = [known_word(name, "slot", get_args(Slot)) for name in slot]
        placed = _json(client.post("/orders", json=body, headers={"Idempotency-Key": key or str(uuid4())}))
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline and any(_moves(pack) for pack in placed["packs"]):
            time.sleep(0.5)
            placed = _json(client.get(f"/orders/{placed['order_id']}"))
    if as_json:
        typer.echo(json.dumps(placed, indent=2, ensure_ascii=False))
    else:
        typer.echo(f"order {placed['order_id']} for {marketplace}{' (DRILL)' if placed['drill'] else ''}")
        for pack in placed["packs"]:
            _print(pack)
    refused = [pack["sku"] for pack in placed["packs"] if pack["state"] == "refused"]
    if refused:
        typer.echo(f"refused: {len(refused)} of {len(placed['packs'])} SKUs: {', '.join(refused)}", err=True)
        raise typer.Exit(FAILED)


@app.command()
def show(pack_id: PackId, account: Account = None, as_json: AsJson = False) -> None:
    """Show where a pack stands: its files, what is missing, why it was refused."""
    with _client(account) as client:
        pack = _json(client.get(f"/packs/{_pack(pack_id)}"))
    if as_json:
        typer.echo(json.dumps(pack, indent=2, ensure_ascii=False))
    else:
        _print(pack)


@app.command("list")
def list_(sku: str, account: Account = None, as_json: AsJson = False) -> None:
    """List a SKU's packs, newest first, and whether it could be ordered now."""
    with _client(account) as client:
        packs = _json(client.get("/orders", params={"sku": checked_sku(sku)}))
        exportable = _json(client.get("/exportable", params={"sku": sku}))
    if as_json:
        typer.echo(json.dumps({"packs": packs, "exportable": exportable}, indent=2, ensure_ascii=False))
        return
    for pack in packs:
        _print(pack)
    for entry in exportable:
        state = "may be ordered" if entry["exportable"] else "may not be ordered"
        rules = "" if entry["standing"] == "current" else f"; its rules are {entry['standing']}: the order would wait"
        typer.echo(f"{entry['marketplace']:<12} {state}{rules}")
        for reason in entry["reasons"]:
            typer.echo(f"    {reason['code']}: {reason['message']}")


@app.command()
def answer(
    pack_id: PackId,
    answers: Annotated[list[str], typer.Argument(help="item=yes or item=not_applicable")],
    account: Account = None,
) -> None:
    """Answer the checklist of scope pack, item by item."""
    with _client(account) as client:
        _print(_json(client.post(f"/packs/{_pack(pack_id)}/answers", json={"answers": pairs(answers)})))


@app.command()
def download(
    pack_id: PackId,
    folder: Annotated[Path, typer.Argument(help="where the ZIP is put")] = Path(),
    account: Account = None,
) -> None:
    """Download a pack that is ready; it goes on record who did."""
    with _client(account) as client:
        path = f"/packs/{_pack(pack_id)}"
        name = _json(client.get(path))["file_name"]
        pack = client.get(f"{path}/download")
        if pack.is_error:
            _json(pack)
        file = folder / Path(name).name
        write(file, pack.content)
    typer.echo(str(file))


@app.command()
def confirm(  # noqa: PLR0917 - typer makes options of them
    marketplace: Market,
    source: Annotated[str | None, typer.Option(help="what you read: an address or the cabinet's page")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="item=yes or item=not_applicable, of scope marketplace")
    ] = None,
    value: Annotated[list[str] | None, typer.Option(help="name=number, as canvas_width=1600")] = None,
    valid_until: Annotated[str | None, typer.Option(help="YYYY-MM-DD; 90 days after today unless given")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key")] = None,
    account: Account = None,
) -> None:
    """Confirm that you read the marketplace's current rules (R-88). Without --source: show what to read and answer."""
    with _client(account) as client:
        known_word(marketplace, "marketplace", get_args(Marketplace))
        if source is None:
            _print_profile(_json(client.get(f"/profiles/{marketplace}")))
            return
        body = {
            "source": source,
            "checked_on": datetime.now(UTC).date().isoformat(),
            "answers": pairs(answer or []),
            "values": numbers(value or []),
            **({"valid_until": day(valid_until)} if valid_until else {}),
        }
        path = f"/profiles/{marketplace}/confirmations"
        profile = _json(client.post(path, json=body, headers={"Idempotency-Key": key or str(uuid4())}))
    typer.echo(f"{profile['title']}: {profile['standing']} until {profile['confirmation']['valid_until']}")


@contextmanager
def _client(account: str | None) -> Iterator[httpx.Client]:
    with told(FAILED), reached("export", "uploader", account) as client:
        yield client


def _json(answer: httpx.Response) -> Any:
    return answered(answer, "export")


def _pack(pack_id: str) -> str:
    return whole_id(pack_id, "pack", "`trueshelf pack list SKU` (a file's name holds only its first eight digits)")


def _moves(pack: dict[str, Any]) -> bool:
    return pack["state"] not in DONE | PERSON_NEEDED


def _print(pack: dict[str, Any]) -> None:
    typer.echo(f"{pack['pack_id']}  {pack['sku']} v{pack['sku_version']}  {pack['marketplace']}  {pack['state']}")
    typer.echo(f"    {pack['sentence']}")
    for reason in pack["reasons"]:
        typer.echo(f"    {reason['code']}: {reason['message']}")
    for item in pack["unanswered"]:
        typer.echo(f"    to answer: {item['item']}: {item['question']}")
    for file in pack["files"]:
        typer.echo(f"    {file['position']}. {file['slot']:<12} {file['name']:<32} {file['state']}")


def _print_profile(profile: dict[str, Any]) -> None:
    content = profile["content"]
    typer.echo(f"{profile['title']}: {profile['standing']}; read {content['checked_on']} by {content['checked_by']}")
    for name, value in content["values"].items():
        typer.echo(f"    {name:<16} {value['value']:<10} {value['confidence']}  {value['source']}")
    for name in profile["to_enter"]:
        typer.echo(f"    {name:<16} to be entered: --value {name}=…")
    for entry in content["guidance"]:
        typer.echo(f"    {entry['topic']}: {entry['text']} ({entry['confidence']})")
    for item in profile["checklist"]:
        typer.echo(f"    to answer: --answer {item['item']}=yes  {item['question']}")
