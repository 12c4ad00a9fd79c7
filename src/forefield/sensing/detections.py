"""Plots (detections), the scans they came from, and the sensors that made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from forefield.columns import Columns, Floats, Texts, column

__all__ = ["KINDS", "Detections", "Scans", "Sensor"]

KINDS = ("radar2d", "radar3d", "acoustic", "airborne", "adsb")


@dataclass(frozen=True)
class Detections(Columns):
    """Plots, a row each, sorted by t_s. Polar (range, azimuth) or a position."""

    TABLE: ClassVar[str] = "detections"

    t_s: Floats = column("float", "UTC seconds since 1970 of the measurement")
    sensor: Texts = column("text", "id of the sensor")
    t_received_s: Floats = column("float", "when it reached us", optional=True)
    range_m: Floats = column("float", "slant range", optional=True)
    azimuth_deg: Floats = column("float", "clockwise from true north", optional=True)
    elevation_deg: Floats = column(
        "float", "above the sensor's horizontal", optional=True
    )
    height_m: Floats = column(
        "float", "measured height above the ellipsoid", optional=True
    )
    range_rate_mps: Floats = column("float", "positive when receding", optional=True)
    lat_deg: Floats = column("float", "reported latitude", optional=True)
    lon_deg: Floats = column("float", "reported longitude", optional=True)
    alt_m: Floats = column("float", "reported height", optional=True)
    sigma_m: Floats = column("float", "1-sigma of the reported position", optional=True)
    speed_mps: Floats = column("float", "reported ground speed", optional=True)
    track_deg: Floats = column("float", "reported course, true", optional=True)
    plot_type: Texts = column("text", "psr, ssr, acoustic, adsb", optional=True)
    flight_level: Floats = column("float", "hundreds of feet", optional=True)
    icao24: Texts = column("text", "six hex digits", optional=True)
    squawk: Texts = column("text", "four octal digits", optional=True)
    truth_id: Texts = column(
        "text", "flight_id, 'clutter:…'; scoring only", optional=True
    )


@dataclass(frozen=True)
class Scans(Columns):
    """What was looked at, also when nothing was seen; sorted by t_end_s."""

    TABLE: ClassVar[str] = "scans"

    t_start_s: Floats = column("float", "UTC seconds, start of the look")
    t_end_s: Floats = column("float", "UTC seconds, end of the look")
    sensor: Texts = column("text", "id of the sensor")
    status: Texts = column("text", "ok, degraded or out")


@dataclass(frozen=True)
class Sensor:
    """One sensor as published or assumed; a row of sensors.toml.

    p_detect       one number, or a tuple of (class, max height m, max range m, pd)
                   rules of which the first that fits holds ("" and inf fit all)
    mask           least elevation [deg] by azimuth, (azimuth_deg, elevation_deg) pairs
    outages        (t_start_s, t_end_s) pairs without scans
    clutter        correlated clutter: (kind, rate) pairs, see sensing.clutter
    path           for an airborne sensor, (t_s, lat_deg, lon_deg, alt_m) way-points,
                   flown over and over: t_s counts from 0 to the length of the circuit,
                   and UTC seconds modulo that length tell where it is (see
                   `sensing.geometry.position`)
    ground_m       ellipsoidal height of the ground that makes its horizon
    latency_s      mean delay from measurement to receipt
    """

    id: str
    kind: str
    owner: str
    lat_deg: float
    lon_deg: float
    alt_m: float
    period_s: float
    max_range_m: float
    sigma_range_m: float
    sigma_azimuth_deg: float
    sigma_elevation_deg: float = 0.0
    sigma_height_m: float = 0.0
    sigma_range_rate_mps: float = 0.0
    shared: bool = True
    p_detect: float | tuple[tuple[str, float, float, float], ...] = 0.9
    clutter_per_scan: float = 0.0
    clutter: tuple[tuple[str, float], ...] = ()
    min_elevation_deg: float = 0.0
    mask: tuple[tuple[float, float], ...] = ()
    outages: tuple[tuple[float, float], ...] = ()
    bias_range_m: float = 0.0
    bias_azimuth_deg: float = 0.0
    clock_offset_s: float = 0.0
    path: tuple[tuple[float, float, float, float], ...] = ()
    ground_m: float = 0.0
    latency_s: float = 1.0
    note: str = field(default="", compare=False)
