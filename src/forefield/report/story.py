"""What the tables of a night say about each object, told in order.

Nothing is modelled here: a story is read off the tables. Which objects get one of
their own, and why, is decided by `_chapters`; the page says so to its reader.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.drivers.night import Night
from forefield.report.wording import percent
from forefield.tracking.tracks import CLASSES
from forefield.warning.desk import ALERT_LIMIT
from forefield.world.borders import guard as border_of

__all__ = ["Ground", "OptionRow", "Passage", "Story", "VerdictRun", "stories"]

#: A track is told apart when the chance of entry ever passed this.
_WORTH_TELLING = 0.10
#: At most this many objects get a chapter of their own; the rest share a table.
_MOST_CHAPTERS = 10
#: Of tracks where nothing flew, or never confirmed, the most telling few.
_MOST_GHOSTS = 2
#: Track and true flight are the same object when they stay this near.
_SAME_OBJECT_M = 5_000.0
_MILESTONES = (0.1, 0.5, 0.9)

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Passage:
    """One stay inside a guarded airspace; `left_s` is NaN if it never left."""

    guard: str
    entered_s: float
    left_s: float


@dataclass(frozen=True)
class Ground:
    """One clause that was looked at, and what was found."""

    code: str
    clause: str
    source: str
    value: str
    sentence: str


@dataclass(frozen=True)
class OptionRow:
    """One thing that could be done, and what the mandate says of it."""

    option_id: str
    action: str
    effector: str
    owner: str
    fires_from: str
    over: str
    t_intercept_s: float
    p_success: float
    harm: tuple[tuple[str, float, float, float], ...]
    latest_decision_s: float
    barred_by: str
    verdict: str
    decide_by_s: float
    grounds: tuple[Ground, ...]
    t_latest_intercept_s: float = math.nan
    p_low: float = math.nan
    p_high: float = math.nan
    shots: int = -1
    cost_eur: float = math.nan
    feasible_share: float = math.nan
    p_casualty: tuple[tuple[str, float, float, float], ...] = ()
    risk: tuple[tuple[str, float, float, float], ...] = ()
    links: str = ""
    conflict: str = ""
    reasons: str = ""


@dataclass(frozen=True)
class VerdictRun:
    """A stretch of time over which the same option met the same verdict."""

    lane: str
    verdict: str
    t0_s: float
    t1_s: float
    decide_by_s: float


@dataclass
class Story:
    """One track from first plot to last word."""

    track_id: int
    rows: Index
    t_first_s: float
    t_last_s: float
    confirmed: bool
    klass: str
    p_klass: float
    p_exist_max: float
    inconsistent: bool
    speed_mps: float
    guard: str = ""
    p_peak: float = math.nan
    t_peak_s: float = math.nan
    p_max_any: float = math.nan
    truth_id: str = ""
    truth_klass: str = ""
    truth_end: str = ""
    truth_end_s: float = math.nan
    truth_passages: tuple[Passage, ...] = ()
    picture_passages: tuple[Passage, ...] = ()
    milestones: tuple[tuple[float, float], ...] = ()
    runs: tuple[VerdictRun, ...] = ()
    options_s: float = math.nan
    options: tuple[OptionRow, ...] = ()
    n_option_times: int = 0
    options_where: str = ""
    districts: tuple[dict[str, Any], ...] = ()
    alert_rows: Index = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    beliefs: Index = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    why: str = ""
    never_established: bool = False

    @property
    def is_chapter(self) -> bool:
        return bool(self.why)


def main_horizon_s(night: Night) -> float:
    """The horizon the map is coloured by: the longest that is finite."""
    finite = [h for h in night.horizons_s if math.isfinite(h)]
    return max(finite) if finite else math.inf


def has_truth(night: Night) -> bool:
    """Whether what flew is known; of a recording it is not."""
    return not any(a.name == "truth" and a.value == "none" for a in night.assumptions)


def _by_key(keys: NDArray[Any]) -> dict[Any, Index]:
    """Row numbers by key, in order; keys sorted."""
    if not len(keys):
        return {}
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    ends = np.r_[starts[1:], len(keys)]
    return {ranked[a].item(): order[a:b] for a, b in zip(starts, ends, strict=True)}


def passages(
    guard: str, t_s: NDArray[Any], lat_deg: NDArray[Any], lon_deg: NDArray[Any]
) -> tuple[Passage, ...]:
    """When a path was inside; crossings are placed on the exact border."""
    border = border_of(guard)
    west, south, east, north = border.bbox_deg
    near = (
        (lat_deg >= south) & (lat_deg <= north) & (lon_deg >= west) & (lon_deg <= east)
    )
    if not near.any():
        return ()
    inside = np.asarray(border.inside(lat_deg, lon_deg), dtype=bool)
    if not inside.any():
        return ()
    flips = np.flatnonzero(inside[1:] != inside[:-1])
    when = []
    if len(flips):
        hit = border.crossing(
            lat_deg[flips], lon_deg[flips], lat_deg[flips + 1], lon_deg[flips + 1]
        )
        fraction = np.nan_to_num(np.asarray(hit.fraction, dtype=float), nan=0.5)
        when = list(t_s[flips] + fraction * (t_s[flips + 1] - t_s[flips]))
    out = []
    entered = float(t_s[0]) if inside[0] else math.nan
    for k, t in zip(flips, when, strict=True):
        if inside[k + 1]:
            entered = float(t)
        else:
            out.append(Passage(guard, entered, float(t)))
            entered = math.nan
    if inside[-1]:
        out.append(Passage(guard, entered, math.nan))
    return tuple(out)


@dataclass(frozen=True)
class TrueFlight:
    """One true flight, its columns cut out and its stays inside the guards."""

    flight_id: str
    t_s: NDArray[Any]
    lat_deg: NDArray[Any]
    lon_deg: NDArray[Any]
    klass: str
    end: str
    passages: tuple[Passage, ...]


def true_flights(night: Night) -> tuple[TrueFlight, ...]:
    out = []
    flights = night.flights
    for flight_id, rows in _by_key(flights.flight_id).items():
        t_s = flights.t_s[rows]
        lat, lon = flights.lat_deg[rows], flights.lon_deg[rows]
        inside = tuple(p for g in night.guards for p in passages(g, t_s, lat, lon))
        out.append(
            TrueFlight(
                str(flight_id),
                t_s,
                lat,
                lon,
                str(flights.klass[rows[-1]]),
                str(flights.end[rows[-1]]),
                inside,
            )
        )
    return tuple(out)


def _metres_between(lat_a: Any, lon_a: Any, lat_b: Any, lon_b: Any) -> NDArray[Any]:
    """Good to a per cent over tens of kilometres: enough to pair things."""
    north = (lat_b - lat_a) * 111_200.0
    east = (lon_b - lon_a) * 111_320.0 * np.cos(np.radians(lat_a))
    return np.asarray(np.hypot(north, east))


def _pair(night: Night, rows: Index, truths: tuple[TrueFlight, ...]) -> str:
    """The true flight a track stayed within 5 km of for most of its life."""
    some = rows[np.unique(np.linspace(0, len(rows) - 1, 24).astype(int))]
    t_s = night.tracks.t_s[some]
    lat, lon = night.tracks.lat_deg[some], night.tracks.lon_deg[some]
    best, best_m = "", math.inf
    for truth in truths:
        alive = (t_s >= truth.t_s[0] - 30) & (t_s <= truth.t_s[-1] + 30)
        if alive.sum() * 2 < len(some):
            continue
        gap_m = _metres_between(
            lat[alive],
            lon[alive],
            np.interp(t_s[alive], truth.t_s, truth.lat_deg),
            np.interp(t_s[alive], truth.t_s, truth.lon_deg),
        )
        near = gap_m < _SAME_OBJECT_M
        if near.sum() * 2 < len(some):
            continue
        if gap_m.mean() < best_m:
            best, best_m = truth.flight_id, float(gap_m.mean())
    return best


def _grounds(text: str) -> tuple[Ground, ...]:
    out = []
    for g in json.loads(text) if text else []:
        value = g.get("value")
        if isinstance(value, bool):
            value = "true" if value else "false"
        out.append(
            Ground(
                str(g.get("code", "")),
                str(g.get("clause", "")),
                str(g.get("source", "")),
                str(value if value is not None else "unknown"),
                str(g.get("sentence", "")),
            )
        )
    return tuple(out)


def _by_country(
    night: Night, values: NDArray[Any], row: int
) -> tuple[tuple[str, float, float, float], ...]:
    columns = {name: k for k, name in enumerate(night.options.harm_names)}
    isos = sorted({name.rsplit("_", 1)[0] for name in columns})
    out = []
    for iso in isos:
        low, mid, high = (
            float(values[row, columns[f"{iso}_{q}"]])
            if f"{iso}_{q}" in columns
            else math.nan
            for q in ("p05", "p50", "p95")
        )
        if math.isfinite(mid):
            out.append((iso.upper(), low, mid, high))
    return tuple(out)


def _lane(night: Night, option_row: int) -> str:
    options = night.options
    if str(options.action[option_row]) == "nothing":
        return "do nothing"
    return str(options.effector[option_row]) or "intercept"


def _verdict_runs(
    night: Night, rows: Index, option_row: dict[str, int]
) -> tuple[VerdictRun, ...]:
    verdicts = night.verdicts
    lanes: dict[str, list[VerdictRun]] = {}
    for r in rows:
        known = option_row.get(str(verdicts.option_id[r]))
        if known is None or str(night.options.action[known]) == "nothing":
            continue
        lane = _lane(night, known)
        code = str(verdicts.verdict[r])
        t_s, by_s = float(verdicts.t_s[r]), float(verdicts.decide_by_s[r])
        runs = lanes.setdefault(lane, [])
        last = runs[-1] if runs else None
        # Two geometries of one effector in one cycle are told by the option
        # table; the lane keeps the less barred of the two, which comes first.
        if last and last.t1_s == t_s:
            continue
        if last and last.verdict == code and t_s - last.t1_s <= 60:
            runs[-1] = VerdictRun(lane, code, last.t0_s, t_s, by_s)
        else:
            runs.append(VerdictRun(lane, code, t_s, t_s, by_s))
    return tuple(run for lane in sorted(lanes) for run in lanes[lane])


def _options_at(
    night: Night,
    rows: Index,
    verdict_of: dict[tuple[str, float], int],
    p_of_time: dict[float, float],
) -> tuple[float, int, str, tuple[OptionRow, ...]]:
    """The options at the moment that matters most for this object.

    That is the cycle with the highest chance of entry among those where an
    intercept was still physically possible over a neighbour, which is what the whole
    question is about; failing that, anywhere; failing that, among all cycles.
    """
    options = night.options
    by_time: dict[float, list[int]] = {}
    for r in rows:
        by_time.setdefault(float(options.t_s[r]), []).append(int(r))
    if not by_time:
        return math.nan, 0, "", ()

    def possible(t: float) -> bool:
        return any(
            str(options.action[r]) != "nothing" and not str(options.barred_by[r])
            for r in by_time[t]
        )

    def abroad(t: float) -> bool:
        return any(
            str(options.action[r]) != "nothing"
            and not str(options.barred_by[r])
            and str(options.over[r]) not in night.guards
            for r in by_time[t]
        )

    def rank(t: float) -> tuple[bool, bool, float, float]:
        return (abroad(t), possible(t), p_of_time.get(t, -1.0), -t)

    chosen = max(by_time, key=rank)
    out = []
    for r in by_time[chosen]:
        option_id = str(options.option_id[r])
        v = verdict_of.get((option_id, chosen))
        out.append(
            OptionRow(
                option_id,
                str(options.action[r]),
                str(options.effector[r]),
                str(options.owner[r]),
                str(options.fires_from[r]),
                str(options.over[r]),
                float(options.t_intercept_s[r]),
                float(options.p_success[r]),
                _by_country(night, options.harm, r),
                float(options.latest_decision_s[r]),
                str(options.barred_by[r]),
                str(night.verdicts.verdict[v]) if v is not None else "",
                float(night.verdicts.decide_by_s[v]) if v is not None else math.nan,
                _grounds(str(night.verdicts.grounds[v])) if v is not None else (),
                float(options.t_latest_intercept_s[r]),
                float(options.p_success_p05[r]),
                float(options.p_success_p95[r]),
                int(options.shots[r]),
                float(options.cost_eur[r]),
                float(options.feasible_share[r]),
                _by_country(night, options.p_casualty, r),
                _by_country(night, options.risk, r),
                str(options.links[r]),
                str(options.conflict[r]),
                str(options.reasons[r]),
            )
        )
    out.sort(
        key=lambda o: (
            o.action != "nothing",
            bool(o.barred_by),
            o.over in night.guards,
            o.effector,
            o.over,
            o.option_id,
        )
    )
    where = "over a neighbour" if abroad(chosen) else "anywhere"
    return (
        chosen,
        len(by_time),
        where if possible(chosen) else "",
        tuple(out),
    )


def _district_rows(night: Night, rows: Index) -> tuple[dict[str, Any], ...]:
    """By district, the moment it was most threatened by this object."""
    areas = night.areas
    best: dict[str, int] = {}
    for r in (int(row) for row in rows):
        code = str(areas.district[r])
        held = best.get(code)
        if held is None or areas.p_over[r] > areas.p_over[held]:
            best[code] = r
    out = {
        code: {
            "code": code,
            "name": night.district_names.get(code, code),
            "t_s": float(areas.t_s[r]),
            "horizon_s": float(areas.horizon_s[r]),
            "p_over": float(areas.p_over[r]),
            "p_fall": float(areas.p_fall[r]),
            "t_p05_s": float(areas.t_p05_s[r]),
            "t_p50_s": float(areas.t_p50_s[r]),
            "t_p95_s": float(areas.t_p95_s[r]),
        }
        for code, r in best.items()
        if areas.p_over[r] >= 0.05
    }
    order = sorted(best, key=lambda code: (-areas.p_over[best[code]], code))
    return tuple(out[code] for code in order if code in out)[:6]


def _tell_beliefs(night: Night, story: Story, rows: Index, main_s: float) -> None:
    beliefs = night.beliefs
    story.beliefs = rows
    if not len(rows):
        return
    p = beliefs.p_enter[rows]
    story.p_max_any = float(np.nanmax(p))
    main = rows[beliefs.horizon_s[rows] == main_s]
    if not len(main):
        main = rows
    top = main[int(np.nanargmax(beliefs.p_enter[main]))]
    story.guard = str(beliefs.guard[top])
    story.p_peak, story.t_peak_s = (
        float(beliefs.p_enter[top]),
        float(beliefs.t_s[top]),
    )
    mine = main[beliefs.guard[main] == story.guard]
    story.milestones = tuple(
        (level, float(beliefs.t_s[mine[k]]))
        for level in _MILESTONES
        if len(k_all := np.flatnonzero(beliefs.p_enter[mine] >= level))
        for k in k_all[:1]
    )


def _why(story: Story, few_flights: bool) -> str:
    """The reason an object has a chapter of its own; "" for the shared table."""
    if story.truth_passages:
        return "it entered"
    if story.picture_passages and story.confirmed:
        return "the picture had it inside"
    if story.confirmed and story.p_peak >= _WORTH_TELLING:
        return f"its chance of entry passed {percent(_WORTH_TELLING)}"
    if not story.confirmed and story.p_peak >= 0.5:
        return "entry was forecast though the track was never confirmed"
    if story.never_established and few_flights and story.p_exist_max >= 0.9:
        return "it was followed as a track, and nothing was flown there"
    if few_flights and story.truth_id:
        return "this night is about it"
    if story.confirmed and story.inconsistent:
        return "its reported positions contradict its motion"
    return ""


def stories(night: Night) -> tuple[list[Story], tuple[TrueFlight, ...]]:
    """Every track of the night; those with `why` get a chapter of their own.

    Chapters come first: what entered in truth, then by the highest chance of
    entry. The other tracks follow, confirmed ones first.
    """
    tracks, main_s = night.tracks, main_horizon_s(night)
    truths = true_flights(night)
    truth_by_id = {t.flight_id: t for t in truths}
    beliefs_of = _by_key(night.beliefs.track_id)
    verdicts_of = _by_key(night.verdicts.track_id)
    options_of = _by_key(night.options.track_id)
    areas_of = _by_key(night.areas.track_id)
    option_row = {str(o): k for k, o in enumerate(night.options.option_id)}
    verdict_of = {
        (str(o), float(t)): k
        for k, (o, t) in enumerate(
            zip(night.verdicts.option_id, night.verdicts.t_s, strict=True)
        )
    }
    out: list[Story] = []
    for track_id, rows in _by_key(tracks.track_id).items():
        status = tracks.status[rows]
        # A feed without statuses (`forecast` of recorded tracks) is taken at its word.
        confirmed = np.isin(status, ("confirmed", "coasting")) | (status == "")
        told = rows[confirmed] if confirmed.any() else rows
        p_class = tracks.p_class[told[-1]]
        known = bool(np.isfinite(p_class).all())
        best = int(np.argmax(p_class)) if known else CLASSES.index("unknown")
        speed = np.hypot(tracks.v_east_mps[told], tracks.v_north_mps[told])
        story = Story(
            track_id=int(track_id),
            rows=rows,
            t_first_s=float(tracks.t_s[rows[0]]),
            t_last_s=float(tracks.t_s[rows[-1]]),
            confirmed=bool(confirmed.any()),
            klass=CLASSES[best],
            p_klass=float(p_class[best]) if known else math.nan,
            p_exist_max=_peak(tracks.p_exist[rows]),
            inconsistent=bool(tracks.inconsistent[rows].any()),
            speed_mps=float(np.nanmedian(speed))
            if np.isfinite(speed).any()
            else math.nan,
        )
        if story.confirmed:
            story.truth_id = _pair(night, rows, truths)
        if story.truth_id:
            truth = truth_by_id[story.truth_id]
            story.truth_klass, story.truth_end = truth.klass, truth.end
            story.truth_end_s = float(truth.t_s[-1])
            story.truth_passages = truth.passages
        story.picture_passages = tuple(
            p
            for g in night.guards
            for p in passages(
                g, tracks.t_s[told], tracks.lat_deg[told], tracks.lon_deg[told]
            )
        )
        none = np.zeros(0, dtype=np.intp)
        _tell_beliefs(night, story, beliefs_of.get(track_id, none), main_s)
        if not story.guard:
            story.guard = night.guards[0] if night.guards else ""
        out.append(story)
    few = len(truths) <= 5
    if has_truth(night):
        for story in out:
            story.never_established = not story.truth_id
    # One flight may leave several tracks (lost and found again): each keeps its id.
    for story in out:
        story.why = _why(story, few)
    out.sort(
        key=lambda s: (
            not s.why,
            not s.truth_passages,
            s.never_established,
            not s.confirmed,
            -(s.p_peak if math.isfinite(s.p_peak) else -1.0),
            s.track_id,
        )
    )
    ghosts = 0
    for k, story in enumerate(out):
        ghost = story.never_established or not story.confirmed
        if k >= _MOST_CHAPTERS or (ghost and ghosts >= _MOST_GHOSTS):
            story.why = ""
        elif story.why:
            ghosts += ghost
    out.sort(key=lambda s: not s.why)
    for story in out:
        if not story.why:
            continue
        track_id = story.track_id
        none = np.zeros(0, dtype=np.intp)
        mine = story.beliefs
        main = mine[
            (night.beliefs.horizon_s[mine] == main_s)
            & (night.beliefs.guard[mine] == story.guard)
        ]
        p_of_time = {
            float(t): float(p)
            for t, p in zip(
                night.beliefs.t_s[main], night.beliefs.p_enter[main], strict=True
            )
        }
        story.runs = _verdict_runs(night, verdicts_of.get(track_id, none), option_row)
        (
            story.options_s,
            story.n_option_times,
            story.options_where,
            story.options,
        ) = _options_at(night, options_of.get(track_id, none), verdict_of, p_of_time)
        threatened = areas_of.get(str(track_id), none)
        story.districts = _district_rows(night, threatened)
        story.alert_rows = _alerts_for(night, threatened)
    return out, truths


def _peak(values: NDArray[Any]) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan


def _alerts_for(night: Night, threatened: Index) -> Index:
    """Alerts this object caused: alone it reached the limit there just then."""
    areas, alerts = night.areas, night.alerts
    limit = float(night.summary.get("alert_limit", ALERT_LIMIT))
    look_s = float(night.summary.get("alert_look_s", math.inf))
    real = threatened[
        (areas.p_over[threatened] >= limit) & (areas.horizon_s[threatened] <= look_s)
    ]
    keep = []
    for k in range(len(alerts)):
        near = real[areas.district[real] == alerts.district[k]]
        if len(near) and np.abs(areas.t_s[near] - alerts.t_s[k]).min() <= 60.0:
            keep.append(k)
    return np.asarray(keep, dtype=np.intp)
