"""Exposure: what a flight could have done and did not, from its own past alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.forecasting.explain import what_moved
from forefield.forecasting.exposure import discount, exposure
from forefield.forecasting.forecast import forecast, memory_s
from forefield.forecasting.motion import as_tracks, complete, motion_of
from forefield.forecasting.parameters import shipped
from forefield.kernels.past_rows import exposures
from forefield.mechanism import kept_past
from forefield.tracking.tracks import CLASSES
from forefield.world.borders import guard

T0 = 1_711_252_800.0
#: Coarse fields: solved in seconds.
FEW = dataclasses.replace(shipped(), field_cells=4000)


@pytest.fixture(scope="module")
def pl():
    return guard("PL")


def tracks_of(lat, lon, *, track=1, dt=20.0):
    """A drone's rows, every 20 s, ending at T0."""
    n = len(lat)
    p = np.zeros((n, len(CLASSES)))
    p[:, CLASSES.index("drone")] = 1.0
    return as_tracks(
        {
            "t_s": T0 - dt * np.arange(n)[::-1], "track_id": np.full(n, track),
            "lat_deg": lat, "lon_deg": lon,
            **{f"p_{c}": p[:, k] for k, c in enumerate(CLASSES)},
        }
    )  # fmt: skip


def along(n=75, lon=24.15):
    """A drone that weaves north beside the Bug, once within two kilometres of it."""
    k = np.arange(n)
    return tracks_of(50.7 + 0.005 * k, lon + 0.005 * np.abs(k % 20 - 10))


def exposed(tracks, border, **more):
    return exposure(tracks, motion_of(tracks, FEW), border, FEW, **more)


# -- the kernel and its slow twin -----------------------------------------------------
def slow(t, look, rate, inside, lag_s, memory_s, most_s):
    """Row by row, look by look, of one track."""
    out = []
    for i in range(len(t)):
        stays = [t[k] for k in range(i + 1) if inside[k]]
        since = max([t[i] - memory_s, *stays])
        got, looks = 0.0, [k for k in range(len(t)) if look[k]]
        for n, k in enumerate(looks):
            until = t[looks[n + 1]] if n + 1 < len(looks) else np.inf
            until = min(until, t[k] + most_s, t[i] - lag_s)
            got += rate[k] * max(until - max(t[k], since), 0.0)
        out.append(got)
    return np.array(out)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 25), st.floats(0.0, 90.0),
    st.floats(100.0, 900.0),
)  # fmt: skip
def test_the_kernel_sums_looks_as_its_slow_twin_does(seed, n, lag_s, memory_s):
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.choice([0.5, 5.0, 30.0, 200.0], n))
    look, inside = rng.random(n) < 0.6, rng.random(n) < 0.1
    rate, got = rng.random(n), np.empty(n)
    exposures(t, np.array([0, n]), look, rate, inside, lag_s, memory_s, 120.0, got)
    want = slow(t, look, rate, inside, lag_s, memory_s, 120.0)
    assert np.allclose(got, want, atol=1e-9)


# -- laws -----------------------------------------------------------------------------
def test_it_grows_where_entry_was_near_and_the_last_minutes_do_not_count(pl):
    tracks = along()
    got = exposed(tracks, pl)
    assert (np.diff(got) >= 0.0).all()
    assert (got[tracks.t_s <= tracks.t_s[0] + 180.0] == 0.0).all()
    assert got[-1] > 1.0
    assert exposed(along(lon=24.35), pl)[-1] < 0.01


def test_later_rows_company_and_order_change_no_digit(pl):
    tracks = along()
    whole = exposed(tracks, pl)
    for n in (10, 40, 70):
        cut = tracks.take(np.arange(n))
        assert np.array_equal(exposed(cut, pl), whole[:n])
    now = tracks.take(np.arange(60, 75))
    live = exposed(now, pl, past=tracks.take(np.arange(60)))
    assert np.array_equal(live, whole[60:])
    other = tracks_of(np.full(75, 51.2), np.full(75, 24.2), track=2)
    mixed = type(tracks).concat([other, tracks])
    mixed = mixed.take(np.random.default_rng(2).permutation(len(mixed)))
    got = exposed(mixed, pl)[mixed.track_id == 1]
    order = np.argsort(mixed.t_s[mixed.track_id == 1])
    assert np.array_equal(got[order], whole)


def test_a_stay_inside_wipes_what_was_before(pl):
    # In to Poland for a while after the closest approach, and out again.
    tracks = along()
    lon = np.where((np.arange(75) >= 52) & (np.arange(75) < 55), 23.6, tracks.lon_deg)
    tracks = dataclasses.replace(tracks, lon_deg=lon)
    inside = pl.inside(tracks.lat_deg, tracks.lon_deg)
    assert inside.sum() == 3
    got = exposed(tracks, pl)
    assert got[51] > 1.0
    assert (got[55:63] == 0.0).all()


def test_the_discount_is_the_gamma_frailtys_mean_and_has_an_end():
    # E[Z | none in L] of an exponential Z with mean 1, by simulation of Poisson counts.
    rng = np.random.default_rng(3)
    z = rng.exponential(size=400_000)
    for rate in (0.2, 1.0, 3.0):
        none = rng.poisson(z * rate) == 0
        assert np.isclose(
            z[none].mean(), np.exp(-discount(np.array([rate])))[0], rtol=0.02
        )
    assert discount(np.zeros(1))[0] == 0.0
    assert discount(np.array([5.0]))[0] == discount(np.array([50.0]))[0]


# -- in the forecast -------------------------------------------------------------------
def test_a_flight_that_has_stayed_out_for_long_is_believed_less(pl):
    tracks = along()
    long = forecast(tracks, [pl], (600.0,), model="corrected", parameters=FEW)
    # The last three minutes alone: all else that the model looks at is the same.
    short = forecast(
        tracks.take(tracks.t_s >= T0 - 180.0), [pl], (600.0,), model="corrected",
        parameters=FEW,
    )  # fmt: skip
    p, q = long.p_enter[-1], short.p_enter[-1]
    assert 0.0 < p < q
    lowered = np.log(q / (1.0 - q)) - np.log(p / (1.0 - p))
    assert np.isclose(lowered, discount(exposed(tracks, pl))[-1], rtol=0.15)
    field = [
        forecast(t, [pl], (600.0,), model="field", parameters=FEW).p_enter[-1]
        for t in (tracks, tracks.take(tracks.t_s >= T0 - 180.0))
    ]
    assert field[0] == field[1]


def test_what_moved_a_belief_tells_what_the_flight_was_exposed_to(pl):
    tracks = along(n=55)
    moved = what_moved(tracks, pl, 1, model="corrected", parameters=FEW)
    past = next(s for s in moved.shares if s.part == "past")
    assert "it stayed out where 1.6 entries were due" in past.words
    young = what_moved(
        tracks.take(slice(40, 55)), pl, 1, model="corrected", parameters=FEW
    )
    assert all("stayed out" not in s.words for s in young.shares)
    assert sum(s.moved for s in moved.shares) == pytest.approx(
        moved.p_now - moved.p_before, abs=1e-9
    )


def test_what_has_no_field_is_exposed_to_nothing(pl):
    tracks = along()
    p = np.zeros((len(tracks), len(CLASSES)))
    p[:, CLASSES.index("balloon")] = 1.0
    assert (exposed(dataclasses.replace(tracks, p_class=p), pl) == 0.0).all()


def test_what_a_chain_keeps_tells_the_same_as_the_whole_recording(pl):
    # Steps every 20 s for fifty minutes; a tracker tells velocities. The second track
    # begins in the middle of a minute, and the first is inside for 80 s.
    one = along(n=151)
    lon = np.where((np.arange(151) >= 60) & (np.arange(151) < 64), 23.6, one.lon_deg)
    one = complete(dataclasses.replace(one, lon_deg=lon))
    two = complete(tracks_of(np.full(80, 51.0), np.full(80, 24.05), track=2))
    both = type(one).concat([one, two])
    whole = exposed(both, pl)
    assert whole.max() > 1.0
    past = []
    for now_s in np.unique(both.t_s):
        at = np.flatnonzero(both.t_s == now_s)
        now = both.take(at)
        if past:
            got = exposed(now, pl, past=type(one).concat(past))
            assert np.allclose(got, whole[at], atol=1e-12)
        past = [*kept_past(past, float(now_s), memory_s("best", "PL")), now]
    assert sum(map(len, past)) < 80
    assert len(kept_past(past, T0, 0.0)) == 3


def test_a_small_share_of_something_without_a_field_takes_no_exposure_away(pl):
    tracks = along()
    p = 0.9 * tracks.p_class
    p[:, CLASSES.index("bird")] = 0.1
    mixed = exposed(dataclasses.replace(tracks, p_class=p), pl)
    assert np.allclose(mixed, exposed(tracks, pl), rtol=1e-9)


def test_the_order_of_the_present_rows_does_not_matter_to_their_past(pl):
    tracks = along()
    now = tracks.take(np.array([74, 50]))
    there = exposed(now, pl, past=tracks)
    back = exposed(now.take(np.array([1, 0])), pl, past=tracks)
    assert np.array_equal(there, back[::-1])


def test_models_without_memory_need_none():
    assert memory_s("turning", "PL") == 0.0 == memory_s("best", "RO")
    assert memory_s("best", "PL") == memory_s("all", "RO") > 600.0
