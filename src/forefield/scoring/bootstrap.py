"""The bootstrap by cluster: whole flights, or whole nights, are drawn again.

Successive forecasts for one flight share one outcome, so rows are not independent and
an interval that treats them so is far too short. Resampling whole clusters keeps what
belongs together (Davison & Hinkley 1997, section 3.8). Scores here are ratios of sums,
so a replicate needs each cluster's sums only and a thousand replicates cost one matrix
product. Intervals are percentile intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from forefield.chance import Stream
from forefield.columns import Floats, Ints

__all__ = ["CLUSTERS_MIN", "Interval", "Resample", "paired_difference"]

#: With fewer clusters a percentile interval is a decoration; we give none.
CLUSTERS_MIN = 8


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; NaN where there is none."""

    value: float
    lo: float
    hi: float
    clusters: int


@dataclass(frozen=True)
class Resample:
    """Bootstrap replicates of the clusters of one sample.

    The same object serves all models, so that differences are paired: every model
    meets the same resampled flights.
    """

    cluster: Ints  # (N,) 0 .. n_clusters - 1
    counts: Floats  # (B, n_clusters): how often each was drawn

    @classmethod
    def draw(
        cls, label: ArrayLike, stream: Stream, *, replicates: int = 1000
    ) -> Resample:
        """Draw the replicates. label (N,): the flight or night of each row."""
        _, cluster = np.unique(np.asarray(label), return_inverse=True)
        n = int(cluster.max()) + 1 if len(cluster) else 0
        if n == 0:
            return cls(cluster.astype(np.int64), np.zeros((replicates, 0)))
        drawn = stream.generator().multinomial(n, np.full(n, 1.0 / n), size=replicates)
        return cls(cluster.astype(np.int64), drawn.astype(np.float64))

    @property
    def clusters(self) -> int:
        return int(self.counts.shape[1])

    def sums(self, values: ArrayLike) -> Floats:
        """Sum of values (N,) in each replicate, (B,)."""
        return self.counts @ self._by_cluster(values)

    def _by_cluster(self, values: ArrayLike) -> Floats:
        v = np.asarray(values, dtype=np.float64)
        sums = np.bincount(self.cluster, weights=v, minlength=self.clusters)
        return sums.astype(np.float64)

    def ratio(self, top: ArrayLike, bottom: ArrayLike) -> Interval:
        """Interval of sum(top) / sum(bottom), rows (N,) each."""
        return self.of(_divide, top, bottom)

    def of(self, statistic: Callable[..., Floats], *columns: ArrayLike) -> Interval:
        """Interval of statistic(sum of column 1, sum of column 2, …)."""
        parts = [self._by_cluster(c) for c in columns]
        value = float(statistic(*[np.asarray([p.sum()]) for p in parts])[0])
        if self.clusters < CLUSTERS_MIN:
            return Interval(value, np.nan, np.nan, self.clusters)
        replicates = np.asarray(statistic(*[self.counts @ p for p in parts]))
        finite = replicates[np.isfinite(replicates)]
        # A statistic undefined in many replicates (no entry drawn) has no interval.
        if len(finite) < 0.95 * len(replicates) or not np.isfinite(value):
            return Interval(value, np.nan, np.nan, self.clusters)
        lo, hi = np.quantile(finite, [0.025, 0.975])
        return Interval(value, float(lo), float(hi), self.clusters)


def _divide(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.full_like(a, np.nan), where=b != 0)


def paired_difference(
    resample: Resample, a: ArrayLike, b: ArrayLike, weight: ArrayLike
) -> Interval:
    """Weighted mean of score a minus score b; below 0: a is better."""
    w = np.asarray(weight, dtype=np.float64)
    return resample.ratio(w * (np.asarray(a) - np.asarray(b)), w)
