"""The tracker at its barest: places in a plane, scan by scan, arrays in and out.

    tracker = PlaneTracker(sigma_m=150.0, p_detect=0.9, clutter_per_m2=1e-9)
    estimates = tracker.scan(t_s, xy_m)

The same kernels as `tracking.tracker`, for plots that one sensor, or a fusion before
us, has already placed in a plane: simulations, benchmarks, and feeds without geometry.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.tracking.config import TrackerConfig

__all__ = ["Estimates", "PlaneTracker"]


class Estimates(NamedTuple):
    """Tracks held to exist after a scan.

    track_id       (K,) stable numbers
    xy_m, v_mps    (K, 2) place and velocity in the plane
    p_exist        (K,) probability that it exists
    sigma_m, sigma_mps  (K,) spread on each axis
    """

    track_id: Ints
    xy_m: Floats
    v_mps: Floats
    p_exist: Floats
    sigma_m: Floats
    sigma_mps: Floats


class PlaneTracker:
    """Tracks places in a plane that one sensor reports in scans.

    sigma_m         spread of a plot on each axis [m]
    p_detect        chance that a scan sees an object, the same everywhere
    clutter_per_m2  false plots expected per scan and square metre
    region_m        west, south, east, north [m]: what is looked at; a track that
                    leaves it ends
    born_in_m       the same of where objects appear; default: all of it
    """

    def __init__(
        self,
        sigma_m: float,
        p_detect: float,
        clutter_per_m2: float,
        region_m: tuple[float, float, float, float],
        config: TrackerConfig | None = None,
        born_in_m: tuple[float, float, float, float] | None = None,
    ) -> None:
        from forefield.kernels import track_rows as k

        for name, value, ok in (
            ("sigma_m", sigma_m, sigma_m > 0.0),
            ("p_detect", p_detect, 0.0 < p_detect <= 1.0),
            ("clutter_per_m2", clutter_per_m2, clutter_per_m2 >= 0.0),
        ):
            if not ok:
                raise InputError(f"{name} is {value}; see PlaneTracker for its range.")
        west, south, east, north = region_m
        if not (east > west and north > south):
            raise InputError(f"region_m is {region_m}: give west, south, east, north.")
        given = config or TrackerConfig()
        self.config = dataclasses.replace(given, region_m=region_m)
        self.shed = 0
        self._var = sigma_m**2
        self._cfg = self.config.array()
        born = born_in_m or region_m
        area = (born[2] - born[0]) * (born[3] - born[1])
        one = np.ones((1, 1, 1))
        self._views = k.Views(
            max_range=np.array([np.inf]),
            density=np.array([max(clutter_per_m2, 1e-12 / area)]),
            turning=np.array([False]), kind=np.array([3]), base=np.zeros(1),
            rules=np.array([[[np.inf, np.inf, p_detect]]]), fits=one > 0.0,
            mask=np.zeros((1, 360)), n_rules=np.ones(1, np.int64), period=np.ones(1),
        )  # fmt: skip
        self._unseen = k.Unseen(
            rate=np.full((1, 1), self.config.unseen_at_start / area),
            pd=p_detect * one, births=np.full((1, 1), 1.0 / area),
            grid=np.array([west, south, east - west, 1.0, 1.0, np.nan,
                           self.config.lifetime_s]),
            learnt=np.zeros(4),
        )  # fmt: skip
        self._looks = k.Looks(
            first=np.zeros(2, np.int64), t0=np.zeros(1), t1=np.zeros(1),
            sensor=np.zeros(1, np.int64), place=np.zeros((1, 3)), xy=np.zeros((1, 2)),
            weight=np.ones(1),
        )  # fmt: skip
        self._n, self._next, self._t = 0, 1, -np.inf
        self._rows = self._plots_room = 0
        self._F, self._I = np.zeros((0, k.N_F)), np.zeros((0, k.N_I), np.int64)
        self._sides = k.empty_sides(0, 1, 1)
        self._reserve(256)

    def scan(self, t_s: float, xy_m: Floats) -> Estimates:
        """Process the plots of one scan, all taken at t_s; the estimates after it.

        xy_m  (N, 2) float64 places [m]; a row that is not finite raises InputError
        """
        from forefield.kernels.pmb import plane_scan

        if not t_s > self._t:
            raise InputError(
                f"t_s is {t_s}: scans must come in order, after {self._t}."
            )
        if self._t == -np.inf:
            self._unseen.grid[5] = t_s
        self._t = t_s
        nd = len(xy_m)
        if self._n + 4 * nd + 64 > self._rows or nd > self._plots_room:
            self._reserve(nd)
        self._n, self._next, shed, k = plane_scan(
            self._F, self._I, self._sides, self._n, xy_m, t_s, self._var, self._plots,
            self._looks, self._views, self._unseen, self._cfg, self._next, self._links,
            self._events, self._room, self._out_id, self._out,
        )  # fmt: skip
        self.shed += shed
        out = self._out[:k].copy()
        return Estimates(
            self._out_id[:k].copy(), out[:, 0:2], out[:, 2:4], out[:, 4], out[:, 5],
            out[:, 6],
        )  # fmt: skip

    def _reserve(self, nd: int) -> None:
        from forefield.kernels import track_rows as k

        if nd > self._plots_room:
            c = self._plots_room = 2 * nd
            z = np.full((c, 16), np.nan)
            z[:, 9] = 2.0
            nan3 = np.full((c, 3), np.nan)
            self._plots = k.Plots(
                z=z, t=np.zeros(c), ident=np.zeros(c, np.int64),
                flag=np.zeros(c, np.bool_), coop=np.zeros(c, np.bool_), v0=nan3,
                rate=nan3.copy(), number=np.zeros(c, np.int64),
            )  # fmt: skip
            self._links = np.zeros((c, 2), np.int64)
            self._events = np.zeros((0, k.N_EVENT))
        rows = max(2 * (self._n + 4 * self._plots_room + 64), self._rows)
        F, I = np.zeros((rows, k.N_F)), np.zeros((rows, k.N_I), np.int64)  # noqa: E741
        sides = k.empty_sides(rows, 1, 1)
        n = self._n
        F[:n], I[:n] = self._F[:n], self._I[:n]
        for new, old in zip(sides, self._sides, strict=True):
            new[:n] = old[:n]
        self._F, self._I, self._sides, self._rows = F, I, sides, rows
        self._room = k.empty_room(rows, self._plots_room, 2 * rows)
        self._out_id, self._out = np.zeros(rows, np.int64), np.zeros((rows, 7))
