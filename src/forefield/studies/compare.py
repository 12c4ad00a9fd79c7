"""Two finished studies on one page: what they share, side by side.

Alternatives are matched by name, and each study weighs its strata as it does itself.
Where both met the same nights (equal seeds) differences are paired, night by night;
else the two are drawn apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.io.files import new_file
from forefield.report.pages import filled
from forefield.scoring.bootstrap import CLUSTERS_MIN, Interval
from forefield.studies.asked import number, say
from forefield.studies.charts import dots
from forefield.studies.design import Design, lay_out
from forefield.studies.manifest import read_manifest
from forefield.studies.outcomes import PER_100
from forefield.studies.statistics import (
    Nights,
    as_sample,
    interval_of,
    nights_of,
    nothing_in,
)
from forefield.studies.study_file import parse

__all__ = ["Compared", "compare", "line", "write_comparison"]


@dataclass(frozen=True)
class Compared:
    """Of one alternative and outcome: a, b and a − b, per 100 that would enter.

    nights  of the first study and of the second; as many where they are paired
    """

    alternative: str
    outcome: str
    a: Interval
    b: Interval
    difference: Interval
    nights: tuple[int, int]
    is_paired: bool


def compare(folder_a: Path, folder_b: Path) -> list[Compared]:
    """Every outcome per 100 of every alternative that both studies have.

    InputError when a folder holds no study, or nothing is shared.
    """
    one, two = _read(folder_a), _read(folder_b)
    of = [{a.name: k for k, a in enumerate(d.alternatives)} for _, d in (one, two)]
    shared = [n for n in of[0] if n in of[1]]
    if not shared:
        raise InputError(
            f"{folder_a} and {folder_b}: no alternative has the same name in both; "
            f"the first has {', '.join(of[0])}."
        )
    a, b, paired = _nights(one, two)
    out = []
    for outcome in PER_100:
        told = a.ratio(outcome, "entering"), b.ratio(outcome, "entering")
        x, y = a.ratios(outcome, "entering"), b.ratios(outcome, "entering")
        for name in shared:
            i, j = of[0][name], of[1][name]
            difference = interval_of(
                float(x[0][i] - y[0][j]), x[1][:, i] - y[1][:, j], min(len(a), len(b))
            )
            out.append(
                Compared(name, outcome, told[0][i], told[1][j],
                         _not_nothing(difference, a, i), (len(a), len(b)), paired)
            )  # fmt: skip
    return out


def _not_nothing(one: Interval, nights: Nights, k: int) -> Interval:
    """Alike on every night is no proof of no difference."""
    if not one.value == one.lo == one.hi == 0.0:
        return one
    most = 100.0 * nothing_in(int((nights.values["entering"][:, k] > 0).sum()))
    return replace(one, lo=-most, hi=most)


def _read(folder: Path) -> tuple[Any, Design]:
    """The nights of a finished study, and its design as it is told."""
    import pyarrow.parquet as pq

    path, manifest = folder / "nights.parquet", read_manifest(folder)
    if not path.is_file() or manifest is None or "study" not in manifest:
        raise InputError(
            f"{folder}: holds no finished study (nights.parquet and manifest.json); "
            "run `forefield study STUDY --out` first."
        )
    study = parse(manifest["study"], f"{folder / 'manifest.json'}")
    return as_sample(pq.read_table(path), lay_out(study, str(folder)))


def _nights(
    one: tuple[Any, Design], two: tuple[Any, Design]
) -> tuple[Nights, Nights, bool]:
    """The nights that both met, drawn alike; else all of each, drawn apart."""
    met = [_met(*study) for study in (one, two)]
    common = set(met[0]) & set(met[1])
    if not common:
        a, b = (
            nights_of(*study, stream=Stream(1, "compare", name))
            for study, name in zip((one, two), ("first", "second"), strict=True)
        )
        return a, b, False
    a, b = (
        nights_of(_only(rows, {m[s] for s in common}), design)
        for (rows, design), m in zip((one, two), met, strict=True)
    )
    return a, replace(b, counts=a.counts), True


def _met(rows: Any, design: Design) -> dict[int, int]:
    """Seed -> number of every night that did not fail."""
    seeds = dict(zip(rows["night"].to_pylist(), rows["seed"].to_pylist(), strict=True))
    nights = nights_of(rows, design).night.tolist()
    return {seeds[n]: n for n in nights}


def _only(rows: Any, nights: set[int]) -> Any:
    import pyarrow as pa

    return rows.filter(pa.array(np.isin(rows["night"].to_numpy(), list(nights))))


def write_comparison(path: Path, names: tuple[str, str], found: list[Compared]) -> None:
    """Write the page; it needs nothing but itself."""
    alternatives = list(dict.fromkeys(c.alternative for c in found))
    page = filled(
        "comparison.html",
        {"number": number},
        first=names[0],
        second=names[1],
        names=alternatives,
        answer=_answer(found),
        sample=_sample(found[0]),
        parts=[
            _part(outcome, [c for c in found if c.outcome == outcome])
            for outcome in PER_100
        ],
    )
    with new_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")


def _part(outcome: str, mine: list[Compared]) -> dict[str, Any]:
    bars = [
        (c.alternative, c.difference.value, c.difference.lo, c.difference.hi)
        for c in mine
    ]
    return {
        "outcome": outcome,
        "words": PER_100[outcome][0],
        "chart": dots(bars, "first less second, per 100", around_zero=True),
        "first": [c.a for c in mine],
        "second": [c.b for c in mine],
        "difference": [c.difference for c in mine],
    }


def _answer(found: list[Compared]) -> str:
    """What the nights tell apart, of what is prevented."""
    mine = [c for c in found if c.outcome == "prevented"]
    apart = [c for c in mine if c.difference.lo > 0 or c.difference.hi < 0]
    words = PER_100["prevented"][0]
    if not apart:
        return (
            f"{words[0].upper()}{words[1:]}: these nights tell the two studies apart "
            f"under none of {len(mine)} alternatives."
        )
    told = "; ".join(f"{c.alternative} {say(c.difference)}" for c in apart[:4])
    more = f"; and {len(apart) - 4} more" if len(apart) > 4 else ""
    return (
        f"{words[0].upper()}{words[1:]}, first less second, per 100 that would enter, "
        f"where the nights tell them apart: {told}{more}."
    )


def _sample(one: Compared) -> str:
    n, m = one.nights
    how = (
        f"{n} nights that both met, paired night by night"
        if one.is_paired
        else f"{n} nights of the first and {m} of the second, each its own"
    )
    few = " So few nights tell little." if min(n, m) < CLUSTERS_MIN else ""
    return (
        f"Sample: {how}; strata weighed as each study does. 95 % intervals, nights "
        f"drawn again whole.{few}"
    )


def line(c: Compared) -> str:
    """One comparison in a line of text."""
    return (
        f"{c.alternative}: {number(c.a.value)} against {number(c.b.value)}, "
        f"difference {say(c.difference)}"
    )
