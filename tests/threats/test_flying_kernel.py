"""The stepping kernel against a geodesic library and its own slow twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from forefield.chance import Stream
from forefield.kernels.flying import COLUMNS, bearing_1, fly_objects, step_1
from forefield.threats import raids
from forefield.threats.fly import fly
from forefield.threats.paths import steer
from forefield.world.borders import guard

GEOD = Geod(ellps="WGS84")
one_millimetre = 1e-3
one_centimetre = 1e-2
AT = {name: i for i, name in enumerate(COLUMNS)}

latitudes = st.floats(43.0, 60.0)
longitudes = st.floats(15.0, 40.0)
courses = st.floats(0.0, 360.0)


@given(latitudes, longitudes, courses, st.floats(1.0, 500.0))
def test_a_step_is_the_geodesic_to_centimetres(lat, lon, course, way) -> None:
    a, o = step_1(lat, lon, course, way)
    # A straight step holds its course; a geodesic turns by less than 1e-4 over 500 m,
    # which puts its end off by half of that.
    o2, a2, _ = GEOD.fwd(lon, lat, course, way)
    _, _, gap = GEOD.inv(o, a, o2, a2)
    assert gap < 2.5 * one_centimetre


@given(latitudes, longitudes, courses, st.floats(100.0, 40_000.0))
def test_bearing_and_distance_agree_with_the_geodesic(lat, lon, course, way) -> None:
    o, a, _ = GEOD.fwd(lon, lat, course, way)
    there, back, length = GEOD.inv(lon, lat, o, a)
    got, far = bearing_1(lat, lon, a, o)
    assert far == pytest.approx(length, rel=3e-6, abs=one_millimetre)
    # The mid-latitude line has the geodesic's course half-way along.
    half = there + 0.5 * ((back + 180.0 - there + 180.0) % 360.0 - 180.0)
    assert abs((got - half + 180.0) % 360.0 - 180.0) < 0.01


def slow_twin(p: dict[str, float], ways: list[tuple[float, float, float]]) -> list:
    """An object that only steers, step by obvious step."""
    t, lat, lon, alt = p["t_start_s"], p["lat_deg"], p["lon_deg"], p["alt_m"]
    course, k, rows, before, step = p["course_deg"], 0, [], math.inf, 0
    radius = p["speed_mps"] / math.radians(p["turn_dps"])
    dt = p["dt_s"]
    while True:
        if step % round(p["row_s"] / dt) == 0:
            rows.append((t, lat, lon, alt))
        if t + 1e-9 >= p["t_stop_s"]:
            return rows
        want, left = bearing_1(lat, lon, ways[k][0], ways[k][1])
        last = k == len(ways) - 1
        reach = max(1.5 * p["speed_mps"] * dt, 1.1 * radius)
        if last:
            reach = p["speed_mps"] * dt
        passed = left > before and left < 2.5 * radius
        before = left
        arrived = left < reach or passed
        if not arrived:
            turn = (want - course + 180.0) % 360.0 - 180.0
            most = p["turn_dps"] * dt
            course += max(-most, min(most, turn))
        elif last:
            if left < reach:
                t += left / p["speed_mps"]
                lat, lon = ways[k][0], ways[k][1]
            rows.append((t, lat, lon, ways[k][2]))
            return rows
        else:
            k, before = k + 1, math.inf
            climb = p["climb_mps"] * dt
            alt += max(-climb, min(climb, ways[k][2] - alt))
            lat, lon = step_1(lat, lon, course, p["speed_mps"] * dt)
            t, step = t + dt, step + 1
            continue
        climb = p["climb_mps"] * dt
        alt += max(-climb, min(climb, ways[k][2] - alt))
        lat, lon = step_1(lat, lon, course, p["speed_mps"] * dt)
        t, step = t + dt, step + 1


def test_the_kernel_equals_its_slow_twin() -> None:
    rng = np.random.default_rng(4)
    for _ in range(6):
        p = dict.fromkeys(COLUMNS, 0.0) | {
            "t_start_s": 100.0,
            "lat_deg": 50.0 + rng.uniform(-1, 1),
            "lon_deg": 26.0 + rng.uniform(-1, 1),
            "alt_m": 500.0,
            "course_deg": rng.uniform(0, 360),
            "speed_mps": rng.uniform(30, 250),
            "turn_dps": rng.uniform(1, 5),
            "climb_mps": 5.0,
            "weave_period_s": 1.0,
            "hold_at": -1.0,
            "stray_at_s": math.inf,
            "endurance_s": math.inf,
            "t_stop_s": 2500.0,
            "row_s": 5.0,
            "dt_s": 2.5,
        }
        ways = [
            (50.0 + rng.uniform(-1, 1), 25.0 + rng.uniform(-1, 1), rng.uniform(90, 900))
            for _ in range(4)
        ]
        par = np.array([[p[name] for name in COLUMNS]])
        way = np.array([ways])
        out = np.empty((600, 5))
        ended = fly_objects(
            par,
            np.zeros(1, dtype=np.uint64),
            np.ascontiguousarray(way[:, :, 0]),
            np.ascontiguousarray(way[:, :, 1]),
            np.ascontiguousarray(way[:, :, 2]),
            np.array([4]),
            np.array([0]),
            out,
        )
        twin = np.array(slow_twin(p, ways))
        rows = out[: ended[0, 0], :4]
        assert len(rows) in (len(twin), len(twin) - 1)  # an equal last time is merged
        np.testing.assert_allclose(rows[:-1], twin[: len(rows) - 1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("stray_for_s", [0.0, 90.0])
def test_a_long_straight_stretch_is_its_short_steps(stray_for_s: float) -> None:
    dt, turn = 0.5, 1.5
    p = dict.fromkeys(COLUMNS, 0.0) | {
        "t_start_s": 7.0, "lat_deg": 52.3, "lon_deg": 25.1, "alt_m": 900.0,
        "course_deg": 281.0, "speed_mps": 220.0, "turn_dps": 3.0, "climb_mps": 5.0,
        "weave_period_s": 1.0, "hold_at": -1.0, "fly_on": 1.0, "stray_speed": 1.0,
        "stray_at_s": 600.3, "stray_turn_dps": turn, "stray_for_s": stray_for_s,
        "endurance_s": 1500.0, "t_stop_s": math.inf, "row_s": 60.0, "dt_s": dt,
    }  # fmt: skip
    rows = {}
    lat, lon, course, t = p["lat_deg"], p["lon_deg"], p["course_deg"], p["t_start_s"]
    for step in range(round(1500.0 / dt) + 1):
        age = step * dt
        if step % round(60.0 / dt) == 0 or age >= 1500.0:
            rows[t] = (t, lat, lon)
        course += turn * dt * (600.3 <= age < 600.3 + stray_for_s)
        lat, lon = step_1(lat, lon, course, 220.0 * dt)
        t += dt
    none = np.zeros((1, 1))
    out = np.empty((60, 5))
    ended = fly_objects(
        np.array([[p[name] for name in COLUMNS]]), np.zeros(1, dtype=np.uint64),
        none, none, none, np.array([0]), np.array([0]), out,
    )  # fmt: skip
    assert ended[0].tolist() == [len(rows), 1]
    found = out[: len(rows), :3]
    np.testing.assert_allclose(found, np.array([*rows.values()]), rtol=0, atol=1e-9)


def test_no_turn_is_tighter_than_its_radius() -> None:
    path = steer(
        50.0,
        24.0,
        10.0,
        300.0,
        [(50.3, 24.5, 300.0), (50.0, 24.4, 300.0), (50.2, 23.8, 300.0)],
        radius_m=4000.0,
        most_m=150e3,
    )
    courses_deg = [
        bearing_1(
            path.lat_deg[i],
            path.lon_deg[i],
            path.lat_deg[i + 1],
            path.lon_deg[i + 1],
        )[0]
        for i in range(len(path.way_m) - 2)
    ]
    turn = np.abs((np.diff(courses_deg) + 180.0) % 360.0 - 180.0)
    assert turn.max() <= math.degrees(50.0 / 4000.0) * 1.02


def test_the_defence_downs_its_share_over_the_reference_length() -> None:
    """Whole flights over Ukraine, long enough: the sourced share within 6 points."""
    plan = raids.plan(
        guard="PL",
        date="2025-10-01",
        minutes=900.0,
        counts={"shahed136_geran2": 300},
        behaviours={"dog_legs": 1.0},
        headed_to_guard=0.0,
    )
    f = fly(plan, Stream(2, "night")).flights
    first = np.append(True, f.flight_id[1:] != f.flight_id[:-1])
    number = np.cumsum(first) - 1
    over = guard("UA").inside(f.lat_deg, f.lon_deg)
    dt = np.append(0.0, np.diff(f.t_s))
    dt[first] = 0.0
    seconds = np.bincount(number, weights=np.where(over, dt, 0.0))
    stopped = np.isin(f.end[first], ("downed", "crash")).sum()
    speed = np.array(
        [
            bearing_1(f.lat_deg[i], f.lon_deg[i], f.lat_deg[i + 1], f.lon_deg[i + 1])[1]
            / 5.0
            for i in np.flatnonzero(first)
        ]
    )
    share = plan.drones_downed + plan.drones_lost
    rate = -math.log1p(-share) / 1000.0 / raids.REFERENCE_KM
    # A Poisson count: exposure times rate, within three standard deviations.
    expected = float((seconds * speed).sum() * rate)
    assert abs(stopped - expected) <= 3.0 * math.sqrt(expected)


def test_sizes_pass_through_the_sourced_quantiles() -> None:
    assert raids.size_at("2026H1", 0.5) == 139
    assert raids.size_at("2026H1", 0.9) == 375
    assert raids.size_at("2026H1", 1.0) == 948
    assert raids.half_year_of("2024-03-24") == "2024H1"
    assert raids.half_year_of("2026-11-01") == "2026H1"  # the last that is known
    drawn = [
        raids.plan(date="2026-02-01", stream=Stream(s, "n")).n_objects
        for s in range(200)
    ]
    assert 100 <= np.median(drawn) <= 190


def test_an_object_of_another_class_disturbs_none() -> None:
    def lat(counts: dict[str, int]) -> np.ndarray:
        f = fly(raids.plan(counts=counts, minutes=20.0), Stream(1, "n")).flights
        return f.lat_deg[np.char.startswith(f.flight_id, "sha")]

    alone = lat({"shahed136_geran2": 6})
    np.testing.assert_array_equal(alone, lat({"shahed136_geran2": 6, "gerbera": 9}))
