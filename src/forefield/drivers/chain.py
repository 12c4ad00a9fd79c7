"""A night's plots through the mechanism, step by step in the order of reception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast

import numpy as np

from forefield.columns import Columns, Floats, Texts
from forefield.engagement.effectors import Effector
from forefield.engagement.option_table import Options
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.mandate.verdict_table import Verdicts
from forefield.mechanism import Choices, Cycle, Mechanism, Seen
from forefield.record.journal import Entry
from forefield.sensing.detections import Detections, Scans
from forefield.tracking.recording import ready_s
from forefield.tracking.tracks import Tracks
from forefield.warning.alert_table import Alerts

__all__ = [
    "Act",
    "Passed",
    "Progress",
    "Step",
    "origins",
    "steps",
    "through",
    "through_each",
]

_Table = TypeVar("_Table", bound=Columns)
Progress = Callable[[str, float], None]
#: What a cycle's decisions end: flight -> UTC seconds. The second argument tells whose
#: a track is, for the world alone.
Act = Callable[[Cycle, Callable[[int], str]], dict[str, float]]


@dataclass(frozen=True)
class Passed:
    """Everything the chain gave over a night.

    origin  track_id -> what most of its plots came from, for scoring only: a
            flight_id, "clutter:<kind>:…", or "" where a recording does not tell
    """

    tracks: Tracks
    beliefs: Beliefs
    areas: ThreatAreas
    options: Options
    verdicts: Verdicts
    alerts: Alerts
    entries: tuple[Entry, ...]
    origin: dict[int, str]


def through(
    mechanism: Mechanism,
    detections: Detections,
    scans: Scans,
    t0_s: float,
    t1_s: float,
    *,
    cycle_s: float = 10.0,
    forecast_every_s: float = 20.0,
    progress: Progress | None = None,
) -> Passed:
    """Run the mechanism from t0_s to t1_s [UTC s].

    The tracker steps every `cycle_s`; beliefs and all that follows are renewed every
    `forecast_every_s`. A step knows only what was received by then: a scan, with all
    its plots, is known when it has ended and its sensor's latency has passed.
    """
    tracks: list[Tracks] = []
    cycles = []
    for step in steps(detections, scans, t0_s, t1_s, cycle_s, forecast_every_s):
        if step.is_asked:
            cycle = mechanism.step(step.plots, step.looks, step.now_s)
            tracks.append(cycle.tracks)
            cycles.append(cycle)
        else:
            tracks.append(mechanism.observe(step.plots, step.looks, step.now_s))
        if progress is not None:
            progress("the chain", step.done)
    origin = origins(mechanism, detections, scans)
    return _passed(Tracks.concat(tracks), cycles, origin, _Whole())


@dataclass(frozen=True)
class _Ask:
    """Members with equal limits, whose options are worked out together.

    effectors  of all of them;  groups: members with equal effectors
    """

    effectors: tuple[Effector, ...]
    groups: list[list[int]]

    def choices(
        self, mechanisms: Sequence[Mechanism], seen: Seen
    ) -> Iterator[tuple[int, Choices]]:
        """The choices of every member."""
        every = mechanisms[self.groups[0][0]].options(seen, self.effectors)
        for members in self.groups:
            first = mechanisms[members[0]]
            mine = every
            if len(self.groups) > 1:
                mine = every.of_effectors([e.id for e in first.effectors])
            choices = first.choices(seen, mine)
            yield from ((k, choices) for k in members)


@dataclass
class _Branch:
    """Mechanisms that have seen the same night so far; the first looks for all.

    members   numbers of the mechanisms;  ended: flight -> UTC seconds of its end
    tracks    of the night so far;  sources: truth of every plot that was handed in
    speakers  rule of a desk -> the member whose desk speaks for all with that rule
    asks      whose options are worked out together; both follow from the members
    """

    mechanisms: Sequence[Mechanism]
    members: list[int]
    ended: dict[str, float] = field(default_factory=dict)
    tracks: list[Tracks] = field(default_factory=list)
    sources: list[Texts] = field(default_factory=list)
    speakers: dict[object, int] = field(init=False)
    asks: list[_Ask] = field(init=False)

    def __post_init__(self) -> None:
        self.hold(self.members)

    def hold(self, members: list[int]) -> None:
        """Have these members from now on."""
        self.members = members
        rules = [(self.mechanisms[k].desk.rule, k) for k in members]
        self.speakers = dict(reversed(rules))  # the first with each rule
        self.asks = _asks(self.mechanisms, members)

    def meets(self, plots: Detections) -> Detections:
        """The plots that remain when what was ended is gone."""
        keep = np.ones(len(plots), dtype=bool)
        for name, end_s in self.ended.items():
            keep &= ~((plots.truth_id == name) & (plots.t_s > end_s))
        return plots if keep.all() else plots.take(keep)


def through_each(
    mechanisms: Sequence[Mechanism],
    detections: Detections,
    scans: Scans,
    t0_s: float,
    t1_s: float,
    *,
    cycle_s: float = 10.0,
    forecast_every_s: float = 20.0,
    acts: Sequence[Act] = (),
) -> list[Passed]:
    """`through` for several mechanisms that see alike, with one sight for all.

    The first of them tracks and believes; each decides for itself. They must have the
    same sensors, guards and districts, and the same limits but for those of `choices`;
    then every result is what `through` would have given.

    acts  of each mechanism, what its decisions change in the world: the flights that
          end, and when. Plots of a flight after its end are not seen any more, and
          from there the night of that mechanism is its own: tracker and forecast run
          again. Those with the same ends go on sharing one sight
    """
    branches = [_Branch(mechanisms, list(range(len(mechanisms))))]
    cycles: list[list[Cycle]] = [[] for _ in mechanisms]
    for step in steps(detections, scans, t0_s, t1_s, cycle_s, forecast_every_s):
        grown: list[_Branch] = []
        for branch in branches:
            leader, plots = mechanisms[branch.members[0]], branch.meets(step.plots)
            branch.sources.append(plots.truth_id)
            if not step.is_asked:
                branch.tracks.append(leader.observe(plots, step.looks, step.now_s))
                continue
            seen = leader.believe(plots, step.looks, step.now_s)
            branch.tracks.append(seen.tracks)
            told = {
                rule: mechanisms[k].alerts(seen) for rule, k in branch.speakers.items()
            }
            known = dict(
                one for ask in branch.asks for one in ask.choices(mechanisms, seen)
            )
            ends: dict[int, dict[str, float]] = {}
            for k in branch.members:
                one = mechanisms[k]
                cycles[k].append(one.decide(seen, known[k], told[one.desk.rule]))
                if acts:
                    ends[k] = acts[k](cycles[k][-1], partial(_whose, leader, branch))
            grown += _forked(branch, ends)
        branches += grown
    out: dict[int, Passed] = {}
    whole = _Whole()
    for branch in branches:
        tracks = Tracks.concat(branch.tracks)
        origin = _origins(mechanisms[branch.members[0]], branch.sources)
        out |= {k: _passed(tracks, cycles[k], origin, whole) for k in branch.members}
    return [out[k] for k in range(len(mechanisms))]


def _forked(branch: _Branch, ends: dict[int, dict[str, float]]) -> list[_Branch]:
    """New branches of those whose flights end otherwise; the branch keeps its first."""
    groups: dict[tuple[tuple[str, float], ...], list[int]] = {}
    for k in branch.members:
        groups.setdefault(tuple(sorted(ends.get(k, {}).items())), []).append(k)
    first, *others = groups.items()
    if not others:
        branch.ended |= dict(first[0])
        return []
    mechanisms, spoke = branch.mechanisms, branch.speakers
    old = mechanisms[branch.members[0]]
    out = []
    for end, members in others:
        mechanisms[members[0]].look_on_from(old)
        ended = branch.ended | dict(end)
        seen = [*branch.tracks], [*branch.sources]
        out.append(_Branch(mechanisms, members, ended, *seen))
    branch.ended |= dict(first[0])
    branch.hold(first[1])
    for one in (branch, *out):
        for rule, k in one.speakers.items():
            if k != spoke[rule]:
                mechanisms[k].speak_on_from(mechanisms[spoke[rule]])
    return out


def _asks(mechanisms: Sequence[Mechanism], members: list[int]) -> list[_Ask]:
    """Members by what their options depend on: limits first, effectors then."""
    found: dict[tuple[float, float], dict[tuple[Effector, ...], list[int]]] = {}
    for k in members:
        s = mechanisms[k].settings
        alike = found.setdefault((s.belief_floor, s.extra_delay_s), {})
        alike.setdefault(mechanisms[k].effectors, []).append(k)
    out = []
    for alike in found.values():
        union = tuple(dict.fromkeys(e for effectors in alike for e in effectors))
        groups = list(alike.values())
        if len({e.id for e in union}) == len(union):
            out.append(_Ask(union, groups))
        else:  # one name for two effectors: each set for itself
            out += [_Ask(effectors, [g]) for effectors, g in alike.items()]
    return out


def _whose(leader: Mechanism, branch: _Branch, track_id: int) -> str:
    """What most plots of one track came from, so far; "" where nothing tells."""
    return _origins(leader, branch.sources, track_id).get(track_id, "")


class _Whole:
    """Tables of cycles put together; those of the same parts once."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Columns] = {}

    def __call__(self, table: type[_Table], parts: list[_Table]) -> _Table:
        key = (table, *map(id, parts))
        if key not in self._made:
            self._made[key] = table.concat(parts)
        return cast("_Table", self._made[key])


def _passed(
    tracks: Tracks, cycles: list[Cycle], origin: dict[int, str], whole: _Whole
) -> Passed:
    return Passed(
        tracks=tracks,
        beliefs=whole(Beliefs, [c.beliefs for c in cycles]),
        areas=whole(ThreatAreas, [c.areas for c in cycles]),
        options=whole(Options, [c.options for c in cycles]),
        verdicts=whole(Verdicts, [c.verdicts for c in cycles]),
        alerts=whole(Alerts, [c.alerts for c in cycles]),
        entries=tuple(e for c in cycles for e in c.entries),
        origin=origin,
    )


@dataclass(frozen=True)
class Step:
    """What was received since the last step; is a belief due; share of the night."""

    now_s: float
    plots: Detections
    looks: Scans
    is_asked: bool
    done: float


def steps(
    detections: Detections,
    scans: Scans,
    t0_s: float,
    t1_s: float,
    cycle_s: float,
    forecast_every_s: float,
) -> Iterator[Step]:
    """The steps of a night, as `through` takes them."""
    detections, known, scans, looked = _in_order_of_knowing(detections, scans)
    n_cycles = max(1, int(np.ceil((t1_s - t0_s) / cycle_s - 1e-9)))
    every = max(1, round(forecast_every_s / cycle_s))
    now = t0_s + cycle_s * np.arange(1, n_cycles + 1)
    cut = np.searchsorted(known, now, side="right")
    seen = np.searchsorted(looked, now, side="right")
    a = b = 0
    for k in range(n_cycles):
        plots = detections.take(slice(a, int(cut[k])))
        looks = scans.take(slice(b, int(seen[k])))
        a, b = int(cut[k]), int(seen[k])
        asked = not ((k + 1) % every and k + 1 < n_cycles)
        yield Step(float(now[k]), plots, looks, asked, (k + 1) / n_cycles)


def origins(
    mechanism: Mechanism, detections: Detections, scans: Scans
) -> dict[int, str]:
    """What most plots of each track came from; ties go to the first by name.

    detections, scans  of the whole night, as `steps` took them
    """
    return _origins(mechanism, [_in_order_of_knowing(detections, scans)[0].truth_id])


def _origins(
    mechanism: Mechanism, sources: Sequence[Texts], only: int | None = None
) -> dict[int, str]:
    """The same from the truth of every plot, in the order the tracker took them."""
    plot, track = mechanism.tracker.origins()
    known = track >= 0 if only is None else track == only
    plot, track = plot[known], track[known]
    if not len(plot):
        return {}
    names, code = np.unique(np.concatenate(sources)[plot], return_inverse=True)
    pairs, count = np.unique(np.column_stack([track, code]), axis=0, return_counts=True)
    best = np.lexsort((pairs[:, 1], -count, pairs[:, 0]))
    pairs = pairs[best]
    first = np.append(True, np.diff(pairs[:, 0]) != 0)[: len(pairs)]
    return {int(t): str(names[c]) for t, c in pairs[first]}


def _in_order_of_knowing(
    detections: Detections, scans: Scans
) -> tuple[Detections, Floats, Scans, Floats]:
    """Plots and scans, each sorted by and with the time [UTC s] when it is known."""
    late = np.nan_to_num(detections.t_received_s - detections.t_s, nan=0.0)
    latency = {
        str(name): max(0.0, float(late[detections.sensor == name].max()))
        for name in np.unique(detections.sensor)
    }
    known = ready_s(detections, scans) + [latency[str(s)] for s in detections.sensor]
    looked = scans.t_end_s + [latency.get(str(s), 0.0) for s in scans.sensor]
    order = np.lexsort((detections.t_s, known))
    by_look = np.argsort(looked, kind="stable")
    return (
        detections.take(order),
        np.asarray(known)[order],
        scans.take(by_look),
        np.asarray(looked)[by_look],
    )
