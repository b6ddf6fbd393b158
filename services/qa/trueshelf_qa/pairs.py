"""Pairs of files, compared without a stack: decoded in throw-away children, judged in bounded ones."""

import asyncio
import csv
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from trueshelf_qa import similarity
from trueshelf_qa.policy import FALLBACK, Policy, Profile, as_json
from trueshelf_runtime.errors import Refused, RuntimeFailure
from trueshelf_runtime.limits import Limits
from trueshelf_runtime.sandbox import ChildPool, run_untrusted

MOST_BYTES = 100_000_000
DECODING = Limits(seconds=60, memory_mb=2000, file_mb=0, result_mb=512)
JUDGING = Limits(seconds=180, memory_mb=3000, result_mb=256)
COLUMNS = ("source", "variant", "category", "profile", "sku")
NEEDED = frozenset({"source", "variant"})
PROFILES: tuple[Profile, ...] = get_args(Profile)


class TableError(ValueError):
    """The table of pairs cannot be used at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files and by which limits they are held against each other."""

    source: Path
    variant: Path
    category: str = FALLBACK
    profile: str = "composited"
    sku: str = ""
    """What product it is of, where that matters; else the source's name stands for it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one pair: what `pixels` answers and its evidence as PNG, or the refusal."""

    pair: Pair
    value: dict[str, Any]
    pictures: tuple[bytes, ...] = ()
    refused: Refused | None = None

    @property
    def verdict(self) -> str | None:
        return None if self.refused else str(self.value["verdict"])


def read_table(path: Path) -> tuple[Pair, ...]:
    """Return the pairs of a CSV file (comma or semicolon); its columns are COLUMNS, the first two must be there.

    Names of files are relative to the table's folder, or to the current one. Raises TableError.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} cannot be read as UTF-8 text: {error}. Save the table as CSV in UTF-8.") from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = tuple(name.strip().lower() for name in reader.fieldnames or ())
    missing = sorted(NEEDED - set(names))
    if missing:
        raise TableError(f"{path} has no column {' and no column '.join(missing)}: its first line names the columns.")
    reader.fieldnames = list(names)
    pairs = tuple(_pair(row, path.parent) for row in reader if any((value or "").strip() for value in row.values()))
    if not pairs:
        raise TableError(f"{path} names no pair: each line after the first names a source and a variant.")
    return pairs


def _pair(row: dict[str, Any], folder: Path) -> Pair:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    return Pair(
        _file(cells["source"], folder),
        _file(cells["variant"], folder),
        cells["category"] or FALLBACK,
        cells["profile"] or "composited",
        cells["sku"] or cells["source"],
    )


def _file(name: str, folder: Path) -> Path:
    return folder / name if name and (folder / name).exists() else Path(name)


async def answers(pairs: tuple[Pair, ...], policy: Policy, workers: int | None = None) -> AsyncIterator[Answer]:
    """Yield what came of each pair, in their order, working on as many at a time as there are cores.

    A pair that cannot be read or decoded, or that kills its child, is refused and disturbs no other.
    """
    size, model = workers or len(os.sched_getaffinity(0)), similarity.card()
    free = asyncio.Semaphore(size)
    async with ChildPool(size).running() as children:
        for start in (slice(first, first + 4 * size) for first in range(0, len(pairs), 4 * size)):
            tasks = [asyncio.create_task(_answer(pair, policy, children, free, model)) for pair in pairs[start]]
            for task in tasks:
                yield await task


async def _answer(
    pair: Pair, policy: Policy, children: ChildPool, free: asyncio.Semaphore, model: dict[str, Any] | None
) -> Answer:
    try:
        async with free:
            return await _compared(pair, policy, children, model)
    except Refused as refused:
        return Answer(pair, {}, refused=refused)
    except RuntimeFailure as error:
        advice = "look at both pictures yourself, or export them smaller"
        return Answer(pair, {}, refused=Refused("not_compared", f"the pair could not be compared: {error}", advice))


async def _compared(pair: Pair, policy: Policy, children: ChildPool, model: dict[str, Any] | None) -> Answer:
    limits = as_json(policy.limits(_profile(pair.profile), pair.category))
    data = tuple(_read(path, name) for path, name in ((pair.source, "source"), (pair.variant, "variant")))
    decoded = await run_untrusted("trueshelf_qa.untrusted:decode", {}, blobs=data, limits=DECODING)
    request = decoded.value | {
        "limits": limits,
        "generative": pair.profile == "generative",
        "similarity": model,
    }
    done = await children.call("trueshelf_qa.pixels:compare_raw", request, blobs=decoded.blobs, limits=JUDGING)
    return Answer(pair, done.value, done.blobs)


def _profile(name: str) -> Profile:
    for profile in PROFILES:
        if profile == name:
            return profile
    raise Refused("unknown_profile", f"there is no profile {name!r}", f"write one of {', '.join(PROFILES)}")


def _read(path: Path, name: str) -> bytes:
    if not path.name:
        raise Refused("no_file", f"the row names no {name}", "write the file's name into the cell")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused("too_large", f"the {name} {path} has more than 100 MB", "export it smaller")
        return path.read_bytes()
    except OSError as error:
        why = f"the {name} {path} cannot be read: {error.strerror}"
        raise Refused("unreadable", why, "check its name and rights") from error
