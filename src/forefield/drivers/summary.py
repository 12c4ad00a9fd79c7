"""The numbers of a night that a reader asks for first: summary.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forefield.drivers.chain import Passed
from forefield.drivers.night import PublicEvent
from forefield.drivers.truth import Passage
from forefield.sensing.detections import Detections
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks
from forefield.world.districts import Districts

__all__ = ["FINAL_STATES", "final_states", "summarise"]

FINAL_STATES = {
    "left": "entered and left again",
    "ended_inside": "entered and came down inside",
    "downed_before": "shot down before the border",
    "ended_before": "came down or was lost before the border",
    "stayed_outside": "did not enter while it was followed",
    "never_established": "followed as a track, and nothing flew there",
}

_SAME_M = 5000.0


def final_states(
    tracks: Tracks, flights: Flights, passages: Sequence[Passage], *, floor: float = 0.9
) -> list[dict[str, Any]]:
    """What became of each track that was ever held to exist (p_exist >= floor).

    A track is the flight that it was nearest to most often, within 5 km; a track
    near no flight is "never_established". Sorted by track_id.
    """
    held = tracks.take(tracks.p_exist >= floor)
    names = _nearest_flight(held, flights)
    entered = {p.flight_id: p for p in passages}
    end_of = {
        str(f): str(e) for f, e in zip(flights.flight_id, flights.end, strict=True)
    }
    out = []
    for track in np.unique(held.track_id):
        rows = held.track_id == track
        votes, counts = np.unique(names[rows], return_counts=True)
        name = str(votes[np.argmax(counts)])
        out.append(
            {
                "track_id": int(track),
                "flight_id": name,
                "state": _state(name, entered, end_of),
                "t_first_s": float(held.t_s[rows].min()),
                "t_last_s": float(held.t_s[rows].max()),
                "near_share": float(counts.max() / rows.sum()),
            }
        )
    return out


def _state(name: str, entered: dict[str, Passage], end_of: dict[str, str]) -> str:
    if not name:
        return "never_established"
    passage = entered.get(name)
    if passage is not None:
        return "left" if np.isfinite(passage.t_exit_s) else "ended_inside"
    end = end_of[name]
    if end == "downed":
        return "downed_before"
    return "ended_before" if end in ("crash", "lost", "target") else "stayed_outside"


def _nearest_flight(tracks: Tracks, flights: Flights) -> np.ndarray:
    """The flight nearest to each track row within 5 km; "" for none."""
    names = np.full(len(tracks), "", dtype=flights.flight_id.dtype)
    best = np.full(len(tracks), _SAME_M)
    if not len(flights):
        return names
    cuts = np.flatnonzero(flights.flight_id[1:] != flights.flight_id[:-1]) + 1
    edges = np.concatenate([[0], cuts, [len(flights)]])
    scale = np.cos(np.radians(tracks.lat_deg))
    for a, b in zip(edges[:-1], edges[1:], strict=True):  # noqa: RUF007
        t = flights.t_s[a:b]
        live = np.flatnonzero(
            (tracks.t_s >= t[0] - 15.0) & (tracks.t_s <= t[-1] + 15.0)
        )
        if not live.size:
            continue
        lat = np.interp(tracks.t_s[live], t, flights.lat_deg[a:b])
        lon = np.interp(tracks.t_s[live], t, flights.lon_deg[a:b])
        d = 111_200.0 * np.hypot(
            tracks.lat_deg[live] - lat, (tracks.lon_deg[live] - lon) * scale[live]
        )
        nearer = d < best[live]
        best[live[nearer]] = d[nearer]
        names[live[nearer]] = flights.flight_id[a]
    return names


def summarise(
    passed: Passed,
    flights: Flights,
    detections: Detections,
    passages: Sequence[Passage],
    districts: Districts,
    public: Sequence[PublicEvent],
) -> dict[str, Any]:
    """Counts, true entries with the warnings they had, verdicts, public record.

    Times are UTC seconds. `lead_*` are seconds from an alert to the true entry;
    negative means that the alert came after it.
    """
    states = final_states(passed.tracks, flights, passages)
    verdicts, n = np.unique(passed.verdicts.verdict, return_counts=True)
    opened = passed.alerts.take(passed.alerts.msg_type == "Alert")
    told = [e for e in public if e.kind in ("public_told", "alert")]
    return {
        "counts": {
            "flights": len(np.unique(flights.flight_id)),
            "detections": len(detections),
            "tracks": len(np.unique(passed.tracks.track_id)),
            "tracks_held_to_exist": len(states),
            "beliefs": len(passed.beliefs),
            "options": len(passed.options),
            "districts_alerted": len(np.unique(opened.district)),
        },
        "tracker": "baseline",
        "entries": [_entry(p, opened, districts, told) for p in passages],
        "first_alerts": _first_alerts(opened, districts),
        "public": [
            {"t_s": e.t_s, "what": e.what, "kind": e.kind, "approx": e.approx}
            for e in public
        ],
        "final_states": states,
        "final_state_words": FINAL_STATES,
        "verdicts": {str(v): int(c) for v, c in zip(verdicts, n, strict=True)},
    }


def _entry(
    p: Passage, opened: Any, districts: Districts, told: Sequence[PublicEvent]
) -> dict[str, Any]:
    # The crossing lies on the line, so the first point inside tells the district.
    first_at = np.array([p.first_lat_deg]), np.array([p.first_lon_deg])
    at = int(districts.locate(*first_at)[0])
    code = districts.codes[at] if at >= 0 else ""
    name = districts.names[at] if at >= 0 else ""
    here = opened.take((opened.district == code) & (opened.t_s <= p.t_enter_s + 3600.0))
    decide = delivery = None
    if len(here):
        first = here.take(here.t_s == here.t_s.min())
        decide = p.t_enter_s - float(first.t_s[0])
        delay = first.lead_decide_s - first.lead_delivery_s
        delivery = decide - float(np.min(delay))
    public = min((e.t_s for e in told), default=None)
    return {
        "flight_id": p.flight_id,
        "guard": p.guard,
        "t_enter_s": p.t_enter_s,
        "t_exit_s": p.t_exit_s if np.isfinite(p.t_exit_s) else None,
        "seconds_inside": (
            (p.t_exit_s if np.isfinite(p.t_exit_s) else p.t_end_s) - p.t_enter_s
        ),
        "lat_deg": p.lat_deg,
        "lon_deg": p.lon_deg,
        "via": p.via,
        "end": p.end,
        "district": code,
        "district_name": name,
        "lead_decide_s": decide,
        "lead_delivery_s": delivery,
        "public_told_after_s": None if public is None else public - p.t_enter_s,
    }


def _first_alerts(opened: Any, districts: Districts) -> list[dict[str, Any]]:
    names = dict(zip(districts.codes, districts.names, strict=True))
    out = []
    for code in np.unique(opened.district):
        rows = opened.take(opened.district == code)
        first = rows.take(rows.t_s == rows.t_s.min())
        out.append(
            {
                "district": str(code),
                "name": names.get(str(code), str(code)),
                "t_s": float(first.t_s[0]),
                "t_arrival_p50_s": float(first.t_arrival_p50_s[0]),
                "channels": sorted({str(c) for c in first.channel}),
            }
        )
    return sorted(out, key=lambda a: (a["t_s"], a["district"]))
