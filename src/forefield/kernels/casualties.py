"""Expected casualties by country of what falls, from tables made beforehand.

Pieces of a class fall as a mixture over their ballistic coefficient of normal spreads,
read off a table of falls (`kernels.fall`). People are read off a grid at the level that
suits the spread. Doubt (areas, sheltering, people, the hit probability) is carried by a
fixed set of draws, so that an interval costs no more than a mean.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.people_grid import look_1

__all__ = ["fly_on", "footprint_1", "harm_rows", "impact_1", "piece_area_1"]

_DEG_M = 111_194.93
_COLUMNS = 11


@njit(cache=True)
def footprint_1(table, heights, speeds, f, h, v, out):
    """Interpolate a class's falls at a height and speed; out (B, 11), `fall.COLUMNS`.

    heights are even in the square root; both are held at the table's ends.
    """
    nh, nv = len(heights), len(speeds)
    s = math.sqrt(min(max(h, 0.0), heights[nh - 1]))
    step = math.sqrt(heights[nh - 1]) / (nh - 1)
    i = min(int(s / step), nh - 2)
    a = s / step - i
    j = 0
    while j < nv - 2 and v > speeds[j + 1]:
        j += 1
    b = min(max((v - speeds[j]) / (speeds[j + 1] - speeds[j]), 0.0), 1.0)
    for k in range(table.shape[1]):
        for c in range(_COLUMNS):
            low = (1.0 - b) * table[f, k, i, j, c] + b * table[f, k, i, j + 1, c]
            high = (1.0 - b) * table[f, k, i + 1, j, c] + b * table[
                f, k, i + 1, j + 1, c
            ]
            out[k, c] = (1.0 - a) * low + a * high


@njit(cache=True)
def piece_area_1(radius, sine, person_r, person_h):
    """Casualty area [m2] of a piece: pi (r + rp)^2 + 2 (r + rp) hp / tan(impact angle).

    The swath of a shallow impact counts up to an angle of 10 degrees.
    """
    both = radius + person_r
    s = min(max(sine, 0.1736), 1.0)
    return math.pi * both * both + 2.0 * both * person_h * math.sqrt(1.0 - s * s) / s


@njit(cache=True)
def impact_1(
    lat, lon, course, sigma, shape, nodes, density, country, channel_of, grids, offset,
    nxs, nys, channels, frame, area, mean, hit,
):  # fmt: skip
    """People per m2 that a piece meets, by country, and the chance that it hurts one.

    shape  (B, 11) of `footprint_1`;  nodes (B, M, 2) standard normals, equal weights
    area   casualty area [m2] for `hit`; 0 to leave `hit` at 0
    mean   (C,) out: mean people per m2;  hit (C,) out: E[1 - exp(-area x people)]

    Returns the greatest density [1/m2] of where it comes down.
    """
    nb, nm = nodes.shape[0], nodes.shape[1]
    c = channels - 2
    for k in range(c):
        mean[k] = 0.0
        hit[k] = 0.0
    sx, cx = math.sin(course), math.cos(course)
    # In cells of the finest level: a metre north, a metre east, and the place itself.
    ky = 1.0 / (_DEG_M * frame[2])
    kx = 1.0 / (_DEG_M * max(0.05, math.cos(math.radians(lat))) * frame[3])
    y0, x0 = (lat - frame[0]) / frame[2], (lon - frame[1]) / frame[3]
    weight = 1.0 / (nb * nm)
    peak = 0.0
    for b in range(nb):
        along = math.sqrt(shape[b, 1] + shape[b, 10] + sigma * sigma)
        across = math.sqrt(shape[b, 2] + shape[b, 5] + sigma * sigma)
        ahead = shape[b, 0] + shape[b, 8] * sx + shape[b, 9] * cx
        aside = shape[b, 3] * cx - shape[b, 4] * sx
        peak += 1.0 / (2.0 * math.pi * along * across * nb)
        spread = math.sqrt(0.5 * (along * along + across * across))
        level, part, size = 0, 1.0, _DEG_M * frame[2]
        while level < 7 and 2.0 * size <= 0.8 * spread:
            level += 1
            size *= 2.0
            part *= 0.5
        ny, nx, first = nys[level], nxs[level], offset[level]
        top = (y0 + (ahead * cx - aside * sx) * ky) * part
        left = (x0 + (ahead * sx + aside * cx) * kx) * part
        ya, yc = along * cx * ky * part, -across * sx * ky * part
        xa, xc = along * sx * kx * part, across * cx * kx * part
        for m in range(nm):
            y = top + ya * nodes[b, m, 0] + yc * nodes[b, m, 1]
            x = left + xa * nodes[b, m, 0] + xc * nodes[b, m, 1]
            if not (0.0 <= y < ny and 0.0 <= x < nx):
                continue
            if level == 0:
                here = country[int(y), int(x)]
                if here < 0 or channel_of[here] < 0:
                    continue
                k = channel_of[here]
                d = density[int(y), int(x)]
                mean[k] += weight * d
                if area > 0.0:
                    hit[k] += weight * -math.expm1(-area * d)
            else:
                at = first + (int(y) * nx + int(x)) * channels
                for k in range(c):
                    d = grids[at + k]
                    if d > 0.0:
                        mean[k] += weight * d
                        if area > 0.0:
                            hit[k] += weight * -math.expm1(-area * d)
    return peak


@njit(cache=True)
def _pieces(
    lat, lon, h, course, v, sigma, items, first, last, table, heights, speeds, nodes,
    density, country, channel_of, grids, offset, nxs, nys, channels, frame, person,
    shelter_mid, sums, safe, risk, shape, mean, hit, cached, means, peaks, sines,
):  # fmt: skip
    # Adds to sums (C, 3 packages, 3 shelters), to safe (C, 3) = log chance that nobody
    # is hurt, and to risk (3,) the greatest chance for one person. items (I, 7):
    # package, piece, number, radius, shelter, blast area, is blast.
    c = channels - 2
    for f in range(len(cached)):
        cached[f] = False
    for q in range(first, last):
        pkg, f, sh = int(items[q, 0]), int(items[q, 1]), int(items[q, 4])
        n, blast = items[q, 2], items[q, 6] > 0.0
        if blast or not cached[f]:
            footprint_1(table, heights, speeds, f, h, v, shape)
            peaks[f] = impact_1(
                lat, lon, course, sigma, shape, nodes, density, country, channel_of,
                grids, offset, nxs, nys, channels, frame,
                items[q, 5] * (1.0 - shelter_mid[sh]), mean, hit,
            )  # fmt: skip
            cached[f] = True
            sines[f] = shape[len(shape) // 2, 7]
            for k in range(c):
                means[f, k] = mean[k]
        area = items[q, 5]
        if not blast:
            area = piece_area_1(items[q, 3], sines[f], person[0], person[1])
        kept = 1.0 - shelter_mid[sh]
        touched = 0.0
        for k in range(c):
            d = means[f, k]
            if d <= 0.0:
                continue
            touched = 1.0
            sums[k, pkg, sh] += n * area * d
            one = hit[k] if blast else area * kept * d
            safe[k, pkg] += n * math.log1p(-min(one, 0.999999))
        risk[pkg] += touched * n * area * kept * peaks[f]


@njit(cache=True)
def harm_rows(
    rows, which, p, obj_items, obj_start, obj_weight, obj_draw, int_items, int_start,
    int_weight, int_draw, shelter_mid, people_draw, p_draw, fly, fly_one, fly_risk,
    table, heights, speeds, nodes, density, country, channel_of, grids, offset, nxs,
    nys, channels, frame, person, ec, one, risk,
):  # fmt: skip
    """Harm of R intercepts, by country; 3 quantiles each (5, 50, 95 %).

    rows   (R, 10) latitude, longitude, height, course [rad], speed of the object at the
           hit; course and speed of the interceptor; spread of the place [m]; rounds
           that are lost on the way to a success, and when none succeeds
    which  (R, 3) object profile, interceptor profile, row of `fly`
    p      (R, 3) success, low, middle, high
    obj_weight, int_weight   (profiles, 3) middle weights of the packages, given a hit
           (objects: air, live, inert) or (interceptors: hit; self, intact given a miss)
    obj_draw, int_draw       (profiles, 3, 3, D) weight x area factor x open share, by
           package, shelter and draw
    people_draw (D,) factor on people;  p_draw (D,) where in its interval the hit lies
    fly (N, C, D), fly_one (N, C), fly_risk (N, C): what it does if it flies on
    ec, one, risk  (R, C, 3) out: expected casualties; chance of at least one; chance
           for the one person who is most exposed (an upper bound)
    """
    c = channels - 2
    nd = len(people_draw)
    nb, nf = table.shape[1], table.shape[0]
    shape, mean, hit = np.empty((nb, _COLUMNS)), np.empty(c), np.empty(c)
    cached = np.zeros(nf, dtype=np.bool_)
    means, peaks, sines = np.empty((nf, c)), np.empty(nf), np.empty(nf)
    so, si = np.empty((c, 3, 3)), np.empty((c, 3, 3))
    fo, fi = np.empty((c, 3)), np.empty((c, 3))
    ro, ri = np.empty(3), np.empty(3)
    buffer, chance = np.empty(nd), np.empty(nd)
    done, lost = np.empty(nd), np.empty(nd)
    for r in range(len(rows)):
        o, i, t = which[r, 0], which[r, 1], which[r, 2]
        so[:], si[:], fo[:], fi[:], ro[:], ri[:] = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        _pieces(
            rows[r, 0], rows[r, 1], rows[r, 2], rows[r, 3], rows[r, 4], rows[r, 7],
            obj_items, obj_start[o], obj_start[o + 1], table, heights, speeds, nodes,
            density, country, channel_of, grids, offset, nxs, nys, channels, frame,
            person, shelter_mid, so, fo, ro, shape, mean, hit, cached, means, peaks,
            sines,
        )  # fmt: skip
        _pieces(
            rows[r, 0], rows[r, 1], rows[r, 2], rows[r, 5], rows[r, 6], rows[r, 7],
            int_items, int_start[i], int_start[i + 1], table, heights, speeds, nodes,
            density, country, channel_of, grids, offset, nxs, nys, channels, frame,
            person, shelter_mid, si, fi, ri, shape, mean, hit, cached, means, peaks,
            sines,
        )  # fmt: skip
        for d in range(nd):
            u = p_draw[d]
            if u < 0.5:
                chance[d] = p[r, 0] + 2.0 * u * (p[r, 1] - p[r, 0])
            else:
                chance[d] = p[r, 1] + (2.0 * u - 1.0) * (p[r, 2] - p[r, 1])
        for k in range(c):
            total = 0.0
            done[:], lost[:] = 0.0, 0.0
            for s in range(3):
                for g in range(3):
                    if so[k, g, s] > 0.0:
                        for d in range(nd):
                            done[d] += obj_draw[o, g, s, d] * so[k, g, s]
                if si[k, 0, s] > 0.0:
                    for d in range(nd):
                        done[d] += int_draw[i, 0, s, d] * si[k, 0, s]
                for g in range(1, 3):
                    if si[k, g, s] > 0.0:
                        for d in range(nd):
                            lost[d] += int_draw[i, g, s, d] * si[k, g, s]
            for d in range(nd):
                q = chance[d]
                value = q * (done[d] + rows[r, 8] * lost[d])
                value += (1.0 - q) * rows[r, 9] * lost[d]
                value = people_draw[d] * value + (1.0 - q) * fly[t, k, d]
                buffer[d] = value
                total += value
            if total <= 0.0:
                ec[r, k], one[r, k], risk[r, k] = 0.0, 0.0, 0.0
                continue
            quantiles_1(buffer, ec[r, k])
            # A hit: object and interceptor pieces together; a miss: what comes down of
            # the round, and the object flying on.
            a = 0.0
            for g in range(3):
                a += obj_weight[o, g] * -math.expm1(fo[k, g])
            b = 0.0
            for g in range(1, 3):
                b += int_weight[i, g] * -math.expm1(fi[k, g])
            none = math.log1p(-b)  # that one lost round hurts nobody
            a = 1.0 - (1.0 - a) * math.exp(fi[k, 0] + rows[r, 8] * none)
            b = 1.0 - math.exp(rows[r, 9] * none) * (1.0 - fly_one[t, k])
            mid = p[r, 1] * a + (1.0 - p[r, 1]) * b
            x = ri[0] if si[k].sum() > 0.0 else 0.0
            y = int_weight[i, 1] * ri[1] + int_weight[i, 2] * ri[2] if x > 0.0 else 0.0
            if so[k].sum() > 0.0:
                for g in range(3):
                    x += obj_weight[o, g] * ro[g]
            x += rows[r, 8] * y
            most = p[r, 1] * x + (1.0 - p[r, 1]) * (rows[r, 9] * y + fly_risk[t, k])
            for q3 in range(3):
                scale = ec[r, k, q3] / ec[r, k, 1] if ec[r, k, 1] > 0.0 else 1.0
                one[r, k, q3] = -math.expm1(math.log1p(-min(mid, 1.0 - 1e-12)) * scale)
                risk[r, k, q3] = min(most * scale, 1.0)


@njit(cache=True)
def quantiles_1(values, out):
    """5, 50 and 95 % of the values (sorted here), linear between them; fills `out`."""
    n = len(values)
    for i in range(1, n):  # insertion: short, and draws come in a similar order
        v = values[i]
        j = i - 1
        while j >= 0 and values[j] > v:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = v
    for q, share in enumerate((0.05, 0.5, 0.95)):
        at = share * (n - 1)
        k = min(int(at), n - 2)
        out[q] = values[k] + (at - k) * (values[k + 1] - values[k])


@njit(cache=True)
def fly_on(
    rows, which, end, end_channel, ranges, angles, angle_weight, stray, blast_mid,
    blast_draw, wreck_draw, wreck_mid, downed_mid, downed_draw, aimed_mid, aimed_draw,
    people_draw, ua, country, channel_of, grids, offset, nxs, nys, channels, frame, ec,
    one, risk,
):  # fmt: skip
    """What an object does that nobody stops: its charge where it ends, by country.

    Places ahead are in three sets: in each guard with a belief, whose chance is the
    belief's; in the country that is attacked (and guards without a belief), which has
    the rest; and elsewhere, where only what strays ends, and nothing is aimed. Within a
    set places are as likely as their angle, and what is aimed goes where people are.

    rows   (N, 4) latitude, longitude now, course [rad], speed [m/s]
    which  (N,) object profile
    end    (N, G) chance of ending inside each guard, NaN: no belief; end_channel (G,)
    ranges (A,) seconds ahead;  angles (B,) off the course [rad], with weights
    stray  share of an even chance that places elsewhere keep
    blast_*, wreck_*   casualty areas [m2], sheltering included, by profile (and draw)
    downed_*, aimed_*  by profile (and draw);  people_draw (D,)
    ua     channel of the country that is attacked; -1: none, then nothing strays
    ec (N, C, D), one (N, C), risk (N, C)  out, as in `harm_rows`
    """
    c = channels - 2
    nd, level = len(people_draw), 2
    na, nb, ng = len(ranges), len(angles), len(end_channel)
    rest, away = ng, ng + 1  # sets after the guards' own
    at_of = np.empty(na * nb, dtype=np.int64)
    set_of = np.empty(na * nb, dtype=np.int64)
    raw = np.empty(na * nb)
    anywhere, aimed = np.empty(c), np.empty(c)
    even, town, mass = np.empty(ng + 2), np.empty(ng + 2), np.empty(ng + 2)
    side = _DEG_M * frame[2] * 2.0**level
    for i in range(len(rows)):
        o = which[i]
        shrink = max(0.05, math.cos(math.radians(rows[i, 0])))
        even[:], town[:], mass[:] = 0.0, 0.0, 0.0
        n = 0
        for a in range(na):
            run = rows[i, 3] * ranges[a]
            for b in range(nb):
                la = rows[i, 0] + run * math.cos(rows[i, 2] + angles[b]) / _DEG_M
                lo = rows[i, 1] + run * math.sin(rows[i, 2] + angles[b]) / (
                    _DEG_M * shrink
                )
                at = look_1(grids, offset, nxs, nys, channels, frame, level, la, lo)
                ch = -1
                if at >= 0:
                    y = int((la - frame[0]) / frame[2])
                    x = int((lo - frame[1]) / frame[3])
                    if country[y, x] >= 0:
                        ch = channel_of[country[y, x]]
                into = rest if ch == ua or ua < 0 else away
                for g in range(ng):
                    if ch == end_channel[g]:
                        into = rest if math.isnan(end[i, g]) else g
                at_of[n], set_of[n], raw[n] = at, into, angle_weight[b] / na
                even[into] += raw[n]
                if at >= 0:
                    town[into] += raw[n] * grids[at + c]
                n += 1
        told = 0.0
        for g in range(ng):
            if even[g] > 0.0:
                mass[g] = end[i, g]
                told += end[i, g]
        left = 1.0 - min(told, 1.0)
        if even[rest] + even[away] > 0.0:
            mass[away] = left * stray * even[away] / (even[rest] + even[away])
        if even[rest] > 0.0:
            mass[rest] = left - mass[away]
        for ch in range(c):
            anywhere[ch], aimed[ch], one[i, ch], risk[i, ch] = 0.0, 0.0, 0.0, 0.0
        for k in range(n):
            at, into = at_of[k], set_of[k]
            if at < 0 or mass[into] <= 0.0:
                continue
            all_here = grids[at + c]
            if all_here <= 0.0:
                continue
            p_even = mass[into] * raw[k] / even[into]
            p_town, crowded = p_even, all_here
            if into != away:
                p_town = mass[into] * raw[k] * all_here / town[into]
                crowded = grids[at + c + 1] / all_here
            p = (1.0 - aimed_mid) * p_even + aimed_mid * p_town
            for ch in range(c):
                here = grids[at + ch]
                if here <= 0.0:
                    continue
                part = here / all_here
                anywhere[ch] += p_even * here
                aimed[ch] += p_town * crowded * part
                down = downed_mid[o] if ch == ua else 0.0
                hit = (1.0 - aimed_mid) * p_even * -math.expm1(-blast_mid[o] * here)
                hit += aimed_mid * p_town * part * -math.expm1(-blast_mid[o] * crowded)
                one[i, ch] += (1.0 - down) * hit
                one[i, ch] += down * p_even * min(wreck_mid[o] * here, 1.0)
                most = (1.0 - down) * p * blast_mid[o] / (side * side)
                risk[i, ch] = max(risk[i, ch], most)
        for d in range(nd):
            s = aimed_draw[d]
            for ch in range(c):
                down = downed_draw[o, d] if ch == ua else 0.0
                whole = (1.0 - s) * anywhere[ch] + s * aimed[ch]
                value = (1.0 - down) * blast_draw[o, d] * whole
                value += down * wreck_draw[o, d] * anywhere[ch]
                ec[i, ch, d] = people_draw[d] * value
