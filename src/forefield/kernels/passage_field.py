"""First passage of a turning flight as a field, solved backwards.

A flight goes straight for an exponential distance, turns by a Laplace-distributed
angle, and ends at a rate per metre that depends on where it is. Let u(x, c, s) be
the probability that it enters the territory within s metres of flight from place x
on course c, and w = K u its mean over the turn: the value of a flight that turns
now. Split by whether it turns before it enters,

    u = u0 + u1,
    u1(x, c, s) = int_0^min(D, s) lam exp(-lam r) S(r) w(x + r c, c, s - r) dr

where D is the distance to the border along the course and S the chance to be alive
there. u0 is a matter of geometry and jumps from 0 to 1 beside the border's edges as
seen from x; it is exact here for three rays to a course, traced through the field
of signed distance. u1 is carried by semi-Lagrangian steps along s (Staniforth and
Cote 1991); over a step the source is linear and its decay exact. What is kept is w:
it is smooth in everything, and u1 along any course follows from it by a short
integral (`passage_reading`).

Everything is per metre flown, so that one field serves all speeds of a class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from forefield.kernels.first_passage import cell_1, signed_1

__all__ = [
    "RAYS",
    "advance",
    "courses_of_turn",
    "encode",
    "first_meetings",
    "keep_beyond",
    "march",
    "mean_over_turns",
    "spread",
    "steps_to",
]

#: Rays traced for each course of the field.
RAYS = 3

_FAR_M = 1.0e6
#: What is less is nothing: numbers near the least of float32 are slow.
_LEAST = np.float32(1e-9)


def courses_of_turn(scale_rad: float, courses: int, rays: int) -> np.ndarray:
    """(courses, rays) chance that a turn from a course ends in the sector of a ray.

    Laplace angle, cut at half a circle either way as particles do; ray j points to
    j / rays of a circle and stands for the sector around it.
    """
    width = 2.0 * math.pi / rays
    at = (np.arange(rays) - rays // 2) * width
    edges = np.clip(np.append(at - 0.5 * width, at[-1] + 0.5 * width), -np.pi, np.pi)
    cdf = np.where(
        edges < 0.0,
        0.5 * np.exp(np.minimum(edges, 0.0) / scale_rad),
        1.0 - 0.5 * np.exp(-np.maximum(edges, 0.0) / scale_rad),
    )
    mass = np.diff(cdf)
    beyond = math.exp(-math.pi / scale_rad)
    if rays % 2 == 0:  # the sector opposite is cut in two, at both ends
        mass[0] += cdf[0] + (1.0 - cdf[-1])
    else:
        mass[0] += 0.5 * beyond
        mass[-1] += 0.5 * beyond
    mass = np.roll(mass, -(rays // 2))
    step = rays // courses
    return np.stack([np.roll(mass, step * k) for k in range(courses)])


@njit(cache=True)
def first_meetings(
    x_m, y_m, todo, rays, x0, y0, cell, field, kill, reach_m, meet, alive
):
    """Distance to the territory along fans of rays, and the chance to live to it.

    x_m, y_m  (n,) places; `todo` (n,) which of them lie outside
    field     (ny, nx) signed distance; kill (ny, nx) ends per metre of flight
    meet      (rays, n) float32 metres, inf where there is none within `reach_m`
    alive     (rays, n) float32 chance that neither a turn nor ... ends come first
    """
    ny, nx = field.shape
    for j in range(rays):
        a = 2.0 * math.pi * j / rays
        sa, ca = math.sin(a), math.cos(a)
        for i in range(len(x_m)):
            meet[j, i], alive[j, i] = math.inf, 0.0
            if not todo[i]:
                continue
            r, lost = 0.0, 0.0
            x, y = x_m[i], y_m[i]
            d = signed_1(x, y, x0, y0, cell, field)
            while r < reach_m and d < _FAR_M:
                if d <= 0.0:
                    meet[j, i], alive[j, i] = r, math.exp(-lost)
                    break
                iy, ix = cell_1(x, y, x0, y0, cell, ny, nx)
                h = max(0.9 * d, 0.5 * cell)
                x1, y1 = x_m[i] + (r + h) * sa, y_m[i] + (r + h) * ca
                d1 = signed_1(x1, y1, x0, y0, cell, field)
                part = 1.0 if d1 > 0.0 else d / (d - d1)
                lost += kill[iy, ix] * h * part
                r += h * part
                if d1 <= 0.0:
                    meet[j, i], alive[j, i] = r, math.exp(-lost)
                    break
                x, y, d = x1, y1, d1


_BLOCK = 1024


@njit(cache=True)
def spread(table, meet, weight, after, s, out):
    """Add table @ (weight where after < meet <= s) to `out`, place by place.

    table (C, R), meet and weight (R, n), out (C, n), float32. A march asks for those
    rays alone that meet within its step: most are counted, in whole lanes, and passed
    over. Written out because the threads of a BLAS cost more than they bring.
    """
    n_c, n_r = table.shape
    n = out.shape[1]
    held = np.empty(_BLOCK, dtype=np.float32)
    which = np.empty(_BLOCK, dtype=np.int64)
    for a in range(0, n, _BLOCK):
        b = min(a + _BLOCK, n)
        for j in range(n_r):
            row = meet[j, a:b]
            met = np.int32(0)
            for i in range(b - a):
                met += np.int32(after < row[i]) & np.int32(row[i] <= s)
            if met == 0:
                continue
            m = 0
            for i in range(b - a):
                if after < row[i] <= s and weight[j, a + i] > _LEAST:
                    which[m], held[m] = i, weight[j, a + i]
                    m += 1
            for k in range(n_c):
                t = table[k, j]
                to = out[k, a:b]
                for q in range(m):
                    to[which[q]] += t * held[q]


@njit(cache=True)
def mean_over_turns(own, first, ratio, opposite, u, out):
    """The mean of u over a turn whose chances fall off evenly either way.

    own, opposite  chance to go on, and to turn about
    first, ratio   chance of one sector, and of each further one as a share of the last
    u, out         (C, n) float32, C even

    Sums run round the circle: what one sector further sees is what this one sees, less
    at one end and more at the other.
    """
    n_c, n = u.shape
    far = n_c // 2 - 1
    lost = np.float32(ratio**far)
    own, first, ratio = np.float32(own), np.float32(first), np.float32(ratio)
    opposite = np.float32(opposite)
    held = np.empty(_BLOCK, dtype=np.float32)
    for a in range(0, n, _BLOCK):
        b = min(a + _BLOCK, n)
        for way in (-1, 1):
            # Sum over the sectors beyond the first course, the farthest first.
            held[:] = 0.0
            for k in range(far, 0, -1):
                row = u[(-way * k) % n_c, a:b]
                for i in range(b - a):
                    held[i] = held[i] * ratio + row[i]
            for j in range(n_c):
                c = way * j % n_c
                here, behind = u[c, a:b], u[(c + n_c // 2) % n_c, a:b]
                to, last = out[c, a:b], u[(c - way * far) % n_c, a:b]
                if way < 0:
                    for i in range(b - a):
                        to[i] = own * here[i] + opposite * behind[i] + first * held[i]
                else:
                    for i in range(b - a):
                        to[i] += first * held[i]
                for i in range(b - a):
                    held[i] = held[i] * ratio + here[i] - lost * last[i]


@njit(cache=True)
def _outlook(direct, extra, turned, turned_before, go, out):
    # w: straight flights, turns whose outcome is known, and turns as they go on.
    for k in range(out.shape[0]):
        for i in range(out.shape[1]):
            t = turned[k, i]
            out[k, i] = direct[k, i] + extra[i] + t + go * (t - turned_before[k, i])


@njit(cache=True)
def _lay_ghosts(ghost, source, leads_in, u, w):
    # Places just inside continue the outside: u1 is 0 where the course leads in.
    for k in range(u.shape[0]):
        for g in range(len(ghost)):
            u[k, ghost[g]] = np.float32(0.0) if leads_in[k, g] else u[k, source[g]]
            w[k, ghost[g]] = w[k, source[g]]


@njit(cache=True)
def advance(
    u, w0, w1, meet, todo, keep, near, far, ny, nx, cell, lam, h, q, out
):  # fmt: skip
    """One step of h metres: u1 at s + h from u1 at s, for every course and place.

    u, w0, w1  (C, ny * nx) float32: u1 at s, w at s and at s + h
    meet       (C, ny * nx) distance to the border along the course; todo (ny * nx,)
    keep       (ny * nx,) chance of neither turning nor ending within h; near, far
               (ny * nx,) weight of w at the step's start, and of w at its end / keep
    q          (ny, nx) scratch; out like u
    """
    n_c = u.shape[0]
    lam32 = np.float32(lam)
    for k in range(n_c):
        a = 2.0 * math.pi * k / n_c
        fx, fy = h * math.sin(a) / cell, h * math.cos(a) / cell
        jx, jy = math.floor(fx), math.floor(fy)
        bx, by = np.float32(fx - jx), np.float32(fy - jy)
        one = np.float32(1.0)
        c00, c01 = (one - by) * (one - bx), (one - by) * bx
        c10, c11 = by * (one - bx), by * bx
        for iy in range(ny):
            for ix in range(nx):
                i = iy * nx + ix
                q[iy, ix] = u[k, i] + far[i] * w0[k, i]
        for iy in range(ny):
            ya = min(max(iy + jy, 0), ny - 1)
            yb = min(max(iy + jy + 1, 0), ny - 1)
            for ix in range(nx):
                i = iy * nx + ix
                if not todo[i]:
                    continue
                m = meet[k, i]
                if m < h:
                    turns = one - math.exp(-lam32 * m)
                    now = np.float32(0.5) * turns * (w0[k, i] + w1[k, i])
                    out[k, i] = now if now > _LEAST else np.float32(0.0)
                    continue
                xa = min(max(ix + jx, 0), nx - 1)
                xb = min(max(ix + jx + 1, 0), nx - 1)
                there = c00 * q[ya, xa] + c01 * q[ya, xb]
                there += c10 * q[yb, xa] + c11 * q[yb, xb]
                now = keep[i] * there + near[i] * w1[k, i]
                out[k, i] = now if now > _LEAST else np.float32(0.0)


@njit(cache=True)
def encode(w, out):
    """Probabilities to bytes, by their root: fine steps where they are small."""
    for k in range(w.shape[0]):
        for i in range(w.shape[1]):
            p = min(max(w[k, i], np.float32(0.0)), np.float32(1.0))
            out[k, i] = np.uint8(math.sqrt(p) * 255.0 + 0.5)


@njit(cache=True)
def keep_beyond(places, source, ghost, part, whole, meet, lead_m, one, two, out):
    """Encode a field between two steps: one + (two - one) * share, at some places.

    places     (m,) the places asked for
    source     (n,) whose values a place takes: its own, or of the nearest outside
    ghost      (n,) places inside, which have no course that leads in: 0 there
    part       (m,) share of the step for courses that meet the border, whole for others
    meet       (C, n) distance along the course; lead_m what leads in from a ghost
    one, two   (C, n) float32 at the step's start and end; out (C, n) uint8
    """
    none = np.float32(0.0)
    for k in range(one.shape[0]):
        for q in range(len(places)):
            i = places[q]
            j = source[i]
            d = meet[k, j]
            if ghost[i] and d < lead_m:
                out[k, i] = 0
                continue
            f = part[q] if d < np.inf else whole[q]
            v = one[k, j] + (two[k, j] - one[k, j]) * f
            v = min(max(v, none), np.float32(1.0))
            out[k, i] = np.uint8(math.sqrt(v) * np.float32(255.0) + np.float32(0.5))


def steps_to(knots_m: np.ndarray, cell_m: float, longest_m: float) -> list[float]:
    """Steps from 0 that come by every knot: short at first, then longer.

    Beyond the last knot but one, where little changes, twice `longest_m`.
    """
    steps: list[float] = []
    s = 0.0
    for k, knot in enumerate(knots_m):
        most = 2.0 * longest_m if 0 < k == len(knots_m) - 1 else longest_m
        while s < knot - 1e-6:
            h = min(max(0.2 * s, 0.5 * cell_m), most)
            # Even steps to the knot where few are left.
            h = (knot - s) / max(1, math.ceil((knot - s) / h - 0.3))
            steps.append(h)
            s += h
    return steps


def march(
    meet: Any, weight: Any, lam: float, kill: Any, turn_rays: Any, turn: Any, todo: Any,
    ghosts: tuple[Any, Any], shape: tuple[int, int], cell_m: float, knots_m: Any,
    longest_m: float, emit: Callable[[int, Any, Any], None], settle: float = 0.0,
    extra: Any = None, each: Callable[..., None] | None = None,
) -> None:  # fmt: skip
    """March u1 outwards in s and hand w and u1 to `emit(k, w, u1)` at each knot.

    meet, weight  (RAYS * C, n) of `first_meetings`, n = ny * nx; `weight` is what a
                  straight flight is worth that gets there: its chance to live, times
                  whatever is asked of the place where it enters
    lam           turns per metre; kill (n,) ends per metre
    turn_rays     (C, RAYS * C) and turn (C, C), C even, of `courses_of_turn`
    todo          (n,) outside; ghosts (places inside, nearest places outside)
    knots_m       rising; the last stands for all that follows
    longest_m     longest step
    settle        stop short of the last knot when nothing changes by more
    extra         (n,) added to w everywhere: turns whose outcome is known
    each          called after every step with s and s + h, and u1 and w at both
    """
    ny, nx = shape
    n_c, n = len(turn), ny * nx
    f32 = np.float32
    turn_rays = turn_rays.astype(f32)
    own = np.ascontiguousarray(meet[:: meet.shape[0] // n_c])
    ghost, source = ghosts
    leads_in = own[:, source] < 3.0 * cell_m
    u, new = np.zeros((n_c, n), f32), np.zeros((n_c, n), f32)
    w, before = np.zeros((n_c, n), f32), np.zeros((n_c, n), f32)
    turned, turned_before = np.zeros((n_c, n), f32), np.zeros((n_c, n), f32)
    ahead, direct = np.zeros((n_c, n), f32), np.zeros((n_c, n), f32)
    scratch = np.zeros((ny, nx), f32)
    known = np.zeros(n, f32) if extra is None else extra.astype(f32)
    evenly = turn[0, 0], turn[0, 1], turn[0, 2] / turn[0, 1], turn[0, n_c // 2]
    s, h_before, knot = 0.0, 0.0, 0
    for h in steps_to(knots_m, cell_m, longest_m):
        end = lam + kill
        keep = np.exp(-end * h)
        # Integrals of lam exp(-end r) over the step, times 1 - r / h and r / h.
        all_in = lam * (1.0 - keep) / end
        at_start = lam / end - all_in / (end * h)
        near, far = at_start.astype(f32), ((all_in - at_start) / keep).astype(f32)
        keep = keep.astype(f32)
        # w at s + h: what straight flights make of it is known (`direct`, to which
        # those are added that meet the border within the step), the rest goes on as
        # it went.
        spread(turn_rays, meet, weight, f32(s if s > 0.0 else -1.0), f32(s + h), direct)
        go = f32(h / h_before) if h_before > 0.0 else f32(0.0)
        _outlook(direct, known, turned, turned_before, go, ahead)
        _lay_ghosts(ghost, source, leads_in, u, w)
        _lay_ghosts(ghost, source, leads_in, new, ahead)
        advance(
            u,
            w,
            ahead,
            own,
            todo,
            keep,
            near,
            far,
            ny,
            nx,
            cell_m,
            lam,
            h,
            scratch,
            new,
        )
        u, new = new, u
        turned, turned_before = turned_before, turned
        mean_over_turns(*evenly, u, turned)
        before, w = w, before
        _outlook(direct, known, turned, turned, f32(0.0), w)
        if each is not None:
            each(s, s + h, (new, u), (before, w))
        s, h_before = s + h, h
        while knot < len(knots_m) and s >= knots_m[knot] - 1e-6:
            _lay_ghosts(ghost, source, leads_in, u, w)
            emit(knot, w, u)
            knot += 1
        late = knot == len(knots_m) - 1 and settle > 0.0
        if late and float(np.abs(turned - turned_before).max()) < settle:
            _lay_ghosts(ghost, source, leads_in, u, w)
            emit(knot, w, u)
            break
