"""Looks: what one sensor measures of many moving objects, scan by scan.

One compiled loop over (object, scan). Every draw is a Philox counter of (object,
sensor, scan, lane), so it belongs to that look and to nothing else.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.frames import (
    WGS84_A,
    WGS84_E2,
    ecef_from_geodetic_1,
    enu_basis_1,
)
from forefield.kernels.philox import normal_1, uniform_1

__all__ = ["LANES", "OUT", "elevation_4_3_1", "look", "route_at_1"]

#: Columns of `out` in `look`.
OUT = (
    "t_s",
    "range_m",
    "azimuth_deg",
    "elevation_deg",
    "height_m",
    "range_rate_mps",
    "lat_deg",
    "lon_deg",
    "speed_mps",
    "track_deg",
    "latency",
)
#: What each lane of the keyed draws is for (two numbers a lane).
LANES = {
    "detect, when": 0,
    "range, azimuth": 1,
    "elevation, height": 2,
    "range rate, spare": 3,
    "scatter east, north": 4,
    "latency, spare": 5,
}

_K = 4.0 / 3.0
_R = 6371000.0


@njit(cache=True)
def elevation_4_3_1(ground_m, ha, ht):
    """Apparent elevation [deg] and whether the bulge of the 4/3 earth is cleared."""
    radius = _K * _R
    theta = ground_m / radius
    ca = radius / (radius + max(ha, 0.0))
    ct = radius / (radius + max(ht, 0.0))
    clear = ha >= 0.0 and ht >= 0.0 and theta <= math.acos(ca) + math.acos(ct)
    ratio = (radius + ha) / (radius + ht)
    el = math.degrees(math.atan2(math.cos(theta) - ratio, math.sin(max(theta, 1e-12))))
    return el, clear


@njit(cache=True)
def route_at_1(t, rt, rlat, rlon, ralt):
    """Place on a closed list of way-points (times from 0, repeated for ever)."""
    n = len(rt)
    if n == 1 or rt[n - 1] <= rt[0]:
        return rlat[0], rlon[0], ralt[0]
    span = rt[n - 1] - rt[0]
    u = rt[0] + (t - rt[0]) % span
    i = 0
    while i < n - 2 and rt[i + 1] <= u:
        i += 1
    w = (u - rt[i]) / (rt[i + 1] - rt[i]) if rt[i + 1] > rt[i] else 0.0
    return (
        rlat[i] + w * (rlat[i + 1] - rlat[i]),
        rlon[i] + w * (rlon[i + 1] - rlon[i]),
        ralt[i] + w * (ralt[i + 1] - ralt[i]),
    )


@njit(cache=True)
def _frame(slat, slon, salt):
    # Sensor's place in earth axes, and its east, north and up.
    return (*ecef_from_geodetic_1(slat, slon, salt), *enu_basis_1(slat, slon))


@njit(cache=True)
def _measure(lat, lon, alt, f):
    # Slant range, azimuth [deg], elevation [deg], horizontal and up components.
    px, py, pz = ecef_from_geodetic_1(lat, lon, alt)
    dx, dy, dz = px - f[0], py - f[1], pz - f[2]
    e = f[3] * dx + f[4] * dy + f[5] * dz
    n = f[6] * dx + f[7] * dy + f[8] * dz
    u = f[9] * dx + f[10] * dy + f[11] * dz
    flat = math.hypot(e, n)
    az = math.degrees(math.atan2(e, n)) % 360.0
    return math.hypot(flat, u), az, math.degrees(math.atan2(u, flat)), flat, u


@njit(cache=True)
def look(
    key,
    sensor_hash,
    kind,
    scan0,
    n_scans,
    phase,
    period,
    blind,
    rt,
    rlat,
    rlon,
    ralt,
    ground,
    max_range,
    min_el,
    mask_az,
    mask_el,
    rule_h,
    rule_r,
    rule_pd,
    sigmas,
    biases,
    first,
    obj_hash,
    obj_fits,
    obj_pd,
    obj_scatter,
    obj_rr,
    obj_over,
    t,
    lat,
    lon,
    alt,
    row_pd,
    out,
    out_obj,
    out_scan,
):
    """Fill `out` with the detections of one sensor; returns how many.

    kind         0 rotating beam, 1 stares (a random moment of each period),
                 2 stares and reports positions (acoustic), 3 replies (ADS-B)
    scan0        number of the first scan; scan k lasts from phase + k period
    blind        (n_scans,) scans in an outage
    rt … ralt    (W,) way-points of the sensor; one for a sensor that stands
    ground       height [m] of the ground that makes the horizon
    mask_*       (M,) least elevation [deg] by azimuth [deg], from 0 to 360
    rule_*       (R,) greatest height above ground [m], greatest range [m], Pd
    sigmas       range [m], azimuth, elevation [deg], height [m], range rate [m/s]
    biases       range [m], azimuth [deg]
    first        (O + 1,) rows of each object in t, lat, lon, alt
    obj_fits     (O, R) which rules are for its class
    row_pd       Pd of each row's own, where obj_pd is a number
    obj_pd       (O,) the greatest of them; 0: not for this sensor, NaN: its rules
    obj_scatter  (O,) extra spread of its echo [m]; obj_rr own radial spread [m/s]
    obj_over     (O,) seen beyond the horizon (anomalous propagation)
    """
    n_out = 0
    n_rules = len(rule_pd)
    moves = len(rt) > 1
    slat, slon, salt = rlat[0], rlon[0], ralt[0]
    frame = _frame(slat, slon, salt)
    for o in range(len(first) - 1):
        lo, hi = first[o], first[o + 1]
        if hi - lo < 2:
            continue
        top_pd = 0.0
        if obj_pd[o] == obj_pd[o]:
            top_pd = obj_pd[o]
        else:
            for r in range(n_rules):
                if obj_fits[o, r] and rule_pd[r] > top_pd:
                    top_pd = rule_pd[r]
        if top_pd <= 0.0:
            continue
        k_first = max(0, math.floor((t[lo] - phase) / period) - scan0)
        k_last = min(n_scans - 1, math.floor((t[hi - 1] - phase) / period) - scan0)
        i = lo
        for j in range(k_first, k_last + 1):
            if blind[j]:
                continue
            scan = (scan0 + j) & 0xFFFFFFFF
            u_detect, u_when = uniform_1(key, obj_hash[o], sensor_hash, scan, 0)
            if u_detect >= top_pd:
                continue
            start = phase + (scan0 + j) * period
            tt = start + (0.5 if kind == 0 else u_when) * period
            rng = az = el = flat = up = 0.0
            la = lo_ = al = 0.0
            seen = True
            for step in range(8):
                # A turning beam passes the target when the azimuths agree. It takes
                # two or three rounds; none agree for a target that crosses north
                # clockwise just behind the beam, and the scan misses it.
                tc = min(max(tt, t[lo]), t[hi - 1])
                while i < hi - 2 and t[i + 1] <= tc:
                    i += 1
                while i > lo and t[i] > tc:
                    i -= 1
                dt = t[i + 1] - t[i]
                w = (tc - t[i]) / dt if dt > 0.0 else 0.0
                la = lat[i] + w * (lat[i + 1] - lat[i])
                lo_ = lon[i] + w * (lon[i + 1] - lon[i])
                al = alt[i] + w * (alt[i + 1] - alt[i])
                if moves:
                    slat, slon, salt = route_at_1(tt, rt, rlat, rlon, ralt)
                    frame = _frame(slat, slon, salt)
                if step == 0 and abs(la - slat) * 111000.0 > max_range * 1.1 + 2e4:
                    seen = False
                    break
                rng, az, el, flat, up = _measure(la, lo_, al, frame)
                if step == 0 and rng > max_range * 1.1 + 2e4:
                    seen = False
                    break
                if kind != 0:
                    break
                turned = start + az / 360.0 * period
                if abs(turned - tt) < 1e-4:
                    break
                seen = step < 7
                tt = turned
            if not seen or tt < t[lo] or tt > t[hi - 1] or rng > max_range:
                continue
            ht = al - ground
            if kind != 2 and not obj_over[o]:
                distance = math.atan2(flat, _R + salt + up) * _R
                el43, clear = elevation_4_3_1(distance, salt - ground, ht)
                if not clear or el43 < min_el:
                    continue
                if len(mask_az) > 1 and el43 < np.interp(az, mask_az, mask_el):
                    continue
            pd = 0.0
            if obj_pd[o] == obj_pd[o]:
                pd = row_pd[i]
            else:
                for r in range(n_rules):
                    if obj_fits[o, r] and ht <= rule_h[r] and rng <= rule_r[r]:
                        pd = rule_pd[r]
                        break
            if u_detect >= pd:
                continue
            g_rng, g_az = normal_1(key, obj_hash[o], sensor_hash, scan, 1)
            g_el, g_h = normal_1(key, obj_hash[o], sensor_hash, scan, 2)
            g_rr, g_rr2 = normal_1(key, obj_hash[o], sensor_hash, scan, 3)
            u_late, _ = uniform_1(key, obj_hash[o], sensor_hash, scan, 5)
            if obj_scatter[o] > 0.0:
                g_e, g_n = normal_1(key, obj_hash[o], sensor_hash, scan, 4)
                la += g_n * obj_scatter[o] / 111132.0
                lo_ += g_e * obj_scatter[o] / (111320.0 * math.cos(math.radians(la)))
                rng, az, el, flat, up = _measure(la, lo_, al, frame)
            # Velocity over the segment, for range rate and reported speed.
            s = math.sin(math.radians(la))
            w2 = 1.0 - WGS84_E2 * s * s
            rn = WGS84_A / math.sqrt(w2)
            rm = WGS84_A * (1.0 - WGS84_E2) / (w2 * math.sqrt(w2))
            dt = t[i + 1] - t[i]
            vn = ve = 0.0
            if dt > 0.0:
                vn = math.radians(lat[i + 1] - lat[i]) / dt * (rm + al)
                ve = (
                    math.radians(lon[i + 1] - lon[i])
                    / dt
                    * (rn + al)
                    * math.cos(math.radians(la))
                )
            for c in range(out.shape[1]):
                out[n_out, c] = np.nan
            out[n_out, 0] = tt
            out[n_out, 10] = u_late
            if kind >= 2:
                s_e, s_n = g_rng * sigmas[0], g_az * sigmas[0]
                out[n_out, 6] = la + s_n / 111132.0
                out[n_out, 7] = lo_ + s_e / (111320.0 * math.cos(math.radians(la)))
                if sigmas[3] > 0.0:
                    out[n_out, 4] = al + g_h * sigmas[3]
                if kind == 3:
                    ve += g_el * sigmas[4]
                    vn += g_rr * sigmas[4]
                    out[n_out, 8] = math.hypot(ve, vn)
                    out[n_out, 9] = math.degrees(math.atan2(ve, vn)) % 360.0
            else:
                out[n_out, 1] = rng + biases[0] + g_rng * sigmas[0]
                out[n_out, 2] = (az + biases[1] + g_az * sigmas[1]) % 360.0
                if sigmas[2] > 0.0:
                    out[n_out, 3] = el + g_el * sigmas[2]
                if sigmas[3] > 0.0:
                    out[n_out, 4] = al + g_h * sigmas[3]
                if sigmas[4] > 0.0:
                    # The segment's velocity along the line of sight, in earth axes:
                    # over 400 km the two horizons differ by degrees. The platform's
                    # own motion is taken as compensated.
                    qx, qy, qz = ecef_from_geodetic_1(la, lo_, al)
                    sx, sy, sz = frame[0], frame[1], frame[2]
                    ax, ay, az0 = ecef_from_geodetic_1(lat[i], lon[i], alt[i])
                    bx, by, bz = ecef_from_geodetic_1(
                        lat[i + 1], lon[i + 1], alt[i + 1]
                    )
                    rate = 0.0
                    if dt > 0.0 and rng > 0.0:
                        rate = (
                            (bx - ax) * (qx - sx)
                            + (by - ay) * (qy - sy)
                            + (bz - az0) * (qz - sz)
                        ) / (dt * rng)
                    out[n_out, 5] = rate + g_rr * sigmas[4] + g_rr2 * obj_rr[o]
            out_obj[n_out] = o
            out_scan[n_out] = scan0 + j
            n_out += 1
    return n_out
