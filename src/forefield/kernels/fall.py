"""How pieces fall: a point mass with drag, in an exponential atmosphere and a wind.

A piece has one number, its ballistic coefficient beta = m / (Cd A) [kg/m2]; drag is
rho |v|^2 / (2 beta) against the motion through the air. Integrated with classical
Runge-Kutta in steps of a share of the time in which drag acts, and landed on the ground
by Newton's method. Ground is flat and at height 0; no lift, no spin.

The atmosphere is rho0 exp(-h / H) with rho0 = 1.225 kg/m3 and H = 9300 m: within 4 % of
the standard atmosphere up to 11 km.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["COLUMNS", "fall_1", "fill_table", "samples", "wind_1"]

G = 9.80665
RHO0 = 1.225
SCALE_M = 9300.0

#: What is known of each fall in a wind: mean way ahead; variance along and across from
#: the kick; drift across by the mean wind to the east and to the north if that blows
#: across, and its variance; time; impact angle (sine of it below the horizon); drift
#: along by the same winds if they blow along, and its variance.
COLUMNS = (
    "ahead", "var_along", "var_across", "east_across", "north_across",
    "var_wind_across", "time", "sine", "east_along", "north_along", "var_wind_along",
)  # fmt: skip
#: What `fill_table` keeps before the responses to the wind: as above, without wind.
CALM = ("ahead", "var_along", "var_across", "time", "sine")


@njit(cache=True)
def wind_1(h, heights, w):
    """A wind profile at a height: linear between its heights, constant beyond them."""
    n = len(heights)
    if h <= heights[0]:
        return w[0]
    for k in range(1, n):
        if h <= heights[k]:
            f = (h - heights[k - 1]) / (heights[k] - heights[k - 1])
            return w[k - 1] + f * (w[k] - w[k - 1])
    return w[n - 1]


@njit(cache=True)
def _slope(h, vx, vy, vz, beta, rho0, scale, heights, wx, wy):
    ax = vx - wind_1(h, heights, wx)
    ay = vy - wind_1(h, heights, wy)
    k = rho0 * math.exp(-max(h, 0.0) / scale) / (2.0 * beta)
    k *= math.sqrt(ax * ax + ay * ay + vz * vz)
    return -k * ax, -k * ay, -k * vz - G, k


@njit(cache=True)
def _step(s, dt, beta, rho0, scale, heights, wx, wy, out):
    # s, out: x, y, h, vx, vy, vz
    x, y, h, vx, vy, vz = s[0], s[1], s[2], s[3], s[4], s[5]
    a1, b1, c1, _ = _slope(h, vx, vy, vz, beta, rho0, scale, heights, wx, wy)
    d = 0.5 * dt
    u2, v2, w2 = vx + d * a1, vy + d * b1, vz + d * c1
    a2, b2, c2, _ = _slope(h + d * vz, u2, v2, w2, beta, rho0, scale, heights, wx, wy)
    u3, v3, w3 = vx + d * a2, vy + d * b2, vz + d * c2
    a3, b3, c3, _ = _slope(h + d * w2, u3, v3, w3, beta, rho0, scale, heights, wx, wy)
    u4, v4, w4 = vx + dt * a3, vy + dt * b3, vz + dt * c3
    a4, b4, c4, _ = _slope(h + dt * w3, u4, v4, w4, beta, rho0, scale, heights, wx, wy)
    f = dt / 6.0
    out[0] = x + f * (vx + 2.0 * u2 + 2.0 * u3 + u4)
    out[1] = y + f * (vy + 2.0 * v2 + 2.0 * v3 + v4)
    out[2] = h + f * (vz + 2.0 * w2 + 2.0 * w3 + w4)
    out[3] = vx + f * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
    out[4] = vy + f * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    out[5] = vz + f * (c1 + 2.0 * c2 + 2.0 * c3 + c4)


@njit(cache=True)
def fall_1(h, vx, vy, vz, beta, rho0, scale, heights, wx, wy, s, t, out):
    """One fall from height `h` [m] to the ground; s and t are two (6,) work arrays.

    Velocity along x, along y and up [m/s]; wx, wy the wind along them at `heights`.
    out (5,): x, y of the landing, time, and horizontal and downward speed there.
    """
    s[0], s[1], s[2], s[3], s[4], s[5] = 0.0, 0.0, max(h, 0.0), vx, vy, vz
    time = 0.0
    if s[2] > 0.0:
        for _ in range(100000):
            k = _slope(s[2], s[3], s[4], s[5], beta, rho0, scale, heights, wx, wy)[3]
            # Also where it is slow: drag will act at g / (terminal speed).
            rho = rho0 * math.exp(-s[2] / scale)
            k = max(k, math.sqrt(G * rho / (2.0 * beta)))
            dt = min(2.0, 0.4 / k) if k > 0.2 else 2.0
            _step(s, dt, beta, rho0, scale, heights, wx, wy, t)
            if t[2] <= 0.0:
                # Land: Newton on the length of the last step.
                part = dt * s[2] / max(s[2] - t[2], 1e-12)
                for _ in range(6):
                    _step(s, part, beta, rho0, scale, heights, wx, wy, t)
                    if t[5] >= 0.0:
                        break
                    part = min(max(part - t[2] / t[5], 0.0), dt)
                time += part
                for c in range(6):
                    s[c] = t[c]
                break
            time += dt
            for c in range(6):
                s[c] = t[c]
    out[0], out[1], out[2] = s[0], s[1], time
    out[3], out[4] = math.hypot(s[3], s[4]), max(-s[5], 0.0)


@njit(cache=True)
def fill_table(betas, kicks, heights_m, speeds, levels, rho0, scale, table):
    """Fill the table of falls of level flight (F, B, H, V, 5 + 2 L); see CALM.

    betas   (F, B) ballistic coefficients [kg/m2];  kicks (F,) sigma of the kick [m/s]
    levels  (L,) heights [m] of a wind that is linear between them

    After CALM come L drifts across by one metre a second of wind at one level (falling
    to none at the next ones) if it blows across, then L along: drift is linear in the
    wind to a few per cent, so any wind is a sum of these. The way ahead and its spread
    are those of the three-point rule in each component of the kick.
    """
    unit = 5.0
    n_levels = len(levels)
    w = np.zeros(n_levels)
    nf, nb, nh, nv = table.shape[0], table.shape[1], table.shape[2], table.shape[3]
    s, t, o = np.empty(6), np.empty(6), np.empty(5)
    calm = np.zeros(len(levels))
    root3 = math.sqrt(3.0)
    for f in range(nf):
        d = kicks[f] * root3
        for b in range(nb):
            be = betas[f, b]
            for i in range(nh):
                h = heights_m[i]
                for j in range(nv):
                    v = speeds[j]
                    fall_1(h, v, 0.0, 0.0, be, rho0, scale, levels, calm, calm, s, t, o)
                    x0, time = o[0], o[2]
                    sine = o[4] / max(math.hypot(o[3], o[4]), 1e-9)
                    mean, var = x0, 0.0
                    # Three-point rule: weights 1/6 at +-sqrt(3) sigma, 2/3 at 0.
                    fall_1(
                        h, v + d, 0.0, 0.0, be, rho0, scale, levels, calm, calm, s, t, o
                    )
                    up = o[0] - x0
                    fall_1(
                        h, v - d, 0.0, 0.0, be, rho0, scale, levels, calm, calm, s, t, o
                    )
                    down = o[0] - x0
                    mean += (up + down) / 6.0
                    var += (up * up + down * down) / 6.0 - ((up + down) / 6.0) ** 2
                    fall_1(h, v, 0.0, d, be, rho0, scale, levels, calm, calm, s, t, o)
                    up = o[0] - x0
                    fall_1(h, v, 0.0, -d, be, rho0, scale, levels, calm, calm, s, t, o)
                    down = o[0] - x0
                    mean += (up + down) / 6.0
                    var += (up * up + down * down) / 6.0 - ((up + down) / 6.0) ** 2
                    fall_1(h, v, d, 0.0, be, rho0, scale, levels, calm, calm, s, t, o)
                    across = o[1] * o[1] / 3.0
                    mean += (o[0] - x0) / 3.0
                    cell = table[f, b, i, j]
                    cell[0], cell[1], cell[2] = mean, var, across
                    cell[3], cell[4] = time, sine
                    # The wind: across, where drag is |v|, and along, where it is 2 |v|.
                    for c in range(n_levels):
                        cell[5 + c], cell[5 + n_levels + c] = 0.0, 0.0
                        if c > 0 and h <= levels[c - 1]:
                            continue  # it starts below the wind of this level
                        w[c] = unit
                        fall_1(
                            h, v, 0.0, 0.0, be, rho0, scale, levels, calm, w, s, t, o
                        )
                        cell[5 + c] = o[1] / unit
                        fall_1(
                            h, v, 0.0, 0.0, be, rho0, scale, levels, w, calm, s, t, o
                        )
                        cell[5 + n_levels + c] = (o[0] - x0) / unit
                        w[c] = 0.0


@njit(cache=True)
def samples(
    normals, h, v, mid, log_sd, kick, levels, east, north, sigma, rho0, scale, out
):
    """Landings by chance, for flight along x = east: the footprint's slow oracle.

    normals  (N, 6) standard normals: log beta, kick along, across, up, wind east, north
    out      (N, 2) x and y [m]
    """
    s, t, o = np.empty(6), np.empty(6), np.empty(5)
    for n in range(len(normals)):
        z = normals[n]
        beta = mid * math.exp(log_sd * z[0])
        wx = east + z[4] * sigma
        wy = north + z[5] * sigma
        fall_1(
            h, v + kick * z[1], kick * z[2], kick * z[3], beta, rho0, scale, levels,
            wx, wy, s, t, o,
        )  # fmt: skip
        out[n, 0], out[n, 1] = o[0], o[1]
