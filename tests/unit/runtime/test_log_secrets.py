"""A log line never holds what stood in a variable: passwords, tokens, people's words."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys, structlog
from trueshelf_runtime.telemetry import configure_logging
configure_logging("qa", sys.argv[1])
def connect(password):
    raise RuntimeError("PostgreSQL refused")
try:
    connect("-".join(("pass", "word", "7")))
except RuntimeError:
    structlog.get_logger("x").exception("failed")
"""


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_traceback_shows_frames_and_no_variables(level: str):
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, level], capture_output=True, text=True, timeout=60, check=True
    )
    assert "PostgreSQL refused" in told.stderr
    assert "connect" in told.stderr
    assert "pass-word-7" not in told.stdout + told.stderr
