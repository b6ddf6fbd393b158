"""The Merkle tree of RFC 6962, section 2.1: hashes, appending, inclusion and consistency proofs.

Appending keeps only the roots of the complete subtrees on the right edge (a *compact range*). A proof is stated first
as the ranges of leaves whose subtree hashes it consists of; each range is a fold of complete subtrees, so whoever
stores those can make any proof of n entries from O(log n) hashes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Hash = bytes
Node = tuple[int, int]
"""(level, index) of a complete subtree: it covers leaves index·2^level up to (index + 1)·2^level."""
Range = tuple[int, int]
"""Leaves from, up to but not including; the first is a multiple of the subtree's width."""

EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()
HASH_SIZE = 32


def leaf_hash(data: bytes) -> Hash:
    """Return SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(peaks: Sequence[Hash]) -> Hash:
    """Return the root over adjacent subtrees of falling size. Raises ValueError for none."""
    if not peaks:
        raise ValueError("a fold needs at least one subtree")
    result = peaks[-1]
    for peak in reversed(peaks[:-1]):
        result = node_hash(peak, result)
    return result


def cover(leaves: Range) -> list[Node]:
    """Return the complete subtrees that make up `leaves`, left to right; its start is aligned to its width."""
    begin, end = leaves
    nodes: list[Node] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


class Tree:
    """The right edge of a growing tree: its size and the roots of its complete subtrees."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[Hash] = ()) -> None:
        self.size = size
        self.peaks: list[Hash] = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees, not {len(self.peaks)}")

    def append(self, leaf: Hash) -> list[tuple[Node, Hash]]:
        """Add a leaf; return the subtrees of level 1 and up that it completed."""
        completed: list[tuple[Node, Hash]] = []
        self.peaks.append(leaf)
        self.size += 1
        level = 0
        while not (self.size >> level) & 1:
            right, left = self.peaks.pop(), self.peaks.pop()
            level += 1
            self.peaks.append(node_hash(left, right))
            completed.append(((level, (self.size >> level) - 1), self.peaks[-1]))
        return completed

    def root(self) -> Hash:
        """Return the tree's root; of an empty tree, the hash of nothing."""
        return fold(self.peaks) if self.peaks else EMPTY_ROOT


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return PATH(index, D[size]) of section 2.1.1 as ranges of leaves, the sibling nearest to the leaf first."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size} entries")
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return PROOF(old, D[new]) of section 2.1.2 as ranges of leaves; empty for equal sizes and an empty old tree."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} entries is no earlier state of one of {new}")
    if old in (0, new):
        return []
    ranges: list[Range] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        ranges.append((begin, end))
    return ranges[::-1]


def hashes_of(ranges: Iterable[Range], subtree: Callable[[Node], Hash]) -> list[Hash]:
    """Return the hash of each range from the stored complete subtrees (level 0: the leaves' hashes)."""
    return [fold([subtree(node) for node in cover(leaves)]) for leaves in ranges]


@dataclass(frozen=True, slots=True)
class BadProof(Exception):  # noqa: N818 -- it says what the proof is
    """The proof does not show what it claims."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def check_inclusion(index: int, size: int, leaf: Hash, proof: Sequence[Hash], root: Hash) -> None:
    """Check that `leaf` is entry `index` of the tree of `size` entries with `root`. Raises BadProof."""
    try:
        ranges = inclusion_ranges(index, size)
    except ValueError as error:
        raise BadProof(str(error)) from error
    _check_length(proof, len(ranges))
    result = leaf
    for (begin, _), sibling in zip(ranges, proof, strict=True):
        result = node_hash(result, sibling) if begin > index else node_hash(sibling, result)
    if result != root:
        raise BadProof(f"entry {index} and its proof do not give the root of size {size}")


def check_consistency(old: int, new: int, old_root: Hash, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Check that the tree of `new` entries extends that of `old`. Raises BadProof."""
    try:
        ranges = consistency_ranges(old, new)
    except ValueError as error:
        raise BadProof(str(error)) from error
    _check_length(proof, len(ranges))
    if old == new and old_root != new_root:
        raise BadProof(f"two different roots claim size {old}")
    if old == 0 and old_root != EMPTY_ROOT:
        raise BadProof("an empty tree has one root only")
    if not ranges:
        return
    # An old tree that is one complete subtree is its own starting point; else the proof begins with its last one.
    complete = old.bit_count() == 1
    seed, siblings, spans = (old_root, proof, ranges) if complete else (proof[0], proof[1:], ranges[1:])
    before = after = seed
    for (begin, _), sibling in zip(spans, siblings, strict=True):
        if begin >= old:
            after = node_hash(after, sibling)
        else:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
    if before != old_root:
        raise BadProof(f"the proof does not give the root of size {old}")
    if after != new_root:
        raise BadProof(f"the proof does not give the root of size {new}")


def _check_length(proof: Sequence[Hash], wanted: int) -> None:
    if len(proof) != wanted:
        raise BadProof(f"the proof has {len(proof)} hashes, {wanted} are needed")
    if any(len(part) != HASH_SIZE for part in proof):
        raise BadProof("a hash of the proof is not 32 bytes long")
