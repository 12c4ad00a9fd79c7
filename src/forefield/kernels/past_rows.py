"""Which earlier row of its own track each row looks back to."""

from __future__ import annotations

from numba import njit

__all__ = ["earliest_rows"]


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
