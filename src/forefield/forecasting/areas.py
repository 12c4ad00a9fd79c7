"""Whom it may reach: districts that a track may fly over or end in.

    areas = threat_areas(tracks, [guard("PL")], districts("PL"), (300, 600, 900))

Inside the border as well as outside: on 10 September 2025 drones flew 300 km
inside. The same flights as in `forecast`, followed over a map of the districts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.forecasting.beliefs import ThreatAreas
from forefield.forecasting.forecast import (
    HORIZONS_S,
    check_guards,
    check_horizons,
    classes,
    defended,
    identities,
    key_of,
    odds_of,
    starts,
)
from forefield.forecasting.motion import Motion, as_tracks, check, motion_of
from forefield.forecasting.parameters import Parameters, shipped
from forefield.kernels import first_passage
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border

if TYPE_CHECKING:
    from forefield.world.districts import Districts

__all__ = ["FLOOR", "threat_areas"]

#: Rows below this in both probabilities are left out (192 particles resolve 0.005).
FLOOR = 0.005

#: A path is looked at every kilometre: the cell of the district map.
_STRIDE_M = 2_000.0
_BATCH = 64

_rasters: dict[tuple[int, str], tuple[Any, NDArray[np.int16]]] = {}


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


def _raster(districts: Districts, border: Border, first: bool, isos: set[str]) -> Any:
    """The districts that this border answers for, on its grid; kept."""
    key = (id(districts), f"{border.iso}|{first}|{','.join(sorted(isos))}")
    if key not in _rasters:
        grid = _map(districts, border)
        iso = np.broadcast_to(np.asarray(districts.iso), (len(districts.codes),))
        # A district belongs to its own country's guard, if that is guarded.
        mine = (iso == border.iso) | (first & ~np.isin(iso, sorted(isos)))
        grid[(grid >= 0) & ~mine[np.maximum(grid, 0)]] = -1
        # The object is kept beside its map, so that its id stays its own.
        _rasters[key] = (districts, grid)
    return _rasters[key][1]


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
    parts = []
    for g, border in enumerate(borders):
        raster = _raster(districts, border, g == 0, isos)
        odds = odds_of(base_rate, border.iso, par)
        outside = ~border.inside(given.lat_deg, given.lon_deg)
        dist_m = border.distance_m(given.lat_deg, given.lon_deg)
        start = starts(given, motion, border, np.where(outside, dist_m, -dist_m))
        for a, b in itertools.pairwise(bounds):
            if a == b:
                continue
            moment = _moment(
                given.take(slice(a, b)), motion.take(slice(a, b)), start[a:b],
                border, raster, districts, horizons, floor, odds, par,
            )  # fmt: skip
            if moment is not None:
                parts.append(moment)
    if not parts:
        return ThreatAreas.empty()
    whole = ThreatAreas.concat(parts)
    # Numbers as numbers; "*" after them.
    star = whole.track_id == "*"
    number = np.where(star, "-1", whole.track_id).astype(np.int64)
    rank = np.lexsort((whole.horizon_s, whole.district, number, star, whole.t_s))
    return whole.take(rank)


def _moment(
    tracks: Tracks,
    motion: Motion,
    start: Floats,
    border: Border,
    raster: NDArray[np.int16],
    districts: Districts,
    horizons: Floats,
    floor: float,
    odds: float,
    par: Parameters,
) -> ThreatAreas | None:
    """All tracks of one time."""
    f = border.field()
    n_d, n_h, n_p = len(districts.codes), len(horizons), par.particles
    ids, stamps = identities(tracks)
    cumulative = classes(motion)
    params, guarded = par.matrix("turning"), defended(border, par)
    survive_over = np.ones((n_d, n_h))
    survive_fall = np.ones((n_d, n_h))
    pooled: dict[int, list[tuple[Floats, Floats]]] = {}
    rows: list[tuple[str, int, int, Floats]] = []
    for a in range(0, len(tracks), _BATCH):
        part = slice(a, min(a + _BATCH, len(tracks)))
        n = part.stop - a
        shape = (n, n_p)
        t_enter, x_enter, y_enter, t_exit, t_end = (np.empty(shape) for _ in range(5))
        end_inside = np.empty(shape, dtype=np.bool_)
        arrival = np.full((n, n_p, n_d), np.inf)
        fall = np.empty(shape, dtype=np.int16)
        first_passage.walk(
            key_of("turning", border.iso), ids[part], stamps[part], start[part],
            motion.known[part], cumulative[part], params, first_passage.LATTICE,
            f.x0_m, f.y0_m, f.cell_m, f.signed_m, f.neighbour, guarded,
            float(horizons[-1]), odds != 1.0, par.max_s, raster, _STRIDE_M,
            t_enter, x_enter, y_enter, t_exit, t_end, end_inside, arrival, fall,
        )  # fmt: skip
        ever = np.isfinite(t_enter)
        weight = np.where(ever, odds, 1.0)
        weight *= (motion.p_exist[part] / weight.sum(axis=1))[:, None]
        out = np.empty((n, n_d, n_h, 5))
        first_passage.summarise_areas(arrival, fall, t_end, weight, horizons, out)
        survive_over *= np.prod(1.0 - np.minimum(out[..., 0], 1.0), axis=0)
        survive_fall *= np.prod(1.0 - np.minimum(out[..., 1], 1.0), axis=0)
        names = tracks.track_id[part].astype(np.str_)
        for i, d, h in np.argwhere((out[..., 0] >= floor) | (out[..., 1] >= floor)):
            rows.append((str(names[i]), int(d), int(h), out[i, d, h]))
        for i, d in np.argwhere(out[:, :, -1, 0] > 0.0):
            some = arrival[i, :, d] < np.inf
            pooled.setdefault(int(d), []).append((arrival[i, some, d], weight[i, some]))
    p_over, p_fall = 1.0 - survive_over, 1.0 - survive_fall
    for d, h in np.argwhere((p_over >= floor) | (p_fall >= floor)):
        q = np.full(3, np.nan)
        pool = pooled.get(int(d))
        if pool:
            t = np.concatenate([x for x, _ in pool])
            w = np.concatenate([y for _, y in pool])
            q = _weighted(t, w, float(horizons[h]))
        rows.append(("*", int(d), int(h), np.array([p_over[d, h], p_fall[d, h], *q])))
    if not rows:
        return None
    values = np.array([r[3] for r in rows])
    codes = np.asarray(districts.codes)
    return ThreatAreas.build(
        len(rows),
        t_s=np.full(len(rows), tracks.t_s[0]),
        track_id=np.array([r[0] for r in rows]),
        district=codes[[r[1] for r in rows]],
        horizon_s=horizons[[r[2] for r in rows]],
        p_over=np.clip(values[:, 0], 0.0, 1.0),
        p_fall=np.clip(values[:, 1], 0.0, 1.0),
        t_p05_s=values[:, 2],
        t_p50_s=values[:, 3],
        t_p95_s=values[:, 4],
    )


def _weighted(t: Floats, w: Floats, within_s: float) -> Floats:
    """Quantiles 5, 50, 95 % of weighted times up to a limit; NaN for none."""
    some = t <= within_s
    if not some.any():
        return np.full(3, np.nan)
    order = np.argsort(t[some], kind="stable")
    t, c = t[some][order], np.cumsum(w[some][order])
    at = np.searchsorted(c, np.array([0.05, 0.5, 0.95]) * c[-1])
    return np.asarray(t[np.minimum(at, len(t) - 1)])
