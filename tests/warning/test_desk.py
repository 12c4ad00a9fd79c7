"""The alert desk: when it opens, tells, closes, and what it may never say."""

from dataclasses import dataclass
from importlib.resources import files
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forefield
from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.warning.alert_table import Alerts
from forefield.warning.delays import CHANNELS, Delays
from forefield.warning.desk import AlertDesk, Status
from forefield.world.facts import table

T0 = 1_711_250_000.0  # 2024-03-24T03:13:20Z, before the change to summer time


@dataclass(frozen=True)
class Some:
    codes: tuple[str, ...] = ("PL-06", "PL-18", "PL-SEA")
    names: tuple[str, ...] = ("Lubelskie", "Podkarpackie", "territorial waters")


def areas(t_s, p, *, fall=0.0, wait_s=400.0, district="PL-06", track="*"):
    return ThreatAreas.build(
        2, t_s=t_s, track_id=np.array(["7", track]), district=district,
        horizon_s=np.array([300.0, 900.0]), p_over=np.array([p, p]), p_fall=fall,
        t_p50_s=wait_s,
    )  # fmt: skip


def told(desk, *steps):
    """Messages of (seconds, probability[, more]) steps."""
    out = []
    for seconds, p, *more in steps:
        now = T0 + seconds
        given_ = (
            areas(now, p, **(more[0] if more else {})) if p else ThreatAreas.empty()
        )
        out.append(desk.update(given_, now))
    return Alerts.concat(out)


#: Cancel as soon as two minutes below half the limit.
QUICK = {"hold_s": 120.0, "close_at": 0.5}


def kinds(alerts):
    return alerts.msg_type[:: len(CHANNELS)].tolist()


def test_an_alert_opens_at_the_limit_and_not_below():
    assert len(told(AlertDesk(Some(), limit=0.15), (0, 0.149))) == 0
    a = told(AlertDesk(Some(), limit=0.15), (0, 0.15))
    assert kinds(a) == ["Alert"]
    assert a.district.tolist() == ["PL-06"] * 3
    assert set(a.channel) == {"sms", "siren", "radio"}
    assert len(set(a.alert_id)) == 1
    assert a.alert_id[0].startswith("EX-")


def test_between_the_two_limits_nothing_is_said():
    a = told(AlertDesk(Some()), (0, 0.2), *((20 * k, 0.1) for k in range(1, 40)))
    assert kinds(a) == ["Alert"]


def test_a_short_dip_does_not_cancel_and_a_long_one_does():
    dip = [(20, 0.01), (60, 0.01), (100, 0.2), (120, 0.01), (220, 0.01)]
    a = told(AlertDesk(Some(), **QUICK), (0, 0.2), *dip)
    assert kinds(a) == ["Alert"]
    desk = AlertDesk(Some(), **QUICK)
    b = told(desk, (0, 0.2), *dip, (240, 0.01))
    assert kinds(b) == ["Alert", "Cancel"]
    assert b.references[-1] == b.alert_id[0]
    assert desk.open_districts == ()
    assert np.isnan(b.lead_delivery_s[-1])


def test_a_cancelled_district_can_be_alerted_anew_with_a_new_id():
    desk = AlertDesk(Some(), **QUICK)
    a = told(desk, (0, 0.2), (20, 0.0), (140, 0.0), (200, 0.3))
    assert kinds(a) == ["Alert", "Cancel", "Alert"]
    assert len(set(a.alert_id)) == 3
    assert a.references[-1] == ""


def test_worse_news_and_sooner_arrival_are_told_and_noise_is_not():
    a = told(AlertDesk(Some()), (0, 0.2), (20, 0.25, {"wait_s": 350.0}))
    assert kinds(a) == ["Alert"]
    b = told(AlertDesk(Some()), (0, 0.2), (20, 0.6))
    assert kinds(b) == ["Alert", "Update"]
    assert b.certainty[::3].tolist() == ["Possible", "Likely"]
    c = told(AlertDesk(Some()), (0, 0.2), (20, 0.2, {"wait_s": 100.0}))
    assert kinds(c) == ["Alert", "Update"]
    d = told(AlertDesk(Some()), (0, 0.2), (20, 0.2, {"fall": 0.1}), (40, 0.2))
    assert d.severity[::3].tolist() == ["Moderate", "Severe"]


def test_an_alert_is_renewed_before_it_lapses_and_lapses_without_cause():
    desk = AlertDesk(Some(), valid_s=900.0)
    a = told(desk, *((20 * k, 0.2, {"wait_s": 4000.0 - 20 * k}) for k in range(40)))
    assert kinds(a) == ["Alert", "Update"]
    b = told(AlertDesk(Some(), valid_s=900.0), (0, 0.2), (450, 0.09), (910, 0.09))
    assert kinds(b) == ["Alert", "Cancel"]


def test_severity_and_certainty_mean_what_cap_says():
    a = told(AlertDesk(Some()), (0, 0.97, {"wait_s": 0.0, "fall": 0.6}))
    assert (a.severity[0], a.certainty[0]) == ("Extreme", "Observed")
    b = told(AlertDesk(Some()), (0, 0.5))
    assert b.certainty[0] == "Possible"  # Likely is above one half
    assert told(AlertDesk(Some()), (0, 0.501)).certainty[0] == "Likely"


def test_the_lead_is_split_by_the_delays():
    delays = {"decide_s": 60, "release_s": 30, "siren_s": 10, "sms_s": [100, 400]}
    a = told(AlertDesk(Some(), delays), (0, 0.2, {"wait_s": 400.0}))
    row = {c: a.take(a.channel == c) for c in CHANNELS}
    assert (a.lead_decide_s == 340.0).all()
    assert (a.lead_release_s == 310.0).all()
    assert row["siren"].lead_delivery_s[0] == 300.0
    assert row["sms"].lead_delivery_s[0] == pytest.approx(110.0)  # sqrt(100 x 400)
    assert row["sms"].lead_delivery_slow_s[0] == -90.0


def test_only_combined_rows_of_known_districts_count():
    desk = AlertDesk(Some())
    assert not len(desk.update(areas(T0, 0.9, track="8"), T0))
    assert not len(desk.update(areas(T0, 0.9, district="UA-46"), T0))
    assert not len(desk.update(areas(T0, 0.9, district="PL-SEA"), T0))
    assert not len(desk.update(areas(T0 + 60.0, 0.9), T0))  # not yet


def test_an_alert_waits_until_it_may_be_near():
    def far(t_s, soon, later):
        return ThreatAreas.build(
            3, t_s=t_s, track_id="*", district="PL-06",
            horizon_s=np.array([300.0, 540.0, 900.0]), t_p50_s=700.0, p_fall=0.0,
            p_over=np.array([0.0, soon, later]),
        )  # fmt: skip

    desk = AlertDesk(Some(), limit=0.1, look_s=540.0)
    assert not len(desk.update(far(T0, 0.05, 0.9), T0))
    assert kinds(desk.update(far(T0 + 20, 0.1, 0.9), T0 + 20)) == ["Alert"]
    # It closes on the longest horizon alone: nothing is near, and much may come.
    for k in range(2, 40):
        assert not len(desk.update(far(T0 + 20 * k, 0.0, 0.05), T0 + 20 * k))
    assert desk.open_districts == ("PL-06",)


def test_a_code_from_a_file_cannot_leave_the_folder_of_alerts():
    odd = Some(codes=("../../x", "a b", "a_b"), names=("one", "two", "three"))
    desk = AlertDesk(odd)
    ids = [
        desk.update(areas(T0 + k, 0.9, district=c), T0 + k).alert_id[0]
        for k, c in enumerate(odd.codes)
    ]
    assert len(set(ids)) == 3
    assert not set("".join(ids)) & set("/. ")


def test_texts_are_two_sentences_with_local_time_and_utc():
    a = told(AlertDesk(Some()), (0, 0.2, {"wait_s": 400.0}), (20, 0.0), (200, 0.0))
    for language, first in (
        ("en", "EXERCISE"),
        ("pl", "EXERCISE / ĆWICZENIE"),
        ("uk", "EXERCISE / НАВЧАННЯ"),
    ):
        for text in getattr(a, f"text_{language}"):
            assert text.startswith(first)
            assert text.count(". ") == 1
            assert text.endswith(".")
            assert "Lubelskie" in text
            assert "UTC" in text
        for headline in getattr(a, f"headline_{language}"):
            assert headline.startswith("EXERCISE")
    assert "04:20 local time (03:20 UTC)" in a.text_en[0]
    assert "prawdziwe ostrzeżenie" in a.text_pl[0]
    assert "не справжнє" in a.text_uk[0]


def test_the_duty_officer_reads_two_sentences_with_what_to_decide_by_when():
    delays = {"decide_s": 60, "release_s": 30, "siren_s": 10, "sms_s": 500}
    desk = AlertDesk(Some(), delays, **QUICK)
    a = told(desk, (0, 0.2, {"wait_s": 400.0}), (20, 0.0), (200, 0.0))
    for language, late in (
        ("en", "too late already"),
        ("pl", "już za późno"),
        ("uk", "вже запізно"),
    ):
        first, *_, last = getattr(a, f"duty_{language}")
        for text in (first, last):
            assert text.startswith("EXERCISE")
            assert text.count(". ") == 1
            assert text.endswith(".")
            assert "Lubelskie" in text
        # 03:13:20 UTC and 400 s, less 30 and 10 s: local time, an hour on.
        assert "04:19:20" in first
        assert f" {late}" in first
        assert "20 %" in first
    assert "withdrawn" in a.duty_en[-1]


def test_a_replay_says_of_which_night():
    a = told(AlertDesk(Some(), prefix="REPLAY OF 2024-03-24", status="Test"), (0, 0.2))
    for language in ("en", "pl", "uk"):
        assert getattr(a, f"headline_{language}")[0].startswith("REPLAY OF 2024-03-24")
    assert set(a.status) == {"Test"}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"prefix": "WARNING"}, "EXERCISE"),
        ({"prefix": "REPLAY OF last night"}, "2024-03-24"),
        ({"prefix": "EXERCISES"}, "EXERCISE"),
        ({"prefix": ""}, "EXERCISE"),
        ({"limit": 0.0}, "limit"),
        ({"look_s": 0.0}, "ahead"),
        ({"timezone": "Europe/Lublin"}, "Europe/Warsaw"),
        ({"delays": {"sms": 3.0}}, "'sms_s'"),
        ({"delays": {"sms_s": [3.0, 1.0]}}, "[quick, slow]"),
    ],
)
def test_what_could_pass_for_real_or_makes_no_sense_is_refused(more, word):
    with pytest.raises(InputError) as caught:
        AlertDesk(Some(), **more)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_status_but_the_three_is_possible():
    assert get_args(Status) == ("Exercise", "Test", "Draft")
    for word in ("Actu" + "al", "System", "exercise", ""):
        with pytest.raises(InputError):
            AlertDesk(Some(), status=word)


def test_the_program_has_no_word_for_a_real_alert():
    # The schema of the standard lists it; nothing of ours does.
    word = "Actu" + "al"
    root = files(forefield)
    seen = 0
    stack = [root]
    while stack:
        here = stack.pop()
        for child in here.iterdir():
            if child.is_dir():
                stack.append(child)
            elif child.name.endswith((".py", ".toml", ".html", ".j2")):
                seen += 1
                text = child.read_text(encoding="utf-8")
                for quoted in (f'"{word}"', f"'{word}'", f">{word}<", f"={word}"):
                    assert quoted not in text, child
    assert seen > 20


def test_the_desk_does_not_go_back_in_time():
    desk = AlertDesk(Some())
    desk.update(ThreatAreas.empty(), T0)
    with pytest.raises(InputError, match="do not go back"):
        desk.update(ThreatAreas.empty(), T0 - 1.0)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_story_of_a_district_begins_with_an_alert(story):
    desk = AlertDesk(Some())
    a = told(desk, *((20 * k, p) for k, p in enumerate(story)))
    opened = False
    for kind in kinds(a):
        assert (kind == "Alert") != opened
        opened = kind != "Cancel"
    assert opened == bool(desk.open_districts)
    assert set(a.status) <= {"Exercise"}
    messages = a.alert_id[::3].tolist()
    assert len(set(messages)) == len(messages)
    again = told(AlertDesk(Some()), *((20 * k, p) for k, p in enumerate(story)))
    assert again.to_arrow().equals(a.to_arrow())


def test_documented_delays_are_history_and_not_the_default():
    data = table("delays")
    night = data["history"]["pl-2025-09-10"]
    assert night["first_violation_to_phone_s"] == 27_000.0
    assert (
        night["first_phone_alerts"] - night["first_violation"]
    ).total_seconds() == night["first_violation_to_phone_s"]
    assert Delays.shipped().slow("sms_s") < 3600.0
    assert all(
        "assumption" in text
        for part in (data["assumed"], data["assumed"]["channel"])
        for key, text in part.items()
        if key.endswith("_basis")
    )
