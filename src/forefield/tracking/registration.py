"""Range, azimuth and clock offsets of the sensors, estimated and taken off.

A radar that points 0.2° wrong moves what it sees at 200 km by 700 m: two radars then
report two objects, or one that zigzags. Where sensors see the same objects their
offsets show, and this is where they are estimated while the tracker runs. What is taken
off is the mean under a prior around zero, so a sensor that shares no object with
another keeps its readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.sensing.detections import Sensor

__all__ = ["Offset", "Registration"]

#: Spread of the offsets before anything was seen: range [m], azimuth [deg], clock [s].
#: Assumptions.
PRIOR = {"radar": (150.0, 0.3, 0.5), "reports": (1e-3, 1e-6, 0.2)}
_LONGEST_S = 8.0
_GATE = 13.8  # 99.9 % of a two-dimensional normal distribution
_WEIGHT = 0.5
_MEMORY_S = 3600.0


class Offset(NamedTuple):
    """What is known of one sensor's offsets, with one standard deviation each."""

    sensor: str
    range_m: float
    sigma_range_m: float
    azimuth_deg: float
    sigma_azimuth_deg: float
    clock_s: float
    sigma_clock_s: float
    pairs: int


class Registration:
    """Estimates the offsets of several sensors from the plots of shared tracks."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = tuple(sensors)
        n = len(self._sensors)
        sigma = np.zeros((n, 3))
        for i, s in enumerate(self._sensors):
            radar = s.kind not in ("adsb", "acoustic")
            sigma[i] = PRIOR["radar" if radar else "reports"]
            sigma[i, 1] = np.radians(sigma[i, 1])
        self._radar = np.array([s.kind not in ("adsb", "acoustic") for s in sensors])
        self._prior = np.diag(1.0 / sigma.ravel() ** 2)
        self._info = np.zeros((3 * n, 3 * n))
        self._vec = np.zeros(3 * n)
        self._cov: Floats = np.diag(sigma.ravel() ** 2)
        self._kept = np.zeros((0, 17))
        self._t = -np.inf
        self.pairs: Ints = np.zeros(n, dtype=np.int64)
        self.refused = 0
        #: (S, 3) range [m], azimuth [rad], clock [s] to take off.
        self.bias: Floats = np.zeros((n, 3))

    def learn(
        self, track: Ints, which: Ints, plots: Any, arc_m: Floats, velocity: Floats,
        height: Floats, usable: Bool,
    ) -> None:  # fmt: skip
        """Take in a batch.

        track     (N,) the track that each plot went to
        which     (N,) its sensor
        plots     its `kernels.track_rows.Plots`, with the present offsets taken off
        arc_m     (N,) its distance over ground from the sensor [m]
        velocity  (N, 2) of that track in the plane [m/s]
        height    (N, 2) its height [m], and the variance of that [m²]
        usable    (N,) rows that may be used
        """
        from forefield.kernels.registration import on_height, pair_up

        if len(self._sensors) < 2 or not usable.any():
            return
        z = plots.z[usable].copy()
        on_height(z, height[usable, 0], height[usable, 1])
        n = len(z)
        rows = np.zeros((n, 17))
        rows[:, 0], rows[:, 1] = track[usable], which[usable]
        rows[:, 2] = plots.t[usable]
        rows[:, 3:5] = z[:, 0:2]
        rows[:, 5:8] = z[:, 3:6]
        radar = self._radar[rows[:, 1].astype(np.int64)]
        rows[:, 8:10] = np.where(radar[:, None], z[:, 10:12], 0.0)
        # Azimuth runs clockwise: across is the way away, turned to the right.
        arc = np.where(radar, arc_m[usable], 0.0)
        rows[:, 10] = arc * z[:, 11]
        rows[:, 11] = -arc * z[:, 10]
        rows[:, 12:14] = velocity[usable]
        b = self.bias[which[usable]]
        rows[:, 14] = rows[:, 8] * b[:, 0] + rows[:, 10] * b[:, 1]
        rows[:, 15] = rows[:, 9] * b[:, 0] + rows[:, 11] * b[:, 1]
        rows[:, 14] -= rows[:, 12] * b[:, 2]
        rows[:, 15] -= rows[:, 13] * b[:, 2]
        rows[:, 16] = 1.0
        newest = float(rows[:, 2].max())
        old = self._kept[self._kept[:, 2] >= newest - _LONGEST_S - 5.0]
        old[:, 16] = 0.0
        rows = np.concatenate([old, rows])
        rows = rows[np.lexsort((rows[:, 2], rows[:, 0]))]
        self._kept = rows
        if np.isfinite(self._t) and newest > self._t:
            fade = np.exp(-(newest - self._t) / _MEMORY_S)
            self._info *= fade
            self._vec *= fade
        self._t = max(self._t, newest)
        used, refused = pair_up(
            rows, self.bias.ravel(), self._cov, _LONGEST_S, _GATE, _WEIGHT, self._info,
            self._vec, self.pairs,
        )  # fmt: skip
        self.refused += refused
        if used:
            self._cov = np.asarray(np.linalg.inv(self._prior + self._info))
            self.bias = np.asarray((self._cov @ self._vec).reshape(-1, 3))

    def offsets(self) -> tuple[Offset, ...]:
        """What is known of every sensor now."""
        sigma = np.sqrt(np.diag(self._cov)).reshape(-1, 3)
        return tuple(
            Offset(
                s.id, float(b[0]), float(e[0]), float(np.degrees(b[1])),
                float(np.degrees(e[1])), float(b[2]), float(e[2]), int(n),
            )
            for s, b, e, n in zip(
                self._sensors, self.bias, sigma, self.pairs, strict=True
            )
        )  # fmt: skip
