"""Which column of `tracks` an object class belongs to, for rules by class.

A rule of `p_detect` names either one class of object_classes.toml
("shahed136_geran2") or a column of `tracks` without its p_ ("drone").
"""

from __future__ import annotations

from forefield.errors import InputError, nearest

__all__ = ["COLUMNS", "OF_CLASS", "column_of", "known_class"]

#: Columns of `tracks`, as in `tracking.tracks.CLASSES` (which comes after this room).
COLUMNS = (
    "cruise", "ballistic", "drone", "jet_drone", "decoy", "aircraft", "interceptor",
    "civil", "balloon", "bird", "unknown",
)  # fmt: skip

OF_CLASS = {
    "kh101_kh555": "cruise",
    "kh22_kh32": "ballistic",  # high, fast, steep: seen as ballistic missiles are
    "kalibr": "cruise",
    "iskander_k": "cruise",
    "iskander_m": "ballistic",
    "kinzhal": "ballistic",
    "zircon": "ballistic",
    "shahed136_geran2": "drone",
    "gerbera": "decoy",
    "geran3": "jet_drone",
    "ukrainian_long_range": "drone",
    "tu141": "jet_drone",
    "orlan10": "drone",
    "stray_interceptor": "interceptor",
    "flock": "bird",
    "unknown": "unknown",
}


def column_of(klass: str) -> str:
    """The column of `tracks` for an object class; "unknown" for any other word."""
    return klass if klass in COLUMNS else OF_CLASS.get(klass, "unknown")


def known_class(word: str) -> str:
    """`word` if it is "", a class or a column; else InputError with the nearest."""
    if word == "" or word in COLUMNS or word in OF_CLASS:
        return word
    close = nearest(word, (*COLUMNS, *OF_CLASS))
    hint = f"; did you mean {close!r}?" if close else ""
    raise InputError(f"Unknown object class {word!r}{hint}")
