"""What the nights of a study say, and how sure that is.

Nights are drawn again, whole and within their strata, and the same draws serve every
alternative, so that differences are paired. Differences have simultaneous intervals:
one critical value for all of them, from the bootstrap of the largest standardised one,
so that the chance of any wrong statement in a ranking is about the stated error rate. A
rank is told as a range: what is not told apart is not ordered (Mogstad, Romano, Shaikh
and Wilhelm 2024 give such ranges).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.columns import Bool, Floats
from forefield.scoring.bootstrap import CLUSTERS_MIN, Interval
from forefield.studies.design import Alternative, Design
from forefield.studies.outcomes import PER_100
from forefield.studies.sobol import SAMPLES
from forefield.studies.study_file import Study

__all__ = [
    "Difference",
    "Nights",
    "Rank",
    "as_sample",
    "differences",
    "divided",
    "half_width",
    "interval_of",
    "nights_of",
    "nothing_in",
    "ranking",
    "unless_nothing",
]

REPLICATES = 2000


@dataclass(frozen=True)
class Nights:
    """Whole nights that did not fail, as arrays.

    night    (N,) numbers;  stratum (N,)
    values   outcome -> (N, A)
    weight   (N,) of a night: its stratum's weight over the nights of that stratum
    counts   (B, N) how often the bootstrap drew each night
    """

    night: Any
    stratum: Any
    values: dict[str, Floats]
    weight: Floats
    counts: Floats

    def __len__(self) -> int:
        return len(self.night)

    def sums(self, outcome: str) -> tuple[Floats, Floats]:
        """Weighted sum over nights (A,) and its replicates (B, A), mean a night."""
        v = self.values[outcome] * self.weight[:, None]
        return v.sum(axis=0), self.counts @ v

    def mean(self, outcome: str) -> list[Interval]:
        """By alternative: the weighted mean of a night."""
        value, again = self.sums(outcome)
        return [self._interval(v, r) for v, r in zip(value, again.T, strict=True)]

    def ratio(
        self, top: str, bottom: str, times: float = 100.0, *, is_share: bool = True
    ) -> list[Interval]:
        """By alternative: times the sum of `top` over the sum of `bottom`.

        is_share  at most one of `top` comes to one of `bottom`: then what never
                  occurred has an upper end, and else none
        """
        value, again = self.ratios(top, bottom, times)
        out = []
        for k, v in enumerate(value.tolist()):
            one = self._interval(v, again[:, k])
            bounded = self._never(one, bottom, k, times)
            out.append(bounded if is_share else unless_nothing(one))
        return out

    def ratios(
        self, top: str, bottom: str, times: float = 100.0
    ) -> tuple[Floats, Floats]:
        """The same as numbers: by alternative (A,), and replicates (B, A)."""
        a, b = self.sums(top), self.sums(bottom)
        return times * divided(a[0], b[0]), times * divided(a[1], b[1])

    def ratio_of(
        self, top: str, bottom: str, members: list[int], times: float = 100.0
    ) -> Interval:
        """The same for several alternatives taken together."""
        value, again = _pooled(self.sums(top), self.sums(bottom), members, times)
        return self._interval(value, again)

    def with_values(self, values: dict[str, Floats]) -> Nights:
        """The same nights with further outcomes, (N, A) each."""
        return replace(self, values=values)

    def _never(self, one: Interval, bottom: str, k: int, times: float) -> Interval:
        """Nothing in n nights with an occasion is at most 1 - 0.05^(1/n), not 0."""
        if one.value != 0.0 or not np.isfinite(one.hi):
            return one
        n = int((self.values[bottom][:, k] > 0).sum())
        return Interval(0.0, 0.0, times * nothing_in(n), one.clusters)

    def _interval(self, value: float, replicates: Floats) -> Interval:
        return interval_of(value, replicates, len(self))

    def only(self, rows: Bool) -> Nights:
        """Some of the nights (N,), drawn as often as before."""
        return Nights(
            self.night[rows],
            self.stratum[rows],
            {k: v[rows] for k, v in self.values.items()},
            self.weight[rows],
            self.counts[:, rows],
        )


def nothing_in(nights: int, error_rate: float = 0.05) -> float:
    """What n nights without a case exclude: a chance above this.

    >>> round(nothing_in(60), 3)
    0.049
    """
    return float(1.0 - error_rate ** (1.0 / max(nights, 1)))


def unless_nothing(one: Interval) -> Interval:
    """Without an interval where nothing was seen at all: there is no spread to tell."""
    is_nothing = one.value == one.lo == one.hi == 0.0
    return Interval(0.0, np.nan, np.nan, one.clusters) if is_nothing else one


def interval_of(value: float, replicates: Floats, nights: int) -> Interval:
    """The percentile interval of a value; none of few nights or many undefined."""
    ok = np.isfinite(replicates)
    if nights < CLUSTERS_MIN or ok.mean() < 0.95 or not np.isfinite(value):
        return Interval(float(value), np.nan, np.nan, nights)
    lo, hi = np.quantile(replicates[ok], [0.025, 0.975])
    return Interval(float(value), float(lo), float(hi), nights)


def divided(a: Floats, b: Floats) -> Floats:
    """a / b, NaN where b is zero."""
    return np.divide(a, b, out=np.full_like(a, np.nan), where=b != 0)


def _pooled(
    top: tuple[Floats, Floats],
    bottom: tuple[Floats, Floats],
    members: list[int],
    times: float,
) -> tuple[float, Floats]:
    """Times the ratio of sums over several alternatives, and its replicates (B,)."""
    value, again = (
        divided(a[..., members].sum(axis=-1), b[..., members].sum(axis=-1))
        for a, b in zip(top, bottom, strict=True)
    )
    return times * float(value), times * again


def nights_of(
    rows: Any, design: Design, *, stratum: int = -1, stream: Stream | None = None
) -> Nights:
    """The nights of a table of rows; those of one stratum where it is named.

    stream  of the bootstrap; default: that of the design
    """
    chance = stream or Stream(design.seed, "study", "bootstrap")
    n_alternatives = len(design.alternatives)
    night = rows["night"].to_numpy().reshape(-1, n_alternatives)[:, 0]
    group = rows["stratum"].to_numpy().reshape(-1, n_alternatives)[:, 0]
    bad = np.array([bool(f) for f in rows["failure"].to_pylist()])
    keep = ~bad.reshape(-1, n_alternatives).any(axis=1)
    if stratum >= 0:
        keep &= group == stratum
    numbers = [f.name for f in rows.schema if str(f.type) == "double"]
    values = {
        k: np.nan_to_num(rows[k].to_numpy()).reshape(-1, n_alternatives)[keep]
        for k in numbers
    }
    night, group = night[keep], group[keep]
    weight, counts = np.zeros(len(night)), np.zeros((REPLICATES, len(night)))
    shares = np.array([s.weight for s in design.strata])
    present = np.unique(group)
    for s in present.tolist():
        mine = group == s
        n = int(mine.sum())
        weight[mine] = shares[s] / shares[present].sum() / n
        draw = chance[int(s)].generator()
        counts[:, mine] = draw.multinomial(n, np.full(n, 1.0 / n), size=REPLICATES)
    return Nights(night, group, values, weight, counts)


def as_sample(rows: Any, design: Design) -> tuple[Any, Design]:
    """Rows A and B as nights of one alternative, for every figure but the effects.

    Each is a night with inputs drawn for itself, so 2 N of them average over all.
    Designs of other kinds are handed back as they are.
    """
    if not design.rows:
        return rows, design
    import pyarrow as pa

    kept = rows.filter(pa.array(rows["alternative"].to_numpy() < SAMPLES))
    night = kept["night"].to_numpy() * SAMPLES + kept["alternative"].to_numpy()
    one = Alternative("all inputs drawn", {})
    told = {"night": night, "alternative": np.zeros_like(night)}
    for name, column in told.items():
        kept = kept.set_column(kept.column_names.index(name), name, pa.array(column))
    names = pa.array([one.name] * len(night))
    kept = kept.set_column(kept.column_names.index("name"), "name", names)
    return kept, replace(
        design,
        alternatives=(one,),
        nights=SAMPLES * design.nights,
        rows=(),
    )


def half_width(rows: Any, design: Design, study: Study) -> float:
    """Half of the widest interval of the main outcome; inf while there is none."""
    found = nights_of(*as_sample(rows, design))
    if len(found) < CLUSTERS_MIN:
        return float("inf")
    intervals = found.ratio(study.outcomes.main, "entering")
    widths = [0.5 * (i.hi - i.lo) for i in intervals]
    return float(np.max(np.where(np.isfinite(widths), widths, np.inf)))


@dataclass(frozen=True)
class Difference:
    """Of two groups of alternatives: a minus b, per 100 that would enter."""

    a: str
    b: str
    value: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Rank:
    """One group of alternatives in a ranking: the range its rank lies in, 1 best."""

    name: str
    value: float
    lo: float
    hi: float
    best: int
    worst: int


def _groups(design: Design, study: Study) -> dict[str, list[int]]:
    """Alternatives by the values of the ranked factors; default: each by itself."""
    ranked = study.outcomes.rank
    out: dict[str, list[int]] = {}
    for k, a in enumerate(design.alternatives):
        of = {n: a.values[n] for n in ranked if n in a.values}
        whole = not ranked or set(a.values) <= set(ranked)
        name = a.name if whole else ", ".join(f"{n} {v}" for n, v in of.items())
        out.setdefault(name, []).append(k)
    return out


def _per_100(
    nights: Nights, design: Design, study: Study
) -> tuple[list[str], Floats, Floats]:
    """Names of the groups, the main outcome of each (G,), and replicates (B, G)."""
    groups = _groups(design, study)
    top, low = nights.sums(study.outcomes.main), nights.sums("entering")
    each = [_pooled(top, low, g, 100.0) for g in groups.values()]
    value = np.array([v for v, _ in each])
    again = np.stack([r for _, r in each], axis=1)
    return list(groups), value, again


def differences(nights: Nights, design: Design, study: Study) -> list[Difference]:
    """Every pair of groups, with simultaneous intervals at the stated error rate."""
    names, value, again = _per_100(nights, design, study)
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    if not pairs:
        return []
    i, j = np.array(pairs).T
    d, replicates = value[i] - value[j], again[:, i] - again[:, j]
    replicates = replicates[np.isfinite(replicates).all(axis=1)]
    enough = len(nights) >= CLUSTERS_MIN and len(replicates) >= 0.95 * REPLICATES
    if not enough or not np.isfinite(d).all():
        return [
            Difference(names[a], names[b], float(x), np.nan, np.nan)
            for a, b, x in zip(i, j, d, strict=True)
        ]
    spread = replicates.std(axis=0)
    real = spread > 1e-12
    reach = np.zeros(len(pairs))
    if real.any():
        largest = (np.abs(replicates - d)[:, real] / spread[real]).max(axis=1)
        critical = np.quantile(largest, 1.0 - study.outcomes.error_rate)
        reach = critical * spread
    # Alike on every night is no proof of no difference: see `Nights._never`.
    occasions = int((nights.values["entering"] > 0).any(axis=1).sum())
    bound = 100.0 * nothing_in(occasions, study.outcomes.error_rate)
    reach = np.where(~real & (d == 0.0), bound, reach)
    return [
        Difference(names[a], names[b], float(x), float(x - r), float(x + r))
        for a, b, x, r in zip(i, j, d, reach, strict=True)
    ]


def ranking(nights: Nights, design: Design, study: Study) -> list[Rank]:
    """Groups from best to worst by the main outcome, each with a range of ranks.

    With the stated error rate all ranges hold at once. Without intervals (too few
    nights) every range is the whole.
    """
    names, value, again = _per_100(nights, design, study)
    more_is_better = PER_100[study.outcomes.main][1]
    better, worse = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for one in differences(nights, design, study):
        sign = 1.0 if more_is_better else -1.0
        low, high = sorted((sign * one.lo, sign * one.hi))
        if low > 0.0:
            worse[one.a] += 1
            better[one.b] += 1
        elif high < 0.0:
            better[one.a] += 1
            worse[one.b] += 1
    order = np.argsort(-value if more_is_better else value, kind="stable")
    out = []
    for k in order.tolist():
        name = names[k]
        held = nights._never(
            nights._interval(float(value[k]), again[:, k]), "entering", 0, 100.0
        )
        out.append(
            Rank(name, held.value, held.lo, held.hi, 1 + better[name],
                 len(names) - worse[name])
        )  # fmt: skip
    return out
