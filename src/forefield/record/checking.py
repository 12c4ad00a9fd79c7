"""Whether a journal holds, and if not, where it first does not and how.

Three things are checked, in this order: each line and its link to the line before;
what is kept beside the lines (stored hashes, the head, the database's own health);
and the seals, which vouch for all of it with somebody's key.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forefield.errors import InputError
from forefield.record.canonical import digest, read_line
from forefield.record.chain import GENESIS
from forefield.record.exporting import SEAL
from forefield.record.merkle import Frontier, leaf_hash
from forefield.record.signing import owner_of
from forefield.record.store import Store, Tip, find, is_url, open_store

__all__ = ["Chain", "Verification", "verify"]


@dataclass(frozen=True)
class Verification:
    """Whether a journal holds; `n` entries were good before the first problem.

    entry    number of the first bad entry; None when all is well
    kind     altered, removed, reordered, inserted, truncated, damaged, or seal: the
             entries fit each other, but not what was signed
    head     SHA-256 of the last good entry: note it elsewhere
    root     Merkle root over the entries
    signers  whose signatures cover the entries; empty: nobody signed
    heads    signed tree heads; `countersigned` of them by the witness too
    exercise the keys are exercise keys: they prove nobody's identity
    """

    ok: bool
    n: int
    head: str
    problem: str = ""
    entry: int | None = None
    kind: str = ""
    root: str = ""
    signers: tuple[str, ...] = ()
    heads: int = 0
    countersigned: int = 0
    exercise: bool = False


def verify(
    where: str | Path, *, head: str = "", keys: Mapping[str, str] | None = None
) -> Verification:
    """Check a journal: a database, an export or a URL, from first to last entry.

    head  SHA-256 of the last entry as noted elsewhere; with it, a journal that was
          cut short or rewritten as a whole is found too
    keys  public keys known from elsewhere, hex by owner: a journal that names
          another key for an owner does not hold

    Finds entries altered, removed, reordered or inserted, a cut tail, damage of the
    file, and seals that do not fit; names the first bad entry. Raises `InputError`
    only when there is no journal to check.
    """
    if not is_url(where):
        from forefield.record.sqlite_store import is_database

        p = find(where)
        if not is_database(p):
            return _verify_export(p, head, keys or {})
    chain = Chain()
    try:
        store = open_store(where, read_only=True)
    except sqlite3.Error as error:
        return chain.bad("damaged", f"the database cannot be opened ({error})")
    try:
        with store.reading():
            return _verify_store(store, chain, head, keys or {})
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        return chain.bad("damaged", f"the database cannot be read on ({error})")
    finally:
        store.close()


def _verify_store(
    store: Store, chain: Chain, head: str, keys: Mapping[str, str]
) -> Verification:
    for place, line, stored in store.rows():
        if not isinstance(place, int) or not isinstance(line, bytes):
            return chain.bad("damaged", "its row is not as it was written")
        if place != chain.n + 1:
            return chain.misplaced(place, (_number(x) for _, x, _ in store.rows()))
        found = chain.add(line, str(stored))
        if found:
            return chain.explained(found, (_number(x) for _, x, _ in store.rows()))
    try:
        tip = store.tip()
    except InputError as error:
        return chain.bad("damaged", str(error))
    if tip.n != chain.n:
        how = f"the head names entry {tip.n}, the last is {chain.n}"
        return chain.bad("truncated", how)
    ended = chain.done(str(tip.sha256), "the head beside the entries")
    if not ended.ok:
        return ended
    seals = list(store.seals())
    if tip.edge is not None and _edge_root(tip) != chain.root():
        return chain.bad("damaged", "the tree's edge kept beside does not fit")
    if health := store.health():
        return chain.bad("damaged", f"the database says: {health}")
    lines: list[bytes] = []
    for kind, owner, n, line in seals:
        if not isinstance(line, bytes):
            return chain.bad("damaged", "a seal's row is not as it was written")
        lines.append(line)
        beside = _beside(line)
        if beside is not None and beside != (kind, owner, n):
            how = f"seal {len(lines)}: its row does not say what it says"
            return replace(chain.bad("seal", how), entry=n, problem=f"{how}.")
    return _concluded(chain, lines, head, keys)


def _edge_root(tip: Tip) -> str:
    try:
        return Frontier.from_text(tip.n, tip.edge or "").root().hex()
    except (ValueError, TypeError):
        return ""


def _beside(line: bytes) -> tuple[Any, Any, Any] | None:
    """What is kept beside a seal (kind, owner, last entry); None for any (a key)."""
    try:
        seal = json.loads(line)
        said = seal["statement"]
        if seal["seal"] == "batch":
            return "batch", said["by"], said["last"]
    except (ValueError, KeyError, TypeError):
        pass
    return None


def _verify_export(p: Path, head: str, keys: Mapping[str, str]) -> Verification:
    chain = Chain()
    seals = [line.rstrip(b"\n") for line in _lines(p) if line.startswith(SEAL)]
    vouched = dict(filter(None, map(_vouches, seals)))
    ahead = iter(_lines(p))
    line = next(ahead, None)
    if line is None:
        return chain.bad("truncated", "the file is empty")
    after_seals = False
    while line is not None:
        following = next(ahead, None)
        if not line.endswith(b"\n"):
            # The last line is cut: what is left of it is no entry.
            line = b""
        if line.startswith(SEAL):
            after_seals = True
        elif after_seals:
            return chain.bad("altered", "it stands after the seals, or is none")
        else:
            place = chain.n + 1
            ends = following is None or following.startswith(SEAL)
            by_next = "" if ends else _prev_of(following or b"")
            by_next = by_next or vouched.get(place, "") or (head if ends else "")
            found = chain.add(line.rstrip(b"\n"), vouched=by_next)
            if found:
                numbers = (_number(x) for x in _lines(p) if not x.startswith(SEAL))
                return chain.explained(found, numbers)
        line = following
    return _concluded(chain, seals, head, keys)


def _lines(p: Path) -> Iterator[bytes]:
    with p.open("rb") as file:
        yield from file


def _vouches(line: bytes) -> tuple[int, str] | None:
    """The entry whose hash a seal names, and that hash."""
    try:
        said = json.loads(line)["statement"]
        return int(said.get("last", said.get("size"))), str(said["head"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _concluded(
    chain: Chain, seals: list[bytes], head: str, keys: Mapping[str, str]
) -> Verification:
    from forefield.record.seals import check_seals

    found = check_seals(chain, seals, keys)
    if not found.ok:
        return found
    ended = chain.done(head or None, "the head noted elsewhere")
    return replace(found, head=ended.head) if ended.ok else ended


class Chain:
    """The chain as far as it held; the hashes of all its lines.

    hashes  32 bytes an entry: SHA-256 of the line
    leaves  32 bytes an entry: its leaf in the Merkle tree
    owners  who signs each entry, as a number; `names` has the words
    first   the first entry, as it was read
    """

    def __init__(self) -> None:
        self.n = 0
        self.head = GENESIS
        self.hashes = bytearray()
        self.leaves = bytearray()
        self.owners = array("L")
        self.names: dict[str, int] = {}
        self.first: dict[str, Any] = {}
        self._root = ""

    def bad(self, kind: str, how: str) -> Verification:
        """The next entry is the first bad one."""
        at = self.n + 1
        return Verification(False, self.n, self.head, f"entry {at}: {how}.", at, kind)

    def done(self, head: str | None, what: str) -> Verification:
        """All lines were good; whether they end as they should."""
        if head is not None and head != self.head:
            how = f"{what} is {head[:16]}…, the chain ends in {self.head[:16]}…"
            if self.n == 0:
                return self.bad("truncated", how)
            problem = (
                f"entry {self.n}: {how}; it was altered, or later entries are cut."
            )
            return Verification(
                False, self.n - 1, self.head, problem, self.n, "truncated"
            )
        return Verification(True, self.n, self.head)

    def root(self) -> str:
        """The Merkle root over the lines, hex."""
        if not self._root:
            tree = Frontier()
            for i in range(0, len(self.leaves), 32):
                tree.add(bytes(self.leaves[i : i + 32]))
            self._root = tree.root().hex()
        return self._root

    def add(
        self, line: bytes, stored: str | None = None, vouched: str = ""
    ) -> Verification | None:
        """Take the next line; `stored` is its hash where one is kept beside it.

        In an export nothing is kept beside the lines, so the hash that the line after
        it, a seal, or the head noted elsewhere vouches for tells which of two lines
        that do not fit was altered.
        """
        expected = self.n + 1
        actual = digest(line)
        if stored is not None and stored != actual:
            return self.bad("altered", "its text does not match its SHA-256")
        try:
            entry, same = read_line(line)
            n, prev, actor = entry["n"], entry["prev"], entry["actor"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.bad("altered", "it is no readable entry")
        if not same:
            return self.bad("altered", "it is not in canonical form")
        if type(n) is not int or type(actor) is not str:
            return self.bad("altered", "its number or its actor is none")
        if n != expected:
            if prev == self.head:
                return self.bad("altered", f"its number says {n}")
            return self.bad("misplaced", str(n))
        if prev != self.head:
            if stored is None and self.n and vouched in ("", actual):
                how = f"entry {expected} does not follow from its text"
                problem = f"entry {self.n}: {how}."
                return Verification(
                    False, self.n - 1, self.head, problem, self.n, "altered"
                )
            return self.bad("altered", "it does not follow from the entry before")
        if expected == 1:
            self.first = entry
        self.n, self.head = expected, actual
        self.hashes += bytes.fromhex(actual)
        self.leaves += leaf_hash(line)
        owner = owner_of(actor)
        self.owners.append(self.names.setdefault(owner, len(self.names)))
        return None

    def explained(
        self, found: Verification, numbers: Iterable[int | None]
    ) -> Verification:
        """A line out of its place: whether it was removed, reordered or inserted.

        numbers  the number in every line, in the order in which they stand
        """
        if found.kind != "misplaced":
            return found
        stands = int(found.problem.rpartition(" ")[2].rstrip("."))
        return self.misplaced(stands, numbers)

    def misplaced(self, stands: int, numbers: Iterable[int | None]) -> Verification:
        """Entry `stands` stands where the next one should."""
        at = self.n + 1
        if stands < at:
            return self.bad("inserted", f"entry {stands} stands there once more")
        for place, n in enumerate(numbers, start=1):
            if place > at and n == at:
                how = f"entry {stands} stands in its place, and it at place {place}"
                return self.bad("reordered", f"{how}: they were reordered")
        gone = f"entries {at} to {stands - 1} are" if stands > at + 1 else "it is"
        how = f"{gone} missing: entry {stands} stands there; removed"
        return self.bad("removed", how)


def _number(line: bytes) -> int | None:
    try:
        n = json.loads(line)["n"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return n if isinstance(n, int) else None


def _prev_of(line: bytes) -> str:
    try:
        return str(json.loads(line)["prev"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
