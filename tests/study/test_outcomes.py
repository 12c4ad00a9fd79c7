"""Outcomes of a night held against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from study_cases import T0_S, cast, one_flight, perfect_sensor, seen

from forefield.drivers.chain import Passed, through, through_each
from forefield.drivers.truth import passages
from forefield.studies.outcomes import Truth, of_alternative, of_sight, truth_of
from forefield.world import borders

MINUTES = 10.0


def night(delay_s: float, p: float, enters: bool) -> tuple[Truth, Passed]:
    flights = one_flight(enters=enters, minutes=MINUTES)
    truth = truth_of(flights, passages(flights, borders.guard("PL")))
    plots, scans = seen(flights, perfect_sensor(), MINUTES)
    mechanism = cast(delay_s, p).mechanism("EXERCISE", "Europe/Warsaw", 1)
    (passed,) = through_each([mechanism], plots, scans, T0_S, T0_S + 60 * MINUTES)
    return truth, passed


def told(truth: Truth, passed: Passed) -> dict[str, float | str]:
    return of_alternative(truth, passed, cast(0.0, 0.5).districts)


@pytest.mark.parametrize("p", [0.0, 0.37, 1.0])
def test_one_object_seen_at_once_and_answered_at_once_is_the_hit_chance(
    p: float,
) -> None:
    truth, passed = night(0.0, p, enters=True)
    out = told(truth, passed)
    assert of_sight(truth, passed)["entering"] == 1
    # One object, one round, one decision in time: its chance is the whole outcome.
    assert out["decided"] == 1
    assert out["prevented"] == pytest.approx(p, abs=1e-9)
    assert out["rounds"] == 1
    assert (out["engaged_never"], out["too_late"], out["links"]) == (0, 0, "{}")


def test_an_answer_that_comes_after_the_entry_prevents_nothing() -> None:
    truth, passed = night(3600.0, 1.0, enters=True)
    out = told(truth, passed)
    assert (out["prevented"], out["decided"], out["too_late"]) == (0.0, 0, 1)
    assert out["links"] == '{"answers": 1}'


def test_an_object_that_turns_back_is_engaged_for_nothing() -> None:
    truth, passed = night(0.0, 1.0, enters=False)
    sight, out = of_sight(truth, passed), told(truth, passed)
    assert sight["entering"] == 0
    assert (out["engaged_never"], out["prevented"]) == (1, 0.0)
    assert sight["bound_600"] >= sight["bound_600_entered"] == 0


def test_when_the_answer_is_certain_it_comes_after_its_delay() -> None:
    _, passed = night(90.0, 1.0, enters=True)
    v = passed.verdicts
    asked = v.t_s[v.verdict == "AWAITING_ANSWER"].min()
    free = v.t_s[v.verdict == "NO_BAR_FOUND_FOR_HUMAN_DECISION"].min()
    assert 90.0 <= free - asked <= 120.0  # the next step of 20 s sees it


def test_alternatives_that_share_a_sight_decide_as_each_would_alone() -> None:
    flights = one_flight(enters=True, minutes=MINUTES)
    plots, scans = seen(flights, perfect_sensor(), MINUTES)
    casts = [cast(0.0, 0.3), cast(60.0, 0.9)]
    t1_s = T0_S + 60 * MINUTES
    together = through_each(
        [c.mechanism("EXERCISE", "Europe/Warsaw", 1) for c in casts],
        plots, scans, T0_S, t1_s,
    )  # fmt: skip
    for one, both in zip(casts, together, strict=True):
        alone = through(
            one.mechanism("EXERCISE", "Europe/Warsaw", 1), plots, scans, T0_S, t1_s
        )
        assert alone.verdicts.verdict.tolist() == both.verdicts.verdict.tolist()
        assert np.array_equal(alone.options.p_success, both.options.p_success, True)
        assert alone.entries == both.entries
        assert alone.origin == both.origin
