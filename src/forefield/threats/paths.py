"""Paths by distance: geometry first, the clock afterwards.

A reconstruction knows times and speeds only as intervals. So its paths are drawn
on the ground, in metres along the way, and get their clock when the place of the
border crossing is known. The steering is that of `kernels.flying`, run with
metres in the place of seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forefield.columns import Floats
from forefield.kernels.flying import COLUMNS, bearing_1, fly_objects, step_1
from forefield.world.borders import Border

__all__ = ["Path", "bearing", "inside_runs", "joined", "offset", "steer"]

_AT = {name: i for i, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Path:
    """Points along a way: metres from its start, position, height."""

    way_m: Floats
    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats

    def reverse(self) -> Path:
        """The same way, the other way round."""
        back = slice(None, None, -1)
        return Path(
            self.way_m[-1] - self.way_m[back],
            self.lat_deg[back],
            self.lon_deg[back],
            self.alt_m[back],
        )

    def at(self, way_m: Floats) -> tuple[Floats, Floats, Floats]:
        """Latitude, longitude, height at metres along the way (linear between)."""
        return (
            np.interp(way_m, self.way_m, self.lat_deg),
            np.interp(way_m, self.way_m, self.lon_deg),
            np.interp(way_m, self.way_m, self.alt_m),
        )

    @property
    def length_m(self) -> float:
        return float(self.way_m[-1])


def offset(
    lat_deg: float, lon_deg: float, course_deg: float, way_m: float
) -> tuple[float, float]:
    """The point `way_m` metres off on a course; good to metres over 100 km."""
    n = max(1, int(abs(way_m) // 20_000) + 1)
    for _ in range(n):
        lat_deg, lon_deg = step_1(lat_deg, lon_deg, course_deg, way_m / n)
    return float(lat_deg), float(lon_deg)


def bearing(
    lat0_deg: float, lon0_deg: float, lat1_deg: float, lon1_deg: float
) -> tuple[float, float]:
    """Course [deg] and distance [m] between two points (mid-latitude line)."""
    course, way = bearing_1(lat0_deg, lon0_deg, lat1_deg, lon1_deg)
    return float(course), float(way)


def steer(
    lat_deg: float,
    lon_deg: float,
    course_deg: float,
    alt_m: float,
    ways: Sequence[tuple[float, float, float]],
    *,
    radius_m: float,
    most_m: float,
    step_m: float = 50.0,
    slope: float = 0.08,
    dive: float = 0.0,
    weave_deg: float = 0.0,
    weave_m: float = 30_000.0,
    phase: float = 0.0,
    fly_on: bool = False,
) -> Path:
    """Steer through way-points (lat, lon, height) with a least radius of turn.

    most_m  the path is cut there; slope: greatest climb per metre
    dive    slope of the last descent, 0 none; fly_on: straight on after the last
    """
    par = np.zeros((1, len(COLUMNS)))
    given = {
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_m": alt_m,
        "course_deg": course_deg,
        "speed_mps": 1.0,
        "turn_dps": np.degrees(1.0 / radius_m),
        "climb_mps": slope,
        "weave_deg": weave_deg,
        "weave_period_s": weave_m,
        "weave_phase": phase,
        "hold_at": -1.0,
        "stray_at_s": np.inf,
        "endurance_s": np.inf,
        "t_stop_s": most_m,
        "fly_on": float(fly_on),
        "row_s": step_m,
        "dt_s": step_m,
        "dive": dive,
    }
    for name, value in given.items():
        par[0, _AT[name]] = value
    way = np.array(ways, dtype=np.float64).reshape(1, -1, 3)
    out = np.empty((int(most_m / step_m) + 4, 5))
    ended = fly_objects(
        par,
        np.zeros(1, dtype=np.uint64),
        np.ascontiguousarray(way[:, :, 0]),
        np.ascontiguousarray(way[:, :, 1]),
        np.ascontiguousarray(way[:, :, 2]),
        np.array([way.shape[1]]),
        np.zeros(1, dtype=np.int64),
        out,
    )
    rows = out[: ended[0, 0]]
    return Path(*(rows[:, i].copy() for i in range(4)))


def joined(parts: Sequence[Path]) -> Path:
    """Paths one after the other; each begins where the one before it ends."""
    ways, lats, lons, alts, way = [], [], [], [], 0.0
    for i, p in enumerate(parts):
        rows = slice(0 if i == 0 else 1, None)
        ways.append(p.way_m[rows] + way)
        lats.append(p.lat_deg[rows])
        lons.append(p.lon_deg[rows])
        alts.append(p.alt_m[rows])
        way += p.length_m
    return Path(*(np.concatenate(column) for column in (ways, lats, lons, alts)))


def inside_runs(
    border: Border, x: Floats, lat_deg: Floats, lon_deg: Floats
) -> list[tuple[float, float, int]]:
    """Where a path is inside a territory: (from, to, neighbour it came in from).

    x  (N,) increasing time or way of the points; the ends of a run are
       interpolated to the border line. The neighbour is an index into
       `border.neighbours`, -1 for a path that begins inside.
    """
    inside = border.inside(lat_deg, lon_deg)
    flips = np.flatnonzero(inside[1:] != inside[:-1])
    hit = border.crossing(
        lat_deg[flips], lon_deg[flips], lat_deg[flips + 1], lon_deg[flips + 1]
    )
    share = np.nan_to_num(hit.fraction, nan=0.5)
    at = x[flips] + share * (x[flips + 1] - x[flips])
    runs, since, via = [], float(x[0]), -1
    for k, i in enumerate(flips):
        if inside[i]:
            runs.append((since, float(at[k]), via))
        else:
            since, via = float(at[k]), int(hit.neighbour[k])
    if inside[-1]:
        runs.append((since, float(x[-1]), via))
    return runs
