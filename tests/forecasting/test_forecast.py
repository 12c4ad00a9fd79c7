"""Beliefs: causal, monotone, summing up, and right where the answer is known."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.errors import InputError
from forefield.forecasting.forecast import (
    HORIZONS_S,
    MODELS,
    best_for,
    inconsistent_p,
    names_of,
)
from forefield.forecasting.forecast import forecast as forecast_by
from forefield.forecasting.motion import as_tracks, complete, motion_of
from forefield.forecasting.parameters import ClassMotion, Parameters, shipped
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard

#: Particles, which need no field; tests of other models name them.
forecast = functools.partial(forecast_by, model="turning")
T0 = 1_711_252_800.0
#: Coarse fields: solved in seconds.
FEW = dataclasses.replace(shipped(), particles=64, field_cells=4000)


@pytest.fixture(scope="module")
def pl():
    return guard("PL")


def line(lat, lon, v_east, v_north, *, n=10, dt=10.0, track=1, **more):
    """A straight track of n rows that ends at (lat, lon)."""
    back = dt * np.arange(n)[::-1]
    return {
        "t_s": T0 - back,
        "track_id": np.full(n, track),
        "lat_deg": lat - back * v_north / 111_200.0,
        "lon_deg": lon - back * v_east / (111_320.0 * math.cos(math.radians(lat))),
        **{k: np.full(n, v) for k, v in more.items()},
    }


def rows(*parts):
    keys = parts[0].keys()
    return as_tracks({k: np.concatenate([p[k] for p in parts]) for k in keys})


def raid(seed=3, n=6, steps=12):
    """Tracks east of Poland, some turning, times and places alone."""
    rng = np.random.default_rng(seed)
    parts = []
    for k in range(n):
        course = rng.uniform(200, 340) + np.cumsum(rng.normal(0, 4, steps))
        v = rng.choice([45.0, 220.0])
        lat = rng.uniform(49.5, 52.0) + np.cumsum(
            10 * v * np.cos(np.radians(course)) / 111e3
        )
        lon = rng.uniform(24.2, 25.5) + np.cumsum(
            10 * v * np.sin(np.radians(course)) / 70e3
        )
        parts.append(
            {
                "t_s": T0 + 10.0 * np.arange(steps),
                "track_id": np.full(steps, k + 1),
                "lat_deg": lat,
                "lon_deg": lon,
            }
        )
    return rows(*parts)


def same(a, b):
    for f in type(a)._fields():
        x, y = getattr(a, f.name), getattr(b, f.name)
        numbers = x.dtype.kind == "f"
        assert np.array_equal(x, y, equal_nan=numbers), f.name


# -- what must hold for every model -------------------------------------------------
@pytest.mark.parametrize("model", MODELS)
def test_a_belief_does_not_change_when_later_rows_are_removed(pl, model):
    tracks = raid()
    whole = forecast(tracks, [pl], model=model, parameters=FEW)
    for upto in (T0 + 20.0, T0 + 70.0):
        cut = forecast(
            tracks.take(tracks.t_s <= upto), [pl], model=model, parameters=FEW
        )
        same(whole.take(whole.t_s <= upto), cut)


@pytest.mark.parametrize("model", MODELS)
def test_beliefs_grow_with_the_horizon_and_their_parts_sum_up(pl, model):
    ro = guard("RO")
    b = forecast(
        raid(5), [pl, ro], (*HORIZONS_S, math.inf), model=model, parameters=FEW
    )
    assert ((b.p_enter >= 0) & (b.p_enter <= 1)).all()
    assert np.allclose(b.p_via.sum(axis=1), b.p_enter, atol=1e-12)
    p = b.p_enter.reshape(-1, 5)
    assert (np.diff(p, axis=1) >= -1e-12).all()
    assert (b.p_end_inside <= b.p_enter + 1e-9).all()
    q = np.stack([b.t_enter_p05_s, b.t_enter_p50_s, b.t_enter_p95_s], axis=1)
    q, h = q[np.isfinite(q).all(axis=1)], b.horizon_s[np.isfinite(q).all(axis=1)]
    assert (np.diff(q, axis=1) >= 0).all()
    assert (q[:, 2] <= h).all()
    assert set(b.guard) == {"PL", "RO"}
    assert {"ua", "by", "md"} <= set(b.via)
    assert set(b.model) == {f"{model}/{FEW.version}"}


def test_all_models_come_sorted_with_the_model_last(pl):
    b = forecast(raid(), [pl], model="all", parameters=FEW)
    key = list(zip(b.t_s, b.track_id, b.guard, b.horizon_s, b.model, strict=True))
    assert key == sorted(key)
    assert {m.split("/")[0] for m in b.model} == set(MODELS)
    one = forecast(raid(), [pl], parameters=FEW)
    same(b.take(b.model == one.model[0]), one)


def test_neither_order_nor_company_of_rows_moves_a_digit(pl):
    tracks = raid()
    whole = forecast(tracks, [pl], parameters=FEW)
    shuffled = tracks.take(np.random.default_rng(1).permutation(len(tracks)))
    same(whole, forecast(shuffled, [pl], parameters=FEW))
    alone = forecast(tracks.take(tracks.track_id == 2), [pl], parameters=FEW)
    same(whole.take(whole.track_id == 2), alone)


def test_the_present_with_its_past_is_the_whole_recording(pl):
    tracks = raid()
    whole = forecast(tracks, [pl], parameters=FEW)
    now = tracks.t_s == T0 + 110.0
    live = forecast(tracks.take(now), [pl], parameters=FEW, past=tracks.take(~now))
    same(whole.take(whole.t_s == T0 + 110.0), live)


# -- known answers --------------------------------------------------------------------
def test_a_drone_heading_for_the_border_enters_and_one_flying_off_does_not(pl):
    # 50 m/s, some 12 km east of the Bug.
    tracks = rows(
        line(51.2, 23.95, -50.0, 0.0, track=1),
        line(51.2, 23.95, 50.0, 0.0, track=2),
    )
    b = forecast(tracks, [pl])
    last = (b.t_s == T0) & (b.horizon_s == 900.0)
    p = dict(zip(b.track_id[last], b.p_enter[last], strict=True))
    # One object in a hundred enters: even this one may yet turn or be downed.
    assert p[1] > 0.4
    assert p[2] < 0.02
    many = forecast(tracks, [pl], base_rate=0.2)
    assert many.p_enter[last & (b.track_id == 1)] > 0.9
    row = np.flatnonzero(last & (b.track_id == 1))[0]
    straight = forecast(tracks, [pl], model="straight").t_enter_p50_s[row]
    assert b.t_enter_p50_s[row] == pytest.approx(straight, rel=0.2)
    assert pl.distance_m(b.entry_lat_deg[row], b.entry_lon_deg[row]) < 1.0
    assert b.entry_lat_deg[row] == pytest.approx(51.2, abs=0.1)
    assert b.p_via[row, b.via.index("ua")] > 0.95 * b.p_enter[row]


def test_the_straight_line_is_certain_and_agrees_with_the_exact_crossing(pl):
    tracks = raid(9, n=20, steps=6)
    b = forecast(tracks, [pl], model="straight")
    assert set(np.unique(b.p_enter)) <= {0.0, 1.0}
    m = motion_of(tracks)
    for h in HORIZONS_S:
        at = b.take(b.horizon_s == h)
        order = np.lexsort((tracks.track_id, tracks.t_s))
        t, mo = tracks.take(order), m.take(order)
        out = ~pl.inside(t.lat_deg, t.lon_deg)
        t, mo = t.take(out), mo.take(out)
        lat1 = t.lat_deg + mo.v_north_mps * h / 111_200.0
        lon1 = t.lon_deg + mo.v_east_mps * h / (
            111_320.0 * np.cos(np.radians(t.lat_deg))
        )
        hit = np.isfinite(pl.crossing(t.lat_deg, t.lon_deg, lat1, lon1).fraction)
        # A straight segment in degrees is not one in the plane: corners differ.
        assert (hit == (at.p_enter > 0.5)).mean() > 0.97


def test_beyond_reach_nothing_enters_in_time_but_perhaps_before_the_end(pl):
    b = forecast(
        rows(line(50.45, 30.52, -50.0, 0.0)), [pl], (900.0, math.inf),
        parameters=FEW,
    )  # fmt: skip
    assert (b.p_enter[b.horizon_s == 900.0] == 0.0).all()
    assert (b.p_enter[np.isinf(b.horizon_s)] > 0.0).any()


def test_a_track_that_may_not_exist_enters_with_its_existence(pl):
    base = line(51.2, 23.9, -50.0, 0.0, n=1, v_east_mps=-50.0, v_north_mps=0.0)
    sure = forecast(as_tracks({**base, "p_exist": np.array([1.0])}), [pl])
    half = forecast(as_tracks({**base, "p_exist": np.array([0.5])}), [pl])
    assert np.allclose(half.p_enter, 0.5 * sure.p_enter)
    assert np.allclose(half.p_via, 0.5 * sure.p_via)


def test_a_higher_base_rate_raises_beliefs_between_none_and_certain(pl):
    tracks = rows(line(51.2, 24.3, -45.0, -25.0))
    p = [
        forecast(tracks, [pl], base_rate=r, parameters=FEW).p_enter
        for r in (0.001, 0.01, 0.05, 0.3)
    ]
    default = forecast(tracks, [pl], parameters=FEW).p_enter
    middle = (default > 0.02) & (default < 0.98)
    assert middle.any()
    for low, high in itertools.pairwise(p):
        assert (low <= high + 1e-12).all()
        assert (low[middle] < high[middle]).all()


def test_old_evidence_and_a_poor_velocity_widen_the_belief(pl):
    base = line(51.2, 23.95, -50.0, 0.0, n=1, v_east_mps=-50.0, v_north_mps=0.0)
    fresh = forecast(as_tracks({**base, "t_seen_s": np.array([T0])}), [pl])
    old = forecast(as_tracks({**base, "t_seen_s": np.array([T0 - 600.0])}), [pl])
    poor = forecast(as_tracks({**base, "sigma_vel_mps": np.array([30.0])}), [pl])
    last = -1
    assert fresh.age_s[last] == 0.0
    assert old.age_s[last] == 600.0
    for wide in (old, poor):
        assert wide.p_enter[last] < fresh.p_enter[last]
        width = wide.t_enter_p95_s - wide.t_enter_p05_s
        assert width[last] > (fresh.t_enter_p95_s - fresh.t_enter_p05_s)[last]
        assert wide.entry_sigma_m[last] > fresh.entry_sigma_m[last]


def test_a_share_of_what_enters_stays_wherever_the_border_runs(pl):
    horizons, tracks = (600.0, math.inf), raid(5)
    tracks.p_class[:] = np.eye(len(CLASSES))[CLASSES.index("drone")]
    none, some, all_of_it = (
        forecast(
            tracks, [pl], horizons,
            parameters=dataclasses.replace(FEW, stay_share=share),
        )
        for share in (0.0, 0.25, 1.0)
    )  # fmt: skip
    likely = none.p_enter > 0.05
    assert likely.sum() > 10
    assert np.array_equal(none.p_enter, some.p_enter)
    assert np.allclose(some.p_leave[likely], 0.75 * none.p_leave[likely])
    assert (all_of_it.p_leave[likely] == 0.0).all()
    # Before the flight ends, all of those that stay have ended inside; by the horizon
    # those that had the time, which is most for a way that is short.
    ever = likely & np.isinf(none.horizon_s)
    assert np.allclose(all_of_it.p_end_inside[ever], none.p_enter[ever])
    short = dataclasses.replace(FEW, stay_share=1.0, stay_m=1.0)
    soon = forecast(tracks, [pl], horizons, parameters=short)
    assert (all_of_it.p_end_inside[likely] <= soon.p_end_inside[likely] + 1e-12).all()
    assert (soon.p_end_inside <= soon.p_enter).all()
    assert np.allclose(soon.p_end_inside[likely], soon.p_enter[likely], rtol=0.2)
    # Nobody sends airliners.
    tracks.p_class[:] = np.eye(len(CLASSES))[CLASSES.index("civil")]
    bare, same_still = (
        forecast(
            tracks, [pl], (600.0,),
            parameters=dataclasses.replace(FEW, stay_share=share),
        )
        for share in (0.0, 1.0)
    )  # fmt: skip
    assert np.array_equal(bare.p_leave, same_still.p_leave, equal_nan=True)


def test_a_missile_that_clips_a_corner_is_expected_to_leave_again(pl):
    # Northwest past the border's eastward bulge, with a turning model without turns.
    calm = ClassMotion(
        leg_s=math.inf, wander_sigma_deg=0.0, course_sigma_deg=0.0, speed_sigma=0.0,
        keep_turn_s=0.0, end_in_per_s=0.0,
    )  # fmt: skip
    par = dataclasses.replace(
        shipped(), motions={"cruise": calm}, particles=32, stay_share=0.0
    )
    p_class = np.zeros((1, len(CLASSES)))
    p_class[0, 0] = 1.0
    t = Tracks.build(
        1, t_s=T0, track_id=1, lat_deg=50.10, lon_deg=24.10, v_east_mps=-40.0,
        v_north_mps=216.0, sigma_pos_m=1.0, sigma_vel_mps=0.01, p_class=p_class,
    )  # fmt: skip
    b = forecast(t, [pl], parameters=par)
    straight = forecast(t, [pl], model="straight")
    assert np.allclose(b.p_enter, straight.p_enter)
    got = b.p_enter > 0
    assert np.allclose(b.p_leave[got], straight.p_leave[got])


# -- what a track does not tell -----------------------------------------------------
def test_frozen_and_jumping_reports_assert_no_entry_and_say_so(pl):
    t = rows(
        line(51.2, 23.9, -50.0, 0.0, p_exist=1.0, inconsistent=False, track=1),
        line(51.2, 23.9, -50.0, 0.0, p_exist=1.0, inconsistent=True, track=2),
    )
    b = forecast(t, [pl], model="all", parameters=FEW)
    bad = b.track_id == 2
    assert (b.note[bad] == "inconsistent").all()
    assert (b.note[~bad & (b.t_s == T0)] == "").all()
    assert (b.note[~bad & (b.t_s == T0 - 90.0)] == "course unknown").all()
    assert (b.p_enter[bad] <= inconsistent_p(None)).all()
    assert (b.p_end_inside[bad] == 0.0).all()
    assert np.isnan(b.t_enter_p50_s[bad]).all()
    assert np.allclose(b.p_via.sum(axis=1), b.p_enter)


def test_a_single_point_has_any_course_and_a_thing_at_rest_stays(pl):
    single = {k: v[-1:] for k, v in line(51.2, 23.9, 0, 0).items()}
    b = forecast(as_tracks(single), [pl], parameters=FEW)
    assert (b.note == "course unknown").all()
    assert 0.05 < b.p_enter[-1] < 0.9
    still = rows(line(51.2, 24.5, 0.0, 0.0, n=30))
    b = forecast(still, [pl], parameters=FEW)
    assert (b.p_enter[b.t_s == T0] < 0.05).all()
    straight = forecast(as_tracks(single), [pl], model="straight")
    assert (straight.p_enter == 0.0).all()


def test_tracks_inside_the_guard_have_no_belief_of_entry(pl):
    b = forecast(rows(line(52.2, 21.0, 50.0, 0.0)), [pl])
    assert len(b) == 0
    assert "ua" not in b.via or b.p_via.shape == (0, len(b.via))


def test_velocities_come_from_the_past_and_forgive_repeats_and_gaps():
    t = line(51.2, 24.5, -50.0, 20.0, n=8)
    # The third row is sent twice; a gap of ten minutes cuts the past off.
    for k in ("lat_deg", "lon_deg"):
        t[k][3] = t[k][2]
    t["t_s"][5:] += 600.0
    m = motion_of(rows(t))
    assert not m.known[0]
    assert m.known[1:5].all()
    assert m.stale_s[3] == 10.0
    assert not m.known[5]
    assert m.v_east_mps[7] == pytest.approx(-50.0, rel=0.01)
    assert m.v_north_mps[7] == pytest.approx(20.0, rel=0.01)


def test_a_coordinated_turn_in_progress_is_seen():
    s = np.arange(10) * 5.0
    course = np.radians(90.0 + 2.0 * s)
    t = as_tracks(
        {
            "t_s": T0 + s, "track_id": np.ones(10, dtype=int),
            "lat_deg": np.full(10, 50.0) + 1e-3 * s, "lon_deg": 25.0 + 1e-3 * s,
            "speed_mps": np.full(10, 200.0), "track_deg": np.degrees(course),
        }
    )  # fmt: skip
    m = motion_of(t)
    assert math.degrees(m.turn_rate_rps[-1]) == pytest.approx(2.0, rel=0.01)


def test_a_track_across_the_antimeridian_keeps_its_speed():
    lon = np.array([179.98, 179.99, -180.0, -179.99, -179.98])
    t = as_tracks(
        {
            "t_s": T0 + 10.0 * np.arange(5), "track_id": np.ones(5, dtype=int),
            "lat_deg": np.full(5, 65.0), "lon_deg": lon,
        }
    )  # fmt: skip
    m = motion_of(t)
    assert m.v_east_mps[-1] == pytest.approx(47.1, rel=0.01)
    assert (forecast(t, ["FI"], parameters=FEW).p_enter == 0.0).all()


def test_complete_fills_what_is_absent_and_keeps_what_is_told():
    t = complete(raid())
    assert np.isfinite(t.v_east_mps[t.t_s > T0]).all()
    assert (t.p_exist == 1.0).all()
    assert np.allclose(t.p_class.sum(axis=1), 1.0)
    again = complete(t)
    assert np.array_equal(t.v_east_mps, again.v_east_mps, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(
    st.floats(46.0, 56.0), st.floats(14.0, 30.0), st.floats(-250, 250),
    st.floats(-250, 250),
)  # fmt: skip
def test_any_place_and_velocity_gives_a_probability(lat, lon, ve, vn):
    t = Tracks.build(
        1, t_s=T0, track_id=5, lat_deg=lat, lon_deg=lon, v_east_mps=ve, v_north_mps=vn
    )
    b = forecast(t, ["PL"], (60.0, 900.0), parameters=FEW)
    assert ((b.p_enter >= 0.0) & (b.p_enter <= 1.0)).all()
    assert len(b) in (0, 2)


def test_the_default_is_the_best_that_verification_knows_of_a_guard():
    assert (best_for("PL"), best_for("RO")) == ("corrected", "turning")
    assert names_of("best", "PL") == ("corrected",)
    assert names_of("all", "RO") == tuple(MODELS)
    t = raid()
    told = forecast_by(t, ["PL", "RO"], (600.0,), parameters=FEW)
    models = {
        str(g): set(told.model[told.guard == g].tolist()) for g in np.unique(told.guard)
    }
    version = FEW.version
    assert models == {"PL": {f"corrected/{version}"}, "RO": {f"turning/{version}"}}


# -- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"guards": ["XX"]}, "No border for guard"),
        ({"guards": []}, "No guard is named"),
        ({"guards": ["PL", "PL"]}, "named twice"),
        ({"horizons_s": (0.0, 60.0)}, "must be positive"),
        ({"horizons_s": ()}, "must be positive"),
        ({"model": "turnin"}, "did you mean 'turning'"),
        ({"base_rate": 1.5}, "between 0 and 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_in_one_line(change, words):
    call = {"guards": ["PL"], "horizons_s": (60.0,), **change}
    with pytest.raises(InputError) as error:
        forecast(raid(), call.pop("guards"), call.pop("horizons_s"), **call)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("lat_deg", math.nan, "hold no number"),
        ("lat_deg", 95.0, "outside -90 to 90"),
        ("lon_deg", -500.0, "outside -180 to 360"),
        ("t_s", math.inf, "hold no number"),
    ],
)
def test_rows_that_hold_no_place_or_time_are_named(name, value, words):
    tracks = raid()
    column = getattr(tracks, name).copy()
    column[7] = value
    with pytest.raises(InputError, match=words) as error:
        forecast(dataclasses.replace(tracks, **{name: column}), ["PL"])
    assert error.value.rows == (7,)


def test_unknown_classes_and_negative_rates_are_refused():
    with pytest.raises(InputError, match="did you mean 'drone'"):
        Parameters(motions={"drones": ClassMotion()})
    with pytest.raises(InputError, match="must not be negative"):
        ClassMotion(end_in_per_s=-1.0)
    for wrong in ({"stay_share": 1.5}, {"stay_m": 0.0}):
        with pytest.raises(InputError, match="give a share of 1 and metres"):
            Parameters(**wrong)
