"""The slow filter that the tracker is compared with is itself compared with less clever
ones: every assignment tried, a bare Kalman filter, every global hypothesis written out."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.tracking import pmbm_oracle as oracle

EXACT = 1e-9
PUBLISHED = oracle.TRACKERS["pmbm-published"]


def every_assignment(cost):
    """Cost of each feasible assignment, in order, with the columns."""
    n, m = cost.shape
    found = [
        (cost[np.arange(n), list(columns)].sum(), columns)
        for columns in itertools.permutations(range(m), n)
    ]
    return sorted(pair for pair in found if np.isfinite(pair[0]))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 3), (3, 6), (4, 6)])
def test_ranking_gives_every_assignment_once_and_in_order(seed, shape):
    rng = np.random.default_rng([seed, *shape])
    cost = rng.normal(size=shape)
    cost[rng.random(shape) < 0.25] = np.inf
    brute = every_assignment(cost)
    ranked = list(oracle.ranked_assignments(cost, 10_000))
    assert [tuple(columns) for _, columns in ranked] == [c for _, c in brute]
    assert np.allclose([t for t, _ in ranked], [t for t, _ in brute], atol=EXACT)
    few = list(oracle.ranked_assignments(cost, 3))
    assert [t for t, _ in few] == [t for t, _ in ranked[:3]]


def test_ranking_with_equal_costs_still_gives_each_assignment_once():
    ranked = list(oracle.ranked_assignments(np.zeros((3, 4)), 100))
    assert len({tuple(columns) for _, columns in ranked}) == len(ranked) == 24


def test_ranking_stops_at_the_bound_and_knows_the_empty_problem():
    cost = np.random.default_rng(5).normal(size=(3, 5))
    brute = [t for t, _ in every_assignment(cost)]
    bound = (brute[6] + brute[7]) / 2
    ranked = [t for t, _ in oracle.ranked_assignments(cost, 100, bound)]
    assert np.allclose(ranked, brute[:7], atol=EXACT)
    assert [t for t, _ in oracle.ranked_assignments(np.empty((0, 0)), 5)] == [0.0]
    assert not list(oracle.ranked_assignments(np.full((2, 2), np.inf), 5))


def test_one_target_with_certain_association_is_a_kalman_filter():
    model = oracle.Model(
        dt_s=1.0, q=0.2, sigma_m=2.0, p_detect=0.9, clutter_m2=1e-12, region_m=1e3
    )
    settings = oracle.Settings(
        births=0.0,
        gate=1e6,
        birth_centre_m=10.0,
        min_undetected=0.0,
        birth_sigma_m=150.0,
        birth_sigma_mps=1.0,
    )
    pmbm = oracle.Pmbm(model, settings)
    rng = np.random.default_rng(3)
    z = np.array([60.0, -40.0]) + rng.normal(0, 2.0, (15, 2)) + np.arange(15)[:, None]

    # One axis at a time, in the simple form of the covariance.
    F = np.array([[1.0, 1.0], [0.0, 1.0]])
    Q = 0.2 * np.array([[1 / 3, 1 / 2], [1 / 2, 1.0]])
    h, m = np.array([1.0, 0.0]), np.array([[10.0, 0.0], [10.0, 0.0]])
    P = np.diag([150.0**2, 1.0])
    for k in range(15):
        if k:
            m, P = m @ F.T, F @ P @ F.T + Q
        K = P @ h / (P[0, 0] + 4.0)
        m = m + np.outer(z[k] - m[:, 0], K)
        P = P - np.outer(K, K) * (P[0, 0] + 4.0)
        tracks, states = pmbm.step(z[k])
        assert tracks.tolist() == [0]
        assert np.allclose(states[0], m.ravel(), rtol=EXACT, atol=1e-7)
        assert np.allclose(pmbm.P[pmbm.picks[0, 0]], np.kron(np.eye(2), P), atol=1e-7)


def partitions(items):
    """Every way to divide a list of (scan, index) into tracks: one a scan at most."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for parts in partitions(rest):
        yield [[first], *parts]
        for i, part in enumerate(parts):
            if all(scan != first[0] for scan, _ in part):
                yield [*parts[:i], [first, *part], *parts[i + 1 :]]


def whole_track(part, z, model, settings):
    """Weight, probability of existence and last state of one sequence of measurements.

    In one go from the joint Gaussian of all the states: no filter, no recursion.
    """
    last_scan = len(z) - 1
    scans = sorted(part)
    ps, pd = settings.p_survive, model.p_detect
    F = np.kron(np.eye(2), [[1.0, model.dt_s], [0.0, 1.0]])
    dt = model.dt_s
    q1 = [[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]
    Q = np.kron(np.eye(2), model.q * np.array(q1))
    c, sx, sv = (
        settings.birth_centre_m,
        settings.birth_sigma_m,
        settings.birth_sigma_mps,
    )
    # States of all scans as one linear map of the birth state and the noises.
    n = len(z)
    maps = np.zeros((n, 4, 4 * n))
    maps[0, :, :4] = np.eye(4)
    for k in range(1, n):
        maps[k] = F @ maps[k - 1]
        maps[k, :, 4 * k : 4 * k + 4] += np.eye(4)
    cov = np.kron(np.eye(n), Q)
    cov[:4, :4] = np.diag([sx, sv, sx, sv]) ** 2
    start = np.concatenate([[c, 0, c, 0], np.zeros(4 * (n - 1))])
    H = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0]])
    G = np.vstack([H @ maps[k] for k, _ in scans])
    seen = np.concatenate([z[k][j] for k, j in scans])
    S = G @ cov @ G.T + model.sigma_m**2 * np.eye(len(seen))
    likelihood = multivariate_normal(G @ start, S).pdf(seen)
    final = maps[-1] @ (start + cov @ G.T @ np.linalg.solve(S, seen - G @ start))

    end = scans[-1][0]
    looked = pd ** len(scans) * (1 - pd) ** (end + 1 - len(scans))
    real = settings.births_first * ps**end * looked * likelihood
    # After its last detection it died before some scan, or lived and was missed.
    after = last_scan - end
    lived = (ps * (1 - pd)) ** after
    died = sum((ps * (1 - pd)) ** i * (1 - ps) for i in range(after))
    false = model.clutter_m2 if len(part) == 1 else 0.0
    weight = false + real * (lived + died)
    return weight, real * lived / weight, final


def test_the_mixture_is_every_global_hypothesis_with_its_weight():
    model = oracle.Model(
        dt_s=1.0, q=0.3, sigma_m=1.0, p_detect=0.8, clutter_m2=1e-3, region_m=100.0
    )
    # N so large that k = N w keeps every way of even the least probable hypothesis.
    settings = oracle.Settings(
        p_survive=0.9, births_first=2.0, births=0.0, birth_centre_m=5.0,
        birth_sigma_m=8.0, birth_sigma_mps=1.0, gate=np.inf, max_hypotheses=10**90,
        min_weight=0.0, min_exist=0.0, min_undetected=0.0,
    )  # fmt: skip
    rng = np.random.default_rng(11)
    # Two targets that pass close by each other, one missed once, and one false plot.
    z = [
        np.array([[2.0, 5.0], [8.0, 5.5]]),
        np.array([[4.4, 5.0], [5.8, 5.3], [30.0, -9.0]]),
        np.array([[6.6, 5.1], [4.1, 5.2]]),
    ]
    z = [scan + rng.normal(0, 0.3, scan.shape) for scan in z]
    z = [z[0], z[1][[0, 2, 1]], z[2]]
    pmbm = oracle.Pmbm(model, settings)
    for scan in z:
        pmbm.step(scan)

    items = [(k, j) for k, scan in enumerate(z) for j in range(len(scan))]
    number = {item: i for i, item in enumerate(items)}
    expected = {}
    for parts in partitions(items):
        told = sorted(
            (number[min(p)], *whole_track(p, z, model, settings)) for p in parts
        )
        key = tuple((i, tuple(np.round(final, 6))) for i, _, _, final in told)
        expected[key] = (
            np.prod([w for _, w, _, _ in told]),
            [r for _, _, r, _ in told],
        )
    total = sum(w for w, _ in expected.values())

    # Scans of 2, 3 and 2: with 0, 1 or 2 pairs in the first two scans 1, 6 or 6 ways
    # and 5, 4 or 3 tracks, which take 2 more measurements in 31, 21 or 13 ways.
    assert len(expected) == len(list(partitions(items))) == len(pmbm.log_w) == 235
    for picked, log_w in zip(pmbm.picks, pmbm.log_w, strict=True):
        held = picked != oracle.NONE
        states = np.round(pmbm.m[picked[held]], 6) + 0.0
        key = tuple(
            (int(i), tuple(s)) for i, s in zip(pmbm.track[held], states, strict=True)
        )
        near = min(expected, key=lambda other: _apart(key, other))
        assert _apart(key, near) < 1e-5
        weight, r = expected.pop(near)
        assert np.isclose(np.exp(log_w), weight / total, rtol=1e-8)
        assert np.allclose(pmbm.r[picked[held]], r, atol=EXACT)
    assert not expected
    left = settings.births_first * (1 - 0.8) * (0.9 * (1 - 0.8)) ** 2
    assert np.isclose(pmbm.undetected_w.sum(), left, rtol=EXACT)


def _apart(one, other):
    """Greatest difference of two lists of (track, state); inf for other tracks."""
    if [i for i, _ in one] != [i for i, _ in other]:
        return np.inf
    return max(
        np.abs(np.subtract(a, b)).max()
        for (_, a), (_, b) in zip(one, other, strict=True)
    )


def test_what_is_pruned_early_would_have_been_pruned_anyway(monkeypatch):
    scenario = crossing(seed=4)
    quick = oracle.run(scenario, PUBLISHED)
    ranked = oracle.ranked_assignments
    monkeypatch.setattr(
        oracle, "ranked_assignments", lambda cost, most, bound: ranked(cost, most)
    )
    slow = oracle.run(scenario, PUBLISHED)
    assert np.array_equal(quick["est_id"], slow["est_id"])
    assert np.allclose(quick["est_xy"], slow["est_xy"], atol=EXACT)


@pytest.mark.parametrize("estimator", [1, 2, 3])
def test_two_crossing_targets_are_both_found_and_nothing_else(estimator):
    right = []
    for seed in range(6):
        scenario = crossing(seed)
        found = oracle.run(scenario, replace(PUBLISHED, estimator=estimator))
        for k in range(8, 20):
            truth = scenario["truth_state"][scenario["truth_scan"] == k][:, [0, 2]]
            xy = found["est_xy"][found["est_scan"] == k]
            pairs = oracle.gospa(truth, xy, 10.0)[1]
            right.append(len(pairs) == len(truth) == len(xy))
    # 72 scans after a start of 8; each loses one target of two with p_detect 0.9.
    assert np.mean(right) > 0.85


def test_cardinality_is_a_distribution_with_the_mean_of_the_existences():
    scenario = crossing(seed=2)
    meta = json.loads(scenario["meta"])
    pmbm = oracle.Pmbm(oracle.Model.of(meta), PUBLISHED)
    for k in range(12):
        pmbm.step(scenario["det_xy"][scenario["det_scan"] == k])
        pmf = pmbm.cardinality()
        mean = sum(
            np.exp(log_w) * pmbm.r[picked[picked != oracle.NONE]].sum()
            for picked, log_w in zip(pmbm.picks, pmbm.log_w, strict=True)
        )
        assert np.isclose(pmf.sum(), 1.0, atol=EXACT)
        assert np.isclose(pmf @ np.arange(len(pmf)), mean, atol=EXACT)


def test_the_metric_is_the_one_of_the_paper():
    truth = np.array([[0.0, 0.0], [50.0, 0.0]])
    # One pair 3 m apart, one target missed, two estimates of nothing.
    found = np.array([[100.0, 0.0], [0.0, 3.0], [-100.0, 0.0]])
    distance, pairs = oracle.gospa(truth, found, 10.0)
    assert pairs == [(0, 1)]
    assert np.isclose(distance**2, 9.0 + 3 * 100.0 / 2)
    assert oracle.gospa(truth[:0], found[:0], 10.0) == (0.0, [])
    # Farther than the cutoff is a miss and a false one, not a pair.
    assert oracle.gospa(truth[:1], found[:1], 10.0)[0] == 10.0


def crossing(seed):
    """Two targets that cross, in clutter, in the benchmark's layout of files."""
    rng = np.random.default_rng(seed)
    scans, region = 20, 60.0
    meta = {
        "dt": 1.0, "q": 0.01, "sigma_m": 1.0, "p_detect": 0.9, "region": region,
        "clutter_per_scan": 2.0, "scans": scans, "gospa_c": 10.0,
    }  # fmt: skip
    k = np.arange(scans, dtype=float)
    paths = [
        np.column_stack([20 + k, 0 * k + 1, 20 + k, 0 * k + 1]),
        np.column_stack([20 + k, 0 * k + 1, 40 - k, 0 * k - 1]),
    ]
    scan, ident = np.repeat(np.arange(scans), 2), np.tile([0, 1], scans)
    state = np.array([paths[i][s] for s, i in zip(scan, ident, strict=True)])
    seen = rng.random(len(scan)) < 0.9
    hits = state[seen][:, [0, 2]] + rng.normal(0, 1.0, (seen.sum(), 2))
    false_scan = np.repeat(np.arange(scans), rng.poisson(2.0, scans))
    det_scan = np.concatenate([scan[seen], false_scan])
    det_xy = np.concatenate([hits, rng.uniform(0, region, (len(false_scan), 2))])
    order = np.argsort(det_scan, kind="stable")
    return {
        "meta": json.dumps(meta), "truth_scan": scan, "truth_id": ident,
        "truth_state": state, "det_scan": det_scan[order], "det_xy": det_xy[order],
    }  # fmt: skip
