"""What could be done about each track: doing nothing, and each abstract effector.

A straight-line prediction of the track is held against the effector's published reach
and mean speed. There is no guidance in it and no aim point to be had from it: it says
whether there would be time, until when somebody would have to decide, over which
country the pieces would start to fall, and with what harm in each country.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.engagement import harm as _harm
from forefield.engagement.effectors import Effector
from forefield.engagement.option_table import HARM_QUANTILES, Options
from forefield.forecasting.beliefs import Beliefs
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.facts import table

if TYPE_CHECKING:
    from forefield.world.borders import Border

__all__ = ["countries_of", "options"]

Floats = NDArray[np.float64]
_STEP_S = 5.0
_EARTH_M = 6_371_000.0
_G = 9.80665


def countries_of(guards: Sequence[Border]) -> tuple[str, ...]:
    """The countries whose harm is told: guards, Ukraine, and the guards' neighbours.

    Fixed for a list of guards, so that the options of a whole night have one form.
    """
    from forefield.world.borders import GUARDS

    out = [g.iso for g in guards]
    for iso in ("UA", *(n for g in guards for n in g.neighbours)):
        if iso not in out and iso in GUARDS:
            out.append(iso)
    return tuple(out)


def options(
    tracks: Tracks,
    beliefs: Beliefs,
    effectors: Sequence[Effector],
    *,
    guards: Sequence[Border],
    now_s: float,
    belief_floor: float = 0.02,
    margin_s: float | None = None,
    extra_delay_s: float = 0.0,
    density: Callable[[Any, Any], Any] | None = None,
    country_of: Callable[[Any, Any], Any] | None = None,
) -> Options:
    """Every option for every track that may enter a guard, or is inside one.

    tracks         states at or before `now_s`; the last row of each track counts
    beliefs        of the same time; a track is taken when its greatest p_enter reaches
                   `belief_floor`, or when it is inside a guard
    effectors      whose options are listed, also those that are barred, with the bar
    now_s          UTC seconds
    margin_s       time from a human's word to the crew; default from effectors.toml
    extra_delay_s  further delay before a decision can take effect
    density        people per km2 at (lat, lon); default `world.places.density`
    country_of     ISO codes at (lat, lon); default `world.borders.country_of`

    For an effector there is one row per country over which an intercept is feasible,
    at the earliest place there, and `latest_decision_s` is the last moment for that
    country; or one row with `barred_by` when it is nowhere feasible. Feasibility is
    judged at the middle of the published intervals; `feasible_share` tells for what
    share of their low, middle and high values it holds.
    """
    if country_of is None:
        from forefield.world import borders

        country_of = borders.country_of
    if density is None:
        from forefield.world.places import density as people_per_km2

        density = people_per_km2
    data = table("effectors")
    margin = float(data["margins"]["decision_s"]) if margin_s is None else margin_s
    countries = countries_of(guards)
    names = tuple(f"{c.lower()}_{q}" for c in countries for q in HARM_QUANTILES)
    chosen = _watched(tracks, beliefs, guards, now_s, belief_floor)
    if not len(chosen):
        return Options.empty(harm_names=names)
    path = _Path(chosen, now_s, float(data["margins"]["look_ahead_s"]), country_of)
    klass = _likely(chosen)
    nothing = _harm_of_nothing(
        path, klass, _end_inside(beliefs, chosen, guards), countries, density,
        country_of, data,
    )  # fmt: skip

    rows: list[dict[str, Any]] = []
    for i in range(len(chosen)):
        rows.append(
            {
                "track": i,
                "action": "nothing",
                "over": str(path.over[i, 0]),
                "p": np.nan,
                "p_low": np.nan,
                "p_high": np.nan,
            }
        )
        for e in effectors:
            rows += _of_effector(e, i, path, klass[i], now_s, margin + extra_delay_s)
    return _table(
        rows, chosen, path, klass, nothing, names, countries, density, country_of,
        now_s, data,
    )  # fmt: skip


def _watched(
    tracks: Tracks,
    beliefs: Beliefs,
    guards: Sequence[Border],
    now_s: float,
    floor: float,
) -> Tracks:
    """The last state of each track that matters, by track_id."""
    past = tracks.take(tracks.t_s <= now_s)
    order = np.lexsort((past.t_s, past.track_id))
    last = np.append(np.diff(past.track_id[order]) != 0, True)[: len(order)]
    state = past.take(order[last])
    hot = np.unique(beliefs.track_id[beliefs.p_enter >= floor])
    keep = np.isin(state.track_id, hot)
    for g in guards:
        keep |= np.asarray(g.inside(state.lat_deg, state.lon_deg))
    return state.take(keep & np.isfinite(state.lat_deg))


def _likely(tracks: Tracks) -> list[str]:
    """The most likely class column of each track; "unknown" where none is told."""
    p = np.nan_to_num(tracks.p_class, nan=0.0)
    best = np.argmax(p, axis=1)
    return [
        CLASSES[b] if p[i, b] > 0.0 else "unknown" for i, b in enumerate(best.tolist())
    ]


class _Path:
    """Straight-line predictions of N tracks on one grid of times from now."""

    def __init__(
        self,
        tracks: Tracks,
        now_s: float,
        ahead_s: float,
        country_of: Callable[[Any, Any], Any],
    ) -> None:
        self.dt_s = np.arange(0.0, ahead_s + _STEP_S, _STEP_S)
        east = np.nan_to_num(tracks.v_east_mps)
        north = np.nan_to_num(tracks.v_north_mps)
        climb = np.nan_to_num(tracks.v_up_mps)
        self.speed_mps = np.hypot(east, north)
        self.course_rad = np.arctan2(east, north)
        self.lat0, self.lon0, alt = tracks.lat_deg, tracks.lon_deg, tracks.alt_m
        age = now_s - tracks.t_s
        run = self.speed_mps[:, None] * (self.dt_s + age[:, None])
        self.lat, self.lon = ahead(
            self.lat0[:, None], self.lon0[:, None], self.course_rad[:, None], run
        )
        # Climb is followed for a minute: longer, it says more about noise than flight.
        rise = climb[:, None] * np.minimum(self.dt_s, 60.0)
        self.alt = np.where(
            np.isnan(alt)[:, None], np.nan, np.maximum(alt[:, None] + rise, 0.0)
        )
        self.over = np.asarray(
            country_of(self.lat.ravel(), self.lon.ravel()), dtype=np.str_
        ).reshape(self.lat.shape)


def ahead(lat: Any, lon: Any, course_rad: Any, run_m: Any) -> tuple[Floats, Floats]:
    """Places [deg] a distance along a great circle (sphere). Broadcasts."""
    phi, lam = np.radians(lat), np.radians(lon)
    d = np.asarray(run_m, float) / _EARTH_M
    s = np.sin(phi) * np.cos(d) + np.cos(phi) * np.sin(d) * np.cos(course_rad)
    out = np.arcsin(np.clip(s, -1.0, 1.0))
    dlam = np.arctan2(
        np.sin(course_rad) * np.sin(d) * np.cos(phi), np.cos(d) - np.sin(phi) * s
    )
    return np.degrees(out), np.degrees(lam + dlam)


def distance_m(lat: Floats, lon: Floats, lat1: float, lon1: float) -> Floats:
    """Great-circle distances [m] on the sphere (crude: within 0.5 % of WGS-84)."""
    p, q = np.radians(lat), np.radians(lat1)
    h = (
        np.sin((p - q) / 2) ** 2
        + np.cos(p) * np.cos(q) * np.sin(np.radians(lon - lon1) / 2) ** 2
    )
    return np.asarray(2.0 * _EARTH_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0))))


def window(
    d_m: Floats, dt_s: Floats, reach_m: float, speed_mps: float, wait_s: float
) -> NDArray[np.bool_]:
    """When an intercept is feasible: in reach, and there is time to get there."""
    ok: NDArray[np.bool_] = (d_m <= reach_m) & (d_m <= speed_mps * (dt_s - wait_s))
    return ok


def first_moment(
    d_m: Floats,
    dt_s: Floats,
    k: int,
    reach_m: float,
    speed_mps: float,
    wait_s: float,
) -> float:
    """The first feasible moment within the step that ends at grid point `k`."""
    if k == 0:
        return float(dt_s[0])
    t0, t1, d0, d1 = dt_s[k - 1], dt_s[k], d_m[k - 1], d_m[k]
    slope = (d1 - d0) / (t1 - t0)
    at = t0
    if d0 > reach_m:
        at = max(at, t0 + (reach_m - d0) / slope)
    late = d0 - speed_mps * (t0 - wait_s)
    if late > 0.0:
        at = max(at, t0 + late / (speed_mps - slope))
    return float(min(at, t1))


def _of_effector(
    e: Effector, i: int, path: _Path, klass: str, now_s: float, margin_s: float
) -> list[dict[str, Any]]:
    d = distance_m(path.lat[i], path.lon[i], e.lat_deg, e.lon_deg)
    hit = e.hit(klass)
    base: dict[str, Any] = {
        "track": i,
        "action": "intercept",
        "effector": e.id,
        "owner": e.owner,
        "fires_from": e.fires_from,
        "p": 0.5 * (hit.low + hit.high),
        "p_low": hit.low,
        "p_high": hit.high,
    }
    height = path.alt[i]
    in_band = np.isnan(height) | (
        (height >= e.height_m.low) & (height <= e.height_m.high)
    )
    wait = e.reaction_s.mid + margin_s
    near = d <= e.reach_m.mid
    ok = window(d, path.dt_s, e.reach_m.mid, e.speed_mps.mid, wait) & in_band
    share = _share(e, d, path.dt_s, in_band, margin_s)
    bar = ""
    if e.readiness != "ready":
        bar = "not ready"
    elif e.magazine <= 0:
        bar = "no rounds left"
    elif not near.any():
        bar = "out of reach"
    elif not (near & in_band).any():
        bar = "outside its height band"
    elif not ok.any():
        bar = "too late"
    if bar:
        # Where it would have come nearest, so that the row can still be judged.
        k = int(np.argmin(d))
        off = e.readiness != "ready" or e.magazine <= 0
        over = str(path.over[i, k])
        bars = {"k": k, "over": over, "barred_by": bar, "share": 0.0 if off else share}
        return [{**base, **bars}]
    out = []
    leave_by = path.dt_s - d / e.speed_mps.mid - wait
    for iso in dict.fromkeys(path.over[i, ok].tolist()):
        here = ok & (path.over[i] == iso)
        k = int(np.argmax(here))
        t = float(path.dt_s[k])
        if k > 0 and path.over[i, k - 1] == iso and in_band[k - 1]:
            t = first_moment(d, path.dt_s, k, e.reach_m.mid, e.speed_mps.mid, wait)
        out.append(
            {
                **base,
                "k": k,
                "t": t,
                "over": iso,
                "latest": now_s + max(0.0, float(leave_by[here].max())),
                "share": share,
            }
        )
    return out


def _share(
    e: Effector, d: Floats, dt_s: Floats, in_band: NDArray[np.bool_], margin_s: float
) -> float:
    reach, speed, react = (
        np.array([band.low, band.mid, band.high])
        for band in (e.reach_m, e.speed_mps, e.reaction_s)
    )
    left_s = dt_s - (react[:, None] + margin_s)
    ok = (
        (d <= reach[:, None, None, None])
        & (d <= speed[:, None, None] * left_s)
        & in_band
    )
    return float(ok.any(axis=-1).mean())


def _area(data: dict[str, Any], klass: str) -> Floats:
    areas = data["casualty_area_m2"]
    return _harm.area_levels(*areas.get(klass, areas["other"]))


def _harm_of_nothing(
    path: _Path,
    klass: Sequence[str],
    end_inside: dict[str, Floats],
    countries: Sequence[str],
    density: Callable[[Any, Any], Any],
    country_of: Callable[[Any, Any], Any],
    data: dict[str, Any],
) -> Floats:
    """(N, C, 3) casualties if nobody does anything and it ends where it may.

    end_inside  guard -> (N,) chance of ending there, NaN where no belief tells it
    """
    fall = data["fall"]
    after = np.linspace(60.0, float(fall["possible_end_s"]), 12)
    fan = np.radians(np.linspace(-1.0, 1.0, 5) * float(fall["possible_end_deg"]))
    run = (path.speed_mps[:, None] * after)[:, :, None]
    course = path.course_rad[:, None, None] + fan
    lat, lon = ahead(path.lat0[:, None, None], path.lon0[:, None, None], course, run)
    n = len(klass)
    areas = np.array([_area(data, k) for k in klass]).reshape(n, -1)
    each, people, where = _harm.casualties(
        lat.reshape(n, -1), lon.reshape(n, -1), areas, countries, density, country_of
    )
    # Some of what flies is meant for where people are, some just comes down.
    aimed = float(fall["aimed_share"])
    crowd = people.sum(axis=1, keepdims=True)
    weight = np.full(people.shape, 1.0 / people.shape[1])
    towns = np.divide(people, crowd, out=weight.copy(), where=crowd > 0.0)
    weight = (1.0 - aimed) * weight + aimed * towns
    # The belief knows better than the fan how likely it ends inside a guard.
    inside = {g: where == g for g in end_inside}
    others = ~np.any(list(inside.values()), axis=0)
    known = np.ones(n, dtype=np.bool_)
    told = np.zeros(n)
    for g, p in end_inside.items():
        known &= np.isfinite(p) & (inside[g].any(axis=1) | (p <= 0.0))
        told += np.nan_to_num(p)
    known &= others.any(axis=1) & (told <= 1.0)
    share = np.where(others, weight, 0.0).sum(axis=1)
    scale = np.where(others, ((1.0 - told) / np.maximum(share, 1e-12))[:, None], 1.0)
    for g, p in end_inside.items():
        mass = np.where(inside[g], weight, 0.0).sum(axis=1)
        scale = np.where(inside[g], (p / np.maximum(mass, 1e-12))[:, None], scale)
    weight = np.where(known[:, None], weight * scale, weight)
    return _intervals(each, weight)


def _end_inside(
    beliefs: Beliefs, tracks: Tracks, guards: Sequence[Border]
) -> dict[str, Floats]:
    """Guard -> (N,) greatest p_end_inside of each track, NaN without a belief."""
    out = {}
    for g in guards:
        mine = beliefs.take((beliefs.guard == g.iso) & ~np.isnan(beliefs.p_end_inside))
        top: dict[int, float] = {}
        for i, p in zip(
            mine.track_id.tolist(), mine.p_end_inside.tolist(), strict=True
        ):
            top[i] = max(p, top.get(i, 0.0))
        out[g.iso] = np.array([top.get(i, np.nan) for i in tracks.track_id.tolist()])
    return out


def _intervals(each: Floats, weight: Floats) -> Floats:
    """(N, C, 3) quantiles of (N, C, K, 5) casualties with (N, K) weights of places."""
    n, c, k, levels = each.shape
    w = np.broadcast_to(weight[:, None, :, None], each.shape).reshape(n, c, k * levels)
    return _harm.weighted(each.reshape(n, c, k * levels), w, (0.05, 0.5, 0.95))


def _table(
    rows: list[dict[str, Any]],
    chosen: Tracks,
    path: _Path,
    klass: Sequence[str],
    nothing: Floats,
    names: tuple[str, ...],
    countries: Sequence[str],
    density: Callable[[Any, Any], Any],
    country_of: Callable[[Any, Any], Any],
    now_s: float,
    data: dict[str, Any],
) -> Options:
    n = len(rows)
    of = np.array([r["track"] for r in rows], dtype=np.int64)
    acts = np.array([r["action"] == "intercept" for r in rows], dtype=np.bool_)
    dt = np.array(
        [r.get("t", path.dt_s[r["k"]] if "k" in r else np.nan) for r in rows], float
    )
    at = np.nan_to_num(dt)
    lat, lon, alt = (
        np.array(
            [np.interp(t, path.dt_s, grid[i]) for i, t in zip(of, at, strict=True)]
        )
        for grid in (path.lat, path.lon, path.alt)
    )
    harm = nothing[of].copy()
    if acts.any():
        fall = data["fall"]
        a = np.flatnonzero(acts)
        high = np.maximum(np.nan_to_num(alt[a], nan=3000.0), 0.0)
        throw = (
            float(fall["throw_share"])
            * path.speed_mps[of[a]]
            * np.sqrt(2.0 * high / _G)
        )
        sigma = float(fall["spread_m"]) + float(fall["spread_per_height"]) * high
        fall_lat, fall_lon = ahead(lat[a], lon[a], path.course_rad[of[a]], throw)
        lats, lons = _harm.disc(fall_lat, fall_lon, sigma)
        even = np.ones(lats.shape)
        own, left = (
            _intervals(
                _harm.casualties(
                    lats, lons, np.tile(_area(data, what), (len(a), 1)), countries,
                    density, country_of,
                )[0],
                even,
            )
            for what in ("interceptor", "debris")
        )  # fmt: skip
        p = np.array([rows[r]["p"] for r in a.tolist()])[:, None, None]
        # Quantiles added as if luck were bad, or good, in all parts at once: the
        # interval is too wide rather than too narrow.
        harm[a] = own + p * left + (1.0 - p) * nothing[of[a]]
    ids = chosen.track_id[of]

    def text(key: str) -> NDArray[np.str_]:
        return np.array([r.get(key, "") for r in rows], dtype=np.str_)

    def number(key: str) -> Floats:
        return np.array([r.get(key, np.nan) for r in rows], dtype=np.float64)

    made = [
        f"{now_s:.0f}-{i}-"
        + (f"{r['effector']}-{r['over'] or 'XX'}" if x else "nothing")
        for i, r, x in zip(ids.tolist(), rows, acts.tolist(), strict=True)
    ]
    feasible = acts & (text("barred_by") == "")
    return Options.build(
        n,
        t_s=np.full(n, now_s),
        option_id=np.array(made, dtype=np.str_),
        track_id=ids,
        action=text("action"),
        effector=text("effector"),
        owner=text("owner"),
        fires_from=text("fires_from"),
        over=text("over"),
        t_intercept_s=np.where(feasible, now_s + dt, np.nan),
        lat_deg=lat,
        lon_deg=lon,
        alt_m=alt,
        p_success=number("p"),
        p_success_p05=number("p_low"),
        p_success_p95=number("p_high"),
        feasible_share=number("share"),
        harm=harm.reshape(n, -1),
        latest_decision_s=number("latest"),
        barred_by=text("barred_by"),
        harm_names=names,
    )
