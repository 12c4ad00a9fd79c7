"""The nevers that are about cases: what the mechanism must never do, as claims.

Each function is one number of the list in docs/rooms/mandate.md. It describes wrongs,
from public law and in terms of facts and verdict codes; none looks at a condition of
a table. 6, 8, 9, 10 and 12 are about what is printed and kept, and are tested there;
of 6 the part that is about cases is here as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forefield.mandate.frames import (
    CLAUSE,
    CONSENT,
    HARM,
    HAZARDS,
    LEGAL,
    OWN_LAW,
    RAILS,
    Claim,
    Frame,
)
from forefield.mandate.symbolic import Case, atoms_of

__all__ = [
    "never_1",
    "never_2",
    "never_3",
    "never_4",
    "never_5",
    "never_6",
    "never_7",
    "never_11",
]


def _young(f: Frame, case: Case, name: str) -> Any:
    """Given, dated, not from the future and within the rail of age."""
    if name not in case.said:
        return f.z.BoolVal(False)
    fact = case.said[name]
    age = f.z.And(fact.age_ms >= 0, fact.age_ms <= RAILS["age_ms_at_most"])
    return f.z.And(fact.given, fact.dated, age)


def never_1(f: Frame) -> Iterator[Claim]:
    a = f.a
    yield Claim(f.z.And(f.no_bar(a), f.abroad(a), f.z.Not(f.consent(a))), (a,))
    told = f.some_bar(a, "NO_HOST_CONSENT", "OUT_OF_SCOPE", "NATIONAL_LAW")
    bare = f.z.Or(
        *(f.z.Not(a.equals(name, True)) for name in CONSENT),
        f.z.And(
            a.equals("fires_from", "UA"),
            f.z.Not(a.equals("host_consent_units", True)),
        ),
    )
    yield Claim(f.z.And(f.over_ukraine_by_another(a), bare, f.z.Not(told)), (a,))


def never_2(f: Frame) -> Iterator[Claim]:
    a = f.a
    abroad = f.z.And(f.no_bar(a), f.over_ukraine_by_another(a))
    agreed = [a.equals(name, True) for name in f.links_abroad()]
    yield Claim(f.z.And(abroad, f.z.Not(f.z.And(*agreed, f.consent(a)))), (a,))
    for name in f.links_abroad():
        said = f.some_bar(a, "NO_AGREED_PROCEDURE", "OUT_OF_SCOPE", "NATIONAL_LAW")
        missing = f.z.Not(a.equals(name, True))
        yield Claim(f.z.And(f.over_ukraine_by_another(a), missing, f.z.Not(said)), (a,))
    if f.epoch.first and f.epoch.first >= CLAUSE:
        towards = a.equals("guard", "PL")
        kind = a.between("p_missile_or_uav", RAILS["object_at_least"], None)
        young = _young(f, a, "p_missile_or_uav")
        yield Claim(f.z.And(abroad, f.z.Not(f.z.And(towards, kind, young))), (a,))
    if f.before is not None and f.epoch.first == CLAUSE:
        for code in ("NO_HOST_CONSENT", "NO_DOMESTIC_BASIS", "NO_AGREED_PROCEDURE"):
            old = [a.bars(g) for g in f.before.grounds if g.code == code]
            lifted = f.z.And(f.z.Or(old), f.z.Not(f.some_bar(a, code)))
            yield Claim(lifted, (a,), "the day of the clause lifts a bar")
    for row in f.mandate.standing:
        clause = "2024" in row.source and "agreement" in row.source.lower()
        if row.value is True and clause and "ASSUMPTION" not in row.source:
            said = f"{row.fact} is settled as true on the strength of the 2024 text"
            yield Claim(None, said=said)


def never_3(f: Frame) -> Iterator[Claim]:
    a = f.a
    most = RAILS["hazard_at_most"]
    for name in HAZARDS:
        excluded = a.between(name, None, most)
        yield Claim(f.z.And(f.no_bar(a), f.z.Not(excluded)), (a,))
        told = f.some_bar(a, "REFUSE_PROTECTED", "NATIONAL_LAW")
        yield Claim(f.z.And(f.z.Not(told), f.z.Not(excluded)), (a,))


def never_4(f: Frame) -> Iterator[Claim]:
    a = f.a
    clear = f.no_bar(a)
    # Age has none of its own; entry is asked for abroad, the kind by the clause.
    apart = ("evidence_age_s", "p_enter", "p_missile_or_uav")
    for name, rule in f.mandate.facts.items():
        if rule.about not in ("object", "forecast") or name in apart:
            continue
        yield Claim(f.z.And(clear, f.z.Not(_young(f, a, name))), (a,))
    least = RAILS["object_at_least"]
    for name in ("p_exist", "p_missile", "p_uav"):
        if name == "p_exist" or f.has(name):
            sure = a.between(name, least, None)
            yield Claim(f.z.And(clear, f.z.Not(sure)), (a,))
    if f.has("consistent"):
        yield Claim(f.z.And(clear, f.z.Not(a.equals("consistent", True))), (a,))
    old = f.z.Not(a.between("evidence_age_s", None, RAILS["evidence_age_at_most"]))
    yield Claim(f.z.And(clear, old), (a,))
    if f.has("p_enter"):
        likely = a.said["p_enter"].value > RAILS["entry_above"]
        enters = f.z.And(_young(f, a, "p_enter"), likely)
        yield Claim(f.z.And(clear, f.abroad(a), f.z.Not(enters)), (a,))


def never_5(f: Frame) -> Iterator[Claim]:
    a = f.a
    clear = f.no_bar(a)
    yield Claim(f.z.And(clear, f.z.Not(f.all_said_yes(a))), (a,))
    if not f.mandate.holders:
        yield Claim(clear, (a,), "nobody is asked")
    if f.has("action"):
        acts = a.equals("action", "intercept")
        yield Claim(f.z.And(clear, f.z.Not(acts)), (a,))
    yield Claim(f.z.And(clear, f.z.Not(a.equals("feasible", True))), (a,))
    in_time = a.between("seconds_left", 1, None)
    yield Claim(f.z.And(clear, f.z.Not(in_time)), (a,))
    for name in HARM if f.has("harm_host_p95") else HARM[:1]:
        weighed = a.between(name, None, RAILS["harm_at_most"])
        where = f.z.BoolVal(True)
        if name == "harm_host_p95":
            where = f.z.Or(f.abroad(a), a.equals("over", "UA"))
        yield Claim(f.z.And(clear, where, f.z.Not(weighed)), (a,))
    for name, rule in f.mandate.facts.items():
        apart = name in (*CONSENT, "host_consent_units") or name.startswith(OWN_LAW)
        if rule.about == "standing" and rule.type == "bool" and not apart:
            where = f.abroad(a) if name in f.links_abroad() else f.z.BoolVal(True)
            missing = f.z.Not(a.equals(name, True))
            yield Claim(f.z.And(clear, where, missing), (a,), f"without {name}")
    for row in f.mandate.standing:
        if f.mandate.facts[row.fact].about != "standing":
            yield Claim(None, said=f"the mandate itself settles {row.fact}")


def never_6(f: Frame) -> Iterator[Claim]:
    a = f.a
    elsewhere = f.some_bar(a, "OUT_OF_SCOPE", "NATIONAL_LAW")
    refusals = f.of("REFUSED_BY_HOLDER")
    heard = f.z.Or([a.asserts(g) for g in refusals])
    for holder in f.mandate.holders:
        no = a.equals(holder.fact, "no")
        yield Claim(f.z.And(no, f.z.Not(elsewhere), f.z.Not(heard)), (a,))


def never_7(f: Frame) -> Iterator[Claim]:
    a = f.a
    yield Claim(f.z.And(f.no_bar(a), f.abroad(a), f.z.Not(f.basis(a))), (a,))
    national = f.asserted(a, "NATIONAL_LAW")
    yield Claim(f.z.And(national, f.abroad(a)), (a,))
    told = f.some_bar(a, "NO_DOMESTIC_BASIS", "OUT_OF_SCOPE", "NATIONAL_LAW")
    lacking = f.z.And(f.over_ukraine_by_another(a), f.z.Not(f.basis(a)))
    yield Claim(f.z.And(lacking, f.z.Not(told)), (a,))
    for ground in f.grounds:
        for other in f.grounds:
            if ground.code == other.code == "NATIONAL_LAW" and ground is not other:
                both = f.z.And(a.asserts(ground), a.asserts(other))
                if ground.order < other.order:
                    yield Claim(both, (a,), "two national laws at once")
    # An emergency power answers for lost contact over the state that made it.
    powers = f.powers()
    if powers:
        yield Claim(f.z.And(f.no_bar(a), f.z.Not(f.over_the_guard(a))), (a,))
        for name in powers:  # used only in its emergency; which word means it?
            held = "lost" not in name and "emergency" not in name
            there = a.known(name) if held else a.equals(name, True)
            yield Claim(f.z.And(f.no_bar(a), f.z.Not(there)), (a,))
        b = f.case("b")
        alike = [
            f.z.And(a.known(n) == b.known(n), a.value(n) == b.value(n))
            for n in f.mandate.facts
            if n not in powers
        ]
        lifted = f.z.And(f.no_bar(a), f.some_bar(b), f.abroad(a))
        yield Claim(f.z.And(*alike, lifted), (a, b))


def never_11(f: Frame) -> Iterator[Claim]:
    """Only a bar of evidence, kind or harm may move when an assumed limit moves."""
    for rule in f.mandate.assumed_parameters():
        for ground in f.of(*LEGAL):
            limited = rule.true_above is not None or rule.max_age_ms is not None
            if limited and rule.name in {x.fact for x in atoms_of(ground.when)}:
                yield Claim(None, said=f"{ground.id} rests on the limit of {rule.name}")
    for rule in f.mandate.facts.values():
        if rule.limits_in_words() and not rule.basis.strip():
            yield Claim(None, said=f"the limits of {rule.name} have no basis")
        if rule.type != "number" or rule.unit != "probability":
            continue
        value = f.a.said[rule.name].value
        if rule.true_above is not None and rule.false_below is not None:
            asserted = f.z.And(value > rule.true_above, value <= 500)
            denied = f.z.And(value < rule.false_below, value >= 500)
            yield Claim(f.z.Or(asserted, denied), (f.a,), "against even odds")
