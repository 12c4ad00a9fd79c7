"""Nevers 6, 8, 9, 10 and 12: seen in what is printed, tabled and journalled.

Those that are about cases (1 to 5, 7, 11) are proved over every case in test_prove.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from mandate_cases import AGREED, AT_S, best_case

from forefield.columns import Columns
from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs, ThreatAreas
from forefield.mandate.explain import (
    CODE_WORDS,
    describe,
    describe_as_data,
    explain,
    explain_as_data,
)
from forefield.mandate.facts import Facts, FactTable
from forefield.mandate.judge import NO_BAR, judge
from forefield.mandate.judge_table import judge_table
from forefield.mandate.rules import LANGUAGES, load, shipped
from forefield.mandate.verdict_table import Verdicts
from forefield.record.entries import Memory, answer, attribution, cycle_entries
from forefield.record.journal import Journal, export, verify
from forefield.tracking.tracks import Tracks
from forefield.warning.alert_table import Alerts

HOLDERS = [h.fact for h in AGREED.holders]


def _row(case: Facts) -> FactTable:
    """One case as a table of one row."""
    values: dict[str, object] = {}
    as_of: dict[str, np.ndarray] = {}
    for name, given in case.given.items():
        values[name] = np.array(
            [given.value if isinstance(given.value, str) else float(given.value)]
        )
        as_of[name] = np.array([given.as_of_s])
    booleans = {n for n in values if AGREED.facts[n].type == "bool"}
    return FactTable(
        at_s=case.at_s,
        n=1,
        values=values,
        as_of_s=as_of,
        sources={},
        option_id=np.array(["7-unit"]),
        track_id=np.array([7]),
        latest_decision_s=np.array([case.at_s + 30.0]),
        booleans=frozenset(booleans),
    )


def _journalled(memory: Memory, *steps: Facts) -> list[dict[str, object]]:
    """Verdict entries of cycles in which one option has these cases, one after one."""
    out = []
    for case in steps:
        found = judge_table(AGREED, _row(case))
        entries = cycle_entries(
            case.at_s,
            Tracks.empty(),
            Beliefs.empty(),
            Options.empty(),
            found,
            Alerts.empty(),
            memory,
        )
        out += [dataclasses.asdict(e) for e in entries]
    return out


# -- 6: a refusal is neither overridden nor hidden --------------------------------------


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_never_6_a_refusal_is_printed_with_who_refused(holder: str, lang: str) -> None:
    case = best_case(**{holder: "no"})
    told = " ".join(" ".join(explain(judge(AGREED, case), lang)).split())
    assert "REFUSED_BY_HOLDER" in told
    assert f"{holder} = no" in told
    data = explain_as_data(judge(AGREED, case))
    assert data["verdict"] == "REFUSED_BY_HOLDER"
    assert data["facts"][holder]["value"] == "no"


@pytest.mark.parametrize("holder", HOLDERS)
def test_never_6_no_other_answer_and_no_worse_ground_hides_a_refusal(
    holder: str,
) -> None:
    for other in ("p_civil", "procedures_agreed", "host_consent_fire", "feasible"):
        verdict = judge(AGREED, best_case(**{holder: "no", other: None}))
        codes = [f.ground.code for f in verdict.grounds]
        assert "REFUSED_BY_HOLDER" in codes
        refusal = verdict.grounds[codes.index("REFUSED_BY_HOLDER")]
        assert refusal.value == "true"


@pytest.mark.parametrize("holder", HOLDERS)
def test_never_6_a_refusal_is_journalled_though_another_ground_decides(
    holder: str,
) -> None:
    later = best_case(AT_S + 4, p_civil=None, **{holder: "no"})
    told = _journalled(Memory(), best_case(p_civil=None), later)
    assert [e["body"]["verdict"] for e in told] == ["REFUSE_PROTECTED"] * 2
    assert "REFUSED_BY_HOLDER" in {g["code"] for g in told[1]["body"]["grounds"]}


def test_never_6_a_later_yes_stands_beside_the_refusal_in_the_journal(
    tmp_path: Path,
) -> None:
    with Journal.create(tmp_path) as journal:
        for said in ("no", "yes"):
            entry = answer(
                at_s=AT_S, holder="shooter", option_id="7-unit", said=said, because="x"
            )
            journal.append_many([entry])
        kept = [e["body"]["said"] for e in journal.entries("answer")]
    assert kept == ["no", "yes"]
    assert verify(tmp_path).ok
    with pytest.raises(InputError, match="neither yes nor no"):
        answer(at_s=AT_S, holder="shooter", option_id="7", said="overridden")


# -- 8: party status, Article 5 and legality are questions --------------------------------

#: Words by which a text would claim that something is allowed or lawful.
_CLAIMS = {
    "en": r"\b(is|are) (lawful|legal|permitted|allowed|authori[sz]ed)\b",
    "pl": r"\bjest (legaln|dozwolon|zgodn[ey] z prawem)",
    "uk": r"\bє (законн|дозволен|правомірн)",
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", shipped())
def test_never_8_no_sentence_of_ours_claims_that_something_is_lawful(
    name: str, lang: str
) -> None:
    mandate = load(name)
    said = [g.text[lang] for g in mandate.grounds]
    said += [mandate.summary[lang], mandate.title[lang]]
    said += [words[lang] for words in CODE_WORDS.values()]
    for text in said:
        assert not re.search(_CLAIMS[lang], text.lower()), text
        party = re.search(r"art(icle|\.)? ?5\b|party to the (armed )?conflict", text)
        assert not party, text


@pytest.mark.parametrize("name", shipped())
def test_never_8_questions_are_asked_and_have_no_field_for_an_answer(name: str) -> None:
    mandate = load(name)
    data = describe_as_data(mandate)
    assert data["questions"]
    for question in data["questions"]:
        assert set(question) == {"id", "text", "source"}
        assert all(question["text"][lang].count("?") for lang in LANGUAGES)
    ids = {q.id for q in mandate.questions}
    assert {"party-status", "self-defence"} <= ids
    facts = " ".join(mandate.facts)
    for word in ("party_status", "article_5", "lawful", "legal"):
        assert word not in facts
    for lang in LANGUAGES:
        told = " ".join(" ".join(describe(mandate, lang)).split())
        assert all(q.text[lang] in told for q in mandate.questions)


def test_never_8_even_no_bar_found_is_told_as_no_assertion() -> None:
    data = explain_as_data(judge(AGREED, best_case()))
    assert data["verdict"] == NO_BAR
    assert "legality is not asserted" in data["means"]["en"]
    assert "permits nothing" in data["advice"]
    assert data["questions"]


# -- 9: an attribution is a dated hypothesis ----------------------------------------------


def test_never_9_no_table_of_the_chain_has_a_column_for_whose_an_object_is() -> None:
    tables: list[type[Columns]] = [Tracks, Beliefs, Options, Verdicts, Alerts]
    tables.append(ThreatAreas)
    for table in tables:
        names = {f.name for f in dataclasses.fields(table)}
        for word in ("attribution", "nationality", "launched_by", "origin", "hostile"):
            assert not [n for n in names if word in n], (table.__name__, word)


@pytest.mark.parametrize("name", shipped())
def test_never_9_no_mandate_asks_whose_an_object_is(name: str) -> None:
    mandate = load(name)
    for fact, rule in mandate.facts.items():
        if rule.about == "object":
            told = f"{fact} {rule.meaning}".lower()
            assert not re.search(r"russia|belarus|hostile|enemy|attribut", told)


def test_never_9_both_statements_stay_and_neither_is_a_fact(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        first = attribution(
            at_s=AT_S, actor="press", about="track 7", said="of X", source="a page"
        )
        journal.append_many([first])
        later = attribution(
            at_s=AT_S + 9e6,
            actor="experts",
            about="track 7",
            said="of Y",
            source="a report",
            corrects=1,
        )
        journal.append_many([later])
        kept = list(journal.entries("attribution"))
    assert [e["body"]["standing"] for e in kept] == ["hypothesis"] * 2
    assert [e["body"]["said"] for e in kept] == ["of X", "of Y"]
    assert kept[1]["corrects"] == kept[0]["n"]
    assert all(e["at"] for e in kept)
    with pytest.raises(InputError, match="needs the source"):
        attribution(at_s=AT_S, actor="a", about="b", said="c", source="")


# -- 10: a verdict is of one track at one time ---------------------------------------------


def test_never_10_a_verdict_names_its_track_its_time_and_its_end() -> None:
    data = explain_as_data(judge(AGREED, best_case()))
    assert data["track_id"] == 1
    assert data["at"]
    assert data["expires"]
    told = " ".join(explain(judge(AGREED, best_case())))
    assert data["expires"] in told
    entry = _journalled(Memory(), best_case())[0]
    assert entry["body"]["track_id"] == 7
    assert entry["body"]["option_id"] == "7-unit"
    assert entry["at_s"] == AT_S


def test_never_10_the_same_facts_one_moment_after_the_end_bar() -> None:
    first = judge(AGREED, best_case())
    assert first.code == NO_BAR
    assert first.expires_s is not None
    last_moment = Facts(first.expires_s, first.facts.given)
    too_late = Facts(first.expires_s + 0.002, first.facts.given)
    assert judge(AGREED, last_moment).code == NO_BAR
    assert judge(AGREED, too_late).code != NO_BAR


def test_never_10_an_option_that_comes_back_is_judged_and_journalled_anew() -> None:
    memory = Memory()
    once = _journalled(memory, best_case())
    again = _journalled(memory, best_case(AT_S + 4))
    assert len(once) == 1
    assert not again  # nothing changed: the entry of a change is enough
    gone = Verdicts.empty()
    nothing = (Tracks.empty(), Beliefs.empty(), Options.empty(), gone, Alerts.empty())
    assert not cycle_entries(AT_S + 8, *nothing, memory)
    assert len(_journalled(memory, best_case(AT_S + 12))) == 1


def test_never_10_nothing_offers_to_use_a_verdict_for_another_track() -> None:
    for function in (judge, judge_table):
        names = set(inspect.signature(function).parameters)
        assert not names & {"verdict", "previous", "cached", "verdicts"}


# -- 12: an entry is neither changed nor deleted ---------------------------------------------


def test_never_12_the_database_itself_refuses_and_says_so(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append("note", AT_S, "duty-officer-1", {"text": "first"})
    db = sqlite3.connect(tmp_path / "journal.sqlite")
    try:
        for statement in ("UPDATE entry SET line = x'00'", "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match=r"append|never"):
                db.execute(statement)
    finally:
        db.close()
    assert verify(tmp_path).ok


@pytest.mark.parametrize("harm", ["altered", "removed", "reordered"])
def test_never_12_an_export_that_was_tampered_with_is_found_and_placed(
    tmp_path: Path, harm: str
) -> None:
    with Journal.create(tmp_path) as journal:
        for k in range(5):
            journal.append("note", AT_S + k, "duty-officer-1", {"text": f"note {k}"})
    lines = list(export(tmp_path))
    if harm == "altered":
        lines[2] = lines[2].replace(b"note 2", b"note X")
    elif harm == "removed":
        del lines[2]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    there = tmp_path / "export.jsonl"
    there.write_bytes(b"".join(x if x.endswith(b"\n") else x + b"\n" for x in lines))
    found = verify(there)
    assert not found.ok
    assert found.kind == harm
    assert found.entry in (2, 3)


def test_never_12_a_correction_is_a_new_entry_that_points_back(tmp_path: Path) -> None:
    with Journal.create(tmp_path) as journal:
        journal.append("note", AT_S, "duty-officer-1", {"text": "wrong"})
        journal.append(
            "note", AT_S + 1, "duty-officer-1", {"text": "right"}, corrects=1
        )
        kept = list(journal.entries("note"))
    assert [e["body"]["text"] for e in kept] == ["wrong", "right"]
    assert kept[1]["corrects"] == 1
    assert not [n for n in dir(Journal) if re.search(r"delete|update|edit|amend", n)]
