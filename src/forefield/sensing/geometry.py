"""Where a sensor is, and where it says a target is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.sensing.detections import Sensor

__all__ = ["position"]

Floats = NDArray[np.float64]


def position(sensor: Sensor, t_s: Any) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude [deg] and height [m] of a sensor at UTC times. Broadcasts.

    A sensor with a `path` flies it over and over: its way-points' times run from 0 to
    the length of the circuit, and UTC seconds modulo that length tell where it is.
    """
    t = np.asarray(t_s, dtype=np.float64)
    if not sensor.path:
        return (
            np.full(t.shape, sensor.lat_deg),
            np.full(t.shape, sensor.lon_deg),
            np.full(t.shape, sensor.alt_m),
        )
    way = np.asarray(sensor.path, dtype=np.float64)
    span = way[-1, 0] - way[0, 0]
    u = way[0, 0] + (np.mod(t - way[0, 0], span) if span > 0.0 else 0.0 * t)
    lat, lon, alt = (np.interp(u, way[:, 0], way[:, c]) for c in (1, 2, 3))
    return np.asarray(lat), np.asarray(lon), np.asarray(alt)
