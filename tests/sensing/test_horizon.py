"""The 4/3-earth horizon against the textbook, and against its compiled twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.kernels.looks import elevation_4_3_1
from forefield.sensing.horizon import elevation_deg, horizon_m

heights = st.floats(0.0, 12_000.0)


def test_the_horizon_is_the_textbooks_4_12_km_per_root_metre():
    # Skolnik: d [km] = 4.12 (sqrt h1 + sqrt h2), with heights in metres.
    for h1, h2 in ((25.0, 100.0), (10.0, 30.0), (30.0, 9000.0), (0.0, 1.0)):
        book_km = 4.12 * (np.sqrt(h1) + np.sqrt(h2))
        assert abs(horizon_m(h1, h2) / 1000.0 / book_km - 1.0) < 0.002


def test_nothing_below_the_ground_is_seen():
    assert horizon_m(20.0, -1.0) == 0.0
    assert horizon_m(-1.0, 20.0) == 0.0


@settings(deadline=None)
@given(heights, heights, st.floats(0.0, 500.0))
def test_higher_is_seen_further(antenna_m, target_m, more_m):
    assert horizon_m(antenna_m, target_m + more_m) >= horizon_m(antenna_m, target_m)
    assert horizon_m(antenna_m, target_m) == horizon_m(target_m, antenna_m)


@settings(deadline=None)
@given(st.floats(100.0, 600_000.0), heights, heights)
def test_the_compiled_horizon_says_the_same(distance_m, antenna_m, target_m):
    el, clear = elevation_4_3_1(distance_m, antenna_m, target_m)
    assert np.isclose(el, elevation_deg(distance_m, antenna_m, target_m), atol=1e-9)
    limit = horizon_m(antenna_m, target_m)
    if abs(distance_m - limit) > 1e-3:
        assert clear == (distance_m < limit)


def test_a_target_at_the_horizon_stands_at_the_dip():
    # The grazing ray leaves the antenna below the horizontal by acos(R / (R + h)).
    radius = 4.0 / 3.0 * 6_371_000.0
    dip_deg = -np.degrees(np.arccos(radius / (radius + 25.0)))
    seen = elevation_deg(horizon_m(25.0, 100.0), 25.0, 100.0)
    assert abs(seen - dip_deg) < 1e-6
