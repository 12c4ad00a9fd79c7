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
from forefield.kernels.passage_summary import amount
from forefield.kernels.sight import MISS, SIGHTS

__all__ = ["KNOTS", "PLACE_UNIT_M", "Passage", "read"]

_TWO_PI = 2.0 * math.pi
_MIN_SPEED = 0.1
_ENTRIES = 3 * LEAVES

#: Distances at which a field is kept; a constant, so that they are read side by side.
KNOTS = 16

#: Longest piece of a ray that is read at one place, in legs.
_PIECE = 0.3

#: The field's steps blur the moment of arrival, and what would come too soon is cut
#: off, so that arrivals come late; beside the particles, by so many cells.
_LATE = 0.1

#: Unit of the places in `Passage.places`.
PLACE_UNIT_M = 100.0


class Passage(NamedTuple):
    """A field as it is read; arrays are those of its file, mapped."""

    w: np.ndarray  # (ny, nx, C, KNOTS) uint8: 255 times the root of w
    u: np.ndarray  # the same of u1
    x0: float
    y0: float
    cell: float
    knots: np.ndarray  # (KNOTS,) metres beyond the distance to the border, rising
    speed: float  # at which it is solved [m/s]
    shares: np.ndarray  # (ny', nx', C', 3, 1 + V) uint8: leaves again, by neighbour
    places: np.ndarray  # (ny', nx', C', 3, 3) int16: mean entry from the cell, spread
    bands: np.ndarray  # (3,) metres for which the three hold; the last is inf
    coarse: float  # cell of those tables
    leaves: np.ndarray  # (ny', nx', C') uint8: chance to leave again after entry there


@njit(cache=True, forceinline=True)
def _corner(f, n):
    # Lower of the two grid points about f, and how far beyond it.
    f = min(max(f, 0.0), n - 1.000001)
    i = int(f)
    return i, f - i


@njit(cache=True, forceinline=True)
def _course(course, n):
    f = course / _TWO_PI
    f = (f - math.floor(f)) * n
    k = int(f)
    return (k if k < n else 0), f - k


@njit(cache=True, forceinline=True)
def _blend(table, iy, ix, k0, k1, c, out):
    """Sum over the eight corners about a place, for every knot; c (8,) their weights.

    Written out side by side, so that the knots fill the processor's lanes.
    """
    r0, r1 = table[iy, ix, k0], table[iy, ix, k1]
    r2, r3 = table[iy, ix + 1, k0], table[iy, ix + 1, k1]
    r4, r5 = table[iy + 1, ix, k0], table[iy + 1, ix, k1]
    r6, r7 = table[iy + 1, ix + 1, k0], table[iy + 1, ix + 1, k1]
    c0, c1, c2, c3, c4, c5, c6, c7 = c
    for j in range(KNOTS):
        e0, e1, e2, e3 = (
            np.float32(r0[j]), np.float32(r1[j]), np.float32(r2[j]), np.float32(r3[j])
        )  # fmt: skip
        e4, e5, e6, e7 = (
            np.float32(r4[j]), np.float32(r5[j]), np.float32(r6[j]), np.float32(r7[j])
        )  # fmt: skip
        low = c0 * e0 * e0 + c1 * e1 * e1 + c2 * e2 * e2 + c3 * e3 * e3
        out[j] = low + c4 * e4 * e4 + c5 * e5 * e5 + c6 * e6 * e6 + c7 * e7 * e7


@njit(cache=True, forceinline=True)
def _weights(a, b, g):
    # Of the corners (0, 0), (0, 1), (1, 0), (1, 1), for two courses each.
    f32 = np.float32
    h, d, e, unit = 1.0 - g, 1.0 - a, 1.0 - b, 1.0 / 65025.0
    w0, w1, w2, w3 = e * d * unit, e * a * unit, b * d * unit, b * a * unit
    return (
        f32(w0 * h), f32(w0 * g), f32(w1 * h), f32(w1 * g),
        f32(w2 * h), f32(w2 * g), f32(w3 * h), f32(w3 * g),
    )  # fmt: skip


@njit(cache=True, forceinline=True)
def _values(p, x, y, course, out):
    """w at a place on a course for every knot: linear in place and course."""
    ny, nx, n_c, _ = p.w.shape
    ix, a = _corner((x - p.x0) / p.cell, nx)
    iy, b = _corner((y - p.y0) / p.cell, ny)
    k0, g = _course(course, n_c)
    k1 = k0 + 1 if k0 + 1 < n_c else 0
    _blend(p.w, iy, ix, k0, k1, _weights(a, b, g), out)


@njit(cache=True, forceinline=True)
def _misses(u, sight, iy, ix, k):
    # Whether the ray from a corner goes by the border.
    far = sight.far[iy * u.shape[1] + ix, k * (SIGHTS // u.shape[2])]
    # Inside: what is laid there leads in, or has a chance in the end.
    return far == MISS or (far == 0 and u[iy, ix, k, KNOTS - 1] > 0)


@njit(cache=True, forceinline=True)
def _passing(p, sight, x, y, course, out):
    """u1 for every knot of a course that goes by the border, from such corners alone.

    Returns False where they are too few.
    """
    u = p.u
    ny, nx, n_c, _ = u.shape
    if sight.shape[0] != ny or sight.shape[1] != nx:
        return False
    ix, a = _corner((x - p.x0) / p.cell, nx)
    iy, b = _corner((y - p.y0) / p.cell, ny)
    k0, g = _course(course, n_c)
    k1 = k0 + 1 if k0 + 1 < n_c else 0
    c0, c1, c2, c3, c4, c5, c6, c7 = _weights(a, b, g)
    none = np.float32(0.0)
    c0 = c0 if _misses(u, sight, iy, ix, k0) else none
    c1 = c1 if _misses(u, sight, iy, ix, k1) else none
    c2 = c2 if _misses(u, sight, iy, ix + 1, k0) else none
    c3 = c3 if _misses(u, sight, iy, ix + 1, k1) else none
    c4 = c4 if _misses(u, sight, iy + 1, ix, k0) else none
    c5 = c5 if _misses(u, sight, iy + 1, ix, k1) else none
    c6 = c6 if _misses(u, sight, iy + 1, ix + 1, k0) else none
    c7 = c7 if _misses(u, sight, iy + 1, ix + 1, k1) else none
    total = 65025.0 * (c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7)
    if total < 0.7:
        return False
    z = np.float32(1.0 / total)
    _blend(
        u, iy, ix, k0, k1,
        (c0 * z, c1 * z, c2 * z, c3 * z, c4 * z, c5 * z, c6 * z, c7 * z), out,
    )  # fmt: skip
    return True


@njit(cache=True, forceinline=True)
def _at(values, p, beyond):
    """Values of a field between its knots: 0 at 0, the last one beyond all others."""
    if beyond <= 0.0:
        return 0.0
    beyond += _LATE * p.cell
    knots = p.knots
    if beyond >= knots[KNOTS - 1]:
        return float(values[KNOTS - 1])
    k = 0 if beyond < knots[KNOTS // 2] else KNOTS // 2
    while knots[k] < beyond:
        k += 1
    low, v0 = 0.0, np.float32(0.0)
    if k > 0:
        low, v0 = knots[k - 1], values[k - 1]
    return v0 + (values[k] - v0) * (beyond - low) / (knots[k] - low)


@njit(cache=True, forceinline=True)
def _from_passing(
    values, begin, near, v, sigma_v, lam, here, p, horizons, got
):  # fmt: skip
    """Chance to turn and then enter within each horizon, from u1 read at a place.

    The field is solved at one speed: a slower flight turns, and ends, more often on
    its way. here  ends per metre about the place
    """
    slow = v / p.speed
    same = abs(slow - 1.0) < 0.01
    for g in range(len(horizons)):
        length = 1.5 / lam
        if horizons[g] == math.inf:
            now = float(values[KNOTS - 1])
        else:
            s = horizons[g] * v - near - begin
            spread = sigma_v * horizons[g] * v
            if s + spread <= 0.0:
                got[g] = 0.0
                continue
            now = 0.5 * (_at(values, p, s - spread) + _at(values, p, s + spread))
            length = min(length, 0.7 * max(s, 0.0))
        x = lam * length
        if not same and now > 1e-6 and x > 1e-6:
            now *= math.expm1(-x) / math.expm1(-x * slow)
            # exp of what is small.
            z = -here * (1.0 - slow) * 0.5 * length
            now *= 1.0 + z * (1.0 + 0.5 * z)
        got[g] = now


@njit(cache=True, forceinline=True)
def _rate(x, y, ground, out_m, down_m):
    if down_m <= 0.0:
        return out_m
    ny, nx = ground.neighbour.shape
    iy, ix = cell_1(x, y, ground.x0, ground.y0, ground.cell, ny, nx)
    k = ground.neighbour[iy, ix]
    if k >= 0 and k < len(ground.defended):
        return out_m + down_m * ground.defended[k]
    return out_m


@njit(cache=True, forceinline=True)
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
                # The speed's spread, by two speeds.
                s, spread = horizons[q] * v - begin - at - near, 0.0
                if horizons[q] < math.inf:
                    spread = sigma_v * horizons[q] * v
                now = _at(values, p, s - spread) + _at(values, p, s + spread)
                got[q] += 0.5 * part * now
            r += step
            alive *= stay


@njit(cache=True, forceinline=True)
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
    start,
    known,
    style,
    params,
    which,
    passages,
    ground,
    sight,
    odds,
    horizons,
    back,
    out,
    via,
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
    times, cdf, dense = np.empty(n_g + 9), np.empty(n_g + 9), np.empty(4)
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
                            now = _at(values, p, horizons[g] * v - d0)
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
                    sight, out_m, down_m, sigma_v, node, stack, leaf,
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
                    if not hit and _passing(p, sight, px, py, course, values):
                        near = d0
                        if begin > 0.0:
                            near = signed_1(
                                px, py, ground.x0, ground.y0, ground.cell,
                                ground.signed,
                            )  # fmt: skip
                        here = _rate(px, py, ground, out_m, down_m)
                        _from_passing(
                            values, begin, near, v, sigma_v, lam, here, p, horizons, got
                        )  # fmt: skip
                    else:
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
        amount(
            n_e, entry, u1, soon, told, place, odds, horizons, back, end_in, ground,
            times, cdf, dense, i, out, via,
        )  # fmt: skip
