"""Gates: which plot could come from which track, and whether it would be seen."""

from __future__ import annotations

import math

from forefield.kernels.lean import lean

__all__ = ["coverage", "p_detect_1", "p_visible_1"]

_EARTH_43 = 4.0 / 3.0 * 6371000.0  # standard refraction (ITU-R P.834, 4/3 earth)


@lean
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


@lean
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


@lean
def coverage(
    grid, place, max_range, base, horizon, mask, rules, fits, heights, sigmas, shares,
    cap, out,
):  # fmt: skip
    """Chance that a look sees a flight in each cell of a grid, for groups of flights.

    grid             x0, y0, cell [m], columns, rows
    place            x, y of the sensor in the plane [m], its height [m]
    horizon          whether it needs line of sight; mask (360,) least elevation [deg]
    heights, sigmas  (G,) height of each group above the ground `base` [m], its spread
    shares           (G, C) classes of each group
    out              (G, columns x rows) filled; a cell half in range counts for half
    """
    nx, ny = int(grid[3]), int(grid[4])
    for c in range(nx * ny):
        x = grid[0] + (c % nx + 0.5) * grid[2] - place[0]
        y = grid[1] + (c // nx + 0.5) * grid[2] - place[1]
        ground = math.hypot(x, y)
        # Cells that the edge of the range cuts are seen in part.
        part = min(1.0, max(0.0, (max_range - ground) / grid[2] + 0.5))
        azimuth = int(math.degrees(math.atan2(x, y)) % 360.0) % 360
        for g in range(len(heights)):
            out[g, c] = 0.0
            if part <= 0.0:
                continue
            z = base + heights[g]
            slant = min(math.hypot(ground, z - place[2]), max_range)
            p = p_detect_1(slant, heights[g], shares[g], rules, fits)
            if horizon:
                p *= p_visible_1(ground, z, sigmas[g], place[2], base, mask[azimuth])
            out[g, c] = part * min(p, cap)
