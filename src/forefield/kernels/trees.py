"""Sums of decision trees, read from flat arrays.

Trees are fitted elsewhere (by gradient boosting) and kept as arrays of nodes: a node
sends a row left where its feature is at most the threshold. A feature that is not a
number goes where the node says. A leaf points to itself.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["sum_of_trees"]


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
