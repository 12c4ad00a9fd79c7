"""Do an aircraft's own reports contradict each other? One pass, the past only."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["N_FIELDS", "N_LIMITS", "RING", "check", "fresh"]

RING = 24
#: Previous t, lat, lon, speed, track; time of the last change of place; end of the
#: hold-off; speed before it collapsed (NaN: did not); when it collapsed; path east,
#: north and length so far; newest place in the ring; its count; greatest speed.
N_FIELDS = 15
(
    L_SPEED_MAX, L_JUMP_M, L_HOLD_S, L_FROZEN_S, L_FROZEN_M, L_SHARE, L_SLACK_M,
    L_STEP, L_ACCEL, L_COLLAPSE, L_BACK, L_FORGET_S, L_WINDOW_S, L_HIGH_M, L_SLOW,
    L_FAST,
) = range(16)  # fmt: skip
N_LIMITS = 16

JUMP, FROZEN, MISMATCH, SPEED_STEP, COLLAPSED, HOLD, SLOW_HIGH = 1, 2, 4, 8, 16, 32, 64


def fresh(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """State of n aircraft nobody has heard of: fields (n, …), ring (n, RING, 6)."""
    return np.full((n, N_FIELDS), np.nan), np.full((n, RING, 6), np.nan)


@njit(cache=True)
def _apart(lat0, lon0, lat1, lon1):
    # East, north [m]; enough for a consistency check, also across 1000 km.
    mid = math.radians(0.5 * (lat0 + lat1))
    dlon = (lon1 - lon0 + 540.0) % 360.0 - 180.0
    return 111320.0 * dlon * math.cos(mid), 111200.0 * (lat1 - lat0)


@njit(cache=True)
def check(who, t, lat, lon, speed, track, alt, limits, fields, ring, out):
    """Judge N reports in order of time; `out` (N,) int64 gets the reasons as bits.

    who     (N,) row of `fields` and `ring`, which remember each aircraft
    speed   reported ground speed [m/s], track [deg], alt [m]; NaN: not reported
    """
    for i in range(len(t)):
        f, h = fields[who[i]], ring[who[i]]
        v, la, lo = speed[i], lat[i], lon[i]
        if math.isnan(f[0]):
            f[0], f[1], f[2], f[3], f[4], f[5] = t[i], la, lo, v, track[i], t[i]
            f[6], f[7], f[8] = -np.inf, np.nan, np.nan
            f[9] = f[10] = f[11] = 0.0
            f[12], f[13] = -1.0, 0.0
            f[14] = 0.0 if math.isnan(v) else v
            out[i] = 0
            continue
        dt = max(t[i] - f[0], 0.0)
        dx, dy = _apart(f[1], f[2], la, lo)
        step = math.hypot(dx, dy)
        why = 0
        given = not math.isnan(v)
        if not given and step > 0.0:
            v = step / max(t[i] - f[5], 1.0)
            if v > limits[L_SPEED_MAX]:
                v = f[3]
        elif not given:
            v = f[3]
        # A place that is repeated is old: judge the step by the time since it changed.
        since = max(t[i] - f[5], 0.0)
        if step > 0.0:
            if step > limits[L_SPEED_MAX] * since + limits[L_JUMP_M]:
                why |= JUMP
        elif since >= limits[L_FROZEN_S] and f[3] * since > limits[L_FROZEN_M]:
            why |= FROZEN
        # The path that the reported motion would have flown.
        u = f[3] if math.isnan(v) else v
        if not math.isnan(u):
            w = u if math.isnan(f[3]) else 0.5 * (u + f[3])
            f[11] += w * dt
            if not math.isnan(track[i]):
                a = math.radians(track[i])
                f[9] += w * dt * math.sin(a)
                f[10] += w * dt * math.cos(a)
        # The youngest remembered place at least a window old.
        n = int(f[13])
        newest = int(f[12])
        ref = -1
        for back in range(n):
            e = (newest - back) % RING
            if t[i] - h[e, 0] >= limits[L_WINDOW_S]:
                ref = e
                break
        if ref >= 0 and t[i] - h[ref, 0] <= 2.5 * limits[L_WINDOW_S] and given:
            ex, ey = _apart(h[ref, 1], h[ref, 2], la, lo)
            path = f[11] - h[ref, 5]
            limit = limits[L_SHARE] * path + limits[L_SLACK_M]
            if math.isnan(track[i]):
                off = math.hypot(ex, ey) - path
            else:
                off = math.hypot(ex - (f[9] - h[ref, 3]), ey - (f[10] - h[ref, 4]))
            if off > limit:
                why |= MISMATCH
        # A repeated place is no new place to measure from.
        due = t[i] - h[newest, 0] >= limits[L_WINDOW_S] / 10.0
        if n == 0 or (due and step > 0.0):
            newest = (newest + 1) % RING
            h[newest, 0], h[newest, 1], h[newest, 2] = t[i], la, lo
            h[newest, 3], h[newest, 4], h[newest, 5] = f[9], f[10], f[11]
            f[12], f[13] = newest, min(n + 1, RING)
        # No aeroplane changes its speed like this.
        known = given and not math.isnan(f[3]) and dt <= 60.0
        if known and abs(v - f[3]) > limits[L_STEP] + limits[L_ACCEL] * dt:
            why |= SPEED_STEP
            if v < limits[L_COLLAPSE] * f[3] and math.isnan(f[7]):
                f[7], f[8] = f[3], t[i]
        if not math.isnan(f[7]):
            back_up = given and v >= limits[L_BACK] * f[7]
            if back_up or t[i] - f[8] > limits[L_FORGET_S]:
                f[7] = np.nan
            else:
                why |= COLLAPSED
        if (
            given
            and alt[i] > limits[L_HIGH_M]
            and v < limits[L_SLOW]
            and f[14] > limits[L_FAST]
        ):
            why |= SLOW_HIGH
        if why & (JUMP | SPEED_STEP):
            f[6] = t[i] + limits[L_HOLD_S]
        elif why == 0 and t[i] < f[6]:
            why |= HOLD
        out[i] = why
        if given and why == 0:
            f[14] = max(f[14], v)
        f[0] = max(t[i], f[0])
        f[1], f[2], f[4] = la, lo, track[i]
        if not math.isnan(v):
            f[3] = v
        if step > 0.0:
            f[5] = t[i]
