"""One picture against the truth at one moment: GOSPA and OSPA.

    gospa(truth, estimates, c=2000.0).total

Both assign estimates to objects so that the sum of distances, each cut at `c`, is
least. GOSPA then pays c^p / 2 for every object missed and every false estimate, so that
its parts say what was wrong; OSPA averages over the larger of the two sets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Floats, Ints
from forefield.errors import InputError

__all__ = ["Gospa", "gospa", "matched", "ospa"]


class Gospa(NamedTuple):
    """GOSPA and its parts: total^p = localisation + missed + false.

    pairs  (K, 2) rows of the objects and of the estimates assigned to them
    """

    total: float
    localisation: float
    missed: float
    false: float
    n_missed: int
    n_false: int
    pairs: Ints


def _places(values: ArrayLike, what: str) -> Floats:
    out = np.asarray(values, dtype=np.float64)
    if out.ndim != 2:
        raise InputError(
            f"{what} has shape {out.shape}; give one row of coordinates per object."
        )
    if not np.isfinite(out).all():
        row = int(np.flatnonzero(~np.isfinite(out).all(axis=1))[0])
        raise InputError(f"{what}: row {row} is not finite; leave such rows out.")
    return out


def _limits(c: float, p: float) -> None:
    if not (c > 0.0 and np.isfinite(c)):
        raise InputError(f"The cut-off c is {c}; give a distance above 0.")
    if not 1.0 <= p < np.inf:
        raise InputError(f"The order p is {p}; give 1 or more.")


def matched(truth: ArrayLike, estimates: ArrayLike, c: float) -> tuple[Ints, Floats]:
    """Pairs (K, 2) of least total squared distance, each below c, and the distances."""
    found = gospa(truth, estimates, c)
    a, b = np.asarray(truth, float), np.asarray(estimates, float)
    gap = a[found.pairs[:, 0]] - b[found.pairs[:, 1]]
    return found.pairs, np.linalg.norm(gap, axis=1)


def gospa(truth: ArrayLike, estimates: ArrayLike, c: float, p: float = 2.0) -> Gospa:
    """Generalised optimal sub-pattern assignment metric with alpha = 2.

    truth, estimates  (N, d) and (M, d) places, in one frame and unit
    c  cut-off: a pair farther apart is a miss and a false estimate; p  order

    Rahmathullah, García-Fernández and Svensson 2017, FUSION, arXiv:1601.05585.
    """
    _limits(c, p)
    x, y = _places(truth, "truth"), _places(estimates, "estimates")
    pairs, local = np.zeros((0, 2), dtype=np.int64), 0.0
    if len(x) and len(y):
        from scipy.optimize import linear_sum_assignment
        from scipy.spatial.distance import cdist

        cost = cdist(x, y) ** p
        rows, cols = linear_sum_assignment(np.minimum(cost, c**p))
        keep = cost[rows, cols] < c**p
        pairs = np.column_stack([rows[keep], cols[keep]]).astype(np.int64)
        local = float(cost[rows[keep], cols[keep]].sum())
    missed, false = len(x) - len(pairs), len(y) - len(pairs)
    half = c**p / 2.0
    total = (local + half * (missed + false)) ** (1.0 / p)
    return Gospa(total, local, half * missed, half * false, missed, false, pairs)


def ospa(truth: ArrayLike, estimates: ArrayLike, c: float, p: float = 2.0) -> float:
    """Optimal sub-pattern assignment metric.

    Arguments as in `gospa`; two empty sets are 0 apart, an empty one and another c.

    Schuhmacher, Vo and Vo 2008, IEEE Trans. Signal Processing 56, 3447-3457.
    """
    _limits(c, p)
    x, y = _places(truth, "truth"), _places(estimates, "estimates")
    n = max(len(x), len(y))
    if n == 0:
        return 0.0
    if min(len(x), len(y)) == 0:
        return float(c)
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    cost = np.minimum(cdist(x, y), c) ** p
    rows, cols = linear_sum_assignment(cost)
    rest = c**p * abs(len(x) - len(y))
    return float(((cost[rows, cols].sum() + rest) / n) ** (1.0 / p))
