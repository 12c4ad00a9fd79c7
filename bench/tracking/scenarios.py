"""The scenarios of the open tracking benchmark: where they are, and how they are scored.

The benchmark itself (its generator, its scorer and a runner for Stone Soup) stands
beside this project; `FOREFIELD_TRACKING_BENCH` names its folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
FOLDER = Path(
    os.environ.get(
        "FOREFIELD_TRACKING_BENCH", ROOT.parent / "shared" / "bench" / "tracking"
    )
)
NAMES = ("small", "medium", "large", "raid", "four")


def folder() -> Path:
    """The benchmark's folder, or an end with one line."""
    if not (FOLDER / "generate.py").exists():
        sys.exit(
            f"The tracking benchmark is not at {FOLDER}: set FOREFIELD_TRACKING_BENCH "
            "to the folder that holds generate.py, gospa.py and run_stonesoup.py."
        )
    return FOLDER


def path(name: str, seed: int, kept: Path) -> Path:
    """The file of a scenario, generated if it is not there yet."""
    target = kept / f"{name}_{seed}.npz"
    if not target.exists():
        kept.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, str(folder() / "generate.py"), name, "--seed", str(seed),
             "--out", str(kept)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    return target


def load(file: Path) -> dict[str, Any]:
    """A scenario as arrays, and its `meta` read."""
    scenario = dict(np.load(file))
    scenario["told"] = json.loads(str(scenario["meta"]))
    return scenario


def score(scenario: dict[str, Any], found: dict[str, Any]) -> dict[str, float]:
    """The benchmark's own scorer."""
    sys.path.insert(0, str(folder()))
    try:
        from gospa import score as outside  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    return dict(outside(scenario, found))
