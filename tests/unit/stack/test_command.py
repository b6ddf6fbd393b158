"""The command's frame: help without services, verbs found, errors as sentences."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from trueshelf_cli.__main__ import BROUGHT, OWN, find, overview
from trueshelf_cli.checks import Finding, Grade, gather, lasting, worst
from trueshelf_cli.commands import doctor as doctoring
from trueshelf_cli.commands.logs import tail
from trueshelf_cli.layout import Layout

HEAVY = ("cv2", "numpy", "fastapi", "faststream", "aiokafka", "asyncpg")


def test_help_is_light():
    code = f"import sys, trueshelf_cli.__main__ as m; m.overview(); print([x for x in {HEAVY!r} if x in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


def test_every_own_verb_exists_and_stands_in_the_help():
    text = overview()
    for verb in OWN:
        assert f"  {verb} " in text
        assert callable(find(verb))


def test_an_unknown_verb_is_none():
    assert find("frobnicate") is None


def test_tail_gives_the_last_lines_of_a_long_file(tmp_path: Path):
    path = tmp_path / "a.log"
    path.write_text("".join(f"line {number} {'x' * 100}\n" for number in range(5000)))
    assert [line.split()[1] for line in tail(path, 3)] == ["4997", "4998", "4999"]
    path.write_text("only\n")
    assert tail(path, 3) == ["only"]


def test_a_check_that_breaks_is_a_fault_and_the_others_still_run():
    def breaks():
        raise RuntimeError("boom")

    found = gather(breaks, lambda: iter([Finding("x", "ok", "fine")]))
    assert [finding.grade for finding in found] == ["fault", "ok"]
    assert "boom" in found[0].said
    assert worst(found) == "fault"


@pytest.mark.parametrize(("grades", "expected"), [((), "ok"), (("ok", "warn"), "warn"), (("warn", "fault"), "fault")])
def test_the_worst_finding_decides(grades: tuple[Grade, ...], expected: str):
    assert worst([Finding("x", grade, "") for grade in grades]) == expected


def test_a_stopped_stack_is_one_line_and_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its own servers are silent because it is stopped; an external one that is silent is a fault all the same."""
    layout = Layout(tmp_path)
    layout.run.mkdir(parents=True)
    facts = {
        "local": ["postgres", "kafka", "s3"],
        "pg_admin_dsn": "postgresql://a@127.0.0.1:9/x",
        "kafka_env": {"TRUESHELF_KAFKA_BOOTSTRAP": "127.0.0.1:9"},
        "kafka_replication": 1,
        "s3_env": {"TRUESHELF_S3_ENDPOINT": "http://127.0.0.1:9", "TRUESHELF_S3_SECRET_KEY": "x"},
    }
    (layout.run / "servers.json").write_text(json.dumps(facts))
    monkeypatch.setenv("TRUESHELF_ROOT", str(tmp_path))
    monkeypatch.setattr(doctoring, "check_machine", lambda _: iter([]))
    stopped = _doctor()
    assert stopped.exit_code == 0, stopped.output
    assert "FAULT" not in stopped.output
    assert stopped.output.count("the stack is not running") == 2
    assert "`trueshelf up`" in stopped.output
    (layout.run / "servers.json").write_text(json.dumps({**facts, "local": ["postgres", "kafka"]}))
    outside = _doctor()
    assert outside.exit_code == 1
    assert "FAULT S3" in outside.output
    assert "PostgreSQL" not in outside.output


def _doctor() -> Result:
    app = typer.Typer()
    app.command()(doctoring.doctor)
    return CliRunner().invoke(app, [])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59, "59 s"), (119, "119 s"), (180, "3 min"), (9000, "2 h"), (864_000, "10 days")],
)
def test_a_span_is_said_in_the_unit_that_fits(seconds: float, said: str):
    assert lasting(seconds) == said


def test_no_verb_offers_to_install_completion():
    verbs = [find(verb) for verb in (*OWN, *BROUGHT)]
    assert not [verb for verb in verbs if isinstance(verb, typer.Typer) and verb._add_completion]
