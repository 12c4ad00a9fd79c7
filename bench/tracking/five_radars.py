"""Five radars, polar, late and crooked: is a probability of existence a probability?

    python -m bench.tracking.five_radars [--nights 24] [--role report] [--write]

One simulated hour a night over western Ukraine and eastern Poland: cruise missiles,
drones and decoys. Four ground radars (two without height, one with range rate) and one
that flies; detection probability 0.3 to 0.9 by height and range; range, azimuth and
clock offsets nobody is told; uniform clutter, and clutter that several radars share:
birds, balloons, wind farms and ground lit through ducts.

For every row of every track: was it something (a flight, or a bird or balloon: real,
whatever it is) or nothing (noise, turbines, ground)? A row counts as what most of its
track's plots came from. Scores: log score, observed over expected, slope of the
recalibration and reliability of `p_exist`, by number of sensors; the share of nothing
at p_exist >= 0.9; the same scores for each class. Intervals by night.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np

from bench.false_tracks import _sources
from forefield.chance import Stream
from forefield.scoring.calibration import recalibrate, reliability
from forefield.scoring.proper import log_score
from forefield.sensing.classes import column_of
from forefield.sensing.detections import Sensor
from forefield.sensing.observe import observe
from forefield.threats import raids
from forefield.threats.fly import fly
from forefield.tracking.config import TrackerConfig
from forefield.tracking.recording import run
from forefield.tracking.tracks import CLASSES
from forefield.world import borders

DAY_S = 86_400.0
T0_S = 1_711_247_400.0
OUT = Path(__file__).parents[1] / "results" / "five_radars.csv"
EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0)

#: Seen worse when low and far: (class, below height m, within range m, probability).
LOW = (
    ("", 300.0, 40e3, 0.7), ("", 300.0, 500e3, 0.3), ("", 1500.0, 120e3, 0.8),
    ("", 1500.0, 500e3, 0.5), ("", np.inf, 200e3, 0.9), ("", np.inf, 500e3, 0.75),
)  # fmt: skip
SHARED = (
    ("flock", 5.0), ("balloon", 2.0), ("wind_farm", 4.0), ("anomalous_propagation", 0.5),
)  # fmt: skip


def sensors(stream: Stream) -> tuple[Sensor, ...]:
    """The five radars of a night, with offsets of its own."""
    g = stream["offsets"].generator()
    common: dict[str, Any] = {
        "owner": "PL", "alt_m": 240.0, "ground_m": 210.0, "period_s": 6.0,
        "max_range_m": 300e3, "sigma_range_m": 100.0, "sigma_azimuth_deg": 0.12,
        "p_detect": LOW, "clutter_per_scan": 8.0, "clutter": SHARED,
    }  # fmt: skip
    places = (
        ("G1", "radar3d", 50.8, 23.6, {"sigma_elevation_deg": 0.25, "period_s": 10.0}),
        ("G2", "radar2d", 51.9, 23.4, {}),
        ("G3", "radar3d", 49.9, 23.0,
         {"sigma_elevation_deg": 0.3, "sigma_range_rate_mps": 2.0}),
        ("G4", "radar2d", 50.9, 25.6, {"period_s": 5.0, "clutter_per_scan": 15.0}),
    )  # fmt: skip
    out = []
    for name, kind, lat, lon, own in places:
        bias = g.normal(size=3) * np.array([60.0, 0.12, 0.2])
        offsets = {
            "bias_range_m": bias[0], "bias_azimuth_deg": bias[1],
            "clock_offset_s": bias[2],
        }  # fmt: skip
        given = common | offsets | own
        out.append(Sensor(id=name, kind=kind, lat_deg=lat, lon_deg=lon, **given))
    circuit = tuple(
        (60.0 * k, 51.0 + 0.5 * np.sin(2 * np.pi * k / 20), 22.6, 9000.0)
        for k in range(21)
    )
    air = common | {
        "alt_m": 9000.0, "max_range_m": 400e3, "period_s": 10.0, "path": circuit,
        "sigma_azimuth_deg": 0.25, "sigma_elevation_deg": 0.8,
    }  # fmt: skip
    out.append(Sensor(id="A1", kind="airborne", lat_deg=51.0, lon_deg=22.6, **air))
    return tuple(out)


def one_night(
    seed: int, k: int, role: str, config: TrackerConfig | None = None
) -> dict[str, Any]:
    """Rows of the tracks of one hour with what they were."""
    stream = Stream(seed, "five radars", k)
    t0_s = T0_S + k * DAY_S
    plan = raids.plan(
        name=f"n{k}", date="2024-03-24", guard="PL", t0_s=t0_s, minutes=60.0,
        counts={"kh101_kh555": 12, "shahed136_geran2": 20, "gerbera": 8},
        roles=(role,), stream=stream["truth"],
    )  # fmt: skip
    flights = fly(plan, stream["truth"]).flights
    laydown = sensors(stream)
    plots, scans = observe(
        flights, laydown, stream["sensing"], t0_s=t0_s, t1_s=t0_s + 3600.0
    )
    told = [
        type(s)(**{**s.__dict__, "bias_range_m": 0.0, "bias_azimuth_deg": 0.0,
                   "clock_offset_s": 0.0})
        for s in laydown
    ]  # fmt: skip
    tracks, tracker = run(
        plots, told, scans, plane=borders.guard("PL").plane, config=config
    )
    plot, track = tracker.origins()
    source = _sources(plot, track, plots.truth_id)
    tracks = tracks.take(tracks.status != "ended")
    first = np.unique(flights.flight_id, return_index=True)
    klass = dict(zip(first[0].tolist(), flights.klass[first[1]].tolist(), strict=True))
    names = np.array([_class(source.get(int(i), ""), klass) for i in tracks.track_id])
    return {
        "night": np.full(len(tracks), k),
        "p": tracks.p_exist,
        "is": names != "",
        "class": names,
        "p_class": tracks.p_class,
        "n_sensors": tracks.n_sensors,
        "held": np.isin(tracks.status, ("confirmed", "coasting")),
        "plots": len(plots),
        "offsets": tracker.offsets(),
    }


def _class(source: str, klass: dict[str, str]) -> str:
    """Column of the class of what a track followed; "" for nothing."""
    if source.startswith("clutter:"):
        return {"balloon": "balloon", "flock": "bird"}.get(source.split(":")[1], "")
    return column_of(klass[source]) if source in klass else ""


def scores(name: str, p: Any, y: Any, night: Any) -> dict[str, Any]:
    """Scores of one set of probabilities."""
    one = np.ones(len(p))
    fit = recalibrate(p, y, one, night)
    shown = reliability(p, y, one, night)
    return {
        "what": name, "rows": len(p), "expected": f"{p.mean():.4f}",
        "observed": f"{y.mean():.4f}",
        "observed_over_expected": f"{y.mean() / max(p.mean(), 1e-12):.3f}",
        "log_score": f"{log_score(p, y).mean():.4f}",
        "log_score_of_the_rate": f"{log_score(np.full(len(y), y.mean()), y).mean():.4f}",
        "slope": f"{fit.slope:.2f} ({fit.slope_lo:.2f} to {fit.slope_hi:.2f})",
        "bins_outside_band": f"{len(shown.outside)} of {len(shown.forecast)}",
    }  # fmt: skip


def share_of_nothing(rows: dict[str, Any], seed: int) -> tuple[float, float, float]:
    """Rows at p_exist >= 0.9 that are nothing, with 95 % by resampling nights."""
    sure = (rows["p"] >= 0.9) & rows["held"]
    nights = np.unique(rows["night"])
    count = np.array([(sure & (rows["night"] == n)).sum() for n in nights])
    wrong = np.array(
        [(sure & ~rows["is"] & (rows["night"] == n)).sum() for n in nights]
    )
    g = Stream(seed, "nights").generator()
    pick = g.integers(0, len(nights), (2000, len(nights)))
    drawn = wrong[pick].sum(axis=1) / np.maximum(count[pick].sum(axis=1), 1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(wrong.sum() / max(count.sum(), 1)), float(low), float(high)


def main() -> None:
    """Print the tables; with --write also bench/results/five_radars.csv."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nights", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--role", default="report")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    given = {k: float(v) for k, v in (s.split("=") for s in args.set)}
    config = TrackerConfig(**given)  # type: ignore[arg-type]
    nights = [one_night(args.seed, k, args.role, config) for k in range(args.nights)]
    rows = {
        k: np.concatenate([n[k] for n in nights])
        for k in ("night", "p", "is", "class", "p_class", "n_sensors", "held")
    }
    y = rows["is"].astype(float)
    table = [scores("p_exist", rows["p"], y, rows["night"])]
    for n, name in ((1, "1"), (2, "2"), (3, "3 or more")):
        mine = rows["n_sensors"] >= 3 if n == 3 else rows["n_sensors"] == n
        if mine.sum() > 50:
            table.append(
                scores(
                    f"p_exist, sensors: {name}", rows["p"][mine], y[mine],
                    rows["night"][mine],
                )
            )  # fmt: skip
    real = rows["is"] & (rows["p"] >= 0.5)
    for c, column in enumerate(CLASSES):
        p, was = rows["p_class"][real, c], rows["class"][real] == column
        if was.any():
            table.append(scores(column, p, was.astype(float), rows["night"][real]))
    for line in table:
        print(
            "  ".join(
                f"{k} {v}" if k != "what" else f"{v:22s}" for k, v in line.items()
            )
        )
    at = np.digitize(rows["p"], EDGES[1:-1])
    for b in range(len(EDGES) - 1):
        mine = at == b
        print(
            f"p_exist {EDGES[b]:.2f}-{EDGES[b + 1]:.2f}: {mine.sum():7d} rows, said "
            f"{rows['p'][mine].mean():.3f}, was {y[mine].mean():.3f}"
        )
    share = share_of_nothing(rows, args.seed)
    text = f"{share[0]:.3f} ({share[1]:.3f} to {share[2]:.3f})"
    print(f"at p_exist >= 0.9, confirmed: {text} are nothing")
    if args.write:
        table.append(
            dict.fromkeys(table[0], "")
            | {"what": "nothing at p_exist >= 0.9", "observed": text}
        )
        with OUT.open("w", newline="", encoding="utf-8") as file:
            file.write(
                f"# python -m bench.tracking.five_radars --nights {args.nights} "
                f"--seed {args.seed} --role {args.role} --write\n"
            )
            writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)


if __name__ == "__main__":
    main()
