"""Build the shipped borders from OpenStreetMap time-zone polygons.

    pip install -e '.[data]'
    python tools/build_borders.py            # writes src/forefield/data/borders/

Input: the package timezonefinder-data (ODbL 1.0, © OpenStreetMap contributors),
which holds the polygons of timezone-boundary-builder with every vertex, as
integers of 1e-7 degree. The zones run to the edge of the territorial sea, which
is where airspace ends. Time-zone zones are not legal boundaries.

Output, one file for each guard, a derived database under ODbL 1.0:

    vertices  delta-coded int32 (1e-7 degree), the four bytes in separate planes
    rings     vertices per ring; the inside is on the left of every ring
    runs      neighbour label and number of consecutive edges that carry it
    names     the neighbours' ISO codes; "XS" is the sea, or nobody's zone

Each edge is labelled with the territory just beyond it: by the same edge in the
other zone where there is one, else by the zone a few metres further out.
"""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from pathlib import Path

import numpy as np
import shapely
from timezonefinder import TimezoneFinder

OUT = Path(__file__).resolve().parent.parent / "src/forefield/data/borders"
UNIT = 1e-7

# A guard's territory is the union of these zones. Crimea is Ukraine's; Åland is
# Finland's; Büsingen is Germany's. San Marino, the Vatican and Monaco are not
# part of the zones of Rome and Paris, and Campione d'Italia is part of Rome's.
GUARDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "PL": ("Poland", ("Europe/Warsaw",)),
    "UA": ("Ukraine", ("Europe/Kyiv", "Europe/Simferopol")),
    "RO": ("Romania", ("Europe/Bucharest",)),
    "MD": ("Moldova", ("Europe/Chisinau",)),
    "LT": ("Lithuania", ("Europe/Vilnius",)),
    "LV": ("Latvia", ("Europe/Riga",)),
    "EE": ("Estonia", ("Europe/Tallinn",)),
    "SK": ("Slovakia", ("Europe/Bratislava",)),
    "HU": ("Hungary", ("Europe/Budapest",)),
    "HR": ("Croatia", ("Europe/Zagreb",)),
    "BG": ("Bulgaria", ("Europe/Sofia",)),
    "FI": ("Finland", ("Europe/Helsinki", "Europe/Mariehamn")),
    "BY": ("Belarus", ("Europe/Minsk",)),
    "FR": ("France (metropolitan)", ("Europe/Paris",)),
    "IT": ("Italy", ("Europe/Rome",)),
    "DE": ("Germany", ("Europe/Berlin", "Europe/Busingen")),
    "AT": ("Austria", ("Europe/Vienna",)),
    "CH": ("Switzerland", ("Europe/Zurich",)),
}

# Zones of other countries that touch a guard, by ISO code.
OTHERS: dict[str, tuple[str, ...]] = {
    "RU": (
        "Europe/Kaliningrad",
        "Europe/Moscow",
        "Europe/Volgograd",
        "Europe/Saratov",
        "Europe/Kirov",
    ),
    "CZ": ("Europe/Prague",),
    "RS": ("Europe/Belgrade",),
    "SI": ("Europe/Ljubljana",),
    "BA": ("Europe/Sarajevo",),
    "ME": ("Europe/Podgorica",),
    "MK": ("Europe/Skopje",),
    "GR": ("Europe/Athens",),
    "TR": ("Europe/Istanbul",),
    "SE": ("Europe/Stockholm",),
    "NO": ("Europe/Oslo",),
    "DK": ("Europe/Copenhagen",),
    "NL": ("Europe/Amsterdam",),
    "BE": ("Europe/Brussels",),
    "LU": ("Europe/Luxembourg",),
    "ES": ("Europe/Madrid", "Africa/Ceuta"),
    "AD": ("Europe/Andorra",),
    "MC": ("Europe/Monaco",),
    "GB": ("Europe/London",),
    "GG": ("Europe/Guernsey",),
    "JE": ("Europe/Jersey",),
    "LI": ("Europe/Vaduz",),
    "SM": ("Europe/San_Marino",),
    "VA": ("Europe/Vatican",),
    "MT": ("Europe/Malta",),
    "AL": ("Europe/Tirane",),
    "TN": ("Africa/Tunis",),
    "DZ": ("Africa/Algiers",),
}


def ring_units(ring: list[tuple[float, float]]) -> np.ndarray:
    """A ring as (n, 2) integers of 1e-7 degree, not closed, no repeated vertex."""
    xy = np.rint(np.asarray(ring, dtype=np.float64) / UNIT).astype(np.int64)
    if (xy[0] == xy[-1]).all():
        xy = xy[:-1]
    return xy[(xy != np.roll(xy, 1, axis=0)).any(axis=1)]


def zone_polygons(finder: TimezoneFinder, zone: str) -> list[shapely.Polygon]:
    """The zone's polygons in integer units (exact in float64)."""
    out = []
    for polygon in finder.get_geometry(tz_name=zone, coords_as_pairs=True):
        shell, *holes = [ring_units(r) for r in polygon]
        out.append(shapely.Polygon(shell, holes))
    return out


def unite(parts: list[shapely.Polygon]) -> list[shapely.Polygon]:
    """The union with vertices back on the integer grid; one polygon is left alone."""
    if len(parts) == 1:
        return parts
    whole = shapely.union_all([shapely.make_valid(p) for p in parts])
    polygons = [g for g in shapely.get_parts(whole) if g.geom_type == "Polygon"]
    return [
        shapely.Polygon(
            ring_units_of(g.exterior), [ring_units_of(h) for h in g.interiors]
        )
        for g in polygons
    ]


def ring_units_of(ring: shapely.LinearRing) -> np.ndarray:
    xy = np.rint(np.asarray(ring.coords)).astype(np.int64)[:-1]
    return xy[(xy != np.roll(xy, 1, axis=0)).any(axis=1)]


def rings_of(polygons: list[shapely.Polygon]) -> list[np.ndarray]:
    """All rings, longest polygon first, the inside on the left of each."""
    rings = []
    for polygon in sorted(polygons, key=lambda p: -p.area):
        turned = shapely.orient_polygons(polygon)
        rings += [ring_units_of(turned.exterior)]
        rings += [ring_units_of(h) for h in turned.interiors]
    return rings


def edges_of(rings: list[np.ndarray]) -> np.ndarray:
    """(E, 4) x0 y0 x1 y1 of all rings in order."""
    return np.concatenate([np.hstack([r, np.roll(r, -1, axis=0)]) for r in rings])


def keys_of(edges: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Edges without direction, to look up."""
    swap = (edges[:, 0] > edges[:, 2]) | (
        (edges[:, 0] == edges[:, 2]) & (edges[:, 1] > edges[:, 3])
    )
    same = np.where(swap[:, None], edges[:, [2, 3, 0, 1]], edges)
    return list(map(tuple, same.tolist()))


def label(
    rings: list[np.ndarray], iso: str, table: dict, tree: shapely.STRtree, owners: list
) -> np.ndarray:
    """The ISO code beyond every edge."""
    edges = edges_of(rings)
    out = np.full(len(edges), "", dtype="<U2")
    for i, key in enumerate(keys_of(edges)):
        # Where zones overlap an edge may have two others: the first by name.
        others = sorted(table.get(key, set()) - {iso})
        if others:
            out[i] = others[0]
    todo = np.flatnonzero(out == "")
    metres = 1e7 / 111_320.0
    for away_m in (2.0, 20.0, 100.0):
        if not todo.size:
            break
        e = edges[todo].astype(float)
        shrink = np.cos(np.radians((e[:, 1] + e[:, 3]) / 2 * UNIT))
        dx, dy = (e[:, 2] - e[:, 0]) * shrink, e[:, 3] - e[:, 1]
        length = np.hypot(dx, dy)
        # The inside is on the left, so the outside is to the right: (dy, -dx).
        x = (e[:, 0] + e[:, 2]) / 2 + dy / length * away_m * metres / shrink
        y = (e[:, 1] + e[:, 3]) / 2 - dx / length * away_m * metres
        points = shapely.points(x, y)
        which, polygon = tree.query(points, predicate="within")
        for w, p in zip(which, polygon, strict=True):
            if owners[p] != iso:
                out[todo[w]] = owners[p]
        todo = np.flatnonzero(out == "")
    out[out == ""] = "XS"
    return out


def planes(values: np.ndarray) -> np.ndarray:
    """int32 as four rows of bytes: small deltas then compress well."""
    raw = np.ascontiguousarray(values, dtype="<i4").view(np.uint8)
    return raw.reshape(-1, 4).T.copy()


def main() -> None:
    finder = TimezoneFinder(in_memory=True)
    territory: dict[str, list[shapely.Polygon]] = {}
    for iso, (_, zones) in GUARDS.items():
        territory[iso] = unite([p for z in zones for p in zone_polygons(finder, z)])
    for iso, zones in OTHERS.items():
        territory[iso] = [p for z in zones for p in zone_polygons(finder, z)]

    table: dict[tuple[int, int, int, int], set[str]] = {}
    flat: list[shapely.Polygon] = []
    owners: list[str] = []
    for iso, polygons in territory.items():
        for p in polygons:
            flat.append(p if p.is_valid else shapely.make_valid(p))
            owners.append(iso)
        for key in keys_of(edges_of(rings_of(polygons))):
            table.setdefault(key, set()).add(iso)
    tree = shapely.STRtree(flat)

    OUT.mkdir(parents=True, exist_ok=True)
    source = f"timezonefinder-data {version('timezonefinder-data')}"
    total = 0
    boxes = []
    for iso, (name, zones) in GUARDS.items():
        rings = rings_of(territory[iso])
        far = label(rings, iso, table, tree, owners)
        # Names in order of the number of edges; indices below count from there.
        names = [n for n, _ in sorted(Counter(far).items(), key=lambda c: (-c[1], c))]
        index = np.array([names.index(f) for f in far.tolist()], dtype=np.uint8)
        cut = np.flatnonzero(np.diff(index)) + 1
        starts = np.concatenate([[0], cut])
        lengths = np.diff(np.concatenate([starts, [len(index)]]))
        xy = np.concatenate(rings).astype(np.int32)
        assert (np.diff(xy.astype(np.int64), axis=0).max()) < 2**31
        delta = np.vstack([xy[:1], np.diff(xy, axis=0)])
        path = OUT / f"{iso}.npz"
        np.savez_compressed(
            path,
            x=planes(delta[:, 0]),
            y=planes(delta[:, 1]),
            rings=np.array([len(r) for r in rings], dtype=np.int32),
            run_label=index[starts],
            run_edges=lengths.astype(np.int32),
            names=np.array(names),
            title=np.array(name),
            zones=np.array(zones),
            source=np.array(source),
        )
        total += path.stat().st_size
        boxes.append([*xy.min(axis=0) * UNIT, *xy.max(axis=0) * UNIT])
        valid = all(p.is_valid for p in territory[iso])
        counts = {str(n): int((far == n).sum()) for n in names}
        print(
            f"{iso} {len(xy):7d} vertices {len(rings):3d} rings valid={valid} "
            f"{path.stat().st_size / 1e3:.0f} kB {counts}"
        )
    np.savez_compressed(
        OUT / "boxes.npz", iso=np.array(list(GUARDS)), box_deg=np.array(boxes)
    )
    print(f"{total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
