"""The table of straight ways to a border: made once, kept in the cache folder, mapped.

A border's table serves all classes. Its coarse points are those of the first-passage
fields (`forecasting.fields`), its fine ones those of the border's own grid that lie
outside it by less than `_NEAR_M`.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats
from forefield.forecasting.kept_record import checksum, kept_record
from forefield.kernels.passage_fan import Ground
from forefield.kernels.passage_field import first_meetings
from forefield.kernels.sight import SIGHTS, Sight, as_sights
from forefield.world.borders import Border
from forefield.world.kept import cache_file

__all__ = ["sight_of", "sight_path", "stride_of"]

_VERSION = 1  # raise it when what is computed below changes

#: How far from the border the fine grid reaches.
_NEAR_M = 12_000.0

#: No ray is followed further, as in the fields.
_REACH_M = 1.2e6

#: Rays are traced for so many points at a time, to bound memory.
_POINTS = 16_384


def stride_of(border: Border, cells: int) -> int:
    """Cells of the border's grid to one of a grid of about so many points."""
    ny, nx = border.field().signed_m.shape
    return max(4, math.ceil(math.sqrt(ny * nx / cells)))


def _fine(border: Border) -> NDArray[np.bool_]:
    signed = border.field().signed_m
    near: NDArray[np.bool_] = (signed > 0.0) & (signed < _NEAR_M)
    return near


def _shape(border: Border, stride: int) -> tuple[int, int]:
    my, mx = border.field().signed_m.shape
    return (my - 1) // stride + 1, (mx - 1) // stride + 1


def _layout(border: Border, stride: int) -> np.dtype[Any]:
    ny, nx = _shape(border, stride)
    rows = ny * nx + int(_fine(border).sum())
    return np.dtype(
        [
            ("crc32", "<u4"),
            ("slot", "<i4", border.field().signed_m.shape),
            ("far", "<u2", (rows, SIGHTS)),
            ("shot", "u1", (rows, SIGHTS)),
        ]
    )


def _trace(border: Border, ground: Ground, stride: int) -> NDArray[Any]:
    """The table as one record of `_layout`."""
    record = np.zeros(1, _layout(border, stride))
    out = record[0]
    signed = ground.signed
    ny, nx = _shape(border, stride)
    iy, ix = (v.ravel() for v in np.mgrid[:ny, :nx] * stride)
    fine = _fine(border)
    fy, fx = np.nonzero(fine)
    slot = np.full(signed.shape, -1, np.int32)
    slot[fine] = ny * nx + np.arange(len(fy))
    out["slot"][...] = slot
    iy, ix = np.concatenate([iy, fy]), np.concatenate([ix, fx])
    # A rate so small that its product with any distance keeps its digits.
    rate = 1e-6
    shot = np.append(ground.defended, 0.0) * rate
    kill = shot[ground.neighbour].astype(np.float32)
    for a in range(0, len(iy), _POINTS):
        rows = slice(a, a + _POINTS)
        y, x = iy[rows], ix[rows]
        place = ground.x0 + ground.cell * x, ground.y0 + ground.cell * y
        meet, alive = (np.empty((SIGHTS, len(y)), np.float32) for _ in range(2))
        todo = signed[y, x] > 0.0
        first_meetings(
            *place, todo, SIGHTS, ground.x0, ground.y0, ground.cell, signed, kill,
            _REACH_M, meet, alive,
        )  # fmt: skip
        hit = np.isfinite(meet)
        lost: Floats = -np.log(np.where(hit, alive, 1.0)) / rate
        far, share = as_sights(meet, lost)
        far[~todo] = 0
        out["far"][rows], out["shot"][rows] = far, share
    out["crc32"] = checksum(record)
    return record


def sight_path(border: Border, defended: tuple[str, ...], stride: int) -> Path | None:
    """Where the table of a border is kept; None where there is no cache folder."""
    f = border.field()
    digest = hashlib.sha256()
    digest.update(repr((_VERSION, border.iso, border.neighbours, defended)).encode())
    digest.update(repr((stride, f.x0_m, f.y0_m, f.cell_m, _NEAR_M)).encode())
    digest.update(f.signed_m.tobytes())
    digest.update(f.neighbour.tobytes())
    return cache_file(f"sight-{border.iso}-{digest.hexdigest()[:32]}.npy")


@cache
def sight_of(border: Border, defended: tuple[str, ...], cells: int) -> Sight:
    """The table of a border, from the cache folder or traced and put there."""
    from forefield.forecasting.fields import ground_of

    stride = stride_of(border, cells)
    record = kept_record(
        sight_path(border, defended, stride),
        _layout(border, stride),
        lambda: _trace(border, ground_of(border, defended), stride),
    )
    f = border.field()
    slot, far, shot = (record[0][name] for name in ("slot", "far", "shot"))
    for array in (slot, far, shot):
        array.setflags(write=False)
    return Sight(
        f.x0_m, f.y0_m, f.cell_m, stride, slot, _shape(border, stride), far, shot
    )  # fmt: skip
