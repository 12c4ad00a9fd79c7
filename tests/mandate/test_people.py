"""Who must act by when; and holders of a simulated night, who answer late or never."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from mandate_cases import best_case

from forefield.chance import Stream
from forefield.engagement.option_table import Options
from forefield.mandate.judge import judge
from forefield.mandate.people import SimulatedHolders, steps
from forefield.mandate.rules import Mandate, load
from forefield.mandate.verdict_table import Verdicts

SUPPOSED = load("agreement-2024-agreed")


def _silent(mandate: Mandate, share: float) -> Mandate:
    holders = tuple(dataclasses.replace(h, no_answer=share) for h in mandate.holders)
    return dataclasses.replace(mandate, holders=holders)


def _option(name: str, t_s: float, code: str) -> tuple[Options, Verdicts]:
    base = {f.name: None for f in dataclasses.fields(Options)}
    del base
    one = Options.empty()
    wide = {
        "t_s": [t_s],
        "option_id": [name],
        "track_id": [5],
        "action": ["intercept"],
        "effector": ["unit"],
        "owner": ["PL"],
        "fires_from": ["PL"],
        "over": ["UA"],
    }
    fields = {}
    for f in dataclasses.fields(one):
        empty = getattr(one, f.name)
        if f.name in wide:
            fields[f.name] = np.array(wide[f.name])
        elif isinstance(empty, np.ndarray):
            shape = (1, *empty.shape[1:])
            fields[f.name] = np.zeros(shape, dtype=empty.dtype)
        else:
            fields[f.name] = empty
    verdicts = Verdicts(
        t_s=np.array([t_s]),
        option_id=np.array([name]),
        track_id=np.array([5]),
        mandate=np.array([SUPPOSED.id]),
        verdict=np.array([code]),
        decide_by_s=np.array([t_s + 600]),
        grounds=np.array(["[]"], dtype=object),
    )
    return Options(**fields), verdicts


def test_holders_are_asked_one_after_another_and_none_is_skipped() -> None:
    holders = SimulatedHolders(_silent(SUPPOSED, 0.0), Stream(1, "night", 0))
    options, verdicts = _option("a", 100.0, "AWAITING_ANSWER")
    first = holders.consider(options, verdicts, 100.0)
    assert [(h.holder, h.said) for h in first] == [(SUPPOSED.holders[0].id, "asked")]
    assert holders.answers(options) == {}
    later, _ = _option("b", 120.0, "AWAITING_ANSWER")  # the same option, a cycle on
    heard = holders.hear(1e6)
    assert [h.said for h in heard] == ["yes", "asked"] * (len(SUPPOSED.holders) - 1) + [
        "yes"
    ]
    assert [h.holder for h in heard if h.said == "yes"] == [
        h.id for h in SUPPOSED.holders
    ]
    assert all(a.t_s <= b.t_s for a, b in itertools.pairwise(heard))
    assert set(holders.answers(later)["b"].values()) == {"yes"}
    assert all("simulated" in h.because for h in heard if h.said == "yes")


def test_no_answer_is_no_answer() -> None:
    holders = SimulatedHolders(_silent(SUPPOSED, 1.0), Stream(1, "night", 0))
    options, verdicts = _option("a", 100.0, "AWAITING_ANSWER")
    holders.consider(options, verdicts, 100.0)
    assert holders.hear(1e9) == []
    assert holders.answers(options) == {}


def test_nobody_is_asked_while_a_graver_bar_stands_and_answers_are_not_kept() -> None:
    holders = SimulatedHolders(_silent(SUPPOSED, 0.0), Stream(1, "night", 0))
    options, verdicts = _option("a", 100.0, "HOLD_EVIDENCE")
    assert holders.consider(options, verdicts, 100.0) == []
    _, waits = _option("a", 100.0, "AWAITING_ANSWER")
    assert holders.consider(options, waits, 100.0)
    holders.hear(1e6)
    assert holders.answers(options)
    holders.consider(options, verdicts, 200.0)  # the evidence fails again
    assert holders.answers(options) == {}


def test_delays_have_the_quantiles_of_the_mandate() -> None:
    holder = SUPPOSED.holders[0]
    people = SimulatedHolders(_silent(SUPPOSED, 0.0), Stream(1, "night", 0))
    drawn = np.array(
        [people._delay_s(people.mandate.holders[0], i) for i in range(4000)]
    )
    # Shares below the quantiles, within four standard errors.
    assert abs((drawn < holder.delay_p50_s).mean() - 0.50) < 4 * 0.0079
    assert abs((drawn < holder.delay_p95_s).mean() - 0.95) < 4 * 0.0035
    some = SimulatedHolders(_silent(SUPPOSED, 0.3), Stream(1, "night", 0))
    gone = [np.isinf(some._delay_s(some.mandate.holders[0], i)) for i in range(4000)]
    assert abs(np.mean(gone) - 0.3) < 4 * 0.0073


def test_each_must_answer_early_enough_for_those_after() -> None:
    verdict = judge(load("documented"), best_case())
    found = steps(verdict)
    standing = [s for s in found if s.stage == "standing"]
    assert {s.state for s in standing} <= {"lacking", "not excluded"}
    assert len(standing) >= 5
    people = [s for s in found if s.stage == "object"]
    times = [s.by_s for s in people if s.by_s is not None]
    assert len(times) == len(verdict.mandate.holders)
    assert times == sorted(times)
    assert times[-1] == verdict.decide_by_s
