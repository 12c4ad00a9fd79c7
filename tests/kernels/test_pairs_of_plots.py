"""Pairs of plots as measurements of offsets, against plain least squares."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.kernels.gating import coverage, p_detect_1, p_visible_1
from forefield.kernels.measurement import ground_range_1
from forefield.kernels.registration import N_PLOT, on_height, pair_up


def rows(seed, n=30, sensors=3):
    g = np.random.default_rng(seed)
    out = np.zeros((n, N_PLOT))
    out[:, 0] = np.sort(g.integers(1, 5, n))
    out[:, 1] = g.integers(0, sensors, n)
    out[:, 2] = 3.0 * np.arange(n) + g.random(n)
    out[:, 3:5] = g.normal(size=(n, 2)) * 300.0
    out[:, 5] = out[:, 7] = 1e4
    out[:, 6] = 2e3
    away = g.normal(size=(n, 2))
    away /= np.linalg.norm(away, axis=1)[:, None]
    out[:, 8:10] = away
    out[:, 10:12] = 1e5 * np.column_stack([away[:, 1], -away[:, 0]])
    out[:, 12:14] = g.normal(size=(n, 2)) * 100.0
    out[:, 14:16] = g.normal(size=(n, 2)) * 20.0
    out[:, 16] = g.random(n) < 0.8
    return out


def slow_twin(rows, sensors, longest, weight):
    """The same sums by whole matrices; no gate."""
    info, vec = np.zeros((3 * sensors, 3 * sensors)), np.zeros(3 * sensors)
    used = 0
    for a, b in pairwise(rows):
        if a[0] != b[0] or a[1] == b[1] or not b[16] or b[2] - a[2] > longest:
            continue
        H = np.zeros((2, 3 * sensors))
        for row, sign in ((a, -1.0), (b, 1.0)):
            k = 3 * int(row[1])
            # The pair's velocity is the later plot's.
            H[:, k : k + 3] = sign * np.column_stack([row[8:10], row[10:12], -b[12:14]])
        dt = b[2] - a[2]
        d = b[3:5] + b[14:16] - a[3:5] - a[14:16] - b[12:14] * dt
        more = (8.0 * dt) ** 2 + (1.5 * dt * dt) ** 2
        R = np.array([[a[5] + b[5] + more, a[6] + b[6]],
                      [a[6] + b[6], a[7] + b[7] + more]])  # fmt: skip
        W = weight * np.linalg.inv(R)
        info += H.T @ W @ H
        vec += H.T @ W @ d
        used += 1
    return info, vec, used


@settings(deadline=None)
@given(st.integers(0, 999))
def test_pairs_add_what_weighted_least_squares_adds(seed):
    table = rows(seed)
    info, vec, pairs = np.zeros((9, 9)), np.zeros(9), np.zeros(3, np.int64)
    wide = np.diag(np.tile([1e3, 1e-2, 1.0], 3)) ** 2
    used, refused = pair_up(table, np.zeros(9), wide, 8.0, 1e12, 0.5, info, vec, pairs)
    a, b, count = slow_twin(table, 3, 8.0, 0.5)
    assert refused == 0
    assert used == count == pairs.sum() // 2
    assert np.allclose(info, a)
    assert np.allclose(vec, b)


def test_a_pair_that_cannot_be_is_refused():
    table = rows(3)
    table[:, 3] = 1e6 * np.arange(len(table))
    info, vec, pairs = np.zeros((9, 9)), np.zeros(9), np.zeros(3, np.int64)
    none = np.zeros((9, 9))
    used, refused = pair_up(table, np.zeros(9), none, 8.0, 13.8, 0.5, info, vec, pairs)
    assert (used, pairs.sum(), np.abs(info).sum()) == (0, 0, 0.0)
    assert refused > 5


def test_a_plot_without_height_goes_where_its_tracks_height_says():
    z = np.full((2, 16), np.nan)
    z[:, 0:2] = [[1000.0, 2000.0], [5.0, 6.0]]
    z[:, 3:6] = [100.0, 0.0, 100.0]
    z[:, 10:12] = [0.6, 0.8]
    z[0, 12:16] = 5e4, ground_range_1(6.37e6, 200.0, 5e4, 1500.0)[0], 200.0, 6.37e6
    before = z.copy()
    on_height(z, np.array([9000.0, 0.0]), np.array([100.0**2, 0.0]))
    arc, slope = ground_range_1(6.37e6, 200.0, 5e4, 9000.0)
    assert np.allclose(
        z[0, :2] - before[0, :2], (arc - before[0, 13]) * np.array([0.6, 0.8])
    )
    assert np.isclose(z[0, 3], 100.0 + (0.6 * slope * 100.0) ** 2)
    assert np.array_equal(z[1], before[1], equal_nan=True)


def test_the_cover_of_a_grid_is_what_a_look_at_each_cell_sees():
    grid = np.array([-2e5, -1e5, 2e4, 20.0, 10.0, 0.0])
    place = np.array([1e4, -3e4, 240.0])
    mask = np.linspace(-0.5, 2.0, 360)
    rule = np.array([[500.0, 1e5, 0.5], [np.inf, np.inf, 0.9]])
    fits = np.ones((2, 3), np.bool_)
    heights, sigmas = np.array([150.0, 9000.0]), np.array([100.0, 3000.0])
    shares = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    out = np.full((2, 200), np.nan)
    coverage(
        grid, place, 1.5e5, 200.0, True, mask, rule, fits, heights, sigmas, shares,
        0.92, out,
    )  # fmt: skip
    for c in range(200):
        x = grid[0] + (c % 20 + 0.5) * 2e4 - place[0]
        y = grid[1] + (c // 20 + 0.5) * 2e4 - place[1]
        far = np.hypot(x, y)
        for g in range(2):
            z = 200.0 + heights[g]
            slant = min(np.hypot(far, z - 240.0), 1.5e5)
            p = p_detect_1(slant, heights[g], shares[g], rule, fits)
            at = int(np.degrees(np.arctan2(x, y)) % 360.0)
            p *= p_visible_1(far, z, sigmas[g], 240.0, 200.0, mask[at])
            part = np.clip((1.5e5 - far) / 2e4 + 0.5, 0.0, 1.0)
            assert np.isclose(out[g, c], part * min(p, 0.92))
