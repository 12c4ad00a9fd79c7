"""What the tracker knows of its sensors, and what they may have missed so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.sensing.classes import column_of
from forefield.sensing.detections import Sensor
from forefield.tracking import classes as _classes
from forefield.tracking.config import TrackerConfig
from forefield.tracking.tracks import CLASSES

__all__ = ["GROUPS", "reach", "unseen", "views"]

#: Sensors that are no radar and need no line of sight over the earth's curve.
_KIND = {"adsb": 1, "acoustic": 2}
#: Cells of the grid of undetected objects along its longer side.
_CELLS = 48
#: What flies undetected: height above ground and its spread [m], share of all births,
#: classes. Assumptions, wide on purpose.
GROUPS: tuple[tuple[float, float, float, tuple[str, ...]], ...] = (
    (150.0, 100.0, 0.3, ("cruise", "drone", "decoy", "jet_drone", "bird")),
    (1500.0, 700.0, 0.4, ("drone", "decoy", "jet_drone", "cruise", "balloon", "civil")),
    (9000.0, 3000.0, 0.3, ("ballistic", "aircraft", "interceptor", "civil", "balloon")),
)


def views(sensors: Sequence[Sensor]) -> Any:
    """The sensors as `kernels.track_rows.Views`."""
    from forefield.kernels.track_rows import Views

    n = len(sensors)
    most = max(
        [1, *(len(s.p_detect) for s in sensors if isinstance(s.p_detect, tuple))]
    )
    rules = np.zeros((n, most, 3))
    fits = np.zeros((n, most, len(CLASSES)), dtype=np.bool_)
    count = np.ones(n, dtype=np.int64)
    mask = np.zeros((n, 360))
    clutter = np.zeros(n)
    for i, s in enumerate(sensors):
        given = s.p_detect
        if not isinstance(given, tuple):
            given = (("", np.inf, np.inf, float(given)),)
        count[i] = len(given)
        for j, (name, top, far, pd) in enumerate(given):
            rules[i, j] = top, far, pd
            for c, column in enumerate(CLASSES):
                fits[i, j, c] = name == "" or column_of(name) == column
        mask[i] = s.min_elevation_deg
        if len(s.mask) > 1:
            pairs = np.array(sorted(s.mask))
            limit = np.interp(
                np.arange(360) + 0.5, pairs[:, 0], pairs[:, 1], period=360.0
            )
            mask[i] = np.maximum(mask[i], limit)
        # Correlated false plots are not uniform, but they must be expected.
        clutter[i] = s.clutter_per_scan + sum(rate for _, rate in s.clutter)
        if s.kind == "adsb":
            clutter[i] = 1e-3
        elif clutter[i] <= 0.0:
            clutter[i] = 0.05
    reach_m = np.array([s.max_range_m for s in sensors], dtype=np.float64)
    return Views(
        max_range=reach_m,
        density=clutter / (np.pi * reach_m**2),
        turning=np.array([s.kind in ("radar2d", "radar3d") for s in sensors]),
        kind=np.array([_KIND.get(s.kind, 0) for s in sensors], dtype=np.int64),
        base=np.array([s.ground_m for s in sensors], dtype=np.float64),
        rules=rules,
        fits=fits,
        mask=mask,
        n_rules=count,
        period=np.array([s.period_s for s in sensors], dtype=np.float64),
    )


def unseen(sensors: Sequence[Sensor], config: TrackerConfig, place: Floats) -> Any:
    """Where undetected objects may be, before anything was looked at.

    place  (S, 3) of each sensor: plane x, y [m], height [m]

    A grid over all that the sensors reach; objects begin anywhere in it that a sensor
    sees. Returns `kernels.track_rows.Unseen`; `reach` fills what each look finds.
    """
    from forefield.kernels.track_rows import Unseen

    far = np.array([s.max_range_m for s in sensors], dtype=np.float64)
    # A sensor that flies takes its reach along: the grid holds a day's way of it.
    slack = np.array([200e3 if s.path else 0.0 for s in sensors])
    r = far + slack
    west, east = (place[:, 0] - r).min(), (place[:, 0] + r).max()
    south, north = (place[:, 1] - r).min(), (place[:, 1] + r).max()
    cell = max(east - west, north - south) / _CELLS
    nx = max(1, int(np.ceil((east - west) / cell)))
    ny = max(1, int(np.ceil((north - south) / cell)))
    x = west + cell * (np.arange(nx) + 0.5)
    y = south + cell * (np.arange(ny) + 0.5)
    gx, gy = (a.ravel() for a in np.meshgrid(x, y))
    near = np.zeros(len(gx), dtype=np.bool_)
    for i in range(len(sensors)):
        near |= np.hypot(gx - place[i, 0], gy - place[i, 1]) < r[i]
    if not near.any():
        near[:] = True
    share = np.array([g[2] for g in GROUPS])
    births = share[:, None] * near[None] / (near.sum() * cell * cell)
    return Unseen(
        rate=config.unseen_at_start * births,
        pd=np.zeros((len(sensors), len(GROUPS), nx * ny)),
        births=births,
        grid=np.array(
            [west, south, cell, float(nx), float(ny), np.nan, config.lifetime_s]
        ),
        learnt=np.zeros(4),
    )


def reach(out: Any, i: int, place: Floats, known: Any, cap: float) -> None:
    """Fill `out.pd[i]`: what a look of sensor i from a place finds of each group."""
    from forefield.kernels.gating import coverage

    if known.kind[i] == 1:
        return  # who answers by an address is told apart by it, not met by chance
    prior = _classes.prior()
    shares = np.zeros((len(GROUPS), len(CLASSES)))
    for g, (_, _, _, names) in enumerate(GROUPS):
        at = [CLASSES.index(name) for name in names]
        shares[g, at] = prior[at] / prior[at].sum()
    n = known.n_rules[i]
    coverage(
        out.grid, place, known.max_range[i], known.base[i], known.kind[i] == 0,
        known.mask[i], known.rules[i, :n], known.fits[i, :n],
        np.array([g[0] for g in GROUPS]), np.array([g[1] for g in GROUPS]), shares,
        cap, out.pd[i],
    )  # fmt: skip
