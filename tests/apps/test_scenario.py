"""Scenario files: shipped ones load, wrong ones get one line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from forefield import scenario
from forefield.errors import InputError
from forefield.io.scenarios import load


@pytest.mark.parametrize("name", scenario.names())
def test_every_shipped_scenario_loads(name: str) -> None:
    shown, found = load(name)
    assert shown == name
    assert found.night.minutes > 0


def test_the_template_is_a_scenario() -> None:
    found = scenario.parse(tomllib.loads(scenario.TEMPLATE), "template")
    assert found.mandate.name == "documented"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[night]\ndate="2024-03-24"\nminuts=3', "did you mean 'minutes'?"),
        ('[nigt]\ndate="2024-03-24"', "did you mean 'night'?"),
        ('[night]\ndate="yesterday"', "must read 2024-03-24"),
        ('[night]\ndate="2024-03-24"\nminutes=0', "night.minutes"),
        ('[night]\ndate="2024-03-24"\nminutes="x"', "Expected `float`"),
        ('[night]\ndate="2024-03-24"\n[raid]\nheaded_to_guard=2', "share in [0, 1]"),
        ("[night", "is no TOML"),
    ],
)
def test_a_wrong_scenario_gets_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load(str(path))
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'quick'"):
        load("quikc")
