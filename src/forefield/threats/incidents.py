"""Documented incidents as flights: which can be flown, how, and which cannot.

    plan("pl-2024-03-24-oserdow")      an IncidentPlan for `fly`
    why_not("ro-2022-03-14-orlan")     why that one cannot be flown

The facts are those of `data/incidents.toml`, paraphrased from public reporting.
A reconstruction agrees with every number of the report that the others allow;
where two cannot both be true, the choice is listed among the assumptions.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from forefield.chance import Stream
from forefield.errors import InputError, nearest
from forefield.threats.flights import Assumption
from forefield.threats.phantoms import Phantoms
from forefield.threats.plans import IncidentPlan
from forefield.threats.reconstruct import Place, Solved

__all__ = ["Recipe", "Told", "all_ids", "names", "plan", "recipe", "why_not"]


@dataclass(frozen=True)
class Told:
    """One reconstructed flight: a solved path with its clock and its labels.

    t_in_s   UTC seconds at metre `solved.in_m` of the path (the border), or, for
             a flight that never enters, at the path's last metre
    """

    flight_id: str
    solved: Solved
    t_in_s: float
    klass: str
    intent: str
    end: str
    family: str


@dataclass(frozen=True)
class Retold:
    """What a recipe gives: flights, phantoms and the assumptions behind them."""

    flights: tuple[Told, ...]
    assumptions: tuple[Assumption, ...]
    phantoms: Phantoms


@dataclass(frozen=True)
class Recipe:
    """How one incident is flown.

    before_s, after_s  the window around the reported event
    tell               draws and solves it
    """

    id: str
    guards: tuple[str, ...]
    how: str
    t_event_s: Callable[[dict[str, Any]], tuple[float, float]]
    before_s: float
    after_s: float
    background: int
    tell: Callable[[dict[str, Any], Stream], Retold]


@cache
def _entries() -> dict[str, dict[str, Any]]:
    from forefield.world.facts import table

    return {str(row["id"]): row for row in table("incidents")["incident"]}


def all_ids() -> tuple[str, ...]:
    """Every incident of the shipped table, whether it can be flown or not."""
    return tuple(_entries())


def names() -> tuple[str, ...]:
    """The incidents that can be flown, in order of date."""
    from forefield.threats.retell import RECIPES

    return tuple(i for i in _entries() if i in RECIPES)


def utc_s(text: str) -> float:
    """UTC seconds since 1970 of an ISO time such as 2024-03-24T03:23:00Z."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def place_of(facts: dict[str, Any], stem: str) -> Place:
    """The reported place of an entry, exit or impact, with its honest radius."""
    return Place(
        float(facts[f"{stem}_lat"]),
        float(facts[f"{stem}_lon"]),
        1000.0 * float(facts[f"{stem}_radius_km"]),
    )


def recipe(name: str) -> Recipe:
    """How an incident is flown; `InputError` names the nearest one that can be."""
    from forefield.threats.retell import RECIPES

    if name in RECIPES:
        return RECIPES[name]
    if name in _entries():
        raise InputError(f"Incident {name} cannot be flown: {why_not(name)}")
    close = nearest(name, _entries())
    hint = f" (did you mean {close!r}?)" if close else ""
    raise InputError(
        f"No incident is named {name!r}{hint}; `forefield replay --list` shows all."
    )


def plan(name: str) -> IncidentPlan:
    """The plan of a documented incident, for `fly`.

    >>> plan("pl-2024-03-24-oserdow").guards
    ('PL',)
    """
    how = recipe(name)
    facts = _entries()[name]
    t0, t1 = how.t_event_s(facts)
    return IncidentPlan(
        id=name,
        title=str(facts["title"]),
        date=str(facts["date"]),
        guards=how.guards,
        timezone=str(facts["tz"]),
        t0_s=t0 - how.before_s,
        t1_s=t1 + how.after_s,
        background=how.background,
        how=how.how,
        facts=facts,
    )


_WORDS = {
    "date_only": "only its day is known",
    "approx": "its time is known only roughly",
    "window": "only a window of time is known",
}


def why_not(name: str) -> str:
    """Why an incident cannot be flown; "" when it can."""
    from forefield.threats.retell import RECIPES, REFUSED

    if name in RECIPES:
        return ""
    if name not in _entries():
        close = nearest(name, _entries())
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(f"No incident is named {name!r}{hint}.")
    facts = _entries()[name]
    reasons = []
    if name in REFUSED:
        reasons.append(REFUSED[name])
    else:
        if facts["time_precision"] in _WORDS:
            reasons.append(_WORDS[facts["time_precision"]])
        if not any(f"{stem}_lat" in facts for stem in ("entry", "impact", "exit")):
            reasons.append("no place of entry, exit or fall is published")
        if facts["category"] == "alert_only":
            reasons.append("no object was reported, only an alert")
    return "; ".join(reasons) + "."
