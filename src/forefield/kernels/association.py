"""Who is who: the best one-to-one assignment, solved on independent clusters."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["assign", "assign_dense"]


@njit(cache=True)
def assign_dense(cost):
    """Least-cost assignment of every row of `cost` (n, m >= n) to its own column.

    Shortest augmenting paths with potentials (Jonker and Volgenant 1987), O(n² m).
    Returns (n,) column of each row.
    """
    n, m = cost.shape
    u, v = np.zeros(n + 1), np.zeros(m + 1)
    row_of = np.zeros(m + 1, dtype=np.int64)
    way = np.zeros(m + 1, dtype=np.int64)
    least = np.empty(m + 1)
    used = np.empty(m + 1, dtype=np.bool_)
    for i in range(1, n + 1):
        row_of[0] = i
        j0 = 0
        least[:] = np.inf
        used[:] = False
        while True:
            used[j0] = True
            i0, delta, j1 = row_of[j0], np.inf, 0
            for j in range(1, m + 1):
                if not used[j]:
                    c = cost[i0 - 1, j - 1] - u[i0] - v[j]
                    if c < least[j]:
                        least[j] = c
                        way[j] = j0
                    if least[j] < delta:
                        delta = least[j]
                        j1 = j
            for j in range(m + 1):
                if used[j]:
                    u[row_of[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
            if row_of[j0] == 0:
                break
        while j0 != 0:
            j1 = way[j0]
            row_of[j0] = row_of[j1]
            j0 = j1
    out = np.full(n, -1, dtype=np.int64)
    for j in range(1, m + 1):
        if row_of[j] > 0:
            out[row_of[j] - 1] = j - 1
    return out


@njit(cache=True)
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
def assign(rows, cols, cost, n_rows, n_cols):
    """Best assignment over a sparse list of pairs, leaving out being free.

    rows, cols, cost  (K,) the gated pairs and what each costs against leaving both
                      alone; a pair is used only where that is an improvement
    Returns (n_rows,) column of each row, -1 for none. Pairs that share no row and
    no column are solved apart, so the time grows with the clusters, not the picture.
    """
    out = np.full(n_rows, -1, dtype=np.int64)
    k = len(rows)
    if k == 0:
        return out
    parent = np.arange(n_rows + n_cols)
    for p in range(k):
        a, b = _root(parent, rows[p]), _root(parent, n_rows + cols[p])
        if a != b:
            if a < b:
                parent[b] = a
            else:
                parent[a] = b
    label = np.empty(k, dtype=np.int64)
    for p in range(k):
        label[p] = _root(parent, rows[p])
    order = np.argsort(label, kind="mergesort")
    local = np.full(n_rows + n_cols, -1, dtype=np.int64)
    start = 0
    while start < k:
        stop = start + 1
        while stop < k and label[order[stop]] == label[order[start]]:
            stop += 1
        if stop == start + 1:
            p = order[start]
            if cost[p] < 0.0:
                out[rows[p]] = cols[p]
            start = stop
            continue
        nr = nc = 0
        members = np.empty(2 * (stop - start), dtype=np.int64)
        columns = np.empty(stop - start, dtype=np.int64)
        for q in range(start, stop):
            p = order[q]
            if local[rows[p]] < 0:
                local[rows[p]] = nr
                members[nr] = rows[p]
                nr += 1
            if local[n_rows + cols[p]] < 0:
                local[n_rows + cols[p]] = nc
                columns[nc] = cols[p]
                nc += 1
        # A column of its own for every row that stays alone, at no cost.
        dense = np.full((nr, nc + nr), 1e12)
        for i in range(nr):
            dense[i, nc + i] = 0.0
        for q in range(start, stop):
            p = order[q]
            if cost[p] < 0.0:
                i, j = local[rows[p]], local[n_rows + cols[p]]
                dense[i, j] = min(dense[i, j], cost[p])
        best = assign_dense(dense)
        for i in range(nr):
            if best[i] < nc:
                out[members[i]] = columns[best[i]]
        start = stop
    return out
