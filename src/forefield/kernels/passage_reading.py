"""Beliefs read from first-passage fields, a row at a time, without particles.

Straight flights enter where the rays of the track's fan do (`passage_fan`), with the
spread of the speed. Flights that turn first are worth

    u1 = int_0^min(D, s) lam exp(-lam r) S(r) w(x + r c, c, s - r) dr

with w from the field (`passage_field`), D the distance to the border along the ray, S
the chance to live. A track that has had time to turn unseen is worth w where it is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from forefield.kernels.first_passage import cell_1, signed_1
from forefield.kernels.passage_fan import LEAF, LEAVES, below_1, fan

__all__ = ["KNOTS", "PLACE_UNIT_M", "Passage", "read"]

_TWO_PI = 2.0 * math.pi
_MIN_SPEED = 0.1
_ENTRIES = 3 * LEAVES

#: Distances at which a field is kept; a constant, so that they are read side by side.
KNOTS = 24

#: Longest piece of a ray that is read at one place, in legs.
_PIECE = 0.3

#: Unit of the places in `Passage.places`.
PLACE_UNIT_M = 100.0


class Passage(NamedTuple):
    """A field as it is read; arrays are those of its file, mapped."""

    w: np.ndarray  # (ny, nx, C, KNOTS) uint8: 255 times the root of w
    x0: float
    y0: float
    cell: float
    knots: np.ndarray  # (KNOTS,) metres, rising; the last stands for all that follows
    above: np.ndarray  # (M,) the knot above each multiple of `unit`
    unit: float
    shares: np.ndarray  # (ny', nx', C', 3, 1 + V) uint8: leaves again, by neighbour
    places: np.ndarray  # (ny', nx', C', 3, 3) int16: mean entry from the cell, spread
    bands: np.ndarray  # (3,) metres for which the three hold; the last is inf
    coarse: float  # cell of those tables
    leaves: np.ndarray  # (ny', nx', C') uint8: chance to leave again after entry there


@njit(cache=True)
def _corner(f, n):
    # Lower of the two grid points about f, and how far beyond it.
    f = min(max(f, 0.0), n - 1.000001)
    i = int(f)
    return i, f - i


@njit(cache=True)
def _course(course, n):
    f = course / _TWO_PI
    f = (f - math.floor(f)) * n
    k = int(f)
    return (k if k < n else 0), f - k


@njit(cache=True)
def _values(p, x, y, course, out):
    """w at a place on a course for every knot: linear in place and course."""
    w = p.w
    ny, nx, n_c, _ = w.shape
    ix, a = _corner((x - p.x0) / p.cell, nx)
    iy, b = _corner((y - p.y0) / p.cell, ny)
    k0, g = _course(course, n_c)
    k1 = k0 + 1 if k0 + 1 < n_c else 0
    for j in range(KNOTS):
        out[j] = np.float32(0.0)
    for corner in range(8):
        jx, jy = ix + (corner & 1), iy + ((corner >> 1) & 1)
        part = (a if corner & 1 else 1.0 - a) * (b if corner & 2 else 1.0 - b)
        part = np.float32(part * (g if corner & 4 else 1.0 - g) / 65025.0)
        k = k1 if corner & 4 else k0
        for j in range(KNOTS):
            e = np.float32(w[jy, jx, k, j])
            out[j] += part * e * e


@njit(cache=True)
def _at(values, p, s, near):
    """`values` between the knots: 0 at s = 0, the last one beyond all others.

    near  distance to the border: from there the chance of entry rises as the root of
          what is flown beyond, as the share of courses does that reach a straight line
    """
    if s <= 0.0 or s <= 0.995 * near:
        return 0.0
    knots = p.knots
    n_k = len(knots)
    if s >= knots[n_k - 1]:
        return values[n_k - 1]
    j = int(s / p.unit)
    k = p.above[j] if j < len(p.above) else n_k - 2
    while k < n_k - 1 and knots[k] < s:
        k += 1
    low, v0 = 0.0, np.float32(0.0)
    if k > 0:
        low, v0 = knots[k - 1], values[k - 1]
    if low < near < knots[k]:
        return values[k] * math.sqrt(max(s - near, 0.0) / (knots[k] - near))
    return v0 + (values[k] - v0) * (s - low) / (knots[k] - low)


@njit(cache=True)
def _rate(x, y, ground, out_m, down_m):
    if down_m <= 0.0:
        return out_m
    ny, nx = ground.neighbour.shape
    iy, ix = cell_1(x, y, ground.x0, ground.y0, ground.cell, ny, nx)
    k = ground.neighbour[iy, ix]
    if k >= 0 and k < len(ground.defended):
        return out_m + down_m * ground.defended[k]
    return out_m


@njit(cache=True)
def _turning(
    x, y, course, begin, meet, v, sigma_v, lam, out_m, down_m, p, ground, horizons,
    values, got,
):  # fmt: skip
    """Chance to turn and then enter within each horizon, from along one ray.

    begin  metres already flown where the ray starts; meet metres to the border
    got    (G,) out
    """
    n_g = len(horizons)
    for g in range(n_g):
        got[g] = 0.0
    sa, ca = math.sin(course), math.cos(course)
    here = _rate(x, y, ground, out_m, down_m)
    stop = min(meet, 6.0 / (lam + out_m))
    # Horizons in which the border is out of reach from here need no pieces.
    far = signed_1(x, y, ground.x0, ground.y0, ground.cell, ground.signed)
    first = 0
    while first < n_g - 1 and horizons[first] * v * (1.0 + sigma_v) - begin < far:
        first += 1
    r, alive = 0.0, 1.0
    for g in range(first, n_g):
        end = min(horizons[g] * v - begin, stop)
        if end <= r:
            continue
        # Pieces no longer than a third of a leg, but longer where all is far off; each
        # is read where its turns are on the average.
        many = int(min(math.ceil((end - r) * lam / _PIECE), 4.0))
        if g == n_g - 1:
            many = 3
        step = (end - r) / many
        stay = math.exp(-lam * step)
        to_mean = 0.5 * step
        if lam * step > 1e-3:
            to_mean = 1.0 / lam - step * stay / (1.0 - stay)
        for _ in range(many):
            at = r + to_mean
            px, py = x + at * sa, y + at * ca
            lost = 0.5 * (here + _rate(px, py, ground, out_m, down_m)) * at
            part = alive * (1.0 - stay) * math.exp(-lost)
            _values(p, px, py, course, values)
            near = signed_1(px, py, ground.x0, ground.y0, ground.cell, ground.signed)
            for q in range(g, n_g):
                s = horizons[q] * v
                less = s * (1.0 - sigma_v) - begin - at
                if less > 1.5 * near + 3.0 * ground.cell:
                    got[q] += part * _at(values, p, s - begin - at, near)
                else:
                    # The speed's spread, by two speeds.
                    more = s * (1.0 + sigma_v) - begin - at
                    now = _at(values, p, less, near) + _at(values, p, more, near)
                    got[q] += 0.5 * part * now
            r += step
            alive *= stay


@njit(cache=True)
def _arrived(entry, k, t):
    # The speed is Gaussian, not the time: what counts is how far it gets by t.
    e8, e9 = entry[k, 8] * t, entry[k, 9]
    return below_1((t - entry[k, 1]) / max(math.sqrt(e8 * e8 + e9 * e9), 1e-3))


@njit(cache=True)
def _finish(
    n_e, entry, u1, soon, told, place, odds, horizons, back, end_in, ground, times, cdf,
    i, outs, vias,
):  # fmt: skip
    """From what a row's flights do to its answers at the asked horizons.

    entry  (n_e, 10): mass, time, its spread, chainage, chance to leave, neighbour,
           place, and of the spread that of the speed (relative) and the rest [s]
    u1     (G,) chance of flights that turn first; told (3, 1 + V) whether they leave
           and across whom, by band of horizon; place (3, 5) chainage, spread, -, place
    soon   time of the straightest way to the border
    """
    n_g, n_h, n_v = len(horizons), len(back), vias.shape[2]
    out, via = outs[i], vias[i]
    for g in range(1, n_g):
        u1[g] = max(u1[g], u1[g - 1])
    ever = u1[n_g - 1]
    mass, mean, square = 0.0, 0.0, 0.0
    last = horizons[n_g - 2] if n_g > 1 else math.inf
    for k in range(n_e):
        ever += entry[k, 0]
        if entry[k, 1] < last + 2.0 * entry[k, 2]:
            mass += entry[k, 0]
            mean += entry[k, 0] * entry[k, 1]
            square += entry[k, 0] * (entry[k, 1] ** 2 + entry[k, 2] ** 2)
    ever = min(ever, 1.0)
    total = 1.0 + (odds - 1.0) * ever
    # Times at which the chance of entry is worked out: horizons, and about the
    # straight flights' arrival.
    m = 0
    for g in range(n_g - 1):
        times[m] = horizons[g]
        m += 1
    if soon < last < math.inf:
        times[m] = soon
        m += 1
    if mass > 1e-6:
        mean /= mass
        spread = math.sqrt(max(square / mass - mean * mean, 0.0))
        for z in range(-3, 4):
            t = mean + 0.7 * z * spread
            if t > 0.0:
                times[m] = t
                m += 1
    for a in range(n_g - 1, m):
        t, b = times[a], a
        while b > 0 and times[b - 1] > t:
            times[b] = times[b - 1]
            b -= 1
        times[b] = t
    g = 0
    for a in range(m):
        t = times[a]
        p = 0.0
        for k in range(n_e):
            p += entry[k, 0] * _arrived(entry, k, t)
        while g < n_g - 1 and horizons[g] < t:
            g += 1
        t0, p0 = (horizons[g - 1], u1[g - 1]) if g > 0 else (0.0, 0.0)
        if g < n_g - 1:
            # Nothing enters before the straightest way does.
            t0 = max(t0, min(soon, 0.99 * horizons[g]))
            p += p0 + (u1[g] - p0) * max(t - t0, 0.0) / (horizons[g] - t0)
        else:
            p += u1[n_g - 2] if n_g > 1 else 0.0
        cdf[a] = p
    for a in range(n_h):
        h = horizons[back[a]]
        u = u1[back[a]]
        for k in range(n_v):
            via[a, k] = 0.0
        band = 2
        if h < math.inf:
            band = 0 if h <= 450.0 else 1
        p, left, ended = 0.0, 0.0, 0.0
        for k in range(n_e):
            part = entry[k, 0]
            if h < math.inf:
                part *= _arrived(entry, k, h)
            p += part
            left += part * entry[k, 4]
            if part > 0.0 and end_in > 0.0:
                stay = max(1.0 - entry[k, 4], 1e-3)
                ended += (
                    part
                    * stay
                    * -math.expm1(-end_in / stay * max(h - entry[k, 1], 0.0))
                )
            b = int(entry[k, 5])
            if b >= 0 and b < n_v:
                via[a, b] += part
        left += u * told[band, 0]
        stay = max(1.0 - told[band, 0], 1e-3)
        if end_in > 0.0:
            t0, p0 = 0.0, 0.0
            for g in range(back[a] + 1):
                if horizons[g] == math.inf:
                    ended += (u1[g] - p0) * stay
                    break
                middle = 0.5 * (t0 + horizons[g])
                ended += (
                    (u1[g] - p0) * stay * -math.expm1(-end_in / stay * (h - middle))
                )
                t0, p0 = horizons[g], u1[g]
        for k in range(n_v):
            via[a, k] += u * told[band, 1 + k]
        p += u
        scale = odds / total / max(p, 1.0)
        for k in range(n_v):
            via[a, k] *= scale
        out[a, 0] = p * scale
        out[a, 2] = min(ended * scale, out[a, 0])
        out[a, 8] = math.nan
        if p < 1e-7:
            out[a, 1] = math.nan
            for q in range(3, 8):
                out[a, q] = math.nan
            continue
        out[a, 1] = min(left / p, 1.0)
        for q in range(3):
            want = (0.05, 0.5, 0.95)[q] * p
            t0, p0, b = 0.0, 0.0, 0
            while b < m and times[b] < h and cdf[b] < want:
                t0, p0 = times[b], cdf[b]
                b += 1
            t1, p1 = h, p
            if b < m and times[b] < h:
                t1, p1 = times[b], cdf[b]
            if t1 == math.inf:
                # Beyond the last time the rest comes as if at a constant rate.
                t1 = t0 - max(t0, 600.0) * math.log(
                    max((p - want) / max(p - p0, 1e-12), 1e-3)
                )
                out[a, 3 + q] = t1
            else:
                share = (want - p0) / max(p1 - p0, 1e-12)
                out[a, 3 + q] = t0 + min(max(share, 0.0), 1.0) * (t1 - t0)
        _where(n_e, entry, h, u, place, band, ground, out, a)


@njit(cache=True)
def _where(n_e, entry, h, u, place, band, ground, out, row):
    # The densest stretch of the entries along the border, and the spread about it.
    length = ground.length
    width = 4.0 * ground.cell
    best, at, ax, ay = 0.0, place[band, 0], place[band, 3], place[band, 4]
    if u > 0.0 and place[band, 1] > 0.0:
        best = u * min(1.0, width / (1.25 * place[band, 1]))
    for k in range(n_e):
        if entry[k, 0] <= 0.0 or entry[k, 1] > h + entry[k, 2]:
            continue
        mass, shift = 0.0, 0.0
        for b in range(n_e):
            gap = entry[b, 3] - entry[k, 3]
            gap -= length * math.floor(gap / length + 0.5)
            if abs(gap) <= width and entry[b, 1] <= h + entry[b, 2]:
                mass += entry[b, 0]
                shift += entry[b, 0] * gap
        if mass > best:
            best, at = mass, entry[k, 3] + shift / mass
            ax, ay = entry[k, 6], entry[k, 7]
    mass = u
    square = u * (
        (place[band, 3] - ax) ** 2 + (place[band, 4] - ay) ** 2 + place[band, 1] ** 2
    )
    for k in range(n_e):
        if entry[k, 1] <= h + entry[k, 2]:
            mass += entry[k, 0]
            square += entry[k, 0] * ((entry[k, 6] - ax) ** 2 + (entry[k, 7] - ay) ** 2)
    out[row, 6] = at - length * math.floor(at / length)
    out[row, 7] = max(math.sqrt(square / max(mass, 1e-12)), 0.3 * ground.cell)


@njit(cache=True)
def _tell(x, y, course, p, ground, mass, told, place, ways):
    """Add what is told of flights that turn about x, y, by band of horizon."""
    ny, nx, n_c, n_b, n_f = p.shares.shape
    iy, ix = cell_1(x, y, p.x0, p.y0, p.coarse, ny, nx)
    k, _ = _course(course + math.pi / n_c, n_c)
    gy, gx = ground.signed.shape
    for b in range(n_b):
        m = mass[b]
        if m <= 0.0:
            continue
        total = 0.0
        for f in range(1, n_f):
            total += p.shares[iy, ix, k, b, f]
        if total <= 0.0:
            continue
        ways[b] += m
        told[b, 0] += m * p.shares[iy, ix, k, b, 0] / 255.0
        for f in range(1, n_f):
            told[b, f] += m * p.shares[iy, ix, k, b, f] / total
        ex = p.x0 + ix * p.coarse + PLACE_UNIT_M * p.places[iy, ix, k, b, 0]
        ey = p.y0 + iy * p.coarse + PLACE_UNIT_M * p.places[iy, ix, k, b, 1]
        spread = PLACE_UNIT_M * p.places[iy, ix, k, b, 2]
        jy, jx = cell_1(ex, ey, ground.x0, ground.y0, ground.cell, gy, gx)
        c = ground.chainage[jy, jx]
        # The place of the most: means of places round the border mean nothing.
        if m > place[b, 2]:
            place[b, 0], place[b, 1], place[b, 2] = c, spread, m
            place[b, 3], place[b, 4] = ex, ey


@njit(cache=True)
def _if_outside(x, y, d, s_pos, ground):
    """What is left of an error of the place where the flight is known to be outside.

    d       metres from the reported place to the border
    returns by how much the mean lies further out, the share of the spread across the
            border that is left, and the way out: a Gaussian cut at the border
    """
    z = d / s_pos
    ratio = math.exp(-0.5 * z * z) / (math.sqrt(_TWO_PI) * below_1(z))
    g = ground
    h = g.cell
    nx = signed_1(x + h, y, g.x0, g.y0, g.cell, g.signed)
    nx -= signed_1(x - h, y, g.x0, g.y0, g.cell, g.signed)
    ny = signed_1(x, y + h, g.x0, g.y0, g.cell, g.signed)
    ny -= signed_1(x, y - h, g.x0, g.y0, g.cell, g.signed)
    size = max(math.hypot(nx, ny), 1e-6)
    left = math.sqrt(max(1.0 - z * ratio - ratio * ratio, 0.0))
    return s_pos * ratio, left, nx / size, ny / size


@njit(cache=True)
def read(
    start, known, style, params, which, passages, ground, odds, horizons, back, out, via
):
    """Beliefs of N rows at H horizons; all columns of `first_passage.summarise`.

    start     (N, 9), known (N,), params (S, 15): as `first_passage.walk`
    style     (N, S) shares of the ways of moving
    which     (S,) index of a way's passage; -1: it never turns
    odds      weight of flights that ever enter
    horizons  (G,) rising, the last is inf; back (H,) the asked ones among them
    out, via  (N, H, 9) and (N, H, V), as `summarise`
    """
    n, n_g, n_h = len(start), len(horizons), len(back)
    n_s, n_v = params.shape[0], via.shape[2]
    node, stack = np.empty((41, 5)), np.empty((64, 11))
    leaf, entry = np.empty((LEAVES, LEAF)), np.empty((_ENTRIES + 3 * n_s, 10))
    values = np.empty(64, dtype=np.float32)
    u1, got = np.empty(n_g), np.empty(n_g)
    told, place, ways = np.empty((3, 1 + n_v)), np.empty((3, 5)), np.empty(3)
    mass3 = np.empty(3)
    times, cdf = np.empty(n_g + 9), np.empty(n_g + 9)
    endless = odds != 1.0 or horizons[back[n_h - 1]] == math.inf
    top_s = horizons[n_g - 2] if n_g > 1 else 0.0
    band_of = np.empty(3, dtype=np.int64)
    for b in range(3):
        band_of[b] = n_g - 1
    for g in range(n_g):
        if horizons[g] <= 450.0:
            band_of[0] = g
        if horizons[g] < math.inf:
            band_of[1] = g
    gy, gx = ground.signed.shape
    for i in range(n):
        n_e = 0
        u1[:] = 0.0
        told[:], place[:], ways[:] = 0.0, 0.0, 0.0
        served, end_in, soon = 0.0, 0.0, math.inf
        for c in range(n_s):
            served += style[i, c]
        x, y = start[i, 0], start[i, 1]
        s_pos, s_vel, omega, age = start[i, 4], start[i, 5], start[i, 6], start[i, 7]
        fix = start[i, 8]
        d0 = signed_1(x, y, ground.x0, ground.y0, ground.cell, ground.signed) + fix
        d0 = max(d0, 0.0)
        reported, over, less, nx, ny = d0, 0.0, 1.0, 0.0, 0.0
        ry, rx = cell_1(x, y, ground.x0, ground.y0, ground.cell, gy, gx)
        if s_pos > 0.0 and d0 < 4.0 * s_pos:
            over = below_1(-d0 / s_pos)
            shift, less, nx, ny = _if_outside(x, y, d0, s_pos, ground)
            x, y, d0 = x + shift * nx, y + shift * ny, d0 + shift
        way = 1.0 if omega >= 0.0 else -1.0
        for c in range(n_s):
            share = style[i, c] / served
            if share < 1e-3:
                continue
            leg_s, f = params[c, 0], which[c]
            p = passages[max(f, 0)]
            ly, lx, lc = p.leaves.shape
            end_in += share * params[c, 10]
            for turn in range(1 if known[i] else 3):
                weight = share
                if known[i]:
                    v = max(math.hypot(start[i, 2], start[i, 3]), _MIN_SPEED)
                    mu = math.atan2(start[i, 2], start[i, 3])
                    poor = s_vel / v
                    v *= math.hypot(1.0, 0.7 * min(poor, 1.0))
                    sigma = math.sqrt(
                        min(poor, 1.5) ** 2 + params[c, 5] ** 2 + params[c, 3] ** 2
                    )
                    sigma = max(sigma, 1e-6)
                    sigma_v = math.hypot(min(poor, 0.5), params[c, 6])
                    beta = abs(omega) * params[c, 7]
                    across = nx * math.cos(mu) - ny * math.sin(mu)
                    s_side = s_pos * math.sqrt(1.0 - (1.0 - less * less) * across**2)
                else:
                    # Any course; Gauss-Legendre speeds of the class's band.
                    half = 0.5 * (params[c, 14] - params[c, 13])
                    v = params[c, 13] + half + (turn - 1) * 0.7745966692414834 * half
                    v = max(v, _MIN_SPEED)
                    weight = share * (4.0 / 9.0 if turn == 1 else 2.5 / 9.0)
                    mu, sigma, beta, sigma_v = 0.0, 0.0, 0.0, 0.3 * half / v
                    s_side = s_pos
                lam = 1.0 / (leg_s * v) if leg_s < math.inf else 0.0
                out_m, down_m = params[c, 9] / v, params[c, 8] / v
                soon = min(soon, reported / v)

                # It may be across already.
                if over > 0.0:
                    entry[n_e, 0] = weight * over
                    entry[n_e, 1] = entry[n_e, 2] = 0.0
                    entry[n_e, 3], entry[n_e, 4] = ground.chainage[ry, rx], 0.5
                    entry[n_e, 5] = ground.neighbour[ry, rx]
                    entry[n_e, 6], entry[n_e, 7] = start[i, 0], start[i, 1]
                    entry[n_e, 8] = entry[n_e, 9] = 0.0
                    n_e += 1
                    weight *= 1.0 - over

                # It may have turned since it was last seen.
                if f >= 0 and known[i] and age > 0.0:
                    turned = -math.expm1(-age / leg_s)
                    if turned > 1e-3:
                        _values(p, x, y, mu, values)
                        for g in range(n_g):
                            now = _at(values, p, horizons[g] * v, d0)
                            u1[g] += weight * turned * now
                        for b in range(3):
                            mass3[b] = u1[band_of[b]]
                        _tell(x, y, mu, p, ground, mass3, told, place, ways)
                        weight *= 1.0 - turned

                reach = 1.1e6 if lam <= 0.0 else min(1.1e6, 12.0 / lam)
                if not endless:
                    reach = min(reach, v * top_s * (1.0 + 3.0 * sigma_v) + 3.0 * s_pos)
                radius = v / abs(omega) if omega != 0.0 else 0.0
                n_l = fan(
                    x, y, mu, sigma, beta, way, s_side, radius, fix, d0, reach, ground,
                    out_m, down_m, node, stack, leaf,
                )  # fmt: skip
                for k in range(n_l):
                    d = leaf[k, 2]
                    if d == math.inf or n_e >= _ENTRIES:
                        continue
                    iy, ix = cell_1(
                        leaf[k, 4], leaf[k, 5], ground.x0, ground.y0, ground.cell,
                        gy, gx,
                    )  # fmt: skip
                    loose = math.hypot(s_pos, 0.29 * leaf[k, 3]) / v
                    entry[n_e, 0] = (
                        weight * leaf[k, 1] * math.exp(-lam * d - leaf[k, 6])
                    )
                    entry[n_e, 1] = d / v
                    entry[n_e, 2] = math.hypot(sigma_v * d / v, loose)
                    entry[n_e, 3] = ground.chainage[iy, ix]
                    entry[n_e, 4] = 0.0
                    entry[n_e, 5] = ground.neighbour[iy, ix]
                    entry[n_e, 6], entry[n_e, 7] = leaf[k, 4], leaf[k, 5]
                    entry[n_e, 8], entry[n_e, 9] = sigma_v, loose
                    if f >= 0:
                        jy, jx = cell_1(
                            leaf[k, 4], leaf[k, 5], p.x0, p.y0, p.coarse, ly, lx
                        )
                        q, _ = _course(mu + way * leaf[k, 0] + math.pi / lc, lc)
                        entry[n_e, 4] = p.leaves[jy, jx, q] / 255.0
                    n_e += 1
                if f < 0 or lam <= 0.0:
                    continue

                # Flights that turn first: neighbouring rays of a kind together.
                k = 0
                while k < n_l:
                    mass, a_sum, near_sum = 0.0, 0.0, 0.0
                    hit, first = leaf[k, 2] < math.inf, leaf[k, 0]
                    while k < n_l and (leaf[k, 2] < math.inf) == hit:
                        if mass > 0.0 and leaf[k, 0] - first > 0.26:
                            break
                        mass += leaf[k, 1]
                        a_sum += leaf[k, 1] * leaf[k, 0]
                        if hit:
                            near_sum += leaf[k, 1] * math.exp(-lam * leaf[k, 2])
                        k += 1
                    if mass < 1e-4:
                        continue
                    a, meet, begin = a_sum / mass, math.inf, 0.0
                    if hit:
                        meet = -math.log(near_sum / mass) / lam
                    px, py = x, y
                    if radius > 0.0 and beta > 0.02 * sigma and a > 0.0:
                        sm, cm = math.sin(mu), math.cos(mu)
                        on = radius * math.sin(a)
                        off = way * radius * (1.0 - math.cos(a))
                        px, py = x + on * sm + off * cm, y + on * cm - off * sm
                        begin = radius * a
                        meet = max(meet - begin, 0.0)
                    course = mu + way * a
                    _turning(
                        px, py, course, begin, meet, v, sigma_v, lam, out_m, down_m,
                        p, ground, horizons, values, got,
                    )  # fmt: skip
                    for g in range(n_g):
                        u1[g] += weight * mass * got[g]
                    for b in range(3):
                        mass3[b] = weight * mass * got[band_of[b]]
                    half = 0.5 * min(meet, 0.7 / lam, v * max(top_s, 60.0))
                    _tell(
                        px + half * math.sin(course), py + half * math.cos(course),
                        course, p, ground, mass3, told, place, ways,
                    )  # fmt: skip
        for b in range(3):
            if ways[b] > 0.0:
                for k in range(1 + n_v):
                    told[b, k] /= ways[b]
            else:
                # Nothing is told: the nearest neighbour.
                iy, ix = cell_1(x, y, ground.x0, ground.y0, ground.cell, gy, gx)
                if ground.neighbour[iy, ix] >= 0:
                    told[b, 1 + ground.neighbour[iy, ix]] = 1.0
                place[b, 0], place[b, 1] = ground.chainage[iy, ix], d0 + ground.cell
                place[b, 3], place[b, 4] = x, y
        _finish(
            n_e, entry, u1, soon, told, place, odds, horizons, back, end_in, ground,
            times, cdf, i, out, via,
        )  # fmt: skip
