"""The belief over two documented flights, over what their reconstructions leave open.

    .venv/bin/python -m bench.forecast.replays [--draws 200] [--write]

Each draw is another flight that agrees with every published number of the incident: another
place of entry within the radius of the estimate, another speed, way there, way inside and way
on. On top of it, what a follower of the flight would have had is drawn as well: the height held,
the errors of position and velocity, how sure the class is. The track is followed from twenty minutes before
the border; who saw it when is not known and not drawn. Every draw has a stream of its own.

Then `python tools/make_forecast_pages.py` writes docs/replay-beliefs.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.verify_forecast import write_rows
from forefield.chance import Stream
from forefield.columns import Floats
from forefield.forecasting.forecast import HORIZONS_S, forecast
from forefield.threats.incidents import Told, plan, recipe
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard

OUT = Path(__file__).parents[1] / "results/forecast_replays.csv"
INCIDENTS = ("pl-2024-03-24-oserdow", "pl-2023-12-29-lubelskie")
MODELS = ("turning", "corrected")
RATES = (0.001, 0.01, 0.05)
#: What is drawn anew in each draw: everything, the flight alone, its tracking alone.
DRAWN = ("all", "flight", "tracking")
ASKED_S, STEP_S, BEFORE_S, AFTER_S = 30.0, 10.0, 1200.0, 480.0
SHOWN_S = (-900.0, -600.0, -300.0, -180.0, -120.0, -60.0, -30.0)

# Assumed. A height is one published figure without a precision: a quarter either way.
HEIGHT_SHARE = 0.25
SIGMA_POS_M, SIGMA_VEL_MPS = (30.0, 300.0), (0.5, 4.0)
P_CLASS = (0.5, 0.95)


@dataclass(frozen=True)
class Drawn:
    """One draw as a track. N rows, `STEP_S` apart; rel_s (N,) seconds after the entry."""

    tracks: Tracks
    rel_s: Floats


def drawn(name: str, k: int, seed: int, what: str) -> Drawn:
    """Draw k of an incident; what is not drawn is that of draw 0, tracking without error."""
    root = Stream(seed, "forecast replay", name)
    facts = dict(plan(name).facts)
    told = recipe(name).tell(facts, root[0 if what == "tracking" else k]).flights[0]
    rng = root["tracking", k].generator()
    height = rng.uniform(1.0 - HEIGHT_SHARE, 1.0 + HEIGHT_SHARE)
    sigma_m = float(np.exp(rng.uniform(*np.log(SIGMA_POS_M))))
    sigma_mps = float(np.exp(rng.uniform(*np.log(SIGMA_VEL_MPS))))
    p_class = rng.uniform(*P_CLASS)
    noise = rng.normal(size=(4, int((BEFORE_S + AFTER_S) / STEP_S) + 1))
    if what == "flight":
        height, sigma_m, sigma_mps, p_class = 1.0, SIGMA_POS_M[0], SIGMA_VEL_MPS[0], 0.9
        noise = np.zeros_like(noise)
    return _track(told, k, height, sigma_m, sigma_mps, p_class, noise)


def _track(
    told: Told, k: int, height: float, sigma_m: float, sigma_mps: float, p_class: float,
    noise: Floats,
) -> Drawn:  # fmt: skip
    path, v = told.solved.path, told.solved.speed_mps
    rel = np.arange(-BEFORE_S, AFTER_S + 1.0, STEP_S)
    way = told.solved.in_m + rel * v
    on = (way >= 60.0) & (way <= path.length_m - 60.0)
    rel, way, z = rel[on], way[on], noise[:, on]
    lat, lon, alt = path.at(way)
    ahead, behind = path.at(way + 50.0), path.at(way - 50.0)
    north = (ahead[0] - behind[0]) * 111_250.0
    east = (ahead[1] - behind[1]) * 111_320.0 * np.cos(np.radians(lat))
    length = np.hypot(north, east)
    lat = lat + sigma_m * z[0] / 111_250.0
    lon = lon + sigma_m * z[1] / (111_320.0 * np.cos(np.radians(lat)))
    p = np.zeros((len(rel), len(CLASSES)))
    p[:, CLASSES.index("cruise")] = p_class
    p[:, CLASSES.index("unknown")] = 1.0 - p_class
    t = told.t_in_s + rel
    tracks = Tracks.build(
        len(rel), t_s=t, track_id=k + 1, lat_deg=lat, lon_deg=lon, alt_m=alt * height,
        v_east_mps=v * east / length + sigma_mps * z[2],
        v_north_mps=v * north / length + sigma_mps * z[3],
        v_up_mps=0.0, sigma_pos_m=sigma_m * 2**0.5, sigma_vel_mps=sigma_mps * 2**0.5,
        p_exist=1.0, p_class=p, t_seen_s=t, source_id=told.flight_id,
    )  # fmt: skip
    return Drawn(tracks, rel)


def _quantiles(values: Floats, at: tuple[float, ...]) -> list[float]:
    some = values[np.isfinite(values)]
    if not some.size:
        return [float("nan")] * len(at)
    return [float(v) for v in np.quantile(some, at)]


def rows_of(name: str, draws: int, seed: int, what: str) -> list[dict[str, Any]]:
    """Quantiles over the draws, by model, base rate, horizon and time."""
    border = guard("PL")
    made = [drawn(name, k, seed, what) for k in range(draws)]
    whole = Tracks.concat([d.tracks for d in made])
    rel = np.concatenate([d.rel_s for d in made])
    asked = np.isclose(rel % ASKED_S, 0.0) & (rel >= -BEFORE_S + 300.0)
    asked &= ~border.inside(whole.lat_deg, whole.lon_deg)
    # Noise may put a row across the line for a moment: such draws are absent there.
    asked &= (rel < 0.0) | (rel > 39.0)
    at = whole.take(np.flatnonzero(asked))
    entered_s = {
        int(d.tracks.track_id[0]): float(d.tracks.t_s[0] - d.rel_s[0]) for d in made
    }
    out = []
    for rate in RATES if what == "all" else (0.01,):
        for model in MODELS:
            b = forecast(at, [border], model=model, base_rate=rate, past=whole)
            t = b.t_s - np.array([entered_s[int(i)] for i in b.track_id])
            for h in HORIZONS_S:
                if h != 600.0 and (what != "all" or rate != 0.01):
                    continue
                for moment in np.unique(np.round(t)):
                    if (what != "all" or rate != 0.01) and moment not in SHOWN_S:
                        continue
                    mine = (np.round(t) == moment) & (b.horizon_s == h)
                    q = _quantiles(b.p_enter[mine], (0.05, 0.25, 0.5, 0.75, 0.95))
                    leave = b.p_leave[mine]
                    out.append(
                        {
                            "incident": name, "drawn": what, "model": model,
                            "base_rate": rate, "horizon_s": int(h),
                            "after_entry_s": int(moment), "draws": int(mine.sum()),
                            **dict(zip(("p05", "p25", "p50", "p75", "p95"), q, strict=True)),
                            "leave_draws": int(np.isfinite(leave).sum()),
                            **dict(zip(("leave_p05", "leave_p50", "leave_p95"),
                                       _quantiles(leave, (0.05, 0.5, 0.95)), strict=True)),
                        }
                    )  # fmt: skip
    return out


def main() -> None:
    """Print the main moments; with --write also bench/results/forecast_replays.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = []
    for name in INCIDENTS:
        for what in DRAWN:
            rows += rows_of(name, args.draws, args.seed, what)
    for row in rows:
        if row["horizon_s"] == 600 and row["after_entry_s"] in SHOWN_S:
            print(*(round(v, 3) if isinstance(v, float) else v for v in row.values()))
    if args.write:
        write_rows(OUT, rows)


if __name__ == "__main__":
    main()
