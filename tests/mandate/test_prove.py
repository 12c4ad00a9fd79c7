"""Proofs over every case, against the evaluator and against tables known to be bad."""

from __future__ import annotations

import dataclasses
import itertools
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mandate_cases import AGREED, DOCUMENTED, cases

from forefield.apps.cli import main
from forefield.errors import InputError
from forefield.mandate.conditions import FALSE, TRUE, UNKNOWN, WORDS, All, Atom, Not
from forefield.mandate.facts import Facts
from forefield.mandate.invariants import INVARIANTS
from forefield.mandate.judge import judge
from forefield.mandate.prove import Prover, prove
from forefield.mandate.rules import Ground, Mandate, load, shipped
from forefield.mandate.symbolic import Case, Zones, epochs, name_zones, solver

z3 = pytest.importorskip("z3")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_mandate_fulfils_every_invariant(name: str) -> None:
    broken = [
        (p.invariant.name, p.counterexample.lines if p.counterexample else ())
        for p in prove(load(name))
        if not p.holds
    ]
    assert not broken


@pytest.mark.parametrize("name", shipped())
def test_the_invariants_are_not_empty_words(name: str) -> None:
    # With every standing fact open some case is free of a bar; if none were, "no bar
    # is lifted unless ..." would hold of nothing.
    assert Prover(load(name)).attainable(settled=False)


def test_in_the_documented_world_no_case_is_free_of_a_bar() -> None:
    assert not Prover(DOCUMENTED).attainable(settled=True)


def test_the_nevers_that_are_about_cases_are_all_asked_about() -> None:
    names = {i.name for i in INVARIANTS}
    assert {f"never-{n}" for n in (1, 2, 3, 4, 5, 7, 11)} <= names
    assert {"one-decides", "monotone"} <= names


# -- the formulas say what the evaluator says ------------------------------------------


def _truths_by_z3(mandate: Mandate, case: Facts) -> list[int]:
    zones = Zones()
    name_zones(mandate, zones)
    day = mandate.day(case.at_s)
    epoch = next(
        e
        for e in epochs(mandate)
        if (e.first is None or e.first <= day) and (e.last is None or day <= e.last)
    )
    symbols = Case(mandate, zones, "a", epoch.standing)
    fixed = z3.Solver()
    for name, fact in symbols.said.items():
        told = case.given.get(name)
        fixed.add(fact.given == (told is not None))
        if told is None:
            continue
        rule = mandate.facts[name]
        if rule.type == "bool":
            value = told.value
        elif rule.type == "enum":
            value = rule.values.index(told.value)
        elif rule.type == "zone":
            value = zones.number(told.value)
        else:
            value = round(told.value * 1000)
        fixed.add(fact.value == value)
        fixed.add(fact.dated == (told.as_of_s is not None))
        if told.as_of_s is not None:
            fixed.add(fact.age_ms == round((case.at_s - told.as_of_s) * 1000))
    assert fixed.check() == z3.sat
    model = fixed.model()
    out = []
    for ground in epoch.grounds:
        yes, no = symbols.truth(ground.when)
        is_yes = z3.is_true(model.eval(yes, model_completion=True))
        is_no = z3.is_true(model.eval(no, model_completion=True))
        assert not (is_yes and is_no)
        out.append(TRUE if is_yes else FALSE if is_no else UNKNOWN)
    return out


@settings(max_examples=120, deadline=None)
@given(cases(), st.sampled_from([AGREED, DOCUMENTED]))
def test_the_formulas_agree_with_the_evaluator(case: Facts, mandate: Mandate) -> None:
    said = [WORDS.index(found.value) for found in judge(mandate, case).trace]
    assert _truths_by_z3(mandate, case) == said


def test_the_spans_of_days_cover_the_mandate_without_gap_or_overlap() -> None:
    spans = epochs(DOCUMENTED)
    assert spans[0].first == DOCUMENTED.in_force.start
    assert spans[-1].last is None
    for one, then in itertools.pairwise(spans):
        assert (then.first - one.last).days == 1  # type: ignore[operator]
        assert tuple(g.id for g in one.grounds) == tuple(
            g.id
            for g in DOCUMENTED.grounds_on(one.last)  # type: ignore[arg-type]
        )
    assert any(str(e.first) == "2024-07-08" for e in spans)


# -- tables known to be bad --------------------------------------------------------------


def _ground(ground_id: str) -> Ground:
    return next(g for g in AGREED.grounds if g.id == ground_id)


def _changed(ground_id: str, **other: object) -> Mandate:
    grounds = tuple(
        dataclasses.replace(g, **other) if g.id == ground_id else g
        for g in AGREED.grounds
    )
    return dataclasses.replace(AGREED, grounds=grounds)


def _without(*ground_ids: str) -> Mandate:
    grounds = tuple(g for g in AGREED.grounds if g.id not in ground_ids)
    return dataclasses.replace(AGREED, grounds=grounds)


@pytest.mark.parametrize(
    ("bad", "invariant"),
    [
        (_without("consent-fire"), "never-1"),
        (_without("consent-scope"), "never-1"),
        (_without("allied-procedure"), "never-2"),
        (_without("civil"), "never-3"),
        (_without("status-open"), "never-3"),
        (_without("evidence-age"), "never-4"),
        (_without("refused"), "never-5"),
        (_without("refused"), "never-6"),
        (_without("basis-poland"), "never-7"),
        (_changed("civil", order=205), "one-decides"),
        (_changed("lapsed", order=1), "gravest-first"),
        (_changed("existence", when=Atom("p_exist")), "worse-never-helps"),
        (_changed("consent-fire", when=All((Atom("p_enter"),))), "never-11"),
        (
            _changed("over-poland", when=Atom("guard", "is", "PL")),
            "never-7",
        ),
    ],
)
def test_a_bad_table_breaks_the_invariant_it_should(
    bad: Mandate, invariant: str
) -> None:
    if invariant == "one-decides":
        twin = dataclasses.replace(_ground("crewed"), id="twin", order=205)
        bad = dataclasses.replace(bad, grounds=(*bad.grounds, twin))
    broken = {p.invariant.name: p for p in prove(bad) if not p.holds}
    assert invariant in broken
    found = broken[invariant].counterexample
    assert found is not None
    assert found.sure
    assert found.lines


def test_a_counterexample_is_told_in_words_and_judge_agrees() -> None:
    bad = _without("civil")
    proof = next(p for p in prove(bad) if p.invariant.name == "never-3")
    assert proof.counterexample is not None
    told = " ".join(proof.counterexample.lines)
    assert "over UA" in told
    assert "p_civil" not in told  # absent: that is the point
    assert "judge answers NO_BAR_FOUND_FOR_HUMAN_DECISION" in told
    assert proof.counterexample.sure


def test_a_table_that_settles_an_answer_itself_is_caught() -> None:
    text = AGREED.holders[-1].fact
    row = dataclasses.replace(DOCUMENTED.standing[0], fact=text, value="yes")
    bad = dataclasses.replace(AGREED, standing=(row,))
    broken = {p.invariant.name for p in prove(bad) if not p.holds}
    assert "never-5" in broken


def test_a_clause_taken_for_consent_is_caught() -> None:
    row = dataclasses.replace(
        DOCUMENTED.standing[0], value=True, source="The agreement of 8 July 2024."
    )
    bad = dataclasses.replace(AGREED, standing=(row,))
    assert "never-2" in {p.invariant.name for p in prove(bad) if not p.holds}


def test_an_unknown_read_as_no_is_caught_where_conditions_are_negated() -> None:
    # "not procedures_agreed" turned round: barred when agreed, free when unknown? No:
    # unknown bars either way, and it is the sure answer that is wrong.
    bad = _changed("procedures", when=Not(Not(Atom("procedures_agreed"))))
    broken = {p.invariant.name for p in prove(bad) if not p.holds}
    assert {"never-2", "worse-never-helps", "asks-no-more"} <= broken


# -- the command -----------------------------------------------------------------------


def test_the_command_proves_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mandate", "prove", "documented"]) == 0
    told = capsys.readouterr().out
    assert "never-3" in told
    assert "FAILS" not in told
    assert "asserts no legality" in told
    assert main(["mandate", "prove", "documented", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["holds"]
    assert {p["invariant"] for p in data["mandates"][0]["proofs"]} >= {"never-1"}


def test_the_command_fails_on_a_bad_table_and_shows_the_case(
    capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    from importlib.resources import files
    from pathlib import Path

    path = files("forefield").joinpath("data", "mandates", "documented.toml")
    text = path.read_text(encoding="utf-8")
    bad = text.replace('when = { fact = "p_civil" }', 'when = { fact = "p_crewed" }')
    assert bad != text
    there = Path(str(tmp_path)) / "bad.toml"
    there.write_text(bad, encoding="utf-8")
    assert main(["mandate", "prove", str(there)]) == 1
    told = capsys.readouterr().out
    assert "FAILS  never-3" in told
    assert "judge answers" in told


def test_the_command_wants_a_name_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mandate", "prove"]) == 2
    assert main(["mandate", "prove", "documentd"]) == 2
    assert "did you mean 'documented'" in capsys.readouterr().err


def test_without_z3_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    with pytest.raises(InputError, match=r"forefield\[prove\]"):
        solver()


def test_the_provers_are_loaded_only_when_something_is_proved() -> None:
    code = (
        "import sys\n"
        "import forefield.apps.cli, forefield.mandate.prove, forefield.mandate.cedar\n"
        "import forefield.mandate.mutants\n"
        "assert not {'z3', 'cedarpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
