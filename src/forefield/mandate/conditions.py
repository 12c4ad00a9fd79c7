"""Conditions: trees over typed facts, with three truth values.

A condition answers TRUE, FALSE or UNKNOWN in Kleene's strong logic: what is not
known stays unknown unless the known parts already settle the answer. No operator
asks whether a fact is known, so that taking a fact away can turn an answer only
into UNKNOWN, never into its opposite. Everything else in this room rests on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = [
    "FALSE",
    "TRUE",
    "UNKNOWN",
    "WORDS",
    "All",
    "AnyOf",
    "Atom",
    "Condition",
    "Not",
    "atoms",
    "evaluate",
    "in_words",
]

#: Truth as small integers, so that "and" is min, "or" is max and "not" is 2 - x.
FALSE, UNKNOWN, TRUE = 0, 1, 2
WORDS = ("false", "unknown", "true")

Operand = bool | int | str | tuple[str, ...] | None


@dataclass(frozen=True)
class Atom:
    """One comparison over one fact.

    op       holds (the fact itself), is, in, same_as (another fact),
             above, below, at_least, at_most
    operand  what it is compared with; numbers in thousandths
    """

    fact: str
    op: str = "holds"
    operand: Operand = None


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Atom | All | AnyOf | Not


def evaluate(condition: Condition, truth: Callable[[Atom], int]) -> int:
    """Truth of a condition, given the truth of its atoms.

    >>> known = {"seen": TRUE, "civil": UNKNOWN}
    >>> tree = All((Atom("seen"), Not(Atom("civil"))))
    >>> WORDS[evaluate(tree, lambda atom: known[atom.fact])]
    'unknown'
    """
    if isinstance(condition, Atom):
        return truth(condition)
    if isinstance(condition, Not):
        return TRUE - evaluate(condition.part, truth)
    values = [evaluate(part, truth) for part in condition.parts]
    return min(values) if isinstance(condition, All) else max(values)


def atoms(condition: Condition) -> Iterator[Atom]:
    """The comparisons of a condition, from left to right."""
    if isinstance(condition, Atom):
        yield condition
    elif isinstance(condition, Not):
        yield from atoms(condition.part)
    else:
        for part in condition.parts:
            yield from atoms(part)


_SAID = {
    "is": "is",
    "in": "is one of",
    "same_as": "is the same as",
    "above": "above",
    "below": "below",
    "at_least": "at least",
    "at_most": "at most",
}


def in_words(condition: Condition) -> str:
    """A condition as one line for people.

    >>> in_words(All((Atom("over", "is", "UA"), Not(Atom("procedures_agreed")))))
    'over is UA and not procedures_agreed'
    """
    if isinstance(condition, Atom):
        if condition.op == "holds":
            return condition.fact
        operand = condition.operand
        if isinstance(operand, bool):
            operand = "true" if operand else "false"
        elif isinstance(operand, tuple):
            operand = ", ".join(operand)
        elif isinstance(operand, int):
            operand = f"{operand / 1000:g}"
        return f"{condition.fact} {_SAID[condition.op]} {operand}"
    if isinstance(condition, Not):
        inner = in_words(condition.part)
        plain = isinstance(condition.part, Atom) and condition.part.op == "holds"
        return f"not {inner}" if plain else f"not ({inner})"
    word = " and " if isinstance(condition, All) else " or "
    return word.join(
        f"({in_words(p)})" if isinstance(p, All | AnyOf) else in_words(p)
        for p in condition.parts
    )
