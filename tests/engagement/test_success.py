"""Shared luck: quadrature against chance, and the laws of shots."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.chance import Stream
from forefield.engagement.success import hits, night_luck, shared_success


@given(st.floats(0.01, 0.99), st.floats(0.0, 1.5), st.floats(0.0, 1.0))
@settings(max_examples=40, deadline=None)
def test_more_shared_luck_never_helps_and_one_shot_is_as_published(p, sigma, more):
    low = shared_success(np.array([p]), np.array([sigma + more]))[0]
    high = shared_success(np.array([p]), np.array([sigma]))[0]
    assert low[0] == pytest.approx(p, abs=1e-9)
    assert (low <= high + 1e-9).all()
    assert (np.diff(low) >= -1e-12).all()
    assert low[-1] <= 1 - (1 - p) ** 4 + 1e-9


def test_sure_and_hopeless_shots_stay_so():
    out = shared_success(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    assert out.tolist() == [[0.0] * 4, [1.0] * 4]


def test_nights_drawn_by_chance_have_the_mean_of_the_quadrature():
    p, sigma, n = 0.6, 1.0, 6000
    shots = np.arange(2)
    won = np.array([
        hits(Stream(7, "night", k), p, sigma, 1, np.zeros(2), shots) for k in range(n)
    ])  # fmt: skip
    assert won[:, 0].mean() == pytest.approx(p, abs=0.02)
    two = shared_success(np.array([p]), np.array([sigma]), 2)[0, 1]
    assert won.any(axis=1).mean() == pytest.approx(two, abs=0.02)
    assert two < 1 - 0.4**2 - 0.02


def test_a_nights_luck_belongs_to_the_night_and_the_kind():
    a, b = Stream(7, "night", 3), Stream(7, "night", 3)
    assert night_luck(a, 1) == night_luck(b, 1) != night_luck(a, 2)
