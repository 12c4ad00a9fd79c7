"""Tree heads: the whole journal in one hash, signed by two, and proofs against it.

A keeper who rewrites the journal as a whole leaves no trace in the journal. Two
things find it out: a head noted elsewhere, and a second party, the witness, that
countersigns a head only when a consistency proof (RFC 9162) shows that the journal
grew from the last head it signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forefield.errors import InputError
from forefield.record import merkle
from forefield.record.canonical import canonical
from forefield.record.merkle import Frontier
from forefield.record.signing import (
    KEEPER,
    WITNESS,
    ExerciseKeys,
    Keys,
    head_seal,
    head_statement,
    key_seal,
)
from forefield.record.store import Seal, Store, Tip, open_store

__all__ = [
    "Proof",
    "TreeHead",
    "Witness",
    "consistency",
    "head_seals",
    "inclusion",
    "last_head",
    "seal",
]


@dataclass(frozen=True)
class TreeHead:
    """The first `size` entries in one hash.

    root  Merkle root, hex; head  SHA-256 of the last line, hex; at  time of the last
    entry, ISO 8601: simulated in a simulated night
    """

    size: int
    root: str
    head: str
    at: str

    def statement(self) -> dict[str, Any]:
        """What is signed."""
        root = bytes.fromhex(self.root)
        return head_statement(size=self.size, root=root, head=self.head, at=self.at)


@dataclass(frozen=True)
class Proof:
    """An RFC 9162 proof about a journal, with all that checking it needs.

    inclusion:    entry number `first` (its `leaf`) is in the tree of `size`, `root`
    consistency:  the tree of `size`, `root` grew from that of `first`, `old_root`
    """

    kind: str
    first: int
    size: int
    path: tuple[str, ...]
    root: str
    leaf: str = ""
    old_root: str = ""

    def holds(self) -> bool:
        """Whether the hashes lead where the proof says."""
        path = [bytes.fromhex(h) for h in self.path]
        root = bytes.fromhex(self.root)
        if self.kind == "inclusion":
            leaf = bytes.fromhex(self.leaf)
            return merkle.is_included(leaf, self.first - 1, self.size, path, root)
        old = bytes.fromhex(self.old_root)
        return merkle.is_consistent(self.first, self.size, path, old, root)


class Witness:
    """The second party: signs a head only when it grew from the last it signed.

    seen  the last head it signed, from its own memory, never from the journal
    """

    def __init__(self, keys: Keys, seen: TreeHead | None = None) -> None:
        self.keys = keys
        self.seen = seen

    def countersign(self, new: TreeHead, proof: Proof | None) -> bytes:
        """The signature, 64 bytes.

        Raises `InputError` when the head does not follow from the last one signed.
        """
        if self.seen is not None:
            problem = self._differs(self.seen, new, proof)
            if problem:
                raise InputError(
                    f"tree head of {new.size} entries: {problem} (last countersigned: "
                    f"{self.seen.size} entries, root {self.seen.root[:16]}…); "
                    "not countersigned: find out who rewrote the journal."
                )
        signature = self.keys.sign(WITNESS, canonical(new.statement()))
        self.seen = new
        return signature

    @staticmethod
    def _differs(seen: TreeHead, new: TreeHead, proof: Proof | None) -> str:
        if new.size < seen.size:
            return "the journal has become shorter"
        if proof is None:
            return "no proof of consistency came with it"
        if (proof.kind, proof.first, proof.size) != (
            "consistency",
            seen.size,
            new.size,
        ):
            return "the proof is about other heads"
        # The roots are the witness's own and the one to sign, not the proof's word.
        grew = merkle.is_consistent(
            seen.size,
            new.size,
            [bytes.fromhex(h) for h in proof.path],
            bytes.fromhex(seen.root),
            bytes.fromhex(new.root),
        )
        return "" if grew else "it did not grow from the last one"


# -- signing a head -------------------------------------------------------------------


def seal(where: Any, keys: Keys, witness: Witness | None = None) -> TreeHead:
    """Sign the journal as it stands, and have the witness countersign.

    where  an open `Journal`, a path or a URL

    The head becomes durable beside the entries. Raises `InputError` for an empty
    journal and when the witness refuses; then nothing is written.
    """
    with _store(where) as store, store.writing() as tip:
        seals = head_seals(store, tip, (), keys, witness)
        store.put((), seals, tip)
        return _head_in(seals[-1].line)


def head_seals(
    store: Store,
    tip: Tip,
    fresh: tuple[bytes, ...],
    keys: Keys,
    witness: Witness | None,
) -> list[Seal]:
    """The seals of a signed head of `tip`, of which `fresh` lines are not yet kept."""
    if not tip.n:
        raise InputError(f"{store.where}: there is no entry to sign.")
    last = fresh[-1] if fresh else next(iter(store.rows(tip.n - 1)))[1]
    head = TreeHead(
        tip.n,
        Frontier.from_text(tip.n, tip.edge or "").root().hex(),
        tip.sha256,
        json.loads(last)["at"],
    )
    signatures = {"keeper": keys.sign(KEEPER, canonical(head.statement()))}
    owners = [(KEEPER, keys)]
    if witness is not None:
        proof = None
        if witness.seen is not None and witness.seen.size <= head.size:
            leaves = [*_leaves(store), *map(merkle.leaf_hash, fresh)]
            proof = _consistency(leaves, witness.seen.size)
        signatures["witness"] = witness.countersign(head, proof)
        owners.append((WITNESS, witness.keys))
    seals = [
        Seal("key", owner, tip.n, key_seal(held, owner))
        for owner, held in owners
        if not store.published(owner)
    ]
    line = head_seal(head.statement(), signatures)
    return [*seals, Seal("head", KEEPER, tip.n, line)]


def exercise_witness(store: Store, keys: ExerciseKeys) -> Witness:
    """The second party of a simulated night; it has no memory but the journal's."""
    return Witness(keys, _last_head(store))


def last_head(where: Any) -> TreeHead | None:
    """The last signed head of a journal; None when it has none."""
    with _store(where, read_only=True) as store:
        return _last_head(store)


def _last_head(store: Store) -> TreeHead | None:
    found = None
    for _, _, _, line in store.seals("head"):
        found = line
    return None if found is None else _head_in(found)


def _head_in(line: bytes) -> TreeHead:
    return TreeHead(**json.loads(line)["statement"])


# -- proofs --------------------------------------------------------------------------


def inclusion(where: Any, n: int, size: int | None = None) -> Proof:
    """That entry n is in the tree of the first `size` entries; default: all."""
    with _store(where, read_only=True) as store:
        leaves = _leaves(store)
    size = _size(store, leaves, size)
    if not 1 <= n <= size:
        raise InputError(f"{store.where}: no entry {n} among the first {size}.")
    path = merkle.inclusion_proof(leaves[:size], n - 1)
    return Proof(
        "inclusion",
        n,
        size,
        tuple(h.hex() for h in path),
        merkle.root_of(leaves[:size]).hex(),
        leaf=leaves[n - 1].hex(),
    )


def consistency(where: Any, first: int, size: int | None = None) -> Proof:
    """That the tree of `size` entries (default: all) grew from that of `first`."""
    with _store(where, read_only=True) as store:
        leaves = _leaves(store)
    return _consistency(leaves[: _size(store, leaves, size)], first)


def _size(store: Store, leaves: list[bytes], size: int | None) -> int:
    if size is not None and not 1 <= size <= len(leaves):
        raise InputError(f"{store.where}: has {len(leaves)} entries, not {size}.")
    return len(leaves) if size is None else size


def _consistency(leaves: list[bytes], first: int) -> Proof:
    path = merkle.consistency_proof(leaves, first)
    return Proof(
        "consistency",
        first,
        len(leaves),
        tuple(h.hex() for h in path),
        merkle.root_of(leaves).hex(),
        old_root=merkle.root_of(leaves[:first]).hex(),
    )


def _leaves(store: Store) -> list[bytes]:
    return [merkle.leaf_hash(line) for _, line, _ in store.rows()]


@contextmanager
def _store(where: Any, *, read_only: bool = False) -> Iterator[Store]:
    """The store of an open journal, or of one opened for the occasion."""
    if not isinstance(where, str | Path):
        yield where.store
        return
    store = open_store(where, read_only=read_only)
    try:
        yield store
    finally:
        store.close()
