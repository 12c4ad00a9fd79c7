"""Reading mandates: what is refused, and in which words."""

from __future__ import annotations

from datetime import date

import pytest

from forefield.errors import InputError
from forefield.mandate.rules import load, parse, shipped, thousandths
from forefield.mandate.verdict_table import CODES

SMALL = """
[meta]
id = "small"
title = "A small table"
sources = ["a test"]

[[fact]]
name = "over"
type = "zone"
about = "option"
meaning = "country below"

[[fact]]
name = "p_enter"
type = "number"
unit = "probability"
about = "forecast"
meaning = "entry"
true_above = 0.8
false_below = 0.2
max_age_s = 10
basis = "ASSUMPTION: a test"

[[ground]]
id = "place"
code = "OUT_OF_SCOPE"
order = 10
when = { not = { fact = "over", is = "UA" } }
clause = "Art. 1"
source = "a test"
owner = "nobody"
text = "Elsewhere."

[[ground]]
id = "evidence"
code = "HOLD_EVIDENCE"
order = 20
when = { not = { fact = "p_enter" } }
in_force = { until = 2024-07-07 }
clause = "Art. 2"
source = "a test"
owner = "nobody"
text = "Not sure."

[[holder]]
id = "chief"
organ = "The chief"
question = "May we?"
may_refuse = true
delay = { p50_s = 10, p95_s = 30, basis = "ASSUMPTION: a test" }
source = "a test"
"""


def test_the_small_table_reads() -> None:
    mandate = parse(SMALL)
    assert mandate.facts["p_enter"].true_above == 800
    assert mandate.facts["answer_chief"].values == ("yes", "no", "awaited")
    assert mandate.grounds[1].in_force.until == date(2024, 7, 7)
    assert [g.id for g in mandate.grounds_on(date(2025, 1, 1))] == ["place"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('meaning = "entry"', 'meening = "entry"', "did you mean 'meaning'"),
        ('fact = "p_enter"', 'fact = "p_entr"', "did you mean 'p_enter'"),
        ("HOLD_EVIDENCE", "HOLD_EVIDENSE", "did you mean 'HOLD_EVIDENCE'"),
        ("HOLD_EVIDENCE", CODES[-1], "absence of grounds"),
        ('source = "a test"\nowner', "owner", "source is missing"),
        ('text = "Elsewhere."', "", "text is missing"),
        ('text = "Elsewhere."', 'text.en = "Elsewhere."', "text.pl is missing"),
        ("true_above = 0.8", "true_above = 1.8", "outside [0, 1]"),
        ("false_below = 0.2", "false_below = 0.9", "crossed"),
        ("false_below = 0.2\n", "", "both true_above and false_below"),
        ("true_above = 0.8", "true_above = 0.80005", "three decimals"),
        ('basis = "ASSUMPTION: a test"\n\n[[ground]]', "[[ground]]", "a basis"),
        ("order = 20", "order = 10", "has order 10"),
        ("order = 20", "order = 5", "decides before"),
        ('id = "evidence"', 'id = "place"', "two versions overlap"),
        ('is = "UA"', 'iss = "UA"', "did you mean 'is'"),
        ('is = "UA"', 'above = "UA"', "needs numbers"),
        ('fact = "p_enter"', 'fact = "answer_chief", is = "maybe"', "never 'maybe'"),
        ('{ fact = "p_enter" }', "[]", "must be a table"),
        ('id = "small"', "", "id is missing"),
        ('sources = ["a test"]', "sources = []", "sources is missing"),
        ("p50_s = 10", "p50_s = 60", "p50_s <= p95_s"),
        ("2024-07-07", '"soon"', "must be a day"),
        ('[meta]\nid = "small"', "[meta", "no valid TOML"),
        ('type = "zone"', 'type = "zones"', "did you mean 'zone'"),
    ],
)
def test_a_mistake_is_named_in_one_line(old: str, new: str, said: str) -> None:
    assert old in SMALL
    with pytest.raises(InputError) as caught:
        parse(SMALL.replace(old, new, 1), where="small.toml")
    message = str(caught.value)
    assert message.startswith("small.toml: ")
    assert said in message
    assert "\n" not in message


def test_a_bare_number_in_a_condition_needs_its_basis() -> None:
    bare = SMALL.replace('fact = "p_enter" }', 'fact = "p_enter", above = 0.8 }')
    with pytest.raises(InputError, match="needs a basis"):
        parse(bare)


def test_an_unknown_mandate_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'documented'"):
        load("documentd")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_ground_cites_a_clause_and_a_source(name: str) -> None:
    for ground in load(name).grounds:
        assert ground.clause
        assert ground.source
        assert all(len(ground.text[lang]) > 10 for lang in ("en", "pl", "uk"))
        assert ground.text["pl"] != ground.text["en"] != ground.text["uk"]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_number_without_a_source_says_assumption(name: str) -> None:
    for rule in load(name).facts.values():
        if rule.limits_in_words():
            assert rule.basis.startswith("ASSUMPTION")
    for holder in load(name).holders:
        assert holder.delay_basis.startswith("ASSUMPTION")


def test_every_code_but_the_last_has_a_ground_in_the_documented_world() -> None:
    assert {g.code for g in load("documented").grounds} == set(CODES[:-1])


def test_rounding_to_thousandths_never_crosses_a_limit() -> None:
    for limit in (50, 200, 800):
        for off in (0.0001, 0.0004, 0.0006, 0.01):
            assert thousandths(limit / 1000 + off) >= limit
            assert thousandths(limit / 1000 - off) <= limit


def test_a_day_begins_where_the_mandate_applies() -> None:
    documented = load("documented")
    # 22:30 UTC on 7 July 2024 is half past midnight on the 8th in Warsaw.
    assert documented.day(1720391400.0) == date(2024, 7, 8)
