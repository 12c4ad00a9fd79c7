"""A spatial index of plots: a uniform grid, filled by counting, without allocation."""

from __future__ import annotations

import math

import numpy as np

from forefield.kernels.lean import lean

__all__ = ["fill"]


@lean
def fill(x, y, n, cell_min, first, item, box):
    """Sort n points into a grid of about n cells.

    x, y      (>= n,) places [m]
    cell_min  no cell is smaller [m]
    first     (>= 4 n + 9,) filled: where each cell's points begin in `item`
    item      (>= n,) filled: points cell by cell, within a cell by x, then y, so that
              the order in which they came has no effect
    box       (>= 5,) filled: x0, y0, cell [m], columns, rows
    Returns the number of cells.
    """
    x0 = y0 = np.inf
    x1 = y1 = -np.inf
    for j in range(n):
        x0, x1 = min(x0, x[j]), max(x1, x[j])
        y0, y1 = min(y0, y[j]), max(y1, y[j])
    if n == 0:
        x0 = y0 = x1 = y1 = 0.0
    wide, tall = x1 - x0, y1 - y0
    cell = max(
        cell_min, math.sqrt(wide * tall / max(n, 1)), (wide + tall) / (2 * n + 2)
    )
    nx, ny = int(wide / cell) + 1, int(tall / cell) + 1
    cells = nx * ny
    for c in range(cells + 1):
        first[c] = 0
    for j in range(n):
        c = int((y[j] - y0) / cell) * nx + int((x[j] - x0) / cell)
        first[c + 1] += 1
    for c in range(cells):
        first[c + 1] += first[c]
    # Each cell's end moves as its points come in; a short insertion keeps them sorted.
    for j in range(n):
        c = int((y[j] - y0) / cell) * nx + int((x[j] - x0) / cell)
        at = first[c]
        first[c] = at + 1
        item[at] = j
    for c in range(cells, 0, -1):
        first[c] = first[c - 1]
    first[0] = 0
    for c in range(cells):
        lo, hi = first[c], first[c + 1]
        for a in range(lo + 1, hi):
            j = item[a]
            b = a - 1
            while b >= lo and (
                x[item[b]] > x[j] or (x[item[b]] == x[j] and y[item[b]] > y[j])
            ):
                item[b + 1] = item[b]
                b -= 1
            item[b + 1] = j
    box[0], box[1], box[2], box[3], box[4] = x0, y0, cell, nx, ny
    return cells
