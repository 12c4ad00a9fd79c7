"""One digest a night: what a study keeps of each journal it does not keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forefield.record.canonical import digest
from forefield.record.chain import GENESIS, Entry, line_of
from forefield.record.merkle import Frontier, leaf_hash

__all__ = ["NightDigest", "night_digest"]


@dataclass(frozen=True)
class NightDigest:
    """A night's journal in two hashes.

    n     how many entries
    head  SHA-256 of the last line, hex: what `Journal.head` would be
    root  Merkle root (RFC 9162) over the lines, hex: with it an inclusion proof from
          the night, run again, shows any entry to whoever holds the study alone
    """

    n: int
    head: str
    root: str


def night_digest(entries: Iterable[Entry]) -> NightDigest:
    """The digest of a night's entries, the same as that of its journal on disk.

    >>> night_digest([Entry("note", 0.0, "duty-officer-1", {"text": "quiet"})]).n
    1
    """
    tree, prev, n = Frontier(), GENESIS, 0
    for n, entry in enumerate(entries, start=1):
        line = line_of(n, prev, entry)
        prev = digest(line)
        tree.add(leaf_hash(line))
    return NightDigest(n, prev, tree.root().hex())
