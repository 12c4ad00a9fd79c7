"""Which objects a rule of `p_detect` is for.

A rule names one class of object_classes.toml ("shahed136_geran2"), a column of
`tracks` without its p_ ("drone"), or "" for all.
"""

from __future__ import annotations

from forefield.errors import InputError, nearest
from forefield.threats.classes import TRACK_CLASSES, classes

__all__ = ["column_of", "known_class"]


def column_of(klass: str) -> str:
    """The column of `tracks` for an object class; "unknown" for any other word.

    >>> column_of("shahed136_geran2"), column_of("civil"), column_of("saucer")
    ('drone', 'civil', 'unknown')
    """
    if klass in TRACK_CLASSES:
        return klass
    known = classes()
    return known[klass].track_class if klass in known else "unknown"


def known_class(word: str) -> str:
    """`word` if it is "", a class or a column; else InputError with the nearest."""
    if word == "" or word in TRACK_CLASSES or word in classes():
        return word
    close = nearest(word, (*TRACK_CLASSES, *classes()))
    hint = f"; did you mean {close!r}?" if close else ""
    raise InputError(f"Unknown object class {word!r}{hint}")
