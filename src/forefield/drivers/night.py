"""A finished night: every table the chain made, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forefield.engagement.option_table import Options
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.mandate.verdict_table import Verdicts
from forefield.record.journal import Entry
from forefield.sensing.detections import Detections, Scans, Sensor
from forefield.threats.flights import Assumption, Flights
from forefield.tracking.tracks import Tracks
from forefield.warning.alert_table import Alerts
from forefield.world.districts import Districts

if TYPE_CHECKING:
    from forefield.drivers.sirens import BesideSirens

__all__ = ["Night", "PublicEvent"]


@dataclass(frozen=True)
class PublicEvent:
    """Something that was said or done in public that night, from the record."""

    t_s: float
    what: str
    kind: str  # "entry", "exit", "impact", "public_told", "alert", "event"
    approx: bool = False
    source: str = ""


@dataclass(frozen=True)
class Night:
    """What `run` and `replay` return; `report.folder.write` puts it on disk.

    banner     "SIMULATION" or "REPLAY OF 2024-03-24"
    summary    numbers for summary.json: counts, entries, leads, headline figures
    districts  whose codes the areas and alerts name; their shapes go into CAP
    timings_s  wall-clock per stage (goes to the manifest alone)
    journal    entries in order; numbers and hashes come when they are written
    sirens     oblasts with the real sirens of a documented night
    unknowns   sentences: what is not known about this night
    """

    kind: str
    name: str
    title: str
    banner: str
    seed: int
    guards: tuple[str, ...]
    mandate: str
    timezone: str
    t0_s: float
    t1_s: float
    horizons_s: tuple[float, ...]
    flights: Flights
    assumptions: tuple[Assumption, ...]
    sensors: tuple[Sensor, ...]
    detections: Detections
    scans: Scans
    tracks: Tracks
    beliefs: Beliefs
    areas: ThreatAreas
    options: Options
    verdicts: Verdicts
    alerts: Alerts
    journal: tuple[Entry, ...]
    district_names: dict[str, str]
    public: tuple[PublicEvent, ...] = ()
    unknowns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)
    timings_s: dict[str, float] = field(default_factory=dict)
    districts: Districts | None = None
    sirens: tuple[BesideSirens, ...] | None = None  # None: no record was given
