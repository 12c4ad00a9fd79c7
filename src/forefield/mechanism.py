"""The whole chain on one page.

`Mechanism.step` takes what the sensors saw since the last step and gives one
`Cycle`: tracks, beliefs, threat areas, options, verdicts, alerts and the entries
for the journal. The drivers call it and nothing else does the chain's work; a stage
that behaves differently in two drivers is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats
from forefield.engagement.effectors import Effector
from forefield.engagement.option_table import Options
from forefield.engagement.options import countries_of, options
from forefield.engagement.wind import Wind
from forefield.forecasting.areas import threat_areas
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.forecasting.exposure import EVERY_S
from forefield.forecasting.forecast import forecast, memory_s
from forefield.mandate.facts import Observed, observed
from forefield.mandate.judge_table import acts_of, judge_observed
from forefield.mandate.people import Heard, SimulatedHolders
from forefield.mandate.rules import Mandate
from forefield.mandate.verdict_table import Verdicts
from forefield.record.entries import Judged, Memory, answer, asked, cycle_entries
from forefield.record.journal import Entry
from forefield.sensing.detections import Detections, Scans
from forefield.tracking.tracker import Tracker
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.alert_table import Alerts
from forefield.warning.desk import AlertDesk
from forefield.world.borders import Border
from forefield.world.districts import Districts
from forefield.world.ground import Ground, theatre

__all__ = ["Choices", "Cycle", "Mechanism", "Seen", "Settings", "kept_past"]

#: How far back a forecast may look at a track's motion.
_PAST_S = 60.0


@dataclass(frozen=True)
class Settings:
    """Limits of the chain. Every one is an assumption and is printed as one.

    horizons_s     horizons of the beliefs
    exist_floor    tracks less likely to exist are carried, not forecast
    hazard_floor   so are tracks less likely to be a missile, a drone or unknown; for
                   the threat areas this likelihood multiplies that of existing
    alert_floor    the same for a track of unusual speed to count in the threat areas:
                   birds and balloons often pass the first floor, seldom this one
    usual_mps      a track is forecast only when it has been known for a while: for
    wait_s         wait_s where its speed is usual for a missile, and for
    long_wait_s    long_wait_s where it is slower or faster. From plot to plot birds
                   and ducted echoes have any speed; over a minute they have not
    belief_floor   options are worked out for tracks whose belief at the longest
                   horizon reaches this
    extra_delay_s  further delay between a yes and the crew
    base_rate      share of the night's objects expected to enter; None: sourced default
    standing       standing facts a scenario assumes, by name
    wind           that pieces fall through; None: the stated climatology
    model          of the forecast
    """

    horizons_s: tuple[float, ...] = (120.0, 300.0, 600.0, 900.0)
    exist_floor: float = 0.5
    hazard_floor: float = 0.75
    alert_floor: float = 0.85
    usual_mps: tuple[float, float] = (70.0, 350.0)
    wait_s: float = 30.0
    long_wait_s: float = 90.0
    belief_floor: float = 0.02
    extra_delay_s: float = 0.0
    base_rate: float | None = None
    standing: dict[str, Any] = field(default_factory=dict)
    wind: Wind | None = None
    model: str = "turning"


@dataclass(frozen=True)
class Seen:
    """What one step saw and believes, before anything is asked or said.

    watched  the tracks worth a belief
    """

    now_s: float
    tracks: Tracks
    watched: Tracks
    beliefs: Beliefs
    areas: ThreatAreas


@dataclass(frozen=True)
class Choices:
    """What could be done about what was seen, doing nothing first.

    observed  what is known of every act, before any mandate is asked
    """

    options: Options
    observed: Observed


@dataclass(frozen=True)
class Cycle:
    """What one step of the chain gave."""

    now_s: float
    tracks: Tracks
    beliefs: Beliefs
    areas: ThreatAreas
    options: Options
    verdicts: Verdicts
    alerts: Alerts
    entries: tuple[Entry, ...]


def kept_past(steps: list[Tracks], now_s: float, memory_s: float) -> list[Tracks]:
    """The steps worth handing to a forecast as `past`: the last minute, whole.

    memory_s  of what lies before, for so long the first row of every track and minute
    """
    kept: list[Tracks] = []
    looked: set[tuple[float, int]] = set()
    for t in steps:
        if not len(t):
            continue
        age_s = now_s - t.t_s[0]
        if memory_s <= 0.0 or age_s >= memory_s:
            kept += [t] if age_s < _PAST_S else []
            continue
        look = t.t_s[0] // EVERY_S
        first = [(look, n) not in looked for n in t.track_id.tolist()]
        looked.update((look, n) for n in t.track_id.tolist())
        if age_s < _PAST_S:
            kept.append(t)
        elif any(first):
            kept.append(t if all(first) else t.take(np.array(first)))
    return kept


class Mechanism:
    """The chain, from plots (detections) to alerts, for one or more guards."""

    def __init__(
        self,
        tracker: Tracker,
        guards: Sequence[Border],
        districts: Districts,
        effectors: Sequence[Effector],
        mandate: Mandate,
        desk: AlertDesk,
        settings: Settings | None = None,
        holders: SimulatedHolders | None = None,
        ground: Ground | None = None,
        *,
        keeps_record: bool = True,
    ) -> None:
        self.tracker = tracker
        self.guards = tuple(guards)
        self.districts = districts
        self.effectors = tuple(effectors)
        self.mandate = mandate
        self.desk = desk
        self.settings = settings or Settings()
        self.holders = holders  # of a simulated night; nobody else's answers are made
        told = countries_of(self.guards)
        isos = tuple(g.iso for g in self.guards)
        self.ground = ground.telling(told) if ground else theatre(isos, told)
        #: Without it cycles have no entries: a study keeps outcomes, and plays a night
        #: again where somebody asks for its record.
        self.keeps_record = keeps_record
        self.seconds: dict[str, float] = {}
        self._memory = Memory()
        self._past: list[Tracks] = []
        self._memory_s = max(
            (memory_s(self.settings.model, g.iso) for g in self.guards), default=0.0
        )
        self._first_s: dict[int, float] = {}

    def observe(self, detections: Detections, scans: Scans, now_s: float) -> Tracks:
        """Only the tracker's part of a step, when no belief is due yet."""
        with _Clock(self.seconds, "tracking"):
            tracks = self.tracker.update(detections, scans, now_s)
        self.remember(tracks, now_s)
        return tracks

    def remember(self, tracks: Tracks, now_s: float) -> None:
        """Tracks of a step at which nothing is asked; their motion counts later.

        A model that remembers is handed each track's first row of every minute besides.
        """
        for number in tracks.track_id.tolist():
            self._first_s.setdefault(number, now_s)
        self._past = [*kept_past(self._past, now_s, self._memory_s), tracks]

    def look_on_from(self, other: Mechanism) -> None:
        """See what another has seen so far, as if it had been looked at here."""
        self.tracker = deepcopy(other.tracker)
        self._past = list(other._past)
        self._first_s = dict(other._first_s)

    def speak_on_from(self, other: Mechanism) -> None:
        """Know what another's desk has told so far, as if it had been told here."""
        self.desk = deepcopy(other.desk)

    def step(self, detections: Detections, scans: Scans, now_s: float) -> Cycle:
        """Everything that follows from what was received up to `now_s` [UTC s]."""
        return self.decide(self.believe(detections, scans, now_s))

    def believe(self, detections: Detections, scans: Scans, now_s: float) -> Seen:
        """The half of a step that no mandate, limit or effector can change."""
        s, clock = self.settings, self.seconds
        past = Tracks.concat(self._past)
        tracks = self.observe(detections, scans, now_s)
        watched, hazard = self._watched(tracks)
        with _Clock(clock, "forecasting"):
            beliefs = forecast(
                watched, self.guards, s.horizons_s,
                model=s.model, base_rate=s.base_rate, past=past,
            )  # fmt: skip
            areas = self._threatened(watched, hazard, past)
        return Seen(now_s, tracks, watched, beliefs, areas)

    def choices(self, seen: Seen, found: Options | None = None) -> Choices:
        """What could be done about what was seen, and what is known of it.

        found  the options, where they were worked out together with others'
        """
        found = self.options(seen, self.effectors) if found is None else found
        with _Clock(self.seconds, "mandate"):
            guard = [g.iso for g in self.guards]
            known = observed(
                acts_of(found), seen.watched, seen.beliefs, seen.now_s, guard=guard
            )
        return Choices(found, known)

    def options(self, seen: Seen, effectors: Sequence[Effector]) -> Options:
        """The options of any effectors; those of each do not depend on the others."""
        s = self.settings
        with _Clock(self.seconds, "engagement"):
            return options(
                seen.watched,
                seen.beliefs,
                effectors,
                guards=self.guards,
                now_s=seen.now_s,
                belief_floor=s.belief_floor,
                extra_delay_s=s.extra_delay_s,
                traffic=seen.tracks,
                wind=s.wind,
                ground=self.ground,
            )

    def alerts(self, seen: Seen) -> Alerts:
        """What the desk tells whom about what was seen."""
        with _Clock(self.seconds, "warning"):
            return self.desk.update(seen.areas, seen.now_s)

    def decide(
        self, seen: Seen, choices: Choices | None = None, alerts: Alerts | None = None
    ) -> Cycle:
        """The other half: options, verdicts, alerts and the record.

        choices  what `choices` gave for the same sight, effectors and limits
        alerts   what `alerts` gave for the same sights and the same rule of the desk
        """
        s, clock, now_s = self.settings, self.seconds, seen.now_s
        choices = self.choices(seen) if choices is None else choices
        rows = choices.options
        heard: list[Heard] = []
        answers: dict[str, dict[str, str]] = {}
        with _Clock(clock, "mandate"):
            if self.holders is not None:
                heard += self.holders.hear(now_s)
                answers = self.holders.answers(rows)
            known = choices.observed
            verdicts = judge_observed(self.mandate, known, s.standing, answers)
            if self.holders is not None:
                heard += self.holders.consider(rows, verdicts, now_s)
        alerts = self.alerts(seen) if alerts is None else alerts
        entries: list[Entry] = []
        if self.keeps_record:
            guard = [g.iso for g in self.guards]
            with _Clock(clock, "record"):
                entries += [_spoken(one) for one in heard]
                entries += cycle_entries(
                    now_s,
                    seen.tracks,
                    seen.beliefs,
                    rows,
                    verdicts,
                    alerts,
                    self._memory,
                    Judged(self.mandate, s.standing, answers, guard),
                )
        return Cycle(
            now_s,
            seen.tracks,
            seen.beliefs,
            seen.areas,
            rows,
            verdicts,
            alerts,
            tuple(entries),
        )

    def warned(self, tracks: Tracks, now_s: float) -> tuple[ThreatAreas, Alerts]:
        """Areas and alerts alone, from tracks that are already known.

        What `step` would have said of them; `remember` takes the steps between.
        """
        past = Tracks.concat(self._past)
        self.remember(tracks, now_s)
        areas = self._threatened(*self._watched(tracks), past)
        return areas, self.desk.update(areas, now_s)

    def _watched(self, tracks: Tracks) -> tuple[Tracks, Floats]:
        """The tracks worth a belief, and how likely each is something that harms."""
        s = self.settings
        harmless = [CLASSES.index(c) for c in ("aircraft", "civil", "balloon", "bird")]
        hazard = 1.0 - tracks.p_class[:, harmless].sum(axis=1)
        keep = (tracks.p_exist >= s.exist_floor) & (hazard >= s.hazard_floor)
        keep &= (tracks.status == "confirmed") | (tracks.status == "coasting")
        known_s = tracks.t_s - [self._first_s[i] for i in tracks.track_id.tolist()]
        keep &= known_s >= np.where(self._usual(tracks), s.wait_s, s.long_wait_s)
        return tracks.take(keep), hazard[keep]

    def _threatened(self, watched: Tracks, hazard: Floats, past: Tracks) -> ThreatAreas:
        """Threat areas of what is probably no bird, at the desk's horizon as well."""
        s = self.settings
        threats = replace(watched, p_exist=watched.p_exist * hazard)
        threats = threats.take((hazard >= s.alert_floor) | self._usual(watched))
        ahead = sorted({*s.horizons_s, self.desk.look_s} - {np.inf})
        return threat_areas(
            threats, self.guards, self.districts, ahead,
            base_rate=s.base_rate, past=past,
        )  # fmt: skip

    def _usual(self, tracks: Tracks) -> NDArray[np.bool_]:
        """Whether each flies as fast as missiles do, and few other things."""
        low, high = self.settings.usual_mps
        speed = np.hypot(tracks.v_east_mps, tracks.v_north_mps)
        return np.asarray((speed >= low) & (speed <= high))


def _spoken(one: Heard) -> Entry:
    """A question or an answer as an entry; both are simulated, and say so."""
    if one.said == "asked":
        return asked(at_s=one.t_s, holder=one.holder, option_id=one.option_id)
    return answer(
        at_s=one.t_s,
        holder=one.holder,
        option_id=one.option_id,
        said=one.said,
        because=one.because,
    )


class _Clock:
    """Adds the wall-clock seconds of a block to its stage's sum."""

    def __init__(self, sums: dict[str, float], stage: str) -> None:
        self._sums, self._stage = sums, stage

    def __enter__(self) -> None:
        self._since = perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = perf_counter() - self._since
        self._sums[self._stage] = self._sums.get(self._stage, 0.0) + spent
