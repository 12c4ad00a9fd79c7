"""Where tracks would be if they flew straight on, and over which country when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.kernels import flyout
from forefield.tracking.tracks import Tracks
from forefield.world.ground import Ground

__all__ = ["Paths", "ahead", "distance_m", "straight_on"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EARTH_M = 6_371_000.0
_CLIMB_S = 60.0


def ahead(lat: Any, lon: Any, course_rad: Any, run_m: Any) -> tuple[Floats, Floats]:
    """Places [deg] a distance along a great circle (sphere). Broadcasts."""
    phi, lam = np.radians(lat), np.radians(lon)
    d = np.asarray(run_m, float) / _EARTH_M
    s = np.sin(phi) * np.cos(d) + np.cos(phi) * np.sin(d) * np.cos(course_rad)
    out = np.arcsin(np.clip(s, -1.0, 1.0))
    dlam = np.arctan2(
        np.sin(course_rad) * np.sin(d) * np.cos(phi), np.cos(d) - np.sin(phi) * s
    )
    return np.degrees(out), np.degrees(lam + dlam)


def distance_m(lat: Floats, lon: Floats, lat1: float, lon1: float) -> Floats:
    """Great-circle distances [m] on the sphere (crude: within 0.5 % of WGS-84)."""
    p, q = np.radians(lat), np.radians(lat1)
    h = (
        np.sin((p - q) / 2) ** 2
        + np.cos(p) * np.cos(q) * np.sin(np.radians(lon - lon1) / 2) ** 2
    )
    return np.asarray(2.0 * _EARTH_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


@dataclass(frozen=True)
class Paths:
    """N straight predictions from now, and the stretches over one country of each.

    state      (N, 6) latitude, longitude now [deg]; height [m]; velocity east, north,
               up [m/s], as `kernels.flyout.meetings` takes it
    start      (N + 1,) where each track's stretches begin
    seg_start, seg_end   seconds from now;  seg_over  ISO codes
    """

    state: Floats
    speed_mps: Floats
    course_rad: Floats
    start: Ints
    seg_start: Floats
    seg_end: Floats
    seg_over: NDArray[Any]

    def at(self, track: Ints, t_s: Floats) -> tuple[Floats, Floats, Floats]:
        """Latitude, longitude [deg] and height [m] of tracks at times from now.

        Climb is followed for a minute: longer, it says more about noise than flight.
        """
        s = self.state[track]
        lat, lon = ahead(
            s[:, 0], s[:, 1], self.course_rad[track], self.speed_mps[track] * t_s
        )
        alt = np.maximum(s[:, 2] + s[:, 5] * np.minimum(t_s, _CLIMB_S), 0.0)
        return lat, lon, alt


def straight_on(
    tracks: Tracks, now_s: float, horizon_s: float, ground: Ground
) -> Paths:
    """The paths of tracks from their last states; borders are met exactly.

    A country that is crossed within a kilometre may go unseen. A stretch beyond the
    ground's grid is named by its middle.
    """
    east, north, climb = (
        np.nan_to_num(v)
        for v in (tracks.v_east_mps, tracks.v_north_mps, tracks.v_up_mps)
    )
    speed, course = np.hypot(east, north), np.arctan2(east, north)
    age = now_s - tracks.t_s
    lat0, lon0 = ahead(tracks.lat_deg, tracks.lon_deg, course, speed * age)
    # Height stays as last told: an old climb is worth no more than an old place.
    state = np.stack([lat0, lon0, tracks.alt_m, east, north, climb], axis=1)
    n = len(tracks)
    track, when, code, first = _changes(state, course, speed, horizon_s, ground)
    names = np.array([*ground.isos, "?", ""], dtype="<U2")  # -2: beyond, -1: none
    left, entered = names[code[:, 0]], names[code[:, 1]]
    before, after = _meet(
        ground,
        lat0[track],
        lon0[track],
        course[track],
        speed[track],
        when,
        left,
        entered,
    )
    count = np.bincount(track, minlength=n) + 1
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    seg_start, seg_end = np.zeros(start[-1]), np.full(start[-1], float(horizon_s))
    seg_over = np.empty(start[-1], dtype="<U2")
    seg_over[start[:-1]] = names[first]
    # The j-th change of a track ends its j-th stretch and begins the next.
    done = np.cumsum(count - 1) - (count - 1)
    j = start[track] + np.arange(len(track)) - done[track]
    seg_end[j] = np.minimum(before, horizon_s)
    seg_start[j + 1] = after
    seg_over[j + 1] = entered
    beyond = np.flatnonzero(seg_over == "?")
    if beyond.size:
        i = np.repeat(np.arange(n), count)[beyond]
        middle = 0.5 * (seg_start[beyond] + seg_end[beyond])
        seg_over[beyond] = ground.exact(
            *ahead(lat0[i], lon0[i], course[i], speed[i] * middle)
        )
    return Paths(state, speed, course, start, seg_start, seg_end, seg_over)


def _changes(
    state: Floats, course: Floats, speed: Floats, horizon_s: float, ground: Ground
) -> tuple[Ints, Floats, Ints, Ints]:
    n = len(state)
    first = np.empty(n, dtype=np.int64)
    room = 8 * n + 64
    while True:
        track, when = np.empty(room, dtype=np.int64), np.empty((room, 2))
        code = np.empty((room, 2), dtype=np.int64)
        m = flyout.changes(
            state, course, speed, horizon_s, ground.frame, ground.country, track, when,
            code, first,
        )  # fmt: skip
        if m <= room:
            return track[:m], when[:m], code[:m], first
        room *= 4


def _meet(
    ground: Ground,
    lat0: Floats,
    lon0: Floats,
    course: Floats,
    speed: Floats,
    when: Floats,
    left: NDArray[Any],
    entered: NDArray[Any],
) -> tuple[Floats, Floats]:
    """Last time over one country and first over the next, to a fifth of a second.

    Cells are coarse: the bracket is widened by a kilometre on both sides first. Where
    the grid ends there is nothing to be exact about.
    """
    low, high = when[:, 0].copy(), when[:, 1].copy()
    sharp = np.flatnonzero((left != "?") & (entered != "?"))
    if not sharp.size:
        return low, high
    wide = 1000.0 / np.maximum(speed[sharp], 1.0)
    a, b = np.maximum(low[sharp] - wide, 0.0), high[sharp] + wide
    for _ in range(max(1, int(np.ceil(np.log2(float((b - a).max()) / 0.2))))):
        mid = 0.5 * (a + b)
        place = ahead(lat0[sharp], lon0[sharp], course[sharp], speed[sharp] * mid)
        gone = np.asarray(ground.exact(*place)) != left[sharp]
        a, b = np.where(gone, a, mid), np.where(gone, mid, b)
    low[sharp], high[sharp] = a, b
    return low, high
