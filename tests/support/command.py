"""The `trueshelf` command as a person runs it, beside the stack of a test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.live import LiveStack

COMMAND = (sys.executable, "-m", "trueshelf_cli")


def environment(live: LiveStack) -> dict[str, str]:
    """Return the variables with which the command finds the stack, wherever it is run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUESHELF_")}
    return {**kept, "TRUESHELF_ROOT": str(live.stack.layout.root), "COLUMNS": "240", "NO_COLOR": "1"}


def trueshelf(
    live: LiveStack, *arguments: str, folder: Path, seconds: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in `folder`."""
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(live), capture_output=True, text=True, timeout=seconds, check=False
    )


def said(done: subprocess.CompletedProcess[str]) -> Any:
    """Return what a command with --json printed; asserts that it went well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
