"""Figures for raid nights as they are on record, not as a study draws them.

A study flies far more entries than are on record, so that it need not wait for them.
Its nights are therefore put into strata by how many objects enter, and weighed with the
share of such nights on record (`studies.base_rate`). A share is an interval, and so a
figure is one: the least and the most over the intervals of all shares at once, with the
nights of each stratum drawn again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import product

import numpy as np

from forefield.columns import Bool, Floats
from forefield.scoring.bootstrap import Interval
from forefield.studies.base_rate import LEVELS, Record, level_of
from forefield.studies.statistics import (
    Nights,
    divided,
    interval_of,
    unless_nothing,
)

__all__ = ["PER_NIGHTS", "WHERE_SOME_ENTER", "RaidNights"]

#: Figures are told for so many raid nights: about as many as are on record.
PER_NIGHTS = 1000.0
#: A stratum with fewer nights tells nothing.
_FEWEST = 4
#: Outcomes that are nothing where nothing enters.
WHERE_SOME_ENTER = frozenset(
    ("entering", "prevented", "decided", "leakers", "too_late", "entries_warned",
     "entering_via_by", "entering_along", "entering_left")
)  # fmt: skip


class RaidNights:
    """The nights of a study, weighed as on record.

    level    (N,) which of `LEVELS` each night is of
    present  (L,) does the study have nights enough of it?
    """

    def __init__(self, nights: Nights, record: Record) -> None:
        self.nights, self.record = nights, record
        entering = nights.values["entering"][:, 0]
        self.level = np.array([level_of(int(n)) for n in entering], dtype=np.int64)
        self.counts = np.bincount(self.level, minlength=len(LEVELS))
        self.present: Bool = self.counts >= _FEWEST

    def missing(self) -> list[str]:
        """Names of the levels with an entry that the study does not tell of."""
        return [LEVELS[k][0] for k in range(1, len(LEVELS)) if not self.present[k]]

    def figure(self, outcome: str) -> list[Interval]:
        """By alternative: an outcome in `PER_NIGHTS` raid nights, levels weighed.

        Levels that are missing are left out (see `missing`). NaN where nights without
        an entry are, and the outcome does not stay away with the entries.
        """
        mean, again = self._means(outcome)
        weights = PER_NIGHTS * self._weights()
        value = weights[0] @ mean
        each = np.einsum("vl,bla->vba", weights[1:], again)
        found = [self._interval(v, each[:, :, k]) for k, v in enumerate(value.tolist())]
        return found if outcome == "entering" else self._bounded(found, outcome)

    def per_100(self, outcome: str) -> list[Interval]:
        """By alternative: per 100 that would enter, strata weighed as on record."""
        top, tops = self._means(outcome)
        low, lows = self._means("entering")
        weights = self._weights()
        value = 100.0 * divided(weights[0] @ top, weights[0] @ low)
        each = 100.0 * divided(
            np.einsum("vl,bla->vba", weights[1:], tops),
            np.einsum("vl,bla->vba", weights[1:], lows),
        )
        return [self._interval(v, each[:, :, k]) for k, v in enumerate(value.tolist())]

    def by_level(self, outcome: str) -> list[list[Interval]]:
        """By level with an entry, by alternative: per 100 of that level's entries."""
        out = []
        for k in range(1, len(LEVELS)):
            mine = self.level == k
            if not self.present[k]:
                blank = Interval(np.nan, np.nan, np.nan, int(mine.sum()))
                out.append([blank] * self.nights.values[outcome].shape[1])
                continue
            out.append(self.nights.only(mine).ratio(outcome, "entering"))
        return out

    def _means(self, outcome: str) -> tuple[Floats, Floats]:
        """Mean of a night by level (L, A), and replicates (B, L, A)."""
        n, w = self.nights, self.nights.weight[:, None]
        v = n.values[outcome]
        means, again = [], []
        for k in range(len(LEVELS)):
            mine = self.level == k
            if k == 0 and outcome in WHERE_SOME_ENTER:
                means.append(np.zeros(v.shape[1]))
                again.append(np.zeros((len(n.counts), v.shape[1])))
                continue
            if not self.present[k]:
                # Left out; but of nights without an entry there are too many for it.
                blank = np.nan if k == 0 else 0.0
                means.append(np.full(v.shape[1], blank))
                again.append(np.full((len(n.counts), v.shape[1]), blank))
                continue
            top, low = (v * w)[mine], w[mine]
            means.append(top.sum(axis=0) / low.sum())
            drawn = n.counts[:, mine]
            again.append(divided(drawn @ top, drawn @ low))
        return np.stack(means), np.stack(again, axis=1)

    def _weights(self) -> Floats:
        """(1 + V, L): shares at the middle, then every corner of their intervals."""
        levels = self.record.levels[1:]
        corners = product(*((x.lo, x.hi) for x in levels))
        rows = [[x.share for x in levels], *corners]
        entered = np.array(rows, dtype=float)
        none = np.clip(1.0 - entered.sum(axis=1, keepdims=True), 0.0, 1.0)
        return np.concatenate([none, entered], axis=1)

    def _interval(self, value: float, each: Floats) -> Interval:
        """From replicates by corner (V, B): the least low end and the greatest high."""
        low = interval_of(value, each.min(axis=0), len(self.nights))
        high = interval_of(value, each.max(axis=0), len(self.nights))
        return Interval(value, low.lo, high.hi, len(self.nights))

    @cached_property
    def entering(self) -> list[Interval]:
        """By alternative (alike for all): objects that enter in `PER_NIGHTS` nights."""
        return self.figure("entering")

    def _bounded(self, found: list[Interval], outcome: str) -> list[Interval]:
        """What never occurred is at most the bound per object, times the entries."""
        if outcome not in WHERE_SOME_ENTER:
            return [unless_nothing(one) for one in found]
        if not any(one.value == 0.0 for one in found):
            return found
        each = self.nights.ratio(outcome, "entering", times=1.0)
        return [
            replace(one, lo=0.0, hi=max(one.hi, most.hi * entering.hi))
            if one.value == 0.0 and np.isfinite(one.hi)
            else one
            for one, most, entering in zip(found, each, self.entering, strict=True)
        ]
