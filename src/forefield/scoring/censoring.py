"""Tracks lost before the horizon: censored, never counted as "no".

A row of the sample is followed until the first of: entry, the flight's true end, loss
from view. Lost before the horizon, its answer is unknown. It gets weight 0, and rows
whose answer is known get weight 1 / G, G being the probability of still being in view
at the time their answer came (inverse probability of censoring: Robins & Rotnitzky
1992; Graf et al. 1999; with competing ends Schoop, Beyersmann, Schumacher & Binder
2011, Biom. J. 53, 88-112). G is the Kaplan-Meier estimate of the time to loss (Kaplan &
Meier 1958, J. Am. Stat. Assoc. 53, 457-481), by stratum. The weights are right when,
within a stratum, being lost tells nothing about entering.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError

__all__ = [
    "ENDED",
    "ENTERED",
    "LOST",
    "WEIGHT_MAX",
    "Censoring",
    "Survival",
    "answer_by",
    "known_by",
    "weights_by",
]

LOST, ENTERED, ENDED = 0, 1, 2

#: No row speaks for more than twenty. Truncation trades a little bias for variance
#: (Cole & Hernan 2008, Am. J. Epidemiol. 168, 656-664); the share it touches is told.
WEIGHT_MAX = 20.0

#: A stratum with fewer rows, or fewer than two in view at some time, joins the pool.
STRATUM_MIN = 200


@dataclass(frozen=True)
class Survival:
    """A Kaplan-Meier curve: `survival[i]` holds from `time_s[i]` on; 1 before."""

    time_s: Floats  # (K,) increasing
    survival: Floats  # (K,)

    @classmethod
    def fit(cls, time_s: ArrayLike, event: ArrayLike) -> Survival:
        """Product-limit estimate from times and whether the event ended them.

        At equal times the event comes first and the others leave after it.
        """
        time = np.asarray(time_s, dtype=np.float64)
        happened = np.asarray(event, dtype=np.bool_)
        if time.shape != happened.shape or time.ndim != 1:
            raise InputError("Survival needs as many times as events.")
        when, count = np.unique(time[happened], return_counts=True)
        at_risk = len(time) - np.searchsorted(np.sort(time), when, side="left")
        left = np.cumprod(1.0 - count / at_risk)
        return cls(when, left.astype(np.float64))

    def before(self, t_s: ArrayLike) -> Floats:
        """P(event at or after t_s): the left limit of the curve."""
        i = np.searchsorted(self.time_s, np.asarray(t_s), side="left")
        return np.concatenate([[1.0], self.survival])[i]

    def at(self, t_s: ArrayLike) -> Floats:
        """P(event after t_s)."""
        i = np.searchsorted(self.time_s, np.asarray(t_s), side="right")
        return np.concatenate([[1.0], self.survival])[i]


@dataclass(frozen=True)
class Censoring:
    """How long rows stay in view, by stratum, and the weights that follow."""

    curves: tuple[Survival, ...]
    stratum: Ints  # (N,) which curve belongs to the row

    @classmethod
    def fit(
        cls,
        time_s: ArrayLike,
        status: ArrayLike,
        stratum: ArrayLike | None = None,
        *,
        smallest: int = STRATUM_MIN,
    ) -> Censoring:
        """The curves of the time to loss from view.

        time_s   (N,) seconds to the first of entry, true end, loss
        status   (N,) LOST, ENTERED or ENDED
        stratum  (N,) integers (we use the distance band); None: one stratum. Small
                 strata share the curve of all rows.
        """
        time = np.asarray(time_s, dtype=np.float64)
        state = np.asarray(status)
        # Entry and end come before loss at equal times: those rows are no longer at
        # risk of being lost, so they are moved a hair before it.
        shifted = np.where(state == LOST, time, np.nextafter(time, -np.inf))
        curves = [Survival.fit(shifted, state == LOST)]
        index = np.zeros(len(time), dtype=np.int64)
        if stratum is not None:
            for value in np.unique(np.asarray(stratum)):
                rows = np.flatnonzero(np.asarray(stratum) == value)
                if len(rows) >= smallest:
                    index[rows] = len(curves)
                    curves.append(Survival.fit(shifted[rows], state[rows] == LOST))
        return cls(tuple(curves), index)

    def weight_at(self, t_s: ArrayLike, *, most: float = WEIGHT_MAX) -> Floats:
        """1 / P(still in view just before t_s) for every row, at most `most`."""
        t = np.broadcast_to(np.asarray(t_s, dtype=np.float64), self.stratum.shape)
        g = np.ones(len(self.stratum))
        for k, curve in enumerate(self.curves):
            rows = self.stratum == k
            if rows.any():
                g[rows] = curve.before(t[rows])
        return np.minimum(1.0 / np.maximum(g, 1e-12), most)


def known_by(time_s: ArrayLike, status: ArrayLike, horizon_s: float) -> Bool:
    """Whether the answer "entered within the horizon?" was seen, (N,)."""
    seen = np.asarray(status) != LOST
    return np.asarray(seen | (np.asarray(time_s) >= horizon_s))


def answer_by(time_s: ArrayLike, status: ArrayLike, horizon_s: float) -> Floats:
    """1.0 where entry was seen within the horizon, else 0.0 (see `known_by`)."""
    hit = (np.asarray(status) == ENTERED) & (np.asarray(time_s) <= horizon_s)
    return np.asarray(hit, dtype=np.float64)


def weights_by(
    censoring: Censoring, time_s: ArrayLike, status: ArrayLike, horizon_s: float
) -> tuple[Floats, float]:
    """Weights (N,) for the answer at the horizon, and the share of them truncated.

    0 where unknown, else 1 / G(min(time, horizon)-), at most WEIGHT_MAX.
    """
    known = known_by(time_s, status, horizon_s)
    when = np.minimum(np.asarray(time_s, dtype=np.float64), horizon_s)
    weight = np.where(known, censoring.weight_at(when), 0.0)
    cut = float(np.mean(weight[known] >= WEIGHT_MAX)) if known.any() else 0.0
    return weight, cut
