"""Recorded airliners: the turning forecast against straight lines; a spoofed one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from bench.forecast.real_flights import other_half, recording

from forefield.forecasting.forecast import forecast
from forefield.forecasting.motion import complete
from forefield.forecasting.parameters import shipped
from forefield.world.borders import guard

HORIZONS_S = (120.0, 300.0, 600.0, 900.0)
#: Coarse fields: solved in seconds.
COARSE = dataclasses.replace(shipped(), field_cells=4000)


@pytest.fixture(scope="module")
def flights(shared_data):
    tracks, names = recording(shared_data("real_tracks.parquet"))
    mine = np.flatnonzero(other_half(names))[::8]
    return tracks.take(np.isin(tracks.track_id, mine))


def entries(tracks, border):
    """Seconds to the first point inside (inf: none), and to the last point."""
    inside = border.inside(tracks.lat_deg, tracks.lon_deg)
    order = np.lexsort((tracks.t_s, tracks.track_id))
    to_in, to_end = np.full((2, len(tracks)), np.inf)
    coming, last, who = np.inf, np.inf, -1
    for i in order[::-1]:
        if tracks.track_id[i] != who:
            who, coming, last = tracks.track_id[i], np.inf, tracks.t_s[i]
        if inside[i]:
            coming = tracks.t_s[i]
        to_in[i], to_end[i] = coming - tracks.t_s[i], last - tracks.t_s[i]
    return to_in, to_end


def test_turning_beats_the_hard_straight_line_on_flights_it_was_not_tuned_on(flights):
    fr = guard("FR")
    beliefs = forecast(flights, [fr], HORIZONS_S, model="all", parameters=COARSE)
    order = np.lexsort((flights.track_id, flights.t_s))
    tracks = flights.take(order)
    to_in, to_end = entries(tracks, fr)
    at = {k: i for i, k in enumerate(zip(tracks.track_id, tracks.t_s, strict=True))}
    row = np.array([at[k] for k in zip(beliefs.track_id, beliefs.t_s, strict=True)])
    happened = to_in[row] <= beliefs.horizon_s
    told = happened | (to_end[row] >= beliefs.horizon_s)
    reach = beliefs.dist_m <= beliefs.reach_mps * beliefs.horizon_s
    name = np.array([m.split("/")[0] for m in beliefs.model])

    def brier(model, horizon):
        ok = told & reach & (name == model) & (beliefs.horizon_s == horizon)
        assert ok.sum() > 300
        return np.mean((beliefs.p_enter[ok] - happened[ok]) ** 2)

    for h in (300.0, 600.0, 900.0):
        assert brier("turning", h) < 0.95 * brier("straight", h), h
    assert brier("turning", 600.0) <= 1.05 * brier("straight-gauss", 600.0)
    ok = told & reach & (name == "turning") & (beliefs.horizon_s == 600.0)
    assert 0.85 < happened[ok].sum() / beliefs.p_enter[ok].sum() < 1.15


def test_no_entry_is_forecast_from_frozen_or_jumping_reports(shared_data):
    tracks, _ = recording(shared_data("real_spoofed_flight.parquet"))
    flagged = complete(tracks).inconsistent
    # Frozen near Lviv from 09:24:25 to 09:58:10 UTC on 17 September 2024.
    frozen = (tracks.t_s > 1_726_565_110.0) & (tracks.t_s < 1_726_567_080.0)
    assert flagged[frozen].all()
    beliefs = forecast(
        tracks.take(slice(0, None, 1)), ["PL"], (900.0,), model="turning"
    )
    silent = beliefs.note == "inconsistent"
    assert silent[
        (beliefs.t_s > 1_726_565_110.0) & (beliefs.t_s < 1_726_567_080.0)
    ].all()
    assert (beliefs.p_enter[silent] <= 0.01).all()
