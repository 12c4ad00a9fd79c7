"""How the tracker's time grows, what an air-traffic centre's load costs, and whether
its covariances hold.

    python -m bench.tracking.scaling [--write]

1. Scans of 100 to 100,000 plots at one density: time per plot.
2. The sizing of EUROCONTROL's ARTAS: 4,000 tracks, 2,000 reports a second from 30
   radars, through `Tracker.update` with polar plots: share of one core.
3. Normalised errors (ANEES) and innovations (NIS), each divided by its number of
   dimensions: 1 is right. On straight flight drawn from the filter's own model, and on
   the turning flights of the benchmark's small scenario.
4. Cold start: a new process to its first picture, compiled kernels cached.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2

from bench.tracking import run_forefield, scenarios
from forefield.chance import Stream
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.sensing.observe import observe
from forefield.threats.flights import Flights
from forefield.tracking.config import TrackerConfig
from forefield.tracking.plane_tracker import PlaneTracker
from forefield.tracking.tracker import Tracker
from forefield.world.plane import Plane

OUT = Path(__file__).parents[1] / "results" / "tracking_scaling.csv"
T0 = 1_711_250_000.0


def growth() -> list[dict[str, Any]]:
    """Processor time a plot [µs] in scans of n plots, a third of them of targets."""
    out = []
    for n in (100, 300, 1000, 3000, 10_000, 30_000, 100_000):
        g = Stream(1, "growth", n).generator()
        targets = n // 3
        size = np.sqrt(n / 1500.0) * 600e3  # the density of `large`
        x = g.uniform(0.1 * size, 0.9 * size, (targets, 2))
        v = g.normal(size=(targets, 2)) * 100.0
        tracker = PlaneTracker(
            150.0, 0.9, (n - targets) / size**2, (0.0, 0.0, size, size),
            TrackerConfig(**run_forefield.COMMON),
        )  # fmt: skip
        scans = [
            np.concatenate(
                [
                    (x + v * 5.0 * k + g.normal(size=x.shape) * 150.0)[
                        g.random(targets) < 0.9
                    ],
                    g.uniform(0.0, size, (n - targets, 2)),
                ]
            )
            for k in range(24)
        ]
        seconds = []
        for k, xy in enumerate(scans):
            started = time.process_time()
            tracker.scan(5.0 * k, xy)
            seconds.append(time.process_time() - started)
        late = float(np.median(seconds[12:]))
        out.append({"what": f"scan of {n} plots", "value": f"{1e6 * late / n:.3f}",
                    "unit": "µs a plot"})  # fmt: skip
    each = [float(r["value"]) for r in out]
    out.append({"what": "slowest over fastest", "value": f"{max(each) / min(each):.2f}",
                "unit": ""})  # fmt: skip
    return out


def artas() -> list[dict[str, Any]]:
    """4,000 tracks and 2,000 reports a second of 30 radars."""
    g = Stream(1, "artas").generator()
    plane = Plane.at(51.0, 19.0)
    half, n, seconds = 600e3, 4000, 120.0
    start = g.uniform(-half, half, (n, 2))
    course, speed = g.uniform(0.0, 2 * np.pi, n), g.uniform(180.0, 250.0, n)
    t = np.arange(0.0, seconds + 1.0, 10.0)
    x = start[:, :1] + speed[:, None] * np.sin(course)[:, None] * t
    y = start[:, 1:] + speed[:, None] * np.cos(course)[:, None] * t
    lat, lon = plane.inverse(x.ravel(), y.ravel())
    rows = len(t) * n
    flights = Flights.build(
        rows, t_s=T0 + np.tile(t, n),
        flight_id=np.repeat(np.array([f"F{i}" for i in range(n)]), len(t)),
        lat_deg=lat, lon_deg=lon, alt_m=np.repeat(g.uniform(8e3, 12e3, n), len(t)),
        klass="civil",
    )  # fmt: skip
    sensors = []
    for i in range(30):
        px, py = -half + 240e3 * (i % 6), -half + 300e3 * (i // 6)
        at = plane.inverse(np.array([px]), np.array([py]))
        sensors.append(
            Sensor(
                id=f"R{i}", kind="radar3d", owner="XX", lat_deg=float(at[0][0]),
                lon_deg=float(at[1][0]), alt_m=250.0, ground_m=200.0, period_s=6.6,
                max_range_m=290e3, sigma_range_m=70.0, sigma_azimuth_deg=0.07,
                sigma_elevation_deg=0.3, p_detect=0.9, clutter_per_scan=10.0,
                min_elevation_deg=-1.0,
            )
        )  # fmt: skip
    plots, scans = observe(
        flights, sensors, Stream(2, "artas"), t0_s=T0, t1_s=T0 + seconds
    )
    tracker = Tracker(sensors, plane, TrackerConfig(history=False))
    spent, reports, held = 0.0, 0, 0
    from forefield.tracking.recording import ready_s

    ready = ready_s(plots, scans)
    for now in np.arange(T0 + 5.0, T0 + seconds + 1.0, 5.0):
        mine = plots.take((ready > now - 5.0) & (ready <= now))
        looks = scans.take((scans.t_end_s > now - 5.0) & (scans.t_end_s <= now))
        started = time.process_time()
        tracks = tracker.update(mine, looks, now)
        if now > T0 + 60.0:
            spent += time.process_time() - started
            reports += len(mine)
            held = int((tracks.p_exist > 0.5).sum())
    span = seconds - 60.0
    return [
        {"what": "ARTAS load: tracks held", "value": str(held), "unit": ""},
        {"what": "ARTAS load: reports", "value": f"{reports / span:.0f}",
         "unit": "a second"},
        {"what": "ARTAS load: share of one core", "value": f"{spent / span:.4f}",
         "unit": ""},
    ]  # fmt: skip


def consistency() -> list[dict[str, Any]]:
    """ANEES and NIS over the number of dimensions, with their 95 % bands."""
    out = []
    plane = Plane.at(50.5, 24.0)
    sensor = Sensor(
        id="E", kind="acoustic", owner="XX", lat_deg=50.5, lon_deg=24.0, alt_m=200.0,
        period_s=5.0, max_range_m=400e3, sigma_range_m=100.0, sigma_azimuth_deg=0.0,
        p_detect=0.95,
    )  # fmt: skip
    straight = TrackerConfig(
        accel_psd=0.5, accel_psd_turning=0.5, models=1, fast_share=0.0, lifetime_s=1e6
    )
    nees, nis = [], []
    for seed in range(200):
        g = Stream(seed, "consistency").generator()
        truth, seen = _straight(g, 0.5, 60)
        t = T0 + 5.0 * np.arange(60)
        lat, lon = plane.inverse(seen[:, 0], seen[:, 1])
        tracker = Tracker([sensor], plane, straight)
        for k in range(60):
            if k in (25, 42, 59):
                said = tracker.update(Detections.empty(), None, t[k])
                e, P = _error(said, plane, seen[k])
                S = P[:2, :2] + np.eye(2) * 100.0**2
                nis.append(float(e[:2] @ np.linalg.solve(S, e[:2])))
            plot = Detections.build(
                1, t_s=t[k], sensor="E", lat_deg=lat[k], lon_deg=lon[k],
                sigma_m=100.0 / float(plane.scale(lat[k : k + 1], lon[k : k + 1])[0]),
            )  # fmt: skip
            look = Scans.build(
                1, t_start_s=t[k] - 1e-3, t_end_s=t[k], sensor="E", status="ok"
            )
            said = tracker.update(plot, look, t[k])
            if k in (25, 42, 59):
                e, P = _error(said, plane, truth[k])
                nees.append(float(e @ np.linalg.solve(P, e)))
    for name, values, dim in (("ANEES", nees, 4), ("NIS", nis, 2)):
        n = len(values)
        low, high = chi2.ppf([0.025, 0.975], dim * n) / (dim * n)
        out.append(
            {"what": f"{name} / {dim}, constant velocity, {n} samples",
             "value": f"{np.mean(values) / dim:.3f}",
             "unit": f"95 % band {low:.3f} to {high:.3f}"}
        )  # fmt: skip
    kept = scenarios.ROOT / "runs" / "tracking"
    for name in ("small", "medium"):
        ratio = []
        for seed in range(1, 4):
            scenario = scenarios.load(scenarios.path(name, seed, kept))
            ratio += _plane_nees(scenario)
        out.append(
            {"what": f"ANEES / 2 of positions, {name}, turning flights",
             "value": f"{np.mean(ratio) / 2:.3f}", "unit": f"{len(ratio)} samples"}
        )  # fmt: skip
    return out


def _straight(g: Any, q: float, n: int) -> tuple[Any, Any]:
    F, Q = np.eye(4), np.zeros((4, 4))
    F[0, 2] = F[1, 3] = 5.0
    Q[:2, :2], Q[2:, 2:] = np.eye(2) * 125.0 / 3, np.eye(2) * 5.0
    Q[:2, 2:] = Q[2:, :2] = np.eye(2) * 12.5
    L = np.linalg.cholesky(q * Q)
    s, truth = np.array([-30e3, 10e3, 150.0, -40.0]), []
    for _ in range(n):
        truth.append(s)
        s = F @ s + L @ g.normal(size=4)
    out = np.array(truth)
    return out, out[:, :2] + g.normal(size=(n, 2)) * 100.0


def _error(said: Any, plane: Plane, true: Any) -> tuple[Any, Any]:
    """Error in the plane and its covariance, of the likeliest track."""
    row = int(said.p_exist.argmax())
    scale = float(
        plane.scale(said.lat_deg[row : row + 1], said.lon_deg[row : row + 1])[0]
    )
    x, y = plane.forward(said.lat_deg[row : row + 1], said.lon_deg[row : row + 1])
    v = np.array([said.v_east_mps[row], said.v_north_mps[row]]) * scale
    state = np.array([x[0], y[0], *v])[: len(true)]
    at = [0, 1, 3, 4]
    P = said.cov[row].reshape(6, 6)[np.ix_(at, at)] * scale**2
    return state - true, P[: len(true), : len(true)]


def _plane_nees(scenario: dict[str, Any]) -> list[float]:
    """Squared position errors over their stated variance, for tracks near a truth."""
    told = scenario["told"]
    tracker = run_forefield.tracker_for(told)
    xy = np.ascontiguousarray(scenario["det_xy"])
    edges = np.searchsorted(scenario["det_scan"], np.arange(told["scans"] + 1))
    out: list[float] = []
    for k in range(told["scans"]):
        now = tracker.scan(k * told["dt"], xy[edges[k] : edges[k + 1]])
        here = scenario["truth_state"][scenario["truth_scan"] == k][:, [0, 2]]
        if not len(here) or not len(now.track_id):
            continue
        far = np.hypot(*(now.xy_m[:, None] - here[None]).transpose(2, 0, 1))
        near = far.min(axis=1)
        mine = near < 2000.0
        out += ((near[mine] / now.sigma_m[mine]) ** 2).tolist()
    return out


def cold_start() -> list[dict[str, Any]]:
    """Seconds of a new process to its first picture."""
    code = (
        "from bench.tracking.run_forefield import warm_up\nwarm_up()\n"
        "from forefield.tracking.tracker import Tracker"
    )
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=scenarios.ROOT)
        seconds.append(time.perf_counter() - started)
    return [{"what": "new process to its first estimates, kernels cached",
             "value": f"{min(seconds[1:]):.2f}", "unit": "s"}]  # fmt: skip


def main() -> None:
    """Print the figures; with --write also bench/results/tracking_scaling.csv."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    run_forefield.warm_up()
    rows = growth() + artas() + consistency() + cold_start()
    for r in rows:
        print(f"{r['what']:58s} {r['value']:>10s}  {r['unit']}")
    if args.write:
        with OUT.open("w", newline="", encoding="utf-8") as file:
            file.write("# python -m bench.tracking.scaling --write\n")
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
