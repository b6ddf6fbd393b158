"""`trueshelf demo`."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from trueshelf_cli.backing.program import BackingError
from trueshelf_cli.commands.life import up
from trueshelf_cli.commands.screen import console, told_plainly
from trueshelf_cli.commands.welcome import welcome
from trueshelf_cli.demo.catalogue import own, sample
from trueshelf_cli.demo.glance import glance
from trueshelf_cli.demo.story import Story
from trueshelf_cli.drill import ApiError
from trueshelf_cli.layout import Layout, find_layout
from trueshelf_ingest.cli import deliver, report_errors
from trueshelf_runtime.client import CallFailed, find_stack, open_client


def demo(
    photos: Annotated[
        Path | None, typer.Option(help="a folder of your own photos instead of the sample catalogue")
    ] = None,
) -> None:
    """Take a catalogue from photo to marketplace pack on this machine. The stack stays up."""
    layout = find_layout()
    with told_plainly():
        delivery = own(photos.expanduser()) if photos else sample(layout.root / "deploy" / "samples")
    up(drill=True)
    with told_plainly():
        stack = find_stack(layout.root)
        if not stack or not stack.get("drill"):
            raise BackingError("the running stack is no drill stack: `trueshelf down`, then try again")
        story = Story(
            delivery, layout.state / "demo" / "packs", lambda text: console.print(f"  {text}"), partial(glance, layout)
        )
        try:
            paths = _tell(story)
        except (ApiError, CallFailed) as error:
            raise BackingError(str(error)) from error
        _verify()
        _next_steps(paths, layout)


def _tell(story: Story) -> list[Path]:
    console.rule("intake", align="left")
    report_errors(story.delivery.sheet)
    with open_client("ingest", "capturer", "drill-capturer") as client:
        intake_id = deliver(client, story.delivery.sheet, story.delivery.reference)
    story.wait_for_photos(intake_id)
    console.rule("generate, qa, review: one batch is decided by practice accounts", align="left")
    batch = story.decide(story.find_batch()["batch_id"])
    console.rule("export", align="left")
    return story.order(batch)


def _verify() -> None:
    console.rule("audit", align="left")
    verdict = subprocess.run([sys.executable, "-m", "trueshelf_cli", "audit", "verify"], check=False)
    if verdict.returncode:
        raise BackingError("the audit log does not verify: the line above names the first bad entry")


def _next_steps(paths: list[Path], layout: Layout) -> None:
    console.rule("packs, stamped DRILL", align="left")
    for path in paths:
        console.print(f"  {path}", soft_wrap=True)
    console.print("\nThe stack stays up; the other batches wait in review. In a browser:")
    for line in welcome(layout):
        console.print(f"  {line}", soft_wrap=True)
    console.print(
        "\nOr in the terminal:\n"
        "  .venv/bin/trueshelf status                 processes, lag, backlog, counts\n"
        "  .venv/bin/trueshelf review next            decide a case in the terminal\n"
        "  .venv/bin/trueshelf audit approvals        who approved what, and when\n"
        "  .venv/bin/trueshelf intake FOLDER --sheet FILE.csv   deliver your own SKUs\n"
        "  make demo PHOTOS=FOLDER                    your own photos through the whole path\n"
        "  make down                                  stop everything"
    )
