"""The forecasts taken apart: by class, distance, family and quality of the tracks.

    .venv/bin/python -m bench.forecast.verification [--nights 24] [--write]

The nights and the protocol of `bench.verify_forecast`, families of role report alone: true
positions once a minute, every model told the share of the flights that enter. A part is
verified as a whole sample is: its climatology is its own, so a part in which nearly
nothing or nearly everything enters has a reference that is hard to beat. For the quality of
the tracks the same flights are given errors, or no class. Then
`python tools/make_forecast_pages.py` writes docs/forecast-verification.md.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.verify_forecast import as_tracks, entering, flights_of, write_rows
from forefield.apps.verify import verify_files
from forefield.chance import Stream
from forefield.columns import Bool
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.forecasting.forecast import MODELS, forecast
from forefield.threats.classes import track_class
from forefield.threats.flights import Flights
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard

RESULTS = Path(__file__).parents[1] / "results"
OUT = RESULTS / "forecast_verification.csv"
RELIABILITY_OUT = RESULTS / "forecast_reliability.csv"
PARTS = ("corrected", "turning", "reference", "straight-gauss")
BANDS_M = (0.0, 20_000.0, 60_000.0, 150_000.0, 350_000.0)
NAMES = ("n", "flights", "entering", "base", "brier", "bss", "log", "e_over_o", "slope")

#: Errors given to the tracks: name, position [m], velocity [m/s], whether the class is told.
QUALITY = (
    ("errors of a good radar (150 m, 2 m/s)", 150.0, 2.0, True),
    ("errors of a poor one (500 m, 8 m/s)", 500.0, 8.0, True),
    ("class not told", 50.0, 1.0, False),
    ("poor and class not told", 500.0, 8.0, False),
)


def blurred(t: Tracks, sigma_m: float, sigma_mps: float, told: bool) -> Tracks:
    """The same tracks with errors keyed by track and second, and perhaps no class."""
    noise = Stream(5, "forecast verification", f"{sigma_m:g}")
    second = np.round(t.t_s - t.t_s.min()).astype(np.int64)
    z = [noise.normal(t.track_id, second, lane=k) for k in range(4)]
    p = t.p_class
    if not told:
        p = np.zeros_like(t.p_class)
        p[:, CLASSES.index("unknown")] = 1.0
    lon_m = 111_320.0 * np.cos(np.radians(t.lat_deg))
    exact = sigma_m <= 50.0
    return replace(
        t,
        lat_deg=t.lat_deg + (0.0 if exact else sigma_m) * z[0] / 111_250.0,
        lon_deg=t.lon_deg + (0.0 if exact else sigma_m) * z[1] / lon_m,
        v_east_mps=t.v_east_mps + (0.0 if exact else sigma_mps) * z[2],
        v_north_mps=t.v_north_mps + (0.0 if exact else sigma_mps) * z[3],
        sigma_pos_m=np.full(len(t), sigma_m * 2**0.5),
        sigma_vel_mps=np.full(len(t), sigma_mps * 2**0.5),
        p_class=p,
    )


def scored(
    beliefs: Beliefs, flights: Flights, part: str, value: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Scores of one part, and its reliability diagrams."""
    try:
        scores = verify_files(
            beliefs, flights, seed=1, simulated=True, sample_name=f"{part} {value}"
        ).as_dict()
    except InputError:
        return [], []
    rows, diagrams = [], []
    for model, guards in scores.items():
        for horizon, cell in guards["PL"].items():
            name = model.split("/")[0]
            if not isinstance(cell, dict) or "brier" not in cell:
                continue
            if part != "all" and name not in PARTS:
                continue
            key = {"part": part, "value": value, "model": name, "horizon_s": horizon}
            low, high = cell["intervals"]["bss"]
            rows.append(
                key | {k: cell[k] for k in NAMES} | {"bss_low": low, "bss_high": high}
            )
            diagrams += [
                key
                | {
                    "forecast": b["forecast"], "observed": b["observed"],
                    "low": b["band"][0], "high": b["band"][1],
                    "low_family": b["band_family"][0], "high_family": b["band_family"][1],
                    "rows": b["rows"], "flights": b["flights"],
                }
                for b in cell["reliability"]
            ]  # fmt: skip
    return rows, diagrams


def parts(beliefs: Beliefs, flights: Flights) -> Iterator[tuple[str, str, Bool]]:
    """Each part of the beliefs: by class, by distance, by family."""
    ids, first = np.unique(flights.flight_id, return_index=True)
    at = np.searchsorted(ids, beliefs.source_id)
    family = flights.family[first][at]
    klass = np.array([track_class(str(k)) for k in flights.klass[first]])[at]
    for name in np.unique(klass):
        yield "class", str(name), klass == name
    for a, b in itertools.pairwise(BANDS_M):
        mine = (beliefs.dist_m >= a) & (beliefs.dist_m < b)
        yield "distance", f"{a / 1000:.0f} to {b / 1000:.0f} km", mine
    for name in np.unique(family):
        yield "family", str(name), family == name


def main() -> None:
    """Print the tables; with --write also two files of bench/results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=24)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    flights = flights_of("report", args.seed, args.nights)
    border = guard("PL")
    tracks = as_tracks(flights)
    far = border.distance_m(tracks.lat_deg, tracks.lon_deg) > BANDS_M[-1]
    tracks = tracks.take(~far)
    share = entering(flights)

    def told(models: tuple[str, ...], of: Tracks) -> Beliefs:
        return Beliefs.concat(
            [forecast(of, [border], model=m, base_rate=share) for m in models]
        )

    every = told(tuple(MODELS), tracks)
    rows, diagrams = scored(every, flights, "all", "all")
    names = np.array([m.split("/")[0] for m in every.model])
    few = every.take(np.isin(names, PARTS))
    for part, value, mine in parts(few, flights):
        rows += scored(few.take(mine), flights, part, value)[0]
    for value, sigma_m, sigma_mps, known in QUALITY:
        worse = told(PARTS, blurred(tracks, sigma_m, sigma_mps, known))
        rows += scored(worse, flights, "quality", value)[0]
    for r in rows:
        if r["horizon_s"] == "600":
            print(*(round(v, 3) if isinstance(v, float) else v for v in r.values()),
                  sep="\t")  # fmt: skip
    if args.write:
        write_rows(OUT, [r | {"base_rate": share} for r in rows])
        write_rows(RELIABILITY_OUT, diagrams)


if __name__ == "__main__":
    main()
