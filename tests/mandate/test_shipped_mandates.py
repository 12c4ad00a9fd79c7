"""The shipped mandates: what each is about, and what 24 March 2024 looks like in each."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from forefield.apps.cli import main
from forefield.io.facts import read_facts, read_mandate
from forefield.mandate.frames import REACH, SUPPOSED
from forefield.mandate.judge import judge
from forefield.mandate.rules import load, shipped

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = {
    "documented",
    "status-quo-border",
    "agreement-2024-agreed",
    "national-self-defence",
    "joint-allied",
    "pre-delegated",
    "lost-contact",
    "ukraine-shoots-warned",
    "romania-2025",
    "lithuania-2025",
}
CASES = {"": "UA by PL", "-over-poland": "PL by PL", "-by-ukraine": "UA by UA"}
#: What each says of the three cases, in the order of CASES.
SAID = {
    "documented": ("NO_HOST_CONSENT", "NATIONAL_LAW", "NATIONAL_LAW"),
    "agreement-2024-agreed": ("HOLD_EVIDENCE", "NATIONAL_LAW", "NATIONAL_LAW"),
    "joint-allied": ("HOLD_EVIDENCE", "NATIONAL_LAW", "NATIONAL_LAW"),
    "pre-delegated": ("HOLD_EVIDENCE", "NATIONAL_LAW", "NATIONAL_LAW"),
    "national-self-defence": ("HOLD_EVIDENCE", "NATIONAL_LAW", "NATIONAL_LAW"),
    "status-quo-border": ("OUT_OF_SCOPE", "HOLD_EVIDENCE", "OUT_OF_SCOPE"),
    "lost-contact": ("OUT_OF_SCOPE", "OUT_OF_SCOPE", "OUT_OF_SCOPE"),
    "romania-2025": ("OUT_OF_SCOPE", "OUT_OF_SCOPE", "OUT_OF_SCOPE"),
    "lithuania-2025": ("OUT_OF_SCOPE", "OUT_OF_SCOPE", "OUT_OF_SCOPE"),
    "ukraine-shoots-warned": ("OUT_OF_SCOPE", "OUT_OF_SCOPE", "AWAITING_ANSWER"),
}


def test_all_ten_are_shipped_and_each_says_what_it_is_about() -> None:
    assert set(shipped()) == NAMES == set(REACH) == set(SAID)
    for name in NAMES:
        mandate = load(name)
        assert mandate.id == name
        assert all(len(mandate.summary[lang]) > 80 for lang in ("en", "pl", "uk"))
        assert len(set(mandate.summary.values())) == 3


@pytest.mark.parametrize("name", sorted(NAMES))
def test_24_march_2024_under_each_mandate(name: str) -> None:
    mandate = load(name)
    codes = [
        judge(
            mandate, read_facts(EXAMPLES / f"facts-2024-03-24{case}.json", mandate)
        ).code
        for case in CASES
    ]
    assert tuple(codes) == SAID[name]


@pytest.mark.parametrize("name", sorted(SUPPOSED))
def test_every_supposition_is_told_as_an_assumption_with_its_author(name: str) -> None:
    mandate = load(name)
    assert "suppos" in (mandate.title["en"] + mandate.summary["en"]).lower()
    for row in mandate.standing:
        if row.value is True:
            assert row.source.startswith("ASSUMPTION by the authors of this table")
    facts = read_facts(EXAMPLES / "facts-2024-03-24.json", mandate)
    assert "host_consent_fire" in judge(mandate, facts).assumed


def test_art_18bk_is_of_2026_and_of_poland_alone() -> None:
    mandate = load("lost-contact")
    before = {g.id for g in mandate.grounds_on(date(2024, 3, 24))}
    after = {g.id for g in mandate.grounds_on(date(2026, 2, 1))}
    assert before - after == {"not-yet"}
    assert {h.id for h in mandate.holders} == {"pl_unit_commander", "shooter"}


def test_a_depth_can_be_set_within_its_range_and_changes_the_answer() -> None:
    path = EXAMPLES / "facts-2024-03-24.json"
    wide, narrow = load("joint-allied"), read_mandate("joint-allied:depth_km=2")
    assert narrow.id == "joint-allied:depth_km=2"
    assert narrow.sha256 != wide.sha256
    assert judge(wide, read_facts(path, wide)).code == "HOLD_EVIDENCE"
    found = judge(narrow, read_facts(path, narrow))
    assert next(f.ground.id for f in found.grounds) == "depth"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("joint-allied:depth_km=501", "501 is outside its range, 0 to 500 km"),
        ("joint-allied:depth_km=nan", "is no number"),
        ("joint-allied:depth=50", "did you mean 'depth_km'"),
        ("documented:depth_km=50", "it has: none"),
        ("joint-alied:depth_km=50", "did you mean 'joint-allied'"),
    ],
)
def test_a_parameter_that_cannot_be_is_one_line(
    name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mandate", "show", name]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_the_shown_table_is_whole_and_can_be_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in sorted(NAMES - {"documented"}):
        assert main(["mandate", "show", name, "--toml"]) == 0
        copy = tmp_path / "mine.toml"
        copy.write_text(capsys.readouterr().out, encoding="utf-8")
        again, first = read_mandate(str(copy)), load(name)
        assert again.grounds == first.grounds
        assert again.facts == first.facts
        assert again.standing == first.standing
        assert again.holders == first.holders


def test_diff_tells_what_one_has_and_the_other_has_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["mandate", "diff", "documented", "documented", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []
    assert main(["mandate", "diff", "documented", "joint-allied", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["differences"]
    said = {(d["part"], d["name"]): (d["one"], d["other"]) for d in found}
    assert said["holder", "nato_saceur"][0] == ""
    assert said["settled", "host_consent_fire (at all times)"][0].startswith("false")
    assert said["settled", "host_consent_fire (at all times)"][1].startswith("true")


def test_the_same_case_under_all_as_text_json_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = str(EXAMPLES / "facts-2024-03-24.json")
    for lang in ("en", "pl", "uk"):
        page = tmp_path / f"{lang}.html"
        words = ["judge", case, "--all", "--lang", lang, "--html", str(page)]
        assert main(words) == 0
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert f'lang="{lang}"' in text
        for name in NAMES:
            assert f'id="{name}"' in text
            assert load(name).summary[lang].split(".")[0][:40] in text.replace(
                "&#39;", "'"
            )
    capsys.readouterr()
    assert main(["judge", case, "--all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["verdicts"]
    assert found[0]["mandate"] == "documented"
    assert {v["mandate"]: v["verdict"] for v in found} == {
        name: codes[0] for name, codes in SAID.items()
    }
    nowhere = str(tmp_path / "no" / "x.html")
    assert main(["judge", case, "--html", nowhere]) == 2
    assert "make it first" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_one_who_would_fire_is_asked_last(name: str) -> None:
    assert load(name).holders[-1].id == "shooter"
