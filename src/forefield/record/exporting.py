"""A journal as text: its entries, then its seals, a line of canonical JSON each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from forefield.errors import InputError
from forefield.record.store import find, is_url, open_store

__all__ = ["SEAL", "export"]

#: How the line of a seal begins; no entry's does ("actor" comes first there).
SEAL = b'{"seal":"'


def export(where: str | Path, *, seals: bool = True) -> Iterator[bytes]:
    """The journal as canonical JSON lines, each with its newline.

    The same night gives the same bytes: entries hold simulated time only, and
    Ed25519 signs without chance. Names are not exported. Without `seals`, entries
    alone.
    """
    if not is_url(where):
        from forefield.record.sqlite_store import is_database

        p = find(where)
        if not is_database(p):
            with p.open("rb") as file:
                yield from (x for x in file if seals or not x.startswith(SEAL))
            return
    store = open_store(where, read_only=True)
    try:
        with store.reading():
            for _, line, _ in store.rows():
                yield bytes(line) + b"\n"
            if seals:
                for _, _, _, line in store.seals():
                    yield bytes(line) + b"\n"
    except (sqlite3.Error, TypeError) as error:
        raise InputError(
            f"{store.where}: the database is damaged ({error}); see forefield journal "
            "verify."
        ) from None
    finally:
        store.close()
