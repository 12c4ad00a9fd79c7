"""Mandates: by shipped name, or a rule table of the user's own."""

from __future__ import annotations

from pathlib import Path

from forefield.errors import InputError
from forefield.io.files import readable
from forefield.mandate import rules
from forefield.mandate.rules import Mandate

__all__ = ["load_mandate"]


def load_mandate(name: str) -> Mandate:
    """A shipped mandate by name, or a .toml file."""
    if not name.endswith(".toml"):
        return rules.load(name)
    path = readable(Path(name), "mandate")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8.") from None
    return rules.parse(text, where=str(path))
