"""What decides an outcome: shares of its variance, fronts, the worth of knowing.

First-order effects (Saltelli et al. 2008, ch. 1): the variance between the means of an
input's levels over the variance of the outcome, with what chance groups of that size
would show taken off (the epsilon-squared of an analysis of variance). A range is cut
into five levels. The environment is described, never ranked: this tells how much an
input matters, not which of its values is good for anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.studies.design import short

if TYPE_CHECKING:
    from forefield.studies.statistics import Nights
    from forefield.studies.tables import Results

__all__ = ["Influence", "epsilon_squared", "front", "known_stratum", "shares"]

_LEVELS = 5
#: Draws of nights an interval of a share rests on.
_DRAWS = 400
#: What a front weighs: outcome, and whether more of it is better.
_FRONT = (
    ("prevented", True), ("engaged_never", False), ("engaged_nothing", False),
    ("harm_ua", False), ("cost_eur", False),
)  # fmt: skip


@dataclass(frozen=True)
class Influence:
    """One input: its share of the variance by itself, with a 95 % interval."""

    name: str
    kind: str
    share: float
    lo: float
    hi: float


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


def shares(results: Results) -> list[Influence]:
    """How much each varied input explains of the main outcome of a night.

    Nights are drawn again whole for the intervals.
    """
    r, nights = results, results.nights
    outcome = nights.values[r.study.outcomes.main]  # (N, A)
    n, a = outcome.shape
    if n < 8:
        return []
    flat = outcome.ravel()
    draws = nights.counts[:_DRAWS]
    found = []
    for name, kind, level in _inputs(r, n, a):
        again = [
            epsilon_squared(flat, level, np.repeat(c, a)) for c in draws
        ]  # fmt: skip
        value = epsilon_squared(flat, level, np.ones(n * a))
        ok = np.array([x for x in again if np.isfinite(x)])
        if not np.isfinite(value) or len(ok) < 0.95 * len(draws):
            continue
        lo, hi = np.quantile(ok, [0.025, 0.975])
        clipped = [float(np.clip(x, 0.0, 1.0)) for x in (value, lo, hi)]
        found.append(Influence(name, kind, *clipped))
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


def front(nights: Nights) -> Floats:
    """(A,) share of draws of the nights in which an alternative is not dominated."""
    made = [
        nights.sums(k)[1] * (1.0 if more else -1.0)
        for k, more in _FRONT
        if k in nights.values
    ]
    worth = np.stack(made, axis=2)[:_DRAWS]  # (B, A, K)
    return np.asarray(np.mean([_on_front(w) for w in worth], axis=0))


def _on_front(worth: Floats) -> Bool:
    """(A,) is no other row of (A, K) at least as good in all and better in one?"""
    no_worse = (worth[:, None] >= worth[None] - 1e-12).all(axis=2)
    better = (worth[:, None] > worth[None] + 1e-12).any(axis=2)
    return np.asarray(~(no_worse & better).any(axis=0))


def known_stratum(results: Results) -> float:
    """Worth of knowing the stratum before choosing, in the main outcome per 100.

    The best alternative is chosen on every other night, for each stratum and for all
    together, and counted on the remaining nights, both ways about: a maximum over
    noise is worth nothing here. NaN with one stratum or few nights.
    """
    nights, design = results.nights, results.design
    strata = np.unique(nights.stratum)
    if len(strata) < 2 or len(nights) < 16:
        return float("nan")
    top = nights.values[results.study.outcomes.main] * nights.weight[:, None]
    low = nights.values["entering"] * nights.weight[:, None]
    half = (np.arange(len(nights)) // len(design.strata)) % 2
    gains = []
    for learn in (0, 1):
        a, b = half == learn, half != learn
        one = int(np.argmax(_per(top, low, a)))
        value = 0.0
        for s in strata:
            mine = nights.stratum == s
            best = int(np.argmax(_per(top, low, a & mine)))
            value += float(top[b & mine, best].sum() - top[b & mine, one].sum())
        gains.append(100.0 * value / max(float(low[b, 0].sum()), 1e-12))
    return float(np.mean(gains))


def _per(top: Floats, low: Floats, rows: Bool) -> Sequence[float]:
    sums = top[rows].sum(axis=0) / np.maximum(low[rows].sum(axis=0), 1e-12)
    return [float(x) for x in sums]
