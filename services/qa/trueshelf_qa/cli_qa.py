"""The `qa` verb: limits from the company's own honest pairs, and faults made on purpose to test them."""

import asyncio
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from trueshelf_qa.cli_inject import inject
from trueshelf_qa.pairs import TableError, read_table
from trueshelf_qa.policy import ThresholdsError, load, parse

if TYPE_CHECKING:
    from trueshelf_qa.calibration import Calibrated
    from trueshelf_qa.policy import Policy, Profile

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Calibrate and test the automatic comparison.")
console = Console()
WRONG_USAGE = 2


@app.callback()
def qa() -> None:
    """Calibrate and test the automatic comparison."""


app.command()(inject)


@app.command()
def calibrate(
    pairs: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV of honest pairs: columns source, variant, and if wanted sku, category and profile",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="the new thresholds file", dir_okay=False)],
    false_alarms: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="share of honest pairs that may be flagged")
    ] = 0.02,
    keep: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="no limit falls below this share of the present one")
    ] = 0.5,
    version: Annotated[str, typer.Option(help="of the new file; else today's date and a number")] = "",
    thresholds: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="the present limits; else the release's")
    ] = None,
) -> None:
    """Derive both profiles' limits from honest pairs, and say what changed and how sure that is.

    Calibrate on other products than those whose figures you quote. To use the file: TRUESHELF_QA_THRESHOLDS.
    """
    from trueshelf_qa.calibrating import file_of, measure, next_version, recalibrated  # noqa: PLC0415 - brings numpy
    from trueshelf_qa.calibration import FEW  # noqa: PLC0415

    try:
        policy, table = load(thresholds), read_table(pairs)
    except (TableError, ThresholdsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USAGE) from error
    if not os.access(out.parent, os.W_OK):
        typer.echo(f"{out} cannot be written: there is no folder {out.parent} that you may write to", err=True)
        raise typer.Exit(WRONG_USAGE)
    measured = asyncio.run(measure(table, policy))
    for answer in measured.refused:
        typer.echo(f"left out: {answer.pair.variant}: {answer.refused and answer.refused.message}", err=True)
    found = recalibrated(measured, policy, false_alarms, keep)
    if not found:
        typer.echo("no pair of the table could be compared: nothing was written", err=True)
        raise typer.Exit(WRONG_USAGE)
    few = [f"{profile}, {category}: {one.skus}" for (profile, category), one in found.items() if one.skus < FEW]
    if few:
        said = (
            f"limits from fewer than {FEW} SKUs are a guess ({'; '.join(few)}): calibrate on more before you use them"
        )
        typer.echo(said, err=True)
    text = file_of(policy, found, false_alarms, version or next_version(policy.ref.version, datetime.now(UTC).date()))
    written = parse(text.encode())
    out.write_text(text, "utf-8")
    for (profile, category), one in found.items():
        _show(policy, profile, category, one)
    if measured.unjudged:
        console.print(f"{measured.unjudged} pairs could not be aligned: they are unjudged whatever the limits are")
    console.print(f"{out}: version {written.ref.version}, sha256 {written.ref.sha256}")


def _show(policy: "Policy", profile: "Profile", category: str, one: "Calibrated") -> None:
    """Print old and new limits of one table, with the intervals."""
    table = Table("check", "metric", "flag", "new", "95 % over SKUs", title=f"{profile}, {category}")
    present = policy.limits(profile, category)
    for (check, name), flag in one.flags.items():
        old = present[check][name].flag
        mark = "" if old == flag.value else "[bold]"
        table.add_row(check, name, f"{old:g}", f"{mark}{flag.value:g}", f"{flag.low:g} – {flag.high:g}")
    console.print(table)
    unseen = f"{one.unseen.value:.1%} ({one.unseen.low:.1%} – {one.unseen.high:.1%})"
    if math.isnan(one.unseen.value):
        unseen = "unknown: one SKU tells nothing of others"
    console.print(
        f"{one.pairs} pairs of {one.skus} SKUs: alarms on {one.alarms:.1%} of them; on SKUs left out {unseen}"
    )
