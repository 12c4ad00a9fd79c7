import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forefield.scoring.censoring import (
    ENDED,
    ENTERED,
    LOST,
    Censoring,
    Survival,
    answer_by,
    known_by,
    weights_by,
)
from forefield.scoring.proper import brier, crps_entry_time, entry_time_knots


def test_the_leukaemia_trial_of_1963_gives_its_published_curve():
    # Freireich et al. 1963, weeks of remission under 6-mercaptopurine; the worked
    # example of Kaplan-Meier in Cox & Oakes 1984 and Kleinbaum & Klein, table 2.1.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    left = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    event = [True] * len(ended) + [False] * len(left)
    curve = Survival.fit(ended + left, event)
    assert curve.time_s.tolist() == [6, 7, 10, 13, 16, 22, 23]
    published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert np.allclose(curve.survival, published, atol=5e-5)
    assert curve.before(6.0) == 1.0
    assert curve.at(6.0) == pytest.approx(0.8571, abs=5e-5)


def test_four_tracks_by_hand():
    # Lost at 10 and 30; entered at 20; in view beyond 40. Just before 20 three of four
    # are still seen; just before 40 another half of them is.
    time, status = np.array([10.0, 20.0, 30.0, 50.0]), [LOST, ENTERED, LOST, LOST]
    weight, cut = weights_by(Censoring.fit(time, status), time, status, 40.0)
    assert np.allclose(weight, [0.0, 4 / 3, 0.0, 8 / 3])
    assert weight.sum() == pytest.approx(4.0)  # those seen speak for all four
    assert cut == 0.0
    assert answer_by(time, status, 40.0).tolist() == [0, 1, 0, 0]
    assert known_by(time, status, 40.0).tolist() == [False, True, False, True]


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.sampled_from([LOST, ENTERED, ENDED])),
        min_size=5,
        max_size=60,
    )
)
def test_the_weights_of_the_known_sum_to_the_rows_while_somebody_is_seen(rows):
    time = np.array([float(t) for t, _ in rows] + [99.0] * 5)  # five outlast all
    status = np.array([s for _, s in rows] + [LOST] * 5)
    weight, _ = weights_by(Censoring.fit(time, status), time, status, 31.0)
    assert weight.sum() == pytest.approx(len(time))


def test_lost_tracks_counted_as_no_would_bias_the_base_rate_and_weights_do_not():
    g = np.random.Generator(np.random.Philox(11))
    n = 40_000
    enter_s, lost_s = g.exponential(1500.0, n), g.exponential(900.0, n)
    time = np.minimum(enter_s, lost_s)
    status = np.where(enter_s <= lost_s, ENTERED, LOST)
    weight, _ = weights_by(Censoring.fit(time, status), time, status, 900.0)
    y = answer_by(time, status, 900.0)
    truth = 1.0 - np.exp(-900.0 / 1500.0)  # 0.451
    assert abs(np.average(y, weights=weight) - truth) < 0.012  # 3 standard errors
    assert y.mean() < truth - 0.1
    # The Brier score of a forecaster who knows the truth comes out right as well.
    score = np.average(brier(np.full(n, truth), y), weights=weight)
    assert abs(score - truth * (1 - truth)) < 0.004


def test_the_censored_time_score_equals_the_full_one_on_average():
    g = np.random.Generator(np.random.Philox(12))
    n, h = 40_000, 600.0
    enter_s, lost_s = g.exponential(800.0, n), g.exponential(1000.0, n)
    q = -800.0 * np.log1p(-np.array([0.05, 0.5, 0.95]) * (1 - np.exp(-h / 800.0)))
    p = np.full(n, 1 - np.exp(-h / 800.0))
    knots, cdf = entry_time_knots(p, *[np.full(n, x) for x in q], h)
    full = crps_entry_time(knots, cdf, enter_s, np.full(n, ENTERED), h)
    time, status = np.minimum(enter_s, lost_s), np.where(enter_s <= lost_s, 1, 0)
    weight_at = Censoring.fit(time, status).weight_at
    seen = crps_entry_time(knots, cdf, time, status, h, weight_at=weight_at)
    assert seen.mean() == pytest.approx(full.mean(), abs=2.5)  # of about 118 s


def test_a_stratum_that_is_lost_sooner_gets_heavier_weights():
    time = np.concatenate([np.tile([5.0, 50.0], 200), np.full(400, 50.0)])
    status = np.where(time < 10, LOST, ENTERED)
    stratum = np.repeat([0, 1], 400)
    fit = Censoring.fit(time, status, stratum)
    weight = fit.weight_at(40.0)
    assert np.allclose(weight[stratum == 0], 2.0)
    assert np.allclose(weight[stratum == 1], 1.0)
