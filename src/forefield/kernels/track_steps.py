"""What a look means for one track: when it passes, what it sees, what a plot says."""
# ruff: noqa: E741, F403, F405

from __future__ import annotations

import math

from forefield.kernels import bank
from forefield.kernels.bank import BLOCK, VBLOCK
from forefield.kernels.gating import p_detect_1, p_visible_1
from forefield.kernels.lean import lean
from forefield.kernels.measurement import ground_range_1
from forefield.kernels.track_rows import *

_FOREVER_S = 1e5  # a climb that does not die away
_MEMORY_S = 900.0  # what was learnt of births and ends fades in this time


@lean
def models_of(I, i, cfg):
    """Blocks of track i in use."""
    return int(cfg[C_MODELS]) if I[i, STAGE] == MODELS else I[i, STAGE]


@lean
def turn_rate(m, cfg):
    """Rate of turn [rad/s] of model m: straight, left, right, then the tighter two."""
    if m == 0:
        return 0.0
    w = cfg[C_TURN_1] if m < 3 else cfg[C_TURN_2]
    return w if m % 2 == 1 else -w


@lean
def gap(dt, life, cfg, steps):
    """What dt seconds do to every model, kept for the next track: into steps.

    steps  (MODELS + 2, 5): a row of `turn_step` for each model; the chances of
           changing model; dt, survival, and chances of beginning and ending a climb
    """
    n = int(cfg[C_MODELS])
    for m in range(n):
        sx, cx, s, c = bank.turn_step(dt, turn_rate(m, cfg))
        steps[m, 0], steps[m, 1], steps[m, 2], steps[m, 3] = sx, cx, s, c
    a, b, c2, d, e = bank.shares_after(dt, cfg[C_TO_TURN], cfg[C_TO_STRAIGHT], n - 1)
    k = MODELS
    steps[k, 0], steps[k, 1], steps[k, 2], steps[k, 3], steps[k, 4] = a, b, c2, d, e
    total = cfg[C_TO_CLIMB] + cfg[C_TO_LEVEL]
    change = (1.0 - math.exp(-total * dt)) / total
    steps[k + 1, 0] = dt
    steps[k + 1, 1] = math.exp(-dt / life)
    steps[k + 1, 2] = cfg[C_TO_CLIMB] * change
    steps[k + 1, 3] = cfg[C_TO_LEVEL] * change


@lean
def advance(F, I, i, t, life, cfg, steps, spare):
    """Predict track i to time t, in place; a time before its state changes nothing."""
    f = F[i]
    dt = t - f[T]
    if dt <= 0.0:
        return
    if dt != steps[MODELS + 1, 0]:
        gap(dt, life, cfg, steps)
    k = MODELS
    if I[i, STAGE] == MODELS:
        n = int(cfg[C_MODELS])
        if n > 1:
            chances = (steps[k, 0], steps[k, 1], steps[k, 2], steps[k, 3], steps[k, 4])
            bank.mix(f, X, MU, n, chances, spare)
        for m in range(n):
            q = cfg[C_Q] if m == 0 else cfg[C_Q_TURN]
            step = (steps[m, 0], steps[m, 1], steps[m, 2], steps[m, 3])
            bank.predict(f, X + m * BLOCK, dt, step, q)
    else:
        # After one plot the blocks are rival guesses of the speed, and must not mix.
        for m in range(I[i, STAGE]):
            bank.predict(f, X + m * BLOCK, dt, (dt, 0.0, 0.0, 1.0), cfg[C_Q])
    if I[i, TALL]:
        bank.v_mix(f, V, VMU, steps[k + 1, 2], steps[k + 1, 3])
        bank.v_predict(f, V, dt, cfg[C_DAMP], cfg[C_QH])
        bank.v_predict(f, V + VBLOCK, dt, _FOREVER_S, cfg[C_QH_ACTIVE])
    if f[OWN] > 0.0:
        f[OWN] += cfg[C_WANDER] * dt
    f[R] *= steps[k + 1, 1]
    f[T] = t


@lean
def height_of(f):
    """Mean [m] and variance [m²] of a track's height."""
    a, b = f[VMU], f[VMU + 1]
    d = f[V + VBLOCK] - f[V]
    return f[V] + b * d, a * f[V + 2] + b * f[V + VBLOCK + 2] + a * b * d * d


@lean
def sight(F, I, sides, i, looks, q, views, cfg):
    """Chance that look q sees track i, and into LOOK when; -1: out of its reach."""
    f = F[i]
    s = looks.sensor[q]
    t0, t1 = looks.t0[q], looks.t1[q]
    if views.kind[s] == 3:
        f[LOOK] = t1
        return min(views.rules[s, 0, 2], cfg[C_PD_CAP])
    dt = 0.5 * (t0 + t1) - f[T]
    dx = f[X] + f[X + 2] * dt - looks.xy[q, 0]
    dy = f[X + 1] + f[X + 3] * dt - looks.xy[q, 1]
    ground = math.hypot(dx, dy)
    if ground > views.max_range[s] + 5.0 * math.sqrt(f[X + 4] + f[X + 8]) + 3e3:
        return -1.0
    azimuth = math.degrees(math.atan2(dx, dy)) % 360.0
    f[LOOK] = t0 + azimuth / 360.0 * (t1 - t0) if views.turning[s] else t1
    pz, var = height_of(f)
    slant = math.hypot(ground, pz - looks.place[q, 2])
    if slant > views.max_range[s]:
        return 0.0
    if views.kind[s] == 1 and sides.seen_by[i, s] == 0:
        return 0.0  # not known to have a transponder
    seen = 1.0
    if views.kind[s] == 0:
        seen = p_visible_1(
            ground, pz, math.sqrt(var), looks.place[q, 2], views.base[s],
            views.mask[s, int(azimuth) % 360],
        )  # fmt: skip
    n = views.n_rules[s]
    p = p_detect_1(
        slant, pz - views.base[s], sides.p_class[i], views.rules[s, :n],
        views.fits[s, :n],
    )  # fmt: skip
    return min(cfg[C_PD_CAP], seen * p)


@lean
def tilt(z, arc, h):
    """Tangent of the elevation at height h [m] over an arc [m] (law of cosines)."""
    a, b = z[15] + z[14], z[15] + h
    theta = arc / z[15]
    d = a * b * math.sin(theta)
    if d < 1.0:
        return 5.0
    return (b - a * math.cos(theta)) / d * z[15]


@lean
def shifted(f, z):
    """A plot's place and spread as track f sees it: zx, zy, rxx, rxy, ryy.

    A radar without height measures a slant range; the track's own height says where
    over ground that is, and its doubt adds to the plot's.
    """
    zx, zy, rxx, rxy, ryy = z[0], z[1], z[3], z[4], z[5]
    if not math.isnan(z[12]):
        h, var = height_of(f)
        arc, slope = ground_range_1(z[15], z[14], z[12], h)
        zx += z[10] * (arc - z[13])
        zy += z[11] * (arc - z[13])
        gx, gy = z[10] * slope, z[11] * slope
        rxx += gx * gx * var
        rxy += gx * gy * var
        ryy += gy * gy * var
    return zx, zy, rxx, rxy, ryy


@lean
def as_seen(f, plots, row, cfg):
    """A plot as track f sees it: time after the state, place and spread.

    Between the two times something may have happened: that is doubt of the plot.
    A plot from before the state (a late one) is measured through the velocity.
    """
    zx, zy, rxx, rxy, ryy = shifted(f, plots.z[row])
    tau = plots.t[row] - f[T]
    if tau != 0.0:
        q = cfg[C_Q_TURN] * abs(tau) ** 3 / 3.0
        rxx += q
        ryy += q
    return tau, zx, zy, rxx, rxy, ryy


@lean
def by_rate(a, o, f, plots, row):
    """Correct the block at a[o] by the range rate of a plot; its density [s/m]."""
    z = plots.z[row]
    up = plots.rate[row, 2]
    size = math.hypot(z[10], z[11])
    flat = math.sqrt(max(0.0, 1.0 - up * up)) / size
    w = f[VMU] * f[V + 1] + f[VMU + 1] * f[V + VBLOCK + 1]
    var_w = f[VMU] * f[V + 4] + f[VMU + 1] * f[V + VBLOCK + 4]
    var = plots.rate[row, 1] ** 2 + up * up * var_w
    hu, hv = z[10] * flat, z[11] * flat
    return bank.correct_rate(a, o, hu, hv, w * up, var, plots.rate[row, 0])


@lean
def normal(d, var):
    """Density of a deviation."""
    return math.exp(-0.5 * d * d / var) / math.sqrt(2.0 * math.pi * var)


@lean
def likelihood(F, I, i, plots, row, cfg, tmp, mode, e):
    """Density of a plot under track i [1/m², by 1/m and s/m where measured].

    Fills mode[e]: the share of each model in it. Below zero: outside the gate.
    tmp is working space for a block and a number of each model.
    """
    f = F[i]
    z = plots.z[row]
    tau, zx, zy, rxx, rxy, ryy = as_seen(f, plots, row, cfg)
    models = models_of(I, i, cfg)
    limit = cfg[C_GATE] if I[i, STAGE] == MODELS else cfg[C_GATE_NEW]
    rated = not math.isnan(plots.rate[row, 0])
    near, total = math.inf, 0.0
    for m in range(models):
        d2, det = bank.distance(f, X + m * BLOCK, tau, zx, zy, rxx, rxy, ryy)
        near = min(near, d2)
        mode[e, m], tmp[BLOCK + m] = d2, det
    if near > limit:
        return -1.0
    for m in range(models):
        o = X + m * BLOCK
        p = f[MU + m] * bank.normal_2(mode[e, m], tmp[BLOCK + m])
        if rated and p > 0.0:
            bank.correct(f, o, tau, zx, zy, rxx, rxy, ryy, tmp, 0)
            p *= by_rate(tmp, 0, f, plots, row)
        mode[e, m] = p
        total += p
    if total <= 0.0:
        return -1.0
    for m in range(models):
        mode[e, m] /= total
    if z[9] > 2.5:
        if I[i, TALL]:
            total *= f[VMU] * normal(z[2] - f[V], f[V + 2] + z[8]) + f[
                VMU + 1
            ] * normal(z[2] - f[V + VBLOCK], f[V + VBLOCK + 2] + z[8])
        else:
            total /= cfg[C_HEIGHT_SPAN]
    return total


# -- objects never detected ----------------------------------------------------
@lean
def cell_of(unseen, x, y):
    """Cell of the grid that a place lies in, the nearest for one outside."""
    g = unseen.grid
    cx = min(max(int((x - g[0]) / g[2]), 0), int(g[3]) - 1)
    cy = min(max(int((y - g[1]) / g[2]), 0), int(g[4]) - 1)
    return cy * int(g[3]) + cx


@lean
def fresh_at(unseen, s, x, y):
    """First detections [1/m²] that a look of sensor s expects at a place."""
    c = cell_of(unseen, x, y)
    total = 0.0
    for k in range(unseen.rate.shape[0]):
        total += unseen.rate[k, c] * unseen.pd[s, k, c]
    return total


@lean
def lifetime(unseen, cfg):
    """Mean time [s] that an object goes on: the assumption, and what has been seen."""
    ended, lived = unseen.learnt[2], unseen.learnt[3]
    w = cfg[C_LIFE_WEIGHT]
    return (w * cfg[C_LIFE] + lived) / (w + ended)


@lean
def birth_rate(unseen, cfg):
    """Objects that appear per second: the assumption, and what has been seen."""
    w = cfg[C_BIRTH_WEIGHT]
    return (w * cfg[C_BIRTHS] + unseen.learnt[0]) / (w + unseen.learnt[1])


@lean
def wait(unseen, t, cfg):
    """Objects appear, and go, while nobody looks."""
    dt = t - unseen.grid[5]
    if dt <= 0.0:
        return
    unseen.grid[5] = t
    fade = math.exp(-dt / _MEMORY_S)
    # What one look taught holds from the next moment on, not for a look at the same.
    unseen.grid[6] = lifetime(unseen, cfg)
    for k in range(4):
        unseen.learnt[k] *= fade
    unseen.learnt[1] += dt
    life = unseen.grid[6]
    keep = math.exp(-dt / life)
    born = birth_rate(unseen, cfg) * life * (1.0 - keep)
    for k in range(unseen.rate.shape[0]):
        for c in range(unseen.rate.shape[1]):
            unseen.rate[k, c] = unseen.rate[k, c] * keep + born * unseen.births[k, c]


@lean
def looked(unseen, s, weight):
    """What a look would have found, and found nothing of, is less likely there."""
    for k in range(unseen.rate.shape[0]):
        for c in range(unseen.rate.shape[1]):
            unseen.rate[k, c] *= 1.0 - weight * unseen.pd[s, k, c]
