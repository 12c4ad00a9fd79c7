"""Outcomes of a night held against what can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from study_cases import (
    T0_S,
    cast,
    one_flight,
    perfect_sensor,
    seen,
    sure_effector,
)

from forefield.chance import Stream
from forefield.columns import Columns
from forefield.drivers.chain import Passed, through, through_each
from forefield.drivers.truth import passages
from forefield.studies.acting import Studied
from forefield.studies.outcomes import Truth, of_alternative, of_sight, truth_of
from forefield.world import borders

MINUTES = 10.0


Night = tuple[Truth, Passed, Studied]


def nights(*people: tuple[float, float], enters: bool, seed: int = 1) -> list[Night]:
    """One flight under several (delay of answers, chance of a hit), sharing a night."""
    flights = one_flight(enters=enters, minutes=MINUTES)
    truth = truth_of(flights, passages(flights, borders.guard("PL")))
    plots, scans = seen(flights, perfect_sensor(), MINUTES)
    mechanisms = [
        cast(delay_s, p).mechanism("EXERCISE", "Europe/Warsaw", 1)
        for delay_s, p in people
    ]
    acts = [
        Studied(
            list(truth.end_s),
            m.effectors,
            Stream(seed, "acting"),
            truth.inside(),
            ["PL"],
        )
        for m in mechanisms
    ]
    passed = through_each(
        mechanisms, plots, scans, T0_S, T0_S + 60 * MINUTES, acts=acts
    )
    return [(truth, p, a) for p, a in zip(passed, acts, strict=True)]


def night(delay_s: float, p: float, enters: bool) -> Night:
    return nights((delay_s, p), enters=enters)[0]


def same(one: Columns, other: Columns) -> bool:
    """Row by row, NaN like NaN."""
    return one.to_arrow().to_pandas().equals(other.to_arrow().to_pandas())


def told(one: Night) -> dict[str, float | str]:
    truth, passed, acts = one
    return of_alternative(truth, passed, cast(0.0, 0.5).districts, acts)


@pytest.mark.parametrize("p", [0.0, 0.37, 1.0])
def test_one_object_seen_at_once_and_answered_at_once_is_the_hit_chance(
    p: float,
) -> None:
    one = night(0.0, p, enters=True)
    out = told(one)
    assert of_sight(*one[:2])["entering"] == 1
    # One object, one round, one decision in time: its chance is the whole outcome.
    assert out["decided"] == 1
    assert out["prevented"] == pytest.approx(p, abs=1e-9)
    assert out["rounds"] == 1
    assert (out["engaged_never"], out["too_late"], out["links"]) == (0, 0, "{}")


def test_an_answer_that_comes_after_the_entry_prevents_nothing() -> None:
    out = told(night(3600.0, 1.0, enters=True))
    assert (out["prevented"], out["decided"], out["too_late"]) == (0.0, 0, 1)
    assert out["links"] == '{"answers": 1}'


def test_an_object_that_turns_back_is_engaged_for_nothing() -> None:
    one = night(0.0, 1.0, enters=False)
    sight, out = of_sight(*one[:2]), told(one)
    assert sight["entering"] == 0
    assert (out["engaged_never"], out["prevented"]) == (1, 0.0)
    assert sight["bound_600"] >= sight["bound_600_entered"] == 0


def test_when_the_answer_is_certain_it_comes_after_its_delay() -> None:
    _, passed, _ = night(90.0, 1.0, enters=True)
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


def test_effectors_and_alert_limits_are_met_together_as_each_alone() -> None:
    flights = one_flight(enters=True, minutes=MINUTES)
    plots, scans = seen(flights, perfect_sensor(), MINUTES)
    near = sure_effector(0.5)
    far = replace(near, id="far", lat_deg=52.5, owner="UA", fires_from="UA")
    sets = ((near, far), (far,), (far, near), (near,))
    casts = [
        replace(cast(0.0, 0.5), effectors=e, alert_limit=limit)
        for e in sets
        for limit in (0.1, 0.6)
    ]
    t1_s = T0_S + 60 * MINUTES
    made = [c.mechanism("EXERCISE", "Europe/Warsaw", 1) for c in casts]
    together = through_each(made, plots, scans, T0_S, t1_s)
    for one, both in zip(casts, together, strict=True):
        mechanism = one.mechanism("EXERCISE", "Europe/Warsaw", 1)
        alone = through(mechanism, plots, scans, T0_S, t1_s)
        assert min(len(alone.options), len(alone.alerts)) > 0
        for mine, shared in (
            (alone.options, both.options),
            (alone.verdicts, both.verdicts),
            (alone.alerts, both.alerts),
        ):
            assert same(mine, shared)
    few, many = (set(p.alerts.alert_id.tolist()) for p in together[1::-1])
    assert few != many  # else the test could not tell whose desk spoke


def test_an_object_brought_down_is_seen_no_more_and_the_others_night_goes_on() -> None:
    (_, hit, acts), (_, watched, none) = nights((0.0, 1.0), (3600.0, 1.0), enters=True)
    (one,) = acts.engagements
    assert one.is_down
    assert not none.engagements
    # Nothing is seen of it after the intercept; whoever watched saw it to its end.
    assert hit.tracks.t_seen_s.max() <= one.t_intercept_s
    assert watched.tracks.t_seen_s.max() > one.t_intercept_s + 60.0
    # Up to the decision the two met the same night, and saw it alike.
    before = hit.tracks.t_s <= one.t_s, watched.tracks.t_s <= one.t_s
    assert np.array_equal(
        hit.tracks.lat_deg[before[0]], watched.tracks.lat_deg[before[1]]
    )


def test_a_fork_is_what_a_night_without_the_object_would_have_been() -> None:
    """The slow twin: the plots after the intercept are taken away beforehand."""
    flights = one_flight(enters=True, minutes=MINUTES)
    plots, scans = seen(flights, perfect_sensor(), MINUTES)
    (_, hit, acts), _ = nights((0.0, 1.0), (3600.0, 1.0), enters=True)
    (one,) = acts.engagements
    cut = plots.take(plots.t_s <= one.t_intercept_s)
    alone = through(
        cast(0.0, 1.0).mechanism("EXERCISE", "Europe/Warsaw", 1),
        cut, scans, T0_S, T0_S + 60 * MINUTES,
    )  # fmt: skip
    assert np.array_equal(alone.tracks.lat_deg, hit.tracks.lat_deg)
    assert np.array_equal(alone.tracks.p_exist, hit.tracks.p_exist)
    assert alone.verdicts.verdict.tolist() == hit.verdicts.verdict.tolist()
    assert same(alone.alerts, hit.alerts)


def test_a_miss_is_decided_on_again_and_a_hit_never() -> None:
    counts = {}
    for p in (0.0, 1.0):
        ((_, _, acts),) = nights((0.0, p), enters=True)
        counts[p] = [e.is_down for e in acts.engagements]
    assert counts[1.0] == [True]
    assert not any(counts[0.0])


def test_hits_come_as_often_as_they_are_said_to() -> None:
    truth = ["one"]
    hits = []
    for seed in range(400):
        stream = Stream(seed, "acting")
        acts = Studied(truth, cast(0.0, 0.5).effectors, stream, {}, ["PL"])
        hits.append(acts.drawn("one", 0.37, cast(0.0, 0.5).effectors[0].id))
    assert abs(np.mean(hits) - 0.37) < 4 * np.sqrt(0.37 * 0.63 / 400)


def test_nobody_fires_where_the_object_is_not() -> None:
    acts = Studied(
        ["one", "two"], (), Stream(1, "acting"), {"one": [(100.0, 200.0)]}, ["PL"]
    )
    # Over the guard: it waits for the entry, and lapses when none comes in time.
    assert acts._met("one", True, 80.0, 150.0) == 100.0
    assert acts._met("one", True, 150.0, 250.0) == 150.0
    assert acts._met("one", True, 10.0, 90.0) is None
    assert acts._met("two", True, 10.0, 90.0) is None
    # Over the neighbour: not once it has entered.
    assert acts._met("one", False, 90.0, 90.0) == 90.0
    assert acts._met("one", False, 120.0, 150.0) is None
    # A track of nothing is fired at where it is seen.
    assert acts._met("track 7", True, 10.0, 90.0) == 10.0
