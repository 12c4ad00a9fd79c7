"""A Merkle tree over the journal, hashed and proved as RFC 9162 says.

A leaf is the canonical text of an entry: SHA-256 of 0x00 and the text; a node is
SHA-256 of 0x01 and its two children. The root of the first n entries commits to all
of them in order; an inclusion proof shows one entry to somebody who holds only the
root, a consistency proof that a later root only added to an earlier one. Each proof
is at most 64 hashes, whatever the length of the journal.

Section numbers are those of RFC 9162.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from forefield.errors import InputError

__all__ = [
    "Frontier",
    "consistency_proof",
    "inclusion_proof",
    "is_consistent",
    "is_included",
    "leaf_hash",
    "node_hash",
    "root_of",
]

_EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf, 32 bytes (2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: all that appending and its root need.

    It keeps the root of each perfect subtree, one for every 1 in the binary of
    `size`: adding costs one hash on average, the root at most 64.
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if len(edge) != size.bit_count():
            raise InputError(f"a tree of {size} leaves has another frontier.")
        self.size = size
        self.edge = list(edge)

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        full = self.size
        while full & 1:
            leaf = node_hash(self.edge.pop(), leaf)
            full >>= 1
        self.edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it stands; of no leaves, the hash of nothing."""
        if not self.edge:
            return _EMPTY
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root

    def to_text(self) -> str:
        """The edge as hex, for keeping; `from_text` reads it."""
        return b"".join(self.edge).hex()

    @classmethod
    def from_text(cls, size: int, text: str) -> Frontier:
        """A frontier that was kept."""
        data = bytes.fromhex(text)
        return cls(size, [data[i : i + 32] for i in range(0, len(data), 32)])


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes (2.1.1, computed as in 2.1.2)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


# -- proofs ------------------------------------------------------------------------


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from one leaf to the root over all (2.1.3.1).

    index  of the leaf, from 0. Raises `InputError` when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise InputError(f"leaf {index}: the tree has {len(leaves)} leaves.")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        cut = low + _split(high - low)
        if index < cut:
            path.append(root_of(leaves[cut:high]))
            high = cut
        else:
            path.append(root_of(leaves[low:cut]))
            low = cut
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The hashes that show that the tree of `first` leaves grew into all (2.1.4.1)."""
    if not 0 < first <= len(leaves):
        raise InputError(
            f"a proof from {first} leaves: the tree has {len(leaves)}; give 1 or more."
        )
    path: list[bytes] = []
    low, high, whole = 0, len(leaves), True
    while first - low != high - low:
        cut = low + _split(high - low)
        if first <= cut:
            path.append(root_of(leaves[cut:high]))
            high = cut
        else:
            path.append(root_of(leaves[low:cut]))
            low, whole = cut, False
    if not whole:  # the old tree is no subtree from the left edge: name its part
        path.append(root_of(leaves[low:high]))
    return path[::-1]


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


def is_included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from the leaf to the root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def is_consistent(
    first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes
) -> bool:
    """Whether the tree of `second` leaves and root `new` grew from `old` (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and old == new
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, old)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old and sr == new
