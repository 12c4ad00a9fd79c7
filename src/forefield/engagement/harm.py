"""A crude harm interval: casualty area times people, where pieces may come down.

Expected casualties in each country, never summed over countries. The interval holds
two doubts together: how large the casualty area is (a log-normal between its 5 % and
95 % points) and where the pieces come down (a stated spread). It is an order of
magnitude and is to be shown as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVELS", "area_levels", "casualties", "disc", "weighted"]

Floats = NDArray[np.float64]

#: Levels at which a casualty area is taken, each worth the same.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_Z = np.array([-1.6448536, -0.6744898, 0.0, 0.6744898, 1.6448536])
_METRES_PER_DEG = 111_195.0


def area_levels(low_m2: float, high_m2: float) -> Floats:
    """(5,) casualty areas [m2] at LEVELS of the log-normal with these 5 and 95 %.

    >>> area_levels(1.0, 100.0).round(3)
    array([  1.   ,   3.888,  10.   ,  25.719, 100.   ])
    """
    middle = 0.5 * (np.log(low_m2) + np.log(high_m2))
    sigma = (np.log(high_m2) - middle) / _Z[-1]
    return np.asarray(np.exp(middle + sigma * _Z))


def disc(lat_deg: Any, lon_deg: Any, sigma_m: Any) -> tuple[Floats, Floats]:
    """(N, 19) points of equal weight for a round normal spread about N places."""
    ring = np.array([0.0] + [0.72] * 6 + [1.67] * 12)
    turn = np.concatenate([[0.0], np.arange(6) / 6, (np.arange(12) + 0.5) / 12])
    north = ring * np.cos(2.0 * np.pi * turn)
    east = ring * np.sin(2.0 * np.pi * turn)
    lat = np.asarray(lat_deg, float)[:, None]
    sigma = np.asarray(sigma_m, float)[:, None] / _METRES_PER_DEG
    lats = lat + sigma * north
    lons = np.asarray(lon_deg, float)[:, None] + sigma * east / np.cos(np.radians(lat))
    return lats, lons


def weighted(values: Floats, weights: Floats, q: Sequence[float]) -> Floats:
    """(..., len(q)) quantiles over the last axis of values with weights of one shape.

    The smallest value at which the weight reaches the share; weights need not sum to 1.
    """
    order = np.argsort(values, axis=-1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=-1)
    reached = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    reached /= reached[..., -1:]
    at = [np.argmax(reached >= share - 1e-12, axis=-1) for share in q]
    return np.take_along_axis(ranked, np.stack(at, axis=-1), axis=-1)


def casualties(
    lats: Floats,
    lons: Floats,
    areas_m2: Floats,
    countries: Sequence[str],
    density: Callable[[Any, Any], Any],
    country_of: Callable[[Any, Any], Any],
) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Casualties by country for N spreads of K points each.

    Returns (N, C, K, 5) casualties, (N, K) people per m2, (N, K) countries.

    areas_m2  (N, 5) casualty areas at LEVELS
    density   people per km2 at points; country_of: ISO codes at points
    """
    people = np.asarray(density(lats.ravel(), lons.ravel()), float) / 1e6
    people = people.reshape(lats.shape)
    where = np.asarray(country_of(lats.ravel(), lons.ravel()), dtype=np.str_)
    where = where.reshape(lats.shape)
    each = people[:, :, None] * areas_m2[:, None, :]
    out = np.stack(
        [np.where((where == c)[:, :, None], each, 0.0) for c in countries], axis=1
    )
    return out, people, where
