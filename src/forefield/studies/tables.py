"""The tables of a finished study: every night, and what the nights say together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forefield.io.files import new_file
from forefield.studies.base_rate import LEVELS, on_record
from forefield.studies.design import Design
from forefield.studies.holders import casualties_of, holders_of, limits_of
from forefield.studies.influence import effects
from forefield.studies.outcomes import BOUND_S, PER_100
from forefield.studies.raid_nights import PER_NIGHTS, RaidNights
from forefield.studies.shards import MARK
from forefield.studies.statistics import (
    Nights,
    as_sample,
    differences,
    nights_of,
    ranking,
)
from forefield.studies.study_file import Study

__all__ = ["BESIDE", "Results", "results_of", "write_tables"]

Table = list[dict[str, Any]]

#: Outcomes told as a mean a night.
_PER_NIGHT = (
    "flights", "inside_at_start", "entering", "entering_via_by", "entering_along",
    "entering_left", "engaged_inside", "decided_unmet", "engagements", "down",
    "out_of_rounds", "rounds", "cost_eur", "options", "options_no_bar", "alerts",
    "alerts_false",
)  # fmt: skip
#: Outcomes told per 100 that would enter and for raid nights, beside `PER_100`.
BESIDE = ("rounds", "cost_eur", "out_of_rounds", "options_no_bar", "alerts",
           "alerts_false")  # fmt: skip
_PER_100 = "per 100 that would enter"


class Results:
    """What the tables and the page are made of.

    rows        Arrow table, a row per night and alternative
    laid_out    the design as it was played;  whole: its nights, every row of them
    design      as it is told, with its nights; of a Sobol' design one alternative
    outcomes    rows of alternative, outcome, unit, value, lo, hi, nights
    strata      the main outcome by stratum and alternative
    on_record   its nights weighed as on record; None where the guard has no record
    by_entries  the main outcome by how many enter, and weighed as on record
    holders, casualties  who could have said yes; the harm of options, by verdict
    """

    def __init__(
        self, rows: Any, design: Design, study: Study, guard: str = ""
    ) -> None:
        self.rows, self.laid_out, self.study, self.guard = rows, design, study, guard
        self.whole = nights_of(rows, design)
        rows, design = as_sample(rows, design)
        self.design = design
        self.nights = nights_of(rows, design) if self.laid_out.rows else self.whole
        record = on_record(guard)
        self.on_record = None if record is None else RaidNights(self.nights, record)
        self.outcomes = _outcomes(self.nights, design, self.on_record)
        self.differences: Table = [
            vars(d) for d in differences(self.nights, design, study)
        ]
        self.ranking: Table = [vars(r) for r in ranking(self.nights, design, study)]
        self.strata = _strata(rows, design, study)
        self.by_entries = _by_entries(self.on_record, design, study.outcomes.main)
        self.verdicts = _counted(rows, design, "verdicts")
        self.links = _counted(rows, design, "links")
        self.holders = holders_of(rows, design)
        self.casualties = casualties_of(rows, design)
        self.limits = {k: limits_of(rows, design, k) for k in ("guard", "host")}
        self.failures = _failures(self.rows)
        self.effects = effects(self)

    def of(self, outcome: str) -> Table:
        """The rows of one outcome, in the order of the alternatives."""
        return [r for r in self.outcomes if r["outcome"] == outcome]


def results_of(rows: Any, design: Design, study: Study, guard: str = "") -> Results:
    """Everything the nights say; the record of `guard` weighs them."""
    return Results(rows, design, study, guard)


def _outcomes(nights: Nights, design: Design, record: RaidNights | None) -> Table:
    out: Table = []
    harm = sorted(k for k in nights.values if k[:5] == "harm_")

    def add(outcome: str, unit: str, intervals: Sequence[Any]) -> None:
        for a, i in zip(design.alternatives, intervals, strict=True):
            out.append({"alternative": a.name, "outcome": outcome, "unit": unit,
                        "value": i.value, "lo": i.lo, "hi": i.hi,
                        "nights": len(nights)})  # fmt: skip

    for name in PER_100:
        add(name, _PER_100, nights.ratio(name, "entering"))
    for s in BOUND_S:
        top, bottom = f"bound_{s}_entered", f"bound_{s}"
        add(top, "per 100 that looked bound", nights.ratio(top, bottom))
        add(bottom, "a simulated night", nights.mean(bottom))
        add(f"{bottom}_per_100", _PER_100, nights.ratio(bottom, "entering"))
    for name in (*_PER_NIGHT, *harm):
        add(name, "a simulated night", nights.mean(name))
    for name in (*BESIDE, *harm):
        each = nights.ratio(name, "entering", is_share=False)
        add(f"{name}_per_100", _PER_100, each)
    if record is not None:
        unit = f"in {PER_NIGHTS:,.0f} raid nights as on record"
        for name in ("entering", *PER_100, *BESIDE, *harm):
            add(f"{name}_on_record", unit, record.figure(name))
    return out


def _by_entries(record: RaidNights | None, design: Design, main: str) -> Table:
    """The main outcome per 100 by how many enter, and all weighed as on record."""
    if record is None:
        return []
    of = [*record.by_level(main), record.per_100(main)]
    words = [*(x[0] for x in LEVELS[1:]), "weighed as on record"]
    return [
        {"entering": w, "alternative": a.name, "outcome": main, "value": i.value,
         "lo": i.lo, "hi": i.hi, "nights": i.clusters}
        for w, intervals in zip(words, of, strict=True)
        for a, i in zip(design.alternatives, intervals, strict=True)
    ]  # fmt: skip


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
        "by_entries": results.by_entries, "holders": results.holders,
        "casualties": results.casualties,
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
