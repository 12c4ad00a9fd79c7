"""Tables that build on another: what is taken over, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rules import SMALL

from forefield.errors import InputError
from forefield.io.facts import read_mandate
from forefield.mandate.overlay import toml_text
from forefield.mandate.rules import load, parse

OWN = """
[meta]
id = "mine"
extends = "base.toml"
title = "Mine"
sources = ["another test"]

[[fact]]
name = "guard"
type = "zone"
about = "option"
meaning = "guarded country"
"""


def _files(folder: Path, own: str, base: str = SMALL) -> str:
    (folder / "base.toml").write_text(base, encoding="utf-8")
    (folder / "own.toml").write_text(own, encoding="utf-8")
    return str(folder / "own.toml")


def test_a_table_takes_over_replaces_and_takes_out(tmp_path: Path) -> None:
    own = OWN + '\n[without]\nground = ["evidence"]\n'
    own += '\n[[amend]]\nground = "place"\nowner = "somebody"\n'
    mine = read_mandate(_files(tmp_path, own))
    assert mine.id == "mine"
    assert [g.id for g in mine.grounds] == ["place"]
    assert mine.grounds[0].owner == "somebody"
    assert mine.sources == ("another test", "a test")
    assert {"over", "guard", "p_enter", "answer_chief"} == set(mine.facts)
    # What is hashed and journalled stands alone.
    again = parse(mine.text)
    assert again.sha256 == mine.sha256
    assert again == mine


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (OWN.replace("base.toml", "own.toml"), "goes round in a circle"),
        (OWN.replace("base.toml", "documentd"), "did you mean 'documented'"),
        (OWN.replace("base.toml", "nowhere.toml"), "nowhere.toml"),
        (OWN.replace('"base.toml"', "3"), "must name a mandate"),
        (OWN + '[without]\nground = ["evidense"]', "did you mean 'evidence'"),
        (OWN + '[without]\ngrounds = ["evidence"]', "did you mean 'ground'"),
        (OWN + '[without]\nground = "evidence"', "must be a list"),
        (OWN + '[without]\nfact = ["over"]', "unknown fact 'over'"),
        (OWN + '[[amend]]\nground = "plase"\nowner = "x"', "did you mean 'place'"),
        (OWN + '[[amend]]\nowner = "x"', "name one row"),
        (OWN + '[[amend]]\nground = "place"\nsource = ""', "source is missing"),
        (OWN.replace('extends = "base.toml"\n', "") + "[without]\n", "meta.extends"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(
    tmp_path: Path, own: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_mandate(_files(tmp_path, own))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_way_round_is_a_circle_too(tmp_path: Path) -> None:
    base = SMALL.replace('id = "small"', 'id = "small"\nextends = "own.toml"')
    with pytest.raises(InputError, match="circle") as caught:
        read_mandate(_files(tmp_path, OWN, base))
    assert str(caught.value).count("own.toml") >= 2


def test_versions_that_overlap_after_building_are_refused(tmp_path: Path) -> None:
    more = SMALL[SMALL.index('[[ground]]\nid = "evidence"') :].partition("[[holder]]")[
        0
    ]
    twice = more + more.replace("until = 2024-07-07", "from = 2024-07-07")
    with pytest.raises(InputError, match="two versions overlap"):
        read_mandate(_files(tmp_path, OWN + twice))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("value = 9", "outside its range"),
        ("value = -1", "outside its range"),
        ('value = "x"', "must be a number"),
    ],
)
def test_a_parameter_outside_its_range_is_refused(row: str, said: str) -> None:
    text = SMALL + f'\n[parameter.depth_km]\n{row}\nlow = 0\nhigh = 5\nunit = "km"\n'
    with pytest.raises(InputError, match=said):
        parse(text + 'basis = "ASSUMPTION: a test"\n')


def test_every_shipped_text_reads_back_the_same() -> None:
    import tomllib

    for name in ("joint-allied", "lost-contact", "lithuania-2025"):
        data = tomllib.loads(load(name).text)
        assert tomllib.loads(toml_text(data)) == data
