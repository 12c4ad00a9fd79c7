"""First passage of a turning flight into a territory, by particles.

A flight is a speed and a course. The course is piecewise straight: after an
exponential time a turn begins, by a Laplace-distributed angle at a given rate (a
dog-leg); a turn seen in progress goes on for an exponential time; on top of the leg
the course wanders as an Ornstein-Uhlenbeck process. The flight ends at a rate that
depends on where it is. Height is ignored.

The territory is a field of signed distance (> 0 outside) on a grid. While a
particle is far from the border it takes long steps, never longer than 0.8 of its
distance (sphere tracing, Hart 1996), so that no crossing can be jumped over; near
the border it steps by one cell and the time of crossing is interpolated. For the
part of the motion that diffuses, the crossing between two steps is drawn from the
Brownian bridge: exp(-2 d0 d1 / (D h)) (Karatzas & Shreve 1991, §2.8).

Draws are Philox keyed by (track, time, particle, number of the draw). The first
draws of a row's particles form a shifted R-sequence (Roberts 2018), which is
unbiased and needs several times fewer particles than independent draws.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.philox import normal_1, uniform_1

__all__ = [
    "COLUMNS",
    "LATTICE",
    "N_LATTICE",
    "quantile_normal_1",
    "signed_1",
    "signed_at",
    "summarise",
    "summarise_areas",
    "walk",
]

#: Columns of `params`, a row per class of object.
COLUMNS = (
    "leg_s",  # mean time between turns; inf: never
    "turn_scale_rad",  # Laplace scale of a turn's angle
    "turn_rate_rps",  # rate of such a turn
    "wander_sigma_rad",  # spread of the course about its leg
    "wander_tau_s",  # correlation time of that
    "course_sigma_rad",  # error of the initial course beyond its covariance
    "speed_sigma",  # relative error of the speed
    "keep_turn_s",  # mean time that a turn in progress goes on
    "downed_per_s",  # rate of ends over a defended neighbour
    "end_out_per_s",  # other ends outside
    "end_in_per_s",  # ends inside
    "return_per_s",  # rate, while inside, of turning back to the way out
    "diffusion_m2ps",  # position diffusion, variance per second and axis
    "speed_min_mps",  # speeds of a track whose velocity is unknown
    "speed_max_mps",
)

N_LATTICE = 10


def _lattice() -> np.ndarray:
    phi = 2.0
    for _ in range(64):
        phi = (1.0 + phi) ** (1.0 / (N_LATTICE + 1))
    return np.array([(1.0 / phi) ** (j + 1) % 1.0 for j in range(N_LATTICE)])


#: Steps of the R-sequence in its ten dimensions.
LATTICE = _lattice()

_FAR_M = 3.0e6  # a particle this far away is let go
_MIN_SPEED = 0.1
_TWO_PI = 2.0 * math.pi


@njit(cache=True)
def quantile_normal_1(p):
    """Quantile of the standard normal, to 1e-7 (Wichura 1988, AS 241, PPND7)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        low = ((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0
        return q * top / low
    r = p if q < 0.0 else 1.0 - p
    r = math.sqrt(-math.log(max(r, 1e-300)))
    if r <= 5.0:
        r -= 1.6
        top = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        low = (0.12021132975 * r + 0.73700164250) * r + 1.0
    else:
        r -= 5.0
        top = (
            (0.017337203997 * r + 0.42868294337) * r + 3.0812263860
        ) * r + 6.6579051150
        low = (0.012258202635 * r + 0.24197894225) * r + 1.0
    z = top / low
    return -z if q < 0.0 else z


@njit(cache=True)
def signed_1(x, y, x0, y0, cell, field):
    """Signed distance at a point, bilinear; beyond the grid a lower bound of it."""
    ny, nx = field.shape
    fx, fy = (x - x0) / cell, (y - y0) / cell
    cx = min(max(fx, 0.0), nx - 1.000001)
    cy = min(max(fy, 0.0), ny - 1.000001)
    ix, iy = int(cx), int(cy)
    a, b = cx - ix, cy - iy
    d = (1.0 - b) * ((1.0 - a) * field[iy, ix] + a * field[iy, ix + 1]) + b * (
        (1.0 - a) * field[iy + 1, ix] + a * field[iy + 1, ix + 1]
    )
    beyond = max(abs(fx - cx), abs(fy - cy))
    if beyond > 1e-5:
        d = max(d, 0.0) + beyond * cell
    return d


@njit(cache=True)
def cell_1(x, y, x0, y0, cell, ny, nx):
    """Row and column of the nearest grid point, held inside the grid."""
    ix = math.floor((x - x0) / cell + 0.5)
    iy = math.floor((y - y0) / cell + 0.5)
    return min(max(iy, 0), ny - 1), min(max(ix, 0), nx - 1)


@njit(cache=True)
def _wrap(a):
    return a - _TWO_PI * math.floor((a + math.pi) / _TWO_PI)


@njit(cache=True)
def walk(
    key,
    ids,
    stamps,
    start,
    known,
    classes,
    params,
    lattice,
    x0,
    y0,
    cell,
    field,
    neighbour,
    defended,
    horizon_s,
    to_end,
    max_s,
    raster,
    stride_m,
    t_enter,
    x_enter,
    y_enter,
    t_exit,
    t_end,
    end_inside,
    arrival,
    fall,
):
    """Fly P particles from each of N rows and note what becomes of them.

    ids, stamps  (N,) uint64: identity of the row (track, time), each below 2**32
    start        (N, 9): x, y [m]; vx, vy [m/s] in the plane; position sigma [m] and
                 velocity sigma [m/s] per axis; turn rate [rad/s, clockwise]; age of
                 the evidence [s]; correction of the field at the start [m]
    known        (N,) bool: False draws course and speed from nothing but the class
    classes      (N, C) cumulative class probabilities; `params` (C, 15): `COLUMNS`
    field        (ny, nx) signed distance; neighbour (ny, nx) its nearest neighbour;
    defended     (K,) share of `downed_per_s` that holds over neighbour k
    horizon_s    finite: as far as the answers are wanted in detail
    to_end       beyond the horizon, coarsely: 0 stop, unless a way out is looked for;
                 1 go on until the flight ends; 2 until entry and exit are known, which
                 is all that an answer about finite horizons still depends on
    max_s        no flight is followed longer
    raster       (ny, nx) int16 district or -1; stride_m > 0 asks for districts

    Out, all (N, P): t_enter (inf: never), x_enter, y_enter, t_exit (first way out
    after entry, inf: none), t_end (inf: still flying when let go), end_inside.
    arrival, fall  (N, P, D), (N, P): first time over each district; district of
    the end, -1. Give D = 0 and stride_m = 0 to leave them.
    Returns the number of steps taken.
    """
    n, n_p = t_enter.shape
    n_c = params.shape[0]
    ny, nx = field.shape
    steps = 0
    shift = np.empty(10)
    base = np.empty(10)
    for i in range(n):
        for j in range(5):
            # particle number 2**32 - 1 is never flown: its draws are the shifts
            u0, u1 = uniform_1(key, ids[i], stamps[i], 0xFFFFFFFF, j)
            shift[2 * j], shift[2 * j + 1] = u0, u1
        for k in range(n_p):
            for j in range(10):
                u = shift[j] + k * lattice[j]
                u -= math.floor(u)
                base[j] = min(max(u, 1e-12), 1.0 - 1e-12)
            c = 0
            while c < n_c - 1 and base[9] > classes[i, c]:
                c += 1
            leg_s, scale, rate = params[c, 0], params[c, 1], params[c, 2]
            sw, tau = params[c, 3], params[c, 4]
            diffusion = params[c, 12]
            draw = 0

            s_pos, s_vel = start[i, 4], start[i, 5]
            x = start[i, 0] + s_pos * quantile_normal_1(base[4])
            y = start[i, 1] + s_pos * quantile_normal_1(base[5])
            if known[i]:
                vx = start[i, 2] + s_vel * quantile_normal_1(base[1])
                vy = start[i, 3] + s_vel * quantile_normal_1(base[2])
                v = math.hypot(vx, vy)
                mu = math.atan2(vx, vy)
                mu += params[c, 5] * quantile_normal_1(base[0])
                v *= max(0.05, 1.0 + params[c, 6] * quantile_normal_1(base[3]))
            else:
                mu = _TWO_PI * base[0]
                v = params[c, 13] + (params[c, 14] - params[c, 13]) * base[3]
            v = max(v, _MIN_SPEED)
            w = 0.0
            spare, has_spare = 0.0, False
            if sw > 0.0:
                # What is seen is the leg plus the wander of the moment.
                w, spare = normal_1(key, ids[i], stamps[i], k, draw)
                draw += 1
                w *= sw
                has_spare = True
                mu -= w
            rem, turning_at = 0.0, rate
            omega = start[i, 6]
            if known[i] and omega != 0.0 and params[c, 7] > 0.0:
                u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                draw += 1
                rem = -omega * params[c, 7] * math.log(u0)
                turning_at = abs(omega)
            to_turn = -leg_s * math.log(base[6]) if leg_s < math.inf else math.inf
            first_turn = True
            if to_turn < start[i, 7]:
                # It turned since it was last seen.
                u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                draw += 1
                q = 2.0 * base[7] - 1.0
                mu -= math.copysign(scale, q) * math.log(max(1.0 - abs(q), 1e-12))
                to_turn, first_turn = -leg_s * math.log(u0), False
            elif to_turn < math.inf:
                to_turn -= start[i, 7]
            life = -math.log(base[8])
            comeback = math.inf

            d = signed_1(x, y, x0, y0, cell, field)
            fix, fix_fades = start[i, 8], 1.0 / (3.0 * cell)
            d += fix
            t, travelled = 0.0, 0.0
            inside = d <= 0.0
            te, tx, tend = math.inf, math.inf, math.inf
            xe, ye = math.nan, math.nan
            ended_inside = False
            fell = -1
            if inside:
                te, xe, ye = 0.0, x, y
            if inside and params[c, 11] > 0.0:
                u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                draw += 1
                comeback = -math.log(u0)
            areas = stride_m > 0.0
            if areas:
                iy, ix = cell_1(x, y, x0, y0, cell, ny, nx)
                if raster[iy, ix] >= 0:
                    arrival[i, k, raster[iy, ix]] = 0.0

            while True:
                fine = t < horizon_s
                # When nothing that could still happen is asked for, stop.
                if not fine and (
                    (to_end == 0 and te == math.inf) or (to_end != 1 and tx < math.inf)
                ):
                    break
                if t >= max_s or d > _FAR_M:
                    break
                reach_m = max(0.8 * abs(d), cell)
                if areas and fine:
                    reach_m = min(reach_m, stride_m)
                h = reach_m / v
                h = min(h, horizon_s - t) if fine else min(h, 600.0)
                turning = rem != 0.0
                if turning:
                    h = min(h, min(abs(rem), 0.5) / turning_at)
                elif to_turn < h:
                    h = to_turn
                if sw > 0.0 and fine:
                    h = min(h, tau)
                h = max(h, 1e-6)
                steps += 1

                # Course over the step: its mean for the way, its end for the next.
                mean, bend, w1 = mu + w, 0.0, w
                if turning:
                    bend = math.copysign(min(turning_at * h, abs(rem)), rem)
                    mean += 0.5 * bend
                if sw > 0.0 and fine:
                    if has_spare:
                        z, has_spare = spare, False
                    else:
                        z, spare = normal_1(key, ids[i], stamps[i], k, draw)
                        draw += 1
                        has_spare = True
                    keep = math.exp(-h / tau)
                    w1 = w * keep + sw * math.sqrt(1.0 - keep * keep) * z
                    mean += 0.5 * (w1 - w)
                way = v * h * (1.0 - bend * bend / 24.0)
                x1, y1 = x + way * math.sin(mean), y + way * math.cos(mean)
                if diffusion > 0.0:
                    z0, z1 = normal_1(key, ids[i], stamps[i], k, draw)
                    draw += 1
                    s = math.sqrt(diffusion * h)
                    x1, y1 = x1 + s * z0, y1 + s * z1
                travelled += way
                d1 = signed_1(x1, y1, x0, y0, cell, field)
                if fix != 0.0:
                    d1 += fix * max(0.0, 1.0 - travelled * fix_fades)

                # Does the flight end within the step?
                if inside:
                    risk = params[c, 10]
                else:
                    risk = params[c, 9]
                    if params[c, 8] > 0.0:
                        iy, ix = cell_1(x, y, x0, y0, cell, ny, nx)
                        near = neighbour[iy, ix]
                        if near >= 0 and near < len(defended):
                            risk += params[c, 8] * defended[near]
                part = 1.0
                over = False
                if risk > 0.0:
                    life -= risk * h
                    if life <= 0.0:
                        over = True
                        part = min(1.0, max(0.0, 1.0 + life / (risk * h)))

                # Crossing: a change of sign, or a bridge that dips.
                at = 2.0
                if (d1 <= 0.0) != inside:
                    at = abs(d) / max(abs(d) + abs(d1), 1e-9)
                elif diffusion > 0.0 and not inside and d > 0.0 and d1 > 0.0:
                    u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                    draw += 1
                    if u0 < math.exp(-2.0 * d * d1 / (diffusion * h)):
                        at = d / (d + d1)
                        if at <= part and te == math.inf:
                            te = t + at * h
                            xe, ye = x + at * (x1 - x), y + at * (y1 - y)
                        if at <= part and tx == math.inf:
                            tx = t + h
                        at = 2.0
                if at <= part:
                    inside = not inside
                    if inside:
                        if te == math.inf:
                            te = t + at * h
                            xe, ye = x + at * (x1 - x), y + at * (y1 - y)
                        if params[c, 11] > 0.0:
                            u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                            draw += 1
                            comeback = -math.log(u0)
                    elif tx == math.inf:
                        tx = t + at * h
                if areas and fine:
                    # Half-way too: a stride may cut across a corner of a district.
                    for half in range(2):
                        f = min(part, 0.5 + 0.5 * half)
                        iy, ix = cell_1(
                            x + f * (x1 - x), y + f * (y1 - y), x0, y0, cell, ny, nx
                        )
                        where = raster[iy, ix]
                        if where >= 0 and t + f * h < arrival[i, k, where]:
                            arrival[i, k, where] = t + f * h
                if over:
                    tend = t + part * h
                    ended_inside = inside
                    if areas and fine:
                        iy, ix = cell_1(
                            x + part * (x1 - x),
                            y + part * (y1 - y),
                            x0,
                            y0,
                            cell,
                            ny,
                            nx,
                        )
                        fell = raster[iy, ix]
                    break

                x, y, d, t, w = x1, y1, d1, t + h, w1
                if turning:
                    mu += bend
                    rem -= bend
                    if abs(rem) < 1e-9:
                        rem = 0.0
                else:
                    to_turn -= h
                    if to_turn <= 1e-9:
                        if first_turn:
                            u0, first_turn = base[7], False
                            u1, _ = uniform_1(key, ids[i], stamps[i], k, draw)
                        else:
                            u0, u1 = uniform_1(key, ids[i], stamps[i], k, draw)
                        draw += 1
                        q = 2.0 * u0 - 1.0
                        rem = -math.copysign(scale, q) * math.log(
                            max(1.0 - abs(q), 1e-12)
                        )
                        rem = min(max(rem, -math.pi), math.pi)
                        turning_at = rate
                        if rate <= 0.0:
                            mu, rem = mu + rem, 0.0
                        to_turn = -leg_s * math.log(u1)
                if inside and comeback < math.inf:
                    comeback -= params[c, 11] * h
                    if comeback <= 0.0:
                        # Up the gradient of the distance is the way out.
                        gx = signed_1(x + cell, y, x0, y0, cell, field) - signed_1(
                            x - cell, y, x0, y0, cell, field
                        )
                        gy = signed_1(x, y + cell, x0, y0, cell, field) - signed_1(
                            x, y - cell, x0, y0, cell, field
                        )
                        z0, z1 = normal_1(key, ids[i], stamps[i], k, draw)
                        draw += 1
                        rem = _wrap(math.atan2(gx, gy) + 0.5 * z0 - mu)
                        turning_at = rate
                        if rate <= 0.0:
                            mu, rem = mu + rem, 0.0
                        comeback = math.inf

            t_enter[i, k] = te
            x_enter[i, k], y_enter[i, k] = xe, ye
            t_exit[i, k], t_end[i, k] = tx, tend
            end_inside[i, k] = ended_inside
            fall[i, k] = fell
    return steps


@njit(cache=True)
def signed_at(x, y, x0, y0, cell, field, out):
    """`signed_1` for arrays."""
    for i in range(len(x)):
        out[i] = signed_1(x[i], y[i], x0, y0, cell, field)


@njit(cache=True)
def _quantile(ordered, p):
    # Linear between order statistics, as NumPy's default.
    m = len(ordered)
    if m == 1:
        return ordered[0]
    f = p * (m - 1)
    lo = min(int(f), m - 2)
    return ordered[lo] + (f - lo) * (ordered[lo + 1] - ordered[lo])


@njit(cache=True)
def summarise(
    t_enter,
    x_enter,
    y_enter,
    t_exit,
    t_end,
    end_inside,
    x0,
    y0,
    cell,
    neighbour,
    chainage,
    length_m,
    n_via,
    odds,
    horizons,
    out,
    via,
):
    """What the particles of `walk` say, for each row and horizon.

    odds   (N,) weight of a particle that ever enters, others weigh 1: a shift of the
           prior share of entering objects (Elkan 2001); 1 changes nothing
    out    (N, H, 9): p_enter, p_leave given entry, p_end_inside, time quantiles 5,
           50, 95 %, chainage of the densest part of the entries, spread along the
           border about it; NaN where there is no entry; last: particles that entered
    via    (N, H, n_via): entry across each neighbour; sums to p_enter
    """
    n, n_p = t_enter.shape
    ny, nx = neighbour.shape
    for i in range(n):
        ever = 0
        for k in range(n_p):
            if t_enter[i, k] < math.inf:
                ever += 1
        total = n_p + (odds[i] - 1.0) * ever
        for a in range(len(horizons)):
            h = horizons[a]
            entered = left = 0
            ended = 0.0
            times = np.empty(ever)
            along = np.empty(ever)
            for v in range(n_via):
                via[i, a, v] = 0.0
            for k in range(n_p):
                if end_inside[i, k] and t_end[i, k] <= h:
                    ended += odds[i] / total
                te = t_enter[i, k]
                if te < math.inf and te <= h:
                    iy, ix = cell_1(x_enter[i, k], y_enter[i, k], x0, y0, cell, ny, nx)
                    times[entered] = te
                    along[entered] = chainage[iy, ix]
                    entered += 1
                    if t_exit[i, k] < math.inf:
                        left += 1
                    v = neighbour[iy, ix]
                    if v >= 0 and v < n_via:
                        via[i, a, v] += odds[i] / total
            out[i, a, 0] = entered * odds[i] / total
            out[i, a, 2] = ended
            out[i, a, 8] = entered
            if entered == 0:
                out[i, a, 1] = math.nan
                for q in range(3, 8):
                    out[i, a, q] = math.nan
                continue
            out[i, a, 1] = left / entered
            ordered = np.sort(times[:entered])
            out[i, a, 3] = _quantile(ordered, 0.05)
            out[i, a, 4] = _quantile(ordered, 0.50)
            out[i, a, 5] = _quantile(ordered, 0.95)

            # Chainage runs round: cut it at the widest empty stretch.
            s = np.sort(along[:entered])
            gap, cut = s[0] + length_m - s[entered - 1], 0
            for k in range(1, entered):
                if s[k] - s[k - 1] > gap:
                    gap, cut = s[k] - s[k - 1], k
            for k in range(cut):
                s[k] += length_m
            if cut:
                s = np.sort(s)
            width = max(4.0 * cell, 0.5 * (_quantile(s, 0.75) - _quantile(s, 0.25)))
            best, b0, lo = 0, 0, 0
            for k in range(entered):
                while s[k] - s[lo] > width:
                    lo += 1
                if k - lo + 1 > best:
                    best, b0 = k - lo + 1, lo
            centre = s[b0 : b0 + best].mean()
            spread = 0.0
            for k in range(entered):
                spread += (s[k] - centre) ** 2
            out[i, a, 6] = centre - length_m * math.floor(centre / length_m)
            out[i, a, 7] = max(math.sqrt(spread / entered), 0.3 * cell)


@njit(cache=True)
def summarise_areas(arrival, fall, t_end, weight, horizons, out):
    """Chances and times by row, district and horizon.

    arrival (N, P, D), fall (N, P), t_end (N, P) of `walk`; weight (N, P)
    out     (N, D, H, 5): over, fall, arrival quantiles 5, 50, 95 % (NaN: none)
    """
    n, n_p, n_d = arrival.shape
    n_h = len(horizons)
    times = np.empty(n_p)
    for i in range(n):
        for d in range(n_d):
            for a in range(n_h):
                out[i, d, a, 0] = out[i, d, a, 1] = 0.0
                for q in range(2, 5):
                    out[i, d, a, q] = math.nan
        for k in range(n_p):
            d = fall[i, k]
            if d >= 0:
                for a in range(n_h):
                    if t_end[i, k] <= horizons[a]:
                        out[i, d, a, 1] += weight[i, k]
        for d in range(n_d):
            m = 0
            for k in range(n_p):
                t = arrival[i, k, d]
                if t < math.inf:
                    times[m] = t
                    m += 1
                    for a in range(n_h):
                        if t <= horizons[a]:
                            out[i, d, a, 0] += weight[i, k]
            if m == 0:
                continue
            ordered = np.sort(times[:m])
            for a in range(n_h):
                some = np.searchsorted(ordered, horizons[a], side="right")
                if some > 0:
                    out[i, d, a, 2] = _quantile(ordered[:some], 0.05)
                    out[i, d, a, 3] = _quantile(ordered[:some], 0.50)
                    out[i, d, a, 4] = _quantile(ordered[:some], 0.95)
