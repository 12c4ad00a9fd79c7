"""A question of a study, its answer, and how numbers are said in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from forefield.studies.tables import Results

__all__ = ["Asked", "Row", "names", "number", "percent", "say", "table"]

Row = tuple[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """One question and what the nights say to it.

    columns, rows  a table: titles, and (name, cells) each;  note: under it
    change         what would change the answer
    """

    title: str
    answer: str
    change: str
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    chart: str = ""
    note: str = ""


def number(x: Any, digits: int = 1) -> str:
    """A number as it is shown; "–" where there is none."""
    if not isinstance(x, int | float) or not math.isfinite(x):
        return "–"
    if abs(x) >= 1000:
        digits = 0
    shown = f"{x:.2g}" if x and abs(x) < 0.05 else f"{x:,.{digits}f}"
    return shown.replace("-", "−")


def say(row: Any) -> str:
    """A value with its interval: of a row of a table, or of an `Interval`."""
    value, lo, hi = (
        (row["value"], row["lo"], row["hi"])
        if isinstance(row, dict)
        else (row.value, row.lo, row.hi)
    )
    if not math.isfinite(value):
        return "–"
    if not math.isfinite(lo):
        if value == 0.0:
            return f"{number(value)} (never seen here)"
        return f"{number(value)} (too few nights for an interval)"
    return f"{number(value)} ({number(lo)} to {number(hi)})"


def percent(value: float, lo: float, hi: float) -> str:
    """A share with its interval, in per cent."""
    if not math.isfinite(value):
        return "–"
    return f"{number(100 * value)} ({number(100 * lo)} to {number(100 * hi)}) %"


def names(r: Results) -> list[str]:
    """The alternatives, in order."""
    return [a.name for a in r.design.alternatives]


def table(r: Results, *outcomes: str) -> list[Row]:
    """By alternative: some outcomes with their intervals."""
    columns = [r.of(o) for o in outcomes]
    return [(n, [say(c[k]) for c in columns]) for k, n in enumerate(names(r))]
