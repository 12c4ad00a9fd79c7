"""A documented incident, or a recording, through the same chain as any night."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from forefield.chance import Stream
from forefield.drivers.build import TIMEZONES, Case, Cast, play
from forefield.drivers.chain import Progress
from forefield.drivers.night import Night, PublicEvent
from forefield.sensing.detections import Detections, Scans
from forefield.threats.flights import Assumption, Flights, Flown
from forefield.threats.fly import fly
from forefield.threats.plans import IncidentPlan

__all__ = ["public_events", "replay", "replay_recording"]


def replay(
    plan: IncidentPlan, cast: Cast, *, seed: int = 1, progress: Progress | None = None
) -> Night:
    """Replay a documented incident; what nobody published is drawn from the seed."""
    since = perf_counter()
    if progress:
        progress("threats", 0.0)
    flown = fly(plan, Stream(seed, "night", 0, "truth"))
    spent = perf_counter() - since
    banner = f"REPLAY OF {plan.date}"
    case = Case(
        kind="replay",
        name=plan.id,
        title=plan.title,
        banner=banner,
        headline=banner,
        seed=seed,
        t0_s=plan.t0_s,
        t1_s=plan.t1_s,
        timezone=plan.timezone,
        public=public_events(plan.facts),
        unknowns=_unknowns(plan.facts),
        sources=tuple(str(s) for s in _list(plan.facts.get("sources"))),
    )
    night = play(case, cast, flown, progress=progress)
    return replace(night, timings_s={"threats": spent, **night.timings_s})


def replay_recording(
    name: str,
    detections: Detections,
    scans: Scans | None,
    cast: Cast,
    *,
    seed: int = 1,
    progress: Progress | None = None,
) -> Night:
    """Take recorded plots through the chain. There is no truth to hold them against."""
    from forefield.tracking.recording import periods

    looks = scans if scans is not None else periods(detections, cast.sensors)
    t0_s = float(min(detections.t_s.min(), looks.t_start_s.min()))
    t1_s = float(max(detections.t_s.max(), looks.t_end_s.max()))
    flown = Flown(
        Flights.empty(),
        (Assumption("truth", "none", "a recording says what was seen, not what flew"),),
    )
    timezone = TIMEZONES.get(cast.guards[0].iso, "UTC")
    banner = f"REPLAY OF {datetime.fromtimestamp(t0_s, ZoneInfo(timezone)).date()}"
    case = Case(
        kind="replay",
        name=name,
        title=f"Replay of the recording {name}",
        banner=banner,
        headline=banner,
        seed=seed,
        t0_s=t0_s,
        t1_s=t1_s,
        timezone=timezone,
        unknowns=("What truly flew is not part of a recording.",),
    )
    return play(case, cast, flown, (detections, looks), progress=progress)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _utc(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def public_events(facts: dict[str, Any]) -> tuple[PublicEvent, ...]:
    """What was said and done in public that night, oldest first.

    Only what the shipped table gives a time for; `kind` tells entry, exit, impact,
    public_told (the first official word), alert (residents were warned) and event.
    """
    found: dict[tuple[float, str], PublicEvent] = {}

    def add(t_s: float, what: str, kind: str, approx: bool = False) -> None:
        found.setdefault((t_s, kind), PublicEvent(t_s, what, kind, approx))

    approx = facts.get("time_precision") != "minute"
    for kind in ("entry", "exit", "impact"):
        time = facts.get(f"{kind}_time_utc")
        if time:
            place = facts.get(f"{kind}_place", "")
            add(_utc(time), f"{kind}: {place}" if place else kind, kind, approx)
    told = facts.get("public_told_utc")
    if told:
        note = str(facts.get("public_note", "first official statement"))
        add(_utc(told), note, "public_told", approx)
    for event in _list(facts.get("event")):
        if "t_utc" not in event:
            continue
        what = str(event["what"])
        add(_utc(event["t_utc"]), what, _kind(what), bool(event.get("approx")))
    return tuple(sorted(found.values(), key=lambda e: (e.t_s, e.kind, e.what)))


def _kind(what: str) -> str:
    words = what.lower()
    if any(
        w in words for w in ("phone alert", "alert to", "sirens", "alert,", "warning")
    ):
        return "alert"
    if "statement" in words and "routine" not in words:
        return "public_told"
    return "event"


def _unknowns(facts: dict[str, Any]) -> tuple[str, ...]:
    """What the record leaves open, in its own (paraphrased) words."""
    labels = {
        "contradictions": "Reports disagree",
        "derived_check": "Arithmetic on the reported numbers",
        "entry_approx": "Place of entry",
        "exit_approx": "Place of exit",
        "impact_approx": "Place of impact",
        "duration_note": "Duration",
        "depth_note": "Depth",
        "kinematics_note": "Speed and height",
        "established": "What was established",
        "object_established": "What it was",
        "public_note": "What the public was told",
    }
    return tuple(
        f"{label}: {facts[key]}." for key, label in labels.items() if key in facts
    )
