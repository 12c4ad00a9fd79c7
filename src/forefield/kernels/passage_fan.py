"""The straight flights of a track: a fan of rays over what its course may be.

The error of a course is Gaussian; a turn seen in progress goes on for an exponential
time, on its circle. Each ray is traced to the border through the field of signed
distance; where neighbouring rays disagree, rays are put between them, so that the
edges of the border as seen from the track are found to a fraction of the spread.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from forefield.kernels.first_passage import cell_1, signed_1
from forefield.kernels.sight import sight_1

__all__ = ["LEAF", "LEAVES", "Ground", "below_1", "fan", "trace_1"]

_TWO_PI = 2.0 * math.pi
_FAR_M = 1.0e6

#: Most pieces of a fan.
LEAVES = 192
#: Columns of a piece: course error [rad], weight, distance to the border [m] (inf: no
#: meeting) and by how much it differs within the piece, place of entry, exponent of
#: the ends on the way.
LEAF = 7
_NODES = 40
#: A course less uncertain is a fan of three rays, if they meet the border alike; less
#: than `_PLAIN`, of five [rad].
_NARROW, _PLAIN = 0.03, 0.08
_ROOT3 = math.sqrt(3.0)
_THREE = np.array([1.0, 4.0, 1.0]) / 6.0
_ORDER = np.array([2, 0, 4, 1, 3])
_FIVE = np.array([0.019111, 0.219413, 0.522952, 0.219413, 0.019111])


class Ground(NamedTuple):
    """The border on its grid, and who downs what flies over him."""

    x0: float
    y0: float
    cell: float
    signed: np.ndarray  # (ny, nx) float32
    neighbour: np.ndarray  # (ny, nx) int8
    chainage: np.ndarray  # (ny, nx) float32
    length: float
    defended: np.ndarray  # (K,) float64


_STEPS = 800
_NORMAL = np.array(
    [0.5 * math.erfc(-math.sqrt(0.5) * (k / _STEPS - 5.0)) for k in range(10 * _STEPS)]
    + [1.0, 1.0]
)


@njit(cache=True, forceinline=True)
def below_1(z):
    """Standard normal distribution function; exactly 0 and 1 beyond five sigmas.

    Linear between 8,000 points: off by 5e-8 at most.
    """
    if z >= 5.0:
        return 1.0
    if z <= -5.0:
        return 0.0
    f = (z + 5.0) * _STEPS
    k = int(f)
    return _NORMAL[k] + (f - k) * (_NORMAL[k + 1] - _NORMAL[k])


@njit(cache=True, forceinline=True)
def _course_cdf(a, sigma, beta):
    # A Gaussian error plus an exponential turn of mean beta >= 0.
    p = below_1(a / sigma)
    if beta > 0.02 * sigma:
        e = 0.5 * (sigma / beta) ** 2 - a / beta
        if e < 40.0:
            p -= math.exp(e) * below_1(a / sigma - sigma / beta)
    return min(max(p, 0.0), 1.0)


@njit(cache=True, forceinline=True)
def trace_1(x, y, course, begin, fix, reach, ground, out_m, down_m, ray):
    """Follow a ray to the border.

    begin   metres that are free of it, if they lead outside
    fix     correction of the field at the start, which fades over three cells [m]
    out_m   ends per metre; down_m more of them over a defended neighbour
    ray     out, (4,): metres to the border (inf: none within reach), place, and where
            there is one the exponent of ends on the way
    """
    x0, y0, cell = ground.x0, ground.y0, ground.cell
    field = ground.signed
    ny, nx = field.shape
    sa, ca = math.sin(course), math.cos(course)
    # In cells: a division a step is half of what a step costs.
    fx, fy, gx, gy = (x - x0) / cell, (y - y0) / cell, sa / cell, ca / cell
    least = 0.5 * cell
    r, d = begin, 0.0
    if begin > 3.0 * cell:
        d = signed_1(x + r * sa, y + r * ca, x0, y0, cell, field)
    if d <= 0.0:
        r, d = 0.0, signed_1(x, y, x0, y0, cell, field) + fix
    while d > 0.0:
        if r >= reach or d >= _FAR_M:
            ray[0], ray[1], ray[2], ray[3] = math.inf, x, y, 0.0
            return
        h = max(0.9 * d, least)
        px, py = fx + (r + h) * gx, fy + (r + h) * gy
        if 0.0 <= px < nx - 1.0 and 0.0 <= py < ny - 1.0:
            ix, iy = int(px), int(py)
            u, v = px - ix, py - iy
            d1 = (1.0 - v) * ((1.0 - u) * field[iy, ix] + u * field[iy, ix + 1]) + v * (
                (1.0 - u) * field[iy + 1, ix] + u * field[iy + 1, ix + 1]
            )
        else:
            d1 = signed_1(x + (r + h) * sa, y + (r + h) * ca, x0, y0, cell, field)
        if fix != 0.0:
            d1 += fix * max(0.0, 1.0 - (r + h) / (3.0 * cell))
        if d1 <= 0.0:
            h *= d / (d - d1)
        r += h
        d = d1
    ray[0], ray[1], ray[2] = r, x + r * sa, y + r * ca
    ray[3] = r * out_m
    if down_m > 0.0:
        ray[3] += r * down_m * _shot(x, y, sa, ca, r, ground)


_SAMPLES = 16


@njit(cache=True, forceinline=True)
def _shot(x, y, sa, ca, r, ground):
    # Share of a way that lies over who shoots, from points along it.
    ny, nx = ground.signed.shape
    total = 0.0
    for k in range(_SAMPLES):
        a = r * (k + 0.5) / _SAMPLES
        iy, ix = cell_1(
            x + a * sa, y + a * ca, ground.x0, ground.y0, ground.cell, ny, nx
        )
        n = ground.neighbour[iy, ix]
        if n >= 0 and n < len(ground.defended):
            total += ground.defended[n]
    return total / _SAMPLES


@njit(cache=True, forceinline=True)
def _ray(
    a, x, y, mu, way, lateral, radius, fix, reach, ground, sight, out_m, down_m, ray
):  # fmt: skip
    # The ray of course error a > 0 towards `way`. A turn in progress is flown on its
    # circle first; an error of the place stands beside that of the course.
    course = mu + way * a
    flown = 0.0
    if radius > 0.0 and a > 0.0:
        sm, cm = math.sin(mu), math.cos(mu)
        on, off = radius * math.sin(a), way * radius * (1.0 - math.cos(a))
        x, y = x + on * sm + off * cm, y + on * cm - off * sm
        flown = radius * a
        fix = 0.0
    elif lateral != 0.0:
        x += way * a * lateral * math.cos(mu)
        y -= way * a * lateral * math.sin(mu)
    seen = sight_1(x, y, course, sight, ray)
    if seen == 1 and ray[0] < reach:
        ray[3] = ray[0] * out_m + ray[3] * down_m
    elif seen >= 0:
        ray[0], ray[1], ray[2], ray[3] = math.inf, x, y, 0.0
    else:
        trace_1(x, y, course, ray[0], fix, reach, ground, out_m, down_m, ray)
    ray[0] += flown
    ray[3] += flown * out_m


@njit(cache=True, forceinline=True)
def _plain_fan(
    x, y, mu, sigma, mean, way, lateral, fix, reach, ground, sight, out_m, down_m,
    sigma_v, node, leaf,
):  # fmt: skip
    """The fan of a course known well, where all of its rays see the same.

    Five rays over 2.6 sigmas either way, or three. All go by: one piece. All meet the
    border at distances that change little beside the speed's spread: the rays of a
    quadrature that gives the first moments of a Gaussian, 1, sigma**2 and 3 sigma**4.
    Else 0.
    """
    hits = 0
    for turn in range(5):
        k = _ORDER[turn]
        if turn == 3 and sigma < _NARROW:
            n = 0
            if hits > 0:
                n = _three(mean, sigma, sigma_v, ground.cell, node, leaf)
            if n > 0:
                return n
        a = mean + sigma * 1.3 * (k - 2)
        ray = node[k, 1:]
        _ray(
            a, x, y, mu, way, lateral, 0.0, fix, reach, ground, sight, out_m, down_m,
            ray,
        )  # fmt: skip
        node[k, 0] = a
        hits += int(ray[0] < math.inf)
        if hits != 0 and hits != turn + 1:
            return 0
    if hits == 0:
        leaf[0, 0], leaf[0, 1], leaf[0, 2], leaf[0, 3] = mean, 1.0, math.inf, 0.0
        leaf[0, 4], leaf[0, 5], leaf[0, 6] = x, y, 0.0
        return 1
    for k in range(1, 5):
        d0, d1 = node[k - 1, 1], node[k, 1]
        if abs(d1 - d0) > 0.5 * ground.cell + 2.0 * sigma_v * min(d0, d1):
            return 0
    for k in range(5):
        e = leaf[k]
        e[0], e[1], e[2] = node[k, 0], _FIVE[k], node[k, 1]
        e[4], e[5], e[6] = node[k, 2], node[k, 3], node[k, 4]
        low, high = node[max(k - 1, 0), 1], node[min(k + 1, 4), 1]
        e[3] = 0.25 * abs(high - low)
    return 5


@njit(cache=True, forceinline=True)
def _three(mean, sigma, sigma_v, cell, node, leaf):
    # Gauss-Hermite's three, between the rays 0, 2 and 4 by a parabola, where distances
    # change evenly and by little beside the speed's spread.
    d0, d1, d2 = node[0, 1], node[2, 1], node[4, 1]
    most = 0.5 * cell + 2.0 * sigma_v * min(d0, d2)
    if max(abs(d1 - d0), abs(d2 - d1)) > most:
        return 0
    if abs(d0 + d2 - 2.0 * d1) > 0.2 * cell + 0.5 * sigma_v * d1:
        return 0
    for k in range(3):
        z = (k - 1) * _ROOT3 / 2.6
        e = leaf[k]
        e[0], e[1], e[3] = mean + sigma * 2.6 * z, _THREE[k], 0.0
        c0, c1, c2 = 0.5 * z * (z - 1.0), 1.0 - z * z, 0.5 * z * (z + 1.0)
        e[2] = c0 * d0 + c1 * d1 + c2 * d2
        for q in range(2, 5):
            e[q + 2] = c0 * node[0, q] + c1 * node[2, q] + c2 * node[4, q]
    return 3


@njit(cache=True)
def fan(
    x, y, mu, sigma, beta, way, s_pos, radius, fix, near_m, reach, ground, sight,
    out_m, down_m, sigma_v, node, stack, leaf,
):  # fmt: skip
    """Pieces of the fan of a track at x, y on course mu; returns how many.

    sigma    spread of the course [rad]; 0: any course at all
    beta     mean of what is left of a turn in progress, towards `way` (+1: right)
    s_pos    spread of the place [m]; near_m distance to the border
    radius   of the turn in progress; sigma_v relative spread of the speed
    node     (41, 5) and stack (64, 11) scratch; leaf (LEAVES, LEAF) out, by course
    """
    if sigma <= 0.0:
        lo, hi, many = 0.0, _TWO_PI, 36
    elif sigma > 0.9:
        lo, hi, many = -math.pi, math.pi, 36
    else:
        lo = -2.6 * sigma
        hi = 2.6 * sigma + (3.5 * beta if beta > 0.02 * sigma else 0.0)
        hi = min(hi, lo + _TWO_PI)
        many = 6 + int(min((hi - lo) / 0.2, 24.0))
    lateral = 0.0
    if sigma > 0.0 and s_pos > 0.0:
        # As wide where it meets the border as both errors together.
        lateral = math.hypot(s_pos / sigma, near_m) - near_m
    if 0.0 < sigma < _PLAIN and beta < 0.25 * sigma:
        n = _plain_fan(
            x, y, mu, math.hypot(sigma, beta), beta, way, lateral, fix, reach, ground,
            sight, out_m, down_m, sigma_v, node, leaf,
        )  # fmt: skip
        if n > 0:
            return n
    if beta <= 0.02 * sigma:
        radius = 0.0
    ray = node[_NODES, :4]
    for k in range(many + 1):
        a = lo + (hi - lo) * k / many
        _ray(
            a, x, y, mu, way, lateral, radius, fix, reach, ground, sight, out_m, down_m,
            ray,
        )  # fmt: skip
        node[k, 0] = a
        for q in range(4):
            node[k, 1 + q] = ray[q]
    n = 0
    last = 0.0
    for k in range(many):
        mass = 1.0 / many
        if sigma > 0.0:
            top = 1.0
            if k < many - 1:
                top = _course_cdf(node[k + 1, 0], sigma, beta)
            mass, last = top - last, top
        if mass < 1e-5:
            continue
        depth = 1
        for q in range(5):
            stack[0, q], stack[0, 5 + q] = node[k, q], node[k + 1, q]
        stack[0, 10] = mass
        while depth > 0:
            t = stack[depth - 1]
            d0, d1, part = t[1], t[6], t[10]
            hits = int(d0 < math.inf) + int(d1 < math.inf)
            split = hits == 1 and part > 0.012
            if hits == 2:
                split = part > 0.03 and abs(d0 - d1) > 1e3 + 0.15 * min(d0, d1)
            if split and depth < 60:
                am = 0.5 * (t[0] + t[5])
                _ray(
                    am, x, y, mu, way, lateral, radius, fix, reach, ground, sight,
                    out_m, down_m, ray,
                )  # fmt: skip
                # The left half is taken first: pieces stay in order of course.
                share = 0.5
                if sigma > 0.0 and sigma <= 0.9:
                    p0 = _course_cdf(t[0], sigma, beta) if k > 0 or t[0] > lo else 0.0
                    p1 = _course_cdf(t[5], sigma, beta)
                    if p1 > p0:
                        share = (_course_cdf(am, sigma, beta) - p0) / (p1 - p0)
                    share = min(max(share, 0.0), 1.0)
                u = stack[depth]
                for q in range(5):
                    u[q] = t[q]
                u[5] = am
                t[0] = am
                for q in range(4):
                    u[6 + q], t[1 + q] = ray[q], ray[q]
                u[10], t[10] = part * share, part * (1.0 - share)
                depth += 1
                continue
            depth -= 1
            if n > LEAVES - 2:
                continue
            if hits == 1:
                # The edge lies between: half of the piece enters.
                for q in range(2):
                    e = leaf[n + q]
                    e[0] = t[5 * q] + (0.5 - q) * 0.5 * (t[5] - t[0])
                    e[1], e[2], e[3] = 0.5 * part, t[5 * q + 1], 0.0
                    e[4], e[5], e[6] = t[5 * q + 2], t[5 * q + 3], t[5 * q + 4]
                n += 2
                continue
            e = leaf[n]
            e[0], e[1] = 0.5 * (t[0] + t[5]), part
            e[2] = 0.5 * (d0 + d1)
            e[3] = abs(d0 - d1) if hits == 2 else 0.0
            e[4], e[5] = 0.5 * (t[2] + t[7]), 0.5 * (t[3] + t[8])
            e[6] = 0.5 * (t[4] + t[9])
            n += 1
    return n
