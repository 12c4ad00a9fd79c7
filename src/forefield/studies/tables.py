"""The tables of a finished study: every night, and what the nights say together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forefield.io.files import new_file
from forefield.studies.design import Design
from forefield.studies.influence import effects
from forefield.studies.outcomes import BOUND_S, PER_100
from forefield.studies.shards import MARK
from forefield.studies.statistics import (
    Nights,
    as_sample,
    differences,
    nights_of,
    ranking,
)
from forefield.studies.study_file import Study

__all__ = ["Results", "results_of", "write_tables"]

Table = list[dict[str, Any]]

#: Outcomes told as a mean a night.
_PER_NIGHT = (
    "flights", "inside_at_start", "entering", "entering_via_by", "entering_along",
    "entering_left", "engaged_inside", "decided_unmet", "engagements", "down",
    "out_of_rounds", "rounds", "cost_eur", "options", "options_no_bar", "alerts",
    "alerts_false",
)  # fmt: skip


class Results:
    """What the tables and the page are made of.

    rows        Arrow table, a row per night and alternative
    laid_out    the design as it was played;  whole: its nights, every row of them
    design      as it is told, with its nights; of a Sobol' design one alternative
    outcomes    rows of alternative, outcome, unit, value, lo, hi, nights
    strata      the main outcome by stratum and alternative
    """

    def __init__(self, rows: Any, design: Design, study: Study) -> None:
        self.rows, self.laid_out, self.study = rows, design, study
        self.whole = nights_of(rows, design)
        rows, design = as_sample(rows, design)
        self.design = design
        self.nights = nights_of(rows, design) if self.laid_out.rows else self.whole
        self.outcomes = _outcomes(self.nights, design)
        self.differences: Table = [
            vars(d) for d in differences(self.nights, design, study)
        ]
        self.ranking: Table = [vars(r) for r in ranking(self.nights, design, study)]
        self.strata = _strata(rows, design, study)
        self.verdicts = _counted(rows, design, "verdicts")
        self.links = _counted(rows, design, "links")
        self.failures = _failures(self.rows)
        self.effects = effects(self)

    def of(self, outcome: str) -> Table:
        """The rows of one outcome, in the order of the alternatives."""
        return [r for r in self.outcomes if r["outcome"] == outcome]


def results_of(rows: Any, design: Design, study: Study) -> Results:
    """Everything the nights say."""
    return Results(rows, design, study)


def _outcomes(nights: Nights, design: Design) -> Table:
    out: Table = []

    def add(outcome: str, unit: str, intervals: Sequence[Any]) -> None:
        for a, i in zip(design.alternatives, intervals, strict=True):
            out.append({"alternative": a.name, "outcome": outcome, "unit": unit,
                        "value": i.value, "lo": i.lo, "hi": i.hi,
                        "nights": len(nights)})  # fmt: skip

    for name in PER_100:
        add(name, "per 100 that would enter", nights.ratio(name, "entering"))
    for s in BOUND_S:
        top, bottom = f"bound_{s}_entered", f"bound_{s}"
        add(top, "per 100 that looked bound", nights.ratio(top, bottom))
        add(bottom, "a night", nights.mean(bottom))
    for name in (*_PER_NIGHT, *sorted(k for k in nights.values if k[:5] == "harm_")):
        add(name, "a night", nights.mean(name))
    return out


def _strata(rows: Any, design: Design, study: Study) -> Table:
    if len(design.strata) < 2:
        return []
    out: Table = []
    for k, stratum in enumerate(design.strata):
        nights = nights_of(rows, design, stratum=k)
        if not len(nights):
            continue
        intervals = nights.ratio(study.outcomes.main, "entering")
        for a, i in zip(design.alternatives, intervals, strict=True):
            out.append({"stratum": stratum.name, "weight": stratum.weight,
                        "alternative": a.name, "outcome": study.outcomes.main,
                        "value": i.value, "lo": i.lo, "hi": i.hi,
                        "nights": len(nights)})  # fmt: skip
    return out


def _counted(rows: Any, design: Design, column: str) -> Table:
    """Counts of a JSON column by alternative, over all nights that did not fail."""
    sums: list[Counter[str]] = [Counter() for _ in design.alternatives]
    for k, text in zip(
        rows["alternative"].to_pylist(), rows[column].to_pylist(), strict=True
    ):
        sums[k].update(json.loads(text) if text else {})
    return [
        {"alternative": a.name, "what": what, "count": n}
        for a, counts in zip(design.alternatives, sums, strict=True)
        for what, n in sorted(counts.items())
    ]


def _failures(rows: Any) -> Table:
    out: dict[int, dict[str, Any]] = {}
    for night, seed, why in zip(
        rows["night"].to_pylist(), rows["seed"].to_pylist(),
        rows["failure"].to_pylist(), strict=True,
    ):  # fmt: skip
        if why:
            out.setdefault(night, {"night": night, "seed": seed, "failure": why})
    return list(out.values())


def write_tables(results: Results, out: Path) -> list[str]:
    """nights.parquet, and each summary as Parquet and CSV; returns the names."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    names = ["nights.parquet"]
    with new_file(out / names[0]) as temporary:
        pq.write_table(results.rows, temporary, compression="zstd")
    summaries = {
        "outcomes": results.outcomes, "differences": results.differences,
        "ranking": results.ranking, "strata": results.strata,
        "verdicts": results.verdicts, "links": results.links,
        "effects": [vars(e) for e in results.effects], "failures": results.failures,
    }  # fmt: skip
    for name, rows in summaries.items():
        if not rows:
            continue
        marked = [{"mark": MARK, **row} for row in rows]
        table = pa.Table.from_pylist(marked)
        with new_file(out / f"{name}.parquet") as temporary:
            pq.write_table(table, temporary, compression="zstd")
        with new_file(out / f"{name}.csv") as temporary:
            pc.write_csv(table, temporary)
        names += [f"{name}.parquet", f"{name}.csv"]
    return names
