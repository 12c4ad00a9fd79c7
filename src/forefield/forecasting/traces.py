"""Where each track was a while ago: the memory that a course alone does not have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.columns import Floats, Ints
from forefield.forecasting.motion import groups, with_past
from forefield.kernels.past_rows import earliest_rows
from forefield.tracking.tracks import Tracks

__all__ = ["AGES_S", "Trace", "trace_of"]

#: How far back is looked [s].
AGES_S = (30.0, 60.0, 180.0)


@dataclass(frozen=True)
class Trace:
    """Earlier rows of each row's own track (N rows, A ages), oldest within the age.

    lat_deg, lon_deg, alt_m  (N, A) of that earlier row
    ago_s                    (N, A) how much earlier it was; 0: there is none
    """

    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats
    ago_s: Floats

    def take(self, rows: Any) -> Trace:
        return Trace(
            self.lat_deg[rows], self.lon_deg[rows], self.alt_m[rows], self.ago_s[rows]
        )


def trace_of(tracks: Tracks, *, past: Any = None) -> Trace:
    """The trace of every row, from its own track up to its time alone.

    past  earlier rows of the same tracks, where `tracks` holds the present only
    """
    n = len(tracks)
    whole = with_past(tracks, past)
    order, bounds = groups(whole.track_id, whole.t_s)
    at: Ints = np.empty((len(whole), len(AGES_S)), dtype=np.int64)
    if len(whole):
        earliest_rows(whole.t_s[order], bounds, np.array(AGES_S), at)
    rows = np.empty_like(at)
    rows[order] = order[at] if len(whole) else at
    rows = rows[:n]
    return Trace(
        whole.lat_deg[rows], whole.lon_deg[rows], whole.alt_m[rows],
        whole.t_s[:n, None] - whole.t_s[rows],
    )  # fmt: skip
