"""The comparison on the page: three alternatives, no sums, honest lengths."""

import json
import math

from forefield.report.consequences import decision_clock, harm_chart, restraint
from forefield.report.story import OptionRow


def row(action, effector="", over="", harm=(), bar="", decide=math.nan, **more):
    return OptionRow(
        f"{effector}-{over}", action, effector, "PL", "PL", over, 200.0, 0.7,
        tuple(harm), decide, bar, "", math.nan, (), **more,
    )  # fmt: skip


FLY = row(
    "nothing",
    harm=[("PL", 0.01, 0.1, 1.0), ("UA", 0.1, 1.0, 10.0), ("SK", 0, 1e-6, 1e-5)],
)
THERE = row(
    "intercept", "a", "UA", [("PL", 1e-3, 1e-2, 0.1), ("UA", 0.01, 0.1, 1.0)],
    decide=100.0, t_latest_intercept_s=200.0,
    links=json.dumps([["order", 5, 20, 40], ["way there", 80, 80, 80]]),
    reasons=json.dumps([{"code": "MAY_FAIL", "says": "It may fail."}]),
)  # fmt: skip
HERE = row(
    "intercept", "b", "PL", [("PL", 1e-3, 1e-2, 0.1), ("UA", 0, 0, 0)], "not ready"
)


def test_each_country_has_its_panel_and_nothing_is_added_up():
    panels = harm_chart([FLY, THERE, HERE], ["PL"])
    assert [p.iso for p in panels] == ["PL", "UA"]
    for p in panels:
        assert [b.kind for b in p.bars] == ["fly", "there", "here"]
        assert all(0 <= b.left <= b.left + b.width <= 100.5 for b in p.bars)
    # A hundred times more is a quarter of the scale.
    poland = panels[0].bars
    assert poland[0].middle - poland[1].middle == 12.5
    assert "barred: not ready" in poland[2].label


def test_the_clock_counts_back_from_the_latest_intercept():
    clocks, end_s = decision_clock(
        [FLY, THERE, HERE], 0.0, [("the duty officer", 130.0)]
    )
    assert end_s == 200.0
    (one,) = clocks
    assert one.yes_left == 50.0
    assert [round(s.left + s.width) for s in one.segments] == [60, 100]
    assert "30 s short" in one.words


def test_reasons_not_to_fire_are_shown_for_shots_alone():
    found = restraint([FLY, THERE, HERE], ["PL"])
    assert [label for label, _ in found] == ["Stop it over Ukraine, a"]
