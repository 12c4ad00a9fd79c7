"""Whole tracks against whole flights: the trajectory GOSPA metric.

GOSPA compares moments, and a tracker that swaps two flights at every scan scores as
well as one that never does. T-GOSPA compares trajectories, and pays for each switch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from forefield.errors import InputError

__all__ = ["TGospa", "t_gospa"]


class TGospa(NamedTuple):
    """T-GOSPA and its parts: total^p = localisation + missed + false + switches."""

    total: float
    localisation: float
    missed: float
    false: float
    switches: float


def t_gospa(
    truth: ArrayLike, tracks: ArrayLike, c: float, gamma: float, p: float = 2.0
) -> TGospa:
    """Trajectory GOSPA, by its linear programme.

    truth, tracks  (N, T, d) and (M, T, d) places at T moments; NaN where there is none
    c              cut-off, as in `gospa`
    gamma          what a change of assignment costs; going to or from none costs half

    The linear programme is itself a metric and bounds the one with whole assignments
    from below; the two mostly agree. García-Fernández, Rahmathullah and Svensson 2020,
    IEEE Trans. Signal Processing 68, 3917-3928, equations 21 to 27.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    x, y = np.asarray(truth, float), np.asarray(tracks, float)
    if x.ndim != 3 or y.ndim != 3 or x.shape[1:] != y.shape[1:]:
        raise InputError(
            f"Shapes {x.shape} and {y.shape}: (N, T, d) and (M, T, d) of the same T."
        )
    if not (c > 0.0 and gamma > 0.0 and p >= 1.0):
        raise InputError(f"c {c}, gamma {gamma}, p {p}: give c, gamma > 0 and p >= 1.")
    n, steps, _ = x.shape
    m = y.shape[0]
    if steps == 0 or n + m == 0:
        return TGospa(0.0, 0.0, 0.0, 0.0, 0.0)
    here, there = np.isfinite(x).all(axis=2), np.isfinite(y).all(axis=2)
    half = c**p / 2.0
    # Costs of W[k, i, j]; the last row and column stand for nothing.
    D = np.zeros((steps, n + 1, m + 1))
    D[:, :n, m] = half * here.T
    D[:, n, :m] = half * there.T
    near = np.zeros((steps, n, m), dtype=np.bool_)
    for k in range(steps):
        both = here[:, k, None] & there[None, :, k]
        with np.errstate(invalid="ignore"):
            gap = np.linalg.norm(x[:, k][:, None] - y[:, k][None], axis=2)
        near[k] = both & (gap < c)
        one = half * (here[:, k, None] ^ there[None, :, k])
        D[k, :n, :m] = np.where(both, np.minimum(np.where(both, gap, c), c) ** p, one)
    size = steps * (n + 1) * (m + 1)
    index = np.arange(size).reshape(steps, n + 1, m + 1)
    extra = size + np.arange(max(steps - 1, 0) * n * m).reshape(-1, n, m)
    cost = np.concatenate([D.ravel(), np.full(extra.size, gamma**p / 2.0)])
    # Every object goes to one track or none, every track to one object or none.
    rows, cols = [], []
    r = 0
    for k in range(steps):
        for i in range(n):
            rows.append(np.full(m + 1, r))
            cols.append(index[k, i])
            r += 1
        for j in range(m):
            rows.append(np.full(n + 1, r))
            cols.append(index[k, :, j])
            r += 1
    at = np.concatenate(rows), np.concatenate(cols)
    A = coo_array((np.ones(len(at[0])), at), shape=(r, len(cost))).tocsr()
    bound = None
    if extra.size:
        # |W[k] - W[k + 1]| <= the extra variable, from both sides.
        now, after, e = (
            index[:-1, :n, :m].ravel(),
            index[1:, :n, :m].ravel(),
            extra.ravel(),
        )
        q = np.arange(len(e))
        sign = np.repeat([1.0, -1.0, -1.0, -1.0, 1.0, -1.0], len(e))
        line = np.concatenate([q, q, q, q + len(e), q + len(e), q + len(e)])
        column = np.concatenate([now, after, e, now, after, e])
        bound = coo_array((sign, (line, column)), shape=(2 * len(e), len(cost))).tocsr()
    solve: Any = linprog  # its stubs know no sparse matrices
    found = solve(
        cost, A_ub=bound, b_ub=None if bound is None else np.zeros(bound.shape[0]),
        A_eq=A, b_eq=np.ones(r), bounds=(0.0, None), method="highs",
    )  # fmt: skip
    if found.status != 0:
        raise InputError(f"The linear programme was not solved: {found.message}")
    W = found.x[:size].reshape(D.shape)
    local = float((W[:, :n, :m] * D[:, :n, :m] * near).sum())
    whole = W[:, :n, :m] * ~near
    met, seen = here.T[:, :, None], there.T[:, None, :]
    missed = half * float((whole * met).sum() + (W[:, :n, m] * here.T).sum())
    false = half * float((whole * seen).sum() + (W[:, n, :m] * there.T).sum())
    switches = float(found.x[size:].sum()) * gamma**p / 2.0
    return TGospa(max(found.fun, 0.0) ** (1.0 / p), local, missed, false, switches)
