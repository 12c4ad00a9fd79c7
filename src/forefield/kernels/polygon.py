"""A territory of straight edges in the lon-lat plane: inside, nearest, crossing.

The edges of our borders are straight lines between vertices given in units of
1e-7 degree (about 1 cm), as in OpenStreetMap. Everything here is exact in that
plane: a query is scaled to the same units in float64 and sides are decided by
one cross product, whose rounding error is below a nanometre on the ground.

Three structures, prepared once by `prepare`:

*Grid.* Boxes in lon-lat. A box that no edge meets is outside or inside; a mixed
box lists its edges and knows the parity of its north-east corner. A point is
joined to that corner by a path, east and then north, and crossings are counted.
Grid lines lie at half units, so that no vertex is ever on one; a tie on the path
is decided as if the point lay an infinitesimal further north, in both counts
alike. The result is the even-odd rule for every point not exactly on an edge.

*Tree.* Consecutive pieces of the line (at most `PIECE_M` long, so that chord and
line differ by less than a millimetre) under boxes in earth-centred metres, for
the nearest point. Consecutive means near, so the tree needs no sorting.

*Chainage.* Metres along the line from the first vertex of the first ring.

`Prepared` is a NamedTuple of arrays, so that compiled kernels elsewhere can take
it as one argument and call the scalar kernels `inside_1`, `nearest_1` and
`crossing_1`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from forefield.kernels.frames import (
    WGS84_A,
    WGS84_E2,
    ecef_from_geodetic_1,
    radii_1,
)

__all__ = [
    "PIECE_M",
    "UNITS",
    "Prepared",
    "crossing_1",
    "crossings",
    "edge_lengths",
    "geodesic_1",
    "inside",
    "inside_1",
    "nearest",
    "nearest_1",
    "prepare",
    "touched",
]

UNITS = 1e7  # units per degree
PIECE_M = 100.0  # longest piece of line in the tree
_LEAF = 4  # pieces in a leaf of the tree

Floats = NDArray[np.float64]


class Prepared(NamedTuple):
    """A border as arrays. Lengths: E edges, C mixed boxes, P pieces, M tree nodes."""

    origin: NDArray[np.int64]  # (4,) 2*west, 2*south of the grid, box width, height
    scale: Floats  # (4,) boxes per unit in x, y; west, south [units]
    cells: NDArray[np.int32]  # (ny, nx) -1 outside, -2 inside, else mixed box
    cell_start: NDArray[np.int32]  # (C + 1,) into cell_edges
    cell_parity: NDArray[np.bool_]  # (C,) is the north-east corner inside
    cell_edges: NDArray[np.int32]  # (K, 4) x0 y0 x1 y1 [units]
    cell_which: NDArray[np.int32]  # (K,) edge of each row of cell_edges
    edge: NDArray[np.int32]  # (E, 4) x0 y0 x1 y1 [units], the inside on the left
    edge_chainage_m: Floats  # (E + 1,) at the start of each edge
    edge_label: NDArray[np.uint8]  # (E,) neighbour
    piece: Floats  # (P, 6) start and vector, earth-centred [m]
    piece_edge: NDArray[np.int32]  # (P,)
    piece_span: Floats  # (P, 2) from, to, as fractions of the edge
    node: Floats  # (M, 6) boxes, low and high corner, a full binary tree


# -- along the line ------------------------------------------------------------

_GL_X = (0.5 - math.sqrt(15.0) / 10.0, 0.5, 0.5 + math.sqrt(15.0) / 10.0)
_GL_W = (5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0)


def edge_lengths(edge: NDArray[np.int32]) -> Floats:
    """Length on the ellipsoid [m] of edges straight in lon-lat.

    Three-point Gauss-Legendre quadrature: below 1e-9 of an edge of 50 km.
    """
    e = edge.astype(np.float64) / UNITS
    dlam, dphi = np.radians(e[:, 2] - e[:, 0]), np.radians(e[:, 3] - e[:, 1])
    out = np.zeros(len(e))
    for x, w in zip(_GL_X, _GL_W, strict=True):
        phi = np.radians(e[:, 1] + x * (e[:, 3] - e[:, 1]))
        w2 = 1.0 - WGS84_E2 * np.sin(phi) ** 2
        m = WGS84_A * (1.0 - WGS84_E2) / w2**1.5
        n = WGS84_A / np.sqrt(w2)
        out += w * np.hypot(m * dphi, n * np.cos(phi) * dlam)
    return out


@njit(cache=True)
def geodesic_1(lat0, lon0, lat1, lon1, chord_m):
    """Distance on the ellipsoid [m] from the chord between two points.

    Arc of the normal section's radius (Euler) at the middle latitude: below
    1e-7 relative to 400 km, 1e-6 to 1000 km (tested against geographiclib).
    """
    mid = 0.5 * (lat0 + lat1)
    m, n = radii_1(mid)
    de = n * math.cos(math.radians(mid)) * math.radians(lon1 - lon0)
    dn = m * math.radians(lat1 - lat0)
    d2 = de * de + dn * dn
    if d2 == 0.0:
        return chord_m
    # Curvature of the section with azimuth (de, dn).
    r = d2 / (dn * dn / m + de * de / n)
    return 2.0 * r * math.asin(min(1.0, chord_m / (2.0 * r)))


# -- inside --------------------------------------------------------------------


@njit(cache=True)
def _north_of(x0, y0, x1, y1, x, y):
    # Side of the edge, taken from west to east (or upward, if vertical): True on
    # its left, which is north. Exactly on it: as an infinitesimal further north.
    if x1 < x0 or (x1 == x0 and y1 < y0):
        x0, y0, x1, y1 = x1, y1, x0, y0
    s = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
    return s > 0.0 or (s == 0.0 and x1 > x0)


@njit(cache=True)
def _mixed(x, y, cx, cy, a, b, odd, edges):
    # Parity of a point in a mixed box: edges [a, b) against the path from (x, y)
    # east to (cx, y) and north to the corner (cx, cy), whose parity is `odd`.
    for k in range(a, b):
        x0, y0 = float(edges[k, 0]), float(edges[k, 1])
        x1, y1 = float(edges[k, 2]), float(edges[k, 3])
        across = (y0 > y) != (y1 > y)
        along = (x0 > cx) != (x1 > cx)
        if along:
            # The corner's side against the side at which the path reaches it; if
            # the edge meets both legs, only the path's two ends count.
            px = x if across else cx
            if _north_of(x0, y0, x1, y1, px, y) != _north_of(x0, y0, x1, y1, cx, cy):
                odd = not odd
        elif across and x0 <= cx and (x0 > x or x1 > x):
            # Both ends west of the corner's line, not both west of the point.
            both = x0 > x and x1 > x
            if both or _north_of(x0, y0, x1, y1, x, y) != _north_of(
                x0, y0, x1, y1, cx, y
            ):
                odd = not odd
    return odd


@njit(cache=True)
def inside_1(lat_deg, lon_deg, p):
    """Is one point inside? `p` is a `Prepared`. NaN is outside."""
    x, y = lon_deg * UNITS, lat_deg * UNITS
    scale, cells = p.scale, p.cells
    fx, fy = (x - scale[2]) * scale[0], (y - scale[3]) * scale[1]
    ny, nx = cells.shape
    if not (fx >= 0.0 and fy >= 0.0 and fx < nx and fy < ny):
        return False
    ix, iy = int(fx), int(fy)
    c = cells[iy, ix]
    if c < 0:
        return c == -2
    # The north-east corner lies on half units: exact in float64.
    cx = 0.5 * (p.origin[0] + 2 * p.origin[2] * (ix + 1))
    cy = 0.5 * (p.origin[1] + 2 * p.origin[3] * (iy + 1))
    a, b = p.cell_start[c], p.cell_start[c + 1]
    return _mixed(x, y, cx, cy, a, b, p.cell_parity[c], p.cell_edges)


@njit(cache=True)
def inside(lat_deg, lon_deg, p, out):
    """Fill `out` (N,) bool."""
    # `inside_1` written out, with the arrays taken from the tuple once: taking
    # them for each point counts references, which costs ten times the test.
    scale, cells, parity = p.scale, p.cells, p.cell_parity
    start, edges = p.cell_start, p.cell_edges
    ny, nx = cells.shape
    sx, sy, west, south = scale[0], scale[1], scale[2], scale[3]
    width, height = p.origin[2], p.origin[3]
    for i in range(len(out)):
        x, y = lon_deg[i] * UNITS, lat_deg[i] * UNITS
        fx, fy = (x - west) * sx, (y - south) * sy
        odd = False
        if fx >= 0.0 and fy >= 0.0 and fx < nx and fy < ny:
            ix, iy = int(fx), int(fy)
            c = cells[iy, ix]
            if c < 0:
                odd = c == -2
            else:
                cx, cy = west + width * (ix + 1), south + height * (iy + 1)
                a, b = start[c], start[c + 1]
                odd = _mixed(x, y, cx, cy, a, b, parity[c], edges)
        out[i] = odd


# -- nearest -------------------------------------------------------------------


@njit(cache=True)
def _box_d2(node, i, x, y, z):
    dx = max(node[i, 0] - x, 0.0, x - node[i, 3])
    dy = max(node[i, 1] - y, 0.0, y - node[i, 4])
    dz = max(node[i, 2] - z, 0.0, z - node[i, 5])
    return dx * dx + dy * dy + dz * dz


@njit(cache=True)
def _piece_d2(piece, i, x, y, z):
    qx, qy, qz = x - piece[i, 0], y - piece[i, 1], z - piece[i, 2]
    vx, vy, vz = piece[i, 3], piece[i, 4], piece[i, 5]
    t = (qx * vx + qy * vy + qz * vz) / (vx * vx + vy * vy + vz * vz)
    t = min(1.0, max(0.0, t))
    qx, qy, qz = qx - t * vx, qy - t * vy, qz - t * vz
    return qx * qx + qy * qy + qz * qz, t


@njit(cache=True)
def _nearest_piece(x, y, z, piece, node, first, stack):
    # Depth first, the nearer child first; `first` is a good guess to start from.
    # Equal distances go to the lower piece, so that the guess cannot matter.
    best, best_t = _piece_d2(piece, first, x, y, z)
    best_i = first
    leaves = (len(node) + 1) // 2
    n = len(piece)
    top = 0
    stack[0] = 0
    while top >= 0:
        i = stack[top]
        top -= 1
        if _box_d2(node, i, x, y, z) > best:
            continue
        if i >= leaves - 1:
            a = (i - leaves + 1) * _LEAF
            for j in range(a, min(a + _LEAF, n)):
                d2, t = _piece_d2(piece, j, x, y, z)
                if d2 < best or (d2 == best and j < best_i):
                    best, best_i, best_t = d2, j, t
            continue
        left, right = 2 * i + 1, 2 * i + 2
        dl = _box_d2(node, left, x, y, z)
        dr = _box_d2(node, right, x, y, z)
        if dl > dr:
            left, right, dl, dr = right, left, dr, dl
        if dr <= best:
            top += 1
            stack[top] = right
        if dl <= best:
            top += 1
            stack[top] = left
    return best_i, best_t


@njit(cache=True)
def _nearest_from(lat_deg, lon_deg, p, first, stack):
    x, y, z = ecef_from_geodetic_1(lat_deg, lon_deg, 0.0)
    i, t = _nearest_piece(x, y, z, p.piece, p.node, first, stack)
    e = p.piece_edge[i]
    t = p.piece_span[i, 0] + t * (p.piece_span[i, 1] - p.piece_span[i, 0])
    lon = (p.edge[e, 0] + t * (p.edge[e, 2] - p.edge[e, 0])) / UNITS
    lat = (p.edge[e, 1] + t * (p.edge[e, 3] - p.edge[e, 1])) / UNITS
    bx, by, bz = ecef_from_geodetic_1(lat, lon, 0.0)
    chord = math.sqrt((x - bx) ** 2 + (y - by) ** 2 + (z - bz) ** 2)
    d = geodesic_1(lat_deg, lon_deg, lat, lon, chord)
    s = p.edge_chainage_m[e] + t * (p.edge_chainage_m[e + 1] - p.edge_chainage_m[e])
    return d, lat, lon, s, e, i


@njit(cache=True)
def nearest_1(lat_deg, lon_deg, p):
    """Distance [m], latitude, longitude, chainage [m], edge of the nearest point."""
    stack = np.empty(64, dtype=np.int64)
    d, lat, lon, s, e, _ = _nearest_from(lat_deg, lon_deg, p, 0, stack)
    return d, lat, lon, s, e


@njit(cache=True)
def nearest(lat_deg, lon_deg, p, out, edge):
    """Fill `out` (N, 4) distance, latitude, longitude, chainage and `edge` (N,)."""
    stack = np.empty(64, dtype=np.int64)
    first = 0
    for i in range(len(edge)):
        if math.isnan(lat_deg[i] + lon_deg[i]):
            out[i, :] = math.nan
            edge[i] = -1
            continue
        d, lat, lon, s, e, first = _nearest_from(
            lat_deg[i], lon_deg[i], p, first, stack
        )
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = d, lat, lon, s
        edge[i] = e


# -- crossing ------------------------------------------------------------------


@njit(cache=True)
def _meet(ax, ay, dx, dy, x0, y0, x1, y1):
    # Fraction along a + t d where it meets the edge, else inf; fraction of the edge.
    ex, ey = x1 - x0, y1 - y0
    det = dx * ey - dy * ex
    if det == 0.0:
        return math.inf, 0.0
    t = ((x0 - ax) * ey - (y0 - ay) * ex) / det
    u = ((x0 - ax) * dy - (y0 - ay) * dx) / det
    if t < 0.0 or t > 1.0 or u < 0.0 or u > 1.0:
        return math.inf, 0.0
    return t, u


@njit(cache=True)
def _crossing_units(ax, ay, bx, by, p):
    ny, nx = p.cells.shape
    dx, dy = bx - ax, by - ay
    best, best_u, best_e = math.inf, 0.0, -1
    # The part of the segment within the grid, in boxes.
    fx, fy = (ax - p.scale[2]) * p.scale[0], (ay - p.scale[3]) * p.scale[1]
    gx, gy = dx * p.scale[0], dy * p.scale[1]
    t0, t1 = 0.0, 1.0
    for f, g, n in ((fx, gx, nx), (fy, gy, ny)):
        if g == 0.0:
            if not (f >= 0.0 and f < n):
                return best, best_u, best_e
        else:
            u0, u1 = -f / g, (n - f) / g
            t0, t1 = max(t0, min(u0, u1)), min(t1, max(u0, u1))
    if not t0 <= t1:
        return best, best_u, best_e
    # Row by row, so that rounding at box walls cannot skip a box: each row takes
    # the columns the segment spans in it, widened by a thousandth of a box.
    ya, yb = fy + t0 * gy, fy + t1 * gy
    step = 1 if gy >= 0.0 else -1
    pad = 1e-3
    row = min(max(int(ya - step * pad), 0), ny - 1)
    last = min(max(int(yb + step * pad), 0), ny - 1)
    while (last - row) * step >= 0:
        if gy == 0.0:
            s0, s1, done = t0, t1, t1
        else:
            u0, u1 = (row - fy) / gy, (row + 1 - fy) / gy
            done = min(t1, max(u0, u1))
            u0, u1 = (row - pad - fy) / gy, (row + 1 + pad - fy) / gy
            s0, s1 = max(t0, min(u0, u1)), min(t1, max(u0, u1))
        if s0 <= s1:
            xa, xb = fx + s0 * gx, fx + s1 * gx
            stride = 1 if gx >= 0.0 else -1
            col = min(max(int(xa - stride * pad), 0), nx - 1)
            end = min(max(int(xb + stride * pad), 0), nx - 1)
            while (end - col) * stride >= 0:
                c = p.cells[row, col]
                if c >= 0:
                    for k in range(p.cell_start[c], p.cell_start[c + 1]):
                        t, u = _meet(
                            ax,
                            ay,
                            dx,
                            dy,
                            float(p.cell_edges[k, 0]),
                            float(p.cell_edges[k, 1]),
                            float(p.cell_edges[k, 2]),
                            float(p.cell_edges[k, 3]),
                        )
                        if t < best or (t == best and p.cell_which[k] < best_e):
                            best, best_u, best_e = t, u, p.cell_which[k]
                    # Nothing further along can be earlier than what this box gave,
                    # if it lies within the box.
                    if best <= done and gx != 0.0:
                        wall = (col + (1 if stride > 0 else 0) - fx) / gx
                        if best <= wall:
                            return best, best_u, best_e
                col += stride
            if best <= done:
                return best, best_u, best_e
        row += step
    return best, best_u, best_e


@njit(cache=True)
def crossing_1(lat0_deg, lon0_deg, lat1_deg, lon1_deg, p):
    """First meeting of a segment (straight in lon-lat) with the border.

    Returns fraction of the segment (inf: none), chainage [m] and edge (-1: none).
    """
    t, u, e = _crossing_units(
        lon0_deg * UNITS, lat0_deg * UNITS, lon1_deg * UNITS, lat1_deg * UNITS, p
    )
    if e < 0:
        return t, math.nan, e
    s = p.edge_chainage_m[e] + u * (p.edge_chainage_m[e + 1] - p.edge_chainage_m[e])
    return t, s, e


@njit(cache=True)
def crossings(lat0, lon0, lat1, lon1, p, out, edge):
    """Fill `out` (N, 2) fraction, chainage (NaN: none) and `edge` (N,) (-1: none)."""
    for i in range(len(edge)):
        t, s, e = crossing_1(lat0[i], lon0[i], lat1[i], lon1[i], p)
        edge[i] = e
        if e < 0:
            out[i, 0] = out[i, 1] = math.nan
        else:
            out[i, 0], out[i, 1] = t, s


# -- preparation ---------------------------------------------------------------


@njit(cache=True)
def _rasterise(edge, origin, nx, ny, cells, count, which):
    # Boxes that an edge meets, walls included: one unit of slack on each side, so
    # that a point which rounding puts into the box next door still sees the edge.
    # With `count` True the boxes are numbered and counted, else `which` is filled.
    total = 0
    wx, wy = float(origin[2]), float(origin[3])
    ox, oy = 0.5 * origin[0], 0.5 * origin[1]
    for e in range(len(edge)):
        x0, y0 = edge[e, 0] - ox, edge[e, 1] - oy
        x1, y1 = edge[e, 2] - ox, edge[e, 3] - oy
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        r0, r1 = int((y0 - 1.0) / wy), int((y1 + 1.0) / wy)
        for r in range(max(r0, 0), min(r1, ny - 1) + 1):
            if y1 > y0:
                lo = min(max((r * wy - 1.0 - y0) / (y1 - y0), 0.0), 1.0)
                hi = min(max(((r + 1) * wy + 1.0 - y0) / (y1 - y0), 0.0), 1.0)
                xa, xb = x0 + lo * (x1 - x0), x0 + hi * (x1 - x0)
            else:
                xa, xb = x0, x1
            if xa > xb:
                xa, xb = xb, xa
            c0, c1 = int((xa - 1.0) / wx), int((xb + 1.0) / wx)
            for c in range(max(c0, 0), min(c1, nx - 1) + 1):
                if count:
                    cells[r, c] += 1
                else:
                    which[cells[r, c]] = e
                    cells[r, c] += 1
                total += 1
    return total


@njit(cache=True)
def _corner_parity(edge, origin, nx, ny, parity):
    # For every north-east corner: toggled by each edge that crosses its row line
    # east of it. Exact in int64, in half units. Marks the last corner west of
    # the crossing; a sum from the east then gives the parity.
    wx2, wy2 = 2 * origin[2], 2 * origin[3]
    for e in range(len(edge)):
        x0, y0 = (
            2 * np.int64(edge[e, 0]) - origin[0],
            2 * np.int64(edge[e, 1]) - origin[1],
        )
        x1, y1 = (
            2 * np.int64(edge[e, 2]) - origin[0],
            2 * np.int64(edge[e, 3]) - origin[1],
        )
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        # Row lines j * wy2 with y0 < line < y1 (never equal: half units).
        j0, j1 = y0 // wy2 + 1, y1 // wy2
        for j in range(j0, j1 + 1):
            line = j * wy2
            # Largest column line i with corner strictly west of the edge.
            x = x0 + (x1 - x0) * (float(line - y0) / float(y1 - y0))
            i = math.floor(x / wx2) + 1
            while i >= 0:
                # Positive: the corner is on the left (west) of the upward edge.
                s = (x1 - x0) * (line - y0) - (y1 - y0) * (i * wx2 - x0)
                if s > 0 or (s == 0 and x1 > x0):
                    break
                i -= 1
            # Corner (i, j) belongs to box (j - 1, i - 1).
            if i >= 1 and 1 <= j <= ny:
                parity[j - 1, min(i, nx) - 1] ^= True
    for r in range(ny):
        odd = False
        for c in range(nx - 1, -1, -1):
            odd ^= parity[r, c]
            parity[r, c] = odd


@njit(cache=True)
def _pieces(edge, lengths, piece, piece_edge, piece_span):
    k = 0
    for e in range(len(edge)):
        n = max(1, math.ceil(lengths[e] / PIECE_M))
        for j in range(n):
            a, b = j / n, (j + 1) / n
            lon0 = (edge[e, 0] + a * (edge[e, 2] - edge[e, 0])) / UNITS
            lat0 = (edge[e, 1] + a * (edge[e, 3] - edge[e, 1])) / UNITS
            lon1 = (edge[e, 0] + b * (edge[e, 2] - edge[e, 0])) / UNITS
            lat1 = (edge[e, 1] + b * (edge[e, 3] - edge[e, 1])) / UNITS
            x0, y0, z0 = ecef_from_geodetic_1(lat0, lon0, 0.0)
            x1, y1, z1 = ecef_from_geodetic_1(lat1, lon1, 0.0)
            piece[k, 0], piece[k, 1], piece[k, 2] = x0, y0, z0
            piece[k, 3], piece[k, 4], piece[k, 5] = x1 - x0, y1 - y0, z1 - z0
            piece_edge[k] = e
            piece_span[k, 0], piece_span[k, 1] = a, b
            k += 1
    return k


@njit(cache=True)
def _tree(piece, node, leaves):
    node[:, :3] = np.inf
    node[:, 3:] = -np.inf
    for i in range(len(piece)):
        m = leaves - 1 + i // _LEAF
        for a in range(3):
            u, v = piece[i, a], piece[i, a] + piece[i, 3 + a]
            node[m, a] = min(node[m, a], u, v)
            node[m, 3 + a] = max(node[m, 3 + a], u, v)
    for m in range(leaves - 2, -1, -1):
        for a in range(3):
            node[m, a] = min(node[2 * m + 1, a], node[2 * m + 2, a])
            node[m, 3 + a] = max(node[2 * m + 1, 3 + a], node[2 * m + 2, 3 + a])


def _frame(edge: NDArray[np.int32], boxes: int) -> tuple[NDArray[np.int64], int, int]:
    """Origin, columns and rows of a grid of about so many boxes around edges."""
    low = edge[:, :2].min(axis=0).astype(np.int64)
    high = edge[:, :2].max(axis=0).astype(np.int64)
    size = (high - low) / UNITS
    shrink = math.cos(math.radians((low[1] + high[1]) / 2 / UNITS))
    step_deg = math.sqrt(size[0] * shrink * size[1] / boxes)
    width = max(4, int(step_deg / shrink * UNITS))
    height = max(4, int(step_deg * UNITS))
    # West and south walls at a half unit, two units clear of the first vertex.
    origin = np.array([2 * low[0] - 5, 2 * low[1] - 5, width, height], dtype=np.int64)
    nx = int((high[0] + 3 - low[0] + 2) // width) + 1
    ny = int((high[1] + 3 - low[1] + 2) // height) + 1
    return origin, nx, ny


def touched(edge: NDArray[np.int32], boxes: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Which boxes of a grid the edges (E, 4) meet.

    Returns scale (4,) boxes per unit in x and y, west, south [units] and (ny, nx).
    """
    origin, nx, ny = _frame(edge, boxes)
    count = np.zeros((ny, nx), dtype=np.int32)
    _rasterise(edge, origin, nx, ny, count, True, np.zeros(0, dtype=np.int32))
    scale = [1.0 / origin[2], 1.0 / origin[3], origin[0] / 2, origin[1] / 2]
    return np.array(scale), count > 0


def prepare(
    rings: list[NDArray[np.int32]], label: NDArray[np.uint8], boxes: int = 1_000_000
) -> Prepared:
    """Build the structures for rings (n, 2) of lon, lat units, not closed.

    label  (E,) neighbour of each edge, rings in order
    boxes  about how many boxes the grid should have
    """
    edge = np.concatenate([np.hstack([r, np.roll(r, -1, axis=0)]) for r in rings])
    edge = np.ascontiguousarray(edge, dtype=np.int32)
    origin, nx, ny = _frame(edge, boxes)
    count = np.zeros((ny, nx), dtype=np.int32)
    none = np.zeros(0, dtype=np.int32)
    total = _rasterise(edge, origin, nx, ny, count, True, none)
    parity = np.zeros((ny, nx), dtype=np.bool_)
    _corner_parity(edge, origin, nx, ny, parity)
    mixed = count > 0
    start = np.concatenate([[0], np.cumsum(count[mixed])]).astype(np.int32)
    cursor = np.zeros((ny, nx), dtype=np.int32)
    cursor[mixed] = start[:-1]
    which = np.empty(total, dtype=np.int32)
    _rasterise(edge, origin, nx, ny, cursor, False, which)
    cells = np.where(parity, -2, -1).astype(np.int32)
    cells[mixed] = np.arange(len(start) - 1, dtype=np.int32)

    lengths = edge_lengths(edge)
    n_pieces = int(np.maximum(1, np.ceil(lengths / PIECE_M)).sum())
    piece = np.empty((n_pieces, 6))
    piece_edge = np.empty(n_pieces, dtype=np.int32)
    piece_span = np.empty((n_pieces, 2))
    _pieces(edge, lengths, piece, piece_edge, piece_span)
    leaves = 1
    while leaves * _LEAF < n_pieces:
        leaves *= 2
    node = np.empty((2 * leaves - 1, 6))
    _tree(piece, node, leaves)

    return Prepared(
        origin=origin,
        scale=np.array(
            [1.0 / origin[2], 1.0 / origin[3], origin[0] / 2, origin[1] / 2]
        ),
        cells=cells,
        cell_start=start,
        cell_parity=parity[mixed],
        cell_edges=edge[which],
        cell_which=which,
        edge=edge,
        edge_chainage_m=np.concatenate([[0.0], np.cumsum(lengths)]),
        edge_label=np.ascontiguousarray(label, dtype=np.uint8),
        piece=piece,
        piece_edge=piece_edge,
        piece_span=piece_span,
        node=node,
    )
