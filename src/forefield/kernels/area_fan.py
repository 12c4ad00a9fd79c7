"""A fan of likely paths over a map of districts: whom a track may reach, and when.

The flights are those of `first_passage.walk` (legs, turns, a turn in progress, ends,
turning back), summed up instead of drawn. Every track flies the same small set of
paths, a row of an R-sequence each (Roberts 2018); whether a flight has ended is no draw
but a factor that decays along the path. So two things differ from particles: the answer
has no noise from one moment to the next, and a thousand tracks take a tenth of a
second.

Paths come from a library: where a flight of unit speed is after each time, when it
starts at the origin, northward. Turns take time, not way, so one library serves every
speed.

A path is not followed step by step. The map says how many cells may be crossed before
anything can change (Hart's sphere tracing, 1996, in the chessboard metric); only near a
seam is the path read every two kilometres.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = [
    "BINS",
    "DIMENSIONS",
    "STRIDES",
    "fan",
    "path_library",
    "pooled_quantiles",
]

#: Columns of a row of nodes: course, velocity east and north, speed, place x and y,
#: class, time and angle of the first turn, going on turning, turning back (2), and
#: the angle of a turn while unseen (2).
DIMENSIONS = 14

#: Parts of the longest horizon in which arrivals are counted, for their quantiles; the
#: first is "it is there already".
BINS = 46

#: A cell of the map is its region times this, and the cells that may be crossed.
STRIDES = 256

_TWO_PI = 2.0 * math.pi
_MIN_SPEED = 0.1
_STEP_M = 2_000.0
_MOST_STAYS = 256


def path_library(params, nodes, draws, knot_s, n_knots):
    """Places of unit-speed flights after 0, knot_s, 2 knot_s … seconds.

    params  (C, 15) as in `first_passage`; nodes (P, DIMENSIONS) in (0, 1)
    draws   (P, M, 3) in (0, 1): lengths and angles of later turns, and of wander
    Returns (C, P, n_knots, 2) float32: metres across (to the right) and along.
    """
    n_c, n_p = len(params), len(nodes)
    out = np.zeros((n_c, n_p, n_knots, 2), dtype=np.float32)
    fine = 4
    dt = knot_s / fine
    for c in range(n_c):
        leg_s, scale, rate, sw, tau = params[c, :5]
        keep = math.exp(-knot_s / tau) if sw > 0.0 else 1.0
        for k in range(n_p):
            m = 0
            u_angle = nodes[k, 8]
            due = -leg_s * math.log(nodes[k, 7]) if leg_s < math.inf else math.inf
            course = rem = x = y = w = w0 = 0.0
            if sw > 0.0:
                w = w0 = sw * _normal(draws[k, 0, 2], draws[k, 1, 2])
            for j in range(1, n_knots):
                if sw > 0.0:
                    u, v = draws[k, (2 * j) % len(draws[k]), 2], draws[k, j % 97, 2]
                    w = w * keep + sw * math.sqrt(1.0 - keep * keep) * _normal(u, v)
                for _ in range(fine):
                    if rem != 0.0:
                        bend = math.copysign(min(rate * dt, abs(rem)), rem)
                        course += bend
                        rem -= bend
                    else:
                        due -= dt
                        if due <= 0.0:
                            q = 2.0 * u_angle - 1.0
                            rem = -math.copysign(scale, q)
                            rem *= math.log(max(1.0 - abs(q), 1e-12))
                            rem = min(max(rem, -math.pi), math.pi)
                            due = -leg_s * math.log(draws[k, m, 0])
                            u_angle = draws[k, m, 1]
                            m = (m + 1) % draws.shape[1]
                            if rate <= 0.0:
                                course, rem = course + rem, 0.0
                    x += dt * math.sin(course + w - w0)
                    y += dt * math.cos(course + w - w0)
                out[c, k, j, 0], out[c, k, j, 1] = x, y
    return out


def _normal(u, v):
    return math.sqrt(-2.0 * math.log(u)) * math.cos(_TWO_PI * v)


@njit(cache=True, error_model="numpy")
def _left(h):
    """exp(-h), to 0.1 % of 1 (Pade's approximant below h = 1)."""
    if h > 1.0:
        return math.exp(-h)
    q = h * h / 12.0
    return (1.0 - 0.5 * h + q) / (1.0 + 0.5 * h + q)


@njit(cache=True, error_model="numpy")
def _quantiles(counts, upto, width_s, out):
    """Quantiles 5, 50, 95 % of times counted in the first `upto` bins; NaN: none."""
    total = 0.0
    for b in range(upto):
        total += counts[b]
    if total <= 0.0:
        out[0] = out[1] = out[2] = math.nan
        return
    c, b = 0.0, 0
    for q in range(3):
        want = total * (0.05 if q == 0 else 0.5 if q == 1 else 0.95)
        while b < upto - 1 and c + counts[b] < want:
            c += counts[b]
            b += 1
        part = (want - c) / counts[b] if counts[b] > 0.0 else 0.0
        out[q] = width_s * (b - 1 + min(max(part, 0.0), 1.0)) if b > 0 else 0.0


@njit(cache=True, error_model="numpy")
def _cell(fx, fy, nx, ny):
    """Number of the nearest cell, held inside the map."""
    ix, iy = int(fx), int(fy)
    ix = 0 if ix < 0 else nx - 1 if ix >= nx else ix
    iy = 0 if iy < 0 else ny - 1 if iy >= ny else iy
    return iy * nx + ix


@njit(cache=True, error_model="numpy")
def _bins(horizons):
    width_s = horizons[-1] / (BINS - 1)
    upto = np.empty(len(horizons), np.int64)
    for a in range(len(horizons)):
        upto[a] = min(BINS, 1 + math.ceil(horizons[a] / width_s - 1e-9))
    return width_s, upto


@njit(cache=True, error_model="numpy")
def fan(
    start,
    known,
    classes,
    params,
    nodes,
    normals,
    library,
    knot_s,
    x0,
    y0,
    cell,
    cells,
    signed,
    near_m,
    region_district,
    region_inside,
    region_defended,
    horizons,
    odds,
    p_exist,
    floor,
    row,
    value,
    over_left,
    fall_left,
    pooled,
):
    """Chances of each district for N tracks, and combined over them.

    start     (N, 8): x, y [m]; vx, vy [m/s] in the plane; position and velocity sigma
              per axis; turn rate [rad/s, clockwise]; age of the evidence [s]
    known     (N,) bool: False takes course and speed from nothing but the class
    classes   (N, C) cumulative class probabilities; params (C, 15) `first_passage`
    nodes     (P, DIMENSIONS) in (0, 1); normals: their normal quantiles
    library   of `path_library`, a knot every knot_s
    cells     (ny, nx) int32: region x STRIDES + cells that may be crossed in any
              direction without leaving it; signed (ny, nx): distance field;
              near_m (ny, nx): distance of the nearest district
    region_*  (R,): district or -1; inside the guard; share of `downed_per_s`
    horizons  (H,) rising, finite; odds: weight of a path that ever enters, else 1
    row, value  (M, 3) int32 and (M, 5): out, rows of (track, district, horizon) with
              over, fall, arrival quantiles where over or fall reaches `floor`
    over_left, fall_left  (D, H): multiplied by the chance that this track does not
    pooled    (D, BINS): arrivals of all tracks are added

    Returns the number of rows, more than M if they did not fit (call again).
    """
    n_tracks, n_p, n_d = len(start), len(nodes), len(pooled)
    n_c, n_h = len(params), len(horizons)
    ny, nx = cells.shape
    n_knots = library.shape[2]
    longest = horizons[n_h - 1]
    width_s, upto = _bins(horizons)
    end_s = knot_s * (n_knots - 1)
    over, fall = np.zeros((n_d, n_h)), np.zeros((n_d, n_h))
    counts = np.zeros((n_d, BINS))
    touched = np.zeros(n_d, np.bool_)
    seen_by = np.full(n_d, -1, np.int64)
    # The stays of one path: district, time in and out, what is left of it then.
    ev_d = np.empty(_MOST_STAYS, np.int64)
    ev = np.empty((_MOST_STAYS, 5))
    ev_in = np.empty(_MOST_STAYS, np.bool_)
    ev_first = np.empty(_MOST_STAYS, np.bool_)
    sin_c, cos_c = np.empty((n_c, n_p)), np.empty((n_c, n_p))
    fast = np.empty((n_c, n_p))
    for c in range(n_c):
        for k in range(n_p):
            sin_c[c, k] = math.sin(params[c, 5] * normals[k, 0])
            cos_c[c, k] = math.cos(params[c, 5] * normals[k, 0])
            fast[c, k] = max(0.05, 1.0 + params[c, 6] * normals[k, 3])
    goes_on, comes_back = -np.log(nodes[:, 9]), -np.log(nodes[:, 10])
    fastest = fast.max()
    turned = np.empty(n_c)
    quant = np.empty(3)
    per_m = 1.0 / cell
    off_x, off_y = 0.5 - x0 * per_m, 0.5 - y0 * per_m
    per_knot = 1.0 / knot_s
    flat, near = cells.ravel(), near_m.ravel()
    reach_m = np.maximum(np.arange(STRIDES) * cell, _STEP_M)
    n_rows, stamp = 0, 0
    for i in range(n_tracks):
        total = 0.0
        s_pos, s_vel, age = start[i, 4], start[i, 5], start[i, 7]
        if known[i]:
            v = math.hypot(start[i, 2], start[i, 3]) + 4.0 * s_vel
            at = _cell(start[i, 0] * per_m + off_x, start[i, 1] * per_m + off_y, nx, ny)
            if near[at] > v * fastest * longest + 4.0 * s_pos + 4.0 * cell:
                continue  # no district is within its reach
        for c in range(n_c):
            turned[c] = math.exp(-age / params[c, 0]) if age > 0.0 else 1.0
        for k in range(n_p):
            stamp += 1
            c = 0
            while c < n_c - 1 and nodes[k, 6] > classes[i, c]:
                c += 1
            spread = params[c, 12]
            x, y = (
                start[i, 0] + s_pos * normals[k, 4],
                start[i, 1] + s_pos * normals[k, 5],
            )
            if known[i]:
                vx = start[i, 2] + s_vel * normals[k, 1]
                vy = start[i, 3] + s_vel * normals[k, 2]
                v = max(math.sqrt(vx * vx + vy * vy), 1e-9)
                vx, vy = vx / v, vy / v
                sin_a = vx * cos_c[c, k] + vy * sin_c[c, k]
                cos_a = vy * cos_c[c, k] - vx * sin_c[c, k]
                v *= fast[c, k]
            else:
                sin_a, cos_a = (
                    math.sin(_TWO_PI * nodes[k, 0]),
                    math.cos(_TWO_PI * nodes[k, 0]),
                )
                v = params[c, 13] + (params[c, 14] - params[c, 13]) * nodes[k, 3]
            v = max(v, _MIN_SPEED)
            per_v = 1.0 / v
            way = library[c, k]
            if nodes[k, 12] > turned[c]:
                # It turned since it was last seen.
                q = 2.0 * nodes[k, 13] - 1.0
                bend = -math.copysign(params[c, 1], q) * math.log(
                    max(1.0 - abs(q), 1e-12)
                )
                sin_b, cos_b = math.sin(bend), math.cos(bend)
                sin_a, cos_a = (
                    sin_a * cos_b + cos_a * sin_b,
                    cos_a * cos_b - sin_a * sin_b,
                )
            # A stretch begins at t_a in (x_a, y_a): an arc, then the library's path.
            t_a, x_a, y_a = 0.0, x, y
            arc, arc_s = start[i, 6], 0.0
            if known[i] and arc != 0.0 and params[c, 7] > 0.0:
                arc_s = min(params[c, 7] * goes_on[k], math.pi / abs(arc))
            x_b, y_b, sin_b, cos_b = x_a, y_a, sin_a, cos_a
            if arc_s * abs(arc) > 1e-3:
                sin_m, cos_m = math.sin(arc * arc_s), math.cos(arc * arc_s)
                sin_b = sin_a * cos_m + cos_a * sin_m
                cos_b = cos_a * cos_m - sin_a * sin_m
                x_b = x_a + v / arc * (cos_a - cos_b)
                y_b = y_a + v / arc * (sin_b - sin_a)
            else:
                arc_s = 0.0
            back_s = math.inf
            if params[c, 11] > 0.0:
                back_s = comes_back[k] / params[c, 11]

            n_ev = 0
            t, hazard, t_in, s_in = 0.0, 0.0, 0.0, 1.0
            at = _cell(x * per_m + off_x, y * per_m + off_y, nx, ny)
            r, step_m = flat[at] >> 8, reach_m[flat[at] & 255]
            inside = region_inside[r]
            entered = 1.0 if inside else 0.0
            risk = params[c, 10]
            if not inside:
                risk = params[c, 9] + params[c, 8] * region_defended[r]
            back_at = back_s if inside else math.inf
            last = end_s if (odds != 1.0 and entered == 0.0) else longest
            while t < last:
                t1 = t + step_m * per_v
                if spread > 0.0:
                    t1 = min(t1, t + 60.0)
                back = back_at < t1
                if back:
                    t1 = back_at
                if t1 >= last:
                    t1, back = last, False
                u = t1 - t_a
                if u < arc_s:
                    sin_m, cos_m = math.sin(arc * u), math.cos(arc * u)
                    east = sin_a * cos_m + cos_a * sin_m
                    north = cos_a * cos_m - sin_a * sin_m
                    x = x_a + v / arc * (cos_a - north)
                    y = y_a + v / arc * (east - sin_a)
                else:
                    f = min((u - arc_s) * per_knot, n_knots - 1.001)
                    j = int(f)
                    f -= j
                    right = way[j, 0]
                    right += f * (way[j + 1, 0] - right)
                    ahead = way[j, 1]
                    ahead += f * (way[j + 1, 1] - ahead)
                    x = x_b + v * (right * cos_b + ahead * sin_b)
                    y = y_b + v * (ahead * cos_b - right * sin_b)
                if spread > 0.0:
                    # A drift that grows as a random walk's does, one draw a path.
                    s = math.sqrt(s_pos * s_pos + spread * t1) - s_pos
                    x += s * normals[k, 4]
                    y += s * normals[k, 5]
                at = _cell(x * per_m + off_x, y * per_m + off_y, nx, ny)
                r1, step_m = flat[at] >> 8, reach_m[flat[at] & 255]
                if r1 != r or t1 >= last:
                    t_out = t1 if r1 == r else 0.5 * (t + t1)
                    hazard += risk * (t_out - t_in)
                    s_out = _left(hazard)
                    d = region_district[r]
                    if d >= 0 and t_in < longest and n_ev < _MOST_STAYS:
                        ev_d[n_ev] = d
                        ev[n_ev, 0], ev[n_ev, 1] = t_in, t_out
                        ev[n_ev, 2], ev[n_ev, 3], ev[n_ev, 4] = s_in, s_out, risk
                        ev_in[n_ev] = entered > 0.0
                        ev_first[n_ev] = seen_by[d] != stamp
                        seen_by[d] = stamp
                        n_ev += 1
                    r, t_in, s_in = r1, t_out, s_out
                    if region_inside[r] and not inside and back_s < math.inf:
                        back_at = t_in + back_s
                    elif not region_inside[r]:
                        back_at = math.inf
                    inside = region_inside[r]
                    risk = params[c, 10]
                    if not inside:
                        risk = params[c, 9] + params[c, 8] * region_defended[r]
                    if inside and entered == 0.0:
                        entered, last = s_out, longest
                if back and inside:
                    # Up the gradient of the distance is the way out.
                    if u >= arc_s:
                        f = min((u - arc_s) * per_knot, n_knots - 1.001)
                        j = int(f)
                        right = way[j + 1, 0] - way[j, 0]
                        ahead = way[j + 1, 1] - way[j, 1]
                        east = right * cos_b + ahead * sin_b
                        north = ahead * cos_b - right * sin_b
                    jy, jx = min(max(at // nx, 1), ny - 2), min(max(at % nx, 1), nx - 2)
                    gx = signed[jy, jx + 1] - signed[jy, jx - 1]
                    gy = signed[jy + 1, jx] - signed[jy - 1, jx]
                    mu = math.atan2(east, north)
                    turn = math.atan2(gx, gy) + 0.5 * normals[k, 11] - mu
                    turn -= _TWO_PI * math.floor((turn + math.pi) / _TWO_PI)
                    back_at = back_s = math.inf
                    t_a, x_a, y_a = t1, x, y
                    way = library[c, (k + n_p // 2) % n_p]
                    arc = math.copysign(max(params[c, 2], 1e-3), turn)
                    arc_s = turn / arc
                    sin_a, cos_a = math.sin(mu), math.cos(mu)
                    sin_b, cos_b = math.sin(mu + turn), math.cos(mu + turn)
                    x_b = x_a + v / arc * (cos_a - cos_b)
                    y_b = y_a + v / arc * (sin_b - sin_a)
                t = t1
            if t_in < longest and t > t_in and last == longest and n_ev < _MOST_STAYS:
                d = region_district[r]
                if d >= 0 and t > longest - 1e-9 and t_in > 0.0 and seen_by[d] != stamp:
                    # It changed with the last step.
                    ev_d[n_ev] = d
                    ev[n_ev, 0], ev[n_ev, 1] = t_in, t
                    ev[n_ev, 2], ev[n_ev, 4] = s_in, risk
                    ev[n_ev, 3] = _left(hazard + risk * (t - t_in))
                    ev_in[n_ev], ev_first[n_ev] = entered > 0.0, True
                    seen_by[d] = stamp
                    n_ev += 1

            total += 1.0 + (odds - 1.0) * entered
            for e in range(n_ev):
                d = ev_d[e]
                touched[d] = True
                t_in, t_out, s_in, s_out = ev[e, 0], ev[e, 1], ev[e, 2], ev[e, 3]
                gain = odds if ev_in[e] else 1.0
                if ev_first[e]:
                    w = odds * s_in if ev_in[e] else s_in + (odds - 1.0) * entered
                    b = 1 + int(t_in / width_s) if t_in > 0.0 else 0
                    counts[d, min(b, BINS - 1)] += w
                    for a in range(n_h):
                        if t_in <= horizons[a]:
                            over[d, a] += w
                for a in range(n_h):
                    if t_out <= horizons[a]:
                        fall[d, a] += gain * (s_in - s_out)
                    elif t_in < horizons[a]:
                        part = _left(ev[e, 4] * (horizons[a] - t_in))
                        fall[d, a] += gain * s_in * (1.0 - part)

        scale = p_exist[i] / total
        for d in range(n_d):
            if not touched[d]:
                continue
            touched[d] = False
            for a in range(n_h):
                p, q = min(over[d, a] * scale, 1.0), min(fall[d, a] * scale, 1.0)
                over_left[d, a] *= 1.0 - p
                fall_left[d, a] *= 1.0 - q
                if p >= floor or q >= floor:
                    if n_rows < len(row):
                        row[n_rows, 0], row[n_rows, 1], row[n_rows, 2] = i, d, a
                        value[n_rows, 0], value[n_rows, 1] = p, q
                        _quantiles(counts[d], upto[a], width_s, quant)
                        for b in range(3):
                            value[n_rows, 2 + b] = min(quant[b], horizons[a])
                    n_rows += 1
                over[d, a] = fall[d, a] = 0.0
            for b in range(BINS):
                pooled[d, b] += counts[d, b] * scale
                counts[d, b] = 0.0
    return n_rows


@njit(cache=True)
def pooled_quantiles(pooled, horizons, out):
    """Arrival quantiles of `pooled` (D, BINS), for each horizon: out (D, H, 3)."""
    width_s, upto = _bins(horizons)
    quant = np.empty(3)
    for d in range(len(pooled)):
        for a in range(len(horizons)):
            _quantiles(pooled[d], upto[a], width_s, quant)
            for b in range(3):
                out[d, a, b] = min(quant[b], horizons[a])
