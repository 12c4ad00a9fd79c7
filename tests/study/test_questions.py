"""The ten questions, what decides an outcome, and two studies side by side."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from test_statistics import rows_of, study_of

from forefield.apps.studies import against
from forefield.errors import InputError
from forefield.studies.influence import epsilon_squared
from forefield.studies.outcomes import PER_100, TOLD
from forefield.studies.questions import ask_all
from forefield.studies.study_file import names, parse
from forefield.studies.tables import Results
from forefield.studies.worth import _on_front, known_stratum


def results(
    mandates: tuple[str, ...], prevented: np.ndarray, **more: object
) -> Results:
    study, design = study_of(*mandates, **more)
    n, a = prevented.shape
    rows = rows_of(prevented, np.full(n, 10), np.arange(n) % len(design.strata))
    for name in [*TOLD, "harm_pl", "harm_ua"]:
        if name not in rows.column_names:
            rows = rows.append_column(name, [np.zeros(n * a)])
    for name in ("verdicts", "links", "holders", "casualties_said", "limits"):
        rows = rows.append_column(name, [["{}"] * (n * a)])
    rows = rows.append_column("alternative", [np.tile(np.arange(a), n)])
    rows = rows.append_column("seed", [np.repeat(np.arange(n), a)])
    return Results(rows, design, study, "PL")


def test_ten_questions_are_answered_even_when_nothing_happened() -> None:
    found = ask_all(results(("documented", "joint-allied"), np.zeros((20, 2))))
    assert len(found) == 10
    assert all(q.answer.endswith(".") and q.change for q in found)
    assert "No alternative prevented an entry" in found[3].answer
    # What the study cannot tell it says, with the study that can.
    assert "shared-tracks" in found[1].answer


def test_the_best_of_two_is_named_with_its_interval() -> None:
    rng = np.random.default_rng(1)
    prevented = rng.binomial(10, [0.2, 0.6], (60, 2)).astype(float)
    asked = ask_all(results(("documented", "joint-allied"), prevented))[3]
    assert asked.answer.startswith("Most prevented: joint-allied, ")
    assert [cells[-1] for _, cells in asked.rows] == ["0 %", "100 %"]


def test_the_share_of_an_input_is_that_of_the_closed_form() -> None:
    # x = level + noise, both of variance one: half of the variance is the level's.
    rng = np.random.default_rng(2)
    level = rng.integers(0, 2, 20_000)
    x = 2.0 * level + rng.normal(size=20_000)
    assert epsilon_squared(x, level, np.ones(20_000)) == pytest.approx(0.5, abs=0.02)


def test_an_input_that_does_nothing_has_no_share_on_average() -> None:
    rng = np.random.default_rng(3)
    found = [
        epsilon_squared(rng.normal(size=40), rng.integers(0, 5, 40), np.ones(40))
        for _ in range(400)
    ]
    # Without the correction the mean would be about 4 / 39.
    assert abs(np.mean(found)) < 4 * np.std(found) / 20


def test_a_front_leaves_out_what_is_no_better_in_anything() -> None:
    worth = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    assert _on_front(worth).tolist() == [True, True, False, True]


def test_knowing_the_environment_is_worth_what_the_better_choice_gains() -> None:
    # In one stratum the first alternative prevents 8 of 10, in the other the second.
    n = 40
    prevented = np.where((np.arange(n) % 2)[:, None] == np.arange(2)[None], 8.0, 2.0)
    more = {"factor": [
        {"name": "mandate", "kind": "policy", "values": ["documented", "joint-allied"]},
        {"name": "defence", "kind": "environment", "values": [True, False]},
    ]}  # fmt: skip
    found = results(("documented", "joint-allied"), prevented, **more)
    # Either choice gives 50 of 100 by itself; the right one in each stratum 80.
    assert known_stratum(found) == pytest.approx(30.0)


def folder(path: Path, prevented: np.ndarray, seeds: np.ndarray) -> Path:
    found = results(("documented", "joint-allied"), prevented).rows
    at = found.column_names.index("seed")
    found = found.set_column(at, "seed", [np.repeat(seeds, 2)])
    path.mkdir()
    study, _ = study_of("documented", "joint-allied")
    manifest = {"kind": "study", "study": msgspec.to_builtins(study)}
    (path / "manifest.json").write_text(json.dumps(manifest))
    pq.write_table(found, path / "nights.parquet")
    return path


def test_two_studies_of_the_same_nights_are_compared_in_pairs(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    base = rng.binomial(10, 0.3, (30, 2)).astype(float)
    seeds = np.arange(30)
    a = folder(tmp_path / "a", base + 1.0, seeds)
    b = folder(tmp_path / "b", base, seeds)
    done = against(str(a), str(b), "")
    one = next(c for c in done["compared"] if c["outcome"] == "prevented")
    assert one["is_paired"]
    # One more of ten on every night: exactly ten points, and no doubt about it.
    difference = one["difference"]
    assert [difference[k] for k in ("value", "lo", "hi")] == pytest.approx([10.0] * 3)
    page = (a / "compared.html").read_text(encoding="utf-8")
    assert page.count("SIMULATION") > len(PER_100)
    apart = folder(tmp_path / "c", base, seeds + 1000)
    one = next(
        c for c in against(str(a), str(apart), "")["compared"]
        if c["outcome"] == "prevented"
    )  # fmt: skip
    assert not one["is_paired"]
    assert one["difference"]["hi"] - one["difference"]["lo"] > 5.0


def test_a_folder_without_a_study_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no finished study"):
        against(str(tmp_path), str(tmp_path), "")


LISTED = {
    "scenario": "quick",
    "design": {"kind": "list"},
    "alternative": [
        {"name": "one", "values": {"mandate": "documented"}},
        {"name": "two", "values": {"mandate": "pre-delegated", "evidence_limit": 0.5}},
    ],
}


def test_listed_alternatives_keep_their_names_and_values() -> None:
    from forefield.studies.design import lay_out

    design = lay_out(parse(LISTED, "s"))
    assert [a.name for a in design.alternatives] == ["one", "two"]
    assert design.alternatives[1].values["evidence_limit"] == 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"values": {"headed_to_guard": 0.5}}, "never ranked"),
        ({"values": {"mandat": "documented"}}, "did you mean 'mandate'"),
        ({"values": {}}, "is empty"),
        ({"name": "one", "values": {"mandate": "documented"}}, "name of its own"),
    ],
)
def test_a_wrong_alternative_is_told_in_a_line(change: dict, words: str) -> None:
    wrong = LISTED | {"alternative": [LISTED["alternative"][0],
                                      LISTED["alternative"][1] | change]}  # fmt: skip
    with pytest.raises(InputError, match=words):
        parse(wrong, "s")


def test_the_limit_of_evidence_is_the_mandates_own_with_another_number() -> None:
    from forefield.scenario import shipped
    from forefield.studies.night import cast_of

    cast = cast_of(shipped("quick"), Path(),
                   {"mandate": "pre-delegated", "evidence_limit": 0.5})  # fmt: skip
    assert cast.mandate.facts["p_enter"].true_above == 500
    assert cast.mandate.facts["p_exist"].true_above == 900


def test_the_studies_that_the_agreement_asks_for_are_shipped() -> None:
    assert set(names()) >= {
        "depth-and-delay", "hindcast-2022-2026", "quick", "rationale-and-feasibility",
        "romania", "shared-tracks", "what-it-would-take",
    }  # fmt: skip
