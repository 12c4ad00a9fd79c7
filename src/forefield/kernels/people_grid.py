"""People and countries on a grid of latitude and longitude, and its coarser levels.

Level k has blocks of 2^k x 2^k cells. Channels of a level: people per m2 of each
country (0 where the block lies elsewhere), then of all, then the mean of its square,
which tells how crowded people live within the block.
"""

from __future__ import annotations

import math

from numba import njit

__all__ = ["coarser", "look_1", "splat"]

_DEG_M = 111_194.93
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))


@njit(cache=True)
def splat(places, south, west, dlat, dlon, per_km2, out):
    """Add people of discs, evenly, to the cells they lie in; fills `out` (ny, nx).

    places   (P, 4) latitude, longitude, people, radius of the disc [m]
    per_km2  how many points of a disc stand for one square kilometre
    """
    ny, nx = out.shape
    for i in range(len(places)):
        lat, lon, people, r = places[i, 0], places[i, 1], places[i, 2], places[i, 3]
        n = max(16, int(per_km2 * math.pi * r * r / 1e6))
        shrink = max(0.05, math.cos(math.radians(lat)))
        for k in range(n):
            # Sunflower points: even over the disc.
            s = r * math.sqrt((k + 0.5) / n) / _DEG_M
            y = (lat + s * math.cos(k * _GOLDEN) - south) / dlat
            x = (lon + s * math.sin(k * _GOLDEN) / shrink - west) / dlon
            if 0.0 <= y < ny and 0.0 <= x < nx:
                out[int(y), int(x)] += people / n


@njit(cache=True)
def coarser(density, country, channel_of, k, out):
    """Fill one level: blocks of 2^k cells; `out` (ny_k, nx_k, C + 2).

    density     (ny, nx) people per m2;  country (ny, nx) number of a country or -1
    channel_of  (all countries,) its channel, or -1 for one that is not told apart
    """
    ny, nx = density.shape
    size = 1 << k
    c = out.shape[2] - 2
    for y in range(out.shape[0]):
        y1 = min((y + 1) * size, ny)
        for x in range(out.shape[1]):
            x1 = min((x + 1) * size, nx)
            count = 0
            for i in range(y * size, y1):
                for j in range(x * size, x1):
                    d = density[i, j]
                    count += 1
                    if country[i, j] >= 0 and channel_of[country[i, j]] >= 0:
                        out[y, x, channel_of[country[i, j]]] += d
                    out[y, x, c] += d
                    out[y, x, c + 1] += d * d
            for ch in range(c + 2):
                out[y, x, ch] /= max(count, 1)


@njit(cache=True)
def look_1(grids, offset, nxs, nys, channels, frame, level, lat, lon):
    """Where the channels of a place begin in `grids`, at a level; -1 outside.

    frame  south, west, cell height, cell width [deg]
    """
    step = 1 << level
    y = (lat - frame[0]) / (frame[2] * step)
    x = (lon - frame[1]) / (frame[3] * step)
    if not (0.0 <= y < nys[level] and 0.0 <= x < nxs[level]):
        return -1
    return offset[level] + (int(y) * nxs[level] + int(x)) * channels
