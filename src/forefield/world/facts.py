"""The sourced tables we ship, as plain data.

Stages open no file; they ask here. Each table keeps its sources beside its
numbers, so that whoever shows a number can show where it came from.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["table"]


@cache
def table(name: str) -> dict[str, Any]:
    """A shipped TOML table by name, for example "incidents" or "object_classes"."""
    path = files("forefield").joinpath("data", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
