"""Where is it headed: the probability that each track enters a guarded airspace.

    beliefs = forecast(tracks, [guard("PL")], (120, 300, 600, 900))

Estimand: the object enters the guard's airspace within the horizon, counted from
t_s, if the mechanism does nothing and the neighbour's own defence does what it does.
A track that is no object cannot enter, so `p_enter` contains `p_exist`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.columns import Bool, Floats, Ints
from forefield.errors import InputError, nearest
from forefield.forecasting.beliefs import Beliefs
from forefield.forecasting.exposure import MEMORY_S, exposure
from forefield.forecasting.motion import Motion, as_tracks, check, motion_of
from forefield.forecasting.parameters import (
    DEFAULT_BASE_RATE,
    PRIOR_GUARDS,
    STYLES,
    Parameters,
    shipped,
)
from forefield.forecasting.traces import Trace, trace_of
from forefield.kernels import first_passage
from forefield.threats.classes import MISSILE_OR_UAV
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border, DistanceField
from forefield.world.borders import guard as border_of

__all__ = [
    "FITTED_FOR",
    "HORIZONS_S",
    "MODELS",
    "best_for",
    "forecast",
    "inconsistent_p",
    "memory_s",
    "names_of",
]

HORIZONS_S = (120.0, 300.0, 600.0, 900.0)

#: Particles are flown in batches of so many rows, to bound memory.
_BATCH = 2048


@dataclass(frozen=True)
class Answer:
    """One model's answer for rows outside one guard (N rows, H horizons)."""

    out: Floats  # (N, H, 9), as `first_passage.summarise`
    via: Floats  # (N, H, K) over the border's neighbours


@dataclass(frozen=True)
class Task:
    """Rows outside one guard, ready to be answered."""

    border: Border
    field: DistanceField
    tracks: Tracks
    motion: Motion
    dist_m: Floats
    horizons_s: Floats
    odds: float
    parameters: Parameters
    past: Trace | None = None
    base_rate: float | None = None  # None: as it was where the model was fitted
    exposure: Floats | None = None  # (N,) of `forecasting.exposure`; None: not known

    def take(self, rows: Ints) -> Task:
        """The task for some of its rows."""
        return dataclasses.replace(
            self, tracks=self.tracks.take(rows), motion=self.motion.take(rows),
            dist_m=self.dist_m[rows],
            past=None if self.past is None else self.past.take(rows),
            exposure=None if self.exposure is None else self.exposure[rows],
        )  # fmt: skip

    def within_reach(self) -> Bool:
        """(N, H) whether a row may be at the border by a horizon; by inf it may."""
        m = self.motion
        far = m.reach_mps[:, None] * self.horizons_s + 3.0 * m.sigma_pos_m[:, None]
        near: Bool = (self.dist_m[:, None] <= far) | np.isinf(self.horizons_s)
        return near

    def trace(self) -> Trace:
        """Where the rows' tracks were; the rows alone where nothing is known."""
        return trace_of(self.tracks) if self.past is None else self.past


def starts(
    tracks: Tracks, motion: Motion, border: Border, dist_m: Floats | None
) -> Floats:
    """(N, 9) starting states in the border's plane, as `first_passage.walk` takes.

    dist_m  exact distance of rows outside, to which the field is fitted; or None
    """
    f = border.field()
    lat, lon = tracks.lat_deg, tracks.lon_deg
    x, y = f.plane.forward(lat, lon)
    scale = f.plane.scale(lat, lon)
    # The plane's north is not true north away from its centre.
    step = np.where(lat > 89.0, -1e-4, 1e-4)
    xn, yn = f.plane.forward(lat + step, lon)
    turn = np.arctan2((xn - x) * np.sign(step), (yn - y) * np.sign(step))
    speed = np.hypot(motion.v_east_mps, motion.v_north_mps) * scale
    course = np.arctan2(motion.v_east_mps, motion.v_north_mps) + turn
    start = np.zeros((len(tracks), 9))
    known = motion.known
    start[:, 2] = np.where(known, speed * np.sin(course), 0.0)
    start[:, 3] = np.where(known, speed * np.cos(course), 0.0)
    start[:, 0] = x + start[:, 2] * motion.stale_s
    start[:, 1] = y + start[:, 3] * motion.stale_s
    start[:, 4] = motion.sigma_pos_m
    start[:, 5] = motion.sigma_vel_mps
    start[:, 6] = motion.turn_rate_rps
    start[:, 7] = motion.age_s
    if dist_m is not None:
        read = np.empty(len(tracks))
        first_passage.signed_at(x, y, f.x0_m, f.y0_m, f.cell_m, f.signed_m, read)
        # Within the grid, at the border, its cells round off corners.
        gap = dist_m - read
        start[:, 8] = np.where(np.abs(gap) <= 2.0 * f.cell_m, gap, 0.0)
    return start


def identities(tracks: Tracks) -> tuple[Any, Any]:
    """(N,) and (N,) uint64 words below 2**32 that name a row: track and time."""
    mask = np.uint64(0xFFFFFFFF)
    millis = np.round(tracks.t_s * 1000.0).astype(np.int64).astype(np.uint64)
    return tracks.track_id.astype(np.uint64) & mask, millis & mask


def defended(border: Border, parameters: Parameters) -> Floats:
    """(K,) 1 for neighbours that shoot down what flies over them, else 0."""
    return np.array([float(n in parameters.defended) for n in border.neighbours])


def classes(motion: Motion) -> Floats:
    """(N, S) cumulative shares of the ways of moving."""
    total = np.cumsum(motion.style, axis=1)
    return np.ascontiguousarray(total / total[:, -1:])


def key_of(model: str, iso: str) -> np.uint64:
    """The key of a model's draws about one guard."""
    return Stream(0, "forecast", model, iso).key


def blank(task: Task) -> Answer:
    n, h = len(task.tracks), len(task.horizons_s)
    out = np.full((n, h, 9), np.nan)
    out[:, :, (0, 2)] = 0.0
    return Answer(out, np.zeros((n, h, len(task.border.neighbours))))


def _particles(model: str, task: Task, *, count: int) -> Answer:
    """Fly particles of one model from every row that can reach the border."""
    answer = blank(task)
    finite = task.horizons_s[np.isfinite(task.horizons_s)]
    fine_s = float(finite.max()) if finite.size else 900.0
    endless = finite.size < len(task.horizons_s)
    rows: Ints = np.flatnonzero(task.within_reach().any(axis=1))
    if model == "straight":
        rows = rows[task.motion.known[rows]]
    f, border, par = task.field, task.border, task.parameters
    odds = task.odds if model == "turning" else 1.0
    # A shift of the prior share asks who ever enters.
    to_end = 1 if endless else 2 if odds != 1.0 else 0
    start = starts(task.tracks, task.motion, border, task.dist_m)
    if model != "turning":
        start[:, (4, 5, 6, 7)] = 0.0
    ids, stamps = identities(task.tracks)
    cumulative = classes(task.motion)
    for a in range(0, len(rows), _BATCH):
        part = rows[a : a + _BATCH]
        shape = (len(part), count)
        t_enter, x_enter, y_enter, t_exit, t_end = (np.empty(shape) for _ in range(5))
        end_inside = np.empty(shape, dtype=np.bool_)
        first_passage.walk(
            key_of(model, border.iso), ids[part], stamps[part], start[part],
            task.motion.known[part], cumulative[part], par.matrix(model),
            first_passage.LATTICE, f.x0_m, f.y0_m, f.cell_m, f.signed_m, f.neighbour,
            defended(border, par), fine_s, to_end, par.max_s,
            np.empty((0, 0), dtype=np.int16), 0.0,
            t_enter, x_enter, y_enter, t_exit, t_end, end_inside,
            np.empty((0, 0, 0)), np.empty(shape, dtype=np.int16),
        )  # fmt: skip
        out = np.empty((len(part), len(task.horizons_s), 9))
        via = np.empty((len(part), len(task.horizons_s), len(border.neighbours)))
        first_passage.summarise(
            t_enter, x_enter, y_enter, t_exit, t_end, end_inside,
            f.x0_m, f.y0_m, f.cell_m, f.neighbour, f.chainage_m, border.length_m,
            len(border.neighbours), np.full(len(part), odds), task.horizons_s, out, via,
        )  # fmt: skip
        answer.out[part], answer.via[part] = out, via
    return answer


def _turning(task: Task) -> Answer:
    """Turning flights with an uncertain end."""
    return _existing(_particles("turning", task, count=task.parameters.particles), task)


def _field(task: Task) -> Answer:
    """Turning flights read from first-passage fields; see `forecasting.fields`.

    Rows that may be something without a field are answered by particles.
    """
    from forefield.forecasting.reading import read_fields

    return _existing(read_fields(task, _particles_of), task)


def _particles_of(task: Task) -> Answer:
    return _particles("turning", task, count=task.parameters.particles)


def _reference(task: Task) -> Answer:
    """Trees on the present alone: the model to beat. See `forecasting.fitted`."""
    from forefield.forecasting import fitted

    model = fitted.load("reference")
    answer = blank(task)
    answer.out[:, :, 0] = fitted.reference_p(task, model)
    near = task.border.nearest(task.tracks.lat_deg, task.tracks.lon_deg)
    answer.out[:, :, 6] = near.chainage_m[:, None]
    answer.via[np.arange(len(task.tracks)), :, near.neighbour] = answer.out[:, :, 0]
    return _existing(answer, task)


def _corrected(task: Task) -> Answer:
    """The field, corrected by a flight's past; see `forecasting.fitted`."""
    from forefield.forecasting import fitted

    return _existing(fitted.corrected(task, _unshifted_field), task)


def _unshifted_field(task: Task) -> Answer:
    from forefield.forecasting.reading import read_fields

    return read_fields(dataclasses.replace(task, odds=1.0), _particles_of)


def _straight(task: Task) -> Answer:
    """The present velocity for ever: entry is certain or impossible."""
    return _particles("straight", task, count=1)


def _straight_gauss(task: Task) -> Answer:
    """A straight line with a Gaussian error of course and speed."""
    return _existing(
        _particles("straight-gauss", task, count=task.parameters.particles), task
    )


def _existing(answer: Answer, task: Task) -> Answer:
    p = task.motion.p_exist[:, None]
    answer.out[:, :, 0] *= p
    answer.out[:, :, 2] *= p
    return Answer(answer.out, answer.via * p[:, :, None])


def _climatology(task: Task) -> Answer:
    """How often flights of that speed at that distance entered, and nothing else.

    From the simulated nights of `tools/fit_forecast.py`; between its horizons by
    straight lines from 0 at once, beyond the last as at the last.
    """
    from forefield.world.facts import table

    data = table("forecast_climatology")
    answer = blank(task)
    band = np.searchsorted(data["band_edges_m"], task.dist_m, side="right")
    speed = np.hypot(task.motion.v_east_mps, task.motion.v_north_mps)
    fast = np.isfinite(speed) & (speed >= data["slow_below_mps"])
    knots = np.concatenate([[0.0], data["horizons_s"]])
    rates = np.array([data["slow"], data["fast"]])[fast.astype(int), band]
    rates = np.concatenate([np.zeros((len(rates), 1)), rates], axis=1)
    asked = np.minimum(task.horizons_s, knots[-1])
    k = np.clip(np.searchsorted(knots, asked) - 1, 0, len(knots) - 2)
    share = (asked - knots[k]) / (knots[k + 1] - knots[k])
    p = rates[:, k] + share * (rates[:, k + 1] - rates[:, k])
    answer.out[:, :, 0] = p
    near = task.border.nearest(task.tracks.lat_deg, task.tracks.lon_deg)
    answer.out[:, :, 6] = near.chainage_m[:, None]
    answer.via[np.arange(len(p)), :, near.neighbour] = p
    return _existing(answer, task)


#: Every model by name; all give the same columns.
MODELS: Mapping[str, Callable[[Task], Answer]] = {
    "turning": _turning,
    "field": _field,
    "corrected": _corrected,
    "reference": _reference,
    "straight": _straight,
    "straight-gauss": _straight_gauss,
    "climatology": _climatology,
}


#: Guards whose flights the trees of `corrected` have seen. There it is the best that
#: verification knows; elsewhere `turning` is (docs/decisions/0007).
FITTED_FOR = ("PL",)


def best_for(iso: str) -> str:
    """The model that is asked where none is named."""
    return "corrected" if iso in FITTED_FOR else "turning"


def memory_s(model: str, iso: str) -> float:
    """How far back one row a minute of `past` tells a model something [s]; 0: not."""
    return MEMORY_S if "corrected" in names_of(model, iso) else 0.0


def inconsistent_p(base_rate: float | None) -> float:
    """p_enter of a track whose reported positions contradict motion.

    Nothing is known of where it is, so no entry is asserted: the belief is the
    share of all objects that enters, at most the default, whatever the horizon.
    """
    rate = DEFAULT_BASE_RATE if base_rate is None else base_rate
    return min(rate, DEFAULT_BASE_RATE)


#: Weights of the times of 5, 50 and 95 % in a mean over the time of entry (Keefer and
#: Bodily 1983, the extended Pearson-Tukey method).
_PEARSON_TUKEY = np.array([0.185, 0.63, 0.185])


def _staying(answer: Answer, task: Task) -> None:
    """Some of what enters was sent there, or is about to fall: it does not leave.

    Models know how flights without a purpose leave again; of the others nothing in a
    track tells. Their share is an assumption (`Parameters.stay_share`), for what may
    have been sent: of airliners, birds and balloons none was.
    """
    style, out = task.motion.style, answer.out
    weapon = style[:, [s in MISSILE_OR_UAV for s in STYLES]].sum(axis=1) / style.sum(
        axis=1
    )
    share = task.parameters.stay_share * weapon[:, None]
    speed = np.hypot(task.motion.v_east_mps, task.motion.v_north_mps)
    way_s = task.parameters.stay_m / np.maximum(np.nan_to_num(speed), 1.0)
    beyond_s = np.maximum(task.horizons_s[:, None] - out[:, :, 3:6], 0.0)
    ended = -np.expm1(-beyond_s / way_s[:, None, None]) @ _PEARSON_TUKEY
    ended = np.nan_to_num(ended) * out[:, :, 0]
    told = np.isfinite(out[:, :, 1])
    mixed = (1.0 - share) * out[:, :, 2] + share * ended
    out[:, :, 2] = np.where(told, mixed, out[:, :, 2])
    out[:, :, 1] *= 1.0 - share


def _no_evidence(answer: Answer, task: Task, model: str, base: float | None) -> None:
    """Rows whose reported positions contradict motion assert no entry."""
    rows = np.flatnonzero(task.motion.inconsistent)
    if not rows.size:
        return
    answer.out[rows] = np.nan
    p = 0.0 if model == "straight" else inconsistent_p(base)
    answer.out[rows, :, 0] = p
    answer.out[rows, :, 2] = 0.0
    # Where it would come from is unknown too: by length of the common line.
    lengths = np.array(
        [task.border.length_by_neighbour_m[n] for n in task.border.neighbours]
    )
    answer.via[rows] = p * lengths / lengths.sum()


def base_of(base_rate: float | None, iso: str) -> float | None:
    """The share expected to enter: as given, or the default beside the war."""
    if base_rate is None and iso in PRIOR_GUARDS:
        return DEFAULT_BASE_RATE
    return base_rate


def odds_of(base_rate: float | None, iso: str, par: Parameters) -> float:
    base_rate = base_of(base_rate, iso)
    if base_rate is None:
        return 1.0
    own = par.implied_by_guard.get(iso, par.implied_base_rate)
    return (base_rate / (1.0 - base_rate)) / (own / (1.0 - own))


def check_horizons(horizons_s: Sequence[float]) -> Floats:
    """Horizons in rising order; each positive, inf allowed."""
    h = np.unique(np.asarray(horizons_s, dtype=np.float64))
    if not h.size or not (h > 0.0).all():
        raise InputError(
            f"Horizons must be positive seconds, {list(horizons_s)} given; "
            "for example 120,300,600,900 or inf."
        )
    return h


def check_guards(guards: Any) -> tuple[Border, ...]:
    """Borders from borders or ISO codes; at least one, each once."""
    given = [guards] if isinstance(guards, str | Border) else list(guards)
    found = tuple(border_of(g) if isinstance(g, str) else g for g in given)
    if not found:
        raise InputError('No guard is named; give for example guards=["PL"].')
    if len({b.iso for b in found}) < len(found):
        raise InputError("A guard is named twice; name each once.")
    return found


def names_of(model: str, iso: str) -> tuple[str, ...]:
    """The models that a name stands for at one guard; InputError for an unknown one."""
    if model == "all":
        return tuple(MODELS)
    if model == "best":
        return (best_for(iso),)
    if model not in MODELS:
        close = nearest(model, [*MODELS, "best", "all"])
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(
            f"No forecast model {model!r}{hint}; there are {', '.join(MODELS)}, best, "
            "all."
        )
    return (model,)


def forecast(
    tracks: Any,
    guards: Sequence[Border] | Sequence[str],
    horizons_s: Sequence[float] = HORIZONS_S,
    *,
    model: str = "best",
    base_rate: float | None = None,
    parameters: Parameters | None = None,
    past: Any = None,
) -> Beliefs:
    """Beliefs about entry: a row per track row outside a guard x guard x horizon.

    tracks      `Tracks`, or any table with t_s, track_id, lat_deg, lon_deg; the rest
                is filled from each track's own past
    guards      borders, or ISO codes
    horizons_s  seconds; inf means before the flight ends
    model       one of `MODELS`, "best" for that of `best_for`, or "all" for rows of
                every model. `field` and `corrected` solve the border's fields at their
                first use (a minute a class; kept in the cache folder)
    base_rate   share of the night's objects expected to enter the guard, in (0, 1);
                absent, the documented default for guards beside the war
    parameters  absent, the shipped ones
    past        earlier rows of the same tracks, for their motion and, as far back as
                `memory_s` says, what they were exposed to: a chain that asks at every
                cycle hands over what it saw before

    A row's belief depends on rows of its own track up to its time, and on nothing
    else. The same row gives the same digits in any company. Raises `InputError`.
    """
    given = as_tracks(tracks)
    borders = check_guards(guards)
    horizons = check_horizons(horizons_s)
    names = {b.iso: names_of(model, b.iso) for b in borders}
    if base_rate is not None and not 0.0 < base_rate < 1.0:
        raise InputError(f"base_rate is {base_rate}; give a share between 0 and 1.")
    par = parameters or shipped()
    check(given)
    motion = motion_of(given, par, past=past)
    trace = None
    if {"corrected", "reference"} & {n for mine in names.values() for n in mine}:
        trace = trace_of(given, past=past)
    via = tuple(dict.fromkeys(n.lower() for b in borders for n in b.neighbours))
    parts = []
    for border in borders:
        outside: Bool = ~border.inside(given.lat_deg, given.lon_deg)
        rows: Ints = np.flatnonzero(outside)
        if not rows.size:
            continue
        exposed = None
        if memory_s(model, border.iso) > 0.0:
            exposed = exposure(given, motion, border, par, past=past)[rows]
        mine = given.take(rows)
        dist_m = border.distance_m(mine.lat_deg, mine.lon_deg)
        task = Task(
            border, border.field(), mine, motion.take(rows), dist_m, horizons,
            odds_of(base_rate, border.iso, par), par,
            None if trace is None else trace.take(rows),
            base_of(base_rate, border.iso), exposed,
        )  # fmt: skip
        for name in names[border.iso]:
            answer = MODELS[name](task)
            if name != "straight":  # 0 or 1 by intent
                _staying(answer, task)
            _no_evidence(answer, task, name, base_rate)
            parts.append(_table(task, answer, via, f"{name}/{par.version}"))
    if not parts:
        return Beliefs.empty(via=via)
    whole = Beliefs.concat(parts)
    order = np.lexsort(
        (whole.model, whole.horizon_s, whole.guard, whole.track_id, whole.t_s)
    )
    # Mostly they are in order: 25 columns need not be copied.
    return whole if (np.diff(order) == 1).all() else whole.take(order)


def _table(task: Task, answer: Answer, via: tuple[str, ...], model: str) -> Beliefs:
    n, h = answer.out.shape[:2]
    t = task.tracks

    def each(values: Any) -> Any:
        return np.repeat(values, h)

    flat = answer.out.reshape(n * h, 9)
    p_via = np.zeros((n * h, len(via)))
    for k, name in enumerate(task.border.neighbours):
        p_via[:, via.index(name.lower())] += answer.via.reshape(n * h, -1)[:, k]
    lat, lon = np.full(n * h, np.nan), np.full(n * h, np.nan)
    some = np.isfinite(flat[:, 6])
    lat[some], lon[some] = task.border.point_at(flat[some, 6])
    note = np.where(task.motion.inconsistent, "inconsistent", "")
    note = np.where((note == "") & ~task.motion.known, "course unknown", note)
    return Beliefs.build(
        n * h,
        t_s=each(t.t_s),
        track_id=each(t.track_id),
        guard=np.full(n * h, task.border.iso),
        horizon_s=np.tile(task.horizons_s, n),
        p_enter=np.clip(flat[:, 0], 0.0, 1.0),
        p_via=p_via,
        p_leave=flat[:, 1],
        p_end_inside=np.clip(flat[:, 2], 0.0, 1.0),
        t_enter_p05_s=flat[:, 3],
        t_enter_p50_s=flat[:, 4],
        t_enter_p95_s=flat[:, 5],
        entry_lat_deg=lat,
        entry_lon_deg=lon,
        entry_sigma_m=flat[:, 7],
        age_s=each(task.motion.age_s),
        model=np.full(n * h, model),
        lat_deg=each(t.lat_deg),
        lon_deg=each(t.lon_deg),
        dist_m=each(task.dist_m),
        reach_mps=each(task.motion.reach_mps),
        source_id=each(t.source_id),
        note=each(note),
        via=via,
    )
