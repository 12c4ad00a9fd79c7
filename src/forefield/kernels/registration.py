"""Biases of sensors from plots of one object that two of them saw.

Two plots of one track, of different sensors and a few seconds apart, differ by the way
the object made between and by the sensors' errors. Each pair is a linear measurement
of six unknowns: a range, an azimuth and a clock offset of each sensor. They add to an
information matrix; a prior around zero settles what no pair can tell (a shift that all
sensors share).
"""

from __future__ import annotations

import math

from numba import njit

from forefield.kernels.measurement import ground_range_1

__all__ = ["N_PLOT", "on_height", "pair_up"]

#: Columns of a remembered plot: track, sensor, time; place x, y; its spread xx, xy, yy;
#: away from the sensor x, y; across that per radian x, y; velocity x, y; correction
#: already taken off x, y; 1 if it came with the newest batch.
N_PLOT = 17
_SPEED_DOUBT_MPS = 8.0
_ACCEL_DOUBT_MPS2 = 3.0


@njit(cache=True, error_model="numpy")
def on_height(z, h, var):
    """Move plots without a height to where the height of their track puts them.

    z    (N, 16) of `measurement.to_plane`, changed in place: place and spread
    h    (N,) height [m]; var its variance [m²]
    """
    for i in range(len(z)):
        if math.isnan(z[i, 12]):
            continue
        arc, slope = ground_range_1(z[i, 15], z[i, 14], z[i, 12], h[i])
        gx, gy = z[i, 10] * slope, z[i, 11] * slope
        z[i, 0] += z[i, 10] * (arc - z[i, 13])
        z[i, 1] += z[i, 11] * (arc - z[i, 13])
        z[i, 3] += gx * gx * var[i]
        z[i, 4] += gx * gy * var[i]
        z[i, 5] += gy * gy * var[i]


@njit(cache=True, error_model="numpy")
def pair_up(rows, bias, cov, longest, gate, weight, info, vec, pairs):
    """Add what pairs of neighbouring plots say to the information on the biases.

    rows     (N, N_PLOT) sorted by track, then time
    bias     (3 S,) the present estimate: range [m], azimuth [rad], clock [s] of each
    cov      (3 S, 3 S) its covariance
    longest  greatest time between the plots of a pair [s]
    gate     squared Mahalanobis distance beyond which a pair is a mistake
    weight   of a pair: below 1, for neighbouring pairs share a plot
    info, vec, pairs  (3 S, 3 S), (3 S,) and (S,) added to
    Returns (pairs used, pairs refused).
    """
    used = refused = 0
    for b in range(1, len(rows)):
        a = b - 1
        if rows[a, 0] != rows[b, 0] or rows[a, 1] == rows[b, 1] or rows[b, 16] == 0.0:
            continue
        dt = rows[b, 2] - rows[a, 2]
        if dt > longest:
            continue
        sa, sb = 3 * int(rows[a, 1]), 3 * int(rows[b, 1])
        vx, vy = rows[b, 12], rows[b, 13]
        dx = rows[b, 3] + rows[b, 14] - rows[a, 3] - rows[a, 14] - vx * dt
        dy = rows[b, 4] + rows[b, 15] - rows[a, 4] - rows[a, 15] - vy * dt
        more = (_SPEED_DOUBT_MPS * dt) ** 2 + (0.5 * _ACCEL_DOUBT_MPS2 * dt * dt) ** 2
        xx = rows[a, 5] + rows[b, 5] + more
        xy = rows[a, 6] + rows[b, 6]
        yy = rows[a, 7] + rows[b, 7] + more
        at = (sa, sa + 1, sa + 2, sb, sb + 1, sb + 2)
        # A clock that is ahead tells a later time than that of the place it saw.
        hx = (-rows[a, 8], -rows[a, 10], vx, rows[b, 8], rows[b, 10], -vx)
        hy = (-rows[a, 9], -rows[a, 11], vy, rows[b, 9], rows[b, 11], -vy)
        rx, ry = dx, dy
        gxx, gxy, gyy = xx, xy, yy
        for i in range(6):
            rx -= hx[i] * bias[at[i]]
            ry -= hy[i] * bias[at[i]]
            for j in range(6):
                c = cov[at[i], at[j]]
                gxx += hx[i] * c * hx[j]
                gxy += hx[i] * c * hy[j]
                gyy += hy[i] * c * hy[j]
        det = gxx * gyy - gxy * gxy
        d2 = (gyy * rx * rx - 2.0 * gxy * rx * ry + gxx * ry * ry) / det
        if not d2 < gate or math.isnan(d2):
            refused += 1
            continue
        used += 1
        pairs[sa // 3] += 1
        pairs[sb // 3] += 1
        det = xx * yy - xy * xy
        wxx, wxy, wyy = weight * yy / det, -weight * xy / det, weight * xx / det
        for i in range(6):
            px = hx[i] * wxx + hy[i] * wxy
            py = hx[i] * wxy + hy[i] * wyy
            vec[at[i]] += px * dx + py * dy
            for j in range(6):
                info[at[i], at[j]] += px * hx[j] + py * hy[j]
    return used, refused
