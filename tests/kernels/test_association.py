"""Assignment against SciPy's, dense and by clusters; gates that never lose a plot."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from forefield.kernels.association import assign, assign_dense
from forefield.kernels.gating import p_detect_1, p_visible_1
from forefield.sensing.horizon import horizon_m


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(0, 8), st.integers(0, 10_000))
def test_the_assignment_costs_what_scipys_costs(n, more, seed):
    cost = np.random.default_rng(seed).normal(size=(n, n + more))
    mine = assign_dense(cost)
    rows, cols = linear_sum_assignment(cost)
    assert len(set(mine.tolist())) == n
    assert np.isclose(cost[np.arange(n), mine].sum(), cost[rows, cols].sum())


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 20), st.integers(1, 25), st.floats(0.02, 0.4), st.integers(0, 999)
)
def test_clusters_solved_apart_are_as_good_as_all_at_once(n, m, share, seed):
    g = np.random.default_rng(seed)
    rows, cols = np.nonzero(g.random((n, m)) < share)
    cost = g.normal(-0.5, 1.0, len(rows))
    out = assign(rows, cols, cost, n, m)
    used = out[out >= 0]
    assert len(set(used.tolist())) == len(used)
    table = {(r, c): v for r, c, v in zip(rows, cols, cost, strict=True)}
    total = sum(table[i, out[i]] for i in range(n) if out[i] >= 0)
    dense = np.zeros((n, m + n))
    dense[:, :m] = 1e6
    dense[rows, cols] = cost
    a, b = linear_sum_assignment(dense)
    assert np.isclose(total, dense[a, b].sum())


def test_nobody_is_assigned_when_nothing_was_gated():
    none = np.zeros(0, dtype=np.int64)
    assert assign(none, none, np.zeros(0), 3, 2).tolist() == [-1, -1, -1]


def test_a_target_is_in_view_exactly_inside_the_horizon_of_the_sensing_model():
    for up, h in [(25.0, 100.0), (300.0, 50.0), (30.0, 3000.0)]:
        edge = float(horizon_m(up, h))
        inside = p_visible_1(edge - 3000.0, h, 1.0, up, 0.0, -1.0)
        outside = p_visible_1(edge + 3000.0, h, 1.0, up, 0.0, -1.0)
        assert inside > 0.5 > outside


def test_the_first_rule_that_fits_a_class_gives_its_detection_probability():
    rules = np.array([[500.0, 1e5, 0.4], [np.inf, np.inf, 0.9]])
    fits = np.array([[True, False], [True, True]])
    both = np.array([0.5, 0.5])
    assert np.isclose(p_detect_1(5e4, 300.0, both, rules, fits), 0.65)
    assert np.isclose(p_detect_1(5e4, 900.0, both, rules, fits), 0.9)
    assert p_detect_1(5e4, 300.0, both, rules[:1], fits[:1]) == 0.2
