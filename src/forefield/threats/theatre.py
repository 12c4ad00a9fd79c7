"""The ground a raid is flown over: launch sectors, towns, and the guard's front.

Launch sectors are broad boxes on the four sides that public reporting names
(east, south-east, Black Sea, north by way of Belarus); no launch site is meant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from forefield.columns import Floats
from forefield.errors import InputError
from forefield.threats.paths import bearing, offset
from forefield.world.borders import Border, guard
from forefield.world.places import places

__all__ = ["NEAR_KM", "SECTORS", "Front", "Theatre", "front_of", "theatre"]

NEAR_KM = 250.0  # towns nearer to the guard than this count as western targets

#: Launch sectors: south, west, north, east [deg]. Assumed, and broad.
SECTORS = {
    "east": (49.8, 36.5, 52.5, 39.5),
    "south_east": (46.0, 37.5, 47.3, 39.0),
    "black_sea": (43.8, 31.5, 45.0, 36.0),
    "north": (52.6, 30.5, 53.4, 33.5),
}


@dataclass(frozen=True)
class Front:
    """The guard's border with one neighbour, a point about every kilometre.

    inward_deg  course into the guard, square to the line smoothed over 10 km
    """

    neighbour: str
    lat_deg: Floats
    lon_deg: Floats
    inward_deg: Floats

    def __len__(self) -> int:
        return len(self.lat_deg)

    def draw(self, rng: np.random.Generator) -> tuple[float, float, float]:
        """Latitude, longitude and inward course of a point of the front."""
        i = int(rng.integers(len(self)))
        return float(self.lat_deg[i]), float(self.lon_deg[i]), float(self.inward_deg[i])


@dataclass(frozen=True)
class Theatre:
    """What the families need to know of the ground. T towns in Ukraine.

    town_front_m  distance of each town to the guard's border
    weight        chance of being chosen: people to the power 0.7, at least 20 000
    inner_*       towns of the guard within 150 km of a front
    """

    border: Border
    ukraine: Border
    fronts: tuple[Front, ...]
    town: tuple[str, ...]
    town_lat_deg: Floats
    town_lon_deg: Floats
    town_front_m: Floats
    near_chance: Floats
    any_chance: Floats
    inner: tuple[str, ...]
    inner_lat_deg: Floats
    inner_lon_deg: Floats
    inner_chance: Floats

    def front(self, neighbour: str) -> Front | None:
        return next((f for f in self.fronts if f.neighbour == neighbour), None)

    @property
    def main(self) -> Front:
        """The front with Ukraine, or with Belarus where there is none."""
        return self.fronts[0]

    def target(self, rng: np.random.Generator, near: bool) -> tuple[float, float, str]:
        """A town in Ukraine; `near`: within `NEAR_KM` of the guard."""
        chance = self.near_chance if near else self.any_chance
        i = int(np.searchsorted(chance, rng.uniform()))
        return float(self.town_lat_deg[i]), float(self.town_lon_deg[i]), self.town[i]

    def inside(self, rng: np.random.Generator) -> tuple[float, float, str]:
        """A town of the guard, not far behind its front."""
        i = int(np.searchsorted(self.inner_chance, rng.uniform()))
        return float(self.inner_lat_deg[i]), float(self.inner_lon_deg[i]), self.inner[i]


def front_of(border: Border, neighbour: str) -> Front | None:
    """The guard's border with a neighbour; None below some 20 km of it."""
    if neighbour not in border.neighbours:
        return None
    s = np.arange(500.0, border.length_m, 1000.0)
    s = s[border.neighbour_at(s) == border.neighbours.index(neighbour)]
    if s.size < 20:
        return None
    lat, lon = border.point_at(s)
    back_lat, back_lon = border.point_at(s - 5000.0)
    on_lat, on_lon = border.point_at(s + 5000.0)
    east = (on_lon - back_lon) * np.cos(np.radians(lat))
    along = np.degrees(np.arctan2(east, on_lat - back_lat))
    # The inside is on the left of the line.
    return Front(neighbour, lat, lon, along - 90.0)


def _cumulative(weight: Floats) -> Floats:
    total = np.cumsum(weight)
    out = np.asarray(total / total[-1], dtype=np.float64)
    out[-1] = 1.0
    return out


def _towns(iso: str, least: float) -> tuple[tuple[str, ...], Floats, Floats, Floats]:
    """Names, latitudes, longitudes and people of towns of at least so many people."""
    all_of = places(iso)
    people = np.asarray(all_of.population, dtype=np.float64)
    big = people >= least
    names = tuple(str(n) for n in all_of.name[big])
    return names, all_of.lat_deg[big], all_of.lon_deg[big], people[big]


@cache
def theatre(iso: str) -> Theatre:
    """The theatre of one guard; `InputError` for one far from the war's air routes."""
    border, ukraine = guard(iso), guard("UA")
    fronts = tuple(
        f for f in (front_of(border, n) for n in ("UA", "BY", "MD")) if f is not None
    )
    if not fronts or iso == "UA":
        raise InputError(
            f"Raids are drawn for neighbours of Ukraine or Belarus, and {iso} is none; "
            "use a recording, or a guard such as PL, RO, MD, SK, HU, LT, LV or BY."
        )
    town, lat, lon, people = _towns("UA", 20_000.0)
    away = border.distance_m(lat, lon)
    weight = people**0.7
    near = away < 1000.0 * NEAR_KM
    own, o_lat, o_lon, o_people = _towns(iso, 5000.0)
    # Thin the front: towns within 150 km of it, by a coarse search.
    thin = slice(None, None, 10)
    f_lat = np.concatenate([f.lat_deg[thin] for f in fronts])
    f_lon = np.concatenate([f.lon_deg[thin] for f in fronts])
    north = (o_lat[:, None] - f_lat) * 111_250.0
    east = (o_lon[:, None] - f_lon) * 111_320.0 * math.cos(math.radians(f_lat.mean()))
    gap = np.hypot(north, east).min(axis=1)
    close = gap < 150_000.0
    if not close.any():
        raise InputError(f"No towns of {iso} lie near its eastern border.")
    inner_weight = o_people[close] ** 0.5
    return Theatre(
        border=border,
        ukraine=ukraine,
        fronts=fronts,
        town=town,
        town_lat_deg=lat,
        town_lon_deg=lon,
        town_front_m=away,
        near_chance=_cumulative(np.where(near, weight, 0.0) if near.any() else weight),
        any_chance=_cumulative(weight),
        inner=tuple(n for n, c in zip(own, close, strict=True) if c),
        inner_lat_deg=o_lat[close],
        inner_lon_deg=o_lon[close],
        inner_chance=_cumulative(inner_weight * np.exp(-gap[close] / 60_000.0)),
    )


def launch(rng: np.random.Generator, sector: str) -> tuple[float, float]:
    """A point of a launch sector, uniform in its box."""
    south, west, north, east = SECTORS[sector]
    return float(rng.uniform(south, north)), float(rng.uniform(west, east))


def between(
    a: tuple[float, float], b: tuple[float, float], share: float, aside_m: float
) -> tuple[float, float]:
    """A point part of the way from a to b, moved aside (right positive)."""
    course, way = bearing(*a, *b)
    lat = a[0] + share * (b[0] - a[0])
    lon = a[1] + share * (b[1] - a[1])
    if aside_m == 0.0 or way == 0.0:
        return lat, lon
    return offset(lat, lon, course + 90.0, aside_m)
