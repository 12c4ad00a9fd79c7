"""From a journal alone every verdict comes out again, to the last byte."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forefield.apps.records import show_journal, verify_journal
from forefield.engagement.option_table import Options
from forefield.errors import InputError
from forefield.forecasting.beliefs import Beliefs
from forefield.mandate.facts import Facts, Given
from forefield.mandate.judge import judge
from forefield.mandate.judge_table import judge_options
from forefield.mandate.rules import Mandate, load
from forefield.record.canonical import canonical, plain
from forefield.record.digest import night_digest
from forefield.record.entries import (
    Judged,
    Memory,
    attribution,
    closing,
    cycle_entries,
    opening,
)
from forefield.record.journal import Entry, Journal, export, verify
from forefield.record.recompute import case_of, facts_in, recompute, text_of
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.warning.alert_table import Alerts

T_S = 1_755_000_000.0
DOCUMENTED = load("documented")


def standing_of(mandate: Mandate) -> dict[str, bool]:
    """Standing facts the mandate knows, assumed true: other verdicts come out."""
    return {
        name: True
        for name, rule in mandate.facts.items()
        if rule.about == "standing" and rule.type == "bool"
    }


def night(
    mandate: Mandate = DOCUMENTED, seed: int = 7, cycles: int = 12
) -> list[Entry]:
    """A night of random options, judged a table at a time, as the chain does it."""
    rng = np.random.Generator(np.random.Philox(seed))
    memory, standing = Memory(), standing_of(mandate)
    told = [
        opening(
            at_s=T_S,
            name="a night",
            banner="SIMULATION",
            seed=seed,
            version="0",
            mandate=mandate,
            guards=["PL", "RO"],
        )
    ]
    n = 6
    for k in range(cycles):
        t_s = T_S + 20 * k + rng.random()
        p_class = rng.dirichlet(np.ones(len(CLASSES)), n)
        tracks = Tracks.build(
            n,
            t_s=t_s - rng.random(n) * 30,
            track_id=np.arange(n),
            lat_deg=50.4,
            lon_deg=24.2,
            p_exist=rng.random(n),
            p_class=p_class,
            t_seen_s=t_s - rng.random(n) * 40,
            status="confirmed",
            inconsistent=rng.random(n) < 0.2,
        )
        beliefs = Beliefs.build(
            n,
            t_s=t_s - rng.random(n) * 5,
            track_id=np.arange(n),
            guard=rng.choice(["PL", "RO"], n),
            horizon_s=600.0,
            p_enter=rng.random(n),
            p_via=np.zeros((n, 0)),
            p_end_inside=0.0,
            age_s=rng.random(n) * 20,
            model="test 1",
        )
        options = Options.build(
            n,
            t_s=t_s,
            option_id=[f"{t_s:.0f}-{i}" for i in range(n)],
            track_id=np.arange(n),
            action="intercept",
            effector=[f"unit-{i}" for i in range(n)],
            owner="PL",
            fires_from="PL",
            over=rng.choice(["UA", "PL", "BY"], n),
            latest_decision_s=np.where(rng.random(n) < 0.2, np.nan, t_s + 40),
        )
        guard = ("PL", "RO")
        verdicts = judge_options(
            mandate, options, tracks, beliefs, standing, t_s, guard=guard
        )
        by = Judged(mandate, standing, guard=guard)
        told += cycle_entries(
            t_s, Tracks.empty(), Beliefs.empty(), Options.empty(), verdicts.take([]),
            Alerts.empty(), memory,
        )  # fmt: skip
        told += cycle_entries(
            t_s, tracks, beliefs, options, verdicts, Alerts.empty(), memory, by
        )
    return [*told, closing(at_s=T_S + 300, tables={})]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    with Journal.create(folder) as journal:
        journal.append_many(night())
    return folder


def test_every_verdict_of_a_night_comes_out_again(told: Path) -> None:
    verdicts = [json.loads(x) for x in export(told, seals=False)]
    verdicts = [e for e in verdicts if e["kind"] == "verdict"]
    assert len(verdicts) > 30
    assert len({e["body"]["verdict"] for e in verdicts}) >= 2
    found = recompute(told)
    assert found.ok, (found.other[:2], found.without[:2])
    assert found.same == len(verdicts)


def test_an_export_alone_is_enough(told: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(export(told)))
    assert recompute(path) == recompute(told)


def rewritten(told: Path, tmp_path: Path, change) -> Path:
    """The night told again by somebody who changes an entry, and chained anew."""
    path = tmp_path / "again.sqlite"
    with Journal.create(path) as journal:
        for line in export(told, seals=False):
            e = json.loads(line)
            change(e)
            at_s = datetime.fromisoformat(e["at"]).timestamp()
            journal.append_many(
                [Entry(e["kind"], at_s, e["actor"], e["body"], e["assumes"])]
            )
    assert verify(path).ok
    return path


def first_verdict(e: dict) -> bool:
    return e["kind"] == "verdict" and e["body"]["track_id"] == 3


@pytest.mark.parametrize(
    ("change", "told_as"),
    [
        (
            lambda b: b.update(verdict="NO_BAR_FOUND_FOR_HUMAN_DECISION"),
            "verdict: written",
        ),
        (lambda b: b["grounds"].pop(), "grounds: written"),
        (lambda b: b["deciding"].update(clause="another"), "deciding: written"),
        (
            lambda b: b.update(decide_by="2030-01-01T00:00:00.000Z"),
            "decide_by: written",
        ),
        (lambda b: b["case"]["facts"]["over"].update(value="another"), "over: written"),
        (lambda b: b["case"].update(at_s=T_S - 60), "at: the case is of"),
        (lambda b: b["case"].update(option_id="another"), "option_id: written"),
    ],
)
def test_a_verdict_the_rules_do_not_give_is_told(
    told, tmp_path, change, told_as
) -> None:
    hit = []

    def once(e: dict) -> None:
        if first_verdict(e) and not hit:
            hit.append(e["n"])
            change(e["body"])

    found = recompute(rewritten(told, tmp_path, once))
    assert not found.ok
    assert [n for n, _ in found.other] == hit
    assert told_as in found.other[0][1]


def test_what_the_journal_does_not_hold_is_told(told: Path, tmp_path: Path) -> None:
    def no_facts(e: dict) -> None:
        e["body"].pop("case", None)

    found = recompute(rewritten(told, tmp_path, no_facts))
    assert not found.ok
    assert found.same == 0
    assert found.without[0][1] == "the entry holds no facts"
    (tmp_path / "2").mkdir()

    def no_text(e: dict) -> None:
        if e["kind"] == "opening":
            e["body"]["mandate"]["text"] = ""

    path = rewritten(told, tmp_path / "2", no_text)
    assert "is not in the journal" in recompute(path).without[0][1]
    assert recompute(path, {"documented": DOCUMENTED}).ok
    (tmp_path / "3").mkdir()

    def other_text(e: dict) -> None:
        if e["kind"] == "opening":
            e["body"]["mandate"]["text"] += "\n"

    path = rewritten(told, tmp_path / "3", other_text)
    assert "has another hash" in recompute(path).without[0][1]


def test_the_opening_holds_the_whole_text_of_the_mandate(told: Path) -> None:
    said = json.loads(next(iter(export(told))))["body"]["mandate"]
    assert sha256(said["text"].encode()).hexdigest() == said["sha256"]
    assert said["sha256"] == DOCUMENTED.sha256
    assert text_of(replace(DOCUMENTED, sha256="0" * 64)) == ""
    assert text_of(replace(DOCUMENTED, id="my-own")) in ("", said["text"])


numbers = st.floats(allow_nan=False) | st.floats(0, 1)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    p=st.floats(0, 1),
    left=numbers,
    as_of=st.floats(1e9, 2e9),
    at=st.floats(1e9, 2e9),
    latest=st.none() | st.floats(1e9, 2e9),
    civil=st.booleans() | st.none(),
)
def test_a_case_written_and_read_keeps_its_last_bit(
    p: float, left: float, as_of: float, at: float, latest: float | None, civil
) -> None:
    given_facts = {
        "p_enter": Given(p, as_of, "beliefs"),
        "seconds_left": Given(left, None, "options", True),
        "over": Given("UA"),
        "feasible": Given(civil),
    }
    facts = Facts(at, given_facts, "o-1", 3, latest)
    read = json.loads(canonical(plain(case_of(facts))))
    again = facts_in(read, DOCUMENTED)
    assert again == facts
    if math.isfinite(left):
        assert again.given["seconds_left"].value == left


def test_the_words_of_a_verdict_are_the_judges(told: Path) -> None:
    """The recomputation is a judgement, not a comparison with what was stored."""
    for line in export(told, seals=False):
        e = json.loads(line)
        if e["kind"] == "verdict":
            verdict = judge(DOCUMENTED, facts_in(e["body"]["case"], DOCUMENTED))
            assert verdict.code == e["body"]["verdict"]


def test_a_study_keeps_the_digest_of_a_night(told: Path) -> None:
    digest, found = night_digest(night()), verify(told)
    assert (digest.n, digest.head, digest.root) == (found.n, found.head, found.root)
    assert night_digest(night(seed=8)).root != digest.root


# -- commands -------------------------------------------------------------------------


def test_verify_says_who_signed_and_that_the_verdicts_stand(told: Path) -> None:
    said = verify_journal(str(told), "", recompute=True)
    assert said["ok"]
    assert said["signers"] == ["software"]
    assert said["countersigned"] == 1
    text = " ".join(said["lines"])
    assert "exercise keys, which prove nobody's identity" in text
    assert "verdicts recomputed, the same to the last byte" in text


def test_verify_holds_the_keys_that_were_noted(told: Path, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"software": "00" * 32}))
    said = verify_journal(str(told), "", keys=str(path))
    assert not said["ok"]
    assert "noted elsewhere" in said["problem"]
    path.write_text('["no keys"]')
    with pytest.raises(InputError, match="write each owner's public key"):
        verify_journal(str(told), "", keys=str(path))


def test_show_tells_an_attribution_as_first_stated_and_as_corrected(
    tmp_path: Path,
) -> None:
    about = "object at Przewodów"

    def said(at_s: float, actor: str, what: str, corrects: int | None = None) -> Entry:
        return attribution(
            at_s=at_s, actor=actor, about=about, said=what, source="public record",
            corrects=corrects,
        )  # fmt: skip

    with Journal.create(tmp_path) as journal:
        journal.append_many([said(T_S, "agency-1", "a Russian missile")])
        journal.append("note", T_S + 1, "duty-1", {"text": "between"})
        journal.append_many([said(T_S + 9, "alliance-1", "a Ukrainian S-300", 1)])
        journal.append_many([said(T_S + 99, "experts-1", "a Ukrainian S-300 5W55", 3)])
    shown = show_journal(str(tmp_path), "")
    assert "corrected by 3" in shown["lines"][0]
    assert "corrects 1 corrected by 4" in shown["lines"][2]
    assert shown["lines"][4] == f"attribution of {about} (hypotheses, not facts):"
    assert [x.split(",")[0] for x in shown["lines"][5:]] == [
        "  as first stated", "  as corrected", "  as corrected",
    ]  # fmt: skip
    assert shown["corrected_by"] == {"1": [3], "3": [4]}
    thread = shown["attributions"][0]
    assert thread["first"]["said"] == "a Russian missile"
    assert [c["entry"] for c in thread["corrected"]] == [3, 4]
    assert [e["body"]["stated"] for e in shown["entries"] if e["kind"] != "note"] == [
        "as first stated", "as corrected", "as corrected",
    ]  # fmt: skip
    with pytest.raises(InputError, match="did you mean 'attribution'"):
        show_journal(str(tmp_path), "atribution")
