"""A raid in the air: from families' routes to rows, all objects at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.columns import Bool, Floats, Ints
from forefield.kernels.flying import COLUMNS, fly_objects
from forefield.threats.classes import ObjectClass, get
from forefield.threats.families import FAMILIES, Ask, Family, Route
from forefield.threats.flights import Flights
from forefield.threats.paths import bearing, offset
from forefield.threats.plans import RaidPlan
from forefield.threats.raids import defence_rate_per_s, stop_share
from forefield.threats.theatre import SECTORS, Theatre, between, launch, theatre
from forefield.world.borders import Border

__all__ = ["Sorties", "fly_raid", "row_step_s"]

_AT = {name: i for i, name in enumerate(COLUMNS)}
_CORRIDORS = 5

# Rows of fast classes lie closer. 2 s of a cruise missile are some 450 m.
_ROW_S = {"ballistic": 1.0, "interceptor": 1.0, "cruise": 2.0, "jet_drone": 2.0}
_DT_S = {"ballistic": 0.5, "interceptor": 0.5, "cruise": 1.0, "jet_drone": 1.0}

# Greatest rate of turn [deg/s] (drawn between) and of climb [m/s], by track class:
# assumed. 3 deg/s at 230 m/s are 1.2 g.
_TURN = {"cruise": (1.5, 3.5), "jet_drone": (2.0, 5.0), "ballistic": (1.0, 1.0)}
_CLIMB = {"cruise": 15.0, "jet_drone": 10.0, "ballistic": 300.0}


def row_step_s(track_class: str) -> float:
    """Seconds between the rows of a flight of a class column of `tracks`."""
    return _ROW_S.get(track_class, 5.0)


@dataclass(frozen=True)
class Sorties:
    """What flew, and counts for the assumptions.

    airborne  objects with rows in the window; total: objects of the raid
    """

    flights: Flights
    airborne: int
    total: int
    headed: int


@dataclass(frozen=True)
class _Object:
    """One object before it is flown."""

    flight_id: str
    klass: ObjectClass
    family: str
    route: Route
    speed_mps: float
    turn_dps: float
    weave: tuple[float, float, float]
    t_key_s: float
    key: np.uint64
    fate: tuple[float, float]


def _corridors(
    ground: Theatre, stream: Stream
) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The night's shared ways: launch to the west of Ukraine, four dog-legs."""
    out = []
    sectors = tuple(SECTORS)
    for k in range(_CORRIDORS):
        rng = stream["corridor", k].generator()
        start = launch(rng, sectors[k % len(sectors)])
        lat, lon, _ = ground.target(rng, k % 2 == 0)
        way = bearing(*start, lat, lon)[1]
        points = [start]
        for share in (0.3, 0.5, 0.7, 0.88):
            aside = float(np.clip(rng.normal(0.0, 0.09) * way, -90e3, 90e3))
            points.append(between(start, (lat, lon), share, aside))
        out.append(tuple(points))
    return tuple(out)


def _choose(raid: RaidPlan, klass: ObjectClass, u: float) -> Family:
    """The family of an object; some classes have only one."""
    if klass.track_class == "ballistic":
        return FAMILIES["ballistic_arc"]
    if klass.track_class == "interceptor":
        return FAMILIES["stray_interceptor"]
    shares = np.cumsum([share for _, share in raid.behaviours])
    name = raid.behaviours[min(int(np.searchsorted(shares, u)), len(shares) - 1)][0]
    if name == "ballistic_arc":
        name = "dog_legs"
    return FAMILIES[name]


def _objects(
    raid: RaidPlan, ground: Theatre, stream: Stream
) -> tuple[list[_Object], int]:
    """Every object of the raid, drawn from its own stream; how many are headed in."""
    corridors = _corridors(ground, stream)
    out, headed = [], 0
    for name, n in raid.counts:
        klass = get(name)
        for k in range(n):
            own = stream["object", name, k]
            rng = own.generator()
            u, into, west = rng.uniform(size=3)
            kind = _choose(raid, klass, float(u))
            flight_id = f"{klass.code}-{k:04d}"
            if kind.name == "stray_interceptor" and klass.track_class != "interceptor":
                # The drone flies on; the missile fired at it is the one that strays.
                sam = get("stray_interceptor")
                out.append(
                    _one(
                        raid,
                        ground,
                        sam,
                        kind,
                        corridors,
                        own["sam"],
                        f"sam-{flight_id}",
                        False,
                        False,
                    )
                )
                kind = FAMILIES["dog_legs"]
            goes = into < raid.headed_to_guard and klass.track_class != "ballistic"
            if goes and not kind.takes_target:
                kind = FAMILIES["dog_legs"]
            headed += int(goes)
            near = kind.near or west < raid.west_share
            out.append(
                _one(
                    raid,
                    ground,
                    klass,
                    kind,
                    corridors,
                    own,
                    flight_id,
                    goes,
                    near,
                    rng,
                )
            )
    out.sort(key=lambda o: o.flight_id)
    return out, headed


def _one(
    raid: RaidPlan,
    ground: Theatre,
    klass: ObjectClass,
    kind: Family,
    corridors: tuple[tuple[tuple[float, float], ...], ...],
    stream: Stream,
    flight_id: str,
    headed: bool,
    near: bool,
    rng: np.random.Generator | None = None,
) -> _Object:
    rng = stream.generator() if rng is None else rng
    speed = float(rng.uniform(klass.speed_mps.low, klass.speed_mps.high))
    low, high = klass.altitude_m.low, klass.altitude_m.high
    # Heights are skewed to the low end: most of these fly low most of the time.
    alt = float(low + (high - low) * rng.beta(1.0, 2.5))
    target = ground.inside(rng) if headed else ground.target(rng, near)
    ask = Ask(klass, ground, target, headed, speed, alt, corridors, raid.minutes)
    route = kind.route(ask, rng)
    turn = rng.uniform(*_TURN.get(klass.track_class, (2.0, 6.0)))
    weave = (rng.uniform(0.0, 6.0), rng.uniform(120.0, 900.0), rng.uniform(0.0, 6.28))
    if klass.track_class in ("ballistic", "interceptor"):
        weave = (0.0, 1.0, 0.0)
    a, b = route.key_span
    t_key = raid.t0_s + 60.0 * raid.minutes * rng.uniform(a, b)
    fate = (float(rng.uniform()), float(rng.uniform()))
    return _Object(
        flight_id,
        klass,
        kind.name,
        route,
        speed,
        float(turn),
        weave,
        t_key,
        stream.key,
        fate,
    )


def _start(
    o: _Object, t0_s: float
) -> tuple[float, float, float, float, float, int, float]:
    """Where the window finds it: t, lat, lon, alt, course, next way-point, way done."""
    ways = o.route.ways
    legs = [bearing(*a, *b) for a, b in pairwise(ways)]
    ends = np.concatenate([[0.0], np.cumsum([way for _, way in legs])])
    s = float(ends[o.route.key]) - o.speed_mps * (o.t_key_s - t0_s)
    if s <= 0.0:
        return t0_s - s / o.speed_mps, *ways[0], o.route.alts[0], legs[0][0], 1, 0.0
    s = min(s, float(ends[-1]) - 1.0)
    k = int(np.searchsorted(ends, s, side="right")) - 1
    course, way = legs[k]
    lat, lon = offset(*ways[k], course, s - float(ends[k]))
    share = (s - float(ends[k])) / max(way, 1.0)
    alt = o.route.alts[k]
    if k + 2 < len(ways):
        alt += share * (o.route.alts[k + 1] - alt)
    return t0_s, lat, lon, alt, bearing(lat, lon, *ways[k + 1])[0], k + 1, s


def _parameters(
    objects: list[_Object], t0_s: float, t1_s: float
) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    n = len(objects)
    widest = max(len(o.route.ways) for o in objects)
    par = np.zeros((n, len(COLUMNS)))
    lat, lon, alt = (np.zeros((n, widest)) for _ in range(3))
    many = np.zeros(n, dtype=np.int64)
    for i, o in enumerate(objects):
        r, column = o.route, o.klass.track_class
        t, la, lo, al, course, first, done = _start(o, t0_s)
        p: dict[str, float] = {
            "t_start_s": t,
            "lat_deg": la,
            "lon_deg": lo,
            "alt_m": al,
            "course_deg": course,
            "speed_mps": o.speed_mps,
            "turn_dps": o.turn_dps,
            "climb_mps": _CLIMB.get(column, 3.0),
            "weave_deg": o.weave[0],
            "weave_period_s": o.weave[1],
            "weave_phase": o.weave[2],
            "hold_at": -1.0,
            "hold_side": 1.0,
            "stray_at_s": math.inf,
            "stray_for_s": 0.0,
            "stray_speed": 1.0,
            "endurance_s": math.inf,
            "t_stop_s": t1_s,
            "row_s": row_step_s(column),
            "dt_s": _DT_S.get(column, 2.5),
        }
        since = o.t_key_s - t
        for name, value in r.extra.items():
            if name in ("stray_at_s", "endurance_s"):
                value = max(0.0, value + since)
            elif name == "hold_at":
                value = value + 1.0 - first
            p[name] = value
        if p.get("apex_m", 0.0) > 0.0:
            p["way_m"] = sum(bearing(*a, *b)[1] for a, b in pairwise(r.ways))
            p["done_m"] = done
            u = done / p["way_m"]
            p["alt_m"] = 4.0 * p["apex_m"] * u * (1.0 - u)
        for name, value in p.items():
            par[i, _AT[name]] = value
        m = len(r.ways) - first
        many[i] = m
        lat[i, :m] = [w[0] for w in r.ways[first:]]
        lon[i, :m] = [w[1] for w in r.ways[first:]]
        alt[i, :m] = r.alts[first:]
    return par, lat, lon, alt, many


#: A whole raid is flown from so long before its window to so long after it [s]: an
#: object passes its key point up to half a window late, and no drone flies for a day.
_DAY_S = 86_400.0


def fly_raid(
    raid: RaidPlan,
    stream: Stream,
    *,
    keep_out: tuple[Border, ...] = (),
    whole: bool = False,
) -> Sorties:
    """Fly every object of a raid through its window.

    whole     fly every object from its launch to its end, whatever the window: for
              counting what becomes of a raid; the neighbour's defence meets all of it
    keep_out  territories that none may enter: flights that do are left out (used
              for the background of incidents, where the report counts entries)
    """
    ground = theatre(raid.guard)
    objects, headed = _objects(raid, ground, stream)
    total = len(objects)
    t0, t1 = raid.t0_s, raid.t1_s
    if whole:
        t0, t1 = t0 - _DAY_S, t1 + 0.5 * (t1 - t0) + _DAY_S / 2.0
    par, way_lat, way_lon, way_alt, many = _parameters(objects, t0, t1)
    flown = par[:, 0] < t1 - 1.0
    objects = [o for o, f in zip(objects, flown, strict=True) if f]
    if not objects:
        return Sorties(Flights.empty(), 0, total, headed)
    par, many = par[flown], many[flown]
    way_lat, way_lon, way_alt = way_lat[flown], way_lon[flown], way_alt[flown]
    room = ((t1 - par[:, 0]) / par[:, _AT["row_s"]]).astype(np.int64) + 4
    first = np.concatenate([[0], np.cumsum(room)])
    out = np.empty((int(first[-1]), 5))
    keys = np.array([o.key for o in objects], dtype=np.uint64)
    ended = fly_objects(par, keys, way_lat, way_lon, way_alt, many, first[:-1], out)
    rows, kept, ends = _fates(raid, ground, objects, par, out, first[:-1], ended)
    if keep_out:
        kept &= ~_entered(keep_out, out, first[:-1], rows)
    return Sorties(
        _table(objects, out, first[:-1], rows, kept, ends),
        int(kept.sum()),
        total,
        headed,
    )


def _index(first: Ints, rows: Ints) -> Ints:
    """Row numbers of all objects, one after the other."""
    starts = np.repeat(first - np.concatenate([[0], np.cumsum(rows)[:-1]]), rows)
    return np.asarray(starts + np.arange(int(rows.sum())))


def _fates(
    raid: RaidPlan,
    ground: Theatre,
    objects: list[_Object],
    par: Floats,
    out: Floats,
    first: Ints,
    ended: Ints,
) -> tuple[Ints, Bool, list[str]]:
    """Rows that count, which flights do, and how each ended, defence included."""
    n = len(objects)
    rows = ended[:, 0].copy()
    at_last = [o.route.end for o in objects]
    ends = [(at_last[i], "crash", "downed", "lost")[int(ended[i, 1])] for i in range(n)]
    rate = np.zeros(n)
    downed = np.zeros(n)
    for i, o in enumerate(objects):
        p_down, p_jam = stop_share(raid, o.klass.id)
        if p_down + p_jam > 0.0:
            rate[i] = float(defence_rate_per_s(raid, o.klass.id, o.speed_mps))
            downed[i] = p_down / (p_down + p_jam)
    at = np.flatnonzero(rate > 0.0)
    if at.size:
        index = _index(first[at], rows[at])
        over = ground.ukraine.inside(out[index, 1], out[index, 2])
        t = out[index, 0]
        begin = np.concatenate([[0], np.cumsum(rows[at])[:-1]])
        dt = np.diff(t, prepend=t[0])
        dt[begin] = 0.0
        spent = np.cumsum(np.where(over, dt, 0.0))
        for j, i in enumerate(at.tolist()):
            mine = spent[begin[j] : begin[j] + rows[i]]
            limit = -math.log(objects[i].fate[0]) / rate[i] + mine[0]
            k = int(np.searchsorted(mine, limit))
            if k < rows[i]:
                rows[i] = k + 1
                ends[i] = "downed" if objects[i].fate[1] < downed[i] else "crash"
    return rows, rows >= 2, ends


def _entered(
    keep_out: tuple[Border, ...], out: Floats, first: Ints, rows: Ints
) -> Bool:
    index = _index(first, rows)
    owner = np.repeat(np.arange(len(rows)), rows)
    hit = np.zeros(len(rows), dtype=np.bool_)
    same = np.flatnonzero(owner[1:] == owner[:-1])
    lat, lon = out[index, 1], out[index, 2]
    for border in keep_out:
        hit[owner[border.inside(lat, lon)]] = True
        # A corner may be cut between two rows.
        met = border.crossing(lat[same], lon[same], lat[same + 1], lon[same + 1])
        hit[owner[same[np.isfinite(met.fraction)]]] = True
    return hit


def _table(
    objects: list[_Object],
    out: Floats,
    first: Ints,
    rows: Ints,
    kept: NDArray[np.bool_],
    ends: list[str],
) -> Flights:
    which = np.flatnonzero(kept)
    if not which.size:
        return Flights.empty()
    index = _index(first[which], rows[which])

    def each(values: list[str]) -> NDArray[np.str_]:
        return np.repeat(np.array([values[i] for i in which]), rows[which])

    return Flights.build(
        len(index),
        t_s=out[index, 0],
        flight_id=each([o.flight_id for o in objects]),
        lat_deg=out[index, 1],
        lon_deg=out[index, 2],
        alt_m=out[index, 3],
        klass=each([o.klass.id for o in objects]),
        intent=each([o.route.intent for o in objects]),
        end=each(ends),
        family=each([o.family for o in objects]),
    )
