"""Scenario files: by shipped name or by path."""

from __future__ import annotations

import tomllib
from pathlib import Path

from forefield import scenario
from forefield.errors import InputError
from forefield.io.files import readable

__all__ = ["load"]


def load(name_or_path: str) -> tuple[str, scenario.Scenario]:
    """A shipped scenario by name, or a TOML file; with the name to show."""
    if name_or_path in scenario.names() or not name_or_path.endswith(".toml"):
        return name_or_path, scenario.shipped(name_or_path)
    path = readable(Path(name_or_path), "scenario")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is no TOML: {error}.") from None
    return path.stem, scenario.parse(raw, str(path))
