"""A journal in one SQLite file, written through to the disk at every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from forefield.errors import InputError
from forefield.record.chain import GENESIS
from forefield.record.store import NAME, Row, Seal, Tip, exists

__all__ = ["SqliteStore", "is_database", "remove"]

_MAGIC = b"SQLite format 3\x00"
_APPLICATION = 0x464F5245  # "FORE"
_FORM = 2  # PRAGMA user_version; 1 and 0 had no seals

_SCHEMA = """
CREATE TABLE entry (n INTEGER PRIMARY KEY, line BLOB NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE seal
  (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, owner TEXT, n INTEGER, line BLOB);
CREATE UNIQUE INDEX one_key ON seal (owner) WHERE kind = 'key';
CREATE TABLE head
  (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER, sha256 TEXT, edge TEXT);
INSERT INTO head VALUES (1, 0, '{genesis}', '');
CREATE TABLE person (pseudonym TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry
  WHEN NEW.n <> (SELECT coalesce(max(n), 0) + 1 FROM entry)
  BEGIN SELECT RAISE(ABORT, 'an entry follows the last'); END;
CREATE TRIGGER seal_stays BEFORE UPDATE ON seal
  BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
CREATE TRIGGER seal_remains BEFORE DELETE ON seal
  BEGIN SELECT RAISE(ABORT, 'a seal is never deleted'); END;
CREATE TRIGGER head_moves_on BEFORE UPDATE ON head
  WHEN NEW.n < OLD.n OR NEW.n > 0 AND NOT EXISTS
    (SELECT 1 FROM entry WHERE n = NEW.n AND sha256 = NEW.sha256)
  BEGIN SELECT RAISE(ABORT, 'the head follows the entries'); END;
CREATE TRIGGER head_remains BEFORE DELETE ON head
  BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;
"""


class SqliteStore:
    """See `store.Store`. Names are kept in the table `person` and can be erased."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    @classmethod
    def create(cls, path: Path) -> SqliteStore:
        """A new file; one that exists is refused, a failure leaves none."""
        p = path / NAME if path.is_dir() else path
        if exists(p):
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
                    form = f"PRAGMA user_version = {_FORM};"
                    db.executescript(f"BEGIN;{script}{form}COMMIT;")
                except BaseException:
                    db.close()
                    raise
        except InputError:
            remove(p)
            raise
        return cls(p, db)

    @classmethod
    def open(cls, p: Path, *, read_only: bool = False) -> SqliteStore:
        """A file that exists, to append to (several processes may) or to read."""
        if not is_database(p):
            raise InputError(f"{p}: is no journal database; name a journal.sqlite.")
        if read_only:
            return cls(p, _readable(p))
        with _told(p):
            db = _connect(p)
            try:
                (form,) = db.execute("PRAGMA user_version").fetchone()
                if form != _FORM:
                    raise InputError(
                        f"{p}: was made by another version; it can be read and "
                        "checked, not continued: start a new journal."
                    )
                _settle(db)
                db.execute("SELECT n FROM head").fetchone()
            except BaseException:
                db.close()
                raise
        return cls(p, db)

    @contextmanager
    def writing(self) -> Iterator[Tip]:
        """A transaction; the commit returns when the disk has it."""
        with _told(self.path):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.tip()
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.db.execute("ROLLBACK")
                raise

    def put(self, rows: Sequence[Row], seals: Sequence[Seal], tip: Tip) -> None:
        """Add entries and seals, inside `writing`."""
        self.db.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
        self.db.executemany(
            "INSERT INTO seal VALUES (NULL, ?, ?, ?, ?)",
            [(s.kind, s.owner, s.n, s.line) for s in seals],
        )
        if rows:
            self.db.execute(
                "UPDATE head SET n = ?, sha256 = ?, edge = ?",
                (tip.n, tip.sha256, tip.edge),
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A snapshot."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self.db.execute("ROLLBACK")

    def tip(self) -> Tip:
        """The end of the journal, as the table `head` has it."""
        if self._form() < _FORM:
            found = self.db.execute("SELECT n, sha256, NULL FROM head").fetchall()
        else:
            found = self.db.execute("SELECT n, sha256, edge FROM head").fetchall()
        if len(found) != 1:
            raise InputError("the head of the chain is missing")
        return Tip(*found[0])

    def _form(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def rows(self, after: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        """Entries in order, as they stand in the file."""
        yield from self.db.execute(
            "SELECT n, line, sha256 FROM entry WHERE n > ? ORDER BY n", (after,)
        )

    def seals(self, kind: str = "") -> Iterator[tuple[Any, Any, Any, Any]]:
        """Seals in the order they were put; a journal of an older form has none."""
        if self._form() < _FORM:
            return
        yield from self.db.execute(
            "SELECT kind, owner, n, line FROM seal WHERE ? IN ('', kind) ORDER BY id",
            (kind,),
        )

    def published(self, owner: str) -> bool:
        """Whether the owner's key is among the seals."""
        found = self.db.execute(
            "SELECT 1 FROM seal WHERE kind = 'key' AND owner = ?", (owner,)
        ).fetchone()
        return found is not None

    def health(self) -> str:
        """SQLite's own check of its pages."""
        (said,) = self.db.execute("PRAGMA integrity_check(1)").fetchone()
        return "" if said == "ok" else str(said)

    # -- names ------------------------------------------------------------------

    def name_of(self, pseudonym: str) -> str:
        """The name behind a pseudonym; "" when none is kept."""
        found = self.db.execute(
            "SELECT name FROM person WHERE pseudonym = ?", (pseudonym,)
        ).fetchone()
        return str(found[0]) if found else ""

    def call(self, pseudonym: str, name: str) -> None:
        """Keep a name for a pseudonym."""
        with _told(self.path):
            self.db.execute(
                "INSERT OR REPLACE INTO person VALUES (?, ?)", (pseudonym, name)
            )

    def erase(self, pseudonym: str) -> bool:
        """Forget a name: overwritten with zeros in the file, and gone from its log."""
        with _told(self.path):
            self.db.execute("PRAGMA secure_delete = ON")
            done = self.db.execute(
                "DELETE FROM person WHERE pseudonym = ?", (pseudonym,)
            )
            busy, *_ = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise InputError(
                    f"{self.path}: the name is deleted, but a reader still holds the "
                    "write-ahead log that shows it; repeat when it has gone."
                )
        return done.rowcount > 0

    def discard(self) -> None:
        """Take the file away: only of a journal that could not be begun."""
        remove(self.path)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self.db.close()


# -- the file -------------------------------------------------------------------


def remove(p: Path) -> None:
    """Take away a file that could not be finished, and what SQLite put beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{p}{ending}").unlink()


def is_database(p: Path) -> bool:
    """Whether the file is an SQLite database; an export is not."""
    try:
        with p.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{p}: cannot read: {reason}.") from None


def _connect(p: Path, *, read_only: bool = False) -> sqlite3.Connection:
    uri = f"file:{quote(str(p.resolve()))}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, timeout=30.0, check_same_thread=False
    )


def _settle(db: sqlite3.Connection) -> None:
    """Durability before speed: an acknowledged entry survives a power cut."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA trusted_schema = OFF")


def _readable(p: Path) -> sqlite3.Connection:
    """Read only, leaving nothing beside the file.

    Without a write-ahead log nobody writes, and the file is read as it stands; so
    a finished journal can be checked on a medium that cannot be written to.
    """
    if Path(f"{p}-wal").exists():
        return _connect(p, read_only=True)
    uri = f"file:{quote(str(p.resolve()))}?immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


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
