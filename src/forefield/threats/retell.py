"""The recipes: one function for each documented incident that can be flown."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.columns import Floats
from forefield.threats.classes import get
from forefield.threats.flights import Assumption
from forefield.threats.incidents import Recipe, Retold, Told, place_of, utc_s
from forefield.threats.paths import Path, bearing, inside_runs, offset
from forefield.threats.phantoms import Phantoms, drifting
from forefield.threats.reconstruct import Clip, Place, Reach, Solved, clip, reach
from forefield.threats.retell_long import delta, kalibr_three, vaslui
from forefield.threats.telling import (
    HERE,
    drawn,
    entry_to_exit,
    front_points,
    source_of,
    span,
    to_site,
)
from forefield.threats.theatre import between
from forefield.world.borders import Border, guard

__all__ = ["RECIPES", "REFUSED"]


def _oserdow(facts: dict[str, Any], stream: Stream) -> Retold:
    pl = guard("PL")
    reported = facts["speed_kmh_reported"] / 3.6
    case = Clip(
        border=pl,
        via="UA",
        entry=place_of(facts, "entry"),
        exit=place_of(facts, "exit"),
        inside_s=float(facts["duration_s"]),
        speed_mps=(0.95 * reported, 1.05 * reported),
        depth_m=(1000.0, 1000.0 * facts["depth_km"]),
        path_m=(0.0, 20_000.0),
        radius_m=1600.0,
        alt_m=float(facts["altitude_m_reported"]),
        before_s=2100.0,
        origins=(
            Place(50.45, 25.6, 30e3),
            Place(50.6, 29.0, 80e3),
            Place(50.9, 33.5, 80e3),
        ),
        onward=Place(49.26, 23.85, 15e3),
        south_west_deg=(50.4186, 23.99),
    )
    solved = clip(case, stream["clip"])
    source = source_of(facts)
    notes = [
        *drawn(facts, solved, case.inside_s),
        Assumption(
            "speed band",
            f"{case.speed_mps[0]:.0f}-{case.speed_mps[1]:.0f} m/s",
            "the reported 800 km/h is a round figure; 5 % either way",
            source,
        ),
        Assumption(
            "exit side",
            "south of the village, up to 6 km west of it",
            "the report says south-east; with the mapped border no flight of this "
            "speed and time stays within 2 km depth and turns that tightly. The exit "
            "lies within the published radius of the estimate",
            source,
        ),
        Assumption(
            "tightest turn",
            f"{reported**2 / case.radius_m / 9.81:.1f} g",
            "assumed limit of the lateral acceleration (radius 1.6 km)",
            HERE,
        ),
        Assumption(
            "where it went",
            "a target near Stryi, Lviv oblast",
            "its target is not published; western Ukraine was struck that morning",
            HERE,
        ),
    ]
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["entry_time_utc"]),
        facts["object_class"],
        "UA: western Ukraine (assumed)",
        "target",
        "smooth_curves",
    )
    return Retold((told,), tuple(notes), Phantoms.empty())


def _lubelskie(facts: dict[str, Any], stream: Stream) -> Retold:
    case = Clip(
        border=guard("PL"),
        via="UA",
        entry=place_of(facts, "entry"),
        exit=None,
        inside_s=float(facts["duration_s"]),
        speed_mps=(222.0, 250.0),
        depth_m=(2000.0, 20_000.0),
        path_m=(38_500.0, 41_500.0),
        radius_m=4000.0,
        alt_m=float(facts["altitude_m_reported"]),
        before_s=2100.0,
        origins=(
            Place(50.75, 25.8, 30e3),
            Place(50.8, 29.0, 80e3),
            Place(50.9, 33.5, 80e3),
        ),
        onward=Place(49.35, 23.75, 10e3),
    )
    solved = clip(case, stream["clip"])
    source = source_of(facts)
    notes = [
        *drawn(facts, solved, case.inside_s),
        Assumption(
            "depth or length",
            "40 km is read as the length of the way inside, depth at most 20 km",
            "at 222-250 m/s 175 s cover 39-44 km; 40 km in and 40 km out would need "
            "460 m/s",
            source,
        ),
        Assumption(
            "time out",
            "06:14:55 UTC",
            "just under three minutes are read as 175 s",
            source,
        ),
        Assumption(
            "where it went",
            "a target near Drohobych, Lviv oblast",
            "its target is not published; that area was struck the same morning",
            source,
        ),
    ]
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["entry_time_utc"]),
        facts["object_class"],
        "UA: western Ukraine (assumed)",
        "target",
        "smooth_curves",
    )
    return Retold((told,), tuple(notes), Phantoms.empty())


# -- 9-10 September 2025 -------------------------------------------------------

_NO_DRONE = ("Wyryki-Wola",)  # hit by an interceptor, by later government words
_FROM_UKRAINE = 8  # counted by Ukraine's air force
_FIRST, _LAST = "2025-09-09T21:30:00Z", "2025-09-10T04:30:00Z"
_DOWNED = {"Czesniki": "2025-09-10T01:20:00Z"}
_LAST_DOWN = "2025-09-10T04:45:00Z"
_FOUND_BY = {"Czosnowka": "2025-09-10T03:40:00Z"}
_ALL_DOWN = "2025-09-10T05:00:00Z"


def _mass(facts: dict[str, Any], stream: Stream) -> Retold:
    pl = guard("PL")
    rng = stream["numbers"].generator()
    sites = [s for s in facts["site"] if s["name"] not in _NO_DRONE]
    n = int(rng.integers(facts["n_objects_min"], facts["n_objects_max"] + 1))
    first, last = utc_s(_FIRST), utc_s(_LAST)
    # Ends: the listed sites, then as many unknown ones as the count asks for.
    ends: list[tuple[str, Place]] = [
        (str(s["name"]), Place(s["lat"], s["lon"], 1000.0 * s["radius_km"]))
        for s in sites
    ]
    ends += [
        (f"unknown {k}", Place(51.5, 22.9, 45e3)) for k in range(1, n - len(sites) + 1)
    ]
    # The southernmost come from Ukraine: its air force counted eight.
    south = sorted(range(n), key=lambda i: (ends[i][1].lat_deg, ends[i][0]))
    from_ukraine = set(south[:_FROM_UKRAINE])
    flights, texts = [], []
    free = [
        i
        for i in range(n)
        if ends[i][0] not in _DOWNED
        and ends[i][0] not in _FOUND_BY
        and ends[i][0].startswith("unknown")
    ]
    closer, opener = free[0], south[-1]
    downed = {closer, *(free[1:2])}
    for i, (name, place) in enumerate(ends):
        own = stream["drone", i]
        via = "UA" if i in from_ukraine else "BY"
        case = Reach(
            border=pl,
            route=to_site("PL", via, place, 72_000.0, 1.35),
            speed_mps=(30.0, 45.0),
            radius_m=900.0,
            alt_m=600.0,
            via=via,
            end=place,
            weave_deg=6.0,
            step_m=100.0,
            dive=0.1,
        )
        solved = reach(case, own)
        inside_s = (solved.path.length_m - solved.in_m) / solved.speed_mps
        draw = own["time"].generator()
        end = "crash"
        if i == closer:
            t_in = last
            # Downed at the reported time: the speed is what that asks for, or the
            # way is cut there.
            solved, end = _cut(solved, utc_s(_LAST_DOWN) - last), "downed"
        elif i == opener:
            t_in = first
        elif name in _DOWNED:
            t_in, end = utc_s(_DOWNED[name]) - inside_s, "downed"
        else:
            latest = utc_s(_FOUND_BY.get(name, _ALL_DOWN)) - inside_s
            t_in = float(draw.uniform(first + 60.0, min(last - 60.0, latest)))
            if i in downed:
                end = "downed"
        flights.append(
            Told(
                f"{facts['id']}:{i + 1:02d}",
                solved,
                t_in,
                facts["object_class"],
                "not known",
                end,
                "via_belarus" if via == "BY" else "decoy",
            )
        )
        clock = datetime.datetime.fromtimestamp(t_in, datetime.UTC)
        texts.append(f"{name} via {via} at {clock:%H:%M}Z, {solved.speed_mps:.0f} m/s")
    source = source_of(facts)
    notes = (
        Assumption(
            "number of entries",
            f"{n}",
            "19, 21 and 23 are all stated; drawn from 19 to 23",
            source,
        ),
        Assumption(
            "from where",
            f"{_FROM_UKRAINE} from Ukraine, {n - _FROM_UKRAINE} from Belarus",
            "Ukraine's air force counted eight from its side; which ones is assumed: "
            "the southernmost ends",
            source,
        ),
        Assumption(
            "entries, ends, speeds",
            "; ".join(texts),
            "first and last entry and the shoot-downs near Czesniki and at the end as "
            "reported; every other time, point and speed is drawn. Ends lie within "
            "the radius of the listed sites, further ends (unknown) in Lublin and "
            "southern Podlasie",
            source,
        ),
        Assumption(
            "shot down",
            "3",
            "three confirmed; which ones, beside Czesniki and the last, is assumed",
            source,
        ),
        Assumption(
            "Wyryki-Wola",
            "no drone ends there",
            "by later government words an interceptor missile hit the house",
            source,
        ),
        Assumption(
            "ways",
            "half an hour before the border, dog-legs inside",
            "not published; drawn",
            HERE,
        ),
    )
    return Retold(tuple(flights), notes, Phantoms.empty())


def _cut(solved: Solved, inside_s: float) -> Solved:
    """A flight cut after so many seconds inside, slower where it ends before."""
    left = solved.path.length_m - solved.in_m
    speed = min(solved.speed_mps, left / inside_s)
    stop = solved.in_m + speed * inside_s
    keep = solved.path.way_m < stop - 1.0
    lat, lon, alt = solved.path.at(np.array([stop]))
    path = Path(
        np.append(solved.path.way_m[keep], stop),
        np.append(solved.path.lat_deg[keep], lat),
        np.append(solved.path.lon_deg[keep], lon),
        np.append(solved.path.alt_m[keep], alt),
    )
    return dataclasses.replace(solved, path=path, speed_mps=speed)


# -- 26 August 2024: nothing -----------------------------------------------------


def _tyszowce(facts: dict[str, Any], stream: Stream) -> Retold:
    pl = guard("PL")
    rng = stream["phantom"].generator()
    entry, lost = place_of(facts, "entry"), place_of(facts, "exit")
    lat, lon, _ = front_points("PL", "UA")
    near = np.array(
        [
            entry.distance_m(float(a), float(o)) < 0.4 * entry.radius_m
            for a, o in zip(lat, lon, strict=True)
        ]
    )
    usable = np.flatnonzero(near)
    kinds = ("balloon", "flock", "anomalous_propagation")
    kind = str(rng.choice(kinds))
    t_in = utc_s(facts["entry_time_utc"])
    t_lost = t_in + float(facts["duration_s"])
    before_s = 1500.0
    # The drift that passes the border at the reported minute, on to where it was
    # lost: most likely one crossing, so draw until the way in is one.
    for attempt in range(200):
        i = int(usable[rng.integers(len(usable))])
        at = (float(lat[i]), float(lon[i]))
        end = lost.draw(rng)
        course, way = bearing(*at, *end)
        speed = way / (t_lost - t_in)
        start = offset(*at, course + 180.0, speed * before_s)
        source_of_plots = drifting(
            f"phantom:{facts['id']}:1",
            kind,
            stream["drift", attempt],
            t0_s=t_in - before_s,
            t1_s=t_lost,
            from_deg=start,
            to_deg=end,
            bend_m=float(rng.normal(0.0, 600.0)),
        )
        runs = inside_runs(
            pl, source_of_plots.t_s, source_of_plots.lat_deg, source_of_plots.lon_deg
        )
        if len(runs) == 1 and abs(runs[0][0] - t_in) <= 60.0:
            break
    source = source_of(facts)
    notes = (
        Assumption(
            "what there was",
            f"no flight: one {kind.replace('_', ' ')} drifting at {speed:.0f} m/s",
            "the command's final word is that very probably nothing entered. One "
            "common source is what could make three radars agree; which kind is drawn",
            source,
        ),
        Assumption(
            "alternative: a drone that wandered",
            "not flown",
            "held open until 5 September 2024: 25 km of depth and 33 minutes fit a "
            "Shahed only if it circled",
            source,
        ),
        Assumption(
            "alternative: a drone that left again",
            "not flown",
            "17 minutes by other reports: in and out again at 25 km depth is possible; "
            "nothing was found on either side",
            source,
        ),
        Assumption(
            "final state",
            "never established",
            "a valid last word about a track; no score counts it as an entry",
            source,
        ),
        Assumption(
            "drift",
            f"from 25 minutes before the border, {way / 1000:.0f} km in "
            f"{(t_lost - t_in) / 60.0:.0f} minutes after it",
            "33 minutes at a steady drift carry from the reported place of entry to "
            "the place where contact was lost; everything else is drawn",
            source,
        ),
    )
    return Retold((), notes, source_of_plots)


# -- Romania --------------------------------------------------------------------


def _galati(facts: dict[str, Any], stream: Stream) -> Retold:
    ro = guard("RO")
    entry, end = place_of(facts, "entry"), place_of(facts, "impact")
    band = get(facts["object_class"]).speed_mps
    height = float(facts["altitude_m_reported"])

    def route(
        rng: np.random.Generator,
    ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
        start = Place(45.75, 29.25, 12e3).draw(rng)
        izmail = Place(45.50, 28.72, 4e3).draw(rng)
        reni = Place(45.475, 28.30, 1.5e3).draw(rng)
        door = Place(45.452, 28.215, 3.5e3).draw(rng)
        last = end.draw(rng)
        way = bearing(*door, *last)[1]
        bends = [
            between(door, last, u, float(rng.normal(0.0, 0.08)) * way)
            for u in (0.25, 0.5, 0.75)
        ]
        ways = [(*w, height) for w in (izmail, reni, door, *bends)]
        return start, [*ways, (*last, 30.0)]

    case = Reach(
        border=ro,
        route=route,
        speed_mps=(band.low, band.high),
        radius_m=500.0,
        alt_m=height,
        inside_s=float(facts["duration_s"]),
        entry=entry,
        end=end,
        dive=0.2,
        weave_deg=4.0,
    )
    solved = reach(case, stream["reach"])
    source = source_of(facts)
    notes = (
        *drawn(facts, solved, case.inside_s or 0.0),
        Assumption(
            "speed against time",
            f"240 s kept, {(solved.path.length_m - solved.in_m) / 1000:.1f} km inside "
            f"at {solved.speed_mps:.0f} m/s",
            "Reni to southern Galati is 17-20 km, too far for 4 minutes at 180 km/h. "
            "Both ends are known within 5 and 3 km only: the flight enters in the west "
            "of the one and falls in the east of the other",
            source,
        ),
        Assumption(
            "turns",
            "three small ones inside, drawn; descent from 600 m in the last 3 km",
            "several turns and a descent are reported, without places",
            source,
        ),
    )
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["entry_time_utc"]),
        facts["object_class"],
        "not known",
        "target",
        "damaged_near_border",
    )
    return Retold((told,), notes, Phantoms.empty())


def _chilia(facts: dict[str, Any], stream: Stream) -> Retold:
    ro, ua = guard("RO"), guard("UA")
    village = place_of(facts, "impact")
    band = get(facts["object_class"]).speed_mps
    line = _entry_line(ro, "UA", village)

    def route(
        rng: np.random.Generator,
    ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
        height = float(rng.uniform(100.0, 800.0))
        i = int(rng.integers(len(line[0])))
        # 30 to 150 m on the Ukrainian side of the line in the river.
        last = offset(line[0][i], line[1][i], line[2][i] + 180.0, rng.uniform(30, 150))
        sea = Place(45.45, 31.0, 15e3).draw(rng)
        coast = Place(45.62, 29.95, 6e3).draw(rng)
        inland = Place(45.56, 29.55, 5e3).draw(rng)
        ways = [(*w, height) for w in (coast, inland)]
        return sea, [*ways, (*last, 0.7 * height)]

    case = Reach(
        border=ro,
        route=route,
        speed_mps=(band.low, band.high),
        radius_m=800.0,
        alt_m=400.0,
        end=village,
        enters=False,
        weave_deg=5.0,
    )
    for attempt in range(50):
        solved = reach(case, stream["reach", attempt])
        lat, lon = solved.path.lat_deg[-1], solved.path.lon_deg[-1]
        gap = float(ro.distance_m(np.array([lat]), np.array([lon]))[0])
        if bool(ua.inside(np.array([lat]), np.array([lon]))[0]) and gap < 160.0:
            break
    source = source_of(facts)
    notes = (
        Assumption(
            "where it was downed",
            f"{lat:.4f} N {lon:.4f} E, {gap:.0f} m on the Ukrainian side of the line",
            "'about 100 m from the village, on the Ukrainian side': the line runs in "
            "the river, so the distance is read as one to the border",
            source,
        ),
        Assumption(
            "speed",
            f"{solved.speed_mps:.1f} m/s",
            "not reported; drawn over the class's interval",
            source,
        ),
        Assumption(
            "height",
            f"{solved.path.alt_m[0]:.0f} to {solved.path.alt_m[-1]:.0f} m",
            "not reported; drawn",
            HERE,
        ),
        Assumption(
            "way there",
            f"{solved.path.length_m / 1000:.0f} km, from the Black Sea north of the "
            "delta",
            "not published; it was attacking Danube ports",
            source,
        ),
        Assumption(
            "radar contact",
            f"reported 9 km from Chilia Veche: {9000.0 / solved.speed_mps:.0f} s "
            "before the end at this speed",
            "whether our sensors see it earlier or later is an outcome, not an input",
            source,
        ),
    )
    told = Told(
        f"{facts['id']}:1",
        solved,
        utc_s(facts["impact_time_utc"]),
        facts["object_class"],
        "UA: Danube ports",
        "downed",
        "dog_legs",
    )
    return Retold((told,), notes, Phantoms.empty())


def _entry_line(border: Border, via: str, near: Place) -> tuple[Floats, Floats, Floats]:
    """Points every 50 m of the line with a neighbour within a place's radius."""
    s = np.arange(0.0, border.length_m, 50.0)
    s = s[border.neighbour_at(s) == border.neighbours.index(via)]
    lat, lon = border.point_at(s)
    north = (lat - near.lat_deg) * 111_250.0
    east = (lon - near.lon_deg) * 111_320.0 * np.cos(np.radians(near.lat_deg))
    keep = np.hypot(north, east) < 0.95 * near.radius_m
    s = s[keep]
    a0, o0 = border.point_at(s - 250.0)
    a1, o1 = border.point_at(s + 250.0)
    along = np.degrees(
        np.arctan2((o1 - o0) * np.cos(np.radians(near.lat_deg)), a1 - a0)
    )
    return lat[keep], lon[keep], np.asarray(along - 90.0)


# -- one flight to a known end, entry or end timed ---------------------------------


@dataclass(frozen=True)
class _Simple:
    """A reach whose report needs no more than a table row.

    t_is        what the reported time times: "entry" or "impact"
    inside_s    seconds from entry to end, None: free
    outside_m   length of the way before the border
    """

    iso: str
    via: str
    t_is: str
    depth_m: tuple[float, float]
    end: str
    family: str
    outside_m: float
    inside_s: float | None = None
    speed_mps: tuple[float, float] | None = None
    alt_m: float | None = None
    detour: float = 1.3
    apex_m: tuple[float, float] | None = None
    wander: int = 0
    note: str = ""


def _simple(how: _Simple) -> Callable[[dict[str, Any], Stream], Retold]:
    def tell(facts: dict[str, Any], stream: Stream) -> Retold:
        klass = get(facts["object_class"])
        band = how.speed_mps or (klass.speed_mps.low, klass.speed_mps.high)
        end = place_of(facts, "impact")
        direct = to_site(how.iso, how.via, end, how.outside_m, how.detour)

        def route(
            rng: np.random.Generator,
        ) -> tuple[tuple[float, float], list[tuple[float, float, float]]]:
            start, ways = direct(rng)
            if how.wander:
                at, last = ways[1], ways[-1]
                way = max(bearing(at[0], at[1], last[0], last[1])[1], 20e3)
                mids = [
                    between(at[:2], last[:2], float(u), float(rng.normal(0, 0.6)) * way)
                    for u in rng.uniform(0.3, 1.1, how.wander)
                ]
                ways = [*ways[:2], *((*m, ways[0][2]) for m in mids), last]
            if how.apex_m is not None:
                ways = [(*ways[-1][:2], 500.0)]
            elif how.alt_m is not None:
                ways = [*((w[0], w[1], how.alt_m) for w in ways[:-1]), ways[-1]]
            return start, ways

        case = Reach(
            border=guard(how.iso),
            route=route,
            speed_mps=band,
            radius_m=900.0 if how.apex_m is None else 5000.0,
            alt_m=how.alt_m if how.alt_m is not None else 500.0,
            inside_s=how.inside_s,
            via=how.via,
            end=end,
            depth_m=how.depth_m,
            weave_deg=5.0 if how.apex_m is None else 0.0,
            dive=0.15 if how.apex_m is None else 0.0,
            step_m=50.0,
        )
        solved = reach(case, stream["reach"])
        notes = drawn(facts, solved, how.inside_s or 0.0)
        if how.apex_m is not None:
            apex = float(stream["apex"].generator().uniform(*how.apex_m))
            u = solved.path.way_m / solved.path.length_m
            arc = dataclasses.replace(solved.path, alt_m=4.0 * apex * u * (1.0 - u))
            solved = dataclasses.replace(solved, path=arc)
            notes.append(
                Assumption(
                    "arc",
                    f"apex {apex / 1000:.1f} km over {arc.length_m / 1000:.0f} km",
                    "speed, height and place of launch of the interceptor are assumed",
                    HERE,
                )
            )
        if how.note:
            notes.append(
                Assumption("choice", how.note, "reports differ", source_of(facts))
            )
        inside_s = (solved.path.length_m - solved.in_m) / solved.speed_mps
        t = utc_s(facts[f"{how.t_is}_time_utc"])
        t_in = t if how.t_is == "entry" else t - inside_s
        told = Told(
            f"{facts['id']}:1",
            solved,
            t_in,
            facts["object_class"],
            "not known",
            how.end,
            how.family,
        )
        return Retold((told,), tuple(notes), Phantoms.empty())

    return tell


_AT_ENTRY = span("entry_time_utc", "entry_time_utc")
_AT_IMPACT = span("impact_time_utc", "impact_time_utc")

RECIPES: dict[str, Recipe] = {
    r.id: r
    for r in (
        Recipe(
            "md-2022-10-10-three-kalibr",
            ("MD",),
            "three ways over the named places within one window",
            span("entry_time_utc", "exit_time_utc"),
            1800.0,
            300.0,
            8,
            kalibr_three,
        ),
        Recipe(
            "pl-2022-11-15-przewodow",
            ("PL",),
            "reach: an interceptor's arc to the reported village",
            _AT_IMPACT,
            1500.0,
            300.0,
            10,
            _simple(
                _Simple(
                    "PL",
                    "UA",
                    "impact",
                    (3000.0, 8000.0),
                    "crash",
                    "stray_interceptor",
                    40e3,
                    speed_mps=(400.0, 1000.0),
                    apex_m=(6000.0, 14_000.0),
                    detour=2.0,
                    note="15:40 local and one missile, as most reports have it; 3 to "
                    "12 km from the border appear in the press",
                )
            ),
        ),
        Recipe(
            "by-2022-12-29-harbacha",
            ("BY",),
            "reach: an interceptor's arc to the reported field",
            _AT_IMPACT,
            1500.0,
            300.0,
            8,
            _simple(
                _Simple(
                    "BY",
                    "UA",
                    "impact",
                    (10_000.0, 30_000.0),
                    "crash",
                    "stray_interceptor",
                    40e3,
                    speed_mps=(400.0, 1000.0),
                    apex_m=(6000.0, 14_000.0),
                    detour=2.0,
                    note="whether it was shot down or simply fell is not settled; the "
                    "time is approximate",
                )
            ),
        ),
        Recipe(
            "pl-2023-12-29-lubelskie",
            ("PL",),
            "clip: in and out again, solved for 175 s and 40 km inside",
            entry_to_exit,
            2100.0,
            900.0,
            14,
            _lubelskie,
        ),
        Recipe(
            "pl-2024-03-24-oserdow",
            ("PL",),
            "clip: in and out again, solved for 39 s inside",
            entry_to_exit,
            2100.0,
            600.0,
            8,
            _oserdow,
        ),
        Recipe(
            "pl-2024-08-26-tyszowce",
            ("PL",),
            "no flight: a drifting source of false plots",
            entry_to_exit,
            2100.0,
            600.0,
            24,
            _tyszowce,
        ),
        Recipe(
            "by-2024-08-29-yelsk",
            ("BY",),
            "reach: 25 minutes from entry to the reported shoot-down",
            span("entry_time_utc", "impact_time_utc"),
            2100.0,
            300.0,
            8,
            _simple(
                _Simple(
                    "BY",
                    "UA",
                    "entry",
                    (5000.0, 90_000.0),
                    "downed",
                    "via_belarus",
                    80e3,
                    inside_s=1500.0,
                    wander=2,
                )
            ),
        ),
        Recipe(
            "lt-2025-07-10-sumskas",
            ("LT",),
            "reach: over the border from Belarus and down within minutes",
            _AT_ENTRY,
            1800.0,
            600.0,
            0,
            _simple(
                _Simple(
                    "LT",
                    "BY",
                    "entry",
                    (200.0, 1500.0),
                    "crash",
                    "decoy",
                    60e3,
                    inside_s=150.0,
                    speed_mps=(14.0, 45.0),
                    alt_m=100.0,
                    detour=1.5,
                    note="150 s inside ('a few minutes'); 55 km/h is a visual estimate "
                    "below the type's band, so the band is 14-45 m/s",
                )
            ),
        ),
        Recipe(
            "ee-2025-08-24-koruste",
            ("EE", "LV"),
            "reach: from Latvia to the reported village",
            _AT_ENTRY,
            2100.0,
            2400.0,
            0,
            _simple(
                _Simple(
                    "EE",
                    "LV",
                    "entry",
                    (5000.0, 90_000.0),
                    "crash",
                    "stray_loss_of_control",
                    90e3,
                    note="entry at 04:45 local is kept; the fall then comes after it, "
                    "although one report has it earlier",
                )
            ),
        ),
        Recipe(
            "pl-2025-09-10-mass-incursion",
            ("PL",),
            "reaches: 19 to 23 drones to the listed sites, most by way of Belarus",
            span(_FIRST, _ALL_DOWN),
            1800.0,
            300.0,
            40,
            _mass,
        ),
        Recipe(
            "ro-2025-09-13-chilia",
            ("RO",),
            "in and out again after 50 wandering minutes",
            entry_to_exit,
            1800.0,
            600.0,
            5,
            delta,
        ),
        Recipe(
            "ro-2025-11-25-vaslui",
            ("RO",),
            "two entries: one out again, one to the place of the fall",
            span("2025-11-25T04:30:00Z", "2025-11-25T07:00:00Z"),
            1500.0,
            300.0,
            8,
            vaslui,
        ),
        Recipe(
            "ro-2026-02-27-chilia-shotdown-ua-side",
            ("RO",),
            "near: downed on the Ukrainian side of the river, never enters",
            _AT_IMPACT,
            2400.0,
            300.0,
            6,
            _chilia,
        ),
        Recipe(
            "ee-2026-03-25-auvere",
            ("EE",),
            "reach: from Russia across Narva to the reported plant",
            _AT_IMPACT,
            2400.0,
            300.0,
            0,
            _simple(
                _Simple(
                    "EE",
                    "RU",
                    "impact",
                    (2000.0, 40_000.0),
                    "target",
                    "stray_loss_of_control",
                    90e3,
                )
            ),
        ),
        Recipe(
            "lv-2026-05-07-rezekne-depot",
            ("LV",),
            "reach: from Russia to the reported depot",
            _AT_IMPACT,
            3600.0,
            300.0,
            0,
            _simple(
                _Simple(
                    "LV",
                    "RU",
                    "impact",
                    (30_000.0, 50_000.0),
                    "target",
                    "stray_loss_of_control",
                    90e3,
                    note="the first fire calls stand for the time of the fall; one of "
                    "two or three drones is flown",
                )
            ),
        ),
        Recipe(
            "ro-2026-05-29-galati-block",
            ("RO",),
            "reach: from Reni to southern Galati in 240 s",
            span("entry_time_utc", "impact_time_utc"),
            2100.0,
            300.0,
            6,
            _galati,
        ),
    )
}

#: Why the rest are refused, where the general reasons of `why_not` do not tell it.
REFUSED: dict[str, str] = {
    "hr-2022-03-10-tu141": (
        "its times contradict each other: 38 minutes lie between entry and crash, and "
        "40 are stated for Hungary alone; the way in 38 needs some 255 m/s, not the "
        "stated 194"
    ),
    "pl-2022-12-16-bydgoszcz": "neither a place nor a time of entry is published",
    "ro-2023-09-13-nufaru": "its time is when police were told, hours may lie between",
    "ro-2023-12-14-grindu": "its time of entry or fall is not published",
    "by-2024-07-16-loop": "entries have a time but no place that can be used",
    "ro-2024-09-08-transit": "no place of entry or exit is published",
    "pl-2025-09-07-polatycze": "its time is when it was found",
    "ro-2025-09-10-alert": "no object entered; the alert alone is reported",
    "pl-2025-09-13-alert": "no object entered; the alert alone is reported",
    "ro-2025-11-11-grindu": "its time of entry or fall is not published",
    "ro-2025-11-17-plauru-evacuation": "no object entered: a gas carrier burned "
    "across the river",
    "md-2025-11-25-six-drones": "six or seven drones and no time for any of them",
    "md-2025-11-28-two-drones": "no place is published",
    "ro-2026-02-25-sfantu-gheorghe": "places but no time of passing them",
    "ee-2026-05-19-shootdown": "its place is known only as a region",
}
