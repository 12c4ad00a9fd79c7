"""The matrix of provisions: what is unprecedented, side by side, and as a page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from forefield.apps.cli import main
from forefield.errors import InputError
from forefield.mandate import pacts as room
from forefield.mandate.pacts import (
    PROVISIONS,
    compare,
    having,
    pact,
    pacts,
    precedents,
    side_by_side,
    unprecedented,
)
from forefield.report.pacts_page import render_pacts, write_pacts


def test_unprecedented_is_a_query_whose_answer_is_one_row() -> None:
    assert [(p.id, name) for p, name in precedents()] == [
        ("UA-PL", "airspace_intercept")
    ]
    assert len(compare("airspace_intercept")["yes"]) == 1


def test_one_unknown_before_it_and_nothing_may_be_called_unprecedented(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The legion is known of one agreement only, but of no earlier one is it known
    # that it was not there.
    assert [p.id for p in compare("legion")["yes"]] == ["UA-PL"]
    assert unprecedented("legion") == ()
    rows = list(pacts())
    hidden = {**rows[3].provisions, "airspace_intercept": "unknown"}
    rows[3] = replace(rows[3], provisions=hidden)
    monkeypatch.setattr(room, "pacts", lambda: tuple(rows))
    assert unprecedented() == ()


def test_the_first_of_the_series_has_no_precedent_to_lack() -> None:
    assert pacts()[0].provisions["consult_24h"] == "yes"
    assert unprecedented("consult_24h") == ()


def test_provisions_can_be_asked_for_together() -> None:
    both = having(consult_24h="yes", air_defence_aid="unknown")
    assert both
    assert all(p.provisions["consult_24h"] == "yes" for p in both)
    with pytest.raises(InputError, match="none of yes, no, unknown"):
        having(consult_24h="maybe")
    with pytest.raises(InputError, match="did you mean 'consult_24h'"):
        having(consult_24="yes")


def test_agreements_stand_side_by_side_in_the_order_asked_for() -> None:
    cells = side_by_side(["Romania", "UA-PL"])
    assert list(cells) == list(PROVISIONS)
    assert cells["airspace_intercept"] == ("unknown", "yes")


def test_the_page_has_every_cell_note_and_source() -> None:
    page = html.fromstring(render_pacts())
    rows = page.xpath("//tbody/tr")
    assert len(rows) == 28
    cells = [td.text for row in rows for td in row.xpath("td")[2:]]
    told = Counter(p.provisions[name] for p in pacts() for name in PROVISIONS)
    assert Counter(cells) == told
    for row, p in zip(rows, pacts(), strict=True):
        assert [td.text for td in row.xpath("td")[2:]] == list(p.provisions.values())
        assert page.xpath(f"//*[@id='{p.id}']")
    links = {a.get("href") for a in page.xpath("//ul[@class='sources']//a")}
    assert links == {s for p in pacts() for s in p.sources if s.startswith("https://")}
    assert [td.text for td in page.xpath("//td[contains(@class, 'alone')]")] == ["yes"]


def test_the_page_needs_no_script_and_no_network_and_is_the_same_each_time() -> None:
    text = render_pacts()
    assert text == render_pacts()
    assert "<script" not in text
    assert "src=" not in text
    assert "Unknown is never no" in text


def test_the_commands_list_compare_and_write_the_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def said(*words: str) -> str:
        assert main([*words]) == 0
        return capsys.readouterr().out

    there = tmp_path / "pacts.html"
    assert "Wrote" in said("pacts", "list", "--html", str(there))
    assert there.read_text(encoding="utf-8") == render_pacts()
    rows = json.loads(said("pacts", "list", "--having", "airspace_intercept", "--json"))
    assert [row["id"] for row in rows] == ["UA-PL"]
    assert "airspace_intercept, in UA-PL" in said("pacts", "list")
    one = json.loads(said("pacts", "compare", "airspace_intercept", "--json"))
    assert one["yes"] == ["UA-PL"]
    two = json.loads(said("pacts", "compare", "UA-PL", "UA-RO", "--json"))
    assert two["provisions"]["consult_24h"] == {"UA-PL": "yes", "UA-RO": "yes"}
    shown = said("pacts", "show", "UA-PL")
    for source in pact("UA-PL").sources:
        assert source in shown


def test_a_page_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder does not exist"):
        write_pacts(tmp_path / "none" / "pacts.html")
