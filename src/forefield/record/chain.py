"""An entry, and its line: canonical JSON that carries the hash of the line before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forefield.errors import InputError
from forefield.record.canonical import canonical, iso, plain

__all__ = ["GENESIS", "Entry", "line_of"]

#: What the first entry names as the hash before it.
GENESIS = "0" * 64


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


def line_of(n: int, prev: str, entry: Entry) -> bytes:
    """An entry as it is hashed and kept: its canonical JSON, number and link in it."""
    if not (entry.kind and entry.actor):
        name = "actor" if entry.kind else "kind"
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
        said["corrects"] = int(entry.corrects)
    return canonical(said)
