"""Polar plots in the plane: pymap3d and pyproj as authorities, Monte Carlo for R."""

from __future__ import annotations

import numpy as np
import pymap3d
import pytest
from pyproj import CRS, Transformer

from forefield.kernels import measurement as m
from forefield.kernels.frames import plane_constants

LAT0, LON0 = 50.0, 24.0
K = plane_constants(LAT0, LON0)
TO_PLANE = Transformer.from_crs(
    CRS.from_epsg(4326),
    CRS.from_proj4(f"+proj=sterea +lat_0={LAT0} +lon_0={LON0} +ellps=WGS84"),
    always_xy=True,
)
one_centimetre = 0.01


def place(kind, r, az, el=np.nan, h=np.nan, sigma=(100.0, 0.1, 0.2, 100.0), h0=1500.0):
    n = len(r)
    out = np.empty((n, 16))
    full = np.broadcast_to
    m.to_plane(
        np.full(n, kind, dtype=np.int64), np.tile([50.6, 22.9, 310.0], (n, 1)),
        np.asarray(r, float), np.asarray(az, float),
        np.array(full(el, n), float), np.array(full(h, n), float),
        np.full(n, np.nan), np.full(n, np.nan), np.tile(sigma, (n, 1)), h0, K, out,
    )  # fmt: skip
    return out


def test_range_azimuth_and_elevation_are_placed_as_pymap3d_and_proj_place_them():
    g = np.random.default_rng(4)
    r, az = g.uniform(2e3, 4e5, 200), g.uniform(0, 360, 200)
    el = g.uniform(-1.0, 20.0, 200)
    out = place(m.ELEVATION, r, az, el, sigma=(1.0, 1e-6, 1e-6, 1.0))
    lat, lon, h = pymap3d.aer2geodetic(az, el, r, 50.6, 22.9, 310.0)
    x, y = TO_PLANE.transform(lon, lat)
    assert np.abs(out[:, 0] - x).max() < one_centimetre
    assert np.abs(out[:, 1] - y).max() < one_centimetre
    assert np.abs(out[:, 2] - h).max() < one_centimetre


def test_a_measured_height_is_met_on_the_ellipsoid():
    g = np.random.default_rng(5)
    r, az = g.uniform(2e4, 4e5, 200), g.uniform(0, 360, 200)
    h = g.uniform(100.0, 12_000.0, 200)
    out = place(m.HEIGHT, r, az, h=h)
    assert np.abs(out[:, 2] - h).max() < one_centimetre


@pytest.mark.parametrize("r", [20e3, 120e3, 300e3])
@pytest.mark.parametrize("kind", [m.ELEVATION, m.HEIGHT])
def test_the_covariance_is_that_of_many_noisy_measurements(r, kind):
    g = np.random.default_rng(6)
    n, sigma = 40_000, (120.0, 0.15, 0.25, 150.0)
    el, h, az = 3.0, 4000.0, 71.0
    noisy = place(
        kind, r + g.normal(0, sigma[0], n), az + g.normal(0, sigma[1], n),
        el + g.normal(0, sigma[2], n), h + g.normal(0, sigma[3], n), sigma,
    )  # fmt: skip
    exact = place(kind, [r], [az], el, h, sigma)[0]
    C = np.cov(noisy[:, :3].T)
    R = np.array(
        [
            [exact[3], exact[4], exact[6]],
            [exact[4], exact[5], exact[7]],
            [exact[6], exact[7], exact[8]],
        ]
    )
    whiten = np.linalg.inv(np.linalg.cholesky(R))
    assert np.allclose(whiten @ C @ whiten.T, np.eye(3), atol=0.05)
    bias = whiten @ (noisy[:, :3].mean(axis=0) - exact[:3])
    assert np.abs(bias).max() < 0.05


def test_azimuth_noise_does_not_pull_the_place_towards_the_radar():
    g = np.random.default_rng(7)
    n = 40_000
    noisy = place(
        m.HEIGHT, np.full(n, 2e5), 40.0 + g.normal(0, 2.0, n), h=3000.0,
        sigma=(50.0, 2.0, 0.1, 50.0),
    )  # fmt: skip
    lat, lon, _ = pymap3d.aer2geodetic(40.0, -0.1, 2e5, 50.6, 22.9, 310.0)
    x, y = TO_PLANE.transform(lon, lat)
    off = np.hypot(noisy[:, 0].mean() - x, noisy[:, 1].mean() - y)
    assert off < 120.0  # without the correction 122 m from the curl alone, and more


def test_ground_range_and_its_slope_agree_with_a_difference():
    for r, h in [(30e3, 9e3), (200e3, 500.0), (5e3, 3e3)]:
        arc, slope = m.ground_range_1(6.37e6, 200.0, r, h)
        up, _ = m.ground_range_1(6.37e6, 200.0, r, h + 1.0)
        assert np.isclose(up - arc, slope, rtol=1e-3)


def test_a_height_out_of_reach_points_straight_up():
    assert m.elevation_for_height_1(50.0, 24.0, 0.0, 1e3, 0.0, 9e3) == np.pi / 2
    assert m.ground_range_1(6.37e6, 0.0, 1e3, 9e3)[0] == 0.0
