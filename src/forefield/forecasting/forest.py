"""Several sums of trees in one pass: what `kernels.trees.leaf_sums` reads.

The trees of all horizons see the same row, so they are read together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats
from forefield.kernels.trees import DE_BRUIJN, MOST_LEAVES, leaf_sums

if TYPE_CHECKING:
    from forefield.forecasting.fitted import Trees

__all__ = ["Forest"]


def _rounded(x: Floats, way: float) -> NDArray[np.float32]:
    """The nearest single-precision number that is not less (+inf), not more (-inf).

    With rows rounded up and thresholds down, "at most the threshold" is as it was
    wherever the threshold is a single-precision number.
    """
    with np.errstate(over="ignore"):
        y: NDArray[np.float32] = x.astype(np.float32)
    off = (y < x) if way > 0.0 else (y > x)
    y[off] = np.nextafter(y[off], np.float32(way))
    return y


def _place(bit: int) -> int:
    """Where the value of a leaf is kept."""
    return ((1 << bit) * int(DE_BRUIJN) & 0xFFFFFFFF) >> 27


@dataclass(frozen=True)
class Forest:
    """Trees of K sums as masks; arrays as `leaf_sums` takes them."""

    baseline: Floats  # (K,)
    first: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    mask: NDArray[np.uint32]
    value: Floats
    into: NDArray[np.int64]

    @classmethod
    def of(cls, sums: Sequence[Trees]) -> Forest | None:
        """The sums together; None where a tree has more leaves than there are bits."""
        nodes: list[tuple[int, float, bool, int]] = []
        first, values, into = [0], [], []
        for k, trees in enumerate(sums):
            for root in trees.roots:
                value = np.zeros(MOST_LEAVES)
                leaves = _masks(trees, int(root), nodes, value)
                if leaves > MOST_LEAVES:
                    return None
                first.append(len(nodes))
                values.append(value)
                into.append(k)
        feature, threshold, missing, mask = (
            zip(*nodes, strict=True) if nodes else 4 * ((),)
        )
        return cls(
            np.array([t.baseline for t in sums]),
            np.array(first),
            np.array(feature, dtype=np.int64),
            _rounded(np.array(threshold, dtype=np.float64), -np.inf),
            np.array(missing, dtype=bool),
            np.array(mask, dtype=np.uint32),
            np.array(values).reshape(-1, MOST_LEAVES),
            np.array(into, dtype=np.int64),
        )

    def log_odds(self, x: Floats) -> Floats:
        """(N, K) sums of rows x (N, F)."""
        out = np.tile(self.baseline, (len(x), 1))
        leaf_sums(
            np.ascontiguousarray(_rounded(x, np.inf)), self.first, self.feature,
            self.threshold, self.missing_left, self.mask, self.value, self.into, out,
        )  # fmt: skip
        return out


def _masks(trees: Trees, root: int, nodes: list[Any], value: Floats) -> int:
    """Append a tree's inner nodes; returns its leaves, counted from the left."""

    def walk(node: int, begin: int) -> int:
        if trees.feature[node] < 0:
            if begin < MOST_LEAVES:
                value[_place(begin)] = trees.value[node]
            return begin + 1
        middle = walk(int(trees.left[node]), begin)
        struck = ((1 << (middle - begin)) - 1) << begin
        nodes.append(
            (
                int(trees.feature[node]), float(trees.threshold[node]),
                bool(trees.missing_left[node]), ~struck & 0xFFFFFFFF,
            )
        )  # fmt: skip
        return walk(int(trees.right[node]), middle)

    return walk(root, 0)
