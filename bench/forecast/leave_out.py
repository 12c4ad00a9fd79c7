"""Every behaviour family left out in turn: ours against the reference and the line.

    .venv/bin/python -m bench.forecast.leave_out [--entering 300] [--rows 60000] [--write]

For each family the reference (`--model reference`) and the correction of the field
(`--model corrected`) are fitted anew on the flights of all the other families, the
same flights for both, and scored on this one: Brier skill over climatology by distance
band on the reachable set, with flights lost before the horizon left out. Differences are
resampled by flight (paired). What is tuned (the mix of trees and field) is read from
the families of role tune alone.
"""

from __future__ import annotations

import argparse
import csv
import os
import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.forecast.sample import NAMES, Sample, sample
from forefield.columns import Bool, Floats, Ints, Texts
from forefield.forecasting import fitted as ft
from forefield.forecasting import forecast as fc
from forefield.forecasting.exposure import discount, exposure
from forefield.forecasting.features import Geometry, memoryless, seen
from forefield.forecasting.motion import motion_of
from forefield.forecasting.parameters import shipped
from forefield.forecasting.traces import trace_of
from forefield.scoring.calibration import recalibrate, reliability
from forefield.scoring.climatology import leave_one_flight_out
from forefield.world.borders import guard

OUT = Path(__file__).parents[1] / "results/forecast_leave_out.csv"
HORIZONS_S = np.array(ft.KNOTS_S)


@dataclass(frozen=True)
class Rows:
    """Rows to be forecast, with all that the models look at. N rows.

    field (N, 5) at the knots and inf; straight (N, 4, 2): hard line, tuned line
    memoryless (N, 29), seen (N, 32): see `forecasting.features`; weight (N,) of trees
    lowered (N,) log odds that the correction takes off for the flight's exposure
    known, entered  (N, 4) whether it is known what happened, and what
    """

    family: Texts
    flight: Ints
    dist_m: Floats
    field: Floats
    straight: Floats
    memoryless: Floats
    seen: Floats
    weight: Floats
    lowered: Floats
    known: Bool
    entered: Bool


def rows_of(s: Sample, iso: str, most: int, seed: int = 1) -> Rows:
    """At most so many rows of every family, drawn at random."""
    border, par = guard(iso), shipped()
    motion = motion_of(s.tracks, par)
    trace = trace_of(s.tracks)
    use = s.asked & (s.dist_m <= motion.reach_mps * HORIZONS_S[-1]) & (s.left_s > 0.0)
    rng = np.random.Generator(np.random.Philox(seed))
    rows = []
    for name in np.unique(s.family):
        mine = np.flatnonzero(use & (s.family == name))
        rows.append(np.sort(rng.permutation(mine)[:most]))
    r = np.concatenate(rows)
    tracks, m, dist = s.tracks.take(r), motion.take(r), s.dist_m[r]
    task = fc.Task(
        border, border.field(), tracks, m, dist, np.append(HORIZONS_S, np.inf), 1.0, par,
        trace.take(r),
    )  # fmt: skip
    field = fc.MODELS["field"](task).out[:, :, 0]
    lines = np.stack(
        [fc.MODELS[n](task).out[:, :4, 0] for n in ("straight", "straight-gauss")],
        axis=2,
    )
    g = Geometry(task)
    reach = dist[:, None] <= m.reach_mps[:, None] * HORIZONS_S
    entered = s.t_enter_s[r, None] <= HORIZONS_S
    return Rows(
        s.family[r], tracks.track_id, dist, field, lines, memoryless(task, g),
        seen(task, g), ft.weight_of(m.style, 1.0),
        discount(exposure(s.tracks, motion, border, par)[r]),
        reach & (entered | (s.left_s[r, None] >= HORIZONS_S)), entered,
    )  # fmt: skip


def boosted(x: Floats, y: Bool, weight: Floats | None, trees: int) -> Any:
    """Gradient boosting with one setting for everything that is fitted here."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=0.1, max_leaf_nodes=16, max_depth=7,
        min_samples_leaf=80, l2_regularization=1.0, early_stopping=False,
    ).fit(x, y, sample_weight=weight)  # fmt: skip


def balanced(family: Texts) -> Floats:
    """Weights by which every family counts alike."""
    _, back, n = np.unique(family, return_inverse=True, return_counts=True)
    w = 1.0 / np.maximum(n, 300)[back]
    return np.asarray(w / w.mean())


def fit(rows: Rows, use: Bool, k: int, trees: int) -> tuple[ft.Trees, ft.Trees]:
    """Reference and correction of one horizon, from the same rows."""
    on = np.flatnonzero(use & rows.known[:, k])
    y = rows.entered[on, k]
    w = balanced(rows.family[on])
    a = boosted(rows.memoryless[on], y, w, trees)
    b = boosted(rows.seen[on], y, w, trees)
    return ft.Trees.of_sklearn(a), ft.Trees.of_sklearn(b)


def _expit(z: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def skill(p: Floats, y: Floats, clim: Floats) -> float:
    """Brier skill over climatology."""
    return float(1.0 - ((p - y) ** 2).mean() / ((clim - y) ** 2).mean())


def bootstrap(
    loss_a: Floats, loss_b: Floats, base: Floats, flight: Ints, times: int = 500
) -> Floats:
    """Differences of skill, b less a, resampled by flight."""
    _, back = np.unique(flight, return_inverse=True)
    n = back.max() + 1
    sums = np.stack([np.bincount(back, x, minlength=n) for x in (loss_a, loss_b, base)])
    rng = np.random.Generator(np.random.Philox(7))
    drawn = rng.multinomial(n, np.full(n, 1.0 / n), size=times)
    a, b, c = (drawn @ s for s in sums)
    return np.asarray((a - b) / c)


def main() -> None:
    """Print the table; with --write also bench/results/forecast_leave_out.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guard", default="PL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entering", type=int, default=300)
    parser.add_argument("--rows", type=int, default=4000, help="of a family")
    parser.add_argument("--trees", type=int, default=70)
    parser.add_argument("--mix", type=float, nargs="*", default=[0.5])
    parser.add_argument("--keep", type=Path, help="keep the flown sample here")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    began = time.time()
    s = flown(args.guard, args.seed, args.entering, args.keep)
    rows = rows_of(s, args.guard, args.rows)
    print(f"{len(rows.flight)} rows, {time.time() - began:.0f} s", flush=True)
    table: list[dict[str, Any]] = []
    draws: dict[tuple[int, str, str], Floats] = {}
    said: dict[tuple[int, str], list[tuple[Floats, Floats, Ints]]] = {}
    for name in NAMES:
        for k, h in enumerate(HORIZONS_S):
            mine = np.flatnonzero((rows.family == name) & rows.known[:, k])
            y = rows.entered[mine, k].astype(float)
            flight = rows.flight[mine]
            entering = len(np.unique(flight[y > 0]))
            if entering < 5:
                continue
            reference, correction = fit(rows, rows.family != name, k, args.trees)
            clim = leave_one_flight_out(rows.dist_m[mine], y, np.ones(len(y)), flight)
            z = correction.log_odds(rows.seen[mine])
            models = {
                "reference": _expit(reference.log_odds(rows.memoryless[mine])),
                "straight": rows.straight[mine, k, 0],
                "straight-gauss": rows.straight[mine, k, 1],
                "field": rows.field[mine, k],
            }
            for mix in args.mix:
                models[f"corrected {mix:g}"] = _expit(
                    ft.mixed(rows.field[mine, k], z, mix * rows.weight[mine])
                    - rows.weight[mine] * rows.lowered[mine]
                )
            base = (clim - y) ** 2
            for model, p in models.items():
                said.setdefault((int(h), model), []).append((p, y, flight))
                row = {
                    "family": name, "horizon_s": int(h), "model": model, "rows": len(y),
                    "flights": len(np.unique(flight)), "entering": entering,
                    "base": y.mean(), "skill": skill(p, y, clim),
                    "e_over_o": p.sum() / y.sum(),
                    "log": -np.log(np.clip(np.where(y > 0, p, 1 - p), 1e-4, 1)).mean(),
                }  # fmt: skip
                if model.startswith(("corrected", "field")):
                    d = bootstrap(
                        (models["reference"] - y) ** 2, (p - y) ** 2, base, flight
                    )
                    low, high = np.quantile(d, [0.025, 0.975])
                    row |= {"over_reference": row["skill"] - skill(models["reference"], y, clim),
                            "low": low, "high": high}  # fmt: skip
                    draws[int(h), model, name] = d
                table.append(row)
        told(table, name, began)
    for without in ("", "stray_interceptor"):
        table += means(table, draws, without)
    table += pooled(said)
    if args.write:
        names = [*table[0], "over_reference", "low", "high", "slope", "bins",
                 "bins_outside"]  # fmt: skip
        with OUT.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(names)))
            writer.writeheader()
            for r in table:
                writer.writerow({k: round(v, 4) if isinstance(v, float) else v
                                 for k, v in r.items()})  # fmt: skip


def means(
    table: list[dict[str, Any]], draws: dict[tuple[int, str, str], Floats], without: str
) -> list[dict[str, Any]]:
    """Mean over families of what each model is over the reference, with intervals."""
    out = []
    label = "mean" if not without else f"mean without {without}"
    for h, model in sorted({k[:2] for k in draws}):
        mine = [n for n in NAMES if (h, model, n) in draws and n != without]
        low, high = np.quantile(
            np.mean([draws[h, model, n] for n in mine], axis=0), [0.025, 0.975]
        )
        rows = [
            r for r in table
            if (r["horizon_s"], r["model"]) == (h, model) and r["family"] in mine
        ]  # fmt: skip
        over = float(np.mean([r["over_reference"] for r in rows]))
        worst = min(rows, key=lambda r: r["over_reference"])
        print(
            f"{label}: {h} s {model} skill {np.mean([r['skill'] for r in rows]):.3f}, "
            f"over the reference {over:+.3f} ({low:+.3f} to {high:+.3f}); least "
            f"{worst['over_reference']:+.3f} in {worst['family']}"
        )
        out.append(
            {"family": label, "horizon_s": h, "model": model, "over_reference": over,
             "low": low, "high": high, "skill": np.mean([r["skill"] for r in rows])}
        )  # fmt: skip
    return out


def pooled(
    said: dict[tuple[int, str], list[tuple[Floats, Floats, Ints]]],
) -> list[dict[str, Any]]:
    """Calibration over all left-out families together, every family counting alike."""
    out = []
    for (h, model), parts in said.items():
        p, y, flight = (np.concatenate([part[k] for part in parts]) for k in range(3))
        w = np.concatenate([np.full(len(y), 1.0 / len(y)) for _, y, _ in parts])
        w /= w.mean()
        line = recalibrate(p, y, w, flight)
        bins = reliability(p, y, w, flight, family=len(HORIZONS_S))
        q = np.clip(np.where(y > 0, p, 1 - p), 1e-4, 1)
        row = {
            "family": "all, pooled", "horizon_s": h, "model": model, "rows": len(y),
            "e_over_o": float((w * p).sum() / (w * y).sum()), "slope": line.slope,
            "low": line.slope_lo, "high": line.slope_hi, "bins": len(bins.rows),
            "bins_outside": len(bins.outside_family),
            "log": float(-(w * np.log(q)).mean()),
        }  # fmt: skip
        print(
            f"pooled: {h} s {model} E/O {row['e_over_o']:.3f} slope "
            f"{line.slope:.3f} ({line.slope_lo:.3f} to {line.slope_hi:.3f}) log "
            f"{row['log']:.4f}, {row['bins_outside']} of {row['bins']} bins outside"
        )
        out.append(row)
    return out


def told(table: list[dict[str, Any]], name: str, began: float) -> None:
    """A family's skills on a line for each horizon."""
    for h in HORIZONS_S:
        got = [r for r in table if r["family"] == name and r["horizon_s"] == int(h)]
        if got:
            line = "  ".join(
                f"{r['model']} {r['skill']:.3f}/{r['e_over_o']:.2f}" for r in got
            )
            print(
                f"{name:22s} {h:4.0f} s {line}  {time.time() - began:.0f} s", flush=True
            )


def flown(iso: str, seed: int, entering: int, keep: Path | None) -> Sample:
    """The sample, flown or read from `keep`."""
    if keep is not None and keep.exists():
        with keep.open("rb") as file:
            kept: Sample = pickle.load(file)
        return kept
    s = Sample.concat(
        [
            sample(n, iso, seed=seed, entering=entering, others=3 * entering,
                   number0=100_000 * k)
            for k, n in enumerate(NAMES)
        ]
    )  # fmt: skip
    if keep is not None:
        part = keep.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            pickle.dump(s, file)
        part.replace(keep)
    return s


if __name__ == "__main__":
    main()
