"""Stepping many objects along their way-points on the ellipsoid.

Each object steers towards its current way-point with a limited rate of turn and
of climb. On top of that, each may weave, wait in a circle, lose control, drift
under jamming, glide after damage, or fly on until its fuel is gone. An object's
noise is keyed by its own key and its own clock, so no object disturbs another.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.frames import WGS84_A, WGS84_E2, radii_1
from forefield.kernels.philox import normal_1

__all__ = ["COLUMNS", "bearing_1", "fly_objects", "step_1"]

#: Columns of the parameter matrix of `fly_objects`.
COLUMNS = (
    "t_start_s",  # 0  first row
    "lat_deg",  # 1  where it is then
    "lon_deg",  # 2
    "alt_m",  # 3
    "course_deg",  # 4
    "speed_mps",  # 5
    "turn_dps",  # 6  greatest rate of turn
    "climb_mps",  # 7  greatest rate of climb and descent
    "weave_deg",  # 8  amplitude of a slow swing about the desired course
    "weave_period_s",  # 9
    "weave_phase",  # 10
    "hold_at",  # 11 index of the way-point to circle at; -1 none
    "hold_s",  # 12 for how long
    "hold_side",  # 13 +1 clockwise, -1 the other way
    "stray_at_s",  # 14 seconds after the start at which steering is lost; inf never
    "stray_turn_dps",  # 15 steady turn while astray
    "stray_noise",  # 16 random walk of the course while astray [deg / sqrt(s)]
    "stray_for_s",  # 17 steering comes back after this; inf never
    "stray_sink_mps",  # 18 descent while astray
    "stray_speed",  # 19 factor on the speed while astray
    "endurance_s",  # 20 fuel, seconds after the start
    "t_stop_s",  # 21 no rows after this
    "fly_on",  # 22 1: straight on after the last way-point until the fuel is gone
    "apex_m",  # 23 > 0: height is a parabola over the way, with this apex
    "way_m",  # 24 ... of this length
    "done_m",  # 25 ... of which this much lies before the first row
    "row_s",  # 26 seconds between rows
    "dt_s",  # 27 seconds between steps; row_s is a multiple
    "dive",  # 28 slope of the final dive (height / distance); 0 none
)


@njit(cache=True)
def step_1(lat_deg, lon_deg, course_deg, way_m):
    """A short step on the ellipsoid (mid-latitude); < 1 mm off for 500 m."""
    c = math.radians(course_deg)
    m, _ = radii_1(lat_deg)
    lat, lon, _ = along_1(lat_deg, lon_deg, way_m * math.cos(c), way_m * math.sin(c), m)
    return lat, lon


@njit(cache=True)
def along_1(lat_deg, lon_deg, north_m, east_m, m):
    """The same for a way north and east; m: the meridian's radius hereabouts [m].

    Returns latitude, longitude [deg], and the radius half-way, for the next step.
    """
    s = math.sin(math.radians(lat_deg) + 0.5 * north_m / m)
    w2 = 1.0 - WGS84_E2 * s * s
    w = math.sqrt(w2)
    half_m = WGS84_A * (1.0 - WGS84_E2) / (w2 * w)
    across = WGS84_A * math.sqrt(1.0 - s * s)
    return (
        lat_deg + math.degrees(north_m / half_m),
        lon_deg + math.degrees(east_m * w / across),
        half_m,
    )


@njit(cache=True)
def _straight(lat_deg, lon_deg, north_m, east_m, m, steps):
    """`along_1` many times over; the sine of the latitude is carried along.

    Its change over a step of less than a kilometre is a series of three terms (left
    out: 1e-16 of it a step).
    """
    phi = math.radians(lat_deg) + 0.5 * north_m / m
    s, c = math.sin(phi), math.cos(phi)
    up, right = 0.0, 0.0
    for _ in range(steps):
        w2 = 1.0 - WGS84_E2 * s * s
        w = math.sqrt(w2)
        d = north_m * (w2 * w) / (WGS84_A * (1.0 - WGS84_E2))
        up += d
        right += east_m * w / (WGS84_A * c)
        e, f = d - d * d * d / 6.0, 1.0 - 0.5 * d * d * (1.0 - d * d / 12.0)
        s, c = s * f + c * e, c * f - s * e
    m = WGS84_A * (1.0 - WGS84_E2) / (1.0 - WGS84_E2 * s * s) ** 1.5
    return lat_deg + math.degrees(up), lon_deg + math.degrees(right), m


@njit(cache=True)
def bearing_1(lat0, lon0, lat1, lon1):
    """Course [deg] and distance [m] of the mid-latitude line between two points."""
    half = 0.5 * (lat0 + lat1)
    m, n = radii_1(half)
    north = math.radians(lat1 - lat0) * m
    east = math.radians(lon1 - lon0) * n * math.cos(math.radians(half))
    return math.degrees(math.atan2(east, north)), math.hypot(east, north)


@njit(cache=True)
def _wrap(deg):
    return deg - 360.0 * math.floor((deg + 180.0) / 360.0)


@njit(cache=True)
def _last_row(out, first, rows, t, lat, lon, alt, astray):
    # Where a flight ends; replaces a row of the same time.
    r = first + rows
    if rows > 0 and out[r - 1, 0] >= t:
        r, rows = r - 1, rows - 1
    out[r, 0], out[r, 1], out[r, 2] = t, lat, lon
    out[r, 3], out[r, 4] = alt, astray
    return rows + 1


@njit(cache=True)
def fly_objects(par, keys, way_lat, way_lon, way_alt, n_way, first, out):
    """Fly N objects.

    par      (N, len(COLUMNS))
    keys     (N,) uint64, one per object
    way_*    (N, W) way-points; n_way (N,) how many count
    first    (N,) row of `out` at which each object's rows begin
    out      (rows, 5): t_s, lat_deg, lon_deg, alt_m, seconds astray
    returns  (N, 2) int: rows written, and how it ended
             (0 at its last way-point, 1 came down, 3 still flying at t_stop_s)
    """
    n = len(par)
    ended = np.zeros((n, 2), dtype=np.int64)
    for i in range(n):
        p = par[i]
        t, lat, lon, alt = p[0], p[1], p[2], p[3]
        course, speed = p[4], p[5]
        dt = p[27]
        per_row = int(p[26] / dt + 0.5)
        k, step, rows, end = 0, 0, 0, 3
        held, astray, gone = 0.0, 0.0, 0.0
        last = n_way[i] - 1
        before = 1e18
        radius_m, _ = radii_1(lat)
        ahead, north, east = (
            math.nan,
            1.0,
            0.0,
        )  # course whose cosine and sine these are
        while True:
            stop = False
            if step % per_row == 0:
                r = first[i] + rows
                out[r, 0], out[r, 1], out[r, 2] = t, lat, lon
                out[r, 3], out[r, 4] = alt, astray
                rows += 1
            age = step * dt
            if age >= p[20]:
                end, stop = 1, True
            elif t + 1e-9 >= p[21]:
                end, stop = 3, True
            if stop:
                rows = _last_row(out, first[i], rows, t, lat, lon, alt, astray)
                break
            if (
                k > last
                and p[23] == 0.0
                and alt > 0.0
                and (age < p[14] or age >= p[14] + p[17])
            ):
                # Straight on, and nothing to ask before the next row or change.
                until = min(p[20] - age, p[21] - t)
                if age < p[14]:
                    until = min(until, p[14] - age)
                free = min(per_row - step % per_row, int(min(until / dt, 1e9))) - 2
                if free > 0:
                    if course != ahead:
                        ahead = course
                        north = math.cos(math.radians(ahead))
                        east = math.sin(math.radians(ahead))
                    lat, lon, radius_m = _straight(
                        lat, lon, speed * dt * north, speed * dt * east, radius_m, free
                    )
                    for _ in range(free):
                        gone += speed * dt
                        t += dt
                    step += free
                    age = step * dt
            lost = age >= p[14] and age < p[14] + p[17]
            v = speed
            if lost:
                v = speed * p[19]
                z, _ = normal_1(keys[i], np.uint64(step), 14, 0, 0)
                course += p[15] * dt + p[16] * math.sqrt(dt) * z
                alt -= p[18] * dt
                astray += dt
            elif k <= last:
                want, left = bearing_1(lat, lon, way_lat[i, k], way_lon[i, k])
                radius = v / math.radians(p[6])
                reach = max(1.5 * v * dt, 1.1 * radius)
                if k == last and p[22] == 0.0:
                    reach = 1.0 * v * dt
                passed = left > before and left < 2.5 * radius
                before = left
                if left < reach or passed:
                    if k == int(p[11]) and held < p[12]:
                        held += dt
                        before = 1e18
                        course += p[13] * p[6] * dt
                    else:
                        if k == last and p[22] == 0.0:
                            # The last row is where it came down: the way-point, or
                            # beside it when the turn was too tight to meet it.
                            if left < reach:
                                t += left / v
                                lat, lon = way_lat[i, k], way_lon[i, k]
                            alt = way_alt[i, k]
                            end, stop = 0, True
                        k += 1
                        before = 1e18
                elif k == int(p[11]) and held > 0.0 and held < p[12]:
                    held += dt
                    before = 1e18
                    course += p[13] * p[6] * dt
                else:
                    aim = want + p[8] * math.sin(
                        2.0 * math.pi * t / p[9] + p[10]
                    ) * min(1.0, left / 20000.0)
                    turn = _wrap(aim - course)
                    most = p[6] * dt
                    course += min(most, max(-most, turn))
                if not stop and k <= last and p[23] == 0.0:
                    goal, most = way_alt[i, k], p[7] * dt
                    if k == last and p[28] > 0.0:
                        # Cruise height holds until the slope of the dive meets it.
                        cruise = way_alt[i, k - 1] if k > 0 else p[3]
                        slope = way_alt[i, k] + p[28] * left
                        if slope < cruise:
                            goal, most = slope, max(most, 1.5 * p[28] * v * dt)
                        else:
                            goal = cruise
                    alt += min(most, max(-most, goal - alt))
            if stop:
                rows = _last_row(out, first[i], rows, t, lat, lon, alt, astray)
                break
            if course != ahead:
                ahead = course
                north, east = (
                    math.cos(math.radians(ahead)),
                    math.sin(math.radians(ahead)),
                )
            way = v * dt
            lat, lon, radius_m = along_1(lat, lon, way * north, way * east, radius_m)
            gone += way
            if p[23] > 0.0:
                u = min(1.0, (p[25] + gone) / p[24])
                alt = 4.0 * p[23] * u * (1.0 - u)
            t += dt
            step += 1
            if alt <= 0.0 and p[23] == 0.0:
                alt = 0.0
                end = 1
                rows = _last_row(out, first[i], rows, t, lat, lon, alt, astray)
                break
        ended[i, 0], ended[i, 1] = rows, end
    return ended
