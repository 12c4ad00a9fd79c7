"""Flights that agree with what was reported, and with nothing more.

Two shapes cover the documented cases. A *clip* comes in, turns, and goes out
again; a *reach* comes in and ends inside. Each is found by drawing what nobody
published (the way to the border, the course there, the speed within its band)
from the seed, solving for the one quantity that makes the reported time come
out to the second, and drawing again while any other reported number is missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forefield.chance import Stream
from forefield.columns import Floats
from forefield.errors import InputError
from forefield.kernels.flying import step_1
from forefield.threats.paths import Path, bearing, inside_runs, joined, offset, steer
from forefield.world.borders import Border

__all__ = ["Clip", "Place", "Reach", "Solved", "clip", "reach"]

ATTEMPTS = 400
STEP_M = 25.0


@dataclass(frozen=True)
class Place:
    """A reported place: a point and the honest radius of its estimate."""

    lat_deg: float
    lon_deg: float
    radius_m: float

    def distance_m(self, lat_deg: float, lon_deg: float) -> float:
        return bearing(self.lat_deg, self.lon_deg, lat_deg, lon_deg)[1]

    def draw(self, rng: np.random.Generator) -> tuple[float, float]:
        """A point of the disc, uniform by area."""
        r, course = self.radius_m * math.sqrt(rng.uniform()), rng.uniform(0.0, 360.0)
        return offset(self.lat_deg, self.lon_deg, course, r)


@dataclass(frozen=True)
class Solved:
    """A path with its speed, and where on it the guard is entered and left.

    out_m is inf where the flight ends inside.
    """

    path: Path
    speed_mps: float
    in_m: float
    out_m: float
    depth_m: float
    attempts: int


@dataclass(frozen=True)
class Clip:
    """In and out again, within `inside_s` seconds exactly.

    depth_m    least and greatest distance from the border line reached inside
    path_m     least and greatest length of the way inside
    radius_m   least radius of a turn (speed squared by lateral acceleration)
    origins    places it came from, nearest to the border first
    onward     where it went afterwards
    """

    border: Border
    via: str
    entry: Place
    exit: Place | None
    inside_s: float
    speed_mps: tuple[float, float]
    depth_m: tuple[float, float]
    path_m: tuple[float, float]
    radius_m: float
    alt_m: float
    before_s: float
    origins: tuple[Place, ...]
    onward: Place
    after_s: float = 900.0
    shun: tuple[Border, ...] = ()
    south_west_deg: tuple[float, float] = (-90.0, -180.0)  # the entry is NE of it


KNOTS = 4  # curvature along the way inside is linear between this many values
POINTS = 360
POPULATION, PARENTS, GENERATIONS = 160, 24, 60


def _fans(
    lat: Floats, lon: Floats, course: Floats, bends: Floats, way_m: float
) -> tuple[Floats, Floats, Floats]:
    """Many curves at once: (s, lats, lons), the last two (K, POINTS).

    bends  (K, KNOTS) curvature [1/m, clockwise] at even places along `way_m`
    Degrees are scaled as at the first point: 1e-3 of the way is enough for the
    search; the path itself is stepped on the ellipsoid afterwards.
    """
    ds = way_m / POINTS
    u = (np.arange(POINTS, dtype=np.float64) + 0.5) / POINTS * (KNOTS - 1)
    k = np.minimum(u.astype(np.int64), KNOTS - 2)
    bend = bends[:, k] * (1.0 - (u - k)) + bends[:, k + 1] * (u - k)
    heading = np.radians(course)[:, None] + np.cumsum(bend, axis=1) * ds
    north = np.cumsum(np.cos(heading), axis=1) * ds
    east = np.cumsum(np.sin(heading), axis=1) * ds
    up_lat, _ = offset(lat[0], lon[0], 0.0, 1000.0)
    _, right_lon = offset(lat[0], lon[0], 90.0, 1000.0)
    lats = lat[:, None] + north / 1000.0 * (up_lat - lat[0])
    lons = lon[:, None] + east / 1000.0 * (right_lon - lon[0])
    s = np.arange(1, POINTS + 1, dtype=np.float64) * ds
    return np.asarray(s), np.asarray(lats), np.asarray(lons)


def _entry_chainages(
    border: Border, entry: Place, via: str, south_west_deg: tuple[float, float]
) -> Floats:
    """Chainages of the border line with `via` within the entry's radius."""
    s = np.arange(0.0, border.length_m, 50.0)
    lat, lon = border.point_at(s)
    near = (
        np.hypot(
            (lat - entry.lat_deg) * 111_200.0,
            (lon - entry.lon_deg) * 111_320.0 * math.cos(math.radians(entry.lat_deg)),
        )
        <= entry.radius_m
    )
    which = np.asarray(border.neighbours)[border.neighbour_at(s)]
    return np.asarray(
        s[
            near
            & (which == via)
            & (lat >= south_west_deg[0])
            & (lon >= south_west_deg[1])
        ]
    )


def _inward_deg(border: Border, chainage_m: float) -> float:
    """Course that points into the territory, square to the line over 1 km."""
    lat, lon = border.point_at(np.array([chainage_m - 500.0, chainage_m + 500.0]))
    along, _ = bearing(lat[0], lon[0], lat[1], lon[1])
    return along - 90.0


def _over(x: Floats, low: float, high: float, unit: float) -> Floats:
    """How far outside an interval, in units, squared."""
    return np.asarray((np.maximum(0.0, np.maximum(low - x, x - high)) / unit) ** 2)


def _miss(case: Clip, genes: Floats) -> Floats:
    """How badly each candidate misses the report; 0 where it agrees.

    genes  (K, 2 + KNOTS): chainage of the entry, course, curvatures
    """
    border = case.border
    low = max(case.path_m[0], case.speed_mps[0] * case.inside_s)
    high = min(case.path_m[1], case.speed_mps[1] * case.inside_s)
    lat, lon = border.point_at(genes[:, 0])
    s, lats, lons = _fans(lat, lon, genes[:, 1], genes[:, 2:], 1.3 * high)
    inside = border.inside(lats, lons)
    first = np.argmax(~inside, axis=1)
    never = inside.all(axis=1)
    first[never] = POINTS - 1
    rows = np.arange(len(genes))
    way = s[first]
    slack = 0.01 * (high - low)
    miss = _over(way, low + slack, high - slack, 100.0) + 1e4 * never
    # Depth on every twelfth point: the curve is smooth, the final check is exact.
    thin = slice(0, POINTS, 12)
    far = border.distance_m(lats[:, thin], lons[:, thin])
    far = np.where(np.arange(POINTS)[thin][None, :] < first[:, None], far, 0.0)
    room = 0.02 * (case.depth_m[1] - case.depth_m[0])
    miss += _over(
        far.max(axis=1), case.depth_m[0] + room, case.depth_m[1] - room, 100.0
    )
    if case.exit is not None:
        east = (lons[rows, first] - case.exit.lon_deg) * 111_320.0
        east *= math.cos(math.radians(case.exit.lat_deg))
        north = (lats[rows, first] - case.exit.lat_deg) * 111_250.0
        off = np.hypot(east, north)
        miss += _over(off, 0.0, 0.985 * case.exit.radius_m, 100.0)
    return np.asarray(miss)


def clip(case: Clip, stream: Stream) -> Solved:
    """Solve a clip; `InputError` when no draw agrees with all numbers.

    A small evolutionary search over entry, course and curvatures: it starts from
    draws over everything the report allows and stops at the first candidates that
    miss nothing, so that different seeds end in different flights.
    """
    border = case.border
    chainages = _entry_chainages(border, case.entry, case.via, case.south_west_deg)
    if not chainages.size:
        raise InputError(
            f"{border.iso} has no border with {case.via} within the entry's radius."
        )
    kmax = 1.0 / case.radius_m
    tries = 0
    for restart in range(12):
        rng = stream["restart", restart].generator()
        genes = np.empty((POPULATION, 2 + KNOTS))
        genes[:, 0] = chainages[rng.integers(len(chainages), size=POPULATION)]
        genes[:, 1] = [_inward_deg(border, s) for s in genes[:, 0]]
        genes[:, 1] += rng.uniform(-85.0, 85.0, POPULATION)
        genes[:, 2:] = rng.uniform(-kmax, kmax, (POPULATION, KNOTS))
        for generation in range(GENERATIONS):
            miss = _miss(case, genes)
            order = np.argsort(miss, kind="stable")
            for i in order[:6]:
                if miss[i] > 0.0:
                    break
                tries += 1
                found = _clip_from(case, rng, genes[i], tries)
                if found is not None:
                    return found
            best = genes[order[:PARENTS]]
            spread = 0.93**generation
            genes = best[rng.integers(PARENTS, size=POPULATION)].copy()
            genes[:, 0] += rng.normal(0.0, 600.0 * spread, POPULATION)
            genes[:, 1] += rng.normal(0.0, 12.0 * spread, POPULATION)
            genes[:, 2:] += rng.normal(0.0, 0.2 * kmax * spread, (POPULATION, KNOTS))
            genes[:, 2:] = np.clip(genes[:, 2:], -kmax, kmax)
            # An entry stays within the reported stretch of the border.
            nearest = np.abs(genes[:, 0, None] - chainages[None, ::4]).argmin(axis=1)
            gone = np.abs(genes[:, 0] - chainages[::4][nearest]) > 200.0
            genes[gone, 0] = chainages[::4][nearest[gone]]
    raise InputError(
        f"No flight through {border.iso} agrees with all reported numbers; "
        "widen the depth or the entry radius."
    )


def _clip_from(
    case: Clip, rng: np.random.Generator, genes: Floats, tries: int
) -> Solved | None:
    """The exact flight of one candidate, checked against every number."""
    border = case.border
    lat, lon = (float(v) for v in border.point_at(float(genes[0])))
    south, west = case.south_west_deg
    if case.entry.distance_m(lat, lon) > case.entry.radius_m:
        return None
    if lat < south or lon < west:
        return None
    course = float(genes[1])
    most = 1.3 * min(case.path_m[1], case.speed_mps[1] * case.inside_s)
    whole, headings = _curve(lat, lon, course, genes[2:], most, case.alt_m)
    runs = inside_runs(border, whole.way_m[1:], whole.lat_deg[1:], whole.lon_deg[1:])
    if not runs or runs[0][0] > 1.01 * whole.way_m[1] or len(runs) == 0:
        return None
    goal = runs[0][1]
    speed = goal / case.inside_s
    if not (
        goal < most
        and case.speed_mps[0] <= speed <= case.speed_mps[1]
        and case.path_m[0] <= goal <= case.path_m[1]
    ):
        return None
    k = int(np.searchsorted(whole.way_m, goal))
    out_lat, out_lon, _ = (float(v[0]) for v in whole.at(np.array([goal])))
    inside = Path(
        *(
            np.append(column[:k], last)
            for column, last in (
                (whole.way_m, goal),
                (whole.lat_deg, out_lat),
                (whole.lon_deg, out_lon),
                (whole.alt_m, case.alt_m),
            )
        )
    )
    depth = float(border.distance_m(inside.lat_deg, inside.lon_deg).max())
    if not case.depth_m[0] <= depth <= case.depth_m[1]:
        return None
    if case.exit and case.exit.distance_m(out_lat, out_lon) > case.exit.radius_m:
        return None
    # The way there, flown backwards from the entry; then the way on.
    back = steer(
        lat,
        lon,
        course + 180.0,
        case.alt_m,
        [(*p.draw(rng), case.alt_m) for p in case.origins],
        radius_m=1.2 * case.radius_m,
        most_m=speed * case.before_s,
        step_m=STEP_M,
        weave_deg=rng.uniform(3.0, 12.0),
        weave_m=rng.uniform(25e3, 70e3),
        phase=rng.uniform(0.0, 6.28),
        fly_on=True,
    )
    away = steer(
        out_lat,
        out_lon,
        float(headings[k - 1]),
        case.alt_m,
        [(*case.onward.draw(rng), 0.0)],
        radius_m=1.2 * case.radius_m,
        most_m=speed * case.after_s,
        step_m=STEP_M,
        dive=0.3,
    )
    for guard in (border, *case.shun):
        for part in (back, away):
            if guard.inside(part.lat_deg[2:], part.lon_deg[2:]).any():
                return None
    way = joined([back.reverse(), inside, away])
    in_m = back.length_m
    return Solved(way, speed, in_m, in_m + goal, depth, tries)


def _curve(
    lat: float, lon: float, course: float, bends: Floats, way_m: float, alt_m: float
) -> tuple[Path, Floats]:
    """One curve stepped on the ellipsoid, and its course on each step."""
    n = max(2, math.ceil(way_m / STEP_M))
    ds = way_m / n
    mid = (np.arange(n, dtype=np.float64) + 0.5) / n * (KNOTS - 1)
    bend = np.interp(mid, np.arange(KNOTS), bends)
    turned = np.cumsum(bend) * ds
    headings = course + np.degrees(turned - 0.5 * bend * ds)
    lats, lons = np.empty(n + 1), np.empty(n + 1)
    lats[0], lons[0] = lat, lon
    for i in range(n):
        lats[i + 1], lons[i + 1] = step_1(lats[i], lons[i], headings[i], ds)
    s = np.asarray(np.arange(n + 1) * ds, dtype=np.float64)
    return Path(s, lats, lons, np.full(n + 1, alt_m)), np.asarray(headings)


@dataclass(frozen=True)
class Reach:
    """From outside through an entry to an end inside (or short of the border).

    route     draws the way: rng -> (start (lat, lon), way-points (lat, lon, alt),
              the last being the end)
    inside_s  seconds from entry to the exit or the end inside, None: free
    to_end_s  seconds from entry to the end of the path, also beyond the territory
    via       neighbour whose border is crossed, "" any
    shun      territories the flight must not touch at all
    """

    border: Border
    route: Callable[
        [np.random.Generator],
        tuple[tuple[float, float], Sequence[tuple[float, float, float]]],
    ]
    speed_mps: tuple[float, float]
    radius_m: float
    alt_m: float
    inside_s: float | None = None
    via: str = ""
    entry: Place | None = None
    end: Place | None = None
    depth_m: tuple[float, float] = (0.0, math.inf)
    enters: bool = True
    dive: float = 0.0
    weave_deg: float = 0.0
    shun: tuple[Border, ...] = ()
    step_m: float = STEP_M
    leaves: bool = False
    exit: Place | None = None
    to_end_s: float | None = None


def reach(case: Reach, stream: Stream) -> Solved:
    """Solve a reach; `InputError` when no draw agrees with all numbers."""
    for attempt in range(ATTEMPTS):
        rng = stream["attempt", attempt].generator()
        (lat, lon), ways = case.route(rng)
        course, _ = bearing(lat, lon, ways[0][0], ways[0][1])
        total = 0.0
        a = (lat, lon)
        for w in ways:
            total += bearing(*a, w[0], w[1])[1]
            a = (w[0], w[1])
        path = steer(
            lat,
            lon,
            course,
            case.alt_m,
            ways,
            radius_m=case.radius_m,
            most_m=1.6 * total + 20.0 * case.radius_m,
            step_m=case.step_m,
            dive=case.dive,
            weave_deg=rng.uniform(0.3, 1.0) * case.weave_deg,
            weave_m=rng.uniform(15e3, 60e3),
            phase=rng.uniform(0.0, 6.28),
        )
        found = _accept(case, rng, path, ways[-1], attempt)
        if found is not None:
            return found
    raise InputError(
        f"No flight to {case.border.iso} agrees with all reported numbers in "
        f"{ATTEMPTS} draws; widen the radii or the speed band."
    )


def _accept(
    case: Reach,
    rng: np.random.Generator,
    path: Path,
    last: tuple[float, float, float],
    attempt: int,
) -> Solved | None:
    border = case.border
    end_lat, end_lon = float(path.lat_deg[-1]), float(path.lon_deg[-1])
    if bearing(end_lat, end_lon, last[0], last[1])[1] > 2.0 * case.step_m:
        return None  # the turn was too tight: it never met its end
    if case.end and case.end.distance_m(end_lat, end_lon) > case.end.radius_m:
        return None
    if any(g.inside(path.lat_deg, path.lon_deg).any() for g in case.shun):
        return None
    runs = inside_runs(border, path.way_m, path.lat_deg, path.lon_deg)
    if not case.enters:
        if runs:
            return None
        return Solved(path, rng.uniform(*case.speed_mps), math.inf, math.inf, 0.0, 0)
    if len(runs) != 1:
        return None
    in_m, out_m, via = runs[0]
    ends_inside = out_m >= path.length_m
    if via < 0 or ends_inside == case.leaves:
        return None
    if case.via and border.neighbours[via] != case.via:
        return None
    lat, lon, _ = path.at(np.array([in_m]))
    if case.entry and (
        case.entry.distance_m(float(lat[0]), float(lon[0])) > case.entry.radius_m
    ):
        return None
    span = (path.way_m >= in_m) & (path.way_m <= out_m)
    depth = float(border.distance_m(path.lat_deg[span], path.lon_deg[span]).max())
    if not case.depth_m[0] <= depth <= case.depth_m[1]:
        return None
    if case.exit is not None:
        lat, lon, _ = path.at(np.array([out_m]))
        if case.exit.distance_m(float(lat[0]), float(lon[0])) > case.exit.radius_m:
            return None
    if case.to_end_s is not None:
        speed = (path.length_m - in_m) / case.to_end_s
        if not case.speed_mps[0] <= speed <= case.speed_mps[1]:
            return None
    elif case.inside_s is None:
        speed = rng.uniform(*case.speed_mps)
    else:
        speed = (out_m - in_m) / case.inside_s
        if not case.speed_mps[0] <= speed <= case.speed_mps[1]:
            return None
    gone = math.inf if ends_inside else out_m
    return Solved(path, speed, in_m, gone, depth, attempt + 1)
