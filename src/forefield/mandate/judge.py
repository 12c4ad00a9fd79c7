"""Judging: what a mandate says of an option, clause by clause.

`judge` takes one case and explains itself by walking the rules as they are written;
`judge_table.judge_options` takes a cycle's table through the compiled form. A test
holds the two equal. Nothing here permits anything: the best an option can get is that
no bar was found, which is a sentence for a human, about one track at one time.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from forefield.errors import InputError
from forefield.mandate.conditions import (
    FALSE,
    TRUE,
    UNKNOWN,
    WORDS,
    All,
    Atom,
    Condition,
    Not,
    evaluate,
)
from forefield.mandate.facts import Facts, Given
from forefield.mandate.rules import FactRule, Ground, Mandate, Standing, thousandths
from forefield.mandate.verdict_table import CODES

__all__ = ["NO_BAR", "Finding", "Gap", "Verdict", "in_text", "judge", "sentence"]

NO_BAR = CODES[-1]


@dataclass(frozen=True)
class Finding:
    """What one ground says of a case.

    value  TRUE: it bars; UNKNOWN: that it bars cannot be excluded, so it bars;
           FALSE: it does not bar. As a word.
    """

    ground: Ground
    value: str

    @property
    def bars(self) -> bool:
        """Unknown never permits."""
        return self.value != "false"


@dataclass(frozen=True)
class Gap:
    """A fact that is UNKNOWN, and why: absent, stale, undated or between limits."""

    fact: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """The answer about one option on one track at one time; it holds for no other.

    code         one of `verdict_table.CODES`
    grounds      every ground that bars, the deciding one first
    trace        every ground in force, also those that do not bar, in order
    missing      the unknown facts that a barring ground looked at
    decide_by_s  UTC seconds after which a decision is too late; None: not known
    expires_s    UTC seconds at which the first of the facts used becomes too old
    change       a small set of facts that would have to be otherwise for no bar to
                 be found, as (fact, wanted); empty when none was found: then the
                 option itself would have to be another
    settled      facts the case stated and the mandate settles otherwise
    assumed      facts the case only assumes
    """

    mandate: Mandate
    facts: Facts
    day: date
    code: str
    grounds: tuple[Finding, ...]
    trace: tuple[Finding, ...]
    missing: tuple[Gap, ...]
    decide_by_s: float | None
    expires_s: float | None
    change: tuple[tuple[str, str], ...] = ()
    settled: tuple[tuple[str, Standing], ...] = ()
    assumed: tuple[str, ...] = field(default=())

    @property
    def deciding(self) -> Finding | None:
        """The ground that gives the code; None when no bar was found."""
        return self.grounds[0] if self.grounds else None


def judge(mandate: Mandate, facts: Facts) -> Verdict:
    """What the mandate says of one case, on the day of the case.

    Raises `InputError` when a fact is not the mandate's or has the wrong type, or
    when the mandate says nothing about that day.
    """
    day = mandate.day(facts.at_s)
    grounds = mandate.grounds_on(day)
    standing = mandate.standing_on(day)
    case = _Case(mandate, facts, standing)
    trace = tuple(Finding(g, WORDS[evaluate(g.when, case.truth)]) for g in grounds)
    barring = tuple(f for f in trace if f.bars)
    used: dict[str, None] = {}
    for found in barring:
        used.update(dict.fromkeys(found.ground.facts()))
    missing = tuple(Gap(n, case.gaps[n]) for n in used if n in case.gaps)
    return Verdict(
        mandate=mandate,
        facts=facts,
        day=day,
        code=barring[0].ground.code if barring else NO_BAR,
        grounds=barring,
        trace=trace,
        missing=missing,
        decide_by_s=facts.latest_decision_s,
        expires_s=case.expires_s(),
        change=_smallest_change(mandate, grounds, barring, case),
        settled=case.settled,
        assumed=tuple(
            sorted(
                {n for n, g in facts.given.items() if g.assumed}
                | {n for n, s in standing.items() if s.assumed}
            )
        ),
    )


class _Case:
    """The facts of one case as the mandate reads them: settled, known or UNKNOWN."""

    def __init__(
        self, mandate: Mandate, facts: Facts, standing: Mapping[str, Standing]
    ) -> None:
        self.mandate, self.facts = mandate, facts
        self.known: dict[str, bool | int | str] = {}
        self.gaps: dict[str, str] = {}
        settled = []
        for name in facts.given:
            if name not in mandate.facts:
                from forefield.errors import nearest

                close = nearest(name, mandate.facts)
                hint = f"did you mean {close!r}?" if close else "leave it out."
                raise InputError(
                    f"fact {name!r}: mandate {mandate.id} does not ask for it; {hint}"
                )
        for name, rule in mandate.facts.items():
            given = facts.given.get(name)
            value = None if given is None else stated(rule, given)
            if name in standing:
                fixed = standing[name]
                if given is not None and value != fixed.value:
                    settled.append((name, fixed))
                if fixed.value is None:
                    self.gaps[name] = "settled as unknown by the mandate"
                else:
                    self.known[name] = fixed.value
                continue
            why = _gap(rule, given, value, facts.at_s)
            if why:
                self.gaps[name] = why
            elif value is not None:
                self.known[name] = value
        self.settled = tuple(settled)

    def truth(self, atom: Atom) -> int:
        value = self.known.get(atom.fact)
        if value is None:
            return UNKNOWN
        if atom.op == "same_as":
            other = self.known.get(str(atom.operand))
            if other is None:
                return UNKNOWN
            return TRUE if value == other else FALSE
        return _atom_truth(self.mandate.facts[atom.fact], atom, value)

    def expires_s(self) -> float | None:
        ends = [
            given.as_of_s + rule.max_age_ms / 1000
            for name, given in self.facts.given.items()
            if (rule := self.mandate.facts[name]).max_age_ms is not None
            and given.as_of_s is not None
            and name in self.known
        ]
        if self.facts.latest_decision_s is not None:
            ends.append(self.facts.latest_decision_s)
        return min(ends) if ends else None


def _atom_truth(rule: FactRule, atom: Atom, value: bool | int | str) -> int:
    """Truth of one comparison (all but same_as) for a known value."""
    op, operand = atom.op, atom.operand
    if op == "holds":
        if isinstance(value, bool):
            return TRUE if value else FALSE
        assert isinstance(value, int)
        assert rule.true_above is not None
        assert rule.false_below is not None
        if value > rule.true_above:
            return TRUE
        return FALSE if value < rule.false_below else UNKNOWN
    if op == "is":
        return TRUE if value == operand else FALSE
    if op == "in":
        assert isinstance(operand, tuple)
        return TRUE if value in operand else FALSE
    assert isinstance(value, int)
    assert isinstance(operand, int)
    holds = {
        "above": value > operand,
        "below": value < operand,
        "at_least": value >= operand,
        "at_most": value <= operand,
    }[op]
    return TRUE if holds else FALSE


def stated(rule: FactRule, given: Given) -> bool | int | str | None:
    """A stated value in its own type, numbers in thousandths; None for unknown."""
    value = given.value
    if value is None:
        return None
    if rule.type == "bool" and isinstance(value, bool):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if rule.type == "number" and number:
        value = float(value)
        if np.isnan(value):
            return None
        if rule.unit == "probability" and not 0 <= value <= 1:
            raise InputError(f"fact {rule.name}: {value} is outside [0, 1].")
        return thousandths(value)
    if rule.type in ("enum", "zone") and isinstance(value, str):
        if not value:
            return None
        if rule.values and value not in rule.values:
            raise InputError(
                f"fact {rule.name}: {value!r} is none of {', '.join(rule.values)}."
            )
        return value
    kind = {"bool": "true or false", "number": f"a number ({rule.unit})"}
    wanted = kind.get(rule.type, "a word")
    raise InputError(f"fact {rule.name}: {value!r} does not fit; write {wanted}.")


def _gap(
    rule: FactRule, given: Given | None, value: bool | int | str | None, at_s: float
) -> str:
    """Why a fact is not known; "" when it is. Between its limits it is both."""
    if given is None or value is None:
        return "absent"
    if given.as_of_s is not None and _ms(at_s - given.as_of_s) < 0:
        return "dated after the question"
    if rule.max_age_ms is None:
        return ""
    if given.as_of_s is None:
        return "undated"
    if _ms(at_s - given.as_of_s) > rule.max_age_ms:
        return "stale"
    return ""


def _ms(seconds: float) -> int:
    return thousandths(seconds)


# -- what would change it -------------------------------------------------------


def _smallest_change(
    mandate: Mandate,
    grounds: tuple[Ground, ...],
    barring: tuple[Finding, ...],
    case: _Case,
) -> tuple[tuple[str, str], ...]:
    """A small set of facts to be otherwise so that no ground bars.

    Facts that describe the option stay as they are: another option is another
    case. Each barring ground has its ways out; the cheapest that fit together are
    taken, given values, and tried on the whole table, because curing one ground
    must not wake another. Empty when that fails.
    """
    wishes: dict[Atom, int] | None = {}
    for found in barring:
        ways = _ways(mandate, found.ground.when, FALSE, case)
        joined = [j for way in ways if (j := _joined(mandate, wishes, way)) is not None]
        if not joined:
            return ()
        wishes = min(joined, key=lambda w: len({atom.fact for atom in w}))
    by_fact: dict[str, dict[Atom, int]] = {}
    for atom, want in (wishes or {}).items():
        by_fact.setdefault(atom.fact, {})[atom] = want
    imagined = copy.copy(case)
    imagined.known = dict(case.known)

    def bars() -> bool:
        return any(evaluate(g.when, imagined.truth) != FALSE for g in grounds)

    for name, wanted in by_fact.items():
        imagined.known[name] = _values_for(mandate.facts[name], wanted)[0]
    if bars():
        return ()
    told = []
    for name, wanted in sorted(by_fact.items()):
        rule = mandate.facts[name]
        if rule.type == "number":
            told.append((name, _in_words(rule, wanted)))
            continue
        kept, fits = imagined.known[name], []
        for value in _values_for(rule, wanted):
            imagined.known[name] = value
            if not bars():
                fits.append(str(value).lower() if rule.type == "bool" else str(value))
        imagined.known[name] = kept
        told.append((name, " or ".join(fits)))
    return tuple(told)


def _joined(
    mandate: Mandate, one: dict[Atom, int] | None, other: dict[Atom, int]
) -> dict[Atom, int] | None:
    """Both sets of wishes together; None when no value can fulfil them."""
    if one is None or any(one.get(a, want) != want for a, want in other.items()):
        return None
    out = one | other
    for name in {atom.fact for atom in other}:
        wanted = {a: want for a, want in out.items() if a.fact == name}
        if not _values_for(mandate.facts[name], wanted):
            return None
    return out


def _ways(
    mandate: Mandate, condition: Condition, want: int, case: _Case
) -> list[dict[Atom, int]]:
    """Sets of atoms, each with its wanted truth, that make a condition so."""
    if isinstance(condition, Atom):
        if case.truth(condition) == want:
            return [{}]
        rule = mandate.facts[condition.fact]
        if rule.about == "option" or condition.op == "same_as":
            return []
        return [{condition: want}]
    if isinstance(condition, Not):
        return _ways(mandate, condition.part, TRUE - want, case)
    each = [_ways(mandate, part, want, case) for part in condition.parts]
    if isinstance(condition, All) == (want == FALSE):  # one part is enough
        return [way for ways in each for way in ways]
    together: dict[Atom, int] | None = {}
    for ways in each:
        if not ways:
            return []
        together = _joined(mandate, together, min(ways, key=len))
    return [] if together is None else [together]


def _values_for(rule: FactRule, wanted: Mapping[Atom, int]) -> list[bool | int | str]:
    """Values of a fact that give each atom its wanted truth; [] when none does."""
    candidates: list[bool | int | str] = []
    if rule.type == "bool":
        candidates = [True, False]
    elif rule.type == "enum":
        candidates = list(rule.values)
    elif rule.type == "zone":
        for atom in wanted:
            operand = atom.operand
            candidates += operand if isinstance(operand, tuple) else [str(operand)]
        candidates.append("another")
    else:
        edges = [a.operand for a in wanted if isinstance(a.operand, int)]
        edges += [x for x in (rule.true_above, rule.false_below) if x is not None]
        near = sorted({edge + step for edge in edges for step in (-1, 0, 1)})
        top = 1000 if rule.unit == "probability" else near[-1]
        candidates = [x for x in near if rule.unit != "probability" or 0 <= x <= top]
    return [
        value
        for value in candidates
        if all(_atom_truth(rule, a, value) == want for a, want in wanted.items())
    ]


def _in_words(rule: FactRule, wanted: Mapping[Atom, int]) -> str:
    """What is wanted of a number."""
    said = []
    for atom, want in wanted.items():
        yes = want == TRUE
        if atom.op == "holds":
            limit = rule.true_above if yes else rule.false_below
            assert limit is not None
            said.append(f"{'above' if yes else 'below'} {limit / 1000:g}")
            continue
        opposite = {
            "above": "at most",
            "below": "at least",
            "at_least": "below",
            "at_most": "above",
        }
        assert isinstance(atom.operand, int)
        word = atom.op.replace("_", " ") if yes else opposite[atom.op]
        said.append(f"{word} {atom.operand / 1000:g}")
    return " and ".join(said)


# -- in words ------------------------------------------------------------------


def sentence(ground: Ground, value: str) -> str:
    """The ground in one English sentence, as sure as it is.

    A ground that merely cannot be excluded must not read as if it were established:
    "the object is a civil aircraft" would be a false statement.
    """
    text = ground.text["en"]
    return text if value == "true" else f"Not excluded: {text}"


def in_text(barring: Sequence[tuple[Ground, str]]) -> str:
    """Grounds that bar, each with "true" or "unknown", as a verdict's row has them."""
    rows = [
        {
            "code": ground.code,
            "clause": ground.clause,
            "source": ground.source,
            "value": word,
            "sentence": sentence(ground, word),
            "id": ground.id,
        }
        for ground, word in barring
    ]
    return json.dumps(rows, ensure_ascii=False)
