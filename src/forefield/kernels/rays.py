"""Straight ways to a border: how far it is along each of a fan of courses."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.first_passage import signed_1

__all__ = ["fan_m"]


@njit(cache=True)
def fan_m(x, y, course, fan, x0, y0, cell, field, far_m, out):
    """Distance to the territory along straight courses, by sphere tracing (Hart 1996).

    x, y    (N,) places in the grid's plane [m]; course (N,) [rad, clockwise from y]
    fan     (K,) changes of course [rad]; NaN courses have no distance: far_m
    field   (ny, nx) signed distance, > 0 outside, on cells of `cell` metres from x0, y0
    far_m   no ray is followed further
    out     (N, K) metres, at most far_m
    """
    for i in range(len(x)):
        for k in range(len(fan)):
            a = course[i] + fan[k]
            if np.isnan(a):
                out[i, k] = far_m
                continue
            s, c = math.sin(a), math.cos(a)
            r = 0.0
            while r < far_m:
                d = signed_1(x[i] + r * s, y[i] + r * c, x0, y0, cell, field)
                if d <= 0.0:
                    break
                r += max(0.9 * d, 0.3 * cell)
            out[i, k] = min(r, far_m)
