"""Mandates: typed rule tables, read from text and checked line by line.

A mandate is data, not code. It declares facts, the grounds on which an option is
barred, and the people who would be asked. A ground *bars unless its condition is
certainly false*: what is unknown never permits. See docs/rooms/mandate.md for the
form of the file; `forefield mandate show documented` prints one.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from forefield.errors import InputError, nearest
from forefield.mandate.conditions import All, AnyOf, Atom, Condition, Not, atoms
from forefield.mandate.overlay import Finder, resolved, toml_text
from forefield.mandate.verdict_table import CODES

__all__ = [
    "LANGUAGES",
    "FactRule",
    "Ground",
    "Holder",
    "InForce",
    "Mandate",
    "Parameter",
    "Question",
    "Standing",
    "find_shipped",
    "load",
    "parse",
    "shipped",
    "thousandths",
]

LANGUAGES = ("en", "pl", "uk")
TYPES = ("bool", "number", "enum", "zone")
#: What a fact is about. Facts of the option describe the act that is judged; the
#: search for "what would change it" leaves them alone.
ABOUT = ("option", "object", "forecast", "effect", "standing", "chain", "time")
ANSWERS = ("yes", "no", "awaited")
BARRING_CODES = CODES[:-1]

_MANDATE_KEYS = {
    "meta",
    "parameter",
    "fact",
    "standing",
    "ground",
    "holder",
    "question",
}
_PARAMETER_KEYS = {"value", "low", "high", "unit", "basis"}
_META_KEYS = {"id", "title", "sources", "in_force", "timezone", "status", "summary"}
_FACT_KEYS = {
    "name",
    "type",
    "unit",
    "about",
    "meaning",
    "values",
    "true_above",
    "false_below",
    "max_age_s",
    "basis",
}
_STANDING_KEYS = {"fact", "value", "in_force", "source"}
_GROUND_KEYS = {
    "id",
    "code",
    "order",
    "when",
    "clause",
    "source",
    "basis",
    "in_force",
    "text",
    "owner",
}
_HOLDER_KEYS = {"id", "organ", "question", "may_refuse", "delay", "source"}
_DELAY_KEYS = {"p50_s", "p95_s", "no_answer", "basis"}
_QUESTION_KEYS = {"id", "text", "source"}
_OPERATORS = ("is", "in", "same_as", "above", "below", "at_least", "at_most")


@dataclass(frozen=True)
class InForce:
    """The days on which something holds, both ends included; None is open."""

    start: date | None = None
    until: date | None = None

    def on(self, day: date) -> bool:
        """Whether it holds on that day."""
        return (self.start is None or self.start <= day) and (
            self.until is None or day <= self.until
        )

    def meets(self, other: InForce) -> bool:
        """Whether the two share a day."""
        first = max(self.start or date.min, other.start or date.min)
        last = min(self.until or date.max, other.until or date.max)
        return first <= last

    def __str__(self) -> str:
        if self.start and self.until:
            return f"{self.start} to {self.until}"
        if self.start:
            return f"from {self.start}"
        return f"until {self.until}" if self.until else "at all times"


@dataclass(frozen=True)
class FactRule:
    """One fact the mandate asks about, and when it counts as known.

    A number with limits is TRUE above `true_above`, FALSE below `false_below` and
    UNKNOWN between (both in thousandths, so that no evaluator can disagree about
    the last digit). `max_age_ms`: older than that, it is UNKNOWN. `basis` says
    where limits and age come from; "ASSUMPTION: …" where nobody published them.
    """

    name: str
    type: str
    about: str
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()
    true_above: int | None = None
    false_below: int | None = None
    max_age_ms: int | None = None
    basis: str = ""

    @property
    def assumed(self) -> bool:
        """Whether its limits or its age rest on an assumption."""
        return self.basis.startswith("ASSUMPTION")

    def limits_in_words(self) -> str:
        """Its limits as one line; "" when it has none."""
        said = []
        if self.true_above is not None and self.false_below is not None:
            unit = "" if self.unit == "probability" else f" {self.unit}"
            said.append(
                f"true above {self.true_above / 1000:g}{unit}, "
                f"false below {self.false_below / 1000:g}{unit}"
            )
        if self.max_age_ms is not None:
            said.append(f"unknown when older than {self.max_age_ms / 1000:g} s")
        return "; ".join(said)


@dataclass(frozen=True)
class Standing:
    """A fact the mandate itself settles; None is settled as unknown."""

    fact: str
    value: bool | str | None
    in_force: InForce
    source: str

    @property
    def assumed(self) -> bool:
        """Whether nobody but the table's author says so."""
        return self.source.startswith("ASSUMPTION")


@dataclass(frozen=True)
class Ground:
    """One ground on which an option is barred, with the clause it cites.

    Versions of one ground share the `id` and never a day.
    """

    id: str
    code: str
    order: int
    when: Condition
    clause: str
    source: str
    in_force: InForce
    text: dict[str, str]
    owner: str
    basis: str = ""

    def facts(self) -> tuple[str, ...]:
        """The names of the facts it looks at, each once, in order."""
        names: dict[str, None] = {}
        for atom in atoms(self.when):
            names[atom.fact] = None
            if atom.op == "same_as":
                names[str(atom.operand)] = None
        return tuple(names)


@dataclass(frozen=True)
class Holder:
    """Somebody who is asked: organ, question, and how long an answer may take."""

    id: str
    organ: dict[str, str]
    question: dict[str, str]
    may_refuse: bool
    delay_p50_s: float
    delay_p95_s: float
    delay_basis: str
    source: str
    no_answer: float = 0.0

    @property
    def fact(self) -> str:
        """The fact that holds this holder's answer."""
        return f"answer_{self.id}"


@dataclass(frozen=True)
class Question:
    """An open legal question, shown with every verdict and decided by none."""

    id: str
    text: dict[str, str]
    source: str


@dataclass(frozen=True)
class Parameter:
    """A number of the mandate that may be set, within bounds; in thousandths.

    `NAME:depth_km=50` names a mandate with its parameter set.
    """

    name: str
    value: int
    low: int
    high: int
    unit: str
    basis: str


@dataclass(frozen=True)
class Mandate:
    """A whole rule table. `sha256` is the hash of `text`.

    text  what it was read from; where that builds on another table, the whole table
          written out, so that it stands alone
    """

    id: str
    title: dict[str, str]
    summary: dict[str, str]
    status: str
    sources: tuple[str, ...]
    in_force: InForce
    timezone: str
    facts: dict[str, FactRule]
    standing: tuple[Standing, ...]
    grounds: tuple[Ground, ...]
    holders: tuple[Holder, ...]
    questions: tuple[Question, ...]
    sha256: str
    text: str = field(default="", compare=False, repr=False)
    parameters: tuple[Parameter, ...] = ()
    _by_day: dict[date, tuple[Ground, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    #: What `compiled.on` made of it, by day.
    programs: dict[date, Any] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def day(self, at_s: float) -> date:
        """The calendar day of a UTC time, where the mandate applies."""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self._zone()).date()

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def booleans(self) -> frozenset[str]:
        """Names of the facts that are true or false."""
        return frozenset(n for n, rule in self.facts.items() if rule.type == "bool")

    def grounds_on(self, day: date) -> tuple[Ground, ...]:
        """The grounds in force on a day, in the order in which they decide."""
        if day not in self._by_day:
            if not self.in_force.on(day):
                raise InputError(
                    f"mandate {self.id}: says nothing about {day} (it holds "
                    f"{self.in_force}); ask about a day inside, or use another mandate."
                )
            found = [g for g in self.grounds if g.in_force.on(day)]
            self._by_day[day] = tuple(sorted(found, key=lambda g: g.order))
        return self._by_day[day]

    def standing_on(self, day: date) -> dict[str, Standing]:
        """What the mandate itself settles on a day, by fact."""
        return {s.fact: s for s in self.standing if s.in_force.on(day)}

    def assumed_standing(self) -> tuple[Standing, ...]:
        """Settled facts that are assumed by the mandate, not read in a document."""
        return tuple(s for s in self.standing if s.assumed)

    def assumed_parameters(self) -> tuple[FactRule, ...]:
        """Facts whose limits nobody published."""
        return tuple(f for f in self.facts.values() if f.assumed)


def thousandths(value: float) -> int:
    """A number as a whole number of thousandths; infinities become ±2**62.

    Rounding can carry a value onto a limit, never across it, and on a limit a
    fact is UNKNOWN: the rounding errs towards refusing.

    >>> thousandths(0.8004), thousandths(0.7996)
    (800, 800)
    """
    if math.isinf(value) or abs(value) > 4e15:
        return (1 << 62) if value > 0 else -(1 << 62)
    return round(value * 1000)


# -- reading ------------------------------------------------------------------


def shipped() -> tuple[str, ...]:
    """Names of the mandates that come with the program."""
    folder = files("forefield").joinpath("data", "mandates")
    names = [p.name[:-5] for p in folder.iterdir() if p.name.endswith(".toml")]
    return tuple(sorted(names))


@cache
def load(name: str) -> Mandate:
    """A shipped mandate by name, for example "documented".

    `joint-allied:depth_km=50` is the mandate with a parameter set.
    """
    plain, *settings = name.split(":")
    text = _shipped_text(plain)
    return parse(text, where=f"mandate {plain}", settings=tuple(settings))


def _shipped_text(name: str) -> str:
    if name not in shipped():
        close = nearest(name, shipped())
        hint = f"did you mean {close!r}?" if close else "name a .toml file of your own."
        raise InputError(
            f"no mandate {name!r}; shipped: {', '.join(shipped())}; {hint}"
        )
    path = files("forefield").joinpath("data", "mandates", f"{name}.toml")
    return path.read_text(encoding="utf-8")


def find_shipped(name: str, where: str) -> tuple[str, str]:
    """The text of a shipped table that another extends."""
    try:
        return _shipped_text(name), f"mandate {name}"
    except InputError as error:
        raise InputError(f"{where}: meta: extends: {error}") from None


def parse(
    text: str,
    *,
    where: str = "mandate",
    find: Finder = find_shipped,
    settings: tuple[str, ...] = (),
) -> Mandate:
    """A mandate from TOML text. `where` names the source in an error.

    find      gives the text of a table that this one extends; default: shipped ones
    settings  parameters to set, such as "depth_km=50"

    Raises `InputError`, one line, for: text that is no TOML, a table that extends
    itself, an unknown key, fact, code or operator (with the nearest known), a ground
    without source or sentence, limits outside [0, 1] or crossed, a limit without its
    basis, a parameter outside its range, two versions of a ground in force on one day,
    two grounds with one order, and codes out of the deciding order.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: no valid TOML: {error}; correct it.") from None
    except RecursionError:
        raise InputError(f"{where}: nested too deeply; write it flatter.") from None
    meta = data.get("meta")
    if (
        settings
        or {"without", "amend"} & set(data)
        or (isinstance(meta, dict) and "extends" in meta)
    ):
        data = resolved(data, where, find)
        for setting in settings:
            _set(data, setting, where)
        text = toml_text(data)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    try:
        return replace(_Reader(where).mandate(data, sha256), text=text)
    except RecursionError:
        raise InputError(f"{where}: nested too deeply; write it flatter.") from None


def _set(data: dict[str, Any], setting: str, where: str) -> None:
    """Set one parameter, and name the mandate for it."""
    name, equals, value = setting.partition("=")
    known = data.get("parameter", {})
    if not equals or name not in known:
        close = nearest(name, known)
        hint = f"did you mean {close!r}?" if close else ""
        listed = ", ".join(known) or "none"
        raise InputError(
            f"{where}: no parameter {name!r}; it has: {listed}. {hint}".rstrip()
        )
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: parameter {name}: {value!r} is no number.")
    data["parameter"] = {**known, name: {**known[name], "value": number}}
    data["meta"] = {**data["meta"], "id": f"{data['meta'].get('id')}:{name}={number:g}"}


class _Reader:
    """Reads one mandate; knows where it is, for one-line errors."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.facts: dict[str, FactRule] = {}
        self.parameters: dict[str, Parameter] = {}

    def wrong(self, place: str, problem: str) -> InputError:
        return InputError(f"{self.where}: {place}: {problem}")

    def keys(self, place: str, data: Any, known: set[str]) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise self.wrong(place, "must be a table of keys and values.")
        for key in data:
            if key not in known:
                close = nearest(key, known)
                hint = f"did you mean {close!r}?" if close else "remove it."
                raise self.wrong(
                    place, f"unknown key {key!r}; {hint} Known: {_list(known)}."
                )
        return data

    def text(self, place: str, data: dict[str, Any], key: str) -> str:
        value = data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(place, f"{key} is missing; write it as text.")
        return value.strip()

    def languages(self, place: str, data: dict[str, Any], key: str) -> dict[str, str]:
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return {lang: value.strip() for lang in LANGUAGES}
        if not isinstance(value, dict):
            raise self.wrong(place, f"{key} is missing; give {key}.en, .pl and .uk.")
        self.keys(f"{place}, {key}", value, set(LANGUAGES))
        for lang in LANGUAGES:
            if not isinstance(value.get(lang), str) or not value[lang].strip():
                raise self.wrong(place, f"{key}.{lang} is missing; write the sentence.")
        return {lang: " ".join(value[lang].split()) for lang in LANGUAGES}

    def rows(self, data: dict[str, Any], key: str) -> list[Any]:
        value = data.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, f"must be a list; write [[{key}]].")
        return value

    # -- parts ----------------------------------------------------------------

    def mandate(self, data: dict[str, Any], sha256: str) -> Mandate:
        self.keys("top level", data, _MANDATE_KEYS)
        meta = self.keys("meta", data.get("meta", {}), _META_KEYS)
        name = self.text("meta", meta, "id")
        sources = meta.get("sources")
        if not isinstance(sources, list) or not sources:
            raise self.wrong(
                "meta", "sources is missing; list what the table rests on."
            )
        zone = meta.get("timezone", "UTC")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, TypeError):
            raise self.wrong(
                "meta", f"no time zone {zone!r}; use an IANA name."
            ) from None

        parameters = data.get("parameter", {})
        if not isinstance(parameters, dict):
            raise self.wrong("parameter", "must be tables; write [parameter.NAME].")
        for key, row in parameters.items():
            self.parameters[key] = self.parameter(key, row)
        holders = tuple(self.holder(row) for row in self.rows(data, "holder"))
        self.once("holder", [h.id for h in holders])
        for row in self.rows(data, "fact"):
            fact = self.fact(row)
            if fact.name in self.facts:
                raise self.wrong(f"fact {fact.name}", "declared twice; keep one.")
            self.facts[fact.name] = fact
        for holder in holders:
            if holder.fact in self.facts:
                raise self.wrong(
                    f"fact {holder.fact}",
                    f"is the answer of holder {holder.id}; do not declare it.",
                )
            self.facts[holder.fact] = FactRule(
                holder.fact,
                "enum",
                "chain",
                f"answer of {holder.organ['en']}",
                values=ANSWERS,
            )
        standing = tuple(self.standing(row) for row in self.rows(data, "standing"))
        for i, one in enumerate(standing):
            for other in standing[:i]:
                if one.fact == other.fact and one.in_force.meets(other.in_force):
                    raise self.wrong(
                        f"standing {one.fact}",
                        f"settled twice ({other.in_force}; {one.in_force}); "
                        "end one before the other starts.",
                    )
        grounds = tuple(self.ground(row) for row in self.rows(data, "ground"))
        if not grounds:
            raise self.wrong("ground", "there is none; a mandate without bars is none.")
        self.order(grounds)
        questions = tuple(self.question(row) for row in self.rows(data, "question"))
        return Mandate(
            id=name,
            title=self.languages("meta", meta, "title"),
            summary=self.languages("meta", meta, "summary")
            if "summary" in meta
            else dict.fromkeys(LANGUAGES, ""),
            status=meta.get("status", ""),
            sources=tuple(str(s) for s in sources),
            in_force=self.in_force("meta", meta),
            timezone=zone,
            facts=self.facts,
            standing=standing,
            grounds=grounds,
            holders=holders,
            questions=questions,
            sha256=sha256,
            parameters=tuple(self.parameters.values()),
        )

    def parameter(self, name: str, row: Any) -> Parameter:
        place = f"parameter {name}"
        row = self.keys(place, row, _PARAMETER_KEYS)
        unit, basis = self.text(place, row, "unit"), self.text(place, row, "basis")
        low, high, value = (
            self.limit(place, key, row.get(key), unit)
            for key in ("low", "high", "value")
        )
        if not low <= value <= high:
            raise self.wrong(
                place,
                f"{value / 1000:g} is outside its range, {low / 1000:g} to "
                f"{high / 1000:g} {unit}.",
            )
        return Parameter(name, value, low, high, unit, basis)

    def fact(self, row: Any) -> FactRule:
        place = f"fact {row.get('name', '?') if isinstance(row, dict) else '?'}"
        row = self.keys(place, row, _FACT_KEYS)
        name = self.text(place, row, "name")
        kind = self.one_of(place, "type", self.text(place, row, "type"), TYPES)
        about = self.one_of(place, "about", self.text(place, row, "about"), ABOUT)
        unit = row.get("unit", "")
        if kind == "number" and not unit:
            raise self.wrong(place, "a number needs its unit.")
        values = tuple(row.get("values", ()))
        if (kind == "enum") != bool(values):
            raise self.wrong(place, "an enum, and only an enum, lists its values.")
        above, below = row.get("true_above"), row.get("false_below")
        if (above is None) != (below is None):
            raise self.wrong(place, "give both true_above and false_below, or neither.")
        basis = row.get("basis", "")
        limits: list[int | None] = [None, None]
        if above is not None:
            if kind != "number":
                raise self.wrong(place, f"limits need a number, not a {kind}.")
            limits = [
                self.limit(place, "true_above", above, unit),
                self.limit(place, "false_below", below, unit),
            ]
            if limits[1] > limits[0]:  # type: ignore[operator]
                raise self.wrong(
                    place,
                    f"limits are crossed: false_below {below} > true_above {above}.",
                )
        age = row.get("max_age_s")
        if age is not None and (not _number(age) or age < 0):
            raise self.wrong(
                place, f"max_age_s {age!r} must be a number of seconds >= 0."
            )
        if (above is not None or age is not None) and not basis:
            raise self.wrong(
                place, 'limits and ages need a basis: a source, or "ASSUMPTION: why".'
            )
        return FactRule(
            name=name,
            type=kind,
            about=about,
            meaning=self.text(place, row, "meaning"),
            unit=unit,
            values=values,
            true_above=limits[0],
            false_below=limits[1],
            max_age_ms=None if age is None else thousandths(age),
            basis=basis,
        )

    def limit(self, place: str, key: str, value: Any, unit: str) -> int:
        if not _number(value) or not math.isfinite(value):
            raise self.wrong(place, f"{key} {value!r} must be a number.")
        if unit == "probability" and not 0 <= value <= 1:
            raise self.wrong(place, f"{key} {value} is outside [0, 1].")
        if abs(value * 1000 - round(value * 1000)) > 1e-6:
            raise self.wrong(place, f"{key} {value}: use at most three decimals.")
        return thousandths(value)

    def standing(self, row: Any) -> Standing:
        place = f"standing {row.get('fact', '?') if isinstance(row, dict) else '?'}"
        row = self.keys(place, row, _STANDING_KEYS)
        rule = self.known_fact(place, self.text(place, row, "fact"))
        value = row.get("value")
        if value == "unknown":
            value = None
        elif rule.type == "bool":
            if not isinstance(value, bool):
                raise self.wrong(place, 'value must be true, false or "unknown".')
        elif rule.type == "number" or not isinstance(value, str):
            raise self.wrong(place, "only a bool, an enum or a zone can be settled.")
        source = self.text(place, row, "source")
        return Standing(rule.name, value, self.in_force(place, row), source)

    def ground(self, row: Any) -> Ground:
        label = row.get("id") or row.get("code", "?") if isinstance(row, dict) else "?"
        place = f"ground {label}"
        row = self.keys(place, row, _GROUND_KEYS)
        code = self.text(place, row, "code")
        if code == CODES[-1]:
            raise self.wrong(place, f"{code} is the absence of grounds; it has none.")
        code = self.one_of(place, "code", code, BARRING_CODES)
        order = row.get("order")
        if not isinstance(order, int) or isinstance(order, bool):
            raise self.wrong(place, "order must be a whole number.")
        if "when" not in row:
            raise self.wrong(place, "when is missing; say on what facts it bars.")
        when = self.condition(f"{place}, when", row["when"])
        basis = row.get("basis", "")
        bare = [a for a in atoms(when) if a.op in ("above", "below")]
        bare += [
            a for a in atoms(when) if a.op in ("at_least", "at_most") and a.operand
        ]
        if bare and not basis:
            raise self.wrong(
                place,
                f"the number beside {bare[0].fact} needs a basis: a source, or "
                '"ASSUMPTION: why".',
            )
        return Ground(
            id=row.get("id") or f"{code.lower()}-{order}",
            code=code,
            order=order,
            when=when,
            clause=self.text(place, row, "clause"),
            source=self.text(place, row, "source"),
            in_force=self.in_force(place, row),
            text=self.languages(place, row, "text"),
            owner=self.text(place, row, "owner"),
            basis=basis,
        )

    def condition(self, place: str, data: Any) -> Condition:
        if not isinstance(data, dict):
            raise self.wrong(place, "must be a table with all, any, not or fact.")
        for word, kind in (("all", All), ("any", AnyOf)):
            if word in data:
                self.keys(place, data, {word})
                parts = data[word]
                if not isinstance(parts, list) or not parts:
                    raise self.wrong(place, f"{word} must list at least one condition.")
                return kind(tuple(self.condition(place, p) for p in parts))
        if "not" in data:
            self.keys(place, data, {"not"})
            return Not(self.condition(place, data["not"]))
        self.keys(place, data, {"fact", "all", "any", "not", *_OPERATORS})
        rule = self.known_fact(place, self.text(place, data, "fact"))
        ops = [op for op in _OPERATORS if op in data]
        if len(ops) > 1:
            raise self.wrong(
                place, f"{rule.name}: one comparison at a time, not {ops}."
            )
        return self.atom(place, rule, ops[0] if ops else "holds", data)

    def atom(self, place: str, rule: FactRule, op: str, data: dict[str, Any]) -> Atom:
        value = data.get(op)
        if op == "holds":
            if rule.type != "bool" and rule.true_above is None:
                raise self.wrong(
                    place, f"{rule.name} is a {rule.type} without limits; compare it."
                )
            return Atom(rule.name)
        if op == "same_as":
            other = self.known_fact(place, str(value))
            if rule.type not in ("zone", "enum") or other.type != rule.type:
                raise self.wrong(place, f"{rule.name} cannot be the same as {value}.")
            return Atom(rule.name, "same_as", other.name)
        if op in ("above", "below", "at_least", "at_most"):
            if isinstance(value, dict):
                self.keys(place, value, {"parameter"})
                return Atom(rule.name, op, self.set_by(place, rule, value))
            if rule.type != "number" or not _number(value):
                raise self.wrong(place, f"{rule.name} {op} {value!r}: needs numbers.")
            return Atom(rule.name, op, self.limit(place, op, value, rule.unit))
        options = [value] if op == "is" else value
        if rule.type == "bool" and op == "is" and isinstance(value, bool):
            return Atom(rule.name, "is", value)
        if rule.type not in ("enum", "zone") or not isinstance(options, list):
            raise self.wrong(
                place, f"{rule.name} {op} {value!r} does not fit its type."
            )
        for word in options:
            if not isinstance(word, str) or (rule.values and word not in rule.values):
                close = nearest(str(word), rule.values)
                hint = f"did you mean {close!r}?" if close else _list(rule.values)
                raise self.wrong(place, f"{rule.name} is never {word!r}; {hint}")
        return Atom(rule.name, op, value if op == "is" else tuple(options))

    def set_by(self, place: str, rule: FactRule, data: dict[str, Any]) -> int:
        name = self.text(place, data, "parameter")
        if name not in self.parameters:
            close = nearest(name, self.parameters)
            hint = f"did you mean {close!r}?" if close else "write [parameter.NAME]."
            raise self.wrong(place, f"unknown parameter {name!r}; {hint}")
        found = self.parameters[name]
        if rule.type != "number" or rule.unit != found.unit:
            raise self.wrong(
                place, f"{rule.name} [{rule.unit}] and {name} [{found.unit}] differ."
            )
        return found.value

    def holder(self, row: Any) -> Holder:
        place = f"holder {row.get('id', '?') if isinstance(row, dict) else '?'}"
        row = self.keys(place, row, _HOLDER_KEYS)
        delay = self.keys(f"{place}, delay", row.get("delay", {}), _DELAY_KEYS)
        p50, p95 = delay.get("p50_s"), delay.get("p95_s")
        if p50 is None or p95 is None or not (_number(p50) and _number(p95)):
            raise self.wrong(place, "delay needs p50_s and p95_s, in seconds.")
        if not 0 <= p50 <= p95:
            raise self.wrong(
                place, f"delay needs 0 <= p50_s <= p95_s, not {p50}, {p95}."
            )
        silent = delay.get("no_answer", 0.0)
        if not _number(silent) or not 0 <= silent <= 1:
            raise self.wrong(place, f"delay.no_answer {silent!r} is outside [0, 1].")
        refuse = row.get("may_refuse")
        if not isinstance(refuse, bool):
            raise self.wrong(place, "may_refuse must be true or false.")
        return Holder(
            id=self.text(place, row, "id"),
            organ=self.languages(place, row, "organ"),
            question=self.languages(place, row, "question"),
            may_refuse=refuse,
            delay_p50_s=float(p50),
            delay_p95_s=float(p95),
            delay_basis=self.text(f"{place}, delay", delay, "basis"),
            source=self.text(place, row, "source"),
            no_answer=float(silent),
        )

    def question(self, row: Any) -> Question:
        place = f"question {row.get('id', '?') if isinstance(row, dict) else '?'}"
        row = self.keys(place, row, _QUESTION_KEYS)
        return Question(
            self.text(place, row, "id"),
            self.languages(place, row, "text"),
            self.text(place, row, "source"),
        )

    def in_force(self, place: str, row: dict[str, Any]) -> InForce:
        data = self.keys(
            f"{place}, in_force", row.get("in_force", {}), {"from", "until"}
        )
        for key, day in data.items():
            if not isinstance(day, date) or isinstance(day, datetime):
                raise self.wrong(
                    place, f"in_force.{key} must be a day like 2024-07-08."
                )
        span = InForce(data.get("from"), data.get("until"))
        if span.start and span.until and span.until < span.start:
            raise self.wrong(place, f"in_force ends before it starts ({span}).")
        return span

    # -- checks ---------------------------------------------------------------

    def one_of(self, place: str, key: str, value: str, known: tuple[str, ...]) -> str:
        if value not in known:
            close = nearest(value, known)
            hint = f"did you mean {close!r}?" if close else ""
            raise self.wrong(
                place, f"unknown {key} {value!r}; {hint} Known: {', '.join(known)}."
            )
        return value

    def known_fact(self, place: str, name: str) -> FactRule:
        if name not in self.facts:
            close = nearest(name, self.facts)
            hint = f"did you mean {close!r}?" if close else "declare it as [[fact]]."
            raise self.wrong(place, f"unknown fact {name!r}; {hint}")
        return self.facts[name]

    def once(self, what: str, ids: list[str]) -> None:
        for i, one in enumerate(ids):
            if one in ids[:i]:
                raise self.wrong(f"{what} {one}", "declared twice; keep one.")

    def order(self, grounds: tuple[Ground, ...]) -> None:
        for i, one in enumerate(grounds):
            for other in grounds[:i]:
                if not one.in_force.meets(other.in_force):
                    continue
                if one.id == other.id:
                    raise self.wrong(
                        f"ground {one.id}",
                        f"two versions overlap ({other.in_force}; {one.in_force}); "
                        "end one before the other starts.",
                    )
                if one.order == other.order:
                    raise self.wrong(
                        f"ground {one.id}",
                        f"has order {one.order}, as {other.id} has; give each its own.",
                    )
                first, then = sorted((one, other), key=lambda g: g.order)
                if CODES.index(first.code) > CODES.index(then.code):
                    raise self.wrong(
                        f"ground {then.id}",
                        f"{then.code} decides before {first.code}; give it an order "
                        f"below {first.order}.",
                    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(words: Any) -> str:
    return ", ".join(sorted(words))
