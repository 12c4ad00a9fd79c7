"""CAP 1.2: valid by the standard's schema, and never to be taken for real."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.io.cap import (
    NAMESPACE,
    CapArea,
    CapInfo,
    CapMessage,
    read_cap,
    rings_of,
    to_xml,
    write_alerts,
)
from forefield.warning.alert_table import Alerts
from forefield.warning.desk import AlertDesk
from forefield.world.districts import districts

T0 = 1_711_250_000.0
CAP = f"{{{NAMESPACE}}}"
REAL = "Actu" + "al"

RING = ((50.7, 23.9), (50.7, 24.1), (50.9, 24.0), (50.7, 23.9))
INFO = CapInfo(
    language="en", event="EXERCISE: danger from the air", response="Shelter",
    urgency="Immediate", severity="Severe", certainty="Likely", onset_s=T0 + 300.0,
    expires_s=T0 + 1800.0, headline="EXERCISE: danger from the air, Lubelskie",
    description="EXERCISE, not a real warning.", instruction="EXERCISE: stay indoors.",
    areas=(CapArea("Lubelskie", (RING,), (("ISO 3166-2", "PL-06"),)),),
    parameters=(("lead_delivery_s_siren", "120"),),
)  # fmt: skip
MESSAGE = CapMessage("EX-20240324T031320Z-PL-06-1", T0, "Exercise", "Alert", (INFO,))


def a_night():
    desk = AlertDesk(districts("PL"), prefix="REPLAY OF 2024-03-24")

    def areas(t, p, wait_s):
        return ThreatAreas.build(
            2, t_s=t, track_id="*", district=np.array(["PL-06", "PL-18"]),
            horizon_s=900.0, p_over=p, p_fall=0.1, t_p50_s=wait_s,
        )  # fmt: skip

    alerts = Alerts.concat(
        [
            desk.update(areas(T0, 0.2, 400.0), T0),
            desk.update(areas(T0 + 20, 0.7, 300.0), T0 + 20),
            desk.update(ThreatAreas.empty(), T0 + 40),
            desk.update(ThreatAreas.empty(), T0 + 400),
        ]
    )
    return SimpleNamespace(alerts=alerts, district_names={}, guards=("PL",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("night") / "alerts"
    assert write_alerts(a_night(), place) == 0
    return place


def test_a_night_writes_a_file_for_every_message(folder):
    messages = [read_cap(p) for p in sorted(folder.iterdir())]
    assert len(messages) == 6
    assert [m.msg_type for m in messages] == ["Alert", "Update", "Cancel"] * 2
    for m, path in zip(messages, sorted(folder.iterdir()), strict=True):
        assert path.name == f"{m.identifier}.xml"
        assert [i.language for i in m.infos] == ["en", "pl", "uk"]
        assert all(i.headline.startswith("REPLAY OF 2024-03-24") for i in m.infos)
        assert all(i.event.startswith("REPLAY OF 2024-03-24") for i in m.infos)
        assert all(i.instruction.startswith("REPLAY OF 2024-03-24") for i in m.infos)
        assert all(i.expires_s > m.sent_s for i in m.infos)


def test_updates_and_cancels_refer_to_what_went_before(folder):
    sent = {}
    for path in sorted(folder.iterdir()):
        m = read_cap(path)
        for sender, identifier, sent_s in m.references:
            assert sender == m.sender
            assert sent[identifier] == sent_s
        sent[m.identifier] = m.sent_s
    assert len(m.references) == 2


def test_polygons_are_latitude_first_closed_valid_and_cover_the_district(folder):
    d = districts("PL")
    for path in sorted(folder.iterdir()):
        (area,) = read_cap(path).infos[0].areas
        ((name, code),) = area.geocodes
        assert name == "ISO 3166-2"
        shape = d.shapes[d.codes.index(code)]
        drawn = shapely.union_all(
            [shapely.Polygon([(lo, la) for la, lo in r]) for r in area.polygons]
        )
        assert all(r[0] == r[-1] and len(r) >= 4 for r in area.polygons)
        assert all(49.0 < la < 55.0 and 14.0 < lo < 24.5 for la, lo in area.polygons[0])
        off = shapely.area(shapely.symmetric_difference(drawn, shape))
        assert off / shapely.area(shape) < 0.02


def test_what_is_written_is_read_back_the_same():
    text, dropped = to_xml(MESSAGE)
    assert dropped == 0
    assert read_cap(text) == MESSAGE
    assert to_xml(MESSAGE)[0] == text


def test_status_and_scope_are_what_they_must_be(folder):
    for path in folder.iterdir():
        root = etree.fromstring(path.read_bytes())
        assert root.findtext(f"{CAP}status") == "Exercise"
        assert root.findtext(f"{CAP}scope") == "Restricted"
        assert "not for the public" in root.findtext(f"{CAP}restriction")
        assert REAL.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("message", "word"),
    [
        (replace(MESSAGE, status=REAL), "Exercise"),
        (replace(MESSAGE, status="System"), "Exercise"),
        (replace(MESSAGE, infos=(replace(INFO, headline="Danger!"),)), "EXERCISE"),
        (replace(MESSAGE, identifier="has blanks"), "blanks"),
        (replace(MESSAGE, identifier="a,b"), "commas"),
        (replace(MESSAGE, infos=()), "info"),
        (replace(MESSAGE, identifier="PL-20240324-1"), "EX-"),
        (replace(MESSAGE, identifier="EX-../../alerts"), "EX-"),
        (replace(MESSAGE, restriction=" "), "restriction"),
        (replace(MESSAGE, infos=(replace(INFO, expires_s=T0 - 1.0),)), "expires"),
        (replace(MESSAGE, msg_type="Update"), "references"),
        (replace(MESSAGE, msg_type="Ack"), "Ack"),
        (replace(MESSAGE, infos=(replace(INFO, severity="Bad"),)), "severity"),
    ],
)
def test_what_the_standard_or_we_forbid_is_not_written(message, word):
    with pytest.raises(InputError) as caught:
        to_xml(message)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ring", "word"),
    [
        (RING[:-1], "at least 4 points"),
        (
            ((50.0, 23.0), (51.0, 24.0), (50.0, 24.0), (51.0, 23.0), (50.0, 23.0)),
            "itself",
        ),
        (
            ((123.9, 50.7), (124.1, 50.7), (124.0, 50.9), (123.9, 50.7)),
            "latitude first",
        ),
    ],
)
def test_a_bad_polygon_is_refused(ring, word):
    area = CapArea("x", (ring,))
    with pytest.raises(InputError, match=word):
        to_xml(replace(MESSAGE, infos=(replace(INFO, areas=(area,)),)))


def test_a_hole_is_cut_and_not_filled():
    ring = shapely.Point(21.0, 52.2).buffer(0.5)
    hole = shapely.Point(21.0, 52.2).buffer(0.2)
    shape = ring - hole
    rings = rings_of(shape, tolerance_deg=1e-4)
    assert len(rings) >= 2
    parts = [shapely.Polygon([(lo, la) for la, lo in r]) for r in rings]
    assert all(p.is_valid for p in parts)
    whole = shapely.union_all(parts)
    assert shapely.area(whole) == pytest.approx(shape.area, rel=1e-3)
    assert not whole.contains(shapely.Point(21.0, 52.2))


def test_control_characters_are_left_out_and_counted():
    noisy = replace(INFO, description="EXERCISE\x00, not\x07 a real\ufffe warning.")
    text, dropped = to_xml(replace(MESSAGE, infos=(noisy,)))
    assert dropped == 3
    assert read_cap(text).infos[0].description == "EXERCISE, not a real warning."


def test_a_district_whose_name_holds_control_characters_is_told_with_a_notice(tmp_path):
    night = a_night()
    night.district_names = {"PL-06": "Lubel\x07skie"}
    alerts = night.alerts.take(night.alerts.district == "PL-06")
    night.alerts = replace(
        alerts, text_en=np.char.replace(alerts.text_en, "Lubelskie", "Lubel\x07skie")
    )
    # One in the name of the area, in each of three languages and three messages; one
    # in each English text.
    assert write_alerts(night, tmp_path / "alerts") == 12
    for path in (tmp_path / "alerts").iterdir():
        assert "Lubelskie" in read_cap(path).infos[0].description


@given(st.text(max_size=80))
@settings(max_examples=80, deadline=None)
def test_any_text_makes_a_valid_message(words):
    info = replace(INFO, description=words, instruction=words)
    text, _ = to_xml(replace(MESSAGE, infos=(info,)))
    assert read_cap(text).identifier == MESSAGE.identifier


GOOD = to_xml(MESSAGE)[0].decode()
BOMB = '<!DOCTYPE a [<!ENTITY x "EXERCISE"><!ENTITY y "&x;&x;">]>'
AWAY = '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (GOOD.replace("<status>Exercise", f"<status>{REAL}"), "not written by"),
        (GOOD.replace("cap:1.2", "cap:1.1"), "no CAP 1.2"),
        (GOOD.replace("<status>Exercise</status>", ""), "status"),
        (GOOD.replace("<alert", AWAY + "<alert", 1), "document type"),
        (
            GOOD.replace("<alert", BOMB + "<alert", 1).replace("stay", "&y;"),
            "document type",
        ),
        (GOOD[: len(GOOD) // 2], "no XML"),
        ("", "no XML"),
        (GOOD.replace("50.7000,23.9000", "50.7000;23.9000"), "lat,lon"),
        (GOOD.replace("EXERCISE: danger from the air, L", "Danger, L"), "EXERCISE"),
        (GOOD.replace("</scope>", "</scope><colour>red</colour>"), "colour"),
        (GOOD.replace("T03:13:20+00:00", "T03:13:20Z"), "sent"),
    ],
)
def test_the_reader_refuses_what_is_not_plainly_an_exercise(text, word):
    with pytest.raises(InputError) as caught:
        read_cap(text.encode())
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_cap(tmp_path / "none.xml")


@given(st.integers(0, len(GOOD) - 1), st.characters())
@settings(max_examples=150, deadline=None)
@example(1, "\x00")  # lxml's message about it has two lines
def test_a_damaged_message_is_read_or_refused_and_never_crashes(at, character):
    text = GOOD[:at] + character + GOOD[at + 1 :]
    try:
        status, said = read_cap(text.encode("utf-8", "surrogatepass")).status, ""
    except InputError as error:
        status, said = "Draft", str(error)
    assert status in ("Exercise", "Test", "Draft")
    assert "\n" not in said
