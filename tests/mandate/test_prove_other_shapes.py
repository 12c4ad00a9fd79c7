"""The invariants are not about one table: mandates of other shapes keep and break them."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from mandate_cases import AGREED

from forefield.mandate.conditions import All, AnyOf, Atom, Condition, Not
from forefield.mandate.mutants import mutants, survey
from forefield.mandate.prove import Prover, prove
from forefield.mandate.rules import FactRule, Ground, InForce, Mandate

pytest.importorskip("z3")
ALWAYS = InForce()


def _ground(ground_id: str) -> Ground:
    found = [g for g in AGREED.grounds if g.id == ground_id]
    return dataclasses.replace(found[-1], in_force=ALWAYS)


def _stripped(condition: Condition) -> Condition:
    """Without the parts that tie a ground to Ukraine's airspace."""
    if not isinstance(condition, All):
        return condition
    kept = tuple(
        p
        for p in condition.parts
        if p not in (Atom("over", "is", "UA"), Not(Atom("owner", "is", "UA")))
    )
    return kept[0] if len(kept) == 1 else All(kept)


def border(extra: dict[str, FactRule], *more: Ground, name: str) -> Mandate:
    """A mandate about Poland's own airspace, made of the parts of another."""
    place = dataclasses.replace(
        _ground("place"),
        when=AnyOf((Not(Atom("over", "is", "PL")), Not(Atom("guard", "is", "PL")))),
    )
    plain = ("inaction", "civil", "crewed", "friendly", "status-open")
    plain += ("existence", "consistency", "evidence-age", "debris-guard", "feasible")
    people = ("awaiting", "refused")
    grounds = [place, *more, _ground("lapsed"), *(_ground(n) for n in plain)]
    for ground_id in people:
        one = _ground(ground_id)
        grounds.append(dataclasses.replace(one, when=_stripped(one.when)))
    used = {name for g in grounds for name in g.facts()} | {"owner", "fires_from"}
    used |= {h.fact for h in AGREED.holders}
    facts = {n: r for n, r in AGREED.facts.items() if n in used} | extra
    return dataclasses.replace(
        AGREED,
        id=name,
        status="",
        facts=facts,
        grounds=tuple(grounds),
        in_force=ALWAYS,
    )


STATUS_QUO = border({}, name="status-quo-border")

CONTACT = FactRule("contact_lost", "bool", "standing", "contact is lost")
POWER = dataclasses.replace(
    _ground("basis-poland"), id="power", when=Not(Atom("contact_lost"))
)
LOST_CONTACT = dataclasses.replace(
    border({"contact_lost": CONTACT}, POWER, name="lost-contact"),
    in_force=InForce(date(2026, 1, 23)),  # the power's first day, as assumed
)

#: The same power, reaching over Ukraine.
STRETCHED = dataclasses.replace(
    LOST_CONTACT,
    id="stretched",
    grounds=tuple(
        dataclasses.replace(
            g, when=Not(AnyOf((Atom("over", "is", "UA"), Atom("over", "is", "PL"))))
        )
        if g.id == "place"
        else g
        for g in LOST_CONTACT.grounds
    ),
)


@pytest.mark.parametrize("mandate", [STATUS_QUO, LOST_CONTACT], ids=lambda m: m.id)
def test_a_mandate_about_its_own_airspace_keeps_every_invariant(
    mandate: Mandate,
) -> None:
    broken = [
        (p.invariant.name, p.counterexample) for p in prove(mandate) if not p.holds
    ]
    assert not broken
    assert Prover(mandate).attainable(settled=False)


def test_an_emergency_power_that_reaches_over_ukraine_breaks_never_7() -> None:
    broken = {p.invariant.name for p in prove(STRETCHED) if not p.holds}
    assert {"never-1", "never-7"} <= broken


@pytest.mark.parametrize("mandate", [STATUS_QUO, LOST_CONTACT], ids=lambda m: m.id)
def test_its_mutants_are_killed_too(mandate: Mandate) -> None:
    fates = list(survey(mandate, mutants(mandate)))
    alive = [f.mutant for f in fates if not f.killed_by and not f.equivalent]
    assert len(fates) > 100
    assert not [(m.kind, m.where, m.what) for m in alive]


def test_a_mandate_that_asks_nobody_breaks_never_5() -> None:
    nobody = dataclasses.replace(
        STATUS_QUO,
        holders=(),
        grounds=tuple(
            g for g in STATUS_QUO.grounds if g.id not in ("awaiting", "refused")
        ),
    )
    assert "never-5" in {p.invariant.name for p in prove(nobody) if not p.holds}


def test_a_mandate_that_does_not_ask_whether_it_is_civil_breaks_never_3() -> None:
    facts = {n: r for n, r in STATUS_QUO.facts.items() if n != "p_civil"}
    blind = dataclasses.replace(
        STATUS_QUO,
        facts=facts,
        grounds=tuple(g for g in STATUS_QUO.grounds if g.id != "civil"),
    )
    assert "never-3" in {p.invariant.name for p in prove(blind) if not p.holds}
