"""What the recipes share: sources, the usual assumptions, ways to a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.errors import InputError
from forefield.threats.flights import Assumption
from forefield.threats.incidents import utc_s
from forefield.threats.paths import bearing, offset
from forefield.threats.reconstruct import Place, Solved
from forefield.threats.theatre import between, front_of
from forefield.world.borders import guard

__all__ = [
    "HERE",
    "Route",
    "drawn",
    "entry_to_exit",
    "front_points",
    "point_at",
    "source_of",
    "span",
    "to_site",
]

HERE = "Forefield's reconstruction"

#: Draws a start (lat, lon) and way-points (lat, lon, height).
Route = Callable[
    [np.random.Generator], tuple[tuple[float, float], list[tuple[float, float, float]]]
]


def source_of(facts: dict[str, Any]) -> str:
    return f"data/incidents.toml, {facts['id']}; {facts['sources'][0]}"


def point_at(solved: Solved, way_m: float) -> str:
    lat, lon, _ = solved.path.at(np.array([way_m]))
    return f"{lat[0]:.4f} N {lon[0]:.4f} E"


def drawn(facts: dict[str, Any], solved: Solved, inside_s: float) -> list[Assumption]:
    """What every clip or reach leaves open, with what was drawn."""
    source = source_of(facts)
    out = [
        Assumption(
            "speed",
            f"{solved.speed_mps:.1f} m/s",
            "drawn in the reported or published band so that the time inside fits",
            source,
        ),
        Assumption(
            "entry point",
            point_at(solved, solved.in_m),
            "officials publish no point; drawn on the exact border within the radius "
            "of the estimate",
            source,
        ),
        Assumption(
            "way to the border",
            f"{solved.in_m / 1000:.0f} km of it flown",
            "not published; way-points drawn in wide discs along a plausible approach",
            HERE,
        ),
        Assumption(
            "depth inside",
            f"{solved.depth_m / 1000:.2f} km",
            "follows from the path that was solved",
            source,
        ),
        Assumption(
            "heights",
            "as reported, the same all the way; above a flat ground",
            "only one figure is published and the model carries no terrain",
            source,
        ),
        Assumption(
            "first contact",
            "none assumed: whoever has it in reach may see it",
            "the time of first radar contact is not published",
            HERE,
        ),
    ]
    if solved.out_m < float("inf"):
        out.append(
            Assumption(
                "exit point",
                point_at(solved, solved.out_m),
                f"solved: {inside_s:.0f} s inside to the second",
                source,
            )
        )
    return out


def front_points(iso: str, neighbour: str) -> tuple[Floats, Floats, Floats]:
    front = front_of(guard(iso), neighbour)
    if front is None:
        raise InputError(f"{iso} has no border with {neighbour}.")
    return front.lat_deg, front.lon_deg, front.inward_deg


def to_site(
    iso: str, neighbour: str, end: Place, outside_m: float, detour: float
) -> Callable[
    [np.random.Generator], tuple[tuple[float, float], list[tuple[float, float, float]]]
]:
    """A way through a border to a place inside: start, then way-points.

    The border is met where the way to the end is at most `detour` longer than the
    shortest; the start lies `outside_m` before it.
    """
    lat, lon, inward = front_points(iso, neighbour)
    gap = np.hypot(
        (lat - end.lat_deg) * 111_250.0,
        (lon - end.lon_deg) * 111_320.0 * np.cos(np.radians(end.lat_deg)),
    )
    usable = np.flatnonzero(gap <= detour * gap.min() + 15e3)

    def route(
        rng: np.random.Generator,
    ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
        i = int(usable[rng.integers(len(usable))])
        at = (float(lat[i]), float(lon[i]))
        last = end.draw(rng)
        back = float(inward[i]) + 180.0 + rng.normal(0.0, 25.0)
        start = offset(*at, back, outside_m)
        half = between(start, at, 0.5, float(rng.normal(0.0, 0.06)) * outside_m)
        way = bearing(*at, *last)[1]
        ways = [half, at]
        if way > 30e3:
            shares = np.sort(rng.uniform(0.2, 0.8, int(rng.integers(1, 3))))
            ways += [
                between(at, last, float(u), float(rng.normal(0.0, 0.07)) * way)
                for u in shares
            ]
        height = float(rng.uniform(100.0, 2000.0))
        return start, [*((*w, height) for w in ways), (*last, 0.0)]

    return route


def span(first: str, last: str) -> Callable[[dict[str, Any]], tuple[float, float]]:
    """The window's core from two time fields of the facts, or ISO texts."""

    def find(facts: dict[str, Any]) -> tuple[float, float]:
        a, b = (utc_s(str(facts.get(f, f))) for f in (first, last))
        return a, b

    return find


def entry_to_exit(facts: dict[str, Any]) -> tuple[float, float]:
    t = utc_s(facts["entry_time_utc"])
    return t, t + float(facts["duration_s"])
