"""What flies: classes, documented incidents, raids and their families."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forefield.chance import Stream
from forefield.drivers.truth import passages
from forefield.errors import InputError
from forefield.threats import classes, families, incidents, raids
from forefield.threats.flights import ENDS, Flights
from forefield.threats.fly import fly
from forefield.tracking.tracks import CLASSES
from forefield.world.borders import guard
from forefield.world.facts import table

M_PER_DEG = 111_200.0


def speeds(f: Flights) -> np.ndarray:
    """Speed between the rows of one flight [m/s]."""
    dy = np.diff(f.lat_deg) * M_PER_DEG
    dx = np.diff(f.lon_deg) * M_PER_DEG * np.cos(np.radians(f.lat_deg[1:]))
    return np.hypot(dx, dy) / np.diff(f.t_s)


def rows_of(f: Flights, name: str) -> Flights:
    return f.take(f.flight_id == name)


# -- classes -----------------------------------------------------------------------


def test_every_class_has_a_column_and_an_interval_with_its_basis() -> None:
    shipped = table("object_classes")["class"]
    for name in shipped:
        assert classes.track_class(name) in CLASSES
    one = classes.get("shahed136_geran2")
    assert (one.speed_mps.low, one.speed_mps.high) == (37.0, 56.0)
    assert "reported" in one.speed_mps.basis
    assert classes.top_speed_mps("cruise") >= 280.0
    with pytest.raises(InputError, match="shahed136_geran2"):
        classes.get("shahed136_geran")


# -- incidents ---------------------------------------------------------------------


def test_every_incident_can_be_flown_or_says_why_not() -> None:
    flown = set(incidents.names())
    for name in incidents.all_ids():
        assert (name in flown) != bool(incidents.why_not(name))
    with pytest.raises(InputError, match="pl-2024-03-24-oserdow"):
        incidents.plan("pl-2024-03-24-oserdov")


@pytest.mark.parametrize("name", incidents.names())
def test_a_replayed_incident_is_a_possible_flight(name: str) -> None:
    plan = incidents.plan(name)
    flown = fly(plan, Stream(3, "night"))
    assert flown.assumptions
    assert all(a.because for a in flown.assumptions)
    f = flown.flights
    assert set(f.end) <= set(ENDS)
    for flight in np.unique(f.flight_id):
        mine = rows_of(f, flight)
        assert (np.diff(mine.t_s) > 0).all()
        top = classes.top_speed_mps(classes.track_class(str(mine.klass[0])))
        assert np.quantile(speeds(mine), 0.99) <= 1.1 * top, flight
        assert mine.t_s[0] >= plan.t0_s - 1.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_oserdow_keeps_every_reported_number(seed: int) -> None:
    flown = fly(incidents.plan("pl-2024-03-24-oserdow"), Stream(seed, "night"))
    border = guard("PL")
    (stay,) = passages(flown.flights, border)
    assert stay.t_exit_s - stay.t_enter_s == pytest.approx(39.0, abs=1.0)
    f = rows_of(flown.flights, stay.flight_id)
    inside = f.take((f.t_s >= stay.t_enter_s) & (f.t_s <= stay.t_exit_s))
    depth = border.distance_m(inside.lat_deg, inside.lon_deg).max()
    assert 900.0 <= depth <= 2_500.0
    assert 190.0 <= np.median(speeds(inside)) <= 250.0
    assert np.abs(inside.alt_m - 400.0).max() <= 150.0
    away = np.hypot(
        (stay.lat_deg - 50.4) * M_PER_DEG, (stay.lon_deg - 23.96) * 70_900.0
    )
    assert away <= 6_000.0


@pytest.mark.parametrize("seed", [1, 2])
def test_lubelskie_keeps_its_time_and_its_length(seed: int) -> None:
    flown = fly(incidents.plan("pl-2023-12-29-lubelskie"), Stream(seed, "night"))
    (stay,) = passages(flown.flights, guard("PL"))
    assert stay.t_exit_s - stay.t_enter_s == pytest.approx(175.0, abs=2.0)
    f = rows_of(flown.flights, stay.flight_id)
    inside = f.take((f.t_s >= stay.t_enter_s) & (f.t_s <= stay.t_exit_s))
    length = (speeds(inside) * np.diff(inside.t_s)).sum()
    assert 36_000.0 <= length <= 46_000.0
    assert guard("PL").distance_m(inside.lat_deg, inside.lon_deg).max() <= 20_500.0


def test_the_august_object_never_flew_and_three_radars_may_see_it() -> None:
    flown = fly(incidents.plan("pl-2024-08-26-tyszowce"), Stream(1, "night"))
    assert passages(flown.flights, guard("PL")) == []
    assert flown.phantoms is not None
    assert len(flown.phantoms)
    inside = guard("PL").inside(flown.phantoms.lat_deg, flown.phantoms.lon_deg)
    assert inside.any()


def test_another_seed_is_another_guess_and_the_same_seed_the_same() -> None:
    plan = incidents.plan("ro-2026-05-29-galati-block")
    one, same, other = (fly(plan, Stream(s, "night")).flights for s in (1, 1, 2))
    np.testing.assert_array_equal(one.lat_deg, same.lat_deg)
    assert not np.array_equal(one.lat_deg[-50:-10], other.lat_deg[-50:-10])


# -- raids -------------------------------------------------------------------------


def raid(seed: int = 5, **given):
    given = {
        "counts": {"shahed136_geran2": 12, "kh101_kh555": 6},
        "minutes": 30.0,
    } | given
    return fly(raids.plan(guard="PL", **given), Stream(seed, "night"))


def test_raid_sizes_are_the_sourced_quantiles() -> None:
    latest = next(
        s for name, s in raids.raid_sizes().items() if name.startswith("2026H1")
    )
    assert (latest.median, latest.p90, latest.most) == (139, 375, 948)


def test_all_ends_are_known_and_heights_stay_above_the_sea() -> None:
    f = raid().flights
    assert set(f.end) <= set(ENDS)
    assert (f.alt_m > -50.0).all()
    assert (np.diff(f.t_s)[f.flight_id[1:] == f.flight_id[:-1]] > 0).all()


def test_adding_an_object_disturbs_no_other() -> None:
    few = raid(counts={"shahed136_geran2": 8}).flights
    more = raid(counts={"shahed136_geran2": 9}).flights
    both = np.intersect1d(few.flight_id, more.flight_id)
    assert len(both) >= 6
    for name in both:
        np.testing.assert_array_equal(
            rows_of(few, name).lat_deg, rows_of(more, name).lat_deg
        )


def test_ukraines_defence_downs_some_and_can_be_switched_off() -> None:
    def ends(defence: bool) -> list[str]:
        f = raid(counts={"shahed136_geran2": 80}, minutes=90.0, defence=defence).flights
        first = np.append(True, f.flight_id[1:] != f.flight_id[:-1])
        return f.end[first].tolist()

    assert ends(True).count("downed") > 0
    assert ends(False).count("downed") == 0


@pytest.mark.parametrize("name", list(families.FAMILIES))
def test_every_family_flies(name: str) -> None:
    assert families.family(name).role in families.ROLES
    klass = {"ballistic_arc": "iskander_m", "decoy": "gerbera"}.get(
        name, "shahed136_geran2"
    )
    f = raid(counts={klass: 6}, behaviours={name: 1.0}).flights
    assert len(f)
    # A stray interceptor has been fired at something else that flies.
    others = {"dog_legs"} if name == "stray_interceptor" else set()
    assert {name} <= set(f.family) <= {name} | others


def test_families_of_one_role_stay_apart() -> None:
    report = {n for n, f in families.FAMILIES.items() if f.role == "report"}
    assert report
    f = raid(roles=("fit",)).flights
    assert not set(f.family) & report


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_any_raid_is_sorted_finite_and_inside_its_window(seed: int, n: int) -> None:
    plan = raids.plan(guard="PL", counts={"gerbera": n}, minutes=20.0)
    f = fly(plan, Stream(seed, "night")).flights
    assert np.isfinite(f.lat_deg).all()
    assert list(f.flight_id) == sorted(f.flight_id)
    assert (f.t_s >= plan.t0_s - 1.0).all()
    assert (f.t_s <= plan.t1_s + 1.0).all()


def test_nothing_here_ranks_or_searches_attacks() -> None:
    from forefield.threats import fly as flying
    from forefield.threats import sorties, theatre

    for module in (families, raids, flying, sorties, theatre, incidents):
        source = inspect.getsource(module)
        for word in ("minimize", "argmax(", "best_route", "optimise", "optimize"):
            assert word not in source, (module.__name__, word)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"counts": {"shahed": 3}}, "shahed136_geran2"),
        ({"behaviours": {"dog_leg": 1.0}}, "dog_legs"),
        ({"minutes": 0.0}, "minutes"),
        ({"counts": {"gerbera": -1}}, "counts"),
        ({"counts": None, "half_year": "2031H1"}, "2031H1"),
    ],
)
def test_a_wrong_raid_gets_one_line(given: dict, says: str) -> None:
    with pytest.raises(InputError) as caught:
        raid(**given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
