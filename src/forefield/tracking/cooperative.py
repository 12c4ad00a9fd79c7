"""Do an aircraft's own reports agree with how an aircraft can move?

GNSS is jammed and spoofed over the whole region: reported positions freeze, move at
walking pace at cruise height, or jump by hundreds of kilometres. Such a report is
kept and flagged, and no entry is forecast from it. The check is causal: a row is
judged by itself and the past of the same aircraft.

A row is inconsistent when
- the place has jumped: farther from the last place than `speed_max_mps` allows;
- it is frozen: the same place again while the reported speed says it moves;
- the path of the reported speed and course leads elsewhere than the places;
- the speed has jumped as no aeroplane's does; if it collapsed, until it is back;
- it is slow as no aeroplane is that high, having flown fast before;
- or less than `hold_off_s` has passed since a jump of place or speed.

Every limit is an assumption, tried on one spoofed airliner and 887 ordinary flights;
the measured rate of false alarms is in docs/rooms/tracking.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError
from forefield.kernels import reports as _reports

__all__ = ["REASONS", "Consistency", "ConsistencyLimits", "inconsistent", "reasons"]

#: What each bit of `reasons` says.
REASONS = {
    1: "the place has jumped",
    2: "the place is frozen while the reported speed is not",
    4: "the places do not follow the reported speed and course",
    8: "the reported speed has jumped",
    16: "the reported speed collapsed and has not come back",
    32: "consistent again, but not for long enough",
    64: "too slow for an aeroplane at that height",
}


@dataclass(frozen=True)
class ConsistencyLimits:
    """The limits, all assumptions.

    speed_max_mps   no aircraft that reports flies faster over ground
    jump_m          slack of a jump: timing and position errors of real reports
    hold_off_s      how long a jump of place or speed taints what follows
    frozen_s, frozen_m  a repeated place is frozen after this time and this much
                    reported motion
    path_share, path_slack_m  how far the places may leave the reported path, in a
                    window of `window_s`
    speed_step_mps, accel_mps2  largest change of speed at once, and by time
    collapse        a jump below this share of the speed is a collapse,
    back            until this share is reported again,
    forget_s        or this much time has passed
    high_m, slow_mps, fast_mps  above this height, slower than this, having flown
                    faster than this
    """

    speed_max_mps: float = 400.0
    jump_m: float = 3000.0
    hold_off_s: float = 120.0
    frozen_s: float = 45.0
    frozen_m: float = 1000.0
    path_share: float = 0.5
    path_slack_m: float = 3000.0
    speed_step_mps: float = 60.0
    accel_mps2: float = 8.0
    collapse: float = 0.4
    back: float = 0.6
    forget_s: float = 3600.0
    window_s: float = 60.0
    high_m: float = 6000.0
    slow_mps: float = 50.0
    fast_mps: float = 120.0

    def array(self) -> Floats:
        """The numbers in the order of `kernels.reports`."""
        return np.array(
            [
                self.speed_max_mps, self.jump_m, self.hold_off_s, self.frozen_s,
                self.frozen_m, self.path_share, self.path_slack_m,
                self.speed_step_mps, self.accel_mps2, self.collapse, self.back,
                self.forget_s, self.window_s, self.high_m, self.slow_mps,
                self.fast_mps,
            ]
        )  # fmt: skip


class Consistency:
    """The check with a memory: for reports that arrive batch by batch."""

    def __init__(self, limits: ConsistencyLimits | None = None) -> None:
        self._limits = (limits or ConsistencyLimits()).array()
        self._index: dict[Any, int] = {}
        self._fields, self._ring = _reports.fresh(0)

    def judge(
        self,
        t_s: Any,
        lat_deg: Any,
        lon_deg: Any,
        speed_mps: Any = None,
        track_deg: Any = None,
        alt_m: Any = None,
        ids: Any = None,
    ) -> Ints:
        """(N,) reasons as a sum of keys of `REASONS`; 0 is consistent.

        Rows in any order; they are judged in the order of time for each of `ids`
        (default: all of one aircraft). A place that is NaN is not judged (0).
        """
        t = np.asarray(t_s, dtype=np.float64)
        n = len(t)

        def full(values: Any) -> Floats:
            if values is None:
                return np.full(n, np.nan)
            out = np.asarray(values, dtype=np.float64)
            if out.shape != (n,):
                raise InputError(
                    f"{n} times need as many of each column; one has {out.shape}."
                )
            return out

        lat, lon = full(lat_deg), full(lon_deg)
        names = np.zeros(n, dtype=np.int64) if ids is None else np.asarray(ids)
        if names.shape != (n,):
            raise InputError(f"{n} times need {n} ids, not {names.shape}.")
        unique, inverse = np.unique(names, return_inverse=True)
        number = np.array(
            [self._index.setdefault(x, len(self._index)) for x in unique.tolist()],
            dtype=np.int64,
        )
        more = len(self._index) - len(self._fields)
        if more > 0:
            a, b = _reports.fresh(more)
            self._fields = np.concatenate([self._fields, a])
            self._ring = np.concatenate([self._ring, b])
        out = np.zeros(n, dtype=np.int64)
        usable = np.flatnonzero(np.isfinite(t) & np.isfinite(lat) & np.isfinite(lon))
        # Ties in time go by place, so that the order of rows has no effect.
        order = usable[np.lexsort((lon[usable], lat[usable], t[usable]))]
        who = number[inverse][order] if n else np.zeros(0, dtype=np.int64)
        judged = np.zeros(len(order), dtype=np.int64)
        _reports.check(
            who, t[order], lat[order], lon[order], full(speed_mps)[order],
            full(track_deg)[order], full(alt_m)[order], self._limits, self._fields,
            self._ring, judged,
        )  # fmt: skip
        out[order] = judged
        return out


def inconsistent(
    t_s: Any,
    lat_deg: Any,
    lon_deg: Any,
    speed_mps: Any = None,
    track_deg: Any = None,
    *,
    alt_m: Any = None,
    ids: Any = None,
    limits: ConsistencyLimits | None = None,
) -> Bool:
    """(N,) whether each reported position contradicts the aircraft's own past.

    t_s                UTC seconds; lat_deg, lon_deg WGS-84
    speed_mps          reported ground speed, track_deg course, alt_m height (optional;
                       NaN where not reported). Without a speed only jumps, and places
                       that freeze after motion, are seen
    ids                whose report it is; default: all of one aircraft

    Only rows of the same or earlier times have a say in a row.
    """
    why = reasons(
        t_s, lat_deg, lon_deg, speed_mps, track_deg,
        alt_m=alt_m, ids=ids, limits=limits,
    )  # fmt: skip
    return np.asarray(why != 0)


def reasons(
    t_s: Any,
    lat_deg: Any,
    lon_deg: Any,
    speed_mps: Any = None,
    track_deg: Any = None,
    *,
    alt_m: Any = None,
    ids: Any = None,
    limits: ConsistencyLimits | None = None,
) -> Ints:
    """As `inconsistent`, with the reasons: a sum of keys of `REASONS` per row."""
    return Consistency(limits).judge(
        t_s, lat_deg, lon_deg, speed_mps, track_deg, alt_m, ids
    )
