"""What decides an outcome: shares of its variance, by an input alone and with others.

Of a Sobol' design: first-order effects after Saltelli et al. (2010) and total effects
after Jansen (1999), of every input and of the luck of the night. Of any other design
first-order effects alone: the variance between the means of an input's levels over the
variance of the outcome, with what chance groups of that size would show taken off (the
epsilon-squared of an analysis of variance; Saltelli et al. 2008, ch. 1); a range is cut
into five levels. The environment is described, never ranked: this tells how much an
input matters, not which of its values is good for anybody.

An outcome is told per 100 objects that would enter, a ratio of sums; what one night
brings to it is its outcome less its entries times that ratio (the linearised ratio:
Cochran 1977, section 6.4), and the variance of that is what is shared out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forefield.columns import Floats, Ints
from forefield.scoring.bootstrap import CLUSTERS_MIN
from forefield.studies.design import short
from forefield.studies.outcomes import PER_100
from forefield.studies.sobol import LUCK, SAMPLES

if TYPE_CHECKING:
    from forefield.studies.statistics import Nights
    from forefield.studies.tables import Results

__all__ = ["Influence", "effects", "effects_of", "epsilon_squared"]

_LEVELS = 5
#: Draws of nights an interval of a share rests on.
_DRAWS = 400


@dataclass(frozen=True)
class Influence:
    """One input's share of the variance of an outcome, with 95 % intervals.

    first  by itself;  total: with everything it does together with others, NaN where
           the design cannot tell it
    kind   "policy", "environment", or "luck"
    """

    outcome: str
    name: str
    kind: str
    first: float
    first_lo: float
    first_hi: float
    total: float = np.nan
    total_lo: float = np.nan
    total_hi: float = np.nan


def effects(results: Results) -> list[Influence]:
    """How much each varied input decides, in the order of the study's file.

    Of a Sobol' design for every outcome that occurs in rows A or B of eight nights or
    more, the main one first; of another for the main one. Nights are drawn again whole
    for the intervals; with fewer than eight there is nothing to tell.
    """
    main = results.study.outcomes.main
    if len(results.whole) < CLUSTERS_MIN:
        return []
    if not results.laid_out.rows:
        return _first_alone(results, main)
    # What leaks is what enters less what is prevented: their effects are the same.
    of = [main, *(k for k in PER_100 if k not in (main, "leakers"))]
    return [one for outcome in of for one in _of_rows(results, outcome)]


def _of_rows(r: Results, outcome: str) -> list[Influence]:
    nights = r.whole
    occurs = (nights.values[outcome][:, :SAMPLES] != 0.0).any(axis=1)
    if occurs.sum() < CLUSTERS_MIN:
        return []
    y = _brought(nights, outcome, slice(0, SAMPLES))
    inputs = [(f.name, f.kind) for f in r.study.factor] + [(LUCK, "luck")]
    one = np.ones((1, len(y)))
    first, total = effects_of(y, np.concatenate([one, nights.counts]))
    out = []
    for i, (name, kind) in enumerate(inputs):
        parts = [_told(first[:, i]), _told(total[:, i])]
        if all(np.isfinite(p[0]) for p in parts):
            out.append(Influence(outcome, name, kind, *parts[0], *parts[1]))
    return out


def _told(replicates: Floats) -> tuple[float, float, float]:
    """The first is the estimate; NaN without an interval. Shares lie in [0, 1]."""
    ok = replicates[np.isfinite(replicates)]
    if not np.isfinite(replicates[0]) or len(ok) < 0.95 * len(replicates):
        return np.nan, np.nan, np.nan
    lo, hi = np.quantile(ok[1:], [0.025, 0.975])
    value, lo, hi = np.clip([replicates[0], lo, hi], 0.0, 1.0).tolist()
    return value, lo, hi


def effects_of(y: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """First-order and total effects of a Sobol' design.

    y       (N, 2 + K): outcomes of rows A, B, and of A with input k of B
    counts  (R, N): how often each night counts in a replicate
    Returns two arrays (R, K): first-order effects (Saltelli et al. 2010, table 2 b,
    centred) and total effects (Jansen 1999). NaN where nothing varies.
    """
    a, b, mixed = y[:, :1], y[:, 1:2], y[:, 2:]
    n = counts.sum(axis=1, keepdims=True)
    mean = counts @ (a + b) / (2.0 * n)
    variance = counts @ (a**2 + b**2) / (2.0 * n) - mean**2
    variance = np.where(variance > 1e-12, variance, np.nan)
    alone = counts @ (b * (mixed - a)) - mean * (counts @ (mixed - a))
    left = counts @ (0.5 * (a - mixed) ** 2)
    return alone / n / variance, left / n / variance


def _brought(nights: Nights, outcome: str, rows: slice) -> Floats:
    """(N, A) what a night brings to the outcome per 100; the ratio is that of `rows`.

    See the head of this module.
    """
    top, low = nights.values[outcome], nights.values["entering"]
    sums = [float((nights.weight[:, None] * v)[:, rows].sum()) for v in (top, low)]
    return top - low * (sums[0] / sums[1] if sums[1] else 0.0)


def epsilon_squared(outcome: Floats, level: Ints, weight: Floats) -> float:
    """Share of the variance between levels, less what chance alone would show.

    outcome  (N,);  level: (N,) which level each belongs to;  weight: (N,) how often
    each counts. NaN where nothing varies. May come out a little below zero.
    """
    total = float(weight.sum())
    mean = float(weight @ outcome) / total
    whole = float(weight @ (outcome - mean) ** 2)
    groups = np.unique(level[weight > 0])
    if whole <= 0.0 or len(groups) < 2 or total <= len(groups):
        return float("nan")
    within = 0.0
    for g in groups.tolist():
        w, x = weight[level == g], outcome[level == g]
        within += float(w @ (x - float(w @ x) / float(w.sum())) ** 2)
    noise = within / (total - len(groups))
    return (whole - within - (len(groups) - 1) * noise) / whole


def _first_alone(r: Results, outcome: str) -> list[Influence]:
    nights = r.whole
    y = _brought(nights, outcome, slice(None))
    n, a = y.shape
    draws = np.concatenate([np.ones((1, n)), nights.counts[:_DRAWS]])
    found = []
    for name, kind, level in _inputs(r, n, a):
        each = [epsilon_squared(y.ravel(), level, np.repeat(c, a)) for c in draws]
        told = _told(np.array(each))
        if np.isfinite(told[0]):
            found.append(Influence(outcome, name, kind, *told))
    return found


def _inputs(r: Results, n: int, a: int) -> list[tuple[str, str, Ints]]:
    """(name, kind, (N * A,) level) of everything that varies."""
    out = []
    keys = sorted({k for x in r.design.alternatives for k in x.values})
    if r.study.design.kind == "list":
        out.append(("the alternative", "policy", np.tile(np.arange(a), n)))
    else:
        for key in keys:
            told = [short(x.values.get(key, "–")) for x in r.design.alternatives]
            _, code = np.unique(told, return_inverse=True)
            out.append((key, "policy", np.tile(code, n)))
    for factor in r.study.factor:
        if factor.kind != "environment":
            continue
        values: list[Any] = [
            r.design.environment(int(k))[factor.name] for k in r.nights.night
        ]
        if factor.range:
            edges = np.quantile(values, np.linspace(0, 1, _LEVELS + 1)[1:-1])
            code = np.searchsorted(edges, values)
        else:
            _, code = np.unique([short(v) for v in values], return_inverse=True)
        out.append((factor.name, "environment", np.repeat(code, a)))
    return [(name, kind, np.asarray(level)) for name, kind, level in out]
