"""FACTS.json: what a person writes, and the mistakes a person makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forefield.errors import InputError
from forefield.io.facts import read_facts, read_mandate
from forefield.mandate.judge import judge

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/facts-2024-03-24.json"


def test_the_example_is_judged() -> None:
    mandate = read_mandate("documented")
    verdict = judge(mandate, read_facts(EXAMPLE, mandate))
    assert verdict.code == "NO_HOST_CONSENT"
    assert "NO_AGREED_PROCEDURE" in {f.ground.code for f in verdict.grounds}
    assert str(verdict.day) == "2024-03-24"
    assert "p_enter" in verdict.assumed


def test_only_a_time_is_needed_and_all_else_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    path.write_text('{"at": "2024-03-24T03:22:40Z"}')
    verdict = judge(read_mandate("documented"), read_facts(path))
    assert verdict.code == "OUT_OF_SCOPE"
    assert all(f.value == "unknown" for f in verdict.grounds[:3])


def _changed(change: dict[str, Any]) -> dict[str, Any]:
    data = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    for place, value in change.items():
        *way, last = place.split("/")
        here = data
        for step in way:
            here = here[step]
        here[last] = value
    return data


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"facts/p_entr": {"value": 1}}, "did you mean 'p_enter'"),
        ({"facts/p_enter": {"valu": 1}}, "did you mean 'value'"),
        ({"facts/p_enter": {"source": "x"}}, 'has no "value"'),
        ({"facts/p_enter": {"value": "high"}}, "write a number (probability)"),
        ({"facts/p_enter": {"value": 1.2}}, "lies in [0, 1]"),
        ({"facts/p_enter": {"value": True}}, "write a number"),
        ({"facts/consistent": {"value": 1}}, "write true or false"),
        ({"facts/p_enter": {"value": 1, "as_of": "now"}}, "write a time"),
        ({"facts/p_enter": 0.9}, "must be an object"),
        ({"facts/over": {"value": "UA"}}, 'put it in "option"'),
        ({"facts/answer_shooter": {"value": "yess"}}, "did you mean 'yes'"),
        ({"option/ower": "PL"}, "unknown key 'ower'"),
        ({"option/over": "Ukraine"}, "ISO code"),
        ({"option/action": "fire"}, "known: nothing, intercept"),
        ({"at": "2024-03-24T03:22:40"}, "no time zone"),
        ({"at": 5}, "write a time"),
        ({"fact": {}}, "did you mean 'facts'"),
    ],
)
def test_a_mistake_is_named_in_one_line(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = tmp_path / "f.json"
    path.write_text(json.dumps(_changed(change)), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_facts(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"at": NaN}', "null", "\ufffe", "[" * 100_000]
)
def test_what_is_no_facts_file_is_refused_in_one_line(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "f.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_facts(path)
    assert "\n" not in str(caught.value)


def test_a_mandate_may_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_mandate(str(tmp_path / "mine.toml"))
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_mandate(str(path))
