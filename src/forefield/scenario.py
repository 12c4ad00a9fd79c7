"""A scenario: one night as a person writes it down, and the checks on it.

The file is TOML (see `TEMPLATE`, written by `forefield run --new`). Unknown keys are
refused with the nearest known one. Nothing here draws: a scenario says what is
assumed, and `drivers.run` draws the night from it and a seed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec

from forefield.errors import InputError, nearest
from forefield.warning.desk import ALERT_LIMIT
from forefield.world.facts import table

__all__ = ["TEMPLATE", "Scenario", "names", "parse", "schema", "shipped"]


class NightPart(msgspec.Struct, frozen=True):
    """When and for whom."""

    date: str
    guard: str = "PL"
    start_utc: str = "02:30"
    minutes: float = 60.0
    title: str = ""


class RaidPart(msgspec.Struct, frozen=True):
    """How many of what, and how they behave. Counts are of the whole raid."""

    counts: dict[str, int] = {}
    half_year: str = ""
    behaviours: dict[str, float] = {}
    headed_to_guard: float = 0.01
    defence: bool = True


class SensorsPart(msgspec.Struct, frozen=True):
    """A laydown by name or a sensors.toml; are Ukraine's sensors shared?"""

    laydown: str = ""
    file: str = ""
    shared_by_ukraine: bool = True


class EffectorsPart(msgspec.Struct, frozen=True):
    """Which abstract effectors exist; empty means the shipped ones.

    wind         rows of height_m, from_deg, speed_mps, sigma_mps that pieces fall
                 through; empty means the stated climatology
    launch_line  draw the peacetime line of launches, 1e-4, into the harm chart
    """

    use: list[str] = []
    file: str = ""
    wind: list[dict[str, float]] = []
    launch_line: bool = False


class PeoplePart(msgspec.Struct, frozen=True):
    """Districts to warn by; empty means the shipped admin-1. A raster of people."""

    districts: str = ""
    population: str = ""


class MandatePart(msgspec.Struct, frozen=True):
    """The rule table and the standing facts a scenario assumes."""

    name: str = "documented"
    assume: dict[str, Any] = {}


#: Models of `forecasting.forecast` that a chain may ask; the others are yardsticks.
CHAIN_MODELS = ("turning", "field", "corrected")


class ChainPart(msgspec.Struct, frozen=True):
    """Steps of the chain: cycle, horizons, limits. All are assumptions."""

    cycle_s: float = 10.0
    forecast_every_s: float = 20.0
    horizons_s: tuple[float, ...] = (120.0, 300.0, 600.0, 900.0)
    belief_floor: float = 0.02
    alert_limit: float = ALERT_LIMIT
    model: str = "turning"


class Scenario(msgspec.Struct, frozen=True):
    """A whole scenario file."""

    night: NightPart
    raid: RaidPart = RaidPart()
    sensors: SensorsPart = SensorsPart()
    effectors: EffectorsPart = EffectorsPart()
    people: PeoplePart = PeoplePart()
    mandate: MandatePart = MandatePart()
    delays: dict[str, Any] = {}
    chain: ChainPart = ChainPart()

    @property
    def t0_s(self) -> float:
        """UTC seconds of the start."""
        start = datetime.fromisoformat(f"{self.night.date}T{self.night.start_utc}:00")
        return start.replace(tzinfo=UTC).timestamp()


def names() -> tuple[str, ...]:
    """The shipped scenarios."""
    return tuple(sorted(table("scenarios")))


def shipped(name: str) -> Scenario:
    """A shipped scenario by name."""
    known = table("scenarios")
    if name not in known:
        close = nearest(name, known)
        hint = (
            f"did you mean {close!r}?" if close else f"shipped: {', '.join(names())}."
        )
        raise InputError(f"scenario {name!r}: no shipped scenario of that name; {hint}")
    return parse(known[name], name)


def parse(raw: dict[str, Any], where: str) -> Scenario:
    """A scenario from parsed TOML, every key and value checked."""
    _refuse_unknown(raw, Scenario, where, "")
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}.") from None
    _check_values(scenario, where)
    return scenario


def _refuse_unknown(raw: dict[str, Any], kind: Any, where: str, at: str) -> None:
    hints = get_type_hints(kind)
    for key, value in raw.items():
        if key not in hints:
            close = nearest(key, hints)
            hint = (
                f"did you mean {close!r}?" if close else f"known: {', '.join(hints)}."
            )
            raise InputError(f"{where}: unknown key {at + key!r}; {hint}")
        inner = hints[key]
        part = isinstance(inner, type) and issubclass(inner, msgspec.Struct)
        if part and isinstance(value, dict):
            _refuse_unknown(value, inner, where, f"{at}{key}.")


def _check_values(s: Scenario, where: str) -> None:
    def need(ok: bool, what: str) -> None:
        if not ok:
            raise InputError(f"{where}: {what}")

    try:
        _ = s.t0_s
    except ValueError:
        raise InputError(
            f"{where}: night.date {s.night.date!r} and start_utc {s.night.start_utc!r} "
            "must read 2024-03-24 and 02:30."
        ) from None
    need(0 < s.night.minutes <= 24 * 60, "night.minutes must lie in (0, 1440].")
    need(0 <= s.raid.headed_to_guard <= 1, "raid.headed_to_guard is a share in [0, 1].")
    for name, n in s.raid.counts.items():
        need(0 <= n <= 5000, f"raid.counts.{name} is {n}; it must lie in [0, 5000].")
    for name, share in s.raid.behaviours.items():
        need(
            share >= 0, f"raid.behaviours.{name} is {share:g}; a share is not negative."
        )
    need(s.chain.cycle_s > 0, "chain.cycle_s must be positive.")
    need(
        s.chain.forecast_every_s >= s.chain.cycle_s,
        "chain.forecast_every_s must not be shorter than chain.cycle_s.",
    )
    need(
        bool(s.chain.horizons_s) and all(h > 0 for h in s.chain.horizons_s),
        "chain.horizons_s must hold positive seconds.",
    )
    need(0 <= s.chain.belief_floor < 1, "chain.belief_floor must lie in [0, 1).")
    need(0 < s.chain.alert_limit < 1, "chain.alert_limit must lie in (0, 1).")
    need(
        s.chain.model in CHAIN_MODELS,
        f"chain.model is {s.chain.model!r}; write {', '.join(CHAIN_MODELS)}.",
    )
    need(
        not (s.effectors.use and s.effectors.file),
        "effectors.use and effectors.file exclude each other.",
    )
    need(
        not (s.sensors.laydown and s.sensors.file),
        "sensors.laydown and sensors.file exclude each other.",
    )


def schema() -> dict[str, Any]:
    """The JSON schema of a scenario file."""
    return msgspec.json.schema(Scenario)


_TEMPLATE = """\
# A Forefield scenario: one simulated night. Delete what you do not want to change.
# Everything here is an assumption and the report will show it as one.

[night]
date = "2024-03-24"
start_utc = "02:30"        # UTC
minutes = 60
guard = "PL"               # whose airspace is guarded
title = "My night"

[raid]
# Numbers by class for the whole raid. Leave out `counts` and name a half-year to draw
# them from the recorded quantiles instead.
counts = { kh101_kh555 = 20, shahed136_geran2 = 28 }
# half_year = "2026H1"
headed_to_guard = 0.01     # share whose flight is meant to enter the guard
defence = true             # Ukraine's own defence acts as recorded
# behaviours = { dog_legs = 0.5, smooth_curves = 0.5 }   # shares; default: all families

[sensors]
laydown = "PL"             # illustrative; or  file = "sensors.toml"
shared_by_ukraine = true

[people]
districts = ""             # a GeoJSON of districts; empty: voivodeships
# population = "ghs-pop.tif"   # a GeoTIFF of counts in EPSG:4326; empty: the gazetteer

[effectors]
use = []                   # ids of shipped ones; empty: all of the guard
# file = "effectors.toml"  # your own, each figure with its source
# wind = [{ height_m = 0, from_deg = 270, speed_mps = 4 }]   # default: a climatology
launch_line = false        # draw 1e-4 "per launch, peacetime" into the harm chart

[mandate]
name = "documented"        # nothing agreed
# assume = { host_consent = true }

[chain]
cycle_s = 10
forecast_every_s = 20
horizons_s = [120, 300, 600, 900]
belief_floor = 0.02        # options are worked out above this belief
alert_limit = ALERT_LIMIT         # a district is alerted above this probability
model = "turning"          # of the beliefs; "corrected" is better near Poland, and
                           # works out fields of the border at its first use (minutes)
"""

TEMPLATE = _TEMPLATE.replace("ALERT_LIMIT", f"{ALERT_LIMIT:g}")
