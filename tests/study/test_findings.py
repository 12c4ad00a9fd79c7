"""The page of findings: what it shows of nights that were made up."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from forefield.studies.design import Design, lay_out
from forefield.studies.findings import render
from forefield.studies.outcomes import TOLD
from forefield.studies.questions import ask_all
from forefield.studies.study_file import Study, parse
from forefield.studies.tables import Results

SOBOL: dict[str, Any] = {
    "scenario": "quick",
    "factor": [
        {"name": "evidence_limit", "kind": "policy", "range": [0.2, 0.8]},
        {"name": "word_delay_s", "kind": "policy", "range": [0, 100]},
        {"name": "hit_prior", "kind": "environment", "values": ["low", "high"]},
    ],
    "design": {"kind": "sobol", "nights": 64},
}


def holders(could: int, belief: float) -> str:
    """Ten options, of which one holder could have said yes to some."""
    bins = [0] * 20
    bins[int(20 * belief)] = could
    none = {"who": "", "could": 10, "yes": 0, "belief": [10] + [0] * 19}
    one = {"who": "Duty commander", "could": could, "yes": 1, "belief": bins}
    return json.dumps({"": none, "duty": one})


def nights(study: Study, design: Design, prevented: Any, entering: Any) -> Results:
    """Results of made-up nights; prevented is (N, A), entering (N,)."""
    n, a = prevented.shape
    columns: dict[str, Any] = {k: np.zeros(n * a) for k in [*TOLD, "harm_pl"]}
    columns |= {
        "night": np.repeat(np.arange(n), a),
        "stratum": np.repeat(np.arange(n) % len(design.strata), a),
        "seed": np.arange(n * a),
        "alternative": np.tile(np.arange(a), n),
        "name": [x.name for x in design.alternatives] * n,
        "failure": [""] * (n * a),
        "prevented": prevented.ravel().astype(float),
        "entering": np.repeat(entering, a).astype(float),
        "flights": np.full(n * a, 20.0),
        "verdicts": ['{"HOLD_DEBRIS": 6, "NO_BAR_FOUND_FOR_HUMAN_DECISION": 4}']
        * n
        * a,
        "links": ["{}"] * (n * a),
        "holders": [holders(4, 0.72)] * (n * a),
        "casualties_said": ['{"HOLD_DEBRIS": {"pl": [6, 3.0], "ua": [6, 0.06]}}']
        * n
        * a,
        "limits": ['{"belief": 0.8, "guard": 0.1, "host": 0.1}'] * (n * a),
    }
    return Results(pa.table(columns), design, study, "PL")


@pytest.fixture(scope="module")
def drawn() -> Results:
    """Evidence alone decides what is prevented: ten objects enter every night."""
    study = parse(SOBOL, "s")
    design = lay_out(study)
    prevented = np.empty((64, len(design.alternatives)))
    for j in range(64):
        for met in design.meetings(j):
            for k, values in met.who:
                prevented[j, k] = 10 * values["evidence_limit"]
    return nights(study, design, prevented, np.full(64, 10))


def test_the_input_that_decides_is_named_with_its_total_effect(drawn: Results) -> None:
    found = {e.name: e for e in drawn.effects if e.outcome == "prevented"}
    assert found["evidence_limit"].total == pytest.approx(1.0, abs=0.05)
    assert found["evidence_limit"].first == pytest.approx(1.0, abs=0.1)
    assert found["evidence_limit"].total_lo < found["evidence_limit"].total_hi
    assert [found[k].total for k in ("word_delay_s", "hit_prior")] == [0.0, 0.0]
    asked = ask_all(drawn)[8]
    assert "evidence_limit decides most of" in asked.answer
    assert dict(asked.rows)["hit_prior"][:2] == [
        "environment", "changed nothing on any night",
    ]  # fmt: skip
    # In the order of the file, the luck of the night last: nothing is ranked.
    assert [name for name, _ in asked.rows] == [
        "evidence_limit", "word_delay_s", "hit_prior", "the luck of the night",
    ]  # fmt: skip


def test_rows_a_and_b_alone_are_the_sample_of_a_sobol_design(drawn: Results) -> None:
    assert len(drawn.nights) == 128
    assert drawn.of("prevented")[0]["value"] == pytest.approx(50.0, abs=1.0)
    assert sum(v["count"] for v in drawn.verdicts) == 128 * 10


def test_the_page_of_a_sobol_design_says_what_it_is_and_ranks_nothing(
    drawn: Results,
) -> None:
    page = render("x", drawn, "forefield study x", ask_all(drawn))
    assert "which inputs decide, and compares none" in page
    assert "a Sobol’ design of 64 nights, 6 rows each" in page
    assert "total effect, % of the variance" in page
    assert 'id="strata"' not in page
    assert page.count("<caption>SIMULATION") == page.count("<caption>")


GRID = {
    "scenario": "quick",
    "factor": [{"name": "mandate", "kind": "policy",
                "values": ["documented", "pre-delegated"]}],
    "design": {"nights": 40},
}  # fmt: skip


@pytest.fixture(scope="module")
def compared() -> Results:
    study = parse(GRID, "s")
    entering = np.repeat([0, 1, 4, 10], 10)
    prevented = entering[:, None] * np.array([0.0, 0.5])
    return nights(study, lay_out(study), prevented, entering)


def test_figures_a_night_are_those_of_the_record_with_its_interval(
    compared: Results,
) -> None:
    entering, prevented = (compared.of(f"{k}_on_record") for k in
                           ("entering", "prevented"))  # fmt: skip
    # Half of all that enter, on the middle of the record and at both of its ends.
    for end in ("value", "lo", "hi"):
        assert prevented[1][end] == pytest.approx(0.5 * entering[1][end])
    shares = compared.on_record.record.levels  # type: ignore[union-attr]
    assert entering[0]["hi"] == pytest.approx(
        1000 * (shares[1].hi * 1 + shares[2].hi * 4 + shares[3].hi * 10)
    )
    page = render("x", compared, "forefield study x", ask_all(compared))
    assert "27 to 33 objects that became known in 935 raid nights" in page
    assert "a night</th>" not in page


def test_who_could_have_said_yes_is_listed_with_share_and_belief(
    compared: Results,
) -> None:
    (one, _) = compared.holders
    assert (one["who"], one["could"] / one["of"]) == ("Duty commander", 0.4)
    assert one["belief_p50"] == pytest.approx(0.725)
    asked = ask_all(compared)[6]
    assert "Duty commander could have said yes to 40.00 % of them" in asked.answer
    assert "above 0.73 (limit 0.80)" in asked.answer
    assert len(asked.rows) == 2


def test_expected_casualties_stand_beside_the_verdict_with_their_limit(
    compared: Results,
) -> None:
    page = render("x", compared, "forefield study x", ask_all(compared))
    bars = page[page.index('id="bars"') :]
    assert 'casualties, PL<span class="range">limit 0.10</span>' in bars
    row = bars[bars.index("HOLD_DEBRIS") :][:120]
    assert "<td>0.50</td><td>0.010</td>" in row


def test_nights_that_a_study_does_not_have_are_named_where_a_figure_leaves_them_out() -> (
    None
):
    study = parse(GRID, "s")
    prevented = np.full((20, 1), 4.0) * np.array([0.0, 0.5])
    few = nights(study, lay_out(study), prevented, np.full(20, 4))
    assert "(but those on which 1 or 2, or 10 or more enter, too few here)" in (
        ask_all(few)[3].answer
    )
    page = render("x", few, "forefield study x", ask_all(few))
    assert "are too few here and are left out of the weighed figures" in page
    assert "fewer than four nights were flown on which nothing enters" in page
