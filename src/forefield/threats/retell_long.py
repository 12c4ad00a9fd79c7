"""Incidents whose object wandered or crossed several countries.

Their reports give times and places but no turns. The turns are drawn; what was
reported is kept.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError
from forefield.threats.classes import get
from forefield.threats.flights import Assumption
from forefield.threats.incidents import Retold, Told, place_of, utc_s
from forefield.threats.paths import bearing, inside_runs, steer
from forefield.threats.phantoms import Phantoms
from forefield.threats.reconstruct import Place, Reach, Solved, reach
from forefield.threats.telling import HERE, Route, drawn, source_of
from forefield.world.borders import guard

__all__ = ["delta", "kalibr_three", "vaslui"]


def _through(
    start: Place, places: tuple[Place, ...], low_m: float, high_m: float, end_m: float
) -> Route:
    """A way through drawn points of discs, at one drawn height."""

    def route(
        rng: np.random.Generator,
    ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
        height = float(rng.uniform(low_m, high_m))
        first = start.draw(rng)
        ways = [(*p.draw(rng), height) for p in places]
        lat, lon, _ = ways[-1]
        return first, [*ways[:-1], (lat, lon, end_m if end_m >= 0.0 else height)]

    return route


def kalibr_three(facts: dict[str, Any], stream: Stream) -> Retold:
    """Three cruise missiles up the Dniester, inside one window."""
    md = guard("MD")
    site = {
        str(s["name"]): Place(s["lat"], s["lon"], 1000.0 * s["radius_km"])
        for s in facts["site"]
    }
    door = place_of(facts, "entry")
    north = Place(48.62, 27.5, 12e3)
    tracks = (
        (site["Rybnita"], site["Soroca"], Place(48.46, 27.8, 5e3), north),
        (site["Rybnita"], site["Rudi"], north),
        (
            site["Popencu"],
            site["Cinisauti (as transliterated)"],
            Place(48.25, 28.55, 8e3),
            north,
        ),
    )
    klass = get(facts["object_class"])
    t0, t1 = utc_s(facts["entry_time_utc"]), utc_s(facts["exit_time_utc"])
    flights, texts = [], []
    between_s = float(stream["second"].generator().uniform(0.2, 0.8))
    for k, places in enumerate(tracks):
        solved = _visit(md, door, places, klass.speed_mps, stream["missile", k])
        inside_s = (solved.out_m - solved.in_m) / solved.speed_mps
        last = t1 - inside_s
        t_in = (t0, t0 + between_s * (last - t0), last)[k]
        flights.append(
            Told(
                f"{facts['id']}:{k + 1}",
                solved,
                t_in,
                facts["object_class"],
                "UA: not published",
                "lost",
                "corridor",
            )
        )
        texts.append(f"track {k + 1}: {inside_s / 60.0:.0f} min")
    source = source_of(facts)
    notes = (
        Assumption(
            "times of the three",
            "; ".join(texts),
            "one window is published for all three: the first enters as it opens, the "
            "last leaves as it closes, the second lies between (drawn)",
            source,
        ),
        Assumption(
            "ways",
            "over the named places, within the radius of each",
            "routes are published as lists of places; what lies between is drawn, and "
            "may cross the Dniester more than once",
            source,
        ),
        Assumption(
            "speed and height",
            ", ".join(f"{f.solved.speed_mps:.0f} m/s" for f in flights)
            + f"; {flights[0].solved.path.alt_m[0]:.0f} m",
            "not reported; drawn over the class's interval",
            "data/object_classes.toml",
        ),
        Assumption("end", "not known", "their targets are not published", source),
    )
    return Retold(tuple(flights), notes, Phantoms.empty())


def _visit(
    border: Any,
    door: Place,
    places: tuple[Place, ...],
    band: Any,
    stream: Stream,
) -> Solved:
    """A flight over places that may meet the border more than once."""
    for attempt in range(200):
        rng = stream["attempt", attempt].generator()
        height = float(rng.uniform(50.0, 300.0))
        start = Place(44.9, 31.6, 20e3).draw(rng)
        coast = Place(46.75, 31.2, 20e3).draw(rng)
        before = Place(47.55, 29.55, 8e3).draw(rng)
        ways = [coast, before, door.draw(rng), *(p.draw(rng) for p in places)]
        path = steer(
            *start,
            bearing(*start, *coast)[0],
            height,
            [(*w, height) for w in ways],
            radius_m=4000.0,
            most_m=700e3,
            step_m=100.0,
        )
        runs = inside_runs(border, path.way_m, path.lat_deg, path.lon_deg)
        if not runs or runs[-1][1] >= path.length_m:
            continue
        first, last = runs[0][0], runs[-1][1]
        lat, lon, _ = path.at(np.array([first]))
        if door.distance_m(float(lat[0]), float(lon[0])) > 1.5 * door.radius_m:
            continue
        span = (path.way_m >= first) & (path.way_m <= last)
        depth = float(border.distance_m(path.lat_deg[span], path.lon_deg[span]).max())
        speed = float(rng.uniform(band.low, band.high))
        return Solved(path, speed, first, last, depth, attempt + 1)
    raise InputError("No way over the named places agrees with the report.")


def delta(facts: dict[str, Any], stream: Stream) -> Retold:
    """50 minutes over the Danube Delta, in wandering turns."""
    band = get(facts["object_class"]).speed_mps
    village = Place(45.32, 29.22, 10e3)
    lost = place_of(facts, "exit")
    case = Reach(
        border=guard("RO"),
        route=_through(
            Place(45.75, 30.6, 15e3),
            (
                Place(45.50, 29.60, 5e3),
                Place(45.36, 29.32, 5e3),
                *(village for _ in range(9)),
                lost,
                Place(45.55, 28.95, 6e3),
            ),
            60.0,
            400.0,
            -1.0,
        ),
        speed_mps=(band.low, band.high),
        radius_m=900.0,
        alt_m=200.0,
        inside_s=float(facts["duration_s"]),
        via="UA",
        entry=place_of(facts, "entry"),
        exit=Place(lost.lat_deg, lost.lon_deg, 25e3),
        leaves=True,
        depth_m=(5000.0, 14_000.0),
    )
    solved = reach(case, stream["reach"])
    source = source_of(facts)
    notes = (
        *drawn(facts, solved, case.inside_s or 0.0),
        Assumption(
            "turns",
            "nine wandering legs within about 10 km, drawn",
            "50 minutes of track inside a strip 10-20 km deep: it circled or wandered; "
            "no turn is published",
            source,
        ),
        Assumption(
            "time in",
            "15:23 UTC",
            "the jets' first detection inside stands for the crossing, which is not "
            "published",
            source,
        ),
        Assumption(
            "how it left",
            "to Ukraine, over the place where it was lost",
            "lost about 20 km south-west of the village by one account, left for "
            "Ukraine by the other",
            source,
        ),
    )
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["entry_time_utc"]),
        facts["object_class"],
        "not known",
        "lost",
        "loiter",
    )
    return Retold((told,), notes, Phantoms.empty())


def vaslui(facts: dict[str, Any], stream: Stream) -> Retold:
    """Two entries: out again over the delta, then deep into Moldavia."""
    ro = guard("RO")
    band = get(facts["object_class"]).speed_mps
    speeds = (band.low, band.high)
    first = reach(
        Reach(
            border=ro,
            route=_through(
                Place(45.50, 30.6, 15e3),
                (
                    Place(45.40, 29.62, 4e3),
                    Place(45.41, 29.32, 4e3),
                    Place(45.55, 29.20, 5e3),
                    Place(45.75, 29.05, 8e3),
                ),
                100.0,
                800.0,
                -1.0,
            ),
            speed_mps=speeds,
            radius_m=800.0,
            alt_m=400.0,
            via="UA",
            leaves=True,
        ),
        stream["first"],
    )
    end = place_of(facts, "impact")
    seconds = 4200.0
    second = reach(
        Reach(
            border=ro,
            route=_through(
                Place(45.85, 29.25, 12e3),
                (
                    Place(45.85, 28.80, 8e3),
                    Place(45.75, 28.17, 15e3),
                    *(Place(46.08, 27.85, 35e3) for _ in range(3)),
                    end,
                ),
                200.0,
                1500.0,
                0.0,
            ),
            speed_mps=speeds,
            radius_m=900.0,
            alt_m=600.0,
            inside_s=seconds,
            entry=place_of(facts, "entry"),
            end=end,
            dive=0.1,
            step_m=50.0,
        ),
        stream["second"],
    )
    source = source_of(facts)
    t_second = utc_s(facts["entry_time_utc"])
    # Between 06:30 and 07:00 local, and over Ukraine again by 07:11.
    early, late = utc_s("2025-11-25T04:30:00Z"), utc_s("2025-11-25T05:00:00Z")
    stay = (first.out_m - first.in_m) / first.speed_mps
    late = min(late, utc_s("2025-11-25T05:10:00Z") - stay)
    t_first = float(stream["time"].generator().uniform(early, max(early, late)))
    notes = (
        *drawn(facts, second, seconds),
        Assumption(
            "first entry",
            f"{(t_first - early) / 60.0:.0f} minutes after 04:30 UTC, "
            f"{stay / 60.0:.0f} min inside",
            "about 06:30 to 07:00 local from Vylkove to Chilia Veche and back out; the "
            "jets had it over Ukraine at 07:11",
            source,
        ),
        Assumption(
            "time of the fall",
            "07:00 UTC, 70 minutes after the entry",
            "reported down 'after 09:00' local; a straight flight of 88 km would be "
            "slower than the type flies, so it wanders: three turns, drawn",
            source,
        ),
        Assumption(
            "depth or length",
            f"{(second.path.length_m - second.in_m) / 1000.0:.0f} km of way, "
            f"{second.depth_m / 1000.0:.0f} km from the border",
            "more than 100 km deep is stated; the place of the fall is nearer to the "
            "border, so it is read as a length",
            source,
        ),
        Assumption("two objects", "two flights", "two entries are reported", HERE),
    )
    flights = tuple(
        Told(
            f"{facts['id']}:{k}",
            solved,
            t,
            facts["object_class"],
            "not known",
            how,
            name,
        )
        for k, solved, t, how, name in (
            (1, first, t_first, "lost", "dog_legs"),
            (2, second, t_second, "crash", "jammed_drift"),
        )
    )
    assert math.isinf(second.out_m)
    return Retold(flights, notes, Phantoms.empty())
