"""The bank of motion models against obvious matrices, and its laws."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import multivariate_normal, norm

from forefield.kernels import bank
from forefield.kernels.bank import BLOCK, VBLOCK

seeds = st.integers(0, 999)
steps = st.floats(0.01, 60.0)
turns = st.floats(-0.06, 0.06)
UPPER = np.triu_indices(4)
V_UPPER = np.triu_indices(2)


def state(seed, n=4):
    g = np.random.default_rng(seed)
    x = np.array([4e4, -2e4, 60.0, -180.0])[:n] * (1.0 + 0.1 * g.normal(size=n))
    L = g.normal(size=(n, n)) * np.array([80.0, 80.0, 4.0, 4.0])[:n, None]
    return x, L @ L.T + np.diag([9.0, 9.0, 1.0, 1.0][:n])


def block(x, P):
    return np.concatenate([x, P[np.triu_indices(len(x))]])


def matrices(a, n=4):
    P = np.zeros((n, n))
    P[np.triu_indices(n)] = a[n:]
    return a[:n].copy(), P + np.triu(P, 1).T


def close(a, b, size):
    """Equal to a part in 1e8 of the numbers that went into it."""
    return np.allclose(a, b, rtol=1e-8, atol=1e-10 * size)


@settings(deadline=None)
@given(seeds, steps, turns, st.floats(0.0, 5.0))
def test_a_prediction_turns_the_mean_and_carries_the_spread(seed, dt, omega, q):
    """The flow by the matrix exponential; the noise by its integral of straight flight."""
    x, P = state(seed)
    a = block(x, P)
    bank.predict(a, 0, dt, bank.turn_step(dt, omega), q)
    G = np.zeros((4, 4))
    G[0, 2] = G[1, 3] = 1.0
    G[2, 3], G[3, 2] = -omega, omega
    F = expm(G * dt)
    Q = q * np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    mean, cov = matrices(a)
    assert close(mean, F @ x, 1e6)
    assert close(cov, F @ P @ F.T + Q, np.abs(cov).max())


@settings(deadline=None)
@given(seeds, steps, steps, turns)
def test_a_gap_may_be_cut_anywhere(seed, one, two, omega):
    whole, cut = block(*state(seed)), block(*state(seed))
    bank.predict(whole, 0, one + two, bank.turn_step(one + two, omega), 0.0)
    for dt in (one, two):
        bank.predict(cut, 0, dt, bank.turn_step(dt, omega), 0.0)
    assert np.allclose(whole, cut, rtol=1e-8, atol=1e-6 * np.abs(whole).max())
    whole, cut = block(*state(seed)), block(*state(seed))
    bank.predict(whole, 0, one + two, (one + two, 0.0, 0.0, 1.0), 2.0)
    for dt in (one, two):
        bank.predict(cut, 0, dt, (dt, 0.0, 0.0, 1.0), 2.0)
    assert np.allclose(whole, cut, rtol=1e-9)


def kalman(x, P, H, z, R):
    S = H @ P @ H.T + R
    K = P @ H.T @ np.linalg.inv(S)
    return x + K @ (z - H @ x), P - K @ S @ K.T, S


@settings(deadline=None)
@given(seeds, st.floats(-8.0, 8.0))
def test_a_plot_corrects_as_the_textbook_filter(seed, tau):
    """At the state's time, before it (a late plot) and after it."""
    x, P = state(seed)
    g = np.random.default_rng(seed + 1)
    L = g.normal(size=(2, 2)) * 90.0
    R = L @ L.T + 25.0 * np.eye(2)
    H = np.array([[1.0, 0, tau, 0], [0, 1.0, 0, tau]])
    z = H @ x + g.normal(size=2) * 150.0
    mean, cov, S = kalman(x, P, H, z, R)
    a, out = block(x, P), np.zeros(BLOCK)
    given_r = R[0, 0], R[0, 1], R[1, 1]
    d2, p = bank.density(a, 0, tau, z[0], z[1], *given_r)
    n = z - H @ x
    assert np.isclose(d2, n @ np.linalg.solve(S, n), rtol=1e-7)
    assert np.isclose(p, multivariate_normal.pdf(n, cov=S), rtol=1e-6)
    bank.correct(a, 0, tau, z[0], z[1], *given_r, out, 0)
    m, C = matrices(out)
    assert close(m, mean, 1e6)
    assert close(C, cov, np.abs(P).max() * 1e2)
    assert np.linalg.eigvalsh(C).min() > 0.0


@settings(deadline=None)
@given(seeds)
def test_a_range_rate_corrects_as_the_textbook_filter(seed):
    x, P = state(seed)
    g = np.random.default_rng(seed + 2)
    hu, hv = g.normal(size=2)
    H = np.array([[0.0, 0.0, hu, hv]])
    var, rest = 9.0, 2.5
    z = (H @ x)[0] + rest + 4.0 * g.normal()
    mean, cov, S = kalman(x, P, H, np.array([z - rest]), np.array([[var]]))
    a = block(x, P)
    p = bank.correct_rate(a, 0, hu, hv, rest, var, z)
    m, C = matrices(a)
    assert close(m, mean, 1e6)
    assert close(C, cov, np.abs(P).max() * 1e2)
    assert np.isclose(p, norm.pdf(z - rest - (H @ x)[0], scale=np.sqrt(S[0, 0])))


@settings(deadline=None)
@given(st.floats(0.0, 200.0), st.floats(1e-4, 0.1), st.floats(1e-3, 0.2))
def test_the_chances_of_a_change_are_those_of_a_markov_chain(dt, begin, end):
    for turning in (2, 4):
        n = 1 + turning
        G = np.zeros((n, n))
        G[0, 1:] = begin / turning
        G[1:, 0] = end
        G -= np.diag(G.sum(axis=1))
        T = expm(G * dt)
        stay, away, back, same, other = bank.shares_after(dt, begin, end, turning)
        assert np.allclose(
            [stay, away, back, same, other],
            [T[0, 0], T[0, 1], T[1, 0], T[1, 1], T[1, 2]],
            atol=1e-10,
        )


@settings(deadline=None)
@given(seeds, steps)
def test_mixing_is_that_of_the_interacting_multiple_model_filter(seed, dt):
    """Blom and Bar-Shalom: mixed means and covariances, model by model."""
    g = np.random.default_rng(seed)
    models = 3
    T = np.empty((3, 3))
    shares = bank.shares_after(dt, 0.01, 0.03, 2)
    stay, begin, away, same, other = shares
    T[:] = [[stay, begin, begin], [away, same, other], [away, other, same]]
    mu = g.dirichlet(np.ones(3))
    given_blocks = [state(seed + k) for k in range(3)]
    a = np.concatenate([mu, *(block(x, P) for x, P in given_blocks)])
    bank.mix(a, 3, 0, models, shares, np.zeros(models * BLOCK + models))
    c = mu @ T
    assert np.allclose(a[:3], c)
    for j in range(3):
        w = mu * T[:, j] / c[j]
        mean = sum(w[i] * given_blocks[i][0] for i in range(3))
        cov = sum(
            w[i] * (given_blocks[i][1] + np.outer(d, d))
            for i in range(3)
            for d in [given_blocks[i][0] - mean]
        )
        m, C = matrices(a[3 + j * BLOCK : 3 + (j + 1) * BLOCK])
        # Shares below 1e-7 are left out: of means 10 km apart, some 3 m of spread.
        assert np.allclose(m, mean, rtol=1e-6)
        assert np.allclose(C, cov, rtol=1e-4, atol=1e-3 * np.abs(cov).max() + 30.0)


@settings(deadline=None)
@given(seeds, steps, st.floats(5.0, 500.0), st.floats(0.0, 40.0))
def test_a_climb_dies_away_as_its_equation_says(seed, dt, damping, q):
    """Van Loan's integral of h' = w, w' = -w / damping + noise."""
    g = np.random.default_rng(seed)
    x = np.array([2500.0, 12.0]) + g.normal(size=2)
    L = g.normal(size=(2, 2)) * np.array([50.0, 3.0])[:, None]
    P = L @ L.T + np.diag([4.0, 0.1])
    G = np.array([[0.0, 1.0], [0.0, -1.0 / damping]])
    W = np.diag([0.0, q])
    M = expm(np.block([[-G, W], [np.zeros((2, 2)), G.T]]) * dt)
    F = M[2:, 2:].T
    a = block(x, P)
    bank.v_predict(a, 0, dt, damping, q)
    m, C = matrices(a, 2)
    # The library's exponential leaves 1e-12 where the true entry is 0.
    assert np.allclose(m, F @ x, rtol=1e-9, atol=1e-7)
    # The closed form loses digits where dt is a small part of the damping time.
    assert np.allclose(C, F @ P @ F.T + F @ M[:2, 2:], rtol=1e-6, atol=1e-6 * C.max())


@settings(deadline=None)
@given(seeds)
def test_a_height_corrects_and_mixes_as_the_textbook_says(seed):
    g = np.random.default_rng(seed)
    pairs = []
    for k in range(2):
        L = g.normal(size=(2, 2)) * np.array([50.0, 3.0])[:, None]
        pairs.append((np.array([2500.0 + 30 * k, 12.0 * k]), L @ L.T + np.eye(2)))
    z, r = 2550.0, 400.0
    out = np.zeros(VBLOCK)
    p = bank.v_correct(block(*pairs[0]), 0, z, r, out, 0)
    mean, cov, S = kalman(*pairs[0], np.array([[1.0, 0.0]]), np.array([z]), [[r]])
    m, C = matrices(out, 2)
    assert np.allclose(m, mean)
    assert np.allclose(C, cov, rtol=1e-7, atol=1e-9 * np.abs(pairs[0][1]).max())
    assert np.isclose(p, norm.pdf(z - 2500.0, scale=np.sqrt(S[0, 0])))

    there, back = 0.2, 0.4
    mu = np.array([0.7, 0.3])
    T = np.array([[1 - there, there], [back, 1 - back]])
    a = np.concatenate([block(*pairs[0]), block(*pairs[1]), mu])
    bank.v_mix(a, 0, 2 * VBLOCK, there, back)
    c = mu @ T
    assert np.allclose(a[2 * VBLOCK :], c)
    for j in range(2):
        w = mu * T[:, j] / c[j]
        mean = w[0] * pairs[0][0] + w[1] * pairs[1][0]
        cov = sum(
            w[i] * (pairs[i][1] + np.outer(pairs[i][0] - mean, pairs[i][0] - mean))
            for i in range(2)
        )
        m, C = matrices(a[j * VBLOCK : (j + 1) * VBLOCK], 2)
        assert np.allclose(m, mean)
        assert np.allclose(C, cov)
