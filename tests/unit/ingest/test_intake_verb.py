"""`trueshelf intake`: what a person at a terminal is told before, while and after photos are sent."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from trueshelf_contracts.ids import capture_id
from trueshelf_contracts.sheet import OPTIONAL, REQUIRED
from trueshelf_ingest.cli import EXAMPLE, app
from trueshelf_ingest.sheet import listed_categories, read_sheet, without_new_categories
from trueshelf_runtime import client as runtime_client

INTAKE = "11111111-0000-4000-8000-000000000001"
HEADER = ",".join(REQUIRED)
ROWS = ("RING-1,jewelry,Ring,a.jpg,front,own", "RING-2,jewelry,Ring,b.jpg,front,own")


class Service:
    """Ingest, played: what it holds, what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.state = "open"
        self.captures: list[dict[str, Any]] = []
        self.skus: dict[str, str] = {}
        self.foreign = False
        """Whether every photo was delivered by another account."""
        self.categories = ["bags"]

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path == "/batches":
            return httpx.Response(200, json=[{"category": name} for name in self.categories])
        if path.startswith("/skus/") and request.method == "PUT":
            if not self.foreign:
                self.skus[path.rpartition("/")[2]] = "ready"
            return httpx.Response(200, json={})
        if path.endswith("/captures"):
            if self.foreign:
                return httpx.Response(200, json={})
            self.captures.append(held(path.split("/")[2], f"new-{len(self.captures)}"))
            return httpx.Response(202, json={})
        if path.startswith("/intakes") or path.endswith("/complete"):
            view = {"intake_id": INTAKE, "state": self.state, "captures": self.captures, "skus": self.skus}
            return httpx.Response(200, json=view)
        raise AssertionError(path)


def held(sku: str, capture: str, state: str = "accepted") -> dict[str, Any]:
    return {"sku": sku, "shot": "front", "capture_id": capture, "state": state, "findings": []}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    played = Service()

    def client(*_: object, **__: object) -> httpx.Client:
        return httpx.Client(base_url="http://ingest", transport=httpx.MockTransport(played.answer))

    monkeypatch.setattr(runtime_client, "open_client", client)
    monkeypatch.setenv("COLUMNS", "300")
    return played


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def intake(folder: Path, *rows: str, options: tuple[str, ...] = ()) -> Result:
    sheet = folder / "sheet.csv"
    sheet.write_text("\n".join((HEADER, *(rows or ROWS))), encoding="utf-8")
    return CliRunner().invoke(app, [str(folder), "--sheet", str(sheet), *options])


def id_of(sku: str, data: bytes) -> str:

    return str(capture_id(sku, "front", hashlib.sha256(data).hexdigest()))


def test_a_delivery_ends_with_what_comes_next(service: Service, folder: Path):
    result = intake(folder)
    assert result.exit_code == 0, result.output
    assert "2 SKUs ready\n" in result.stdout
    assert "`trueshelf review queue` shows what waits" in result.stdout
    assert "none" not in result.stdout


def test_what_waits_for_photos_is_named(service: Service, folder: Path):
    service.state = "settled"
    service.captures = [held("RING-1", id_of("RING-1", b"a.jpg")), held("RING-2", id_of("RING-2", b"b.jpg"))]
    service.skus = {"RING-1": "ready", "RING-2": "collecting"}
    result = intake(folder)
    assert "was complete already: nothing to send" in result.stdout
    assert "1 SKU ready; 1 wait for photos: RING-2\n" in result.stdout
    assert result.exit_code == 0


def test_the_progress_ends_with_sent_not_with_a_sku(service: Service, folder: Path):
    line = next(line for line in intake(folder).stdout.splitlines() if "sending" in line and "2/2" in line)
    assert line.rstrip().endswith("sent")


def test_another_accounts_photos_are_said_to_be_anothers(service: Service, folder: Path):
    service.foreign = True
    result = intake(folder)
    assert result.exit_code == 1
    assert "delivered before, by another account or under another reference" in result.stdout
    assert "`trueshelf review queue`" in result.stdout
    assert "0 SKUs ready" not in result.stdout


def test_a_reference_of_another_sheets_delivery_is_refused(service: Service, folder: Path):
    service.state = "settled"
    service.captures, service.skus = [held("LAMP-1", "another")], {"LAMP-1": "ready"}
    result = intake(folder, options=("--reference", "autumn"))
    assert result.exit_code == 1
    assert "'autumn' is complete and holds none of this sheet's 2 photos: it was another sheet's" in result.stderr
    assert "another --reference" in result.stderr
    assert "ready" not in result.stdout
    assert service.asked == ["POST /intakes"]


def test_rows_added_after_a_delivery_was_complete_are_named(service: Service, folder: Path):
    service.state = "settled"
    service.captures, service.skus = [held("RING-1", id_of("RING-1", b"a.jpg"))], {"RING-1": "ready"}
    result = intake(folder, options=("--reference", "autumn"))
    assert result.exit_code == 1
    assert "1 of the sheet's 2 photos are not in it: row 3 b.jpg" in result.stdout


def test_a_mistyped_category_is_an_error_with_the_nearest_name(service: Service, folder: Path):
    """R-11: `default` asks for fewer shots than jewelry does."""
    result = intake(folder, "RING-1,jewelery,Ring,a.jpg,front,own", ROWS[1], options=("--check",))
    assert result.exit_code == 1
    assert (
        "row 2, column category: there is no category 'jewelery' yet; did you mean jewelry? Known are" in result.stdout
    )
    assert "--allow-new-categories" in result.stdout
    assert "1 photos of 1 SKUs usable" in result.stdout
    allowed = intake(folder, "RING-1,jewelery,Ring,a.jpg,front,own", options=("--check", "--allow-new-categories"))
    assert allowed.exit_code == 0, allowed.output


def test_a_category_that_was_delivered_before_needs_no_flag(service: Service, folder: Path):
    result = intake(folder, "BAG-1,bags,Bag,a.jpg,front,own", options=("--check",))
    assert result.exit_code == 0, result.output
    assert service.asked == ["GET /batches"]


def test_the_check_needs_no_stack(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRUESHELF_INGEST_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TRUESHELF_TOKEN", "mine")
    assert intake(folder, options=("--check",)).exit_code == 0
    assert intake(folder, "BAG-1,bags,Bag,a.jpg,front,own", options=("--check",)).exit_code == 1
    sent = intake(folder)
    assert sent.exit_code == 1
    assert isinstance(sent.exception, SystemExit)
    assert "ingest does not answer at http://127.0.0.1:9: the stack is not running" in sent.stderr


def test_one_error_per_new_category_however_many_rows(folder: Path):
    rows = ("A,shooes,Shoe,a.jpg,front,own", "A,shooes,Shoe,b.jpg,macro,own", ROWS[0])
    read = without_new_categories(read_sheet("\n".join((HEADER, *rows)).encode(), folder), {"shoes", "jewelry"})
    assert list(read.cards) == ["RING-1"]
    (error,) = read.errors
    assert (error.row, error.details["meant"]) == (2, "shoes")
    assert "(2 rows)" in str(error)


def test_the_known_categories_are_those_with_a_shot_list():
    assert {"jewelry", "default", "glass", "electronics", "kit"} <= listed_categories()


def test_help_names_the_columns_with_an_example(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert all(column in text for column in (*REQUIRED, *OPTIONAL))
    assert EXAMPLE in text
    assert "--install-completion" not in text
    assert len(EXAMPLE.split(",")) == len(REQUIRED)
