"""One scan after the other through a Poisson multi-Bernoulli tracker.

Objects that were detected are Bernoulli components: a probability of existence, and a
bank of motion models (`kernels.bank`). Objects that never were are a Poisson intensity
over a grid, which grows where no sensor looks and shrinks where one does; it says how
likely a plot that no track claims is a new object rather than clutter. Who is whose is
settled by belief propagation (`kernels.marginals`), and each component is matched in
its moments to what it may have caused: the track-oriented marginal filter TOMB/P of
Williams 2015, "Marginal multi-Bernoulli filters", IEEE TAES 51; Meyer et al. 2018,
"Message passing algorithms for scalable multitarget tracking", Proc. IEEE 106.

Two things differ from that filter. A plot alone has no velocity: its component branches
into one for each plot it may be followed by, rather than into their mean. And where
tracks compete, the marginal probabilities are drawn towards the best joint assignment
by `decisiveness`: moment matching alone lets tracks that fly side by side fall together
(coalescence), the best assignment alone swaps them; a part of each does neither.
"""
# ruff: noqa: E741, F403, F405

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.association import assign
from forefield.kernels.bank import BLOCK, VBLOCK
from forefield.kernels.formation import fly_together, members, pair_weight
from forefield.kernels.frames import plane_from_geodetic_1, plane_to_geodetic_1
from forefield.kernels.lean import lean
from forefield.kernels.marginals import clusters, exact_marginals, marginals
from forefield.kernels.plot_grid import fill
from forefield.kernels.track_rows import *
from forefield.kernels.track_steps import (
    advance,
    fresh_at,
    height_of,
    likelihood,
    looked,
    models_of,
    sight,
    tilt,
    wait,
)
from forefield.kernels.track_update import (
    begin,
    branch,
    compact,
    gather,
    live,
    match,
    note,
    recombine,
    seen,
    spread,
)

__all__ = ["picture", "plane_scan", "process"]

_ROUNDS, _TOLERANCE = 60, 1e-4
_LEAST_PAIR = 1e-6  # a pair less likely than this against being alone is no pair
_LEAST_BRANCH = 1e-7
_CROWD = 5.0  # times the plots expected in a scan
_LARGE = 2000  # plots of a scan that no longer stay in the cache
_MOST_PAIRS = 2_000_000
_MOST_RIVALS = 200  # a larger cluster is settled by its marginals alone


@lean
def _index(plots, lo, nd, n, s, views, unseen, cfg, room, links):
    """Lay the plots of a scan in a grid; what else than a track may have caused each.

    Returns the widest spread [m], how far [m] an unknown height may shift it by a
    standard deviation, the earliest and the latest time. The density of
    false plots that holds for this scan is left in `room.box[5]`: that of the sensor,
    or, in a scan that is crowded beyond all it and the tracks explain, that of its
    plots. Nothing could be told apart in it otherwise.
    """
    density = views.density[s]
    area = math.pi * views.max_range[s] ** 2
    if nd > _CROWD * (density * area + n) + 200.0 and area < math.inf:
        density = nd / area
    widest, loose, soonest, latest = 0.0, 0.0, math.inf, -math.inf
    for j in range(nd):
        row = lo + j
        z = plots.z[row]
        room.px[j], room.py[j] = z[0], z[1]
        widest = max(widest, math.sqrt(max(z[3], z[5])))
        if not math.isnan(z[12]):
            loose = max(loose, 4000.0 * min(5.0, abs(tilt(z, z[13], 10000.0))))
        soonest = min(soonest, plots.t[row])
        latest = max(latest, plots.t[row])
        fresh = fresh_at(unseen, s, z[0], z[1])
        span = 1.0
        if z[9] > 2.5:
            span = cfg[C_HEIGHT_SPAN]
        if not math.isnan(plots.rate[row, 0]):
            span *= cfg[C_RATE_SPAN]
        room.lam[j] = (density + fresh) / span
        room.fresh[j] = fresh / (density + fresh)
        room.total[j] = 1.0
        room.owner[j] = -1
        links[row, 0] = -1
        links[row, 1] = 0
    fill(room.px, room.py, nd, 10.0, room.cell, room.item, room.box)
    room.box[5] = density
    return widest, loose, soonest, latest


@lean
def _may_be(I, i, plots, row):
    """Whether what a plot tells of itself lets it be of track i."""
    same = I[i, IDENT] > 0 and I[i, IDENT] == plots.ident[row]
    if plots.ident[row] > 0 and I[i, IDENT] > 0 and not same:
        return False
    if plots.flag[row] and (I[i, RADAR] > 0 or not same):
        return False  # a report that contradicts itself moves no other track
    return not (I[i, FLAG] and I[i, RADAR] == 0 and not plots.coop[row])


@njit(cache=True, error_model="numpy")
def _decide(I, room, groups, nd, n, decisive, decisive_new):
    """Draw the marginals of tracks that compete towards their best joint assignment.

    Only a pair that is likelier than its absence can be part of the best assignment,
    so the others are left out before it is solved.
    """
    first, plot, order, start = room.first, room.plot, room.order, room.start
    belief, w = room.belief, room.weight
    rivals = np.zeros(groups, np.bool_)
    count = 0
    for c in range(groups):
        many = 0
        for k in range(start[c], start[c + 1]):
            many += I[order[k], STAGE] == MODELS
        rivals[c] = 1 < many <= _MOST_RIVALS
        if rivals[c]:
            for k in range(start[c], start[c + 1]):
                i = order[k]
                if I[i, STAGE] == MODELS:
                    for e in range(first[i], first[i + 1]):
                        count += w[e] > 1.0
    rows, cols = np.empty(count, np.int64), np.empty(count, np.int64)
    cost = np.empty(count)
    count = 0
    for c in range(groups):
        if not rivals[c]:
            continue
        for k in range(start[c], start[c + 1]):
            i = order[k]
            if I[i, STAGE] == MODELS:
                for e in range(first[i], first[i + 1]):
                    if w[e] > 1.0:
                        rows[count], cols[count] = i, plot[e]
                        cost[count] = -math.log(w[e])
                        count += 1
    best = assign(rows, cols, cost, n, nd)
    for c in range(groups):
        if not rivals[c]:
            continue
        for k in range(start[c], start[c + 1]):
            i = order[k]
            if I[i, STAGE] < MODELS:
                continue
            eta = decisive if I[i, CONFIRMED] else decisive_new
            room.none[i] *= 1.0 - eta
            if best[i] < 0:
                room.none[i] += eta
            for e in range(first[i], first[i + 1]):
                belief[e] *= 1.0 - eta
                if best[i] == plot[e]:
                    belief[e] += eta


@lean
def _near(f, nd, widest, gate, room):
    """Whether any plot of the scan lies where a track might be at its look."""
    if nd == 0:
        return False
    dt = f[LOOK] - f[T]
    x, y = f[X] + dt * f[X + 2], f[X + 1] + dt * f[X + 3]
    r = math.sqrt(f[X + 4] + f[X + 8]) + abs(dt) * math.sqrt(f[X + 11] + f[X + 13])
    r = 2.0 * gate * (r + widest) + 1000.0
    x0, y0, cell = room.box[0], room.box[1], room.box[2]
    nx, ny = int(room.box[3]), int(room.box[4])
    ca = max(math.floor((x - r - x0) / cell), 0)
    cb = min(math.floor((x + r - x0) / cell), nx - 1)
    ra = max(math.floor((y - r - y0) / cell), 0)
    rb = min(math.floor((y + r - y0) / cell), ny - 1)
    if ca > cb:
        return False
    for line in range(ra, rb + 1):
        if room.cell[line * nx + cb + 1] > room.cell[line * nx + ca]:
            return True
    return False


@lean
def _see(
    F, I, sides, n, plots, looks, q, views, unseen, cfg, life, extent, room, steps,
    i0, again,
):  # fmt: skip
    """Predict what look q could see of tracks i0 … n, and gate it.

    extent  of the plots: as `_index` returns it
    again   track i0 was predicted before there was too little room
    Fills `room.first`, `room.plot`, `room.weight` and `room.mode`. Returns the track at
    which the room for pairs came to an end, or n.
    """
    lo, s = looks.first[q], looks.sensor[q]
    nd = looks.first[q + 1] - lo
    gate_old, gate_new = math.sqrt(cfg[C_GATE]), math.sqrt(cfg[C_GATE_NEW])
    most_gate = max(gate_old, gate_new)
    # What could make no branch of a single plot is no pair of it.
    least_old, least_new = _LEAST_PAIR, max(_LEAST_PAIR, 0.1 * cfg[C_DROP_NEW])
    x0, y0, cell = room.box[0], room.box[1], room.box[2]
    nx, ny = int(room.box[3]), int(room.box[4])
    widest, loose, soonest, latest = extent
    count = room.first[i0]
    for i in range(i0, n):
        room.first[i] = count
        room.none[i] = 1.0
        I[i, LAST] = -1
        if I[i, DEAD]:
            F[i, PD] = -1.0
            continue
        f = F[i]
        if not (again and i == i0):
            f[PD] = sight(F, I, sides, i, looks, q, views, cfg)
            if f[PD] < 1e-9 and not _near(f, nd, widest + loose, most_gate, room):
                f[PD] = -1.0  # neither could be seen here nor was: this is no look
            if f[PD] < 0.0:
                continue
            if f[R] > 0.5 and f[LOOK] > f[T]:
                unseen.learnt[3] += f[LOOK] - f[T]
            advance(F, I, i, f[LOOK], life, cfg, steps, room.mix)
        if nd == 0:
            continue
        xa = ya = math.inf
        xb = yb = -math.inf
        lag = max(abs(latest - f[T]), abs(soonest - f[T]))
        if views.turning[s]:
            lag = min(lag, 0.05 * views.period[s])
        old = I[i, STAGE] == MODELS
        gate, least = (gate_old, least_old) if old else (gate_new, least_new)
        for m in range(models_of(I, i, cfg)):
            o = X + m * BLOCK
            if m > 0 and f[MU + m] < 1e-4:
                continue
            if lag > 0.0 or loose > 0.0:
                # Times and heights are in doubt: by more than is strictly needed.
                way = lag * (abs(f[o + 2]) + abs(f[o + 3]))
                sx = most_gate * (math.sqrt(f[o + 4]) + widest + loose) + way
                sy = most_gate * (math.sqrt(f[o + 8]) + widest + loose) + way
            else:
                sx = gate * math.sqrt(f[o + 4] + widest * widest)
                sy = gate * math.sqrt(f[o + 8] + widest * widest)
            xa, xb = min(xa, f[o] - sx), max(xb, f[o] + sx)
            ya, yb = min(ya, f[o + 1] - sy), max(yb, f[o + 1] + sy)
        ca = max(math.floor((xa - x0) / cell), 0)
        cb = min(math.floor((xb - x0) / cell), nx - 1)
        ra = max(math.floor((ya - y0) / cell), 0)
        rb = min(math.floor((yb - y0) / cell), ny - 1)
        if ca > cb:
            continue
        most = count
        for line in range(ra, rb + 1):
            most += room.cell[line * nx + cb + 1] - room.cell[line * nx + ca]
        if most > len(room.plot):
            return i
        for line in range(ra, rb + 1):
            for at in range(room.cell[line * nx + ca], room.cell[line * nx + cb + 1]):
                j = room.item[at]
                if (
                    room.px[j] < xa or room.px[j] > xb or room.py[j] < ya
                    or room.py[j] > yb or not _may_be(I, i, plots, lo + j)
                ):  # fmt: skip
                    continue
                like = likelihood(
                    F, I, i, plots, lo + j, cfg, room.tmp, room.mode, count
                )
                if like < 0.0:
                    continue
                w = pair_weight(f, I, i, plots, lo + j, like, room.lam[j])
                if w > least:
                    room.plot[count] = j
                    room.weight[count] = w
                    count += 1
    room.first[n] = count
    return n


@lean
def _weigh(room, c):
    """The probability of every pair of cluster c."""
    a, b = room.start[c], room.start[c + 1]
    if b - a > 1 and exact_marginals(
        room.first, room.plot, room.weight, room.order, a, b, room.total, room.owner,
        room.ahead, room.behind, room.belief, room.none,
    ):  # fmt: skip
        return
    marginals(
        room.first, room.plot, room.weight, room.order, a, b, room.total, room.back,
        room.belief, room.none, _ROUNDS, _TOLERANCE,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _settle(F, I, n, plots, lo, nd, room, cfg):
    """Who is whose; formations are first corrected by what all of them saw."""
    if room.first[n] > 0:
        groups = clusters(
            room.first, room.plot, n, room.owner, room.parent, room.order, room.start
        )
        for c in range(groups):
            _weigh(room, c)
            if members(I, room, c, cfg) < 2:
                continue
            if fly_together(F, I, plots, lo, room, c, cfg) > 0:
                _weigh(room, c)
        if cfg[C_DECISIVE] + cfg[C_DECISIVE_NEW] > 0.0:
            _decide(I, room, groups, nd, n, cfg[C_DECISIVE], cfg[C_DECISIVE_NEW])
    for j in range(nd):
        room.px[j] = 0.5  # from here on: the most that a track claims of a plot
        room.lam[j] = room.fresh[j] / room.total[j]


@lean
def _correct(
    F, I, sides, n, plots, looks, q, unseen, cfg, number, links, ev, n_ev, room
):
    """Correct the tracks by their plots; the life of each. As `process` returns."""
    lo, s = looks.first[q], looks.sensor[q]
    nd = looks.first[q + 1] - lo
    plot, belief, claim = room.plot, room.belief, room.px
    shed = 0
    for i in range(n):
        f = F[i]
        if f[PD] < 0.0:
            continue
        missed = f[PD] * looks.weight[q]
        if sides.seen_t[i, s] >= looks.t0[q]:
            missed = 0.0  # this very look has seen it in an earlier batch
        alone = room.none[i] * f[R] * (1.0 - missed) / (1.0 - f[R] * missed)
        begin_e, end_e = room.first[i], room.first[i + 1]
        if I[i, STAGE] < MODELS:
            # A single plot and another make a flight each; none is merged with a
            # rival, whose velocity would be another.
            for e in range(begin_e, end_e):
                if belief[e] < max(_LEAST_BRANCH, cfg[C_DROP_NEW]):
                    continue
                if n == len(F):
                    shed += 1
                    continue
                row = lo + plot[e]
                branch(F, I, sides, i, n, plots, lo, e, room, s, number, cfg)
                n_ev = note(ev, n_ev, plots.t[row], number, BORN, 0, belief[e],
                            I[i, FIRST])  # fmt: skip
                if belief[e] > claim[plot[e]]:
                    claim[plot[e]] = belief[e]
                    links[row, 0], links[row, 1] = number, 1
                number += 1
                n_ev = live(F, I, n, True, cfg, ev, n_ev, unseen)
                n += 1
            f[R] = alone
            if missed > 0.3:
                I[i, MISSES] += 1
            n_ev = live(F, I, i, False, cfg, ev, n_ev, unseen)
            continue
        hit, best, at = 0.0, 0.0, -1
        for e in range(begin_e, end_e):
            hit += belief[e]
            if belief[e] > best:
                best, at = belief[e], e
        total = hit + alone
        if hit > 1e-6 * total:
            before = f[X + 4] + f[X + 8]
            match(F, I, i, begin_e, end_e, plots, lo, room, alone, cfg)
            f[OWN] *= min((f[X + 4] + f[X + 8]) / before, 1.0)
        f[R] = min(total, 1.0 - 1e-6)
        f[TR] = f[LOOK]
        took = at >= 0 and hit > 0.5 * total
        if took:
            row = lo + plot[at]
            seen(F, I, sides, i, plots, row, lo, s)
            if best > claim[plot[at]]:
                claim[plot[at]] = best
                links[row, 0], links[row, 1] = I[i, NUMBER], 0
        else:
            f[MISSED] += math.log(1.0 - missed)
        n_ev = live(F, I, i, took, cfg, ev, n_ev, unseen)
    n_ev = recombine(F, I, n, nd, room, cfg, ev, n_ev)
    return n, number, n_ev, shed


@lean
def _beget(F, I, sides, n, plots, looks, q, views, cfg, number, links, ev, n_ev, room):
    """What nobody claimed may be new. As `process` returns."""
    lo, s = looks.first[q], looks.sensor[q]
    shed = 0
    away = 2.0 * math.pi * (cfg[C_SIGMA_FAST] * views.period[s]) ** 2
    fast = cfg[C_FAST_SHARE] > 0.0 and away * room.box[5] < 0.3
    for at in range(looks.first[q + 1] - lo):
        j = room.item[at]
        row = lo + j
        told = plots.coop[row]
        r0 = 0.9 / room.total[j] if told else room.lam[j]
        if r0 < _LEAST_BRANCH:
            continue
        if n == len(F):
            shed += 1
            continue
        begin(F, I, sides, n, plots, row, cfg, r0, s, 0, fast)
        if told and not math.isnan(plots.v0[row, 0]) and r0 > 0.1:
            # It tells its velocity: a track from the first report on.
            gather(F[n], 1, room.mean, 0)
            spread(F[n], room.mean, cfg)
            I[n, STAGE] = MODELS
            I[n, NUMBER] = number
            n_ev = note(ev, n_ev, plots.t[row], number, BORN, 0, r0,
                        plots.number[row])  # fmt: skip
            links[row, 0], links[row, 1] = number, 1
            number += 1
        n += 1
    return n, number, n_ev, shed


@lean
def _skip(F, I, n, room, i0):
    """This look passes by the tracks from i0 on."""
    for i in range(i0, n):
        F[i, PD] = -1.0
        I[i, LAST] = -1
        room.first[i + 1] = room.first[i0]


@njit(cache=True, error_model="numpy")
def _wider(room):
    """The same working space with room for twice the pairs."""
    more = 2 * len(room.plot) + 64
    plot, weight = np.empty(more, np.int64), np.empty(more)
    mode = np.empty((more, MODELS))
    have = len(room.plot)
    plot[:have], weight[:have], mode[:have] = room.plot, room.weight, room.mode
    return Room(
        room.px, room.py, room.lam, room.fresh, room.total, room.cell, room.item,
        room.box, room.owner, room.first, room.none, room.parent, room.order,
        room.start, plot, weight, mode, np.empty(more), np.empty(more), room.mix,
        room.tmp, room.mean, room.share, room.steps, room.ahead, room.behind,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def process(
    F, I, sides, n, plots, looks, views, unseen, cfg, next_number, links, ev, room,
    keep_ended,
):  # fmt: skip
    """Run a batch of scans through the tracks.

    n            tracks in use; F, I and sides have room for some four rows a plot
    next_number  the number that the next new track gets
    links        (N, 2) filled: number of the track that most likely caused each plot
                 (-1: none above one half), and 1 if that track began with it
    ev           (E, N_EVENT) filled: the events, as far as there is room
    keep_ended   rows of confirmed tracks that ended stay, for the caller to tell of;
                 otherwise a few dead rows of any kind may
    Returns (tracks in use, next number, events, tracks shed for want of room).
    """
    n_ev = shed = 0
    steps = room.steps
    steps[MODELS + 1, 0] = -1.0
    for q in range(len(looks.sensor)):
        lo, s = looks.first[q], looks.sensor[q]
        nd = looks.first[q + 1] - lo
        wait(unseen, looks.t1[q], cfg)
        life = unseen.grid[6]
        extent = _index(plots, lo, nd, n, s, views, unseen, cfg, room, links)
        room.first[0] = 0
        i = _see(
            F, I, sides, n, plots, looks, q, views, unseen, cfg, life, extent, room,
            steps, 0, False,
        )  # fmt: skip
        while i < n:
            if len(room.plot) >= _MOST_PAIRS:
                # Bounded memory: the tracks that are left wait for the next look.
                shed += n - i
                _skip(F, I, n, room, i)
                break
            room = _wider(room)
            i = _see(
                F, I, sides, n, plots, looks, q, views, unseen, cfg, life, extent,
                room, steps, i, True,
            )  # fmt: skip
        _settle(F, I, n, plots, lo, nd, room, cfg)
        n, next_number, n_ev, lost = _correct(
            F, I, sides, n, plots, looks, q, unseen, cfg, next_number, links, ev, n_ev,
            room,
        )  # fmt: skip
        shed += lost
        n, next_number, n_ev, lost = _beget(
            F, I, sides, n, plots, looks, q, views, cfg, next_number, links, ev, n_ev,
            room,
        )  # fmt: skip
        shed += lost
        looked(unseen, s, looks.weight[q])
        n = compact(F, I, sides, n, keep_ended, not keep_ended)
    return n, next_number, n_ev, shed


@njit(cache=True, error_model="numpy")
def plane_scan(
    F, I, sides, n, xy, t, var, plots, looks, views, unseen, cfg, next_number, links,
    ev, room, out_id, out,
):  # fmt: skip
    """One scan of places in the plane, from raw arrays to estimates.

    xy     (N, 2) places [m]; var their variance on each axis [m²]
    plots, looks, links, ev, room  working space with room for N plots
    out    (K, 7) filled: x, y [m], their rates [m/s], existence, spread of position
           [m] and velocity [m/s]; out_id (K,) filled: track numbers
    Returns tracks in use, next number, tracks shed, estimates.
    """
    nd = len(xy)
    for j in range(nd):
        room.px[j], room.py[j] = xy[j, 0], xy[j, 1]
        room.item[j] = j
    if nd > _LARGE:
        # Neighbours in the plane become neighbours in memory.
        fill(room.px, room.py, nd, 10.0, room.cell, room.item, room.box)
    for j in range(nd):
        z = plots.z[j]
        z[0], z[1] = room.px[room.item[j]], room.py[room.item[j]]
        z[3], z[4], z[5] = var, 0.0, var
        plots.t[j] = t
    looks.first[0], looks.first[1] = 0, nd
    looks.t0[0], looks.t1[0] = t, t
    n, next_number, _, shed = process(
        F, I, sides, n, plots, looks, views, unseen, cfg, next_number, links, ev, room,
        False,
    )  # fmt: skip
    k = 0
    block = room.mean
    for i in range(n):
        if not I[i, SHOWN]:
            continue
        gather(F[i], models_of(I, i, cfg), block, 0)
        out_id[k] = I[i, NUMBER]
        for a in range(4):
            out[k, a] = block[a]
        out[k, 4] = F[i, R]
        out[k, 5] = math.sqrt(0.5 * (block[4] + block[8]))
        out[k, 6] = math.sqrt(0.5 * (block[11] + block[13]))
        k += 1
    return n, next_number, shed, k


@njit(cache=True, error_model="numpy")
def picture(F, I, n, now, life, cfg, k, out, cov):
    """States of n tracks at a time, as the world sees them; the tracks stay the same.

    life  mean time that an object goes on [s]
    k     constants of the plane
    out   (n, 12) filled: latitude, longitude, height, east, north, up velocity,
          position and velocity spread (RMS of the two horizontal axes), existence,
          spread of the speed along the course, plane x, y
    cov   (n, 36) filled: east-north-up at the track, position then velocity
    A dead track stays where it was last.
    """
    spare = np.empty(MODELS * BLOCK + MODELS)
    steps = np.zeros((MODELS + 2, 5))
    steps[MODELS + 1, 0] = -1.0
    G, J = np.empty((1, N_F)), np.empty((1, N_I), np.int64)
    b = np.empty(BLOCK)
    P = np.zeros((6, 6))
    M = np.zeros((6, 6))
    at = (0, 1, 3, 4)
    for i in range(n):
        G[0], J[0] = F[i], I[i]
        if not I[i, DEAD]:
            advance(G, J, 0, now, life, cfg, steps, spare)
        f = G[0]
        gather(f, models_of(J, 0, cfg), b, 0)
        h, var = height_of(f)
        lat, lon = plane_to_geodetic_1(b[0], b[1], k)
        xa, ya, _ = plane_from_geodetic_1(lat - 0.005, lon, k)
        xb, yb, _ = plane_from_geodetic_1(lat + 0.005, lon, k)
        turn = math.atan2(xb - xa, yb - ya)  # true north, clockwise from the plane's
        _, _, scale = plane_from_geodetic_1(lat, lon, k)
        c, sn = math.cos(turn) / scale, math.sin(turn) / scale
        e = BLOCK - 10
        for p in range(4):
            for q in range(p, 4):
                P[at[p], at[q]] = P[at[q], at[p]] = b[e]
                e += 1
        w0, w1 = f[VMU], f[VMU + 1]
        dh, dw = f[V + VBLOCK] - f[V], f[V + VBLOCK + 1] - f[V + 1]
        climb = f[V + 1] + w1 * dw
        P[2, 2] = var
        P[2, 5] = w0 * f[V + 3] + w1 * f[V + VBLOCK + 3] + w0 * w1 * dh * dw
        P[5, 2] = P[2, 5]
        P[5, 5] = w0 * f[V + 4] + w1 * f[V + VBLOCK + 4] + w0 * w1 * dw * dw
        # East = (cos, -sin), north = (sin, cos) in plane axes, in ground metres.
        o = out[i]
        o[0], o[1], o[2] = lat, lon, h
        o[3], o[4], o[5] = c * b[2] - sn * b[3], sn * b[2] + c * b[3], climb
        for a in range(6):
            p0, p1, p3, p4 = P[a, 0], P[a, 1], P[a, 3], P[a, 4]
            M[a, 0], M[a, 1] = c * p0 - sn * p1, sn * p0 + c * p1
            M[a, 3], M[a, 4] = c * p3 - sn * p4, sn * p3 + c * p4
            M[a, 2], M[a, 5] = P[a, 2], P[a, 5]
        for d in range(6):
            p0, p1, p3, p4 = M[0, d], M[1, d], M[3, d], M[4, d]
            cov[i, d], cov[i, 6 + d] = c * p0 - sn * p1, sn * p0 + c * p1
            cov[i, 12 + d] = M[2, d]
            cov[i, 18 + d], cov[i, 24 + d] = c * p3 - sn * p4, sn * p3 + c * p4
            cov[i, 30 + d] = M[5, d]
        for a in range(6):
            for d in range(a):
                v = 0.5 * (cov[i, 6 * a + d] + cov[i, 6 * d + a])
                cov[i, 6 * a + d] = cov[i, 6 * d + a] = v
        o[6] = math.sqrt(0.5 * (cov[i, 0] + cov[i, 7]))
        o[7] = math.sqrt(0.5 * (cov[i, 21] + cov[i, 28]))
        o[8] = f[R]
        speed = math.hypot(o[3], o[4])
        o[9] = o[7]
        if speed > 1.0:
            ux, uy = o[3] / speed, o[4] / speed
            o[9] = math.sqrt(
                ux * ux * cov[i, 21] + 2 * ux * uy * cov[i, 22] + uy * uy * cov[i, 28]
            )
        o[10], o[11] = b[0], b[1]
