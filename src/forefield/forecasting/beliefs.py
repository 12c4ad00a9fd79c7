"""Beliefs about entry, and the areas under threat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from forefield.columns import Columns, Floats, Ints, Texts, column, wide

__all__ = ["Beliefs", "ThreatAreas"]


@dataclass(frozen=True)
class Beliefs(Columns):
    """A row per track row outside the guard x guard x horizon.

    Estimand: the object enters the guard's airspace within the horizon, counted
    from t_s, the mechanism doing nothing and the neighbour's own defence included.
    Uses only what was received by t_s. Sorted by t_s, track_id, guard, horizon_s.
    """

    TABLE: ClassVar[str] = "beliefs"

    t_s: Floats = column("float", "UTC seconds since 1970")
    track_id: Ints = column("int", "the track")
    guard: Texts = column("text", "ISO code of the guarded country")
    horizon_s: Floats = column("float", "seconds; inf: before the flight ends")
    p_enter: Floats = column("float", "probability of entry within the horizon")
    p_via: Floats = wide(
        "entry across that neighbour's border; sums to p_enter",
        names_from="via",
        pattern="p_via_{}",
    )
    p_leave: Floats = column(
        "float", "given entry, leaves again before its end", optional=True
    )
    p_end_inside: Floats = column("float", "ends inside within the horizon")
    t_enter_p05_s: Floats = column("float", "from t_s, given entry", optional=True)
    t_enter_p50_s: Floats = column("float", "from t_s, given entry", optional=True)
    t_enter_p95_s: Floats = column("float", "from t_s, given entry", optional=True)
    entry_lat_deg: Floats = column("float", "most likely entry point", optional=True)
    entry_lon_deg: Floats = column("float", "most likely entry point", optional=True)
    entry_sigma_m: Floats = column("float", "spread along the border", optional=True)
    age_s: Floats = column("float", "age of the evidence")
    model: Texts = column("text", "name and version of the model")
    lat_deg: Floats = column("float", "the track at t_s", optional=True)
    lon_deg: Floats = column("float", "the track at t_s", optional=True)
    dist_m: Floats = column("float", "from the track to the border", optional=True)
    reach_mps: Floats = column(
        "float",
        "top speed of the classes it may be; reachable: dist <= reach x horizon",
        optional=True,
    )
    source_id: Texts = column(
        "text", "the feed's own name for the track", optional=True
    )
    note: Texts = column(
        "text",
        "why little stands behind the row: inconsistent, course unknown",
        optional=True,
    )
    via: tuple[str, ...] = ()


@dataclass(frozen=True)
class ThreatAreas(Columns):
    """Which district may be flown over or fallen on, and when.

    Outside and inside the guard alike; track_id "*" combines all tracks.
    """

    TABLE: ClassVar[str] = "threat_areas"

    t_s: Floats = column("float", "UTC seconds since 1970")
    track_id: Texts = column("text", "the track, or * for all")
    district: Texts = column("text", "district code")
    horizon_s: Floats = column("float", "seconds")
    p_over: Floats = column("float", "probability of flying over it within the horizon")
    p_fall: Floats = column("float", "probability of ending in it within the horizon")
    t_p05_s: Floats = column("float", "arrival from t_s, given arrival", optional=True)
    t_p50_s: Floats = column("float", "arrival from t_s, given arrival", optional=True)
    t_p95_s: Floats = column("float", "arrival from t_s, given arrival", optional=True)
