"""Harm: expected casualties, by country, of stopping an object or letting it fly.

Expected casualties = sum over outcome x piece x place of chance x casualty area x
people x (1 - sheltering). The outcomes of an intercept: hit with the charge going
off in the air, hit and falling with a live charge, hit and inert, missed and flying on,
and the interceptor's own fall. Countries are never summed. An interval holds the doubt
about areas, sheltering, people below, the hit probability and what flies on; it is an
order of magnitude and is to be shown as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forefield.engagement.pieces import catalogue, falls, nodes
from forefield.engagement.wind import Wind
from forefield.kernels import casualties as kernel
from forefield.world.facts import table
from forefield.world.ground import Ground

__all__ = [
    "FlyOn",
    "Harm",
    "expected_casualties",
    "fly_on",
    "intercepts",
    "place_sigma_m",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Harm:
    """By row, country (the ground's `told`) and 5, 50, 95 %: three measures.

    ec        (N, C, 3) expected casualties
    one       (N, C, 3) chance of at least one
    risk      (N, C, 3) chance for the one person most exposed; an upper bound
    """

    ec: Floats
    one: Floats
    risk: Floats


@dataclass(frozen=True)
class FlyOn:
    """What N tracks do if nobody stops them: draws for `intercepts`, and their harm."""

    draws: Floats
    one_mid: Floats
    risk_mid: Floats
    harm: Harm


def expected_casualties(
    probability: Floats, area_m2: Floats, people: Floats, region_m2: Floats
) -> float:
    """Sum of chance x casualty area x people / area of their region.

    The formula of 14 CFR part 420, appendices C and D: of one event, over regions.

    >>> expected_casualties(np.array([0.1]), np.array([50.0]), np.array([2e3]),
    ...                     np.array([1e6])).round(6)
    0.01
    """
    return float(np.sum(probability * area_m2 * people / region_m2))


def place_sigma_m(sigma_v_mps: Floats, ahead_s: Floats) -> Floats:
    """How well a hit's place is known: a floor, and the velocity's spread x time."""
    place = table("debris")["place"]
    sigma_v = np.where(
        np.isfinite(sigma_v_mps), sigma_v_mps, float(place["sigma_v_mps"])
    )
    return np.asarray(np.hypot(float(place["floor_m"]), sigma_v * ahead_s))


def _ground(ground: Ground) -> tuple[object, ...]:
    p = ground.pyramid
    return (
        ground.density, ground.country, p.channel_of, p.grids, p.offset, p.nxs, p.nys,
        p.channels, ground.frame,
    )  # fmt: skip


def fly_on(
    lat_deg: Floats,
    lon_deg: Floats,
    course_rad: Floats,
    speed_mps: Floats,
    profile: Ints,
    end_inside: Floats,
    guards: tuple[str, ...],
    ground: Ground,
) -> FlyOn:
    """Harm of N objects that are left alone.

    profile     row of `Catalogue.objects`
    end_inside  (N, G) chance of ending inside each of `guards`, NaN without a belief
    """
    cat, fly = catalogue(), table("debris")["fly"]
    n, c, d = len(lat_deg), len(ground.told), len(cat.people_draw)
    ranges = (np.arange(16) + 0.5) / 16 * float(fly["end_s"])
    fan = np.radians(np.linspace(-1.0, 1.0, 5) * float(fly["end_deg"]))
    turn = np.radians(np.arange(-150.0, 181.0, 30.0))
    angles = np.concatenate([fan, turn])
    share = float(fly["ahead_share"])
    weight = np.repeat(
        [share / len(fan), (1.0 - share) / len(turn)], [len(fan), len(turn)]
    )
    channel = np.array([ground.told.index(g) for g in guards], dtype=np.int64)
    ua = ground.told.index("UA") if "UA" in ground.told else -1
    ec, one, risk = np.zeros((n, c, d)), np.zeros((n, c)), np.zeros((n, c))
    rows = np.stack([lat_deg, lon_deg, course_rad, speed_mps], axis=1)
    kernel.fly_on(  # type: ignore[call-arg]
        rows, profile, end_inside, channel, ranges, angles, weight,
        float(fly["stray"]), cat.blast_mid,
        cat.blast_draw, cat.wreck_draw, cat.wreck_mid, cat.downed_mid, cat.downed_draw,
        cat.aimed_mid, cat.aimed_draw, cat.people_draw, ua, *_ground(ground)[1:], ec,
        one, risk,
    )  # fmt: skip
    three = np.quantile(ec, (0.05, 0.5, 0.95), axis=2).transpose(1, 2, 0)
    mid = np.where(three[..., 1:2] > 0.0, three[..., 1:2], 1.0)
    scale = np.where(three[..., 1:2] > 0.0, three / mid, 1.0)
    least = np.log1p(-np.minimum(one, 1.0 - 1e-12))[..., None]
    harm = Harm(
        three, -np.expm1(least * scale), np.minimum(risk[..., None] * scale, 1.0)
    )
    return FlyOn(ec, one, risk, harm)


def intercepts(
    lat_deg: Floats,
    lon_deg: Floats,
    alt_m: Floats,
    course_rad: Floats,
    speed_mps: Floats,
    way_rad: Floats,
    sigma_m: Floats,
    profile: Ints,
    interceptor: Ints,
    track: Ints,
    p: Floats,
    lost: Floats,
    flying: FlyOn,
    ground: Ground,
    wind: Wind | None = None,
) -> Harm:
    """Harm of R intercepts, the object flying on where they fail.

    way_rad      course of the interceptor when it gets there
    sigma_m      spread of the place (`place_sigma_m`)
    profile, interceptor   rows of `Catalogue.objects` and `.interceptors`
    track        row of `flying`
    p            (R, 3) success: low, middle, high
    lost         (R, 2) rounds that miss on the way to a success, and in a failure
    alt_m        a height that nobody measured (NaN) is taken as the stated assumption
    """
    cat, table_ = catalogue(), falls(wind)
    n, c = len(lat_deg), len(ground.told)
    unknown = float(table("debris")["place"]["unknown_height_m"])
    height = np.maximum(np.where(np.isfinite(alt_m), alt_m, unknown), 0.0)
    rows = np.stack(
        [lat_deg, lon_deg, height, course_rad, speed_mps, way_rad,
         cat.int_speed[interceptor], sigma_m, lost[:, 0], lost[:, 1],], axis=1,
    )  # fmt: skip
    which = np.stack([profile, interceptor, track], axis=1).astype(np.int64)
    out = [np.zeros((n, c, 3)) for _ in range(3)]
    kernel.harm_rows(  # type: ignore[call-arg]
        rows, which, np.ascontiguousarray(p), cat.obj_items, cat.obj_start,
        cat.obj_weight, cat.obj_draw, cat.int_items, cat.int_start, cat.int_weight,
        cat.int_draw, cat.shelter_mid, cat.people_draw, cat.p_draw, flying.draws,
        flying.one_mid, flying.risk_mid, table_.table, table_.heights, table_.speeds,
        nodes(), *_ground(ground), cat.person, *out,
    )  # fmt: skip
    return Harm(*out)
