"""What must hold of every mandate, whatever its table says.

Each invariant is written from public law and from the twelve things the mechanism
must never do (docs/rooms/mandate.md), in terms of facts and verdict codes, never from
the conditions of a table. An invariant gives *claims*; a claim is a formula that
describes a wrong: a case for which it holds is a counterexample.

`no_bar` below means: no ground bars, a human may decide. Facts that a table does not
ask for are never known, so a table that omits what an invariant needs fails it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from forefield.mandate import nevers
from forefield.mandate.frames import (
    AGREED_WITH_UKRAINE,
    CLEAR,
    CONSENT,
    HARM,
    HAZARDS,
    OBJECT,
    OWN_LAW,
    RECORD,
    SUPPOSED,
    Claim,
    Frame,
    kept,
    reach_of,
)
from forefield.mandate.rules import Mandate
from forefield.mandate.symbolic import Case, atoms_of
from forefield.mandate.verdict_table import CODES

__all__ = ["INVARIANTS", "Invariant"]

Build = Callable[[Frame], Iterator[Claim]]


@dataclass(frozen=True)
class Invariant:
    """A named law over mandates.

    name      short, used in tables; `never-3` is number 3 of the twelve
    sentence  what is proved, in words
    source    where it comes from
    build     its claims in one epoch
    settled   asked with what the mandate settles; otherwise every standing fact is
              left open, which proves more: whoever copies the table and settles a
              fact otherwise keeps the protection
    applies   to which mandates
    """

    name: str
    sentence: str
    source: str
    build: Build
    settled: bool = False
    applies: Callable[[Mandate], bool] = lambda mandate: True


# -- one deciding ground -------------------------------------------------------


def _deciding(f: Frame, case: Case) -> list[Any]:
    """For each ground: it bars, and none with a lower order does."""
    rows = [(g.order, case.bars(g)) for g in f.grounds]
    out = []
    for order, bars in rows:
        earlier = [other for lower, other in rows if lower < order]
        out.append(f.z.And(bars, f.z.Not(f.z.Or(earlier))))
    return out


def _one_decides(f: Frame) -> Iterator[Claim]:
    a = f.a
    decides = _deciding(f, a)
    yield Claim(f.z.And(f.some_bar(a), f.z.Not(f.z.Or(decides))), (a,))
    yield Claim(f.z.Not(f.z.AtMost(*decides, 1)), (a,))


def _gravest_first(f: Frame) -> Iterator[Claim]:
    a = f.a
    hidden = []
    for ground, decides in zip(f.grounds, _deciding(f, a), strict=True):
        graver = CODES[: CODES.index(ground.code)]
        hidden.append(f.z.And(decides, f.some_bar(a, *graver) if graver else False))
    yield Claim(f.z.Or(hidden), (a,))


# -- evidence ------------------------------------------------------------------


def _only(z3: Any, one: Any, other: Any) -> Any:
    """The one and not the other."""
    return z3.And(one, z3.Not(other))


def _less(f: Frame, a: Case, b: Case, name: str) -> Any:
    """In case a the fact is as in b, or missing, older, undated or between limits."""
    z, x, y, rule = f.z, a.said[name], b.said[name], f.mandate.facts[name]
    if name in a.standing:
        return z.BoolVal(True)
    same_value = x.value == y.value
    there = z.And(x.given, y.given, y.dated, y.age_ms >= 0)
    kept = z.And(x.given == y.given, x.dated == y.dated, x.age_ms == y.age_ms)
    ways = [
        z.And(kept, same_value),
        z.Not(x.given),
        z.And(there, x.dated, x.age_ms >= y.age_ms, same_value),
        z.And(there, z.Not(x.dated), same_value),
    ]
    if rule.true_above is not None and rule.false_below is not None:
        low, high = rule.false_below, rule.true_above
        ways.append(z.And(kept, x.value >= low, x.value <= high))
    if rule.max_age_ms is None:  # its date carries nothing but "not from the future"
        ways[3] = z.BoolVal(False)
    return z.Or(ways)


def _monotone(f: Frame) -> Iterator[Claim]:
    a, b = f.a, f.case("b")
    less = a.keep(
        "less", lambda: f.z.And([_less(f, a, b, name) for name in f.mandate.facts])
    )
    lost = [
        a.keep(("lost", g.when), partial(_only, f.z, b.bars(g), a.bars(g)))
        for g in f.grounds
    ]
    yield Claim(f.z.And(less, f.z.Or(lost)), (a, b))


def _worse(f: Frame, a: Case, b: Case) -> Any:
    """Case a is case b with something the worse for the act, or the same."""
    rows = []
    for name, rule in f.mandate.facts.items():
        x, y = a.said[name], b.said[name]
        rows += [x.given == y.given, x.dated == y.dated, x.age_ms == y.age_ms]
        if name in (*HAZARDS, *HARM, "evidence_age_s"):
            rows.append(x.value >= y.value)
        elif name in (*OBJECT, "p_enter", "seconds_left"):
            rows.append(x.value <= y.value)
        elif name.startswith("depth"):
            rows.append(x.value >= y.value)
        elif rule.about == "chain":
            rows.append(f.z.Or(x.value == y.value, x.value != 0))
        elif rule.type == "bool" and name not in f.powers():
            rows.append(f.z.Implies(x.value, y.value))
        else:
            rows.append(x.value == y.value)
    return f.z.And(rows)


def _worse_never_helps(f: Frame) -> Iterator[Claim]:
    a, b = f.a, f.case("b")
    worse = a.keep("worse", lambda: _worse(f, a, b))
    yield Claim(f.z.And(worse, f.no_bar(a), f.some_bar(b)), (a, b))


# -- nothing more than that ----------------------------------------------------


@kept
def _clear(f: Frame, case: Case) -> Any:
    """A case with every link in place and evidence nobody could doubt."""
    named = {n.rsplit("_", 1)[1] for n in f.mandate.facts if n.startswith(OWN_LAW)}
    home = f.own_sky(case)
    parts = [
        f.all_said_yes(case),
        f.z.Or(home, f.z.And(f.basis(case), f.consent(case))),
    ]
    for name, rule in f.mandate.facts.items():
        if rule.about in ("object", "forecast"):
            said = case.said[name]
            age = f.z.And(said.age_ms >= 0, said.age_ms <= CLEAR["age_ms_at_most"])
            parts.append(f.z.And(said.given, said.dated, age))
        if name in HAZARDS:
            parts.append(case.between(name, None, CLEAR["hazard_at_most"]))
        elif name in OBJECT:
            parts.append(case.between(name, CLEAR["object_at_least"], None))
        elif name == "p_enter":
            parts.append(case.between(name, CLEAR["entry_at_least"], None))
        elif name == "evidence_age_s":
            parts.append(case.between(name, 0, CLEAR["evidence_age_at_most"]))
        elif name in HARM:
            parts.append(case.between(name, 0, CLEAR["harm_at_most"]))
        elif name == "seconds_left":
            parts.append(case.between(name, 1, None))
        elif name in ("feasible", "consistent") or name in f.links_abroad():
            parts.append(case.equals(name, True))
        elif name == "action":
            parts.append(case.equals(name, "intercept"))
        elif rule.about == "standing" and rule.type == "bool":
            free = f.z.BoolVal(False)
            if name in (*CONSENT, "host_consent_units"):
                free = f.z.BoolVal(True)  # asked for abroad, above
            elif name.startswith(OWN_LAW):
                states = {name.rsplit("_", 1)[1]}
                if states == {"other"}:
                    mine = [case.equals("owner", s.upper()) for s in named]
                    free = f.z.Or(mine)
                else:
                    free = f.z.Not(case.equals("owner", states.pop().upper()))
            parts.append(f.z.Or(free, case.equals(name, True)))
    parts += [case.known(n) for n in ("over", "guard", "owner", "fires_from")]
    return f.z.And(parts)


def _asks_no_more(f: Frame) -> Iterator[Claim]:
    a = f.a
    elsewhere = f.some_bar(a, "OUT_OF_SCOPE", "NATIONAL_LAW")
    yield Claim(f.z.And(_clear(f, a), f.some_bar(a), f.z.Not(elsewhere)), (a,))


def _alike(f: Frame, a: Case, b: Case, apart: tuple[str, ...]) -> Any:
    """Two cases with the same facts but for some."""
    rows = []
    for name in f.mandate.facts:
        x, y = a.said[name], b.said[name]
        if name not in apart:
            rows += [x.given == y.given, x.dated == y.dated]
            rows += [x.age_ms == y.age_ms, x.value == y.value]
    return f.z.And(rows)


def _own_place(f: Frame) -> Iterator[Claim]:
    """Where national law decides, nothing of the agreement is asked for."""
    a = f.a
    acts = a.equals("action", "intercept")
    national = f.z.And(f.asserted(a, "NATIONAL_LAW"), acts)
    demands = f.some_bar(a, *AGREED_WITH_UKRAINE)
    yield Claim(f.z.And(national, demands), (a,))
    home = f.z.And(national, f.over_the_guard(a))
    yield Claim(f.z.And(home, f.some_bar(a, "OUT_OF_SCOPE")), (a,))
    ukraine = f.z.And(a.equals("over", "UA"), a.equals("owner", "UA"))
    missile = a.between("p_missile_or_uav", CLEAR["object_at_least"], None)
    elsewhere = f.some_bar(a, "OUT_OF_SCOPE")
    yield Claim(f.z.And(national, ukraine, missile, elsewhere), (a,))
    # Entry, and harm in Ukraine, are questions of an act over Ukraine.
    b = f.case("b")
    apart = ("p_enter", "harm_host_p95")
    alike = a.keep("alike", lambda: _alike(f, a, b, apart))
    moved = [
        a.keep(("moved", g.when), partial(_only, f.z, a.bars(g), b.bars(g)))
        for g in f.grounds
    ]
    yield Claim(f.z.And(home, alike, f.z.Or(moved)), (a, b))


#: What a ground of scope may look at besides a zone of its own, such as a depth.
_PLACE = {"action", "over", "guard", "owner", "fires_from", "p_missile_or_uav"}


def _reach(f: Frame) -> Iterator[Claim]:
    """A mandate speaks where it is meant to, and elsewhere says that it does not."""
    a, reach = f.a, reach_of(f.mandate)
    assert reach is not None
    inside = f.inside(a, reach)
    yield Claim(f.z.And(f.no_bar(a), f.z.Not(inside)), (a,))
    elsewhere = f.asserted(a, "OUT_OF_SCOPE", "NATIONAL_LAW")
    where = [a.known(n) for n in ("over", "guard", "owner", "fires_from", "action")]
    outside = f.z.And(*where, f.z.Not(inside), f.z.Not(elsewhere))
    yield Claim(outside, (a,))
    acts = a.equals("action", "intercept")
    missile = f.z.BoolVal(True)
    if f.has("p_missile_or_uav"):
        missile = a.between("p_missile_or_uav", CLEAR["object_at_least"], None)
    scope = [
        a.bars(g)
        for g in f.of("OUT_OF_SCOPE", "NATIONAL_LAW")
        if {x.fact for x in atoms_of(g.when)} <= _PLACE
    ]
    if f.epoch.day >= reach.law:
        yield Claim(f.z.And(acts, missile, inside, *where, f.z.Or(scope)), (a,))
    else:
        yield Claim(f.no_bar(a), (a,), "its law was not in force")
    third = f.z.And(
        *where,
        f.z.Not(a.same("over", "owner")),
        f.z.Not(a.same("over", "guard")),
        f.z.Not(inside),
    )
    unsaid = f.z.Not(f.asserted(a, "OUT_OF_SCOPE"))
    yield Claim(f.z.And(third, unsaid), (a,))
    if f.has("action"):
        yield Claim(f.z.And(a.equals("action", "nothing"), unsaid), (a,))
    if reach.by != "another":
        return
    # About the clause: at home, and for Ukraine itself, it is national law that speaks.
    silent = f.z.Not(f.asserted(a, "NATIONAL_LAW"))
    yield Claim(f.z.And(acts, f.over_the_guard(a), silent), (a,))
    own = f.z.And(a.equals("over", "UA"), a.equals("owner", "UA"))
    yield Claim(f.z.And(acts, own, silent), (a,))


def _documented(f: Frame) -> Iterator[Claim]:
    """The world as documented: nothing agreed, so nothing is free of a bar."""
    a = f.a
    yield Claim(f.no_bar(a), (a,))
    inside = f.over_ukraine_by_another(a)
    for code in ("NO_HOST_CONSENT", "NO_DOMESTIC_BASIS", "NO_AGREED_PROCEDURE"):
        yield Claim(f.z.And(inside, f.z.Not(f.some_bar(a, code))), (a,))
    for code in ("NO_HOST_CONSENT", "NO_AGREED_PROCEDURE"):
        yield Claim(f.z.And(inside, f.z.Not(f.asserted(a, code))), (a,))

    day = f.epoch.day
    for name, first, last, reading, _ in RECORD:
        if not (first <= day <= last):
            continue
        as_read = a.equals(name, False)
        if reading == "open":
            as_read = f.z.Not(a.known(name)) if f.has(name) else f.z.BoolVal(False)
        yield Claim(f.z.Not(as_read), (a,), f"{name} is {reading} on the record")


def _zone(f: Frame) -> Iterator[Claim]:
    """Within the depth that the mandate names as its parameter, and not beyond."""
    a, reach = f.a, reach_of(f.mandate)
    (most,) = (p.value for p in f.mandate.parameters if p.name == "depth_km")
    within = a.between("depth_km", None, most)
    yield Claim(f.z.And(f.no_bar(a), f.abroad(a), f.z.Not(within)), (a,))
    asks = [
        a.bars(g)
        for g in f.of("OUT_OF_SCOPE")
        if "depth_km" in {x.fact for x in atoms_of(g.when)}
    ]
    where = [a.known(n) for n in ("over", "guard", "owner", "fires_from", "action")]
    inside = f.inside(a, reach) if reach else f.z.BoolVal(True)
    yield Claim(f.z.And(*where, inside, within, f.z.Or(asks)), (a,))


def _supposed(f: Frame) -> Iterator[Claim]:
    """What the table supposes is what was said beside it, each row as an assumption."""
    a, said = f.a, SUPPOSED[f.mandate.id.partition(":")[0]]
    settled = {row.fact for row in f.epoch.standing}
    for name, value in said.items():
        as_said = f.z.Not(a.known(name)) if value is None else a.equals(name, value)
        yield Claim(f.z.Not(as_said), (a,), f"{name} is not as supposed")
    for name in sorted(settled - set(said)):
        yield Claim(None, said=f"{name} is supposed, and not said to be")
    for row in f.epoch.standing:
        if row.value is True and not row.assumed:
            yield Claim(None, said=f"{row.fact} is not told as an assumption")


def _has_zone(mandate: Mandate) -> bool:
    return any(p.name == "depth_km" for p in mandate.parameters)


def _is_supposed(mandate: Mandate) -> bool:
    return mandate.id.partition(":")[0] in SUPPOSED


def _has_reach(mandate: Mandate) -> bool:
    return reach_of(mandate) is not None


def _is_documented(mandate: Mandate) -> bool:
    return mandate.status == "documented"


_LIST = "list of what the mechanism must never do"

INVARIANTS = (
    Invariant(
        "one-decides",
        "Every barred case has exactly one deciding ground.",
        "Form of the table: one row decides.",
        _one_decides,
    ),
    Invariant(
        "gravest-first",
        "No ground decides while one with an earlier code bars.",
        "Order of the verdict codes.",
        _gravest_first,
    ),
    Invariant(
        "never-1",
        "No bar is lifted over another state's territory without its consent to fire, "
        "in force and in scope, and to units unless fired from outside.",
        f"{_LIST}, 1; ILC Articles on State Responsibility, art. 20; Constitution of "
        "Ukraine, art. 85(23)",
        nevers.never_1,
    ),
    Invariant(
        "never-2",
        "The clause of 8 July 2024 is neither consent nor procedure, its day lifts "
        "no bar, and it is stretched to no other direction and no other object.",
        f"{_LIST}, 2; Agreement of 8 July 2024, clause on interception",
        nevers.never_2,
    ),
    Invariant(
        "never-3",
        "No bar is lifted against an object that may be civil, crewed, a friendly "
        "interceptor or of unknown kind.",
        f"{_LIST}, 3; Chicago Convention art. 3 bis; Constitutional Tribunal K 44/07",
        nevers.never_3,
    ),
    Invariant(
        "never-4",
        "No bar is lifted on evidence that is missing, undated, from the future or "
        "old, on an object that may not exist, or on an entry less likely than not.",
        f"{_LIST}, 4; rails of this proof (ASSUMPTION)",
        nevers.never_4,
    ),
    Invariant(
        "never-5",
        "No bar is lifted unless every holder has answered yes himself, the effects "
        "are weighed, and it is an act that is feasible and in time; no link is "
        "settled by the table.",
        f"{_LIST}, 5; order of stages S and T",
        nevers.never_5,
    ),
    Invariant(
        "never-6",
        "A refusal within the mandate's reach is always told as a refusal.",
        f"{_LIST}, 6; Gen. Klisz, 25 March 2024",
        nevers.never_6,
    ),
    Invariant(
        "never-7",
        "National power stays in its own sky: abroad the acting state needs a basis "
        "and an order of its own, one national law speaks at a time, and an emergency "
        "power serves in its emergency and lifts nothing abroad.",
        f"{_LIST}, 7; Border Protection Act art. 18bk; Act of 17 December 1998",
        nevers.never_7,
    ),
    Invariant(
        "never-11",
        "No bar of law rests on an assumed limit, every limit has its basis, and no "
        "probability is read against even odds.",
        f"{_LIST}, 11",
        nevers.never_11,
    ),
    Invariant(
        "monotone",
        "Missing, older, undated or undecided evidence never removes a ground.",
        f"{_LIST}, 4: unknown is never yes",
        _monotone,
    ),
    Invariant(
        "worse-never-helps",
        "More hazard, less certainty, a consent withdrawn, an answer taken back or "
        "less time never lifts the last bar.",
        f"{_LIST}, 4 and 6",
        _worse_never_helps,
    ),
    Invariant(
        "asks-no-more",
        "With every link in place and evidence beyond doubt, no ground but one of "
        "scope or national law bars: the table invents no condition.",
        "Order of stages S and T: what is asked, and no more",
        _asks_no_more,
    ),
    Invariant(
        "own-place",
        "Where national law decides, no consent, basis, procedure or answer is asked "
        "for, and entry and harm in Ukraine change nothing over the guarded state.",
        "Agreement of 8 July 2024: its place is Ukraine's airspace; Border Protection "
        "Act art. 18b",
        _own_place,
    ),
    Invariant(
        "reach",
        "The table speaks where it is meant to (of the clause: missiles and drones "
        "towards Poland, over Ukraine, by another); elsewhere it says whose law "
        "decides, or that none was read.",
        "Agreement of 8 July 2024, clause on interception, read word by word; for the "
        "other mandates the law in their title",
        _reach,
        applies=_has_reach,
    ),
    Invariant(
        "documented-world",
        "As the documents stand no case is free of a bar, over Ukraine consent, basis "
        "and procedure are all lacking, and each settled fact is as the public record "
        "has it: missing, or open.",
        "State of public knowledge, November 2026",
        _documented,
        settled=True,
        applies=_is_documented,
    ),
    Invariant(
        "zone",
        "No bar is lifted deeper than the depth the mandate names as its parameter, "
        "nor where the depth is not known; within it the depth is no bar.",
        "ILC Articles on State Responsibility, art. 20: within the limits of the "
        "consent; the depth is an ASSUMPTION",
        _zone,
        applies=_has_zone,
    ),
    Invariant(
        "supposed-world",
        "A mandate that supposes an agreement supposes what its list says, no more, "
        "and each supposed fact is told as an assumption.",
        f"{_LIST}, 2 and 11; list in mandate/frames.py",
        _supposed,
        settled=True,
        applies=_is_supposed,
    ),
)
