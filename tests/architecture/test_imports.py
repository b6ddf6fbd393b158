"""Import rules: the contracts of import-linter, and an allow-list for what a domain may import."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN_MAY = {"numpy", "cv2", "skimage", "trueshelf_contracts", "trueshelf_imaging"}
DOMAINS = sorted(
    [*ROOT.glob("services/*/trueshelf_*/domain.py"), *ROOT.glob("services/*/trueshelf_*/domain/**/*.py")],
)


def imported(source: str) -> Iterator[str]:
    """Yield the absolute name of every import of a module; `TYPE_CHECKING` blocks count, they are a dependency too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: "/".join(path.parts[-3:]))
def test_domain_imports_only_the_standard_library_and_pixels(path: Path):
    own = next(part for part in path.parts if part.startswith("trueshelf_"))
    for name in imported(path.read_text(encoding="utf-8")):
        root = name.split(".")[0]
        allowed = root in sys.stdlib_module_names or root in DOMAIN_MAY or name.startswith(f"{own}.domain")
        assert allowed, f"{path.relative_to(ROOT)} imports {name}: a domain knows no edge (design.md, Repository)"


def test_import_linter_keeps_its_contracts():
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout
