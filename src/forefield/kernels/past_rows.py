"""What each row sees of the earlier rows of its own track."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["earliest_rows", "exposures"]


@njit(cache=True)
def earliest_rows(t_s, bounds, ages_s, out):
    """The earliest row of the same track within each age.

    t_s     (N,) times of rows by track and time; bounds (T + 1,) of the tracks
    ages_s  (A,) how far back is looked
    out     (N, A) int64, a row's number; its own where nothing is earlier
    """
    for b in range(len(bounds) - 1):
        for k in range(len(ages_s)):
            j = bounds[b]
            for i in range(bounds[b], bounds[b + 1]):
                while t_s[i] - t_s[j] > ages_s[k]:
                    j += 1
                out[i, k] = j


@njit(cache=True)
def exposures(t_s, bounds, look, rate, inside, lag_s, memory_s, most_s, out):
    """Integral of a rate over each row's own past, from `memory_s` to `lag_s` ago.

    t_s           (N,) times of rows by track and time; bounds (T + 1,) of the tracks
    look, inside  (N,) whether the rate is told at a row, and whether it wipes what was
                  before
    rate          (N,) per second; holds until the next look, `most_s` at the longest
    out           (N,)
    """
    # Integral up to each look, of the looks before it.
    whole = np.empty(len(t_s))
    for b in range(len(bounds) - 1):
        begin, end = bounds[b], bounds[b + 1]
        total, j = 0.0, -1
        for i in range(begin, end):
            if look[i]:
                if j >= 0:
                    total += rate[j] * min(t_s[i] - t_s[j], most_s)
                j, whole[i] = i, total
        # Two looks walk behind each row: the last where counting begins and ends.
        near, far, k, m, wiped = -1, -1, begin, begin, -math.inf
        for i in range(begin, end):
            if inside[i]:
                wiped = t_s[i]
            since, until = max(t_s[i] - memory_s, wiped), t_s[i] - lag_s
            while k < end and t_s[k] <= until:
                near = k if look[k] else near
                k += 1
            while m < end and t_s[m] <= since:
                far = m if look[m] else far
                m += 1
            out[i] = 0.0
            if near < 0 or until <= since:
                continue
            got = whole[near] + rate[near] * min(until - t_s[near], most_s)
            if far >= 0:
                got -= whole[far] + rate[far] * min(since - t_s[far], most_s)
            out[i] = max(got, 0.0)
