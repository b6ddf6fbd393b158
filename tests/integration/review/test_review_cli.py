"""`trueshelf review …` against the running service."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from integration.review.conftest import Rig
from trueshelf_review.cli import app

pytestmark = pytest.mark.integration
Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def command(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Command:
    async def run(*arguments: str, typed: str = "", who: str = "anna") -> Result:
        token = rig.person(who).headers["Authorization"].removeprefix("Bearer ")
        monkeypatch.setenv("TRUESHELF_REVIEW_URL", rig.service.url)
        monkeypatch.setenv("TRUESHELF_TOKEN", token)
        monkeypatch.setenv("COLUMNS", "250")
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=typed)

    return run


async def test_next_show_and_decide_with_items_asked_one_by_one(rig: Rig, command: Command):
    """R-71: the terminal asks each item too."""
    sku = rig.sku("cliwork")
    await rig.send([sku.planned(), *sku.drafts(verdict="flag")])
    case = await rig.case(sku.sku)
    shown = await command("next", "--category", "cliwork")
    assert shown.exit_code == 0, shown.output
    assert sku.sku in shown.output
    assert "colour_matches" in shown.output
    assert (await command("next", "--category", "cliwork")).exit_code == 1, "nothing else waits"
    again = await command("show", case["case_id"], "--json")
    items = json.loads(again.output)["checklist"]["items"]
    decide = ("decide", case["case_id"], "approve")
    small = await command(*decide, "--answers", ",".join(["yes"] * len(items)), "--acknowledge", "--screen", "390x800")
    assert small.exit_code == 2
    assert "R-62" in small.stderr
    unseen = await command(*decide, "--answers", ",".join(["yes"] * len(items)), "--screen", "1600x900")
    assert "findings not acknowledged: halo" in unseen.stderr
    few = await command(*decide, "--answers", "yes,yes", "--screen", "1600x900")
    assert "answers given" in few.stderr
    taken = await command(*decide, "--acknowledge", typed="yes\n" * len(items) + "1920x1080\n")
    assert taken.exit_code == 0, taken.output + taken.stderr
    event = await rig.stated("VariantApproved", sku.sku)
    assert event["viewport"]["width"] == 1920
    assert len(event["answers"]) == len(items)


async def test_reject_with_reasons_and_the_batch_in_a_table(rig: Rig, command: Command):
    sku = rig.sku()
    await rig.send([sku.planned(), *sku.drafts()])
    case = await rig.case(sku.sku)
    done = await command(
        "decide", case["case_id"], "reject", "--reason", "shape_changed:the clasp moved", "--then", "reshoot",
        "--shot", "front", "--screen", "1600x900",
    )  # fmt: skip
    assert done.exit_code == 0, done.output + done.stderr
    asked = await rig.stated("ReshootAsked", sku.sku)
    assert asked["reasons"] == [{"code": "shape_changed", "checklist_item": None, "note": "the clasp moved"}]
    batch = await command("batch", str(sku.batch))
    assert batch.exit_code == 0
    assert "open" in batch.output
    reasons = await command("reasons")
    assert "Shape or proportions changed" in reasons.output
    queue = await command("queue", "--json")
    assert "lines" in json.loads(queue.output)


async def test_errors_say_what_to_do(command: Command):
    missing = await command("show", "00000000-0000-0000-0000-000000000000")
    assert missing.exit_code == 2
    assert "there is no case" in missing.stderr
