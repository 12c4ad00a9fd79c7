"""The layout of a study: its alternatives, its strata, and the nights of each.

Alternatives are combinations of policy values and share every night. A stratum is a
combination of environment values; nights go to the strata in turn, so that a longer
study begins with the nights of a shorter one. An environment factor with a range has no
strata: each night has its own value, from a Latin hypercube over all nights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.studies.factors import FACTORS, without_idle
from forefield.studies.meeting import Met, night_seed
from forefield.studies.sobol import meetings, power_of_two, rows_of
from forefield.studies.study_file import MOST_ALTERNATIVES, FactorPart, Study

__all__ = ["Alternative", "Design", "Stratum", "design_notes", "lay_out", "short"]


@dataclass(frozen=True)
class Alternative:
    """One combination of policy values, in the order of the file."""

    name: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Stratum:
    """One combination of environment values, and its weight (they sum to 1)."""

    name: str
    values: dict[str, Any]
    weight: float


@dataclass(frozen=True)
class Design:
    """Alternatives, strata, and what each night has for itself.

    own   by night: values of environment ranges
    rows  of a Sobol' design: by night, who meets what
    """

    alternatives: tuple[Alternative, ...]
    strata: tuple[Stratum, ...]
    nights: int
    batch: int
    seed: int
    own: tuple[dict[str, float], ...] = ()
    rows: tuple[tuple[Met, ...], ...] = ()

    def stratum_of(self, night: int) -> int:
        """Which stratum a night belongs to."""
        return night % len(self.strata)

    def environment(self, night: int) -> dict[str, Any]:
        """Every environment value of one night."""
        own = self.own[night] if self.own else {}
        return {**self.strata[self.stratum_of(night)].values, **own}

    def meetings(self, night: int) -> tuple[Met, ...]:
        """Which nights are flown for one night of the study, and who meets each."""
        if self.rows:
            return self.rows[night]
        who = tuple((k, a.values) for k, a in enumerate(self.alternatives))
        return (Met(night_seed(self.seed, night), self.environment(night), who),)

    def trials(self) -> list[Met]:
        """Meetings in which every value that is no number of a range occurs once."""
        if not self.rows:
            nights = range(min(len(self.strata), self.nights))
            return [met for night in nights for met in self.meetings(night)]
        seen: set[str] = set()
        out: list[Met] = []
        for met in (met for row in self.rows for met in row):
            values = [met.environment, *(v for _, v in met.who)]
            told = {f"{k} {v!r}" for of in values for k, v in of.items()
                    if not isinstance(v, float)}  # fmt: skip
            if not out or told - seen:
                out.append(met)
                seen |= told
        return out

    def batches(self) -> list[range]:
        """The nights of each batch; they do not depend on who computes them."""
        return [
            range(a, min(a + self.batch, self.nights))
            for a in range(0, self.nights, self.batch)
        ]


def lay_out(study: Study, where: str = "study") -> Design:
    """Alternatives, strata and nights of a study; InputError for an empty grid."""
    if study.design.kind == "sobol":
        return _sobol(study)
    policy = [f for f in study.factor if f.kind == "policy"]
    environment = [f for f in study.factor if f.kind == "environment"]
    if study.design.kind == "list":
        alternatives = tuple(Alternative(a.name, a.values) for a in study.alternative)
    elif study.design.kind == "grid":
        alternatives = _alternatives(_grid(policy))
    else:
        alternatives = _alternatives(_latin(policy, study.design))
    if len(alternatives) > MOST_ALTERNATIVES:
        raise InputError(
            f"{where}: {len(alternatives)} alternatives; at most {MOST_ALTERNATIVES}: "
            'list fewer values, or write design.kind = "latin".'
        )
    strata = _strata([f for f in environment if f.values])
    nights = study.design.nights
    if nights < len(strata):
        raise InputError(
            f"{where}: {nights} nights for {len(strata)} strata; every stratum needs "
            "one: raise design.nights."
        )
    ranges = [f for f in environment if f.range]
    return Design(
        alternatives,
        strata,
        nights,
        study.design.batch,
        study.design.seed,
        _own(ranges, nights, study.design.seed),
    )


def _sobol(study: Study) -> Design:
    d = study.design
    nights = power_of_two(d.nights)
    names = rows_of([f.name for f in study.factor])
    return Design(
        tuple(Alternative(n, {}) for n in names),
        _strata([]),
        nights,
        d.batch,
        d.seed,
        rows=meetings(study.factor, nights, d.seed),
    )


def _grid(policy: list[FactorPart]) -> list[dict[str, Any]]:
    names = [f.name for f in policy]
    return [
        dict(zip(names, values, strict=True))
        for values in product(*(f.values for f in policy))
    ]


def _latin(policy: list[FactorPart], design: Any) -> list[dict[str, Any]]:
    cube = _cube(len(policy), design.points, Stream(design.seed, "study", "policy"))
    rows = []
    for point in cube:
        row: dict[str, Any] = {}
        for f, u in zip(policy, point.tolist(), strict=True):
            if f.range:
                # Six digits: a value that can be typed again is the value used.
                row[f.name] = float(f"{f.range[0] + u * (f.range[1] - f.range[0]):.6g}")
            else:
                row[f.name] = f.values[min(int(u * len(f.values)), len(f.values) - 1)]
        rows.append(row)
    return rows


def _cube(dimensions: int, points: int, stream: Stream) -> Any:
    from scipy.stats import qmc

    rng = np.random.default_rng(int(stream.key))
    return qmc.LatinHypercube(dimensions, rng=rng).random(points)


def _alternatives(rows: list[dict[str, Any]]) -> tuple[Alternative, ...]:
    """Without repeats: a depth says nothing where the mandate has none."""
    out: dict[str, Alternative] = {}
    for row in rows:
        kept = without_idle(row)
        name = ", ".join(_say(k, v) for k, v in kept.items())
        out.setdefault(name, Alternative(name, kept))
    return tuple(out.values())


def _say(name: str, value: Any) -> str:
    if name == "mandate":
        return str(value)
    if name == "shared_by_ukraine":
        return "Ukraine shares" if value else "Ukraine does not share"
    if name == "depth_km":
        return f"{value:g} km deep"
    if FACTORS[name].takes == "number":
        return f"{name} {value:g}"
    return f"{name} {value}"


def _strata(factors: list[FactorPart]) -> tuple[Stratum, ...]:
    if not factors:
        return (Stratum("all nights", {}, 1.0),)
    weights = [f.weights or [1.0] * len(f.values) for f in factors]
    total = float(np.prod([sum(w) for w in weights]))
    out = []
    for values, parts in zip(
        product(*(f.values for f in factors)), product(*weights), strict=True
    ):
        row = {f.name: v for f, v in zip(factors, values, strict=True)}
        name = ", ".join(f"{k} {short(v)}" for k, v in row.items())
        out.append(Stratum(name, row, float(np.prod(parts)) / total))
    return tuple(out)


def short(value: Any) -> str:
    """A factor's value as it is shown."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "+".join(f"{v:g} {k}" for k, v in value.items())
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _own(
    ranges: list[FactorPart], nights: int, seed: int
) -> tuple[dict[str, float], ...]:
    if not ranges:
        return ()
    cube = _cube(len(ranges), nights, Stream(seed, "study", "environment"))
    low = np.array([f.range[0] for f in ranges])
    high = np.array([f.range[1] for f in ranges])
    return tuple(
        {f.name: float(x) for f, x in zip(ranges, row, strict=True)}
        for row in (low + cube * (high - low)).tolist()
    )


def design_notes(study: Study, design: Design) -> list[str]:
    """What is to be said of a design beside its numbers, in lines; mostly nothing."""
    if not design.rows:
        return []
    asked, n = study.design.nights, design.nights
    cut = f"; {asked} is no power of two: {n} are used" if asked != n else ""
    return [
        f"A Sobol' design: {n} nights of {len(design.alternatives)} rows, every factor "
        f"drawn{cut}"
    ]
