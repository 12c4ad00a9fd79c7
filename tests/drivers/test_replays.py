"""Six documented nights, end to end, held against what is on record."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

import forefield as ff
from forefield.drivers.night import Night
from forefield.drivers.truth import passages
from forefield.record.journal import Journal, verify
from forefield.world.borders import guard

SIX = (
    "pl-2024-03-24-oserdow",
    "pl-2023-12-29-lubelskie",
    "pl-2025-09-10-mass-incursion",
    "pl-2024-08-26-tyszowce",
    "ro-2026-05-29-galati-block",
    "ro-2026-02-27-chilia-shotdown-ua-side",
)


@cache
def night_of(name: str) -> Night:
    return ff.replay(name, seed=7)


@pytest.mark.parametrize("name", SIX)
def test_every_case_goes_through_the_whole_chain(name: str) -> None:
    night = night_of(name)
    assert night.banner.startswith("REPLAY OF 20")
    assert len(night.detections)
    assert len(night.scans)
    assert len(night.tracks)
    assert len(night.beliefs)
    assert set(night.alerts.status) <= {"Exercise", "Test", "Draft"}
    for text in (*night.alerts.text_en, *night.alerts.text_pl, *night.alerts.text_uk):
        assert night.banner.split()[-1] in text or "EXERCISE" in text
    assert night.assumptions
    assert night.unknowns


@pytest.mark.parametrize("name", SIX)
def test_nothing_agreed_means_no_option_is_ever_free_of_a_bar(name: str) -> None:
    verdicts = night_of(name).verdicts
    assert "NO_BAR_FOUND_FOR_HUMAN_DECISION" not in set(verdicts.verdict)
    in_scope = _in_scope(name)
    over_ukraine = [
        json.loads(g)
        for o, g in zip(verdicts.option_id, verdicts.grounds, strict=True)
        if o in in_scope
    ]
    for grounds in over_ukraine:
        assert "NO_AGREED_PROCEDURE" in {g["code"] for g in grounds}


def _in_scope(name: str) -> set[str]:
    night = night_of(name)
    options = night.options
    mine = (options.action == "intercept") & (options.over == "UA")
    mine &= np.isin(options.owner, night.guards)
    judged = dict(zip(night.verdicts.option_id, night.verdicts.verdict, strict=True))
    return {
        str(o)
        for o in options.option_id[mine]
        if judged.get(str(o)) not in (None, "OUT_OF_SCOPE", "NATIONAL_LAW")
    }


@pytest.mark.parametrize("name", SIX)
def test_beliefs_keep_their_promises_of_form(name: str) -> None:
    b = night_of(name).beliefs
    np.testing.assert_allclose(b.p_via.sum(axis=1), b.p_enter, atol=1e-9)
    assert ((b.p_enter >= 0) & (b.p_enter <= 1)).all()
    assert (b.p_end_inside <= b.p_enter + 1e-9).all()
    assert not guard(night_of(name).guards[0]).inside(b.lat_deg, b.lon_deg).any()


def stays(name: str) -> list:
    night = night_of(name)
    return passages(night.flights, guard(night.guards[0]))


def test_oserdow_is_inside_for_39_seconds() -> None:
    (stay,) = stays(SIX[0])
    assert stay.t_enter_s == pytest.approx(1711250580.0, abs=1.0)
    assert stay.t_exit_s - stay.t_enter_s == pytest.approx(39.0, abs=1.0)
    (entry,) = night_of(SIX[0]).summary["entries"]
    assert entry["district"] == "PL-06"
    assert entry["lead_decide_s"] > 0


def test_lubelskie_is_inside_for_just_under_three_minutes() -> None:
    (stay,) = stays(SIX[1])
    assert stay.t_exit_s - stay.t_enter_s == pytest.approx(175.0, abs=2.0)


def test_september_2025_has_as_many_entries_as_were_counted() -> None:
    found = stays(SIX[2])
    assert 19 <= len({s.flight_id for s in found}) <= 23
    assert sum(s.via == "BY" for s in found) > len(found) / 3


def test_august_2024_was_never_established() -> None:
    night = night_of(SIX[3])
    assert stays(SIX[3]) == []
    held = [
        f for f in night.summary["final_states"] if f["state"] == "never_established"
    ]
    lasting = [f for f in held if f["t_last_s"] - f["t_first_s"] >= 300.0]
    assert lasting
    reported = guard("PL").inside(night.tracks.lat_deg, night.tracks.lon_deg)
    sensors = night.tracks.n_sensors[reported & (night.tracks.p_exist > 0.9)]
    assert sensors.max() >= 3


def test_galati_ends_inside_minutes_after_the_border() -> None:
    found = [s for s in stays(SIX[4]) if np.isnan(s.t_exit_s)]
    assert found
    assert 60.0 <= found[0].t_end_s - found[0].t_enter_s <= 400.0


def test_chilia_was_downed_before_the_border() -> None:
    night = night_of(SIX[5])
    assert stays(SIX[5]) == []
    states = {f["state"] for f in night.summary["final_states"]}
    assert "downed_before" in states


@pytest.mark.parametrize("name", SIX[:1])
def test_the_journal_of_a_night_holds(tmp_path, name: str) -> None:
    night = night_of(name)
    with Journal.create(tmp_path / "journal.sqlite") as journal:
        journal.append_many(night.journal)
    assert verify(tmp_path).ok
    kinds = {e.kind for e in night.journal}
    assert {"opening", "track", "verdict", "closing"} <= kinds
