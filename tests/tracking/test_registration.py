"""Offsets of radars, found while they track, and taken off."""

from __future__ import annotations

import numpy as np
import pytest
from tracking_scenes import PLANE, T0, errors, radar, straight

from forefield.chance import Stream
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.tracking.config import TrackerConfig
from forefield.tracking.recording import run

#: True range [m], azimuth [deg] and clock [s] offsets of three radars.
OFFSETS = ((150.0, -0.25, 0.3), (-120.0, 0.2, -0.2), (40.0, 0.1, 0.0))


def night(offsets, middle="radar3d"):
    g = np.random.default_rng(5)
    flights = []
    for i in range(12):
        x, y = g.uniform(-90e3, 90e3, 2)
        course, speed = g.uniform(0.0, 2 * np.pi), g.uniform(50.0, 230.0)
        flights.append(
            straight(
                f"F{i}",
                x,
                y,
                speed * np.sin(course),
                speed * np.cos(course),
                seconds=700.0,
                alt=g.uniform(800.0, 6000.0),
            )
        )
    places = ((50.0, 23.0), (50.9, 24.0), (50.1, 25.0))
    sensors = [
        radar(
            f"R{i}",
            middle if i == 1 else "radar3d",
            lat=lat,
            lon=lon,
            clutter_per_scan=3.0,
            bias_range_m=r,
            bias_azimuth_deg=a,
            clock_offset_s=c,
        )
        for i, ((lat, lon), (r, a, c)) in enumerate(zip(places, offsets, strict=True))
    ]
    plots, scans = observe(Flights.concat(flights), sensors, Stream(7, "offsets"))
    return flights, sensors, plots, scans


def spread(flights, out):
    """RMS distance [m] of confirmed tracks from the nearest flight, late on."""
    late = out.take((out.t_s > T0 + 400.0) & (out.t_s < T0 + 690.0))
    late = late.take(late.status == "confirmed")
    far = np.min([np.hypot(*errors(late, f).T) for f in flights], axis=0)
    far = far[far < 3000.0]
    assert len(far) > 200
    return np.sqrt((far**2).mean())


@pytest.mark.parametrize("middle", ["radar3d", "radar2d"])
def test_offsets_of_three_radars_are_found_and_taken_off(middle):
    flights, sensors, plots, scans = night(OFFSETS, middle)
    given = {"plane": PLANE, "cycle_s": 10.0}
    out, tracker = run(plots, sensors, scans, **given)
    raw, _ = run(plots, sensors, scans, **given, config=TrackerConfig(register=False))
    for found, (r, a, _) in zip(tracker.offsets(), OFFSETS, strict=True):
        assert found.pairs > 100
        assert abs(found.range_m - r) < 25.0
        assert abs(found.azimuth_deg - a) < 0.04
        assert 0.0 < found.sigma_range_m < 30.0
    # One clock more or less for all is nothing the radars could tell.
    clocks = np.array([o.clock_s for o in tracker.offsets()])
    true = np.array([c for _, _, c in OFFSETS])
    assert np.abs((clocks - clocks.mean()) - (true - true.mean())).max() < 0.15
    assert spread(flights, out) < 0.5 * spread(flights, raw)


def test_radars_without_offsets_keep_their_readings():
    flights, sensors, plots, scans = night(((0.0,) * 3,) * 3)
    out, tracker = run(plots, sensors, scans, plane=PLANE, cycle_s=10.0)
    raw, _ = run(
        plots, sensors, scans, plane=PLANE, cycle_s=10.0,
        config=TrackerConfig(register=False),
    )  # fmt: skip
    for found in tracker.offsets():
        assert abs(found.range_m) < 4.0 * found.sigma_range_m < 80.0
        assert abs(found.azimuth_deg) < 4.0 * found.sigma_azimuth_deg
    assert spread(flights, out) < 1.05 * spread(flights, raw)


def test_a_sensor_alone_is_not_corrected():
    flight = straight("A", -40e3, 0.0, 200.0, 30.0)
    sensors = [radar("R1", bias_range_m=300.0)]
    plots, scans = observe(flight, sensors, Stream(2, "alone"))
    _, tracker = run(plots, sensors, scans, plane=PLANE)
    (found,) = tracker.offsets()
    assert (found.range_m, found.azimuth_deg, found.clock_s) == (0.0, 0.0, 0.0)
    assert found.pairs == 0
