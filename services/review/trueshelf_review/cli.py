"""`trueshelf review …`: the queue in a terminal, over the HTTP API. The pictures are looked at on a large screen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

import httpx
import typer
from rich.console import Console
from rich.text import Text

from trueshelf_review.cli_body import Given, answers_of, body_of
from trueshelf_review.cli_checks import (
    KINDS,
    check_against,
    check_typed,
    reasons_of,
    screen_of,
    shots_of,
    whole_decision,
)
from trueshelf_review.cli_pictures import fetch, pictures_of
from trueshelf_review.cli_tables import batch_table, case_tables, queue_table, reasons_table
from trueshelf_review.domain.cases import CaseKind
from trueshelf_runtime.client import CallFailed, answered, reached, told
from trueshelf_runtime.typed import known_word, whole_id

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Review: what waits, one case, one decision.")
console = Console()
Account = Annotated[str | None, typer.Option(help="drill account; without it TRUESHELF_TOKEN, or drill-reviewer")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
CaseId = Annotated[str, typer.Argument(help="the case's id, from `review next`")]
BatchId = Annotated[str, typer.Argument(help="the batch's id, from `review show`")]
ReasonHelp = "CODE, or CODE:words; `trueshelf review reasons` has the codes"
_NOTHING = 204
_FAILED = 2


@app.command()
def queue(account: Account = None, as_json: AsJson = False) -> None:
    """Show what waits, by category and kind."""
    with _client(account) as client:
        _print(_ok(client.get("/queue")), as_json, lambda view: [queue_table(view)])


@app.command("next")
def next_(
    kind: Annotated[list[str] | None, typer.Option(help="slot, generation, second, spot or rendition")] = None,
    category: Annotated[list[str] | None, typer.Option(help="only these categories")] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Take the first case that waits for you and show it."""
    with _client(account) as client:
        kinds = [known_word(name, "kind of case", get_args(CaseKind)) for name in kind or ()]
        answer = client.post("/cases/next", json={"kinds": kinds, "categories": category or []})
        if answer.status_code == _NOTHING:
            console.print("nothing waits for you")
            raise typer.Exit(1)
        _print(_ok(answer), as_json, case_tables)


@app.command()
def show(case_id: CaseId, account: Account = None, as_json: AsJson = False) -> None:
    """Show a case with everything needed to decide it."""
    with _client(account) as client:
        _print(_ok(client.get(f"/cases/{_case(case_id)}")), as_json, case_tables)


@app.command()
def pictures(
    case_id: CaseId,
    out: Annotated[Path, typer.Option("-o", "--out", file_okay=False, help="the folder to save them in")],
    account: Account = None,
) -> None:
    """Save a case's pictures: sources, masters, previews, heat maps. Look at them on a large screen (R-62)."""
    with _client(account) as client:
        case = _ok(client.get(f"/cases/{_case(case_id)}"))
        named = pictures_of(case)
        missing = 0
        for picture in named:
            try:
                typer.echo(str(fetch(client, case["case_id"], picture, out)))
            except CallFailed as error:
                missing += 1
                typer.echo(f"{picture.name}: {error}", err=True)
        if missing:
            raise CallFailed(f"{missing} of {len(named)} pictures could not be saved.")


@app.command()
def decide(  # noqa: PLR0917 - a command's options
    case_id: CaseId,
    kind: Annotated[str, typer.Argument(help=f"one of the case's decisions: {', '.join(KINDS)}")],
    variant: Annotated[
        int | None,
        typer.Option(help="approve, dispute: which one, as `show` numbers them; default 1. reject covers them all"),
    ] = None,
    answers: Annotated[str | None, typer.Option(help="yes,no,not_applicable … in the checklist's order")] = None,
    reason: Annotated[list[str] | None, typer.Option(help=ReasonHelp)] = None,
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
    with _client(account) as client:
        path = f"/cases/{_case(case_id)}"
        whole = whole_decision(file) if file else None
        if whole is None:
            check_typed(given, screen)
        case = _ok(client.post(f"{path}/lease"))
        if whole is None:
            check_against(case, given)
        body = whole or body_of(case, given, answers_of(case, given, _ask))
        body.setdefault("case_version", case["version"])
        body.setdefault("viewport", _viewport(screen, case["min_viewport_width"]))
        key = {"Idempotency-Key": str(uuid4())}
        taken = _ok(client.post(f"{path}/decisions", json=body, headers=key))
    if as_json:
        typer.echo(json.dumps(taken, indent=2, ensure_ascii=False))
        return
    console.print(
        f"{taken['kind']}: pending until {taken['undo_until']}; `trueshelf review undo {taken['decision_id']}`",
        soft_wrap=True,
    )


@app.command()
def reasons(account: Account = None, as_json: AsJson = False) -> None:
    """Show the reasons that may be given."""
    with _client(account) as client:
        _print(_ok(client.get("/reasons")), as_json, lambda view: [reasons_table(view)])


@app.command()
def undo(
    decision_id: Annotated[str, typer.Argument(help="the decision's id, as `review decide` printed it")],
    account: Account = None,
) -> None:
    """Take your decision back, within the time."""
    with _client(account) as client:
        decision = whole_id(decision_id, "decision", "what `trueshelf review decide` printed, or from `show`")
        state = _ok(client.post(f"/decisions/{decision}/undo"))["state"]
    console.print(f"{state}; the case is open again, and yours")


@app.command()
def batch(batch_id: BatchId, account: Account = None, as_json: AsJson = False) -> None:
    """Show a batch, what was approved in it, and its spot check."""
    with _client(account) as client:
        _print(_ok(client.get(f"/batches/{_batch(batch_id)}")), as_json, lambda view: [batch_table(view)])


@app.command()
def release(
    batch_id: BatchId, reason: Annotated[str, typer.Option(help="why the quarantine ends")], account: Account = None
) -> None:
    """End a quarantine: for a senior who approved nothing in the batch."""
    with _client(account) as client:
        console.print(_ok(client.post(f"/batches/{_batch(batch_id)}/release", json={"reason": reason}))["state"])


@app.command()
def withdraw(
    approval_id: Annotated[str, typer.Argument(help="the approval's id, from `review batch`")],
    reason: Annotated[list[str], typer.Option(help=ReasonHelp)],
    shot: Annotated[list[str] | None, typer.Option(help="what to photograph again")] = None,
    account: Account = None,
) -> None:
    """End an approval that stands."""
    with _client(account) as client:
        approval = whole_id(approval_id, "approval", "`trueshelf review batch ID`")
        body = {"reasons": reasons_of(reason), "shots": shots_of(shot or ())}
        view = _ok(client.post(f"/approvals/{approval}/withdraw", json=body))
    console.print(f"the approval of {view['sku']} for {view['slot']} is withdrawn")


def _ask(item: dict[str, Any]) -> str:
    choices = "yes/no/not_applicable" if item["may_not_apply"] else "yes/no"
    return str(typer.prompt(f"{item['text']['en']} [{choices}]"))


def _viewport(screen: str, minimum: int) -> dict[str, int]:
    """Return the screen that the person says they looked on (R-62): self-reported, and the record says so."""
    said = screen or str(typer.prompt(f"screen on which you looked, CSS pixels, at least {minimum} wide (1920x1080)"))
    return screen_of(said)


def _print(view: dict[str, Any], as_json: bool, tables: Any) -> None:
    if as_json:
        typer.echo(json.dumps(view, indent=2, ensure_ascii=False))
        return
    for table in tables(view):
        console.print(table, soft_wrap=isinstance(table, Text))  # a command to copy is never broken


@contextmanager
def _client(account: str | None) -> Iterator[httpx.Client]:
    with told(_FAILED), reached("review", "reviewer", account) as client:
        yield client


def _ok(answer: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = answered(answer, "review")
    return body


def _case(text: str) -> str:
    return whole_id(text, "case", "`trueshelf review next`")


def _batch(text: str) -> str:
    return whole_id(text, "batch", "`trueshelf review show CASE`")
