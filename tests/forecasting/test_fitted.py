"""The learned models: laws that hold whatever was fitted."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forecasting.test_forecast import raid

from forefield.forecasting.features import logit
from forefield.forecasting.fitted import (
    KNOTS_S,
    _between,
    load,
    mixed,
    odds_of,
    shift,
)
from forefield.forecasting.forecast import forecast
from forefield.tracking.tracks import CLASSES, Tracks

chances = st.floats(0.0, 1.0)


@given(chances, chances, st.floats(0.01, 100.0))
def test_a_base_rate_shifts_the_odds_of_entering_ever(p, q, odds) -> None:
    p, ever = min(p, q), max(p, q)
    got = shift(np.array([[p, ever]]), np.array([[ever]]), odds)[0]
    assert 0.0 <= got[0] <= got[1] + 1e-12 <= 1.0 + 1e-9
    if 1e-6 < ever < 1.0 - 1e-6:
        true = odds * ever / (1.0 - ever)
        assert got[1] / (1.0 - got[1]) == pytest.approx(true, rel=1e-6)
        assert got[0] / got[1] == pytest.approx(p / ever, rel=1e-9)


def test_between_its_horizons_log_odds_are_straight_in_log_time() -> None:
    z = np.array([[-2.0, -1.0, 0.0, 1.0]])
    at = np.array([30.0, *KNOTS_S, np.sqrt(300.0 * 600.0), 5000.0])
    assert np.allclose(_between(z, at), [[-2.0, -2.0, -1.0, 0.0, 1.0, -0.5, 1.0]])


def test_the_mix_lies_between_the_field_and_the_trees() -> None:
    p = np.array([0.1, 0.9])
    assert np.allclose(mixed(p, np.array([2.0, -2.0]), 0.0), logit(p))
    assert np.allclose(mixed(p, np.array([2.0, -2.0]), 1.0), [2.0, -2.0])


@pytest.mark.parametrize("name", ["reference", "corrected"])
def test_a_shipped_model_says_what_share_of_its_flights_entered(name) -> None:
    model = load(name)
    assert 0.05 < model.share < 0.5
    assert len(model.trees) == len(KNOTS_S)


@pytest.mark.parametrize("name", ["reference", "corrected"])
def test_a_horizon_does_not_depend_on_the_others_asked(name) -> None:
    tracks = raid()
    one = forecast(tracks, ["PL"], (300.0,), model=name)
    many = forecast(tracks, ["PL"], (120.0, 300.0, 900.0), model=name)
    assert np.allclose(one.p_enter, many.p_enter[many.horizon_s == 300.0], atol=1e-12)


@pytest.mark.parametrize("name", ["reference", "corrected"])
def test_more_entries_expected_means_more_believed(name) -> None:
    tracks = raid()
    few, more = (
        forecast(tracks, ["PL"], model=name, base_rate=b).p_enter for b in (0.01, 0.2)
    )
    assert (few <= more + 1e-12).all()
    assert few.sum() < 0.7 * more.sum()


def test_what_nobody_flew_in_the_fit_keeps_the_fields_answer() -> None:
    p = np.zeros((3, len(CLASSES)))
    p[:, CLASSES.index("interceptor")] = 1.0
    known = Tracks.build(
        3, t_s=np.array([0.0, 10.0, 20.0]), track_id=np.ones(3, int),
        lat_deg=np.full(3, 50.8), lon_deg=np.array([24.5, 24.47, 24.44]), p_class=p,
    )  # fmt: skip
    unknown = known.take(np.array([0]))
    for tracks in (known, unknown):
        field, ours = (
            forecast(tracks, ["PL"], (120.0, 600.0), model=m)
            for m in ("field", "corrected")
        )
        assert np.allclose(field.p_enter, ours.p_enter, atol=0.003)


def test_a_told_base_rate_counts_by_a_power_of_its_odds() -> None:
    model = load("corrected")

    def told(base_rate: float | None) -> float:
        task = SimpleNamespace(base_rate=base_rate)
        return odds_of(task, model)  # type: ignore[arg-type]

    assert told(None) == 1.0
    assert told(model.share) == pytest.approx(1.0)
    tenth = model.share / (1.0 - model.share) / 10.0
    assert told(tenth / (1.0 + tenth)) == pytest.approx(10.0**-0.8)
