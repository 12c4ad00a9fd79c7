"""A study as a person writes it down, and the checks on it.

The file is TOML (see `TEMPLATE`, written by `forefield study --new`): a scenario, the
factors that differ, the design, and what is to be told. Unknown keys are refused with
the nearest known one.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from forefield.errors import InputError, nearest
from forefield.io.files import readable
from forefield.studies.factors import FACTORS, check_value, known, not_ranked
from forefield.studies.outcomes import PER_100, TOLD
from forefield.world.facts import table

__all__ = [
    "TEMPLATE",
    "AlternativePart",
    "DesignPart",
    "FactorPart",
    "OutcomesPart",
    "Study",
    "load",
    "names",
    "parse",
    "schema",
    "study_hash",
]

#: More alternatives than this are a slip of the pen.
MOST_ALTERNATIVES = 500
_SEARCHES = ("maximise", "maximize", "minimise", "minimize", "optimise", "optimize")


class FactorPart(msgspec.Struct, frozen=True):
    """One factor: its name, its kind, and values or a range.

    weights  of the values of an environment factor; default: all alike
    basis    why these values and weights; told on the page
    """

    name: str
    kind: str
    values: list[Any] = []
    range: list[float] = []
    weights: list[float] = []
    basis: str = ""


class AlternativePart(msgspec.Struct, frozen=True):
    """One alternative of a design of kind "list": policy factors and their values."""

    name: str
    values: dict[str, Any]
    basis: str = ""


class DesignPart(msgspec.Struct, frozen=True):
    """How alternatives and nights are laid out.

    kind        "grid": every combination; "latin": a Latin hypercube of `points`;
                "list": the alternatives as they are named; "sobol": two samples of
                all inputs and what lies between, for total effects
    nights      how many, shared by all alternatives; of "sobol" the power of two
                that fits in
    batch       nights in a batch; stopping is decided between batches only
    stop_within half-width in percentage points at which the main outcome's widest
                interval ends the study; 0: all nights are run
    """

    kind: str = "grid"
    nights: int = 40
    points: int = 0
    batch: int = 4
    seed: int = 1
    stop_within: float = 0.0
    stop_after: int = 20


class OutcomesPart(msgspec.Struct, frozen=True):
    """What is told first, what alternatives are ranked by, and how sure."""

    main: str = "prevented"
    rank: list[str] = []
    error_rate: float = 0.05


class ScalePart(msgspec.Struct, frozen=True):
    """How many objects enter in a year with no mechanism: low, high, and why so.

    A figure a year is a figure per 100 that would enter, times this.
    """

    entering_a_year: tuple[float, float]
    basis: str


class Study(msgspec.Struct, frozen=True):
    """A whole study file."""

    scenario: str
    factor: list[FactorPart] = []
    alternative: list[AlternativePart] = []
    title: str = ""
    design: DesignPart = DesignPart()
    outcomes: OutcomesPart = OutcomesPart()
    scale: ScalePart | None = None
    chain: dict[str, Any] = {}
    raid: dict[str, Any] = {}
    assume: dict[str, Any] = {}
    minutes: float = 0.0


def names() -> tuple[str, ...]:
    """The shipped studies."""
    return tuple(sorted(table("studies")))


def load(name_or_path: str) -> tuple[str, Study, Path]:
    """A shipped study by name, or a file: name to show, study, its folder."""
    if not name_or_path.endswith(".toml"):
        shipped = table("studies")
        if name_or_path not in shipped:
            close = nearest(name_or_path, shipped)
            hint = (
                f"did you mean {close!r}?"
                if close
                else f"shipped: {', '.join(names())}."
            )
            raise InputError(
                f"study {name_or_path!r}: no shipped study of that name; {hint}"
            )
        return name_or_path, parse(shipped[name_or_path], name_or_path), Path()
    path = readable(Path(name_or_path), "study")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is no TOML: {error}.") from None
    return path.stem, parse(raw, str(path)), path.parent


def parse(raw: dict[str, Any], where: str) -> Study:
    """A study from parsed TOML, every key and value checked."""
    _refuse_unknown(raw, where)
    try:
        study = msgspec.convert(raw, Study)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}.") from None
    for factor in study.factor:
        _check_factor(factor, study.design, where)
    _check_alternatives(study, where)
    _check_outcomes(study, where)
    _check_design(study, where)
    return study


def _refuse_unknown(raw: dict[str, Any], where: str) -> None:
    def check(part: Any, kind: Any, at: str) -> None:
        hints = get_type_hints(kind)
        for key in part if isinstance(part, dict) else ():
            if key in hints:
                continue
            if key in _SEARCHES:
                raise InputError(
                    f"{where}: {at}{key} is refused: policies are compared and ranked, "
                    "the environment is averaged or shown apart, nothing is searched."
                )
            close = nearest(key, hints)
            hint = (
                f"did you mean {close!r}?" if close else f"known: {', '.join(hints)}."
            )
            raise InputError(f"{where}: unknown key {at + key!r}; {hint}")

    check(raw, Study, "")
    check(raw.get("design"), DesignPart, "design.")
    check(raw.get("outcomes"), OutcomesPart, "outcomes.")
    check(raw.get("scale"), ScalePart, "scale.")
    alternatives = raw.get("alternative")
    for row in alternatives if isinstance(alternatives, list) else ():
        check(row, AlternativePart, "alternative.")
    factors = raw.get("factor")
    for row in factors if isinstance(factors, list) else ():
        check(row, FactorPart, "factor.")


def _check_factor(f: FactorPart, design: DesignPart, where: str) -> None:
    one = known(f.name, where)
    if f.kind not in ("policy", "environment"):
        raise InputError(
            f'{where}: factor {f.name}: kind is {f.kind!r}; write "policy" or '
            '"environment".'
        )
    if f.kind != one.kind:
        if one.kind == "environment":
            raise not_ranked(f.name, where)
        raise InputError(f'{where}: factor {f.name} is a policy: kind = "policy".')
    if bool(f.values) == bool(f.range):
        raise InputError(
            f"{where}: factor {f.name} is empty: give values, or a range of two "
            "numbers, not both."
        )
    if f.range:
        if design.kind == "grid" and one.kind == "policy":
            raise InputError(
                f"{where}: factor {f.name} has a range, and a grid needs values; list "
                'them, or write design.kind = "latin".'
            )
        if one.takes != "number" or len(f.range) != 2 or f.range[0] >= f.range[1]:
            raise InputError(
                f"{where}: factor {f.name}: a range is two numbers, low and high."
            )
    for value in [*f.values, *f.range]:
        check_value(f.name, value, where)
    if f.weights:
        if f.kind == "policy":
            raise InputError(
                f"{where}: factor {f.name}: only an environment has weights."
            )
        fits = len(f.weights) == len(f.values) and all(w > 0 for w in f.weights)
        if not fits:
            raise InputError(
                f"{where}: factor {f.name}: one positive weight for each value."
            )


def _check_alternatives(s: Study, where: str) -> None:
    listed = s.design.kind == "list"
    if listed != bool(s.alternative):
        raise InputError(
            f'{where}: [[alternative]] and design.kind = "list" go together; give both '
            "or neither."
        )
    seen: set[str] = set()
    for one in s.alternative:
        at = f"{where}: alternative {one.name!r}"
        if one.name in seen or not one.name.strip():
            raise InputError(f"{at}: give every alternative a name of its own.")
        seen.add(one.name)
        if not one.values:
            raise InputError(f"{at} is empty: give it values.")
        for name, value in one.values.items():
            if known(name, at).kind == "environment":
                raise not_ranked(name, at)
            check_value(name, value, at)


def _check_design(s: Study, where: str) -> None:
    d = s.design
    twice = {f.name for f in s.factor if [g.name for g in s.factor].count(f.name) > 1}
    if twice:
        raise InputError(f"{where}: factor {min(twice)} is given twice; keep one.")
    if s.alternative and any(f.kind == "policy" for f in s.factor):
        raise InputError(
            f"{where}: alternatives are listed, so their policy values stand with "
            "them; only environment factors may be given beside."
        )
    if not s.alternative and not any(f.kind == "policy" for f in s.factor):
        raise InputError(
            f"{where}: the grid is empty: no policy factor; add a [[factor]] such as "
            f'name = "mandate". Known: {", ".join(FACTORS)}.'
        )
    if {"family", "behaviours"} <= {f.name for f in s.factor}:
        raise InputError(f"{where}: family and behaviours exclude each other.")
    if d.kind not in ("grid", "latin", "list", "sobol"):
        raise InputError(
            f'{where}: design.kind is {d.kind!r}; write "grid", "latin", "list" or '
            '"sobol".'
        )
    if d.kind == "sobol":
        _check_sobol(s, where)
    if d.kind == "latin" and not 2 <= d.points <= MOST_ALTERNATIVES:
        raise InputError(
            f"{where}: a Latin hypercube needs design.points in "
            f"[2, {MOST_ALTERNATIVES}]."
        )
    for key, low, high in (
        ("nights", 1, 1_000_000), ("batch", 1, 1000), ("stop_after", 1, 1_000_000),
        ("seed", 0, 2**31), ("stop_within", 0, 100),
    ):  # fmt: skip
        value = getattr(d, key)
        if not low <= value <= high:
            raise InputError(
                f"{where}: design.{key} is {value:g}; it must lie in [{low}, {high}]."
            )


def _check_sobol(s: Study, where: str) -> None:
    for f in s.factor:
        if f.values and len({repr(v) for v in f.values}) < len(f.values):
            raise InputError(f"{where}: factor {f.name} has a value twice; keep one.")
        if len(f.values) == 1:
            raise InputError(
                f"{where}: factor {f.name} has one value, so it decides nothing: give "
                "two, or a range, or leave it out and set it in the scenario."
            )
    if s.design.nights < 2:
        raise InputError(f"{where}: a Sobol' design needs design.nights of 2 or more.")
    if s.design.stop_within:
        raise InputError(
            f"{where}: a Sobol' design is run whole, since its effects rest on all its "
            "points: leave design.stop_within out."
        )
    if s.outcomes.rank:
        raise InputError(
            f"{where}: a Sobol' design tells which inputs decide and compares no "
            'policies: leave outcomes.rank out, or write design.kind = "grid".'
        )


def _check_outcomes(s: Study, where: str) -> None:
    o = s.outcomes
    if o.main not in PER_100:
        close = nearest(o.main, PER_100)
        hint = f"did you mean {close!r}?" if close else f"known: {', '.join(PER_100)}."
        raise InputError(f"{where}: outcomes.main {o.main!r} is no outcome; {hint}")
    if not 0.001 <= o.error_rate <= 0.5:
        raise InputError(f"{where}: outcomes.error_rate must lie in [0.001, 0.5].")
    given = {f.name for f in s.factor} | {k for a in s.alternative for k in a.values}
    for name in o.rank:
        if known(name, where).kind == "environment":
            raise not_ranked(name, where)
        if name not in given:
            raise InputError(
                f"{where}: outcomes.rank names {name}, which is no factor of this "
                "study; add it or leave it out."
            )


def study_hash(study: Study) -> str:
    """SHA-256 of a study's meaning: comments and order of keys do not count."""
    text = json.dumps(msgspec.to_builtins(study), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def schema() -> dict[str, Any]:
    """The JSON schema of a study file."""
    return msgspec.json.schema(Study)


TEMPLATE = f"""\
# A Forefield study: many simulated nights under several alternatives.
# Everything here is an assumption, and the page will show it as one.

title = "My study"
scenario = "quick"          # a shipped scenario, or a .toml beside this file
# minutes = 20              # a shorter night
# raid = {{ headed_to_guard = 0.2 }}      # changes to the scenario's [raid]
# assume = {{ steps_taken = true }}     # standing facts, where a mandate asks for them
# chain = {{ forecast_every_s = 30 }}     # changes to the scenario's [chain]

# policy: what people could choose; compared and ranked.
[[factor]]
name = "mandate"
kind = "policy"
values = ["status-quo-border", "agreement-2024-agreed", "pre-delegated"]

# environment: what nobody on our side chooses; averaged and shown apart, never ranked.
[[factor]]
name = "headed_to_guard"
kind = "environment"
values = [0.05, 0.2]
weights = [3, 1]
basis = "assumption"

[design]
kind = "grid"               # or "latin" with points = 20 and ranges, or "list" with
                            # [[alternative]] name, values, basis instead of policies,
                            # or "sobol": which inputs decide, with no ranking
nights = 40                 # shared by all alternatives
batch = 4
seed = 1
# stop_within = 5           # stop when the main interval is within 5 points …
# stop_after = 20           # … and at least so many nights were run

[outcomes]
main = "prevented"          # {", ".join(PER_100)}
rank = ["mandate"]          # policy factors only
error_rate = 0.05           # of the whole ranking

# Also told: {", ".join(TOLD[:8])}, …
"""
