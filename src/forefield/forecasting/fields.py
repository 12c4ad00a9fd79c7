"""Which first-passage field a class of object reads, and where it is kept.

A field depends on the border, on the class's parameters and on the version below. It
is solved once (tens of seconds), kept in the user's cache folder (XDG_CACHE_HOME, else
~/.cache) under a name that hashes all it depends on, and mapped into memory, so that
processes share it (`forecasting.kept_record`). It can be deleted at any time and is
never stale.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from forefield.columns import Floats
from forefield.forecasting.kept_record import checksum, kept_record
from forefield.forecasting.parameters import STYLES, ClassMotion, Parameters
from forefield.forecasting.sights import stride_of
from forefield.kernels.passage_fan import Ground
from forefield.kernels.passage_field import (
    RAYS,
    courses_of_turn,
    first_meetings,
    keep_beyond,
    march,
)
from forefield.kernels.passage_reading import KNOTS, PLACE_UNIT_M, Passage
from forefield.threats.classes import speed_band_mps
from forefield.world.borders import Border
from forefield.world.kept import cache_file

__all__ = ["KINDS", "FieldKey", "field_path", "ground_of", "key_of_field", "passage_of"]

_VERSION = 5  # raise it when what is computed below changes

#: Classes that have a field: those that turn and are flown into the night in numbers.
KINDS = ("cruise", "drone", "jet_drone", "decoy")

_BANDS_S = (300.0, 900.0)


@dataclass(frozen=True)
class FieldKey:
    """All that a field depends on, beside its border."""

    speed_mps: float
    leg_s: float
    turn_scale_deg: float
    downed_per_s: float
    end_out_per_s: float
    end_in_per_s: float
    return_per_s: float
    defended: tuple[str, ...]
    max_s: float
    courses: int
    cells: int


def key_of_field(style: str, par: Parameters) -> FieldKey | None:
    """The field of a class; None where it has none."""
    if style not in KINDS:
        return None
    m: ClassMotion = par.motion(style)
    if math.isinf(m.leg_s) or m.diffusion_m2ps > 0.0 or m.turn_scale_deg < 25.0:
        return None
    # Decoys that move as drones do read the drones' field.
    if style == "decoy" and m == par.motion("drone"):
        style = "drone"
    return FieldKey(
        speed_band_mps(style).middle, m.leg_s, m.turn_scale_deg, m.downed_per_s,
        m.end_out_per_s, m.end_in_per_s, m.return_per_s, tuple(par.defended),
        par.max_s, 48, par.field_cells,
    )  # fmt: skip


@cache
def ground_of(border: Border, defended: tuple[str, ...]) -> Ground:
    """The border's grid as the kernels read it."""
    f = border.field()
    shot = np.array([float(n in defended) for n in border.neighbours])
    shot.setflags(write=False)
    return Ground(
        f.x0_m, f.y0_m, f.cell_m, f.signed_m, f.neighbour, f.chainage_m,
        border.length_m, shot,
    )  # fmt: skip


#: Seconds of flight, beyond the straight way to the border, after which w and u1 are
#: kept; none enters sooner. The last stands for all that follow.
_BEYOND_S = (
    2.0, 5.0, 10.0, 18.0, 30.0, 48.0, 75.0, 115.0, 170.0, 245.0, 340.0, 470.0, 650.0,
    950.0, 3600.0,
)  # fmt: skip


def _knots(key: FieldKey) -> Floats:
    """Metres beyond the distance to the border at which w and u1 are kept."""
    knots = key.speed_mps * np.array([*_BEYOND_S, key.max_s])
    assert len(knots) == KNOTS
    return knots


def _stops(key: FieldKey) -> Floats:
    """Metres of flight to which steps are fitted: short at first, to the end."""
    near = np.geomspace(1_500.0, 1_250.0 * key.speed_mps, 22)
    return np.array([*near, 3_600.0 * key.speed_mps, key.max_s * key.speed_mps])


def _stride(border: Border, key: FieldKey) -> int:
    return stride_of(border, key.cells)


def _layout(border: Border, key: FieldKey) -> np.dtype[Any]:
    stride, v = _stride(border, key), 1 + len(border.neighbours)
    my, mx = border.field().signed_m.shape
    ny, nx = (my - 1) // stride + 1, (mx - 1) // stride + 1
    cy, cx = (ny - 1) // 2 + 1, (nx - 1) // 2 + 1
    c = key.courses
    return np.dtype(
        [
            ("crc32", "<u4"),
            ("places", "<i2", (cy, cx, c // 2, 3, 3)),
            ("shares", "u1", (cy, cx, c // 2, 3, v)),
            ("leaves", "u1", (cy, cx, c // 2)),
            ("w", "u1", (ny, nx, c, KNOTS)),
            ("u", "u1", (ny, nx, c, KNOTS)),
        ]
    )


# -- solving --------------------------------------------------------------------------
@dataclass(frozen=True)
class _Grid:
    """Every `stride`-th point of the border's grid."""

    x_m: Floats
    y_m: Floats
    shape: tuple[int, int]
    cell_m: float
    inside: NDArray[np.bool_]  # (n,)
    signed_m: Floats

    @classmethod
    def of(cls, border: Border, stride: int) -> _Grid:
        f = border.field()
        signed = f.signed_m[::stride, ::stride].astype(np.float64)
        ny, nx = signed.shape
        cell = f.cell_m * stride
        x, y = np.meshgrid(f.x0_m + cell * np.arange(nx), f.y0_m + cell * np.arange(ny))
        return cls(
            x.ravel(),
            y.ravel(),
            (ny, nx),
            cell,
            (signed <= 0.0).ravel(),
            signed.ravel(),
        )

    def nearest(self, of: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(n,) index of the nearest point of those marked."""
        marked = of.reshape(self.shape)
        if not marked.any():
            return np.arange(marked.size)
        iy, ix = distance_transform_edt(
            ~marked, return_distances=False, return_indices=True
        )
        index: NDArray[np.int64] = (iy * self.shape[1] + ix).ravel().astype(np.int64)
        return index

    def ghosts(self, todo: NDArray[np.bool_]) -> tuple[Any, Any]:
        """Points just across the border, and the nearest of `todo` to each."""
        band = np.flatnonzero(~todo & (np.abs(self.signed_m) < 3.0 * self.cell_m))
        return band, self.nearest(todo)[band]


def _traced(
    grid: _Grid, ground: Ground, signed: Any, rays: int, kill: Any, todo: Any
) -> tuple[Any, Any]:
    n = len(grid.x_m)
    meet = np.empty((rays, n), np.float32)
    alive = np.empty((rays, n), np.float32)
    first_meetings(
        grid.x_m, grid.y_m, todo, rays, ground.x0, ground.y0, ground.cell, signed,
        kill, 1.2e6, meet, alive,
    )  # fmt: skip
    return meet, alive


def _solve(border: Border, key: FieldKey) -> NDArray[Any]:
    """The field as one record of `_layout`."""
    record = np.zeros(1, _layout(border, key))
    out = record[0]
    ground = ground_of(border, key.defended)
    v, scale = key.speed_mps, math.radians(key.turn_scale_deg)
    lam = 1.0 / (key.leg_s * v)
    stride = _stride(border, key)
    grid = _Grid.of(border, stride)
    rates = np.append(ground.defended, 0.0) * key.downed_per_s + key.end_out_per_s
    kill_map = (rates[ground.neighbour] / v).astype(np.float32)
    kill = np.ascontiguousarray(kill_map[::stride, ::stride]).ravel().astype(float)
    leaves = _leaving(_Grid.of(border, 2 * stride), ground, key)
    out["leaves"][...] = np.round(255.0 * leaves)

    c, rays = key.courses, key.courses * RAYS
    todo = ~grid.inside
    meet, alive = _traced(grid, ground, ground.signed, rays, kill_map, todo)
    alive *= np.exp(-lam * meet)
    keeper = _Keeper.of(grid, todo, np.ascontiguousarray(meet[::RAYS]), _knots(key))
    march(
        meet, alive, lam, kill, courses_of_turn(scale, c, rays),
        courses_of_turn(scale, c, c), todo, grid.ghosts(todo), grid.shape,
        grid.cell_m, _stops(key), 0.3 / lam, lambda *_: None, 1e-4, None, keeper.step,
    )  # fmt: skip
    keeper.end()
    for name, kept in (("u", keeper.u), ("w", keeper.w)):
        np.maximum.accumulate(kept, axis=0, out=kept)
        flat = out[name].reshape(len(kill), c, KNOTS)
        for a in range(0, len(kill), 4096):
            flat[a : a + 4096] = kept[:, :, a : a + 4096].transpose(2, 1, 0)
        del flat
    _tables(border, key, ground, kill_map, leaves, meet, alive, out)
    out["crc32"] = checksum(record)
    return record


@dataclass
class _Keeper:
    """Keeps u1 and w as the march passes by each place's distances."""

    near_m: Floats  # (n,) straight way to the border; inf: a place that is not kept
    source: NDArray[np.int64]
    ghost: NDArray[np.bool_]
    meet: Any  # (C, n)
    lead_m: float
    knots_m: Floats
    u: NDArray[np.uint8]  # (K, C, n)
    w: NDArray[np.uint8]
    last: Any = None

    @classmethod
    def of(cls, grid: _Grid, todo: Any, meet: Any, knots_m: Floats) -> _Keeper:
        n = len(grid.x_m)
        source, ghost = np.arange(n), np.zeros(n, dtype=bool)
        band, nearest = grid.ghosts(todo)
        source[band], ghost[band] = nearest, True
        near_m = np.where(todo | ghost, grid.signed_m[source], np.inf)
        u, w = (np.zeros((KNOTS, len(meet), n), np.uint8) for _ in range(2))
        return cls(
            near_m, source, ghost, meet, 3.0 * grid.cell_m, knots_m, u, w
        )  # fmt: skip

    def step(self, s_m: float, end_m: float, u: Any, w: Any) -> None:
        """Keep what lies between two steps of the march."""
        for k, knot_m in enumerate(self.knots_m):
            at = self.near_m + knot_m
            places = np.flatnonzero((at > s_m) & (at <= end_m))
            if not places.size:
                continue
            near = self.near_m[places]
            even = (at[places] - s_m) / (end_m - s_m)
            # Where the first can enter within this step: as the root of what is flown
            # beyond, as the share of courses does that reach a straight line.
            root = np.sqrt(knot_m / np.maximum(end_m - near, 1.0))
            root = np.where(near >= s_m, root, even)
            self._put(k, places, root, even, u[0], u[1], self.u)
            self._put(k, places, root, root, w[0], w[1], self.w)
        self.last = end_m, u[1], w[1]

    def end(self) -> None:
        """What the march did not come to is as it is at its end."""
        end_m, u, w = self.last
        for k, knot_m in enumerate(self.knots_m):
            at = self.near_m + knot_m
            places = np.flatnonzero((at > end_m) & np.isfinite(at))
            one = np.ones(len(places))
            self._put(k, places, one, one, u, u, self.u)
            self._put(k, places, one, one, w, w, self.w)

    def _put(
        self, k: int, places: Any, part: Any, whole: Any, one: Any, two: Any, out: Any
    ) -> None:
        keep_beyond(
            places, self.source, self.ghost & (out is self.u), part.astype(np.float32),
            whole.astype(np.float32), self.meet, self.lead_m, one, two, out[k],
        )  # fmt: skip


def _leaving(grid: _Grid, ground: Ground, key: FieldKey) -> Floats:
    """(ny, nx, C / 2) chance that a flight that has entered leaves again."""
    v, scale = key.speed_mps, math.radians(key.turn_scale_deg)
    lam, back = 1.0 / (key.leg_s * v), key.return_per_s / v
    c = key.courses // 2
    rays, n = c * RAYS, len(grid.x_m)
    todo = grid.inside
    if not todo.any():
        return np.zeros((*grid.shape, c))
    kill = np.full(n, key.end_in_per_s / v)
    flat = np.full(ground.signed.shape, key.end_in_per_s / v, np.float32)
    meet, alive = _traced(grid, ground, -ground.signed, rays, flat, todo)
    ghosts = grid.ghosts(todo)
    held: list[Any] = [None]

    def keep(_: int, w: Any, u: Any) -> None:
        held[0] = u.copy()

    def solve(rate: float, share: float, extra: Any) -> Floats:
        weight = alive * np.exp(-rate * meet)
        march(
            meet, weight, rate, kill, share * courses_of_turn(scale, c, rays),
            share * courses_of_turn(scale, c, c), todo, ghosts, grid.shape,
            grid.cell_m, np.array([1e5, 1.2e6]), 0.4 / rate, keep, 2e-5,
            extra,
        )  # fmt: skip
        got: Floats = held[0] + np.where(np.isfinite(meet[::RAYS]), weight[::RAYS], 0)
        return got

    value = solve(lam, 1.0, None)
    if back > 0.0:
        # Turning back: up the gradient of the distance, give or take 0.5 rad.
        gy, gx = np.gradient(grid.signed_m.reshape(grid.shape))
        way = np.arctan2(gx, gy).ravel()
        at = 2.0 * np.pi * np.arange(c)[:, None] / c
        share = np.exp(-0.5 * (((at - way + np.pi) % (2 * np.pi) - np.pi) / 0.5) ** 2)
        extra = (share * value).sum(axis=0) / share.sum(axis=0)
        total = lam + back
        value = solve(total, lam / total, (back / total * extra).astype(np.float32))
    value = np.clip(value, 0.0, 1.0)[:, grid.nearest(todo)]
    return np.ascontiguousarray(value.T.reshape(*grid.shape, c))


def _tables(
    border: Border, key: FieldKey, ground: Ground, kill_map: Any, leaves: Floats,
    meet: Any, alive: Any, out: Any,
) -> None:  # fmt: skip
    """Whether, across whom and where flights enter that turn first: means of w."""
    stride, c = _stride(border, key), key.courses // 2
    fine_shape = out["w"].shape[:2]
    wide = leaves.shape[:2]
    grid = _Grid.of(border, 2 * stride)
    rays, n = c * RAYS, len(grid.x_m)

    def thin(a: Any) -> Any:
        a = a.reshape(-1, *fine_shape)[::2, ::2, ::2]
        return np.ascontiguousarray(a).reshape(rays, n)

    meet, alive = thin(meet), thin(alive)
    course = 2.0 * np.pi * np.arange(rays)[:, None] / rays
    far = np.where(np.isfinite(meet), meet, 0.0)
    hx, hy = grid.x_m + far * np.sin(course), grid.y_m + far * np.cos(course)
    my, mx = ground.signed.shape
    ix = np.clip(np.round((hx - ground.x0) / ground.cell).astype(int), 0, mx - 1)
    iy = np.clip(np.round((hy - ground.y0) / ground.cell).astype(int), 0, my - 1)
    near = ground.neighbour[iy, ix]
    jy = np.clip(np.round(iy / (2 * stride)).astype(int), 0, wide[0] - 1)
    jx = np.clip(np.round(ix / (2 * stride)).astype(int), 0, wide[1] - 1)
    sector = np.arange(rays)[:, None] // RAYS
    leave = leaves[jy, jx, sector].astype(np.float32)
    v, scale = key.speed_mps, math.radians(key.turn_scale_deg)
    lam = 1.0 / (key.leg_s * v)
    todo = ~grid.inside
    ghosts = grid.ghosts(todo)
    kill = kill_map[:: 2 * stride, :: 2 * stride].ravel().astype(float)
    knots = np.array([b * v for b in _BANDS_S] + [key.max_s * v])
    turns = courses_of_turn(scale, c, rays), courses_of_turn(scale, c, c)

    def mean(of: Any) -> Floats:
        got = np.zeros((3, c, n), np.float32)

        def keep(k: int, w: Any, _: Any) -> None:
            got[k] = w

        march(
            meet, alive if of is None else alive * of.astype(np.float32), lam, kill,
            *turns, todo, ghosts, grid.shape, grid.cell_m, knots,
            0.4 / lam, keep, 3e-4,
        )  # fmt: skip
        # (3, c, n) to (n, c, 3)
        return got.transpose(2, 1, 0).astype(np.float64)

    whole = mean(None)
    some = whole > 1e-6
    base = np.where(some, whole, 1.0)

    def share(of: Any) -> Floats:
        values: Floats = np.where(some, mean(of) / base, 0.0)
        # Out of reach within a band: as in the next.
        for k in (1, 0):
            values[..., k] = np.where(some[..., k], values[..., k], values[..., k + 1])
        return values

    shape = (*grid.shape, c, 3)
    out["shares"][..., 0] = np.round(255 * np.clip(share(leave), 0, 1)).reshape(shape)
    for k in range(len(border.neighbours)):
        if not (near[np.isfinite(meet)] == k).any():
            continue
        got = np.clip(share(near == k), 0.0, 1.0)
        out["shares"][..., 1 + k] = np.round(255 * got).reshape(shape)
    # From the grid's corner: what is asked of a place must not be negative.
    hx, hy = (hx - ground.x0) / 1e6, (hy - ground.y0) / 1e6
    ex, ey, square = share(hx), share(hy), share(hx**2 + hy**2)
    spread = 1e6 * np.sqrt(np.clip(square - ex**2 - ey**2, 0.0, None))
    there = square > 0.0
    for k, value in enumerate((
        np.where(there, 1e6 * ex + ground.x0 - grid.x_m[:, None, None], 0.0),
        np.where(there, 1e6 * ey + ground.y0 - grid.y_m[:, None, None], 0.0),
        spread,
    )):  # fmt: skip
        short = np.clip(np.round(value / PLACE_UNIT_M), -32000, 32000)
        out["places"][..., k] = short.reshape(shape)


# -- keeping --------------------------------------------------------------------------
def field_path(border: Border, key: FieldKey) -> Path | None:
    """Where the field of a border is kept; None where there is no cache folder."""
    f = border.field()
    digest = hashlib.sha256()
    digest.update(repr((_VERSION, border.iso, border.neighbours, key)).encode())
    digest.update(repr((f.x0_m, f.y0_m, f.cell_m, f.signed_m.shape)).encode())
    digest.update(f.signed_m.tobytes())
    digest.update(f.neighbour.tobytes())
    return cache_file(f"passage-{border.iso}-{digest.hexdigest()[:32]}.npy")


@cache
def passage_of(border: Border, key: FieldKey) -> Passage:
    """The field of a border, from the cache folder or solved and put there."""
    record = kept_record(
        field_path(border, key), _layout(border, key), lambda: _solve(border, key)
    )
    f = border.field()
    knots = _knots(key)
    bands = np.array([b * key.speed_mps for b in _BANDS_S] + [np.inf])
    cell = f.cell_m * _stride(border, key)
    fixed = [record[0][name] for name in ("w", "u", "shares", "places", "leaves")]
    for array in (*fixed, knots, bands):
        array.setflags(write=False)
    w, u, shares, places, leaves = fixed
    return Passage(
        w, u, f.x0_m, f.y0_m, cell, knots, key.speed_mps, shares, places, bands,
        2 * cell, leaves,
    )  # fmt: skip


def passages_of(
    border: Border, par: Parameters, styles: Any
) -> tuple[NDArray[np.int64], tuple[Passage, ...]]:
    """(S,) index of each style's field among those returned; -1: it has none.

    styles  names that are wanted; fields of others are not touched. The tuple has as
            many as there are `KINDS`, so that the kernel is compiled once.
    """
    which = np.full(len(STYLES), -1)
    keys: list[FieldKey] = []
    for k, name in enumerate(STYLES):
        key = key_of_field(name, par) if name in styles else None
        if key is None:
            continue
        if key not in keys:
            keys.append(key)
        which[k] = keys.index(key)
    found = [passage_of(border, key) for key in keys] or [_nothing()]
    return which, tuple(found + found[:1] * (len(KINDS) - len(found)))


def _nothing() -> Passage:
    """In the place of a field where no class has one."""

    def empty(shape: tuple[int, ...], kind: str) -> NDArray[Any]:
        array = np.zeros(shape, kind)
        array.setflags(write=False)
        return array

    return Passage(
        empty((2, 2, 2, KNOTS), "u1"), empty((2, 2, 2, KNOTS), "u1"), 0.0, 0.0, 1.0,
        empty((KNOTS,), "f8"), 1.0, empty((2, 2, 2, 3, 2), "u1"),
        empty((2, 2, 2, 3, 3), "i2"), empty((3,), "f8"), 1.0, empty((2, 2, 2), "u1"),
    )  # fmt: skip
