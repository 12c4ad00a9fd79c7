"""One night of a study: the same flights, noise and people under every alternative.

Alternatives with the same sensors see the same, so flights, plots, tracks and beliefs
are worked out once for them; options, answers, verdicts and alerts for each. Draws are
keyed by identity: `forefield run` with the night's seed, the scenario and a mandate
meets the same night again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from forefield.chance import Stream
from forefield.drivers.build import TIMEZONES, Cast
from forefield.drivers.chain import through_each
from forefield.drivers.run import drawn
from forefield.drivers.truth import passages
from forefield.engagement.effectors import Effector, named
from forefield.errors import InputError
from forefield.io.facts import read_mandate
from forefield.io.scenarios import load as load_scenario
from forefield.mandate.rules import Mandate
from forefield.mechanism import Settings
from forefield.scenario import Scenario, parse
from forefield.sensing.detections import Sensor
from forefield.sensing.observe import observe
from forefield.studies.acting import Studied
from forefield.studies.asking import Watched
from forefield.studies.design import Alternative, Design
from forefield.studies.factors import FACTORS
from forefield.studies.meeting import Met, night_seed
from forefield.studies.outcomes import of_alternative, of_sight, truth_of
from forefield.studies.study_file import Study
from forefield.world import borders
from forefield.world.districts import districts

__all__ = ["cast_of", "checked", "of_night", "scenario_of"]

Row = dict[str, float | str]


def scenario_of(
    study: Study, folder: Path, environment: dict[str, Any]
) -> tuple[str, Scenario]:
    """The scenario of one night: the study's, with its changes and environment."""
    name = study.scenario
    if name.endswith(".toml"):
        name = str(folder / name)
    shown, base = load_scenario(name)
    raw = msgspec.to_builtins(base)
    if study.minutes:
        raw["night"]["minutes"] = study.minutes
    raw["raid"] |= study.raid
    raw["mandate"]["assume"] |= study.assume
    raw["chain"] |= study.chain
    for factor, value in environment.items():
        if not FACTORS[factor].of_raid:
            continue
        if factor == "family":
            raw["raid"]["behaviours"] = {value: 1.0}
        elif factor == "half_year":
            raw["raid"] |= {"half_year": value, "counts": {}}
        else:
            raw["raid"][factor] = value
    return shown, parse(raw, f"scenario {shown}")


def cast_of(scenario: Scenario, folder: Path, values: dict[str, Any]) -> Cast:
    """Who and what takes part under one alternative.

    A standing fact that the scenario assumes is assumed under the mandates that ask
    for it, and under no other.
    """
    s, chain = scenario, scenario.chain
    mandate = _mandate(s, folder, values)
    asked = {k: v for k, v in s.mandate.assume.items() if k in mandate.facts}
    border = borders.guard(s.night.guard)
    shared = bool(values.get("shared_by_ukraine", s.sensors.shared_by_ukraine))
    return Cast(
        guards=(border,),
        sensors=_sensors(s, folder, shared),
        districts=_districts(border.iso, s.people.districts and
                             str(folder / s.people.districts)),
        mandate=mandate,
        effectors=_effectors(s, folder, str(values.get("effectors", ""))),
        settings=Settings(
            horizons_s=chain.horizons_s,
            belief_floor=float(values.get("belief_floor", chain.belief_floor)),
            extra_delay_s=float(values.get("word_delay_s", 0.0)),
            standing=asked,
            model=chain.model,
        ),
        cycle_s=chain.cycle_s,
        forecast_every_s=chain.forecast_every_s,
        alert_limit=float(values.get("alert_limit", chain.alert_limit)),
    )  # fmt: skip


def _mandate(s: Scenario, folder: Path, values: dict[str, Any]) -> Mandate:
    name = str(values.get("mandate", s.mandate.name))
    plain, _, settings = name.partition(":")
    if plain.endswith(".toml"):
        name = str(folder / plain) + (f":{settings}" if settings else "")
    if "depth_km" in values:
        name = f"{name}:depth_km={values['depth_km']:g}"
    limit = values.get("evidence_limit")
    return _changed(
        name, None if limit is None else float(limit),
        float(values.get("answer_delay", 1.0)),
    )  # fmt: skip


@cache
def _changed(name: str, limit: float | None, delay: float) -> Mandate:
    """A mandate with a limit of belief and delays of its own, read once a study."""
    mandate = read_mandate(name)
    if limit is not None:
        mandate = _with_limit(mandate, limit)
    if delay == 1.0:
        return mandate
    holders = tuple(
        replace(h, delay_p50_s=h.delay_p50_s * delay, delay_p95_s=h.delay_p95_s * delay)
        for h in mandate.holders
    )
    return replace(mandate, holders=holders)


def _with_limit(mandate: Mandate, limit: float) -> Mandate:
    """The mandate with another belief of entry above which evidence is enough."""
    fact = mandate.facts.get("p_enter")
    if fact is None:
        return mandate
    above = round(1000 * limit)  # limits of a table are in thousandths
    other = replace(
        fact, true_above=above, false_below=min(fact.false_below or 0, above)
    )
    return replace(mandate, facts={**mandate.facts, "p_enter": other})


def _sensors(s: Scenario, folder: Path, shared: bool) -> tuple[Sensor, ...]:
    from forefield.io.sensors import read_sensors
    from forefield.sensing import laydown

    if s.sensors.file:
        found = read_sensors(folder / s.sensors.file)
        return laydown.usable(found, shared_by_ukraine=shared)
    where = s.sensors.laydown or s.night.guard
    return laydown.default(where, shared_by_ukraine=shared)


def _effectors(s: Scenario, folder: Path, chosen: str) -> tuple[Effector, ...]:
    if chosen:
        return named([name.strip() for name in chosen.split("+")])
    if s.effectors.file:
        from forefield.io.effectors import read_effectors

        return tuple(read_effectors(folder / s.effectors.file))
    return named(s.effectors.use) if s.effectors.use else ()


@cache
def _districts(iso: str, path: str) -> Any:
    if path:
        from forefield.io.districts import read_districts

        return read_districts(Path(path), borders.guard(iso))
    return districts(iso)


def checked(study: Study, design: Design, folder: Path) -> None:
    """Build everything once, so that a wrong name is told before the first night."""
    built: set[str] = set()
    for met in design.trials():
        _, scenario = scenario_of(study, folder, met.environment)
        for family in scenario.raid.behaviours:
            from forefield.threats.families import family as family_of

            family_of(family)
        for k, values in met.who:
            if repr(values) in built:
                continue
            built.add(repr(values))
            if not cast_of(scenario, folder, values).sensors:
                name = design.alternatives[k].name
                raise InputError(f"alternative {name!r}: no sensor is left; add one.")


def of_night(study: Study, design: Design, folder: Path, night: int) -> list[Row]:
    """The outcomes of one night: a row per alternative, in the order of the design."""
    rows = [
        {"night": night, "stratum": design.stratum_of(night), "seed": met.seed,
         "alternative": k, "name": design.alternatives[k].name, "failure": "", **row}
        for met in design.meetings(night)
        for (k, _), row in zip(met.who, _of_meeting(study, folder, met), strict=True)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: int(row["alternative"]))


def _of_meeting(study: Study, folder: Path, met: Met) -> list[Row]:
    """The outcomes of those who meet one night, in their order."""
    seed = met.seed
    shown, scenario = scenario_of(study, folder, met.environment)
    casts = [cast_of(scenario, folder, values) for _, values in met.who]
    flown = drawn(shown, scenario, casts[0].guards[0].iso, seed)
    stays = [p for g in casts[0].guards for p in passages(flown.flights, g)]
    truth = truth_of(flown.flights, stays)
    prior = str(met.environment.get("hit_prior", "middle"))
    rows: list[Row] = [{} for _ in casts]
    for alike in _alike(casts):
        cast = casts[alike[0]]
        t0_s, t1_s = scenario.t0_s, scenario.t0_s + 60.0 * scenario.night.minutes
        plots, scans = observe(
            flown.flights, cast.sensors, Stream(seed, "night", 0, "sensing"),
            t0_s=t0_s, t1_s=t1_s, phantoms=flown.phantoms,
        )  # fmt: skip
        zone = TIMEZONES.get(cast.guards[0].iso, "UTC")
        tracker = cast.tracker()
        mechanisms = [
            casts[k].mechanism(
                "EXERCISE", zone, seed, keeps_record=False, tracker=tracker
            )
            for k in alike
        ]
        taken = [
            Studied(list(truth.end_s), m.effectors, Stream(seed, "night", 0, "acting"),
                    truth.inside(), [g.iso for g in cast.guards], prior)
            for m in mechanisms
        ]  # fmt: skip
        watched = [Watched(m, a) for m, a in zip(mechanisms, taken, strict=True)]
        passed = through_each(
            mechanisms, plots, scans, t0_s, t1_s,
            cycle_s=cast.cycle_s, forecast_every_s=cast.forecast_every_s, acts=watched,
        )  # fmt: skip
        for k, one, acts, watch in zip(alike, passed, taken, watched, strict=True):
            decided = of_alternative(truth, one, cast.districts, acts)
            rows[k] = {**of_sight(truth, one), **decided, **watch.told()}
    return rows


def _alike(casts: list[Cast]) -> list[list[int]]:
    """Alternatives by what they see: equal sensors."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for k, cast in enumerate(casts):
        groups.setdefault(tuple(x.id for x in cast.sensors), []).append(k)
    return list(groups.values())


def failed(
    design: Design, night: int, alternatives: tuple[Alternative, ...], why: str
) -> list[Row]:
    """The rows of a night that failed: no numbers, and what was wrong."""
    return [
        {"night": night, "stratum": design.stratum_of(night),
         "seed": night_seed(design.seed, night), "alternative": k, "name": a.name,
         "failure": why}
        for k, a in enumerate(alternatives)
    ]  # fmt: skip
