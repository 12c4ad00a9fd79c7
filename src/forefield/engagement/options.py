"""What could be done about each track: doing nothing, and each abstract effector.

A straight-line prediction of the track is held against the effector's published reach
and mean speed. There is no guidance in it and no aim point to be had from it: it says
whether there would be time, until when somebody would have to decide, over which
country the pieces would start to fall, and with what harm in each country.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forefield.engagement import harm as _harm
from forefield.engagement.effectors import Band, Effector, Link
from forefield.engagement.effectors import links as shipped_links
from forefield.engagement.option_table import HARM_QUANTILES, Options
from forefield.engagement.path import Paths, straight_on
from forefield.engagement.pieces import catalogue
from forefield.engagement.restraint import reasons
from forefield.engagement.success import MAX_SHOTS, shared_success, sigma_three
from forefield.engagement.wind import Wind
from forefield.forecasting.beliefs import Beliefs
from forefield.kernels import flyout
from forefield.tracking.tracks import CLASSES, Tracks
from forefield.world.facts import table
from forefield.world.ground import Ground, theatre

if TYPE_CHECKING:
    from forefield.world.borders import Border

__all__ = ["Meetings", "countries_of", "meetings", "options"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Texts = NDArray[np.str_]

_BARS = np.array(["", "out of reach", "outside its height band", "too late"])
_FRIENDS = ("aircraft", "interceptor", "civil")
_PEOPLE = ("aircraft", "civil")


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


@dataclass(frozen=True)
class Meetings:
    """Pairs of N tracks and E effectors, and the M feasible (track, effector, country).

    bar       (N, E) number of `_BARS`;  near_s (N, E) time of the nearest approach
    share     (N, E) share of low, middle, high reach, speed and delay that allow it
    of        (M, 2) track, effector;  over (M,) ISO codes
    first_s, last_s, decide_s   (M,) seconds from now: meeting, and latest yes
    way_s     (M,) flight time to the latest meeting;  shots (M,)
    """

    bar: Ints
    near_s: Floats
    share: Floats
    of: Ints
    over: Texts
    first_s: Floats
    last_s: Floats
    decide_s: Floats
    way_s: Floats
    shots: Ints


def meetings(paths: Paths, packed: Floats, horizon_s: float) -> Meetings:
    """Every meeting that reach, speed, height and time allow; a row per country.

    packed  (E, 16) of `pack`

    Where a path crosses a country twice, its row is at the earliest place and holds the
    latest decision of both.
    """
    n, e = len(paths.state), len(packed)
    most = max(e * len(paths.seg_start), 1)
    pair, share = np.zeros((n, e, 2)), np.zeros((n, e))
    row, row_of = np.empty((most, 5)), np.empty((most, 3), dtype=np.int64)
    m = flyout.meetings(
        paths.state, paths.start, paths.seg_start, paths.seg_end, packed, horizon_s,
        pair, share, row, row_of,
    )  # fmt: skip
    row, row_of = row[:m], row_of[:m]
    over = paths.seg_over[row_of[:, 2]]
    _, code = np.unique(paths.seg_over, return_inverse=True)
    code = code[row_of[:, 2]]
    key = (row_of[:, 0] * e + row_of[:, 1]) * 64 + code
    _, at, back = np.unique(key, return_index=True, return_inverse=True)
    last, decide = np.full(len(at), -np.inf), np.full(len(at), -np.inf)
    shots = np.zeros(len(at))
    np.maximum.at(last, back, row[:, 1])
    np.maximum.at(decide, back, row[:, 2])
    np.maximum.at(shots, back, row[:, 4])
    order = np.argsort(at, kind="stable")  # as they came: track, effector, time
    at = at[order]
    wait = packed[row_of[at, 1], 9] if m else np.zeros(0)
    return Meetings(
        pair[..., 0].astype(np.int64), pair[..., 1], share, row_of[at, :2], over[at],
        row[at, 0], last[order], decide[order],
        last[order] - decide[order] - wait, shots[order].astype(np.int64),
    )  # fmt: skip


def pack(
    effectors: Sequence[Effector], word: Band, extra_delay_s: float = 0.0
) -> Floats:
    """(E, 16) effectors as `kernels.flyout.meetings` takes them.

    word  seconds from a person's yes to the crew
    """
    out = np.zeros((len(effectors), 16))
    for k, e in enumerate(effectors):
        waits = (word, e.readiness_s, e.reaction_s)
        out[k] = (
            e.lat_deg, e.lon_deg, *e.reach_m.three, *e.speed_mps.three,
            *(sum(b.three[q] for b in waits) + extra_delay_s for q in range(3)),
            e.height_m.low, e.height_m.high, e.look_s.mid,
            min(max(e.magazine, 1), MAX_SHOTS), float(e.fires == "pass"),
        )  # fmt: skip
    return out


@lru_cache(maxsize=64)
def _successes(effectors: tuple[Effector, ...]) -> Floats:
    """(E, classes, 3, shots) chance of success at low, middle and high."""
    bands = [[e.hit(k) for k in CLASSES] for e in effectors]
    # The middle of a chance is its mean: it runs from 0 to 1, not over factors.
    p = np.array(
        [[(b.low, 0.5 * (b.low + b.high), b.high) for b in row] for row in bands]
    ).reshape(len(effectors), len(CLASSES), 3)
    # The low end has the most shared luck, the high end the least.
    sigma = np.broadcast_to(np.array(sigma_three())[::-1], p.shape)
    return shared_success(p.ravel(), sigma.ravel()).reshape(*p.shape, MAX_SHOTS)


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
    links: Sequence[Link] | None = None,
    traffic: Tracks | None = None,
    wind: Wind | None = None,
    ground: Ground | None = None,
) -> Options:
    """Every option for every track that may enter a guard, or is inside one.

    tracks         states at or before `now_s`; the last row of each track counts
    beliefs        of the same time; a track is taken when its greatest p_enter reaches
                   `belief_floor`, or when it is inside a guard
    effectors      whose options are listed, also those that are barred, with the bar
    now_s          UTC seconds
    links          what lies between a person's yes and the crew; default: the shipped
    margin_s       instead of `links`, one delay that is known
    extra_delay_s  further delay before a decision can take effect
    traffic        the whole picture: no shot where civil or friendly traffic is near
    wind           that pieces fall through; default: the stated climatology
    ground         people and countries; default: the theatre of the guards

    For an effector there is one row per country over which an intercept is feasible,
    at the earliest place there; `latest_decision_s` is the last moment for it. An
    effector that is not ready, has no rounds or would fire into traffic is worked out
    all the same and carries its bar; one that is nowhere feasible has one row, at its
    nearest place. Feasibility is judged at the middle of the published intervals;
    `feasible_share` tells for what share of their low, middle and high values it holds.
    """
    countries = countries_of(guards)
    names = tuple(f"{c.lower()}_{q}" for c in countries for q in HARM_QUANTILES)
    chosen = _watched(tracks, beliefs, guards, now_s, belief_floor)
    if not len(chosen):
        return Options.empty(harm_names=names)
    ground = ground or theatre(tuple(g.iso for g in guards), countries)
    if ground.told != countries:
        ground = ground.telling(countries)
    chain = _chain(links, margin_s)
    horizon = float(table("effectors")["chain"]["look_ahead"]["seconds"])
    paths = straight_on(chosen, now_s, horizon, ground)
    met = meetings(paths, pack(effectors, _sum(chain), extra_delay_s), horizon)
    rows = _rows(chosen, effectors, paths, met)
    conflict = _conflicts(rows, chosen, effectors, paths, traffic, now_s)
    return _table(
        rows, conflict, chosen, beliefs, effectors, paths, met, chain, extra_delay_s,
        guards, names, ground, wind, now_s,
    )  # fmt: skip


def _chain(links: Sequence[Link] | None, margin_s: float | None) -> tuple[Link, ...]:
    if margin_s is not None:
        return (Link("order", Band(margin_s, margin_s), "as given"),)
    return tuple(shipped_links() if links is None else links)


def _sum(chain: Sequence[Link]) -> Band:
    # The middle of a sum is the sum of middles; Band would take the geometric one.
    low, high = (sum(b) for b in zip(*((x.delay_s.low, x.delay_s.high) for x in chain),
                                     strict=True)) if chain else (0.0, 0.0)  # fmt: skip
    return _Sum(low, high, sum(x.delay_s.mid for x in chain))


@dataclass(frozen=True)
class _Sum(Band):
    middle: float = 0.0

    @property
    def mid(self) -> float:
        return self.middle


def _watched(
    tracks: Tracks,
    beliefs: Beliefs,
    guards: Sequence[Border],
    now_s: float,
    floor: float,
) -> Tracks:
    """The last state of each track that matters, by track_id."""
    state = _last(tracks, now_s)
    hot = np.unique(beliefs.track_id[beliefs.p_enter >= floor])
    keep = np.isin(state.track_id, hot)
    for g in guards:
        keep |= np.asarray(g.inside(state.lat_deg, state.lon_deg))
    return state.take(keep & np.isfinite(state.lat_deg))


def _last(tracks: Tracks, now_s: float) -> Tracks:
    past = tracks.take(tracks.t_s <= now_s)
    order = np.lexsort((past.t_s, past.track_id))
    last = np.append(np.diff(past.track_id[order]) != 0, True)[: len(order)]
    return past.take(order[last])


def _likely(tracks: Tracks) -> Ints:
    """The most likely class column of each track; "unknown" where none is told."""
    p = np.nan_to_num(tracks.p_class, nan=0.0)
    best = np.argmax(p, axis=1)
    told = p[np.arange(len(p)), best] > 0.0
    return np.where(told, best, CLASSES.index("unknown")).astype(np.int64)


@dataclass(frozen=True)
class _Rows:
    """Rows of the table to be: track, effector (-1: do nothing), meeting (-1: none)."""

    track: Ints
    effector: Ints
    meeting: Ints
    dt_s: Floats  # of the place that is told, from now
    over: Texts
    bar: Texts

    def __len__(self) -> int:
        return len(self.track)


def _rows(
    chosen: Tracks, effectors: Sequence[Effector], paths: Paths, met: Meetings
) -> _Rows:
    n = len(met.bar)
    # Nothing first, then by effector: its countries in order, or its one bar.
    bar_i, bar_e = np.nonzero(met.bar != flyout.FEASIBLE)
    track = np.concatenate([np.arange(n), met.of[:, 0], bar_i])
    effector = np.concatenate([np.full(n, -1), met.of[:, 1], bar_e])
    meeting = np.concatenate(
        [np.full(n, -1), np.arange(len(met.of)), np.full(len(bar_i), -1)]
    )
    dt = np.concatenate([np.zeros(n), met.first_s, met.near_s[bar_i, bar_e]])
    order = np.lexsort((dt, effector, track))
    track, effector, meeting, dt = (v[order] for v in (track, effector, meeting, dt))
    over = np.empty(len(track), dtype="<U2")
    over[meeting >= 0] = met.over[meeting[meeting >= 0]]
    rest = np.flatnonzero(meeting < 0)
    # The stretch of each track that holds the time.
    over[rest] = [
        paths.seg_over[
            paths.start[i]
            + max(np.searchsorted(
                paths.seg_start[paths.start[i]:paths.start[i + 1]], t, "right") - 1, 0)
        ]
        for i, t in zip(track[rest].tolist(), dt[rest].tolist(), strict=True)
    ]  # fmt: skip
    bar = np.full(len(track), "", dtype="<U40")
    acts = effector >= 0
    bar[acts] = _BARS[met.bar[track[acts], effector[acts]]]
    for k, one in enumerate(effectors):
        if one.readiness != "ready":
            bar[effector == k] = "not ready"
        elif one.magazine <= 0:
            bar[effector == k] = "no rounds left"
    return _Rows(track, effector, meeting, dt, over, bar)


def _conflicts(
    rows: _Rows,
    chosen: Tracks,
    effectors: Sequence[Effector],
    paths: Paths,
    traffic: Tracks | None,
    now_s: float,
) -> Texts:
    """For each row the civil or friendly track that is too near, in words; else ""."""
    out = np.full(len(rows), "", dtype="<U60")
    if traffic is None or not len(traffic):
        return out
    limits = table("effectors")["traffic"]
    last = _last(traffic, now_s)
    p = np.nan_to_num(last.p_class, nan=0.0)
    friend = p[:, [CLASSES.index(c) for c in _FRIENDS]].sum(axis=1)
    last = last.take((friend >= limits["p_friend"]) & np.isfinite(last.lat_deg))
    act = np.flatnonzero(rows.meeting >= 0)
    if not len(last) or not len(act):
        return out
    lat, lon, alt = paths.at(rows.track[act], rows.dt_s[act])
    e = rows.effector[act]
    site = np.array([(x.lat_deg, x.lon_deg, x.fires == "round") for x in effectors])[e]
    place = np.stack(
        [lat, lon, alt, rows.dt_s[act], site[:, 0], site[:, 1],
         chosen.track_id[rows.track[act]], site[:, 2]], axis=1,
    )  # fmt: skip
    age = now_s - last.t_s
    east, north = np.nan_to_num(last.v_east_mps), np.nan_to_num(last.v_north_mps)
    other = np.stack(
        [last.lat_deg + np.degrees(north * age / 6_371_000.0),
         last.lon_deg + np.degrees(east * age / 6_371_000.0)
         / np.cos(np.radians(last.lat_deg)),
         last.alt_m, east, north, np.nan_to_num(last.v_up_mps), last.track_id], axis=1,
    )  # fmt: skip
    found = np.empty(len(act), dtype=np.int64)
    flyout.conflicts(
        place, other, limits["keep_out_m"], limits["keep_out_height_m"],
        limits["path_m"], found,
    )  # fmt: skip
    for r in np.flatnonzero(found >= 0).tolist():
        k = int(found[r])
        what = CLASSES[int(np.argmax(np.nan_to_num(last.p_class[k])))]
        out[act[r]] = f"{what} track {last.track_id[k]}"
    return out


def _end_inside(beliefs: Beliefs, tracks: Tracks, guards: Sequence[Border]) -> Floats:
    """(N, G) greatest p_end_inside of each track, NaN without a belief."""
    out = np.full((len(tracks), len(guards)), np.nan)
    for k, g in enumerate(guards):
        out[:, k] = _of_belief(
            beliefs.take(beliefs.guard == g.iso), tracks, lambda b: b.p_end_inside
        )
    return out


def _of_belief(
    beliefs: Beliefs, tracks: Tracks, pick: Callable[[Beliefs], Floats]
) -> Floats:
    """(N,) greatest value of a column over the rows of each track, NaN without one."""
    value = pick(beliefs)
    known = ~np.isnan(value)
    out = np.full(len(tracks), np.nan)
    where = {t: k for k, t in enumerate(tracks.track_id.tolist())}
    for t, v in zip(
        beliefs.track_id[known].tolist(), value[known].tolist(), strict=True
    ):
        k = where.get(t)
        if k is not None and not v <= out[k]:
            out[k] = v
    return out


def _table(
    rows: _Rows,
    conflict: Texts,
    chosen: Tracks,
    beliefs: Beliefs,
    effectors: Sequence[Effector],
    paths: Paths,
    met: Meetings,
    chain: Sequence[Link],
    extra_delay_s: float,
    guards: Sequence[Border],
    names: tuple[str, ...],
    ground: Ground,
    wind: Wind | None,
    now_s: float,
) -> Options:
    n, track, e = len(rows), rows.track, rows.effector
    acts, there = e >= 0, rows.meeting >= 0
    m = rows.meeting[there]
    cat = catalogue()
    likely = _likely(chosen)
    profile = np.array([cat.object_of(CLASSES[k]) for k in likely.tolist()])
    flying = _harm.fly_on(
        paths.state[:, 0], paths.state[:, 1], paths.course_rad, paths.speed_mps,
        profile, _end_inside(beliefs, chosen, guards), tuple(g.iso for g in guards),
        ground,
    )  # fmt: skip
    lat, lon, alt = paths.at(track, rows.dt_s)

    def of_row(values: Any, fill: float = np.nan) -> Floats:
        out = np.full(n, fill)
        out[there] = np.asarray(values, dtype=np.float64)[m]
        return out

    shots = of_row(met.shots, 1.0).astype(np.int64)
    p = np.full((n, 3), np.nan)
    if acts.any():
        good = _successes(tuple(effectors))
        p[acts] = good[e[acts], likely[track[acts]], :, shots[acts] - 1]
    harms = [
        h[track].copy() for h in (flying.harm.ec, flying.harm.one, flying.harm.risk)
    ]
    if acts.any():
        a = np.flatnonzero(acts)
        site = np.array([(x.lat_deg, x.lon_deg) for x in effectors])[e[a]]
        wreck = np.array([cat.interceptors.index(x.interceptor) for x in effectors])
        way = np.arctan2(
            (lon[a] - site[:, 1]) * np.cos(np.radians(lat[a])), lat[a] - site[:, 0]
        )
        # Rounds spent before the first success, and all of them in a failure.
        step = np.diff(good[e[a], likely[track[a]], 1], prepend=0.0, axis=1)
        fits = np.arange(MAX_SHOTS) < shots[a][:, None]
        spent = (np.where(fits, step, 0.0) * np.arange(MAX_SHOTS)).sum(axis=1)
        lost = np.stack([spent / np.maximum(p[a, 1], 1e-12), shots[a]], axis=1)
        sigma = _harm.place_sigma_m(chosen.sigma_vel_mps[track[a]], rows.dt_s[a])
        found = _harm.intercepts(
            lat[a], lon[a], alt[a], paths.course_rad[track[a]],
            paths.speed_mps[track[a]], way, sigma, profile[track[a]], wreck[e[a]],
            track[a], p[a], lost, flying, ground, wind,
        )  # fmt: skip
        for k, h in enumerate((found.ec, found.one, found.risk)):
            harms[k][a] = h
    # More delay than there is time leaves no row, so a latest decision is never past.
    latest = of_row(met.decide_s)
    long = beliefs.take(beliefs.horizon_s == beliefs.horizon_s.max(initial=0.0))
    p_enter = _of_belief(long, chosen, lambda b: b.p_enter)[track]
    p_leave = _of_belief(long, chosen, lambda b: b.p_leave)[track]
    friend = np.nan_to_num(chosen.p_class)[:, [CLASSES.index(c) for c in _PEOPLE]]
    why = np.full(n, "[]", dtype=object)
    why[acts] = reasons(
        ground.told, harms[0][acts], flying.harm.ec[track[acts]],
        np.nan_to_num(ground.people_per_km2(lat[acts], lon[acts])), p[acts, 0],
        friend.sum(axis=1)[track[acts]], p_enter[acts], p_leave[acts], latest[acts],
        alt[acts], conflict[acts],
    )  # fmt: skip
    ids = chosen.track_id[track]
    names_e = np.array([*(x.id for x in effectors), ""], dtype=np.str_)[e]
    made = [
        f"{now_s:.0f}-{i}-" + (f"{name}-{over or 'XX'}" if act else "nothing")
        for i, name, over, act in zip(
            ids.tolist(), names_e.tolist(), rows.over.tolist(), acts.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    share = np.full(n, np.nan)
    share[acts] = met.share[track[acts], e[acts]]
    cost = np.array([*(x.cost_eur.mid for x in effectors), np.nan])[e] * shots
    bar = np.where((rows.bar == "") & (conflict != ""), "traffic", rows.bar)
    return Options.build(
        n,
        t_s=np.full(n, now_s),
        option_id=np.array(made, dtype=np.str_),
        track_id=ids,
        action=np.where(acts, "intercept", "nothing"),
        effector=names_e,
        owner=np.array([*(x.owner for x in effectors), ""], dtype=np.str_)[e],
        fires_from=np.array([*(x.fires_from for x in effectors), ""], np.str_)[e],
        over=rows.over,
        t_intercept_s=np.where(there, now_s + rows.dt_s, np.nan),
        t_latest_intercept_s=now_s + of_row(met.last_s),
        lat_deg=lat,
        lon_deg=lon,
        alt_m=alt,
        shots=np.where(there, shots, -1),
        p_success=p[:, 1],
        p_success_p05=p[:, 0],
        p_success_p95=p[:, 2],
        feasible_share=share,
        cost_eur=np.where(acts, cost, np.nan),
        harm=harms[0].reshape(n, -1),
        p_casualty=harms[1].reshape(n, -1),
        risk=harms[2].reshape(n, -1),
        latest_decision_s=now_s + np.maximum(latest, 0.0),
        links=_links(effectors, chain, extra_delay_s, e, of_row(met.way_s)),
        conflict=conflict,
        reasons=why.astype(np.str_),
        barred_by=bar,
        harm_names=names,
    )


def _links(
    effectors: Sequence[Effector],
    chain: Sequence[Link],
    extra_delay_s: float,
    effector: Ints,
    way_s: Floats,
) -> Texts:
    """JSON of what lies between a yes and the intercept: name, low, middle, high."""
    fixed = []
    for one in effectors:
        parts: list[list[Any]] = [
            [x.name, *(round(v, 1) for v in x.delay_s.three)] for x in chain
        ]
        if extra_delay_s > 0.0:
            parts.append(["further delay", *[round(extra_delay_s, 1)] * 3])
        for name, band in (
            ("readiness", one.readiness_s),
            ("reaction", one.reaction_s),
        ):
            if band.high > 0.0:
                parts.append([name, *(round(v, 1) for v in band.three)])
        fixed.append(json.dumps(parts)[:-1])
    out = []
    for k, way in zip(effector.tolist(), way_s.tolist(), strict=True):
        if k < 0:
            out.append("")
        elif np.isnan(way):
            out.append(fixed[k] + "]")
        else:
            mid = round(way, 1)
            comma = ", " if len(fixed[k]) > 1 else ""
            out.append(f'{fixed[k]}{comma}["way there", {mid}, {mid}, {mid}]]')
    return np.array(out, dtype=np.str_)
