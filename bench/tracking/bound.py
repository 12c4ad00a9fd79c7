"""The same filter given the true association: how well it could do at best.

Every object has a tracker of its own that is handed its plots and no others. What is
left to infer is its existence (it is told the same clutter and the same births) and its
motion. The truth is used for nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.tracking.run_forefield import tracker_for

#: Scans for which an object that has gone is still looked for.
_AFTER = 15
#: Objects that appear per hour, as a tracker of the whole picture finds.
BIRTHS_PER_HOUR = {"small": 36.0, "medium": 180.0, "large": 5400.0, "raid": 360.0}


def estimates(scenario: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """Estimates in the benchmark's layout, from plots whose origin is known."""
    told = scenario["told"]
    xy = np.ascontiguousarray(scenario["det_xy"], dtype=np.float64)
    scan, who, place = [], [], []
    # One object among many: births and ends are what the whole picture would learn.
    given = {"decisiveness": 0.0, "decisiveness_new": 0.0, "young_hits": 0}
    if told["name"] in BIRTHS_PER_HOUR:
        given |= {
            "births_per_hour": BIRTHS_PER_HOUR[told["name"]], "births_weight_s": 1e9,
            "lifetime_weight": 1e9,
        }  # fmt: skip
    given |= overrides
    for target in np.unique(scenario["truth_id"]):
        alive = scenario["truth_scan"][scenario["truth_id"] == target]
        mine = np.flatnonzero(scenario["det_origin"] == target)
        at = dict(zip(scenario["det_scan"][mine].tolist(), mine.tolist(), strict=True))
        tracker = tracker_for(told, **given)
        for k in range(min(told["scans"], int(alive.max()) + _AFTER)):
            rows = [at[k]] if k in at else []
            now = tracker.scan(k * told["dt"], xy[rows])
            scan.append(np.full(len(now.track_id), k))
            who.append(now.track_id * 100_000 + target)
            place.append(now.xy_m)
    order = np.argsort(np.concatenate(scan), kind="stable")
    return {
        "est_scan": np.concatenate(scan)[order],
        "est_id": np.concatenate(who)[order],
        "est_xy": np.concatenate(place).reshape(-1, 2)[order],
        "scan_seconds": np.zeros(told["scans"]),
        "peak_mb": 0.0,
    }
