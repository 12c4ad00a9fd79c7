"""What is worth choosing: the front of policies, and the worth of knowing first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from forefield.columns import Bool, Floats

if TYPE_CHECKING:
    from forefield.studies.statistics import Nights
    from forefield.studies.tables import Results

__all__ = ["front", "known_stratum"]

#: Draws of nights a front rests on.
_DRAWS = 400
#: What a front weighs: outcome, and whether more of it is better.
_FRONT = (
    ("prevented", True), ("engaged_never", False), ("engaged_nothing", False),
    ("harm_ua", False), ("cost_eur", False),
)  # fmt: skip


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
