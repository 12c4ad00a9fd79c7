"""Explanations: readable in three languages, complete, and the same as the data."""

from __future__ import annotations

import json

import pytest
from mandate_cases import AGREED, DOCUMENTED, best_case

from forefield.errors import InputError
from forefield.mandate.explain import (
    CODE_WORDS,
    describe,
    describe_as_data,
    explain,
    explain_as_data,
    overview,
)
from forefield.mandate.judge import judge
from forefield.mandate.verdict_table import CODES

LANGUAGES = ("en", "pl", "uk")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_barring_ground_is_told_with_clause_and_source(lang: str) -> None:
    verdict = judge(DOCUMENTED, best_case(p_civil=None))
    told = " ".join(" ".join(explain(verdict, lang)).split())
    assert verdict.code in told
    for found in verdict.grounds:
        assert found.ground.text[lang] in told
        assert found.ground.clause in told
        assert found.ground.source in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_mandate_is_described_whole(lang: str) -> None:
    told = " ".join(" ".join(describe(DOCUMENTED, lang)).split())
    for ground in DOCUMENTED.grounds:
        assert ground.text[lang] in told
    for holder in DOCUMENTED.holders:
        assert holder.question[lang] in told
    assert DOCUMENTED.sha256 in told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_line_is_wider_than_a_page(lang: str) -> None:
    verdict = judge(DOCUMENTED, best_case(p_civil=None))
    for line in (*explain(verdict, lang), *describe(DOCUMENTED, lang)):
        assert len(line) <= 110, line


def test_the_data_are_json_and_agree_with_the_verdict() -> None:
    verdict = judge(DOCUMENTED, best_case())
    data = json.loads(json.dumps(explain_as_data(verdict)))
    assert data["verdict"] == verdict.code
    assert [g["id"] for g in data["grounds"]] == [f.ground.id for f in verdict.grounds]
    assert data["grounds"][0]["code"] == data["verdict"]
    whole = json.loads(json.dumps(describe_as_data(DOCUMENTED)))
    assert len(whole["grounds"]) == len(DOCUMENTED.grounds)


def test_no_bar_found_asserts_no_legality() -> None:
    lines = explain(judge(AGREED, best_case()), "en")
    assert any("legality is not asserted" in line for line in lines)
    assert any("permits nothing" in line for line in lines)


def test_every_code_has_its_words_in_every_language() -> None:
    assert set(CODE_WORDS) == set(CODES)
    assert all(set(w) == set(LANGUAGES) for w in CODE_WORDS.values())


def test_the_overview_names_the_documented_world() -> None:
    assert "documented" in {row["id"] for row in overview()}


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="use en, pl, uk"):
        explain(judge(DOCUMENTED, best_case()), "de")
