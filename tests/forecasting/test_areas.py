"""Threat areas: who lies on the way, outside and inside the border."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.forecasting.areas import _map, threat_areas
from forefield.forecasting.forecast import forecast
from forefield.forecasting.parameters import shipped
from forefield.tracking.tracks import Tracks
from forefield.world.borders import guard
from forefield.world.districts import districts

T0 = 1_757_460_000.0
FEW = dataclasses.replace(shipped(), particles=64)


@pytest.fixture(scope="module")
def pl():
    return guard("PL")


@pytest.fixture(scope="module")
def voivodeships():
    return districts("PL")


def drones(*places, t_s=T0, p_exist=1.0, **more):
    n = len(places)
    return Tracks.build(
        n, t_s=t_s, track_id=np.arange(1, n + 1),
        lat_deg=[p[0] for p in places], lon_deg=[p[1] for p in places],
        v_east_mps=[p[2] for p in places], v_north_mps=[p[3] for p in places],
        p_exist=p_exist, **more,
    )  # fmt: skip


def row(areas, track, district, horizon):
    at = np.flatnonzero(
        (areas.track_id == track)
        & (areas.district == district)
        & (areas.horizon_s == horizon)
    )
    return None if not at.size else at[0]


def test_a_drone_inside_threatens_where_it_is_and_where_it_flies(pl, voivodeships):
    # Over Lublin, westwards at 50 m/s: the next voivodeship is some 40 km ahead.
    a = threat_areas(drones((51.25, 22.57, -50.0, 0.0)), [pl], voivodeships)
    here = row(a, "1", "PL-06", 120.0)
    assert a.p_over[here] == pytest.approx(1.0)
    assert a.t_p50_s[here] == 0.0
    ahead = row(a, "1", "PL-14", 900.0)
    assert ahead is not None
    assert 200.0 < a.t_p05_s[ahead] <= a.t_p50_s[ahead] <= a.t_p95_s[ahead] <= 900.0
    assert (a.p_fall <= a.p_over + 1e-9).all()


def test_beliefs_and_areas_agree_on_entry(pl, voivodeships):
    # Whatever enters Poland is over one of its districts then.
    t = drones((51.2, 24.05, -50.0, 0.0))
    b = forecast(t, [pl], (600.0,), model="turning", parameters=FEW)
    a = threat_areas(t, [pl], voivodeships, (600.0,), parameters=FEW)
    k = row(a, "1", "PL-06", 600.0)
    assert a.p_over[k] == pytest.approx(b.p_enter[0], abs=0.08)
    assert a.t_p50_s[k] == pytest.approx(b.t_enter_p50_s[0], abs=45.0)


def test_all_tracks_together_are_one_minus_the_product(pl, voivodeships):
    t = drones(
        (51.2, 24.3, -50.0, 0.0), (51.3, 24.4, -50.0, 0.0), (50.5, 24.6, -50.0, 0.0)
    )
    a = threat_areas(t, [pl], voivodeships, (600.0,), floor=1e-9, parameters=FEW)
    for code in np.unique(a.district):
        mine = a.take((a.district == code) & (a.track_id != "*"))
        star = row(a, "*", code, 600.0)
        assert a.p_over[star] == pytest.approx(1.0 - np.prod(1.0 - mine.p_over))
        assert a.p_fall[star] == pytest.approx(1.0 - np.prod(1.0 - mine.p_fall))
        q = mine.t_p50_s[np.isfinite(mine.t_p50_s)]
        if q.size:
            assert mine.t_p05_s.min() <= a.t_p50_s[star] <= np.nanmax(mine.t_p95_s)


def test_rows_are_sorted_above_the_floor_and_free_of_company(pl, voivodeships):
    places = [(51.0 + 0.1 * k, 24.2 + 0.05 * k, -50.0, 5.0 * k) for k in range(8)]
    t = Tracks.concat([drones(*places), drones(*places, t_s=T0 + 10.0)])
    a = threat_areas(t, [pl], voivodeships, parameters=FEW)
    assert ((a.p_over >= 0.005) | (a.p_fall >= 0.005)).all()
    assert (np.diff(a.t_s) >= 0).all()
    alone = threat_areas(t.take([3]), [pl], voivodeships, parameters=FEW)
    mine = a.take((a.t_s == T0) & (a.track_id == "4"))
    other = alone.take(alone.track_id == "4")
    assert np.array_equal(mine.p_over, other.p_over)
    assert np.array_equal(mine.district, other.district)
    grows = a.p_over.reshape(-1) >= 0
    assert grows.all()


def test_existence_scales_and_inconsistency_silences(pl, voivodeships):
    t = drones((51.2, 24.0, -50.0, 0.0))
    sure = threat_areas(t, [pl], voivodeships, floor=1e-6, parameters=FEW)
    half = threat_areas(
        dataclasses.replace(t, p_exist=np.array([0.5])), [pl], voivodeships,
        floor=1e-6, parameters=FEW,
    )  # fmt: skip
    one = sure.track_id == "1"
    assert np.allclose(half.p_over[half.track_id == "1"], 0.5 * sure.p_over[one])
    bad = dataclasses.replace(t, inconsistent=np.array([True]))
    assert len(threat_areas(bad, [pl], voivodeships)) == 0


def test_the_map_of_districts_is_the_exact_one_but_for_slivers(pl, voivodeships):
    f, grid = pl.field(), _map(voivodeships, pl)
    rng = np.random.default_rng(0)
    iy = rng.integers(0, grid.shape[0], 20_000)
    ix = rng.integers(0, grid.shape[1], 20_000)
    exact = voivodeships.locate(
        *f.plane.inverse(f.x0_m + f.cell_m * ix, f.y0_m + f.cell_m * iy)
    )
    assert (grid[iy, ix] != exact).mean() < 1e-3


def test_bad_floors_and_endless_horizons_are_refused(pl, voivodeships):
    t = drones((51.2, 24.0, -50.0, 0.0))
    with pytest.raises(InputError, match="finite horizons"):
        threat_areas(t, [pl], voivodeships, (600.0, math.inf))
    with pytest.raises(InputError, match="floor"):
        threat_areas(t, [pl], voivodeships, floor=0.0)
