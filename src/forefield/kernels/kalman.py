"""Kalman filters in the plane with height, for a bank of turning models.

State x (6,): east, north in the plane, height [m], then their rates [m/s]. Every
model of the bank is linear: a flight with a fixed rate of turn (0 is straight) and
white acceleration noise integrated in continuous time, so that a gap may be cut
anywhere. The climb dies away within a minute (an Ornstein-Uhlenbeck process): nothing
climbs for long, and a height that no sensor measures must not wander off. The bank is
mixed as in the interacting-multiple-model filter (Blom and Bar-Shalom 1988; Bar-Shalom,
Li and Kirubarajan 2001, §11.6).

A measurement is a row of `kernels.measurement.to_plane`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.measurement import ground_range_1

__all__ = [
    "CLIMB_S",
    "innovation",
    "mix",
    "mode_transition",
    "moments",
    "predict",
    "update",
]

CLIMB_S = 60.0  # a climb's time constant: an assumption
_LOG_2PI = math.log(2.0 * math.pi)


@njit(cache=True)
def predict(x, P, dt, omega, q, q_up, xo, Po, A):
    """Advance one state; the result goes to xo (6,), Po (6, 6).

    dt     [s]; 0 changes nothing. Negative: the state is carried back, and the
           noise of the gap is added, as an old measurement needs it.
    omega  rate of turn [rad/s], anticlockwise positive
    q      acceleration noise, horizontal; q_up vertical [m²/s³]
    A      (6, 6) left holding F P: its rows 0..2 are what a measurement of an
           earlier time needs
    """
    w = omega * dt
    if abs(w) < 1e-9:
        s, c = 0.0, 1.0
        sx, cx = dt, 0.0
    else:
        s, c = math.sin(w), math.cos(w)
        sx, cx = s / omega, (1.0 - c) / omega
    vx, vy = x[3], x[4]
    xo[0] = x[0] + sx * vx - cx * vy
    xo[1] = x[1] + cx * vx + sx * vy
    # Carried back, the climb is taken as it was: gaps backwards are short.
    e = math.exp(-dt / CLIMB_S) if dt > 0.0 else 1.0
    rise = CLIMB_S * (1.0 - e) if dt > 0.0 else dt
    xo[2] = x[2] + rise * x[5]
    xo[3] = c * vx - s * vy
    xo[4] = s * vx + c * vy
    xo[5] = e * x[5]
    for j in range(6):
        p3, p4, p5 = P[3, j], P[4, j], P[5, j]
        A[0, j] = P[0, j] + sx * p3 - cx * p4
        A[1, j] = P[1, j] + cx * p3 + sx * p4
        A[2, j] = P[2, j] + rise * p5
        A[3, j] = c * p3 - s * p4
        A[4, j] = s * p3 + c * p4
        A[5, j] = e * p5
    for i in range(6):
        a3, a4, a5 = A[i, 3], A[i, 4], A[i, 5]
        Po[i, 0] = A[i, 0] + sx * a3 - cx * a4
        Po[i, 1] = A[i, 1] + cx * a3 + sx * a4
        Po[i, 2] = A[i, 2] + rise * a5
        Po[i, 3] = c * a3 - s * a4
        Po[i, 4] = s * a3 + c * a4
        Po[i, 5] = e * a5
    d = abs(dt)
    sign = 1.0 if dt >= 0.0 else -1.0
    d2, d3 = 0.5 * d * d * sign, d * d * d / 3.0
    for i in range(2):
        Po[i, i] += q * d3
        Po[i, i + 3] += q * d2
        Po[i + 3, i] += q * d2
        Po[i + 3, i + 3] += q * d
    if dt > 0.0:
        one, two = 1.0 - e, 1.0 - e * e
        d3 = CLIMB_S**2 * (dt - 2.0 * CLIMB_S * one + 0.5 * CLIMB_S * two)
        d2 = 0.5 * (CLIMB_S * one) ** 2
        d = 0.5 * CLIMB_S * two
    Po[2, 2] += q_up * d3
    Po[2, 5] += q_up * d2
    Po[5, 2] += q_up * d2
    Po[5, 5] += q_up * d


@njit(cache=True)
def innovation(x, P, z, y, S, g):
    """What a measurement says about a predicted state.

    z   a row of `to_plane`
    y   (3,) filled: innovation; S (3, 3) filled: its covariance
    g   (2,) filled: how a height shifts the measured east and north (2D radars)
    Returns the squared Mahalanobis distance and the log density.
    """
    g[0] = g[1] = 0.0
    dx = dy = 0.0
    if not math.isnan(z[12]):
        arc, slope = ground_range_1(z[15], z[14], z[12], x[2])
        dx, dy = z[10] * (arc - z[13]), z[11] * (arc - z[13])
        g[0], g[1] = z[10] * slope, z[11] * slope
    y[0], y[1] = z[0] + dx - x[0], z[1] + dy - x[1]
    # The measured combination is x - g·height: its row of H is (1, 0, -g).
    p02, p12, p22 = P[0, 2], P[1, 2], P[2, 2]
    S[0, 0] = P[0, 0] - 2.0 * g[0] * p02 + g[0] * g[0] * p22 + z[3]
    S[1, 1] = P[1, 1] - 2.0 * g[1] * p12 + g[1] * g[1] * p22 + z[5]
    S[0, 1] = P[0, 1] - g[1] * p02 - g[0] * p12 + g[0] * g[1] * p22 + z[4]
    S[1, 0] = S[0, 1]
    if z[9] < 2.5:
        det = S[0, 0] * S[1, 1] - S[0, 1] * S[0, 1]
        d2 = (
            S[1, 1] * y[0] * y[0] - 2.0 * S[0, 1] * y[0] * y[1] + S[0, 0] * y[1] * y[1]
        ) / det
        return d2, -0.5 * (d2 + math.log(det)) - _LOG_2PI
    y[2] = z[2] - x[2]
    S[0, 2] = S[2, 0] = p02 + z[6]
    S[1, 2] = S[2, 1] = p12 + z[7]
    S[2, 2] = p22 + z[8]
    # Cholesky by hand
    l00 = math.sqrt(S[0, 0])
    l10, l20 = S[0, 1] / l00, S[0, 2] / l00
    l11 = math.sqrt(S[1, 1] - l10 * l10)
    l21 = (S[1, 2] - l10 * l20) / l11
    l22 = math.sqrt(S[2, 2] - l20 * l20 - l21 * l21)
    a = y[0] / l00
    b = (y[1] - l10 * a) / l11
    c = (y[2] - l20 * a - l21 * b) / l22
    d2 = a * a + b * b + c * c
    return d2, -0.5 * d2 - math.log(l00 * l11 * l22) - 1.5 * _LOG_2PI


@njit(cache=True)
def update(x, P, C, z, y, S, g, K):
    """Correct a state in place by a measurement that `innovation` has looked at.

    x, P  the state, at its own time, changed in place
    C     (6, 6) whose columns 0..2 are the covariance of the state with the
          predicted position: P itself, or (F P) transposed for an old measurement
    K     (6, 3) working space
    """
    three = z[9] > 2.5
    a, b, d = S[0, 0], S[0, 1], S[1, 1]
    if three:
        c, e, f = S[0, 2], S[1, 2], S[2, 2]
        i00, i01, i02 = d * f - e * e, c * e - b * f, b * e - c * d
        i11, i12, i22 = a * f - c * c, b * c - a * e, a * d - b * b
        det = a * i00 + b * i01 + c * i02
    else:
        i00, i01, i11 = d, -b, a
        i02 = i12 = i22 = 0.0
        det = a * d - b * b
    w = 1.0 / det
    i00, i01, i02, i11, i12, i22 = (
        i00 * w,
        i01 * w,
        i02 * w,
        i11 * w,
        i12 * w,
        i22 * w,
    )
    y2 = y[2] if three else 0.0
    for i in range(6):
        h0, h1 = C[i, 0] - g[0] * C[i, 2], C[i, 1] - g[1] * C[i, 2]
        h2 = C[i, 2] if three else 0.0
        K[i, 0] = h0 * i00 + h1 * i01 + h2 * i02
        K[i, 1] = h0 * i01 + h1 * i11 + h2 * i12
        K[i, 2] = h0 * i02 + h1 * i12 + h2 * i22
        x[i] += K[i, 0] * y[0] + K[i, 1] * y[1] + K[i, 2] * y2
    # P - K S K', with S K' once more from C, before P changes (C may be P).
    h = np.empty((6, 3))
    for i in range(6):
        h[i, 0], h[i, 1] = C[i, 0] - g[0] * C[i, 2], C[i, 1] - g[1] * C[i, 2]
        h[i, 2] = C[i, 2] if three else 0.0
    for i in range(6):
        for j in range(i, 6):
            v = P[i, j] - K[i, 0] * h[j, 0] - K[i, 1] * h[j, 1] - K[i, 2] * h[j, 2]
            P[i, j] = v
            P[j, i] = v


@njit(cache=True)
def mode_transition(dt, rate_turn, rate_straight, T):
    """Chances T (3, 3) to go from straight, left, right to the same, in dt >= 0.

    A continuous-time chain: straight flights begin a turn at `rate_turn`, either
    side equally, and turns end at `rate_straight` [1/s].
    """
    total = rate_turn + rate_straight
    e = math.exp(-total * dt)
    p0 = rate_straight / total
    stay = p0 + (1.0 - p0) * e
    turn = (1.0 - p0) + p0 * e
    same = math.exp(-rate_straight * dt)
    other = 0.5 * (turn - same)
    T[0, 0] = stay
    T[0, 1] = T[0, 2] = 0.5 * (1.0 - stay)
    T[1, 0] = T[2, 0] = 1.0 - turn
    T[1, 1] = T[2, 2] = same + other
    T[1, 2] = T[2, 1] = other


@njit(cache=True)
def mix(x, P, mu, T, xo, Po, muo):
    """Interaction step: x (M, 6), P (M, 6, 6), mu (M,) to the mixed xo, Po, muo."""
    m = len(mu)
    for j in range(m):
        total = 0.0
        for i in range(m):
            total += mu[i] * T[i, j]
        muo[j] = total
        for a in range(6):
            s = 0.0
            for i in range(m):
                s += mu[i] * T[i, j] * x[i, a]
            xo[j, a] = s / total
        Po[j, :, :] = 0.0
        for i in range(m):
            w = mu[i] * T[i, j] / total
            for a in range(6):
                da = x[i, a] - xo[j, a]
                for b in range(a, 6):
                    Po[j, a, b] += w * (P[i, a, b] + da * (x[i, b] - xo[j, b]))
        for a in range(6):
            for b in range(a):
                Po[j, a, b] = Po[j, b, a]


@njit(cache=True)
def moments(x, P, mu, xo, Po):
    """Mean xo (6,) and covariance Po (6, 6) of the mixture."""
    m = len(mu)
    for a in range(6):
        s = 0.0
        for i in range(m):
            s += mu[i] * x[i, a]
        xo[a] = s
    Po[:, :] = 0.0
    for i in range(m):
        for a in range(6):
            da = x[i, a] - xo[a]
            for b in range(6):
                Po[a, b] += mu[i] * (P[i, a, b] + da * (x[i, b] - xo[b]))
