"""Which inputs decide the answer? The ninth question, with its table and chart.

An input that is of the environment is told here because it decides, in the order of the
study's file; everywhere else it is averaged over. Which of its values is good for
anybody is not asked.
"""

from __future__ import annotations

import math

from forefield.studies.asked import Asked, Row, number, percent
from forefield.studies.charts import dots
from forefield.studies.influence import Influence
from forefield.studies.outcomes import PER_100
from forefield.studies.sobol import LUCK
from forefield.studies.tables import Results
from forefield.studies.worth import known_stratum

__all__ = ["what_decides"]

_TITLE = "Which inputs decide the answer?"
_CHANGE = "A wider range of an input raises its share: shares are of these ranges."
_HOW = (
    "the study’s file. Total effect: what an input does by itself and with others "
    "(Jansen 1999), so they add up to more than 100 %; by itself: Saltelli et al. "
    "2010. Each input is changed while everything else, the luck of the night too, is "
    "held; the luck is an input of its own: what flies where and when, what sensors "
    "see, who answers how fast. 95 % intervals, nights of the design drawn again "
    "whole, kept within 0 and 100 %. Outcomes that occur in rows A or B of fewer than "
    "eight nights are left out. What is of the environment is chosen by nobody here."
)


def what_decides(r: Results) -> Asked:
    """The answer from total effects, where the design tells them; else from shares."""
    main = [e for e in r.effects if e.outcome == r.study.outcomes.main]
    return _totals(r, main) if r.laid_out.rows else _by_themselves(r, main)


def _totals(r: Results, main: list[Influence]) -> Asked:
    words = PER_100[r.study.outcomes.main][0]
    inputs = [e for e in main if e.name != LUCK]
    if not inputs:
        few = "The outcome did not vary, or the nights are too few to tell."
        return Asked(_TITLE, few, _CHANGE)
    top = max(inputs, key=lambda e: e.total)
    luck = next(e for e in main if e.name == LUCK)
    tied = [e.name for e in inputs if e is not top and e.total_hi >= top.total_lo]
    said = (
        f"Of the inputs {top.name} decides most of “{words}” per 100 that would enter: "
        f"a total effect of {_total(top)} of the variance. "
    )
    if tied:
        said += f"Its interval overlaps that of {', '.join(tied)}. "
    said += f"The luck of the night has a part in {_total(luck)}."
    others = [k for k in dict.fromkeys(e.outcome for e in r.effects)
              if k != r.study.outcomes.main]  # fmt: skip
    found = {(e.outcome, e.name): e for e in r.effects}
    rows: list[Row] = []
    for e in main:
        alone = "–" if not e.total else percent(e.first, e.first_lo, e.first_hi)
        more = [_total(found[k, e.name]) if (k, e.name) in found else "–"
                for k in others]  # fmt: skip
        rows.append((e.name, [e.kind, _total(e), alone, *more]))
    chart = dots(
        [(e.name, 100 * e.total, 100 * e.total_lo, 100 * e.total_hi) for e in main],
        "total effect, % of the variance", low=0.0, high=100.0,
    )  # fmt: skip
    return Asked(
        _TITLE,
        said,
        _CHANGE + " An input that does nothing here may still decide elsewhere.",
        ["kind", "total effect", "by itself",
         *(f"total effect on: {PER_100[k][0]}" for k in others)],
        rows,
        chart,
        f"Shares of the variance of {words} per 100 that would enter, in the order of "
        + _HOW,
    )  # fmt: skip


def _total(e: Influence) -> str:
    if e.total == e.total_hi == 0.0:
        return "changed nothing on any night"
    return percent(e.total, e.total_lo, e.total_hi)


def _by_themselves(r: Results, main: list[Influence]) -> Asked:
    gain = known_stratum(r)
    rows: list[Row] = [
        (e.name, [e.kind, percent(e.first, e.first_lo, e.first_hi)]) for e in main
    ]
    top = max(main, key=lambda e: e.first, default=None)
    words = (
        "Nothing varied enough to tell."
        if top is None or not top.first > 0
        else f"Of what the study varies, {top.name} by itself explains most of the "
        f"differences between nights: {percent(top.first, top.first_lo, top.first_hi)}."
    )
    if math.isfinite(gain):
        worth = (
            "was worth nothing"
            if gain <= 0.0
            else f"would be worth {number(gain, 2)} prevented per 100"
        )
        words += (
            f" To know the environment before choosing the policy {worth} (chosen on "
            "one half of the nights, counted on the other)."
        )
    return Asked(
        _TITLE,
        words,
        _CHANGE + " What inputs do together is told by `forefield study what-decides`.",
        ["kind", "share of the variance it explains by itself"],
        rows,
        note="First-order effects on the main outcome per 100, bias of the grouping "
        "taken off; intervals from nights drawn again. The rest is the luck of the "
        "night, and inputs together.",
    )
