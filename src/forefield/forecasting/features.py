"""What a fitted model looks at: numbers of a row that physics makes tell.

The memoryless set is that of the reference to beat: place, course, speed, last change
of course, distance and time to the border along eleven fanned courses. The set of the
correction adds the descent: a thing that sinks comes down before it arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forefield.columns import Floats
from forefield.kernels.rays import fan_m

if TYPE_CHECKING:
    from forefield.forecasting.forecast import Task

__all__ = ["FAN_DEG", "MEMORYLESS", "SEEN", "Geometry", "logit", "memoryless", "seen"]

#: Changes of course along which the border is sought.
FAN_DEG = (0.0, -10.0, 10.0, -22.0, 22.0, -38.0, 38.0, -60.0, 60.0, -90.0, 90.0)
_FAR_M = 400_000.0

#: Columns of `memoryless`.
MEMORYLESS = (
    "lat_deg", "lon_deg", "course_sin", "course_cos", "speed_mps", "turned_rad",
    "dist_m", *(f"ray{d:+.0f}_m" for d in FAN_DEG),
    *(f"ray{d:+.0f}_s" for d in FAN_DEG),
)  # fmt: skip


#: Columns of `seen`.
SEEN = (*MEMORYLESS, "ground_s", "climb_mps", "log_alt")


class Geometry:
    """How rows lie to the border, in its plane. N rows.

    x_m, y_m, course_rad, speed_mps  (N,); ray_m (N, 11), metres along `FAN_DEG`
    turned_rad  (N,) present course less that of one to three minutes ago; 0: unknown
    climb_mps   (N,) over the past half minute
    """

    def __init__(self, task: Task) -> None:
        from forefield.forecasting.forecast import starts

        f = task.field
        start = starts(task.tracks, task.motion, task.border, task.dist_m)
        self.x_m, self.y_m = (np.ascontiguousarray(start[:, k]) for k in (0, 1))
        self.course_rad = np.arctan2(start[:, 2], start[:, 3])
        self.speed_mps = np.maximum(np.hypot(start[:, 2], start[:, 3]), 1.0)
        self.ray_m = np.empty((len(self.x_m), len(FAN_DEG)))
        fan_m(
            self.x_m, self.y_m, self.course_rad, np.radians(FAN_DEG), f.x0_m, f.y0_m,
            f.cell_m, f.signed_m, _FAR_M, self.ray_m,
        )  # fmt: skip
        trace = task.trace()
        x, y = f.plane.forward(trace.lat_deg, trace.lon_deg)
        dx, dy = x[:, 1] - x[:, 2], y[:, 1] - y[:, 2]
        turned = self.course_rad - np.arctan2(dx, dy)
        turned = (turned + np.pi) % (2.0 * np.pi) - np.pi
        there = trace.ago_s[:, 2] - trace.ago_s[:, 1] > 5.0
        self.turned_rad = np.where(there, turned, 0.0)
        rise = np.nan_to_num(task.tracks.alt_m - trace.alt_m[:, 0])
        self.climb_mps = rise / np.maximum(trace.ago_s[:, 0], 5.0)


def logit(p: Floats, least: float = 0.004) -> Floats:
    """Log odds, held away from certainty by what the field resolves."""
    got: Floats = np.log((p + least) / (1.0 - p + least))
    return got


def memoryless(task: Task, g: Geometry) -> Floats:
    """(N, 29) columns `MEMORYLESS`."""
    t = task.tracks
    return np.column_stack(
        [
            t.lat_deg, t.lon_deg, np.sin(g.course_rad), np.cos(g.course_rad),
            g.speed_mps, g.turned_rad, task.dist_m, g.ray_m,
            g.ray_m / g.speed_mps[:, None],
        ]
    )  # fmt: skip


def seen(task: Task, g: Geometry) -> Floats:
    """(N, 32) columns `SEEN`. Heights that are not known count as 300 m."""
    alt = np.maximum(np.nan_to_num(task.tracks.alt_m, nan=300.0), 0.0)
    sinking = g.climb_mps < -0.5
    ground_s = np.where(sinking, alt / np.maximum(-g.climb_mps, 0.5), 3000.0)
    return np.column_stack(
        [
            memoryless(task, g), np.minimum(ground_s, 3000.0),
            np.clip(g.climb_mps, -15.0, 15.0), np.log(np.maximum(alt, 20.0)),
        ]
    )  # fmt: skip
