"""Commands that make a whole night: run, replay, demo."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from forefield.apps.console import progress as bar_of
from forefield.apps.console import say
from forefield.apps.stages import districts_of
from forefield.drivers.build import Cast
from forefield.drivers.night import Night
from forefield.errors import InputError
from forefield.mechanism import Settings

__all__ = [
    "cast_for",
    "replay_night",
    "replayed",
    "run_demo",
    "run_night",
    "simulated",
]

Progress = Callable[[str, float], None]

DEMO = (("replay", "pl-2024-03-24-oserdow"), ("run", "raid-2024-03-24"))


def cast_for(
    guard: str,
    mandate: str,
    *,
    districts: str = "",
    sensors: Any = None,
    shared_by_ukraine: bool = True,
    effectors: tuple[Any, ...] = (),
    population: str | Path = "",
    launch_line: bool = False,
    **limits: Any,
) -> Cast:
    """Everything of a night that is no flight, from names and files.

    effectors   shipped ids, or effectors; none: the shipped ones of the guard
    population  a GeoTIFF of counts; empty: the shipped gazetteer
    """
    from forefield.engagement.effectors import named
    from forefield.io.facts import read_mandate
    from forefield.sensing import laydown
    from forefield.world import borders

    border = borders.guard(guard)
    if sensors is None:
        sensors = laydown.default(border, shared_by_ukraine=shared_by_ukraine)
    chosen = {k: limits.pop(k) for k in ("cycle_s", "forecast_every_s", "alert_limit")
              if k in limits}  # fmt: skip
    return Cast(
        guards=(border,),
        sensors=tuple(sensors),
        districts=districts_of(border, districts),
        mandate=read_mandate(mandate),
        effectors=tuple(
            x for e in effectors for x in (named([e]) if isinstance(e, str) else (e,))
        ),
        ground=_ground(border.iso, population),
        launch_line=launch_line,
        settings=Settings(**limits),
        **chosen,
    )


def _ground(iso: str, population: str | Path) -> Any:
    """The ground with the user's people on it; None for the shipped one."""
    if not population:
        return None
    from forefield.io.population import read_population
    from forefield.world.ground import theatre

    return theatre((iso,)).with_counts(read_population(population))


def _quiet(stage: str, done: float) -> None:
    """No progress is shown."""


def simulated(
    name: str,
    *,
    mandate: str = "",
    guard: str = "",
    seed: int = 1,
    districts: str = "",
    progress: Progress = _quiet,
) -> Night:
    """The night of a scenario, by shipped name or .toml file."""
    from forefield.drivers.run import run
    from forefield.io.scenarios import load
    from forefield.io.sensors import read_sensors

    shown, scenario = load(name)
    sensors: Any = None
    if scenario.sensors.file:
        sensors = read_sensors(_beside(name, scenario.sensors.file))
    elif scenario.sensors.laydown:
        from forefield.sensing import laydown

        sensors = laydown.default(
            scenario.sensors.laydown,
            shared_by_ukraine=scenario.sensors.shared_by_ukraine,
        )
    chain = scenario.chain
    acting: tuple[Any, ...] = tuple(scenario.effectors.use)
    if scenario.effectors.file:
        from forefield.io.effectors import read_effectors

        acting = read_effectors(_beside(name, scenario.effectors.file))
    wind = None
    if scenario.effectors.wind:
        from forefield.engagement.wind import parse as wind_of

        wind = wind_of(scenario.effectors.wind, name)
    people = scenario.people.population
    cast = cast_for(
        guard or scenario.night.guard,
        mandate or scenario.mandate.name,
        districts=districts or scenario.people.districts,
        sensors=sensors,
        shared_by_ukraine=scenario.sensors.shared_by_ukraine,
        effectors=acting,
        population=_beside(name, people) if people else "",
        launch_line=scenario.effectors.launch_line,
        wind=wind,
        cycle_s=chain.cycle_s,
        forecast_every_s=chain.forecast_every_s,
        alert_limit=chain.alert_limit,
        horizons_s=chain.horizons_s,
        belief_floor=chain.belief_floor,
        model=chain.model,
        standing=dict(scenario.mandate.assume),
    )
    return run(shown, scenario, cast, seed=seed, progress=progress)


def run_night(
    name: str, *, out: str, districts: str, progress: Progress, **chosen: Any
) -> dict[str, Any]:
    """`forefield run`."""
    night = simulated(name, districts=districts, progress=progress, **chosen)
    return _write(night, out, [name, districts], progress)


def replay_night(
    name: str,
    *,
    out: str,
    districts: str,
    sensors: str,
    scans: str,
    sirens: str = "",
    progress: Progress,
    **chosen: Any,
) -> dict[str, Any]:
    """`forefield replay`."""
    night = replayed(name, districts=districts, sensors=sensors, scans=scans,
                     sirens=sirens, progress=progress, **chosen)  # fmt: skip
    return _write(night, out, [name, sensors, scans, districts, sirens], progress)


def replayed(
    name: str,
    *,
    mandate: str = "documented",
    guard: str = "",
    seed: int = 1,
    districts: str = "",
    sensors: str = "",
    scans: str = "",
    sirens: str = "",
    progress: Progress = _quiet,
) -> Night:
    """A documented incident by its id, or a recording of detections by its file."""
    from forefield.drivers.replay import replay, replay_recording
    from forefield.drivers.sirens import beside_sirens
    from forefield.io.sirens import read_sirens
    from forefield.io.tables import ENDINGS, read
    from forefield.sensing.detections import Detections, Scans
    from forefield.threats import incidents

    if Path(name).suffix in ENDINGS:
        if not sensors:
            raise InputError(f"{name}: a recording needs --sensors S.toml.")
        if sirens:
            raise InputError("--sirens belongs to a documented incident; leave it out.")
        from forefield.io.sensors import read_sensors

        plots = read(name, Detections)
        if not len(plots):
            raise InputError(f"{name}: holds no plots (detections).")
        looks = read(scans, Scans) if scans else None
        cast = cast_for(guard or "PL", mandate, districts=districts,
                        sensors=read_sensors(Path(sensors)))  # fmt: skip
        return replay_recording(
            Path(name).stem, plots, looks, cast, seed=seed, progress=progress
        )
    plan = incidents.plan(name)
    if guard and guard.upper() not in plan.guards:
        raise InputError(
            f"--guard {guard}: {plan.id} concerns {', '.join(plan.guards)}; "
            "leave --guard out."
        )
    # A missile near the border wants every scan; a night of slow drones does not.
    every_s = 10.0 if plan.t1_s - plan.t0_s <= 2 * 3600.0 else 30.0
    cast = cast_for(guard or plan.guards[0], mandate, districts=districts,
                    forecast_every_s=every_s)  # fmt: skip
    known = read_sirens(sirens) if sirens else None
    night = replay(plan, cast, seed=seed, progress=progress)
    if known is None:
        return night
    table, strange = known
    more = tuple(
        f"The record of the sirens names {region!r} {n} times; no oblast is called so."
        for region, n in sorted(strange.items())
    )
    beside = beside_sirens(night, cast, table.district, table.t_start_s, table.t_end_s)
    return replace(night, sirens=beside, unknowns=(*night.unknowns, *more))


def _beside(scenario: str, file: str) -> Path:
    """A path in a scenario file is relative to that file."""
    path = Path(file)
    return path if path.is_absolute() else Path(scenario).parent / path


def _scored(night: Night) -> Night:
    """The night with its beliefs held against what flew; one night proves little."""
    if not len(night.flights) or not len(night.beliefs):
        return night
    from forefield.apps.verify import verify_files

    try:
        scores = verify_files(night.beliefs, night.flights, seed=night.seed)
    except InputError as error:
        why = f"This night was not scored: {error}"
        return replace(night, unknowns=(*night.unknowns, why))
    return replace(night, summary={**night.summary, "scores": scores.as_dict()})


def _write(
    night: Night, out: str, inputs: list[str], progress: Progress
) -> dict[str, Any]:
    from forefield.report.folder import write_night

    progress("scores", 0.9)
    since = perf_counter()
    night = _scored(night)
    scoring_s = perf_counter() - since
    progress("the report", 0.95)
    since = perf_counter()
    hashes = {
        Path(p).name: hashlib.sha256(Path(p).read_bytes()).hexdigest()
        for p in inputs
        if p and Path(p).is_file()
    }
    folder = write_night(night, out, inputs=hashes)
    spent = perf_counter() - since
    seconds = {**night.timings_s, "scores": scoring_s, "report": spent}
    notices = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    lines = [
        f"{night.banner}: {night.title}",
        *headline(night),
        *(f"notice: {line}" for line in notices.get("notices", ())),
        f"Report: {folder / 'report.html'}",
        "Seconds: "
        + ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items())
        + f"; together {sum(seconds.values()):.1f}",
    ]
    return {
        "lines": lines,
        "out": str(folder),
        "banner": night.banner,
        "summary": night.summary,
        "seconds": seconds,
    }


def headline(night: Night) -> list[str]:
    """The night in a few lines: entries, warnings, and the record beside them."""
    s = night.summary
    counts = s["counts"]
    lines = [
        f"{counts['flights']} flights, {counts['detections']} plots (detections), "
        f"{counts['tracks_held_to_exist']} tracks held to exist "
        f"(tracker: {s['tracker']})"
    ]
    for e in s["entries"][:6]:
        place = e["district_name"] or e["guard"]
        stay = (
            f"{e['seconds_inside']:.0f} s inside"
            if e["t_exit_s"] is not None
            else f"ended inside ({e['end']})"
        )
        lead = e["lead_decide_s"]
        warned = (
            "it caused no warning there"
            if lead is None
            else f"it caused a warning there {_ahead(lead)}"
        )
        how = "inside from the start" if e["inside_at_start"] else "entered at"
        lines.append(f"{how} {clock(e['t_enter_s'])} ({place}), {stay}; {warned}")
    if len(s["entries"]) > 6:
        lines.append(f"… and {len(s['entries']) - 6} more entries")
    if not s["entries"]:
        lines.append("nothing entered")
    for event in s["public"]:
        if event["kind"] in ("public_told", "alert"):
            lines.append(f"on record: {clock(event['t_s'])} {event['what']}")
    never = sum(1 for f in s["final_states"] if f["state"] == "never_established")
    if never:
        lines.append(f"{never} tracks never established: nothing flew there")
    return lines


def _ahead(lead_s: float) -> str:
    return f"{lead_s:.0f} s before" if lead_s >= 0 else f"{-lead_s:.0f} s after"


def clock(t_s: float) -> str:
    """UTC time of day."""
    return str(np.datetime64(round(t_s), "s")).split("T")[1] + "Z"


def run_demo(out: Path, seed: int) -> None:
    """`forefield demo`: one documented night and one simulated one."""
    from forefield.apps.warm import warm_up

    began = perf_counter()
    spent = warm_up()
    if spent > 2.0:
        say(f"Compiled the kernels in {spent:.0f} s; they are kept for next time.")
    written = []
    for kind, name in DEMO:
        with bar_of() as bar:
            if kind == "replay":
                done = replay_night(name, mandate="documented", guard="", seed=seed,
                                    districts="", sensors="", scans="",
                                    out=str(out / "replay"), progress=bar)  # fmt: skip
            else:
                done = run_night(name, mandate="documented", guard="", seed=seed,
                                 districts="", out=str(out / "run"),
                                 progress=bar)  # fmt: skip
        written.append(done)
        say()
        for line in done["lines"]:
            say(line)
    say()
    say(f"Both nights in {perf_counter() - began:.0f} s. Open in a browser:")
    for done in written:
        path = Path(done["out"]).resolve() / "report.html"
        say(f"  {path.as_uri() if sys.stdout.isatty() else path}")
