"""Judging: laws that hold for any facts, and the two evaluators against each other."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mandate_cases import AGREED, AT_S, BEST, DOCUMENTED, best_case, cases, table_of

from forefield.errors import InputError
from forefield.mandate import compiled
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import NO_BAR, judge
from forefield.mandate.judge_table import judge_table
from forefield.mandate.verdict_table import CODES, Verdicts


def test_in_a_world_where_all_is_agreed_the_best_case_meets_no_bar() -> None:
    verdict = judge(AGREED, best_case())
    assert verdict.code == NO_BAR
    assert verdict.grounds == ()
    assert verdict.deciding is None


@given(cases(), st.data())
def test_taking_a_fact_away_never_lifts_a_bar(case: Facts, data: st.DataObject) -> None:
    assume(case.given)
    name = data.draw(st.sampled_from(sorted(case.given)))
    less = {n: g for n, g in case.given.items() if n != name}
    before, after = (
        judge(AGREED, case),
        judge(AGREED, dataclasses.replace(case, given=less)),
    )
    barred = {f.ground.id for f in before.grounds}
    assert barred <= {f.ground.id for f in after.grounds}


@given(cases(), st.data(), st.floats(0, 1e6))
def test_ageing_a_fact_never_lifts_a_bar(
    case: Facts, data: st.DataObject, more_s: float
) -> None:
    dated = sorted(
        n
        for n, g in case.given.items()
        if g.as_of_s is not None and g.as_of_s <= case.at_s
    )
    assume(dated)
    name = data.draw(st.sampled_from(dated))
    old = case.given[name]
    older = dataclasses.replace(old, as_of_s=old.as_of_s - more_s)
    aged = dataclasses.replace(case, given={**case.given, name: older})
    barred = {f.ground.id for f in judge(AGREED, case).grounds}
    assert barred <= {f.ground.id for f in judge(AGREED, aged).grounds}


@given(cases())
def test_every_case_has_exactly_one_deciding_ground(case: Facts) -> None:
    verdict = judge(AGREED, case)
    barring = [f for f in verdict.trace if f.bars]
    assert verdict.code in CODES
    if not barring:
        assert verdict.code == NO_BAR
        return
    assert verdict.deciding == min(barring, key=lambda f: f.ground.order)
    assert verdict.code == verdict.deciding.ground.code
    assert verdict.code == min((f.ground.code for f in barring), key=CODES.index)
    assert [f for f in verdict.trace if f in verdict.grounds] == barring
    assert len(verdict.grounds) == len(barring)
    assert {f.ground.id for f in verdict.trace} == {
        g.id for g in AGREED.grounds_on(verdict.day)
    }


@settings(max_examples=40)
@given(st.lists(cases(), min_size=1, max_size=30), st.booleans())
def test_the_columns_agree_with_the_single_case(
    rows: list[Facts], documented: bool
) -> None:
    mandate = DOCUMENTED if documented else AGREED
    table = table_of(mandate, rows)
    together = judge_table(mandate, table)
    for i, case in enumerate(rows):
        alone = judge(mandate, case)
        assert together.verdict[i] == alone.code
        told = [(g["id"], g["value"]) for g in json.loads(together.grounds[i])]
        assert told == [(f.ground.id, f.value) for f in alone.grounds]
        assert judge(mandate, table.row(i)).code == alone.code


def test_a_table_too_long_for_the_compiled_form_is_judged_row_by_row() -> None:
    more = tuple(
        dataclasses.replace(g, id=f"{g.id}-{k}")
        for k in range(6)
        for g in AGREED.grounds
    )
    mandate = dataclasses.replace(AGREED, grounds=AGREED.grounds + more)
    assert compiled.on(mandate, mandate.day(AT_S)) is None
    rows = [best_case(), best_case(over="BY"), best_case(p_civil=0.5)]
    together = judge_table(mandate, table_of(mandate, rows))
    for i, case in enumerate(rows):
        alone = judge(mandate, case)
        assert together.verdict[i] == alone.code
        told = [(g["id"], g["value"]) for g in json.loads(together.grounds[i])]
        assert told == [(f.ground.id, f.value) for f in alone.grounds]


@given(cases())
def test_what_would_change_it_does_change_it(case: Facts) -> None:
    verdict = judge(AGREED, case)
    assume(verdict.grounds and verdict.change)
    given_now = dict(case.given)
    for name, wanted in verdict.change:
        rule = AGREED.facts[name]
        words = wanted.split(" or ")[0]
        if rule.type == "bool":
            value: bool | float | str = words == "true"
        elif rule.type == "enum":
            value = words
        else:
            assert " and " not in wanted
            number = float(words.split()[-1])
            value = number + 0.01 if "above" in words else number - 0.01
        given_now[name] = Given(value, case.at_s)
    changed = judge(AGREED, dataclasses.replace(case, given=given_now))
    assert changed.code == NO_BAR


def test_what_describes_the_option_is_never_wished_otherwise() -> None:
    over_poland = judge(AGREED, best_case(over="PL"))
    assert over_poland.code == "NATIONAL_LAW"
    assert over_poland.change == ()


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"over": "BY"}, "OUT_OF_SCOPE"),
        ({"over": "XS"}, "OUT_OF_SCOPE"),
        ({"guard": "RO"}, "OUT_OF_SCOPE"),
        ({"action": "nothing"}, "OUT_OF_SCOPE"),
        ({"p_missile_or_uav": 0.5}, "OUT_OF_SCOPE"),
        ({"over": "PL"}, "NATIONAL_LAW"),
        ({"over": "RO", "guard": "RO"}, "NATIONAL_LAW"),
        ({"over": "LT", "guard": "LT"}, "NATIONAL_LAW"),
        ({"owner": "UA"}, "NATIONAL_LAW"),
        ({"p_civil": 0.9}, "REFUSE_PROTECTED"),
        ({"p_crewed": 0.06}, "REFUSE_PROTECTED"),
        ({"p_unclassified": 0.3}, "REFUSE_PROTECTED"),
        ({"p_interceptor": 0.2}, "REFUSE_PROTECTED"),
        ({"host_consent_fire": False}, "NO_HOST_CONSENT"),
        ({"inside_consent_scope": None}, "NO_HOST_CONSENT"),
        ({"fires_from": "UA", "host_consent_units": False}, "NO_HOST_CONSENT"),
        ({"domestic_basis_pl": None}, "NO_DOMESTIC_BASIS"),
        ({"owner": "DE", "domestic_basis_other": False}, "NO_DOMESTIC_BASIS"),
        ({"procedures_agreed": False}, "NO_AGREED_PROCEDURE"),
        ({"allied_procedure_agreed": None}, "NO_AGREED_PROCEDURE"),
        ({"p_enter": 0.8}, "HOLD_EVIDENCE"),
        ({"p_exist": 0.7}, "HOLD_EVIDENCE"),
        ({"evidence_age_s": 10.0}, "HOLD_EVIDENCE"),
        ({"consistent": False}, "HOLD_EVIDENCE"),
        ({"harm_host_p95": 0.3}, "HOLD_DEBRIS"),
        ({"harm_guard_p95": None}, "HOLD_DEBRIS"),
        ({"feasible": False}, "NOT_FEASIBLE"),
        ({"answer_shooter": "awaited"}, "AWAITING_ANSWER"),
        ({"answer_nato_caoc": "no"}, "REFUSED_BY_HOLDER"),
        ({"seconds_left": 0.0}, "LAPSED"),
    ],
)
def test_one_fact_otherwise_gives_its_own_code(
    other: dict[str, object], code: str
) -> None:
    assert judge(AGREED, best_case(**other)).code == code


def _on(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def test_on_29_december_2023_the_2024_clause_did_not_exist() -> None:
    verdict = judge(DOCUMENTED, best_case(_on("2023-12-29T06:12:00")))
    procedures = next(f for f in verdict.grounds if f.ground.id == "procedures")
    assert procedures.value == "true"
    assert "no agreement between Poland and Ukraine" in procedures.ground.clause
    for found in verdict.trace:
        assert "8 July 2024, clause" not in found.ground.clause, found.ground.id


def test_from_8_july_2024_the_clause_is_cited() -> None:
    verdict = judge(DOCUMENTED, best_case(_on("2024-07-08T12:00:00")))
    procedures = next(f for f in verdict.grounds if f.ground.id == "procedures")
    assert "rationale and feasibility" in procedures.ground.clause


def test_after_the_act_of_december_2025_the_domestic_basis_is_unknown() -> None:
    before = judge(DOCUMENTED, best_case(_on("2025-12-01T00:00:00")))
    after = judge(DOCUMENTED, best_case(_on("2026-02-01T00:00:00")))
    value = {
        v.day: next(f.value for f in v.grounds if f.ground.id == "basis-poland")
        for v in (before, after)
    }
    assert list(value.values()) == ["true", "unknown"]


def test_a_day_before_the_mandate_is_refused() -> None:
    with pytest.raises(InputError, match="says nothing about 2021-05-01"):
        judge(DOCUMENTED, best_case(_on("2021-05-01T12:00:00")))


def test_every_ground_of_every_day_answers() -> None:
    for day in ("2022-03-01", "2024-01-01", "2024-08-01", "2025-10-01", "2026-06-01"):
        ids = [f.ground.id for f in judge(DOCUMENTED, best_case(_on(day))).trace]
        assert len(ids) == len(set(ids))
        assert "over-romania" in ids
        assert "procedures" in ids


def test_a_misspelt_fact_is_refused_with_the_nearest() -> None:
    case = best_case()
    case = dataclasses.replace(case, given={**case.given, "p_entre": Given(0.9, AT_S)})
    with pytest.raises(InputError, match="did you mean 'p_enter'"):
        judge(AGREED, case)


@pytest.mark.parametrize(
    ("name", "value"),
    [("p_enter", "high"), ("p_enter", True), ("feasible", 1), ("over", 3)],
)
def test_a_value_of_the_wrong_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"fact {name}"):
        judge(AGREED, best_case(**{name: value}))


def test_missing_facts_are_told_with_the_reason() -> None:
    case = best_case(p_exist=None)
    case.given["p_enter"] = Given(0.95, AT_S - 11.0)  # type: ignore[index]
    gaps = {g.fact: g.why for g in judge(AGREED, case).missing}
    assert gaps == {"p_exist": "absent", "p_enter": "stale"}


def test_a_verdict_ends_with_its_shortest_lived_fact() -> None:
    verdict = judge(AGREED, best_case())
    assert verdict.decide_by_s == AT_S + 30.0
    assert verdict.expires_s == AT_S - 2.0 + 10.0


def test_a_fact_settled_by_the_mandate_cannot_be_stated_otherwise() -> None:
    verdict = judge(DOCUMENTED, best_case(procedures_agreed=True))
    assert "procedures_agreed" in [name for name, _ in verdict.settled]
    assert any(f.ground.id == "procedures" for f in verdict.grounds)


def test_verdicts_survive_the_way_through_a_file() -> None:
    pa = pytest.importorskip("pyarrow")
    rows = [best_case(over=o) for o in ("UA", "PL", "UA", "BY")]
    table = judge_table(DOCUMENTED, table_of(DOCUMENTED, rows))
    arrow = table.to_arrow()
    assert pa.types.is_list(arrow.schema.field("grounds").type)
    again = Verdicts.from_arrow(arrow)
    assert again.grounds.tolist() == table.grounds.tolist()
    assert again.verdict.tolist() == table.verdict.tolist()
    both = Verdicts.concat([table, again]).take(slice(3, 5))
    assert both.verdict.tolist() == ["OUT_OF_SCOPE", "NO_HOST_CONSENT"]
    assert len(Verdicts.empty().to_arrow()) == 0


def test_the_best_case_names_every_fact() -> None:
    assert set(BEST) == set(DOCUMENTED.facts)
