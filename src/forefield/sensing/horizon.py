"""How low a radar can see: the 4/3-earth horizon.

The atmosphere bends radar waves downwards; on a sphere of 4/3 of the earth's radius
they run straight (Skolnik, *Introduction to Radar Systems*, 3rd ed., §8.5; ITU-R
P.453 gives the mean refractivity gradient behind the factor). Forest, buildings and
hills are not in it: a low target is seen later than this says, never earlier,
except under anomalous propagation (see `sensing.clutter`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EARTH_FACTOR", "EARTH_RADIUS_M", "elevation_deg", "horizon_m"]

EARTH_FACTOR = 4.0 / 3.0
EARTH_RADIUS_M = 6_371_000.0

Floats = NDArray[np.float64]


def horizon_m(antenna_m: Any, target_m: Any) -> Floats:
    """Greatest ground distance [m] at which an antenna sees a target. Broadcasts.

    Both heights [m] are above the ground that makes the horizon; below it nothing is
    seen (0). Exact arc on the enlarged sphere; the textbook's 4.12 (sqrt h1 + sqrt h2)
    km is its first term.

    >>> horizon_m(25.0, 100.0).round(-2)
    np.float64(61800.0)
    """
    radius = EARTH_FACTOR * EARTH_RADIUS_M
    a, t = np.asarray(antenna_m, float), np.asarray(target_m, float)
    arc = np.arccos(radius / (radius + np.maximum(a, 0.0))) + np.arccos(
        radius / (radius + np.maximum(t, 0.0))
    )
    return np.asarray(np.where((a < 0.0) | (t < 0.0), 0.0, radius * arc))[()]


def elevation_deg(distance_m: Any, antenna_m: Any, target_m: Any) -> Floats:
    """Apparent elevation [deg] of a target on the 4/3 earth. Broadcasts.

    distance_m  ground distance [m], greater than 0
    """
    radius = EARTH_FACTOR * EARTH_RADIUS_M
    a, t = np.asarray(antenna_m, float), np.asarray(target_m, float)
    theta = np.asarray(distance_m, float) / radius
    ratio = (radius + a) / (radius + t)
    return np.asarray(np.degrees(np.arctan2(np.cos(theta) - ratio, np.sin(theta))))[()]
