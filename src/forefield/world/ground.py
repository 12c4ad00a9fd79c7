"""The ground below: people and countries on a grid, made once, read in nanoseconds.

    ground = theatre(("PL",))
    ground.over(50.4, 24.2)             # 'UA'
    ground.people_per_km2(50.05, 23.97)

Settlements are discs over an even rural background (see `world.places`), so people in
the open country are counted too. Cells are about 1.1 km; the country of a cell is that
of its centre, found exactly. A gridded population of the user replaces the gazetteer
where it has data (`io.population` reads one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forefield.errors import InputError
from forefield.kernels import people_grid
from forefield.world.kept import kept

__all__ = ["Counts", "Ground", "Pyramid", "ground_from", "theatre"]

Floats = NDArray[np.float64]
CountryOf = Callable[[Any, Any], Any]

_VERSION = 2  # raise it when the computation of the cells changes
_DLAT, _DLON = 0.01, 0.016
_BLOCK = 8  # cells of a block that is first taken to lie in one country
_LEVELS = 7
_DEG_M = 111_194.93


@dataclass(frozen=True)
class Pyramid:
    """A ground's people by country at seven coarser levels; see `people_grid`."""

    grids: NDArray[np.float32]
    offset: NDArray[np.int64]
    nxs: NDArray[np.int64]
    nys: NDArray[np.int64]
    channel_of: NDArray[np.int64]
    channels: int


@dataclass(frozen=True)
class Ground:
    """People and countries on a grid.

    frame    south, west [deg], cell height, cell width [deg]
    density  (ny, nx) people per m2, row 0 in the south
    country  (ny, nx) number in `isos`, -1 for none of them
    told     the countries whose harm is told apart, in order
    exact    ISO codes at points, exactly, for where the grid is too coarse
    note     where the people come from
    """

    frame: Floats
    density: NDArray[np.float32]
    country: NDArray[np.int8]
    isos: tuple[str, ...]
    told: tuple[str, ...]
    exact: CountryOf
    note: str = "gazetteer: settlements as discs over an even rural background"
    no_data_share: float = 0.0

    def cells(self, lat_deg: Any, lon_deg: Any) -> tuple[Any, Any, Any]:
        """Row, column and whether it is on the grid, of each place. Broadcasts."""
        y = np.floor((np.asarray(lat_deg) - self.frame[0]) / self.frame[2])
        x = np.floor((np.asarray(lon_deg) - self.frame[1]) / self.frame[3])
        ny, nx = self.density.shape
        on = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        row = np.where(on, y, 0).astype(np.int64)
        return row, np.where(on, x, 0).astype(np.int64), on

    def people_per_km2(self, lat_deg: Any, lon_deg: Any) -> Floats:
        """People per square kilometre at places; NaN beyond the grid. Broadcasts."""
        y, x, on = self.cells(lat_deg, lon_deg)
        return np.asarray(np.where(on, self.density[y, x] * 1e6, np.nan))

    def over(self, lat_deg: Any, lon_deg: Any) -> Any:
        """ISO codes below places, to a cell; "" beyond the grid. Broadcasts."""
        y, x, on = self.cells(lat_deg, lon_deg)
        names = np.array([*self.isos, ""], dtype="<U2")
        return names[np.where(on, self.country[y, x], -1)]

    def telling(self, told: Sequence[str]) -> Ground:
        """The same ground, with other countries told apart."""
        return replace(self, told=tuple(told))

    @cached_property
    def pyramid(self) -> Pyramid:
        """The coarser levels; made at the first use (0.2 s)."""
        of = {iso: k for k, iso in enumerate(self.told)}
        channel_of = np.array([of.get(iso, -1) for iso in self.isos], dtype=np.int64)
        ny, nx = self.density.shape
        channels = len(self.told) + 2
        parts, offset, nys, nxs = [], [0], [ny], [nx]
        at = 0
        for k in range(1, _LEVELS + 1):
            size = 1 << k
            shape = (-(-ny // size), -(-nx // size), channels)
            level = np.zeros(shape, dtype=np.float32)
            people_grid.coarser(self.density, self.country, channel_of, k, level)
            parts.append(level.ravel())
            offset.append(at)
            nys.append(shape[0])
            nxs.append(shape[1])
            at += level.size
        return Pyramid(
            np.concatenate(parts), np.array(offset, dtype=np.int64),
            np.array(nxs, dtype=np.int64), np.array(nys, dtype=np.int64), channel_of,
            channels,
        )  # fmt: skip

    def with_counts(self, counts: Counts) -> Ground:
        """The same ground with a gridded population where that has data.

        People are kept: a raster cell's count goes to the cells it overlaps, by area.
        Where the raster has no data the gazetteer stands in, and `note` says how much.
        """
        ny, nx = self.density.shape
        wy = _overlap(counts.south, counts.dlat, counts.count.shape[0],
                      self.frame[0], self.frame[2], ny)  # fmt: skip
        wx = _overlap(counts.west, counts.dlon, counts.count.shape[1],
                      self.frame[1], self.frame[3], nx)  # fmt: skip
        known = np.isfinite(counts.count)
        people = (wy @ np.where(known, counts.count, 0.0)) @ wx.T
        # The share of a cell that the raster covers with data.
        area_y = wy.multiply(counts.dlat / self.frame[2])
        area_x = wx.multiply(counts.dlon / self.frame[3])
        covered = np.clip((area_y @ known.astype(float)) @ area_x.T, 0.0, 1.0)
        if not (covered > 0.0).any():
            raise InputError(
                f"{counts.name}: it covers no part of this theatre; give a population "
                "raster of the region, or leave it out."
            )
        m2 = _cell_m2(self.frame, ny)[:, None]
        density = people / m2 + (1.0 - covered) * self.density
        share = float((covered < 0.5).mean())
        note = (
            f"{counts.name}; the gazetteer stands in for {100 * share:.0f} % of cells"
        )
        return replace(
            self, density=density.astype(np.float32), note=note, no_data_share=share
        )


@dataclass(frozen=True)
class Counts:
    """People counted on a grid of latitude and longitude, row 0 in the south.

    count  (ny, nx) people of each cell, NaN where the source has no data
    """

    name: str
    south: float
    west: float
    dlat: float
    dlon: float
    count: Floats


def _overlap(
    from0: float, from_step: float, n_from: int, to0: float, to_step: float, n_to: int
) -> Any:
    """(n_to, n_from) sparse: the share of each source cell within each target cell."""
    import scipy.sparse

    lo = from0 + from_step * np.arange(n_from)
    first = np.floor((lo - to0) / to_step).astype(np.int64)
    last = np.floor((lo + from_step - to0) / to_step).astype(np.int64)
    rows, columns, values = [], [], []
    for step in range(int((last - first).max()) + 1):
        cell = first + step
        left = np.maximum(lo, to0 + cell * to_step)
        right = np.minimum(lo + from_step, to0 + (cell + 1) * to_step)
        share = np.maximum(right - left, 0.0) / from_step
        keep = (cell >= 0) & (cell < n_to) & (share > 0.0)
        rows.append(cell[keep])
        columns.append(np.flatnonzero(keep))
        values.append(share[keep])
    where = np.concatenate(rows), np.concatenate(columns)
    return scipy.sparse.csr_matrix((np.concatenate(values), where), (n_to, n_from))


def _cell_m2(frame: Floats, ny: int) -> Floats:
    lat = frame[0] + frame[2] * (np.arange(ny) + 0.5)
    return np.asarray(
        frame[2] * frame[3] * _DEG_M**2 * np.maximum(np.cos(np.radians(lat)), 0.05)
    )


def ground_from(
    box: tuple[float, float, float, float],
    density: Callable[[Any, Any], Any],
    country_of: CountryOf,
    told: Sequence[str],
    *,
    dlat: float = _DLAT,
    dlon: float = _DLON,
) -> Ground:
    """A ground from two functions of latitude and longitude: for tests and exercises.

    box      west, south, east, north [deg]
    density  people per km2;  country_of  ISO codes
    """
    west, south, east, north = box
    ny, nx = round((north - south) / dlat), round((east - west) / dlon)
    lat = south + dlat * (np.arange(ny) + 0.5)
    lon = west + dlon * (np.arange(nx) + 0.5)
    la, lo = np.meshgrid(lat, lon, indexing="ij")
    names = np.asarray(country_of(la.ravel(), lo.ravel()), dtype=np.str_)
    isos = tuple(sorted({*names.tolist()} - {""}))
    number = {iso: k for k, iso in enumerate(isos)}
    country = np.array([number.get(n, -1) for n in names.tolist()], dtype=np.int8)
    return Ground(
        np.array([south, west, dlat, dlon]),
        (np.asarray(density(la, lo), float) / 1e6).astype(np.float32),
        country.reshape(ny, nx),
        isos,
        tuple(told),
        country_of,
    )


def theatre(guards: Sequence[str], told: Sequence[str] = ()) -> Ground:
    """The ground of Ukraine and the guarded countries, and two degrees around them.

    told  the countries whose harm is told apart; default: the guards and Ukraine

    Kept for the life of the process; the cells are kept in the user's cache folder
    between processes (`world.kept`; 13 MB for Poland).
    """
    names = tuple(dict.fromkeys([*guards, "UA"]))
    return _theatre(tuple(sorted(names)), tuple(told) or names)


@cache
def _theatre(names: tuple[str, ...], told: tuple[str, ...]) -> Ground:
    from forefield.world import borders, places

    boxes = borders.boxes()
    for name in names:
        borders.guard(name)  # refuses what is not shipped, with the nearest
    w, s, e, n = (
        f(boxes[name][k] for name in names) for k, f in enumerate((min, min, max, max))
    )
    frame = np.array([np.floor(s - 2.0), np.floor(w - 2.0), _DLAT, _DLON])
    ny = round((np.ceil(n + 2.0) - frame[0]) / _DLAT)
    nx = int(np.ceil((np.ceil(e + 2.0) - frame[1]) / _DLON))
    isos = tuple(boxes)
    key = (_VERSION, frame.tolist(), ny, nx, isos, places.fingerprint())
    made = kept(
        "ground-" + "-".join(names),
        key,
        lambda: {
            "density": _people(frame, ny, nx),
            "country": _countries(frame, ny, nx, isos, borders.country_of),
        },
    )
    return Ground(
        frame, made["density"], made["country"], isos, told, borders.country_of
    )


def _people(frame: Floats, ny: int, nx: int) -> NDArray[np.float32]:
    from forefield.world import places

    discs, rural, grid = places.discs_and_rural()
    out = np.zeros((ny, nx))
    south, west, dlat, dlon = frame.tolist()
    people_grid.splat(discs, south, west, dlat, dlon, 40.0, out)
    out /= _cell_m2(frame, ny)[:, None]
    lat = frame[0] + frame[2] * (np.arange(ny) + 0.5)
    lon = frame[1] + frame[3] * (np.arange(nx) + 0.5)
    y = np.floor((lat - grid[0]) / grid[2]).astype(np.int64)
    x = np.floor((lon - grid[1]) / grid[2]).astype(np.int64)
    on = ((y >= 0) & (y < rural.shape[0]))[:, None] & ((x >= 0) & (x < rural.shape[1]))
    back = rural[np.clip(y, 0, rural.shape[0] - 1)][
        :, np.clip(x, 0, rural.shape[1] - 1)
    ]
    out += np.where(on, back * 0.01, 0.0) / 1e6
    return out.astype(np.float32)


def _countries(
    frame: Floats, ny: int, nx: int, isos: tuple[str, ...], country_of: CountryOf
) -> NDArray[np.int8]:
    """Countries of cell centres: exact along borders, by blocks in between.

    A block is taken to lie where its middle lies. Blocks beside a block of another
    country are looked at cell by cell, and so are the neighbours of a block that turns
    out to be mixed: every tongue that hangs on its country is followed to its end.
    """
    number = {iso: k for k, iso in enumerate(isos)}

    def ask(y: Any, x: Any) -> NDArray[np.int8]:
        lat = frame[0] + frame[2] * (y + 0.5)
        lon = frame[1] + frame[3] * (x + 0.5)
        names = np.asarray(country_of(lat, lon), dtype=np.str_)
        found, back = np.unique(names, return_inverse=True)
        return np.array([number.get(n, -1) for n in found.tolist()], np.int8)[back]

    by, bx = -(-ny // _BLOCK), -(-nx // _BLOCK)
    gy, gx = np.mgrid[0:by, 0:bx]
    half = _BLOCK // 2
    block = ask((gy * _BLOCK + half).ravel(), (gx * _BLOCK + half).ravel())
    block = block.reshape(by, bx)
    out = np.repeat(np.repeat(block, _BLOCK, 0), _BLOCK, 1)
    todo = _beside_another(block)
    done = np.zeros_like(todo)
    inner_y, inner_x = np.mgrid[0:_BLOCK, 0:_BLOCK]
    while todo.any():
        ys, xs = np.nonzero(todo)
        y = ys[:, None, None] * _BLOCK + inner_y
        x = xs[:, None, None] * _BLOCK + inner_x
        cells = ask(y.ravel(), x.ravel()).reshape(y.shape)
        out[y, x] = cells
        done |= todo
        mixed = np.zeros_like(todo)
        mixed[ys, xs] = (cells != cells[:, :1, :1]).any(axis=(1, 2))
        todo = _grown(mixed) & ~done
    return np.ascontiguousarray(out[:ny, :nx])


def _beside_another(block: NDArray[np.int8]) -> NDArray[np.bool_]:
    differs = np.zeros(block.shape, dtype=np.bool_)
    differs[1:] |= block[1:] != block[:-1]
    differs[:, 1:] |= block[:, 1:] != block[:, :-1]
    return _grown(differs)


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    out = mask.copy()
    for axis in (0, 1):
        out |= np.roll(out, 1, axis) | np.roll(out, -1, axis)
    return out
