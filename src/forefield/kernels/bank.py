"""A bank of motion models in the plane, and beside it a small bank for the height.

A *block* is fourteen numbers in a row: the mean east, north [m] and their rates [m/s],
and the upper triangle of the covariance, row by row. Every function takes an array and
the place where its block starts, so that a track's whole bank lies in one row of one
array and nothing is allocated.

Horizontal models are flights with a fixed rate of turn (0 is straight) and white
acceleration noise integrated in continuous time; a gap may be cut anywhere. The bank is
mixed as in the interacting-multiple-model filter (Blom and Bar-Shalom 1988; Bar-Shalom,
Li and Kirubarajan 2001, §11.6).

A vertical block is five numbers: height, climb, and the three of their covariance. Its
two models are level flight, whose climb dies away within a minute, and a climb or dive
that goes on. Horizontal and vertical are filtered side by side, as operational
multi-radar trackers do: what ties them (a height that shifts a ground range) enters
through the measurement.
"""

from __future__ import annotations

import math

from forefield.kernels.lean import lean

__all__ = [
    "BLOCK",
    "VBLOCK",
    "correct",
    "correct_rate",
    "density",
    "distance",
    "mix",
    "normal_2",
    "predict",
    "shares_after",
    "turn_step",
    "v_correct",
    "v_mix",
    "v_predict",
]

BLOCK = 14
VBLOCK = 5
LOG_2PI = math.log(2.0 * math.pi)


@lean
def turn_step(dt, omega):
    """How a turning flight moves in dt [s] at omega [rad/s], anticlockwise positive.

    Returns sx, cx [s] and s, c: x' = x + sx u - cx v, y' = y + cx u + sx v,
    u' = c u - s v, v' = s u + c v.
    """
    w = omega * dt
    if abs(w) < 1e-9:
        return dt, 0.0, 0.0, 1.0
    s, c = math.sin(w), math.cos(w)
    return s / omega, (1.0 - c) / omega, s, c


@lean
def predict(a, o, dt, step, q):
    """Advance the block at a[o] by dt >= 0; q is acceleration noise [m²/s³]."""
    sx, cx, s, c = step
    u, v = a[o + 2], a[o + 3]
    a[o] += sx * u - cx * v
    a[o + 1] += cx * u + sx * v
    a[o + 2], a[o + 3] = c * u - s * v, s * u + c * v
    xx, xy, xu, xv = a[o + 4], a[o + 5], a[o + 6], a[o + 7]
    yy, yu, yv = a[o + 8], a[o + 9], a[o + 10]
    uu, uv, vv = a[o + 11], a[o + 12], a[o + 13]
    q1, q2, q3 = q * dt, 0.5 * q * dt * dt, q * dt * dt * dt / 3.0
    # F P, then F P F'.
    ax, ay = xx + sx * xu - cx * xv, xy + sx * yu - cx * yv
    au, av = xu + sx * uu - cx * uv, xv + sx * uv - cx * vv
    by = yy + cx * yu + sx * yv
    bu, bv = yu + cx * uu + sx * uv, yv + cx * uv + sx * vv
    cu, cv = c * uu - s * uv, c * uv - s * vv
    du, dv = s * uu + c * uv, s * uv + c * vv
    a[o + 4] = ax + sx * au - cx * av + q3
    a[o + 5] = ay + cx * au + sx * av
    a[o + 6] = c * au - s * av + q2
    a[o + 7] = s * au + c * av
    a[o + 8] = by + cx * bu + sx * bv + q3
    a[o + 9] = c * bu - s * bv
    a[o + 10] = s * bu + c * bv + q2
    a[o + 11] = c * cu - s * cv + q1
    a[o + 12] = s * cu + c * cv
    a[o + 13] = s * du + c * dv + q1


@lean
def shares_after(dt, to_turn, to_straight, turning):
    """Chances of changing model in dt >= 0 [s], in a bank of `turning` turning models.

    A continuous-time chain: straight flight begins a turn at rate `to_turn` [1/s],
    each model equally; a turn ends at rate `to_straight`, and goes to no other turn.
    Returns straight to straight, straight to one turning model, turning to straight,
    turning to the same, turning to one other turning model.
    """
    total = to_turn + to_straight
    p0 = to_straight / total
    e = math.exp(-total * dt)
    stay = p0 + (1.0 - p0) * e
    away = p0 * (1.0 - e)
    same = math.exp(-to_straight * dt)
    other = (1.0 - away - same) / max(turning, 1)
    return stay, (1.0 - stay) / max(turning, 1), away, same + other, other


@lean
def mix(a, o, mu, models, shares, out):
    """Interaction step, in place: blocks at a[o], shares at a[mu].

    out  working space of models * BLOCK + models numbers
    """
    stay, begin, away, same, other = shares
    base = models * BLOCK
    for j in range(models):
        total = 0.0
        for i in range(models):
            if i == 0:
                t = stay if j == 0 else begin
            elif j == 0:
                t = away
            else:
                t = same if i == j else other
            total += a[mu + i] * t
        out[base + j] = total
        p = j * BLOCK
        for k in range(BLOCK):
            out[p + k] = 0.0
        for i in range(models):
            if i == 0:
                t = stay if j == 0 else begin
            elif j == 0:
                t = away
            else:
                t = same if i == j else other
            w = a[mu + i] * t / total
            if w < 1e-7:
                continue
            b = o + i * BLOCK
            # Differences are taken from the model's own mean: no cancellation.
            dx, dy = a[b] - a[o], a[b + 1] - a[o + 1]
            du, dv = a[b + 2] - a[o + 2], a[b + 3] - a[o + 3]
            out[p] += w * dx
            out[p + 1] += w * dy
            out[p + 2] += w * du
            out[p + 3] += w * dv
            out[p + 4] += w * (a[b + 4] + dx * dx)
            out[p + 5] += w * (a[b + 5] + dx * dy)
            out[p + 6] += w * (a[b + 6] + dx * du)
            out[p + 7] += w * (a[b + 7] + dx * dv)
            out[p + 8] += w * (a[b + 8] + dy * dy)
            out[p + 9] += w * (a[b + 9] + dy * du)
            out[p + 10] += w * (a[b + 10] + dy * dv)
            out[p + 11] += w * (a[b + 11] + du * du)
            out[p + 12] += w * (a[b + 12] + du * dv)
            out[p + 13] += w * (a[b + 13] + dv * dv)
    x0, y0, u0, v0 = a[o], a[o + 1], a[o + 2], a[o + 3]
    for j in range(models):
        a[mu + j] = out[base + j]
        p, b = j * BLOCK, o + j * BLOCK
        dx, dy, du, dv = out[p], out[p + 1], out[p + 2], out[p + 3]
        a[b], a[b + 1], a[b + 2], a[b + 3] = x0 + dx, y0 + dy, u0 + du, v0 + dv
        a[b + 4] = out[p + 4] - dx * dx
        a[b + 5] = out[p + 5] - dx * dy
        a[b + 6] = out[p + 6] - dx * du
        a[b + 7] = out[p + 7] - dx * dv
        a[b + 8] = out[p + 8] - dy * dy
        a[b + 9] = out[p + 9] - dy * du
        a[b + 10] = out[p + 10] - dy * dv
        a[b + 11] = out[p + 11] - du * du
        a[b + 12] = out[p + 12] - du * dv
        a[b + 13] = out[p + 13] - dv * dv


@lean
def distance(a, o, tau, zx, zy, rxx, rxy, ryy):
    """Squared Mahalanobis distance of a plot from a block, and det of its spread [m⁴].

    tau  time of the plot after the block's [s]: the place then is x + tau u
    """
    yx = zx - a[o] - tau * a[o + 2]
    yy = zy - a[o + 1] - tau * a[o + 3]
    sxx, sxy, syy = a[o + 4] + rxx, a[o + 5] + rxy, a[o + 8] + ryy
    if tau != 0.0:
        sxx += tau * (2.0 * a[o + 6] + tau * a[o + 11])
        sxy += tau * (a[o + 7] + a[o + 9] + tau * a[o + 12])
        syy += tau * (2.0 * a[o + 10] + tau * a[o + 13])
    det = sxx * syy - sxy * sxy
    return (syy * yx * yx - 2.0 * sxy * yx * yy + sxx * yy * yy) / det, det


@lean
def normal_2(d2, det):
    """Density [1/m²] of a normal place, at a distance d2 and with det as `distance`."""
    return math.exp(-0.5 * d2) / (2.0 * math.pi * math.sqrt(det))


@lean
def density(a, o, tau, zx, zy, rxx, rxy, ryy):
    """Squared Mahalanobis distance and density [1/m²] of a plot under a block.

    tau  time of the plot after the block's [s]: the place then is x + tau u
    """
    d2, det = distance(a, o, tau, zx, zy, rxx, rxy, ryy)
    return d2, normal_2(d2, det)


@lean
def correct(a, o, tau, zx, zy, rxx, rxy, ryy, b, p):
    """Correct the block at a[o] by a plot; the result goes to b[p] (may be a[o])."""
    xx, xy, xu, xv = a[o + 4], a[o + 5], a[o + 6], a[o + 7]
    yy, yu, yv = a[o + 8], a[o + 9], a[o + 10]
    uu, uv, vv = a[o + 11], a[o + 12], a[o + 13]
    # Columns of P H': covariances of the state with the place at the plot's time.
    gx0, gx1 = xx + tau * xu, xy + tau * xv
    gy0, gy1 = xy + tau * yu, yy + tau * yv
    gu0, gu1 = xu + tau * uu, yu + tau * uv
    gv0, gv1 = xv + tau * uv, yv + tau * vv
    sxx = gx0 + tau * gu0 + rxx
    sxy = gx1 + tau * gu1 + rxy
    syy = gy1 + tau * gv1 + ryy
    w = 1.0 / (sxx * syy - sxy * sxy)
    i00, i01, i11 = syy * w, -sxy * w, sxx * w
    n0 = zx - a[o] - tau * a[o + 2]
    n1 = zy - a[o + 1] - tau * a[o + 3]
    kx0, kx1 = gx0 * i00 + gx1 * i01, gx0 * i01 + gx1 * i11
    ky0, ky1 = gy0 * i00 + gy1 * i01, gy0 * i01 + gy1 * i11
    ku0, ku1 = gu0 * i00 + gu1 * i01, gu0 * i01 + gu1 * i11
    kv0, kv1 = gv0 * i00 + gv1 * i01, gv0 * i01 + gv1 * i11
    b[p] = a[o] + kx0 * n0 + kx1 * n1
    b[p + 1] = a[o + 1] + ky0 * n0 + ky1 * n1
    b[p + 2] = a[o + 2] + ku0 * n0 + ku1 * n1
    b[p + 3] = a[o + 3] + kv0 * n0 + kv1 * n1
    b[p + 4] = xx - kx0 * gx0 - kx1 * gx1
    b[p + 5] = xy - kx0 * gy0 - kx1 * gy1
    b[p + 6] = xu - kx0 * gu0 - kx1 * gu1
    b[p + 7] = xv - kx0 * gv0 - kx1 * gv1
    b[p + 8] = yy - ky0 * gy0 - ky1 * gy1
    b[p + 9] = yu - ky0 * gu0 - ky1 * gu1
    b[p + 10] = yv - ky0 * gv0 - ky1 * gv1
    b[p + 11] = uu - ku0 * gu0 - ku1 * gu1
    b[p + 12] = uv - ku0 * gv0 - ku1 * gv1
    b[p + 13] = vv - kv0 * gv0 - kv1 * gv1


@lean
def correct_rate(a, o, hu, hv, rest, var, z):
    """Correct the block at a[o] in place by a range rate; returns its density [s/m].

    The rate measured is hu u + hv v + rest; var its variance, that of `rest` included.
    """
    gx = hu * a[o + 6] + hv * a[o + 7]
    gy = hu * a[o + 9] + hv * a[o + 10]
    gu = hu * a[o + 11] + hv * a[o + 12]
    gv = hu * a[o + 12] + hv * a[o + 13]
    s = hu * gu + hv * gv + var
    n = z - hu * a[o + 2] - hv * a[o + 3] - rest
    w = n / s
    a[o] += gx * w
    a[o + 1] += gy * w
    a[o + 2] += gu * w
    a[o + 3] += gv * w
    gx_s, gy_s, gu_s, gv_s = gx / s, gy / s, gu / s, gv / s
    a[o + 4] -= gx_s * gx
    a[o + 5] -= gx_s * gy
    a[o + 6] -= gx_s * gu
    a[o + 7] -= gx_s * gv
    a[o + 8] -= gy_s * gy
    a[o + 9] -= gy_s * gu
    a[o + 10] -= gy_s * gv
    a[o + 11] -= gu_s * gu
    a[o + 12] -= gu_s * gv
    a[o + 13] -= gv_s * gv
    return math.exp(-0.5 * n * w) / math.sqrt(2.0 * math.pi * s)


@lean
def v_predict(a, o, dt, damping_s, q):
    """Advance a vertical block in place; damping_s: time constant of the climb [s]."""
    e = math.exp(-dt / damping_s)
    one, two = 1.0 - e, 1.0 - e * e
    rise = damping_s * one
    a[o] += rise * a[o + 1]
    a[o + 1] *= e
    hh, hw, ww = a[o + 2], a[o + 3], a[o + 4]
    q3 = damping_s**2 * (dt - 2.0 * rise + 0.5 * damping_s * two)
    a[o + 2] = hh + rise * (2.0 * hw + rise * ww) + q * q3
    a[o + 3] = e * (hw + rise * ww) + q * 0.5 * rise * rise
    a[o + 4] = e * e * ww + q * 0.5 * damping_s * two


@lean
def v_mix(a, o, mu, there, back):
    """Interaction of the two vertical blocks at a[o], in place; shares at a[mu].

    there, back  chances to go from level to climbing, and from climbing to level
    """
    m0, m1 = a[mu], a[mu + 1]
    n0 = m0 * (1.0 - there) + m1 * back
    n1 = 1.0 - n0
    p = o + VBLOCK
    w0 = m1 * back / n0  # weight of the climbing block in the level one
    w1 = m0 * there / n1
    dh, dw = a[p] - a[o], a[p + 1] - a[o + 1]
    hh, hw, ww = a[p + 2] - a[o + 2], a[p + 3] - a[o + 3], a[p + 4] - a[o + 4]
    s0, s1 = w0 * (1.0 - w0), w1 * (1.0 - w1)
    a[o] += w0 * dh
    a[o + 1] += w0 * dw
    a[o + 2] += w0 * hh + s0 * dh * dh
    a[o + 3] += w0 * hw + s0 * dh * dw
    a[o + 4] += w0 * ww + s0 * dw * dw
    a[p] -= w1 * dh
    a[p + 1] -= w1 * dw
    a[p + 2] -= w1 * hh - s1 * dh * dh
    a[p + 3] -= w1 * hw - s1 * dh * dw
    a[p + 4] -= w1 * ww - s1 * dw * dw
    a[mu], a[mu + 1] = n0, n1


@lean
def v_correct(a, o, z, r, b, p):
    """Correct a vertical block by a height; result to b[p]; density [1/m]."""
    s = a[o + 2] + r
    n = z - a[o]
    k0, k1 = a[o + 2] / s, a[o + 3] / s
    hh, hw, ww = a[o + 2], a[o + 3], a[o + 4]
    b[p] = a[o] + k0 * n
    b[p + 1] = a[o + 1] + k1 * n
    b[p + 2] = hh - k0 * hh
    b[p + 3] = hw - k0 * hw
    b[p + 4] = ww - k1 * hw
    return math.exp(-0.5 * n * n / s) / math.sqrt(2.0 * math.pi * s)
