import json

import numpy as np
import pytest
from scipy.special import expit, logit

from forefield.errors import InputError
from forefield.scoring.censoring import ENDED, ENTERED, LOST
from forefield.scoring.verify import (
    REFERENCE,
    Forecasts,
    Sample,
    is_baseline,
    verify,
)


def a_sample(seed=1, flights=400, rows=6, sharpen=1.0, lost=False, horizon_s=600.0):
    """Flights with a known chance of entry, and forecasters who know more or less.

    "turning" says the chance (its log-odds times `sharpen`), "straight" says yes or no
    at one half, "climatology" says the mean.
    """
    g = np.random.Generator(np.random.Philox(seed))
    n = flights * rows
    flight = np.repeat(np.arange(flights), rows)
    p = np.repeat(np.clip(g.beta(0.6, 1.4, flights), 1e-3, 1 - 1e-3), rows)
    enters = np.repeat(g.uniform(size=flights), rows) < p
    time = np.where(enters, g.uniform(10, horizon_s - 10, n), 2 * horizon_s)
    status = np.where(enters, ENTERED, ENDED)
    if lost:
        gone = g.exponential(2 * horizon_s, n)
        status = np.where(gone < time, LOST, status)
        time = np.minimum(time, gone)

    def model(chance):
        blank = np.full(n, np.nan)
        place = np.where(enters, 50e3 + g.normal(0, 3e3, n), np.nan)
        quantiles = [np.full(n, q * horizon_s) for q in (0.05, 0.5, 0.95)]
        return Forecasts(chance, *quantiles, place, np.full(n, 3e3), blank)

    return Sample(
        "PL",
        horizon_s,
        flight,
        flight // 20,
        g.uniform(1e3, 100e3, n),
        np.full(n, 250.0),
        time,
        status,
        np.where(enters, 50e3, np.nan),
        np.full(n, 3.5e6),
        {
            "turning/1": model(expit(sharpen * logit(p))),
            "straight/1": model((p > 0.5).astype(float)),
            "climatology/1": model(np.full(n, p.mean())),
        },
    )


def test_a_forecaster_who_says_the_true_chance_passes():
    scores = verify([a_sample()])
    assert scores.main == "turning/1"
    assert scores.verdict == "passed"
    assert scores.passed
    cell = scores.cells[0]
    assert cell.intervals["e_over_o"][0] < 1.0 < cell.intervals["e_over_o"][1]
    assert cell.intervals["bss"][0] > 0.0
    brier = {x.other: x for x in cell.differences if x.score == "brier"}
    assert set(brier) == {REFERENCE, "straight/1", "climatology/1"}
    assert all(x.by_flight.hi < 0 and x.by_night.hi < 0 for x in brier.values())


def test_true_chances_seldom_fail():
    failed = sum(not verify([a_sample(seed, 200)]).passed for seed in range(60))
    assert failed <= 4  # 5 % nominal would be 3; the bands are a little conservative


def test_a_forecaster_who_exaggerates_fails_and_the_reasons_name_what_was_said():
    scores = verify([a_sample(sharpen=3.0)])
    assert scores.verdict == "failed"
    assert any("was said" in reason for reason in scores.reasons)
    assert scores.cells[0].intervals["slope"][1] < 1.0


def test_nine_entering_flights_decide_nothing():
    s = a_sample(flights=20)
    scores = verify([s])
    assert scores.verdict == "undecided"
    assert scores.passed  # too little data is not a "no"


def test_a_third_lost_from_view_leaves_the_scores_where_they_were():
    # Twelve per cent of the rows carry the answer of others; the standard error of
    # the Brier score here is about 0.006.
    whole, seen = (
        verify([a_sample(flights=3000, rows=2)]),
        verify([a_sample(flights=3000, rows=2, lost=True)]),
    )
    a, b = whole.cells[0].numbers, seen.cells[0].numbers
    assert b["censored_share"] > 0.15
    assert b["brier"] == pytest.approx(a["brier"], abs=0.012)
    assert b["base"] == pytest.approx(a["base"], abs=0.02)
    assert b["crps_time_s"] == pytest.approx(a["crps_time_s"], rel=0.06)


def test_scores_have_the_promised_shape_and_hold_no_nan():
    scores = verify([a_sample(), a_sample(2, horizon_s=900.0)])
    out = json.loads(json.dumps(scores.as_dict(), allow_nan=False))
    assert list(out) == ["turning/1", "straight/1", "climatology/1"]
    assert list(out["turning/1"]["PL"]) == ["600", "900"]
    cell = out["turning/1"]["PL"]["600"]
    promised = "n flights entering base brier bss log e_over_o slope intercept"
    assert set(promised.split()) <= set(cell)
    assert {"brier", "bss", "e_over_o", "slope", "intercept"} <= set(cell["intervals"])
    assert cell["verdict"]["is"] == "passed"
    assert out["straight/1"]["PL"]["600"]["slope"] is not None


def test_the_order_of_rows_moves_no_printed_digit_and_the_seed_moves_the_interval():
    s = a_sample(lost=True)
    mixed = s.take(np.random.Generator(np.random.Philox(9)).permutation(len(s.flight)))
    one, two = verify([s], seed=3), verify([mixed], seed=3)
    assert one.as_dict() == two.as_dict()
    other = verify([s], seed=4)
    assert one.cells[0].intervals["brier"] != other.cells[0].intervals["brier"]
    assert one.cells[0].numbers["brier"] == other.cells[0].numbers["brier"]


def test_rows_out_of_reach_are_not_scored():
    s = a_sample()
    reach = np.where(s.dist_m > 60e3, 60.0, 250.0)  # 36 km in 600 s
    near = verify([Sample(**{**s.__dict__, "reach_mps": reach})]).cells[0]
    assert near.counts["rows"] == int((s.dist_m <= 60e3).sum())


def test_an_unknown_main_model_is_refused():
    with pytest.raises(InputError, match="turnip"):
        verify([a_sample()], main="turnip")
    with pytest.raises(InputError, match="Nothing to verify"):
        verify([])


def test_baselines_are_known_by_their_first_word():
    assert is_baseline("straight-gauss/0.1")
    assert is_baseline("climatology 2")
    assert not is_baseline("turning/0.1")
