"""Motion of a track from its own past: velocity, its error, rate of turn.

Everything at row i is a function of rows up to i of the same track: later rows can
be cut off and nothing changes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["past_motion", "past_motions"]


@njit(cache=True)
def past_motion(
    t, lat, lon, metres_n, metres_e, given_e, given_n, window_s, gap_s, out
):
    """Complete the motion of one track, rows in order of time.

    t, lat, lon          (N,) seconds, degrees
    metres_n, metres_e   (N,) metres per degree of latitude, of longitude
    given_e, given_n     (N,) reported velocity [m/s]; NaN where there is none
    window_s, gap_s      how far back is looked; a longer gap cuts the past off
    out (N, 7): east, north velocity [m/s] (NaN: unknown), velocity sigma per axis
    [m/s], position sigma per axis [m] (NaN: unknown), turn rate [rad/s, clockwise],
    age of the position [s], relative spread of the speed.

    Weighted least squares of a straight motion, weights falling with age. A
    position that repeats is the old one sent again: the first of the run counts,
    and its age with it; a run longer than half the window is a thing at rest.
    """
    n = len(t)
    xs, ys, ts = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        for q in range(7):
            out[i, q] = math.nan
        # The run of equal positions that row i belongs to.
        first = i
        while (
            first > 0
            and lat[first - 1] == lat[i]
            and lon[first - 1] == lon[i]
            and t[first] - t[first - 1] <= gap_s
        ):
            first -= 1
        run_s = t[i] - t[first]
        at_rest = run_s > 0.5 * window_s
        out[i, 5] = 0.0 if at_rest else run_s
        head = i if at_rest else first

        m, j, last = 0, head, head
        while j >= 0:
            if t[last] - t[j] > gap_s:
                break
            # Three points of a slow feed are worth more than a rule.
            if t[head] - t[j] > window_s and m >= 3:
                break
            if t[head] - t[j] > gap_s:
                break
            same = j > 0 and lat[j] == lat[j - 1] and lon[j] == lon[j - 1]
            close = j > 0 and t[j] - t[j - 1] <= gap_s
            repeated = (same and close and not at_rest) or (m and t[j] == ts[m - 1])
            if not repeated:
                dlon = lon[j] - lon[head]
                dlon -= 360.0 * math.floor((dlon + 180.0) / 360.0)
                xs[m] = dlon * metres_e[head]
                ys[m] = (lat[j] - lat[head]) * metres_n[head]
                ts[m] = t[j]
                m += 1
            last = j
            j -= 1

        reported = not (math.isnan(given_e[i]) or math.isnan(given_n[i]))
        if m >= 2:
            tau = window_s / 3.0
            sw = st = sx = sy = 0.0
            for q in range(m):
                weight = math.exp(-max(0.0, t[head] - ts[q]) / tau)
                sw += weight
                st += weight * (ts[q] - t[head])
                sx += weight * xs[q]
                sy += weight * ys[q]
            mt, mx, my = st / sw, sx / sw, sy / sw
            stt = stx = sty = 0.0
            for q in range(m):
                weight = math.exp(-max(0.0, t[head] - ts[q]) / tau)
                dt = ts[q] - t[head] - mt
                stt += weight * dt * dt
                stx += weight * dt * (xs[q] - mx)
                sty += weight * dt * (ys[q] - my)
            if stt > 0.0:
                ve, vn = stx / stt, sty / stt
                rr = 0.0
                for q in range(m):
                    weight = math.exp(-max(0.0, t[head] - ts[q]) / tau)
                    dt = ts[q] - t[head] - mt
                    rr += weight * (
                        (xs[q] - mx - ve * dt) ** 2 + (ys[q] - my - vn * dt) ** 2
                    )
                freedom = 2.0 * max(m - 2, 0)
                if freedom > 0.0:
                    noise = math.sqrt(rr / sw * m / freedom)
                    s_vel = noise / math.sqrt(stt / sw * m)
                    s_pos = noise / math.sqrt(m)
                else:
                    # Two points fit any line: their scatter is not known.
                    noise = math.nan
                    s_vel = s_pos = math.nan
                out[i, 3] = s_pos
                if not reported:
                    out[i, 0], out[i, 1], out[i, 2] = ve, vn, s_vel
        if reported:
            out[i, 0], out[i, 1] = given_e[i], given_n[i]

        # Turn rate: slope of the course over the recent past.
        m, m_speed, j, last = 0, 0, i, i
        course = previous = 0.0
        sc = st = stt = stc = ss = sss = 0.0
        while j >= 0 and t[i] - t[j] <= window_s and t[last] - t[j] <= gap_s:
            ve, vn = out[j, 0], out[j, 1]
            speed = math.hypot(ve, vn) if not math.isnan(ve) else 0.0
            if speed > 5.0:
                if t[i] - t[j] <= 0.5 * window_s or m < 3:
                    c = math.atan2(ve, vn)
                    if m == 0:
                        course = c
                    else:
                        c = previous + (
                            c
                            - previous
                            - 2.0
                            * math.pi
                            * math.floor((c - previous + math.pi) / (2.0 * math.pi))
                        )
                    previous = c
                    dt = t[j] - t[i]
                    st += dt
                    sc += c - course
                    stt += dt * dt
                    stc += dt * (c - course)
                    m += 1
                m_speed += 1
                ss += speed
                sss += speed * speed
            last = j
            j -= 1
        if m >= 3:
            spread = stt - st * st / m
            if spread > 0.0:
                out[i, 4] = (stc - st * sc / m) / spread
            mean = ss / m_speed
            if mean > 0.0:
                out[i, 6] = math.sqrt(max(0.0, sss / m_speed - mean * mean)) / mean


@njit(cache=True)
def past_motions(
    order, bounds, t, lat, lon, metres_n, metres_e, given_e, given_n, window_s, gap_s,
    out,
):  # fmt: skip
    """`past_motion` of many tracks, in the order of the rows as they came.

    order  (N,) rows by track, then time;  bounds  (G + 1,) where each track begins
    out    (N, 7), a row per row of the input
    """
    for g in range(len(bounds) - 1):
        k = order[bounds[g] : bounds[g + 1]]
        part = np.empty((len(k), 7))
        past_motion(
            t[k], lat[k], lon[k], metres_n[k], metres_e[k], given_e[k], given_n[k],
            window_s, gap_s, part,
        )  # fmt: skip
        for i in range(len(k)):
            out[k[i]] = part[i]
