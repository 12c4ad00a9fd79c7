"""Prediction, innovation and update against obvious NumPy, and their laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from forefield.kernels import kalman

one_millimetre = 1e-3
steps = st.floats(0.01, 30.0)


def state(seed):
    g = np.random.default_rng(seed)
    x = np.array([4e4, -2e4, 900.0, 60.0, -180.0, 3.0]) + g.normal(size=6)
    L = g.normal(size=(6, 6)) * np.array([80, 80, 60, 4, 4, 2])[:, None]
    return x, L @ L.T + np.eye(6)


def advance(x, P, dt, omega=0.0, q=0.5, up=1.0):
    xo, Po, A = np.empty(6), np.empty((6, 6)), np.empty((6, 6))
    kalman.predict(x, P, dt, omega, q, up, xo, Po, A)
    return xo, Po, A


def slow_twin(x, P, dt, omega, q, up):
    """Van Loan's integral of the same stochastic differential equation."""
    G = np.zeros((6, 6))
    G[0, 3] = G[1, 4] = G[2, 5] = 1.0
    G[3, 4], G[4, 3] = -omega, omega
    G[5, 5] = -1.0 / kalman.CLIMB_S
    W = np.diag([0, 0, 0, q, q, up])
    M = expm(np.block([[-G, W], [np.zeros((6, 6)), G.T]]) * dt)
    F = M[6:, 6:].T
    return F @ x, F @ P @ F.T + F @ M[:6, 6:]


@settings(deadline=None)
@given(st.integers(0, 99), steps)
def test_a_straight_prediction_is_the_integral_of_its_equation(seed, dt):
    x, P = state(seed)
    xo, Po, _ = advance(x, P, dt)
    xs, Ps = slow_twin(x, P, dt, 0.0, 0.5, 1.0)
    assert np.allclose(xo, xs, atol=one_millimetre)
    assert np.allclose(Po, Ps, rtol=1e-7, atol=1e-6)
    assert np.allclose(Po, Po.T)


@settings(deadline=None)
@given(st.integers(0, 99), steps, st.floats(-0.06, 0.06))
def test_a_turning_prediction_moves_the_mean_along_a_circle(seed, dt, omega):
    x, P = state(seed)
    xo, Po, _ = advance(x, P, dt, omega, q=0.0, up=0.0)
    xs, Ps = slow_twin(x, P, dt, omega, 0.0, 0.0)
    assert np.allclose(xo, xs, atol=one_millimetre)
    assert np.allclose(Po, Ps, rtol=1e-6, atol=1e-4)
    assert np.isclose(np.hypot(xo[3], xo[4]), np.hypot(x[3], x[4]))


@settings(deadline=None)
@given(st.floats(0, 60), st.floats(0, 60))
def test_a_gap_may_be_cut_anywhere(first_s, then_s):
    x, P = state(1)
    xa, Pa, _ = advance(*advance(x, P, first_s)[:2], then_s)
    xb, Pb, _ = advance(x, P, first_s + then_s)
    assert np.allclose(xa, xb, rtol=1e-9, atol=one_millimetre)
    assert np.allclose(Pa, Pb, rtol=1e-9, atol=one_millimetre)


@settings(deadline=None)
@given(steps, st.floats(-np.pi, np.pi), st.floats(-0.05, 0.05))
def test_turning_the_world_turns_the_prediction(dt, angle, omega):
    x, P = state(2)
    c, s = np.cos(angle), np.sin(angle)
    R = np.eye(6)
    R[:2, :2] = R[3:5, 3:5] = [[c, -s], [s, c]]
    xa, Pa, _ = advance(R @ x, R @ P @ R.T, dt, omega)
    xb, Pb, _ = advance(x, P, dt, omega)
    assert np.allclose(xa, R @ xb, atol=one_millimetre)
    assert np.allclose(Pa, R @ Pb @ R.T, rtol=1e-9, atol=1e-5)


def row(three, seed=0):
    """A measurement row as `measurement.to_plane` writes it."""
    g = np.random.default_rng(seed)
    z = np.full(16, np.nan)
    z[:2] = 40_120.0, -20_050.0
    L = np.tril(g.normal(size=(3, 3)) * 50.0) + 60.0 * np.eye(3)
    R = L @ L.T
    z[3], z[4], z[5] = R[0, 0], R[0, 1], R[1, 1]
    z[9], z[10], z[11] = 2.0, 0.0, 0.0
    if three:
        z[2], z[6], z[7], z[8], z[9] = 950.0, R[0, 2], R[1, 2], R[2, 2], 3.0
    return z, R if three else R[:2, :2]


def correct(x, P, z, C=None):
    y, S, g, K = np.zeros(3), np.zeros((3, 3)), np.zeros(2), np.empty((6, 3))
    d2, ll = kalman.innovation(x, P, z, y, S, g)
    xo, Po = x.copy(), P.copy()
    kalman.update(xo, Po, P if C is None else C, z, y, S, g, K)
    return xo, Po, d2, ll


@settings(deadline=None)
@given(st.integers(0, 50), st.booleans())
def test_an_update_is_the_textbook_update(seed, three):
    x, P = state(seed)
    z, R = row(three, seed)
    xo, Po, d2, ll = correct(x, P, z)
    H = np.eye(6)[: 3 if three else 2]
    y = z[: len(H)] - H @ x
    S = H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    J = np.eye(6) - K @ H
    assert np.allclose(xo, x + K @ y, rtol=1e-8)
    assert np.allclose(Po, J @ P @ J.T + K @ R @ K.T, rtol=1e-6, atol=1e-5)
    assert np.isclose(d2, y @ np.linalg.solve(S, y))
    assert np.isclose(ll, multivariate_normal(np.zeros(len(y)), S).logpdf(y))


def test_a_2d_plot_reads_the_ground_range_at_the_height_of_the_track():
    """A slant range of 30 km to a target at 9 km is 28.6 km over ground, not 30."""
    x, P = np.zeros(6), np.diag([1e4, 1e4, 1.0, 100.0, 100.0, 1.0])
    radius = 6.37e6
    slant = np.hypot(28_600.0, 9000.0)
    x[0], x[2] = 28_600.0, 9000.0
    z = np.full(16, np.nan)
    z[0], z[1] = np.sqrt(slant**2 - 1500.0**2), 0.0
    z[3], z[4], z[5], z[9] = 100.0**2, 0.0, 100.0**2, 2.0
    z[10], z[11], z[12], z[13], z[14], z[15] = 1.0, 0.0, slant, z[0], 0.0, radius
    y, S, g = np.zeros(3), np.zeros((3, 3)), np.zeros(2)
    kalman.innovation(x, P, z, y, S, g)
    assert abs(y[0]) < 100.0
    assert np.isclose(g[0], -9000.0 / 28_600.0, atol=0.01)


def test_an_old_measurement_corrects_less_than_a_new_one():
    x, P = state(3)
    z, _ = row(False)
    _, new, _, _ = correct(x, P, z)
    xb, Pb, A = advance(x, P, -8.0)
    y, S, g, K = np.zeros(3), np.zeros((3, 3)), np.zeros(2), np.empty((6, 3))
    z[:2] = xb[:2]
    kalman.innovation(xb, Pb, z, y, S, g)
    xo, Po = x.copy(), P.copy()
    kalman.update(xo, Po, np.ascontiguousarray(A.T), z, y, S, g, K)
    assert np.allclose(xo, x)  # it agreed
    assert np.trace(new[:2, :2]) < np.trace(Po[:2, :2]) < np.trace(P[:2, :2])
    assert np.linalg.eigvalsh(Po).min() > 0.0


@settings(deadline=None)
@given(st.floats(0, 100), st.floats(0, 100), st.floats(1e-3, 0.1), st.floats(1e-3, 0.1))
def test_the_chain_of_turns_may_be_cut_anywhere(a, b, begin, end):
    Ta, Tb, Tc = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    kalman.mode_transition(a, begin, end, Ta)
    kalman.mode_transition(b, begin, end, Tb)
    kalman.mode_transition(a + b, begin, end, Tc)
    assert np.allclose(Ta.sum(axis=1), 1.0)
    assert (Ta >= -1e-12).all()
    assert np.allclose(Ta @ Tb, Tc, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.floats(0.1, 50))
def test_mixing_keeps_the_mean_and_the_covariance_of_the_bank(seed, dt):
    g = np.random.default_rng(seed)
    pairs = [state(seed + i) for i in range(3)]
    x = np.array([p[0] for p in pairs]) + g.normal(size=(3, 6)) * 30.0
    P = np.array([p[1] for p in pairs])
    mu = g.dirichlet([1.0, 1.0, 1.0])
    T = np.empty((3, 3))
    kalman.mode_transition(dt, 0.01, 0.03, T)
    xo, Po, muo = np.empty((3, 6)), np.empty((3, 6, 6)), np.empty(3)
    kalman.mix(x, P, mu, T, xo, Po, muo)
    m0, C0, m1, C1 = np.empty(6), np.empty((6, 6)), np.empty(6), np.empty((6, 6))
    kalman.moments(x, P, mu, m0, C0)
    kalman.moments(xo, Po, muo, m1, C1)
    assert np.isclose(muo.sum(), 1.0)
    assert np.allclose(m0, m1, rtol=1e-10)
    assert np.allclose(C0, C1, rtol=1e-7, atol=1e-5)
