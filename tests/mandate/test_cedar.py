"""The second evaluator: Cedar's engine on policies written from the same table."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from mandate_cases import AGREED, AT_S, DOCUMENTED, best_case

from forefield.apps.cli import main
from forefield.chance import Stream
from forefield.errors import InputError
from forefield.mandate.cedar import Cedar, cases, disagreements, policies, schema
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import judge
from forefield.mandate.rules import load, shipped
from forefield.mandate.verdict_table import CODES

pytest.importorskip("cedarpy")
TODAY = DOCUMENTED.day(AT_S)


@pytest.mark.parametrize("name", shipped())
def test_cedar_says_what_judge_says_of_every_shipped_mandate(name: str) -> None:
    mandate = load(name)
    start = mandate.in_force.start or date(2025, 8, 12)
    days = {start, max(start, date(2025, 8, 12)), max(start, date(2026, 5, 29))}
    for day in sorted(d for d in days if mandate.in_force.on(d)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
        rows = cases(mandate, 400, Stream(3, "cedar", name, str(day)), noon)
        assert not list(disagreements(mandate, day, rows))


def test_cedar_agrees_where_every_code_occurs() -> None:
    rows = cases(AGREED, 3000, Stream(11, "cedar"), AT_S)
    assert not list(disagreements(AGREED, TODAY, rows))
    found = Counter(code for code, _ in Cedar(AGREED, TODAY).judge(rows))
    assert set(found) == set(CODES)


def test_an_absent_fact_does_not_pass_in_cedar_either() -> None:
    # Cedar skips a policy that meets an absent attribute. Without the guards the
    # table would let this case through.
    cedar = Cedar(AGREED, TODAY)
    assert cedar.judge([best_case()]) == [(CODES[-1], ())]
    for name in ("p_civil", "p_enter", "host_consent_fire", "answer_shooter"):
        code, grounds = cedar.judge([best_case(**{name: None})])[0]
        assert code != CODES[-1]
        assert "unknown" in {value for _, value in grounds}


def test_a_stale_an_undated_and_a_future_fact_do_not_pass_in_cedar() -> None:
    cedar = Cedar(AGREED, TODAY)
    for as_of_s in (AT_S - 10.001, None, AT_S + 0.001):
        given = {**best_case().given, "p_enter": Given(0.95, as_of_s)}
        assert cedar.judge([Facts(AT_S, given)])[0][0] == "HOLD_EVIDENCE"
    given = {**best_case().given, "p_enter": Given(0.95, AT_S - 10.0)}
    assert cedar.judge([Facts(AT_S, given)])[0][0] == CODES[-1]


def test_the_policies_carry_clause_code_and_source_and_assert_no_legality() -> None:
    text = policies(DOCUMENTED, TODAY)
    for ground in DOCUMENTED.grounds_on(TODAY):
        assert f'@id("{ground.id}=true")' in text
        assert f'@id("{ground.id}=unknown")' in text
        assert ground.clause.replace('"', '\\"') in text
    assert "It permits nothing" in text
    assert DOCUMENTED.sha256 in text
    assert schema(DOCUMENTED).count("?: {") == len(DOCUMENTED.facts)


def test_a_policy_that_reads_a_fact_unasked_is_refused_by_cedars_own_validator() -> (
    None
):
    engine = Cedar(AGREED, TODAY).engine
    careless = "forbid (principal, action, resource) when { context.feasible.value };"
    assert not engine.validate_policies(careless, schema(AGREED)).validation_passed


def test_cases_are_the_same_for_the_same_stream_and_reach_absent_and_edges() -> None:
    one = cases(AGREED, 200, Stream(5, "x"), AT_S)
    assert one == cases(AGREED, 200, Stream(5, "x"), AT_S)
    assert one != cases(AGREED, 200, Stream(6, "x"), AT_S)
    on_limit = [f for f in one if f.given.get("p_enter", Given(None)).value == 0.8]
    absent = [f for f in one if "p_civil" not in f.given]
    assert on_limit
    assert absent
    assert {judge(AGREED, f).code for f in one} >= {CODES[-1], "HOLD_EVIDENCE"}


def test_without_cedar_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cedarpy", None)
    with pytest.raises(InputError, match=r"forefield\[cedar\]"):
        Cedar(AGREED, TODAY)


def test_the_command_writes_policies_that_cedar_accepts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["mandate", "cedar", "documented", "--day", "2024-07-08"]
    assert main(words) == 0
    assert "policies" not in capsys.readouterr().err
    assert main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    engine = Cedar(AGREED, TODAY).engine
    assert engine.validate_policies(data["policies"], data["schema"]).validation_passed
    assert main([*words[:-1], "yesterday"]) == 2
    assert main([*words[:-1], "2021-01-01"]) == 2
