"""The closed-form meetings against a slow look at every moment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.kernels import flyout

H = 900.0
T = np.arange(0.0, H + 0.25, 0.25)


def slow(ue, un, alt, climb, ee, en, reach, speed, wait, low, high):
    """Whether a meeting is feasible at each quarter of a second."""
    d = np.hypot(ue * T - ee, un * T - en)
    h = np.maximum(alt + climb * np.minimum(T, 60.0), 0.0)
    band = np.isnan(h) | ((h >= low) & (h <= high))
    return (d <= reach) & (wait <= T) & (d <= speed * (T - wait)) & band, d


numbers = st.floats(-250.0, 250.0)


@given(
    numbers, numbers, st.one_of(st.floats(0.0, 6000.0), st.just(np.nan)),
    st.floats(-60.0, 60.0), st.floats(-8e4, 8e4), st.floats(-8e4, 8e4),
    st.floats(1e3, 6e4), st.sampled_from([50.0, 120.0, 300.0, 900.0]),
    st.floats(0.0, 400.0), st.floats(0.0, 2000.0), st.floats(2500.0, 9000.0),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_meetings_in_closed_form_are_those_found_moment_by_moment(
    ue, un, alt, climb, ee, en, reach, speed, wait, low, high
):
    ok, d = slow(ue, un, alt, climb, ee, en, reach, speed, wait, low, high)
    a, b = flyout.reach_window_1(ue, un, ee, en, reach)
    c, e = flyout.time_window_1(ue, un, ee, en, speed, wait)
    f, g = flyout.height_window_1(alt, climb, low, high)
    first, last = max(a, c, f, 0.0), min(b, e, g, H)
    inside = (first - 1e-6 <= T) & (last + 1e-6 >= T)
    # They may differ only where a bound is a hair away.
    wrong = T[inside != ok]
    edges = np.array([a, b, c, e, f, g, wait, 60.0])
    for t in wrong:
        assert np.abs(edges - t).min() < 0.26
    if ok.any():
        launch = (T - d / speed)[ok].max()
        got = flyout.latest_launch_1(ue, un, ee, en, speed, first, last)
        assert got >= launch - 1e-6
        assert got == pytest.approx(launch, abs=0.6 + 0.5 * np.hypot(ue, un) / speed)


def test_the_plane_keeps_distances_from_where_the_track_is():
    from forefield.engagement.path import distance_m

    for lat, lon in ((51.0, 25.0), (50.0, 27.5), (48.0, 24.0)):
        e, n = flyout.plane_of(50.0, 25.0, lat, lon)
        assert np.hypot(e, n) == pytest.approx(
            float(distance_m(np.array(50.0), np.array(25.0), lat, lon)), rel=1e-9
        )
    assert flyout.plane_of(50.0, 25.0, 50.0, 25.0) == (0.0, 0.0)


def test_country_changes_along_a_path_are_those_of_a_fine_walk():
    rng = np.random.default_rng(4)
    frame = np.array([49.0, 22.0, 0.01, 0.016])
    country = np.repeat(np.repeat(rng.integers(0, 3, (10, 8)), 30, 0), 30, 1).astype(
        np.int8
    )
    state = np.array([[50.5, 24.0, 0, 0, 0, 0], [49.2, 22.3, 0, 0, 0, 0]], float)
    course, speed = np.array([1.0, 0.8]), np.array([220.0, 60.0])
    track, when = np.empty(50, np.int64), np.empty((50, 2))
    code, first = np.empty((50, 2), np.int64), np.empty(2, np.int64)
    m = flyout.changes(
        state, course, speed, H, frame, country, track, when, code, first
    )
    from forefield.engagement.path import ahead

    for i in range(2):
        lat, lon = ahead(state[i, 0], state[i, 1], course[i], speed[i] * T)
        y = np.floor((lat - 49.0) / 0.01).astype(int)
        x = np.floor((lon - 22.0) / 0.016).astype(int)
        on = (y >= 0) & (y < country.shape[0]) & (x >= 0) & (x < country.shape[1])
        seen = np.where(on, country[np.where(on, y, 0), np.where(on, x, 0)], -2)
        steps = np.flatnonzero(seen[1:] != seen[:-1])
        mine = np.flatnonzero(track[:m] == i)
        assert seen[0] == first[i]
        # Corners cut within a kilometre may go unseen; none is invented.
        assert 0 <= len(steps) - len(mine) <= 2 * (len(steps) > 2)
        for k in mine:
            near = T[steps]
            assert ((near >= when[k, 0] - 0.3) & (near <= when[k, 1] + 0.3)).any()


def test_a_full_table_of_changes_says_so():
    country = (np.indices((300, 300)).sum(0) % 2).astype(np.int8)
    state = np.array([[50.0, 23.0, 0, 0, 0, 0]], float)
    room = 2
    out = flyout.changes(
        state, np.array([0.7]), np.array([200.0]), H, np.array([49.0, 22.0, 0.01, 0.016]),
        country, np.empty(room, np.int64), np.empty((room, 2)),
        np.empty((room, 2), np.int64), np.empty(1, np.int64),
    )  # fmt: skip
    assert out == room + 1
