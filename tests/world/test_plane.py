"""The plane against PROJ's oblique stereographic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj

from forefield.world.plane import Plane

one_millimetre = 1e-3


@pytest.mark.parametrize(("lat0", "lon0"), [(52.0, 19.0), (48.3, 31.2), (65.0, 25.0)])
def test_the_plane_is_projs_sterea(lat0, lon0):
    plane = Plane.at(lat0, lon0)
    proj = Proj(proj="sterea", lat_0=lat0, lon_0=lon0, k=1, ellps="WGS84")
    draw = np.random.default_rng(1)
    lat, lon = lat0 + draw.uniform(-8, 8, 500), lon0 + draw.uniform(-12, 12, 500)
    x, y = plane.forward(lat, lon)
    expected_x, expected_y = proj(lon, lat)
    assert np.abs(x - expected_x).max() < one_millimetre
    assert np.abs(y - expected_y).max() < one_millimetre
    factors = proj.get_factors(lon, lat)
    assert np.abs(plane.scale(lat, lon) - factors.meridional_scale).max() < 1e-7


@given(st.floats(-600_000, 600_000), st.floats(-600_000, 600_000))
def test_there_and_back_is_the_same_point(x_m, y_m):
    plane = Plane.at(50.0, 24.0)
    x, y = plane.forward(*plane.inverse(x_m, y_m))
    assert abs(x - x_m) < one_millimetre
    assert abs(y - y_m) < one_millimetre


def test_the_plane_stretches_by_what_its_page_says():
    plane = Plane.at(52.0, 19.0)
    assert plane.scale(52.0, 19.0) == pytest.approx(1.0, abs=1e-12)
    away = plane.scale(*plane.inverse(640_000.0, 0.0))
    assert away == pytest.approx(1.0025, abs=1e-4)
