"""How likely classes make a speed and a height, and classes after new evidence.

Rows of tracks against bands of object classes. The numbers come from
`tracking.classes`, which also says what they mean; a band is (class number, speed
from, to, height from, to).
"""

from __future__ import annotations

from math import erfc, exp, hypot, log, nan, sqrt

from numba import njit

from forefield.kernels.lean import lean

__all__ = ["likelihood", "log_ratios", "revise"]

_HALF = 0.7071067811865476
#: Part of a band's width by which its ends are soft.
SOFT = 0.08


@njit(cache=True, inline="always", error_model="numpy")
def _within(value, sigma, low, high):
    """Density of a measured value if the true one is uniform in a band."""
    s = sqrt(sigma * sigma + (SOFT * (high - low)) ** 2)
    below = 0.5 * erfc((value - high) / s * _HALF)
    return (below - 0.5 * erfc((value - low) / s * _HALF)) / (high - low)


@lean
def _row(speed, sigma, above, spread, bands, count, out):
    """`likelihood` of one row; above NaN: no height."""
    out[:] = 0.0
    for b in range(len(bands)):
        p = _within(speed, sigma, bands[b, 1], bands[b, 2])
        if above == above:
            p *= _within(above, spread, bands[b, 3], bands[b, 4]) * 1000.0
        out[int(bands[b, 0])] += p
    for c in range(len(out)):
        out[c] /= count[c]


@lean
def likelihood(
    speed, sigma, height, sigma_height, ground, sigma_ground, bands, count, out
):
    """Fill out (N, C): how likely each class makes each speed [m/s] and height [m].

    height        (N,) above the ellipsoid; NaN: unknown
    ground, sigma_ground  height of the ground, and its spread
    bands, count  (B, 5) object classes; (C,) how many of them each class has
    """
    for i in range(len(speed)):
        above = spread = nan
        if abs(height[i]) < 1e300:
            above, spread = height[i] - ground, hypot(sigma_height[i], sigma_ground)
        _row(speed[i], sigma[i], above, spread, bands, count, out[i])


@lean
def log_ratios(speed, sigma, p_class, bands, count, least, most, work, out):
    """Add to out (N,) the log of how much likelier a speed is of a fixed echo.

    speed    (N,) seen [m/s]; NaN adds nothing;  sigma: (N,) of each component
    p_class  (N, C) what it may be, if it flies;  work: (C,)
    """
    for i in range(len(speed)):
        s, e = speed[i], sigma[i]
        if not (abs(s) < 1e300 and abs(e) < 1e300):
            continue
        e = max(e, 0.1)
        fixed = log(max(s, 0.05 * e) / e**2) - 0.5 * (s / e) ** 2
        _row(s, e, nan, nan, bands, count, work)
        flies = 0.0
        for c in range(len(work)):
            flies += p_class[i, c] * work[c]
        out[i] += min(max(fixed - log(max(flies, 1e-12)), least), most)


@lean
def revise(p, like, gap, polite, start, factor, unknown, least, forget, out):
    """Fill out (N, C) with class probabilities after new evidence.

    p, like  (N, C) before, and from `likelihood`; gap: (N,) seconds since the last
    polite   (N,) bool: it answers by an address, and consistently
    start    (C,) before any evidence;  factor: (C,) what an answer is worth
    unknown  the class that never falls below `least`;  forget: seconds
    """
    floor, n = 1e-12, p.shape[1]
    for i in range(len(p)):
        peak = 1e-300
        for c in range(n):
            peak = max(peak, like[i, c])
        keep = exp(-gap[i] / forget)
        top = -1e300
        for c in range(n):
            said = like[i, c] / peak
            if polite[i]:
                said *= factor[c]
            out[i, c] = (
                keep * log(max(p[i, c], floor))
                + (1.0 - keep) * log(start[c])
                + (1.0 - keep) * log(max(said, floor))
            )
            top = max(top, out[i, c])
        total = 0.0
        for c in range(n):
            out[i, c] = exp(out[i, c] - top)
            total += out[i, c]
        # The floor: the others shrink together, whatever they are.
        first = out[i, unknown] / total
        scale, short = 1.0, first < least
        if short:
            scale = (1.0 - least) / max(1.0 - first, floor)
        after = 0.0
        for c in range(n):
            out[i, c] *= scale / total
            if short and c == unknown:
                out[i, c] = least
            after += out[i, c]
        for c in range(n):
            out[i, c] /= after
