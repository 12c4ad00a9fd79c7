"""The journal: what was known, said and decided, in order, and nothing taken back.

An entry is one line of canonical JSON that carries the SHA-256 of the line before
it; all lines are the leaves of a Merkle tree. They live in SQLite, or in PostgreSQL,
written through to the disk before `append` returns, in tables that refuse to change
or delete a row. Whoever holds keys signs each batch with them. `verify` finds the
first place where any of this does not hold, and says how.

The chain proves order and integrity against whoever does not rewrite all of it. To
prove it against its own keeper, note the head (`Journal.head`) elsewhere and hand
it to `verify`, or have a witness countersign (`record.heads`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from forefield.errors import InputError
from forefield.record.canonical import canonical, digest
from forefield.record.chain import GENESIS, Entry, line_of
from forefield.record.checking import Chain, Verification, verify
from forefield.record.exporting import export
from forefield.record.heads import exercise_witness, head_seals
from forefield.record.merkle import Frontier, leaf_hash, root_of
from forefield.record.signing import (
    KEEPER,
    ExerciseKeys,
    Keys,
    batch_seal,
    exercise_seed,
    key_seal,
    owner_of,
)
from forefield.record.store import (
    Row,
    Seal,
    Store,
    Tip,
    create_store,
    find,
    open_store,
    shown,
)

__all__ = [
    "GENESIS",
    "Entry",
    "Journal",
    "Verification",
    "export",
    "find",
    "line_of",
    "verify",
    "write_entries",
]


@dataclass
class _Ticket:
    """What one caller wants appended, and how that went."""

    entries: list[Entry]
    n: int = 0
    error: BaseException | None = None
    done: bool = False


class Journal:
    """An append-only journal. There is no way to change or delete an entry.

    Threads may share one; entries that they append at the same time share a commit.
    A journal whose opening says so signs with the exercise keys of its seed; another
    is signed by the keys that it was opened with, or not at all.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Journal.create(folder.name + "/journal.sqlite") as journal:
    ...     journal.append("note", 0.0, "duty-officer-1", {"text": "quiet"})
    1
    >>> verify(folder.name).ok
    True
    >>> folder.cleanup()
    """

    def __init__(self, store: Store, keys: Keys | None = None) -> None:
        self.store = store
        self.where = store.where
        self._keys = keys
        self._published: set[str] = set()
        self._asked = keys is not None
        self._gate, self._turn = Lock(), Lock()
        self._waiting: list[_Ticket] = []

    @classmethod
    def create(cls, where: str | Path, keys: Keys | None = None) -> Journal:
        """A new journal in a file, a folder, or a PostgreSQL database (a URL).

        One that exists is refused; a failure leaves none.
        """
        return cls(create_store(where), keys)

    @classmethod
    def open(cls, where: str | Path, keys: Keys | None = None) -> Journal:
        """An existing journal, to append to; several processes may."""
        return cls(open_store(where), keys)

    @property
    def _db(self) -> Any:
        return self.store.db  # type: ignore[attr-defined]

    # -- writing ----------------------------------------------------------------

    def append(
        self,
        kind: str,
        at_s: float,
        actor: str,
        body: Any,
        assumes: Sequence[str] = (),
        corrects: int | None = None,
    ) -> int:
        """Append one entry and return its number, once it is safe on the disk."""
        return self.append_many([Entry(kind, at_s, actor, body, assumes, corrects)])

    def append_many(self, entries: Iterable[Entry]) -> int:
        """Append entries together: all of them or none. Returns the last number.

        When this returns they are on the disk (SQLite: WAL, synchronous FULL;
        PostgreSQL: synchronous_commit on), with the signature of every owner who
        speaks in them. Raises `InputError` when the disk is full, an entry cannot be
        recorded, or there is no key for an owner in a signed journal.
        """
        ticket = _Ticket(list(entries))
        with self._gate:
            self._waiting.append(ticket)
        with self._turn:
            # Whoever has the turn writes for all who came meanwhile: their entries
            # share one commit and one flush of the disk.
            if not ticket.done:
                with self._gate:
                    together, self._waiting = self._waiting, []
                self._commit(together)
        if ticket.error is not None:
            raise ticket.error
        return ticket.n

    def _commit(self, tickets: list[_Ticket]) -> None:
        fresh: list[str] = []
        try:
            with self.store.writing() as tip:
                rows: list[Row] = []
                owners: list[str] = []
                n, prev = tip.n, tip.sha256
                for ticket in tickets:
                    try:
                        lines = self._lines(tip, n, prev, ticket.entries)
                    except InputError as error:
                        ticket.error = error  # the others' entries are still good
                        continue
                    rows += lines
                    owners += [owner_of(e.actor) for e in ticket.entries]
                    n, prev = (rows[-1][0], rows[-1][2]) if rows else (n, prev)
                    ticket.n = n
                if rows:
                    fresh = self._put(tip, rows, owners)
        except BaseException as error:
            for ticket in tickets:
                ticket.error = ticket.error or error
        for ticket in tickets:
            ticket.done = True
        self._published.update(fresh)

    def _lines(
        self, tip: Tip, n: int, prev: str, entries: Sequence[Entry]
    ) -> list[Row]:
        """Entries chained on; `InputError` when one cannot be recorded or signed."""
        rows: list[Row] = []
        for entry in entries:
            line = line_of(n + 1, prev, entry)
            n, prev = n + 1, digest(line)
            rows.append((n, line, prev))
        keys = self._keys_of(tip, rows) if rows else None
        if keys is not None:
            for owner in {owner_of(e.actor) for e in entries}:
                if not keys.has(owner):
                    raise InputError(
                        f"{self.where}: no key to sign for {owner}; an owner signs "
                        "her own entries."
                    )
        return rows

    def _put(self, tip: Tip, rows: list[Row], owners: list[str]) -> list[str]:
        """Rows that are chained already, with their seals; fresh key owners."""
        tree = Frontier.from_text(tip.n, tip.edge or "")
        said: dict[str, list[bytes]] = {}
        for (_, line, _), owner in zip(rows, owners, strict=True):
            leaf = leaf_hash(line)
            tree.add(leaf)
            said.setdefault(owner, []).append(leaf)
        new = Tip(rows[-1][0], rows[-1][2], tree.to_text())
        keys = self._keys_of(tip, rows)
        seals: list[Seal] = []
        if keys is not None:
            for owner, leaves in said.items():
                if not self._is_published(owner):
                    seals.append(Seal("key", owner, new.n, key_seal(keys, owner)))
                line = batch_seal(
                    keys,
                    owner,
                    first=tip.n + 1,
                    last=new.n,
                    head=new.sha256,
                    count=len(leaves),
                    root=root_of(leaves),
                )
                seals.append(Seal("batch", owner, new.n, line))
            if _closes(rows[-1][1]) and keys.has(KEEPER):
                # A night that ends is signed as a whole.
                lines = tuple(line for _, line, _ in rows)
                witness = None
                if isinstance(keys, ExerciseKeys):
                    witness = exercise_witness(self.store, keys)
                seals += head_seals(self.store, new, lines, keys, witness)
        self.store.put(rows, seals, new)
        return [s.owner for s in seals if s.kind == "key"]

    def _is_published(self, owner: str) -> bool:
        if owner not in self._published and self.store.published(owner):
            self._published.add(owner)
        return owner in self._published

    def _keys_of(self, tip: Tip, rows: list[Row]) -> Keys | None:
        """Who signs: the keys handed over, else those that the opening names."""
        if not self._asked:
            self._asked = True
            first = next(iter(self.store.rows()))[1] if tip.n else rows[0][1]
            seed = exercise_seed(json.loads(first))
            if seed is not None:
                self._keys = ExerciseKeys(seed)
            elif tip.n and next(iter(self.store.seals("key")), None):
                self._asked = False
                raise InputError(
                    f"{self.where}: this journal is signed; open it with your keys."
                )
        return self._keys

    # -- reading ----------------------------------------------------------------

    def __len__(self) -> int:
        return self.store.tip().n

    @property
    def head(self) -> str:
        """SHA-256 of the last entry: what to note elsewhere, to prove the rest."""
        return self.store.tip().sha256

    def entries(self, kind: str = "") -> Iterator[dict[str, Any]]:
        """The entries in order, of one kind or of all, as they were written."""
        for _, line, _ in self.store.rows():
            entry = json.loads(line)
            if not kind or entry["kind"] == kind:
                yield entry

    def close(self) -> None:
        """Let go of it; SQLite folds its write-ahead log into the file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _closes(line: bytes) -> bool:
    return b'"kind":"closing"' in line and json.loads(line)["kind"] == "closing"


def write_entries(path: str | Path, entries: Iterable[Mapping[str, Any]]) -> str:
    """A new journal from entries that are chained already; returns its head.

    entries  as `record.entries.chained` gives them; a "hash" key is checked, not kept

    Raises `InputError` when they do not follow from each other.
    """
    chain = Chain()
    rows: list[Row] = []
    owners = []
    for entry in entries:
        line = canonical({k: v for k, v in entry.items() if k != "hash"})
        found = chain.add(line, entry.get("hash"))
        if found:
            raise InputError(f"{shown(path)}: {found.problem}")
        rows.append((chain.n, line, chain.head))
        owners.append(owner_of(str(entry["actor"])))
    journal = Journal.create(path)
    try:
        with journal.store.writing() as tip:
            if rows:
                journal._put(tip, rows, owners)
        journal.close()
    except BaseException:
        journal.close()
        journal.store.discard()
        raise
    return chain.head
