"""When and where an effector of a reach and a mean speed could meet a track.

Each track flies a straight line at constant speed in the plane that is equidistant
from where it is now; an effector sits in that plane. Let r(t) = u t - e be the way from
the effector to the track at time t from now. A meeting at t needs

    reach    |r(t)| <= R                     a quadratic: an interval
    time     |r(t)| <= s (t - w), t >= w     a quadratic: an interval, or from one on
    height   low <= h(t) <= high             rises for a minute, then stays: an interval
    horizon  0 <= t <= H

so that the feasible times are one interval, in closed form. There is no guidance in it:
it says whether there would be time, over which country, and until when to say yes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = [
    "changes",
    "conflicts",
    "height_window_1",
    "latest_launch_1",
    "meetings",
    "plane_of",
    "reach_window_1",
    "time_window_1",
]

_EARTH_M = 6_371_000.0
_CLIMB_S = 60.0

#: Why a pair is infeasible, if it is.
FEASIBLE, OUT_OF_REACH, OUTSIDE_BAND, TOO_LATE = 0, 1, 2, 3


@njit(cache=True)
def plane_of(lat0, lon0, lat1, lon1):
    """East and north [m] of a place in the plane equidistant from another (sphere)."""
    p0, p1 = math.radians(lat0), math.radians(lat1)
    dl = math.radians(lon1 - lon0)
    y = math.sin(dl) * math.cos(p1)
    x = math.cos(p0) * math.sin(p1) - math.sin(p0) * math.cos(p1) * math.cos(dl)
    c = math.sin(p0) * math.sin(p1) + math.cos(p0) * math.cos(p1) * math.cos(dl)
    s = math.hypot(x, y)
    d = _EARTH_M * math.atan2(s, c)
    return (d * y / s, d * x / s) if s > 0.0 else (0.0, 0.0)


@njit(cache=True)
def reach_window_1(ue, un, ee, en, reach):
    """First and last time with |u t - e| <= reach; (inf, -inf) if there is none."""
    a = ue * ue + un * un
    b = ue * ee + un * en
    c = ee * ee + en * en - reach * reach
    if a <= 0.0:
        return (-math.inf, math.inf) if c <= 0.0 else (math.inf, -math.inf)
    disc = b * b - a * c
    if disc < 0.0:
        return math.inf, -math.inf
    root = math.sqrt(disc)
    return (b - root) / a, (b + root) / a


@njit(cache=True)
def time_window_1(ue, un, ee, en, speed, wait):
    """First and last t >= wait with |u t - e| <= speed (t - wait).

    The last is inf where the effector is faster than the track.
    """
    # (s2 - u2) t2 - 2 (s2 w - u.e) t + s2 w2 - e2 >= 0, from the wait on.
    s2 = speed * speed
    a = s2 - ue * ue - un * un
    b = s2 * wait - ue * ee - un * en
    c = s2 * wait * wait - ee * ee - en * en
    if abs(a) < 1e-9 * max(s2, 1.0):
        # As fast as the track: linear.  -2 b t + c >= 0
        if b < 0.0:
            return max(wait, c / (2.0 * b)), math.inf
        return (wait, math.inf) if c >= 0.0 and b == 0.0 else (math.inf, -math.inf)
    disc = b * b - a * c
    if disc < 0.0:
        return math.inf, -math.inf
    root = math.sqrt(disc)
    low, high = (b - root) / a, (b + root) / a
    if a > 0.0:
        # Faster: outside the roots; the smaller one lies before the wait.
        return max(high, wait), math.inf
    low, high = high, low
    # Slower: between the roots (of which -a turns the order), after the wait.
    if high < wait:
        return math.inf, -math.inf
    return max(low, wait), high


@njit(cache=True)
def height_window_1(alt, climb, low, high):
    """First and last t >= 0 in the height band; an unknown height is in any band.

    The height moves with `climb` for a minute, never below 0, and stays.
    """
    if math.isnan(alt):
        return 0.0, math.inf
    late = max(alt + climb * _CLIMB_S, 0.0)
    start = max(alt, 0.0)
    if low <= start <= high and low <= late <= high:
        return 0.0, math.inf
    if climb == 0.0 or start == late:
        return math.inf, -math.inf
    # Monotone between start and late: the times at which it passes low and high.
    t_low, t_high = (low - alt) / climb, (high - alt) / climb
    first, last = min(t_low, t_high), max(t_low, t_high)
    if low <= 0.0 and climb < 0.0:
        last = math.inf  # it stops on the ground, which is in the band
    first = max(first, 0.0)
    if last >= _CLIMB_S and low <= late <= high:
        last = math.inf
    elif last > _CLIMB_S:
        last = _CLIMB_S
    return (
        (first, last) if first <= last and first <= _CLIMB_S else (math.inf, -math.inf)
    )


@njit(cache=True)
def latest_launch_1(ue, un, ee, en, speed, first, last):
    """Greatest t - |u t - e| / speed for first <= t <= last: the latest launch."""

    u2 = ue * ue + un * un
    t = last
    if u2 > speed * speed:
        # The way grows faster than the effector flies: it turns at one moment.
        t0 = (ue * ee + un * en) / u2
        miss2 = max(ee * ee + en * en - u2 * t0 * t0, 0.0)
        turn = t0 + speed * math.sqrt(miss2 / (u2 * (u2 - speed * speed)))
        t = min(max(turn, first), last)
    return t - math.hypot(ue * t - ee, un * t - en) / speed


@njit(cache=True)
def _shots_1(ue, un, ee, en, reach_last, speed, look, first, last, magazine, stays):
    # Shots one after another, each after the look at the one before.
    n, t = 1, first
    while n < magazine and n < 4:
        if stays:
            t = t + look
        else:
            t, end = time_window_1(ue, un, ee, en, speed, t + look)
            if t > end:
                break
        if t > last or t > reach_last:
            break
        n += 1
    return n


@njit(cache=True)
def meetings(
    track, start, seg_start, seg_end, eff, horizon, pair, share, row, row_of,
):  # fmt: skip
    """Fill the pairs and the feasible rows of N tracks x E effectors; returns M.

    track      (N, 6) latitude, longitude now [deg]; height [m], NaN unknown; velocity
               east, north, up [m/s]
    start      (N + 1,) where each track's stretches begin in seg_*
    seg_start, seg_end   times from now [s] that a track spends over one country
    eff        (E, 16) latitude, longitude; reach low, mid, high; speed low, mid, high;
               wait low, mid, high; height low, high; look; magazine; stays (1 or 0)
    pair       (N, E, 2) out: bar (see FEASIBLE ...), time of the nearest approach
    share      (N, E) out: share of 27 low, mid, high reach, speed, wait that allow it
    row        (R, 5) out: earliest and latest meeting over the stretch, latest launch
               for it (all from now), distance [m] at the earliest, shots
    row_of     (R, 3) out: track, effector, stretch

    R must hold every (effector, stretch) pair: E x len(seg_start).
    """
    m = 0
    reach_a, reach_b = np.empty(3), np.empty(3)
    for i in range(len(track)):
        ue, un = track[i, 3], track[i, 4]
        u2 = ue * ue + un * un
        for j in range(len(eff)):
            ee, en = plane_of(track[i, 0], track[i, 1], eff[j, 0], eff[j, 1])
            near = 0.0
            if u2 > 0.0:
                near = min(max((ue * ee + un * en) / u2, 0.0), horizon)
            pair[i, j, 1] = near
            share[i, j] = 0.0
            gap = math.hypot(ue * near - ee, un * near - en)
            if gap > eff[j, 4]:
                pair[i, j, 0] = OUT_OF_REACH
                continue
            h0, h1 = height_window_1(track[i, 2], track[i, 5], eff[j, 11], eff[j, 12])
            h1 = min(h1, horizon)
            for k in range(3):
                a, b = reach_window_1(ue, un, ee, en, eff[j, 2 + k])
                reach_a[k], reach_b[k] = max(a, h0), min(b, h1)
            good = 0
            for s in range(3):
                for w in range(3):
                    a, b = time_window_1(ue, un, ee, en, eff[j, 5 + s], eff[j, 8 + w])
                    for k in range(3):
                        if max(a, reach_a[k]) <= min(b, reach_b[k]):
                            good += 1
            share[i, j] = good / 27.0
            t0, t1 = time_window_1(ue, un, ee, en, eff[j, 6], eff[j, 9])
            first, last = max(t0, reach_a[1]), min(t1, reach_b[1])
            if first > last:
                a, b = reach_window_1(ue, un, ee, en, eff[j, 3])
                if max(a, 0.0) > min(b, horizon):
                    pair[i, j, 0] = OUT_OF_REACH
                elif reach_a[1] > reach_b[1]:
                    pair[i, j, 0] = OUTSIDE_BAND
                else:
                    pair[i, j, 0] = TOO_LATE
                continue
            pair[i, j, 0] = FEASIBLE
            for k in range(start[i], start[i + 1]):
                f, e = max(first, seg_start[k]), min(last, seg_end[k])
                if f > e:
                    continue
                row[m, 0], row[m, 1] = f, e
                row[m, 2] = latest_launch_1(ue, un, ee, en, eff[j, 6], f, e) - eff[j, 9]
                row[m, 3] = math.hypot(ue * f - ee, un * f - en)
                row[m, 4] = _shots_1(
                    ue, un, ee, en, reach_b[1], eff[j, 6], eff[j, 13], f, e,
                    eff[j, 14], eff[j, 15] > 0.0,
                )  # fmt: skip
                row_of[m, 0], row_of[m, 1], row_of[m, 2] = i, j, k
                m += 1
    return m


@njit(cache=True)
def conflicts(place, other, keep_out, keep_height, path, out):
    """For each of R meetings the first of M other aircraft that is too near, else -1.

    place  (R, 8) latitude, longitude, height of the meeting; its time from now [s];
           latitude, longitude of the effector; track number; 1 if a round flies there
    other  (M, 7) latitude, longitude now; height; velocity east, north, up; its number
    out    (R,) row of `other`
    """
    for r in range(len(place)):
        out[r] = -1
        t = place[r, 3]
        if math.isnan(t):
            continue
        fe, fn = plane_of(place[r, 0], place[r, 1], place[r, 4], place[r, 5])
        f2 = fe * fe + fn * fn
        for k in range(len(other)):
            if other[k, 6] == place[r, 6]:
                continue
            oe, on = plane_of(place[r, 0], place[r, 1], other[k, 0], other[k, 1])
            oe, on = oe + other[k, 3] * t, on + other[k, 4] * t
            up = other[k, 2] + other[k, 5] * min(t, _CLIMB_S) - place[r, 2]
            clear = not math.isnan(up) and abs(up) > keep_height
            if not clear and math.hypot(oe, on) <= keep_out:
                out[r] = k
                break
            if place[r, 7] > 0.0 and f2 > 0.0:
                # Beside the way there, at whatever height: the way climbs through all.
                s = min(max((oe * fe + on * fn) / f2, 0.0), 1.0)
                if math.hypot(oe - s * fe, on - s * fn) <= path:
                    out[r] = k
                    break


@njit(cache=True)
def changes(state, course, speed, horizon, frame, country, track, when, code, first):
    """Where straight paths change country on a grid; returns how many there are.

    state   (N, 6) as in `meetings`;  course [rad], speed [m/s] (N,)
    frame   south, west, cell height, cell width [deg];  country (ny, nx) numbers
    track, when, code  out: track, bracket of the time [s] (., 2), numbers before and
            after (., 2); -2 is beyond the grid
    first   (N,) out: the number at the start

    Paths are looked at every kilometre, or every two seconds where that is longer.
    Stops when `track` is full, and then returns one more than its length.
    """
    ny, nx = country.shape
    n = 0
    for i in range(len(state)):
        phi, lam = math.radians(state[i, 0]), math.radians(state[i, 1])
        sp, cp = math.sin(phi), math.cos(phi)
        sc, cc = math.sin(course[i]), math.cos(course[i])
        dt = horizon
        if speed[i] > 1.0:
            dt = min(max(1000.0 / speed[i], 2.0), horizon)
        # sin and cos of the way flown, turned on by a fixed angle each step.
        a = speed[i] * dt / _EARTH_M
        sa, ca = math.sin(a), math.cos(a)
        s, c, t, before = 0.0, 1.0, 0.0, -3
        while True:
            up = min(max(sp * c + cp * s * cc, -1.0), 1.0)
            lat = math.degrees(math.asin(up))
            lon = math.degrees(lam + math.atan2(sc * s * cp, c - sp * up))
            y, x = (lat - frame[0]) / frame[2], (lon - frame[1]) / frame[3]
            here = -2
            if 0.0 <= y < ny and 0.0 <= x < nx:
                here = country[int(y), int(x)]
            if before == -3:
                first[i] = here
            elif here != before:
                if n == len(track):
                    return n + 1
                track[n], when[n, 0], when[n, 1] = i, max(t - dt, 0.0), t
                code[n, 0], code[n, 1] = before, here
                n += 1
            before = here
            if t >= horizon:
                break
            t += dt
            s, c = s * ca + c * sa, c * ca - s * sa
    return n
