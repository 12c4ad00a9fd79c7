"""The program of a mandate says what `judge` says, ground by ground."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.mandate.cedar import cases
from forefield.mandate.compiled import Compiled
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import judge, sentence
from forefield.mandate.rules import load, shipped
from forefield.mandate.verdict_table import CODES

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.verdicts import differences

DAYS = (date(2024, 3, 24), date(2026, 5, 29))


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_scalar_planes_and_the_slow_evaluator_agree(name: str, day: date) -> None:
    at_s = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    some = cases(load(name), 517, Stream(3, "compiled", name), at_s)
    assert differences(Compiled(load(name), day), some) == 0


def test_the_sentences_are_those_of_judge() -> None:
    mandate = load("documented")
    facts = Facts(1_711_250_560.0, {"over": Given("UA"), "owner": Given("PL")})
    table = Compiled(mandate, mandate.day(facts.at_s))
    slow, fast = judge(mandate, facts), table.judge(table.row(facts))
    assert [s for *_, s in fast.barring] == [
        sentence(f.ground, f.value) for f in slow.grounds
    ]


def test_wrong_facts_are_refused_as_judge_refuses_them() -> None:
    table = Compiled(load("documented"), DAYS[0])
    for given in ({"p_civl": Given(0.1)}, {"p_civil": Given(2.0)}):
        with pytest.raises(InputError):
            table.row(Facts(0.0, given))


@pytest.mark.parametrize("n", [1, 63, 64, 65, 200])
def test_rows_beyond_the_last_word_are_not_counted(n: int) -> None:
    table = Compiled(load("documented"), DAYS[1])
    truths = np.zeros((len(table.atoms), n), dtype=np.int8)
    yes, no = table.planes(truths)
    assert len(table.codes(yes, no, n)) == n
    assert table.counts(yes, no, n).sum() == n
    assert len(table.counts(yes, no, n)) == len(CODES)
