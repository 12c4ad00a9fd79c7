"""The plane of the picture: conformal, centred on what is guarded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.kernels.frames import (
    plane_constants,
    plane_from_geodetic,
    plane_to_geodetic,
)

__all__ = ["Plane"]


@dataclass(frozen=True)
class Plane:
    """Oblique stereographic projection of WGS-84 about a centre (EPSG 9809).

    East and north in metres; angles are true; lengths are true at the centre and
    0.25 % too long 640 km away (`scale` tells).
    """

    lat0_deg: float
    lon0_deg: float

    @classmethod
    def at(cls, lat0_deg: float, lon0_deg: float) -> Plane:
        """The plane centred at a point."""
        return cls(float(lat0_deg), float(lon0_deg))

    @cached_property
    def constants(self) -> Floats:
        """(6,) numbers for the scalar functions of `kernels.frames`."""
        return plane_constants(self.lat0_deg, self.lon0_deg)

    def forward(self, lat_deg: Any, lon_deg: Any) -> tuple[Floats, Floats]:
        """East, north [m]. Broadcasts."""
        x, y, _ = plane_from_geodetic(lat_deg, lon_deg, self.constants)
        return x, y

    def inverse(self, x_m: Any, y_m: Any) -> tuple[Floats, Floats]:
        """Latitude, longitude [deg]. Broadcasts."""
        return plane_to_geodetic(x_m, y_m, self.constants)

    def scale(self, lat_deg: Any, lon_deg: Any) -> Floats:
        """Metres of the plane for a metre on the ground. Broadcasts."""
        _, _, k = plane_from_geodetic(lat_deg, lon_deg, self.constants)
        return np.asarray(k)
