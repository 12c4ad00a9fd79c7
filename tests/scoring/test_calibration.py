import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

from forefield.scoring.calibration import equal_mass_bins, recalibrate, reliability


def _flights(g, n_flights, rows, spread):
    """Calibrated forecasts whose outcomes go together within a flight.

    Every row's chance is uniform-to-skewed; a flight's rows share one uniform with
    probability `spread`, so that each row alone is right with its chance.
    """
    flight = np.repeat(np.arange(n_flights), rows)
    p = np.repeat(g.beta(0.5, 2.0, n_flights), rows)
    p = expit(logit(np.clip(p, 1e-3, 1 - 1e-3)) + g.normal(0, 0.3, len(p)))
    together = np.repeat(g.uniform(size=n_flights) < spread, rows)
    u = np.where(
        together, np.repeat(g.uniform(size=n_flights), rows), g.uniform(size=len(p))
    )
    return p, (u < p).astype(float), flight


def test_slope_and_intercept_equal_those_of_scikit_learn():
    g = np.random.Generator(np.random.Philox(1))
    p = g.uniform(0.02, 0.9, 4000)
    y = (g.uniform(size=4000) < expit(0.4 + 0.7 * logit(p))).astype(float)
    w = g.uniform(0.5, 2.0, 4000)
    ours = recalibrate(p, y, w, np.arange(4000))
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    theirs.fit(logit(p)[:, None], y, sample_weight=w)
    assert ours.slope == pytest.approx(float(theirs.coef_[0, 0]), abs=1e-5)
    assert ours.slope_lo < 0.7 < ours.slope_hi
    # The intercept with the slope held at 1 solves one equation, which we check.
    shifted = expit(ours.intercept + logit(p))
    assert np.sum(w * (y - shifted)) == pytest.approx(0.0, abs=1e-6)


def test_nothing_is_claimed_where_nobody_entered_or_forecasts_separate():
    quiet = recalibrate(np.full(50, 0.1), np.zeros(50), np.ones(50), np.arange(50))
    assert np.isnan([quiet.slope, quiet.intercept]).all()
    y = np.repeat([0.0, 1.0], 25)
    apart = recalibrate(0.1 + 0.8 * y, y, np.ones(50), np.arange(50))
    assert np.isnan(apart.slope)


def test_intervals_of_slope_and_intercept_cover_under_clustering():
    g = np.random.Generator(np.random.Philox(2))
    trials, slope, large = 300, 0, 0
    for _ in range(trials):
        p, y, flight = _flights(g, 150, 8, 0.8)
        got = recalibrate(p, y, np.ones(len(p)), flight)
        slope += got.slope_lo <= 1.0 <= got.slope_hi
        large += got.intercept_lo <= 0.0 <= got.intercept_hi
    # 95 % nominal; below 91 % (three standard errors) would be dishonest.
    assert slope / trials > 0.91
    assert large / trials > 0.91


def test_bands_of_the_diagram_hold_all_at_once_under_clustering():
    g = np.random.Generator(np.random.Philox(3))
    trials, ours, naive = 400, 0, 0
    for _ in range(trials):
        p, y, flight = _flights(g, 200, 10, 0.7)
        diagram = reliability(p, y, np.ones(len(p)), flight)
        ours += len(diagram.outside) == 0
        alone = reliability(p, y, np.ones(len(p)), np.arange(len(p)))
        naive += len(alone.outside) == 0
    # At least 95 % nominal, three standard errors of slack; rows taken as
    # independent would fail it.
    assert ours / trials > 0.95 - 0.033
    assert naive / trials < 0.90


def test_bands_hold_when_entries_are_rare():
    g = np.random.Generator(np.random.Philox(4))
    trials, inside = 300, 0
    for _ in range(trials):
        flight = np.repeat(np.arange(250), 6)
        p = np.repeat(g.beta(0.3, 8.0, 250), 6)
        y = np.repeat(g.uniform(size=250), 6) < p
        inside += len(reliability(p, y, np.ones(len(p)), flight).outside) == 0
    assert inside / trials > 0.95 - 0.038


def test_an_overconfident_forecast_leaves_the_band():
    g = np.random.Generator(np.random.Philox(6))
    p, y, flight = _flights(g, 600, 5, 0.5)
    bold = expit(3.0 * logit(np.clip(p, 1e-3, 1 - 1e-3)))
    diagram = reliability(bold, y, np.ones(len(p)), flight, family=4)
    assert len(diagram.outside_family) > 0
    assert recalibrate(bold, y, np.ones(len(p)), flight).slope_hi < 1.0


def test_with_one_bin_of_single_rows_the_band_is_clopper_pearsons():
    y = np.array([1.0] * 7 + [0.0] * 43)
    got = reliability(np.full(50, 0.2), y, np.ones(50), np.arange(50))
    exact = binomtest(7, 50).proportion_ci(0.95, method="exact")
    assert got.rows.tolist() == [50]
    # The design effect of independent rows is n/(n-1), not 1: hence 2 %.
    assert got.lo[0] == pytest.approx(exact.low, rel=0.02)
    assert got.hi[0] == pytest.approx(exact.high, rel=0.02)


def test_bins_have_equal_mass_and_equal_forecasts_stay_together():
    g = np.random.Generator(np.random.Philox(7))
    p = np.concatenate([np.zeros(600), g.uniform(size=400)])
    slot = equal_mass_bins(p, np.ones(1000), 10)
    assert len(np.unique(slot[:600])) == 1
    sizes = np.bincount(slot)
    assert sizes[0] == 600
    assert (np.abs(sizes[1:] - 100) <= 1).all()


def test_the_order_of_rows_does_not_matter():
    g = np.random.Generator(np.random.Philox(8))
    p, y, flight = _flights(g, 80, 5, 0.5)
    mixed = g.permutation(len(p))
    one = reliability(p, y, np.ones(len(p)), flight)
    two = reliability(p[mixed], y[mixed], np.ones(len(p)), flight[mixed])
    assert np.allclose(one.observed, two.observed)
    assert np.allclose(one.hi, two.hi)
