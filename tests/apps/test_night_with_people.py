"""A simulated night in which holders are asked, answer late, and are journalled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forefield.apps.cli import main
from forefield.mandate.rules import load
from forefield.record.journal import export, verify
from forefield.record.recompute import recompute

SCENARIO = """
night = { date = "2026-02-14", start_utc = "02:30", minutes = 20, guard = "PL" }
raid = { counts = { shahed136_geran2 = 15, kh101_kh555 = 4 }, headed_to_guard = 0.3 }
mandate = { name = "status-quo-border", assume = { steps_taken = true } }
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    (folder / "s.toml").write_text(SCENARIO)
    out = folder / "night"
    assert main(["run", str(folder / "s.toml"), "--seed", "3", "--out", str(out)]) == 0
    return out


def test_people_are_asked_in_order_and_answer_after_they_were_asked(
    night: Path,
) -> None:
    said = [json.loads(line) for line in export(night, seals=False)]
    asked = [e for e in said if e["kind"] == "asked"]
    answers = [e for e in said if e["kind"] == "answer"]
    assert asked
    assert answers
    order = [h.id for h in load("status-quo-border").holders]
    assert {e["body"]["holder"] for e in asked} <= set(order)
    assert any(e["body"]["holder"] == order[1] for e in asked)
    for entry in answers:
        assert entry["actor"].startswith("holder:")
        assert entry["body"]["because"].startswith("simulated")
        who = entry["actor"].partition(":")[2]
        before = [
            e for e in asked if e["n"] < entry["n"] and e["body"]["holder"] == who
        ]
        assert before
        assert before[0]["at"] <= entry["at"]


def test_every_verdict_of_that_night_comes_out_again(night: Path) -> None:
    assert verify(night).ok
    found = recompute(night)
    assert found.ok
    assert found.same > 20
