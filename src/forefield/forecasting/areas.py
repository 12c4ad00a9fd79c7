"""Whom it may reach: districts that a track may fly over or end in.

    areas = threat_areas(tracks, [guard("PL")], districts("PL"), (300, 600, 900))

Inside the border as well as outside: on 10 September 2025 drones flew 300 km
inside. Every track flies one small fan of paths over a map of the districts
(`kernels.area_fan`): the same motion as in `forecast`, without its draws.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.forecasting.forecast import (
    HORIZONS_S,
    check_guards,
    check_horizons,
    odds_of,
)
from forefield.forecasting.motion import Motion, as_tracks, check, motion_of
from forefield.forecasting.parameters import Parameters, shipped
from forefield.kernels import area_fan as fan
from forefield.kernels.first_passage import quantile_normal_1
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border

if TYPE_CHECKING:
    from forefield.world.districts import Districts

__all__ = ["FLOOR", "PATHS", "threat_areas"]

#: Rows below this in both probabilities are left out (a path weighs 1/64).
FLOOR = 0.005

#: Paths of a fan, and how far ahead they are known: beyond, only whether a flight ever
#: enters is still asked, and drones need no longer than that from the farthest sensor.
PATHS = 64
_KNOT_S, _KNOTS = 20.0, 181

#: The map is read at every second kilometre of the border's field: it then stays in the
#: processor's cache. The smallest powiats are four kilometres wide.
_COARSE = 2


@dataclass(frozen=True)
class _Map:
    """A border's grid cut into regions: one district, or one kind of outside."""

    cells: NDArray[np.int32]  # (ny, nx) region and cells that may be crossed
    signed_m: Floats  # (ny, nx) distance field of the border
    near_m: Floats  # (ny, nx) distance of the nearest district
    district: Ints  # (R,) or -1, numbered in the order of codes
    inside: NDArray[np.bool_]  # (R,)
    defended: Floats  # (R,)


_maps: dict[tuple[int, str], tuple[Any, _Map]] = {}


def _map(districts: Districts, border: Border) -> NDArray[np.int16]:
    """District of every cell of the border's grid, -1 where there is none.

    Every fourth cell is looked up first (every second where districts are small: the
    smallest powiats are towns of 13 km2); between four that agree lies the same one.
    """
    f, k = border.field(), 4 if len(districts.codes) <= 60 else 2
    ny, nx = f.signed_m.shape
    my, mx = -(-ny // k) * k + 1, -(-nx // k) * k + 1
    wide = np.full((my, mx), -1, dtype=np.int16)

    def look(iy: Ints, ix: Ints) -> None:
        lat, lon = f.plane.inverse(f.x0_m + f.cell_m * ix, f.y0_m + f.cell_m * iy)
        wide[iy, ix] = districts.locate(lat, lon)

    iy, ix = (a.ravel() for a in np.mgrid[0:my:k, 0:mx:k])
    look(iy, ix)
    corner = wide[::k, ::k]
    lo, hi = corner.copy()[:-1, :-1], corner.copy()[:-1, :-1]
    for a, b in ((slice(0, -1), slice(1, None)), (slice(1, None), slice(0, -1)),
                 (slice(1, None), slice(1, None))):  # fmt: skip
        lo, hi = np.minimum(lo, corner[a, b]), np.maximum(hi, corner[a, b])
    whole = np.repeat(np.repeat(corner[:-1, :-1], k, axis=0), k, axis=1)
    agree = np.repeat(np.repeat(lo == hi, k, axis=0), k, axis=1)
    wide[:-1, :-1] = np.where(agree, whole, wide[:-1, :-1])
    rest = np.argwhere(~agree)
    look(rest[:, 0], rest[:, 1])
    return np.ascontiguousarray(wide[:ny, :nx])


def _regions(
    districts: Districts, border: Border, first: bool, isos: set[str], par: Parameters
) -> _Map:
    """The districts that this border answers for, as regions of its grid; kept."""
    name = "|".join([border.iso, str(first), *sorted(isos), "", *par.defended])
    key = (id(districts), name)
    if key not in _maps:
        from scipy import ndimage

        f = border.field()
        grid = _map(districts, border)
        iso = np.broadcast_to(np.asarray(districts.iso), (len(districts.codes),))
        # A district belongs to its own country's guard, if that is guarded.
        mine = (iso == border.iso) | (first & ~np.isin(iso, sorted(isos)))
        grid[(grid >= 0) & ~mine[np.maximum(grid, 0)]] = -1
        inside = np.asarray(f.signed_m) <= 0.0
        shoots = np.array([*(n in par.defended for n in border.neighbours), False])
        # Neighbour -1, none, reads the False at the end.
        guarded = shoots[np.asarray(f.neighbour)] & ~inside
        code = (grid.astype(np.int64) + 1) * 4 + inside * 2 + guarded
        kinds, region = np.unique(code, return_inverse=True)
        region = region.reshape(code.shape)[::_COARSE, ::_COARSE]
        region, cell_m = region.astype(np.int32), f.cell_m * _COARSE
        seam = ndimage.minimum_filter(region, 3) != ndimage.maximum_filter(region, 3)
        far = ndimage.distance_transform_cdt(~seam, metric="chessboard")
        # No seam at all: as far as one likes.
        far = np.where(far < 0, fan.STRIDES, far).clip(0, fan.STRIDES - 1)
        in_order = np.argsort(np.argsort(np.asarray(districts.codes), kind="stable"))
        of = kinds // 4 - 1
        made = _Map(
            cells=np.ascontiguousarray(region * fan.STRIDES + far, dtype=np.int32),
            signed_m=np.ascontiguousarray(f.signed_m[::_COARSE, ::_COARSE]),
            near_m=ndimage.distance_transform_edt(of[region] < 0) * cell_m,
            district=np.where(of < 0, -1, in_order[of]),
            inside=(kinds // 2 % 2).astype(np.bool_),
            defended=(kinds % 2).astype(np.float64),
        )
        # The object is kept beside its map, so that its id stays its own.
        _maps[key] = (districts, made)
    return _maps[key][1]


@cache
def _nodes(paths: int) -> tuple[Floats, Floats]:
    """(P, DIMENSIONS) points of an R-sequence, and their normal quantiles."""
    phi = 2.0
    for _ in range(64):
        phi = (1.0 + phi) ** (1.0 / (fan.DIMENSIONS + 1))
    step = (1.0 / phi) ** np.arange(1, fan.DIMENSIONS + 1)
    points = (0.5 + np.arange(1, paths + 1)[:, None] * step) % 1.0
    points = np.clip(points, 1e-9, 1.0 - 1e-9)
    normal = np.array([[quantile_normal_1(p) for p in row] for row in points])
    return points, normal


_libraries: dict[tuple[int, bytes], NDArray[np.float32]] = {}


def _library(params: Floats, paths: int) -> NDArray[np.float32]:
    key = (paths, params.tobytes())
    if key not in _libraries:
        nodes, _ = _nodes(paths)
        draws = Stream(0, "fan").generator().uniform(1e-12, 1.0, (paths, 128, 3))
        walk: Any = fan.path_library
        _libraries[key] = walk(params, nodes, draws, _KNOT_S, _KNOTS)
    return _libraries[key]


def _starts(tracks: Tracks, motion: Motion, border: Border) -> Floats:
    """(N, 8) starting states in the border's plane, as `fan` takes them."""
    plane = border.field().plane
    lat, lon = tracks.lat_deg, tracks.lon_deg
    x, y = plane.forward(lat, lon)
    scale = plane.scale(lat, lon)
    # The plane's north is not true north away from its centre.
    step = np.where(lat > 89.0, -1e-4, 1e-4)
    xn, yn = plane.forward(lat + step, lon)
    turn = np.arctan2((xn - x) * np.sign(step), (yn - y) * np.sign(step))
    speed = np.hypot(motion.v_east_mps, motion.v_north_mps) * scale
    course = np.arctan2(motion.v_east_mps, motion.v_north_mps) + turn
    start = np.zeros((len(tracks), 8))
    start[:, 2] = np.where(motion.known, speed * np.sin(course), 0.0)
    start[:, 3] = np.where(motion.known, speed * np.cos(course), 0.0)
    start[:, 0] = x + start[:, 2] * motion.stale_s
    start[:, 1] = y + start[:, 3] * motion.stale_s
    start[:, 4] = motion.sigma_pos_m
    start[:, 5] = motion.sigma_vel_mps
    start[:, 6] = motion.turn_rate_rps
    start[:, 7] = motion.age_s
    return start


def threat_areas(
    tracks: Any,
    guards: Sequence[Border] | Sequence[str],
    districts: Districts,
    horizons_s: Sequence[float] = HORIZONS_S,
    *,
    floor: float = FLOOR,
    base_rate: float | None = None,
    parameters: Parameters | None = None,
    past: Any = None,
) -> ThreatAreas:
    """Chances of being flown over and of being fallen on, by district and horizon.

    tracks     outside and inside the guards alike
    districts  of the guards, and of others if they are wanted (they are answered by
               the first guard's map, to 400 km from its box)
    horizons_s finite seconds
    floor      rows with p_over and p_fall below it are left out
    past       earlier rows of the same tracks, for their motion only

    p_over and p_fall contain `p_exist`. Arrival times are given arrival within the
    horizon. track_id "*" combines all tracks with a row at the same t_s as if they
    flew independently: 1 minus the product; its arrival is the mixture's. Tracks
    whose reported positions contradict motion give no rows.
    """
    given = as_tracks(tracks)
    borders = check_guards(guards)
    horizons = check_horizons(horizons_s)
    if not np.isfinite(horizons).all():
        raise InputError("threat_areas takes finite horizons; leave out inf.")
    if not 0.0 < floor < 1.0:
        raise InputError(f"floor is {floor}; it must lie between 0 and 1.")
    par = parameters or shipped()
    check(given)
    motion = motion_of(given, par, past=past)
    use = np.flatnonzero(~motion.inconsistent)
    order = use[np.lexsort((given.track_id[use], given.t_s[use]))]
    given, motion = given.take(order), motion.take(order)
    cuts = np.flatnonzero(np.diff(given.t_s)) + 1
    bounds = np.concatenate([[0], cuts, [len(given)]]).astype(np.int64)
    isos = {b.iso for b in borders}
    codes = np.sort(np.asarray(districts.codes), kind="stable")
    found: list[tuple[Ints, Floats]] = []
    for g, border in enumerate(borders):
        made = _regions(districts, border, g == 0, isos, par)
        odds = odds_of(base_rate, border.iso, par)
        start = _starts(given, motion, border)
        for a, b in itertools.pairwise(bounds):
            if a < b:
                part = slice(int(a), int(b))
                found.append(
                    _moment(
                        start,
                        motion,
                        part,
                        border,
                        made,
                        len(codes),
                        horizons,
                        floor,
                        odds,
                        par,
                    )
                )
    if not sum(len(row) for row, _ in found):
        return ThreatAreas.empty()
    row = np.concatenate([r for r, _ in found])
    value = np.concatenate([v for _, v in found])
    of, star, d, h = row.T
    if len(borders) > 1:
        t_s = given.t_s[of]
        rank = np.lexsort((h, d, given.track_id[of], star, t_s))
        of, star, d, h, value = (x[rank] for x in (of, star, d, h, value))
    names = np.append(given.track_id.astype(np.str_), "*")
    return ThreatAreas.build(
        len(of),
        t_s=given.t_s[of],
        track_id=names[np.where(star > 0, len(given), of)],
        district=codes[d],
        horizon_s=horizons[h],
        p_over=value[:, 0],
        p_fall=value[:, 1],
        t_p05_s=value[:, 2],
        t_p50_s=value[:, 3],
        t_p95_s=value[:, 4],
    )


def _moment(
    start: Floats,
    motion: Motion,
    part: slice,
    border: Border,
    made: _Map,
    n_d: int,
    horizons: Floats,
    floor: float,
    odds: float,
    par: Parameters,
) -> tuple[Ints, Floats]:
    """All tracks of one time: (M, 4) row of the table, combined?, district, horizon."""
    f = border.field()
    n, n_h = part.stop - part.start, len(horizons)
    nodes, normals = _nodes(par.particles if par.particles < PATHS else PATHS)
    params = par.matrix("turning")
    total = np.cumsum(motion.style[part], axis=1)
    shares = np.ascontiguousarray(total / total[:, -1:])
    room = 64 * n + 256
    while True:
        row = np.empty((room, 3), dtype=np.int32)
        value = np.empty((room, 5))
        over_left, fall_left = np.ones((n_d, n_h)), np.ones((n_d, n_h))
        pooled = np.zeros((n_d, fan.BINS))
        count = fan.fan(
            start[part], motion.known[part], shares, params, nodes, normals,
            _library(params, len(nodes)), _KNOT_S, f.x0_m, f.y0_m, _COARSE * f.cell_m,
            made.cells, made.signed_m, made.near_m, made.district, made.inside,
            made.defended, horizons, odds, motion.p_exist[part], floor, row, value,
            over_left, fall_left, pooled,
        )  # fmt: skip
        if count <= room:
            break
        room = int(count)
    times = np.empty((n_d, n_h, 3))
    fan.pooled_quantiles(pooled, horizons, times)
    p_over, p_fall = 1.0 - over_left, 1.0 - fall_left
    some = np.argwhere((p_over >= floor) | (p_fall >= floor))
    d, h = some.T
    out = np.zeros((count + len(some), 4), dtype=np.int64)
    out[:count, 0], out[:count, 2:] = row[:count, 0] + part.start, row[:count, 1:]
    out[count:, 0], out[count:, 1], out[count:, 2:] = part.start, 1, some
    both = np.column_stack([p_over[d, h], p_fall[d, h], times[d, h]])
    return out, np.clip(np.concatenate([value[:count], both]), 0.0, None)
