"""What each row sees of the earlier rows of its own track."""

from __future__ import annotations

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
def exposures(t_s, bounds, look, rate, inside, lag_s, most_s, out):
    """Integral of a rate over each row's own past, but for its last `lag_s`.

    t_s           (N,) times of rows by track and time; bounds (T + 1,) of the tracks
    look, inside  (N,) whether the rate is told at a row, and whether it lies inside:
                  what was before counts no more
    rate          (N,) per second; holds until the next look, `most_s` at the longest
    out           (N,)
    """
    for b in range(len(bounds) - 1):
        begin, end = bounds[b], bounds[b + 1]
        # `whole` integrates looks that are over; `j` is the look that is not.
        whole, j, k, left = 0.0, -1, begin, begin
        for i in range(begin, end):
            until = t_s[i] - lag_s
            if inside[i]:
                left = i + 1
            while k < end and t_s[k] <= until:
                if look[k]:
                    if j >= left:
                        whole += rate[j] * min(t_s[k] - t_s[j], most_s)
                    j = k
                k += 1
            if left > begin and j < left:
                whole = 0.0
            got = whole
            if j >= left:
                got += rate[j] * min(until - t_s[j], most_s)
            out[i] = got
