"""Tracks: who is who, how sure, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forefield.columns import Bool, Columns, Floats, Ints, Texts, column, wide

__all__ = ["CLASSES", "CLASS_COLUMNS", "Tracks"]

#: Class columns of `tracks`, in order; they sum to 1.
CLASSES = (
    "cruise",
    "ballistic",
    "drone",
    "jet_drone",
    "decoy",
    "aircraft",
    "interceptor",
    "civil",
    "balloon",
    "bird",
    "unknown",
)
CLASS_COLUMNS = tuple(f"p_{name}" for name in CLASSES)


@dataclass(frozen=True)
class Tracks(Columns):
    """Track states, a row per track and time; sorted by t_s, then track_id.

    `cov` is the 6 x 6 covariance, row by row, in the east-north-up frame at the
    track: position [m], then velocity [m/s].
    """

    TABLE: ClassVar[str] = "tracks"

    t_s: Floats = column("float", "UTC seconds since 1970 of the state")
    track_id: Ints = column("int", "stable number")
    lat_deg: Floats = column("float", "WGS-84 latitude")
    lon_deg: Floats = column("float", "WGS-84 longitude")
    alt_m: Floats = column("float", "height above the ellipsoid", optional=True)
    v_east_mps: Floats = column("float", "east velocity", optional=True)
    v_north_mps: Floats = column("float", "north velocity", optional=True)
    v_up_mps: Floats = column("float", "climb", optional=True)
    sigma_pos_m: Floats = column(
        "float", "RMS horizontal position spread", optional=True
    )
    sigma_vel_mps: Floats = column(
        "float", "RMS horizontal velocity spread", optional=True
    )
    cov: Floats = wide("36 numbers, east-north-up", as_list=36, optional=True)
    p_exist: Floats = column(
        "float", "probability that it is a real object", optional=True
    )
    p_class: Floats = wide("class probabilities", names=CLASS_COLUMNS, optional=True)
    t_seen_s: Floats = column("float", "time of the last detection used", optional=True)
    status: Texts = column(
        "text", "tentative, confirmed, coasting, ended", optional=True
    )
    inconsistent: Bool = column(
        "bool",
        "reported positions contradict motion (spoofed or frozen)",
        optional=True,
    )
    n_sensors: Ints = column("int", "sensors that contributed", optional=True)
    source_id: Texts = column("text", "the feed's own name for it", optional=True)
