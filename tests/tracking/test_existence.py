"""The map from the filter's existence to the one that is reported."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forefield.tracking.config import TrackerConfig
from forefield.tracking.existence import reported

CHANCE = st.floats(1e-6, 1.0 - 1e-6)
OURS = (TrackerConfig().trust_low, TrackerConfig().trust_high, TrackerConfig().doubt)


@given(CHANCE, CHANCE)
def test_what_the_filter_holds_likelier_is_reported_as_likelier(a, b):
    low, high = reported(np.array([min(a, b), max(a, b)]), *OURS)
    assert 0.0 <= low <= high <= 1.0


@given(CHANCE)
def test_one_one_and_no_doubt_change_nothing(p):
    assert np.isclose(reported(np.array([p]), 1.0, 1.0, 0.0)[0], p, rtol=1e-9)


def test_certainty_stays_and_the_middle_of_the_scale_is_doubted():
    out = reported(np.array([0.0, 0.5, 0.8, 0.999_999, 1.0]), *OURS)
    assert out[0] == 0.0
    assert out[-1] == 1.0
    assert out[1] < 0.35
    assert out[2] < 0.6
    assert out[3] > 0.999
