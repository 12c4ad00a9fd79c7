"""Phantoms: things that several radars see alike and that are no aircraft.

On 26 August 2024 three Polish radars agreed on an object that, ten days and
200 km2 of search later, had very probably never been there. Independent false
plots cannot do that; one common source can: a drifting balloon, a flock, ground
returns carried by a duct, the blades of a wind farm. A phantom is such a source,
with positions over time. `sensing` turns it into plots of every sensor that has
it in reach; scoring never counts it as a flight.

Sizes, speeds and lifetimes below are general knowledge, unverified, and chosen
wide; they are assumptions of the model, not measurements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forefield.chance import Stream
from forefield.columns import Bool, Columns, Floats, Texts, column
from forefield.errors import InputError, nearest
from forefield.kernels.frames import radii_1

__all__ = ["KINDS", "TRACK_CLASS", "Phantoms", "drifting"]

#: Kinds of phantom, and the class column of `tracks` an ideal observer would choose.
TRACK_CLASS = {
    "balloon": "balloon",
    "flock": "bird",
    "anomalous_propagation": "unknown",
    "wind_farm": "unknown",
}
KINDS = tuple(TRACK_CLASS)

STEP_S = 10.0

# kind: height band [m], scatter of the plots [m], chance of a plot per look,
# lasting swing of the course [deg], seen below the horizon
_HABITS: dict[str, tuple[float, float, float, float, float, bool]] = {
    "balloon": (300.0, 3000.0, 40.0, 0.75, 4.0, False),
    "flock": (100.0, 1200.0, 250.0, 0.55, 8.0, False),
    "anomalous_propagation": (50.0, 600.0, 600.0, 0.35, 12.0, True),
    "wind_farm": (80.0, 220.0, 700.0, 0.25, 0.0, False),
}


@dataclass(frozen=True)
class Phantoms(Columns):
    """False sources over time; rows sorted by phantom_id, then t_s.

    Between two rows of one phantom the position is linear in time; before its
    first and after its last row it is not there. A sensor that has the position
    in reach and line of sight (or, where `ducted`, in reach alone) makes a plot
    in a look with chance `p_detect`, displaced by a normal scatter of `spread_m`
    in east and in north beside its own noise. Sensors draw independently: what
    is common to them is the position, and that is what makes them agree.
    """

    TABLE: ClassVar[str] = "phantoms"

    t_s: Floats = column("float", "UTC seconds since 1970")
    phantom_id: Texts = column("text", "which phantom, 'phantom:…'")
    kind: Texts = column("text", "balloon, flock, anomalous_propagation, wind_farm")
    lat_deg: Floats = column("float", "WGS-84 latitude of its middle")
    lon_deg: Floats = column("float", "WGS-84 longitude of its middle")
    alt_m: Floats = column("float", "height above the ellipsoid")
    p_detect: Floats = column("float", "chance of a plot per look of a sensor")
    spread_m: Floats = column("float", "1-sigma scatter of plots, east and north")
    ducted: Bool = column("bool", "seen below the radar horizon", optional=True)


def drifting(
    phantom_id: str,
    kind: str,
    stream: Stream,
    *,
    t0_s: float,
    t1_s: float,
    from_deg: tuple[float, float],
    to_deg: tuple[float, float],
    alt_m: float | None = None,
    bend_m: float = 0.0,
    fade: float = 0.3,
) -> Phantoms:
    """A phantom that drifts from one place to another, smoothly and not quite straight.

    from_deg, to_deg  latitude and longitude at t0_s and t1_s
    alt_m             height; by default drawn from the kind's band
    bend_m            greatest distance of the path from the straight line
    fade              how deep the chance of a plot swings (0 to 1); fading is why
                      such a track is "intermittent" in the reports
    """
    if kind not in _HABITS:
        close = nearest(kind, KINDS)
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(f"No phantom is a {kind!r}{hint}; known: {', '.join(KINDS)}.")
    if not t1_s > t0_s:
        raise InputError(f"Phantom {phantom_id} must end after it begins.")
    low_m, high_m, spread_m, p_detect, swing_deg, ducted = _HABITS[kind]
    rng = stream["phantom", phantom_id].generator()
    height_m = rng.uniform(low_m, high_m) if alt_m is None else alt_m
    t = np.append(np.arange(t0_s, t1_s, STEP_S), t1_s)
    u = (t - t0_s) / (t1_s - t0_s)
    (lat0, lon0), (lat1, lon1) = from_deg, to_deg
    meridian, vertical = radii_1(0.5 * (lat0 + lat1))
    north_per_deg = math.radians(meridian)
    east_per_deg = math.radians(vertical * math.cos(math.radians(0.5 * (lat0 + lat1))))
    east, north = (lon1 - lon0) * east_per_deg, (lat1 - lat0) * north_per_deg
    length = math.hypot(east, north)
    # A bow plus two slow swings, all zero at both ends.
    swing = math.radians(swing_deg) * length / (2.0 * math.pi)
    phase = rng.uniform(0.0, 2.0 * math.pi, 2)
    aside = bend_m * np.sin(math.pi * u) + swing * np.sin(math.pi * u) * (
        0.7 * np.sin(2.0 * math.pi * u + phase[0])
        + 0.3 * np.sin(5.0 * math.pi * u + phase[1])
    )
    ux, uy = (east / length, north / length) if length > 0.0 else (1.0, 0.0)
    along = u * length
    slow = 0.5 + 0.5 * np.sin(2.0 * math.pi * (t - t0_s) / 420.0 + rng.uniform(0, 6.3))
    return Phantoms.build(
        len(t),
        t_s=t,
        phantom_id=phantom_id,
        kind=kind,
        lat_deg=lat0 + (along * uy + aside * ux) / north_per_deg,
        lon_deg=lon0 + (along * ux - aside * uy) / east_per_deg,
        alt_m=height_m + 30.0 * np.sin(2.0 * math.pi * u + phase[0]),
        p_detect=p_detect * (1.0 - fade * slow),
        spread_m=spread_m,
        ducted=np.full(len(t), ducted),
    )
