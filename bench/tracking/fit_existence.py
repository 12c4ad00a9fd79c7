"""Fit what turns the filter's existence into a probability that holds.

    python -m bench.tracking.fit_existence [--nights 14] [--seed 101] [--role tune]

The nights are those of `bench.tracking.five_radars`, of a seed and a role of threats
that the report does not use, tracked with the map switched off. Prints the three
numbers of `tracking.existence` (they stand in `TrackerConfig`) and the log score of one
half of the nights under the numbers of the other half, so that an overfit would show.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from scipy.optimize import minimize

from bench.tracking.five_radars import one_night
from forefield.scoring.proper import log_score
from forefield.tracking.config import TrackerConfig
from forefield.tracking.existence import reported

AS_IS = TrackerConfig(trust_low=1.0, trust_high=1.0, doubt=0.0)


def fit(p: Any, y: Any) -> Any:
    """low, high and doubt of least log score; low and high stay above zero."""

    def loss(v: Any) -> float:
        return float(log_score(reported(p, *np.exp(v[:2]), v[2]), y).mean())

    found = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"maxiter": 2000})
    return np.array([*np.exp(found.x[:2]), found.x[2]])


def main() -> None:
    """Print the fit and its cross-check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nights", type=int, default=14)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--role", default="tune")
    args = parser.parse_args()
    nights = [one_night(args.seed, k, args.role, AS_IS) for k in range(args.nights)]
    p = np.clip(np.concatenate([n["p"] for n in nights]), 1e-6, 1.0 - 1e-6)
    y = np.concatenate([n["is"] for n in nights]).astype(float)
    night = np.concatenate([n["night"] for n in nights])
    low, high, doubt = fit(p, y)
    print(f"trust_low {low:.3f}  trust_high {high:.3f}  doubt {doubt:.3f}")
    print(f"log score, {len(p)} rows: as it is {log_score(p, y).mean():.4f}, "
          f"fitted {log_score(reported(p, low, high, doubt), y).mean():.4f}")  # fmt: skip
    half = night < args.nights // 2
    for name, mine in (("first", half), ("second", ~half)):
        other = fit(p[~mine], y[~mine])
        print(
            f"{name} half: as it is {log_score(p[mine], y[mine]).mean():.4f}, under "
            f"the other's numbers "
            f"{log_score(reported(p[mine], *other), y[mine]).mean():.4f}"
        )


if __name__ == "__main__":
    main()
