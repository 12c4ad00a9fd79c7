"""Each documented incident keeps the numbers of its report, whatever the seed."""

from __future__ import annotations

import numpy as np
import pytest

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.threats import incidents
from forefield.threats.flights import Flights, Flown
from forefield.threats.fly import fly
from forefield.threats.paths import bearing, inside_runs
from forefield.threats.phantoms import drifting
from forefield.world.borders import guard

one_second = 1.0
half_a_minute = 30.0  # a time known to the minute

SEEDS = (0, 7)


def flown(name: str, seed: int) -> Flown:
    return fly(incidents.plan(name), Stream(seed, "night"))


def flight(f: Flown, name: str) -> Flights:
    return f.flights.take(f.flights.flight_id == name)


def stays(f: Flights, iso: str) -> list[tuple[float, float, str]]:
    """From, to [s] and the neighbour a flight came in from."""
    border = guard(iso)
    return [
        (a, b, border.neighbours[via])
        for a, b, via in inside_runs(border, f.t_s, f.lat_deg, f.lon_deg)
    ]


def at(f: Flights, t_s: float) -> tuple[float, float, float]:
    return tuple(
        float(np.interp(t_s, f.t_s, v)) for v in (f.lat_deg, f.lon_deg, f.alt_m)
    )


def off_m(f: Flights, t_s: float, lat: float, lon: float) -> float:
    here = at(f, t_s)
    return bearing(lat, lon, here[0], here[1])[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_oserdow_comes_in_north_east_and_goes_out_in_the_published_disc(seed) -> None:
    name = "pl-2024-03-24-oserdow"
    f = flight(flown(name, seed), f"{name}:1")
    ((t_in, t_out, via),) = stays(f, "PL")
    assert via == "UA"
    assert abs(t_in - incidents.utc_s("2024-03-24T03:23:00Z")) < one_second
    assert abs(t_out - t_in - 39.0) < one_second
    lat, lon, alt = at(f, t_in)
    assert lat > 50.4186  # the village
    assert lon > 23.99
    assert alt == pytest.approx(400.0)
    assert off_m(f, t_in, 50.4, 23.96) <= 5000.0
    assert off_m(f, t_out, 50.375, 23.95) <= 5000.0
    mine = (f.t_s >= t_in) & (f.t_s <= t_out)
    depth = guard("PL").distance_m(f.lat_deg[mine], f.lon_deg[mine]).max()
    assert 1000.0 <= depth <= 2000.0
    assert t_in - f.t_s[0] >= 1500.0  # something to track before the border


@pytest.mark.parametrize("seed", SEEDS)
def test_lubelskie_is_40_km_long_and_not_40_km_deep(seed) -> None:
    name = "pl-2023-12-29-lubelskie"
    f = flight(flown(name, seed), f"{name}:1")
    ((t_in, t_out, via),) = stays(f, "PL")
    assert via == "UA"
    assert abs(t_in - incidents.utc_s("2023-12-29T06:12:00Z")) < one_second
    assert abs(t_out - t_in - 175.0) < one_second
    mine = (f.t_s >= t_in) & (f.t_s <= t_out)
    lat, lon = f.lat_deg[mine], f.lon_deg[mine]
    way = sum(
        bearing(lat[i], lon[i], lat[i + 1], lon[i + 1])[1] for i in range(len(lat) - 1)
    )
    assert way * 175.0 / (mine.sum() - 1) * 1.0 >= 222.0 * 174.0
    assert 38_000.0 <= way <= 42_000.0
    assert guard("PL").distance_m(lat, lon).max() <= 20_000.0
    assert off_m(f, t_in, 50.65, 24.07) <= 20_000.0


@pytest.mark.parametrize("seed", SEEDS)
def test_galati_takes_four_minutes_from_reni_to_the_roof(seed) -> None:
    name = "ro-2026-05-29-galati-block"
    f = flight(flown(name, seed), f"{name}:1")
    ((t_in, t_end, _),) = stays(f, "RO")
    assert abs(t_in - incidents.utc_s("2026-05-28T22:54:00Z")) < one_second
    assert abs(t_end - incidents.utc_s("2026-05-28T22:58:00Z")) < one_second
    assert off_m(f, t_in, 45.45, 28.25) <= 5000.0
    assert off_m(f, t_end, 45.42, 28.03) <= 3000.0
    assert at(f, t_in)[2] == pytest.approx(600.0)
    assert f.alt_m[-1] < 100.0
    assert f.end[-1] == "target"
    assert t_in - f.t_s[0] >= 1440.0  # enough flight before the border to be tracked


@pytest.mark.parametrize("seed", SEEDS)
def test_chilia_falls_on_the_ukrainian_side_within_sight_of_the_line(seed) -> None:
    name = "ro-2026-02-27-chilia-shotdown-ua-side"
    f = flight(flown(name, seed), f"{name}:1")
    assert stays(f, "RO") == []
    assert f.t_s[-1] == pytest.approx(incidents.utc_s("2026-02-27T07:13:00Z"))
    assert f.end[-1] == "downed"
    lat, lon = f.lat_deg[-1:], f.lon_deg[-1:]
    assert guard("UA").inside(lat, lon)[0]
    assert guard("RO").distance_m(lat, lon)[0] < 160.0
    assert off_m(f, f.t_s[-1], 45.42, 29.29) <= 2000.0


@pytest.mark.parametrize("seed", SEEDS)
def test_september_2025_enters_as_often_and_as_late_as_was_counted(seed) -> None:
    name = "pl-2025-09-10-mass-incursion"
    whole = flown(name, seed)
    mine = [i for i in np.unique(whole.flights.flight_id) if i.startswith(name)]
    assert 19 <= len(mine) <= 23
    first, last, from_ukraine, ends = np.inf, -np.inf, 0, []
    for i in mine:
        f = flight(whole, i)
        ((t_in, t_end, via),) = stays(f, "PL")
        first, last = min(first, t_in), max(last, t_in)
        from_ukraine += via == "UA"
        assert via in ("UA", "BY")
        assert t_end == pytest.approx(f.t_s[-1])
        ends.append((float(f.lat_deg[-1]), float(f.lon_deg[-1])))
    assert abs(first - incidents.utc_s("2025-09-09T21:30:00Z")) < one_second
    assert abs(last - incidents.utc_s("2025-09-10T04:30:00Z")) < one_second
    assert from_ukraine == 8
    for site in incidents.plan(name).facts["site"]:
        if site["name"] == "Wyryki-Wola":
            continue  # an interceptor fell there
        off = min(bearing(site["lat"], site["lon"], *e)[1] for e in ends)
        assert off <= 1000.0 * site["radius_km"] + 1.0, site["name"]
    downed = [i for i in mine if flight(whole, i).end[0] == "downed"]
    assert len(downed) == 3
    at_czesniki = flight(whole, f"{name}:02")
    assert at_czesniki.t_s[-1] == pytest.approx(
        incidents.utc_s("2025-09-10T01:20:00Z"), abs=one_second
    )


@pytest.mark.parametrize("seed", range(4))
def test_tyszowce_is_one_drift_over_the_border_at_the_reported_minute(seed) -> None:
    f = flown("pl-2024-08-26-tyszowce", seed)
    assert not any(i.startswith("pl-") for i in f.flights.flight_id)
    p = f.phantoms
    assert len(set(p.phantom_id)) == 1
    ((t_in, t_end, _),) = inside_runs(guard("PL"), p.t_s, p.lat_deg, p.lon_deg)
    assert abs(t_in - incidents.utc_s("2024-08-26T04:43:00Z")) <= 60.0
    assert t_end == pytest.approx(incidents.utc_s("2024-08-26T05:16:00Z"))
    said = {a.name: a.value for a in f.assumptions}
    assert said["final state"] == "never established"
    assert said["alternative: a drone that wandered"] == "not flown"
    assert said["alternative: a drone that left again"] == "not flown"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_delta_is_left_after_fifty_minutes(seed) -> None:
    name = "ro-2025-09-13-chilia"
    f = flight(flown(name, seed), f"{name}:1")
    ((t_in, t_out, via),) = stays(f, "RO")
    assert via == "UA"
    assert t_in == pytest.approx(incidents.utc_s("2025-09-13T15:23:00Z"), abs=1.0)
    assert abs(t_out - t_in - 3000.0) < 5.0  # rows lie 5 s apart in its turns


@pytest.mark.parametrize("seed", SEEDS)
def test_the_three_of_october_2022_fill_their_window(seed) -> None:
    name = "md-2022-10-10-three-kalibr"
    whole = flown(name, seed)
    times = [
        (t0, t1)
        for k in (1, 2, 3)
        for t0, t1, _ in stays(flight(whole, f"{name}:{k}"), "MD")
    ]
    first, last = min(t[0] for t in times), max(t[1] for t in times)
    assert first == pytest.approx(incidents.utc_s("2022-10-10T05:33:00Z"), abs=1.0)
    assert last == pytest.approx(incidents.utc_s("2022-10-10T06:02:00Z"), abs=1.0)


@pytest.mark.parametrize("name", incidents.names())
def test_the_rest_of_that_night_never_enters(name: str) -> None:
    plan = incidents.plan(name)
    f = flown(name, 5).flights
    for other in np.unique(f.flight_id):
        if other.startswith(name):
            continue
        rest = f.take(f.flight_id == other)
        for iso in plan.guards:
            assert stays(rest, iso) == [], (other, iso)


def test_the_same_seed_gives_the_same_bytes() -> None:
    for name in ("pl-2024-03-24-oserdow", "ro-2025-11-25-vaslui"):
        one, two = flown(name, 3), flown(name, 3)
        for field in ("t_s", "lat_deg", "lon_deg", "alt_m", "flight_id", "end"):
            a, b = getattr(one.flights, field), getattr(two.flights, field)
            assert a.tobytes() == b.tobytes()
        assert one.assumptions == two.assumptions


def test_a_phantom_keeps_its_ends_and_refuses_unknown_kinds() -> None:
    p = drifting(
        "phantom:a",
        "flock",
        Stream(1, "x"),
        t0_s=0.0,
        t1_s=605.0,
        from_deg=(50.4, 24.1),
        to_deg=(50.6, 23.7),
        bend_m=800.0,
    )
    assert (p.lat_deg[0], p.lon_deg[0]) == (50.4, 24.1)
    assert (p.lat_deg[-1], p.lon_deg[-1]) == pytest.approx((50.6, 23.7))
    assert ((p.p_detect > 0.0) & (p.p_detect < 1.0)).all()
    with pytest.raises(InputError, match="balloon"):
        drifting(
            "phantom:b",
            "baloon",
            Stream(1, "x"),
            t0_s=0.0,
            t1_s=1.0,
            from_deg=(50.0, 24.0),
            to_deg=(50.1, 24.0),
        )
    with pytest.raises(InputError, match="end after"):
        drifting(
            "phantom:c",
            "flock",
            Stream(1, "x"),
            t0_s=5.0,
            t1_s=5.0,
            from_deg=(50.0, 24.0),
            to_deg=(50.1, 24.0),
        )
