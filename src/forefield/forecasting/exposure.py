"""What a flight could have done and did not: its exposure to entering.

Where others would have entered by now, a flight that has not shows that it may not
mean to. Let each flight have a propensity Z of its own, unknown, that multiplies the
rate at which flights like it enter from where it was; let Z be exponential with mean
1 before anything is seen. Of a flight exposed to an integrated rate L without entering
the mean of Z is 1 / (1 + L) (gamma frailty; Aalen, Borgan and Gjessing, "Survival and
Event History Analysis", 2008, chapter 6). By that the odds of entry are lowered.

The rate is the field's: -log(1 - P(300 s)) / 300 s, looked at once a minute of the
track. The last three minutes do not count, because on its straight way in a flight is
exposed as well; nor does what lies before a look inside (it did enter), or more than
half an hour ago. No more than 5 is believed. The mean of 1, the three minutes and the 5
were chosen on nights of families of role `tune`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from forefield.columns import Bool, Floats, Ints
from forefield.forecasting.motion import Motion, groups, motion_of, with_past
from forefield.forecasting.parameters import Parameters
from forefield.kernels.past_rows import exposures
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border

if TYPE_CHECKING:
    from forefield.forecasting.forecast import Answer, Task

__all__ = ["EVERY_S", "MEMORY_S", "discount", "exposure"]

#: How far back exposure counts [s].
_MEMORY_S = 1800.0

#: The most recent past, which does not count [s].
_LAG_S = 180.0
#: Time between looks; no look counts for longer than two of them [s].
EVERY_S = 60.0
#: How far back it is worth keeping a track's first row of every minute [s]: a look
#: before what counts may still hold.
MEMORY_S = _MEMORY_S + 2.0 * EVERY_S

#: Horizon that the rate is read at [s].
_RATE_S = 300.0
#: The most that is believed.
_MOST = 5.0


def discount(exposure: Floats) -> Floats:
    """By how much the log odds of entry fall at such an exposure; same shape."""
    got: Floats = np.log1p(np.clip(exposure, 0.0, _MOST))
    return got


def exposure(
    given: Tracks, motion: Motion, border: Border, par: Parameters, *, past: Any = None
) -> Floats:
    """(N,) exposure of each row, from its own track up to its time alone.

    given   rows, with their motion
    past    earlier rows of the same tracks, where `given` holds the present only
    """
    n = len(given)
    out = np.zeros(n)
    whole = with_past(given, past)
    if not n:
        return out
    order, bounds = groups(whole.track_id, whole.t_s)
    t = whole.t_s[order]
    track = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    minute = np.floor(t / EVERY_S)
    minutely: Bool = np.append(True, (np.diff(track) != 0) | (np.diff(minute) != 0))
    # A look that no row is late enough to count need not be taken.
    look = minutely & (t <= t[bounds[1:] - 1][track] - _LAG_S)
    at: Ints = order[look]
    if not at.size:
        return out
    rate = np.zeros(len(whole))
    own = motion if len(whole) == n else motion_of(whole, par)
    inside = border.inside(whole.lat_deg, whole.lon_deg)[order] & minutely
    rate[look] = _rates(whole.take(at), own.take(at), ~inside[look], border, par)
    got = np.empty(len(whole))
    exposures(t, bounds, look, rate, inside, _LAG_S, _MEMORY_S, 2.0 * EVERY_S, got)
    back = np.empty_like(got)
    back[order] = got
    return back[:n]


def _rates(
    rows: Tracks, motion: Motion, outside: Bool, border: Border, par: Parameters
) -> Floats:
    """(N,) rate of entering [1/s] by the fields of what a row may be; 0 without."""
    from forefield.forecasting.forecast import Task, blank
    from forefield.forecasting.reading import read_fields, served

    rate = np.zeros(len(rows))
    asked: Ints = np.flatnonzero(outside & ~motion.inconsistent)
    if not asked.size:
        return rate
    mine, moving = rows.take(asked), motion.take(asked)
    # A turn in progress is left out: it takes rows close by to tell, and a chain keeps
    # one a minute.
    # A small share of something without a field does not take the row's field away.
    ours = served(par)
    some: Bool = moving.style[:, ours].sum(axis=1) > 0.0
    style = np.where(some[:, None] & ~ours, 0.0, moving.style)
    moving = dataclasses.replace(moving, turn_rate_rps=np.zeros(len(mine)), style=style)
    task = Task(
        border, border.field(), mine, moving,
        border.distance_m(mine.lat_deg, mine.lon_deg), np.array([_RATE_S]), 1.0, par,
    )  # fmt: skip

    def nothing(rest: Task) -> Answer:
        return blank(rest)

    p = read_fields(task, nothing).out[:, 0, 0]
    rate[asked] = -np.log1p(-np.minimum(p, 0.98)) / _RATE_S
    return rate
