"""Facts from the tables of one cycle."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mandate_cases import AGREED, DOCUMENTED

from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate.facts import _latest, facts_for
from forefield.mandate.judge import judge
from forefield.mandate.judge_table import judge_options
from forefield.tracking.tracks import CLASSES, Tracks

NOW_S = 1_755_000_000.0


def shares(**p: float) -> list[float]:
    return [p.get(name, 0.0) for name in CLASSES]


def tracks(**other: object) -> Tracks:
    columns: dict[str, object] = {
        "t_s": [NOW_S, NOW_S],
        "track_id": [1, 2],
        "lat_deg": [50.4, 50.5],
        "lon_deg": [24.2, 24.3],
        "p_exist": [0.98, 0.97],
        "p_class": [
            shares(cruise=0.9, drone=0.06, civil=0.02, aircraft=0.01, unknown=0.01),
            shares(cruise=0.5, civil=0.4, unknown=0.1),
        ],
        "t_seen_s": [NOW_S - 3.0, NOW_S - 40.0],
        "inconsistent": [False, True],
    }
    return Tracks.build(2, **{**columns, **other})


def beliefs() -> Beliefs:
    rows = [
        (1, "PL", 300.0, 0.5),
        (1, "PL", 600.0, 0.9),
        (1, "PL", 900.0, 0.95),
        (1, "RO", 600.0, 0.1),
    ]
    return Beliefs.build(
        len(rows),
        t_s=NOW_S,
        track_id=[r[0] for r in rows],
        guard=[r[1] for r in rows],
        horizon_s=[r[2] for r in rows],
        p_enter=[r[3] for r in rows],
        p_via=np.zeros((len(rows), 0)),
        p_end_inside=0.0,
        age_s=3.0,
        model="test",
    )


def options(**other: object) -> Options:
    names = ("pl_p05", "pl_p50", "pl_p95", "ua_p05", "ua_p50", "ua_p95")
    columns: dict[str, object] = {
        "t_s": NOW_S,
        "option_id": ["1-nothing", "1-unit", "2-unit", "3-unit"],
        "track_id": [1, 1, 2, 3],
        "action": ["nothing", "intercept", "intercept", "intercept"],
        "owner": ["", "PL", "PL", "PL"],
        "fires_from": ["", "PL", "PL", "PL"],
        "over": ["UA", "UA", "UA", "PL"],
        "p_success": 0.7,
        "latest_decision_s": [np.nan, NOW_S + 20, np.nan, NOW_S + 20],
        "barred_by": ["", "", "out of reach", ""],
        "harm": np.tile([0.0, 0.01, 0.02, 0.0, 0.02, 0.05], (4, 1)),
    }
    return Options.build(4, harm_names=names, **{**columns, **other})


ALL_AGREED = {
    name: True for name, rule in AGREED.facts.items() if rule.about == "standing"
}
ALL_YES = {"1-unit": {holder.id: "yes" for holder in AGREED.holders}}


def test_each_fact_comes_from_its_table() -> None:
    case = facts_for(AGREED, options(), tracks(), beliefs(), ALL_AGREED).row(1)
    values = {name: given.value for name, given in case.given.items()}
    assert values["p_missile_or_uav"] == pytest.approx(0.96)
    assert values["p_civil"] == 0.02
    assert values["p_unclassified"] == 0.01
    assert values["p_enter"] == 0.9
    assert values["guard"] == "PL"
    assert values["evidence_age_s"] == 3.0
    assert values["harm_guard_p95"] == 0.02
    assert values["harm_host_p95"] == 0.05
    assert values["seconds_left"] == 20.0
    assert values["feasible"] is True
    assert values["consistent"] is True
    assert values["answer_shooter"] == "awaited"
    assert case.given["p_enter"].as_of_s == NOW_S - 3.0
    assert case.given["p_exist"].as_of_s == NOW_S - 3.0
    assert case.given["procedures_agreed"].assumed


def test_doing_nothing_gets_no_verdict() -> None:
    found = judge_options(DOCUMENTED, options(), tracks(), beliefs())
    assert found.option_id.tolist() == ["1-unit", "2-unit", "3-unit"]


def test_a_track_without_a_belief_or_a_state_leaves_its_facts_unknown() -> None:
    table = facts_for(AGREED, options(), tracks(), beliefs())
    second, third = table.row(2), table.row(3)
    assert "p_enter" not in second.given
    assert second.given["evidence_age_s"].value == 40.0
    assert "p_exist" not in third.given
    assert judge(AGREED, third).code == "NATIONAL_LAW"


def test_over_a_guard_the_guard_is_the_country_below() -> None:
    found = judge_options(
        DOCUMENTED, options(), tracks(), beliefs(), guard=["RO", "PL"]
    )
    assert found.verdict.tolist()[2] == "NATIONAL_LAW"


def test_no_beliefs_at_all_is_no_pass() -> None:
    none = beliefs().take(slice(0, 0))
    found = judge_options(AGREED, options(), tracks(), none, ALL_AGREED, NOW_S, ALL_YES)
    assert "NO_BAR_FOUND_FOR_HUMAN_DECISION" not in found.verdict.tolist()


def test_only_when_all_agree_and_all_answer_is_no_bar_found() -> None:
    def verdict(standing: dict[str, bool], answers: dict[str, dict[str, str]]) -> str:
        found = judge_options(
            AGREED, options(), tracks(), beliefs(), standing, NOW_S, answers
        )
        return str(found.verdict[0])

    assert verdict(ALL_AGREED, ALL_YES) == "NO_BAR_FOUND_FOR_HUMAN_DECISION"
    assert verdict(ALL_AGREED, {}) == "AWAITING_ANSWER"
    refused = {"1-unit": {**ALL_YES["1-unit"], "shooter": "no"}}
    assert verdict(ALL_AGREED, refused) == "REFUSED_BY_HOLDER"
    assert verdict({}, ALL_YES) == "NO_HOST_CONSENT"
    assert verdict({**ALL_AGREED, "procedures_agreed": False}, ALL_YES) == (
        "NO_AGREED_PROCEDURE"
    )


def test_in_the_documented_world_assuming_agreement_changes_nothing() -> None:
    plain = judge_options(DOCUMENTED, options(), tracks(), beliefs(), {}, NOW_S)
    assumed = judge_options(
        DOCUMENTED, options(), tracks(), beliefs(), ALL_AGREED, NOW_S, ALL_YES
    )
    assert plain.verdict.tolist() == assumed.verdict.tolist()
    for row in assumed.grounds[:2]:
        assert "NO_AGREED_PROCEDURE" in {g["code"] for g in json.loads(row)}


def test_a_bar_that_is_only_not_excluded_does_not_read_as_established() -> None:
    found = judge_options(AGREED, options(), tracks(), beliefs(), ALL_AGREED)
    civil = next(g for g in json.loads(found.grounds[1]) if g["id"] == "civil")
    assert civil["value"] == "unknown"
    assert civil["sentence"] == "Not excluded: The object is a civil aircraft."


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ({"procedure_agreed": True}, "did you mean 'procedures_agreed'"),
        ({"p_enter": 0.9}, "observed, not assumed"),
        ({"procedures_agreed": "yes"}, "must be a bool"),
    ],
)
def test_a_wrong_standing_fact_is_refused(
    standing: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        facts_for(AGREED, options(), tracks(), beliefs(), standing)


def test_an_answer_of_nobody_we_know_is_refused() -> None:
    with pytest.raises(InputError, match="holders of mandate"):
        facts_for(
            AGREED, options(), tracks(), beliefs(), answers={"1-unit": {"king": "yes"}}
        )


times = st.integers(0, 6).map(float)


@given(
    st.lists(st.tuples(st.integers(0, 3), times), max_size=12),
    st.lists(st.tuples(st.integers(0, 3), times), min_size=1, max_size=6),
)
def test_the_latest_row_is_the_one_a_plain_search_finds(
    rows: list[tuple[int, float]], asked: list[tuple[int, float]]
) -> None:
    t_s = np.array([r[1] for r in rows])
    track_id = np.array([r[0] for r in rows], dtype=np.int64)
    wanted = Options.build(
        len(asked),
        t_s=[a[1] for a in asked],
        option_id=[str(i) for i in range(len(asked))],
        track_id=[a[0] for a in asked],
        action="intercept",
    )
    row, found = _latest(t_s, track_id, wanted)
    for i, (number, at) in enumerate(asked):
        fits = [(t, k) for k, (n, t) in enumerate(rows) if n == number and t <= at]
        assert bool(found[i]) == bool(fits)
        if fits:
            assert row[i] == max(fits)[1]
