"""Run Forefield's tracker on a scenario of the tracking benchmark.

    python run_forefield.py small_1.npz --score gospa.py
    python run_forefield.py small_101.npz --set accel_psd=2 --score gospa.py

Reads `meta`, `det_scan`, `det_xy` of a scenario (never the truth) and writes the
estimates beside it, or to --out: est_scan, est_id, est_xy, scan_seconds, peak_mb.
`--score` names the benchmark's scorer, an outside program; its lines are shown.

The scenario's flat square is laid on the picture's plane, and every plot is reported
as latitude, longitude and sigma, so the whole of `Tracker.update` is measured, the
conversions of frames included. Tune on seeds 101 and up; report on seed 1.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking.tracker import Tracker, TrackerConfig
from forefield.world.plane import Plane

T0 = 1_700_000_000.0


def estimates(scenario: Any, **overrides: float) -> dict[str, Any]:
    """Estimates of one run, in the benchmark's layout."""
    meta = json.loads(str(scenario["meta"]))
    dt, size, scans = meta["dt"], meta["region"], meta["scans"]
    plane = Plane.at(50.0, 25.0)
    xy = scenario["det_xy"] - size / 2.0
    lat, lon = plane.inverse(xy[:, 0], xy[:, 1])
    reach = 0.75 * size
    sensor = Sensor(
        id="S", kind="acoustic", owner="XX", lat_deg=50.0, lon_deg=25.0, alt_m=0.0,
        period_s=dt, max_range_m=reach, sigma_range_m=meta["sigma_m"],
        sigma_azimuth_deg=0.0, p_detect=meta["p_detect"],
        clutter_per_scan=meta["clutter_per_scan"] * np.pi * reach**2 / size**2,
    )  # fmt: skip
    # Every limit that has a length follows the scenario's own scale of noise.
    unit = meta["sigma_m"] / 150.0
    given: dict[str, Any] = {"history": False, "report_p_exist": 0.5}
    if unit < 0.1:
        given |= {
            "accel_psd": meta["q"], "accel_psd_turning": 2 * meta["q"],
            "sigma_speed_mps": 1.0, "sigma_fast_mps": 1.0,
            "max_sigma_m": 100.0, "turn_every_s": 1e5,
            "coast_s": 5.0, "max_coast_s": 20.0, "merge": 0.0,
        }  # fmt: skip
    config = TrackerConfig(**(given | overrides))
    tracker = Tracker([sensor], plane, config)
    edges = np.searchsorted(scenario["det_scan"], np.arange(scans + 1))
    est_scan, est_id, est_xy, seconds = [], [], [], []
    for k in range(scans):
        lo, hi = edges[k], edges[k + 1]
        now = T0 + k * dt
        started = time.perf_counter()
        plots = Detections.build(
            hi - lo, t_s=now, sensor="S", lat_deg=lat[lo:hi], lon_deg=lon[lo:hi],
            sigma_m=meta["sigma_m"],
        )  # fmt: skip
        look = Scans.build(
            1, t_start_s=now - 1e-3, t_end_s=now, sensor="S", status="ok"
        )
        tracks = tracker.update(plots, look, now)
        seconds.append(time.perf_counter() - started)
        shown = np.isin(tracks.status, ("confirmed", "coasting"))
        shown &= tracks.p_exist >= config.report_p_exist
        x, y = plane.forward(tracks.lat_deg[shown], tracks.lon_deg[shown])
        est_scan.append(np.full(shown.sum(), k))
        est_id.append(tracks.track_id[shown])
        est_xy.append(np.column_stack([x, y]) + size / 2.0)
    return {
        "est_scan": np.concatenate(est_scan),
        "est_id": np.concatenate(est_id),
        "est_xy": np.concatenate(est_xy).reshape(-1, 2),
        "scan_seconds": np.array(seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def warm_up() -> None:
    """Load or compile the kernels, so that no scenario pays for it."""
    meta = {"dt": 5.0, "region": 1e5, "scans": 4, "p_detect": 0.9, "sigma_m": 150.0,
            "clutter_per_scan": 1.0, "q": 0.01}  # fmt: skip
    rows = np.arange(4)
    estimates(
        {
            "meta": json.dumps(meta),
            "det_scan": rows,
            "det_xy": np.column_stack([5e4 + 500.0 * rows, 5e4 + 0.0 * rows]),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("scenario", type=Path, nargs="+")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, help="folder of the estimates")
    parser.add_argument("--score", type=Path, help="the benchmark's scorer")
    args = parser.parse_args()
    overrides = {k: float(v) for k, v in (s.split("=") for s in args.set)}
    warm_up()
    for path in args.scenario:
        result = estimates(dict(np.load(path)), **overrides)
        folder = args.out or path.parent
        target = folder / f"{path.stem}.forefield.npz"
        np.savez_compressed(target, **result)
        print(f"{path.stem}: wrote {target}", flush=True)
        if args.score:
            subprocess.run(
                [sys.executable, str(args.score), str(path), str(target)], check=True
            )


if __name__ == "__main__":
    main()
