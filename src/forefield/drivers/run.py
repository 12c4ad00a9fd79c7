"""A simulated night: draw a raid, look at it, and take it through the chain."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from forefield.chance import Stream
from forefield.drivers.build import TIMEZONES, Case, Cast, play
from forefield.drivers.chain import Progress
from forefield.drivers.night import Night
from forefield.scenario import Scenario
from forefield.threats import raids
from forefield.threats.flights import Flown
from forefield.threats.fly import fly

__all__ = ["drawn", "run"]

_UNKNOWN = (
    "Nothing here happened: the flights are drawn, and so is what the sensors saw.",
    "Sensor sites and performance are illustrative; real ones are not public.",
    "How often raids behave as the families do is not known; their shares are assumed.",
)


def drawn(name: str, scenario: Scenario, guard: str, seed: int) -> Flown:
    """The true flights of a scenario's night; no mandate or sensor changes them."""
    s, stream = scenario, Stream(seed, "night", 0, "truth")
    plan = raids.plan(
        name=name,
        date=s.night.date,
        guard=guard,
        t0_s=s.t0_s,
        minutes=s.night.minutes,
        counts=s.raid.counts or None,
        half_year=s.raid.half_year or None,
        behaviours=s.raid.behaviours or None,
        headed_to_guard=s.raid.headed_to_guard,
        defence=s.raid.defence,
        stream=stream,
    )
    return fly(plan, stream)


def run(
    name: str,
    scenario: Scenario,
    cast: Cast,
    *,
    seed: int = 1,
    progress: Progress | None = None,
) -> Night:
    """Simulate the night of a scenario.

    name  as it will be shown; the same name, scenario, cast and seed give the
          same night to the last byte
    """
    since = perf_counter()
    if progress:
        progress("threats", 0.0)
    s = scenario
    guard = cast.guards[0].iso
    flown = drawn(name, scenario, guard, seed)
    spent = perf_counter() - since
    case = Case(
        kind="run",
        name=name,
        title=s.night.title or f"A simulated night, {s.night.date}",
        banner="SIMULATION",
        headline="EXERCISE",
        seed=seed,
        t0_s=s.t0_s,
        t1_s=s.t0_s + 60.0 * s.night.minutes,
        timezone=TIMEZONES.get(guard, "UTC"),
        unknowns=_UNKNOWN,
    )
    night = play(case, cast, flown, progress=progress)
    return replace(night, timings_s={"threats": spent, **night.timings_s})
