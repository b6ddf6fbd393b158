"""Deliveries: through the API twice, by the command with a wrong row, interrupted and resumed."""

import csv
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.command import COMMAND, environment, said, trueshelf
from support.live import until
from support.photos import product_photo
from support.shelf import Shelf
from trueshelf_cli.drill import ApiError, Json, answered

pytestmark = pytest.mark.e2e

NEW = "--allow-new-categories"  # each run makes categories of its own
HEADER = ("sku", "category", "title", "file", "shot", "rights", "rights_reference", "waived")


def test_the_same_delivery_again_changes_nothing(shelf: Shelf):
    """Ids are derived: intake, SKU and photo are found, not made again."""
    sku = shelf.name("keep")
    before = shelf.deliver("twice", [], complete=False)
    assert shelf.deliver("twice", [], complete=False)["intake_id"] == before["intake_id"]
    types = ("CaptureAccepted", "SkuReady", "GenerationPlanned", "SkuChanged")
    shelf.live.wait_trail(sku, "GenerationPlanned")
    trail = [e["event_id"] for e in shelf.events(sku, *types) if e.get("round", 1) == 1]
    article = shelf.articles[sku]
    again = shelf.photograph(before["intake_id"], sku, "front", article.photos["front"])
    assert again["state"] == "accepted"
    with shelf.live.client("ingest", "capturer") as ingest:
        same = ingest.put(f"/skus/{sku}", json={"intake_id": before["intake_id"], **article.card})
        assert same.status_code == 200
        other = {"intake_id": before["intake_id"], **article.card, "title": "another title"}
        refused = ingest.put(f"/skus/{sku}", json=other)
        assert (refused.status_code, refused.json()["code"]) == (409, "sku_is_ready")
        view = answered(ingest.get(f"/skus/{sku}"))
    assert (view["version"], len(view["captures"])) == (1, 1)
    assert [e["event_id"] for e in shelf.events(sku, *types) if e.get("round", 1) == 1] == trail


def test_what_has_no_rights_or_is_no_photo_is_refused_by_itself(shelf: Shelf):
    """R-04: licensed art needs its reference; R-06: what cannot be read is refused, the rest goes on."""
    sku = shelf.name("keep")
    intake = shelf.deliver("twice", [], complete=False)["intake_id"]
    form = {"intake_id": intake, "shot": "front", "rights_basis": "licensed"}
    photo = {"photo": ("photo.jpg", product_photo(1), "image/jpeg")}
    with shelf.live.client("ingest", "capturer") as ingest:
        unlicensed = ingest.post(f"/skus/{sku}/captures", data=form, files=photo)
        wrong = ingest.post(f"/skus/{sku}/captures", data=form, files={"photo": ("photo.gif", b"GIF89a", "image/gif")})
    assert unlicensed.json()["code"] == "rights_missing"
    assert wrong.status_code == 415
    with pytest.raises(ApiError) as late:
        shelf.photograph(intake, sku, "front", product_photo(2))
    assert late.value.code == "sku_is_ready"


def test_the_command_delivers_the_good_rows_and_names_the_wrong_one(shelf: Shelf, tmp_path: Path):
    sku = shelf.name("sheet")
    (tmp_path / "front.jpg").write_bytes(product_photo(31))
    waived = "profile=one photo|macro=one photo"
    good = (sku, shelf.category("sheet"), "A box", "front.jpg", "front", "own", "", waived)
    bad = (shelf.name("wrong"), shelf.category("sheet"), "A box", "missing.jpg", "front", "licensed", "", "")
    sheet = _sheet(tmp_path, [good, bad])
    checked = trueshelf(shelf.live, "intake", str(tmp_path), "--sheet", str(sheet), NEW, "--check", folder=tmp_path)
    assert checked.returncode == 1
    assert "row 3, column file" in checked.stdout
    assert "row 3, column rights_reference" in checked.stdout
    done = trueshelf(shelf.live, "intake", str(tmp_path), "--sheet", str(sheet), NEW, folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 SKU ready" in done.stdout
    assert "trueshelf review queue" in done.stdout
    assert shelf.live.get("ingest", f"/skus/{sku}")["state"] == "ready"
    again = trueshelf(shelf.live, "intake", str(tmp_path), "--sheet", str(sheet), NEW, folder=tmp_path)
    assert "nothing to send" in again.stdout
    assert len(shelf.live.get("ingest", f"/skus/{sku}")["captures"]) == 1
    nothing = trueshelf(shelf.live, "intake", str(tmp_path), "--sheet", str(tmp_path / "front.jpg"), folder=tmp_path)
    assert nothing.returncode == 2


def test_an_interrupted_delivery_goes_on_where_it_stopped(shelf: Shelf, tmp_path: Path):
    """Killed in the middle, run again: every photo is there once."""
    count = 8
    skus = [shelf.name(f"parted-{number}") for number in range(count)]
    rows = []
    for number, sku in enumerate(skus):  # two shots short of ready: nothing is made of them
        (tmp_path / f"{number}.jpg").write_bytes(product_photo(100 + number))
        rows.append((sku, shelf.category("parted"), "A box", f"{number}.jpg", "front", "own", "", ""))
    sheet = _sheet(tmp_path, rows)
    reference = f"parted-{shelf.run}"
    arguments = ("intake", str(tmp_path), "--sheet", str(sheet), "--reference", reference, NEW)
    first = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=environment(shelf.live),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _delivered(shelf, reference) or first.poll() is not None, "the first photo", step=0.005)
        first.send_signal(signal.SIGKILL)
    finally:
        first.wait(30)
    stopped = _delivered(shelf, reference)
    assert 0 < len(stopped) < count, "it was to be killed in the middle"
    done = trueshelf(shelf.live, *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    delivered = _delivered(shelf, reference)
    assert sorted(c["sku"] for c in delivered) == sorted(skus)
    assert {c["capture_id"] for c in stopped} <= {c["capture_id"] for c in delivered}
    assert f"{count} wait for photos" in done.stdout


def _delivered(shelf: Shelf, reference: str) -> list[Json]:
    """Return the captures of the delivery; asking for its reference opens it where it is new."""
    with shelf.live.client("ingest", "capturer") as ingest:
        return list(answered(ingest.post("/intakes", json={"reference": reference}))["captures"])


def _sheet(folder: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    sheet = folder / "sheet.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return sheet


def test_the_command_tells_how_the_stack_stands_and_what_waits_for_review(shelf: Shelf, tmp_path: Path):
    """`status --json` for scripts; `review next` and `show` for a person in a terminal."""
    state = said(trueshelf(shelf.live, "status", "--json", folder=tmp_path))
    assert (state["running"], state["drill"]) == (True, True)
    services = {p["name"]: p for p in state["processes"]}
    assert {"ingest", "generate", "qa", "review", "export", "audit", "kafka", "postgres", "s3"} <= set(services)
    assert all(services[name]["health"] == "ready" for name in services if name != "supervisord")
    assert set(state["work"]) >= {"ingest", "generate", "qa", "review", "export", "audit"}
    sku = shelf.name("studio")
    line = shelf.wait_case(sku)
    taken = trueshelf(
        shelf.live, "review", "next", "--category", line["category"], "--kind", "slot", "--json", folder=tmp_path
    )
    case = said(taken)
    assert (case["case_id"], case["leased_by"]) == (line["case_id"], "drill-reviewer")
    shown = trueshelf(shelf.live, "review", "show", case["case_id"], folder=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert sku in shown.stdout
    assert "DRILL" in shown.stdout
    with shelf.live.client("review", "reviewer", "drill-reviewer") as review:
        assert review.delete(f"/cases/{case['case_id']}/lease").status_code == 204
    unknown = trueshelf(shelf.live, "review", "show", "00000000-0000-0000-0000-000000000000", folder=tmp_path)
    assert unknown.returncode == 2
    assert "error" in unknown.stderr
