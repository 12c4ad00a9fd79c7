"""Options: by hand, and the laws that no option may break."""

import json
from dataclasses import replace

import numpy as np
import pytest
from engagement_cases import (
    EARTH_M,
    GROUNDS,
    NOW,
    PL,
    UNIT,
    ask,
    belief,
    crowded,
    feasible,
    land,
    track,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.engagement.effectors import Band, Link
from forefield.engagement.options import countries_of, options
from forefield.engagement.path import ahead, distance_m
from forefield.forecasting.beliefs import Beliefs
from forefield.tracking.tracks import CLASSES, Tracks


def test_the_earliest_place_and_the_latest_decision_by_hand():
    o = ask()
    over_ua, over_pl = (
        o.take((o.over == iso) & (o.action == "intercept")) for iso in ("UA", "PL")
    )
    # It is in reach after (100 - 40) km at 200 m/s: 300 s. The round would have come
    # there at 20 + 10 + 40 = 70 s already.
    assert over_ua.t_intercept_s[0] - NOW == pytest.approx(300.0, abs=0.1)
    assert distance_m(over_ua.lat_deg, over_ua.lon_deg, 50.0, 25.0)[0] == pytest.approx(
        40_000.0, abs=20.0
    )
    # Over Ukraine until it is overhead at 500 s: decide by 500 - 0 - 30; over Poland
    # until it leaves reach at 700 s: 700 - 40 - 30.
    assert over_ua.t_latest_intercept_s[0] - NOW == pytest.approx(500.0, abs=0.5)
    assert over_ua.latest_decision_s[0] - NOW == pytest.approx(470.0, abs=0.5)
    assert over_pl.t_intercept_s[0] - NOW == pytest.approx(500.0, abs=0.5)
    assert over_pl.latest_decision_s[0] - NOW == pytest.approx(630.0, abs=0.1)
    assert over_ua.p_success[0] == pytest.approx(0.7)
    assert (o.fires_from[o.action == "intercept"] == "PL").all()
    assert (over_ua.feasible_share[0], over_ua.barred_by[0]) == (1.0, "")


def test_time_to_get_there_counts_beside_reach():
    # Already in reach, 20 km off and coming: 20 km - 200 t = 1000 (t - 30), t = 41.7 s.
    o = ask(track(50.0 + np.degrees(20_000.0 / EARTH_M)))
    first = o.t_intercept_s[o.action == "intercept"].min() - NOW
    assert first == pytest.approx(50_000.0 / 1200.0, abs=0.1)


def test_shoot_look_shoot_where_time_allows():
    # Reach is met at 300 s, flight 40 s. Each next round meets it after the look of
    # 10 s and its own way: many fit before 500 s over Ukraine, the magazine allows 3.
    three = ask(effectors=[replace(UNIT, magazine=3)])
    over_ua = three.take((three.over == "UA") & (three.action == "intercept"))
    assert over_ua.shots[0] == 3
    # Seen late and close, there is time for one.
    late = ask(track(50.0 + np.degrees(2_500.0 / EARTH_M), south_mps=250.0),
               [replace(UNIT, magazine=3, reaction_s=Band(0.0, 0.0))], margin_s=7.0)  # fmt: skip
    assert late.take((late.over == "UA") & (late.action == "intercept")).shots[0] == 1
    one = ask().p_success[1]
    assert one < three.p_success[1] < 1.0 - (1.0 - one) ** 3


def test_the_links_of_the_chain_add_up_to_the_latest_decision():
    chain = (
        Link("order", Band(5.0, 20.0), "x"), Link("relay", Band(4.0, 9.0), "x"),
    )  # fmt: skip
    o = ask(margin_s=None, links=chain, extra_delay_s=3.0)
    row = feasible(o)
    for k in range(len(row)):
        parts = json.loads(row.links[k])
        names = [p[0] for p in parts]
        assert names == ["order", "relay", "further delay", "reaction", "way there"]
        after = sum(p[2] for p in parts)
        assert row.t_latest_intercept_s[k] - after == pytest.approx(
            row.latest_decision_s[k], abs=0.3
        )


def test_quick_reaction_needs_its_readiness_first():
    alert = replace(UNIT, readiness_s=Band(200.0, 200.0))
    soon, later = feasible(ask()), feasible(ask(effectors=[alert]))
    assert soon.t_intercept_s.min() - NOW == pytest.approx(300.0, abs=0.1)
    # 230 s of waiting and 40 s of way: still there in time, but the yes is due earlier.
    assert later.latest_decision_s[0] == pytest.approx(
        soon.latest_decision_s[0] - 200.0, abs=0.5
    )


def test_harm_is_told_for_each_country_and_never_summed():
    names = countries_of([PL])
    assert names[:2] == ("PL", "UA")
    assert "XS" not in names
    o = ask()
    assert len(o.harm_names) == 3 * len(names)
    for table in (o.harm, o.p_casualty, o.risk):
        assert table.shape == (len(o), 3 * len(names))
    assert not any(x.startswith(("all", "total", "sum")) for x in o.harm_names)


@pytest.mark.parametrize(
    ("effector", "tracks", "bar"),
    [
        (replace(UNIT, lat_deg=40.0), None, "out of reach"),
        (UNIT, track(alt_m=25_000.0), "outside its height band"),
        (replace(UNIT, reaction_s=Band(1100.0, 1100.0)), None, "too late"),
    ],
)
def test_what_cannot_be_is_listed_with_its_bar(effector, tracks, bar):
    o = ask(tracks, [effector])
    row = o.take(o.action == "intercept")
    assert row.barred_by.tolist() == [bar]
    assert np.isnan(row.t_intercept_s[0])
    assert np.isnan(row.latest_decision_s[0])
    assert np.isfinite(row.harm).all()
    assert (o.action == "nothing").sum() == 1


@pytest.mark.parametrize(
    ("effector", "bar"),
    [
        (replace(UNIT, magazine=0), "no rounds left"),
        (replace(UNIT, readiness="down"), "not ready"),
    ],
)
def test_what_is_barred_for_want_of_means_is_worked_out_all_the_same(effector, bar):
    able, o = ask(), ask(effectors=[effector])
    row = o.take(o.action == "intercept")
    assert set(row.barred_by) == {bar}
    assert np.array_equal(row.t_intercept_s, able.t_intercept_s[1:])
    assert np.array_equal(row.latest_decision_s, able.latest_decision_s[1:])


def picture(*, north_m=40_000.0, east_m=0.0, alt_m=3000.0, klass="civil", still=True):
    """The track, and another aircraft that hangs, or flies, near the meeting."""
    p = np.eye(len(CLASSES))[[CLASSES.index(klass)]]
    other = Tracks.build(
        1, t_s=NOW, track_id=9, lat_deg=50.0 + np.degrees(north_m / EARTH_M),
        lon_deg=25.0 + np.degrees(east_m / EARTH_M) / np.cos(np.radians(50.0)),
        alt_m=alt_m, v_east_mps=0.0, v_north_mps=0.0 if still else 100.0, v_up_mps=0.0,
        p_class=p,
    )  # fmt: skip
    return Tracks.concat([track(), other])


@pytest.mark.parametrize(
    ("more", "bar"),
    [
        ({"east_m": 5_000.0}, "traffic"),
        ({"east_m": 12_000.0}, ""),
        ({"east_m": 5_000.0, "klass": "drone"}, ""),
        # High above the place, but the round would pass beside it on its way.
        ({"alt_m": 11_000.0}, "traffic"),
        ({"east_m": 6_000.0, "alt_m": 11_000.0}, ""),
        # Halfway along the way there.
        ({"north_m": 20_000.0, "east_m": 1_000.0}, "traffic"),
        ({"north_m": 20_000.0, "east_m": 5_000.0}, ""),
        # 300 s at 100 m/s carries it off.
        ({"east_m": 5_000.0, "still": False, "north_m": 45_000.0}, ""),
    ],
)
def test_no_shot_into_civil_or_friendly_traffic(more, bar):
    o = ask(traffic=picture(**more))
    row = o.take((o.over == "UA") & (o.action == "intercept"))
    assert row.barred_by[0] == bar
    assert ("track 9" in row.conflict[0]) == (bar == "traffic")
    assert np.isfinite(row.t_intercept_s[0])


def test_reasons_not_to_fire_are_told_with_numbers():
    town = crowded(2_000.0)
    o = ask(on=town, leave=0.8, p=0.3, end=0.0)
    for r in json.loads(o.reasons[1]):
        assert set(r) == {"code", "says"}
        assert any(ch.isdigit() for ch in r["says"]) or r["code"] == "NOT_TOLD_APART"
    codes = {r["code"] for r in json.loads(o.reasons[1])}
    assert {"TOWN_BELOW", "LIKELY_LEAVES", "UNLIKELY_ENTRY"} <= codes
    assert o.reasons[0] == "[]"
    # With no chance of ending inside, whatever falls there is more than nothing.
    over_pl = o.take((o.over == "PL") & (o.action == "intercept"))
    assert "MORE_HARM" in over_pl.reasons[0]


def test_only_tracks_above_the_floor_or_inside_a_guard_are_taken():
    assert len(ask(p=0.001)) == 0
    assert len(ask(p=0.001).harm_names) > 0
    inside = track(52.2, 21.0)
    o = ask(inside, p=0.0)
    assert (o.action == "nothing").sum() == 1


def test_nothing_to_be_done_without_tracks_and_nothing_with_without_effectors():
    o = options(
        Tracks.empty(), Beliefs.empty(via=()), [UNIT], guards=[PL], now_s=NOW,
        ground=GROUNDS[land],
    )  # fmt: skip
    assert len(o) == 0
    assert ask(effectors=[]).action.tolist() == ["nothing"]


tracks_of_any_kind = st.builds(
    track,
    lat=st.floats(48.5, 51.5),
    lon=st.floats(23.0, 27.0),
    south_mps=st.floats(-250.0, 250.0),
    east_mps=st.floats(-250.0, 250.0),
    alt_m=st.one_of(st.floats(0.0, 12_000.0), st.just(np.nan)),
    klass=st.sampled_from(CLASSES),
)
speeds = st.sampled_from([60.0, 150.0, 400.0, 1000.0])
some = settings(max_examples=40, deadline=None)


@given(tracks_of_any_kind, st.floats(0.0, 600.0), st.floats(0.0, 600.0), speeds)
@some
def test_more_delay_never_gives_more_feasible_options(tracks, delay_s, more_s, mps):
    unit = replace(UNIT, speed_mps=Band(mps, mps), magazine=4)
    soon = ask(tracks, [unit], extra_delay_s=delay_s)
    late = ask(tracks, [unit], extra_delay_s=delay_s + more_s)
    assert set(feasible(late).over) <= set(feasible(soon).over)
    if len(feasible(late)):
        assert feasible(late).t_intercept_s.min() >= feasible(soon).t_intercept_s.min()
        assert feasible(late).feasible_share[0] <= feasible(soon).feasible_share[0]
        before = dict(
            zip(feasible(soon).over, feasible(soon).latest_decision_s, strict=True)
        )
        for iso, s in zip(
            feasible(late).over, feasible(late).latest_decision_s, strict=True
        ):
            assert s <= before[iso] + 1e-3


@given(tracks_of_any_kind, st.floats(1e3, 2e5), st.floats(0.05, 1.0), speeds)
@some
def test_a_smaller_reach_never_gives_an_earlier_intercept(tracks, reach_m, share, mps):
    unit = replace(UNIT, speed_mps=Band(mps, mps))
    wide = ask(tracks, [replace(unit, reach_m=Band(reach_m, reach_m))])
    small = reach_m * share
    narrow = ask(tracks, [replace(unit, reach_m=Band(small, small))])
    if len(feasible(narrow)):
        first = feasible(wide).t_intercept_s.min()
        assert feasible(narrow).t_intercept_s.min() >= first - 1e-6


@given(tracks_of_any_kind, st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
@settings(max_examples=15, deadline=None)
def test_harm_grows_with_the_people_below(tracks, few, more):
    low, high = ask(tracks, on=crowded(few)), ask(tracks, on=crowded(few + more))
    assert low.option_id.tolist() == high.option_id.tolist()
    for a, b in ((low.harm, high.harm), (low.p_casualty, high.p_casualty)):
        assert (b >= a * (1 - 1e-9) - 1e-12).all()
    three = low.harm.reshape(len(low), -1, 3)
    assert (np.diff(three, axis=2) >= -1e-12).all()
    assert ((low.p_casualty >= 0.0) & (low.p_casualty <= 1.0)).all()


@given(tracks_of_any_kind)
@some
def test_doing_nothing_is_always_listed_first_and_ids_are_unique(tracks):
    o = ask(tracks, [UNIT, replace(UNIT, id="other", lat_deg=51.0)])
    assert o.action[0] == "nothing"
    assert (o.action == "nothing").sum() == 1
    assert len(set(o.option_id)) == len(o)
    assert {"unit", "other"} <= set(o.effector)
    ok = feasible(o)
    assert (ok.latest_decision_s >= NOW).all()
    assert (ok.t_intercept_s >= ok.t_s).all()
    assert (ok.t_latest_intercept_s >= ok.t_intercept_s).all()


def test_a_country_crossed_twice_has_one_row_with_the_latest_decision_of_both():
    # Stripes: Ukraine, Poland, Ukraine from north to south.
    def stripes(lat, lon):
        lat = np.asarray(lat)
        return np.where((lat > 49.9) & (lat < 50.1), "PL", "UA")

    from engagement_cases import ground

    o = ask(on=ground(100.0, stripes))
    row = o.take(o.action == "intercept")
    assert row.over.tolist() == ["UA", "PL"]
    assert row.t_latest_intercept_s[0] - NOW == pytest.approx(700.0, abs=0.1)


def test_a_straight_line_is_a_great_circle():
    lat, lon = ahead(50.0, 24.0, np.radians(90.0), 100_000.0)
    assert distance_m(lat, lon, 50.0, 24.0) == pytest.approx(100_000.0, abs=1.0)
    assert lon > 24.0


def test_harm_in_the_guard_follows_the_belief_that_it_ends_there():
    harms = []
    for end in (0.0, 0.04, 0.2, 0.9):
        o = ask(end=end)
        at = {name: k for k, name in enumerate(o.harm_names)}
        harms.append([o.harm[0, at[f"pl_{q}"]] for q in ("p05", "p50", "p95")])
    harms = np.array(harms)
    assert (harms[0] == 0.0).all()
    # Letting it fly is the charge where it ends: in proportion to the chance of that.
    assert harms[2] == pytest.approx(5.0 * harms[1], rel=0.01)
    assert harms[3] == pytest.approx(4.5 * harms[2], rel=0.01)


def test_options_are_the_same_bytes_twice():
    a, b = ask(traffic=picture(east_m=5000.0)), ask(traffic=picture(east_m=5000.0))
    assert a.to_arrow().equals(b.to_arrow())


def test_a_belief_of_another_track_says_nothing_of_this_one():
    assert len(options(
        track(), belief(0.9, track_id=8), [UNIT], guards=[PL], now_s=NOW,
        ground=GROUNDS[land],
    )) == 0  # fmt: skip
