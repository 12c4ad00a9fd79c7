"""What the mechanism must never do, by number of the list in docs/rooms/mandate.md."""

from __future__ import annotations

import dataclasses
import inspect
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mandate_cases import AGREED, AT_S, DOCUMENTED, best_case, cases

from forefield.mandate import explain as explaining
from forefield.mandate import judge as judging
from forefield.mandate.conditions import atoms
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import NO_BAR, judge
from forefield.mandate.rules import load, shipped
from forefield.mandate.verdict_table import CODES
from forefield.record.entries import attribution
from forefield.record.journal import Journal

DAYS = (
    "2022-03-01",
    "2023-12-29",
    "2024-03-24",
    "2024-09-01",
    "2025-09-10",
    "2026-05-29",
)


@settings(max_examples=300)
@given(cases(), st.sampled_from(DAYS))
def test_in_the_documented_world_nothing_is_ever_free_of_a_bar(
    case: Facts, day: str
) -> None:
    at_s = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    moved = {
        n: Given(g.value, None if g.as_of_s is None else g.as_of_s - AT_S + at_s)
        for n, g in case.given.items()
    }
    verdict = judge(DOCUMENTED, Facts(at_s, moved))
    assert verdict.code != NO_BAR
    assert verdict.grounds


@given(cases())
def test_in_the_documented_world_an_option_in_scope_over_ukraine_lacks_a_procedure(
    case: Facts,
) -> None:
    given_now = {**case.given, "over": Given("UA", AT_S), "owner": Given("PL", AT_S)}
    verdict = judge(DOCUMENTED, dataclasses.replace(case, given=given_now))
    assert "NO_AGREED_PROCEDURE" in {f.ground.code for f in verdict.grounds}


@given(cases(), st.sampled_from([None, False]))
def test_never_1_no_bar_without_consent_in_force_and_inside_its_scope(
    case: Facts, word: bool | None
) -> None:
    for name in ("host_consent_fire", "inside_consent_scope"):
        given_now = {n: g for n, g in case.given.items() if n != name}
        if word is not None:
            given_now[name] = Given(word, AT_S)
        if given_now.get("owner", Given("PL")).value == "UA":
            given_now["owner"] = Given("PL", AT_S)
        verdict = judge(AGREED, dataclasses.replace(case, given=given_now))
        assert verdict.code != NO_BAR


def test_never_2_the_2024_clause_itself_is_neither_consent_nor_procedure() -> None:
    for day in ("2024-07-07", "2024-07-09"):
        at_s = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        codes = {f.ground.code for f in judge(DOCUMENTED, best_case(at_s)).grounds}
        assert {"NO_HOST_CONSENT", "NO_AGREED_PROCEDURE"} <= codes
    for standing in DOCUMENTED.standing:
        assert standing.value is not True


@given(
    cases(),
    st.sampled_from(["p_civil", "p_crewed", "p_unclassified"]),
    st.none() | st.floats(0.1, 1.0),
)
def test_never_3_no_bar_against_a_civil_crewed_or_unclassified_object(
    case: Facts, name: str, p: float | None
) -> None:
    given_now = {n: g for n, g in case.given.items() if n != name}
    if p is not None:
        given_now[name] = Given(p, AT_S)
    verdict = judge(AGREED, dataclasses.replace(case, given=given_now))
    assert verdict.code != NO_BAR
    assert "REFUSE_PROTECTED" in {f.ground.code for f in verdict.grounds}


@given(st.sampled_from(sorted(DOCUMENTED.facts)))
def test_never_4_each_fact_that_matters_bars_when_it_is_missing(name: str) -> None:
    matters = name not in ("fires_from", "host_consent_units", "domestic_basis_other")
    missing = judge(AGREED, best_case(**{name: None}))
    if matters:
        assert missing.code != NO_BAR
    # Where it does not matter for the best case, another fact settles the ground;
    # with that fact gone as well, it bars.
    elif name == "host_consent_units":
        both = best_case(fires_from=None, host_consent_units=None)
        assert judge(AGREED, both).code == "NO_HOST_CONSENT"


@pytest.mark.parametrize("holder", [h.fact for h in DOCUMENTED.holders])
def test_never_5_no_link_of_the_chain_may_be_missing(holder: str) -> None:
    for word in ("awaited", "no", None):
        assert judge(AGREED, best_case(**{holder: word})).code != NO_BAR


@given(cases(), st.sampled_from([h.fact for h in DOCUMENTED.holders]))
def test_never_6_a_refusal_is_never_hidden(case: Facts, holder: str) -> None:
    given_now = {
        **case.given,
        "over": Given("UA", AT_S),
        "owner": Given("PL", AT_S),
        holder: Given("no", AT_S),
    }
    verdict = judge(AGREED, dataclasses.replace(case, given=given_now))
    assert "REFUSED_BY_HOLDER" in {f.ground.code for f in verdict.grounds}


@pytest.mark.parametrize("name", shipped())
def test_never_7_the_emergency_power_of_art_18bk_never_reaches_ukraine(
    name: str,
) -> None:
    if name == "lost-contact":  # the table of that power itself
        mandate, at_s = load(name), 1_790_000_000.0
        for owner in ("PL", "UA", "US"):
            facts = best_case(at_s, owner=owner, contact_lost=True).given
            given = {n: g for n, g in facts.items() if n in mandate.facts}
            found = judge(mandate, Facts(at_s, given))
            assert found.code == "OUT_OF_SCOPE"
        return
    for ground in load(name).grounds:
        if "18bk" in ground.clause:
            zones = {a.operand for a in atoms(ground.when) if a.fact == "over"}
            assert zones == {"PL"}
            assert ground.code == "NATIONAL_LAW"


def test_never_7_lost_contact_is_no_fact_that_could_lift_a_bar() -> None:
    assert not [n for n in DOCUMENTED.facts if "contact" in n or "emergency" in n]


@pytest.mark.parametrize("lang", ["en", "pl", "uk"])
def test_never_8_open_questions_are_stated_with_every_verdict(lang: str) -> None:
    verdict = judge(DOCUMENTED, best_case())
    told = " ".join(" ".join(explaining.explain(verdict, lang)).split())
    for question in DOCUMENTED.questions:
        assert question.text[lang] in told
        assert question.text[lang].rstrip(" .").count("?") >= 1
    no_bar = explaining.explain(judge(AGREED, best_case()), lang)
    assert all("permitted" not in line.lower() for line in no_bar)


def test_never_9_an_attribution_is_a_dated_hypothesis_with_its_source() -> None:
    first = attribution(
        at_s=AT_S,
        actor="press",
        about="object 1",
        said="launched by X",
        source="a page",
    )
    assert first.body["standing"] == "hypothesis"
    assert first.body["stated"] == "as first stated"
    later = attribution(
        at_s=AT_S + 60,
        actor="experts",
        about="object 1",
        said="launched by Y",
        source="a report",
        corrects=3,
    )
    assert later.body["stated"] == "as corrected"
    assert later.corrects == 3


def test_never_10_a_verdict_is_of_one_track_at_one_time() -> None:
    verdict = judge(AGREED, best_case())
    assert verdict.facts.track_id == 1
    assert verdict.expires_s is not None
    later = Facts(verdict.expires_s + 0.002, verdict.facts.given)
    assert judge(AGREED, later).code != NO_BAR


@pytest.mark.parametrize("lang", ["en", "pl", "uk"])
def test_never_11_an_assumed_parameter_is_never_shown_as_law(lang: str) -> None:
    lines = explaining.explain(judge(DOCUMENTED, best_case()), lang)
    told = " ".join(" ".join(lines).split())
    for rule in DOCUMENTED.assumed_parameters():
        assert (
            " ".join(f"{rule.name}: {rule.limits_in_words()}. ASSUMPTION".split())
            in told
        )
    for ground in DOCUMENTED.grounds:
        if "limit of this model" in ground.clause.lower():
            assert "ASSUMPTION" in ground.clause


def test_never_12_an_entry_is_neither_changed_nor_deleted(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append("note", AT_S, "test", {"said": 1})
        for statement in (
            "UPDATE entry SET line = x'00'",
            "DELETE FROM entry",
            "UPDATE head SET n = 0",
            "DELETE FROM head",
            "INSERT INTO entry VALUES (5, x'00', '')",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                journal._db.execute(statement)
    public = {n for n, _ in inspect.getmembers(Journal) if not n.startswith("_")}
    assert public == {
        "append", "append_many", "close", "create", "entries", "head", "open"
    }  # fmt: skip


def test_no_code_says_permitted() -> None:
    assert not [c for c in CODES if "PERMIT" in c or "ALLOW" in c or "AUTHOR" in c]
    assert "opens" not in (judging.__doc__ or "")
