"""Complete tracks: what a forecast needs to know, from each track's own past.

A recording may hold nothing but times and positions. Velocity, its error and the
rate of turn are then estimated from the rows of the same track up to that time;
later rows never matter. What a tracker already states is kept.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from forefield.columns import Bool, Floats, Ints, as_arrow_table
from forefield.errors import InputError
from forefield.forecasting.parameters import STYLES, Parameters, shipped
from forefield.kernels.frames import WGS84_A, WGS84_E2
from forefield.kernels.past_motion import past_motions
from forefield.threats.classes import top_speed_mps
from forefield.tracking.tracks import CLASSES, Tracks

__all__ = ["Motion", "as_tracks", "check", "complete", "motion_of", "with_past"]


@dataclass(frozen=True)
class Motion:
    """The state a forecast starts from, a row per track row, in its order.

    Velocities in metres a second east and north; errors per axis; `turn_rate_rps`
    clockwise; `age_s` of the evidence; `stale_s` how old the position itself is (a
    tracker's is predicted to t_s, a position that is sent twice is not); `known`
    whether there is a velocity at all; `style` (N, S) probability of moving like
    each of `STYLES`; `reach_mps` top speed of the classes it may be.
    """

    v_east_mps: Floats
    v_north_mps: Floats
    sigma_vel_mps: Floats
    sigma_pos_m: Floats
    turn_rate_rps: Floats
    age_s: Floats
    stale_s: Floats
    known: Bool
    p_exist: Floats
    style: Floats
    reach_mps: Floats
    inconsistent: Bool

    def take(self, rows: Any) -> Motion:
        """The rows of an index array, slice or mask."""
        names = [f.name for f in dataclasses.fields(self)]
        return Motion(**{name: getattr(self, name)[rows] for name in names})


def as_tracks(data: Any) -> Tracks:
    """Tracks from our columns, Arrow, Polars, pandas or a mapping of arrays.

    Beside the columns of `tracks`, `speed_mps` with `track_deg` (clockwise from true
    north) are understood where `v_east_mps` and `v_north_mps` are absent.
    """
    if isinstance(data, Tracks):
        return data
    table = as_arrow_table(data)
    tracks = Tracks.from_arrow(table)
    have = set(table.column_names)
    if {"speed_mps", "track_deg"} <= have and not {"v_east_mps", "v_north_mps"} & have:
        speed = np.asarray(table["speed_mps"].to_numpy(), dtype=np.float64)
        course = np.radians(np.asarray(table["track_deg"].to_numpy(), dtype=np.float64))
        tracks = dataclasses.replace(
            tracks,
            v_east_mps=speed * np.sin(course),
            v_north_mps=speed * np.cos(course),
        )
    return tracks


def check(tracks: Tracks) -> None:
    """Positions and times that can be used, or one line that says which cannot."""
    for name in ("t_s", "lat_deg", "lon_deg"):
        bad = np.flatnonzero(~np.isfinite(getattr(tracks, name)))
        if bad.size:
            raise InputError(
                f"tracks.{name}: {bad.size} rows hold no number, the first is row "
                f"{bad[0]}; leave such rows out.",
                rows=bad.tolist(),
            )
    bad = np.flatnonzero(np.abs(tracks.lat_deg) > 90.0)
    if bad.size:
        raise InputError(
            f"tracks.lat_deg: row {bad[0]} is {tracks.lat_deg[bad[0]]:g}, outside "
            "-90 to 90; are latitude and longitude exchanged?",
            rows=bad.tolist(),
        )
    bad = np.flatnonzero((tracks.lon_deg < -180.0) | (tracks.lon_deg > 360.0))
    if bad.size:
        raise InputError(
            f"tracks.lon_deg: row {bad[0]} is {tracks.lon_deg[bad[0]]:g}, outside "
            "-180 to 360.",
            rows=bad.tolist(),
        )


def _metres(lat_deg: Floats) -> tuple[Floats, Floats]:
    s, c = np.sin(np.radians(lat_deg)), np.cos(np.radians(lat_deg))
    w2 = 1.0 - WGS84_E2 * s * s
    north = WGS84_A * (1.0 - WGS84_E2) / w2**1.5
    east = WGS84_A / np.sqrt(w2) * c
    return np.radians(1.0) * north, np.radians(1.0) * east


def groups(track_id: Ints, t_s: Floats) -> tuple[Ints, Ints]:
    """Rows by track then time, and the bounds of each track among them."""
    order = np.lexsort((t_s, track_id))
    cuts = np.flatnonzero(np.diff(track_id[order])) + 1
    return order, np.concatenate([[0], cuts, [len(order)]]).astype(np.int64)


def _inconsistent(tracks: Tracks) -> Bool:
    """The track's own flag, or that of reported positions that contradict motion.

    Only rows that no tracker has judged are looked at: those without `p_exist`.
    """
    from forefield.tracking.cooperative import inconsistent

    rows = np.flatnonzero(np.isnan(tracks.p_exist))
    out = tracks.inconsistent.copy()
    if not rows.size or out.any():
        return out
    east, north = tracks.v_east_mps[rows], tracks.v_north_mps[rows]
    out[rows] = inconsistent(
        tracks.t_s[rows],
        tracks.lat_deg[rows],
        tracks.lon_deg[rows],
        np.hypot(east, north),
        np.degrees(np.arctan2(east, north)) % 360.0,
        alt_m=tracks.alt_m[rows],
        ids=tracks.track_id[rows],
    )
    return out


def _estimates(tracks: Tracks, par: Parameters) -> Floats:
    """(N, 7) of `kernels.past_motion`, in the order of the rows."""
    n = len(tracks)
    est = np.full((n, 7), np.nan)
    if not n:
        return est
    order, bounds = groups(tracks.track_id, tracks.t_s)
    north, east = _metres(tracks.lat_deg)
    past_motions(
        order, bounds, tracks.t_s, tracks.lat_deg, tracks.lon_deg, north, east,
        tracks.v_east_mps, tracks.v_north_mps, par.window_s, par.gap_s, est,
    )  # fmt: skip
    return est


def with_past(tracks: Tracks, past: Any) -> Tracks:
    """The rows, and after them those of `past` that are older than their track here."""
    if past is None or not len(past):
        return tracks
    earlier = as_tracks(past)
    order = np.argsort(-tracks.t_s, kind="stable")  # the earliest is kept
    ids, times = tracks.track_id[order].tolist(), tracks.t_s[order].tolist()
    first = dict(zip(ids, times, strict=True))
    limit = np.array([first.get(i, -np.inf) for i in earlier.track_id.tolist()])
    return Tracks.concat([tracks, earlier.take(earlier.t_s < limit)])


def motion_of(
    tracks: Tracks, parameters: Parameters | None = None, *, past: Any = None
) -> Motion:
    """What a forecast starts from, for every row, from its own past alone.

    past  earlier rows of the same tracks, where `tracks` holds the present only
    """
    par = parameters or shipped()
    # What lies behind counts for motion and consistency; all else is of the present.
    whole = with_past(tracks, past)
    est = _estimates(whole, par)[: len(tracks)]
    inconsistent = _inconsistent(whole)[: len(tracks)]
    v_east, v_north = est[:, 0], est[:, 1]
    known = np.isfinite(v_east) & np.isfinite(v_north)
    speed = np.where(known, np.hypot(v_east, v_north), np.nan)

    # RMS horizontal spread is sqrt(2) of the spread per axis.
    stated = np.isfinite(tracks.sigma_vel_mps)
    reported = np.isfinite(tracks.v_east_mps)
    own = np.where(np.isfinite(est[:, 2]), est[:, 2], 0.1 * np.nan_to_num(speed) + 3.0)
    sigma_vel = np.where(reported, par.sigma_vel_mps, np.maximum(own, 1.0))
    sigma_vel = np.where(stated, tracks.sigma_vel_mps / np.sqrt(2.0), sigma_vel)
    stated = np.isfinite(tracks.sigma_pos_m)
    own = np.maximum(np.nan_to_num(est[:, 3]), par.sigma_pos_m)
    sigma_pos = np.where(stated, tracks.sigma_pos_m / np.sqrt(2.0), own)

    seen = np.isfinite(tracks.t_seen_s)
    stale = np.where(seen, 0.0, np.nan_to_num(est[:, 5]))
    age = np.maximum(np.where(seen, tracks.t_s - tracks.t_seen_s, stale), 0.0)

    p = np.where(np.isfinite(tracks.p_class), tracks.p_class, 0.0)
    p[p.sum(axis=1) <= 0.0, CLASSES.index("unknown")] = 1.0
    p /= p.sum(axis=1, keepdims=True)
    style, reach = _styles(p, speed, tracks.alt_m)
    return Motion(
        v_east_mps=v_east,
        v_north_mps=v_north,
        sigma_vel_mps=sigma_vel,
        sigma_pos_m=sigma_pos,
        turn_rate_rps=np.nan_to_num(est[:, 4]),
        age_s=age,
        stale_s=stale,
        known=known,
        p_exist=np.where(np.isfinite(tracks.p_exist), tracks.p_exist, 1.0),
        style=style,
        reach_mps=reach,
        inconsistent=inconsistent,
    )


def complete(tracks: Any, parameters: Parameters | None = None) -> Tracks:
    """The same rows with what was absent filled from each track's own past.

    Velocities and their spread, `p_exist` (1), class (unknown) and `inconsistent`.
    """
    given = as_tracks(tracks)
    check(given)
    m = motion_of(given, parameters)
    p = np.where(np.isfinite(given.p_class), given.p_class, 0.0)
    p[p.sum(axis=1) <= 0.0, CLASSES.index("unknown")] = 1.0
    root2 = np.sqrt(2.0)
    return dataclasses.replace(
        given,
        v_east_mps=m.v_east_mps,
        v_north_mps=m.v_north_mps,
        sigma_pos_m=m.sigma_pos_m * root2,
        sigma_vel_mps=np.where(m.known, m.sigma_vel_mps * root2, np.nan),
        p_exist=m.p_exist,
        p_class=p,
        inconsistent=m.inconsistent,
    )


#: Above this an unidentified fast thing is taken for an airliner: cruise missiles are
#: reported at up to 400 m, airliners cruise above 6 km.
_HIGH_M = 6_000.0


@cache
def _tops() -> Floats:
    return np.array([top_speed_mps(s) for s in STYLES])


def _styles(p: Floats, speed: Floats, alt_m: Floats) -> tuple[Floats, Floats]:
    """Share of each way of moving, and the top speed of what it may be."""
    out = np.zeros((len(p), len(STYLES)))
    tops = _tops()
    for k, name in enumerate(CLASSES):
        if name != "unknown":
            out[:, STYLES.index(name)] += p[:, k]
    likely = out > 0.01
    q = p[:, CLASSES.index("unknown")]
    v = np.where(np.isfinite(speed), speed, 0.0)
    none = ~np.isfinite(speed)
    high = alt_m > _HIGH_M
    unsure = ~np.isfinite(alt_m)

    def add(rows: Bool, name: str, share: float) -> None:
        k = STYLES.index(name)
        out[rows, k] += share * q[rows]
        likely[rows & (q > 0.01), k] = True

    # Speed tells an unidentified track apart: object_classes.toml's bands, cut
    # half-way (drones to 60 m/s, jet drones 83-153, missiles and airliners above).
    slow, mid = v < 70.0, (v >= 70.0) & (v < 160.0)
    fast, very = (v >= 160.0) & (v < 320.0), v >= 320.0
    add(slow & ~none, "drone", 1.0)
    add(mid & ~high, "jet_drone", 1.0)
    add(mid & high, "civil", 1.0)
    add(fast & high, "civil", 1.0)
    add(fast & unsure, "civil", 0.5)
    add(fast & unsure, "cruise", 0.5)
    add(fast & ~high & ~unsure, "cruise", 1.0)
    add(very, "ballistic", 0.5)
    add(very, "aircraft", 0.5)
    # Nothing known of its motion: slow or fast.
    add(none, "drone", 0.5)
    add(none, "cruise", 0.5)
    reach = np.where(likely, tops, 0.0).max(axis=1)
    # Its own speed must not decide what is scored: an unidentified track may be
    # anything that breathes air, whatever it does at present.
    anything = max(top_speed_mps("cruise"), top_speed_mps("civil"))
    reach = np.where(q > 0.01, np.maximum(reach, anything), reach)
    return out, np.maximum(reach, v)
