"""Calibration: does what is said to happen with probability p happen so often?

Observed over expected tells it for the whole; the recalibration line tells whether
forecasts are too bold (slope below 1) or too timid; the reliability diagram shows
where. Van Calster et al. 2019, BMC Medicine 17:230, give the hierarchy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Floats, Ints
from forefield.scoring.proper import P_CLIP

__all__ = ["Recalibration", "Reliability", "recalibrate", "reliability"]


@dataclass(frozen=True)
class Recalibration:
    """logit P(y) = a + slope x logit(p), with 95 % intervals by cluster.

    intercept  calibration in the large: a with the slope held at 1; 0 is right,
               above 0 the forecasts are too low
    slope      1 is right, below 1 forecasts are too extreme
    NaN where the data cannot tell (no entry, or the forecasts separate the outcomes).
    """

    slope: float
    slope_lo: float
    slope_hi: float
    intercept: float
    intercept_lo: float
    intercept_hi: float


def _logistic(
    X: Floats, offset: Floats, y: Floats, w: Floats, cluster: Ints
) -> tuple[Floats, Floats]:
    """Weighted logistic regression by Newton steps; cluster-robust covariance.

    The sandwich is Liang & Zeger's (1986, Biometrika 73, 13-22) with the factor
    G / (G - 1). Raises ValueError when it does not converge (separated data).
    """
    beta = np.zeros(X.shape[1])
    for _ in range(60):
        eta = np.clip(offset + X @ beta, -40.0, 40.0)
        mu = 1.0 / (1.0 + np.exp(-eta))
        gradient = X.T @ (w * (y - mu))
        hessian = (X * (w * mu * (1.0 - mu))[:, None]).T @ X
        try:
            step = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            raise ValueError("singular") from None
        # Half steps far out keep Newton from overshooting on steep data.
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        raise ValueError("no convergence")
    if np.abs(beta).max() > 30.0 or not np.isfinite(beta).all():
        raise ValueError("separated")
    groups = int(cluster.max()) + 1
    score = X * (w * (y - mu))[:, None]
    by_group = np.stack(
        [
            np.bincount(cluster, score[:, k], minlength=groups)
            for k in range(X.shape[1])
        ],
        axis=1,
    )
    meat = by_group.T @ by_group * groups / max(groups - 1, 1)
    bread = np.linalg.inv(hessian)
    return beta, bread @ meat @ bread


def recalibrate(
    p: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike,
    cluster: ArrayLike,
    *,
    clip: float = P_CLIP,
) -> Recalibration:
    """Calibration slope and intercept (Cox 1958, Biometrika 45, 562-565).

    p, y, weight  (N,) forecast, outcome 0/1, weight >= 0 (rows of weight 0 are unused)
    cluster       (N,) label of the flight; intervals use Student's t with clusters - 1
    """
    from scipy.special import stdtrit

    w = np.asarray(weight, dtype=np.float64)
    use = w > 0
    nothing = Recalibration(*[float("nan")] * 6)
    outcome = np.asarray(y, dtype=np.float64)[use]
    if len(outcome) == 0 or outcome.min() == outcome.max():
        return nothing
    q = np.clip(np.asarray(p, dtype=np.float64)[use], clip, 1.0 - clip)
    logit = np.log(q) - np.log1p(-q)
    labels, group = np.unique(np.asarray(cluster)[use], return_inverse=True)
    one, w = np.ones((len(q), 1)), w[use] / w[use].mean()
    t = float(stdtrit(max(len(labels) - 1, 1), 0.975))

    def band(value: float, variance: float) -> tuple[float, float, float]:
        half = t * float(np.sqrt(max(variance, 0.0)))
        return value, value - half, value + half

    try:
        a, cov = _logistic(one, logit, outcome, w, group)
        large = band(float(a[0]), float(cov[0, 0]))
    except ValueError:
        large = (float("nan"),) * 3
    try:
        if np.ptp(logit) < 1e-9:
            raise ValueError("one forecast value has no slope")
        X = np.concatenate([one, logit[:, None]], axis=1)
        ab, cov = _logistic(X, np.zeros(len(q)), outcome, w, group)
        steep = band(float(ab[1]), float(cov[1, 1]))
    except ValueError:
        steep = (float("nan"),) * 3
    return Recalibration(*steep, *large)


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: a row per bin, in order of the forecast.

    lo hi            simultaneous band of the observed frequency over the bins here
    lo_family hi_family  the same over all diagrams of a family (see `reliability`)
    """

    forecast: Floats  # (K,) mean forecast
    observed: Floats  # (K,) observed frequency
    lo: Floats
    hi: Floats
    lo_family: Floats
    hi_family: Floats
    rows: Ints
    flights: Ints
    left: Floats  # (K,) smallest forecast in the bin
    right: Floats  # (K,) largest

    @property
    def outside(self) -> Ints:
        """Bins whose mean forecast lies outside the band of this diagram.

        Forecasts are clipped to [P_CLIP, 1 - P_CLIP] first, as for the log score: a
        forecast counted from particles says 0 where it means "less than one in
        thousands", and one entry would refute it whatever the number of rows.
        """
        said = np.clip(self.forecast, P_CLIP, 1.0 - P_CLIP)
        return np.flatnonzero((said < self.lo) | (said > self.hi))

    @property
    def outside_family(self) -> Ints:
        """Bins whose mean forecast lies outside the band of the family."""
        said = np.clip(self.forecast, P_CLIP, 1.0 - P_CLIP)
        return np.flatnonzero((said < self.lo_family) | (said > self.hi_family))


def equal_mass_bins(p: Floats, weight: Floats, bins: int) -> Ints:
    """Bin of each row, (N,): about equal weight each, equal forecasts together.

    A value that many rows share (0, say) makes one bin of its own size and there are
    fewer bins.
    """
    order = np.argsort(p, kind="stable")
    values, start = np.unique(p[order], return_index=True)
    mass = np.add.reduceat(weight[order], start) if len(values) else np.zeros(0)
    middle = np.cumsum(mass) - 0.5 * mass
    slot = np.minimum(
        (middle / max(mass.sum(), 1e-300) * bins).astype(np.int64), bins - 1
    )
    _, slot = np.unique(slot, return_inverse=True)
    return np.asarray(slot[np.searchsorted(values, p)], dtype=np.int64)


def reliability(
    p: ArrayLike,
    y: ArrayLike,
    weight: ArrayLike,
    cluster: ArrayLike,
    *,
    bins: int = 10,
    level: float = 0.95,
    family: int = 1,
) -> Reliability:
    """A reliability diagram with equal-mass bins and simultaneous bands.

    In each bin the band is the exact binomial interval (Clopper & Pearson 1934) at the
    effective number of rows: the rows over the design effect, which says how much
    wider the spread is because rows of a flight go together (Korn & Graubard 1998,
    Survey Methodology 24, 193-201). Bonferroni's inequality over the bins makes it
    hold for all at once, whatever their dependence. A bin's design effect is at least
    the pooled one, so that a bin without events, or with a few by luck, is not trusted
    more than the rest.

    p y weight  (N,) forecast, outcome, weight; rows of weight 0 are unused
    cluster     (N,) flight
    family      how many diagrams are read together: `lo_family` and `hi_family` hold
                over all bins of all of them
    """
    from scipy.special import betaincinv, stdtrit

    w = np.asarray(weight, dtype=np.float64)
    use = w > 0
    q = np.asarray(p, dtype=np.float64)[use]
    outcome, w = np.asarray(y, dtype=np.float64)[use], w[use]
    labels, flight = np.unique(np.asarray(cluster)[use], return_inverse=True)
    slot = equal_mass_bins(q, w, bins)
    k = int(slot.max()) + 1 if len(slot) else 0

    def per_bin(values: Floats) -> Floats:
        return np.bincount(slot, values, minlength=k).astype(np.float64)

    mass = per_bin(w)
    forecast, observed = per_bin(w * q) / mass, per_bin(w * outcome) / mass
    rows = np.bincount(slot, minlength=k)

    cell = slot * len(labels) + flight  # (bin, flight) pairs that occur
    pairs, at = np.unique(cell, return_inverse=True)
    pair_bin = pairs // max(len(labels), 1)
    flights = np.bincount(pair_bin, minlength=k)
    # Residuals about the bin's own frequency; a linearised ratio, as in surveys.
    residual = np.bincount(at, w * (outcome - observed[slot]))
    between = np.bincount(pair_bin, residual**2, minlength=k) / mass**2
    between *= flights / np.maximum(flights - 1, 1)
    simple = observed * (1.0 - observed) / rows
    some = simple > 0
    pooled = float(between[some].sum() / simple[some].sum()) if some.any() else np.inf
    own = np.divide(between, simple, out=np.zeros(k), where=some)
    effect = np.maximum(np.maximum(own, pooled), 1.0)
    # Without any event to learn the effect from, a flight is worth one row.
    effective = np.maximum(np.minimum(rows / effect, rows), 1.0)
    effective = np.where(np.isfinite(effect), effective, flights).astype(np.float64)

    def exact(alpha: float) -> tuple[Floats, Floats]:
        # Korn & Graubard's correction for the degrees of freedom of the variance.
        t_rows = stdtrit(np.maximum(rows - 1, 1), 1 - alpha / 2)
        t_flights = stdtrit(np.maximum(flights - 1, 1), 1 - alpha / 2)
        n = np.maximum(effective * np.minimum((t_rows / t_flights) ** 2, 1.0), 1e-3)
        x = n * observed
        lo = np.where(
            x > 0, betaincinv(np.maximum(x, 1e-12), n - x + 1, alpha / 2), 0.0
        )
        hi = np.where(
            n - x > 1e-12,
            betaincinv(x + 1, np.maximum(n - x, 1e-12), 1 - alpha / 2),
            1.0,
        )
        return np.asarray(lo), np.asarray(hi)

    alpha = (1.0 - level) / max(k, 1)
    lo, hi = exact(alpha)
    lo_family, hi_family = exact(alpha / max(family, 1))
    left, right = np.full(k, np.inf), np.full(k, -np.inf)
    np.minimum.at(left, slot, q)
    np.maximum.at(right, slot, q)
    return Reliability(
        forecast, observed, lo, hi, lo_family, hi_family, rows, flights, left, right
    )
