"""The forecast on simulated nights, by the role of the behaviour families.

    .venv/bin/python -m bench.verify_forecast [--nights 8] [--seed 301] [--write]

True positions every 60 s stand for a perfect tracker: what is scored is foresight
alone. Families of role "fit" and "tune" shaped the forecast's parameters; nobody
tuned on those of role "report". More objects are headed to the guard than on a real
night (weighted sampling), so every model is told the share of these nights' flights that
enter as its base rate. The last role is the mix of all families by their assumed shares,
with nobody sent to Poland.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from forefield.apps.verify import verify_files
from forefield.chance import Stream
from forefield.forecasting.forecast import forecast
from forefield.threats import raids
from forefield.threats.classes import track_class
from forefield.threats.flights import Flights
from forefield.threats.fly import fly
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard

T0_S = 1_711_247_400.0
EVERY_S = 60.0
OUT = Path(__file__).parent / "results/verify_forecast.csv"


def flights_of(role: str, seed: int, nights: int, sent: float = 0.08) -> Flights:
    """All flights of a role's nights; a night a day, ids unique.

    role  fit, tune, report; or mix: all families by their assumed shares
    sent  share of the objects that are headed to a target in Poland
    """
    parts = []
    for k in range(nights):
        stream = Stream(seed, "verify", role, k)
        plan = raids.plan(
            name=f"{role}-{k}",
            date="2024-03-24",
            guard="PL",
            t0_s=T0_S + 86_400.0 * k,
            minutes=75.0,
            counts={"kh101_kh555": 40, "shahed136_geran2": 50, "gerbera": 10},
            headed_to_guard=sent,
            roles=() if role == "mix" else (role,),
            stream=stream["truth"],
        )
        f = fly(plan, stream["truth"]).flights
        names = np.array([f"{role}-{k}/{name}" for name in f.flight_id])
        parts.append(replace(f, flight_id=names))
    return Flights.concat(parts)


def as_tracks(f: Flights) -> Tracks:
    """What a perfect tracker would show of them, once a minute."""
    names, number = np.unique(f.flight_id, return_inverse=True)
    same = np.append(False, f.flight_id[1:] == f.flight_id[:-1])
    dt = np.append(1.0, np.diff(f.t_s))
    north = np.append(0.0, np.diff(f.lat_deg)) * 111_200.0 / dt
    east = np.append(0.0, np.diff(f.lon_deg)) * 111_200.0 / dt
    east *= np.cos(np.radians(f.lat_deg))
    rows = np.flatnonzero(
        same
        & (np.floor(f.t_s / EVERY_S) != np.floor(np.append(0.0, f.t_s[:-1]) / EVERY_S))
    )
    p = np.zeros((len(rows), len(CLASSES)))
    for i, k in enumerate(f.klass[rows]):
        p[i, CLASSES.index(track_class(str(k)))] = 0.9
    p[:, CLASSES.index("unknown")] += 0.1
    out = Tracks.build(
        len(rows),
        t_s=f.t_s[rows],
        track_id=number[rows] + 1,
        lat_deg=f.lat_deg[rows],
        lon_deg=f.lon_deg[rows],
        alt_m=f.alt_m[rows],
        v_east_mps=east[rows],
        v_north_mps=north[rows],
        v_up_mps=0.0,
        sigma_pos_m=50.0,
        sigma_vel_mps=1.0,
        p_exist=1.0,
        p_class=p,
        t_seen_s=f.t_s[rows],
        source_id=names[number[rows]],
    )
    return out.take(np.lexsort((out.track_id, out.t_s)))


def entering(flights: Flights) -> float:
    """Share of the flights that enter Poland: the base rate that models are told."""
    inside = guard("PL").inside(flights.lat_deg, flights.lon_deg)
    return len(np.unique(flights.flight_id[inside])) / len(np.unique(flights.flight_id))


def scored(role: str, seed: int, nights: int) -> list[dict[str, Any]]:
    """The scores of every model on one role; of the mix, with nobody sent."""
    flights = flights_of(role, seed, nights, 0.0 if role == "mix" else 0.08)
    border = guard("PL")
    tracks = as_tracks(flights)
    far = border.distance_m(tracks.lat_deg, tracks.lon_deg) > 350_000.0
    share = entering(flights)
    beliefs = forecast(tracks.take(~far), [border], model="all", base_rate=share)
    scores = verify_files(
        beliefs, flights, seed=seed, simulated=True, sample_name=f"role {role}"
    ).as_dict()
    rows = []
    for model, guards in scores.items():
        for horizons in guards.values():
            for horizon, cell in horizons.items():
                if isinstance(cell, dict) and "brier" in cell:
                    names = ("n", "flights", "entering", "base", "brier", "bss", "log",
                             "e_over_o", "slope", "intercept")  # fmt: skip
                    rows.append({"role": role, "base_rate": share, "model": model,
                                 "horizon_s": horizon}
                                | {k: cell[k] for k in names})  # fmt: skip
    return rows


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows of the same columns as CSV, numbers to four places."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
            )


def main() -> None:
    """Print the table; with --write also bench/results/verify_forecast.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=8)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = []
    for role in ("fit", "tune", "report", "mix"):
        # With nobody sent few enter: more nights tell as much.
        rows += scored(role, args.seed, args.nights * (3 if role == "mix" else 1))
        for row in rows:
            if row["role"] == role:
                shown = {
                    k: round(v, 3) if isinstance(v, float) else v
                    for k, v in row.items()
                }
                print(*shown.values(), sep="\t", flush=True)
    if args.write:
        write_rows(OUT, rows)


if __name__ == "__main__":
    main()
