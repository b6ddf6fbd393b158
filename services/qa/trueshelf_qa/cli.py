"""The `compare` verb of the trueshelf command: qa's comparison on files, without a stack."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from trueshelf_qa import similarity
from trueshelf_qa.domain.results import Verdict, gravest
from trueshelf_qa.pairs import Answer, Pair, TableError, answers, read_table
from trueshelf_qa.policy import Policy, Profile, ThresholdsError, load
from trueshelf_runtime.typed import nearest

app = typer.Typer(add_completion=False, help="Compare a draft with its source.")
console = Console()
EXIT = {"clear": 0, "flag": 10, "stop": 20, "unjudged": 30}
WRONG_USAGE = 2
COLOURS = {"clear": "green", "flag": "yellow", "stop": "red", "unjudged": "magenta"}


@app.command("compare")
def compare(
    source: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="the photo")] = None,
    variant: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="the draft made from it")] = None,
    *,
    profile: Annotated[
        Profile,
        typer.Option(
            help="composited: the photo's own pixels; generative: pixels may be invented; "
            "rendition: a marketplace file against its master"
        ),
    ] = "composited",
    category: Annotated[
        str, typer.Option(help="whose thresholds to use; a category without its own has the default ones")
    ] = "default",
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="CSV table instead of two files: columns source, variant, and if wanted category and profile; "
            "one JSON object a line comes out, in the table's order",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(
            help="limits of your own (`trueshelf qa calibrate`)",
            exists=True,
            dir_okay=False,
            envvar="TRUESHELF_QA_THRESHOLDS",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable")] = False,
    evidence: Annotated[
        Path | None, typer.Option(help="folder to write heat map, edge strip and close-ups to", file_okay=False)
    ] = None,
) -> None:
    """Register, then compare. Exit status: 0 clear, 10 flag, 20 stop, 30 unjudged, 2 wrong usage; a table: the gravest.

    Clear is no approval: a person looks at every picture (R-53).
    """
    policy = _policy(thresholds)
    _model()
    _folder(evidence)
    if pairs is not None:
        if source is not None:
            raise typer.BadParameter("give either SOURCE and VARIANT or --pairs, not both")
        raise typer.Exit(asyncio.run(_table(pairs, policy, evidence)))
    if source is None or variant is None:
        raise typer.BadParameter("two files are compared: SOURCE and VARIANT; a table of them with --pairs")
    _warn(category, policy.categories())
    answer = asyncio.run(_one(Pair(source, variant, category, profile), policy))
    if answer.refused is not None:
        typer.echo(f"{answer.refused.message}: {answer.refused.advice}", err=True)
        raise typer.Exit(WRONG_USAGE)
    _write(answer, evidence, variant.stem)
    if as_json:
        print(json.dumps({"thresholds": policy.ref.model_dump(), **answer.value}, ensure_ascii=False, indent=2))
    else:
        _show(answer.value)
    raise typer.Exit(EXIT[answer.value["verdict"]])


def _policy(thresholds: Path | None) -> Policy:
    try:
        return load(thresholds)
    except ThresholdsError as error:
        raise typer.BadParameter(str(error)) from error


async def _one(pair: Pair, policy: Policy) -> Answer:
    return await anext(answers((pair,), policy))


def _model() -> None:
    """Exits with 2 when the settings name a similarity model that is not there."""
    from trueshelf_imaging.network import NetworkError  # noqa: PLC0415 - the help needs no pixels

    try:
        similarity.card()
    except NetworkError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error


async def _table(path: Path, policy: Policy, evidence: Path | None) -> int:
    """Compare a table's pairs; return the exit status: that of the gravest, where a refused pair is unjudged."""
    try:
        pairs = read_table(path)
    except TableError as error:
        typer.echo(str(error), err=True)
        return WRONG_USAGE
    for category in sorted({pair.category for pair in pairs}):
        _warn(category, policy.categories())
    verdicts: list[Verdict] = []
    async for answer in answers(pairs, policy):
        verdicts.append(answer.value.get("verdict", "unjudged"))
        _write(answer, evidence, f"{len(verdicts):05}.{answer.pair.variant.stem}")
        print(json.dumps(_line(answer), ensure_ascii=False), flush=True)
    return EXIT[gravest(verdicts)]


def _line(answer: Answer) -> dict[str, Any]:
    """Return a pair's line: what was found, or the error."""
    line: dict[str, Any] = {"source": str(answer.pair.source), "variant": str(answer.pair.variant)}
    line |= {"category": answer.pair.category, "profile": answer.pair.profile, "verdict": answer.verdict}
    if answer.refused is not None:
        refused = answer.refused
        error = {"code": refused.code, "message": refused.message, "advice": refused.advice}
        return line | {"findings": [], "error": error}
    return line | {"findings": _once(check for check in answer.value["checks"] if check["verdict"] != "clear")}


def _once(checks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks, of those that give the same reason why nothing could be judged only the first."""
    found: dict[Any, dict[str, Any]] = {}
    for check in checks:
        alike = check["sentence"] if check["verdict"] == "unjudged" and not check["metrics"] else check["check"]
        found.setdefault(alike, check)
    return list(found.values())


def _write(answer: Answer, folder: Path | None, stem: str) -> None:
    """Write a pair's evidence pictures, named after the variant and what they show."""
    if folder is None or not answer.pictures:
        return
    for shown, png in zip(answer.value["evidence"], answer.pictures, strict=True):
        what = ".".join(filter(None, (shown["kind"], shown["check"])))
        (folder / f"{stem}.{what}.png").write_bytes(png)


def _folder(evidence: Path | None) -> None:
    """Make the folder before anything is judged. Exits with 2 where that cannot be done."""
    if evidence is None:
        return
    try:
        evidence.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        typer.echo(f"{evidence} cannot be made: {error.strerror}. Name a folder that you may write to.", err=True)
        raise typer.Exit(WRONG_USAGE) from error


def _warn(category: str, known: frozenset[str]) -> None:
    """Say on standard error that the category has no thresholds of its own: legal, but it may be a slip of the hand."""
    if category in known:
        return
    meant = nearest(category, known)
    typer.echo(
        f"note: the category {category!r} has no thresholds of its own, the default ones are used. "
        f"{f'Did you mean {meant}? ' if meant else ''}With thresholds: {', '.join(sorted(known))}.",
        err=True,
    )


def _show(found: dict[str, Any]) -> None:
    table = Table("check", "verdict", "what was seen", "numbers")
    checks = _once(found["checks"])
    for check in sorted(checks, key=lambda check: check["verdict"] == "clear"):
        numbers = ", ".join(f"{metric['name']} {metric['value']:g}" for metric in check["metrics"])
        colour = COLOURS[check["verdict"]]
        table.add_row(check["check"], f"[{colour}]{check['verdict']}[/]", check["sentence"], numbers)
    for absent in found["unavailable"]:
        table.add_row(absent["check"], "–", absent["sentence"], "")
    verdict = found["verdict"]
    console.print(table)
    console.print(f"verdict: [{COLOURS[verdict]}]{verdict}[/] (a person decides; this only prepares it)")
