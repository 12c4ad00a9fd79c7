"""Distance to a border on a grid, computed once and kept.

A field of Poland is 2.2 million nearest points: a few seconds. It is kept in the
user's cache folder (XDG_CACHE_HOME, else ~/.cache; about 20 MB a guard) under a name
that hashes all it depends on, so that it can be deleted at any time and is never
stale. Where the folder cannot be written, it is computed again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.world.kept import cache_file, read_arrays, write_whole
from forefield.world.plane import Plane

if TYPE_CHECKING:
    from forefield.world.borders import Border

__all__ = ["DistanceField", "distance_field"]

_VERSION = 1  # raise it when the computation below changes


@dataclass(frozen=True)
class DistanceField:
    """Distance to the border on a square grid of the plane.

    Row iy, column ix is the point (x0_m + ix * cell_m, y0_m + iy * cell_m).
    """

    plane: Plane
    x0_m: float
    y0_m: float
    cell_m: float
    signed_m: NDArray[np.float32]  # (ny, nx) metres on the ellipsoid, < 0 inside
    neighbour: NDArray[np.int8]  # (ny, nx) of the nearest point of the line
    chainage_m: NDArray[np.float32]  # (ny, nx) of the nearest point of the line


@cache
def distance_field(border: Border, cell_m: float, margin_m: float) -> DistanceField:
    """The field of a border; see `Border.field`."""
    lat, lon = border.point_at(np.arange(0.0, border.length_m, 5_000.0))
    x, y = border.plane.forward(lat, lon)
    x0 = float(np.floor((x.min() - margin_m) / cell_m) * cell_m)
    y0 = float(np.floor((y.min() - margin_m) / cell_m) * cell_m)
    nx = int(np.ceil((x.max() + margin_m - x0) / cell_m)) + 1
    ny = int(np.ceil((y.max() + margin_m - y0) / cell_m)) + 1
    path = _path(border, (cell_m, x0, y0, nx, ny))
    grids = _read(path, (ny, nx))
    if grids is None:
        grids = _compute(border, cell_m, x0, y0, nx, ny)
        _write(path, grids)
    for grid in grids:
        grid.setflags(write=False)
    return DistanceField(border.plane, x0, y0, cell_m, *grids)


Grids = tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.float32]]


def _compute(
    border: Border, cell_m: float, x0: float, y0: float, nx: int, ny: int
) -> Grids:
    gx, gy = np.meshgrid(x0 + cell_m * np.arange(nx), y0 + cell_m * np.arange(ny))
    # Every other row backwards, so that each point is beside the last: the search
    # starts from the last answer.
    gx[1::2] = gx[1::2, ::-1]
    lat, lon = border.plane.inverse(gx, gy)
    near = border.nearest(lat, lon)
    signed = np.where(border.inside(lat, lon), -near.distance_m, near.distance_m)
    return (
        _straighten(signed, np.float32),
        _straighten(near.neighbour, np.int8),
        _straighten(near.chainage_m, np.float32),
    )


def _straighten(values: NDArray[Any], kind: type) -> NDArray[Any]:
    out: NDArray[Any] = values.astype(kind)
    out[1::2] = out[1::2, ::-1].copy()
    return out


def _path(border: Border, key: tuple[float, ...]) -> Path | None:
    digest = hashlib.blake2b(digest_size=12)
    plane = (border.plane.lat0_deg, border.plane.lon0_deg)
    digest.update(repr((_VERSION, border.iso, plane, key)).encode())
    digest.update(border.prepared.edge.tobytes())
    digest.update(border.prepared.edge_label.tobytes())
    return cache_file(f"field-{border.iso}-{digest.hexdigest()}.npz")


def _read(path: Path | None, shape: tuple[int, int]) -> Grids | None:
    data = read_arrays(path)
    if data is None or not {"signed_m", "neighbour", "chainage_m"} <= set(data):
        return None
    grids = (data["signed_m"], data["neighbour"], data["chainage_m"])
    kinds = (np.float32, np.int8, np.float32)
    for grid, kind in zip(grids, kinds, strict=True):
        if grid.shape != shape or grid.dtype != kind:
            return None
    return grids


def _write(path: Path | None, grids: Grids) -> None:
    signed, neighbour, chainage = grids
    write_whole(
        path,
        lambda f: np.savez(
            f, signed_m=signed, neighbour=neighbour, chainage_m=chainage
        ),
    )
