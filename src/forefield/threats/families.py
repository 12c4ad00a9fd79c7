"""Behaviour families: how objects fly, as far as public reporting tells it.

Each family is one function that turns draws into a `Route`. Families exist to
test foresight: a forecast is fitted on some, tuned on others and reported on the
rest, so that it is judged on behaviour it has never met. They are no plans.
Nothing here ranks families, and nothing searches routes, mixes or timings; the
shares of `default_mix` are assumptions about how often each is met.

Every number in this module is an assumption unless its comment names a source;
behaviours named by public reporting are listed in `data/object_classes.toml`
under `behaviour_notes`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from forefield.errors import InputError, nearest
from forefield.threats.classes import ObjectClass
from forefield.threats.paths import bearing, offset
from forefield.threats.theatre import Front, Theatre, between, launch

__all__ = ["FAMILIES", "ROLES", "Ask", "Family", "Route", "default_mix", "family"]

ROLES = ("fit", "tune", "report")

Point = tuple[float, float]


@dataclass(frozen=True)
class Ask:
    """What a family is asked for: an object of a class, to fly towards a town.

    corridor  the night's shared corridors: way-points from launch to near the west
    """

    klass: ObjectClass
    ground: Theatre
    target: tuple[float, float, str]
    headed: bool
    speed_mps: float
    alt_m: float
    corridors: tuple[tuple[Point, ...], ...]
    minutes: float


@dataclass(frozen=True)
class Route:
    """Where an object goes. The clock is set by `key`.

    ways     points from its launch to its end
    alts     height at each
    key      the point of `ways` (an index) that it passes within the window
    key_span share of the window in which it does
    extra    columns of `kernels.flying` that differ from an ordinary flight;
             `stray_at_s` and `endurance_s` count from passing `key`
    intent   where it was meant to go; end: what its last way-point is
    """

    ways: tuple[Point, ...]
    alts: tuple[float, ...]
    key: int
    intent: str
    key_span: tuple[float, float] = (0.1, 0.9)
    end: str = "target"
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """One family: its name, its role, its assumed share, and what it draws."""

    name: str
    role: str
    share: float
    about: str
    route: Callable[[Ask, np.random.Generator], Route]
    near: bool = False  # its towns lie near the guard
    takes_target: bool = True  # it can be headed to a town inside the guard


# -- helpers -----------------------------------------------------------------


def _sector(ask: Ask, rng: np.random.Generator) -> str:
    u = rng.uniform()
    if ask.klass.id == "kalibr":
        return "black_sea"
    if ask.klass.track_class == "cruise":
        return "east" if u < 0.6 else "south_east"
    if u < 0.35:
        return "east"
    if u < 0.6:
        return "south_east"
    return "black_sea" if u < 0.8 else "north"


def _intent(ask: Ask) -> str:
    iso = ask.ground.border.iso if ask.headed else "UA"
    return f"{iso}: {ask.target[2]}"


def _legs(
    rng: np.random.Generator, a: Point, b: Point, n: int, aside: float
) -> list[Point]:
    """n points between a and b, each aside by a normal share of the way."""
    way = bearing(*a, *b)[1]
    shares = np.sort(rng.uniform(0.12, 0.9, n))
    off = np.clip(rng.normal(0.0, aside, n), -0.25, 0.25) * way
    off = np.clip(off, -120e3, 120e3)
    return [between(a, b, float(s), float(o)) for s, o in zip(shares, off, strict=True)]


def _level(ask: Ask, ways: Sequence[Point], end_m: float = 0.0) -> tuple[float, ...]:
    """The cruise height at every point but the last."""
    return (*(ask.alt_m for _ in ways[:-1]), end_m)


def _to_target(
    ask: Ask,
    rng: np.random.Generator,
    middle: Sequence[Point],
    start: Point,
    key: int | None = None,
    span: tuple[float, float] = (0.15, 1.5),
    extra: dict[str, float] | None = None,
) -> Route:
    ways = (start, *middle, ask.target[:2])
    return Route(
        ways,
        _level(ask, ways),
        len(ways) - 1 if key is None else key,
        _intent(ask),
        span,
        "target",
        {"dive": 0.35, **(extra or {})},
    )


def _outside(front: Front, i: int, away_m: float) -> Point:
    """A point off the front, outside the guard (inside for a negative distance)."""
    return offset(
        float(front.lat_deg[i]),
        float(front.lon_deg[i]),
        float(front.inward_deg[i]) + 180.0,
        away_m,
    )


# -- families -----------------------------------------------------------------


def _dog_legs(ask: Ask, rng: np.random.Generator) -> Route:
    start = launch(rng, _sector(ask, rng))
    n = int(rng.integers(2, 6))
    return _to_target(ask, rng, _legs(rng, start, ask.target[:2], n, 0.10), start)


def _overshoot_return(ask: Ask, rng: np.random.Generator) -> Route:
    start = launch(rng, _sector(ask, rng))
    lat, lon, _ = ask.target
    course, _ = bearing(*start, lat, lon)
    beyond = offset(
        lat, lon, course + rng.normal(0.0, 20.0), rng.gamma(2.0, 18e3) + 8e3
    )
    side = rng.choice((-1.0, 1.0)) * rng.uniform(60.0, 120.0)
    turn = offset(*beyond, course + side, rng.uniform(6e3, 20e3))
    middle = _legs(rng, start, (lat, lon), 2, 0.08)
    return _to_target(
        ask, rng, (*middle, beyond, turn), start, key=3, span=(0.05, 0.95)
    )


def _smooth_curves(ask: Ask, rng: np.random.Generator) -> Route:
    start = launch(rng, _sector(ask, rng))
    lat, lon, _ = ask.target
    if rng.uniform() < 0.3 and not ask.headed:
        # A wide bow whose apex comes near the guard: the corner cut of March 2024.
        front = ask.ground.main
        gap = np.hypot(
            (front.lat_deg - lat) * 1.55, front.lon_deg - lon
        )  # degrees; 1.55 = 1 / cos(50 deg)
        close = np.argsort(gap)[: max(20, len(front) // 6)]
        i = int(close[rng.integers(len(close))])
        apex = _outside(front, i, rng.normal(18e3, 10e3))
        along = float(front.inward_deg[i]) + 90.0
        side = 1.0 if rng.uniform() < 0.5 else -1.0
        arm = rng.uniform(15e3, 50e3)
        enter = offset(*offset(*apex, along, side * arm), along + 90.0, 0.35 * arm)
        leave = offset(*offset(*apex, along, -side * arm), along + 90.0, 0.35 * arm)
        middle = [*_legs(rng, start, enter, 1, 0.06), enter, apex, leave]
        return _to_target(ask, rng, middle, start, key=3, span=(0.05, 0.95))
    way = bearing(*start, lat, lon)[1]
    bow = rng.normal(0.0, 0.15) * way
    bow = max(-150e3, min(150e3, bow))
    shares = np.arange(1, 8) / 8.0
    middle = [
        between(start, (lat, lon), float(s), float(4.0 * s * (1.0 - s) * bow))
        for s in shares
    ]
    return _to_target(ask, rng, middle, start)


def _corridor(ask: Ask, rng: np.random.Generator) -> Route:
    # Nov 2023: a valley, river or road that was got through is tried again.
    ways = ask.corridors[int(rng.integers(len(ask.corridors)))]
    side = rng.normal(0.0, 2500.0, (len(ways), 2))
    moved = [
        offset(*offset(*w, 0.0, float(s[0])), 90.0, float(s[1]))
        for w, s in zip(ways, side, strict=True)
    ]
    return _to_target(ask, rng, moved[1:], moved[0])


def _loiter(ask: Ask, rng: np.random.Generator) -> Route:
    # Apr 2024: one drone stayed several hours over a reservoir.
    start = launch(rng, _sector(ask, rng))
    middle = _legs(rng, start, ask.target[:2], 2, 0.10)
    place = between(ask.target[:2], start, 0.0, 0.0)
    place = offset(*place, rng.uniform(0.0, 360.0), rng.uniform(15e3, 70e3))
    extra = {
        "hold_at": 2.0,
        "hold_s": rng.uniform(300.0, 2400.0),
        "hold_side": float(rng.choice((-1.0, 1.0))),
        "turn_dps": rng.uniform(0.5, 2.0),
    }
    return _to_target(
        ask, rng, (*middle, place), start, key=3, span=(0.0, 0.7), extra=extra
    )


def _along_border(ask: Ask, rng: np.random.Generator) -> Route:
    front = ask.ground.main
    n = len(front)
    span = int(min(n - 1, rng.uniform(40.0, 150.0)))
    i0 = int(rng.integers(0, n - span))
    order = np.arange(i0, i0 + span + 1, 12)
    if rng.uniform() < 0.5:
        order = order[::-1]
    away = rng.uniform(3e3, 25e3)
    run = [_outside(front, int(i), away + rng.normal(0.0, 2500.0)) for i in order]
    start = launch(rng, _sector(ask, rng))
    middle = [*_legs(rng, start, run[0], 1, 0.06), *run]
    return _to_target(ask, rng, middle, start, key=2, span=(0.0, 0.6))


def _via_belarus(ask: Ask, rng: np.random.Generator) -> Route:
    # Oct 2024: of 49 seen entering Belarus 33 returned to Ukraine, 14 vanished.
    start = launch(rng, "north")
    lon0 = rng.uniform(27.5, 30.0)
    first = (rng.uniform(51.8, 52.4), lon0)
    second = (rng.uniform(51.75, 52.5), lon0 - rng.uniform(1.0, 3.0))
    front = ask.ground.front("BY")
    u = rng.uniform()
    if front is not None and (ask.headed or u < 0.03):
        # Ukraine, Belarus, guard: across the guard's border with Belarus.
        lat, lon, inward = front.draw(rng)
        before = offset(lat, lon, inward + 180.0, rng.uniform(15e3, 60e3))
        if ask.headed:
            return _to_target(
                ask, rng, (first, second, before), start, key=3, span=(0.0, 0.8)
            )
        end = offset(lat, lon, inward + rng.normal(0.0, 25.0), rng.uniform(5e3, 120e3))
        ways: tuple[Point, ...] = (start, first, second, before, (lat, lon), end)
        return Route(ways, _level(ask, ways), 4, "UA: astray by way of BY", end="crash")
    if u < 0.4:
        # Vanished: on over Belarus until the fuel is gone.
        third = (second[0] + rng.normal(0.4, 0.3), second[1] - rng.uniform(0.5, 2.0))
        ways = (start, first, second, third)
        return Route(ways, _level(ask, ways), 2, "UA: astray in BY", end="crash")
    return _to_target(ask, rng, (first, second), start, key=2, span=(0.0, 0.9))


def _first_seen_at_border(ask: Ask, rng: np.random.Generator) -> Route:
    front = ask.ground.main
    lat, lon, inward = front.draw(rng)
    start = launch(rng, _sector(ask, rng))
    slant = rng.normal(0.0, 35.0)
    before = offset(lat, lon, inward + 180.0 + slant, rng.uniform(25e3, 80e3))
    just = offset(lat, lon, inward + 180.0 + slant, rng.uniform(1e3, 4e3))
    low = rng.uniform(25.0, 60.0)
    high = rng.uniform(200.0, 600.0)
    if ask.headed or rng.uniform() < 0.5:
        end = offset(lat, lon, inward + slant, rng.uniform(4e3, 60e3))
        intent = f"{ask.ground.border.iso}: {ask.target[2]}" if ask.headed else ""
        ways: tuple[Point, ...] = (start, before, just, end)
        alts: tuple[float, ...] = (low, low, low, high)
        return Route(ways, alts, 2, intent or "UA: astray", end="crash")
    turn = offset(lat, lon, inward + slant, rng.uniform(500.0, 9e3))
    ways = (start, before, just, turn, ask.target[:2])
    return Route(ways, (low, low, low, high, 0.0), 2, _intent(ask), extra={"dive": 0.2})


def _stray_loss_of_control(ask: Ask, rng: np.random.Generator) -> Route:
    front = ask.ground.main
    lat, lon, inward = front.draw(rng)
    start = launch(rng, _sector(ask, rng))
    lost = offset(
        lat, lon, inward + 180.0 + rng.normal(0.0, 25.0), rng.uniform(10e3, 110e3)
    )
    middle = (*_legs(rng, start, lost, 2, 0.08), lost)
    extra = {
        "stray_at_s": 0.0,
        "stray_for_s": math.inf,
        "stray_turn_dps": rng.normal(0.0, 0.05),
        "stray_noise": rng.uniform(0.1, 0.8),
        "stray_speed": rng.uniform(0.8, 1.0),
        "endurance_s": rng.uniform(600.0, 5400.0),
    }
    return _to_target(ask, rng, middle, start, key=3, span=(0.02, 0.6), extra=extra)


def _jammed_drift(ask: Ask, rng: np.random.Generator) -> Route:
    start = launch(rng, _sector(ask, rng))
    middle = _legs(rng, start, ask.target[:2], 3, 0.10)
    extra = {
        "stray_at_s": -rng.uniform(0.1, 0.8) * 60.0 * ask.minutes,
        "stray_for_s": rng.uniform(180.0, 1500.0),
        "stray_turn_dps": rng.normal(0.0, 0.03),
        "stray_noise": rng.uniform(0.8, 2.5),
        "stray_speed": 1.0,
    }
    return _to_target(ask, rng, middle, start, extra=extra)


def _damaged_near_border(ask: Ask, rng: np.random.Generator) -> Route:
    # Naslavcea Oct 2022, Galati May 2026: hit near the border, falling across it.
    front = ask.ground.main
    lat, lon, inward = front.draw(rng)
    hit = offset(
        lat, lon, inward + 180.0 + rng.normal(0.0, 30.0), rng.gamma(2.0, 6e3) + 500.0
    )
    start = launch(rng, _sector(ask, rng))
    middle = (*_legs(rng, start, hit, 2, 0.08), hit)
    height = rng.uniform(300.0, 1500.0)
    ways = (start, *middle, ask.target[:2])
    extra = {
        "stray_at_s": 0.0,
        "stray_for_s": math.inf,
        "stray_turn_dps": rng.normal(0.0, 0.25),
        "stray_noise": rng.uniform(0.3, 1.5),
        "stray_speed": rng.uniform(0.55, 0.95),
        "stray_sink_mps": height / rng.uniform(60.0, 600.0),
    }
    alts = (*(height for _ in ways[:-1]), 0.0)
    return Route(ways, alts, 3, _intent(ask), (0.05, 0.9), "crash", extra)


def _decoy(ask: Ask, rng: np.random.Generator) -> Route:
    # "usually flies on until the fuel is gone and comes down nearly whole"
    start = launch(rng, _sector(ask, rng))
    if rng.uniform() < 0.3:
        start = launch(rng, "north")
    lat, lon, _ = ask.target
    way = bearing(*start, lat, lon)[1]
    reach = 1000.0 * ask.klass.range_km * rng.uniform(0.7, 1.15)
    last = between(start, (lat, lon), min(1.0, 0.8 * reach / max(way, 1.0)), 0.0)
    middle = (*_legs(rng, start, last, 2, 0.10), last)
    gone = max(0.0, reach - sum(_lengths((start, *middle))))
    extra = {
        "fly_on": 1.0,
        "endurance_s": (gone + rng.uniform(5e3, 80e3)) / ask.speed_mps,
    }
    ways = (start, *middle)
    alts = tuple(ask.alt_m for _ in ways)
    return Route(ways, alts, 3, "none: a decoy", (-0.2, 0.8), "crash", extra)


def _stray_interceptor(ask: Ask, rng: np.random.Generator) -> Route:
    # 75-90 km reported for the type found at Przewodow; speed and apex assumed.
    front = ask.ground.main
    lat, lon, inward = front.draw(rng)
    start = offset(
        lat, lon, inward + 180.0 + rng.normal(0.0, 30.0), rng.uniform(15e3, 75e3)
    )
    course = inward + rng.normal(0.0, 60.0)
    end = offset(*start, course, rng.uniform(25e3, 1000.0 * ask.klass.range_km))
    apex = rng.uniform(5e3, 15e3)
    ways = (start, end)
    return Route(
        ways, (0.0, 0.0), 0, "UA: an interceptor", end="crash", extra={"apex_m": apex}
    )


def _ballistic_arc(ask: Ask, rng: np.random.Generator) -> Route:
    lat, lon, _ = ask.target
    starts = [launch(rng, s) for s in ("east", "south_east", "black_sea", "north")]
    ways = [bearing(*s, lat, lon)[1] for s in starts]
    reach = 1000.0 * ask.klass.range_km
    ok = [k for k, w in enumerate(ways) if w < reach] or [int(np.argmin(ways))]
    k = ok[int(rng.integers(len(ok)))]
    top = ask.klass.altitude_m
    apex = min(0.25 * ways[k], rng.uniform(0.6, 1.0) * top.high)
    return Route(
        (starts[k], (lat, lon)), (0.0, 0.0), 1, _intent(ask), extra={"apex_m": apex}
    )


def _lengths(ways: Sequence[Point]) -> list[float]:
    return [bearing(*a, *b)[1] for a, b in pairwise(ways)]


#: All families by name. Roles: a forecast may be fitted on `fit`, tuned on `tune`,
#: and is reported on `report`. `ballistic_arc` belongs to every role.
FAMILIES: dict[str, Family] = {
    f.name: f
    for f in (
        Family(
            "dog_legs",
            "fit",
            0.349,
            "long legs with changes of course, across several regions",
            _dog_legs,
        ),
        Family(
            "overshoot_return",
            "tune",
            0.045,
            "past the target towards the guard, and back at it from there",
            _overshoot_return,
            near=True,
            takes_target=False,
        ),
        Family(
            "smooth_curves",
            "fit",
            0.13,
            "one wide bow; three in ten with their apex near the guard",
            _smooth_curves,
            near=True,
        ),
        Family(
            "corridor",
            "report",
            0.14,
            "one of a few ways that the whole night shares",
            _corridor,
            takes_target=False,
        ),
        Family(
            "loiter",
            "tune",
            0.06,
            "circles for minutes to tens of minutes before it goes on",
            _loiter,
        ),
        Family(
            "along_border",
            "report",
            0.02,
            "3 to 25 km outside the guard for 40 to 150 km, then to its target",
            _along_border,
            near=True,
            takes_target=False,
        ),
        Family(
            "via_belarus",
            "fit",
            0.05,
            "through Belarus back to Ukraine, or lost there, or on into the guard",
            _via_belarus,
            near=True,
        ),
        Family(
            "first_seen_at_border",
            "report",
            0.004,
            "so low that nobody sees it before the border",
            _first_seen_at_border,
            near=True,
        ),
        Family(
            "stray_loss_of_control",
            "tune",
            0.012,
            "steering lost 10 to 110 km before the guard, on until it comes down",
            _stray_loss_of_control,
            near=True,
            takes_target=False,
        ),
        Family(
            "jammed_drift",
            "fit",
            0.05,
            "course wanders for minutes under jamming, then it goes on",
            _jammed_drift,
            takes_target=False,
        ),
        Family(
            "stray_interceptor",
            "report",
            0.002,
            "an air-defence missile that missed and flew on",
            _stray_interceptor,
            near=True,
            takes_target=False,
        ),
        Family(
            "damaged_near_border",
            "report",
            0.008,
            "hit within some 30 km of the guard; turns, sinks, comes down",
            _damaged_near_border,
            near=True,
            takes_target=False,
        ),
        Family(
            "decoy",
            "fit",
            0.13,
            "no target: flies on until the fuel is gone",
            _decoy,
            takes_target=False,
        ),
        Family(
            "ballistic_arc",
            "fit",
            0.0,
            "a ballistic missile's arc; flown by those classes, in every role",
            _ballistic_arc,
            takes_target=False,
        ),
    )
}


def family(name: str) -> Family:
    """One family; `InputError` with the nearest known name otherwise."""
    if name not in FAMILIES:
        close = nearest(name, FAMILIES)
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(
            f"No behaviour family is named {name!r}{hint}; known: "
            f"{', '.join(FAMILIES)}."
        )
    return FAMILIES[name]


def default_mix(roles: Sequence[str] = ()) -> tuple[tuple[str, float], ...]:
    """Assumed shares of the families, of some roles alone where given; sum 1.

    How often raids behave as a family does is not known. These shares make
    ordinary courses common and behaviour at the border rare.
    """
    for role in roles:
        if role not in ROLES:
            raise InputError(f"No role is named {role!r}; known: {', '.join(ROLES)}.")
    kept = [f for f in FAMILIES.values() if not roles or f.role in roles]
    total = sum(f.share for f in kept)
    return tuple((f.name, f.share / total) for f in kept if f.share > 0.0)
