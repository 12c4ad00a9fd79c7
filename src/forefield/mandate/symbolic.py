"""A mandate as formulas: what Z3 is asked about.

Every fact of a case becomes four symbols: its value, whether it was given, whether
it is dated, and how old it is. Whether it is *known* follows from them by the words
of docs/rooms/mandate.md, written here a second time and not taken from the
evaluators; each ground becomes a pair of formulas, "certainly true" and "certainly
false" (Kleene, 1952, §64). Needs the extra `prove`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from forefield.errors import InputError
from forefield.mandate.conditions import AnyOf, Atom, Condition, Not
from forefield.mandate.facts import Facts, Given
from forefield.mandate.rules import FactRule, Ground, Mandate, Standing

_Method = TypeVar("_Method", bound=Callable[..., Any])

__all__ = [
    "Case",
    "Epoch",
    "Lenient",
    "Zones",
    "atoms_of",
    "epochs",
    "name_zones",
    "solver",
]

#: Larger ages and numbers than these bring no new case: every limit lies far inside,
#: and a condition only asks on which side of its limits a number is.
_MOST = 10**12
_STATED = {"bool": "Bool", "number": "Int", "enum": "Int", "zone": "Int"}


def _kept(build: _Method) -> _Method:
    """Keep what a method made: building a term costs more than looking it up."""

    @wraps(build)
    def once(self: Case, *args: Any) -> Any:
        return self.keep((build.__name__, *args), lambda: build(self, *args))

    return cast(_Method, once)


def solver() -> Any:
    """The module z3, or one line that says how to get it."""
    try:
        import z3
    except ImportError:
        raise InputError(
            "proofs need Z3: install it with pip install 'forefield[prove]'."
        ) from None
    return z3


@dataclass(frozen=True)
class Lenient:
    """A condition whose UNKNOWN is read as `value`: what no table can say.

    Only mutants contain it. A table that read an unknown as if it were known would
    behave so, and a proof has to notice.
    """

    part: Condition
    value: bool


@dataclass(frozen=True)
class Epoch:
    """Days on which one set of grounds and settled facts is in force."""

    first: date | None
    last: date | None
    grounds: tuple[Ground, ...]
    standing: tuple[Standing, ...]

    @property
    def day(self) -> date:
        """One of its days, to ask `judge` about."""
        return self.first or self.last or date(2025, 1, 1)

    def at_s(self, timezone: str) -> float:
        """Noon of that day, UTC seconds."""
        return datetime.combine(self.day, time(12), ZoneInfo(timezone)).timestamp()

    def __str__(self) -> str:
        if self.first and self.last:
            return f"{self.first} to {self.last}"
        if self.first:
            return f"from {self.first}"
        return f"until {self.last}" if self.last else "at all times"


def epochs(mandate: Mandate, like: Mandate | None = None) -> tuple[Epoch, ...]:
    """The spans of days that a mandate covers, cut wherever something changes.

    like  another mandate whose cuts are to be used, so that the two can be compared
    """
    cut = like or mandate
    spans = [g.in_force for g in cut.grounds] + [s.in_force for s in cut.standing]
    starts = {s.start for s in spans if s.start}
    starts |= {s.until + timedelta(1) for s in spans if s.until}
    whole = mandate.in_force
    inside = sorted(
        d
        for d in starts
        if (whole.start is None or d > whole.start)
        and (whole.until is None or d <= whole.until)
    )
    firsts = [whole.start, *inside]
    lasts = [*(d - timedelta(1) for d in inside), whole.until]
    found: list[Epoch] = []
    for first, last in zip(firsts, lasts, strict=True):
        day = Epoch(first, last, (), ()).day
        grounds = sorted(
            (g for g in mandate.grounds if g.in_force.on(day)), key=lambda g: g.order
        )
        standing = tuple(s for s in mandate.standing if s.in_force.on(day))
        found.append(Epoch(first, last, tuple(grounds), standing))
    return tuple(found)


class Zones:
    """Country codes as whole numbers; any other number is a country not named."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, code: str) -> int:
        """The number of a country."""
        return self._numbers.setdefault(code, len(self._numbers))

    def word(self, number: int) -> str:
        """The country of a number; Z1, Z2, … for those that nobody named."""
        names = list(self._numbers)
        return names[number] if number < len(names) else f"Z{number - len(names) + 1}"


@dataclass(frozen=True)
class _Fact:
    """One fact of one case as symbols."""

    value: Any
    given: Any
    dated: Any
    age_ms: Any


class Case:
    """One case of a mandate, every fact left open.

    tag       distinguishes the symbols of two cases in one question
    standing  what is settled; () leaves every standing fact open
    """

    def __init__(
        self,
        mandate: Mandate,
        zones: Zones,
        tag: str,
        standing: Sequence[Standing] = (),
    ) -> None:
        self.z3 = solver()
        self.mandate, self.zones, self.tag = mandate, zones, tag
        self.standing = {s.fact: s for s in standing}
        self._terms: dict[Any, Any] = {}
        self.said = {name: self._symbols(name) for name in mandate.facts}
        self._told: dict[Any, tuple[Any, Any]] = {}
        self._known = {name: self._is_known(name) for name in mandate.facts}

    def _symbols(self, name: str) -> _Fact:
        z3, full = self.z3, f"{self.tag}.{name}"
        kind = _STATED[self.mandate.facts[name].type]
        return _Fact(
            getattr(z3, kind)(f"{full}"),
            z3.Bool(f"{full}.given"),
            z3.Bool(f"{full}.dated"),
            z3.Int(f"{full}.age_ms"),
        )

    def keep(self, key: Any, build: Callable[[], Any]) -> Any:
        """The term of a key, built once for this case."""
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = build()
        return found

    def domain(self) -> list[Any]:
        """What every case fulfils: probabilities in [0, 1], words of the enum."""
        out = []
        for name, fact in self.said.items():
            rule = self.mandate.facts[name]
            out += [fact.age_ms >= -_MOST, fact.age_ms <= _MOST]
            if rule.type == "bool":
                continue
            low, high = 0, _MOST
            if rule.type == "enum":
                high = len(rule.values) - 1
            elif rule.type == "zone" or rule.unit == "probability":
                high = 1000
            else:
                low = -_MOST
            out += [fact.value >= low, fact.value <= high]
        return out

    # -- facts -----------------------------------------------------------------

    @_kept
    def fresh(self, name: str) -> Any:
        """Given, not dated after the question and, where it has an age, not stale."""
        z3, fact = self.z3, self.said[name]
        longest = self.mandate.facts[name].max_age_ms
        if longest is None:
            return z3.And(fact.given, z3.Implies(fact.dated, fact.age_ms >= 0))
        in_time = z3.And(fact.age_ms >= 0, fact.age_ms <= longest)
        return z3.And(fact.given, fact.dated, in_time)

    def _is_known(self, name: str) -> Any:
        if name in self.standing:
            return self.z3.BoolVal(self.standing[name].value is not None)
        return self.fresh(name)

    def known(self, name: str) -> Any:
        """Whether a fact is known; a fact the mandate does not ask for never is."""
        return self._known.get(name, self.z3.BoolVal(False))

    def value(self, name: str) -> Any:
        """The value the mandate reads; means something only where known."""
        settled = self.standing.get(name)
        if settled is None or settled.value is None:
            return self.said[name].value
        return self._constant(self.mandate.facts[name], settled.value)

    def _constant(self, rule: FactRule, value: Any) -> Any:
        if rule.type == "bool":
            return self.z3.BoolVal(bool(value))
        if rule.type == "enum":
            return self.z3.IntVal(rule.values.index(value))
        if rule.type == "zone":
            return self.z3.IntVal(self.zones.number(value))
        return self.z3.IntVal(value)

    @_kept
    def equals(self, name: str, value: bool | int | str) -> Any:
        """Known, and this value (numbers in thousandths)."""
        rule = self.mandate.facts.get(name)
        if rule is None or (rule.type == "enum" and value not in rule.values):
            return self.z3.BoolVal(False)
        same = self.value(name) == self._constant(rule, value)
        return self.z3.And(self.known(name), same)

    @_kept
    def same(self, one: str, other: str) -> Any:
        """Both known, and equal."""
        if one not in self.said or other not in self.said:
            return self.z3.BoolVal(False)
        equal = self.value(one) == self.value(other)
        return self.z3.And(self.known(one), self.known(other), equal)

    @_kept
    def differ(self, one: str, other: str) -> Any:
        """Both known, and not equal."""
        if one not in self.said or other not in self.said:
            return self.z3.BoolVal(False)
        unequal = self.value(one) != self.value(other)
        return self.z3.And(self.known(one), self.known(other), unequal)

    @_kept
    def between(self, name: str, low: int | None, high: int | None) -> Any:
        """A known number, in thousandths, within bounds that count as inside."""
        if name not in self.said:
            return self.z3.BoolVal(False)
        parts = [self.known(name)]
        if low is not None:
            parts.append(self.value(name) >= low)
        if high is not None:
            parts.append(self.value(name) <= high)
        return self.z3.And(parts)

    # -- grounds ---------------------------------------------------------------

    def truth(self, condition: Condition | Lenient) -> tuple[Any, Any]:
        """(certainly true, certainly false); neither: UNKNOWN."""
        found = self._told.get(condition)
        if found is None:
            found = self._told[condition] = self._truth(condition)
        return found

    def _truth(self, condition: Condition | Lenient) -> tuple[Any, Any]:
        z3 = self.z3
        if isinstance(condition, Atom):
            return self._atom(condition)
        if isinstance(condition, Not):
            yes, no = self.truth(condition.part)
            return no, yes
        if isinstance(condition, Lenient):
            yes, no = self.truth(condition.part)
            return (z3.Not(no), no) if condition.value else (yes, z3.Not(yes))
        both = [self.truth(part) for part in condition.parts]
        some, every = z3.Or, z3.And
        if isinstance(condition, AnyOf):
            some, every = z3.And, z3.Or
        return every([yes for yes, _ in both]), some([no for _, no in both])

    def _atom(self, atom: Atom) -> tuple[Any, Any]:
        z3, rule = self.z3, self.mandate.facts[atom.fact]
        known, value = self.known(atom.fact), self.value(atom.fact)
        op, operand = atom.op, atom.operand
        if op == "holds" and rule.type == "number":
            assert rule.true_above is not None
            assert rule.false_below is not None
            above, below = value > rule.true_above, value < rule.false_below
            return z3.And(known, above), z3.And(known, below)
        if op == "holds":
            holds = value
        elif op == "same_as":
            known = z3.And(known, self.known(str(operand)))
            holds = value == self.value(str(operand))
        elif op == "is":
            assert operand is not None
            holds = value == self._constant(rule, operand)
        elif op == "in":
            assert isinstance(operand, tuple)
            holds = z3.Or([value == self._constant(rule, word) for word in operand])
        else:
            holds = {
                "above": value > operand,
                "below": value < operand,
                "at_least": value >= operand,
                "at_most": value <= operand,
            }[op]
        return z3.And(known, holds), z3.And(known, z3.Not(holds))

    def bars(self, ground: Ground) -> Any:
        """A ground bars unless its condition is certainly false."""
        return self.keep(
            ("bars", ground.when), lambda: self.z3.Not(self.truth(ground.when)[1])
        )

    def asserts(self, ground: Ground) -> Any:
        """A ground bars because its condition is certainly true."""
        return self.truth(ground.when)[0]

    # -- back to a case of flesh and blood ----------------------------------------

    def facts(self, model: Any, at_s: float) -> Facts:
        """The case of a model, for `judge`; what is not given is absent."""
        given = {}
        for name, fact in self.said.items():
            if not self._yes(model, fact.given):
                continue
            rule = self.mandate.facts[name]
            as_of_s = None
            if self._yes(model, fact.dated):
                as_of_s = at_s - self._number(model, fact.age_ms) / 1000
            given[name] = Given(self._word(model, rule, fact.value), as_of_s)
        return Facts(at_s, given, "counterexample", 1)

    def _word(self, model: Any, rule: FactRule, value: Any) -> bool | float | str:
        if rule.type == "bool":
            return self._yes(model, value)
        number = self._number(model, value)
        if rule.type == "enum":
            return rule.values[number]
        return self.zones.word(number) if rule.type == "zone" else number / 1000

    def _yes(self, model: Any, what: Any) -> bool:
        return bool(self.z3.is_true(model.eval(what, model_completion=True)))

    def _number(self, model: Any, what: Any) -> int:
        return int(model.eval(what, model_completion=True).as_long())


def atoms_of(condition: Condition | Lenient) -> Iterator[Atom]:
    """The comparisons of a condition, also of a mutant's."""
    if isinstance(condition, Atom):
        yield condition
    elif isinstance(condition, Not | Lenient):
        yield from atoms_of(condition.part)
    else:
        for part in condition.parts:
            yield from atoms_of(part)


def name_zones(mandate: Mandate, zones: Zones) -> None:
    """Give every country that a table names its number, in a fixed order."""
    for ground in mandate.grounds:
        for atom in atoms_of(ground.when):
            if mandate.facts[atom.fact].type != "zone":
                continue
            if atom.op == "is":
                zones.number(str(atom.operand))
            elif atom.op == "in" and isinstance(atom.operand, tuple):
                for word in atom.operand:
                    zones.number(word)
