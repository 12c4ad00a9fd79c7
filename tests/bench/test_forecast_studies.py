"""What the pages about the forecast rest on."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from bench.forecast.entries import counted, entered
from bench.forecast.replays import INCIDENTS, drawn

from forefield.chance import Stream
from forefield.threats import raids
from forefield.threats.sorties import fly_raid
from forefield.world.borders import guard

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", INCIDENTS)
def test_every_draw_of_a_replay_enters_at_the_published_minute(name: str) -> None:
    border = guard("PL")
    first, other = (drawn(name, k, 1, "flight") for k in (0, 1))
    for d in (first, other):
        inside = border.inside(d.tracks.lat_deg, d.tracks.lon_deg)
        assert not inside[d.rel_s <= -10.0].any()
        assert inside[d.rel_s == 10.0].all()
        assert not inside[d.rel_s >= 190.0].any()
    assert not np.isclose(first.tracks.lat_deg[0], other.tracks.lat_deg[0], atol=1e-4)


def test_a_draw_of_the_following_alone_keeps_the_flight() -> None:
    one, other = (drawn(INCIDENTS[0], k, 1, "tracking").tracks for k in (1, 2))
    assert (one.t_s == other.t_s).all()
    apart_m = 111_200.0 * np.abs(one.lat_deg - other.lat_deg)
    assert 1.0 < apart_m.max() < 6.0 * 300.0


def test_a_raid_flown_whole_loses_nobody() -> None:
    stream = Stream(3, "a whole raid")
    plan = raids.plan(
        name="whole", date="2024-03-24", half_year="2025H1", stream=stream
    )
    flights = fly_raid(plan, stream, whole=True).flights
    assert not (flights.end == "lost").any()
    cut = fly_raid(plan, stream).flights
    assert (cut.end == "lost").any()
    ids, _, hit = entered(flights)
    inside = guard("PL").inside(flights.lat_deg, flights.lon_deg)
    assert set(ids[hit]) == set(flights.flight_id[inside])


def test_counted_entries_are_those_of_the_incidents() -> None:
    by_year = {row["year"]: row for row in counted()}
    assert (by_year[2023]["objects_low"], by_year[2023]["objects_high"]) == (1, 1)
    # 26 August 2024: between none and two, by the last official word.
    assert (by_year[2024]["objects_low"], by_year[2024]["objects_high"]) == (1, 3)
    # 10 September 2025 alone: 19 to 23.
    assert by_year[2025]["largest_event"] == 23
    assert by_year[2022]["of_which_strays"] == 1


def test_intervals_of_counts_are_garwoods() -> None:
    garwood = runpy.run_path(str(ROOT / "tools/make_forecast_pages.py"))["garwood"]
    # Garwood 1936, as tabled in Johnson, Kotz & Kemp: 0 and 10 events.
    assert garwood(0.0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert garwood(10.0) == pytest.approx((4.795, 18.390), abs=1e-3)
