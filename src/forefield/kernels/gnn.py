"""One scan after the other through a global-nearest-neighbour tracker.

Tracks live in flat arrays (`State`), in the order of their birth. Each scan is gated
against all tracks; established tracks choose first and together (assignment over
clusters), tentative ones among what is left; every plot nobody claims begins a
tentative track. A track's existence is a probability: the recursion of integrated
probabilistic data association (Musicki, Evans and Stankovic 1994) applied to the one
plot the assignment gave it, or to a look that should have seen it and did not.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
from numba import njit

from forefield.kernels.association import assign
from forefield.kernels.frames import plane_from_geodetic_1, plane_to_geodetic_1
from forefield.kernels.gating import coarse_radius_1, p_detect_1, p_visible_1
from forefield.kernels.kalman import (
    innovation,
    mix,
    mode_transition,
    moments,
    predict,
    update,
)

__all__ = [
    "BORN",
    "COASTED",
    "CONFIRMED",
    "ENDED",
    "N_CONFIG",
    "RESUMED",
    "Plots",
    "Sightings",
    "State",
    "Views",
    "compact",
    "empty_state",
    "picture",
    "process",
]

MODES = 3

# Events, and why a track ended.
BORN, CONFIRMED, COASTED, RESUMED, ENDED = 1, 2, 3, 4, 5
UNSEEN, UNLIKELY, SPREAD, MERGED = 1, 2, 3, 4

# Places in the configuration array.
(
    C_Q, C_Q_TURN, C_Q_UP, C_TURN, C_RATE_TURN, C_RATE_STRAIGHT, C_GATE, C_GATE_NEW,
    C_SIGMA_V, C_SIGMA_VUP, C_H0, C_SIGMA_H, C_BIRTHS, C_SURVIVE_S, C_CONFIRM,
    C_CONFIRM_HITS, C_DROP, C_DROP_NEW, C_COAST_MISSES, C_COAST_S, C_MAX_COAST_S,
    C_MAX_SIGMA, C_P_DETECT_CAP, C_MERGE, C_SPEED_MAX, C_FAST_SIGMA, C_FAST_SHARE,
) = range(27)  # fmt: skip
N_CONFIG = 27

State = namedtuple(
    "State",
    "x P mu t r tr t_seen t_born ident hits misses confirmed coasting dead why flag "
    "radar seen_by seen_t p_class number alt_known t_class",
)
#: Plots of a batch, in the order in which they are processed.
Plots = namedtuple("Plots", "z t ident flag coop v0 number")
#: Scans of a batch: plots first[k] … first[k + 1], of the sensor `sensor[k]`.
Sightings = namedtuple("Sightings", "first t0 t1 sensor place xy weight")
#: What the tracker knows of every sensor.
Views = namedtuple(
    "Views",
    "max_range clutter turning kind base rules fits mask n_rules period",
)


def empty_state(capacity: int, sensors: int, classes: int) -> State:
    """Room for `capacity` tracks."""
    c = capacity
    return State(
        x=np.zeros((c, MODES, 6)), P=np.zeros((c, MODES, 6, 6)),
        mu=np.zeros((c, MODES)), t=np.zeros(c), r=np.zeros(c), tr=np.zeros(c),
        t_seen=np.zeros(c), t_born=np.zeros(c), ident=np.zeros(c, np.int64),
        hits=np.zeros(c, np.int64), misses=np.zeros(c, np.int64),
        confirmed=np.zeros(c, np.bool_), coasting=np.zeros(c, np.bool_),
        dead=np.zeros(c, np.bool_), why=np.zeros(c, np.int64),
        flag=np.zeros(c, np.bool_), radar=np.zeros(c, np.int64),
        seen_by=np.zeros((c, sensors), np.int64),
        seen_t=np.full((c, sensors), -np.inf), p_class=np.zeros((c, classes)),
        number=np.zeros(c, np.int64), alt_known=np.zeros(c, np.bool_),
        t_class=np.full(c, -np.inf),
    )  # fmt: skip


@njit(cache=True)
def _copy(s, a, b):
    s.x[b], s.P[b], s.mu[b] = s.x[a], s.P[a], s.mu[a]
    s.t[b], s.r[b], s.tr[b] = s.t[a], s.r[a], s.tr[a]
    s.t_seen[b], s.t_born[b], s.ident[b] = s.t_seen[a], s.t_born[a], s.ident[a]
    s.hits[b], s.misses[b], s.confirmed[b] = s.hits[a], s.misses[a], s.confirmed[a]
    s.coasting[b], s.dead[b], s.why[b] = s.coasting[a], s.dead[a], s.why[a]
    s.flag[b], s.radar[b], s.number[b] = s.flag[a], s.radar[a], s.number[a]
    s.seen_by[b], s.seen_t[b] = s.seen_by[a], s.seen_t[a]
    s.p_class[b], s.alt_known[b] = s.p_class[a], s.alt_known[a]
    s.t_class[b] = s.t_class[a]


@njit(cache=True)
def compact(s, n, keep_confirmed):
    """Take dead tracks out, the others keep their order; returns how many stay."""
    k = 0
    for i in range(n):
        if s.dead[i] and not (keep_confirmed and s.confirmed[i]):
            continue
        if k != i:
            _copy(s, i, k)
        k += 1
    return k


@njit(cache=True)
def _advance(s, i, t, cfg, T, mx, mP, mmu, xs, Ps, mus, A):
    """Predict the bank of track i to time t into xs, Ps, mus."""
    dt = t - s.t[i]
    # After one plot the models are rival guesses of the speed, and must not mix.
    if dt > 0.0 and s.hits[i] > 1:
        mode_transition(dt, cfg[C_RATE_TURN], cfg[C_RATE_STRAIGHT], T)
        mix(s.x[i], s.P[i], s.mu[i], T, mx, mP, mmu)
        for m in range(MODES):
            w = cfg[C_TURN] if m == 1 else (-cfg[C_TURN] if m == 2 else 0.0)
            q = cfg[C_Q] if m == 0 else cfg[C_Q_TURN]
            up = cfg[C_Q_UP] if m == 0 else 10.0 * cfg[C_Q_UP]
            predict(mx[m], mP[m], dt, w, q, up, xs[m], Ps[m], A[m])
            mus[m] = mmu[m]
    else:
        for m in range(MODES):
            w = cfg[C_TURN] if m == 1 else (-cfg[C_TURN] if m == 2 else 0.0)
            q = cfg[C_Q] if m == 0 else cfg[C_Q_TURN]
            up = cfg[C_Q_UP] if m == 0 else 10.0 * cfg[C_Q_UP]
            predict(s.x[i, m], s.P[i, m], dt, w, q, up, xs[m], Ps[m], A[m])
            mus[m] = s.mu[i, m]
    return dt


@njit(cache=True)
def _event(ev, n, t, number, code, why, r):
    if n < len(ev):
        ev[n, 0], ev[n, 1], ev[n, 2] = t, number, code
        ev[n, 3], ev[n, 4] = why, r
    return n + 1


@njit(cache=True)
def _born(s, n, z, cfg, r0, t, ident, flag, coop, v0, sensor, number, fast):
    x = s.x[n]
    P = s.P[n]
    x[:, :] = 0.0
    P[:, :, :] = 0.0
    for m in range(MODES):
        x[m, 0], x[m, 1] = z[0], z[1]
        P[m, 0, 0], P[m, 1, 1] = z[3], z[5]
        P[m, 0, 1] = P[m, 1, 0] = z[4]
        if z[9] > 2.5:
            x[m, 2] = z[2]
            P[m, 2, 2] = z[8]
            P[m, 0, 2] = P[m, 2, 0] = z[6]
            P[m, 1, 2] = P[m, 2, 1] = z[7]
        else:
            v = cfg[C_SIGMA_H] ** 2
            x[m, 2] = cfg[C_H0]
            P[m, 2, 2] = v
            if not math.isnan(z[12]):
                # The plot was placed at the assumed height: errors go together.
                arc = z[13]
                slope = -max(-5.0, min(5.0, _tilt(z, arc, cfg[C_H0])))
                gx, gy = z[10] * slope, z[11] * slope
                P[m, 0, 0] += gx * gx * v
                P[m, 1, 1] += gy * gy * v
                P[m, 0, 1] += gx * gy * v
                P[m, 1, 0] = P[m, 0, 1]
                P[m, 0, 2] = P[m, 2, 0] = gx * v
                P[m, 1, 2] = P[m, 2, 1] = gy * v
        # The turning models begin as the guess that it may be a fast missile.
        sv = cfg[C_FAST_SIGMA] if fast and m > 0 else cfg[C_SIGMA_V]
        if not math.isnan(v0[0]):
            x[m, 3], x[m, 4] = v0[0], v0[1]
            sv = v0[2]
        P[m, 3, 3] = P[m, 4, 4] = sv * sv
        P[m, 5, 5] = cfg[C_SIGMA_VUP] ** 2
    turn = cfg[C_RATE_TURN] / (cfg[C_RATE_TURN] + cfg[C_RATE_STRAIGHT])
    s.mu[n, 0] = 1.0 - turn
    s.mu[n, 1] = s.mu[n, 2] = 0.5 * turn
    s.t[n] = s.tr[n] = s.t_seen[n] = s.t_born[n] = t
    s.r[n] = r0
    s.ident[n], s.hits[n], s.misses[n] = ident, 1, 0
    s.confirmed[n] = s.coasting[n] = s.dead[n] = False
    s.why[n], s.flag[n], s.number[n] = 0, flag, number
    s.radar[n] = 0 if coop else 1
    s.seen_by[n, :] = 0
    s.seen_t[n, :] = -np.inf
    s.seen_by[n, sensor] = 1
    s.seen_t[n, sensor] = t
    s.p_class[n, :] = 1.0 / s.p_class.shape[1]
    s.alt_known[n] = z[9] > 2.5
    s.t_class[n] = -np.inf


@njit(cache=True)
def _hold_height(x, P, cfg):
    # Ranges of several 2D radars say little about height, and a linear filter can
    # be led underground by them. Where the spread, or the height itself, has left
    # what flies, the assumption a new track starts with is applied once more.
    v = cfg[C_SIGMA_H] ** 2
    if x[2] < -300.0 or x[2] > 60000.0:
        r = 0.25 * v
    elif P[2, 2] > 0.8 * v:
        r = 4.0 * v
    else:
        return
    s = P[2, 2] + r
    y = cfg[C_H0] - x[2]
    k = np.empty(6)
    for a in range(6):
        k[a] = P[a, 2]
    for a in range(6):
        x[a] += k[a] / s * y
        for b in range(6):
            P[a, b] -= k[a] * k[b] / s


@njit(cache=True)
def _tilt(z, arc, h):
    # Tangent of the local elevation from the law of cosines.
    a, b = z[15] + z[14], z[15] + h
    theta = arc / z[15]
    d = a * b * math.sin(theta)
    if d < 1.0:
        return 5.0
    return (b - a * math.cos(theta)) / d * z[15]


@njit(cache=True)
def process(s, n, plots, scans, views, cfg, next_number, links, ev, k):
    """Run a batch of scans through the tracks.

    s, n         state arrays with room for every plot of the batch; tracks in use
    next_number  the number that the next new track gets
    links        (N, 2) filled: track number that each plot went to (-1 none), and
                 1 if the plot began it
    ev           (E, 5) filled: time, track, code, reason, existence
    k            plane constants
    Returns (tracks in use, next number, events).
    """
    n_ev = 0
    gate = math.sqrt(cfg[C_GATE])
    T = np.empty((MODES, MODES))
    mx, mP, mmu = np.empty((MODES, 6)), np.empty((MODES, 6, 6)), np.empty(MODES)
    xs, Ps, mus = np.empty((MODES, 6)), np.empty((MODES, 6, 6)), np.empty(MODES)
    A, K, C = np.empty((MODES, 6, 6)), np.empty((6, 3)), np.empty((6, 6))
    y, S, g = np.zeros((MODES, 3)), np.zeros((MODES, 3, 3)), np.zeros((MODES, 2))
    ll = np.empty(MODES)
    x1, P1 = np.empty(6), np.empty((6, 6))
    links[:, :] = -1
    for q in range(len(scans.sensor)):
        lo, hi = scans.first[q], scans.first[q + 1]
        sensor = scans.sensor[q]
        nd = hi - lo
        area = math.pi * views.max_range[sensor] ** 2
        clutter = views.clutter[sensor]
        density = (clutter + cfg[C_BIRTHS]) / area
        r_new = cfg[C_BIRTHS] / (cfg[C_BIRTHS] + clutter)
        r_new = min(0.9, max(1e-4, r_new))
        xs_s, ys_s, alt_s = scans.xy[q, 0], scans.xy[q, 1], scans.place[q, 2]

        # 1 · When would this scan have looked at each track, and seen it?
        pd = np.zeros(n)
        look = np.empty(n)
        for i in range(n):
            look[i] = 0.5 * (scans.t0[q] + scans.t1[q])
            if s.dead[i]:
                continue
            dt = look[i] - s.t[i]
            px = s.mu[i, 0] * s.x[i, 0, 0]
            py = s.mu[i, 0] * s.x[i, 0, 1]
            pz = s.mu[i, 0] * s.x[i, 0, 2]
            vx = s.mu[i, 0] * s.x[i, 0, 3]
            vy = s.mu[i, 0] * s.x[i, 0, 4]
            for m in range(1, MODES):
                px += s.mu[i, m] * s.x[i, m, 0]
                py += s.mu[i, m] * s.x[i, m, 1]
                pz += s.mu[i, m] * s.x[i, m, 2]
                vx += s.mu[i, m] * s.x[i, m, 3]
                vy += s.mu[i, m] * s.x[i, m, 4]
            dx, dy = px + vx * dt - xs_s, py + vy * dt - ys_s
            azimuth = math.degrees(math.atan2(dx, dy)) % 360.0
            if views.turning[sensor]:
                span = scans.t1[q] - scans.t0[q]
                look[i] = scans.t0[q] + azimuth / 360.0 * span
            ground = math.hypot(dx, dy)
            slant = math.hypot(ground, pz - alt_s)
            if slant > views.max_range[sensor]:
                continue
            if views.kind[sensor] == 1 and s.seen_by[i, sensor] == 0:
                continue  # not known to have a transponder
            seen = 1.0
            if views.kind[sensor] == 0:
                bin_ = int(azimuth) % 360
                seen = p_visible_1(
                    ground,
                    pz,
                    math.sqrt(s.P[i, 0, 2, 2]),
                    alt_s,
                    views.base[sensor],
                    views.mask[sensor, bin_],
                )
            nr = views.n_rules[sensor]
            pd[i] = seen * p_detect_1(
                slant,
                pz - views.base[sensor],
                s.p_class[i],
                views.rules[sensor, :nr],
                views.fits[sensor, :nr],
            )
            pd[i] = min(cfg[C_P_DETECT_CAP], pd[i])

        # 2 · Gate, and weigh every plot that a track could have caused.
        room = 64 + 4 * nd
        rows = np.empty(room, dtype=np.int64)
        cols = np.empty(room, dtype=np.int64)
        logs = np.empty(room)
        count = 0
        slack = np.empty(nd)
        widest, soonest, latest = 0.0, np.inf, -np.inf
        for j in range(nd):
            z = plots.z[lo + j]
            slack[j] = gate * math.sqrt(2.0 * (z[3] + z[5]))
            if not math.isnan(z[12]):
                slack[j] += 12000.0 * min(5.0, abs(_tilt(z, z[13], 10000.0)))
            widest = max(widest, slack[j])
            soonest = min(soonest, plots.t[lo + j])
            latest = max(latest, plots.t[lo + j])
        for i in range(n):
            if s.dead[i]:
                continue
            last = np.nan
            dt = max(abs(soonest - s.t[i]), abs(latest - s.t[i]))
            wide = 1 if s.P[i, 1, 3, 3] > s.P[i, 0, 3, 3] else 0
            top = widest + coarse_radius_1(
                s.x[i, 0], s.P[i, wide], dt, cfg[C_TURN], cfg[C_Q_TURN], gate
            )
            top *= top
            for j in range(nd):
                row = lo + j
                z = plots.z[row]
                dt = plots.t[row] - s.t[i]
                x0 = s.x[i, 0]
                ex = z[0] - x0[0] - x0[3] * dt
                ey = z[1] - x0[1] - x0[4] * dt
                far = ex * ex + ey * ey
                if far > top:
                    continue
                reach = slack[j] + coarse_radius_1(
                    x0, s.P[i, wide], dt, cfg[C_TURN], cfg[C_Q_TURN], gate
                )
                if far > reach * reach:
                    continue
                same = s.ident[i] > 0 and s.ident[i] == plots.ident[row]
                if plots.ident[row] > 0 and s.ident[i] > 0 and not same:
                    continue
                if plots.flag[row] and (s.radar[i] > 0 or not same):
                    continue  # a report that contradicts itself moves no radar track
                if s.flag[i] and s.radar[i] == 0 and not plots.coop[row]:
                    continue
                if plots.t[row] != last:
                    _advance(s, i, plots.t[row], cfg, T, mx, mP, mmu, xs, Ps, mus, A)
                    last = plots.t[row]
                best, near = -np.inf, np.inf
                for m in range(MODES):
                    d2, ll[m] = innovation(xs[m], Ps[m], z, y[m], S[m], g[m])
                    near = min(near, d2)
                    best = max(best, ll[m] + math.log(max(mus[m], 1e-300)))
                limit = cfg[C_GATE_NEW] if s.hits[i] < 2 else cfg[C_GATE]
                if z[9] > 2.5:
                    limit += 3.0
                if near > limit:
                    continue
                total = 0.0
                for m in range(MODES):
                    total += math.exp(ll[m] + math.log(max(mus[m], 1e-300)) - best)
                if s.hits[i] == 1 and math.isnan(plots.v0[row, 0]):
                    gap = max(abs(dt), 0.1)
                    if math.sqrt(far) > cfg[C_SPEED_MAX] * gap + reach:
                        continue
                if count == room:
                    more = 2 * room
                    rows2, cols2 = (
                        np.empty(more, dtype=np.int64),
                        np.empty(more, dtype=np.int64),
                    )
                    logs2 = np.empty(more)
                    rows2[:room], cols2[:room] = rows, cols
                    logs2[:room] = logs
                    rows, cols, logs, room = rows2, cols2, logs2, more
                rows[count], cols[count] = i, j
                # Density of clutter and of new objects, per volume of measurement:
                # heights of false plots spread over some 12 km.
                lam = density
                if z[9] > 2.5:
                    lam = density / 12000.0
                logs[count] = best + math.log(total) - math.log(lam)
                if same:
                    logs[count] += 8.0
                count += 1

        # 3 · Established tracks choose together, tentative ones among the rest.
        claimed = np.full(nd, -1, dtype=np.int64)
        owner_log = np.zeros(nd)
        got = np.full(n, -1, dtype=np.int64)
        for stage in range(2):
            m_rows = np.empty(count, dtype=np.int64)
            m_cols = np.empty(count, dtype=np.int64)
            m_cost = np.empty(count)
            c = 0
            for p in range(count):
                i, j = rows[p], cols[p]
                if s.confirmed[i] != (stage == 0) or claimed[j] >= 0:
                    continue
                p_d = max(pd[i], 0.1)  # it was seen, whatever the model says
                if stage == 0:
                    seen = s.r[i] * p_d
                    cost = -(logs[p] + math.log(seen)) + math.log(1.0 - seen)
                else:
                    cost = -(logs[p] + math.log(p_d)) + math.log(1.0 - p_d)
                if cost < 0.0:
                    m_rows[c], m_cols[c], m_cost[c] = i, j, cost
                    c += 1
            out = assign(m_rows[:c], m_cols[:c], m_cost[:c], n, nd)
            for i in range(n):
                if out[i] >= 0:
                    got[i] = out[i]
                    claimed[out[i]] = i
            if stage == 0:
                continue
            for p in range(count):
                if claimed[cols[p]] == rows[p]:
                    owner_log[cols[p]] = logs[p]

        # 4 · Correct what was seen; lower what was not.
        n_old = n
        for i in range(n_old):
            if s.dead[i]:
                continue
            when = plots.t[lo + got[i]] if got[i] >= 0 else look[i]
            gap = when - s.tr[i]
            if gap > 0.0:
                s.r[i] *= math.exp(-gap / cfg[C_SURVIVE_S])
                s.tr[i] = when
            if got[i] < 0:
                if s.seen_t[i, sensor] >= scans.t0[q]:
                    continue  # this very look has seen it in an earlier batch
                missed = pd[i] * scans.weight[q]
                s.r[i] = s.r[i] * (1.0 - missed) / (1.0 - s.r[i] * missed)
                if missed > 0.3:
                    s.misses[i] += 1
            else:
                row = lo + got[i]
                z = plots.z[row]
                links[row, 0], links[row, 1] = s.number[i], 0
                p_d = max(pd[i], 0.1)
                L = p_d * math.exp(min(owner_log[got[i]], 60.0)) + 1.0 - p_d
                s.r[i] = s.r[i] * L / (1.0 - s.r[i] + s.r[i] * L)
                s.r[i] = min(s.r[i], 1.0 - 1e-6)
                dt = _advance(s, i, plots.t[row], cfg, T, mx, mP, mmu, xs, Ps, mus, A)
                best = -np.inf
                for m in range(MODES):
                    _, ll[m] = innovation(xs[m], Ps[m], z, y[m], S[m], g[m])
                    best = max(best, ll[m])
                total = 0.0
                for m in range(MODES):
                    mus[m] *= math.exp(ll[m] - best)
                    total += mus[m]
                for m in range(MODES):
                    s.mu[i, m] = max(mus[m] / total, 1e-6)
                    if dt >= 0.0:
                        for a in range(6):
                            s.x[i, m, a] = xs[m, a]
                            for b in range(6):
                                s.P[i, m, a, b] = Ps[m, a, b]
                                C[a, b] = Ps[m, a, b]
                    else:
                        for a in range(6):
                            for b in range(6):
                                C[a, b] = A[m, b, a]
                    update(s.x[i, m], s.P[i, m], C, z, y[m], S[m], g[m], K)
                total = s.mu[i].sum()
                for m in range(MODES):
                    s.mu[i, m] /= total
                    _hold_height(s.x[i, m], s.P[i, m], cfg)
                s.t[i] = max(s.t[i], plots.t[row])
                s.t_seen[i] = max(s.t_seen[i], plots.t[row])
                s.hits[i] += 1
                s.misses[i] = 0
                if not plots.coop[row]:
                    s.radar[i] += 1
                s.seen_by[i, sensor] += 1
                s.seen_t[i, sensor] = max(s.seen_t[i, sensor], plots.t[row])
                if z[9] > 2.5:
                    s.alt_known[i] = True
                if plots.coop[row]:
                    if plots.ident[row] > 0:
                        s.ident[i] = plots.ident[row]
                    s.flag[i] = plots.flag[row]
                if s.coasting[i]:
                    s.coasting[i] = False
                    n_ev = _event(
                        ev, n_ev, s.t_seen[i], s.number[i], RESUMED, 0, s.r[i]
                    )
            # The life of a track
            spread = math.sqrt(0.5 * (s.P[i, 0, 0, 0] + s.P[i, 0, 1, 1]))
            unseen = look[i] - s.t_seen[i]
            if not s.confirmed[i]:
                if s.r[i] >= cfg[C_CONFIRM] and s.hits[i] >= cfg[C_CONFIRM_HITS]:
                    s.confirmed[i] = True
                    n_ev = _event(
                        ev, n_ev, s.t_seen[i], s.number[i], CONFIRMED, 0, s.r[i]
                    )
            elif (
                not s.coasting[i]
                and got[i] < 0
                and (s.misses[i] >= cfg[C_COAST_MISSES] or unseen > cfg[C_COAST_S])
            ):
                s.coasting[i] = True
                n_ev = _event(ev, n_ev, look[i], s.number[i], COASTED, 0, s.r[i])
            why = 0
            if s.confirmed[i]:
                if s.r[i] < cfg[C_DROP]:
                    why = UNLIKELY
                elif unseen > cfg[C_MAX_COAST_S]:
                    why = UNSEEN
            else:
                started = cfg[C_DROP_NEW] * r_new
                lost = s.misses[i] >= 2 and s.r[i] < 0.5
                if lost or (s.misses[i] >= 1 and s.hits[i] == 1 and s.r[i] < started):
                    why = UNLIKELY
                elif unseen > 1.2 * cfg[C_COAST_S]:
                    why = UNSEEN
            if why == 0 and spread > cfg[C_MAX_SIGMA] and s.hits[i] > 1:
                why = SPREAD
            if why > 0:
                s.dead[i] = True
                s.why[i] = why
                n_ev = _event(ev, n_ev, look[i], s.number[i], ENDED, why, s.r[i])

        # 5 · Two tracks that have become one object: the younger one ends.
        if cfg[C_MERGE] > 0.0:
            for i in range(n_old):
                if s.dead[i] or not s.confirmed[i]:
                    continue
                for j in range(i + 1, n_old):
                    if s.dead[j] or (got[i] >= 0 and got[j] >= 0):
                        continue
                    if got[i] < 0 and got[j] < 0:
                        continue
                    if s.ident[i] > 0 and s.ident[j] > 0 and s.ident[i] != s.ident[j]:
                        continue
                    if s.flag[i] != s.flag[j]:
                        continue
                    if abs(s.x[i, 0, 0] - s.x[j, 0, 0]) > 10000.0:
                        continue
                    if abs(s.x[i, 0, 1] - s.x[j, 0, 1]) > 10000.0:
                        continue
                    if _apart(s, i, j, x1, P1, xs, Ps, A, cfg) < cfg[C_MERGE]:
                        s.dead[j] = True
                        s.why[j] = MERGED
                        s.r[j] = 1e-3
                        n_ev = _event(
                            ev, n_ev, s.t_seen[j], s.number[j], ENDED, MERGED, s.r[j]
                        )

        # 6 · What nobody claimed begins a track. The guess that it may be a fast
        # missile is made only where a second plot in its wide gate would be clearly
        # likelier than clutter.
        away = 2.0 * math.pi * (cfg[C_FAST_SIGMA] * views.period[sensor]) ** 2
        turning = cfg[C_RATE_TURN] / (cfg[C_RATE_TURN] + cfg[C_RATE_STRAIGHT])
        fast = cfg[C_FAST_SIGMA] > cfg[C_SIGMA_V] and turning > 5.0 * density * away
        for j in range(nd):
            if claimed[j] >= 0:
                continue
            row = lo + j
            r0 = r_new
            if plots.coop[row]:
                r0 = 0.9
            _born(
                s, n, plots.z[row], cfg, r0, plots.t[row], plots.ident[row],
                plots.flag[row], plots.coop[row], plots.v0[row], sensor,
                next_number, fast,
            )  # fmt: skip
            links[row, 0], links[row, 1] = next_number, 1
            n_ev = _event(ev, n_ev, plots.t[row], next_number, BORN, 0, r0)
            next_number += 1
            n += 1
        n = compact(s, n, True)
    return n, next_number, n_ev


@njit(cache=True)
def _apart(s, i, j, x1, P1, xs, Ps, A, cfg):
    """Squared distance of two tracks in plane position and velocity, 4 numbers."""
    t = max(s.t[i], s.t[j])
    moments(s.x[i], s.P[i], s.mu[i], x1, P1)
    predict(x1, P1, t - s.t[i], 0.0, cfg[C_Q], cfg[C_Q_UP], xs[0], Ps[0], A[0])
    moments(s.x[j], s.P[j], s.mu[j], x1, P1)
    predict(x1, P1, t - s.t[j], 0.0, cfg[C_Q], cfg[C_Q_UP], xs[1], Ps[1], A[0])
    d = np.empty(4)
    V = np.empty((4, 4))
    at = (0, 1, 3, 4)
    for a in range(4):
        d[a] = xs[0, at[a]] - xs[1, at[a]]
        for b in range(4):
            V[a, b] = Ps[0, at[a], at[b]] + Ps[1, at[a], at[b]]
    # Solve by Cholesky; V is positive definite as a sum of covariances.
    out = 0.0
    for a in range(4):
        for b in range(a):
            for c in range(b):
                V[a, b] -= V[a, c] * V[b, c]
            V[a, b] /= V[b, b]
        for c in range(a):
            V[a, a] -= V[a, c] * V[a, c]
            d[a] -= V[a, c] * d[c]
        if V[a, a] <= 0.0:
            return np.inf
        V[a, a] = math.sqrt(V[a, a])
        d[a] /= V[a, a]
        out += d[a] * d[a]
    return out


@njit(cache=True)
def picture(s, n, now, cfg, k, out, cov):
    """States of n tracks at a time, as the world sees them.

    out  (n, 12) filled: latitude, longitude, height, east, north, up velocity,
         position and velocity spread (RMS of the two horizontal axes), existence,
         east-north speed spread along the course, plane x, y
    cov  (n, 36) filled: east-north-up at the track, position then velocity
    A dead track stays where it was last.
    """
    T = np.empty((MODES, MODES))
    mx, mP, mmu = np.empty((MODES, 6)), np.empty((MODES, 6, 6)), np.empty(MODES)
    xs, Ps, mus = np.empty((MODES, 6)), np.empty((MODES, 6, 6)), np.empty(MODES)
    A = np.empty((MODES, 6, 6))
    x, P, M = np.empty(6), np.empty((6, 6)), np.empty((6, 6))
    for i in range(n):
        t = s.t[i] if s.dead[i] else now
        _advance(s, i, t, cfg, T, mx, mP, mmu, xs, Ps, mus, A)
        moments(xs, Ps, mus, x, P)
        lat, lon = plane_to_geodetic_1(x[0], x[1], k)
        xa, ya, scale = plane_from_geodetic_1(lat - 0.005, lon, k)
        xb, yb, _ = plane_from_geodetic_1(lat + 0.005, lon, k)
        turn = math.atan2(xb - xa, yb - ya)  # true north, clockwise from the plane's
        _, _, scale = plane_from_geodetic_1(lat, lon, k)
        c, sn = math.cos(turn) / scale, math.sin(turn) / scale
        # East = (cos, -sin), north = (sin, cos) in plane axes, in ground metres.
        o = out[i]
        o[0], o[1], o[2] = lat, lon, x[2]
        o[3], o[4], o[5] = c * x[3] - sn * x[4], sn * x[3] + c * x[4], x[5]
        for a in range(6):
            p0, p1, p3, p4 = P[a, 0], P[a, 1], P[a, 3], P[a, 4]
            M[a, 0], M[a, 1] = c * p0 - sn * p1, sn * p0 + c * p1
            M[a, 3], M[a, 4] = c * p3 - sn * p4, sn * p3 + c * p4
            M[a, 2], M[a, 5] = P[a, 2], P[a, 5]
        for b in range(6):
            p0, p1, p3, p4 = M[0, b], M[1, b], M[3, b], M[4, b]
            cov[i, b], cov[i, 6 + b] = c * p0 - sn * p1, sn * p0 + c * p1
            cov[i, 12 + b] = M[2, b]
            cov[i, 18 + b], cov[i, 24 + b] = c * p3 - sn * p4, sn * p3 + c * p4
            cov[i, 30 + b] = M[5, b]
        for a in range(6):
            for b in range(a):
                v = 0.5 * (cov[i, 6 * a + b] + cov[i, 6 * b + a])
                cov[i, 6 * a + b] = cov[i, 6 * b + a] = v
        o[6] = math.sqrt(0.5 * (cov[i, 0] + cov[i, 7]))
        o[7] = math.sqrt(0.5 * (cov[i, 21] + cov[i, 28]))
        speed = math.hypot(o[3], o[4])
        if speed > 1.0:
            ux, uy = o[3] / speed, o[4] / speed
            o[9] = math.sqrt(
                ux * ux * cov[i, 21] + 2 * ux * uy * cov[i, 22] + uy * uy * cov[i, 28]
            )
        else:
            o[9] = o[7]
        gap = now - s.tr[i]
        o[8] = s.r[i]
        if gap > 0.0 and not s.dead[i]:
            o[8] *= math.exp(-gap / cfg[C_SURVIVE_S])
        o[10], o[11] = x[0], x[1]
