"""What is lost when the forecast sees the tracker's output in place of the truth.

    .venv/bin/python -m bench.forecast.through_radars [--nights 40] [--keep runs/raids] [--write]

The same raids of the families of role report, forecast three times, once a minute: from true
positions (`truth`); from true positions of the flights and minutes in which our tracker has
a track of that flight (`truth where tracked`); from our tracker's output through the default
laydown (`tracker`). What the first loses to the second is sight: flights and minutes that no
radar shows. What the second loses to the third is the tracks: errors, classes, breaks. Tracks
of nothing are counted by the verification and not scored.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.tracked_raids import KEEP, raid
from bench.verify_forecast import as_tracks, write_rows
from forefield.apps.nights import cast_for
from forefield.apps.verify import verify_files
from forefield.forecasting.beliefs import Beliefs
from forefield.forecasting.forecast import forecast
from forefield.threats.flights import Flights
from forefield.tracking.tracks import Tracks
from forefield.world.borders import guard

OUT = Path(__file__).parents[1] / "results/forecast_through_radars.csv"
MODELS = ("corrected", "turning", "reference", "straight-gauss")
EVERY_S, FAR_M = 60.0, 350_000.0


def _scored(tracks: Tracks, flights: Flights, share: float, seen: str) -> list[Any]:
    border = guard("PL")
    near = border.distance_m(tracks.lat_deg, tracks.lon_deg) <= FAR_M
    tracks = tracks.take(near)
    beliefs = Beliefs.concat(
        [forecast(tracks, [border], model=m, base_rate=share) for m in MODELS]
    )
    scores = verify_files(
        beliefs, flights, seed=1, simulated=True, sample_name=f"role report, {seen}"
    ).as_dict()
    rows = []
    names = (
        "n",
        "flights",
        "entering",
        "base",
        "brier",
        "bss",
        "log",
        "e_over_o",
        "slope",
    )
    for model, guards in scores.items():
        for horizon, cell in guards["PL"].items():
            if isinstance(cell, dict) and "brier" in cell:
                rows.append(
                    {
                        "seen": seen,
                        "model": model,
                        "horizon_s": horizon,
                        "base_rate": share,
                    }
                    | {k: cell[k] for k in names}
                )
    return rows


def main() -> None:
    """Print the table; with --write also bench/results/forecast_through_radars.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=40)
    parser.add_argument("--seed", type=int, default=201)
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    cast = cast_for("PL", "documented")
    flights, tracks, entered, flown = [], [], 0, 0
    seen: set[tuple[str, int]] = set()
    for k in range(args.nights):
        r = raid("report", k, seed=args.seed, cast=cast, keep=args.keep)
        names = np.array([f"{k}/{n}" for n in r.flights.flight_id])
        flights.append(replace(r.flights, flight_id=names))
        at = np.round((r.tracks.t_s - r.t0_s) % EVERY_S, 3) == 0.0
        mine = r.tracks.take(at & (r.tracks.p_exist >= 0.5))
        tracks.append(replace(mine, track_id=mine.track_id + 100_000 * (k + 1)))
        for i, t in zip(mine.track_id.tolist(), mine.t_s.tolist(), strict=True):
            if i in r.origin:
                seen.add((f"{k}/{r.origin[i]}", int(t // EVERY_S)))
        entered += len({e[0] for e in r.entries})
        flown += len(np.unique(r.flights.flight_id))
    every = Flights.concat(flights)
    share = entered / flown
    print(f"{args.nights} raids, {flown} flights, {entered} entered ({share:.1%})")
    truth = as_tracks(every)
    minutes = np.floor(truth.t_s / EVERY_S).astype(int).tolist()
    there = np.array(
        [pair in seen for pair in zip(truth.source_id.tolist(), minutes, strict=True)]
    )
    rows = _scored(truth, every, share, "truth")
    rows += _scored(truth.take(there), every, share, "truth where tracked")
    rows += _scored(Tracks.concat(tracks), every, share, "tracker")
    for row in rows:
        print(
            *(round(v, 3) if isinstance(v, float) else v for v in row.values()),
            sep="\t",
        )
    if args.write:
        write_rows(OUT, rows)


if __name__ == "__main__":
    main()
