"""Climatology by distance band: the reference every forecast must beat.

It knows how far the border is and how often flights at that distance entered within
the horizon, and nothing else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Floats, Ints

__all__ = ["BAND_EDGES_M", "bands", "from_table", "leave_one_flight_out"]

#: Upper edges of the distance bands but the last, which is open. Each is about double
#: the one before: the chance of entry falls with the logarithm of distance.
BAND_EDGES_M = (2e3, 5e3, 10e3, 20e3, 40e3, 80e3, 160e3, 320e3)


def bands(dist_m: ArrayLike) -> Ints:
    """Band of each distance, 0 .. 8."""
    return np.searchsorted(np.asarray(BAND_EDGES_M), np.asarray(dist_m), side="right")


def from_table(dist_m: ArrayLike, rates: ArrayLike) -> Floats:
    """The given rate of each row's band. rates (9,)."""
    return np.asarray(rates, dtype=np.float64)[bands(dist_m)]


def leave_one_flight_out(
    dist_m: ArrayLike, y: ArrayLike, weight: ArrayLike, flight: ArrayLike
) -> Floats:
    """Rate of entry in the row's band among all *other* flights, (N,).

    A band that no other flight visited takes the rate of all other flights; without
    other flights, 0.5. It is fitted on the sample that is scored, the flight itself
    apart, so it knows the sample's base rate: a strict reference.

    dist_m y weight flight  (N,) metres, outcome 0/1, weight (0: unknown), label
    """
    band = bands(dist_m)
    w = np.asarray(weight, dtype=np.float64)
    hit = w * np.asarray(y, dtype=np.float64)
    labels, f = np.unique(np.asarray(flight), return_inverse=True)
    n_flights, n_bands = len(labels), len(BAND_EDGES_M) + 1

    def others(values: Floats) -> tuple[Floats, Floats]:
        own = np.bincount(f * n_bands + band, values, minlength=n_flights * n_bands)
        table = own.reshape(n_flights, n_bands)
        left = table.sum(axis=0) - table
        return left[f, band], left.sum(axis=1)[f]

    hit_band, hit_all = others(hit)
    mass_band, mass_all = others(w)
    tiny = 1e-9  # sums of other flights' weights, after subtraction
    overall = np.divide(
        hit_all, mass_all, out=np.full(len(w), 0.5), where=mass_all > tiny
    )
    rate = np.divide(hit_band, mass_band, out=overall, where=mass_band > tiny)
    return np.asarray(np.clip(rate, 0.0, 1.0))
