"""`trueshelf review …`: the queue in a terminal, over the HTTP API. The pictures are looked at on a large screen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx
import typer
from rich.console import Console

from trueshelf_contracts.event import Role
from trueshelf_review.cli_body import Given, approval, dispute, rejection, rendition, spot
from trueshelf_review.cli_tables import batch_table, case_tables, queue_table
from trueshelf_runtime.client import NoAccount, StackNotRunning, open_client

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Review: what waits, one case, one decision.")
console = Console()
Account = Annotated[str | None, typer.Option(help="drill account; without it TRUESHELF_TOKEN, or drill-reviewer")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
CaseId = Annotated[str, typer.Argument(help="the case's id")]
_NOTHING = 204


@app.command()
def queue(account: Account = None, as_json: AsJson = False) -> None:
    """Show what waits, by category and kind."""
    with _client("reviewer", account) as client:
        _print(_ok(client.get("/queue")), as_json, lambda view: [queue_table(view)])


@app.command("next")
def next_(
    kind: Annotated[list[str] | None, typer.Option(help="slot, generation, second, spot or rendition")] = None,
    category: Annotated[list[str] | None, typer.Option(help="only these categories")] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Take the first case that waits for you and show it."""
    with _client("reviewer", account) as client:
        answer = client.post("/cases/next", json={"kinds": kind or [], "categories": category or []})
        if answer.status_code == _NOTHING:
            console.print("nothing waits for you")
            raise typer.Exit(1)
        _print(_ok(answer), as_json, case_tables)


@app.command()
def show(case_id: CaseId, account: Account = None, as_json: AsJson = False) -> None:
    """Show a case with everything needed to decide it."""
    with _client("reviewer", account) as client:
        _print(_ok(client.get(f"/cases/{case_id}")), as_json, case_tables)


@app.command()
def decide(  # noqa: PLR0917 - a command's options
    case_id: CaseId,
    kind: Annotated[str, typer.Argument(help="one of the case's decisions: approve, reject, dispute, spot_good, …")],
    variant: Annotated[int, typer.Option(help="which variant, as `show` numbers them")] = 1,
    answers: Annotated[str | None, typer.Option(help="yes,no,not_applicable … in the checklist's order")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="code, or code:words")] = None,
    then: Annotated[
        str, typer.Option(help="after reject: regenerate, reshoot, keep_original or abandon")
    ] = "regenerate",
    change: Annotated[str, typer.Option(help="what to regenerate differently, as JSON")] = "{}",
    shot: Annotated[list[str] | None, typer.Option(help="what to photograph again")] = None,
    override: Annotated[str, typer.Option(help="why a stopped variant is good all the same")] = "",
    acknowledge: Annotated[bool, typer.Option(help="you looked at every finding and judge it harmless")] = False,
    note: Annotated[str, typer.Option(help="words beside it")] = "",
    file: Annotated[Path | None, typer.Option(exists=True, help="the whole decision as JSON")] = None,
    screen: Annotated[str, typer.Option(help="CSS pixels of the screen on which you looked, e.g. 1920x1080")] = "",
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Decide a case. Checklist items are asked one by one unless --answers or --file gives them (R-71)."""
    given = Given(
        kind, variant, answers, tuple(reason or ()), then, change, tuple(shot or ()), override, acknowledge, note
    )
    with _client("reviewer", account) as client:
        case = _ok(client.post(f"/cases/{case_id}/lease"))
        body = json.loads(file.read_text(encoding="utf-8")) if file else _body(case, given)
        body.setdefault("case_version", case["version"])
        body.setdefault("viewport", _viewport(screen, case["min_viewport_width"]))
        key = {"Idempotency-Key": str(uuid4())}
        taken = _ok(client.post(f"/cases/{case_id}/decisions", json=body, headers=key))
    if as_json:
        typer.echo(json.dumps(taken, indent=2, ensure_ascii=False))
        return
    console.print(
        f"{taken['kind']}: pending until {taken['undo_until']}; `trueshelf review undo {taken['decision_id']}`"
    )


@app.command()
def undo(decision_id: str, account: Account = None) -> None:
    """Take your decision back, within the time."""
    with _client("reviewer", account) as client:
        console.print(
            f"{_ok(client.post(f'/decisions/{decision_id}/undo'))['state']}; the case is open again, and yours"
        )


@app.command()
def batch(batch_id: str, account: Account = None, as_json: AsJson = False) -> None:
    """Show a batch, what was approved in it, and its spot check."""
    with _client("reviewer", account) as client:
        _print(_ok(client.get(f"/batches/{batch_id}")), as_json, lambda view: [batch_table(view)])


@app.command()
def release(
    batch_id: str, reason: Annotated[str, typer.Option(help="why the quarantine ends")], account: Account = None
) -> None:
    """End a quarantine: for a senior who approved nothing in the batch."""
    with _client("reviewer", account) as client:
        console.print(_ok(client.post(f"/batches/{batch_id}/release", json={"reason": reason}))["state"])


@app.command()
def withdraw(
    approval_id: str,
    reason: Annotated[list[str], typer.Option(help="code, or code:words")],
    shot: Annotated[list[str] | None, typer.Option(help="what to photograph again")] = None,
    account: Account = None,
) -> None:
    """End an approval that stands."""
    body = {"reasons": Given(reasons=tuple(reason)).said(), "shots": shot or []}
    with _client("reviewer", account) as client:
        view = _ok(client.post(f"/approvals/{approval_id}/withdraw", json=body))
    console.print(f"the approval of {view['sku']} for {view['slot']} is withdrawn")


def _body(case: dict[str, Any], given: Given) -> dict[str, Any]:
    """Return the decision; checklist items without an answer are asked."""
    match given.kind:
        case "approve":
            items = case["checklist"]["items"]
            said = given.answers.split(",") if given.answers else [_ask(item) for item in items]
            if len(said) != len(items):
                _fail(f"{len(items)} items to answer, {len(said)} answers given: one each, in the order of `show`")
            return approval(case, given, said)
        case "reject":
            return rejection(case, given)
        case "dispute":
            return dispute(case, given)
        case "spot_good" | "spot_bad":
            return spot(given)
        case "rendition_accept" | "rendition_reject":
            return rendition(case, given)
        case _:
            return {"kind": given.kind, "reasons": given.said(), **given.following(given.kind)}


def _ask(item: dict[str, Any]) -> str:
    choices = "yes/no/not_applicable" if item["may_not_apply"] else "yes/no"
    return str(typer.prompt(f"{item['text']['en']} [{choices}]"))


def _viewport(screen: str, minimum: int) -> dict[str, int]:
    """Return the screen that the person says they looked on (R-62): self-reported, and the record says so."""
    said = screen or str(typer.prompt(f"screen on which you looked, CSS pixels, at least {minimum} wide (1920x1080)"))
    width, _, height = said.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        _fail(f"{said!r} is no screen size: say it as 1920x1080")
    return {"width": int(width), "height": int(height)}


def _print(view: dict[str, Any], as_json: bool, tables: Any) -> None:
    if as_json:
        typer.echo(json.dumps(view, indent=2, ensure_ascii=False))
        return
    for table in tables(view):
        console.print(table)


@contextmanager
def _client(role: Role, account: str | None) -> Iterator[httpx.Client]:
    try:
        with open_client("review", role=role, account=account) as client:
            yield client
    except (StackNotRunning, NoAccount) as error:
        _fail(str(error))
    except httpx.TransportError as error:
        _fail(f"review does not answer: {error}; see `trueshelf status`")


def _ok(answer: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON; a problem is told and ends the command."""
    try:
        data: dict[str, Any] = answer.json()
    except ValueError:
        _fail(f"review answered {answer.status_code} without JSON")
    if not answer.is_success:
        _fail(f"{data.get('detail', answer.status_code)} {data.get('advice', '')}".strip())
    return data


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)
