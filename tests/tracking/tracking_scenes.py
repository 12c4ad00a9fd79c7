"""Small scenes of the tracker's tests, whose truth is known."""

from __future__ import annotations

import numpy as np

from forefield.columns import Columns
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.threats.flights import Flights
from forefield.world.plane import Plane

T0 = 1_711_250_000.0
PLANE = Plane.at(50.5, 24.0)


def radar(name="R", kind="radar3d", lat=50.5, lon=24.0, **more):
    values = {
        "id": name, "kind": kind, "owner": "PL", "lat_deg": lat, "lon_deg": lon,
        "alt_m": 230.0, "ground_m": 200.0, "period_s": 5.0, "max_range_m": 250e3,
        "sigma_range_m": 100.0, "sigma_azimuth_deg": 0.1,
        "sigma_elevation_deg": 0.2 if kind == "radar3d" else 0.0,
        "p_detect": 0.9, "clutter_per_scan": 0.0, "min_elevation_deg": -1.0,
    }  # fmt: skip
    return Sensor(**(values | more))


def eye(**more):
    """A sensor that reports positions, at the middle of the plane."""
    return radar("E", "acoustic", sigma_range_m=100.0, sigma_elevation_deg=0.0, **more)


def straight(name, x, y, vx, vy, *, seconds=300.0, alt=2500.0, klass="kalibr"):
    t = np.arange(0.0, seconds + 1.0, 5.0)
    lat, lon = PLANE.inverse(x + vx * t, y + vy * t)
    return Flights.build(
        len(t), t_s=T0 + t, flight_id=name, lat_deg=lat, lon_deg=lon, alt_m=alt,
        klass=klass,
    )  # fmt: skip


def reports(t, x, y, sensor="E", **more):
    lat, lon = PLANE.inverse(np.asarray(x, float), np.asarray(y, float))
    return Detections.build(
        len(t), t_s=np.asarray(t, float), sensor=sensor, lat_deg=lat, lon_deg=lon,
        sigma_m=100.0, **more,
    )  # fmt: skip


def looks(ends, sensor="E", status="ok"):
    ends = np.asarray(ends, float)
    return Scans.build(
        len(ends), t_start_s=ends - 0.5, t_end_s=ends, sensor=sensor, status=status
    )


def same(a: Columns, b: Columns) -> bool:
    return all(
        np.array_equal(getattr(a, f.name), getattr(b, f.name), equal_nan=True)
        if getattr(a, f.name).dtype.kind == "f"
        else np.array_equal(getattr(a, f.name), getattr(b, f.name))
        for f in a._fields()
    )


def errors(tracks, flight):
    """Plane errors and their normalised squares, of one track against a flight."""
    x, y = PLANE.forward(flight.lat_deg, flight.lon_deg)
    tx, ty = PLANE.forward(tracks.lat_deg, tracks.lon_deg)
    at = np.interp(tracks.t_s, flight.t_s, x), np.interp(tracks.t_s, flight.t_s, y)
    return np.column_stack([tx - at[0], ty - at[1]])
