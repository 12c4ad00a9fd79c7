"""Frames against pymap3d and pyproj."""

import numpy as np
import pymap3d
import pytest
from pyproj import Transformer

from forefield.kernels import frames

one_micrometre = 1e-6
DRAW = np.random.default_rng(1)
LAT, LON = DRAW.uniform(-89, 89, 300), DRAW.uniform(-180, 180, 300)
ALT = DRAW.uniform(-1_000, 30_000, 300)


def test_earth_centred_positions_are_those_of_proj():
    to_ecef = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.stack(to_ecef.transform(LON, LAT, ALT), axis=-1)
    assert np.abs(frames.ecef_from_geodetic(LAT, LON, ALT) - expected).max() < 1e-8


def test_earth_centred_positions_are_those_of_pymap3d():
    expected = np.stack(pymap3d.geodetic2ecef(LAT, LON, ALT), axis=-1)
    assert np.abs(frames.ecef_from_geodetic(LAT, LON, ALT) - expected).max() < 1e-8


def test_there_and_back_is_the_same_place_from_the_sea_to_space():
    for alt in (-10_000.0, 0.0, 12_000.0, 1e6, 1e7):
        lat, lon, back = frames.geodetic_from_ecef(
            frames.ecef_from_geodetic(LAT, LON, alt)
        )
        assert np.abs(lat - LAT).max() * 111e3 < one_micrometre
        assert np.abs(lon - LON).max() * 111e3 < one_micrometre
        assert np.abs(back - alt).max() < 2 * one_micrometre


def test_the_local_axes_are_those_of_pymap3d():
    lat0, lon0 = 51.1, 23.5
    point = frames.ecef_from_geodetic(51.9, 24.6, 3_000.0)
    origin = frames.ecef_from_geodetic(lat0, lon0, 0.0)
    axes = np.array(frames.enu_basis_1(lat0, lon0)).reshape(3, 3)
    expected = pymap3d.geodetic2enu(51.9, 24.6, 3_000.0, lat0, lon0, 0.0)
    assert axes @ (point - origin) == pytest.approx(expected, abs=1e-7)


def test_radii_of_curvature_are_those_of_the_ellipsoid():
    for lat in (0.0, 45.0, 52.0, 89.0):
        m, n = frames.radii_1(lat)
        assert m == pytest.approx(pymap3d.rcurve.meridian(lat), rel=1e-12)
        assert n == pytest.approx(pymap3d.rcurve.transverse(lat), rel=1e-12)


def test_the_published_worked_example_of_method_9809_comes_out():
    # IOGP Guidance Note 7-2, example of Amersfoort / RD New, on Bessel 1841: our
    # ellipsoid is WGS-84, so the example is checked through PROJ with that one.
    from pyproj import Proj

    bessel = Proj(
        "+proj=sterea +lat_0=52.156160556 +lon_0=5.387638889 +k=0.9999079 "
        "+x_0=155000 +y_0=463000 +ellps=bessel"
    )
    assert bessel(6.0, 53.0) == pytest.approx((196105.283, 557057.739), abs=2e-3)
    ours = frames.plane_constants(52.156160556, 5.387638889)
    proj = Proj("+proj=sterea +lat_0=52.156160556 +lon_0=5.387638889 +ellps=WGS84")
    x, y, _ = frames.plane_from_geodetic(53.0, 6.0, ours)
    assert (x, y) == pytest.approx(proj(6.0, 53.0), abs=1e-6)


def test_arguments_broadcast_whatever_their_shape():
    k = frames.plane_constants(52.0, 19.0)
    x, y, scale = frames.plane_from_geodetic(np.zeros((2, 1)) + 52.0, [19.0, 20.0], k)
    assert x.shape == y.shape == scale.shape == (2, 2)
    assert frames.ecef_from_geodetic(52.0, [1.0, 2.0], 0.0).shape == (2, 3)
