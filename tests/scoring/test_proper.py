import numpy as np
import pytest
import scoringrules as sr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from forefield.errors import InputError
from forefield.scoring.proper import (
    brier,
    crps_entry_time,
    energy_border,
    entry_time_knots,
    log_score,
    ring_distance,
    skill,
)

chances = st.floats(0.0, 1.0)
to_rounding = 1e-12
draws = np.random.Generator(np.random.Philox(5))


def test_brier_and_log_scores_equal_those_of_scoringrules():
    p, y = draws.uniform(0.01, 0.99, 500), draws.integers(0, 2, 500)
    assert np.allclose(brier(p, y), sr.brier_score(y, p), atol=to_rounding)
    assert np.allclose(log_score(p, y), sr.log_score(y, p), atol=to_rounding)


def test_a_perfect_forecast_scores_nothing():
    y = np.array([0, 1, 1, 0])
    assert (brier(y, y) == 0).all()
    assert (log_score(y, y) < 2e-4).all()
    assert skill(0.0, 0.2) == 1.0


def test_a_hard_never_that_is_wrong_costs_nine_nats_not_infinity():
    assert log_score([0.0], [1])[0] == pytest.approx(-np.log(1e-4))


def test_a_probability_above_one_is_refused_with_its_row():
    with pytest.raises(InputError, match="row 1") as caught:
        brier([0.2, 1.2], [0, 1])
    assert caught.value.rows == (1,)


@given(chances, chances)
def test_saying_what_one_believes_scores_best(belief, said):
    for rule in (brier, log_score):
        honest = belief * rule([belief], [1]) + (1 - belief) * rule([belief], [0])
        other = belief * rule([said], [1]) + (1 - belief) * rule([said], [0])
        slack = 1e-9 if rule is brier else 2e-3  # the clipping of beliefs below 1e-4
        assert honest[0] <= other[0] + slack


def _sampled_times(knots, cdf, n=200_000):
    """Draws from the broken line; "never" is infinity."""
    u = (np.arange(n) + 0.5) / n
    return np.where(u <= cdf[-1], np.interp(u, cdf, knots), np.inf)


@pytest.mark.parametrize(
    ("p", "t05", "t50", "t95", "true_s"),
    [
        (0.7, 100.0, 200.0, 350.0, 180.0),
        (0.7, 100.0, 200.0, 350.0, np.inf),
        (0.2, 400.0, 500.0, 590.0, 599.0),
        (1.0, 50.0, 60.0, 90.0, 10.0),
        (0.4, np.nan, np.nan, np.nan, 300.0),
    ],
)
def test_the_score_of_entry_time_is_the_crps_of_times_cut_at_the_horizon(
    p, t05, t50, t95, true_s
):
    knots, cdf = entry_time_knots([p], [t05], [t50], [t95], 600.0)
    status = [1] if np.isfinite(true_s) else [0]
    ours = crps_entry_time(knots, cdf, [true_s], status, 600.0)[0]
    times = np.minimum(_sampled_times(knots[0], cdf[0]), 600.0)
    theirs = sr.crps_ensemble(min(true_s, 600.0), times, estimator="qd")
    assert ours == pytest.approx(theirs, abs=0.02)  # 600 s / 200,000 draws, with room


def test_a_hard_right_time_scores_nothing_and_a_late_one_its_lateness():
    knots, cdf = entry_time_knots([1.0], [200.0], [200.0], [200.0], 600.0)
    assert crps_entry_time(knots, cdf, [200.0], [1], 600.0)[0] == pytest.approx(0.0)
    assert crps_entry_time(knots, cdf, [170.0], [1], 600.0)[0] == pytest.approx(30.0)


def test_a_flight_that_truly_ended_is_a_no_until_the_horizon():
    knots, cdf = entry_time_knots([0.5], [100.0], [200.0], [300.0], 600.0)
    ended = crps_entry_time(knots, cdf, [150.0], [2], 600.0)
    never = crps_entry_time(knots, cdf, [np.inf], [0], 600.0)
    assert ended == pytest.approx(never)


def test_the_place_score_is_the_gaussian_crps_on_a_long_border():
    sigma, miss = np.array([2e3, 5e3, 20e3]), np.array([0.0, 7e3, -30e3])
    ours = energy_border(np.full(3, 1e6), sigma, 1e6 + miss, 3.5e6, nodes=400)
    theirs = sr.crps_normal(miss, 0.0, sigma)
    assert np.allclose(ours, theirs, rtol=0.01)


def test_the_place_score_is_the_energy_score_of_scoringrules_on_a_straight_line():
    z = norm.ppf((np.arange(64) + 0.5) / 64)
    theirs = sr.es_ensemble(np.array([3e3]), (5e3 * z)[:, None])
    assert energy_border([0.0], [5e3], [3e3], 1e7)[0] == pytest.approx(theirs)


def test_a_hard_place_scores_its_distance_the_shorter_way_round():
    score = energy_border([10e3, 10e3], [np.nan, 0.0], [990e3, 30e3], 1e6)
    assert np.allclose(score, [20e3, 20e3])


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-3e6, 3e6))
def test_where_the_chainage_of_a_ring_begins_does_not_matter(a, b, shift):
    there = ring_distance(a, b, 1e6)
    assert np.isclose(there, ring_distance(a + shift, b + shift, 1e6), atol=1e-6)
    assert 0.0 <= there <= 5e5
