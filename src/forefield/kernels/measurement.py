"""What a sensor measures, placed in the picture's plane with its full covariance.

A radar measures slant range, azimuth and sometimes elevation or height, in its own
polar frame. The place is computed exactly on the ellipsoid (east-north-up, then
earth-centred, then geodetic, then plane). The covariance is propagated in the local
frame at the target, whose horizontal plane is tilted against the sensor's by the
earth angle between them; at 300 km that is 2.7°, too much to leave out.

A 2D radar does not know the height, on which the ground range depends. Such a plot
stays a measurement of the combination it really measures: `kernels.track_steps` uses
the track's own height (and its uncertainty) through `ground_range_1`. Elevations are
taken as corrected for refraction.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from forefield.kernels.frames import (
    ecef_from_geodetic_1,
    enu_basis_1,
    geodetic_from_ecef_1,
    plane_from_geodetic_1,
    radii_1,
)

__all__ = [
    "ELEVATION",
    "FLAT",
    "HEIGHT",
    "REPORTED",
    "elevation_for_height_1",
    "geodetic_from_polar_1",
    "ground_range_1",
    "to_plane",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: What a row holds: a reported position, or range and azimuth with elevation,
#: with height, or with neither.
REPORTED, ELEVATION, HEIGHT, FLAT = 0, 1, 2, 3

_LEAST_COS = 0.2  # steeper than 78° a ground range is no longer a measurement


@njit(cache=True)
def geodetic_from_polar_1(lat_s, lon_s, alt_s, range_m, az_rad, el_rad):
    """Latitude, longitude [deg], height [m] of a polar measurement of a sensor."""
    ground = range_m * math.cos(el_rad)
    e, n = ground * math.sin(az_rad), ground * math.cos(az_rad)
    u = range_m * math.sin(el_rad)
    b = enu_basis_1(lat_s, lon_s)
    x0, y0, z0 = ecef_from_geodetic_1(lat_s, lon_s, alt_s)
    return geodetic_from_ecef_1(
        x0 + e * b[0] + n * b[3] + u * b[6],
        y0 + e * b[1] + n * b[4] + u * b[7],
        z0 + e * b[2] + n * b[5] + u * b[8],
    )


@njit(cache=True)
def elevation_for_height_1(lat_s, lon_s, alt_s, range_m, az_rad, height_m):
    """Elevation [rad] at which a slant range ends at a height.

    Law of cosines on the Gaussian sphere, then two Newton steps on the ellipsoid:
    the height is met within a millimetre. A height that the range cannot reach
    gives straight up or straight down.
    """
    rho, nu = radii_1(lat_s)
    a = math.sqrt(rho * nu) + alt_s
    up = height_m - alt_s
    s = (2.0 * a * up + up * up - range_m * range_m) / (2.0 * max(range_m, 1.0) * a)
    if s >= 1.0:
        return 0.5 * math.pi
    if s <= -1.0:
        return -0.5 * math.pi
    el = math.asin(s)
    for _ in range(2):
        _, _, h = geodetic_from_polar_1(lat_s, lon_s, alt_s, range_m, az_rad, el)
        slope = range_m * max(math.cos(el), 0.05)
        el = min(0.5 * math.pi, max(-0.5 * math.pi, el + (height_m - h) / slope))
    return el


@njit(cache=True)
def ground_range_1(radius, alt_s, range_m, height_m):
    """Arc on the sphere [m] below a slant range that ends at a height.

    Returns the arc and its derivative by the height (minus the tangent of the local
    elevation), which is bounded where the target stands overhead.
    """
    a, b = radius + alt_s, radius + height_m
    c = (a * a + b * b - range_m * range_m) / (2.0 * a * b)
    if c >= 1.0:
        return 0.0, -math.copysign(5.0, height_m - alt_s)
    theta = math.acos(max(-1.0, c))
    slope = (a * math.cos(theta) - b) / (a * b * math.sin(theta)) * radius
    return radius * theta, min(5.0, max(-5.0, slope))


@njit(cache=True)
def to_plane(
    kind, place, range_m, az_deg, el_deg, height_m, lat, lon, sigma, h0, k, out
):
    """Place N measurements in the plane.

    kind    (N,) REPORTED, ELEVATION, HEIGHT or FLAT
    place   (N, 3) latitude, longitude [deg], height [m] of the sensor at the time
    sigma   (N, 4) range [m] (or reported position [m]), azimuth [deg],
            elevation [deg], height [m]
    h0      height assumed for a FLAT row [m]
    k       constants of the plane
    out     (N, 16), filled with: x, y, z; Rxx, Rxy, Ryy, Rxz, Ryz, Rzz; number of
            components (2 or 3); plane metres per ground metre away from the sensor
            (ux, uy); slant range (NaN unless FLAT); ground range at h0; sensor
            height; earth radius. z and its R are NaN where there is no height.
    """
    for i in range(len(kind)):
        o = out[i]
        o[:] = np.nan
        if kind[i] == REPORTED:
            x, y, scale = plane_from_geodetic_1(lat[i], lon[i], k)
            v = (sigma[i, 0] * scale) ** 2
            o[0], o[1] = x, y
            o[3], o[4], o[5] = v, 0.0, v
            o[9] = 2.0
            o[10] = o[11] = 0.0
            if not math.isnan(height_m[i]):
                o[2], o[6], o[7] = height_m[i], 0.0, 0.0
                o[8] = sigma[i, 3] ** 2
                o[9] = 3.0
            continue
        lat_s, lon_s, alt_s = place[i, 0], place[i, 1], place[i, 2]
        az, r = math.radians(az_deg[i]), range_m[i]
        if kind[i] == ELEVATION:
            el = math.radians(el_deg[i])
        elif kind[i] == HEIGHT:
            el = elevation_for_height_1(lat_s, lon_s, alt_s, r, az, height_m[i])
        else:
            el = elevation_for_height_1(lat_s, lon_s, alt_s, r, az, h0)
        la, lo, h = geodetic_from_polar_1(lat_s, lon_s, alt_s, r, az, el)
        x, y, scale = plane_from_geodetic_1(la, lo, k)
        xs, ys, _ = plane_from_geodetic_1(lat_s, lon_s, k)

        # Direction away from the sensor, in the plane, at the target.
        la2, lo2, _ = geodetic_from_polar_1(
            lat_s, lon_s, alt_s, r * 1.001 + 10.0, az, el
        )
        x2, y2, _ = plane_from_geodetic_1(la2, lo2, k)
        step = math.hypot(x2 - x, y2 - y)
        if step > 1e-6:
            cx, cy = (x2 - x) / step, (y2 - y) / step
        else:
            cx, cy = math.sin(az), math.cos(az)

        rho, nu = radii_1(lat_s)
        radius = math.sqrt(rho * nu)
        # Earth angle between the two verticals, so the elevation seen at the target.
        ground = r * math.cos(el)
        beta = el + math.atan2(ground, radius + alt_s + r * math.sin(el))
        cb, sb = math.cos(beta), math.sin(beta)
        s_r, s_a = sigma[i, 0], math.radians(sigma[i, 1])
        across = (ground * s_a) ** 2
        # An azimuth error moves the place along an arc: the mean of the measured
        # places lies short of the target by exp(-s²/2) (Longbin et al. 1998).
        curl = 0.5 * (ground * s_a * s_a) ** 2
        short = math.exp(-0.5 * s_a * s_a)
        x, y = xs + (x - xs) / short, ys + (y - ys) / short
        if kind[i] == ELEVATION:
            s_e = r * math.radians(sigma[i, 2])
            along = (cb * s_r) ** 2 + (sb * s_e) ** 2
            vert = (sb * s_r) ** 2 + (cb * s_e) ** 2
            mixed = sb * cb * (s_r * s_r - s_e * s_e)
        else:
            cb = max(cb, _LEAST_COS)
            tan = sb / cb
            along = (s_r / cb) ** 2
            vert, mixed = 0.0, 0.0
            if kind[i] == HEIGHT:
                s_h = sigma[i, 3]
                along += (tan * s_h) ** 2
                vert, mixed = s_h * s_h, -tan * s_h * s_h
        along += curl
        s2 = scale * scale
        o[0], o[1] = x, y
        o[3] = s2 * (cx * cx * along + cy * cy * across)
        o[4] = s2 * cx * cy * (along - across)
        o[5] = s2 * (cy * cy * along + cx * cx * across)
        o[10], o[11] = cx * scale, cy * scale
        if kind[i] == FLAT:
            o[9] = 2.0
            o[12] = r
            o[13], _ = ground_range_1(radius, alt_s, r, h0)
            o[14], o[15] = alt_s, radius
        else:
            o[2] = h
            o[6], o[7], o[8] = scale * cx * mixed, scale * cy * mixed, vert
            o[9] = 3.0
