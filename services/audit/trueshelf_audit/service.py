"""Audit's use cases: take a record in, place what waits under a signed checkpoint, keep copies of checkpoints."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial

import structlog

from trueshelf_audit.domain.checkpoint import BadNote, Check, Checkpoint, open_note, sign_note
from trueshelf_audit.domain.entry import Record
from trueshelf_audit.domain.merkle import (
    BadProof,
    Node,
    Tree,
    check_consistency,
    consistency_ranges,
    cover,
    hashes_of,
)
from trueshelf_audit.domain.sequence import LogDamaged, place
from trueshelf_audit.domain.signatures import signature_state
from trueshelf_audit.ports import Copies, Head, Log, Signer
from trueshelf_runtime.clock import Clock
from trueshelf_runtime.crash import crash_point
from trueshelf_runtime.errors import Invalid, Outage

LOG = structlog.get_logger(__name__)

Open = Callable[[], AbstractAsyncContextManager[Log]]
"""Opens the log in a transaction that commits when the body ends."""


async def receive(record: Record, log: Log) -> None:
    """Keep `record` for the sequencer; delivered again, it changes nothing.

    Raises Invalid when the log holds another record at these coordinates: then the topic was made anew, and one log
    cannot hold both.
    """
    stored = await log.logged(record)
    if stored is None:
        await log.receive(record)
    elif stored.record != record:
        raise Invalid(
            f"{record.at} is entry {stored.seq} already, with other content: the topic was recreated; "
            "start a new log (database and key) for the new topic and keep this one"
        )


class Sequencer:
    """Gives records their place, one batch a transaction. Any number may run: the database's lock lets one work."""

    def __init__(
        self,
        open_log: Open,
        signer: Signer,
        *,
        review_keys: Mapping[str, bytes],
        check: Check,
        copies: Copies,
        clock: Clock,
        batch: int,
    ) -> None:
        self._open = open_log
        self._signer = signer
        self._check = check
        self._copies = copies
        self._clock = clock
        self._batch = batch
        self._state = partial(signature_state, keys=review_keys, check=check)
        self._known = Tree()
        """The last state that this process has seen to be good; everything later must extend it."""
        self._compared = False
        self._damage: LogDamaged | None = None

    async def sound(self) -> None:
        """Raise LogDamaged if that is what stopped the log from growing: audit is not ready then."""
        if self._damage is not None:
            raise self._damage

    async def step(self) -> int:
        """Place the records that wait, at most one batch; return how many entries were made.

        Raises LogDamaged when what is stored does not extend what was signed before: nothing is signed then.
        """
        try:
            placed = await self._step()
        except LogDamaged as damage:
            self._damage = damage
            raise
        self._damage = None
        return placed

    async def _step(self) -> int:
        if not self._compared:
            await self.compare_with_copies()
        async with self._open() as log:
            if not await log.lock():
                return 0
            waiting = await log.waiting(self._batch)
            if not waiting:
                return 0
            records = [item.record for item in waiting if item.logged is None]
            tree = await self._current(log)
            if records:
                origin = self._signer.key.name
                batch = place(tree, records, self._clock.now(), origin, self._state)
                await log.append(batch, sign_note(batch.checkpoint, self._signer.key, self._signer.sign))
                tree = batch.tree
            await log.forget(waiting)
            crash_point("audit.before_commit")
        crash_point("audit.after_commit")
        self._known = tree
        return len(records)

    async def compare_with_copies(self) -> None:
        """Check that the log extends the newest copy of a checkpoint that lies outside the database.

        Raises LogDamaged when it does not: the database was rolled back or forked. Raises Outage.
        """
        newest: Checkpoint | None = None
        for note in await self._copies.all():
            try:
                copy = open_note(note, self._signer.key, self._check)
            except BadNote:
                continue  # another log's or an older key's; verification, which has all keys, judges those
            newest = copy if newest is None or copy.size > newest.size else newest
        if newest is not None:
            async with self._open() as log:
                await self._extends(log, await log.head(), newest.size, newest.root)
        self._compared = True

    async def _current(self, log: Log) -> Tree:
        """Return the tree of the newest checkpoint, proved to extend what this process knew."""
        head = await log.head()
        if head is not None and (head.size, head.root) == (self._known.size, self._known.root()):
            return self._known
        if self._known.size:
            await self._extends(log, head, self._known.size, self._known.root())
        size = await log.size()
        if head is None:
            if size:
                raise LogDamaged(f"the log holds {size} entries and no checkpoint: it was never signed by us")
            return Tree()
        return await self._signed(log, head, size)

    async def _signed(self, log: Log, head: Head, size: int) -> Tree:
        try:
            checkpoint = open_note(head.note, self._signer.key, self._check)
        except BadNote as error:
            raise LogDamaged(f"the checkpoint of size {head.size} is not ours: {error}") from error
        edge = cover((0, head.size))
        stored = await log.nodes(edge)
        missing = [node for node in edge if node not in stored]
        if missing:
            raise LogDamaged(f"subtrees {missing} of the log of size {head.size} are missing")
        tree = Tree(head.size, [stored[node] for node in edge])
        if not (checkpoint.size == head.size == size and checkpoint.root == head.root == tree.root()):
            raise LogDamaged(
                f"the log holds {size} entries with root {tree.root().hex()}, its checkpoint was signed over "
                f"{checkpoint.size} with root {checkpoint.root.hex()}: run `trueshelf audit verify`"
            )
        return tree

    async def _extends(self, log: Log, head: Head | None, size: int, root: bytes) -> None:
        if head is None or head.size < size:
            raise LogDamaged(
                f"a checkpoint of size {size} was signed, the log's newest is of size {head.size if head else 0}: "
                "the database was rolled back"
            )
        ranges = consistency_ranges(size, head.size)
        wanted: list[Node] = [node for leaves in ranges for node in cover(leaves)]
        stored = await log.nodes(wanted)
        try:
            proof = hashes_of(ranges, stored.__getitem__)
            check_consistency(size, head.size, root, head.root, proof)
        except (KeyError, BadProof) as error:
            raise LogDamaged(f"the log of size {head.size} does not extend the one signed at size {size}") from error


async def keep_sequencing(sequencer: Sequencer, interval: float) -> None:
    """Place records for ever: at once while batches are full, else every `interval` seconds. An outage waits."""
    waiting = False
    while True:
        try:
            placed = await sequencer.step()
            waiting = False
        except Outage as outage:
            if not waiting:
                LOG.warning("the sequencer waits for an outage to end", reason=str(outage))
            placed, waiting = 0, True
        if not placed:
            await asyncio.sleep(interval)


async def keep_copying(open_log: Open, copies: Copies, clock: Clock, interval: float) -> None:
    """Copy the newest checkpoint to object storage every `interval` seconds, if there is a new one."""
    while True:
        try:
            await copy_newest(open_log, copies, clock)
        except Outage as outage:
            LOG.info("copies of checkpoints wait for an outage to end", reason=str(outage))
        await asyncio.sleep(interval)


async def copy_newest(open_log: Open, copies: Copies, clock: Clock) -> int | None:
    """Copy the newest checkpoint that has no copy; return its size, None if there was none. Safe to repeat."""
    async with open_log() as log:
        head = await log.uncopied()
    if head is None:
        return None
    reference = await copies.keep(head.note)
    async with open_log() as log:
        await log.record_copy(head.size, reference, clock.now())
    return head.size
