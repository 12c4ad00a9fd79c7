"""Verification: all scores of all models on one sample, and whether they hold.

    verify([Sample(...), ...], main="turning", seed=0) -> Scores

A `Sample` is one guard and one horizon: rows with their truth and what each model said
of them. All models are scored on the same rows with the same weights and the same
bootstrap draws, so differences between them are paired.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.scoring.bootstrap import Interval, Resample, paired_difference
from forefield.scoring.calibration import Reliability, recalibrate, reliability
from forefield.scoring.censoring import (
    ENTERED,
    WEIGHT_MAX,
    Censoring,
    answer_by,
    known_by,
    weights_by,
)
from forefield.scoring.climatology import bands, leave_one_flight_out
from forefield.scoring.lead import Leads
from forefield.scoring.proper import (
    brier,
    crps_entry_time,
    energy_border,
    entry_time_knots,
    log_score,
)
from forefield.scoring.reachable import reachable

__all__ = [
    "BASELINES",
    "ENTERING_MIN",
    "ESTIMAND",
    "E_OVER_O_OK",
    "REFERENCE",
    "Cell",
    "Difference",
    "Forecasts",
    "Sample",
    "Scores",
    "chance",
    "is_baseline",
    "verify",
]

#: What every number of a verification is about. Written on every page.
ESTIMAND = (
    "The object enters the guard's airspace within the horizon, counted from the "
    "forecast's time, the mechanism doing nothing and the neighbour's own defence "
    "included. The forecast uses only what was received by its time."
)

#: Models that others are compared with, by the first word of their name.
BASELINES = ("straight", "straight-gauss", "climatology")

#: The reference of the skill score: climatology by distance band from the sample
#: itself, each flight left out in turn.
REFERENCE = "distance band, flight left out"

#: Expected over observed is acceptable in here; its own inverse interval. Our choice.
E_OVER_O_OK = (0.8, 1.25)

#: With fewer flights that enter, intervals are too unsure to fail or pass anything.
#: Our choice, after the ten events a parameter of logistic regression is said to need
#: (Peduzzi et al. 1996, J. Clin. Epidemiol. 49, 1373-1379).
ENTERING_MIN = 10


#: Equal steps of the arcsine of the root of the probability, as the diagrams' axes.
HISTOGRAM_EDGES = np.sin(np.linspace(0.0, 0.5 * np.pi, 21)) ** 2


def is_baseline(model: str) -> bool:
    """Whether the name (perhaps with a version after a space, / or @) is a baseline."""
    word = model.replace("/", " ").replace("@", " ").split(" ")[0]
    return word in BASELINES


@dataclass(frozen=True)
class Forecasts:
    """What one model says of each row, (N,) each; NaN where it says nothing."""

    p_enter: Floats
    t_enter_p05_s: Floats
    t_enter_p50_s: Floats
    t_enter_p95_s: Floats
    entry_m: Floats  # chainage of the most likely entry point
    entry_sigma_m: Floats  # its spread along the border
    # Straight distance to the true entry where the forecast lies on another ring of
    # the border (an island), along which no distance exists; else NaN.
    off_ring_m: Floats


@dataclass(frozen=True)
class Sample:
    """The rows of one guard and horizon, with their truth, (N,) each."""

    guard: str
    horizon_s: float
    flight: Ints  # label of the true flight
    night: Ints  # label of the night
    dist_m: Floats  # from the track to the border
    reach_mps: Floats  # top speed of the classes it may be
    time_s: Floats  # to the first of entry, true end, loss from view
    status: Ints  # censoring.LOST, ENTERED or ENDED
    truth_m: Floats  # chainage of the true entry; NaN without one
    ring_m: Floats  # length of the ring of the border it lies on
    forecasts: Mapping[str, Forecasts]

    def take(self, rows: Any) -> Sample:
        """The rows of a mask or index."""

        def cut(thing: Any) -> Any:
            names = thing.__dataclass_fields__
            values = {k: getattr(thing, k) for k in names}
            return type(thing)(
                **{
                    k: v[rows] if isinstance(v, np.ndarray) else v
                    for k, v in values.items()
                }
            )

        out: Sample = cut(self)
        object.__setattr__(
            out, "forecasts", {m: cut(f) for m, f in self.forecasts.items()}
        )
        return out


@dataclass(frozen=True)
class Difference:
    """Score of the model minus score of another, same rows; below 0: better."""

    other: str
    score: str  # "brier", "log" or "crps_time_s"
    by_flight: Interval
    by_night: Interval


@dataclass(frozen=True)
class Cell:
    """One model, guard and horizon."""

    model: str
    guard: str
    horizon_s: float
    counts: dict[str, int]
    numbers: dict[str, float]
    intervals: dict[str, tuple[float, float]]  # 95 %, by flight
    intervals_by_night: dict[str, tuple[float, float]]
    diagram: Reliability
    histogram: Ints  # (20,) rows by forecast, between HISTOGRAM_EDGES
    differences: tuple[Difference, ...]
    verdict: str = ""  # passed, failed or undecided; "" for other than the main model
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scores:
    """A verification. `about` says what the sample was; see `apps.verify`."""

    main: str
    cells: tuple[Cell, ...]
    about: dict[str, Any] = field(default_factory=dict)
    lead: Leads | None = None

    @property
    def verdict(self) -> str:
        """failed if any cell of the main model failed, else passed, else undecided."""
        said = [c.verdict for c in self.cells if c.model == self.main]
        if "failed" in said:
            return "failed"
        return "passed" if "passed" in said else "undecided"

    @property
    def passed(self) -> bool:
        """False when the answer is "no". Too little data is not a "no"."""
        return self.verdict != "failed"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the verdict is what it is, a sentence each."""
        return tuple(
            f"{c.guard} {c.horizon_s:g} s: {reason}"
            for c in self.cells
            if c.model == self.main and c.verdict != "passed"
            for reason in c.reasons
        )

    def as_dict(self) -> dict[str, Any]:
        """{model: {guard: {horizon: numbers}}}, as in scores.json; NaN is None."""
        out: dict[str, Any] = {}
        for c in self.cells:
            guards = out.setdefault(c.model, {})
            guards.setdefault(c.guard, {})[f"{c.horizon_s:g}"] = _plain(c)
        return out

    def lines(self) -> list[str]:
        """What to print: the verdict, its reasons, the main model's numbers."""
        out = [f"Verification {self.verdict}: {self.main}"]
        out += [f"  {reason}" for reason in self.reasons]
        for c in self.cells:
            if c.model != self.main:
                continue
            n = c.numbers
            out.append(
                f"  {c.guard} within {c.horizon_s:g} s: {c.counts['n']:,} rows, "
                f"{c.counts['flights']} flights, {c.counts['entering']} enter; "
                f"Brier {n['brier']:.4f}, skill {_shown(c, 'bss')}; expected over "
                f"observed {_shown(c, 'e_over_o')}; slope {_shown(c, 'slope')}; "
                f"censored {n['censored_share']:.1%}"
            )
        return out


def _shown(cell: Cell, name: str) -> str:
    value = cell.numbers[name]
    lo, hi = cell.intervals[name]
    if not math.isfinite(value):
        return "undefined"
    between = f" ({lo:.2f} to {hi:.2f})" if math.isfinite(lo) else " (no interval)"
    return f"{value:.2f}{between}"


def chance(p: float) -> str:
    """A probability as a percentage; never 0 or 100 % for what is only near it.

    >>> chance(0.624), chance(0.0004), chance(3e-6), chance(1 - 3e-6)
    ('62.4 %', '0.04 %', 'under 0.01 %', 'over 99.99 %')
    """
    if not math.isfinite(p):
        return "–"
    edge = min(p, 1.0 - p)
    if 0 < edge < 1e-4:
        return "under 0.01 %" if p < 0.5 else "over 99.99 %"
    return f"{100 * p:.{2 if 0 < edge < 0.001 else 1}f} %"


def _number(value: Any) -> Any:
    """Six significant digits; None for what is not a finite number."""
    if isinstance(value, int | np.integer):
        return int(value)
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _plain(c: Cell) -> dict[str, Any]:
    def pair(interval: tuple[float, float]) -> list[Any]:
        return [_number(x) for x in interval]

    d = c.diagram
    out: dict[str, Any] = {k: _number(v) for k, v in (c.counts | c.numbers).items()}
    out["intervals"] = {k: pair(v) for k, v in c.intervals.items()}
    out["intervals_by_night"] = {k: pair(v) for k, v in c.intervals_by_night.items()}
    out["reliability"] = [
        {
            "forecast": _number(d.forecast[i]),
            "observed": _number(d.observed[i]),
            "band": [_number(d.lo[i]), _number(d.hi[i])],
            "band_family": [_number(d.lo_family[i]), _number(d.hi_family[i])],
            "rows": int(d.rows[i]),
            "flights": int(d.flights[i]),
        }
        for i in range(len(d.forecast))
    ]
    out["histogram"] = {
        "edges": [_number(x) for x in HISTOGRAM_EDGES],
        "rows": [int(x) for x in c.histogram],
    }
    out["differences"] = [
        {
            "other": x.other,
            "score": x.score,
            "mean": _number(x.by_flight.value),
            "by_flight": pair((x.by_flight.lo, x.by_flight.hi)),
            "by_night": pair((x.by_night.lo, x.by_night.hi)),
        }
        for x in c.differences
    ]
    if c.verdict:
        out["verdict"] = {"is": c.verdict, "reasons": list(c.reasons)}
    return out


def verify(
    samples: Sequence[Sample],
    *,
    main: str = "",
    seed: int = 0,
    replicates: int = 1000,
    about: dict[str, Any] | None = None,
    lead: Leads | None = None,
) -> Scores:
    """Score every model of every sample.

    samples     one for each guard and horizon, all with the same models
    main        the model the verdict is about; "": the first that is no baseline
    seed        of the bootstrap
    Raises InputError without samples, or when the main model is unknown.
    """
    models = list(samples[0].forecasts) if samples else []
    if not models:
        raise InputError("Nothing to verify: no belief row has a known true flight.")
    if not main:
        main = next((m for m in models if not is_baseline(m)), models[0])
    if main not in models:
        raise InputError(f"No forecasts of {main!r}; there are {', '.join(models)}.")
    ordered = [main, *[m for m in models if m != main]]
    open_rows = [s.take(reachable(s.dist_m, s.reach_mps, s.horizon_s)) for s in samples]
    # The diagrams of one model are read together.
    family = sum(len(s.flight) > 0 for s in open_rows)
    cells: list[Cell] = []
    for sample in open_rows:
        if len(sample.flight):
            cells += _cells(sample, ordered, main, seed, replicates, family)
    if not cells:
        raise InputError(
            "Nothing to verify: no object was near enough to reach a guard within a "
            "horizon; check --guard and the horizons."
        )
    cells.sort(key=lambda c: (ordered.index(c.model), c.guard, c.horizon_s))
    return Scores(main, tuple(cells), about or {}, lead)


def _cells(
    s: Sample, models: Sequence[str], main: str, seed: int, replicates: int, family: int
) -> list[Cell]:
    h = s.horizon_s
    known = known_by(s.time_s, s.status, h)
    y = answer_by(s.time_s, s.status, h)
    censoring = Censoring.fit(s.time_s, s.status, bands(s.dist_m))
    w, truncated = weights_by(censoring, s.time_s, s.status, h)
    reference = leave_one_flight_out(s.dist_m, y, w, s.flight)
    by_flight = Resample.draw(
        s.flight,
        Stream(seed, "verify", s.guard, f"{h:g}", "flight"),
        replicates=replicates,
    )
    by_night = Resample.draw(
        s.night,
        Stream(seed, "verify", s.guard, f"{h:g}", "night"),
        replicates=replicates,
    )
    every = np.ones(len(w))
    came = (s.status == ENTERED) & (s.time_s <= h)
    counts = {
        "n": int(known.sum()),
        "rows": len(w),
        "flights": by_flight.clusters,
        "entering": len(np.unique(s.flight[came])),
        "nights": by_night.clusters,
    }
    scores = {m: _row_scores(s, s.forecasts[m], y, censoring, came) for m in models}
    scores[REFERENCE] = {"brier": brier(reference, y), "log": log_score(reference, y)}

    out = []
    for model in models:
        f, own = s.forecasts[model], scores[model]
        line = recalibrate(f.p_enter, y, w, s.flight)
        diagram = reliability(f.p_enter, y, w, s.flight, family=family)
        numbers: dict[str, float] = {
            "censored_share": float(1.0 - known.mean()),
            "weight_max": WEIGHT_MAX,
            "truncated_share": truncated,
            "slope": line.slope,
            "intercept": line.intercept,
        }
        intervals = {
            "slope": (line.slope_lo, line.slope_hi),
            "intercept": (line.intercept_lo, line.intercept_hi),
        }
        nightly: dict[str, tuple[float, float]] = {}

        def ratio(
            name: str,
            top: Floats,
            bottom: Floats,
            turn: float = 0.0,
            numbers: dict[str, float] = numbers,
            intervals: dict[str, tuple[float, float]] = intervals,
            nightly: dict[str, tuple[float, float]] = nightly,
        ) -> None:
            """Record sum(top) / sum(bottom), or `turn` minus it."""
            for resample, into in ((by_flight, intervals), (by_night, nightly)):
                got = resample.ratio(top, bottom)
                ends = (got.lo, got.hi)
                if turn:
                    ends = (turn - got.hi, turn - got.lo)
                into[name] = ends
                numbers[name] = turn - got.value if turn else got.value

        ratio("base", w * y, w)
        ratio("mean_forecast", w * f.p_enter, w)
        ratio("brier", w * own["brier"], w)
        ratio("log", w * own["log"], w)
        ratio("bss", w * own["brier"], w * scores[REFERENCE]["brier"], turn=1.0)
        ratio("e_over_o", w * f.p_enter, w * y)
        ratio("o_over_e", w * y, w * f.p_enter)
        if "crps_time_s" in own:
            ratio("crps_time_s", own["crps_time_s"], every)
        seen = came & np.isfinite(own["energy_entry_m"])
        if seen.any():
            there = np.where(seen, w, 0.0)
            place = np.where(seen, own["energy_entry_m"], 0.0)
            ratio("energy_entry_m", there * place, there)

        differences = tuple(
            Difference(
                other,
                name,
                paired_difference(by_flight, own[name], scores[other][name], weight),
                paired_difference(by_night, own[name], scores[other][name], weight),
            )
            for name, weight in (("brier", w), ("log", w), ("crps_time_s", every))
            if name in own
            for other in [REFERENCE, *[m for m in models if m != model]]
            if name in scores[other]
        )
        cell = Cell(
            model,
            s.guard,
            h,
            counts,
            numbers,
            intervals,
            nightly,
            diagram,
            np.histogram(f.p_enter, bins=HISTOGRAM_EDGES)[0].astype(np.int64),
            differences,
        )
        out.append(_judged(cell) if model == main else cell)
    return out


def _row_scores(
    s: Sample, f: Forecasts, y: Floats, censoring: Censoring, came: Any
) -> dict[str, Floats]:
    h = s.horizon_s
    out = {"brier": brier(f.p_enter, y), "log": log_score(f.p_enter, y)}
    if math.isfinite(h):
        knots, cdf = entry_time_knots(
            f.p_enter, f.t_enter_p05_s, f.t_enter_p50_s, f.t_enter_p95_s, h
        )
        lost = bool((~known_by(s.time_s, s.status, h)).any())
        out["crps_time_s"] = crps_entry_time(
            knots,
            cdf,
            s.time_s,
            s.status,
            h,
            weight_at=censoring.weight_at if lost else None,
        )
    place = np.full(len(y), np.nan)
    rows = np.flatnonzero(came & np.isfinite(f.entry_m))
    place[rows] = energy_border(
        f.entry_m[rows], f.entry_sigma_m[rows], s.truth_m[rows], s.ring_m[rows]
    )
    out["energy_entry_m"] = np.where(
        came & np.isfinite(f.off_ring_m), f.off_ring_m, place
    )
    return out


def _judged(c: Cell) -> Cell:
    """Whether the forecasts hold here. Only clear contradictions fail."""
    from dataclasses import replace

    entering = c.counts["entering"]
    lo, hi = c.intervals["e_over_o"]
    if entering < ENTERING_MIN or not math.isfinite(lo):
        why = (
            f"only {entering} flights enter; {ENTERING_MIN} are needed to judge"
            if entering < ENTERING_MIN
            else f"only {c.counts['flights']} flights; too few for an interval"
        )
        return replace(c, verdict="undecided", reasons=(why,))
    reasons = []
    low, high = E_OVER_O_OK
    if hi < low or lo > high:
        reasons.append(
            f"expected over observed is {_shown(c, 'e_over_o')}, all of it outside "
            f"{low} to {high}"
        )
    outside = c.diagram.outside_family
    if len(outside):
        d, k = c.diagram, int(outside[np.argmax(c.diagram.rows[outside])])
        reasons.append(
            f"reliability leaves its simultaneous 95 % band in {len(outside)} of "
            f"{len(d.rows)} bins; where {chance(d.forecast[k])} was said, "
            f"{chance(d.observed[k])} entered (band {chance(d.lo_family[k])} to "
            f"{chance(d.hi_family[k])})"
        )
    if c.intervals["bss"][1] < 0.0:
        reasons.append(
            f"the forecast is worse than climatology: skill {_shown(c, 'bss')}"
        )
    return replace(c, verdict="failed" if reasons else "passed", reasons=tuple(reasons))
