"""Footprints from the table beside a Monte Carlo of whole falls."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from forefield.chance import Stream
from forefield.engagement.pieces import catalogue, footprint
from forefield.engagement.wind import climatology
from forefield.kernels import fall

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def mixture_quantile(mean, sd, q):
    low, high = (mean - 9.0 * sd).min(), (mean + 9.0 * sd).max()
    for _ in range(80):
        x = 0.5 * (low + high)
        if ndtr((x - mean) / sd).mean() < q:
            low = x
        else:
            high = x
    return 0.5 * (low + high)


def beside(piece, height_m, speed_mps, n, seed=1):
    """Rows of axis, quantile, table [m], oracle [m], error over width, over |oracle|."""
    cat, w = catalogue(), climatology()
    k = cat.pieces.index(piece)
    z = Stream(seed, "footprints")[piece].generator().standard_normal((n, 6))
    out = np.empty((n, 2))
    fall.samples(
        z, height_m, speed_mps, float(cat.betas[k, len(cat.betas[k]) // 2]), float(cat.log_sd[k]),
        float(cat.kicks[k]), *(np.array(x) for x in (
            w.height_m, w.east_mps, w.north_mps, w.sigma_mps)),
        fall.RHO0, fall.SCALE_M, out,
    )  # fmt: skip
    f = footprint(piece, height_m, speed_mps)
    rows = []
    for axis, (mean, sd) in enumerate(((f[:, 0], f[:, 2]), (f[:, 1], f[:, 3]))):
        true = np.quantile(out[:, axis], QUANTILES)
        width = true[-1] - true[0]
        for q, t in zip(QUANTILES, true, strict=True):
            got = mixture_quantile(mean, sd, q)
            rows.append(("along" if axis == 0 else "across", q, got, t,
                         abs(got - t) / width, abs(got - t) / abs(t)))  # fmt: skip
    return rows


CASES = (
    ("missile_body", 500.0, 220.0),
    ("missile_body", 3000.0, 220.0),
    ("round_body", 3000.0, 600.0),
    ("heavy", 3000.0, 200.0),
    ("drone_body", 500.0, 50.0),
    ("medium", 500.0, 200.0),
)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    path = Path("bench/results/footprints.csv")
    with path.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(("piece", "height_m", "speed_mps", "axis", "quantile", "table_m",
                      "oracle_m", "error_of_width", "error_of_value", "n"))  # fmt: skip
        for piece, h, v in CASES:
            rows = beside(piece, h, v, n)
            for r in rows:
                out.writerow((piece, f"{h:g}", f"{v:g}", r[0], r[1], f"{r[2]:.0f}",
                              f"{r[3]:.0f}", f"{r[4]:.4f}", f"{r[5]:.4f}", n))  # fmt: skip
            f.flush()
            print(piece, h, v, "worst of width", f"{max(r[4] for r in rows):.3f}",
                  "along, of value", f"{max(r[5] for r in rows[:5]):.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
