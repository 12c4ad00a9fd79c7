"""What a scan leaves of a track: matched, begun, joined, confirmed, ended."""
# ruff: noqa: E741, F403, F405

from __future__ import annotations

import math

from forefield.kernels import bank
from forefield.kernels.bank import BLOCK, VBLOCK
from forefield.kernels.lean import lean
from forefield.kernels.track_rows import *
from forefield.kernels.track_steps import as_seen, by_rate, models_of, tilt

_FEW = 16  # one dead track among so many rows may stay where it is


@lean
def note(ev, n, t, number, code, why, r, first):
    """Write an event where there is room; returns events so far."""
    if n < len(ev):
        ev[n, 0], ev[n, 1], ev[n, 2] = t, number, code
        ev[n, 3], ev[n, 4], ev[n, 5] = why, r, first
    return n + 1


# -- mixtures -------------------------------------------------------------------------
@lean
def add(out, p, w, b, o, dx, dy, du, dv):
    """Add the block at b[o] with weight w; its mean lies (dx, dy, du, dv) from zero."""
    out[p] += w * dx
    out[p + 1] += w * dy
    out[p + 2] += w * du
    out[p + 3] += w * dv
    out[p + 4] += w * (b[o + 4] + dx * dx)
    out[p + 5] += w * (b[o + 5] + dx * dy)
    out[p + 6] += w * (b[o + 6] + dx * du)
    out[p + 7] += w * (b[o + 7] + dx * dv)
    out[p + 8] += w * (b[o + 8] + dy * dy)
    out[p + 9] += w * (b[o + 9] + dy * du)
    out[p + 10] += w * (b[o + 10] + dy * dv)
    out[p + 11] += w * (b[o + 11] + du * du)
    out[p + 12] += w * (b[o + 12] + du * dv)
    out[p + 13] += w * (b[o + 13] + dv * dv)


@lean
def close(out, p, total, a, o):
    """Turn sums of weight `total`, taken from the mean of a[o], into a block."""
    dx, dy = out[p] / total, out[p + 1] / total
    du, dv = out[p + 2] / total, out[p + 3] / total
    out[p], out[p + 1] = a[o] + dx, a[o + 1] + dy
    out[p + 2], out[p + 3] = a[o + 2] + du, a[o + 3] + dv
    out[p + 4] = out[p + 4] / total - dx * dx
    out[p + 5] = out[p + 5] / total - dx * dy
    out[p + 6] = out[p + 6] / total - dx * du
    out[p + 7] = out[p + 7] / total - dx * dv
    out[p + 8] = out[p + 8] / total - dy * dy
    out[p + 9] = out[p + 9] / total - dy * du
    out[p + 10] = out[p + 10] / total - dy * dv
    out[p + 11] = out[p + 11] / total - du * du
    out[p + 12] = out[p + 12] / total - du * dv
    out[p + 13] = out[p + 13] / total - dv * dv


@lean
def gather(a, models, out, p):
    """Mean and covariance of a row's bank, as a block at out[p]."""
    for k in range(BLOCK):
        out[p + k] = 0.0
    for m in range(models):
        b = X + m * BLOCK
        add(out, p, a[MU + m], a, b, a[b] - a[X], a[b + 1] - a[X + 1],
            a[b + 2] - a[X + 2], a[b + 3] - a[X + 3])  # fmt: skip
    close(out, p, 1.0, a, X)


@lean
def _v_add(out, p, w, a, o, h0, w0):
    dh, dw = a[o] - h0, a[o + 1] - w0
    out[p] += w * dh
    out[p + 1] += w * dw
    out[p + 2] += w * (a[o + 2] + dh * dh)
    out[p + 3] += w * (a[o + 3] + dh * dw)
    out[p + 4] += w * (a[o + 4] + dw * dw)


@lean
def _v_close(out, p, total, f, o):
    if total < 1e-12:
        return
    dh, dw = out[p] / total, out[p + 1] / total
    f[o] += dh
    f[o + 1] += dw
    f[o + 2] = out[p + 2] / total - dh * dh
    f[o + 3] = out[p + 3] / total - dh * dw
    f[o + 4] = out[p + 4] / total - dw * dw


# -- correction -----------------------------------------------------------------------
@lean
def match(F, I, i, first, last, plots, lo, room, unseen_weight, cfg):
    """Match track i to the mixture of what it may have caused, in place.

    first, last    its pairs, with `room.belief` the probability of each
    unseen_weight  probability that it exists and caused none of them
    """
    f = F[i]
    models = models_of(I, i, cfg)
    hit = 0.0
    for e in range(first, last):
        hit += room.belief[e]
    total = hit + unseen_weight
    least = 1e-4 * total
    mean, tmp = room.mean, room.tmp
    for k in range(models * BLOCK):
        mean[k] = 0.0
    for m in range(models):
        o, p = X + m * BLOCK, m * BLOCK
        share = unseen_weight * f[MU + m]
        if share > least:
            add(mean, p, share, f, o, 0.0, 0.0, 0.0, 0.0)
        else:
            share = 0.0
        for e in range(first, last):
            w = room.belief[e] * room.mode[e, m]
            if w <= 1e-6 * total:
                continue
            row = lo + room.plot[e]
            tau, zx, zy, rxx, rxy, ryy = as_seen(f, plots, row, cfg)
            bank.correct(f, o, tau, zx, zy, rxx, rxy, ryy, tmp, 0)
            if not math.isnan(plots.rate[row, 0]):
                by_rate(tmp, 0, f, plots, row)
            add(mean, p, w, tmp, 0, tmp[0] - f[o], tmp[1] - f[o + 1],
                tmp[2] - f[o + 2], tmp[3] - f[o + 3])  # fmt: skip
            share += w
        if share > 0.0:
            close(mean, p, share, f, o)
        room.share[m] = share
    _match_height(F, I, i, first, last, plots, lo, room, total, cfg)
    s = 0.0
    for m in range(models):
        share = room.share[m]
        if share > 0.0:
            for k in range(BLOCK):
                f[X + m * BLOCK + k] = mean[m * BLOCK + k]
        f[MU + m] = max(share / total, 1e-6)
        s += f[MU + m]
    for m in range(models):
        f[MU + m] /= s
    if I[i, STAGE] < MODELS and hit > 0.5 * total:
        # Two plots make a velocity: from here on the whole bank runs.
        gather(f, models, mean, 0)
        spread(f, mean, cfg)
        I[i, STAGE] = MODELS


@lean
def spread(f, block, cfg):
    """Every model of a bank starts from one block, at the share it has on average."""
    n = int(cfg[C_MODELS])
    turn = cfg[C_TO_TURN] / (cfg[C_TO_TURN] + cfg[C_TO_STRAIGHT])
    for m in range(n):
        for k in range(BLOCK):
            f[X + m * BLOCK + k] = block[k]
        f[MU + m] = turn / max(n - 1, 1)
    f[MU] = 1.0 - turn if n > 1 else 1.0
    for k in range(TRAIL, N_F):
        f[k] = -math.inf


@lean
def _match_height(F, I, i, first, last, plots, lo, room, total, cfg):
    f, tmp, vert = F[i], room.tmp, room.mix
    for k in range(2 * VBLOCK):
        vert[k] = 0.0
    v0 = v1 = 0.0
    for e in range(first, last):
        z = plots.z[lo + room.plot[e]]
        w = room.belief[e]
        if w <= 1e-4 * total or z[9] < 2.5:
            continue
        if not I[i, TALL]:
            # The first height: until now there was only an assumption.
            if w > 0.5 * total:
                for k in range(2):
                    o = V + k * VBLOCK
                    f[o], f[o + 1], f[o + 2], f[o + 3] = z[2], 0.0, z[8], 0.0
                    f[o + 4] = cfg[C_SIGMA_W] ** 2
                I[i, TALL] = 1
                return
            continue
        p0 = bank.v_correct(f, V, z[2], z[8], tmp, 0) * f[VMU]
        p1 = bank.v_correct(f, V + VBLOCK, z[2], z[8], tmp, VBLOCK) * f[VMU + 1]
        s = max(p0 + p1, 1e-300)
        a, b = w * p0 / s, w * p1 / s
        _v_add(vert, 0, a, tmp, 0, f[V], f[V + 1])
        _v_add(vert, VBLOCK, b, tmp, VBLOCK, f[V + VBLOCK], f[V + VBLOCK + 1])
        v0 += a
        v1 += b
    if v0 + v1 <= 0.0:
        return
    rest = max(total - v0 - v1, 0.0)
    a, b = rest * f[VMU], rest * f[VMU + 1]
    _v_add(vert, 0, a, f, V, f[V], f[V + 1])
    _v_add(vert, VBLOCK, b, f, V + VBLOCK, f[V + VBLOCK], f[V + VBLOCK + 1])
    v0 += a
    v1 += b
    _v_close(vert, 0, v0, f, V)
    _v_close(vert, VBLOCK, v1, f, V + VBLOCK)
    f[VMU] = min(max(v0 / (v0 + v1), 1e-3), 1.0 - 1e-3)
    f[VMU + 1] = 1.0 - f[VMU]


# -- births ---------------------------------------------------------------------------
@lean
def begin(F, I, sides, n, plots, row, cfg, r0, sensor, number, fast):
    """Row n becomes a track of one plot, of unknown or told velocity."""
    f, w = F[n], I[n]
    z = plots.z[row]
    t = plots.t[row]
    told = not math.isnan(plots.v0[row, 0])
    stage = 2 if fast and not told else 1
    for k in range(X + stage * BLOCK):
        f[k] = 0.0
    rxx, rxy, ryy = z[3], z[4], z[5]
    tall = z[9] > 2.5
    h, var = cfg[C_H0], cfg[C_SIGMA_H] ** 2
    if tall:
        h, var = z[2], z[8]
    elif not math.isnan(z[12]):
        # The plot was placed at the assumed height: its doubt adds along the range.
        slope = max(-5.0, min(5.0, tilt(z, z[13], cfg[C_H0])))
        gx, gy = z[10] * slope, z[11] * slope
        rxx += gx * gx * var
        rxy += gx * gy * var
        ryy += gy * gy * var
    for m in range(stage):
        o = X + m * BLOCK
        f[o], f[o + 1] = z[0], z[1]
        f[o + 4], f[o + 5], f[o + 8] = rxx, rxy, ryy
        sv = cfg[C_SIGMA_V] if m == 0 else cfg[C_SIGMA_FAST]
        if told:
            f[o + 2], f[o + 3] = plots.v0[row, 0], plots.v0[row, 1]
            sv = plots.v0[row, 2]
        f[o + 11] = f[o + 13] = sv * sv
    f[MU] = 1.0
    if stage == 2:
        f[MU], f[MU + 1] = 1.0 - cfg[C_FAST_SHARE], cfg[C_FAST_SHARE]
    for k in range(2):
        o = V + k * VBLOCK
        f[o], f[o + 2], f[o + 4] = h, var, cfg[C_SIGMA_W] ** 2
    total = cfg[C_TO_CLIMB] + cfg[C_TO_LEVEL]
    f[VMU], f[VMU + 1] = cfg[C_TO_LEVEL] / total, cfg[C_TO_CLIMB] / total
    f[R], f[T], f[TR], f[SEEN], f[BORN_T], f[T_CLASS] = r0, t, t, t, t, -math.inf
    f[LOOK] = t
    for k in range(N_I):
        w[k] = 0
    w[NUMBER], w[IDENT], w[HITS], w[STAGE] = number, plots.ident[row], 1, stage
    w[FLAG], w[RADAR] = plots.flag[row], 0 if plots.coop[row] else 1
    w[TALL], w[FIRST], w[LAST] = tall, plots.number[row], -1
    for k in range(sides.seen_by.shape[1]):
        sides.seen_by[n, k] = 0
        sides.seen_t[n, k] = -math.inf
    sides.seen_by[n, sensor] = 1
    sides.seen_t[n, sensor] = t
    c = sides.p_class.shape[1]
    for k in range(c):
        sides.p_class[n, k] = 1.0 / c


@lean
def copy(F, I, sides, a, b):
    """Row b becomes what row a is."""
    top = X + min(I[a, STAGE], MODELS) * BLOCK
    for k in range(top):
        F[b, k] = F[a, k]
    if I[a, STAGE] == MODELS:  # before that it has made no way to remember
        for k in range(TRAIL, N_F):
            F[b, k] = F[a, k]
    for k in range(N_I):
        I[b, k] = I[a, k]
    for k in range(sides.seen_by.shape[1]):
        sides.seen_by[b, k] = sides.seen_by[a, k]
        sides.seen_t[b, k] = sides.seen_t[a, k]
    for k in range(sides.p_class.shape[1]):
        sides.p_class[b, k] = sides.p_class[a, k]


@lean
def seen(F, I, sides, i, plots, row, lo, sensor):
    """Track i took a plot: count it, and what the plot tells of itself."""
    f = F[i]
    f[SEEN] = max(f[SEEN], plots.t[row])
    I[i, HITS] += 1
    I[i, MISSES] = 0
    f[MISSED] = 0.0
    I[i, LAST] = row - lo
    if plots.coop[row]:
        if plots.ident[row] > 0:
            I[i, IDENT] = plots.ident[row]
        I[i, FLAG] = plots.flag[row]
    else:
        I[i, RADAR] += 1
    sides.seen_by[i, sensor] += 1
    sides.seen_t[i, sensor] = max(sides.seen_t[i, sensor], plots.t[row])


@lean
def branch(F, I, sides, i, n, plots, lo, e, room, sensor, number, cfg):
    """Row n becomes what track i would be, had it caused the plot of pair e."""
    copy(F, I, sides, i, n)
    row = lo + room.plot[e]
    match(F, I, n, e, e + 1, plots, lo, room, 0.0, cfg)
    F[n, R] = min(room.belief[e], 1.0 - 1e-6)
    F[n, TR] = F[n, LOOK]
    I[n, NUMBER] = number
    seen(F, I, sides, n, plots, row, lo, sensor)


# -- the life of a track --------------------------------------------------------------
@lean
def live(F, I, i, hit, cfg, ev, n_ev, unseen):
    """Confirm, coast, resume or end track i after a look at it; events so far."""
    f, w = F[i], I[i]
    number = w[NUMBER]
    gone = f[LOOK] - f[SEEN]
    if not w[CONFIRMED]:
        if f[R] >= cfg[C_CONFIRM] and w[HITS] >= cfg[C_CONFIRM_HITS]:
            w[CONFIRMED] = 1
            unseen.learnt[0] += 1.0
            n_ev = note(ev, n_ev, f[SEEN], number, CONFIRM, 0, f[R], -1)
    elif hit and w[COASTING]:
        w[COASTING] = 0
        n_ev = note(ev, n_ev, f[SEEN], number, RESUME, 0, f[R], -1)
    elif (
        not w[COASTING]
        and not hit
        and (
            (f[MISSED] < cfg[C_COAST_CHANCE] and gone >= cfg[C_COAST_LEAST_S])
            or gone > cfg[C_COAST_MOST_S]
        )
    ):
        w[COASTING] = 1
        n_ev = note(ev, n_ev, f[LOOK], number, COAST, 0, f[R], -1)
    why = 0
    if w[CONFIRMED]:
        if f[R] < cfg[C_DROP]:
            why = UNLIKELY
        elif gone > cfg[C_MAX_COAST_S]:
            why = UNSEEN
    elif w[STAGE] < MODELS:
        if w[MISSES] > cfg[C_SINGLE]:
            why = UNLIKELY
    elif f[R] < cfg[C_DROP_NEW]:
        why = UNLIKELY
    if why == 0 and not w[CONFIRMED] and gone > 1.2 * cfg[C_COAST_S]:
        why = UNSEEN
    wide = math.sqrt(0.5 * (f[X + 4] + f[X + 8])) > cfg[C_MAX_SIGMA]
    if why == 0 and w[STAGE] == MODELS and wide:
        why = SPREAD
    if (
        f[X] < cfg[C_WEST] or f[X] > cfg[C_EAST] or f[X + 1] < cfg[C_SOUTH]
        or f[X + 1] > cfg[C_NORTH]
    ):  # fmt: skip
        why = LEFT
    if why > 0:
        w[DEAD] = 1
        w[WHY] = why
        w[SHOWN] = 0
        if w[CONFIRMED] and why == UNLIKELY:
            unseen.learnt[2] += 1.0
        if number > 0:
            n_ev = note(ev, n_ev, f[LOOK], number, END, why, f[R], -1)
    return n_ev


@lean
def compact(F, I, sides, n, keep_ended, gaps):
    """Take dead tracks out, the others keep their order; returns how many stay.

    keep_ended  confirmed ones are still to be told of
    gaps        a few dead may stay in front of many alive, that need not be moved then
    """
    k = 0
    if gaps:
        dead = 0
        for i in range(n):
            dead += I[i, DEAD]
            if dead * _FEW <= i:
                k = i + 1
    for i in range(k, n):
        if I[i, DEAD] and not (keep_ended and I[i, CONFIRMED]):
            continue
        if k != i:
            copy(F, I, sides, i, k)
        k += 1
    return k


# -- rival stories --------------------------------------------------------------------
@lean
def recombine(F, I, n, nd, room, cfg, ev, n_ev):
    """Rival stories that came to one end are joined; what to show of the others.

    Tracks that took the same plot in this scan are compared. Their chances add, for
    at most one of them is true.
    """
    head, follow = room.owner, room.order
    for j in range(nd):
        head[j] = -1
    for i in range(n - 1, -1, -1):
        I[i, SHOWN] = F[i, R] > 0.5 and not I[i, DEAD]
        j = I[i, LAST]
        if I[i, DEAD] or F[i, PD] < 0.0 or j < 0 or I[i, STAGE] < MODELS:
            continue
        follow[i] = head[j]
        head[j] = i
    models = int(cfg[C_MODELS])
    young = cfg[C_YOUNG]
    for j in range(nd):
        a = head[j]
        total, best, top = 0.0, -1, 0.0
        while a >= 0:
            b, before = follow[a], a
            while b >= 0:
                one = I[a, HITS] < young or I[b, HITS] < young
                if one and _alike(F[a], F[b], cfg[C_MERGE]):
                    _join(F, I, a, b, models, room.mean)
                    n_ev = note(ev, n_ev, F[a, SEEN], I[b, NUMBER], END, MERGED,
                                F[b, R], -1)  # fmt: skip
                    follow[before] = follow[b]
                else:
                    before = b
                b = follow[before]
            total += F[a, R]
            if F[a, R] > top:
                best, top = a, F[a, R]
            a = follow[a]
        # A plot that some object must have caused, though it is not settled by which
        # story it came there: the likeliest story stands for all.
        if best >= 0 and top <= 0.5 and total > cfg[C_CLAIM]:
            I[best, SHOWN] = 1
    return n_ev


@lean
def _alike(f, g, limit):
    # Squared distance of the straight models, axis by axis, in the lesser spread.
    total = 0.0
    for k in range(4):
        v = (4, 8, 11, 13)[k]
        d = f[X + k] - g[X + k]
        total += d * d / min(f[X + v], g[X + v])
        if total > limit:
            return False
    return True


@lean
def _join(F, I, a, b, models, mean):
    """Track b goes into track a; the number with the better standing stays."""
    f, g = F[a], F[b]
    ra, rb = f[R], g[R]
    for m in range(models):
        o, p = X + m * BLOCK, m * BLOCK
        wa, wb = ra * f[MU + m], rb * g[MU + m]
        for k in range(BLOCK):
            mean[p + k] = 0.0
        add(mean, p, wa, f, o, 0.0, 0.0, 0.0, 0.0)
        add(mean, p, wb, g, o, g[o] - f[o], g[o + 1] - f[o + 1], g[o + 2] - f[o + 2],
            g[o + 3] - f[o + 3])  # fmt: skip
        f[MU + m] = (wa + wb) / (ra + rb)
        close(mean, p, wa + wb, f, o)
    # The differences above were taken from the old means of f: replace them last.
    for k in range(models * BLOCK):
        f[X + k] = mean[k]
    if I[b, CONFIRMED] > I[a, CONFIRMED] or (
        I[b, CONFIRMED] == I[a, CONFIRMED] and rb > ra
    ):
        for k in (NUMBER, IDENT, HITS, CONFIRMED, COASTING, FLAG, RADAR, FIRST):
            I[a, k], I[b, k] = I[b, k], I[a, k]
    f[R] = min(ra + rb, 1.0 - 1e-6)
    I[a, HITS] = max(I[a, HITS], I[b, HITS])
    I[a, SHOWN] = f[R] > 0.5
    g[R] = 0.0
    I[b, DEAD], I[b, WHY], I[b, CONFIRMED], I[b, SHOWN] = 1, MERGED, 0, 0
