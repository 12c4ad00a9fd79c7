"""Compiled functions that allocate nothing, and so count no references.

Numba counts references to every array that a compiled function touches, and a function
that is handed tuples of arrays spends more time counting than computing: the tracker
ran at half its speed. A function that neither makes nor returns an array needs none of
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["lean"]

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}


def lean(function: Callable[..., Any]) -> Any:
    """Compile a function that makes no array and returns none. Division is IEEE."""
    return njit(**_OPTIONS)(function)
