"""One correlation id leads from the intake to the pack: a pack's facts carry that of its main picture's approval."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from trueshelf_runtime.db import Row
from trueshelf_runtime.origin import current, using


@contextmanager
def on_behalf_of(pack: Row) -> Iterator[None]:
    """Let what is stated and enqueued in the body belong to the pack's path; its cause stays what it is."""
    with using(replace(current(), correlation_id=pack["correlation_id"])):
        yield
