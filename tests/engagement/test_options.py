"""Options: by hand, and the laws that no option may break."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.engagement.effectors import Band, Effector, default, named
from forefield.engagement.harm import area_levels, disc, weighted
from forefield.engagement.options import ahead, countries_of, distance_m, options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard
from forefield.world.facts import table

NOW = 1_711_250_000.0
PL = guard("PL")

UNIT = Effector(
    id="unit", kind="ground_unit", owner="PL", lat_deg=50.0, lon_deg=25.0,
    reach_m=Band(40_000.0, 40_000.0), height_m=Band(50.0, 20_000.0),
    speed_mps=Band(1000.0, 1000.0), reaction_s=Band(20.0, 20.0),
    p_hit=(("cruise", Band(0.5, 0.9)), ("other", Band(0.2, 0.4))), magazine=4,
    fires_from="PL",
)  # fmt: skip


def people(per_km2):
    return lambda lat, lon: np.full(np.shape(lat), float(per_km2))


def land(lat, lon):
    """Ukraine north of 50.0, Poland south of it: countries that are easy to draw."""
    return np.where(np.asarray(lat) > 50.0, "UA", "PL")


def track(
    lat=None, lon=25.0, *, south_mps=200.0, alt_m=3000.0, klass="cruise", east_mps=0.0
):
    # 100 km north of the unit, flying south over it.
    lat = 50.0 + np.degrees(100_000.0 / 6_371_000.0) if lat is None else lat
    p = np.zeros((1, len(CLASSES)))
    p[0, CLASSES.index(klass)] = 1.0
    return Tracks.build(
        1, t_s=NOW, track_id=7, lat_deg=lat, lon_deg=lon, alt_m=alt_m,
        v_east_mps=east_mps, v_north_mps=-south_mps, v_up_mps=0.0, p_class=p,
    )  # fmt: skip


def belief(p=0.5, track_id=7, end=0.1):
    return Beliefs.build(
        1, t_s=NOW, track_id=track_id, guard="PL", horizon_s=900.0, p_enter=p,
        p_via=np.zeros((1, 0)), p_end_inside=end, age_s=0.0, model="test",
    )  # fmt: skip


def ask(
    tracks=None, effectors=(UNIT,), *, p=0.5, density=100.0, where=land, end=0.1, **more
):
    return options(
        track() if tracks is None else tracks, belief(p, end=end), effectors,
        guards=[PL], now_s=NOW, density=people(density), country_of=where,
        **{"margin_s": 10.0, **more},
    )  # fmt: skip


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
    # Over Ukraine until it is overhead at 500 s: decide by 500 - 0 - 30, but for the
    # step of the grid; over Poland until it leaves reach at 700 s: 700 - 40 - 30.
    assert over_ua.latest_decision_s[0] - NOW == pytest.approx(470.0, abs=6.0)
    assert over_pl.t_intercept_s[0] - NOW == pytest.approx(500.0, abs=6.0)
    assert over_pl.latest_decision_s[0] - NOW == pytest.approx(630.0, abs=6.0)
    assert over_ua.p_success[0] == pytest.approx(0.7)
    assert (o.fires_from[o.action == "intercept"] == "PL").all()
    assert (over_ua.feasible_share[0], over_ua.barred_by[0]) == (1.0, "")


def test_time_to_get_there_counts_beside_reach():
    # Already in reach, 20 km off and coming: 20 km - 200 t = 1000 (t - 30), t = 41.7 s.
    near = track(50.0 + np.degrees(20_000.0 / 6_371_000.0))
    o = ask(near)
    first = o.t_intercept_s[o.action == "intercept"].min() - NOW
    assert first == pytest.approx(50_000.0 / 1200.0, abs=0.1)


def test_the_harm_of_a_uniform_country_by_hand():
    o = ask(where=lambda lat, lon: np.full(np.shape(lat), "PL"), density=250.0)
    areas = table("effectors")["casualty_area_m2"]
    per_m2 = 250.0 / 1e6
    at = {name: k for k, name in enumerate(o.harm_names)}
    nothing = o.harm[o.action == "nothing"][0]
    for q, level in (("p05", 0), ("p50", 2), ("p95", 4)):
        parts = {
            k: area_levels(*areas[k])[level] * per_m2 for k in areas if "_" not in k
        }
        assert nothing[at[f"pl_{q}"]] == pytest.approx(parts["cruise"])
        want = parts["interceptor"] + 0.7 * parts["debris"] + 0.3 * parts["cruise"]
        got = o.harm[o.action == "intercept"][0][at[f"pl_{q}"]]
        assert got == pytest.approx(want)
        assert nothing[at[f"ua_{q}"]] == 0.0


def test_harm_is_told_for_each_country_and_never_summed():
    names = countries_of([PL])
    assert names[:2] == ("PL", "UA")
    assert "XS" not in names
    o = ask()
    assert len(o.harm_names) == 3 * len(names)
    assert not any(x.startswith(("all", "total", "sum")) for x in o.harm_names)


@pytest.mark.parametrize(
    ("effector", "tracks", "bar"),
    [
        (replace(UNIT, magazine=0), None, "no rounds left"),
        (replace(UNIT, readiness="down"), None, "not ready"),
        (replace(UNIT, lat_deg=40.0), None, "out of reach"),
        (UNIT, track(alt_m=25_000.0), "outside its height band"),
        (replace(UNIT, reaction_s=Band(1100.0, 1100.0)), None, "too late"),
    ],
)
def test_what_is_barred_is_listed_with_its_bar(effector, tracks, bar):
    o = ask(tracks, [effector])
    row = o.take(o.action == "intercept")
    assert row.barred_by.tolist() == [bar]
    assert np.isnan(row.t_intercept_s[0])
    assert np.isnan(row.latest_decision_s[0])
    assert (o.action == "nothing").sum() == 1


def test_only_tracks_above_the_floor_or_inside_a_guard_are_taken():
    assert len(ask(p=0.001)) == 0
    assert len(ask(p=0.001).harm_names) > 0
    inside = track(52.2, 21.0)
    o = ask(inside, p=0.0)
    assert (o.action == "nothing").sum() == 1


def test_nothing_to_be_done_without_tracks():
    o = options(
        Tracks.empty(), Beliefs.empty(via=()), [UNIT], guards=[PL], now_s=NOW,
        density=people(1.0), country_of=land,
    )  # fmt: skip
    assert len(o) == 0


tracks_of_any_kind = st.builds(
    track,
    lat=st.floats(48.5, 51.5),
    lon=st.floats(23.0, 27.0),
    south_mps=st.floats(-250.0, 250.0),
    east_mps=st.floats(-250.0, 250.0),
    alt_m=st.one_of(st.floats(0.0, 12_000.0), st.just(np.nan)),
    klass=st.sampled_from(CLASSES),
)
some = settings(max_examples=40, deadline=None)


def feasible(o):
    return o.take((o.action == "intercept") & (o.barred_by == ""))


@given(tracks_of_any_kind, st.floats(0.0, 600.0), st.floats(0.0, 600.0))
@some
def test_more_delay_never_gives_more_feasible_options(tracks, delay_s, more_s):
    soon = ask(tracks, extra_delay_s=delay_s)
    late = ask(tracks, extra_delay_s=delay_s + more_s)
    assert set(feasible(late).over) <= set(feasible(soon).over)
    if len(feasible(late)):
        assert feasible(late).t_intercept_s.min() >= feasible(soon).t_intercept_s.min()
        assert feasible(late).feasible_share[0] <= feasible(soon).feasible_share[0]


@given(tracks_of_any_kind, st.floats(1e3, 2e5), st.floats(0.05, 1.0))
@some
def test_a_smaller_reach_never_gives_an_earlier_intercept(tracks, reach_m, share):
    wide = ask(tracks, [replace(UNIT, reach_m=Band(reach_m, reach_m))])
    small = reach_m * share
    narrow = ask(tracks, [replace(UNIT, reach_m=Band(small, small))])
    if len(feasible(narrow)):
        first = feasible(wide).t_intercept_s.min()
        assert feasible(narrow).t_intercept_s.min() >= first - 1e-6


@given(tracks_of_any_kind, st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
@some
def test_harm_grows_with_the_people_below(tracks, few, more):
    low, high = ask(tracks, density=few), ask(tracks, density=few + more)
    assert low.option_id.tolist() == high.option_id.tolist()
    assert (high.harm >= low.harm - 1e-12).all()
    three = low.harm.reshape(len(low), -1, 3)
    assert (np.diff(three, axis=2) >= -1e-12).all()


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


def test_a_straight_line_is_a_great_circle():
    lat, lon = ahead(50.0, 24.0, np.radians(90.0), 100_000.0)
    assert distance_m(lat, lon, 50.0, 24.0) == pytest.approx(100_000.0, abs=1.0)
    assert lon > 24.0


def test_the_spread_of_pieces_has_the_stated_sigma():
    lat, lon = disc([50.0], [24.0], [2000.0])
    north = (lat[0] - 50.0) * 111_195.0
    east = (lon[0] - 24.0) * 111_195.0 * np.cos(np.radians(50.0))
    assert lat.shape == (1, 19)
    for side in (north, east):
        assert side.mean() == pytest.approx(0.0, abs=1.0)
        assert side.std() == pytest.approx(2000.0, rel=0.03)


def test_every_shipped_figure_has_its_basis():
    data = table("effectors")
    for kind in data["kind"].values():
        for name in ("reach_m", "height_m", "speed_mps", "reaction_s", "magazine"):
            stem = name.rsplit("_", 1)[0] if name != "magazine" else name
            assert kind[f"{stem}_basis"]
        assert kind["p_hit"]["basis"]
        assert kind["sources"]
    low, high = data["kind"]["ground_unit"]["reach_m"]
    assert high / low == 8.0  # published ranges disagree up to eightfold
    for e in (*default("PL"), *default("RO")):
        assert "illustrative" in e.note
        assert "no real" in e.note
        here = guard(e.fires_from).inside(np.array([e.lat_deg]), np.array([e.lon_deg]))
        assert here[0]


def test_effectors_go_by_name():
    assert [e.id for e in named(["ro-ground-1"])] == ["ro-ground-1"]
    assert default("LT") == ()
    with pytest.raises(InputError, match="'pl-ground-1'"):
        named(["pl-ground-2"])
    with pytest.raises(InputError, match="interval"):
        Band(3.0, 2.0)


def test_weighted_quantiles_equal_numpys_where_weights_are_even():
    rng = np.random.default_rng(3)
    values = rng.lognormal(size=(4, 57))
    want = np.quantile(values, (0.05, 0.5, 0.95), axis=1, method="inverted_cdf").T
    assert np.array_equal(
        weighted(values, np.ones_like(values), (0.05, 0.5, 0.95)), want
    )
    # A weight of three is the value three times.
    heavy = rng.integers(1, 4, size=values.shape)
    repeated = [np.repeat(v, h) for v, h in zip(values, heavy, strict=True)]
    for row, many in enumerate(repeated):
        got = weighted(values[row], heavy[row].astype(float), (0.05, 0.5, 0.95))
        assert np.array_equal(
            got, np.quantile(many, (0.05, 0.5, 0.95), method="inverted_cdf")
        )


def test_harm_in_the_guard_follows_the_belief_that_it_ends_there():
    harms = []
    for end in (0.0, 0.04, 0.2, 0.9):
        o = ask(end=end)
        at = {name: k for k, name in enumerate(o.harm_names)}
        harms.append([o.harm[0, at[f"pl_{q}"]] for q in ("p05", "p50", "p95")])
    harms = np.array(harms)
    assert (np.diff(harms, axis=0) >= 0.0).all()
    assert (harms[:2, 2] == 0.0).all()  # below one in twenty
    assert harms[2, 2] > 0.0
    assert harms[2, 1] == 0.0
    assert harms[3, 1] > 0.0
