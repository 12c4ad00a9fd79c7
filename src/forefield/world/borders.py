"""Guarded territories: inside, how far, nearest, first crossing.

    pl = guard("PL")
    pl.inside(50.72, 24.02)          # Hrubieszów
    pl.distance_m(50.45, 30.52)      # Kyiv: metres to the border line
    pl.nearest(50.45, 30.52).neighbour

The territories are OpenStreetMap's time-zone polygons with every vertex, to the
edge of the territorial sea. They are not legal boundaries: they say where a
country's clock applies, which is how its authorities see their territory, and
follow OpenStreetMap's practice where a line is disputed. © OpenStreetMap
contributors, ODbL 1.0.

Edges are straight in the lon-lat plane. Inside and crossing are exact there;
distances are on the WGS-84 ellipsoid, within 1 mm + 1e-6 of the distance (to
400 km; 3e-6 to 1000 km).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Bool, Floats, Ints, Texts
from forefield.errors import InputError
from forefield.errors import nearest as nearest_word
from forefield.kernels import polygon
from forefield.kernels.frames import flat
from forefield.world.fields import DistanceField, distance_field
from forefield.world.plane import Plane

__all__ = [
    "GUARDS",
    "Border",
    "Crossings",
    "DistanceField",
    "Nearest",
    "boxes",
    "country_of",
    "guard",
]

# ISO 3166-1 code and name of every shipped territory.
GUARDS: dict[str, str] = {
    "PL": "Poland",
    "UA": "Ukraine",
    "RO": "Romania",
    "MD": "Moldova",
    "LT": "Lithuania",
    "LV": "Latvia",
    "EE": "Estonia",
    "SK": "Slovakia",
    "HU": "Hungary",
    "HR": "Croatia",
    "BG": "Bulgaria",
    "FI": "Finland",
    "BY": "Belarus",
    "FR": "France (metropolitan)",
    "IT": "Italy",
    "DE": "Germany",
    "AT": "Austria",
    "CH": "Switzerland",
}


@dataclass(frozen=True)
class Nearest:
    """The nearest point of the border line, for each of N points."""

    distance_m: Floats
    lat_deg: Floats
    lon_deg: Floats
    chainage_m: Floats  # along the line, see `Border.point_at`
    neighbour: Ints  # index into `Border.neighbours`


@dataclass(frozen=True)
class Crossings:
    """The first meeting of each of N segments with the border line."""

    fraction: Floats  # 0 at the segment's start, 1 at its end; NaN: none
    lat_deg: Floats
    lon_deg: Floats
    chainage_m: Floats
    neighbour: Ints  # index into `Border.neighbours`; -1: none
    inward: Bool  # from outside to inside


@dataclass(frozen=True, eq=False)
class Border:
    """A guarded territory. Angles in degrees (WGS-84), lengths in metres."""

    iso: str
    name: str
    neighbours: tuple[str, ...]  # ISO codes; "XS" is the sea or nobody's zone
    rings: tuple[NDArray[np.int32], ...]  # (n, 2) lon, lat in 1e-7 degree, open
    prepared: polygon.Prepared  # for compiled kernels
    source: str

    def __repr__(self) -> str:
        return f"<Border {self.iso}: {len(self.prepared.edge):,} edges>"

    def __reduce__(self) -> tuple[Any, ...]:
        # Other processes load their own.
        return guard, (self.iso,)

    @cached_property
    def bbox_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        e = self.prepared.edge[:, :2]
        low, high = e.min(axis=0) / polygon.UNITS, e.max(axis=0) / polygon.UNITS
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def plane(self) -> Plane:
        """The plane centred on the middle of the box, to a hundredth of a degree."""
        w, s, e, n = self.bbox_deg
        return Plane.at(round((s + n) / 2, 2), round((w + e) / 2, 2))

    @property
    def length_m(self) -> float:
        """Length of the line, all rings together."""
        return float(self.prepared.edge_chainage_m[-1])

    @cached_property
    def length_by_neighbour_m(self) -> dict[str, float]:
        """Length of the line with each neighbour."""
        lengths = np.diff(self.prepared.edge_chainage_m)
        sums = np.bincount(
            self.prepared.edge_label, weights=lengths, minlength=len(self.neighbours)
        )
        return dict(zip(self.neighbours, map(float, sums), strict=True))

    @cached_property
    def ring_chainage_m(self) -> Floats:
        """(R + 1,) chainage at which each ring starts, and the end."""
        counts = np.cumsum([0, *[len(r) for r in self.rings]])
        return np.asarray(self.prepared.edge_chainage_m[counts])

    # -- questions ----------------------------------------------------------
    def inside(self, lat_deg: Any, lon_deg: Any) -> Bool:
        """Whether points are in the territory; NaN is not. Broadcasts.

        The even-odd rule, exact in the lon-lat plane but for points on the line.
        """
        shape, (lat, lon) = flat(lat_deg, lon_deg)
        out = np.empty(len(lat), dtype=np.bool_)
        polygon.inside(lat, lon, self.prepared, out)
        return out.reshape(shape)

    def nearest(self, lat_deg: Any, lon_deg: Any) -> Nearest:
        """The nearest point of the line, from either side. Broadcasts."""
        shape, (lat, lon) = flat(lat_deg, lon_deg)
        out = np.empty((len(lat), 4))
        edge = np.empty(len(lat), dtype=np.int64)
        polygon.nearest(lat, lon, self.prepared, out, edge)
        label = self.prepared.edge_label[edge].astype(np.int64)
        label[edge < 0] = -1
        d, a, o, s = (out[:, i].reshape(shape) for i in range(4))
        return Nearest(d, a, o, s, label.reshape(shape))

    def distance_m(self, lat_deg: Any, lon_deg: Any) -> Floats:
        """Metres to the line on the ellipsoid, >= 0 on both sides. Broadcasts."""
        return self.nearest(lat_deg, lon_deg).distance_m

    def signed_distance_m(self, lat_deg: Any, lon_deg: Any) -> Floats:
        """Metres to the line, negative inside. Broadcasts."""
        d = self.distance_m(lat_deg, lon_deg)
        return np.where(self.inside(lat_deg, lon_deg), -d, d)

    def crossing(
        self, lat0_deg: Any, lon0_deg: Any, lat1_deg: Any, lon1_deg: Any
    ) -> Crossings:
        """The first meeting of segments, straight in lon-lat, with the line.

        Broadcasts. Such a segment leaves the geodesic by about
        (length²/8R) tan(lat): 1 m for 7 km, 100 m for 70 km.
        """
        shape, (a0, o0, a1, o1) = flat(lat0_deg, lon0_deg, lat1_deg, lon1_deg)
        out = np.empty((len(a0), 2))
        edge = np.empty(len(a0), dtype=np.int64)
        polygon.crossings(a0, o0, a1, o1, self.prepared, out, edge)
        f = out[:, 0]
        label = self.prepared.edge_label[edge].astype(np.int64)
        label[edge < 0] = -1
        # The inside is on the left of every edge: crossing it leftwards is entering.
        e = self.prepared.edge[edge].astype(np.float64)
        turn = (e[:, 2] - e[:, 0]) * (a1 - a0) - (e[:, 3] - e[:, 1]) * (o1 - o0)
        parts = (f, a0 + f * (a1 - a0), o0 + f * (o1 - o0), out[:, 1])
        f, a, o, s = (v.reshape(shape) for v in parts)
        inward = ((turn > 0) & (edge >= 0)).reshape(shape)
        return Crossings(f, a, o, s, label.reshape(shape), inward)

    def point_at(self, chainage_m: Any) -> tuple[Floats, Floats]:
        """Latitude, longitude of points of the line. Broadcasts.

        Rings follow each other, the largest first; chainage starts at its first
        vertex and runs with the inside on the left. Beyond the ends: the ends.
        """
        s = np.asarray(chainage_m, dtype=np.float64)
        c = self.prepared.edge_chainage_m
        i = np.clip(np.searchsorted(c, s, side="right") - 1, 0, len(c) - 2)
        t = np.clip((s - c[i]) / (c[i + 1] - c[i]), 0.0, 1.0)
        e = self.prepared.edge[i].astype(np.float64) / polygon.UNITS
        lat = e[..., 1] + t * (e[..., 3] - e[..., 1])
        lon = e[..., 0] + t * (e[..., 2] - e[..., 0])
        return lat, lon

    def neighbour_at(self, chainage_m: Any) -> Ints:
        """Index into `neighbours` of points of the line. Broadcasts."""
        s = np.asarray(chainage_m, dtype=np.float64)
        c = self.prepared.edge_chainage_m
        i = np.clip(np.searchsorted(c, s, side="right") - 1, 0, len(c) - 2)
        return self.prepared.edge_label[i].astype(np.int64)

    def field(
        self, cell_m: float = 1000.0, margin_m: float = 400_000.0
    ) -> DistanceField:
        """Distance to the line on a grid of `plane`, `margin_m` around the box.

        Kept for the life of the process, and in the user's cache folder between
        processes (`world.fields`).
        """
        return distance_field(self, float(cell_m), float(margin_m))

    @cached_property
    def shape(self) -> Any:
        """The territory as a shapely geometry in lon-lat degrees, all vertices."""
        import shapely

        rings = [shapely.LinearRing(r / polygon.UNITS) for r in self.rings]
        shells = [r for r in rings if r.is_ccw]
        holes = [r for r in rings if not r.is_ccw]
        parts = []
        for shell in shells:
            whole = shapely.Polygon(shell)
            mine = [h for h in holes if whole.covers(h)]
            parts.append(shapely.Polygon(shell, mine))
        return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]


@cache
def guard(iso: str) -> Border:
    """The border of a guarded country by ISO 3166-1 code, for example "PL".

    Raises `InputError` for a country that is not shipped (see `GUARDS`).
    """
    if iso not in GUARDS:
        wanted = iso.strip().upper()
        close = wanted if wanted in GUARDS else nearest_word(wanted, GUARDS)
        hint = f" Did you mean {close!r}?" if close else ""
        raise InputError(
            f"No border for guard {iso!r}.{hint} Shipped: {', '.join(GUARDS)}."
        )
    with (
        files("forefield").joinpath("data", "borders", f"{iso}.npz").open("rb") as f,
        np.load(f) as data,
    ):
        x, y = (_undelta(data[name]) for name in ("x", "y"))
        counts = data["rings"]
        label = np.repeat(data["run_label"], data["run_edges"])
        names = tuple(str(n) for n in data["names"])
        source = str(data["source"])
    xy = np.stack([x, y], axis=1)
    rings = tuple(np.split(xy, np.cumsum(counts)[:-1]))
    prepared = polygon.prepare(list(rings), label)
    return Border(iso, GUARDS[iso], names, rings, prepared, source)


def _undelta(planes: NDArray[np.uint8]) -> NDArray[np.int32]:
    delta = np.ascontiguousarray(planes.T).view("<i4").ravel()
    return np.cumsum(delta, dtype=np.int64).astype(np.int32)


def country_of(lat_deg: Any, lon_deg: Any) -> Texts:
    """ISO code of the shipped territory that holds each point; "" for none.

    Where two zones overlap (Mont Blanc), the first in `GUARDS`.
    """
    shape, (lat, lon) = flat(lat_deg, lon_deg)
    out = np.full(len(lat), "", dtype="<U2")
    isos, (w, s, e, n) = _boxes()
    boxed = (lat >= s) & (lat <= n) & (lon >= w) & (lon <= e)
    free = np.ones(len(lat), dtype=np.bool_)
    for k in np.flatnonzero(boxed.any(axis=1)).tolist():
        todo = np.flatnonzero(boxed[k] & free)
        if todo.size:
            hit = todo[guard(isos[k]).inside(lat[todo], lon[todo])]
            out[hit] = isos[k]
            free[hit] = False
    return out.reshape(shape)


@cache
def _boxes() -> tuple[tuple[str, ...], Floats]:
    """Codes, and (4, B, 1) west, south, east, north."""
    sides = np.array(list(boxes().values())).T
    return tuple(boxes()), sides[:, :, None]


@cache
def boxes() -> dict[str, tuple[float, float, float, float]]:
    """West, south, east, north of every shipped territory, in order of `GUARDS`."""
    # Stored apart, so that a question about one place does not load all.
    with (
        files("forefield").joinpath("data", "borders", "boxes.npz").open("rb") as f,
        np.load(f) as data,
    ):
        rows = dict(zip(data["iso"].tolist(), data["box_deg"].tolist(), strict=True))
    return {iso: (*rows[iso],) for iso in GUARDS}
