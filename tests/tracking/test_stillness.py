"""What moves is an object; what stays is ground, and the picture learns how much."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tracking_scenes import PLANE, T0, eye, looks, reports

from forefield.chance import Stream
from forefield.tracking import classes, stillness
from forefield.tracking.recording import track

ONE = classes.prior()[None]


def test_the_way_made_in_ten_minutes_tells_ground_from_a_slow_drone():
    """A fixed echo is 300 m off after 600 s; a drone of 40 m/s is 24 km away."""
    fixed = stillness.log_ratio(np.array([0.5]), np.array([0.7]), ONE)
    drone = stillness.log_ratio(np.array([40.0]), np.array([0.7]), ONE)
    assert fixed[0] > 2.0
    assert drone[0] == -4.5
    assert stillness.p_still(3.0 * drone, 0.9)[0] < 1e-4


@given(st.floats(0.0, 300.0), st.floats(0.5, 20.0))
def test_more_speed_is_never_more_evidence_of_ground(speed, sigma):
    """Above its own spread; below it, a fixed echo's speed has a mode."""
    faster = np.array([sigma + speed, sigma + speed + 5.0])
    a, b = stillness.log_ratio(faster, np.full(2, sigma), np.repeat(ONE, 2, axis=0))
    assert b <= a + 0.75  # the bands of the classes begin and end


def test_a_speed_that_is_not_known_says_nothing():
    out = stillness.log_ratio(np.array([np.nan, 3.0]), np.array([1.0, np.nan]), ONE)
    assert out.tolist() == [0.0, 0.0]


def test_the_share_of_ground_is_learnt_from_the_picture():
    assert stillness.share(np.zeros(0)) == 1.0 / 8.0
    assert stillness.share(np.ones(200)) > 0.9
    assert stillness.share(np.zeros(200)) == 0.02


def test_an_echo_that_stays_loses_existence_and_a_flight_keeps_it():
    g = Stream(1, "ground").generator()
    n = 120
    t = T0 + 5.0 * np.arange(n)
    x = np.concatenate([20e3 + 60.0 * g.normal(size=n), -20e3 + 40.0 * (t - T0)])
    y = np.concatenate([5e3 + 60.0 * g.normal(size=n), 0.0 * t])
    seen = np.concatenate([g.random(n) < 0.6, g.random(n) < 0.9])
    plots = reports(np.tile(t, 2)[seen], x[seen], y[seen])
    out = track(plots, [eye(p_detect=0.8)], looks(t), plane=PLANE, cycle_s=10.0)
    late = out.take(out.t_s > T0 + 400.0)
    px, _ = PLANE.forward(late.lat_deg, late.lon_deg)
    ground = np.abs(px - 20e3) < 1500.0
    assert (late.p_exist[ground] < 0.3).all()
    px, _ = PLANE.forward(out.lat_deg, out.lon_deg)
    assert (np.abs(px - 20e3) < 1500.0).sum() > 5  # it was there, and is doubted
    assert np.median(late.p_exist[~ground]) > 0.95
