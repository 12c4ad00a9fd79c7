"""Compile the kernels once, stage by stage, and show it.

Numba keeps compiled kernels on disk; only the first command after an installation
pays. Running a tiny night compiles exactly what a night needs, and nothing else.
"""

from __future__ import annotations

import sys
from time import perf_counter

from forefield.apps.console import say

__all__ = ["warm_up"]


def warm_up() -> float:
    """Seconds spent; a stage that takes over a second is named when it is done."""
    from forefield.drivers.warm import STAGES, steps

    began = perf_counter()
    shown = False
    for i, (stage, step) in enumerate(steps()):
        since = perf_counter()
        step()
        spent = perf_counter() - since
        if spent > 1.0:
            if not shown:
                say("Compiling the kernels, once:")
                shown = True
            say(f"  {i + 1} of {len(STAGES)}  {stage}: {spent:.0f} s")
            sys.stdout.flush()
    return perf_counter() - began
