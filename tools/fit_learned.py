"""Fit the forecast's two learned models on simulated families, and write them down.

    python tools/fit_learned.py [--guard PL] [--entering 300] [--trees 70] [--mix 0.5]

All families but those of role `report` are fitted on: of every family the same number
of flights that enter the guard and of others (weighted sampling; the share that enters
is kept with the model, so that a base rate can be set against it). The mix of trees and
field was read from the families of role `tune` in `bench.forecast.leave_out`.

Writes src/forefield/data/forecast_reference.npz and forecast_corrected.npz.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.forecast.leave_out import fit, flown, rows_of  # noqa: E402

from forefield.forecasting import fitted as ft  # noqa: E402
from forefield.threats.families import FAMILIES  # noqa: E402

DATA = ROOT / "src/forefield/data"


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guard", default="PL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entering", type=int, default=300)
    parser.add_argument("--rows", type=int, default=10_000, help="of a family")
    parser.add_argument("--trees", type=int, default=70)
    parser.add_argument("--mix", type=float, default=0.5)
    parser.add_argument("--keep", type=Path, help="keep the flown sample here")
    args = parser.parse_args()
    s = flown(args.guard, args.seed, args.entering, args.keep)
    rows = rows_of(s, args.guard, args.rows)
    use = np.array([FAMILIES[n].role != "report" for n in rows.family])
    ids = s.tracks.track_id[np.isin(s.family, np.unique(rows.family[use]))]
    mine = np.isin(s.tracks.track_id, ids)
    entered = np.unique(s.tracks.track_id[mine & np.isfinite(s.t_enter_s)])
    share = len(entered) / len(np.unique(s.tracks.track_id[mine]))
    both = [fit(rows, use, k, args.trees) for k in range(len(ft.KNOTS_S))]
    for k, name in enumerate(("reference", "corrected")):
        model = ft.Fitted(tuple(b[k] for b in both), share, args.mix if k else 1.0)
        path = DATA / f"forecast_{name}.npz"
        np.savez_compressed(path, **ft.as_arrays(model))
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB, share {share:.3f}")


if __name__ == "__main__":
    main()
