"""A Sobol' design: two samples of all inputs, and what lies between them.

Night j of the design has a row A and a row B, each with values of its own for every
factor and a luck of its own (the seed that draws flights, noise and people's answers);
then, for each factor, row A with that one factor as in B; and row A with the luck of B
(Saltelli et al. 2010). Everything else is shared, so two rows of a night differ by one
input alone: the luck is one more input, held while a factor is changed, and its part of
the variance is told apart from theirs.

The points are those of Sobol's sequence, scrambled by the study's seed; their number is
a power of two, where the sequence is balanced. Policy and environment are drawn alike,
which says which inputs decide an answer. It compares no policies, and ranks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.studies.factors import without_idle
from forefield.studies.meeting import Met, night_seed
from forefield.studies.study_file import FactorPart

__all__ = ["LUCK", "SAMPLES", "meetings", "power_of_two", "rows_of"]

LUCK = "the luck of the night"
#: Rows A and B are samples of the inputs; the others serve the effects alone.
SAMPLES = 2


def rows_of(factors: Sequence[str]) -> tuple[str, ...]:
    """Names of the rows of a night, in order."""
    return ("A", "B", *(f"A with {name} of B" for name in (*factors, LUCK)))


def power_of_two(nights: int) -> int:
    """The greatest power of two that is no more than so many nights."""
    return 1 << (nights.bit_length() - 1)


def meetings(
    factors: Sequence[FactorPart], nights: int, seed: int
) -> tuple[tuple[Met, ...], ...]:
    """By night of the design: its rows, gathered by the night they meet.

    Twice the nights begin with the same nights.
    """
    unit = _points(2 * len(factors), nights, seed)
    a, b = unit[:, : len(factors)], unit[:, len(factors) :]
    return tuple(
        _met(factors, a[j], b[j], night_seed(seed, j), night_seed(seed, j, "B"))
        for j in range(nights)
    )


def _points(dimensions: int, n: int, seed: int) -> Any:
    from scipy.stats import qmc

    rng = np.random.default_rng(int(Stream(seed, "study", "sobol").key))
    return qmc.Sobol(dimensions, scramble=True, rng=rng).random(n)


def _met(
    factors: Sequence[FactorPart], a: Any, b: Any, seed_a: int, seed_b: int
) -> tuple[Met, ...]:
    """The rows of one night, gathered by the flights they meet."""
    points = [(a, seed_a), (b, seed_b)]
    for i in range(len(factors)):
        mixed = a.copy()
        mixed[i] = b[i]
        points.append((mixed, seed_a))
    points.append((a, seed_b))
    together: dict[str, Met] = {}
    for k, (unit, seed) in enumerate(points):
        policy: dict[str, Any] = {}
        environment: dict[str, Any] = {}
        for f, u in zip(factors, unit.tolist(), strict=True):
            (policy if f.kind == "policy" else environment)[f.name] = _value(f, u)
        key = f"{seed} {environment!r}"
        met = together.get(key, Met(seed, environment, ()))
        together[key] = replace(met, who=(*met.who, (k, without_idle(policy))))
    return tuple(together.values())


def _value(f: FactorPart, u: float) -> Any:
    """The value of a factor at a point of the unit interval; choices by weight."""
    if f.range:
        return float(f"{f.range[0] + u * (f.range[1] - f.range[0]):.6g}")
    upto = np.cumsum(f.weights or [1.0] * len(f.values))
    k = int(np.searchsorted(upto / upto[-1], u, side="right"))
    return f.values[min(k, len(f.values) - 1)]
