"""Every single change to a table is noticed by a named invariant."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from mandate_cases import AGREED, DOCUMENTED

from forefield.mandate.conditions import FALSE, TRUE, UNKNOWN, All, Atom, evaluate
from forefield.mandate.invariants import INVARIANTS
from forefield.mandate.mutants import KINDS, Fate, mutants, survey
from forefield.mandate.rules import load, shipped

pytest.importorskip("z3")
PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"
SURVIVES = "survives: {0.kind}, {0.where}: {0.what}"


def _survivors(fates: list[Fate]) -> list[str]:
    return [
        SURVIVES.format(f.mutant) for f in fates if not f.killed_by and not f.equivalent
    ]


def test_every_mutant_of_the_documented_world_is_killed_or_equivalent() -> None:
    fates = list(survey(DOCUMENTED))
    assert len(fates) > 400
    assert not _survivors(fates)
    assert {f.killed_by for f in fates} - {""} <= {i.name for i in INVARIANTS}
    # Each kind of change was tried, and no invariant does all the work.
    assert {f.mutant.kind for f in fates} == set(KINDS)
    assert len({f.killed_by for f in fates}) >= 8


@pytest.mark.parametrize("name", [n for n in shipped() if n != "documented"])
def test_mutants_of_the_other_mandates_are_killed(name: str) -> None:
    # A slice that differs from table to table; bench.mutants does all of them.
    start = sum(map(ord, name)) % 17
    mandate = load(name)
    some = islice(mutants(mandate), start, None, 17)
    assert not _survivors(list(survey(mandate, some)))


def test_a_mutant_differs_from_its_table_in_one_place() -> None:
    for mutant in islice(mutants(DOCUMENTED), 0, None, 7):
        other = mutant.mandate
        grounds = set(map(repr, other.grounds)) ^ set(map(repr, DOCUMENTED.grounds))
        facts = [n for n in other.facts if other.facts[n] != DOCUMENTED.facts[n]]
        standing = set(map(repr, other.standing)) ^ set(map(repr, DOCUMENTED.standing))
        assert len(grounds) <= 2
        assert len(facts) <= 1
        assert len(standing) <= 2
        assert bool(grounds) + bool(facts) + bool(standing) == 1


def test_the_kinds_of_change_are_those_that_were_promised() -> None:
    kinds = Counter(m.kind for m in mutants(DOCUMENTED))
    assert set(kinds) == set(KINDS)
    assert kinds["ground dropped"] == len(DOCUMENTED.grounds)


def test_a_change_that_changes_nothing_is_shown_equivalent() -> None:
    crewed = next(g for g in AGREED.grounds if g.id == "crewed")
    twice = dataclasses.replace(crewed, when=All((crewed.when, crewed.when)))
    others = tuple(g for g in AGREED.grounds if g.id != "crewed")
    doubled = dataclasses.replace(AGREED, grounds=(*others, twice))
    some = [
        m for m in mutants(doubled) if m.was is twice and m.kind == "condition dropped"
    ]
    fates = list(survey(doubled, some))
    assert len(fates) == 2
    assert all(f.equivalent and not f.killed_by for f in fates)


def test_a_change_nobody_asks_about_is_reported_as_a_survivor() -> None:
    # A ground that no invariant knows of, on a fact that none knows of.
    odd = dataclasses.replace(
        AGREED.facts["feasible"], name="moon_is_full", about="effect"
    )
    facts = {**AGREED.facts, "moon_is_full": odd}
    feasible = next(g for g in AGREED.grounds if g.id == "feasible")
    when = All((feasible.when, Atom("moon_is_full")))
    odd_ground = dataclasses.replace(feasible, id="odd", order=801, when=when)
    table = dataclasses.replace(
        AGREED, facts=facts, grounds=(*AGREED.grounds, odd_ground)
    )
    fates = list(survey(table, [m for m in mutants(table) if m.was is odd_ground]))
    survivors = _survivors(fates)
    assert any("moon_is_full" in line for line in survivors)
    assert not any(f.equivalent for f in fates if "moon" in f.mutant.what)


def test_lenient_reads_unknown_as_it_says() -> None:
    from forefield.mandate.symbolic import Case, Lenient, Zones, solver

    z3 = solver()
    atom = Atom("feasible")
    for value, wanted in ((False, FALSE), (True, TRUE)):
        case = Case(AGREED, Zones(), "a")
        yes, no = case.truth(Lenient(atom, value))
        asked = z3.Solver()
        asked.add(z3.Not(case.said["feasible"].given))
        assert asked.check(yes if wanted == TRUE else no) == z3.sat
        assert asked.check(no if wanted == TRUE else yes) == z3.unsat
    assert evaluate(atom, lambda _: UNKNOWN) == UNKNOWN


def test_the_page_of_mutants_is_of_the_tables_as_they_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in shipped():
        mandate = load(name)
        count = sum(1 for _ in mutants(mandate))
        row = re.search(rf"^\| `{re.escape(name)}` \| `(\w+)` \| (\d+) \|", text, re.M)
        found = row.groups() if row else None
        assert found == (mandate.sha256[:12], str(count)), (
            f"docs/mutants.md is not of {name} as it is: run python -m bench.mutants"
        )
    assert "survives" not in text
