"""People in a circle: discs of settlements over an even rural background.

The earth is a sphere of 6371 km here and circles are flat: a settlement's disc is
itself only an order of magnitude.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["bins_of", "density", "lens_area_1", "within"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DEG_M = 111_194.93  # metres per degree on a sphere of 6371 km
_BIN_DEG = 0.25
_SPOTS = 200  # points of the circle where the rural background is read


@njit(cache=True)
def lens_area_1(d, a, b):
    """Area common to two circles of radii a and b whose centres are d apart."""
    if d >= a + b:
        return 0.0
    small = min(a, b)
    if d <= abs(a - b):
        return math.pi * small * small
    ca = (d * d + a * a - b * b) / (2.0 * d * a)
    cb = (d * d + b * b - a * a) / (2.0 * d * b)
    ca, cb = min(1.0, max(-1.0, ca)), min(1.0, max(-1.0, cb))
    kite = (-d + a + b) * (d + a - b) * (d - a + b) * (d + a + b)
    return (
        a * a * math.acos(ca) + b * b * math.acos(cb) - 0.5 * math.sqrt(max(0.0, kite))
    )


def bins_of(lat_deg: Floats, lon_deg: Floats) -> tuple[Ints, Ints, Ints]:
    """Order and starts of places in boxes of a quarter degree: (order, start, frame).

    frame  (4,) south, west [boxes], rows, columns
    """
    by = np.floor(lat_deg / _BIN_DEG).astype(np.int64)
    bx = np.floor(lon_deg / _BIN_DEG).astype(np.int64)
    frame = np.array([by.min(), bx.min(), np.ptp(by) + 1, np.ptp(bx) + 1])
    key = (by - frame[0]) * frame[3] + (bx - frame[1])
    order = np.argsort(key, kind="stable")
    count = np.bincount(key, minlength=int(frame[2] * frame[3]))
    return order, np.concatenate([[0], np.cumsum(count)]).astype(np.int64), frame


@njit(cache=True)
def _rural_1(lat, lon, rural, south, west, cell):
    ny, nx = rural.shape
    fy, fx = (lat - south) / cell, (lon - west) / cell
    if fy < 0.0 or fx < 0.0 or fy >= ny or fx >= nx:
        return 0.0
    return rural[int(fy), int(fx)] * 0.01


@njit(cache=True)
def _settled_1(lat, lon, r, places, start, frame, reach):
    # places (P, 4): latitude, longitude, people, disc radius, in the bins' order.
    total = 0.0
    shrink = math.cos(math.radians(lat))
    dy = (r + reach) / _DEG_M
    dx = dy / max(0.05, shrink)
    y0 = max(math.floor((lat - dy) / _BIN_DEG) - frame[0], 0)
    y1 = min(math.floor((lat + dy) / _BIN_DEG) - frame[0], frame[2] - 1)
    x0 = max(math.floor((lon - dx) / _BIN_DEG) - frame[1], 0)
    x1 = min(math.floor((lon + dx) / _BIN_DEG) - frame[1], frame[3] - 1)
    for y in range(y0, y1 + 1):
        for k in range(start[y * frame[3] + x0], start[y * frame[3] + x1 + 1]):
            north = (places[k, 0] - lat) * _DEG_M
            east = (places[k, 1] - lon) * _DEG_M * shrink
            d = math.hypot(north, east)
            rho = places[k, 3]
            area = lens_area_1(d, r, rho)
            if r == 0.0 and d <= rho:
                area = 1e6  # a square kilometre: density
            total += places[k, 2] * area / (math.pi * rho * rho)
    return total


@njit(cache=True)
def within(lat, lon, radius, places, start, frame, reach, rural, grid, out):
    """Expected people within `radius` [m] of each point; fills `out` (N,)."""
    south, west, cell = grid[0], grid[1], grid[2]
    turn = math.pi * (3.0 - math.sqrt(5.0))
    for i in range(len(out)):
        r = radius[i]
        if not (r > 0.0) or math.isnan(lat[i] + lon[i]):
            out[i] = 0.0 if r <= 0.0 else math.nan
            continue
        total = _settled_1(lat[i], lon[i], r, places, start, frame, reach)
        # Sunflower points: even over the circle.
        mean = 0.0
        for k in range(_SPOTS):
            s = r * math.sqrt((k + 0.5) / _SPOTS) / _DEG_M
            la = lat[i] + s * math.cos(k * turn)
            lo = lon[i] + s * math.sin(k * turn) / math.cos(math.radians(lat[i]))
            mean += _rural_1(la, lo, rural, south, west, cell) / _SPOTS
        out[i] = total + mean * math.pi * r * r / 1e6


@njit(cache=True)
def density(lat, lon, places, start, frame, reach, rural, grid, out):
    """Expected people per square kilometre at each point; fills `out` (N,)."""
    for i in range(len(out)):
        if math.isnan(lat[i] + lon[i]):
            out[i] = math.nan
            continue
        out[i] = _settled_1(
            lat[i], lon[i], 0.0, places, start, frame, reach
        ) + _rural_1(lat[i], lon[i], rural, grid[0], grid[1], grid[2])
