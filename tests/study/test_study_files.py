"""Study files: what is refused, and in which words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from forefield.errors import InputError
from forefield.studies import study_file
from forefield.studies.design import lay_out
from forefield.studies.meeting import night_seed

SMALL: dict[str, Any] = {
    "scenario": "quick",
    "factor": [
        {"name": "mandate", "kind": "policy", "values": ["documented", "joint-allied"]},
        {"name": "defence", "kind": "environment", "values": [True, False]},
    ],
    "design": {"nights": 8, "batch": 2},
}


def with_(**parts: Any) -> dict[str, Any]:
    return {**SMALL, **parts}


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(InputError) as error:
        lay_out(study_file.parse(raw, "s.toml"), "s.toml")
    text = str(error.value)
    assert "\n" not in text
    return text


def test_an_empty_grid_is_refused() -> None:
    assert "grid is empty" in refusal(with_(factor=[]))
    environment_alone = [SMALL["factor"][1]]
    assert "grid is empty" in refusal(with_(factor=environment_alone))
    hollow = [{"name": "mandate", "kind": "policy", "values": []}]
    assert "mandate is empty" in refusal(with_(factor=hollow))


def test_an_unknown_factor_is_refused_with_the_nearest_one() -> None:
    odd = [{"name": "mandat", "kind": "policy", "values": ["documented"]}]
    assert "did you mean 'mandate'?" in refusal(with_(factor=odd))


def test_an_unknown_key_is_refused_with_the_nearest_one() -> None:
    assert "did you mean 'nights'?" in refusal(with_(design={"night": 3}))
    assert "did you mean 'scenario'?" in refusal(with_(scenari="x"))


@pytest.mark.parametrize(
    "parts",
    [
        {"outcomes": {"rank": ["defence"]}},
        {"outcomes": {"rank": ["headed_to_guard"]}},
        {"factor": [*SMALL["factor"],
                    {"name": "family", "kind": "policy", "values": ["dog_legs"]}]},
    ],
)  # fmt: skip
def test_ranking_an_environment_factor_is_refused(parts: dict[str, Any]) -> None:
    assert "never ranked or optimised" in refusal(with_(**parts))


@pytest.mark.parametrize("word", ["maximise", "minimize", "optimise"])
def test_a_search_is_refused(word: str) -> None:
    assert "nothing is searched" in refusal(with_(outcomes={word: "prevented"}))
    assert "nothing is searched" in refusal(with_(**{word: "defence"}))


def test_values_outside_their_limits_are_refused() -> None:
    deep = [{"name": "depth_km", "kind": "policy", "values": [900]}]
    assert "must lie in [0, 500]" in refusal(with_(factor=deep))
    text = [{"name": "depth_km", "kind": "policy", "values": ["deep"]}]
    assert "takes a number" in refusal(with_(factor=text))


def test_a_value_that_is_none_of_the_choices_is_refused_with_the_choices() -> None:
    odd = [SMALL["factor"][0],
           {"name": "hit_prior", "kind": "environment", "values": ["best"]}]  # fmt: skip
    assert "'best'; write one of low, middle, high" in refusal(with_(factor=odd))


def test_the_template_and_the_shipped_studies_are_valid() -> None:
    made = study_file.parse(tomllib.loads(study_file.TEMPLATE), "template")
    assert len(lay_out(made).alternatives) == 3
    for name in study_file.names():
        _, study, folder = study_file.load(name)
        assert folder == Path()
        assert len(lay_out(study).alternatives) >= 2


def test_a_grid_has_every_combination_once() -> None:
    factors = [
        {"name": "mandate", "kind": "policy",
         "values": ["status-quo-border", "pre-delegated"]},
        {"name": "depth_km", "kind": "policy", "values": [20, 50]},
    ]  # fmt: skip
    design = lay_out(study_file.parse(with_(factor=factors), "s"))
    # The first has no zone, so a depth says nothing of it.
    assert [a.name for a in design.alternatives] == [
        "status-quo-border", "pre-delegated, 20 km deep", "pre-delegated, 50 km deep",
    ]  # fmt: skip


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    factors = [
        {"name": "belief_floor", "kind": "policy", "range": [0.0, 0.5]},
        {"name": "word_delay_s", "kind": "policy", "range": [0, 100]},
    ]
    raw = with_(factor=factors, design={"kind": "latin", "points": 10, "nights": 4})
    design = lay_out(study_file.parse(raw, "s"))
    for name, width in (("belief_floor", 0.05), ("word_delay_s", 10.0)):
        values = sorted(a.values[name] for a in design.alternatives)
        assert [int(v // width) for v in values] == list(range(10))


def test_nights_go_to_the_strata_in_turn_with_weights_that_sum_to_one() -> None:
    design = lay_out(study_file.parse(SMALL, "s"))
    assert [design.stratum_of(n) for n in range(4)] == [0, 1, 0, 1]
    assert sum(s.weight for s in design.strata) == pytest.approx(1.0)
    assert len({night_seed(1, n) for n in range(1000)}) == 1000


def test_a_longer_study_begins_with_the_nights_of_a_shorter_one() -> None:
    short = lay_out(study_file.parse(SMALL, "s"))
    long = lay_out(study_file.parse(with_(design={"nights": 80, "batch": 2}), "s"))
    assert [short.environment(n) for n in range(8)] == [
        long.environment(n) for n in range(8)
    ]
