"""Lead time at a given rate of false alerts: what a limit buys.

A forecast with any limit may be made to warn earlier by warning more often. So the
limit is chosen on *tuning* nights, as the lowest that gives at most one false
district-alert a night, and the lead is told for *other* nights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError

__all__ = ["HOLD_S", "Episodes", "Leads", "episodes", "judged", "lead_at_false_rate"]

#: An alert is over when the probability stayed below the limit this long; an arrival
#: until then makes it true. Our choice; sirens over Lviv oblast last 42 to 44 minutes
#: in the median, so a shorter hold splits what people live through as one alert.
HOLD_S = 1800.0


@dataclass(frozen=True)
class Episodes:
    """Alerts, a row each: which (night, district), from when, until when."""

    group: Ints
    on_s: Floats
    off_s: Floats  # the last moment at or above the limit, plus the hold


@dataclass(frozen=True)
class Leads:
    """Lead time on the nights that did not choose the limit.

    p10_s and median_s are over all arrivals, one without an alert counting as 0 s.
    """

    limit: float
    false_per_night_tuning: float
    false_per_night: float
    arrivals: int
    alerted_share: float
    p10_s: float
    median_s: float


def episodes(
    group: ArrayLike,
    t_s: ArrayLike,
    p: ArrayLike,
    limit: float,
    *,
    hold_s: float = HOLD_S,
) -> Episodes:
    """The alerts that a limit would give.

    group t_s p  (N,) label of night and district, time, combined probability
    """
    up = np.asarray(p) >= limit
    g = np.asarray(group, dtype=np.int64)[up]
    t = np.asarray(t_s, dtype=np.float64)[up]
    order = np.lexsort((t, g))
    g, t = g[order], t[order]
    if len(g) == 0:
        return Episodes(g, t, t.copy())
    cut = (np.diff(g) != 0) | (np.diff(t) > hold_s)
    first = np.concatenate([[0], np.flatnonzero(cut) + 1])
    last = np.append(first[1:], len(g)) - 1
    return Episodes(g[first], t[first], t[last] + hold_s)


def judged(alerts: Episodes, group: Ints, arrival_s: Floats) -> tuple[Bool, Floats]:
    """Which alerts were true, and each arrival's lead [s] (NaN where not alerted)."""
    true = np.zeros(len(alerts.group), dtype=np.bool_)
    lead = np.zeros(len(group))
    alerted = np.zeros(len(group), dtype=np.bool_)
    for i in range(len(alerts.group)):
        hit = (group == alerts.group[i]) & (arrival_s >= alerts.on_s[i])
        hit &= arrival_s <= alerts.off_s[i]
        true[i] = hit.any()
        lead[hit] = np.maximum(lead[hit], arrival_s[hit] - alerts.on_s[i])
        alerted |= hit
    return true, np.where(alerted, lead, np.nan)


def lead_at_false_rate(
    group: ArrayLike,
    night_of_group: ArrayLike,
    t_s: ArrayLike,
    p: ArrayLike,
    arrival_group: ArrayLike,
    arrival_s: ArrayLike,
    tuning_nights: ArrayLike,
    *,
    false_per_night: float = 1.0,
    hold_s: float = HOLD_S,
) -> Leads:
    """Lead time of alerts at one false district-alert a night.

    group t_s p    (N,) label 0..G-1 of (night, district), time, probability
    night_of_group (G,) the night of each label
    arrival_group arrival_s  (A,) the first true arrival in each (night, district)
    tuning_nights  the nights that choose the limit; the rest are reported
    Raises InputError when either side has no night.
    """
    night = np.asarray(night_of_group)
    tuning = np.isin(night, np.asarray(tuning_nights))
    g, time = np.asarray(group, np.int64), np.asarray(t_s, np.float64)
    prob = np.asarray(p, dtype=np.float64)
    a_group = np.asarray(arrival_group, np.int64)
    a_s = np.asarray(arrival_s, np.float64)
    n_tuning = len(np.unique(night[tuning]))
    n_other = len(np.unique(night[~tuning]))
    if n_tuning == 0 or n_other == 0:
        raise InputError(
            f"Lead time needs nights on both sides: {n_tuning} tuning, {n_other} "
            "other; name some nights, not all, as tuning nights."
        )

    def wrong(limit: float, side: Bool, nights: int) -> float:
        keep = side[g]
        alerts = episodes(g[keep], time[keep], prob[keep], limit, hold_s=hold_s)
        return float((~judged(alerts, a_group, a_s)[0]).sum()) / nights

    # Fewer false alerts at higher limits need not hold strictly (a long alert may
    # break in two), so every printed limit is tried, not a bisection.
    grid = np.round(np.concatenate([np.arange(0.01, 1.0, 0.01), [0.995, 0.999]]), 3)
    rates = np.array([wrong(float(x), tuning, n_tuning) for x in grid])
    good = np.flatnonzero(rates <= false_per_night)
    if len(good) == 0:
        limit, tuned = float("inf"), 0.0
    else:
        # The lowest limit above which the rate never exceeds the target again.
        above = np.flatnonzero(rates > false_per_night)
        k = int(above[-1]) + 1 if len(above) else 0
        k = min(k, int(good[-1]))
        limit, tuned = float(grid[k]), float(rates[k])
    keep, other = ~tuning[g], ~tuning[a_group]
    alerts = episodes(g[keep], time[keep], prob[keep], limit, hold_s=hold_s)
    true, lead = judged(alerts, a_group[other], a_s[other])
    every = np.nan_to_num(lead, nan=0.0)
    some = len(every) > 0
    return Leads(
        limit,
        tuned,
        float((~true).sum()) / n_other,
        len(every),
        float(np.isfinite(lead).mean()) if some else float("nan"),
        float(np.quantile(every, 0.10)) if some else float("nan"),
        float(np.median(every)) if some else float("nan"),
    )
