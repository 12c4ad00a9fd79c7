"""Illustrative laydowns: sensors enough to try the chain, at no real site.

The shipped files stand under data/laydowns; every position is a round coordinate at a
town, every performance figure is of a published type or an assumption, and each file
says so. For a guard without a file a generic laydown is made from its outline.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from forefield.errors import InputError
from forefield.sensing.detections import Sensor
from forefield.sensing.sensor_file import sensors_from

if TYPE_CHECKING:
    from forefield.world.borders import Border

__all__ = ["SHIPPED", "default", "usable"]

SHIPPED = ("PL", "RO")

_LONG_RANGE_RULES = (
    ("cruise", 120.0, float("inf"), 0.55),
    ("cruise", float("inf"), 150_000.0, 0.8),
    ("cruise", float("inf"), 260_000.0, 0.5),
    ("drone", float("inf"), 90_000.0, 0.75),
    ("drone", float("inf"), 180_000.0, 0.4),
    ("decoy", float("inf"), 90_000.0, 0.7),
    ("decoy", float("inf"), 180_000.0, 0.35),
    ("jet_drone", float("inf"), 150_000.0, 0.75),
    ("jet_drone", float("inf"), 260_000.0, 0.4),
    ("cruise", float("inf"), float("inf"), 0.1),
    ("drone", float("inf"), float("inf"), 0.05),
    ("decoy", float("inf"), float("inf"), 0.05),
    ("jet_drone", float("inf"), float("inf"), 0.1),
    ("", float("inf"), float("inf"), 0.9),
)


def usable(sensors: Iterable[Sensor], *, shared_by_ukraine: bool) -> tuple[Sensor, ...]:
    """The sensors whose plots reach us: the switch for what Ukraine shares.

    A sensor owned by UA stays only if the switch is on and the sensor is `shared`;
    all others stay only if `shared`.
    """
    return tuple(
        s for s in sensors if s.shared and (s.owner != "UA" or shared_by_ukraine)
    )


def default(
    guard: str | Border, *, shared_by_ukraine: bool = True
) -> tuple[Sensor, ...]:
    """The illustrative laydown of a guarded country. None of it is a real site.

    guard  ISO code, or a Border from `world.borders.guard`
    """
    from forefield.world.facts import table

    iso = guard if isinstance(guard, str) else guard.iso
    if iso in SHIPPED:
        name = f"laydowns/{iso.lower()}"
        sensors = sensors_from(table(name), where=f"laydown {iso}")
    else:
        sensors = _generic(iso)
    return usable(sensors, shared_by_ukraine=shared_by_ukraine)


def _generic(iso: str) -> tuple[Sensor, ...]:
    """Three 3D radars down the guard's east, one 2D, an aircraft, and ADS-B."""
    import numpy as np

    from forefield.world.borders import guard as border_of

    border = border_of(iso)
    lon0, lat0, lon1, lat1 = border.bbox_deg
    spots: list[tuple[float, float]] = []
    for share in (0.75, 0.5, 0.25):
        # Rounded to a tenth of a degree: a place of no meaning but "in the east".
        lat = round(lat0 + share * (lat1 - lat0), 1)
        lons = np.round(np.arange(lon1, lon0, -0.1), 1)
        inside = np.flatnonzero(border.inside(np.full(len(lons), lat), lons))
        if inside.size:
            at = min(int(inside[0]) + 3, int(inside[-1]))
            spots.append((lat, float(lons[at])))
    if not spots:
        raise InputError(f"No laydown for {iso}: give a sensors.toml instead.")
    out = [
        Sensor(
            id=f"{iso.lower()}-3d-{i + 1}", kind="radar3d", owner=iso, lat_deg=lat,
            lon_deg=lon, alt_m=250.0, ground_m=220.0, period_s=10.0,
            max_range_m=450_000.0, sigma_range_m=100.0, sigma_azimuth_deg=0.2,
            sigma_height_m=700.0, p_detect=_LONG_RANGE_RULES, clutter_per_scan=2.0,
            min_elevation_deg=-0.3, latency_s=2.0,
            note="generic and illustrative: no real site; all figures assumed",
        )
        for i, (lat, lon) in enumerate(spots)
    ]  # fmt: skip
    lat, lon = spots[len(spots) // 2]
    out.append(
        Sensor(
            id=f"{iso.lower()}-2d", kind="radar2d", owner=iso, lat_deg=lat,
            lon_deg=round(lon - 0.5, 1), alt_m=245.0, ground_m=220.0, period_s=5.0,
            max_range_m=150_000.0, sigma_range_m=80.0, sigma_azimuth_deg=0.15,
            p_detect=0.7, clutter_per_scan=2.0, min_elevation_deg=-0.3, latency_s=2.0,
            note="generic and illustrative: no real site; all figures assumed",
        )
    )  # fmt: skip
    circuit = tuple(
        (t, lat + dy, lon - 1.0 + dx, 9_000.0)
        for t, dy, dx in (
            (0.0, -0.5, 0.0), (700.0, 0.5, 0.0), (800.0, 0.5, 0.3),
            (1500.0, -0.5, 0.3), (1600.0, -0.5, 0.0),
        )
    )  # fmt: skip
    out.append(
        Sensor(
            id=f"{iso.lower()}-airborne", kind="airborne", owner=iso, lat_deg=lat,
            lon_deg=lon - 1.0, alt_m=9_000.0, ground_m=220.0, period_s=12.0,
            max_range_m=350_000.0, sigma_range_m=120.0, sigma_azimuth_deg=0.4,
            sigma_height_m=1000.0, sigma_range_rate_mps=2.0, p_detect=0.6,
            clutter_per_scan=3.0, min_elevation_deg=-15.0, path=circuit, latency_s=3.0,
            note="generic and illustrative; all figures assumed",
        )
    )  # fmt: skip
    out.append(
        Sensor(
            id=f"{iso.lower()}-adsb", kind="adsb", owner=iso, lat_deg=lat, lon_deg=lon,
            alt_m=250.0, ground_m=220.0, period_s=5.0, max_range_m=350_000.0,
            sigma_range_m=30.0, sigma_azimuth_deg=0.0, sigma_height_m=15.0,
            sigma_range_rate_mps=1.0, p_detect=0.95, min_elevation_deg=-0.3,
            note="generic and illustrative: no real site; all figures assumed",
        )
    )  # fmt: skip
    return tuple(out)
