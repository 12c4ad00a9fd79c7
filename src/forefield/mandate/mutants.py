"""Mutants: tables with one thing wrong, to see whether the invariants notice.

A proof is worth what it would catch. `mutants` changes a table in one place at a
time: a condition dropped or turned round, a comparison swapped, a limit moved, a
ground taken out, an unknown read as if it were known, a settled fact settled
otherwise. `survey` says which named invariant kills each, and asks Z3 whether a
survivor differs from the table at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from forefield.mandate.conditions import All, AnyOf, Atom, Condition, Not, in_words
from forefield.mandate.invariants import INVARIANTS, Invariant
from forefield.mandate.prove import Prover
from forefield.mandate.rules import FactRule, Ground, Mandate
from forefield.mandate.symbolic import Case, Epoch, Lenient, epochs

__all__ = ["KINDS", "Fate", "Mutant", "mutants", "survey"]

#: What is done to a table, and how the table of mutants calls it.
KINDS = {
    "ground dropped": "a whole ground taken out",
    "condition dropped": "one part of an all or an any taken out",
    "condition negated": "one comparison turned round",
    "all and any swapped": "every part asked for instead of one, or the reverse",
    "comparison swapped": "at most for at least, below for above, at for beyond",
    "word dropped": "one country or word taken out of a list",
    "number moved": "the number of a comparison moved by a thousandth",
    "limit moved": "a limit put where the other one is, or a hundred times off",
    "age dropped": "evidence never becomes stale",
    "unknown permits": "UNKNOWN read so that the ground does not bar",
    "settled otherwise": "a settled fact turned round, made known or left open",
}

_OPPOSITE = {
    "above": ("below", "at_least"),
    "below": ("above", "at_most"),
    "at_least": ("at_most", "above"),
    "at_most": ("at_least", "below"),
}


@dataclass(frozen=True)
class Mutant:
    """One wrong table.

    kind   one of KINDS
    where  the ground, fact or settled fact that was changed, with its days
    what   the change in words
    was, now  the ground before and after; None where it is no ground or is gone
    """

    kind: str
    where: str
    what: str
    mandate: Mandate
    was: Ground | None = None
    now: Ground | None = None


@dataclass(frozen=True)
class Fate:
    """What became of a mutant.

    killed_by   name of the first invariant that it breaks; "" when none
    equivalent  Z3: it differs from the table in no case
    """

    mutant: Mutant
    killed_by: str
    equivalent: bool = False


# -- making them ---------------------------------------------------------------------


def mutants(mandate: Mandate) -> Iterator[Mutant]:
    """Every table that differs from this one in one place."""
    for i, ground in enumerate(mandate.grounds):
        where = f"{ground.id} ({ground.in_force})"
        rest = mandate.grounds[:i] + mandate.grounds[i + 1 :]
        gone = replace(mandate, grounds=rest)
        yield Mutant("ground dropped", where, "gone", gone, ground)
        for kind, what, when in _conditions(mandate, ground.when):
            now = replace(ground, when=when)
            grounds = (*mandate.grounds[:i], now, *mandate.grounds[i + 1 :])
            other = replace(mandate, grounds=grounds)
            yield Mutant(kind, where, what, other, ground, now)
    for rule in mandate.facts.values():
        for kind, what, changed in _facts(rule):
            facts = {**mandate.facts, rule.name: changed}
            yield Mutant(kind, rule.name, what, replace(mandate, facts=facts))
    for i, row in enumerate(mandate.standing):
        where = f"{row.fact} ({row.in_force})"
        values: list[Any] = [v for v in (True, False, None) if v is not row.value]
        if isinstance(row.value, str):
            values = [None]
        for value in values:
            standing = list(mandate.standing)
            standing[i] = replace(row, value=value)
            yield Mutant(
                "settled otherwise",
                where,
                f"{_told(row.value)} → {_told(value)}",
                replace(mandate, standing=tuple(standing)),
            )
        standing = [s for j, s in enumerate(mandate.standing) if j != i]
        yield Mutant(
            "settled otherwise",
            where,
            f"{_told(row.value)} → left open",
            replace(mandate, standing=tuple(standing)),
        )


def _told(value: bool | str | None) -> str:
    return "unknown" if value is None else str(value).lower()


def _conditions(
    mandate: Mandate, when: Condition, *, barring: bool = True
) -> Iterator[tuple[str, str, Any]]:
    """(kind, change in words, condition) for every change at or below a node.

    barring  whether the node bars when true; under a `not` it bars when false
    """
    said = in_words(when)
    yield "unknown permits", said, Lenient(when, not barring)
    if isinstance(when, Atom):
        yield "condition negated", said, Not(when)
        for kind, changed in _comparisons(when):
            yield kind, f"{said} → {in_words(changed)}", changed
        return
    if isinstance(when, Not):
        for kind, what, part in _conditions(mandate, when.part, barring=not barring):
            yield kind, what, Not(part)
        return
    parts = when.parts
    swapped: Condition = AnyOf(parts) if isinstance(when, All) else All(parts)
    if len(parts) > 1:
        yield "all and any swapped", said, swapped
    for i, part in enumerate(parts):
        rest = parts[:i] + parts[i + 1 :]
        if rest:
            less = rest[0] if len(rest) == 1 else replace(when, parts=rest)
            yield "condition dropped", in_words(part), less
        for kind, what, changed in _conditions(mandate, part, barring=barring):
            with_it = (*parts[:i], changed, *parts[i + 1 :])
            yield kind, what, replace(when, parts=with_it)


def _comparisons(atom: Atom) -> Iterator[tuple[str, Atom]]:
    for op in _OPPOSITE.get(atom.op, ()):
        yield "comparison swapped", replace(atom, op=op)
    if atom.op in _OPPOSITE and isinstance(atom.operand, int):
        for step in (-1, 1):
            yield "number moved", replace(atom, operand=atom.operand + step)
    if isinstance(atom.operand, tuple) and len(atom.operand) > 1:
        for word in atom.operand:
            rest = tuple(w for w in atom.operand if w != word)
            yield "word dropped", replace(atom, operand=rest)


def _facts(rule: FactRule) -> Iterator[tuple[str, str, FactRule]]:
    above, below = rule.true_above, rule.false_below
    if above is not None and below is not None:
        if above != below:
            what = f"true above {below / 1000:g} instead of {above / 1000:g}"
            yield "limit moved", what, replace(rule, true_above=below)
            what = f"false below {above / 1000:g} instead of {below / 1000:g}"
            yield "limit moved", what, replace(rule, false_below=above)
        else:
            far = above * 100
            what = f"both limits {far / 1000:g} instead of {above / 1000:g}"
            yield "limit moved", what, replace(rule, true_above=far, false_below=far)
    if rule.max_age_ms is not None:
        what = f"no age instead of {rule.max_age_ms / 1000:g} s"
        yield "age dropped", what, replace(rule, max_age_ms=None)


# -- killing them --------------------------------------------------------------------


def survey(mandate: Mandate, some: Iterable[Mutant] | None = None) -> Iterator[Fate]:
    """Each mutant of a table with the invariant that kills it, in order.

    An invariant that the table itself breaks kills nothing.

    some  these mutants of the table only; default: all

    Raises `InputError` when Z3 is not installed.
    """
    original = Prover(mandate)
    held = {i.name for i in INVARIANTS if i.applies(mandate) and not original.breaks(i)}
    spans = _spans(mandate, mandate)
    for mutant in mutants(mandate) if some is None else some:
        other = _spans(mutant.mandate, mandate)
        touched = [i for i, span in enumerate(other) if span != spans[i]]
        same_facts = mutant.mandate.facts == mandate.facts
        if not same_facts:
            touched = list(range(len(other)))
        prover = Prover(
            mutant.mandate,
            spans=tuple(other[i] for i in touched),
            like=original if same_facts else None,
            faithful=False,
        )
        asked = (i for i in _likely(mutant) if i.name in held)
        killer = next((i.name for i in asked if prover.breaks(i)), "")
        equal = not killer and all(
            _equivalent(original, prover, spans[i][0], other[i][0]) for i in touched
        )
        yield Fate(mutant, killer, equal)


def _spans(mandate: Mandate, like: Mandate) -> tuple[tuple[Epoch, Epoch | None], ...]:
    found = epochs(mandate, like)
    return tuple(zip(found, (None, *found), strict=False))


#: The order in which invariants are asked about a mutant: what kills most, and is
#: quickly asked, first. It decides only which of several killers is named.
_FIRST = (
    "never-3",
    "never-1",
    "never-2",
    "never-4",
    "never-5",
    "never-7",
    "never-11",
    "never-6",
    "asks-no-more",
    "own-place",
    "reach",
    "worse-never-helps",
    "monotone",
)


def _likely(mutant: Mutant) -> list[Invariant]:
    """The invariants that apply; of settled facts only those that look at them."""
    fit = [i for i in INVARIANTS if i.applies(mutant.mandate)]
    if mutant.kind == "settled otherwise":
        return [i for i in fit if i.settled or i.name in ("never-2", "never-5")]
    first = ("monotone",) if mutant.kind == "unknown permits" else ()
    order = (*first, *_FIRST, *(i.name for i in fit))
    return sorted(fit, key=lambda i: order.index(i.name))


def _equivalent(one: Prover, other: Prover, old: Epoch, new: Epoch) -> bool:
    """Whether two tables say the same of every case: each ground true, unknown, false.

    Asked with every standing fact open and with what each table settles.
    """
    if [g.id for g in old.grounds] != [g.id for g in new.grounds]:
        return False
    z3 = one.z3
    for settles, settles_now in (((), ()), (old.standing, new.standing)):
        a = Case(one.mandate, one.zones, "a", settles)
        b = Case(other.mandate, one.zones, "a", settles_now)
        differ = []
        for g, h in zip(old.grounds, new.grounds, strict=True):
            (yes, no), (yes_now, no_now) = a.truth(g.when), b.truth(h.when)
            differ += [yes != yes_now, no != no_now]
        asked = z3.Solver()
        asked.add(*a.domain(), z3.Or(differ))
        if asked.check() != z3.unsat:
            return False
    return True
