"""Shapes to draw: simplified copies of the very borders that are computed with.

A border is cut where its neighbour changes and each piece is simplified alone, in
one direction, with its ends kept. So two countries' common line is drawn as one.
Whoever draws them shows `attribution.MAP`.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from forefield.columns import Floats
from forefield.kernels.polygon import UNITS
from forefield.world.borders import GUARDS, Border, boxes, guard
from forefield.world.districts import Districts

__all__ = ["basemap", "district_lines"]

_DEGREE_M = 111_200.0


def basemap(
    bbox_deg: tuple[float, float, float, float], tolerance_m: float = 100.0
) -> dict[str, list[Floats]]:
    """Rings of every shipped country that reaches into a box.

    bbox_deg     west, south, east, north
    tolerance_m  how far a drawn line may be from the exact one

    Returns ISO code -> rings (n, 2) of lon, lat, closed; holes run clockwise. Rings
    are not cut at the box; those that do not touch it are left out.
    """
    west, south, east, north = bbox_deg
    out: dict[str, list[Floats]] = {}
    for iso in GUARDS:
        w, s, e, n = boxes()[iso]
        if w > east or e < west or s > north or n < south:
            continue
        rings = [
            r
            for r in _rings(iso, float(tolerance_m))
            if not (
                r[:, 0].min() > east
                or r[:, 0].max() < west
                or r[:, 1].min() > north
                or r[:, 1].max() < south
            )
        ]
        if rings:
            out[iso] = rings
    return out


@cache
def _rings(iso: str, tolerance_m: float) -> list[Floats]:
    border = guard(iso)
    out, first = [], 0
    for ring in border.rings:
        label = border.prepared.edge_label[first : first + len(ring)]
        first += len(ring)
        out.append(_simplify_ring(ring / UNITS, label, border, tolerance_m))
    return [r for r in out if len(r) >= 4]


def _simplify_ring(
    ring: Floats, label: Any, border: Border, tolerance_m: float
) -> Floats:
    # Start at a change of neighbour, if there is one, so that no piece wraps.
    change = np.flatnonzero(label != np.roll(label, 1))
    if change.size:
        ring, label = np.roll(ring, -change[0], axis=0), np.roll(label, -change[0])
    cuts = [0, *(np.flatnonzero(np.diff(label)) + 1).tolist(), len(ring)]
    if len(cuts) == 2:  # one neighbour all round: two halves
        cuts = [0, len(ring) // 2, len(ring)]
    closed = np.vstack([ring, ring[:1]])
    pieces = [
        _simplify_line(closed[a : b + 1], tolerance_m)[:-1] for a, b in pairwise(cuts)
    ]
    whole = np.vstack(pieces)
    return np.vstack([whole, whole[:1]])


def _simplify_line(line: Floats, tolerance_m: float) -> Floats:
    import shapely

    # The same direction whichever country asks.
    turned = tuple(line[0]) > tuple(line[-1])
    if turned:
        line = line[::-1]
    shrink = np.cos(np.radians(line[0, 1]))
    flat = shapely.LineString(line * [shrink, 1.0])
    keep = shapely.get_coordinates(
        shapely.simplify(flat, tolerance_m / _DEGREE_M, preserve_topology=False)
    ) / [shrink, 1.0]
    keep[0], keep[-1] = line[0], line[-1]
    return np.asarray(keep[::-1] if turned else keep)


def district_lines(units: Districts, tolerance_m: float = 200.0) -> list[Floats]:
    """Lines (n, 2) of lon, lat between districts, within the territory."""
    import shapely

    edges = shapely.line_merge(
        shapely.union_all([shapely.boundary(c) for c in units.cover], grid_size=1e-6)
    )
    inner = shapely.intersection(edges, shapely.simplify(units.border.shape, 5e-4))
    merged = shapely.line_merge(inner) if inner.geom_type != "LineString" else inner
    return [
        _simplify_line(shapely.get_coordinates(line), tolerance_m)
        for line in shapely.get_parts(merged)
        if line.geom_type == "LineString" and line.length > 0
    ]
