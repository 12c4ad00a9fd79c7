"""The one error a user of Forefield should ever read."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["InputError", "nearest"]


class InputError(ValueError):
    """What was handed to us cannot be used.

    The message is one line: what is wrong, where, and what to do about it.
    `rows` tells which entries of a table are meant, where that is known.
    """

    def __init__(self, problem: str, *, rows: Iterable[int] = ()) -> None:
        super().__init__(problem)
        self.rows = tuple(rows)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to `word`, as a suggestion; "" when none is close.

    >>> nearest("pl-2024-03-24-oserdov", ["pl-2024-03-24-oserdow", "quick"])
    'pl-2024-03-24-oserdow'
    """
    import difflib

    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return close[0] if close else ""
