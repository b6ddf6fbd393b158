"""Cases, queue and batches as tables for a terminal."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from trueshelf_review.cli_pictures import rendition_stem, source_name, variant_stem

COLOURS = {"clear": "green", "unjudged": "yellow", "flag": "yellow", "stop": "red"}


def queue_table(view: dict[str, Any]) -> Table:
    table = Table("category", "kind", "waiting", "leased", "asked for", "oldest", title=f"{view['total']} cases wait")
    for line in view["lines"]:
        age = timedelta(seconds=int(line["oldest_seconds"]))
        counts = (str(line[name]) for name in ("waiting", "leased", "asked_for"))
        table.add_row(line["category"], line["kind"], *counts, str(age))
    return table


def reasons_table(view: dict[str, Any]) -> Table:
    table = Table("code", "about", "in words", title=f"reasons {view['version']}")
    for each in view["reasons"]:
        table.add_row(each["code"], ", ".join(each["about"]), each["text"]["en"])
    return table


def case_tables(case: dict[str, Any]) -> Iterator[Table | Text]:
    """Give the case, its variants with their findings, its checklist, what may be decided, and how to see it."""
    yield _head(case)
    if case["variants"]:
        yield _variants(case["variants"])
    if case["refusals"]:
        table = Table("mode", "refused because", "what to do", title="refused items")
        for item in case["refusals"]:
            table.add_row(item["mode"], item["message"], item["advice"])
        yield table
    if case["rendition"]:
        yield _rendition(case["rendition"])
    if case["kind"] in ("slot", "second"):
        yield _checklist(case["checklist"])
    if case["decisions_open"]:
        yield _options(case)
    if case["captures"] or case["variants"] or case["rendition"]:
        yield Text(f"save the pictures: trueshelf review pictures {case['case_id']} -o FOLDER")


def _checklist(checklist: dict[str, Any]) -> Table:
    table = Table("#", "item", "look at", title=f"checklist {checklist['name']} {checklist['version']}")
    for number, item in enumerate(checklist["items"], start=1):
        table.add_row(str(number), item["code"], item["text"]["en"])
    return table


def _options(case: dict[str, Any]) -> Table:
    table = Table("decision", "", title="you may")
    for option in case["decisions_open"]:
        table.add_row(option["kind"], option["refused_because"] or "[green]open[/]")
    for option in case["then_open"]:
        table.add_row(f"reject, then {option['kind']}", option["refused_because"] or "[green]open[/]")
    return table


def _head(case: dict[str, Any]) -> Table:
    table = Table(
        show_header=False, title=f"{case['kind']} case {case['case_id']}{' (DRILL)' if case['drill'] else ''}"
    )
    slot = f"{case['slot'] or 'all slots'}, round {case['round'] or '-'}"
    table.add_row("SKU", f"{case['sku']} version {case['sku_version']}: {case['title']}")
    table.add_row("category, slot", f"{case['category']}, {slot}")
    table.add_row("kit", ", ".join(case["kit"]) or "-")
    table.add_row("state", f"{case['state']}, version {case['version']}, leased by {case['leased_by'] or 'nobody'}")
    table.add_row("batch", case["batch_id"] or "-")
    for taken in case["decisions"]:
        if taken["state"] == "pending":
            table.add_row("decided", f"{taken['kind']} by {taken['actor_id']}, pending until {taken['undo_until']}")
            table.add_row("to undo it", f"trueshelf review undo {taken['decision_id']}")
    for number, capture in enumerate(case["captures"], start=1):
        table.add_row(f"source, {capture['shot']}", source_name(number, capture))
    return table


def _variants(variants: list[dict[str, Any]]) -> Table:
    table = Table("#", "slot", "mode", "generator", "verdict", "findings", "files", title="variants")
    for number, variant in enumerate(variants, start=1):
        findings = [f"{c['check']}: {c['sentence']}" for c in variant["checks"] if c["verdict"] != "clear"]
        generator = f"{variant['generator']['name']} {variant['generator']['version']}"
        verdict, files = _coloured(variant["verdict"]), f"{variant_stem(number, variant)}-…"
        table.add_row(
            str(number), variant["slot"], variant["mode"], generator, verdict, "\n".join(findings) or "-", files
        )
    return table


def _rendition(rendition: dict[str, Any]) -> Table:
    table = Table("marketplace", "verdict", "findings", "file", title="rendition")
    findings = [f"{c['check']}: {c['sentence']}" for c in rendition["checks"] if c["verdict"] != "clear"]
    file = f"{rendition_stem(rendition)}.jpg"
    table.add_row(rendition["marketplace"], _coloured(rendition["verdict"]), "\n".join(findings), file)
    return table


def _coloured(verdict: str) -> str:
    return f"[{COLOURS[verdict]}]{verdict}[/]"


def batch_table(view: dict[str, Any]) -> Table:
    title = f"batch {view['batch_id']}, {view['category']}: {view['state']}, every {view['rate']}. is looked at again"
    table = Table("SKU", "decided", "slots", "approvals", "second look", title=title)
    for member in view["members"]:
        slots = ", ".join(f"{slot}: {state}" for slot, state in member["slots"].items())
        approvals = "\n".join(f"{slot} {approval}" for slot, approval in member["approvals"].items())
        decided = "yes" if member["decided"] else "no"
        table.add_row(member["sku"], decided, slots, approvals, view["looks"].get(member["sku"], "-"))
    return table
