"""The agreements: what is unknown is shown as unknown."""

from __future__ import annotations

from datetime import date

import pytest

from forefield.errors import InputError
from forefield.mandate.pacts import PROVISIONS, compare, pact, pacts, unprecedented
from forefield.world.facts import table


def test_there_are_28_in_order_of_signature() -> None:
    found = pacts()
    assert [p.n for p in found] == list(range(1, 29))
    assert [p.signed for p in found] == sorted(p.signed for p in found)
    assert pact("UA-PL").signed == date(2024, 7, 8)


def test_only_one_is_known_to_speak_of_interception() -> None:
    assert [p.id for p in unprecedented()] == ["UA-PL"]


@pytest.mark.parametrize("name", PROVISIONS)
def test_an_empty_cell_is_unknown_and_never_no(name: str) -> None:
    found = compare(name)
    assert sum(len(rows) for rows in found.values()) == 28
    empty = {p["id"] for p in table("pacts")["pact"] if not p["provisions"].get(name)}
    assert {p.id for p in found["unknown"]} == empty


def test_every_provision_of_the_table_is_compared() -> None:
    names = {n for p in table("pacts")["pact"] for n in p["provisions"]}
    assert names == set(PROVISIONS)


def test_a_party_may_be_named_by_its_country() -> None:
    assert pact("poland").id == "UA-PL"


def test_a_misspelt_agreement_or_provision_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'UA-PL'"):
        pact("UA-PLL")
    with pytest.raises(InputError, match="did you mean 'airspace_intercept'"):
        compare("airspace_intercepts")
