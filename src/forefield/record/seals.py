"""Whether the seals of a journal fit its entries: keys, batches, tree heads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from forefield.record.canonical import canonical, read_line
from forefield.record.merkle import Frontier, root_of
from forefield.record.signing import (
    KEEPER,
    WITNESS,
    ExerciseKeys,
    exercise_seed,
    signature_fits,
)

if TYPE_CHECKING:
    from forefield.record.checking import Chain, Verification

__all__ = ["check_seals"]

Said = dict[str, Any]


#: A public key, a message, a signature.
_Signed = tuple[bytes, bytes, bytes]
#: From here on a second process is worth its start (each takes some 0.1 s).
_MANY = 5_000


def _fit(signed: list[_Signed]) -> list[bool]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if len(signed) < _MANY or cores < 2:
        return _fit_here(signed)
    step = -(-len(signed) // cores)
    parts = [signed[i : i + step] for i in range(0, len(signed), step)]
    with ProcessPoolExecutor(cores, mp_context=get_context("fork")) as pool:
        return [fits for part in pool.map(_fit_here, parts) for fits in part]


def _fit_here(signed: list[_Signed]) -> list[bool]:
    return [signature_fits(*one) for one in signed]


def _unhex(text: str) -> bytes:
    """Hex as we write it: another spelling of the same bytes is an altered byte."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError(text)
    return data


class _Unfit(Exception):
    """A seal that does not fit: what it is, how, and the entry it is about."""

    def __init__(self, how: str, entry: int = 0, *, entries: bool = False) -> None:
        super().__init__(how)
        self.entry = entry
        self.kind = "altered" if entries else "seal"


def check_seals(
    chain: Chain, seals: Iterable[bytes], keys: Mapping[str, str]
) -> Verification:
    """Hold every seal against the chain; `keys` are those known from elsewhere.

    A journal with a key in it is signed: then every entry must be covered by its
    owner's signature, so that seals cannot be taken away in silence. One without any
    is not, unless its opening declares exercise keys.
    """
    from forefield.record.checking import Verification

    check = _Check(chain, keys)
    try:
        try:
            for place, line in enumerate(seals, start=1):
                check.add(place, line)
            check.end()
        finally:
            # A seal that is not its owner's tells nothing about the entries: that
            # comes first, whatever else did not fit.
            check.signatures()
    except _Unfit as unfit:
        at = unfit.entry
        good = min(max(at - 1, 0), chain.n)
        where = f"entry {at}: " if unfit.kind == "altered" else ""
        return Verification(
            False, good, chain.head, f"{where}{unfit}.", at or None, unfit.kind
        )
    fine = Verification(True, chain.n, chain.head)
    return replace(
        fine,
        root=chain.root(),
        signers=tuple(sorted(check.signers)),
        heads=len(check.heads),
        countersigned=check.countersigned,
        exercise=check.exercise is not None,
    )


class _Check:
    def __init__(self, chain: Chain, keys: Mapping[str, str]) -> None:
        self.chain = chain
        self.known = dict(keys)
        seed = exercise_seed(chain.first)
        self.exercise = None if seed is None else ExerciseKeys(seed)
        self.public: dict[str, bytes] = {}
        self.signers: set[str] = set()
        self.heads: list[tuple[int, str, str]] = []
        self.countersigned = 0
        self._pending: list[_Signed] = []
        self._told: list[tuple[str, str]] = []
        self._covered = 0  # entries up to here are signed by all their owners
        self._open: dict[str, int] = {}  # of the batch at hand: owner -> count
        self._batch = (0, 0)
        self._expected: dict[str, tuple[int, str]] = {}

    def add(self, place: int, line: bytes) -> None:
        what = f"seal {place}"
        try:
            seal, same = read_line(line)
            kind, said, signed = seal["seal"], seal["statement"], seal["signature"]
            if not same or len(seal) != 3 or not isinstance(said, dict):
                raise ValueError
            if kind == "key":
                self.key(what, said, _unhex(signed))
            elif kind == "batch":
                self.batch(what, said, _unhex(signed))
            elif kind == "head":
                self.head(what, said, {k: _unhex(v) for k, v in signed.items()})
            else:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _Unfit(f"{what}: it is no readable seal") from None

    # -- keys -------------------------------------------------------------------

    def key(self, what: str, said: Said, signature: bytes) -> None:
        owner, public = str(said["owner"]), _unhex(said["public"])
        what = f"{what} (key of {owner})"
        if owner in self.public:
            raise _Unfit(f"{what}: the owner has a key already")
        if not signature_fits(public, canonical(said), signature):
            raise _Unfit(f"{what}: it is not signed with itself; it was altered")
        wanted = self.known.get(owner, "")
        if self.exercise is not None:
            wanted = wanted or self.exercise.public(owner).hex()
        if wanted and wanted != public.hex():
            whose = "noted elsewhere" if owner in self.known else "of the night's seed"
            raise _Unfit(
                f"{what}: it is {public.hex()[:16]}…, the key {whose} is {wanted[:16]}…"
            )
        self.public[owner] = public

    def _fits(self, what: str, owner: str, said: Said, signature: bytes) -> None:
        if owner not in self.public:
            raise _Unfit(f"{what}: no key of {owner} stands before it")
        self._pending.append((self.public[owner], canonical(said), signature))
        self._told.append((what, owner))

    def signatures(self) -> None:
        """Check the signatures that were met, on two cores when they are many."""
        for (what, owner), fits in zip(self._told, _fit(self._pending), strict=True):
            if not fits:
                raise _Unfit(
                    f"{what}: its signature is not {owner}'s; the seal was altered"
                )

    # -- batches ----------------------------------------------------------------

    def batch(self, what: str, said: Said, signature: bytes) -> None:
        owner, first, last = str(said["by"]), int(said["first"]), int(said["last"])
        what = f"{what} (entries {first} to {last}, by {owner})"
        self._fits(what, owner, said, signature)
        if (first, last) != self._batch:
            self.close_batch()
            self.open_batch(what, first, last)
        expected = self._expected.pop(owner, None)
        head = self.chain.hashes[32 * (last - 1) : 32 * last].hex()
        if expected is None and said["head"] == head:
            raise _Unfit(f"{what}: none of them is {owner}'s, or it came before")
        if expected != (said["count"], said["root"]) or said["head"] != head:
            raise _Unfit(
                f"entries {first} to {last} are not those that {owner} signed: "
                "one of them, or all since, were rewritten",
                last if first == last or said["head"] != head else first,
                entries=True,
            )
        self.signers.add(owner)

    def open_batch(self, what: str, first: int, last: int) -> None:
        if first != self._covered + 1 or not first <= last:
            raise _Unfit(
                f"{what}: entry {self._covered + 1} comes next; a seal is missing",
                self._covered + 1,
            )
        if last > self.chain.n:
            raise _Unfit(
                f"{what}: the last entry is {self.chain.n}; entries were cut off",
                self.chain.n + 1,
            )
        self._batch = (first, last)
        leaves: dict[int, list[bytes]] = {}
        for n in range(first, last + 1):
            leaf = bytes(self.chain.leaves[32 * (n - 1) : 32 * n])
            leaves.setdefault(self.chain.owners[n - 1], []).append(leaf)
        names = list(self.chain.names)
        self._expected = {
            names[code]: (len(own), root_of(own).hex()) for code, own in leaves.items()
        }

    def close_batch(self) -> None:
        first, last = self._batch
        for owner in self._expected:
            raise _Unfit(f"entries {first} to {last}: {owner} has not signed", first)
        self._covered = last

    # -- heads ------------------------------------------------------------------

    def head(self, what: str, said: Said, signed: dict[str, bytes]) -> None:
        size = int(said["size"])
        what = f"{what} (tree head of {size} entries)"
        if not signed or set(signed) - {"keeper", "witness"}:
            raise ValueError
        for who, owner in (("keeper", KEEPER), ("witness", WITNESS)):
            if who in signed:
                self._fits(what, owner, said, signed[who])
        if not 1 <= size <= self.chain.n:
            raise _Unfit(
                f"{what}: the last entry is {self.chain.n}; entries were cut off",
                self.chain.n + 1,
            )
        self.heads.append((size, str(said["root"]), str(said["head"])))
        self.countersigned += "witness" in signed

    def end(self) -> None:
        chain = self.chain
        self.close_batch()
        signed = self.public or self.exercise is not None
        if signed and self._covered < chain.n:
            raise _Unfit(
                f"entries {self._covered + 1} to {chain.n} are signed by nobody, "
                "although the journal is signed: seals were taken away",
                self._covered + 1,
            )
        for owner in self.known:
            if owner not in self.public and owner in chain.names:
                raise _Unfit(f"{owner} has a key, but signed nothing")
        tree, done = Frontier(), 0
        for size, root, head in sorted(self.heads):
            for n in range(done, size):
                tree.add(bytes(chain.leaves[32 * n : 32 * n + 32]))
            done = size
            ended = chain.hashes[32 * (size - 1) : 32 * size].hex()
            if tree.root().hex() != root or ended != head:
                raise _Unfit(
                    f"the first {size} entries are not those whose tree head was "
                    "signed: they were rewritten",
                    size,
                    entries=True,
                )
