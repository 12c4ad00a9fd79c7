"""How far it is to a border along any course from any place: a table, looked up.

Rays are traced once for a border, from the points of a coarse grid and, near the
border, of a fine one, to every 2.5 degrees. What a place between them sees follows
from the eight rays around it where they agree: where all miss, or where all meet the
border on what is nearly one plane. Where they do not agree (the edge of the border as
seen from there, a salient, a coast) nothing is told, and the ray is traced.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

__all__ = ["MISS", "SIGHTS", "SIGHT_UNIT_M", "Sight", "as_sights", "blind", "sight_1"]

_TWO_PI = 2.0 * math.pi

#: Courses to which rays are traced, evenly from the grid's north.
SIGHTS = 144

#: Unit of kept distances; `MISS` stands for no meeting at all, 0 for not told.
SIGHT_UNIT_M = 20.0
MISS = 65535

#: How far distances may lie off a plane to be taken between: parts of a cell, and of
#: the distance. What is read is off by a quarter of it.
_OFF_CELLS = 0.05
_OFF_SHARE = 0.02


class Sight(NamedTuple):
    """The table as it is read; arrays are those of its file, mapped.

    Rows are the points of the coarse grid, row by row, then those of the fine one.
    """

    x0: float
    y0: float
    cell: float  # of the fine grid, which is the border's
    stride: int  # cells of a coarse one
    slot: np.ndarray  # (my, mx) int32 row of a fine point; -1: it has none
    shape: tuple[int, int]  # of the coarse grid
    far: np.ndarray  # (rows, SIGHTS) uint16, `SIGHT_UNIT_M`
    shot: np.ndarray  # (rows, SIGHTS) uint8: share of the way over who shoots, of 255


def blind() -> Sight:
    """A table that tells nothing: every ray is traced."""
    return Sight(
        0.0, 0.0, 1.0, 1, np.empty((0, 0), np.int32), (0, 0),
        np.empty((0, SIGHTS), np.uint16), np.empty((0, SIGHTS), np.uint8),
    )  # fmt: skip


def as_sights(meet_m: np.ndarray, shot_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances (SIGHTS, n), inf where there is none, as kept: (n, SIGHTS) each.

    shot_m  how much of them lies over who shoots
    """
    hit = np.isfinite(meet_m)
    metres = np.where(hit, meet_m, 0.0)
    far = np.clip(np.round(metres / SIGHT_UNIT_M), 0, MISS - 1).astype(np.uint16)
    share = np.clip(shot_m / np.maximum(metres, 1.0), 0.0, 1.0)
    shot = np.where(hit, np.round(255.0 * share), 0.0).astype(np.uint8)
    far[~hit] = MISS
    return np.ascontiguousarray(far.T), np.ascontiguousarray(shot.T)


@njit(cache=True, forceinline=True)
def sight_1(x, y, course, sight, ray):
    """What a ray from x, y sees: 1 the border, 0 none, -1 not told.

    ray  out (4,), where 1: metres to the border, the place, metres over who shoots;
         where -1: metres that all rays around are free of it
    """
    my, mx = sight.slot.shape
    ray[0] = 0.0
    fx, fy = (x - sight.x0) / sight.cell, (y - sight.y0) / sight.cell
    if not (0.0 <= fx < mx - 1.0 and 0.0 <= fy < my - 1.0):
        return -1
    ix, iy = int(fx), int(fy)
    r00, r01 = sight.slot[iy, ix], sight.slot[iy, ix + 1]
    r10, r11 = sight.slot[iy + 1, ix], sight.slot[iy + 1, ix + 1]
    cell = sight.cell
    if min(min(r00, r01), min(r10, r11)) < 0:
        cell *= sight.stride
        ny, nx = sight.shape
        fx, fy = fx / sight.stride, fy / sight.stride
        ix, iy = int(fx), int(fy)
        if ix >= nx - 1 or iy >= ny - 1:
            return -1
        r00 = iy * nx + ix
        r01, r10, r11 = r00 + 1, r00 + nx, r00 + nx + 1
    a, b = fx - ix, fy - iy
    f = course / _TWO_PI
    f = (f - math.floor(f)) * SIGHTS
    k = int(f)
    g = f - k
    if k >= SIGHTS:
        k = 0
    m = k + 1 if k + 1 < SIGHTS else 0
    far = sight.far
    p00, p01, p10, p11 = far[r00, k], far[r01, k], far[r10, k], far[r11, k]
    q00, q01, q10, q11 = far[r00, m], far[r01, m], far[r10, m], far[r11, m]
    least = min(min(min(p00, p01), min(p10, p11)), min(min(q00, q01), min(q10, q11)))
    if least == MISS:
        return 0
    most = max(max(max(p00, p01), max(p10, p11)), max(max(q00, q01), max(q10, q11)))
    if most == MISS or least == 0:
        return -1
    # float64 from here on: unsigned differences wrap.
    s00, s01, s10, s11 = float(p00), float(p01), float(p10), float(p11)
    t00, t01, t10, t11 = float(q00), float(q01), float(q10), float(q11)
    d00, d01, d10, d11 = t00 - s00, t01 - s01, t10 - s10, t11 - s11
    off = max(abs(s00 + s11 - s01 - s10), abs(t00 + t11 - t01 - t10))
    off = max(
        off, max(max(d00, d01), max(d10, d11)) - min(min(d00, d01), min(d10, d11))
    )
    if off > _OFF_CELLS * cell / SIGHT_UNIT_M + _OFF_SHARE * least:
        ray[0] = max(SIGHT_UNIT_M * least - 1.5 * cell, 0.0)
        return -1
    low = (1.0 - b) * ((1.0 - a) * s00 + a * s01) + b * ((1.0 - a) * s10 + a * s11)
    more = (1.0 - b) * ((1.0 - a) * d00 + a * d01) + b * ((1.0 - a) * d10 + a * d11)
    r = SIGHT_UNIT_M * (low + g * more)
    row = (r11 if a > 0.5 else r10) if b > 0.5 else (r01 if a > 0.5 else r00)
    ray[0], ray[1], ray[2] = r, x + r * math.sin(course), y + r * math.cos(course)
    ray[3] = r * sight.shot[row, m if g > 0.5 else k] / 255.0
    return 1
