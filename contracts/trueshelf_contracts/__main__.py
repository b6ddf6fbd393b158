"""`python -m trueshelf_contracts write|check`: keep the committed schemas, examples and AsyncAPI document true."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from trueshelf_contracts import asyncapi, compat, examples, schema


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every generated file with the text that it should hold."""
    for name, value in schema.schemas().items():
        yield folder / "schemas" / f"{name}.json", schema.rendered(value)
    for name, example in examples.examples().items():
        yield folder / "examples" / f"{name}.json", schema.rendered(example)
    yield folder / "asyncapi.json", schema.rendered(asyncapi.document())


def write(folder: Path) -> int:
    """Write what differs, remove what no model stands behind, and say so."""
    wanted = dict(files(folder))
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(folder)}")
    for path in [*(folder / "schemas").glob("*.json"), *(folder / "examples").glob("*.json")]:
        if path not in wanted:
            path.unlink()
            print(f"removed {path.relative_to(folder)}")
    return 0


def check(folder: Path) -> int:
    """Return 0 when code and committed files agree; else name each change, what it breaks and what to do: 1."""
    changes = compat.compare_all(schema.committed(folder / "schemas"), schema.schemas())
    bus = schema.committed(folder).get("asyncapi")
    changes += asyncapi.compare_documents(bus or {}, asyncapi.document())
    for change in changes:
        print(change)
    wanted = dict(files(folder))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if any(change.breaking for change in changes):
        print(compat.ADVICE)
        return 1
    if changes or stale:
        for path in stale:
            print(f"stale: {path.relative_to(folder)}")
        print("Nothing breaks. Run `make contracts` and commit what it writes.")
        return 1
    print(f"contracts: {len(wanted)} files agree with the code")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; the exit code is 1 when `check` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m trueshelf_contracts", description=__doc__)
    parser.add_argument("verb", choices=("write", "check"))
    parser.add_argument("--folder", type=Path, default=schema.FOLDER, help="where schemas/ and examples/ lie")
    options = parser.parse_args(arguments)
    return {"write": write, "check": check}[options.verb](options.folder)


if __name__ == "__main__":
    sys.exit(main())
