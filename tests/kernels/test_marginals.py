"""Association probabilities against all joint events written out."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.kernels.marginals import clusters, exact_marginals, marginals
from forefield.kernels.plot_grid import fill


def lists(pairs, n, plots):
    """Pairs (track, plot, weight) as the kernel wants them."""
    pairs = sorted(pairs)
    first = np.zeros(n + 1, np.int64)
    for i, _, _ in pairs:
        first[i + 1] += 1
    first = np.cumsum(first)
    plot = np.array([j for _, j, _ in pairs], np.int64)
    weight = np.array([w for _, _, w in pairs])
    order, start = np.zeros(n, np.int64), np.zeros(n + 1, np.int64)
    count = clusters(
        first,
        plot,
        n,
        np.full(plots, -1, np.int64),
        np.zeros(n, np.int64),
        order,
        start,
    )
    return first, plot, weight, order, start, count


def by_propagation(pairs, n, plots, rounds=500, tolerance=1e-12):
    first, plot, weight, order, start, count = lists(pairs, n, plots)
    total = np.ones(plots)
    out, none = np.zeros(len(plot)), np.ones(n)
    for c in range(count):
        marginals(
            first, plot, weight, order, start[c], start[c + 1], total,
            np.zeros(len(plot)), out, none, rounds, tolerance,
        )  # fmt: skip
    return out, none, 1.0 / total


def by_listing(pairs, n, plots):
    """Every joint event: each track takes one of its plots or none, no plot twice."""
    pairs = sorted(pairs)
    mine = [[k for k, (i, _, _) in enumerate(pairs) if i == t] for t in range(n)]
    out, none, free = np.zeros(len(pairs)), np.zeros(n), np.zeros(plots)
    total = 0.0
    for event in itertools.product(*([-1, *m] for m in mine)):
        taken = [pairs[k][1] for k in event if k >= 0]
        if len(set(taken)) < len(taken):
            continue
        p = float(np.prod([pairs[k][2] for k in event if k >= 0]))
        total += p
        for t, k in enumerate(event):
            if k < 0:
                none[t] += p
            else:
                out[k] += p
        for j in range(plots):
            free[j] += p * (j not in taken)
    return out / total, none / total, free / total


def scenes(most_tracks, most_plots):
    pair = st.tuples(
        st.integers(0, most_tracks - 1),
        st.integers(0, most_plots - 1),
        st.floats(1e-3, 1e3),
    )
    return st.lists(pair, max_size=8, unique_by=lambda p: p[:2])


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=7))
def test_a_chain_of_tracks_gets_the_exact_probabilities(weights):
    """Belief propagation is exact where no cycle of tracks and plots exists."""
    # Track 0 may have plots 0 and 1, track 1 plots 1 and 2: a chain.
    pairs = [(k // 2, (k + 1) // 2, w) for k, w in enumerate(weights)]
    n, plots = max(p[0] for p in pairs) + 1, max(p[1] for p in pairs) + 1
    for a, b in zip(by_propagation(pairs, n, plots), by_listing(pairs, n, plots),
                    strict=True):  # fmt: skip
        assert np.allclose(a, b, atol=1e-9)


@settings(deadline=None, max_examples=200)
@given(scenes(4, 4))
def test_with_cycles_it_stays_near_the_exact_probabilities(pairs):
    """Williams and Lau 2014 prove that it converges; it is too sure in a cycle."""
    a, none, _ = by_propagation(pairs, 4, 4)
    b, exact_none, _ = by_listing(pairs, 4, 4)
    assert np.abs(a - b).max(initial=0.0) < 0.4
    assert np.abs(none - exact_none).max() < 0.4
    # Each track does one thing, and no plot is given away more than once.
    for t in range(4):
        mine = [k for k, p in enumerate(sorted(pairs)) if p[0] == t]
        assert np.isclose(a[mine].sum() + none[t], 1.0)
    for j in range(4):
        assert a[[k for k, p in enumerate(sorted(pairs)) if p[1] == j]].sum() < 1 + 1e-9


@settings(deadline=None, max_examples=200)
@given(scenes(4, 4))
def test_a_cluster_of_few_plots_gets_the_exact_probabilities(pairs):
    first, plot, weight, order, start, count = lists(pairs, 4, 4)
    total = np.ones(4)
    out, none = np.zeros(len(plot)), np.ones(4)
    local = np.full(4, -1, np.int64)
    ahead, behind = np.zeros((6, 16)), np.zeros((6, 16))
    for c in range(count):
        assert exact_marginals(
            first, plot, weight, order, start[c], start[c + 1], total, local, ahead,
            behind, out, none,
        )  # fmt: skip
    b, exact_none, free = by_listing(pairs, 4, 4)
    assert np.allclose(out, b, atol=1e-9)
    assert np.allclose(none, exact_none, atol=1e-9)
    assert np.allclose(1.0 / total, free, atol=1e-9)


def test_a_cluster_that_is_too_large_is_left_to_propagation():
    pairs = [(0, j, 1.0) for j in range(4)] + [(1, j, 1.0) for j in range(4)]
    first, plot, weight, order, start, _ = lists(pairs, 2, 4)
    for shape in ((3, 8), (2, 16)):
        ahead, behind = np.zeros(shape), np.zeros(shape)
        assert not exact_marginals(
            first, plot, weight, order, start[0], start[1], np.ones(4),
            np.full(4, -1, np.int64), ahead, behind, np.zeros(8), np.ones(2),
        )  # fmt: skip


@settings(deadline=None)
@given(scenes(5, 5))
def test_clusters_are_the_connected_parts(pairs):
    first, _, _, order, start, count = lists(pairs, 5, 5)
    found = [set(order[start[c] : start[c + 1]].tolist()) for c in range(count)]
    parts = [{i} for i in range(5) if first[i + 1] > first[i]]
    for i, j, _ in pairs:
        for k, m, _ in pairs:
            if j == m:
                a = next(p for p in parts if i in p)
                b = next(p for p in parts if k in p)
                if a is not b:
                    parts.remove(b)
                    a |= b
    assert sorted(map(sorted, found)) == sorted(map(sorted, parts))


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 999))
def test_the_grid_holds_every_point_in_its_cell_whatever_the_order(n, seed):
    g = np.random.default_rng(seed)
    x, y = g.normal(size=n) * 1e4, g.normal(size=n) * 2e3
    held = []
    for order in (np.arange(n), g.permutation(n)):
        first = np.zeros(4 * n + 16, np.int64)
        item, box = np.zeros(n, np.int64), np.zeros(6)
        cells = fill(x[order], y[order], n, 10.0, first, item, box)
        assert sorted(item.tolist()) == list(range(n))
        assert cells <= 4 * n + 8
        held.append(order[item].tolist())
        x0, y0, cell, nx, _, _ = box
        for c in range(cells):
            for j in item[first[c] : first[c + 1]]:
                here = int((y[order][j] - y0) / cell) * int(nx)
                assert here + int((x[order][j] - x0) / cell) == c
    assert held[0] == held[1]
