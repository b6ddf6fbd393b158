"""`trueshelf pack …`: order, look, confirm, download, over the HTTP API; `trueshelf render`: one file, no stack."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx
import typer

from trueshelf_contracts.event import Role
from trueshelf_runtime.client import NoAccount, StackNotRunning, open_client

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Marketplace files: order, show, list, download, confirm rules."
)
Account = Annotated[str | None, typer.Option(help="a machine or drill account of the local stack")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
DONE = frozenset({"ready", "refused", "withdrawn"})
PERSON_NEEDED = frozenset({"waiting_rules", "awaiting_answers"})


@app.command()
def order(  # noqa: PLR0917 - typer makes options of them
    marketplace: Annotated[str, typer.Argument(help="kaspi, wildberries, ozon, etsy or ebay")],
    skus: Annotated[list[str], typer.Argument(help="SKUs; each gets a pack of its own")],
    slot: Annotated[list[str] | None, typer.Option(help="only these slots, main among them")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="item=yes or item=not_applicable, of scope pack")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key: the same key again is the same order")] = None,
    wait: Annotated[float, typer.Option(help="seconds to wait for the packs")] = 0.0,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Order files for a marketplace. A SKU that cannot be exported is refused with its reasons; the others go on."""
    body: dict[str, Any] = {"marketplace": marketplace, "skus": skus, "answers": _pairs(answer or [])}
    if slot:
        body["slots"] = slot
    with _client("uploader", account) as client:
        placed = _json(client.post("/orders", json=body, headers={"Idempotency-Key": key or str(uuid4())}))
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline and any(_moves(pack) for pack in placed["packs"]):
            time.sleep(0.5)
            placed = _json(client.get(f"/orders/{placed['order_id']}"))
    if as_json:
        typer.echo(json.dumps(placed, indent=2, ensure_ascii=False))
        return
    typer.echo(f"order {placed['order_id']} for {marketplace}{' (DRILL)' if placed['drill'] else ''}")
    for pack in placed["packs"]:
        _print(pack)


@app.command()
def show(pack_id: str, account: Account = None, as_json: AsJson = False) -> None:
    """Show where a pack stands: its files, what is missing, why it was refused."""
    with _client("uploader", account) as client:
        pack = _json(client.get(f"/packs/{pack_id}"))
    if as_json:
        typer.echo(json.dumps(pack, indent=2, ensure_ascii=False))
    else:
        _print(pack)


@app.command("list")
def list_(sku: str, account: Account = None, as_json: AsJson = False) -> None:
    """List a SKU's packs, newest first, and whether it could be ordered now."""
    with _client("uploader", account) as client:
        packs = _json(client.get("/orders", params={"sku": sku}))
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
    pack_id: str,
    answers: Annotated[list[str], typer.Argument(help="item=yes or item=not_applicable")],
    account: Account = None,
) -> None:
    """Answer the checklist of scope pack, item by item."""
    with _client("uploader", account) as client:
        _print(_json(client.post(f"/packs/{pack_id}/answers", json={"answers": _pairs(answers)})))


@app.command()
def download(
    pack_id: str,
    folder: Annotated[Path, typer.Argument(help="where the ZIP is put")] = Path(),
    account: Account = None,
) -> None:
    """Download a pack that is ready; it goes on record who did."""
    with _client("uploader", account) as client:
        name = _json(client.get(f"/packs/{pack_id}"))["file_name"]
        answered = client.get(f"/packs/{pack_id}/download")
        if answered.is_error:
            _json(answered)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / Path(name).name
        target.write_bytes(answered.content)
    typer.echo(str(target))


@app.command()
def confirm(  # noqa: PLR0917 - typer makes options of them
    marketplace: str,
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
    with _client("uploader", account) as client:
        if source is None:
            _print_profile(_json(client.get(f"/profiles/{marketplace}")))
            return
        body = {
            "source": source,
            "checked_on": datetime.now(UTC).date().isoformat(),
            "answers": _pairs(answer or []),
            "values": {name: int(text) for name, text in _pairs(value or []).items()},
            **({"valid_until": valid_until} if valid_until else {}),
        }
        path = f"/profiles/{marketplace}/confirmations"
        profile = _json(client.post(path, json=body, headers={"Idempotency-Key": key or str(uuid4())}))
    typer.echo(f"{profile['title']}: {profile['standing']} until {profile['confirmation']['valid_until']}")


def render(
    master: Annotated[Path, typer.Argument(help="a PNG without alpha")],
    marketplace: Annotated[str, typer.Argument(help="wildberries, ozon, etsy or ebay")],
    target: Annotated[Path, typer.Argument(help="the JPEG to write")],
) -> None:
    """Make one marketplace file of one picture, with no stack: the function that export's workers call."""
    from trueshelf_export.adapters.shipped import load_profiles  # noqa: PLC0415 - the client's verbs load no pixels
    from trueshelf_export.domain.profiles import ProfileError  # noqa: PLC0415
    from trueshelf_export.pixels import render as render_pixels  # noqa: PLC0415
    from trueshelf_imaging.pixels import PictureError  # noqa: PLC0415
    from trueshelf_runtime.errors import Refused  # noqa: PLC0415

    profile = load_profiles().get(marketplace)
    if profile is None:
        _fail(f"there is no profile for '{marketplace}'; there are {', '.join(load_profiles())}")
    try:
        limits = profile.limits()
        request = {
            "canvas": limits.canvas,
            "minimum": limits.minimum,
            "max_bytes": limits.max_bytes,
            "quality_floor": limits.quality_floor,
        }
        facts, (jpeg,) = render_pixels(request, (master.read_bytes(),))
    except (Refused, ProfileError, PictureError, OSError) as error:
        _fail(str(error))
    target.write_bytes(jpeg)
    typer.echo(json.dumps(facts))


def _client(role: Role, account: str | None) -> httpx.Client:
    try:
        return open_client("export", role=role, account=account)
    except (StackNotRunning, NoAccount) as error:
        _fail(str(error))


def _json(answered: httpx.Response) -> Any:
    """Return the body; a refusal ends the command with its words."""
    if not answered.is_error:
        return answered.json()
    try:
        problem = answered.json()
        _fail(f"{problem['detail']} {problem.get('advice', '')}".strip())
    except (ValueError, KeyError):
        _fail(f"export answered {answered.status_code}: {answered.text[:300]}")


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in texts)
    if wrong := [name for name, value in pairs.items() if not value]:
        _fail(f"'{wrong[0]}' is no pair: write it as name=value")
    return pairs


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
