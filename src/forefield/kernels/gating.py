"""Gates: which plot could come from which track, and whether it would be seen."""

from __future__ import annotations

import math

from numba import njit

__all__ = ["coarse_radius_1", "p_detect_1", "p_visible_1"]

_EARTH_43 = 4.0 / 3.0 * 6371000.0  # standard refraction (ITU-R P.834, 4/3 earth)


@njit(cache=True)
def coarse_radius_1(x, P, dt, turn, q, gate):
    """Radius [m] round the straight-line prediction that no gated plot leaves.

    A bound, not an estimate: spread of the position grown by dt, plus what a turn of
    `turn` [rad/s] can shift. The plot's own spread is added by the caller.
    """
    d = abs(dt)
    var = 2.0 * (P[0, 0] + P[1, 1] + d * d * (P[3, 3] + P[4, 4])) + q * d * d * d
    speed = math.hypot(x[3], x[4])
    return gate * math.sqrt(var) + 0.5 * speed * turn * d * d


@njit(cache=True)
def p_visible_1(ground_m, z, sigma_z, antenna_m, base_m, min_elevation_deg):
    """Chance that a target of uncertain height is in a radar's view.

    ground_m           distance over ground [m]
    z, sigma_z         ellipsoidal height and its spread [m]
    antenna_m, base_m  ellipsoidal heights of the antenna and of the ground below
    min_elevation_deg  the radar's limit, or its mask in that direction

    4/3 earth, on which the least visible height is that of the tangent, and that of
    the least elevation if higher.
    """
    up = max(antenna_m - base_m, 0.0)
    beyond = ground_m - math.sqrt(2.0 * _EARTH_43 * up)
    tangent = beyond * beyond / (2.0 * _EARTH_43) if beyond > 0.0 else 0.0
    beam = (
        up
        + ground_m * math.tan(math.radians(min_elevation_deg))
        + ground_m * ground_m / (2.0 * _EARTH_43)
    )
    least = base_m + max(tangent, beam)
    s = max(sigma_z, 30.0)
    return 0.5 * math.erfc((least - z) / (s * math.sqrt(2.0)))


@njit(cache=True)
def p_detect_1(slant_m, z, p_class, rules, fits):
    """Detection probability of a target in view, its class uncertain.

    rules  (K, 3) max height [m], max range [m], probability
    fits   (K, C) whether a rule is meant for the class
    For each class the first rule that fits holds; none gives 0.
    """
    total = 0.0
    for c in range(len(p_class)):
        for k in range(len(rules)):
            if fits[k, c] and z <= rules[k, 0] and slant_m <= rules[k, 1]:
                total += p_class[c] * rules[k, 2]
                break
    return total
