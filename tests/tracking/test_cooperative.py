"""Reports that contradict themselves; a real spoofed airliner and 887 real flights."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.tracking.cooperative import Consistency, inconsistent, reasons

T0 = 1_726_560_000.0


def clock(text):
    h, m, s = map(int, text.split(":"))
    at = datetime.datetime(2024, 9, 17, h, m, s, tzinfo=datetime.UTC)
    return at.timestamp()


def columns(path):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return {
        name: np.asarray(table.column(name).to_pylist())
        if name == "id"
        else table.column(name).to_numpy().astype(np.float64)
        for name in table.column_names
    }


def cruise(n=120, dt=5.0, speed=230.0):
    t = T0 + dt * np.arange(n)
    lat = 48.0 + speed * (t - T0) / 111_200.0
    return t, lat, np.full(n, 24.0), np.full(n, speed), np.zeros(n)


def test_the_spoofed_airliner_is_flagged_from_its_freeze_until_it_is_settled(
    shared_data,
):
    d = columns(shared_data("real_spoofed_flight.parquet"))
    flag = inconsistent(
        d["time"], d["lat"], d["lon"], d["groundspeed_mps"], d["track_deg"]
    )
    # Frozen over the Romanian border, "flying" 26 m/s near Lviv, the jump, hold-off.
    bad = (d["time"] > clock("09:06:00")) & (d["time"] < clock("10:00:10"))
    assert flag[bad].all()
    # Then it really is over northern Poland (until 10:09) and the Baltic.
    assert not flag[d["time"] > clock("10:00:11")].any()
    inside = d["time"] > clock("10:00:11")
    assert d["lat"][inside].min() > 53.7


def test_the_spoofed_airliner_is_flagged_near_lviv_whatever_height_is_known(
    shared_data,
):
    d = columns(shared_data("real_spoofed_flight.parquet"))
    near = (np.abs(d["lat"] - 49.66) < 0.2) & (np.abs(d["lon"] - 23.9) < 0.5)
    assert near.sum() > 1900
    for alt in (None, d["alt_m"]):
        why = reasons(
            d["time"], d["lat"], d["lon"], d["groundspeed_mps"], d["track_deg"],
            alt_m=alt,
        )  # fmt: skip
        assert (why[near] != 0).all()


def test_ordinary_flights_are_hardly_ever_flagged(shared_data):
    """A place repeated for 45 s at flying speed is a stale report, and flagged.

    23 of 887 flights end so, below the receivers' coverage. Of the others, 2 are
    flagged (0.2 %): these are the false alarms.
    """
    d = columns(shared_data("real_tracks.parquet"))
    why = reasons(
        d["time"], d["lat"], d["lon"], d["groundspeed_mps"], d["track_deg"],
        ids=d["id"],
    )  # fmt: skip
    flights = len(np.unique(d["id"]))
    flagged = set(d["id"][why != 0])
    frozen = set(d["id"][(why & 2) != 0])
    assert flights == 887
    assert len(flagged) <= 25
    assert len(flagged - frozen) <= 2
    assert (why != 0).mean() < 0.007


def test_only_the_past_has_a_say(shared_data):
    d = columns(shared_data("real_spoofed_flight.parquet"))
    names = ("time", "lat", "lon", "groundspeed_mps", "track_deg")
    whole = reasons(*(d[k] for k in names))
    for n in (500, 3000, 6000):
        assert np.array_equal(reasons(*(d[k][:n] for k in names)), whole[:n])
    memory = Consistency()
    parts = [
        memory.judge(*(d[k][i : i + 700] for k in names))
        for i in range(0, len(whole), 700)
    ]
    assert np.array_equal(np.concatenate(parts), whole)


def test_an_honest_cruise_and_a_holding_pattern_are_consistent():
    assert not inconsistent(*cruise()).any()
    t = T0 + 2.0 * np.arange(600)
    a = np.radians(3.0) * (t - T0)  # standard rate
    r = 110.0 / np.radians(3.0)
    lat = 50.0 + r * np.sin(a) / 111_200.0
    lon = 24.0 - r * np.cos(a) / (111_320.0 * np.cos(np.radians(50.0)))
    track = np.degrees(a) % 360.0
    assert not inconsistent(t, lat, lon, np.full(600, 110.0), track).any()


def test_a_jump_taints_what_follows_for_the_hold_off():
    t, lat, lon, v, c = cruise()
    lat[60:] += 2.0
    flag = inconsistent(t, lat, lon, v, c)
    assert not flag[:60].any()
    assert flag[60:84].all()  # 120 s at 5 s
    assert not flag[90:].any()


def test_a_freeze_is_flagged_and_an_explained_return_is_not():
    t, lat, lon, v, c = cruise()
    held = lat.copy()
    held[40:70] = held[40]
    flag = inconsistent(t, held, lon, v, c)
    assert flag[50:70].all()
    assert not flag[70:].any()


def test_without_a_speed_a_jump_and_a_freeze_are_still_seen():
    t, lat, lon, _, _ = cruise()
    jumped, held = lat.copy(), lat.copy()
    jumped[60:] += 2.0
    held[60:] = held[60]
    assert inconsistent(t, jumped, lon)[60]
    assert inconsistent(t, held, lon)[75:].all()
    assert not inconsistent(t, lat, lon).any()


def test_aircraft_do_not_taint_each_other():
    t, lat, lon, v, c = cruise()
    other = lat + 5.0
    flag = inconsistent(
        np.tile(t, 2), np.concatenate([lat, other]), np.tile(lon, 2), np.tile(v, 2),
        np.tile(c, 2), ids=np.repeat(["a", "b"], len(t)),
    )  # fmt: skip
    assert not flag.any()


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(InputError, match="as many"):
        inconsistent([1.0, 2.0], [50.0], [24.0, 24.0])
