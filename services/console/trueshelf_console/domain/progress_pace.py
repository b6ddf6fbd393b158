"""How long a SKU may stay in a stage before it counts as stuck: by the backlog and the measured rate."""

from collections.abc import Mapping
from datetime import timedelta

from trueshelf_console.domain.progress import SLOW, Stage

WORK: Mapping[Stage, str] = {"source": "ready", "drafts": "drafts", "qa": "checks", "packing": "packs"}
"""Stage → what is counted when its work is done. Plans are not counted: `ready` keeps its own limit."""
PATIENCE = 2
"""Times the whole backlog at the rate of the last hour: work is done first come first served, so who waits longer was
passed by."""
LONGEST = timedelta(days=1)
"""However slow a stage is: a day without any step is looked at."""


def limits(waiting: Mapping[Stage, int], last_hour: Mapping[str, int]) -> dict[Stage, timedelta]:
    """Return the limit per stage. `waiting`: pieces of work before each; `last_hour`: pieces that were done.

    A stage in which nothing was done keeps its own limit (`SLOW`): then waiting is no queue.
    """
    found = dict(SLOW)
    for stage, what in WORK.items():
        done = last_hour.get(what, 0)
        if done > 0:
            turn = timedelta(hours=PATIENCE * waiting.get(stage, 0) / done)
            found[stage] = min(max(found[stage], turn), LONGEST)
    return found
