"""Two finished studies on one page: what they share, side by side.

Alternatives are matched by name. Where both met the same nights (equal seeds of equal
nights) differences are paired, night by night; else the two are drawn apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.columns import Floats
from forefield.errors import InputError
from forefield.io.files import new_file
from forefield.scoring.bootstrap import CLUSTERS_MIN
from forefield.studies.asked import number, say
from forefield.studies.charts import dots
from forefield.studies.outcomes import PER_100

__all__ = ["Compared", "compare", "line", "write_comparison"]

_REPLICATES = 2000


@dataclass(frozen=True)
class Compared:
    """Of one alternative and outcome: a, b and a − b per 100, each (value, lo, hi)."""

    alternative: str
    outcome: str
    a: dict[str, float]
    b: dict[str, float]
    difference: dict[str, float]
    nights: int
    is_paired: bool


def compare(folder_a: Path, folder_b: Path) -> list[Compared]:
    """Every outcome per 100 of every alternative that both studies have.

    All nights weigh alike. InputError when a folder holds no study, or nothing is
    shared.
    """
    one, two = _nights(folder_a), _nights(folder_b)
    shared = [n for n in one if n in two]
    if not shared:
        raise InputError(
            f"{folder_a} and {folder_b}: no alternative has the same name in both; "
            f"the first has {', '.join(one)}."
        )
    out = []
    for name in shared:
        a, b = one[name], two[name]
        rows_a, rows_b = np.arange(len(a["seed"])), np.arange(len(b["seed"]))
        same, in_a, in_b = np.intersect1d(a["seed"], b["seed"], return_indices=True)
        paired = len(same) > 0
        if paired:
            rows_a, rows_b = in_a, in_b
        draw = Stream(1, "compare", name).generator()
        c_a = _counts(draw, len(rows_a))
        c_b = c_a if paired else _counts(draw, len(rows_b))
        for outcome in PER_100:
            x = _ratio(a, outcome, rows_a, c_a)
            y = _ratio(b, outcome, rows_b, c_b)
            out.append(
                Compared(
                    name, outcome, _told(*x), _told(*y),
                    _told(x[0] - y[0], x[1] - y[1]), min(len(rows_a), len(rows_b)),
                    paired,
                )
            )  # fmt: skip
    return out


def _nights(folder: Path) -> dict[str, dict[str, Any]]:
    """Alternative -> column -> values of the nights that did not fail."""
    import pyarrow.parquet as pq

    path = folder / "nights.parquet"
    if not path.is_file():
        raise InputError(
            f"{folder}: holds no finished study (no nights.parquet); run "
            "`forefield study STUDY --out` first."
        )
    table = pq.read_table(path, columns=["name", "seed", "failure", "entering",
                                         *PER_100])  # fmt: skip
    columns = {k: np.array(table[k].to_pylist()) for k in table.column_names}
    ok = columns["failure"] == ""
    return {
        name: {k: v[ok & (columns["name"] == name)] for k, v in columns.items()}
        for name in dict.fromkeys(columns["name"].tolist())
    }


def _counts(draw: np.random.Generator, n: int) -> Floats:
    return draw.multinomial(n, np.full(n, 1.0 / n), size=_REPLICATES).astype(float)


def _ratio(
    of: dict[str, Any], outcome: str, rows: Any, counts: Floats
) -> tuple[float, Floats]:
    top, low = of[outcome][rows].astype(float), of["entering"][rows].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            float(100.0 * np.divide(top.sum(), low.sum())),
            100.0 * (counts @ top) / (counts @ low),
        )


def _told(value: float, again: Floats) -> dict[str, float]:
    ok = again[np.isfinite(again)]
    few = len(ok) < 0.95 * _REPLICATES or not np.isfinite(value)
    lo, hi = (np.nan, np.nan) if few else np.quantile(ok, [0.025, 0.975])
    return {"value": value, "lo": float(lo), "hi": float(hi)}


def write_comparison(path: Path, names: tuple[str, str], found: list[Compared]) -> None:
    """Write the page; it needs nothing but itself."""
    from importlib.resources import files

    css = (files("forefield.report") / "templates" / "figures.css").read_text("utf-8")
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>SIMULATION – Two studies compared</title>",
        f'<link rel="icon" href="data:,"><style>{css}</style></head><body>',
        '<div class="banner simulated"><b>SIMULATION</b> '
        "<span>no night here happened</span></div>",
        "<header><p class=eyebrow>Forefield · two studies compared</p>"
        f"<h1>{escape(names[0])} against {escape(names[1])}</h1></header><main>",
    ]
    nights = {c.nights for c in found}
    how = "paired night by night" if found[0].is_paired else "on nights of their own"
    few = min(nights) < CLUSTERS_MIN
    parts.append(
        f"<p>{min(nights)} nights, {how}; all nights weigh alike. Per 100 objects that "
        "would enter, 95 % intervals from nights drawn again whole."
        + (" So few nights tell little." if few else "") + "</p>"
    )  # fmt: skip
    for outcome, (words, _) in PER_100.items():
        mine = [c for c in found if c.outcome == outcome]
        bars = [
            (c.alternative, d["value"], d["lo"], d["hi"])
            for c, d in ((c, c.difference) for c in mine)
        ]
        chart = dots(bars, "first less second, per 100", around_zero=True)
        parts.append(
            f"<section><h2>{escape(words[0].upper() + words[1:])}</h2>"
            f'<figure class="wide">{chart}<figcaption>SIMULATION.</figcaption></figure>'
            "<table><caption>SIMULATION. Per 100 that would enter.</caption><thead><tr>"
            "<th>Alternative</th><th>first</th><th>second</th><th>difference</th></tr>"
            "</thead><tbody>"
        )
        for c in mine:
            cells = (say(c.a), say(c.b), say(c.difference))
            parts.append(
                f"<tr><th scope=row>{escape(c.alternative)}</th>"
                + "".join(f"<td>{escape(x)}</td>" for x in cells) + "</tr>"
            )  # fmt: skip
        parts.append("</tbody></table></section>")
    parts.append("</main><footer><p>Forefield · SIMULATION</p></footer></body></html>")
    with new_file(path) as temporary:
        temporary.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def line(c: Compared) -> str:
    """One comparison in a line of text."""
    return (
        f"{c.alternative}: {number(c.a['value'])} against {number(c.b['value'])}, "
        f"difference {say(c.difference)}"
    )
