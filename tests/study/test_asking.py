"""Who could have said yes, on a night whose answers are known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from study_cases import T0_S, cast, one_flight, perfect_sensor, seen

from forefield.chance import Stream
from forefield.drivers.chain import through_each
from forefield.drivers.truth import passages
from forefield.studies.acting import Studied
from forefield.studies.asking import Watched
from forefield.studies.outcomes import truth_of
from forefield.world import borders


def watched(delay_s: float) -> tuple[dict[str, Any], list[str]]:
    """What was counted on the night of one object, and the verdicts of its options."""
    flights = one_flight(enters=True)
    truth = truth_of(flights, passages(flights, borders.guard("PL")))
    plots, scans = seen(flights, perfect_sensor(), 10.0)
    mechanism = cast(delay_s, 0.0).mechanism("EXERCISE", "Europe/Warsaw", 1)
    acts = Studied(list(truth.end_s), mechanism.effectors, Stream(1, "acting"),
                   truth.inside(), ["PL"])  # fmt: skip
    watch = Watched(mechanism, acts)
    (passed,) = through_each([mechanism], plots, scans, T0_S, T0_S + 600.0,
                             acts=[watch])  # fmt: skip
    fire = set(passed.options.option_id[passed.options.action == "intercept"].tolist())
    said = [
        v
        for i, v in zip(passed.verdicts.option_id, passed.verdicts.verdict, strict=True)
        if i in fire
    ]
    return {k: json.loads(str(v)) for k, v in watch.told().items()}, said


PUT = ("AWAITING_ANSWER", "LAPSED", "NO_BAR_FOUND_FOR_HUMAN_DECISION")


@pytest.mark.parametrize("delay_s", [0.0, 3600.0])
def test_a_holder_could_say_yes_where_nothing_but_the_answer_was_left(
    delay_s: float,
) -> None:
    told, said = watched(delay_s)
    everything, one = told["holders"][""], told["holders"]["one"]
    assert everything["could"] == len(said)
    assert one["could"] == sum(v in PUT for v in said) > 0
    # Who never answers could have said yes all the same.
    free = said.count("NO_BAR_FOUND_FOR_HUMAN_DECISION")
    assert one["yes"] >= free
    assert (one["yes"] > 0) == (delay_s == 0.0)
    assert sum(one["belief"]) <= one["could"]


def test_the_harm_of_every_verdict_is_counted_by_country() -> None:
    told, said = watched(0.0)
    for code, by in told["casualties_said"].items():
        assert all(n <= said.count(code) and total >= 0 for n, total in by.values())
    assert set(told["casualties_said"]) == set(said)
