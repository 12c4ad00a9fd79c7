"""First-passage fields beside the particles of the same process, and their speed.

    .venv/bin/python -m bench.field_oracle [--states 10000] [--particles 400] [--write]

States are uniform over the places within reach of the border, with any course, a
speed of the class's band, errors of 30 to 300 m and 0.5 to 5 m/s, three in ten last
seen up to a minute ago. The oracle is the forecast's own particles, with turns at
once (the field's process) and, for fewer states, at the class's rate of turn (what
the field leaves out). Each state is flown twice with independent draws, A and B: the
mean of (F - A)(F - B) is the squared error of the field F without the particles'
noise, |A - B| / 2 is the noise of their mean. The states that differ most are flown
again with 10,000 particles, so that "worst" is the field's and not theirs.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from forefield.forecasting import fields
from forefield.forecasting.forecast import HORIZONS_S, forecast
from forefield.forecasting.parameters import Parameters, shipped
from forefield.threats.classes import speed_band_mps
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.borders import guard

RESULTS = Path(__file__).parent / "results"
T0_S = 1_711_247_400.0
STYLES = ("cruise", "drone", "jet_drone")


def states(style: str, many: int, seed: int) -> Tracks:
    """Random states of a class within its reach of Poland."""
    border = guard("PL")
    f = border.field()
    rng = np.random.default_rng(seed)
    band = speed_band_mps(style)
    iy, ix = np.nonzero((f.signed_m > 0.0) & (f.signed_m < 0.7 * 900.0 * band.high))
    pick = rng.integers(0, len(iy), 2 * many)
    x = f.x0_m + f.cell_m * (ix[pick] + rng.uniform(-0.5, 0.5, len(pick)))
    y = f.y0_m + f.cell_m * (iy[pick] + rng.uniform(-0.5, 0.5, len(pick)))
    lat, lon = border.plane.inverse(x, y)
    out = np.flatnonzero(~border.inside(lat, lon))[:many]
    n = len(out)
    v, course = rng.uniform(band.low, band.high, n), rng.uniform(0.0, 2 * np.pi, n)
    p = np.zeros((n, len(CLASSES)))
    p[:, CLASSES.index(style)] = 1.0
    age = np.where(rng.random(n) < 0.3, rng.uniform(0.0, 60.0, n), 0.0)
    t = T0_S + np.arange(n)
    return Tracks.build(
        n,
        t_s=t,
        t_seen_s=t - age,
        track_id=np.arange(n) + 1,
        lat_deg=lat[out],
        lon_deg=lon[out],
        v_east_mps=v * np.sin(course),
        v_north_mps=v * np.cos(course),
        sigma_pos_m=rng.uniform(30.0, 300.0, n),
        sigma_vel_mps=rng.uniform(0.5, 5.0, n),
        p_exist=np.ones(n),
        p_class=p,
    )


def answers(tracks: Tracks, model: str, par: Parameters, draws: int = 0) -> Any:
    """Beliefs in the order of the tracks; odds 1, so that nothing is shifted."""
    named = dataclasses.replace(tracks, track_id=tracks.track_id + 1_000_000 * draws)
    return forecast(
        named, ["PL"], HORIZONS_S, model=model, parameters=par,
        base_rate=par.implied_by_guard["PL"],
    )  # fmt: skip


def beside(style: str, many: int, particles: int, turns: str, seed: int) -> list[Any]:
    """Rows of the table for one class and one process."""
    par = dataclasses.replace(shipped(), particles=particles // 2)
    motion = par.motion(style)
    if turns == "at once":
        motion = dataclasses.replace(motion, turn_rate_dps=0.0)
    par = dataclasses.replace(par, motions={**par.motions, style: motion})
    tracks = states(style, many, seed)
    field = answers(tracks, "field", par)
    a, b = (answers(tracks, "turning", par, k) for k in (1, 2))
    shape = (len(tracks), len(HORIZONS_S))
    f, pa, pb = (x.p_enter.reshape(shape) for x in (field, a, b))
    off = f - 0.5 * (pa + pb)
    # The worst again, with draws of their own and many more of them.
    worst = np.argsort(-np.abs(off).max(axis=1))[:50]
    many_more = dataclasses.replace(par, particles=10_000)
    again = answers(tracks.take(worst), "turning", many_more, 3)
    sure = np.abs(f[worst] - again.p_enter.reshape(-1, shape[1]))
    rows = []
    for k, h in enumerate(HORIZONS_S):
        square = ((f - pa) * (f - pb))[:, k].mean()
        rows.append(
            {
                "class": style,
                "turns": turns,
                "horizon_s": h,
                "states": shape[0],
                "particles": particles,
                "mean_p": round(float(f[:, k].mean()), 5),
                "mean_abs": round(float(np.abs(off[:, k]).mean()), 5),
                "noise_abs": round(float(np.abs(pa - pb)[:, k].mean() / 2), 5),
                "rms_without_noise": round(float(np.sqrt(max(square, 0.0))), 5),
                "bias": round(float(off[:, k].mean()), 5),
                "worst_with_noise": round(float(np.abs(off[:, k]).max()), 5),
                "worst": round(float(sure[:, k].max()), 5),
            }
        )
        print(rows[-1], flush=True)
    likely = (a.p_enter > 0.1) & (b.p_enter > 0.1)

    def gap(name: str) -> float:
        other = 0.5 * (getattr(a, name) + getattr(b, name))
        return float(np.nanmean(np.abs(getattr(field, name) - other)[likely]))

    print(
        style, turns, "beside particles, mean difference where p > 0.1:",
        {n: round(gap(n), 4) for n in (
            "p_leave", "p_end_inside", "t_enter_p05_s", "t_enter_p50_s",
            "t_enter_p95_s")},
        flush=True,
    )  # fmt: skip
    return rows


def speed(style: str) -> dict[str, Any]:
    """Beliefs a second in the compiled reading, one core; size and solving."""
    from forefield.forecasting.forecast import Task, odds_of, starts
    from forefield.forecasting.motion import motion_of
    from forefield.forecasting.reading import read_fields

    par, border = shipped(), guard("PL")
    tracks = states(style, 100_000, 7)
    motion = motion_of(tracks, par)
    dist = border.distance_m(tracks.lat_deg, tracks.lon_deg)
    task = Task(
        border, border.field(), tracks, motion, dist, np.array(HORIZONS_S),
        odds_of(None, "PL", par), par,
    )  # fmt: skip
    key = fields.key_of_field(style, par)
    assert key is not None
    starts(tracks, motion, border, dist)
    best = {"read": np.inf, "forecast": np.inf}
    for _ in range(5):
        t = time.process_time()
        read_fields(task, lambda t: None)  # type: ignore[arg-type, return-value]
        best["read"] = min(best["read"], time.process_time() - t)
    for _ in range(2):
        t = time.process_time()
        forecast(tracks, ["PL"], HORIZONS_S, model="field")
        best["forecast"] = min(best["forecast"], time.process_time() - t)
    t = time.process_time()
    fields._solve(border, key)
    solved = time.process_time() - t
    path = fields.field_path(border, key)
    size = os.path.getsize(path) / 1e6 if path and path.exists() else np.nan
    row = {
        "class": style,
        "rows": len(tracks),
        "beliefs_per_s_reading": round(len(tracks) / best["read"]),
        "beliefs_per_s_forecast": round(len(tracks) / best["forecast"]),
        "solve_cpu_s": round(solved, 1),
        "size_mb": round(size, 1),
    }
    print(row, flush=True)
    return row


def write(name: str, rows: list[dict[str, Any]]) -> None:
    with (RESULTS / name).open("w", newline="") as out:
        table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--states", type=int, default=10_000)
    ask.add_argument("--particles", type=int, default=400)
    ask.add_argument("--only", choices=("oracle", "speed"))
    ask.add_argument("--classes", nargs="+", choices=STYLES, default=list(STYLES))
    ask.add_argument("--write", action="store_true")
    told = ask.parse_args()
    if told.only != "speed":
        each = -(-told.states // len(STYLES))
        rows = []
        for style in told.classes:
            k = STYLES.index(style)
            rows += beside(style, each, told.particles, "at once", 11 + k)
            rows += beside(style, each // 8, told.particles, "at its rate", 21 + k)
            if told.write:
                write("field_oracle.csv", rows)
    if told.only != "oracle":
        rows = [speed(style) for style in told.classes]
        if told.write:
            write("field_speed.csv", rows)


if __name__ == "__main__":
    main()
