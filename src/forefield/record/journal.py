"""The journal: what was known, said and decided, in order, and nothing taken back.

An entry is one line of canonical JSON that carries the SHA-256 of the line before
it. The lines live in an SQLite database that is written through to the disk before
`append` returns, and that refuses to change or delete a row. `verify` finds the
first place where the chain does not hold, and says how.

The chain proves order and integrity against whoever does not rewrite all of it. To
prove it against its own keeper, note the head (`Journal.head`) elsewhere and hand
it to `verify`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from forefield.errors import InputError
from forefield.record.canonical import canonical, digest, iso, plain

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

#: What the first entry names as the hash before it.
GENESIS = "0" * 64
NAME = "journal.sqlite"
_MAGIC = b"SQLite format 3\x00"
_APPLICATION = 0x464F5245  # "FORE"

_SCHEMA = """
CREATE TABLE entry (n INTEGER PRIMARY KEY, line BLOB NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER, sha256 TEXT);
INSERT INTO head VALUES (1, 0, '{genesis}');
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
  WHEN NEW.n <> (SELECT coalesce(max(n), 0) + 1 FROM entry)
  BEGIN SELECT RAISE(ABORT, 'an entry follows the last'); END;
CREATE TRIGGER head_moves_on BEFORE UPDATE ON head
  WHEN NEW.n < OLD.n OR NEW.n > 0 AND NOT EXISTS
    (SELECT 1 FROM entry WHERE n = NEW.n AND sha256 = NEW.sha256)
  BEGIN SELECT RAISE(ABORT, 'the head follows the entries'); END;
CREATE TRIGGER head_remains BEFORE DELETE ON head
  BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;
"""


@dataclass(frozen=True)
class Entry:
    """One entry, to be appended.

    kind      what it is about, for example "opening", "verdict", "answer"
    at_s      UTC seconds, simulated time in a simulated night; never a wall clock
    actor     who speaks: a pseudonym such as "holder:pl_operational_commander"
    body      anything JSON can say; NumPy numbers are unwrapped
    assumes   names of the assumptions it rests on
    corrects  number of the earlier entry that it corrects; that entry stays
    """

    kind: str
    at_s: float
    actor: str
    body: Any
    assumes: Sequence[str] = ()
    corrects: int | None = None


@dataclass(frozen=True)
class Verification:
    """Whether a journal holds; `n` entries were good before the first problem.

    entry    number of the first bad entry; None when all is well
    kind     altered, removed, reordered, inserted, truncated or damaged
    head     SHA-256 of the last good entry: note it elsewhere
    """

    ok: bool
    n: int
    head: str
    problem: str = ""
    entry: int | None = None
    kind: str = ""


class Journal:
    """An append-only journal on disk. There is no way to change or delete.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Journal.create(folder.name + "/journal.sqlite") as journal:
    ...     journal.append("note", 0.0, "duty-officer-1", {"text": "quiet"})
    1
    >>> verify(folder.name).ok
    True
    >>> folder.cleanup()
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    @classmethod
    def create(cls, path: str | Path) -> Journal:
        """A new journal; a file that exists is refused, a failure leaves none."""
        p = Path(path)
        if p.is_dir():
            p = p / NAME
        if _exists(p):
            raise InputError(
                f"{p}: exists already; a journal is never overwritten, name another."
            )
        if not p.parent.is_dir():
            raise InputError(f"{p}: its folder does not exist; create it first.")
        try:
            with _told(p):
                db = _connect(p)
                try:
                    db.execute("PRAGMA page_size = 4096")
                    db.execute(f"PRAGMA application_id = {_APPLICATION}")
                    _settle(db)
                    script = _SCHEMA.format(genesis=GENESIS)
                    db.executescript(f"BEGIN;{script}COMMIT;")
                except BaseException:
                    db.close()
                    raise
        except InputError:
            _remove(p)
            raise
        return cls(p, db)

    @classmethod
    def open(cls, path: str | Path) -> Journal:
        """An existing journal, to append to; several processes may."""
        p = find(path)
        if not _is_database(p):
            raise InputError(f"{p}: is no journal database; name a journal.sqlite.")
        with _told(p):
            db = _connect(p)
            try:
                _settle(db)
                db.execute("SELECT n FROM head").fetchone()
            except BaseException:
                db.close()
                raise
        return cls(p, db)

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

        When this returns they are on the disk (SQLite, WAL, synchronous FULL).
        Raises `InputError` when the disk is full or an entry cannot be recorded.
        """
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                n, prev = self._db.execute("SELECT n, sha256 FROM head").fetchone()
                rows = []
                for entry in entries:
                    line = line_of(n + 1, prev, entry)
                    n, prev = n + 1, digest(line)
                    rows.append((n, line, prev))
                self._put(rows)
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
        return int(n)

    def _insert(self, rows: list[tuple[int, bytes, str]]) -> None:
        """Put rows that are chained already, all of them or none."""
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._put(rows)
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def _put(self, rows: list[tuple[int, bytes, str]]) -> None:
        self._db.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
        if rows:
            n, _, last = rows[-1]
            self._db.execute("UPDATE head SET n = ?, sha256 = ?", (n, last))
        self._db.execute("COMMIT")

    # -- reading ----------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._db.execute("SELECT n FROM head").fetchone()[0])

    @property
    def head(self) -> str:
        """SHA-256 of the last entry: what to note elsewhere, to prove the rest."""
        return str(self._db.execute("SELECT sha256 FROM head").fetchone()[0])

    def entries(self, kind: str = "") -> Iterator[dict[str, Any]]:
        """The entries in order, of one kind or of all, as they were written."""
        for (line,) in self._db.execute("SELECT line FROM entry ORDER BY n"):
            entry = json.loads(line)
            if not kind or entry["kind"] == kind:
                yield entry

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def line_of(n: int, prev: str, entry: Entry) -> bytes:
    """An entry as it is hashed and kept: its canonical JSON, number and link in it."""
    for name in ("kind", "actor"):
        if not getattr(entry, name):
            raise InputError(f"entry {n}: {name} is empty; an entry names it.")
    said: dict[str, Any] = {
        "n": n,
        "at": iso(entry.at_s),
        "kind": entry.kind,
        "actor": entry.actor,
        "body": plain(entry.body),
        "assumes": [str(a) for a in entry.assumes],
        "prev": prev,
    }
    if entry.corrects is not None:
        if not 1 <= entry.corrects < n:
            raise InputError(
                f"entry {n}: corrects {entry.corrects}, which is no earlier entry."
            )
        said["corrects"] = entry.corrects
    return canonical(said)


def write_entries(path: str | Path, entries: Iterable[Mapping[str, Any]]) -> str:
    """A new journal from entries that are chained already; returns its head.

    entries  as `record.entries.chained` gives them; a "hash" key is checked, not kept

    Raises `InputError` when they do not follow from each other.
    """
    chain = _Chain()
    rows = []
    for entry in entries:
        line = canonical({k: v for k, v in entry.items() if k != "hash"})
        found = chain.add(line, entry.get("hash"))
        if found:
            raise InputError(f"{path}: {found.problem}")
        rows.append((chain.n, line, chain.head))
    journal = Journal.create(path)
    try:
        journal._insert(rows)
        journal.close()
    except BaseException:
        journal.close()
        _remove(journal.path)
        raise
    return chain.head


# -- the file -------------------------------------------------------------------


def find(where: str | Path) -> Path:
    """The journal that is meant: a database, an export, or a run's folder."""
    p = Path(where)
    if p.is_dir():
        inside = p / NAME
        if not inside.exists():
            raise InputError(f"{p}: holds no {NAME}; name a run's folder.")
        return inside
    if not _exists(p):
        raise InputError(f"{p}: no such journal; name a run's folder or {NAME}.")
    return p


def _remove(p: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{p}{ending}").unlink()


def _exists(p: Path) -> bool:
    try:
        return p.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{p}: {reason}; choose another place.") from None


def _is_database(p: Path) -> bool:
    try:
        with p.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{p}: cannot read: {reason}.") from None


def _connect(p: Path, *, read_only: bool = False) -> sqlite3.Connection:
    uri = f"file:{quote(str(p.resolve()))}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30.0)


def _settle(db: sqlite3.Connection) -> None:
    """Durability before speed: an acknowledged entry survives a power cut."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA trusted_schema = OFF")


@contextmanager
def _told(p: Path) -> Iterator[None]:
    """What SQLite cannot do, as one clear line."""
    try:
        yield
    except sqlite3.Error as error:
        reason = str(error).rstrip(".")
        hint = "choose a place you may write to"
        if "full" in reason:
            hint = "free some space and repeat; nothing was half-written"
        elif "malformed" in reason or "not a database" in reason:
            hint = "check it with: forefield journal verify"
        elif "never" in reason or "follow" in reason:
            hint = "a journal only grows"
        elif "locked" in reason:
            hint = "another process is writing; repeat"
        raise InputError(f"{p}: cannot write: {reason}; {hint}.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{p}: cannot write: {reason}; free space.") from None


# -- export and verification ------------------------------------------------------


def export(where: str | Path) -> Iterator[bytes]:
    """The journal as canonical JSON lines, each with its newline.

    The same night gives the same bytes: entries hold simulated time only.
    """
    p = find(where)
    if not _is_database(p):
        with p.open("rb") as file:
            yield from file
        return
    try:
        db = _readable(p)
        try:
            for (line,) in db.execute("SELECT line FROM entry ORDER BY n"):
                yield bytes(line) + b"\n"
        finally:
            db.close()
    except (sqlite3.Error, TypeError) as error:
        raise InputError(
            f"{p}: the database is damaged ({error}); see forefield journal verify."
        ) from None


def _readable(p: Path) -> sqlite3.Connection:
    """Read only, leaving nothing beside the file.

    Without a write-ahead log nobody writes, and the file is read as it stands; so
    a finished journal can be checked on a medium that cannot be written to.
    """
    if Path(f"{p}-wal").exists():
        return _connect(p, read_only=True)
    uri = f"file:{quote(str(p.resolve()))}?immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


def verify(where: str | Path, *, head: str = "") -> Verification:
    """Check a journal, a database or an export, from the first entry to the last.

    head  SHA-256 of the last entry as noted elsewhere; with it, a journal that was
          cut short or rewritten as a whole is found too

    Finds entries altered, removed, reordered or inserted, a cut tail, and damage of
    the file; names the first bad entry. Raises `InputError` only when there is no
    journal to check.
    """
    p = find(where)
    if _is_database(p):
        return _verify_database(p, head)
    chain = _Chain()
    lines = p.read_bytes().split(b"\n")
    if lines.pop():
        lines.append(b"")  # the last line is cut: what is left of it is no entry
    if not lines:
        return chain.bad("truncated", "the file is empty")
    for i, line in enumerate(lines):
        vouched = _prev_of(lines[i + 1]) if i + 1 < len(lines) else head
        found = chain.add(line, vouched=vouched)
        if found:
            return found
    return chain.done(head or None, "the head noted elsewhere")


def _verify_database(p: Path, head: str) -> Verification:
    chain = _Chain()
    try:
        db = _readable(p)
    except sqlite3.Error as error:
        return chain.bad("damaged", f"the database cannot be opened ({error})")
    try:
        previous = 0
        rows = db.execute("SELECT n, line, sha256 FROM entry ORDER BY n")
        for n, line, stored in rows:
            if not isinstance(n, int) or not isinstance(line, bytes):
                return chain.bad("damaged", "its row is not as it was written")
            if n != previous + 1:
                gone = f"{previous + 1}" + (f" to {n - 1}" if n > previous + 2 else "")
                return chain.bad("removed", f"entry {gone} is missing")
            previous = n
            found = chain.add(line, stored)
            if found:
                return found
        last = db.execute("SELECT n, sha256 FROM head").fetchall()
        if len(last) != 1:
            return chain.bad("damaged", "the head of the chain is missing")
        if last[0][0] != chain.n:
            return chain.bad(
                "truncated", f"the head names entry {last[0][0]}, the last is {chain.n}"
            )
        ended = chain.done(str(last[0][1]), "the head beside the entries")
        if not ended.ok:
            return ended
        (health,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if health != "ok":
            return chain.bad("damaged", f"the database says: {health}")
    except (sqlite3.Error, UnicodeError, OverflowError) as error:
        return chain.bad("damaged", f"the database cannot be read on ({error})")
    finally:
        db.close()
    return chain.done(head or None, "the head noted elsewhere")


class _Chain:
    """The chain as far as it held."""

    def __init__(self) -> None:
        self.n = 0
        self.head = GENESIS

    def bad(self, kind: str, how: str) -> Verification:
        at = self.n + 1
        return Verification(False, self.n, self.head, f"entry {at}: {how}.", at, kind)

    def done(self, head: str | None, what: str) -> Verification:
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

    def add(
        self, line: bytes, stored: object = None, vouched: str = ""
    ) -> Verification | None:
        """Take the next line; `stored` is its hash where one is kept beside it.

        In an export nothing is kept beside the lines, so the hash that the line after
        it (or the head noted elsewhere) vouches for tells which of two lines that do
        not fit was altered.
        """
        expected = self.n + 1
        try:
            entry = json.loads(line)
            n, prev = entry["n"], entry["prev"]
            same = canonical(entry) == line
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.bad("altered", "it is no readable entry")
        if n != expected:
            if isinstance(n, int) and n > expected:
                return self.bad(
                    "removed", f"entry {n} stands in its place: removed or moved"
                )
            return self.bad("reordered", f"entry {n} stands in its place")
        if not same:
            return self.bad("altered", "it is not in canonical form")
        actual = digest(line)
        if stored is not None and stored != actual:
            return self.bad("altered", "its text does not match its SHA-256")
        if prev != self.head:
            if stored is None and self.n and vouched in ("", actual):
                how = f"entry {expected} does not follow from its text"
                problem = f"entry {self.n}: {how}."
                return Verification(
                    False, self.n - 1, self.head, problem, self.n, "altered"
                )
            return self.bad("altered", "it does not follow from the entry before")
        self.n, self.head = expected, actual
        return None


def _prev_of(line: bytes) -> str:
    try:
        return str(json.loads(line)["prev"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
