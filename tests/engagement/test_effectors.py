"""Effectors: what is shipped has its basis; what has no source is refused."""

import copy
import tomllib

import numpy as np
import pytest

from forefield.engagement.effectors import Band, default, links, named, parse
from forefield.errors import InputError
from forefield.io.effectors import read_effectors
from forefield.world.borders import guard
from forefield.world.facts import table

FIGURES = (
    "reach_m", "height_m", "speed_mps", "reaction_s", "readiness_s", "look_s", "cost_eur",
)  # fmt: skip
ONE = {
    "id": "mine", "kind": "sam_short", "owner": "PL", "lat_deg": 50.0, "lon_deg": 23.0,
    "note": "an exercise", "assumption": True,
}  # fmt: skip


def test_every_shipped_figure_has_its_basis_and_its_source_or_is_assumed():
    data = table("effectors")
    for kind in data["kind"].values():
        for name in FIGURES:
            entry = kind[name]
            assert entry["basis"]
            assert bool(entry.get("sources")) or entry["assumption"]
            assert 0.0 <= entry["low"] <= entry["high"]
        assert kind["p_hit"]["basis"]
    reach = data["kind"]["sam_long"]["reach_m"]
    assert reach["high"] / reach["low"] == 8.0  # published ranges disagree eightfold
    assert all(link.basis for link in links())


def test_shipped_places_are_illustrative_and_in_their_country():
    for e in (*default("PL"), *default("RO")):
        assert "illustrative" in e.note
        assert "no real" in e.note
        assert guard(e.fires_from).inside(np.array([e.lat_deg]), np.array([e.lon_deg]))[
            0
        ]
    kinds = {e.kind for e in default("PL")}
    assert {
        "fighter_patrol",
        "fighter_alert",
        "sam_long",
        "gun",
        "interceptor_drone",
    } <= kinds
    alert = next(e for e in default("PL") if e.kind == "fighter_alert")
    assert alert.readiness_s.high == 900.0  # airborne within 15 minutes of the order


def test_effectors_go_by_name():
    assert [e.id for e in named(["ro-ground-1"])] == ["ro-ground-1"]
    assert default("LT") == ()
    with pytest.raises(InputError, match="'pl-ground-1'"):
        named(["pl-ground-2"])
    with pytest.raises(InputError, match="interval"):
        Band(3.0, 2.0)


def changed(**more):
    return {"effector": [{**ONE, **more}]}


def without(key):
    return {"effector": [{k: v for k, v in ONE.items() if k != key}]}


def kind_without(figure, key="assumption"):
    kind = copy.deepcopy(table("effectors")["kind"]["sam_short"])
    kind[figure].pop(key, None)
    kind[figure].pop("sources", None)
    return {"kind": {"sam_short": kind}, "effector": [ONE]}


@pytest.mark.parametrize(
    ("raw", "match"),
    [
        (without("assumption"), "effector 'mine' has no source"),
        (kind_without("reach_m"), "kind sam_short.reach_m has no source"),
        (kind_without("p_hit"), "kind sam_short.p_hit has no source"),
        (kind_without("cost_eur", "basis"), "has no"),
        (without("note"), "has no note"),
        (changed(kind="sam_shrt"), "did you mean 'sam_short'"),
        (changed(reach_km=3), "unknown key 'reach_km'"),
        (changed(lat_deg=123.0), "no latitude"),
        (changed(readiness="soon"), "readiness is one of"),
        (changed(magazine=-1), "magazine"),
        ({"effector": [ONE, ONE]}, "used twice"),
        ({}, "no \\[\\[effector\\]\\]"),
        (
            {"kind": {"x": {"titel": "y"}}, "effector": [{**ONE, "kind": "x"}]},
            "'titel'",
        ),
    ],
)
def test_a_bad_effector_is_refused_in_one_line(raw, match):
    with pytest.raises(InputError, match=match) as found:
        parse(raw, "mine.toml")
    assert "\n" not in str(found.value)
    assert str(found.value).startswith("mine.toml")


def test_a_file_of_ones_own_adds_to_the_shipped_kinds(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[effector]]\nid = "x"\nkind = "gun"\nowner = "UA"\nlat_deg = 50.1\n'
        'lon_deg = 24.2\nnote = "exercise"\nsources = ["https://example.org/x"]\n'
    )
    (e,) = read_effectors(file)
    assert (e.owner, e.fires_from, e.kind) == ("UA", "UA", "gun")
    assert e.sources[0] == "https://example.org/x"
    file.write_text("[[effector\n")
    with pytest.raises(InputError, match="is no TOML"):
        read_effectors(file)
    assert tomllib.loads("") == {}
