"""Sums of decision trees, read from flat arrays.

Trees are fitted elsewhere (by gradient boosting) and kept as arrays of nodes: a node
sends a row left where its feature is at most the threshold. A feature that is not a
number goes where the node says. A leaf points to itself.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["DE_BRUIJN", "MOST_LEAVES", "leaf_sums", "sum_of_trees"]


@njit(cache=True)
def sum_of_trees(x, roots, feature, threshold, left, right, missing_left, value, out):
    """Add to `out` (N,) the leaf values that every row of x (N, F) falls into.

    roots         (T,) first node of each tree
    feature       (M,) feature a node looks at; -1 for a leaf
    threshold     (M,) at most this goes left
    left, right   (M,) nodes below
    missing_left  (M,) where a feature that is NaN goes
    value         (M,) of a leaf
    """
    for t in range(len(roots)):
        root = roots[t]
        for i in range(len(x)):
            node = root
            f = feature[node]
            while f >= 0:
                at = x[i, f]
                if np.isnan(at):
                    node = left[node] if missing_left[node] else right[node]
                elif at <= threshold[node]:
                    node = left[node]
                else:
                    node = right[node]
                f = feature[node]
            out[i] += value[node]


#: Most leaves of a tree that `leaf_sums` reads: a bit each.
MOST_LEAVES = 32

#: Rows that are read together, so that they fill the processor's lanes.
_ROWS = 64

#: The bits of a de Bruijn sequence: what stands above bit 27 of its product with a
#: power of two is another number for each of the 32.
DE_BRUIJN = np.uint32(0x077CB531)


@njit(cache=True)
def leaf_sums(
    x, first, feature, threshold, missing_left, mask, value, into, out
):  # fmt: skip
    """Add the leaf values of trees that are kept as masks (Lucchese et al. 2015).

    A node that sends a row right strikes out the leaves to its left; the first leaf
    that is left of all is the row's. So no step waits for the one before, and many
    rows take it at once.

    x             (N, F) float32; rounded up, where thresholds are rounded down
    first         (T + 1,) a tree's first node; inner nodes alone, in any order
    feature, threshold, missing_left  (M,) as in `sum_of_trees`, float32
    mask          (M,) uint32, bits of the leaves that are left where a row goes right
    value         (T, 32) of the leaf whose bit gives that number by `DE_BRUIJN`
    into          (T,) column of `out` (N, K) that a tree adds to
    """
    n, n_f = x.shape
    block = np.empty((n_f, _ROWS), dtype=np.float32)
    left = np.empty(_ROWS, dtype=np.uint32)
    total = np.empty((out.shape[1], _ROWS))
    whole, none = np.uint32(0xFFFFFFFF), np.uint32(0)
    for a in range(0, n, _ROWS):
        many = min(_ROWS, n - a)
        for i in range(_ROWS):
            row = a + min(i, many - 1)
            for f in range(n_f):
                block[f, i] = x[row, f]
        total[:] = 0.0
        for t in range(len(first) - 1):
            left[:] = whole
            for m in range(first[t], first[t + 1]):
                at, cut, strike = block[feature[m]], threshold[m], mask[m]
                if missing_left[m]:
                    for i in range(_ROWS):
                        left[i] &= strike if at[i] > cut else whole
                else:
                    for i in range(_ROWS):
                        left[i] &= whole if at[i] <= cut else strike
            values, sums = value[t], total[into[t]]
            for i in range(_ROWS):
                lowest = left[i] & (none - left[i])
                sums[i] += values[np.uint32(lowest * DE_BRUIJN) >> np.uint32(27)]
        for k in range(out.shape[1]):
            for i in range(many):
                out[a + i, k] += total[k, i]
