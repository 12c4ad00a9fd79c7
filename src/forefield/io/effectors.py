"""Effector files: TOML of kinds and effectors, each figure with its source."""

from __future__ import annotations

import tomllib
from pathlib import Path

from forefield.engagement.effectors import Effector, parse
from forefield.errors import InputError
from forefield.io.files import readable

__all__ = ["read_effectors"]


def read_effectors(path: str | Path) -> tuple[Effector, ...]:
    """The effectors of a file; its kinds add to the shipped ones, or replace them.

    Raises `InputError`, one line, for a file that is no TOML, for what it does not
    know, and for a figure or effector without a source that is not marked as assumed.
    """
    file = readable(path, "effectors")
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no UTF-8 text; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file}: is no TOML: {error}.") from None
    return parse(raw, str(file))
