"""Sobol' designs and effects against published indices and another program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import sobol_indices

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.studies.design import lay_out
from forefield.studies.influence import effects_of
from forefield.studies.sobol import LUCK, meetings, rows_of
from forefield.studies.study_file import FactorPart, parse

Model = Callable[..., float]


def factors(n: int, low: float, high: float) -> list[FactorPart]:
    return [FactorPart(f"x{i}", "policy", range=[low, high]) for i in range(n)]


def answers(of: list[FactorPart], nights: int, model: Model) -> np.ndarray:
    """The model at every row of a design, (N, rows); it may use the night's seed."""
    out = np.empty((nights, len(of) + 3))
    for j, row in enumerate(meetings(of, nights, 1)):
        for met in row:
            for k, values in met.who:
                out[j, k] = model([values[f.name] for f in of], met.seed)
    return out


def ishigami(x: list[float], _seed: int) -> float:
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def test_ishigamis_function_has_its_published_indices() -> None:
    # Ishigami & Homma 1990 with a = 7, b = 0.1; indices as in Saltelli et al. 2008.
    y = answers(factors(3, -np.pi, np.pi), 4096, ishigami)
    first, total = effects_of(y, np.ones((1, 4096)))
    assert first[0] == pytest.approx([0.3139, 0.4424, 0.0, 0.0], abs=0.01)
    assert total[0] == pytest.approx([0.5576, 0.4424, 0.2437, 0.0], abs=0.01)


def test_the_g_function_has_its_analytic_indices() -> None:
    # Sobol' 1993: g = product of (|4 x - 2| + a) / (1 + a); V_i = 1/3 / (1 + a)^2.
    a = np.array([0.0, 1.0, 4.5, 9.0])

    def g(x: list[float], _seed: int) -> float:
        return float(np.prod((np.abs(4 * np.array(x) - 2) + a) / (1 + a)))

    part = 1 / 3 / (1 + a) ** 2
    whole = np.prod(1 + part) - 1
    y = answers(factors(4, 0.0, 1.0), 4096, g)
    first, total = effects_of(y, np.ones((1, 4096)))
    assert first[0, :4] == pytest.approx(part / whole, abs=0.015)
    assert total[0, :4] == pytest.approx(
        part * np.prod(1 + part) / (1 + part) / whole, abs=0.015
    )


def test_the_effects_are_those_of_scipy_to_the_last_digits() -> None:
    y = np.random.default_rng(5).gamma(2.0, size=(64, 6))
    theirs = sobol_indices(
        func={"f_A": y[:, 0], "f_B": y[:, 1], "f_AB": y[:, 2:].T[:, None, :]}, n=64
    )
    first, total = effects_of(y, np.ones((1, 64)))
    assert first[0] == pytest.approx(theirs.first_order, rel=1e-9)
    assert total[0] == pytest.approx(theirs.total_order, rel=1e-9)


def test_a_replicate_is_the_nights_that_were_drawn() -> None:
    rng = np.random.default_rng(6)
    y, counts = rng.normal(size=(16, 5)), rng.multinomial(16, np.full(16, 1 / 16), 3)
    first, total = effects_of(y, counts)
    for r in range(3):
        alone = effects_of(np.repeat(y, counts[r], axis=0), np.ones((1, 16)))
        assert first[r] == pytest.approx(alone[0][0])
        assert total[r] == pytest.approx(alone[1][0])


def test_the_luck_of_the_night_is_told_apart_from_the_inputs() -> None:
    # Ishigami's variance is 13.845; a luck of the same variance takes half of it,
    # and none of the inputs' shares of the rest.
    spread = np.sqrt(13.845)

    def lucky(x: list[float], seed: int) -> float:
        return ishigami(x, seed) + spread * float(Stream(seed, "luck").normal(0))

    y = answers(factors(3, -np.pi, np.pi), 4096, lucky)
    first, total = effects_of(y, np.ones((1, 4096)))
    assert total[0] == pytest.approx([0.2788, 0.2212, 0.1218, 0.5], abs=0.03)
    assert first[0] == pytest.approx([0.157, 0.2212, 0.0, 0.5], abs=0.05)


STUDY: dict[str, Any] = {
    "scenario": "quick",
    "factor": [
        {"name": "mandate", "kind": "policy",
         "values": ["status-quo-border", "agreement-2024-agreed"]},
        {"name": "depth_km", "kind": "policy", "range": [20, 100]},
        {"name": "hit_prior", "kind": "environment",
         "values": ["low", "middle", "high"], "weights": [1, 2, 1]},
    ],
    "design": {"kind": "sobol", "nights": 64},
}  # fmt: skip


def with_(**parts: Any) -> dict[str, Any]:
    return {**STUDY, **parts}


def test_two_rows_of_a_night_differ_by_one_input_alone() -> None:
    design = lay_out(parse(STUDY, "s"))
    assert [a.name for a in design.alternatives] == list(
        rows_of(["mandate", "depth_km", "hit_prior"])
    )
    for night in range(8):
        row: dict[int, dict[str, Any]] = {}
        for met in design.meetings(night):
            for k, values in met.who:
                row[k] = {**values, **met.environment, LUCK: met.seed}
        a, b = row[0], row[1]
        assert a[LUCK] != b[LUCK]
        for k, name in enumerate(["mandate", "depth_km", "hit_prior", LUCK], 2):
            if name == "depth_km" and "depth_km" not in row[k]:
                continue  # a mandate without a zone
            assert row[k].get(name) == b.get(name, row[k].get(name))
            shared = {*a, *row[k]} - {name, "depth_km"}
            assert all(row[k][other] == a[other] for other in shared)


def test_rows_that_meet_one_night_are_played_together() -> None:
    design = lay_out(parse(STUDY, "s"))
    for night in range(16):
        met = design.meetings(night)
        seeds = [(m.seed, repr(m.environment)) for m in met]
        assert len(set(seeds)) == len(seeds)
        assert sorted(k for m in met for k, _ in m.who) == list(range(6))
        # A policy changed alone meets the night of row A.
        assert {0, 2, 3} <= {k for k, _ in met[0].who}


def test_choices_come_as_often_as_their_weights_say() -> None:
    design = lay_out(parse(STUDY, "s"))
    found = [design.meetings(n)[0].environment["hit_prior"] for n in range(64)]
    # A balanced sequence: exact, where independent draws would be off by four.
    assert [found.count(v) for v in ("low", "middle", "high")] == [16, 32, 16]


def test_a_longer_design_begins_with_the_nights_of_a_shorter_one() -> None:
    short = lay_out(parse(STUDY, "s"))
    long = lay_out(parse(with_(design={"kind": "sobol", "nights": 128}), "s"))
    assert [short.meetings(n) for n in range(64)] == [
        long.meetings(n) for n in range(64)
    ]


def test_a_number_of_nights_that_is_no_power_of_two_is_cut_to_one() -> None:
    design = lay_out(parse(with_(design={"kind": "sobol", "nights": 100}), "s"))
    assert design.nights == 64
    assert len(design.batches()) == 16


def test_trials_meet_every_choice_once() -> None:
    design = lay_out(parse(STUDY, "s"))
    trials = design.trials()
    assert {m.environment["hit_prior"] for m in trials} == {"low", "middle", "high"}
    assert {v["mandate"] for m in trials for _, v in m.who} == {
        "status-quo-border", "agreement-2024-agreed",
    }  # fmt: skip
    assert len(trials) <= 6


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"factor": [{"name": "mandate", "kind": "policy", "values": ["documented"]}]},
         "mandate has one value, so it decides nothing"),
        ({"factor": [{"name": "mandate", "kind": "policy",
                      "values": ["documented", "documented"]}]},
         "mandate has a value twice"),
        ({"design": {"kind": "sobol", "nights": 1}}, "nights of 2 or more"),
        ({"design": {"kind": "sobol", "nights": 8, "stop_within": 5}}, "is run whole"),
        ({"outcomes": {"rank": ["mandate"]}}, "compares no policies"),
        ({"outcomes": {"rank": ["hit_prior"]}}, "never ranked or optimised"),
        ({"outcomes": {"maximise": "hit_prior"}}, "nothing is searched"),
    ],
)  # fmt: skip
def test_what_a_sobol_design_cannot_do_is_told_in_a_line(
    parts: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as error:
        parse(with_(**parts), "s")
    assert "\n" not in str(error.value)
