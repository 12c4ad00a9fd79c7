"""Tracking measures against Stone Soup's, against brute force, and their laws."""

from __future__ import annotations

import datetime
import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from forefield.errors import InputError
from forefield.scoring.air_picture import Followed, follow, quality, siap, switches
from forefield.scoring.consistency import anees, normalised
from forefield.scoring.pictures import gospa, matched, ospa
from forefield.scoring.trajectories import t_gospa

START = datetime.datetime(2024, 3, 24, tzinfo=datetime.UTC)
seeds = st.integers(0, 9999)


def cloud(g, most=5):
    return g.uniform(0.0, 100.0, (int(g.integers(0, most + 1)), 2))


# -- against another program ---------------------------------------------------------
def stone_soup():
    """Stone Soup warns of its own deprecations; they are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("stonesoup", reason="Stone Soup is not installed")


def states(places):
    from stonesoup.types.state import State

    return [State(p[:, None], timestamp=START) for p in places]


@settings(deadline=None, max_examples=60)
@given(seeds, st.floats(5.0, 80.0), st.sampled_from([1.0, 2.0]))
def test_gospa_and_ospa_agree_with_stone_soup(seed, c, p):
    stone_soup()
    from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric

    g = np.random.default_rng(seed)
    x, y = cloud(g), cloud(g)
    if not len(x) and not len(y):
        return
    ours = gospa(x, y, c, p)
    theirs, _ = GOSPAMetric(c=c, p=p).compute_gospa_metric(states(y), states(x))
    assert np.isclose(ours.total, theirs.value["distance"], rtol=0, atol=1e-9)
    assert np.isclose(ours.localisation, abs(theirs.value["localisation"]), atol=1e-9)
    assert np.isclose(ours.missed, abs(theirs.value["missed"]), atol=1e-9)
    assert np.isclose(ours.false, abs(theirs.value["false"]), atol=1e-9)
    other = OSPAMetric(c=c, p=p).compute_OSPA_distance(states(y), states(x))
    if p == 1.0:
        assert np.isclose(ospa(x, y, c, p), other.value, rtol=0, atol=1e-9)
    else:
        # Stone Soup 1.9 assigns by the sum of distances whatever the order p.
        assert ospa(x, y, c, p) <= other.value + 1e-9


def recording(seed):
    """Four flights and five tracks over twelve moments, each for a time."""
    g = np.random.default_rng(seed)
    tables = []
    for n in (4, 5):
        t, i = np.meshgrid(5.0 * np.arange(12), np.arange(n), indexing="ij")
        born, gone = np.sort(g.integers(0, 13, (2, n)), axis=0) * 5.0
        keep = ((t >= born[i]) & (t <= gone[i])).ravel()
        state = g.normal(size=(t.size, 4)) * np.array([50.0, 50.0, 3.0, 3.0])
        tables.append((t.ravel()[keep], i.ravel()[keep], state[keep]))
    return tables


@settings(deadline=None, max_examples=25)
@given(seeds)
def test_the_air_picture_agrees_with_stone_soup(seed):
    stone_soup()
    from stonesoup.measures import Euclidean
    from stonesoup.metricgenerator.manager import MultiManager
    from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
    from stonesoup.types.association import AssociationSet, TimeRangeAssociation
    from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
    from stonesoup.types.state import State
    from stonesoup.types.time import TimeRange
    from stonesoup.types.track import Track

    (ta, ia, sa), (tb, ib, sb) = recording(seed)
    pairs = follow(ta, sa[:, :2], tb, sb[:, :2], 60.0)

    def when(t):
        return START + datetime.timedelta(seconds=float(t))

    truths, tracks = {}, {}
    for name in np.unique(ia):
        rows = np.flatnonzero(ia == name)
        truths[name] = GroundTruthPath(
            [GroundTruthState(sa[r][:, None], timestamp=when(ta[r])) for r in rows]
        )
    for name in np.unique(ib):
        rows = np.flatnonzero(ib == name)
        tracks[name] = Track(
            [State(sb[r][:, None], timestamp=when(tb[r])) for r in rows]
        )
    held, kept = set(), np.zeros(len(pairs.t_s), bool)
    for name in np.unique(ia):
        moments = np.sort(ta[ia == name])
        for number in np.unique(ib):
            both = pairs.t_s[(ia[pairs.truth] == name) & (ib[pairs.track] == number)]
            at = np.searchsorted(moments, np.sort(both))
            # Stone Soup adds the parts of a broken association up where we take the
            # longest, and has none of a single moment: compared on the first part.
            for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)[:1]:
                if len(run) > 1:
                    kept |= (
                        (ia[pairs.truth] == name)
                        & (ib[pairs.track] == number)
                        & np.isin(pairs.t_s, moments[run])
                    )
                    span = TimeRange(when(moments[run[0]]), when(moments[run[-1]]))
                    held.add(TimeRangeAssociation({truths[name], tracks[number]}, span))
    if not kept.any():
        return
    pairs = Followed(*(column[kept] for column in pairs))
    ours = siap(ta, ia, sa, tb, ib, sb, pairs)
    generator = SIAPMetrics(
        position_measure=Euclidean((0, 1)), velocity_measure=Euclidean((2, 3))
    )
    manager = MultiManager([generator])
    manager.add_data(
        {"groundtruth_paths": set(truths.values()), "tracks": set(tracks.values())}
    )
    manager.association_set = AssociationSet(held)
    theirs = [m.value for m in generator.compute_metric(manager)[:7]]
    for name, a, b in zip(ours._fields, ours, theirs, strict=True):
        assert np.isclose(a, b, rtol=0, atol=1e-9), name


# -- against brute force ----------------------------------------------------------------
def brute_gospa(x, y, c, p):
    """The least over every partial assignment."""
    best = np.inf
    n, m = len(x), len(y)
    for k in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), k):
            for cols in itertools.permutations(range(m), k):
                d = [
                    np.linalg.norm(x[i] - y[j]) for i, j in zip(rows, cols, strict=True)
                ]
                if all(e < c for e in d):
                    cost = sum(e**p for e in d) + c**p / 2 * (n + m - 2 * k)
                    best = min(best, cost)
    return best ** (1 / p)


@settings(deadline=None, max_examples=60)
@given(seeds, st.floats(5.0, 120.0))
def test_gospa_is_the_least_over_all_assignments(seed, c):
    g = np.random.default_rng(seed)
    x, y = cloud(g, 4), cloud(g, 4)
    found = gospa(x, y, c)
    assert np.isclose(found.total, brute_gospa(x, y, c, 2.0))
    parts = found.localisation + found.missed + found.false
    assert np.isclose(parts, found.total**2)
    assert found.n_missed == len(x) - len(found.pairs)
    assert found.n_false == len(y) - len(found.pairs)
    pairs, far = matched(x, y, c)
    assert np.isclose((far**2).sum(), found.localisation)
    assert np.array_equal(pairs, found.pairs)


def brute_t_gospa(x, y, c, gamma, p):
    """The least over whole assignments at every moment, by dynamic programming."""
    n, steps, _ = x.shape
    m = len(y)
    choices = [
        a for a in itertools.product(range(-1, m), repeat=n)
        if len([j for j in a if j >= 0]) == len({j for j in a if j >= 0})
    ]  # fmt: skip
    here, there = np.isfinite(x).all(axis=2), np.isfinite(y).all(axis=2)

    def cost(k, a):
        out = 0.0
        for i, j in enumerate(a):
            if j < 0:
                out += c**p / 2 * here[i, k]
            elif here[i, k] and there[j, k]:
                out += min(np.linalg.norm(x[i, k] - y[j, k]), c) ** p
            else:
                out += c**p / 2 * (here[i, k] + there[j, k])
        return out + c**p / 2 * sum(there[j, k] for j in range(m) if j not in a)

    def switch(a, b):
        out = 0.0
        for i, j in zip(a, b, strict=True):
            if i != j:
                out += gamma**p * (0.5 if min(i, j) < 0 else 1.0)
        return out

    best = {a: cost(0, a) for a in choices}
    for k in range(1, steps):
        best = {
            b: cost(k, b) + min(v + switch(a, b) for a, v in best.items())
            for b in choices
        }
    return min(best.values()) ** (1 / p)


@settings(deadline=None, max_examples=40)
@given(seeds, st.sampled_from([1.0, 2.0]))
def test_t_gospa_is_the_least_over_all_histories(seed, p):
    """The linear programme bounds it from below, and mostly meets it."""
    g = np.random.default_rng(seed)
    n, m, steps = int(g.integers(1, 3)), int(g.integers(1, 3)), 4
    x, y = g.uniform(0, 30, (n, steps, 2)), g.uniform(0, 30, (m, steps, 2))
    x[g.random((n, steps)) < 0.2] = np.nan
    y[g.random((m, steps)) < 0.2] = np.nan
    found = t_gospa(x, y, 20.0, 5.0, p)
    exact = brute_t_gospa(x, y, 20.0, 5.0, p)
    assert found.total <= exact + 1e-6
    assert found.total > 0.97 * exact
    assert np.isclose(sum(found[1:]), found.total**p, rtol=1e-6, atol=1e-6)


def test_t_gospa_of_one_moment_is_gospa_and_a_swap_costs_two_switches():
    g = np.random.default_rng(4)
    x, y = g.uniform(0, 50, (3, 2)), g.uniform(0, 50, (4, 2))
    one = t_gospa(x[:, None], y[:, None], 20.0, 3.0)
    assert np.isclose(one.total, gospa(x, y, 20.0).total)
    flights = np.zeros((2, 10, 2))
    flights[1, :, 0] = 10.0
    swapped = flights.copy()
    swapped[0, 5:], swapped[1, 5:] = flights[1, 5:], flights[0, 5:]
    found = t_gospa(flights, swapped, 20.0, 2.0)
    assert np.isclose(found.switches, 2 * 2.0**2)
    assert np.isclose(found.total, np.sqrt(2 * 2.0**2))


# -- laws -----------------------------------------------------------------------
@settings(deadline=None, max_examples=80)
@given(seeds, st.floats(1.0, 150.0))
def test_gospa_and_ospa_are_metrics(seed, c):
    g = np.random.default_rng(seed)
    x, y, z = cloud(g), cloud(g), cloud(g)
    for d in (lambda a, b: gospa(a, b, c).total, lambda a, b: ospa(a, b, c)):
        assert d(x, x) == 0.0
        assert np.isclose(d(x, y), d(y, x))
        assert d(x, z) <= d(x, y) + d(y, z) + 1e-9
        assert np.isclose(d(g.permutation(x), y), d(x, y))


def test_switches_count_changes_across_gaps():
    """The tracking benchmark's count: a gap in between does not matter."""
    t = np.array([0.0, 1, 2, 5, 6, 0, 1, 2])
    who = np.array(["A"] * 5 + ["B"] * 3)
    number = np.array([1, 1, 2, 2, 1, 7, 7, 7])
    assert switches(t, who, number) == 2
    g = np.random.default_rng(0).permutation(8)
    assert switches(t[g], who[g], number[g]) == 2


def test_quality_is_what_a_clerk_would_count():
    """One flight east at 100 m/s, seen from 10 s on, lost from 40 to 70 s."""
    t = 10.0 * np.arange(11)
    truth = np.column_stack([100.0 * t, 0 * t, 1000 + 0 * t, 100 + 0 * t, 0 * t, 0 * t])
    held = (t >= 10.0) & ((t <= 40.0) | (t >= 70.0))
    tracks = truth[held] + np.array([30.0, -40.0, 5.0, 0.0, 0.0, 0.0])
    number = np.where(t[held] < 50.0, 1, 2)
    ghost = np.array([[9e5, 9e5, 0.0, 1.0, 1.0, 0.0]])
    tt = np.append(t[held], 20.0)
    tracks, number = np.vstack([tracks, ghost]), np.append(number, 9)
    names = np.full(len(t), "A")
    pairs = follow(t, truth[:, :2], tt, tracks[:, :2], 500.0)
    found = quality(t, names, truth, tt, number, tracks, pairs, gap_s=25.0)
    assert np.isclose(found.completeness, 8 / 11)
    assert (found.gaps, found.longest_gap_s, found.number_changes) == (1, 30.0, 1)
    assert found.delay_s == 10.0
    assert np.allclose(
        [found.along_m, found.across_m, found.up_m, found.course_deg],
        [30.0, 40.0, 5.0, 0.0],
    )
    assert np.isclose(found.false_track_hours, 1 / 8)


def test_errors_drawn_from_their_covariance_are_consistent():
    g = np.random.default_rng(2)
    L = np.array([[3.0, 0.0], [1.0, 2.0]])
    e = g.normal(size=(4000, 2)) @ L.T
    P = np.repeat((L @ L.T)[None], 4000, axis=0)
    found = anees(e, P)
    assert found.holds
    assert not anees(1.2 * e, P).holds
    low, high = chi2.ppf([0.025, 0.975], 8000) / 8000
    assert (found.low, found.high) == (low, high)
    assert np.isclose(normalised(e[:1], P[:1])[0], e[0] @ np.linalg.inv(P[0]) @ e[0])


# -- what cannot be used ----------------------------------------------------------
def test_wrong_input_says_what_is_wrong():
    with pytest.raises(InputError, match="row 1 is not finite"):
        gospa([[0.0, 0.0], [np.nan, 0.0]], [[0.0, 0.0]], 10.0)
    with pytest.raises(InputError, match="cut-off"):
        gospa([[0.0, 0.0]], [[0.0, 0.0]], 0.0)
    with pytest.raises(InputError, match="order"):
        ospa([[0.0, 0.0]], [[0.0, 0.0]], 1.0, 0.5)
    with pytest.raises(InputError, match="same T"):
        t_gospa(np.zeros((1, 3, 2)), np.zeros((1, 4, 2)), 1.0, 1.0)
    with pytest.raises(InputError, match="need covariances"):
        normalised(np.zeros((3, 2)), np.zeros((3, 3, 3)))
