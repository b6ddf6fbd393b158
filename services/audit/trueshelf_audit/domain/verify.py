"""Verification: everything the log claims, recomputed from its raw rows, in one pass and constant memory per entry.

It trusts the keys it is given and the copies of checkpoints that were kept elsewhere, and nothing in the log.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from trueshelf_audit.domain.checkpoint import BadNote, Checkpoint, NoteKey, open_note
from trueshelf_audit.domain.entry import Record, StoredEntry
from trueshelf_audit.domain.index import Index, index_value
from trueshelf_audit.domain.merkle import Hash, Tree
from trueshelf_audit.domain.packs import Packs
from trueshelf_audit.domain.signatures import SIGNED_TYPES, SignatureState, signature_state
from trueshelf_audit.domain.spot import SpotChecks

MAX_PROBLEMS = 1000
"""Problems that are listed one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong. `seq` is the first entry that it concerns."""

    kind: str
    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What the verifier trusts: the log's key, review's keys by key id, and how Ed25519 is checked."""

    log: NoteKey
    review: Mapping[str, bytes]
    check: Callable[[bytes, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found."""

    entries: int
    root: Hash
    checkpoints: int
    copies: int
    approvals: int
    repeated: int
    unreadable: int
    problems: tuple[Problem, ...]
    count: int
    notices: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.count

    @property
    def first(self) -> Problem | None:
        """The problem with the lowest seq; of several there, the one found first."""
        return min(self.problems, key=lambda problem: problem.seq, default=None)

    def sentence(self) -> str:
        """Return the outcome in one sentence that names the first bad entry."""
        if self.first is None:
            return (
                f"The log is whole: {self.entries} entries, {self.approvals} approvals, {self.checkpoints} checkpoints "
                f"and {self.copies} copies of checkpoints agree."
            )
        more = f" ({self.count - 1} more problems)" if self.count > 1 else ""
        return f"Entry {self.first.seq} is the first bad one: {self.first.sentence}{more}."


@dataclass(slots=True)
class Verification:
    """One pass over a log: `take` each entry in order of `seq`, then `finish`."""

    keys: Keys
    notes: Sequence[tuple[int, str]]
    """The log's own checkpoints as (size column, note), in order of size."""
    copies: Sequence[str] = ()
    """Notes that were kept where nobody who can change the log can change them."""
    _tree: Tree = field(default_factory=Tree)
    _next: int = 0
    _problems: list[Problem] = field(default_factory=list)
    _count: int = 0
    _expected: dict[int, list[tuple[Checkpoint, bool]]] = field(default_factory=dict)
    _offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    _events: dict[bytes, bytes] = field(default_factory=dict)
    _late: list[str] = field(default_factory=list)
    _approvals: set[UUID] = field(default_factory=set)
    _spot: SpotChecks = field(default_factory=SpotChecks)
    _packs: Packs = field(default_factory=Packs)
    _repeated: int = 0
    _unreadable: int = 0
    _good_size: int = 0
    _signed_size: int = 0
    _opened: bool = False
    _diverged: bool = False

    def take(self, stored: StoredEntry) -> None:
        """Check one entry against everything before it."""
        if not self._opened:
            self._open_notes()
        entry = stored.entry
        if entry.seq != self._next:
            self._missing(entry.seq)
        leaf = entry.leaf()
        if leaf != stored.leaf_hash:
            self._found("leaf", entry.seq, f"the content of entry {entry.seq} does not give its stored leaf hash")
        self._tree.append(leaf)
        self._next = entry.seq + 1
        self._check_offset(stored)
        self._check_content(stored)
        self._check_roots()

    def finish(self) -> Report:
        """Return what was found, after what only the end shows."""
        if not self._opened:
            self._open_notes()
        size = self._tree.size
        for wanted, expected in sorted(self._expected.items()):
            for _, is_copy in expected:
                whose = "a copy of a checkpoint kept outside" if is_copy else "a checkpoint"
                self._found("truncated", size, f"{whose} was signed over {wanted} entries, the log has {size}")
        if size > self._signed_size and not self._diverged:
            self._found("unsigned", self._signed_size, f"entries from {self._signed_size} on are under no checkpoint")
        for seq, sentence in self._spot.end():
            self._found("spot_check", seq, sentence)
        self._check_packs()
        return Report(
            entries=size,
            root=self._tree.root(),
            checkpoints=len(self.notes),
            copies=len(self.copies),
            approvals=len(self._approvals),
            repeated=self._repeated,
            unreadable=self._unreadable,
            problems=tuple(sorted(self._problems, key=lambda problem: problem.seq)),
            count=self._count,
            notices=self._notices(),
        )

    def _notices(self) -> tuple[str, ...]:
        said = list(self._late)
        if self._repeated:
            said.append(
                f"{self._repeated} records repeat an event that was logged before (delivered again; counted once)"
            )
        if self._unreadable:
            said.append(f"{self._unreadable} records could not be read as events and are kept raw")
        return tuple(said)

    def _found(self, kind: str, seq: int, sentence: str) -> None:
        self._count += 1
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(Problem(kind, seq, sentence))

    def _open_notes(self) -> None:
        self._opened = True
        last = -1
        for size, note in self.notes:
            checkpoint = self._opened_note(size, note, "checkpoint")
            if checkpoint is None:
                continue
            if checkpoint.size != size or size <= last:
                self._found(
                    "checkpoint", size, f"the checkpoint stored for size {size} speaks of size {checkpoint.size}"
                )
                continue
            last = size
            self._signed_size = max(self._signed_size, size)
            self._expected.setdefault(size, []).append((checkpoint, False))
        for note in self.copies:
            checkpoint = self._opened_note(0, note, "copy of a checkpoint kept outside")
            if checkpoint is not None:
                self._expected.setdefault(checkpoint.size, []).append((checkpoint, True))
        self._check_roots()

    def _opened_note(self, size: int, note: str, what: str) -> Checkpoint | None:
        try:
            checkpoint = open_note(note, self.keys.log, self.keys.check)
        except BadNote as error:
            self._found("checkpoint", max(size - 1, 0), f"the {what} of size {size} is not to be trusted: {error}")
            return None
        if checkpoint.origin != self.keys.log.name:
            self._found(
                "checkpoint", max(size - 1, 0), f"the {what} of size {size} is of another log, {checkpoint.origin}"
            )
            return None
        return checkpoint

    def _missing(self, seq: int) -> None:
        if seq > self._next:
            lost = f"entry {self._next} is" if seq == self._next + 1 else f"entries {self._next} to {seq - 1} are"
            self._found("gap", self._next, f"{lost} missing")
        else:
            self._found("order", seq, f"entry {seq} stands after entry {self._next - 1}")

    def _check_offset(self, stored: StoredEntry) -> None:
        at, seq = stored.entry.record.at, stored.entry.seq
        place = (at.topic, at.partition)
        if place not in self._offsets and at.offset:
            # The topic is older than the log, or its retention passed: nothing before can be claimed, so it is said.
            self._late.append(f"{at.topic}/{at.partition} begins at offset {at.offset}: what came before is not logged")
            self._offsets[place] = at.offset
            return
        wanted = self._offsets.get(place, -1) + 1
        if at.offset > wanted:
            what = f"{at.topic}/{at.partition} jumps to offset {at.offset}, offset {wanted} was never logged"
            self._found("offset", seq, what)
        elif at.offset < wanted:
            self._found("offset", seq, f"{at} is logged again or out of order (offset {wanted} comes next)")
        self._offsets[place] = max(at.offset, wanted - 1)

    def _check_content(self, stored: StoredEntry) -> None:
        seq, record = stored.entry.seq, stored.entry.record
        index, data = index_value(record.value)
        state = signature_state(record.at.topic, data, self.keys.review, self.keys.check)
        self._check_index(stored, index, state)
        if state not in (None, SignatureState.VALID):
            self._found("signature", seq, f"{index.type} {index.event_id} {state.says()}")
        if data is None or index.type is None or index.event_id is None:
            self._unreadable += 1
            return
        self._check_repetition(seq, record, index.event_id, index.type)
        if index.type == "VariantApproved" and state is SignatureState.VALID:
            self._approvals.add(index.event_id)
        for where, sentence in self._spot.take(seq, record.at.topic, index, data):
            self._found("spot_check", where, sentence)
        for where, sentence in self._packs.take(stored.entry, index, data, state):
            self._found("pack", where, sentence)

    def _check_packs(self) -> None:
        """A log that began late cannot hold every approval: then, and at its very end, what is missing is a notice."""
        for seq, sentence, sure in self._packs.end(whole=not self._late):
            if sure:
                self._found("pack", seq, sentence)
            else:
                self._late.append(f"entry {seq}: {sentence} (as far as this log reaches; verify again later)")

    def _check_repetition(self, seq: int, record: Record, event_id: UUID, kind: str) -> None:
        # Packed: a log of a million entries keeps a million of these.
        digest = hashlib.sha256(record.value or b"").digest()
        name = event_id.bytes + record.at.topic.encode()
        before = self._events.setdefault(name, digest + seq.to_bytes(8, "big"))
        first = int.from_bytes(before[32:], "big")
        if first == seq:
            return
        self._repeated += 1
        if before[:32] != digest and kind in SIGNED_TYPES:
            self._found("restated", seq, f"{kind} {event_id} says something else than in entry {first}")

    def _check_index(self, stored: StoredEntry, index: Index, state: SignatureState | None) -> None:
        wanted: dict[str, Any] = {**index.columns(), "signature": state.value if state else None}
        # A key that was published later turns "unknown" into another state: that is no tampering.
        pardoned = {"signature"} if stored.index.get("signature") == SignatureState.UNKNOWN_KEY else set()
        wrong = [name for name, value in wanted.items() if stored.index.get(name) != value and name not in pardoned]
        if wrong:
            what = (
                f"{', '.join(wrong)} of entry {stored.entry.seq} do not follow from its content: searches may miss it"
            )
            self._found("index", stored.entry.seq, what)

    def _check_roots(self) -> None:
        expected = self._expected.pop(self._tree.size, None)
        if expected is None:
            return
        size, root = self._tree.size, self._tree.root()
        wrong = [is_copy for checkpoint, is_copy in expected if checkpoint.root != root]
        if not wrong:
            self._good_size = size
        elif not self._diverged:  # every later root differs too: the first says it
            self._diverged = True
            where = "the copy of a checkpoint kept outside" if all(wrong) else "the signed checkpoint"
            what = f"entries {self._good_size} to {size - 1} do not give the root of {where} of size {size}"
            named = [problem.seq for problem in self._problems if self._good_size <= problem.seq < size]
            self._found("root", min(named, default=min(self._good_size, max(size - 1, 0))), what)


def verify(
    entries: Iterable[StoredEntry], notes: Sequence[tuple[int, str]], copies: Sequence[str], keys: Keys
) -> Report:
    """Return the report over a whole log."""
    verification = Verification(keys, notes, copies)
    for stored in entries:
        verification.take(stored)
    return verification.finish()
