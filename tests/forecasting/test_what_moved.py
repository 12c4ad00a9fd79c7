"""What moved a belief: shares that add up, and words that name the right part."""

import dataclasses
import math

import numpy as np
import pytest

from forefield.errors import InputError
from forefield.forecasting.explain import what_moved
from forefield.forecasting.parameters import shipped
from forefield.tracking.tracks import CLASSES, Tracks

T0_S = 1_711_252_800.0
FEW = dataclasses.replace(shipped(), particles=400)


def two_rows(*, east=(-50.0, -50.0), north=(0.0, 0.0), cruise=(0.0, 0.0)) -> Tracks:
    """A drone east of Hrubieszow, two rows a minute apart."""
    lon = 24.4 + np.array([0.0, 60.0 * east[0] / (111_320.0 * math.cos(0.886))])
    p = np.zeros((2, len(CLASSES)))
    p[:, CLASSES.index("drone")] = 1.0 - np.array(cruise)
    p[:, CLASSES.index("cruise")] = cruise
    return Tracks.build(
        2, t_s=T0_S + np.array([0.0, 60.0]), track_id=np.full(2, 17),
        lat_deg=np.full(2, 50.8), lon_deg=lon, v_east_mps=np.array(east),
        v_north_mps=np.array(north), sigma_pos_m=np.full(2, 100.0),
        sigma_vel_mps=np.full(2, 2.0), p_exist=np.full(2, 1.0), p_class=p,
        t_seen_s=T0_S + np.array([0.0, 60.0]),
    )  # fmt: skip


def asked(tracks: Tracks, **more):
    return what_moved(
        tracks, "PL", 17, model="turning", horizon_s=600.0, parameters=FEW, **more
    )


def test_the_shares_add_up_to_the_change() -> None:
    m = asked(two_rows(east=(0.0, -50.0), north=(50.0, 0.0), cruise=(0.0, 0.3)))
    assert m.p_now != m.p_before
    assert sum(s.moved for s in m.shares) == pytest.approx(
        m.p_now - m.p_before, abs=1e-12
    )


def test_a_turn_towards_the_border_is_named_first() -> None:
    m = asked(two_rows(east=(0.0, -50.0), north=(50.0, 0.0)))
    assert m.p_now > m.p_before
    most = max(m.shares, key=lambda s: abs(s.moved))
    assert most.part == "course"
    assert "90 degrees to the left, now 270 degrees" in most.words
    assert "rose" in m.lines()[0]
    assert "course" in m.lines()[1]


def test_nothing_but_the_place_moves_a_steady_flight() -> None:
    m = asked(two_rows())
    by = {s.part: s.moved for s in m.shares}
    assert by["place"] > 0.0
    assert all(abs(v) < 0.02 for k, v in by.items() if k != "place")


def test_one_row_has_nothing_to_compare_with() -> None:
    with pytest.raises(InputError, match="1 rows outside PL"):
        asked(two_rows().take(np.array([0])))
    with pytest.raises(InputError, match="0 rows outside PL by then"):
        asked(two_rows(), at_s=T0_S - 1.0)
