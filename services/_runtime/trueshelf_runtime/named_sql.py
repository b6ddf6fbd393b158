"""Named queries: each package keeps its SQL in `queries.sql`."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_HEAD = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


@cache
def load_queries(package: str, file: str = "queries.sql") -> Mapping[str, str]:
    """Return the named queries of `package`: `-- name: item_by_id` heads each one.

    Raises ValueError when a name stands twice or the file begins with SQL that has no name.
    """
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    pieces = _HEAD.split(text)
    stray = re.sub(r"--[^\n]*", "", pieces[0]).strip()
    if stray:
        raise ValueError(f"{package}/{file}: SQL stands before the first '-- name:' line: {stray[:60]!r}")
    queries: dict[str, str] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if name in queries:
            raise ValueError(f"{package}/{file}: the query {name!r} stands twice; rename one")
        queries[name] = body.strip().rstrip(";")
    return MappingProxyType(queries)
