"""Forefield's tracker beside Stone Soup's and beside what it could do at best.

    python -m bench.tracking.side_by_side            # ours, the bound, Stone Soup's seed 1
    python -m bench.tracking.side_by_side --no-peer  # without Stone Soup: two minutes
    python -m bench.tracking.side_by_side --only-peer --peer-seeds 1-10   # hours

Seeds 1 to 10 of small, medium, large and raid, 1 to 100 of four; nothing was tuned on
them. Accuracy of Stone Soup 1.9.1 on the other seeds is read from
bench/results/tracking_peer.csv, which `--only-peer` made; its rows of `gnn-imm` are of
`bench.tracking.stonesoup_imm`, a filter that Stone Soup does not ship. Speeds are
compared on seed 1 in this one run, each tracker alone, one thread; a peer's clock stops
after `--peer-seconds`. Writes bench/results/tracking.csv (a row per run) and
bench/results/tracking_summary.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.tracking import bound, run_forefield, scenarios

RESULTS = scenarios.ROOT / "bench" / "results"
SEEDS = {name: range(1, 101 if name == "four" else 11) for name in scenarios.NAMES}
FIELDS = (
    "scenario", "seed", "tracker", "gospa", "rms_gospa", "n_missed", "n_false",
    "n_truth", "position_rmse", "id_switches", "det_per_s", "ms_median", "ms_p99",
    "peak_mb",
)  # fmt: skip


def row(name: str, seed: int, tracker: str, scores: dict[str, float]) -> dict[str, Any]:
    """A row of the results."""
    out: dict[str, Any] = {"scenario": name, "seed": seed, "tracker": tracker}
    for key in FIELDS[3:]:
        value = scores.get(key, np.nan)
        out[key] = f"{value:.6g}" if np.isfinite(value) else ""
    return out


def ours(name: str, seed: int, kept: Path) -> list[dict[str, Any]]:
    """Our tracker, and the same given the true association, on one file."""
    scenario = scenarios.load(scenarios.path(name, seed, kept))
    found = run_forefield.estimates(scenario)
    # The second of two runs: the first pays for cold caches.
    found = run_forefield.estimates(scenario)
    best = bound.estimates(scenario)
    best["scan_seconds"] = np.full(scenario["told"]["scans"], np.inf)
    rows = [row(name, seed, "forefield", scenarios.score(scenario, found))]
    scores = scenarios.score(scenario, best)
    for key in ("det_per_s", "ms_median", "ms_p99", "peak_mb"):
        scores[key] = np.nan
    rows.append(row(name, seed, "true association", scores))
    return rows


def peer(
    name: str, seed: int, kept: Path, tracker: str, seconds: float | None
) -> dict[str, Any]:
    """One of Stone Soup's trackers by the benchmark's own runner."""
    file = scenarios.path(name, seed, kept)
    if tracker == "gnn-imm":
        words = [str(Path(__file__).parent / "stonesoup_imm.py"), str(file)]
    else:
        words = [str(scenarios.folder() / "run_stonesoup.py"), str(file), tracker]
    if seconds is not None:
        words += ["--max-seconds", str(seconds)]
    told = subprocess.run(
        [sys.executable, *words],
        check=True, capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ).stdout  # fmt: skip
    return row(name, seed, f"stonesoup {tracker}", json.loads(told.splitlines()[-1]))


def read(file: Path) -> list[dict[str, Any]]:
    """Rows of an earlier run, or none."""
    if not file.exists():
        return []
    with file.open() as lines:
        return list(csv.DictReader(x for x in lines if not x.startswith("#")))


def write(file: Path, rows: list[dict[str, Any]], note: str) -> None:
    """Rows as CSV with a line that says where they come from."""
    with file.open("w", newline="") as out:
        out.write(f"# {note}\n")
        table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def mean(rows: list[dict[str, Any]], key: str) -> float:
    """Mean of a column; RMS for the RMS GOSPA, as the benchmark's papers do."""
    values = [float(r[key]) for r in rows if r[key] != ""]
    if not values:
        return float("nan")
    if key == "rms_gospa":
        return float(np.sqrt(np.mean(np.square(values))))
    return fmean(values)


def summary(
    mine: list[dict[str, Any]], peers: list[dict[str, Any]], live: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Means by scenario and tracker, and ours as a ratio to each."""
    out = []
    for name in scenarios.NAMES:
        rows = [r for r in mine + peers if r["scenario"] == name]
        us = [r for r in rows if r["tracker"] == "forefield"]
        for tracker in dict.fromkeys(r["tracker"] for r in rows):
            its = [r for r in rows if r["tracker"] == tracker]
            # The same seeds for both.
            seeds = {str(r["seed"]) for r in its}
            same = [r for r in us if str(r["seed"]) in seeds]
            line: dict[str, Any] = {
                "scenario": name, "tracker": tracker, "seeds": len(its),
            }  # fmt: skip
            for key in ("gospa", "rms_gospa", "position_rmse", "id_switches"):
                line[key] = f"{mean(its, key):.5g}"
                ratio = mean(same, key) / max(mean(its, key), 1e-9)
                line[f"ours_{key}_ratio"] = f"{ratio:.3f}"
            at_once = [r for r in live if r["scenario"] == name]
            speed = [r for r in at_once if r["tracker"] == tracker]
            mine_now = [r for r in at_once if r["tracker"] == "forefield"]
            line["det_per_s_seed_1"] = speed[0]["det_per_s"] if speed else ""
            line["ms_p99_seed_1"] = speed[0]["ms_p99"] if speed else ""
            line["ours_speed_ratio"] = (
                f"{float(mine_now[0]['det_per_s']) / float(speed[0]['det_per_s']):.0f}"
                if speed and mine_now
                else ""
            )
            out.append(line)
    return out


def show(lines: list[dict[str, Any]]) -> None:
    """The summary as a table of text."""
    head = list(lines[0])
    wide = [max(len(h), *(len(str(r[h])) for r in lines)) for h in head]
    print("  ".join(h.ljust(w) for h, w in zip(head, wide, strict=True)))
    for r in lines:
        print("  ".join(str(r[h]).ljust(w) for h, w in zip(head, wide, strict=True)))


def seeds_of(text: str) -> range:
    """`1-10` or `3` as a range."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=scenarios.ROOT / "runs" / "tracking"
    )
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--only-peer", action="store_true")
    parser.add_argument("--peer-seeds", type=seeds_of, default=range(1, 2))
    parser.add_argument("--peers", nargs="*", default=["gnn-kd", "jpda-kd", "gnn-imm"])
    parser.add_argument("--peer-seconds", type=float, default=20.0)
    parser.add_argument("--scenarios", nargs="*", default=list(scenarios.NAMES))
    args = parser.parse_args()
    kept = RESULTS / "tracking_peer.csv"
    run_forefield.warm_up()
    mine: list[dict[str, Any]] = []
    live: list[dict[str, Any]] = []
    for name in args.scenarios:
        if not args.only_peer:
            for seed in SEEDS[name]:
                mine += ours(name, seed, args.data)
            live.append(mine[-2 * len(SEEDS[name])])
        if not args.no_peer:
            for tracker in args.peers:
                for seed in args.peer_seeds:
                    cut = None if args.only_peer else args.peer_seconds
                    live.append(peer(name, seed, args.data, tracker, cut))
                    print(*live[-1].values(), flush=True)
    if args.only_peer:
        new = {(r["scenario"], str(r["seed"]), r["tracker"]) for r in live}
        old = [
            r for r in read(kept)
            if (r["scenario"], r["seed"], r["tracker"]) not in new
        ]  # fmt: skip
        write(kept, old + live, "python -m bench.tracking.side_by_side --only-peer")
        return
    lines = summary(mine, read(kept), live)
    show(lines)
    command = "python -m bench.tracking.side_by_side" + " --no-peer" * args.no_peer
    write(RESULTS / "tracking.csv", mine, command)
    if not args.no_peer and set(args.scenarios) == set(scenarios.NAMES):
        write(RESULTS / "tracking_summary.csv", lines, command)


if __name__ == "__main__":
    main()
