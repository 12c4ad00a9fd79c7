"""What a row's flights amount to: chances, times and places at the asked horizons."""

from __future__ import annotations

import math

from numba import njit

from forefield.kernels.passage_fan import below_1

__all__ = ["amount"]


@njit(cache=True, forceinline=True)
def _arrived(entry, k, t):
    # The speed is Gaussian, not the time: what counts is how far it gets by t.
    e8, e9 = entry[k, 8] * t, entry[k, 9]
    late = t - entry[k, 1]
    # Most are far from either side: no root for them.
    most = 5.0 * (e8 + e9 + 1e-3)
    if late >= most:
        return 1.0
    if late <= -most:
        return 0.0
    return below_1(late / max(math.sqrt(e8 * e8 + e9 * e9), 1e-3))


@njit(cache=True, forceinline=True)
def _ended(x):
    # 1 - exp(-x), x >= 0; to 2e-6 where it is small, as it mostly is.
    if x < 0.5:
        y = 1.0 - x / 6.0
        y = 1.0 - x / 5.0 * y
        y = 1.0 - x / 4.0 * y
        y = 1.0 - x / 3.0 * y
        return x * (1.0 - x / 2.0 * y)
    return -math.expm1(-x)


@njit(cache=True, forceinline=True)
def amount(
    n_e, entry, u1, soon, told, place, odds, horizons, back, end_in, ground, times, cdf,
    dense, i, outs, vias,
):  # fmt: skip
    """From what a row's flights do to its answers at the asked horizons.

    entry  (n_e, 10): mass, time, its spread, chainage, chance to leave, neighbour,
           place, and of the spread that of the speed (relative) and the rest [s]
    u1     (G,) chance of flights that turn first; told (3, 1 + V) whether they leave
           and across whom, by band of horizon; place (3, 5) chainage, spread, -, place
    soon   time of the straightest way to the border; dense (4,) scratch
    """
    n_g, n_h, n_v = len(horizons), len(back), vias.shape[2]
    out, via = outs[i], vias[i]
    for g in range(1, n_g):
        u1[g] = max(u1[g], u1[g - 1])
    ever = u1[n_g - 1]
    mass, mean, square = 0.0, 0.0, 0.0
    last = horizons[n_g - 2] if n_g > 1 else math.inf
    for k in range(n_e):
        ever += entry[k, 0]
        if entry[k, 1] < last + 2.0 * entry[k, 2]:
            mass += entry[k, 0]
            mean += entry[k, 0] * entry[k, 1]
            square += entry[k, 0] * (entry[k, 1] ** 2 + entry[k, 2] ** 2)
    ever = min(ever, 1.0)
    total = 1.0 + (odds - 1.0) * ever
    # Times at which the chance of entry is worked out: horizons, and about the
    # straight flights' arrival.
    m = 0
    for g in range(n_g - 1):
        times[m] = horizons[g]
        m += 1
    if soon < last < math.inf:
        times[m] = soon
        m += 1
    if mass > 1e-6:
        mean /= mass
        spread = math.sqrt(max(square / mass - mean * mean, 0.0))
        for z in range(-3, 4):
            t = mean + 0.7 * z * spread
            if t > 0.0:
                times[m] = t
                m += 1
    for a in range(n_g - 1, m):
        t, b = times[a], a
        while b > 0 and times[b - 1] > t:
            times[b] = times[b - 1]
            b -= 1
        times[b] = t
    g = 0
    for a in range(m):
        t = times[a]
        p = 0.0
        for k in range(n_e):
            p += entry[k, 0] * _arrived(entry, k, t)
        while g < n_g - 1 and horizons[g] < t:
            g += 1
        t0, p0 = (horizons[g - 1], u1[g - 1]) if g > 0 else (0.0, 0.0)
        if g < n_g - 1:
            # Nothing enters before the straightest way does.
            t0 = max(t0, min(soon, 0.99 * horizons[g]))
            p += p0 + (u1[g] - p0) * max(t - t0, 0.0) / (horizons[g] - t0)
        else:
            p += u1[n_g - 2] if n_g > 1 else 0.0
        cdf[a] = p
    counted = -1
    for a in range(n_h):
        h = horizons[back[a]]
        u = u1[back[a]]
        for k in range(n_v):
            via[a, k] = 0.0
        band = 2
        if h < math.inf:
            band = 0 if h <= 450.0 else 1
        p, left, ended = 0.0, 0.0, 0.0
        for k in range(n_e):
            part = entry[k, 0]
            if h < math.inf:
                part *= _arrived(entry, k, h)
            p += part
            left += part * entry[k, 4]
            if part > 0.0 and end_in > 0.0:
                stay = max(1.0 - entry[k, 4], 1e-3)
                beyond = max(h - entry[k, 1], 0.0)
                ended += part * stay * _ended(end_in / stay * beyond)
            b = int(entry[k, 5])
            if b >= 0 and b < n_v:
                via[a, b] += part
        left += u * told[band, 0]
        stay = max(1.0 - told[band, 0], 1e-3)
        if end_in > 0.0:
            t0, p0 = 0.0, 0.0
            for g in range(back[a] + 1):
                if horizons[g] == math.inf:
                    ended += (u1[g] - p0) * stay
                    break
                middle = 0.5 * (t0 + horizons[g])
                more = u1[g] - p0
                if more > 0.0:
                    ended += more * stay * _ended(end_in / stay * (h - middle))
                t0, p0 = horizons[g], u1[g]
        for k in range(n_v):
            via[a, k] += u * told[band, 1 + k]
        p += u
        scale = odds / total / max(p, 1.0)
        for k in range(n_v):
            via[a, k] *= scale
        out[a, 0] = p * scale
        out[a, 2] = min(ended * scale, out[a, 0])
        out[a, 8] = math.nan
        if p < 1e-7:
            out[a, 1] = math.nan
            for q in range(3, 8):
                out[a, q] = math.nan
            continue
        out[a, 1] = min(left / p, 1.0)
        for q in range(3):
            want = (0.05, 0.5, 0.95)[q] * p
            t0, p0, b = 0.0, 0.0, 0
            while b < m and times[b] < h and cdf[b] < want:
                t0, p0 = times[b], cdf[b]
                b += 1
            t1, p1 = h, p
            if b < m and times[b] < h:
                t1, p1 = times[b], cdf[b]
            if t1 == math.inf:
                # Beyond the last time the rest comes as if at a constant rate.
                t1 = t0 - max(t0, 600.0) * math.log(
                    max((p - want) / max(p - p0, 1e-12), 1e-3)
                )
                out[a, 3 + q] = t1
            else:
                share = (want - p0) / max(p1 - p0, 1e-12)
                out[a, 3 + q] = t0 + min(max(share, 0.0), 1.0) * (t1 - t0)
        seen = 0
        for k in range(n_e):
            seen += int(entry[k, 0] > 0.0 and entry[k, 1] <= h + entry[k, 2])
        if seen != counted:
            # Later horizons hold all of these: what is densest changes with them only.
            counted = seen
            _densest(n_e, entry, h, 4.0 * ground.cell, ground.length, dense)
        _where(n_e, entry, h, u, place, band, ground, dense, out, a)


@njit(cache=True, forceinline=True)
def _densest(n_e, entry, h, width, length, dense):
    """Where the entries within `width` of one along the border are most, by time h.

    dense  out (4,): their mass, the mean of their chainages, the place of the one
    """
    dense[0] = 0.0
    for k in range(n_e):
        if entry[k, 0] <= 0.0 or entry[k, 1] > h + entry[k, 2]:
            continue
        mass, shift = 0.0, 0.0
        for b in range(n_e):
            gap = entry[b, 3] - entry[k, 3]
            if abs(gap) > 0.5 * length:
                gap -= math.copysign(length, gap)
            if abs(gap) <= width and entry[b, 1] <= h + entry[b, 2]:
                mass += entry[b, 0]
                shift += entry[b, 0] * gap
        if mass > dense[0]:
            dense[0], dense[1] = mass, entry[k, 3] + shift / mass
            dense[2], dense[3] = entry[k, 6], entry[k, 7]


@njit(cache=True, forceinline=True)
def _where(n_e, entry, h, u, place, band, ground, dense, out, row):
    # The densest stretch of the entries along the border, and the spread about it.
    length = ground.length
    width = 4.0 * ground.cell
    best, at, ax, ay = 0.0, place[band, 0], place[band, 3], place[band, 4]
    if u > 0.0 and place[band, 1] > 0.0:
        best = u * min(1.0, width / (1.25 * place[band, 1]))
    if dense[0] > best:
        at, ax, ay = dense[1], dense[2], dense[3]
    mass = u
    square = u * (
        (place[band, 3] - ax) ** 2 + (place[band, 4] - ay) ** 2 + place[band, 1] ** 2
    )
    for k in range(n_e):
        if entry[k, 1] <= h + entry[k, 2]:
            mass += entry[k, 0]
            square += entry[k, 0] * ((entry[k, 6] - ax) ** 2 + (entry[k, 7] - ay) ** 2)
    out[row, 6] = at - length * math.floor(at / length)
    out[row, 7] = max(math.sqrt(square / max(mass, 1e-12)), 0.3 * ground.cell)
