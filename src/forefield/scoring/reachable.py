"""The reachable set: rows for which the question is open."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Bool

__all__ = ["reachable"]


def reachable(dist_m: ArrayLike, reach_mps: ArrayLike, horizon_s: ArrayLike) -> Bool:
    """Whether the border is nearer than top speed times horizon, (N,).

    Beyond it "no" is certain, and a forecast would earn skill by saying so. The top
    speed is that of the fastest class the object may be, never its own, which would
    be part of the forecast.

    >>> reachable([9e3, 31e3], 250.0, 120.0)
    array([ True, False])
    """
    reach = np.asarray(reach_mps, dtype=np.float64) * np.asarray(horizon_s)
    return np.asarray(np.asarray(dist_m, dtype=np.float64) <= reach)
