"""Proper scores: Brier, logarithmic, CRPS of the time to entry, energy of the place.

A score is proper when a forecaster's best expected score is reached by saying what
he believes (Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102, 359-378). All scores
here are negatively oriented: smaller is better, 0 is perfect.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forefield.columns import Floats
from forefield.errors import InputError

__all__ = [
    "P_CLIP",
    "brier",
    "crps_entry_time",
    "energy_border",
    "entry_time_knots",
    "log_score",
    "ring_distance",
    "skill",
]

#: Probabilities are clipped to [P_CLIP, 1 - P_CLIP] by the logarithmic score and the
#: recalibration, else one hard "never" that is wrong would cost infinity. Our choice:
#: a tenth of the rarest base rate we meet (about 0.1 % of tracks enter).
P_CLIP = 1e-4

#: Beyond its 5 and 95 % quantiles the time to entry is spread evenly over half the
#: distance from the median to that quantile: the width at which a uniform tail has a
#: Gaussian tail's mean excess (0.418 sigma against 0.5 x 1.645 sigma / 2 = 0.411).
TAIL = 0.5


def _probability(p: ArrayLike) -> Floats:
    out = np.asarray(p, dtype=np.float64)
    bad = ~((out >= 0.0) & (out <= 1.0))
    if bad.any():
        rows = np.flatnonzero(bad)
        raise InputError(
            f"Probability {out.ravel()[rows[0]]:g} at row {rows[0]} is outside 0..1.",
            rows=rows.tolist(),
        )
    return out


def brier(p: ArrayLike, y: ArrayLike) -> Floats:
    """Squared error of each probability, (N,). y: 1 happened, 0 did not.

    Brier 1950, Mon. Weather Rev. 78, 1-3 (the half of his two-class sum).

    >>> brier([0.8, 0.2], [1, 1]).round(2)
    array([0.04, 0.64])
    """
    return np.asarray((_probability(p) - np.asarray(y, dtype=np.float64)) ** 2)


def log_score(p: ArrayLike, y: ArrayLike, *, clip: float = P_CLIP) -> Floats:
    """Minus the log of the probability given to what happened, (N,), in nats.

    Good 1952, J. R. Stat. Soc. B 14, 107-114. Probabilities are first clipped to
    [clip, 1 - clip]; with clip 1e-4 the worst score is 9.21.

    >>> log_score([0.5, 0.0], [1, 1]).round(2)
    array([0.69, 9.21])
    """
    q = np.clip(_probability(p), clip, 1.0 - clip)
    return np.asarray(-np.where(np.asarray(y) > 0, np.log(q), np.log1p(-q)))


def skill(score: float, reference: float) -> float:
    """1 - score / reference: 1 perfect, 0 as good as the reference, NaN undefined."""
    return 1.0 - score / reference if reference > 0 else float("nan")


def entry_time_knots(
    p_enter: ArrayLike,
    t05_s: ArrayLike,
    t50_s: ArrayLike,
    t95_s: ArrayLike,
    horizon_s: float,
) -> tuple[Floats, Floats]:
    """The distribution function of the time to entry, as a broken line.

    p_enter            (N,) probability of entry within the horizon
    t05_s t50_s t95_s  (N,) quantiles given entry; a row with a NaN among them is
                       spread evenly over the horizon
    Returns knots_s and cdf, both (N, 7); cdf ends at p_enter: the rest is "later or
    never". Equal quantiles give a jump (a hard forecast).
    """
    p = _probability(p_enter)
    q = np.stack(
        [np.asarray(a, dtype=np.float64) for a in (t05_s, t50_s, t95_s)], axis=1
    )
    even = ~np.isfinite(q).all(axis=1)
    q[even] = horizon_s * np.array([0.05, 0.50, 0.95])
    q = np.maximum.accumulate(np.clip(q, 0.0, horizon_s), axis=1)
    first = np.maximum(q[:, 0] - TAIL * (q[:, 1] - q[:, 0]), 0.0)
    last = np.minimum(q[:, 2] + TAIL * (q[:, 2] - q[:, 1]), horizon_s)
    first[even], last[even] = 0.0, horizon_s
    edge = np.zeros(len(p)), np.full(len(p), horizon_s)
    knots = np.stack([edge[0], first, q[:, 0], q[:, 1], q[:, 2], last, edge[1]], axis=1)
    cdf = p[:, None] * np.array([0.0, 0.0, 0.05, 0.50, 0.95, 1.0, 1.0])
    return knots, cdf


def _area(knots_s: Floats, cdf: Floats, level: float, upto_s: Floats) -> Floats:
    """Integral from 0 to upto_s of (level - F(t))^2, exact for a broken line F."""
    total = np.zeros(len(knots_s))
    for i in range(knots_s.shape[1] - 1):
        a, width = knots_s[:, i], knots_s[:, i + 1] - knots_s[:, i]
        step = np.clip(upto_s - a, 0.0, width)
        part = np.divide(step, width, out=np.zeros_like(step), where=width > 0)
        g0 = level - cdf[:, i]
        g1 = g0 - part * (cdf[:, i + 1] - cdf[:, i])
        total += step * (g0 * g0 + g0 * g1 + g1 * g1) / 3.0
    return total


def crps_entry_time(
    knots_s: Floats,
    cdf: Floats,
    time_s: ArrayLike,
    status: ArrayLike,
    horizon_s: float,
    *,
    weight_at: Any = None,
    cells: int = 24,
) -> Floats:
    """CRPS of the time to entry up to the horizon, in seconds, (N,).

    The integral over 0..horizon of (F(t) - 1[entered by t])^2: the continuous ranked
    probability score with weight one up to the horizon (Gneiting & Ranjan 2011,
    J. Bus. Econ. Stat. 29, 411-422). Where the observation stops early it becomes
    the integrated Brier score with inverse-probability-of-censoring weights (Graf,
    Schmoor, Sauerbrei & Schumacher 1999, Stat. Med. 18, 2529-2545): a lost track
    counts as long as it was seen, and others stand in for it thereafter.

    knots_s cdf  (N, K) from `entry_time_knots`
    time_s       (N,) seconds to the first of entry, end of flight, loss from view
    status       (N,) 0 lost, 1 entered, 2 ended without entry (see `labels`)
    weight_at    callable(seconds (N,)) -> weights (N,), 1 / G(t-) truncated; None: 1
    cells        the weights are held constant over this many parts of the horizon
    """
    h = float(horizon_s)
    time = np.minimum(np.asarray(time_s, dtype=np.float64), h)
    state = np.where(np.asarray(time_s) > h, 0, np.asarray(status))
    entered, ended = state == 1, state == 2
    every = np.full(len(time), h)
    if weight_at is None:
        score = _area(knots_s, cdf, 0.0, time)
        weight = np.ones(len(time))
    else:
        score, before = np.zeros(len(time)), np.zeros(len(time))
        edges = np.linspace(0.0, h, cells + 1)
        for left, right in itertools.pairwise(edges):
            area = _area(knots_s, cdf, 0.0, np.minimum(time, right))
            middle = np.full(len(time), 0.5 * (left + right))
            score += (area - before) * weight_at(middle)
            before = area
        weight = weight_at(time)
    late = _area(knots_s, cdf, 1.0, every) - _area(knots_s, cdf, 1.0, time)
    false = _area(knots_s, cdf, 0.0, every) - _area(knots_s, cdf, 0.0, time)
    rest = np.where(entered, late, 0.0) + np.where(ended, false, 0.0)
    return np.asarray(score + weight * rest)


def ring_distance(a_m: ArrayLike, b_m: ArrayLike, length_m: ArrayLike) -> Floats:
    """The shorter way along a closed line of that length between two chainages.

    >>> float(ring_distance(10.0, 990.0, 1000.0))
    20.0
    """
    gap = np.abs(np.asarray(a_m, dtype=np.float64) - np.asarray(b_m)) % length_m
    return np.asarray(np.minimum(gap, length_m - gap))


def energy_border(
    entry_m: ArrayLike,
    sigma_m: ArrayLike,
    truth_m: ArrayLike,
    length_m: ArrayLike,
    *,
    nodes: int = 64,
) -> Floats:
    """Energy score of the entry point along a closed border, metres, (N,).

    E d(X, y) - E d(X, X') / 2 with X normal about entry_m with sigma_m, wrapped on
    the closed line, and d the shorter way round. In one dimension this is the CRPS;
    on a circle it is proper (Grimit, Gneiting, Berrocal & Johnson 2006, Q. J. R.
    Meteorol. Soc. 132, 2925-2942). A spread of 0 or NaN is a hard point, whose score
    is its distance from the truth.

    entry_m truth_m  (N,) chainage along the border
    length_m         of the ring, a number or (N,)
    nodes            X is represented by this many equally likely quantiles
    """
    from scipy.special import ndtri

    centre = np.asarray(entry_m, dtype=np.float64)
    sigma = np.nan_to_num(np.asarray(sigma_m, dtype=np.float64), nan=0.0)
    y = np.asarray(truth_m, dtype=np.float64)
    around = np.broadcast_to(np.asarray(length_m, dtype=np.float64), y.shape)
    z: NDArray[np.float64] = np.asarray(ndtri((np.arange(nodes) + 0.5) / nodes))
    # Half the mean distance of two draws: that of the nodes times sigma, unless the
    # spread is so wide that some pairs are nearer the other way round.
    out = -0.5 * sigma * np.abs(z[:, None] - z[None, :]).mean()
    wraps = 2.0 * sigma * z[-1] > 0.5 * around
    for row in np.flatnonzero(wraps):
        pairs = sigma[row] * (z[:, None] - z[None, :])
        out[row] = -0.5 * ring_distance(pairs, 0.0, around[row]).mean()
    for lo in range(0, len(out), 4096):
        part = slice(lo, lo + 4096)
        places = centre[part, None] + sigma[part, None] * z
        to_truth = ring_distance(places, y[part, None], around[part, None])
        out[part] += to_truth.mean(axis=1)
    return np.asarray(out)
