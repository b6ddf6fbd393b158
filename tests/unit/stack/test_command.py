"""The command's frame: help without services, verbs found, errors as sentences."""

import subprocess
import sys
from pathlib import Path

import pytest

from trueshelf_cli.__main__ import OWN, find, overview
from trueshelf_cli.checks import Finding, Grade, gather, worst
from trueshelf_cli.commands.logs import tail

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
