"""A whole recording through the tracker, a picture every cycle.

tracks = track(detections, sensors, scans)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.errors import InputError
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.tracking.config import TrackerConfig
from forefield.tracking.tracker import Tracker
from forefield.tracking.tracks import Tracks

__all__ = ["periods", "ready_s", "run", "track"]


def track(
    detections: Any,
    sensors: Sequence[Sensor],
    scans: Any = None,
    *,
    plane: Any = None,
    cycle_s: float = 10.0,
    config: TrackerConfig | None = None,
) -> Tracks:
    """Track a whole recording; the picture every `cycle_s` seconds.

    detections  our columns, Polars, pandas or Arrow
    scans       what was looked at; without it every sensor is taken to have looked
                once a period from its first plot to its last
    plane       default: centred on the sensors

    Returns all pictures, sorted by t_s, then track_id. Uses nothing received later
    than the time of a picture. The rejects are in a `Tracker`'s; use that class to
    see them.
    """
    tracks, _ = run(
        detections, sensors, scans, plane=plane, cycle_s=cycle_s, config=config
    )
    return tracks


def run(
    detections: Any,
    sensors: Sequence[Sensor],
    scans: Any = None,
    *,
    plane: Any = None,
    cycle_s: float = 10.0,
    config: TrackerConfig | None = None,
) -> tuple[Tracks, Tracker]:
    """As `track`, with the tracker that did it: its rejects and histories.

    Rows are numbered there as in `detections`, from 0.
    """
    if not isinstance(detections, Detections):
        detections = Detections.from_arrow(detections, where="detections")
    if scans is not None and not isinstance(scans, Scans):
        scans = Scans.from_arrow(scans, where="scans")
    if not cycle_s > 0.0:
        raise InputError(f"cycle_s is {cycle_s}; give seconds above 0.")
    if plane is None:
        plane = _plane_of(sensors)
    tracker = Tracker(sensors, plane, config)
    tracker.count_backwards(detections)
    number = np.arange(len(detections))
    finite = np.isfinite(detections.t_s)
    if not finite.all():
        tracker.update(detections.take(~finite), None, None, numbers=number[~finite])
        detections, number = detections.take(finite), number[finite]
    if scans is None:
        scans = periods(detections, sensors)
    times = np.concatenate([detections.t_s, scans.t_end_s])
    if not len(times):
        return Tracks.empty(), tracker
    by_time = np.argsort(detections.t_s, kind="stable")
    detections, number = detections.take(by_time), number[by_time]
    scans = scans.take(np.argsort(scans.t_end_s, kind="stable"))
    # A plot is processed in the cycle in which its scan has ended.
    ready = ready_s(detections, scans)
    by_ready = np.argsort(ready, kind="stable")
    detections, ready = detections.take(by_ready), ready[by_ready]
    number = number[by_ready]
    first = np.floor(times.min() / cycle_s)
    last = np.ceil(max(times.max(), ready.max() if len(ready) else -np.inf) / cycle_s)
    pictures = []
    for c in range(int(first), int(last)):
        a, b = np.searchsorted(ready, [c * cycle_s, (c + 1) * cycle_s], side="right")
        if c == int(first):
            a = 0
        p, q = np.searchsorted(
            scans.t_end_s, [c * cycle_s, (c + 1) * cycle_s], side="right"
        )
        if c == int(first):
            p = 0
        pictures.append(
            tracker.update(
                detections.take(slice(a, b)),
                scans.take(slice(p, q)),
                (c + 1) * cycle_s,
                numbers=number[a:b],
            )
        )
    return Tracks.concat(pictures), tracker


def _plane_of(sensors: Sequence[Sensor]) -> Any:
    from forefield.world.plane import Plane

    if not sensors:
        raise InputError("A tracker needs at least one sensor; none was given.")
    return Plane.at(
        float(np.mean([s.lat_deg for s in sensors])),
        float(np.mean([s.lon_deg for s in sensors])),
    )


def ready_s(d: Detections, scans: Scans) -> Floats:
    """When each plot can be processed: at the end of its scan."""
    out = d.t_s.copy()
    for name in np.unique(d.sensor):
        mine = np.flatnonzero(d.sensor == name)
        ours = scans.sensor == name
        if not ours.any():
            continue
        a, b = scans.t_start_s[ours], scans.t_end_s[ours]
        at = np.minimum(np.searchsorted(b, d.t_s[mine]), len(b) - 1)
        inside = (d.t_s[mine] >= a[at]) & (d.t_s[mine] <= b[at])
        out[mine[inside]] = b[at[inside]]
    return out


def periods(d: Detections, sensors: Sequence[Sensor]) -> Scans:
    """Scans taken to have happened between a sensor's first and last plot."""
    parts = []
    for s in sensors:
        mine = d.t_s[d.sensor == s.id]
        if not len(mine):
            continue
        cells = np.arange(
            np.floor(mine.min() / s.period_s), np.floor(mine.max() / s.period_s) + 1.0
        )
        parts.append(
            Scans.build(
                len(cells),
                t_start_s=cells * s.period_s,
                t_end_s=(cells + 1.0) * s.period_s,
                sensor=s.id,
                status="ok",
            )
        )
    return Scans.concat(parts) if parts else Scans.empty()
