"""Where a journal is kept: what SQLite and PostgreSQL both do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from forefield.errors import InputError
from forefield.record.chain import GENESIS

__all__ = [
    "NAME",
    "Row",
    "Seal",
    "Store",
    "Tip",
    "create_store",
    "exists",
    "find",
    "is_url",
    "open_store",
    "shown",
]

#: The file of a journal in a run's folder.
NAME = "journal.sqlite"
#: An entry as kept: number, line, SHA-256 of the line as hex.
Row = tuple[int, bytes, str]


@dataclass(frozen=True)
class Tip:
    """The end of a journal: its last number, that line's SHA-256, the tree's edge.

    edge  as `merkle.Frontier.to_text`; None in a file of an older form
    """

    n: int = 0
    sha256: str = GENESIS
    edge: str | None = ""


@dataclass(frozen=True)
class Seal:
    """A seal as kept: key, batch or head; whose; the last entry it speaks of."""

    kind: str
    owner: str
    n: int
    line: bytes


class Store(Protocol):
    """A place that keeps entries and seals, and lets nothing be taken back."""

    @property
    def where(self) -> str:
        """The place, as it may be shown: a password is left out."""
        ...

    def writing(self) -> AbstractContextManager[Tip]:
        """One writer at a time; on leaving, all is durable, or none was written."""
        ...

    def put(self, rows: Sequence[Row], seals: Sequence[Seal], tip: Tip) -> None:
        """Add entries and seals, inside `writing`."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """What is read inside is of one moment, whoever writes meanwhile."""
        ...

    def tip(self) -> Tip:
        """The end; `InputError` when the place was damaged."""
        ...

    def rows(self, after: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        """Entries in order, as they stand there, whatever became of them."""
        ...

    def seals(self, kind: str = "") -> Iterator[tuple[Any, Any, Any, Any]]:
        """Seals in the order they were put (kind, owner, n, line)."""
        ...

    def published(self, owner: str) -> bool:
        """Whether the owner's key is among the seals."""
        ...

    def health(self) -> str:
        """What the database says of itself; "" when it is well."""
        ...

    def name_of(self, pseudonym: str) -> str:
        """The name behind a pseudonym; "" when none is kept."""
        ...

    def call(self, pseudonym: str, name: str) -> None:
        """Keep a name for a pseudonym, apart from the entries."""
        ...

    def erase(self, pseudonym: str) -> bool:
        """Forget a name; False when there was none."""
        ...

    def discard(self) -> None:
        """Take it away: only of a journal that could not be begun."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def is_url(where: str | Path) -> bool:
    """Whether a journal in PostgreSQL is meant."""
    return str(where).startswith(("postgresql://", "postgres://"))


def create_store(where: str | Path) -> Store:
    """A new, empty place; one that exists is refused."""
    if is_url(where):
        from forefield.record.postgres_store import PostgresStore

        return PostgresStore.create(str(where))
    from forefield.record.sqlite_store import SqliteStore

    return SqliteStore.create(Path(where))


def open_store(where: str | Path, *, read_only: bool = False) -> Store:
    """A place that exists."""
    if is_url(where):
        from forefield.record.postgres_store import PostgresStore

        return PostgresStore.open(str(where), read_only=read_only)
    from forefield.record.sqlite_store import SqliteStore

    return SqliteStore.open(find(where), read_only=read_only)


def find(where: str | Path) -> Path:
    """The file that is meant: a database, an export, or a run's folder."""
    p = Path(where)
    if p.is_dir():
        inside = p / NAME
        if not inside.exists():
            raise InputError(f"{p}: holds no {NAME}; name a run's folder.")
        return inside
    if not exists(p):
        raise InputError(f"{p}: no such journal; name a run's folder or {NAME}.")
    return p


def shown(where: str | Path) -> str:
    """A place as it may be printed: without the password of a URL."""
    if not is_url(where):
        return str(where)
    from forefield.record.postgres_store import without_password

    return without_password(str(where))


def exists(p: Path) -> bool:
    """Whether there is such a file; one clear line where that cannot be known."""
    try:
        return p.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{p}: {reason}; choose another place.") from None
