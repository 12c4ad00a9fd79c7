"""Forefield: is it rational, and is it feasible, to intercept before the border?

It models, warns, advises named humans and records. These few functions are where one
starts; everything else is imported by its module's path.

    import forefield as ff

    night   = ff.replay("pl-2024-03-24-oserdow", mandate="documented", seed=7)
    tracks  = ff.track(detections, sensors)
    beliefs = ff.forecast(tracks, guards=["PL"], horizons_s=(120, 300, 600, 900))

Imports inside the functions keep `import forefield` at a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forefield.errors import InputError
from forefield.version import __version__

if TYPE_CHECKING:
    from forefield.drivers.night import Night
    from forefield.forecasting.beliefs import Beliefs
    from forefield.sensing.detections import Sensor
    from forefield.tracking.tracks import Tracks

__all__ = ["InputError", "__version__", "forecast", "replay", "run", "study", "track"]


def replay(
    incident: str,
    *,
    mandate: str = "documented",
    guard: str = "",
    seed: int = 1,
    districts: str = "",
    sensors: str = "",
    scans: str = "",
) -> Night:
    """Replay a documented incident, or a file of detections, through the chain.

    incident   an id such as "pl-2024-03-24-oserdow", or a path (then `sensors` too)
    mandate    a shipped rule table, or a .toml file
    guard      ISO code; default: the incident's own
    seed       fixes everything nobody published and everything the sensors saw
    districts  a GeoJSON of districts; default: the shipped admin-1

    Returns a `Night`: tables of columns (UTC seconds, WGS-84 degrees, SI), journal
    entries, assumptions and a summary. Raises `InputError` with one line.
    """
    from forefield.apps.nights import replayed

    return replayed(incident, mandate=mandate, guard=guard, seed=seed,
                    districts=districts, sensors=sensors, scans=scans)  # fmt: skip


def run(
    scenario: str,
    *,
    mandate: str = "",
    guard: str = "",
    seed: int = 1,
    districts: str = "",
) -> Night:
    """Simulate the night of a scenario: a shipped name or a .toml file.

    Arguments and result as for `replay`; `mandate` and `guard` default to the
    scenario's own. Every table of a simulated night is marked as a simulation by
    `Night.banner`.
    """
    from forefield.apps.nights import simulated

    return simulated(scenario, mandate=mandate, guard=guard, seed=seed,
                     districts=districts)  # fmt: skip


def track(
    detections: Any,
    sensors: Sequence[Sensor] | str | Path,
    scans: Any = None,
    *,
    cycle_s: float = 10.0,
) -> Tracks:
    """Track recorded plots (detections).

    detections  Polars, pandas, Arrow or our `Detections`: t_s [UTC s], sensor, and
                range_m with azimuth_deg, or lat_deg with lon_deg and sigma_m
    sensors     `Sensor`s, or the path of a sensors.toml
    scans       what was looked at; absent, one look a period is assumed
    cycle_s     seconds between the pictures that are returned

    Returns `Tracks`, all pictures one after the other.
    """
    from forefield.io.sensors import read_sensors
    from forefield.io.tables import from_anything
    from forefield.sensing.detections import Detections, Scans
    from forefield.tracking import recording

    laydown = (
        read_sensors(Path(sensors)) if isinstance(sensors, str | Path) else sensors
    )
    plots = from_anything(detections, Detections, where="detections")
    looks = None if scans is None else from_anything(scans, Scans, where="scans")
    return recording.track(plots, laydown, looks, cycle_s=cycle_s)


def forecast(
    tracks: Any,
    guards: Sequence[str],
    horizons_s: Sequence[float] = (120.0, 300.0, 600.0, 900.0),
    *,
    model: str = "best",
    base_rate: float | None = None,
) -> Beliefs:
    """Believe: will each track enter a guard, when, where, and leave again?

    tracks      Polars, pandas, Arrow or our `Tracks`; t_s, track_id, lat_deg and
                lon_deg suffice, the rest is filled from the track's own past
    guards      ISO codes, such as ["PL", "RO"]
    horizons_s  seconds; inf means before the flight ends
    base_rate   share of the night's objects expected to enter; absent, the default

    Returns `Beliefs`: a row per track row outside a guard x guard x horizon.
    """
    from forefield.forecasting.forecast import forecast as believe
    from forefield.io.tables import from_anything
    from forefield.tracking.tracks import Tracks

    states = from_anything(tracks, Tracks, where="tracks")
    return believe(states, guards, horizons_s, model=model, base_rate=base_rate)


def study(
    name: str,
    *,
    out: str | Path = "",
    engine: str = "processes",
    workers: int = 1,
    resume: bool = False,
    nights: int = 0,
    seed: int | None = None,
) -> dict[str, Any]:
    """Run a study: a shipped name or a .toml file. Everything in it is simulated.

    out      folder for shards, tables and findings.html; default runs/NAME
    engine   "processes" of this machine, or "ray" for many (extra `ray`)
    workers  processes, 0 for one a core; above 1 a script needs the usual
             `if __name__ == "__main__":` around the call
    resume   go on with what the folder holds
    nights, seed  instead of the study's own

    Returns the ranking and the outcomes per 100 objects that would enter, each with
    its 95 % interval, failed nights, and the folder. Raises `InputError` in one line.
    """
    from forefield.apps.studies import study_files

    folder = str(out) or f"runs/{Path(name).stem}"
    done = study_files(name, out=folder, engine=engine, workers=workers,
                       resume=resume, nights=nights, seed=seed)  # fmt: skip
    return {k: v for k, v in done.items() if k != "lines"}
