"""Two ways to break delivery, to show that the check can fail.

A mutated copy of the runtime lies in the stack's root directory; its processes run there, so `python -m` finds the copy
before the installed package. Production code knows nothing of it. A patch that no longer fits raises.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import trueshelf_runtime


@dataclass(frozen=True, slots=True)
class Patch:
    """One replacement in one file of the runtime."""

    file: str
    old: str
    new: str


MUTATIONS: dict[str, tuple[Patch, ...]] = {
    "no-inbox": (
        Patch("inbox.py", 'return f"INSERT INTO inbox (consumer, event_id)', 'return "SELECT 1"  # f"INSERT'),
        Patch("intake.py", "if tx.first != CLAIMED:", "if False:"),
    ),
    "offset-first": (
        Patch(
            "delivery.py",
            "        await self._settlers[record.topic].settle(record, work)",
            "        await msg.consumer.commit()\n"
            "        await msg.consumer._acks.flush()\n"
            "        await self._settlers[record.topic].settle(record, work)",
        ),
    ),
}
"""no-inbox: the claim is never written. offset-first: the offset is committed before the transaction begins."""


def mutate(root: Path, name: str) -> None:
    """Put a mutated runtime into `root`. Raises ValueError when a patch does not fit exactly once."""
    target = root / "trueshelf_runtime"
    shutil.copytree(Path(trueshelf_runtime.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    for patch in MUTATIONS[name]:
        path = target / patch.file
        text = path.read_text(encoding="utf-8")
        if text.count(patch.old) != 1:
            raise ValueError(f"mutation {name}: {patch.old!r} stands {text.count(patch.old)} times in {patch.file}")
        path.write_text(text.replace(patch.old, patch.new), encoding="utf-8")
