"""Named points at which a test may kill the process, where a kill could lose or double something.

`TRUESHELF_CRASH_AT=relay.after_publish` kills on the first pass, `relay.after_publish:3` on the third. SIGKILL and not
an exception: no `finally`, no rollback, no flush, as when the machine goes away.
"""

import os
import signal

CATALOGUE: dict[str, str] = {
    "handler.before_commit": "the handler has run, its transaction has not committed",
    "handler.after_commit": "the transaction has committed, the offset has not",
    "settle.after_count": "an attempt has been counted, the record has not been sought back",
    "settle.after_dead_letter": "the dead letter stands in the outbox, the offset has not been committed",
    "replay.after_commit": "a replayed record has taken effect and its row is settled",
    "relay.before_publish": "rows have been read from the outbox, nothing has been sent",
    "relay.after_publish": "the broker has acknowledged the batch, the rows are not marked",
    "relay.after_mark": "the rows are marked as published",
    "job.before_work": "a job is leased, nothing has been done",
    "job.after_work": "a job's work is done and its output stored, its transaction has not begun",
    "job.after_commit": "a job's transaction has committed, the queue does not know yet",
    "job.after_exhausted": "a job has been given up in our own row, the queue does not know yet",
    "storage.before_put": "an object is about to be stored",
    "storage.after_put": "an object is stored, no row names it",
}
"""Every point of the runtime with what has and has not happened there. Services add theirs by using a new name."""

VARIABLE = "TRUESHELF_CRASH_AT"
_passes: dict[str, int] = {}


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL when `TRUESHELF_CRASH_AT` names this pass of `name`; else do nothing."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    _passes[name] = _passes.get(name, 0) + 1
    if _passes[name] == int(nth or "1"):
        os.kill(os.getpid(), signal.SIGKILL)
