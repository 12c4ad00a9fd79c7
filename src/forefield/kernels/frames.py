"""Frames: WGS-84 geodetic, earth-centred, local east-north-up, and the plane.

Scalar kernels (`*_1`) run inside other compiled kernels; the array functions
beside them broadcast over NumPy arrays. Angles are in degrees at the geodetic
side because that is what the tables hold; everything else is metres.

The picture's plane is the oblique stereographic projection of EPSG method 9809
("Oblique Stereographic", IOGP Guidance Note 7-2, §3.3.1): conformal, like the
system plane of ARTAS. Within 600 km of the centre its scale is off by < 0.25 %.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "WGS84_A",
    "WGS84_E2",
    "ecef_from_geodetic",
    "ecef_from_geodetic_1",
    "enu_basis_1",
    "flat",
    "geodetic_from_ecef",
    "geodetic_from_ecef_1",
    "plane_constants",
    "plane_from_geodetic",
    "plane_from_geodetic_1",
    "plane_to_geodetic",
    "plane_to_geodetic_1",
    "radii_1",
]

WGS84_A = 6378137.0
WGS84_F = 1.0 / 298.257223563
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
_E = math.sqrt(WGS84_E2)
_B = WGS84_A * (1.0 - WGS84_F)

Floats = NDArray[np.float64]


@njit(cache=True)
def radii_1(lat_deg):
    """Radii of curvature (meridian, prime vertical) [m] at a latitude."""
    s = math.sin(math.radians(lat_deg))
    w2 = 1.0 - WGS84_E2 * s * s
    w = math.sqrt(w2)
    return WGS84_A * (1.0 - WGS84_E2) / (w2 * w), WGS84_A / w


@njit(cache=True)
def ecef_from_geodetic_1(lat_deg, lon_deg, alt_m):
    """Earth-centred, earth-fixed x, y, z [m]."""
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    s, c = math.sin(phi), math.cos(phi)
    n = WGS84_A / math.sqrt(1.0 - WGS84_E2 * s * s)
    return (
        (n + alt_m) * c * math.cos(lam),
        (n + alt_m) * c * math.sin(lam),
        (n * (1.0 - WGS84_E2) + alt_m) * s,
    )


@njit(cache=True)
def geodetic_from_ecef_1(x, y, z):
    """Latitude, longitude [deg], ellipsoidal height [m].

    Bowring's formula (1976) with two refinements: below a micrometre for
    heights from -10 km to 10 000 km.
    """
    p = math.hypot(x, y)
    lon = math.atan2(y, x)
    ep2 = WGS84_E2 / (1.0 - WGS84_E2)
    u = math.atan2(z * WGS84_A, p * _B)
    phi = 0.0
    for _ in range(3):
        su, cu = math.sin(u), math.cos(u)
        phi = math.atan2(z + ep2 * _B * su**3, p - WGS84_E2 * WGS84_A * cu**3)
        u = math.atan2((1.0 - WGS84_F) * math.sin(phi), math.cos(phi))
    s, c = math.sin(phi), math.cos(phi)
    n = WGS84_A / math.sqrt(1.0 - WGS84_E2 * s * s)
    alt = p * c + z * s - WGS84_A * WGS84_A / n
    return math.degrees(phi), math.degrees(lon), alt


@njit(cache=True)
def enu_basis_1(lat_deg, lon_deg):
    """Rows east, north, up in earth-centred axes, as nine numbers."""
    phi, lam = math.radians(lat_deg), math.radians(lon_deg)
    sp, cp, sl, cl = math.sin(phi), math.cos(phi), math.sin(lam), math.cos(lam)
    return (-sl, cl, 0.0, -sp * cl, -sp * sl, cp, cp * cl, cp * sl, sp)


@njit(cache=True)
def _conformal(lat_deg, n, c):
    # Sine of the latitude on the conformal sphere (GN 7-2, §3.3.1).
    s = math.sin(math.radians(lat_deg))
    sa = (1.0 + s) / (1.0 - s)
    sb = (1.0 - _E * s) / (1.0 + _E * s)
    w = c * (sa * sb**_E) ** n
    return (w - 1.0) / (w + 1.0)


def plane_constants(lat0_deg: float, lon0_deg: float) -> Floats:
    """Constants of the plane centred at a point: (6,) for the kernels below."""
    phi0 = math.radians(lat0_deg)
    s0 = math.sin(phi0)
    rho, nu = radii_1(lat0_deg)
    r = math.sqrt(rho * nu)
    n = math.sqrt(1.0 + WGS84_E2 * math.cos(phi0) ** 4 / (1.0 - WGS84_E2))
    s1 = (1.0 + s0) / (1.0 - s0)
    s2 = (1.0 - _E * s0) / (1.0 + _E * s0)
    w1 = (s1 * s2**_E) ** n
    sin_chi0 = (w1 - 1.0) / (w1 + 1.0)
    c = (n + s0) * (1.0 - sin_chi0) / ((n - s0) * (1.0 + sin_chi0))
    w2 = c * w1
    chi0 = math.asin((w2 - 1.0) / (w2 + 1.0))
    return np.array([lat0_deg, lon0_deg, r, n, c, chi0])


@njit(cache=True)
def plane_from_geodetic_1(lat_deg, lon_deg, k):
    """East, north in the plane [m] and the local scale (plane / ground)."""
    r, n, c, chi0 = k[2], k[3], k[4], k[5]
    sin_chi = _conformal(lat_deg, n, c)
    cos_chi = math.sqrt(max(0.0, 1.0 - sin_chi * sin_chi))
    dlam = n * math.radians(lon_deg - k[1])
    s0, c0 = math.sin(chi0), math.cos(chi0)
    b = 1.0 + sin_chi * s0 + cos_chi * c0 * math.cos(dlam)
    x = 2.0 * r * cos_chi * math.sin(dlam) / b
    y = 2.0 * r * (sin_chi * c0 - cos_chi * s0 * math.cos(dlam)) / b
    phi = math.radians(lat_deg)
    s = math.sin(phi)
    nu = WGS84_A / math.sqrt(1.0 - WGS84_E2 * s * s)
    scale = 2.0 / b * r * n * cos_chi / (nu * math.cos(phi))
    return x, y, scale


@njit(cache=True)
def plane_to_geodetic_1(x, y, k):
    """Latitude, longitude [deg] of a point of the plane [m]."""
    r, n, c, chi0 = k[2], k[3], k[4], k[5]
    rho = math.hypot(x, y)
    s0, c0 = math.sin(chi0), math.cos(chi0)
    if rho == 0.0:
        return k[0], k[1]
    a = 2.0 * math.atan2(rho, 2.0 * r)
    sa, ca = math.sin(a), math.cos(a)
    sin_chi = ca * s0 + y * sa * c0 / rho
    dlam = math.atan2(x * sa, rho * c0 * ca - y * s0 * sa)
    lon = k[1] + math.degrees(dlam / n)
    sin_chi = min(1.0, max(-1.0, sin_chi))
    psi = 0.5 * math.log((1.0 + sin_chi) / (c * (1.0 - sin_chi))) / n
    phi = 2.0 * math.atan(math.exp(psi)) - math.pi / 2.0
    for _ in range(6):
        s = math.sin(phi)
        psi_i = math.log(math.tan(phi / 2.0 + math.pi / 4.0)) + 0.5 * _E * math.log(
            (1.0 - _E * s) / (1.0 + _E * s)
        )
        step = (
            (psi_i - psi) * math.cos(phi) * (1.0 - WGS84_E2 * s * s) / (1.0 - WGS84_E2)
        )
        phi -= step
        if abs(step) < 1e-14:
            break
    return math.degrees(phi), lon


@njit(cache=True)
def _plane_from(lat, lon, k, out):
    for i in range(len(lat)):
        out[i, 0], out[i, 1], out[i, 2] = plane_from_geodetic_1(lat[i], lon[i], k)


@njit(cache=True)
def _plane_to(x, y, k, out):
    for i in range(len(x)):
        out[i, 0], out[i, 1] = plane_to_geodetic_1(x[i], y[i], k)


@njit(cache=True)
def _ecef_from(lat, lon, alt, out):
    for i in range(len(lat)):
        out[i, 0], out[i, 1], out[i, 2] = ecef_from_geodetic_1(lat[i], lon[i], alt[i])


@njit(cache=True)
def _geodetic_from(p, out):
    for i in range(len(p)):
        out[i, 0], out[i, 1], out[i, 2] = geodetic_from_ecef_1(
            p[i, 0], p[i, 1], p[i, 2]
        )


def flat(*values: Any) -> tuple[tuple[int, ...], list[Floats]]:
    """Broadcast to one shape: that shape, and plain one-dimensional float64 arrays.

    Views that NumPy marks read-only are copied: Numba would compile every kernel a
    second time for them, or warn.
    """
    arrays = [np.asarray(v, dtype=np.float64) for v in values]
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    out = []
    for a in arrays:
        if a.shape != shape:
            a = np.broadcast_to(a, shape).copy()
        a = np.ascontiguousarray(a).reshape(-1)
        out.append(a if a.flags.writeable else a.copy())
    return shape, out


def plane_from_geodetic(lat_deg, lon_deg, k: Floats) -> tuple[Floats, Floats, Floats]:
    """East, north [m] and local scale; `k` from `plane_constants`. Broadcasts."""
    shape, (lat, lon) = flat(lat_deg, lon_deg)
    out = np.empty((len(lat), 3))
    _plane_from(lat, lon, k, out)
    x, y, scale = out.T
    return x.reshape(shape), y.reshape(shape), scale.reshape(shape)


def plane_to_geodetic(x_m, y_m, k: Floats) -> tuple[Floats, Floats]:
    """Latitude, longitude [deg] from east, north in the plane [m]. Broadcasts."""
    shape, (x, y) = flat(x_m, y_m)
    out = np.empty((len(x), 2))
    _plane_to(x, y, k, out)
    return out[:, 0].reshape(shape), out[:, 1].reshape(shape)


def ecef_from_geodetic(lat_deg, lon_deg, alt_m) -> Floats:
    """(..., 3) earth-centred metres. Broadcasts."""
    shape, (lat, lon, alt) = flat(lat_deg, lon_deg, alt_m)
    out = np.empty((len(lat), 3))
    _ecef_from(lat, lon, alt, out)
    return out.reshape((*shape, 3))


def geodetic_from_ecef(xyz_m) -> tuple[Floats, Floats, Floats]:
    """Latitude, longitude [deg], height [m] from (..., 3) earth-centred metres."""
    p = np.ascontiguousarray(xyz_m, dtype=np.float64)
    out = np.empty((p.size // 3, 3))
    _geodetic_from(p.reshape(-1, 3), out)
    lat, lon, alt = out.T
    shape = p.shape[:-1]
    return lat.reshape(shape), lon.reshape(shape), alt.reshape(shape)
