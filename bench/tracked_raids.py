"""Simulated raids, seen and tracked once, so that alert rules can be compared on them.

    .venv/bin/python -m bench.tracked_raids --role report --nights 200 [--keep runs/raids]

A raid has the size of 24 March 2024 (29 cruise missiles, 28 drones, an hour) and is seen
with the default laydown, which is fixed. Tracks do not depend on any alert rule: they are
kept on disk, a folder per raid, and read again. Nothing here looks at an alert.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forefield.apps.nights import cast_for
from forefield.chance import Stream
from forefield.drivers.build import Cast
from forefield.drivers.chain import origins, steps
from forefield.drivers.truth import passages
from forefield.io import tables
from forefield.sensing.observe import observe
from forefield.threats import raids
from forefield.threats.flights import Flights
from forefield.threats.fly import fly
from forefield.tracking.tracks import Tracks

__all__ = ["CYCLE_S", "HOUR_S", "Raid", "raid"]

T0_S = 1_711_247_400.0
HOUR_S, CYCLE_S = 3600.0, 10.0
COUNTS = {"kh101_kh555": 29, "shahed136_geran2": 28}
KEEP = Path("runs/raids")


@dataclass(frozen=True)
class Raid:
    """One simulated hour: what flew, and every step's tracks.

    origin   track_id -> what most of its plots came from
    entries  flight_id, time [UTC s] and place of each entry across the border
    """

    t0_s: float
    flights: Flights
    tracks: Tracks
    origin: dict[int, str]
    entries: tuple[tuple[str, float, float, float], ...]


def raid(role: str, k: int, *, seed: int, cast: Cast, keep: Path = KEEP) -> Raid:
    """Raid number k of the families of a role; made if it is not kept yet."""
    place = keep / f"{role}-{seed}-{k}"
    t0_s = T0_S + 86_400.0 * k
    if not (place / "facts.json").exists():
        place.mkdir(parents=True, exist_ok=True)
        made = _make(role, k, seed, cast, t0_s)
        tables.write(made.flights, place / "flights.parquet", mark="SIMULATION")
        tables.write(made.tracks, place / "tracks.parquet", mark="SIMULATION")
        facts: dict[str, Any] = {
            "origin": {str(i): o for i, o in made.origin.items()},
            "entries": made.entries,
        }
        (place / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    facts = json.loads((place / "facts.json").read_text(encoding="utf-8"))
    return Raid(
        t0_s,
        tables.read(place / "flights.parquet", Flights),
        tables.read(place / "tracks.parquet", Tracks),
        {int(i): o for i, o in facts["origin"].items()},
        tuple((str(f), float(t), float(y), float(x)) for f, t, y, x in facts["entries"]),
    )  # fmt: skip


def _make(role: str, k: int, seed: int, cast: Cast, t0_s: float) -> Raid:
    stream = Stream(seed, "alert limit", role, k)
    plan = raids.plan(
        name=f"{role}-{k}",
        date="2024-03-24",
        guard=cast.guards[0].iso,
        t0_s=t0_s,
        minutes=HOUR_S / 60.0,
        counts=COUNTS,
        headed_to_guard=0.03,
        roles=(role,),
        stream=stream["truth"],
    )
    flown = fly(plan, stream["truth"])
    plots, looks = observe(
        flown.flights, cast.sensors, stream["sensing"], t0_s=t0_s, t1_s=t0_s + HOUR_S,
        phantoms=flown.phantoms,
    )  # fmt: skip
    mechanism = cast.mechanism("EXERCISE", "Europe/Warsaw")
    seen = []
    for step in steps(plots, looks, t0_s, t0_s + HOUR_S, CYCLE_S, CYCLE_S):
        tracks = mechanism.observe(step.plots, step.looks, step.now_s)
        seen.append(replace(tracks, cov=np.full_like(tracks.cov, np.nan)))
    entries = tuple(
        (p.flight_id, p.t_enter_s, p.first_lat_deg, p.first_lon_deg)
        for p in passages(flown.flights, cast.guards[0])
        if p.via
    )
    return Raid(
        t0_s,
        flown.flights,
        Tracks.concat(seen),
        origins(mechanism, plots, looks),
        entries,
    )


def main() -> None:
    """Make and keep the raids of a role."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", choices=("tune", "report"), required=True)
    parser.add_argument("--nights", type=int, default=200)
    parser.add_argument("--seed", type=int, default=201)
    parser.add_argument("--keep", type=Path, default=KEEP)
    args = parser.parse_args()
    cast = cast_for("PL", "documented")
    for k in range(args.nights):
        raid(args.role, k, seed=args.seed, cast=cast, keep=args.keep)


if __name__ == "__main__":
    main()
