"""How often a track that is held to exist is nothing, and what is missed for it.

    .venv/bin/python -m bench.false_tracks [--nights 6] [--seed 101] [--write]

Simulated raids on Poland (families of role "tune"), the default laydown, the whole
tracker. A row of a track counts as what most of its plots came from: a flight, a
drifting thing (balloon, birds: real, but no threat), or nothing.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.sensing import laydown
from forefield.sensing.observe import observe
from forefield.threats import raids
from forefield.threats.fly import fly
from forefield.tracking.config import TrackerConfig
from forefield.tracking.recording import run
from forefield.world import borders

DAY_S = 86_400.0
T0_S = 1_711_247_400.0
OUT = Path(__file__).parent / "results/false_tracks.csv"


def one_night(seed: int, k: int, config: TrackerConfig | None = None) -> dict[str, Any]:
    """Counts of one simulated hour."""
    stream = Stream(seed, "false tracks", k)
    t0_s = T0_S + k * DAY_S
    plan = raids.plan(
        name=f"n{k}",
        date="2024-03-24",
        guard="PL",
        t0_s=t0_s,
        minutes=60.0,
        counts={"kh101_kh555": 15, "shahed136_geran2": 25, "gerbera": 5},
        roles=("tune",),
        stream=stream["truth"],
    )
    flown = fly(plan, stream["truth"])
    sensors = laydown.default("PL")
    plots, scans = observe(
        flown.flights, sensors, stream["sensing"], t0_s=t0_s, t1_s=t0_s + 3600.0
    )
    tracks, tracker = run(
        plots, sensors, scans, plane=borders.guard("PL").plane, config=config
    )
    plot, track = tracker.origins()
    source = _sources(plot, track, plots.truth_id)
    held = (tracks.p_exist >= 0.9) & (
        (tracks.status == "confirmed") | (tracks.status == "coasting")
    )
    kinds = np.array([_kind(source.get(int(i), "")) for i in tracks.track_id])
    rows = {
        kind: int((held & (kinds == kind)).sum())
        for kind in ("flight", "drifting", "nothing")
    }
    ghosts = len(np.unique(tracks.track_id[held & (kinds == "nothing")]))
    seen = followed = 0
    for name in np.unique(flown.flights.flight_id):
        mine = np.sort(plots.t_s[plots.truth_id == name])
        ids = [i for i, s in source.items() if s == name]
        times = tracks.t_s[held & np.isin(tracks.track_id, ids)]
        for now in np.arange(t0_s + 60.0, t0_s + 3600.0, 10.0):
            a, b = np.searchsorted(mine, [now - 60.0, now])
            if b - a >= 3:
                seen += 1
                followed += bool(np.any(np.abs(times - now) < 1.0))
    return {"night": k, "plots": len(plots), **rows, "ghosts": ghosts, "seen": seen,
            "followed": followed}  # fmt: skip


def _kind(source: str) -> str:
    if source.startswith("clutter:"):
        return "drifting" if source.split(":")[1] in ("balloon", "flock") else "nothing"
    return "flight" if source else "nothing"


def _sources(plot: Any, track: Any, truth: Any) -> dict[int, str]:
    """track_id -> what most of its plots came from."""
    out: dict[int, str] = {}
    for i in np.unique(track[track >= 0]):
        mine, count = np.unique(truth[plot[track == i]], return_counts=True)
        out[int(i)] = str(mine[np.argmax(count)])
    return out


def main() -> None:
    """Print the table; with --write also bench/results/false_tracks.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=6)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    given = {k: float(v) for k, v in (s.split("=") for s in args.set)}
    fields = TrackerConfig.__dataclass_fields__
    config = TrackerConfig(
        **{k: int(v) if fields[k].type in (int, "int") else v for k, v in given.items()}
    )
    nights = [one_night(args.seed, k, config) for k in range(args.nights)]
    total = {k: sum(n[k] for n in nights) for k in nights[0] if k != "night"}
    held = total["flight"] + total["drifting"] + total["nothing"]
    print(
        f"{args.nights} nights: of {held} rows held to exist {total['flight'] / held:.1%} are "
        f"flights, {total['drifting'] / held:.1%} drifting things, "
        f"{total['nothing'] / held:.1%} nothing ({total['ghosts']} tracks); flights "
        f"followed in {total['followed'] / total['seen']:.1%} of the times they are seen"
    )
    if args.write:
        OUT.parent.mkdir(exist_ok=True)
        with OUT.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(nights[0]))
            writer.writeheader()
            writer.writerows(nights)


if __name__ == "__main__":
    main()
