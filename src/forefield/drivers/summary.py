"""The numbers of a night that a reader asks for first: summary.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.drivers.chain import Passed
from forefield.drivers.night import PublicEvent
from forefield.drivers.truth import Passage
from forefield.sensing.detections import Detections
from forefield.threats.flights import Flights
from forefield.threats.phantoms import Phantoms
from forefield.tracking.tracks import Tracks
from forefield.warning.alert_table import Alerts
from forefield.warning.delays import Delays
from forefield.warning.reach import reached
from forefield.world.districts import Districts
from forefield.world.people import people_of

__all__ = ["FINAL_STATES", "final_states", "summarise"]

FINAL_STATES = {
    "left": "entered and left again",
    "ended_inside": "entered and came down inside",
    "downed_before": "shot down before the border",
    "ended_before": "reached its target, came down or was lost outside",
    "drifting": "a balloon or birds: followed as a track, and no missile or drone",
    "never_established": "followed as a track, and nothing flew there",
    "not_known": "a recording does not say what flew",
}
_DRIFTING = ("balloon", "flock")


def final_states(
    tracks: Tracks,
    origin: Mapping[int, str],
    flights: Flights,
    passages: Sequence[Passage],
    phantoms: Phantoms | None = None,
    *,
    floor: float = 0.9,
) -> list[dict[str, Any]]:
    """What became of each track that was ever held to exist (p_exist >= floor).

    A track is what most of its plots came from; the phantom of an incident stands for
    something that was never established, whatever made it. Sorted by track_id.
    """
    ids = () if phantoms is None else np.unique(phantoms.phantom_id).tolist()
    riddles = tuple(str(name).removeprefix("phantom:") for name in ids)
    held = tracks.take(tracks.p_exist >= floor)
    entered = {p.flight_id: p for p in passages}
    ends = dict(zip(flights.flight_id.tolist(), flights.end.tolist(), strict=True))
    out = []
    for track in np.unique(held.track_id).tolist():
        rows = held.track_id == track
        source = origin.get(track, "")
        out.append(
            {
                "track_id": track,
                "flight_id": source if source in ends else "",
                "source": source,
                "state": _state(source, entered, ends, riddles),
                "t_first_s": float(held.t_s[rows].min()),
                "t_last_s": float(held.t_s[rows].max()),
                "sensors": int(held.n_sensors[rows].max()),
            }
        )
    return out


def _state(
    source: str,
    entered: dict[str, Passage],
    ends: dict[str, str],
    riddles: tuple[str, ...],
) -> str:
    if not source:
        return "not_known"
    passage = entered.get(source)
    if passage is not None:
        return "left" if np.isfinite(passage.t_exit_s) else "ended_inside"
    if source in ends:
        return "downed_before" if ends[source] == "downed" else "ended_before"
    kind, _, name = source.removeprefix("clutter:").partition(":")
    if kind in _DRIFTING and not name.startswith(riddles or ("\0",)):
        return "drifting"
    return "never_established"


def summarise(
    passed: Passed,
    flights: Flights,
    detections: Detections,
    passages: Sequence[Passage],
    districts: Districts,
    public: Sequence[PublicEvent],
    phantoms: Phantoms | None = None,
    *,
    alert_limit: float,
    alert_look_s: float = np.inf,
    delays: Delays | None = None,
) -> dict[str, Any]:
    """Counts, true entries with the warnings they had, verdicts, public record.

    Times are UTC seconds. `lead_*` are seconds from a warning of the entry's district
    to the true entry; negative means that the warning came after it. `lead_decide_s`
    and `lead_delivery_s` count only warnings that the object itself caused (a track
    of its plots alone reached the limit there, within `alert_look_s`); `lead_any_s`
    counts an alert in force for whatever reason, and is no skill. `reached` is the
    share of the people of the district of entry who had the last alert before the
    entry in time: unlucky, to be expected, lucky; null where no alert came before.
    """
    delays = delays or Delays.shipped()
    people = people_of(districts)
    states = final_states(passed.tracks, passed.origin, flights, passages, phantoms)
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
        "tracker": "Poisson multi-Bernoulli",
        "alert_limit": alert_limit,
        "alert_look_s": alert_look_s,
        "delays": delays.as_dict(),
        "entries": [
            _entry(p, passed, opened, districts, told, (alert_limit, alert_look_s))
            | _reach(p, opened, districts, people, delays)
            for p in passages
        ],
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
    p: Passage,
    passed: Passed,
    opened: Alerts,
    districts: Districts,
    told: Sequence[PublicEvent],
    rule: tuple[float, float],
) -> dict[str, Any]:
    # The crossing lies on the line, so the first point inside tells the district.
    first_at = np.array([p.first_lat_deg]), np.array([p.first_lon_deg])
    at = int(districts.locate(*first_at)[0])
    code = districts.codes[at] if at >= 0 else ""
    name = districts.names[at] if at >= 0 else ""
    areas = passed.areas
    own = [str(t) for t, source in passed.origin.items() if source == p.flight_id]
    mine = np.isin(areas.track_id, own) & (areas.district == code)
    mine &= (areas.p_over >= rule[0]) & (areas.horizon_s <= rule[1])
    here = opened.take(opened.district == code)
    decide = delivery = anyhow = None
    if mine.any():
        caused_s = float(areas.t_s[mine].min())
        decide = p.t_enter_s - caused_s
        if len(here):
            delays = here.lead_decide_s - here.lead_delivery_s
            delivery = decide - float(np.nanmin(delays))
    if len(here):
        anyhow = p.t_enter_s - float(here.t_s.min())
    public = min((e.t_s for e in told), default=None)
    return {
        "flight_id": p.flight_id,
        "guard": p.guard,
        "t_enter_s": p.t_enter_s,
        "t_exit_s": p.t_exit_s if np.isfinite(p.t_exit_s) else None,
        "seconds_inside": (p.until_s - p.t_enter_s),
        "lat_deg": p.lat_deg,
        "lon_deg": p.lon_deg,
        "via": p.via,
        "end": p.end,
        "district": code,
        "district_name": name,
        "lead_decide_s": decide,
        "lead_delivery_s": delivery,
        "lead_any_s": anyhow,
        "inside_at_start": p.via == "",
        "public_told_after_s": None if public is None else public - p.t_enter_s,
    }


def _reach(
    p: Passage, opened: Alerts, districts: Districts, people: Floats, delays: Delays
) -> dict[str, Any]:
    """People of the district of entry, and the share that the alert reached in time."""
    first_at = np.array([p.first_lat_deg]), np.array([p.first_lon_deg])
    at = int(districts.locate(*first_at)[0])
    if at < 0:
        return {"people": None, "reached": None}
    here = opened.t_s[opened.district == districts.codes[at]]
    here = here[here < p.t_enter_s]
    n = float(people[at])
    out: dict[str, Any] = {"people": round(n) if np.isfinite(n) else None}
    if not len(here):
        return out | {"reached": None}
    got = reached(p.t_enter_s - float(here.max()), delays)
    return out | {"reached": [round(x, 3) for x in (got.low, got.middle, got.high)]}


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
