"""Objects that fly together move together: what the others' plots say of each.

The error of a prediction has two parts. One is common to a formation: a turn, a gust, a
velocity not yet known. The other is a member's own: its place within the formation,
which changes slowly. A member's plots tell of both, the other members' plots of the
common part alone: the mean of their innovations is a measurement of it whose noise is
that of their plots, and of their own places, divided by how many they are. So a turn is
seen six times as soon in a formation of six, and tracks 400 m apart keep their plots
apart. (The joint Gaussian of exchangeable members splits into their mean and their
deviations; this is that split, with each member's own share of its variance kept as one
number. Compare the group models of Pang, Li and Godsill 2011, "Detection and tracking
of coordinated groups", IEEE TAES 47.)

A formation is not declared by anybody. Confirmed tracks that compete for plots, lie
within reach of each other and do not differ in velocity beyond their doubt are taken to
fly together, anew at each look. What it cannot do: a ghost in a formation is kept in
its place by the others as a member is, and takes plots whenever one of them is missed.
"""
# ruff: noqa: E741, F403, F405

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels import bank
from forefield.kernels.bank import BLOCK
from forefield.kernels.lean import lean
from forefield.kernels.track_rows import *
from forefield.kernels.track_steps import as_seen, likelihood, models_of

__all__ = ["fly_together", "members", "pair_weight"]

_MOST = 400  # members of a cluster that are looked at
_AT_ONCE_S = 1.0  # states further apart in time are not compared
_SAME_ADDRESS = 3000.0  # how much likelier a plot with the track's own address is
_OWN = 0.8  # most of a variance that may be a member's own
_STRAY = 25.0  # squared distance beyond which the others say nothing of a member

# What is noted of each member: place, velocity, variance of velocity; chance that it
# caused a plot; noise of its plots (xx, xy, yy); innovations by model.
_X, _Y, _U, _V, _VAR, _HIT, _RXX, _RXY, _RYY, _NU = range(10)


@lean
def pair_weight(f, I, i, plots, row, like, lam):
    """Weight of a pair relative to both alone; like and lam densities of the plot."""
    pd = f[PD]
    # It was seen, whatever the model of the sensor says.
    odds = f[R] * max(pd, 0.1) / (1.0 - f[R] * pd)
    w = odds * like / lam
    if I[i, IDENT] > 0 and I[i, IDENT] == plots.ident[row]:
        w *= _SAME_ADDRESS
    return w


@lean
def _old_enough(I, i, cfg):
    # A velocity from few plots, perhaps a neighbour's among them, misleads the others.
    settled = I[i, CONFIRMED] and I[i, STAGE] == MODELS
    return settled and I[i, HITS] >= cfg[C_MEMBER]


@lean
def _apart(f, o):
    """Variance of the place that no doubt of the velocity explains, the lesser axis."""
    uu, vv = f[o + 11], f[o + 13]
    x = f[o + 4] - f[o + 6] ** 2 / uu - f[o + 7] ** 2 / vv
    y = f[o + 8] - f[o + 9] ** 2 / uu - f[o + 10] ** 2 / vv
    return max(min(x, y), 0.0)


@lean
def _tell(F, I, i, plots, lo, room, cfg, note):
    """Note of member i what the others need: `note` as laid out above."""
    f = F[i]
    models = models_of(I, i, cfg)
    for k in range(_NU + 2 * MODELS):
        note[k] = 0.0
    for m in range(models):
        o, mu = X + m * BLOCK, f[MU + m]
        note[_X] += mu * f[o]
        note[_Y] += mu * f[o + 1]
        note[_U] += mu * f[o + 2]
        note[_V] += mu * f[o + 3]
        note[_VAR] += 0.5 * mu * (f[o + 11] + f[o + 13])
    hit = zx = zy = zz = 0.0
    for e in range(room.first[i], room.first[i + 1]):
        w = room.belief[e]
        tau, x, y, rxx, rxy, ryy = as_seen(f, plots, lo + room.plot[e], cfg)
        x -= tau * note[_U] + note[_X]
        y -= tau * note[_V] + note[_Y]
        hit += w
        zx += w * x
        zy += w * y
        zz += w * (x * x + y * y)
        note[_RXX] += w * rxx
        note[_RXY] += w * rxy
        note[_RYY] += w * ryy
    note[_HIT] = hit
    if hit < 1e-3:
        return
    zx, zy = zx / hit, zy / hit
    # Which of its plots it caused is not certain either.
    own = f[OWN] + max(0.5 * (zz / hit - zx * zx - zy * zy), 0.0)
    note[_RXX] = note[_RXX] / hit + own
    note[_RXY] /= hit
    note[_RYY] = note[_RYY] / hit + own
    for m in range(models):
        o = X + m * BLOCK
        note[_NU + 2 * m] = note[_X] + zx - f[o]
        note[_NU + 2 * m + 1] = note[_Y] + zy - f[o + 1]


@lean
def _mates(a, b, reach, differ, still):
    """Whether two members lie close together and may have one velocity."""
    dx, dy = a[_X] - b[_X], a[_Y] - b[_Y]
    if dx * dx + dy * dy > reach * reach:
        return False
    du, dv = a[_U] - b[_U], a[_V] - b[_V]
    if a[_U] ** 2 + a[_V] ** 2 < still * still:
        return False  # echoes of the ground stand together
    d2 = du * du + dv * dv
    return d2 < differ * differ and d2 < 9.0 * (a[_VAR] + b[_VAR])


@lean
def members(I, room, c, cfg):
    """How many tracks of cluster c may be of a formation: fewer than two are none.

    Asked by the caller, for what `lean` tells of calls with arrays.
    """
    many = 0
    if cfg[C_REACH] > 0.0:
        for k in range(room.start[c], room.start[c + 1]):
            many += _old_enough(I, room.order[k], cfg)
    return many


@njit(cache=True, error_model="numpy")
def fly_together(F, I, plots, lo, room, c, cfg):
    """Correct the members of formations by each other's plots, and weigh pairs anew.

    c  a cluster of `room.order` and `room.start`, with `room.belief` of each pair
    Returns how many tracks were corrected; their pairs' weights and shares of models
    are then those of the corrected states.
    """
    reach, differ, share = cfg[C_REACH], cfg[C_DIFFER], cfg[C_SHARE]
    moved, many = 0, members(I, room, c, cfg)
    if many < 2 or many > _MOST:
        return moved
    sums = np.empty(2 * MODELS)
    chance = np.empty(MODELS)
    notes = np.empty((many, _NU + 2 * MODELS))
    who = np.empty(many, np.int64)
    many = 0
    for k in range(room.start[c], room.start[c + 1]):
        i = room.order[k]
        if _old_enough(I, i, cfg):
            if F[i, OWN] <= 0.0:
                F[i, OWN] = _OWN * _apart(F[i], X)
            who[many] = i
            _tell(F, I, i, plots, lo, room, cfg, notes[many])
            many += 1
    for p in range(many):
        i = who[p]
        f, a = F[i], notes[p]
        models = models_of(I, i, cfg)
        wxx = wxy = wyy = us = vs = 0.0
        mates = 0
        sums[:] = 0.0
        for q in range(many):
            b = notes[q]
            if q == p or abs(F[who[q], T] - f[T]) > _AT_ONCE_S:
                continue
            if not _mates(a, b, reach, differ, cfg[C_STILL]):
                continue
            mates += 1
            us += b[_U]
            vs += b[_V]
            if b[_HIT] < 1e-3:
                continue
            w = b[_HIT] / (b[_RXX] * b[_RYY] - b[_RXY] ** 2)
            xx, xy, yy = w * b[_RYY], -w * b[_RXY], w * b[_RXX]
            wxx += xx
            wxy += xy
            wyy += yy
            for m in range(models):
                x, y = b[_NU + 2 * m], b[_NU + 2 * m + 1]
                sums[2 * m] += xx * x + xy * y
                sums[2 * m + 1] += xy * x + yy * y
        if mates == 0:
            f[OWN] = 0.0
            continue
        det = wxx * wyy - wxy * wxy
        heard = det > 1e-24
        if heard:
            nxx, nxy, nyy = wyy / det, -wxy / det, wxx / det
            near, total = math.inf, 0.0
            for m in range(models):
                o = X + m * BLOCK
                own = min(f[OWN], _OWN * _apart(f, o))
                zx = f[o] + nxx * sums[2 * m] + nxy * sums[2 * m + 1]
                zy = f[o + 1] + nxy * sums[2 * m] + nyy * sums[2 * m + 1]
                f[o + 4] -= own
                f[o + 8] -= own
                d2, like = bank.density(f, o, 0.0, zx, zy, nxx, nxy, nyy)
                f[o + 4] += own
                f[o + 8] += own
                near = min(near, d2)
                chance[m] = f[MU + m] * like
                total += chance[m]
            heard = near < _STRAY and total > 0.0
        if not heard:
            continue
        for m in range(models):
            o = X + m * BLOCK
            own = min(f[OWN], _OWN * _apart(f, o))
            zx = f[o] + nxx * sums[2 * m] + nxy * sums[2 * m + 1]
            zy = f[o + 1] + nxy * sums[2 * m] + nyy * sums[2 * m + 1]
            f[o + 4] -= own
            f[o + 8] -= own
            bank.correct(f, o, 0.0, zx, zy, nxx, nxy, nyy, f, o)
            f[o + 4] += own
            f[o + 8] += own
            f[MU + m] = max(chance[m] / total, 1e-6)
        # One velocity: each is drawn to the mean of the others'. Its doubt stays,
        # for theirs is not independent of it.
        du = share * (us / mates - a[_U])
        dv = share * (vs / mates - a[_V])
        for m in range(models):
            o = X + m * BLOCK
            f[o] += du * f[o + 6] / f[o + 11]
            f[o + 1] += dv * f[o + 10] / f[o + 13]
            f[o + 2] += du
            f[o + 3] += dv
        moved += 1
        for e in range(room.first[i], room.first[i + 1]):
            j = room.plot[e]
            # Where some of a formation fly there may be one that has no track.
            room.fresh[j] = max(room.fresh[j], cfg[C_ABSENT])
            like = likelihood(F, I, i, plots, lo + j, cfg, room.tmp, room.mode, e)
            room.weight[e] = 1e-12
            if like > 0.0:
                room.weight[e] = pair_weight(f, I, i, plots, lo + j, like, room.lam[j])
    return moved
