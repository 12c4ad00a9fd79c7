"""From what a night assumes to a mechanism, and from its tables to a `Night`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.drivers.chain import Progress, through
from forefield.drivers.night import Night, PublicEvent
from forefield.drivers.summary import summarise
from forefield.drivers.truth import passages
from forefield.engagement import effectors as effectors_of
from forefield.engagement.effectors import Effector, links
from forefield.engagement.success import sigma_three
from forefield.engagement.wind import climatology
from forefield.mandate.people import SimulatedHolders
from forefield.mandate.rules import Mandate
from forefield.mechanism import Mechanism, Settings
from forefield.record import entries as record
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.sensing.observe import observe
from forefield.threats.flights import Assumption, Flights, Flown
from forefield.tracking.tracker import Tracker
from forefield.version import __version__
from forefield.warning.desk import (
    ALERT_CONFIRM_S,
    ALERT_LIMIT,
    ALERT_LOOK_S,
    AlertDesk,
)
from forefield.world.borders import Border
from forefield.world.districts import Districts
from forefield.world.ground import Ground

__all__ = ["TIMEZONES", "Case", "Cast", "play"]

#: Local time of each guard.
TIMEZONES = {
    "PL": "Europe/Warsaw",
    "UA": "Europe/Kyiv",
    "RO": "Europe/Bucharest",
    "MD": "Europe/Chisinau",
    "LT": "Europe/Vilnius",
    "LV": "Europe/Riga",
    "EE": "Europe/Tallinn",
    "SK": "Europe/Bratislava",
    "HU": "Europe/Budapest",
    "HR": "Europe/Zagreb",
    "BG": "Europe/Sofia",
    "FI": "Europe/Helsinki",
    "BY": "Europe/Minsk",
    "FR": "Europe/Paris",
    "IT": "Europe/Rome",
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "CH": "Europe/Zurich",
}


@dataclass(frozen=True)
class Cast:
    """Who and what takes part: everything of a night that is no flight."""

    guards: tuple[Border, ...]
    sensors: tuple[Sensor, ...]
    districts: Districts
    mandate: Mandate
    effectors: tuple[Effector, ...] = ()
    settings: Settings = field(default_factory=Settings)
    cycle_s: float = 10.0
    forecast_every_s: float = 20.0
    alert_limit: float = ALERT_LIMIT
    alert_look_s: float = ALERT_LOOK_S
    alert_confirm_s: float = ALERT_CONFIRM_S
    delays: Any = None
    ground: Ground | None = None
    launch_line: bool = False

    def tracker(self) -> Tracker:
        """A tracker that has seen nothing yet."""
        return Tracker(self.sensors, self.guards[0].plane)

    def mechanism(
        self,
        headline: str,
        timezone: str,
        seed: int = 0,
        *,
        keeps_record: bool = True,
        tracker: Tracker | None = None,
    ) -> Mechanism:
        """The chain, ready for its first step; its holders are simulated.

        tracker  of those that see with another's until their nights part
        """
        desk = AlertDesk(
            self.districts,
            self.delays,
            limit=self.alert_limit,
            look_s=self.alert_look_s,
            confirm_s=self.alert_confirm_s,
            status="Exercise",
            prefix=headline,
            timezone=timezone,
        )
        return Mechanism(
            tracker or self.tracker(),
            self.guards,
            self.districts,
            self.effectors or effectors_of.default(self.guards[0].iso),
            self.mandate,
            desk,
            self.settings,
            SimulatedHolders(self.mandate, Stream(seed, "night", 0)),
            self.ground,
            keeps_record=keeps_record,
        )


@dataclass(frozen=True)
class Case:
    """What is shown: names, times, and the public record if there is one."""

    kind: str
    name: str
    title: str
    banner: str
    headline: str
    seed: int
    t0_s: float
    t1_s: float
    timezone: str
    public: tuple[PublicEvent, ...] = ()
    unknowns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def play(
    case: Case,
    cast: Cast,
    flown: Flown,
    seen: tuple[Detections, Scans] | None = None,
    *,
    progress: Progress | None = None,
) -> Night:
    """Take one night through the chain.

    seen  recorded plots and scans; without them `sensing` makes them from the flights
    """
    seconds: dict[str, float] = {}
    if seen is None:
        since = perf_counter()
        if progress:
            progress("sensing", 0.0)
        seen = observe(
            flown.flights,
            cast.sensors,
            Stream(case.seed, "night", 0, "sensing"),
            t0_s=case.t0_s,
            t1_s=case.t1_s,
            phantoms=flown.phantoms,
        )
        seconds["sensing"] = perf_counter() - since
    detections, scans = seen
    mechanism = cast.mechanism(case.headline, case.timezone, case.seed)
    passed = through(
        mechanism,
        detections,
        scans,
        case.t0_s,
        case.t1_s,
        cycle_s=cast.cycle_s,
        forecast_every_s=cast.forecast_every_s,
        progress=progress,
    )
    seconds |= mechanism.seconds
    since = perf_counter()
    stays = [p for g in cast.guards for p in passages(flown.flights, g)]
    summary = summarise(
        passed,
        flown.flights,
        detections,
        stays,
        cast.districts,
        case.public,
        flown.phantoms,
        alert_limit=cast.alert_limit,
        alert_look_s=cast.alert_look_s,
        delays=mechanism.desk.delays,
    )
    summary["notices"] = list(mechanism.tracker.rejects.lines())
    if cast.districts.repaired:
        summary["notices"].append(
            f"{cast.districts.repaired} of the districts given cross themselves; the "
            "area they enclose was kept"
        )
    if cast.launch_line:
        summary["launch_line"] = True
    summary |= {"banner": case.banner, "title": case.title, "timezone": case.timezone}
    assumptions = (*flown.assumptions, *_assumed(cast))
    journal = (
        record.opening(
            at_s=case.t0_s,
            name=case.name,
            banner=case.banner,
            seed=case.seed,
            version=__version__,
            mandate=cast.mandate,
            guards=[g.iso for g in cast.guards],
            assumptions=assumptions,
        ),
        *passed.entries,
        record.closing(at_s=case.t1_s, tables=_counts(passed, flown.flights)),
    )
    seconds["summary"] = perf_counter() - since
    return Night(
        kind=case.kind,
        name=case.name,
        title=case.title,
        banner=case.banner,
        seed=case.seed,
        guards=tuple(g.iso for g in cast.guards),
        mandate=cast.mandate.id,
        timezone=case.timezone,
        t0_s=case.t0_s,
        t1_s=case.t1_s,
        horizons_s=tuple(cast.settings.horizons_s),
        flights=flown.flights,
        assumptions=assumptions,
        sensors=cast.sensors,
        detections=detections,
        scans=scans,
        tracks=passed.tracks,
        beliefs=passed.beliefs,
        areas=passed.areas,
        options=passed.options,
        verdicts=passed.verdicts,
        alerts=passed.alerts,
        journal=journal,
        district_names=dict(
            zip(cast.districts.codes, cast.districts.names, strict=True)
        ),
        public=case.public,
        unknowns=case.unknowns,
        sources=case.sources,
        summary=summary,
        timings_s=seconds,
        districts=cast.districts,
    )


def _assumed(cast: Cast) -> Sequence[Assumption]:
    s = cast.settings
    chain = "a limit of the chain, chosen, without a source"
    out = [
        Assumption("sensors", f"{len(cast.sensors)} illustrative sensors",
                   "real sites and performance are not public"),
        Assumption("forecast model", s.model, "the page on verification compares them"),
        Assumption("belief floor", f"{s.belief_floor:g}", chain),
        Assumption("alert limit", f"{cast.alert_limit:g}", chain),
        Assumption("alerts look ahead", f"{cast.alert_look_s:g} s", chain),
        Assumption("harm floor of alerts", f"{s.alert_floor:g}", chain),
        Assumption("time at the alert limit", f"{cast.alert_confirm_s:g} s", chain),
        Assumption("existence floor", f"{s.exist_floor:g}", chain),
        Assumption("wait before a forecast", f"{s.wait_s:g} s", chain),
        Assumption("the same at unusual speed", f"{s.long_wait_s:g} s", chain),
        Assumption("hazard floor", f"{s.hazard_floor:g}", chain),
        Assumption("time between beliefs", f"{cast.forecast_every_s:g} s", chain),
        *_consequences(cast),
    ]  # fmt: skip
    out += [
        Assumption(f"standing fact {name}", str(value), "the scenario assumes it")
        for name, value in sorted(s.standing.items())
    ]
    return out


def _consequences(cast: Cast) -> Sequence[Assumption]:
    """What the options and their harm take for granted."""
    wind = cast.settings.wind or climatology()
    people = cast.ground.note if cast.ground else "gazetteer, discs, rural background"
    acting = cast.effectors or effectors_of.default(cast.guards[0].iso)
    chain = "; ".join(
        f"{x.name} {x.delay_s.low:g} to {x.delay_s.high:g} s" for x in links()
    )
    out = [
        Assumption("effectors", f"{len(acting)} abstract ones at illustrative places",
                   "published reach, speed, hits; real sites are not public"),
        Assumption("word to the crew", chain, "chosen, without a source"),
        Assumption("shared luck", "logit spread "
                   + " to ".join(f"{s:g}" for s in sigma_three()[::2]),
                   "shots of one night share weather, jamming, crews"),
        Assumption("wind that pieces fall through",
                   f"{len(wind.height_m)} heights", wind.note),
        Assumption("people below", people, "an order of magnitude, day or night"),
        Assumption("pieces and casualty areas", "intervals of data/debris.toml",
                   "reports tell tonnes and villages, no areas"),
    ]  # fmt: skip
    return out


def _counts(passed: Any, flights: Flights) -> dict[str, int]:
    names = ("tracks", "beliefs", "areas", "options", "verdicts", "alerts")
    counts = {name: len(getattr(passed, name)) for name in names}
    return counts | {"flights": len(np.unique(flights.flight_id))}
