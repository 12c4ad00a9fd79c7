"""The spoofed airliner of 17 September 2024 through the whole chain, as ADS-B plots.

Its reported positions stood still near Lviv for 34 minutes and then jumped into
northern Poland, where it really was.
"""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from forefield.apps.nights import cast_for
from forefield.drivers.night import Night
from forefield.drivers.replay import replay_recording
from forefield.sensing.detections import Detections, Sensor
from forefield.world.borders import guard

FROZEN_S = (1726565065.0, 1726567090.0)  # 09:24:25 to 09:58:10 UTC


@pytest.fixture(scope="module")
def night(shared_data) -> Night:
    table = pq.read_table(shared_data("real_spoofed_flight.parquet"))
    rows = {name: table[name].to_numpy() for name in table.column_names}
    use = np.flatnonzero(np.append(True, np.diff(rows["time"]) >= 1.0))[::5]
    use = use[rows["time"][use] >= 1726563600.0]  # from 09:00 UTC
    plots = Detections.build(
        len(use),
        t_s=rows["time"][use].astype(float),
        sensor="adsb-1",
        lat_deg=rows["lat"][use],
        lon_deg=rows["lon"][use],
        alt_m=rows["alt_m"][use].astype(float),
        sigma_m=30.0,
        speed_mps=rows["groundspeed_mps"][use].astype(float),
        track_deg=rows["track_deg"][use].astype(float),
        plot_type="adsb",
        icao24="4b1814",
    )
    receiver = Sensor(
        id="adsb-1", kind="adsb", owner="PL", lat_deg=52.0, lon_deg=21.0, alt_m=100.0,
        period_s=5.0, max_range_m=1.5e6, sigma_range_m=30.0, sigma_azimuth_deg=0.1,
        p_detect=0.95,
    )  # fmt: skip
    cast = cast_for("PL", "documented", sensors=[receiver], forecast_every_s=30.0)
    return replay_recording("spoofed", plots, None, cast)


def test_while_positions_stand_still_the_picture_says_so(night: Night) -> None:
    t = night.tracks
    frozen = (t.t_s > FROZEN_S[0] + 120.0) & (t.t_s < FROZEN_S[1])
    near_lviv = (np.abs(t.lat_deg - 49.66) < 0.3) & (np.abs(t.lon_deg - 23.9) < 0.3)
    shown = frozen & near_lviv & (t.p_exist > 0.5)
    assert shown.any()
    assert t.inconsistent[shown].mean() > 0.95


def test_no_entry_is_forecast_from_frozen_positions(night: Night) -> None:
    b = night.beliefs
    frozen = (b.t_s > FROZEN_S[0] + 120.0) & (b.t_s < FROZEN_S[1])
    assert (b.p_enter[frozen] <= 0.01).all()
    opened = night.alerts.t_s
    assert not ((opened > FROZEN_S[0] + 120.0) & (opened < FROZEN_S[1])).any()


def test_when_it_really_is_inside_poland_the_picture_has_it_there(night: Night) -> None:
    t = night.tracks
    late = t.take((t.t_s > FROZEN_S[1] + 300.0) & (t.p_exist > 0.9))
    inside = guard("PL").inside(late.lat_deg, late.lon_deg)
    assert inside.any()
    assert not late.inconsistent[inside][-5:].any()


def test_a_recording_claims_no_truth(night: Night) -> None:
    assert night.banner == "REPLAY OF 2024-09-17"
    assert len(night.flights) == 0
    assert {f["state"] for f in night.summary["final_states"]} <= {"not_known"}
