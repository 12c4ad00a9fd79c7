"""Districts: who is warned. Admin-1 units ship; finer ones come from a file.

    d = districts("PL")
    d.codes[d.locate(50.72, 24.02)]      # 'PL-06', Lubelskie

Districts of coarse sources neither meet the exact border nor each other. Here
they are made to: the gap between the units and the border goes to the nearest
unit, and a point belongs to a district only if it is inside the exact border.
Water further than `SHORE_M` from every unit (territorial sea, large border
lakes) is a district of its own, "<ISO>-SEA": nobody lives there, and which land
district would answer for it is not ours to say. Land further away than that,
when a file covers only a part of the country, is "<ISO>-REST".

Shipped units: PL, UA, RO, SK, HU and HR by the nearest place of GeoNames (CC BY
4.0), which knows its unit; the others Natural Earth's (public domain). Inner
boundaries are coarse, by kilometres: docs/rooms/world.md has figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats, Ints
from forefield.kernels import polygon
from forefield.kernels.frames import flat
from forefield.world.borders import Border, guard
from forefield.world.plane import Plane

__all__ = ["SHORE_M", "Districts", "cover", "districts", "polygons_of"]

SHORE_M = 5_000.0  # water nearer than this belongs to the district on the shore


@dataclass(frozen=True, eq=False)
class Districts:
    """Districts that tile a guarded territory exactly. K districts, in order."""

    border: Border
    codes: tuple[str, ...]  # ISO 3166-2 for the shipped, TERYT for powiats
    names: tuple[str, ...]
    cover: NDArray[Any]  # (K,) shapely, lon-lat; reach over the border, do not overlap
    source: str
    repaired: int = 0  # shapes of the source that crossed themselves

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"<Districts of {self.iso}: {len(self)}>"

    @property
    def iso(self) -> str:
        """The guarded country."""
        return self.border.iso

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """(K,) shapely geometries in lon-lat degrees, clipped to the exact border."""
        import shapely

        whole = self.border.shape
        shapely.prepare(whole)
        out = np.empty(len(self), dtype=object)
        for i, part in enumerate(self.cover):
            out[i] = polygons_of(
                part if whole.contains(part) else shapely.intersection(part, whole)
            )
        return out

    @cached_property
    def land(self) -> NDArray[np.bool_]:
        """(K,) False for "<ISO>-SEA"."""
        return np.array([not c.endswith("-SEA") for c in self.codes], dtype=np.bool_)

    @cached_property
    def _tree(self) -> Any:
        import shapely

        shapely.prepare(self.cover)
        return shapely.STRtree(self.cover)

    @cached_property
    def _grid(self) -> tuple[Floats, NDArray[np.int16]]:
        # Boxes of a lon-lat grid with the district of those that no seam meets; -2:
        # a seam does. Boxes that touch each other and no seam are in one district, so
        # one question for each patch of them is enough.
        import shapely
        from scipy import ndimage

        lines = shapely.get_parts(shapely.boundary(self.cover))
        xy, line = shapely.get_coordinates(lines, return_index=True)
        units = np.rint(xy * polygon.UNITS).astype(np.int32)
        edge = np.hstack([units[:-1], units[1:]])[line[:-1] == line[1:]]
        scale, seam = polygon.touched(np.ascontiguousarray(edge), 500_000)
        patch, count = ndimage.label(~seam)
        _, first = np.unique(patch, return_index=True)
        iy, ix = np.unravel_index(first, patch.shape)
        x = ((ix + 0.5) / scale[0] + scale[2]) / polygon.UNITS
        y = ((iy + 0.5) / scale[1] + scale[3]) / polygon.UNITS
        of_patch = np.full(count + 1, -2, dtype=np.int16)
        at, district = self._tree.query(shapely.points(x, y), predicate="intersects")
        of_patch[patch.ravel()[first[at]]] = district
        of_patch[0] = -2  # label 0: the boxes with a seam
        return scale, of_patch[patch]

    def locate(self, lat_deg: Any, lon_deg: Any) -> Ints:
        """Index of the district of each point; -1 outside the border. Broadcasts."""
        import shapely

        shape, (lat, lon) = flat(lat_deg, lon_deg)
        out = np.full(len(lat), -1, dtype=np.int64)
        inside = np.flatnonzero(self.border.inside(lat, lon))
        if len(self) == 1:
            out[inside] = 0
            return out.reshape(shape)
        scale, grid = self._grid
        fx = (lon[inside] * polygon.UNITS - scale[2]) * scale[0]
        fy = (lat[inside] * polygon.UNITS - scale[3]) * scale[1]
        ny, nx = grid.shape
        off = (fx < 0) | (fy < 0) | (fx >= nx) | (fy >= ny)
        fx[off] = fy[off] = 0
        out[inside] = np.where(off, -2, grid[fy.astype(np.int64), fx.astype(np.int64)])
        seam = np.flatnonzero(out == -2)
        if seam.size:
            points: Any = shapely.points(lon[seam], lat[seam])
            which, district = self._tree.query(points, predicate="intersects")
            # On a common line the first district has it: write the first last.
            order = np.argsort(-district, kind="stable")
            out[seam[which[order]]] = district[order]
            lost = np.flatnonzero(out[seam] < 0)
            if lost.size:  # within rounding of a seam
                out[seam[lost]] = self._tree.nearest(points[lost])
        return out.reshape(shape)

    def raster(
        self, plane: Plane, x0_m: float, y0_m: float, cell_m: float, ny: int, nx: int
    ) -> NDArray[np.int16]:
        """District of every grid point, (ny, nx); -1 outside the border.

        Row iy, column ix is the point (x0_m + ix * cell_m, y0_m + iy * cell_m).
        """
        x, y = np.meshgrid(x0_m + cell_m * np.arange(nx), y0_m + cell_m * np.arange(ny))
        return self.locate(*plane.inverse(x, y)).astype(np.int16)

    def index(self, code: str) -> int:
        """Position of a code; raises `InputError` with the nearest known one."""
        from forefield.errors import InputError, nearest

        if code not in self.codes:
            close = nearest(code, self.codes)
            hint = f" Did you mean {close!r}?" if close else ""
            raise InputError(f"No district {code!r} in {self.iso}.{hint}")
        return self.codes.index(code)


@cache
def districts(iso: str) -> Districts:
    """The shipped admin-1 districts of a guard; one for a whole country without any.

    Countries without: MD and LV (the public-domain source is out of date there),
    and FR, IT, DE, AT, CH, which are guards for verification only.
    """
    import shapely

    border = guard(iso)
    path = files("forefield").joinpath("data", "districts", f"{iso}.npz")
    if not path.is_file():
        w, s, e, n = border.bbox_deg
        box = np.array([shapely.box(w - 0.1, s - 0.1, e + 0.1, n + 0.1)])
        return Districts(border, (iso,), (border.name,), box, border.source)
    with path.open("rb") as f, np.load(f) as data:
        shapes = shapely.from_wkb(
            [bytes(b) for b in np.split(data["wkb"], np.cumsum(data["wkb_bytes"])[:-1])]
        )
        return Districts(
            border,
            tuple(map(str, data["codes"])),
            tuple(map(str, data["names"])),
            shapes,
            str(data["source"]),
        )


def polygons_of(shape: Any) -> Any:
    """Only the polygons of a geometry, as one polygon or multipolygon."""
    import shapely

    parts = [shape]
    while any(hasattr(p, "geoms") for p in parts):
        parts = [q for p in parts for q in getattr(p, "geoms", [p])]
    parts = [p for p in parts if p.geom_type == "Polygon" and p.area > 0]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def cover(
    shapes: Sequence[Any], border: Border, *, sea: Any | None = None
) -> tuple[list[Any], Any, Any]:
    """Make coarse units tile a territory: gaps to the nearest, overlaps to the first.

    shapes  valid shapely polygons in lon-lat degrees
    sea     what is known to be water, or None: then every part too far from all
            units is taken for water

    Returns the units grown to beyond the border, the water and the rest (shapely;
    empty when there is none). Works in lon-lat shrunk to equal scales, on the
    border simplified to 50 m and widened by 1 km: the exact line comes later.
    """
    import shapely

    _, south, _, north = border.bbox_deg
    shrink = np.cos(np.radians((south + north) / 2))
    degree = 111_200.0  # metres; this only steers which gap goes where

    def flat(g: Any) -> Any:
        return shapely.transform(g, lambda xy: xy * [shrink, 1.0])

    def round_again(g: Any) -> Any:
        return shapely.transform(g, lambda xy: xy / [shrink, 1.0])

    whole = flat(border.shape).simplify(50.0 / degree).buffer(1_000.0 / degree)
    units = [flat(s) for s in shapes]
    tree = shapely.STRtree(units)
    first, second = tree.query(units, predicate="overlaps")
    inner, outer = tree.query(units, predicate="within")
    pairs = {(min(a, b), max(a, b)) for a, b in zip(first, second, strict=True)}
    # A unit drawn within another (a city within its county) keeps its place.
    cut = sorted(pairs)
    cut += [(a, b) for a, b in zip(inner, outer, strict=True) if a != b]
    for a, b in cut:
        units[b] = shapely.difference(units[b], units[a])
    drawn = shapely.union_all(units)
    gap = shapely.difference(whole, drawn)
    # A country without a coast has no such water: everything goes to a unit.
    coast = "XS" in border.neighbours
    near = drawn.buffer(SHORE_M / degree) if coast or sea is not None else whole
    far = polygons_of(shapely.difference(gap, near))
    gap = polygons_of(shapely.intersection(gap, near))

    # The nearest unit, by the Voronoi cells of points every 400 m along the units'
    # edges that face a gap.
    facing = gap.buffer(20.0 / degree)
    points, owner = [], []
    for i, unit in enumerate(units):
        line = shapely.segmentize(
            shapely.intersection(unit.boundary, facing), 400.0 / degree
        )
        xy = shapely.get_coordinates(line)
        points.append(xy)
        owner.append(np.full(len(xy), i))
    xy, who = np.concatenate(points), np.concatenate(owner)
    xy, keep = np.unique(np.round(xy, 7), axis=0, return_index=True)
    who = who[keep]
    grown = list(units)
    if len(xy) > 1:
        cells = shapely.get_parts(
            shapely.voronoi_polygons(
                shapely.multipoints(xy), extend_to=whole.envelope, ordered=True
            )
        )
        for i in np.unique(who):
            mine = shapely.union_all(cells[who == i])
            extra = polygons_of(shapely.intersection(mine, gap))
            if not extra.is_empty:
                grown[i] = polygons_of(shapely.union(units[i], extra))
    elif len(units) == 1:
        grown[0] = polygons_of(shapely.union(units[0], gap))
    empty = shapely.MultiPolygon()
    # Only what lies inside the territory counts as water or rest.
    territory = flat(border.shape).simplify(50.0 / degree)
    if far.is_empty or not far.intersects(territory):
        return [round_again(g) for g in grown], empty, empty
    if sea is None:
        return [round_again(g) for g in grown], round_again(far), empty
    # The coast differs between sources: what is near known water counts as water,
    # and so do crumbs of less than 5 km2.
    known = flat(sea).buffer(SHORE_M / degree)
    dry = shapely.get_parts(polygons_of(shapely.difference(far, known)))
    rest = polygons_of(shapely.union_all(dry[shapely.area(dry) > 5e6 / degree**2]))
    water = polygons_of(shapely.difference(far, rest))
    return (
        [round_again(g) for g in grown],
        round_again(water),
        round_again(rest),
    )
