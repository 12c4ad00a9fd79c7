"""Factors: what may differ between the alternatives of a study, or between its nights.

A *policy* factor is something people could choose: it may be compared and ranked. An
*environment* factor is something nobody on our side chooses: how a raid behaves, how
large it is. Its values are averaged over or shown apart. They are never ranked and
nothing is searched over them, and that is refused here, in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forefield.errors import InputError, nearest

__all__ = ["FACTORS", "NEVER_RANKED", "Kind", "check_value", "known", "not_ranked",
           "without_idle"]  # fmt: skip

NEVER_RANKED = (
    "is an environment factor; it is averaged or shown apart, never ranked or optimised"
)


@dataclass(frozen=True)
class Kind:
    """One factor that a study may name.

    kind      "policy" or "environment"
    meaning   in a line, with the unit
    takes     what a value is: "text", "number", "yes/no" or "table"
    low, high limits of a number
    choices   every value there is, where a text is one of a few
    of_raid   an environment: does it set the raid? Else it is of what is fired
    """

    kind: str
    meaning: str
    takes: str
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    of_raid: bool = True


FACTORS: dict[str, Kind] = {
    "mandate": Kind("policy", "the rule table, by name or .toml file", "text"),
    "depth_km": Kind(
        "policy", "depth of the zone, where the mandate has one [km]", "number", 0, 500
    ),
    "shared_by_ukraine": Kind(
        "policy", "do plots of Ukraine's sensors reach the guard?", "yes/no"
    ),
    "effectors": Kind("policy", "ids of abstract effectors, joined by +", "text"),
    "belief_floor": Kind(
        "policy", "options are worked out above this belief", "number", 0, 0.99
    ),
    "evidence_limit": Kind(
        "policy",
        "the mandate finds evidence enough above this belief of entry within 600 s",
        "number",
        0.01,
        0.999,
    ),
    "answer_delay": Kind(
        "policy", "times the mandate's delays of answers", "number", 0, 100
    ),
    "word_delay_s": Kind(
        "policy", "further seconds between a yes and the crew", "number", 0, 3600
    ),
    "alert_limit": Kind(
        "policy", "a district is alerted above this probability", "number", 0.001, 0.999
    ),
    "family": Kind(
        "environment", "one behaviour family for all objects of the raid", "text"
    ),
    "behaviours": Kind("environment", "shares of behaviour families", "table"),
    "counts": Kind("environment", "objects of the raid by class", "table"),
    "half_year": Kind(
        "environment", "half-year whose raid sizes are drawn from", "text"
    ),
    "headed_to_guard": Kind(
        "environment", "share of flights meant to enter the guard", "number", 0, 1
    ),
    "hit_prior": Kind(
        "environment",
        "end of the published hit chances taken for true: low, middle, high",
        "text",
        choices=("low", "middle", "high"),
        of_raid=False,
    ),
    "defence": Kind("environment", "does Ukraine's own defence act?", "yes/no"),
}


def known(name: str, where: str) -> Kind:
    """The factor of that name; InputError with the nearest one."""
    if name not in FACTORS:
        close = nearest(name, FACTORS)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(FACTORS)}."
        raise InputError(f"{where}: unknown factor {name!r}; {hint}")
    return FACTORS[name]


def not_ranked(name: str, where: str) -> InputError:
    """The refusal to rank, maximise or search an environment factor."""
    return InputError(f"{where}: {name} {NEVER_RANKED}; rank policy factors instead.")


_FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str) and bool(v.strip()),
    "yes/no": lambda v: isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "table": lambda v: isinstance(v, dict) and bool(v),
}


def check_value(name: str, value: Any, where: str) -> None:
    """InputError when a value is not of its factor's type or outside its limits."""
    one = FACTORS[name]
    if not _FITS[one.takes](value):
        raise InputError(f"{where}: {name} takes a {one.takes}, not {value!r}.")
    if one.choices and value not in one.choices:
        raise InputError(
            f"{where}: {name} is {value!r}; write one of {', '.join(one.choices)}."
        )
    if one.takes == "number" and not one.low <= value <= one.high:
        raise InputError(
            f"{where}: {name} is {value:g}; it must lie in [{one.low:g}, {one.high:g}]."
        )


def without_idle(values: dict[str, Any]) -> dict[str, Any]:
    """Policy values that say something: a depth says nothing without a zone."""
    from forefield.mandate.rules import load

    mandate = str(values.get("mandate", "")).partition(":")[0]
    if "depth_km" not in values or not mandate or mandate.endswith(".toml"):
        return dict(values)
    idle = not any(p.name == "depth_km" for p in load(mandate).parameters)
    return {k: v for k, v in values.items() if not (idle and k == "depth_km")}
