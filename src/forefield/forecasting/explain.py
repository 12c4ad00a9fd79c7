"""What moved a belief since the row before: course, place, speed, class, age, past.

The row before is turned into the present one a part at a time, and the forecast asked
again after each. A part's share is the mean of what it moves when the parts are taken
in order and in the reverse of it, so that the shares add up to the whole change. Models
that draw are asked with the same draws throughout.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.errors import InputError
from forefield.forecasting import forecast as fc
from forefield.forecasting.exposure import exposure
from forefield.forecasting.motion import Motion, as_tracks, check, motion_of
from forefield.forecasting.parameters import STYLES, Parameters, shipped
from forefield.forecasting.traces import trace_of
from forefield.tracking.tracks import Tracks
from forefield.world.borders import Border
from forefield.world.borders import guard as border_of

__all__ = ["PARTS", "Moved", "Share", "what_moved"]

#: Parts of a row, in the order in which they are exchanged.
PARTS = ("place", "course", "speed", "class", "age and errors", "existence", "past")


@dataclass(frozen=True)
class Share:
    """One part's share in the change, and the part itself in words."""

    part: str
    moved: float
    words: str


@dataclass(frozen=True)
class Moved:
    """A belief before and now, and why it differs. Times in UTC seconds."""

    track_id: int
    guard: str
    horizon_s: float
    before_s: float
    now_s: float
    p_before: float
    p_now: float
    shares: tuple[Share, ...]

    def lines(self) -> list[str]:
        """In words: the change, then the parts, the largest first."""
        rose = "rose" if self.p_now > self.p_before else "fell"
        if abs(self.p_now - self.p_before) < 0.0005:
            rose = "stayed"
        within = (
            "before its flight ends"
            if np.isinf(self.horizon_s)
            else f"within {self.horizon_s:g} s"
        )
        way = f"from {self.p_before:.3f} to {self.p_now:.3f}"
        out = [
            f"track {self.track_id}: the chance that it enters {self.guard} {within} "
            f"{rose} {'near ' + format(self.p_now, '.3f') if rose == 'stayed' else way}"
            f" in {self.now_s - self.before_s:.0f} s"
        ]
        for s in sorted(self.shares, key=lambda s: -abs(s.moved)):
            out.append(f"  {s.moved:+.3f}  {s.part}: {s.words}")
        return out


def _row(
    tracks: Tracks, motion: Motion, a: int, b: int, taken: frozenset[str]
) -> tuple[Tracks, Motion, int]:
    """One row with the parts in `taken` from row b, the others from row a.

    Also the row whose past it has.
    """

    def pick(part: str) -> slice:
        i = b if part in taken else a
        return slice(i, i + 1)

    place, course, speed = pick("place"), pick("course"), pick("speed")
    row = dataclasses.replace(
        tracks.take(slice(b, b + 1)),  # its time names the draws: the same for all
        lat_deg=tracks.lat_deg[place], lon_deg=tracks.lon_deg[place],
        alt_m=tracks.alt_m[place],
    )  # fmt: skip
    way = np.arctan2(motion.v_east_mps[course], motion.v_north_mps[course])
    fast = np.hypot(motion.v_east_mps[speed], motion.v_north_mps[speed])
    errors = motion.take(pick("age and errors"))
    m = dataclasses.replace(
        errors,
        v_east_mps=fast * np.sin(way), v_north_mps=fast * np.cos(way),
        known=np.isfinite(fast * way), turn_rate_rps=motion.turn_rate_rps[course],
        style=motion.style[pick("class")], reach_mps=motion.reach_mps[pick("class")],
        p_exist=motion.p_exist[pick("existence")],
    )  # fmt: skip
    return row, m, pick("past").start


def _words(
    tracks: Tracks, motion: Motion, dist_m: Any, a: int, b: int
) -> dict[str, str]:
    def course(i: int) -> float:
        east, north = motion.v_east_mps[i], motion.v_north_mps[i]
        return float(np.degrees(np.arctan2(east, north)) % 360.0)

    def speed(i: int) -> float:
        return float(np.hypot(motion.v_east_mps[i], motion.v_north_mps[i]))

    def named(i: int) -> str:
        k = int(np.argmax(motion.style[i]))
        return f"{STYLES[k].replace('_', ' ')} {motion.style[i, k]:.2f}"

    if motion.known[a] and motion.known[b]:
        turn = (course(b) - course(a) + 180.0) % 360.0 - 180.0
        side = "right" if turn > 0 else "left"
        way = f"{abs(turn):.0f} degrees to the {side}, now {course(b):03.0f} degrees"
        pace = f"{speed(a):.0f} m/s, now {speed(b):.0f} m/s"
    else:
        way = pace = "not known at one of the two"
    nearer = (dist_m[a] - dist_m[b]) / 1e3
    return {
        "place": f"{abs(nearer):.1f} km {'nearer' if nearer >= 0 else 'farther'}, now "
        f"{dist_m[b] / 1e3:.1f} km from the border",
        "course": way,
        "speed": pace,
        "class": f"was {named(a)}, is {named(b)}",
        "age and errors": f"last seen {motion.age_s[a]:.0f} s before, now "
        f"{motion.age_s[b]:.0f} s; place to {motion.sigma_pos_m[b]:.0f} m",
        "existence": f"{motion.p_exist[a]:.2f}, now {motion.p_exist[b]:.2f}",
        "past": "how it has flown until here",
    }


def what_moved(
    tracks: Any,
    guard: str | Border,
    track_id: int,
    *,
    at_s: float | None = None,
    horizon_s: float = 600.0,
    model: str = "best",
    base_rate: float | None = None,
    parameters: Parameters | None = None,
) -> Moved:
    """Why the belief about a track differs from that of the row before.

    tracks     as for `forecast`; the track needs two rows outside the guard
    at_s       the present; by default the track's last row
    Raises `InputError` for an unknown track or one with a single row.
    """
    given = as_tracks(tracks)
    check(given)
    par = parameters or shipped()
    border = border_of(guard) if isinstance(guard, str) else guard
    mine = given.take(np.flatnonzero(given.track_id == track_id))
    if at_s is not None:
        mine = mine.take(np.flatnonzero(mine.t_s <= at_s))
    mine = mine.take(np.argsort(mine.t_s, kind="stable"))
    outside = np.flatnonzero(~border.inside(mine.lat_deg, mine.lon_deg))
    if len(outside) < 2:
        raise InputError(
            f"Track {track_id} has {len(outside)} rows outside {border.iso}"
            f"{'' if at_s is None else ' by then'}; two are needed to tell what moved "
            "its belief."
        )
    a, b = int(outside[-2]), int(outside[-1])
    motion = motion_of(mine, par)
    orders = (PARTS, PARTS[::-1])
    rows = []
    for order in orders:
        for n in range(len(PARTS) + 1):
            rows.append(_row(mine, motion, a, b, frozenset(order[:n])))
    names = [f.name for f in dataclasses.fields(Motion)]
    table = Tracks.concat([r[0] for r in rows])
    of = np.array([r[2] for r in rows])
    (name,) = fc.names_of(model, border.iso)
    met = exposed = None
    if fc.memory_s(name, border.iso) > 0.0:
        met = exposure(mine, motion, border, par)
        exposed = met[of]
    task = fc.Task(
        border, border.field(), table,
        Motion(**{n: np.concatenate([getattr(r[1], n) for r in rows]) for n in names}),
        border.distance_m(table.lat_deg, table.lon_deg), np.array([float(horizon_s)]),
        fc.odds_of(base_rate, border.iso, par), par,
        trace_of(mine).take(of), fc.base_of(base_rate, border.iso),
        exposed,
    )  # fmt: skip
    p = fc.MODELS[name](task).out[:, 0, 0].reshape(2, -1)
    step = np.diff(p, axis=1)
    moved = 0.5 * (step[0] + step[1, ::-1])
    dist = border.distance_m(mine.lat_deg, mine.lon_deg)
    words = _words(mine, motion, dist, a, b)
    if met is not None and met[b] >= 0.05:
        words["past"] += f"; it stayed out where {met[b]:.2g} entries were due"
    shares = tuple(
        Share(part, float(moved[k]), words[part])
        for k, part in enumerate(PARTS)
        if part != "past" or abs(moved[k]) > 0.0
    )
    return Moved(
        track_id, border.iso, float(horizon_s), float(mine.t_s[a]), float(mine.t_s[b]),
        float(p[0, 0]), float(p[0, -1]), shares,
    )  # fmt: skip
