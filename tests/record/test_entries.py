"""What a night journals: changes, once each, in order, and the same every time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate.judge_table import judge_options
from forefield.mandate.rules import load
from forefield.mandate.verdict_table import Verdicts
from forefield.record.entries import (
    Memory,
    answer,
    chained,
    closing,
    cycle_entries,
    opening,
)
from forefield.threats.flights import Assumption
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.alert_table import Alerts

T_S = 1_755_000_000.0
DOCUMENTED = load("documented")


def tracks(t_s: float, status: str, *, jumps: bool = False) -> Tracks:
    p_class = np.zeros((1, len(CLASSES)))
    p_class[0, 0] = 1.0
    return Tracks.build(
        1,
        t_s=t_s,
        track_id=7,
        lat_deg=50.4,
        lon_deg=24.2,
        p_exist=0.98,
        p_class=p_class,
        t_seen_s=t_s - 1,
        status=status,
        inconsistent=jumps,
    )


def beliefs(t_s: float, p: float) -> Beliefs:
    return Beliefs.build(
        2,
        t_s=t_s,
        track_id=7,
        guard="PL",
        horizon_s=[300.0, 600.0],
        p_enter=[p / 2, p],
        p_via=np.zeros((2, 0)),
        p_end_inside=0.0,
        age_s=1.0,
        model="test 1",
    )


def options(t_s: float, over: str = "UA") -> Options:
    return Options.build(
        1,
        t_s=t_s,
        option_id=f"{t_s:.0f}-7-unit",
        track_id=7,
        action="intercept",
        effector="unit",
        owner="PL",
        fires_from="PL",
        over=over,
        latest_decision_s=t_s + 40,
    )


NO_TRACKS, NO_BELIEFS = Tracks.empty(), Beliefs.empty()
NO_OPTIONS, NO_VERDICTS, NO_ALERTS = Options.empty(), Verdicts.empty(), Alerts.empty()


def test_a_track_is_told_when_it_is_confirmed_and_when_it_ends() -> None:
    memory, told = Memory(), []
    for i, status in enumerate(
        ["tentative", "confirmed", "confirmed", "coasting", "confirmed", "ended"]
    ):
        rows = tracks(T_S + i, status)
        told += cycle_entries(
            T_S + i, rows, NO_BELIEFS, NO_OPTIONS, NO_VERDICTS, NO_ALERTS, memory
        )
    assert [e.body["event"] for e in told] == ["confirmed", "ended"]
    assert told[0].body["classes"] == {"cruise": 1.0}
    assert told[0].body["alt_m"] is None


def test_a_track_that_was_never_confirmed_ends_in_silence() -> None:
    told = cycle_entries(
        T_S, tracks(T_S, "ended"), NO_BELIEFS, NO_OPTIONS, NO_VERDICTS, NO_ALERTS,
        Memory(),
    )  # fmt: skip
    assert told == []


def test_contradictory_positions_are_told_when_they_begin_and_end() -> None:
    memory, told = Memory(), []
    for i, jumps in enumerate([False, True, True, False]):
        rows = tracks(T_S + i, "tentative", jumps=jumps)
        told += cycle_entries(
            T_S + i, rows, NO_BELIEFS, NO_OPTIONS, NO_VERDICTS, NO_ALERTS, memory
        )
    assert [e.body["event"] for e in told] == ["inconsistent", "consistent again"]


def test_a_belief_is_told_at_milestones_and_not_when_it_trembles() -> None:
    memory, told = Memory(), []
    course = [0.05, 0.2, 0.24, 0.26, 0.24, 0.26, 0.24, 0.83, 0.79, 0.4, 0.01]
    for i, p in enumerate(course):
        rows = beliefs(T_S + i, p)
        told += cycle_entries(
            T_S + i, NO_TRACKS, rows, NO_OPTIONS, NO_VERDICTS, NO_ALERTS, memory
        )
    assert [(e.body["p_enter"], e.body["passed"]) for e in told] == [
        (0.2, "upwards"),
        (0.26, "upwards"),
        (0.83, "upwards"),
        (0.4, "downwards"),
        (0.01, "downwards"),
    ]
    assert told[0].body["p_enter_by_horizon_s"] == {"300": 0.1, "600": 0.2}


def test_a_verdict_is_told_when_it_changes() -> None:
    memory, told = Memory(), []
    for i, over in enumerate(["UA", "UA", "UA", "PL", "UA"]):
        t_s = T_S + 20 * i
        rows, state, belief = options(t_s, over), tracks(t_s, "x"), beliefs(t_s, 0.9)
        found = judge_options(DOCUMENTED, rows, state, belief, {}, t_s)
        told += cycle_entries(
            t_s, NO_TRACKS, NO_BELIEFS, rows, found, NO_ALERTS, memory
        )
    assert [e.body["verdict"] for e in told] == [
        "NO_HOST_CONSENT",
        "NATIONAL_LAW",
        "NO_HOST_CONSENT",
    ]
    first = told[0].body
    assert first["deciding"]["clause"]
    assert {g["code"] for g in first["grounds"]} >= {"NO_AGREED_PROCEDURE"}
    assert first["option"]["effector"] == "unit"


def test_an_alert_is_one_entry_with_its_districts() -> None:
    alerts = Alerts.build(
        2,
        t_s=T_S,
        alert_id="EX-1",
        district=["PL-06", "PL-18"],
        severity="Severe",
        certainty="Likely",
        t_arrival_p50_s=T_S + 140,
        lead_decide_s=140.0,
        lead_release_s=100.0,
        lead_delivery_s=40.0,
        channel="siren",
        status="Exercise",
        msg_type="Alert",
        text_en="EXERCISE",
        text_pl="ĆWICZENIA",
        text_uk="НАВЧАННЯ",
    )
    told = cycle_entries(
        T_S, NO_TRACKS, NO_BELIEFS, NO_OPTIONS, NO_VERDICTS, alerts, Memory()
    )
    assert len(told) == 1
    assert [a["district"] for a in told[0].body["areas"]] == ["PL-06", "PL-18"]


def test_the_opening_pins_the_mandate_and_lists_every_assumption() -> None:
    entry = opening(
        at_s=T_S,
        name="a night",
        banner="SIMULATION",
        seed=7,
        version="0",
        mandate=DOCUMENTED,
        guards=["PL"],
        assumptions=[Assumption("height", "400 m", "not published")],
    )
    assert entry.body["mandate"]["sha256"] == DOCUMENTED.sha256
    assert entry.body["real"] is False
    assert "height" in entry.assumes
    for rule in DOCUMENTED.assumed_parameters():
        assert f"mandate documented: {rule.name}" in entry.assumes


def test_a_chain_in_memory_is_the_chain_on_disk() -> None:
    rows = chained(
        [
            closing(at_s=T_S, tables={"tracks": 3}),
            answer(
                at_s=T_S, holder="shooter", option_id="1", said="no", because="town"
            ),
        ]
    )
    assert rows[1]["prev"] == rows[0]["hash"]
    assert rows[1]["actor"] == "holder:shooter"
    assert json.dumps(rows)


def test_an_answer_is_yes_or_no() -> None:
    with pytest.raises(InputError, match="neither yes nor no"):
        answer(at_s=T_S, holder="shooter", option_id="1", said="maybe")
