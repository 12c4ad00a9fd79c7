"""Side by side with BlueSky 1.1: the same flights, the same time step.

    python -m bench.study.peer [--write]

1,000 objects at 240 m/s TAS and 9 km, straight on, a step every 0.05 s (BlueSky's own) and
every 1 s; BlueSky with conflict detection off, run headless and as fast as it can in an
environment of its own that this script makes (runs/bluesky-venv) from the package index.
It also computes performance, an atmosphere and an autopilot every step, as it always does;
ours steps on the ellipsoid. Neither has a route. Each side alternates with the other and
the fastest of three counts. Checked: after the run, both are in the
same place to within 1 % of the way flown.
Writes bench/results/study_peer.csv. Skipped, with the reason, when it cannot be installed.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.study.results import write_rows
from forefield.kernels.flying import COLUMNS, fly_objects

PLACE = Path("runs/bluesky-venv")
OBJECTS = 1000
#: Step [s] and how many of them.
STEPS = ((0.05, 2000), (1.0, 600))

BLUESKY = """
import json, sys, tempfile, time
import numpy as np
import bluesky as bs
start, dt, steps = json.load(open(sys.argv[1])), float(sys.argv[2]), int(sys.argv[3])
bs.init(mode="sim", detached=True, workdir=tempfile.mkdtemp())
n = len(start["lat"])
knots = np.array(start["cas_mps"])
bs.traf.cre([f"N{i:04d}" for i in range(n)], "B744", np.array(start["lat"]),
            np.array(start["lon"]), np.array(start["course"]),
            np.array(start["alt"]), knots)
for line in ("ASAS OFF", f"DT {dt}", "OP"):
    bs.stack.stack(line)
for _ in range(int(30 / dt)):  # until speeds have settled
    bs.sim.step()
assert bs.sim.simdt == dt and bs.traf.ntraf == n
lat, lon = bs.traf.lat.copy(), bs.traf.lon.copy()
since = time.perf_counter()
for _ in range(steps):
    bs.sim.step()
spent = time.perf_counter() - since
print(json.dumps({"seconds": spent, "lat0": lat.tolist(), "lon0": lon.tolist(),
                  "lat1": bs.traf.lat.tolist(), "lon1": bs.traf.lon.tolist(),
                  "course": bs.traf.trk.tolist(), "gs": bs.traf.gs.tolist()}))
"""


def environment() -> Path:
    """The Python of BlueSky's own environment; RuntimeError when there is none."""
    python = PLACE / "bin/python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install",
             "bluesky-simulator==1.1.*"],
            check=True, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", "") or str(error)
        raise RuntimeError(str(why).strip().splitlines()[-1]) from None
    return python


def theirs(python: Path, start: Path, dt_s: float, steps: int) -> dict[str, Any]:
    """One run of BlueSky."""
    done = subprocess.run(
        [str(python), "-c", BLUESKY, str(start), str(dt_s), str(steps)],
        check=True, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def ours(flown: dict[str, Any], dt_s: float, steps: int) -> tuple[float, Any, Any]:
    """The same flights with our kernel: seconds, and where they end."""
    lat, lon = np.array(flown["lat0"]), np.array(flown["lon0"])
    course, speed = np.array(flown["course"]), np.array(flown["gs"])
    n = len(lat)
    par = np.zeros((n, len(COLUMNS)))
    at = {name: k for k, name in enumerate(COLUMNS)}
    told = {
        "lat_deg": lat, "lon_deg": lon, "alt_m": 9000.0, "course_deg": course,
        "speed_mps": speed, "turn_dps": 3.0, "climb_mps": 10.0, "weave_period_s": 60.0,
        "hold_at": -1.0, "stray_at_s": np.inf, "stray_for_s": np.inf,
        "stray_speed": 1.0, "endurance_s": np.inf, "t_stop_s": steps * dt_s, "fly_on": 1.0,
        "row_s": steps * dt_s, "dt_s": dt_s,
    }  # fmt: skip
    for name, value in told.items():
        par[:, at[name]] = value
    nowhere = np.zeros((n, 1))  # no way-point: straight on, as BlueSky without a route
    keys, first = np.arange(n, dtype=np.uint64), 4 * np.arange(n)
    out = np.zeros((4 * n, 5))
    since = perf_counter()
    ended = fly_objects(
        par, keys, nowhere, nowhere, nowhere,
        np.zeros(n, dtype=np.int64), first, out,
    )  # fmt: skip
    spent = perf_counter() - since
    last = first + ended[:, 0] - 1
    return spent, out[last, 1], out[last, 2]


def main() -> None:
    """Print the table; with --write also bench/results/study_peer.csv."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--write", action="store_true")
    asked = ask.parse_args()
    try:
        python = environment()
    except RuntimeError as error:
        print(f"skipped: BlueSky cannot be installed: {error}")
        return
    rng = np.random.default_rng(1)
    start = {
        "lat": rng.uniform(48.0, 54.0, OBJECTS).tolist(),
        "lon": rng.uniform(20.0, 36.0, OBJECTS).tolist(),
        "course": rng.uniform(0.0, 360.0, OBJECTS).tolist(),
        "alt": [9000.0] * OBJECTS,
        "cas_mps": [150.0] * OBJECTS,
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "start.json"
        path.write_text(json.dumps(start))
        for dt_s, steps in STEPS:
            best = {"bluesky": math.inf, "forefield": math.inf}
            for _ in range(3):
                flown = theirs(python, path, dt_s, steps)
                best["bluesky"] = min(best["bluesky"], flown["seconds"])
                ours(flown, dt_s, 2)  # compiles
                spent, lat, lon = ours(flown, dt_s, steps)
                best["forefield"] = min(best["forefield"], spent)
                off_m = np.hypot(
                    111_200.0 * (lat - np.array(flown["lat1"])),
                    111_200.0
                    * (lon - np.array(flown["lon1"]))
                    * np.cos(np.radians(lat)),
                )
                way_m = np.array(flown["gs"]) * steps * dt_s
                apart = float(np.max(off_m / way_m))
                assert apart < 0.01, (
                    f"not the same flights: {apart:.4f} of the way apart"
                )
            rates = {k: OBJECTS * steps / v for k, v in best.items()}
            rows.append(
                {"objects": OBJECTS, "step_s": dt_s, "steps": steps,
                 "bluesky_object_steps_per_s": round(rates["bluesky"]),
                 "forefield_object_steps_per_s": round(rates["forefield"]),
                 "times": round(rates["forefield"] / rates["bluesky"], 1),
                 "apart_of_way": round(apart, 5)}
            )  # fmt: skip
    write_rows(rows, "study_peer.csv" if asked.write else "")


if __name__ == "__main__":
    main()
