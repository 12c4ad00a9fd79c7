"""A second evaluator that shares no line with ours: the table as Cedar policies.

Cedar (Apache-2.0, cedarpolicy.com) is a policy language with an engine in Rust.
`policies` writes a mandate in it: one policy lets a case through to a human, two
`forbid` policies a ground stop it, the one where its condition is certainly true, the
other where that cannot be excluded. `Cedar` runs them and gives what `judge` gives: the
code, and every barring ground with its value. Needs the extra `cedar`.

Cedar has two truth values, and a policy that meets an absent attribute is skipped: an
absent fact would pass. So every use of a fact asks first whether it is there, and the
schema that is emitted beside the policies makes Cedar's own validator refuse a use that
does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.mandate.conditions import All, Atom, Condition, Not
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import judge
from forefield.mandate.rules import FactRule, Ground, Mandate, Standing, thousandths
from forefield.mandate.verdict_table import CODES

__all__ = ["Cedar", "Said", "cases", "disagreements", "policies", "schema"]

#: What an evaluator says of a case: the code, then (ground, "true" or "unknown") in
#: the order in which they decide.
Said = tuple[str, tuple[tuple[str, str], ...]]

_TYPES = {"bool": "Bool", "number": "Long", "enum": "String", "zone": "String"}
_SIGNS = {"above": ">", "below": "<", "at_least": ">=", "at_most": "<="}
_LETS_THROUGH = "no-bar-found"


def _engine() -> Any:
    try:
        import cedarpy
    except ImportError:
        raise InputError(
            "the second evaluator needs Cedar: pip install 'forefield[cedar]'."
        ) from None
    return cedarpy


# -- writing -----------------------------------------------------------------------


def schema(mandate: Mandate) -> str:
    """The facts of a mandate as a Cedar schema: all may be absent."""
    rows = [
        f"    {name}?: {{ value: {_TYPES[rule.type]}, age_ms?: Long }},"
        for name, rule in mandate.facts.items()
    ]
    return "\n".join(
        [
            "entity Person;",
            "entity Option;",
            "action ask_a_human appliesTo {",
            "  principal: Person, resource: Option,",
            "  context: {",
            *rows,
            "  }",
            "};",
            "",
        ]
    )


def policies(mandate: Mandate, day: date) -> str:
    """The grounds in force on a day as Cedar policies.

    "Allow" means only that a human may be asked: no bar was found. Numbers are in
    thousandths, ages in milliseconds; what the mandate settles is written in.
    """
    write = _Writer(mandate, mandate.standing_on(day))
    out = [
        f"// {mandate.id} on {day}, sha256 {mandate.sha256}.",
        "// Allow: no bar was found and a human may be asked. It permits nothing.",
        f'@id("{_LETS_THROUGH}")',
        "permit (principal, action, resource);",
        "",
    ]
    for ground in mandate.grounds_on(day):
        out += write.ground(ground)
    return "\n".join(out)


class _Writer:
    """Writes conditions; certainly true and certainly false are two expressions."""

    def __init__(self, mandate: Mandate, standing: dict[str, Standing]) -> None:
        self.mandate, self.standing = mandate, standing

    def ground(self, ground: Ground) -> list[str]:
        yes, no = self.both(ground.when)
        out = []
        for value, when in (("true", yes), ("unknown", f"!({yes}) && !({no})")):
            out += [
                f'@id("{ground.id}={value}")',
                f"@code({_quoted(ground.code)})",
                f"@clause({_quoted(ground.clause)})",
                f"@source({_quoted(ground.source)})",
                "forbid (principal, action, resource)",
                f"when {{ {when} }};",
                "",
            ]
        return out

    def both(self, condition: Condition) -> tuple[str, str]:
        if isinstance(condition, Not):
            yes, no = self.both(condition.part)
            return no, yes
        if isinstance(condition, Atom):
            known, holds, fails = self.atom(condition)
            return f"({known} && {holds})", f"({known} && {fails})"
        pairs = [self.both(part) for part in condition.parts]
        every, some = " && ", " || "
        if not isinstance(condition, All):
            every, some = some, every
        yes = every.join(yes for yes, _ in pairs)
        no = some.join(no for _, no in pairs)
        return f"({yes})", f"({no})"

    def atom(self, atom: Atom) -> tuple[str, str, str]:
        """(is known, holds, fails): the last two only where it is known."""
        rule, operand = self.mandate.facts[atom.fact], atom.operand
        known, value = self.known(atom.fact), self.value(atom.fact)
        if atom.op == "holds" and rule.type == "number":
            return (
                known,
                f"{value} > {rule.true_above}",
                f"{value} < {rule.false_below}",
            )
        if atom.op == "holds":
            return known, value, f"!{value}"
        if atom.op == "same_as":
            other = str(operand)
            known = f"{known} && {self.known(other)}"
            holds = f"{value} == {self.value(other)}"
        elif atom.op == "in":
            assert isinstance(operand, tuple)
            words = ", ".join(_quoted(word) for word in operand)
            holds = f"[{words}].contains({value})"
        elif atom.op == "is":
            holds = f"{value} == {_constant(operand)}"
        else:
            holds = f"{value} {_SIGNS[atom.op]} {operand}"
        return known, holds, f"!({holds})"

    def known(self, name: str) -> str:
        if name in self.standing:
            return "false" if self.standing[name].value is None else "true"
        fact, longest = f"context.{name}", self.mandate.facts[name].max_age_ms
        there, age = f"context has {name}", f"{fact}.age_ms"
        if longest is None:
            # Cedar's validator follows "has" through "if", not through "not … or".
            return f"({there} && (if {fact} has age_ms then {age} >= 0 else true))"
        return f"({there} && {fact} has age_ms && {age} >= 0 && {age} <= {longest})"

    def value(self, name: str) -> str:
        settled = self.standing.get(name)
        if settled is None or settled.value is None:
            return f"context.{name}.value"
        return _constant(settled.value)


def _constant(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{plain}"'


# -- running -------------------------------------------------------------------------


class Cedar:
    """A mandate on one day, judged by Cedar's engine.

    Raises `InputError` without Cedar, and `ValueError` where Cedar's validator finds
    fault with the policies: they would then be ours to mend.
    """

    def __init__(self, mandate: Mandate, day: date) -> None:
        self.engine = _engine()
        self.mandate = mandate
        text, shape = policies(mandate, day), schema(mandate)
        found = self.engine.validate_policies(text, shape)
        if not found.validation_passed:
            raise ValueError(f"Cedar: {mandate.id}: {found.errors[0]}")
        self._policies = self.engine.PolicySet.from_str(text)
        self._schema = self.engine.Schema.from_str(shape)
        self._nobody = self.engine.Entities.from_json_str("[]")
        self._order = {g.id: (g.order, g.code) for g in mandate.grounds_on(day)}

    def judge(self, rows: Sequence[Facts]) -> list[Said]:
        """What Cedar says of each case."""
        asked = [
            {
                "principal": {"type": "Person", "id": "holder"},
                "action": {"type": "Action", "id": "ask_a_human"},
                "resource": {"type": "Option", "id": facts.option_id or "option"},
                "context": _context(self.mandate, facts),
            }
            for facts in rows
        ]
        answers = self.engine.is_authorized_batch(
            asked, self._policies, self._nobody, self._schema
        )
        return [self._said(answer) for answer in answers]

    def _said(self, answer: Any) -> Said:
        if answer.diagnostics.errors:
            raise ValueError(f"Cedar: {answer.diagnostics.errors}")
        told = answer.diagnostics.id_annotations_by_reason.values()
        if answer.allowed:
            return CODES[-1], ()
        found = [tuple(one.rsplit("=", 1)) for one in told]
        found.sort(key=lambda one: self._order[one[0]][0])
        return self._order[found[0][0]][1], tuple((g, v) for g, v in found)


def _context(mandate: Mandate, facts: Facts) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, given in facts.given.items():
        value: Any = given.value
        if value is None or value == "":
            continue
        if mandate.facts[name].type == "number":
            if math.isnan(value):
                continue
            value = thousandths(float(value))
        out[name] = {"value": value}
        if given.as_of_s is not None:
            out[name]["age_ms"] = thousandths(facts.at_s - given.as_of_s)
    return out


# -- comparing -------------------------------------------------------------------------


def disagreements(
    mandate: Mandate, day: date, rows: Sequence[Facts]
) -> Iterator[tuple[Facts, Said, Said]]:
    """The cases of which Cedar and `judge` do not say the same: (case, ours, theirs).

    Compared are the code, every barring ground, their order, and whether each is
    true or unknown.
    """
    for facts, theirs in zip(rows, Cedar(mandate, day).judge(rows), strict=True):
        found = judge(mandate, facts)
        ours = found.code, tuple((f.ground.id, f.value) for f in found.grounds)
        if ours != theirs:
            yield facts, ours, theirs


def cases(mandate: Mandate, n: int, stream: Stream, at_s: float) -> list[Facts]:
    """Cases that lie where evaluators differ: on limits, beside them, and absent.

    Three of four begin with a case that the mandate bars least, over one country by
    another, and change up to four facts; the rest draw every fact. Equal streams give
    equal cases.
    """
    draw = stream.generator()
    choices = {name: _choices(rule) for name, rule in mandate.facts.items()}
    starts = [
        _least_barred(mandate, choices, at_s, over, owner) for over, owner in _STARTS
    ]
    names = list(choices)
    out = []
    for i in range(n):
        start = int(draw.integers(0, len(starts) * 4 // 3))
        given, changed = {}, names
        if start < len(starts):
            given = dict(starts[start])
            few = int(draw.integers(0, 5))
            changed = [names[k] for k in draw.choice(len(names), few, replace=False)]
        for name in changed:
            options = choices[name]
            # One in eight absent, whatever the number of limits and ages.
            absent = draw.random() < 0.125
            picked = None if absent else options[int(draw.integers(0, len(options)))]
            given.pop(name, None)
            if picked is not None:
                given[name] = _dated(picked, at_s)
        out.append(Facts(at_s, given, f"case-{i}", i))
    return out


def _dated(picked: tuple[Any, int | None], at_s: float) -> Given:
    value, age_ms = picked
    return Given(value, None if age_ms is None else at_s - age_ms / 1000)


def _choices(rule: FactRule) -> list[tuple[Any, int | None]]:
    """Every value on and beside a limit, at every age in milliseconds."""
    values: list[Any] = [True, False]
    if rule.type == "enum":
        values = list(rule.values)
    elif rule.type == "zone":
        values = ["UA", "PL", "RO", "LT", "BY", "XS"]
    elif rule.type == "number":
        chance = rule.unit == "probability"
        low, high = (0, 1000) if chance else (-(10**6), 10**6)
        limits = {x for x in (rule.true_above, rule.false_below) if x is not None}
        near = {edge + step for edge in (0, *limits) for step in (-1, 0, 1)}
        near |= {low, high, high // 2}
        values = [x / 1000 for x in sorted(near) if low <= x <= high]
        values += [(x + 0.4) / 1000 for x in sorted(limits)]
    ages = {-1, 0, 1, 4_000, 10**9}
    if rule.max_age_ms is not None:
        longest = rule.max_age_ms
        ages |= {longest - 1, longest, longest + 1}
    return [(v, age) for v in values for age in (None, *sorted(ages))]


#: Over which country, by whose forces.
_STARTS = (
    ("UA", "PL"),
    ("UA", "RO"),
    ("UA", "UA"),
    ("PL", "PL"),
    ("RO", "RO"),
    ("LT", "LT"),
)


def _least_barred(
    mandate: Mandate,
    choices: dict[str, list[tuple[Any, int | None]]],
    at_s: float,
    over: str,
    owner: str,
) -> dict[str, Given]:
    """The case with the fewest bars that changing one fact at a time finds."""
    fixed = {"over": over, "owner": owner, "action": "intercept"}
    fixed |= {"fires_from": owner, "guard": "PL" if over == "UA" else over}
    given = {n: Given(v, at_s) for n, v in fixed.items() if n in mandate.facts}

    def bars() -> int:
        return len(judge(mandate, Facts(at_s, given)).grounds)

    fewest = bars()
    for name, options in choices.items():
        if name in fixed:
            continue
        kept = None
        for value in dict.fromkeys(value for value, _ in options):
            given[name] = Given(value, at_s)
            count = bars()
            # Equal counts too: one answer of five lifts no bar by itself.
            if count < fewest or (count == fewest and kept is None):
                fewest, kept = count, given[name]
        given.pop(name)
        if kept is not None:
            given[name] = kept
    return given
