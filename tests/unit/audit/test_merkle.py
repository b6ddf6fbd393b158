"""The tree against RFC 6962's own definition, written down recursively here, and against published vectors."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueshelf_audit.domain import merkle
from trueshelf_audit.domain.merkle import BadProof, Tree, check_consistency, check_inclusion

# The eight leaves and roots that Certificate Transparency's implementations test with.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {  # (index, size) → hashes, of the same test suite
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of 2.1.2."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], whole=False), naive_root(leaves[:k])]


class Stored:
    """A tree whose complete subtrees are kept, as the log's tables keep them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.tree = Tree()
        self.nodes: dict[merkle.Node, bytes] = {}
        self.roots = [self.tree.root()]
        for index, leaf in enumerate(leaves):
            self.nodes[0, index] = merkle.leaf_hash(leaf)
            self.nodes.update(self.tree.append(self.nodes[0, index]))
            self.roots.append(self.tree.root())

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return merkle.hashes_of(merkle.inclusion_ranges(index, size), self.nodes.__getitem__)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return merkle.hashes_of(merkle.consistency_ranges(old, new), self.nodes.__getitem__)


def test_published_roots():
    stored = Stored(LEAVES)
    assert [root.hex() for root in stored.roots[1:]] == ROOTS
    assert stored.roots[0].hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_published_inclusion_paths(index: int, size: int):
    proof = Stored(LEAVES).inclusion(index, size)
    assert [part.hex() for part in proof] == PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int):
    proof = Stored(LEAVES).consistency(old, new)
    assert [part.hex() for part in proof] == CONSISTENCY[old, new]


sizes = st.integers(min_value=1, max_value=130)


@given(st.lists(st.binary(max_size=6), min_size=1, max_size=70), st.data())
@settings(max_examples=150, deadline=None)
def test_equals_the_recursive_definition(leaves: list[bytes], data: st.DataObject):
    stored = Stored(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    assert stored.roots[size] == naive_root(leaves[:size])
    assert stored.inclusion(index, size) == naive_path(index, leaves[:size])
    assert stored.consistency(old, size) == (naive_proof(old, leaves[:size]) if old else [])
    check_inclusion(index, size, stored.nodes[0, index], stored.inclusion(index, size), stored.roots[size])
    check_consistency(old, size, stored.roots[old], stored.roots[size], stored.consistency(old, size))


@given(sizes, st.data())
@settings(max_examples=150, deadline=None)
def test_a_false_inclusion_proof_is_refused(size: int, data: st.DataObject):
    stored = Stored([bytes([i]) for i in range(size)])
    index = data.draw(st.integers(0, size - 1))
    proof, leaf, root = stored.inclusion(index, size), stored.nodes[0, index], stored.roots[size]
    false = [
        (index, size, merkle.leaf_hash(b"other"), proof, root),
        (index, size, leaf, [*proof, root], root),
        (index, size, leaf, proof, merkle.leaf_hash(b"root")),
        (size, size, leaf, proof, root),
        (-1, size, leaf, proof, root),
    ]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        false.append((index, size, leaf, [*proof[:place], changed, *proof[place + 1 :]], root))
        false.append((index, size, leaf, proof[:-1], root))
        false.append((index, size, leaf, [*proof[:-1], proof[-1][:31]], root))
        false.append((index ^ 1 if index ^ 1 < size else index - 1, size, leaf, proof, root))
    for arguments in false:
        with pytest.raises(BadProof):
            check_inclusion(*arguments)


@given(sizes, st.data())
@settings(max_examples=150, deadline=None)
def test_a_false_consistency_proof_is_refused(new: int, data: st.DataObject):
    """A log that was changed or rolled back cannot prove that it grew."""
    stored = Stored([bytes([i]) for i in range(new)])
    old = data.draw(st.integers(1, new))
    proof = stored.consistency(old, new)
    other = Stored([bytes([i]) for i in range(new - 1)] + [b"other"])
    false = [
        (old, new, merkle.leaf_hash(b"x"), stored.roots[new], proof),
        (old, new, stored.roots[old], merkle.leaf_hash(b"x"), proof),
        (old, new, stored.roots[old], other.roots[new], proof),
        (old, new, stored.roots[old], stored.roots[new], [*proof, proof[0] if proof else stored.roots[1]]),
        (new + 1, new, stored.roots[old], stored.roots[new], proof),
        (0, new, stored.roots[old], stored.roots[new], []),
    ]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        false.append((old, new, stored.roots[old], stored.roots[new], [*proof[:place], changed, *proof[place + 1 :]]))
        false.append((old, new, stored.roots[old], stored.roots[new], proof[1:]))
    for arguments in false:
        with pytest.raises(BadProof):
            check_consistency(*arguments)


@given(st.integers(min_value=0, max_value=200))
def test_a_tree_goes_on_from_its_right_edge(size: int):
    stored = Stored([bytes([i]) for i in range(size)])
    again = Tree(size, [stored.nodes[node] for node in merkle.cover((0, size))])
    assert again.root() == stored.roots[size]
    again.append(merkle.leaf_hash(b"next"))
    stored.tree.append(merkle.leaf_hash(b"next"))
    assert again.root() == stored.tree.root()


def test_a_right_edge_of_another_size_is_refused():
    with pytest.raises(ValueError, match="2 complete subtrees"):
        Tree(3, [b"x" * 32])
