"""A recording's tracks against its flights: identity, SIAP, and surveillance quality.

All measures start from a table of who was whom (`follow`): at each moment the pairs of
an object and a track that lie nearest, one to one, closer than a limit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats, Ints
from forefield.errors import InputError
from forefield.scoring.pictures import matched

__all__ = ["Followed", "Quality", "Siap", "follow", "quality", "siap", "switches"]


class Followed(NamedTuple):
    """Who was whom: rows of the truth and of the tracks, and the moment of each pair.

    t_s  (K,) time; truth, track  (K,) rows of the tables
    """

    t_s: Floats
    truth: Ints
    track: Ints


def follow(
    truth_t_s: Floats, truth_xy: Floats, track_t_s: Floats, track_xy: Floats, c: float
) -> Followed:
    """Pair objects with tracks at each moment both have, nearest first as in `gospa`.

    truth_t_s, track_t_s  (N,), (M,) times; a moment is a value found in both
    truth_xy, track_xy    (N, d), (M, d) places in one frame and unit
    c                     farther apart is no pair
    """
    t, a, b = [], [], []
    order_a = np.argsort(truth_t_s, kind="stable")
    order_b = np.argsort(track_t_s, kind="stable")
    ta, tb = truth_t_s[order_a], track_t_s[order_b]
    for now in np.intersect1d(ta, tb):
        mine = order_a[np.searchsorted(ta, now) : np.searchsorted(ta, now, "right")]
        theirs = order_b[np.searchsorted(tb, now) : np.searchsorted(tb, now, "right")]
        pairs, _ = matched(truth_xy[mine], track_xy[theirs], c)
        t.append(np.full(len(pairs), now))
        a.append(mine[pairs[:, 0]])
        b.append(theirs[pairs[:, 1]])
    none = np.zeros(0, dtype=np.int64)
    return Followed(
        np.concatenate([np.zeros(0), *t]),
        np.concatenate([none, *a]),
        np.concatenate([none, *b]),
    )


def switches(t_s: Floats, truth_id: NDArray[np.generic], track_id: Ints) -> int:
    """How often an object is followed by another track than when last followed.

    t_s, truth_id, track_id  (K,) of each pair; a gap in between does not matter
    """
    count = 0
    for name in np.unique(truth_id):
        mine = np.flatnonzero(truth_id == name)
        numbers = track_id[mine[np.argsort(t_s[mine], kind="stable")]]
        count += int((numbers[1:] != numbers[:-1]).sum())
    return count


class Siap(NamedTuple):
    """The single integrated air picture attributes.

    completeness     share of objects that have a track; target 1
    ambiguity        tracks per object that has one; target 1
    spuriousness     share of tracks that follow no object; target 0
    position_accuracy, velocity_accuracy  mean error of the tracks that follow one
    rate_of_changes  track number changes per second followed; target 0
    longest_segment  share of an object's life that its longest segment covers
    """

    completeness: float
    ambiguity: float
    spuriousness: float
    position_accuracy: float
    velocity_accuracy: float
    rate_of_changes: float
    longest_segment: float


def siap(
    truth_t_s: Floats,
    truth_id: NDArray[np.generic],
    truth_state: Floats,
    track_t_s: Floats,
    track_id: Ints,
    track_state: Floats,
    pairs: Followed,
    dimensions: int = 2,
) -> Siap:
    """SIAP attributes of a recording.

    truth_state, track_state  (N, 2 d), (M, 2 d) places, then velocities
    pairs        which row of the tracks follows which row of the truth; several tracks
                 may follow one object, and a track several objects
    dimensions   d

    Votruba et al. 2001, "Single integrated air picture (SIAP) metrics implementation",
    as in Stone Soup's `SIAPMetrics`: sums over all moments; the rate of changes counts
    the least number of tracks that cover each object; a segment is an unbroken run of
    the object's moments with one track.
    """
    d = dimensions
    a, b = pairs.truth, pairs.track
    if not np.array_equal(truth_t_s[a], track_t_s[b]):
        raise InputError("Pairs join rows of different times; use `follow`.")
    J, N = len(truth_t_s), len(track_t_s)
    JT, NA = len(np.unique(a)), len(np.unique(b))
    gap = truth_state[a] - track_state[b]
    far = float(np.linalg.norm(gap[:, :d], axis=1).sum())
    fast = float(np.linalg.norm(gap[:, d:], axis=1).sum())
    changes = followed = longest = life = 0.0
    for name in np.unique(truth_id):
        rows = np.flatnonzero(truth_id == name)
        t = np.sort(truth_t_s[rows])
        life += float(t[-1] - t[0])
        mine = np.isin(a, rows)
        when = np.searchsorted(t, truth_t_s[a[mine]])
        runs = _runs(when, track_id[b[mine]])
        if not len(runs):
            continue
        longest += float((t[runs[:, 1]] - t[runs[:, 0]]).max())
        covered = np.zeros(max(len(t) - 1, 0), dtype=np.bool_)
        for first, last in runs:
            covered[first:last] = True
        followed += float(np.diff(t)[covered].sum())
        changes += _needed(runs, len(t)) - 1
    return Siap(
        JT / J if J else 0.0,
        NA / JT if JT else 1.0,
        (N - NA) / N if N else 0.0,
        far / NA if NA else 0.0,
        fast / NA if NA else 0.0,
        changes / followed if followed else 0.0,
        longest / life if life else 0.0,
    )


def _runs(when: Ints, number: Ints) -> Ints:
    """(R, 2) first and last moment of each unbroken run of one number."""
    out = []
    for n in np.unique(number):
        k = np.unique(when[number == n])
        cut = np.flatnonzero(np.diff(k) > 1)
        first = np.concatenate([k[:1], k[cut + 1]])
        last = np.concatenate([k[cut], k[-1:]])
        out.append(np.column_stack([first, last]))
    return np.concatenate([np.zeros((0, 2), dtype=np.int64), *out])


def _needed(runs: Ints, moments: int) -> int:
    """The least number of runs that cover every moment that any run covers."""
    at = count = 0
    while at < moments:
        covers = runs[(runs[:, 0] <= at) & (runs[:, 1] >= at)]
        if len(covers):
            count += 1
            at = int(covers[:, 1].max())
        at += 1
    return count


class Quality(NamedTuple):
    """Surveillance quality as air-traffic services report it.

    completeness      share of the moments at which an object was due and had a track
    gaps, longest_gap_s  times it had none for `gap_s` or more while it was due, after
                      it first had one; the longest
    number_changes    changes of track number
    delay_s           median time from the first moment due to the first track
    along_m, across_m, up_m  RMS errors along and across the course, and of height
    speed_mps, course_deg    RMS errors of speed and course (speed above 20 m/s)
    false_track_hours        hours of tracks that follow nothing, per hour
    """

    completeness: float
    gaps: int
    longest_gap_s: float
    number_changes: int
    delay_s: float
    along_m: float
    across_m: float
    up_m: float
    speed_mps: float
    course_deg: float
    false_track_hours: float


def quality(
    truth_t_s: Floats,
    truth_id: NDArray[np.generic],
    truth_state: Floats,
    track_t_s: Floats,
    track_id: Ints,
    track_state: Floats,
    pairs: Followed,
    gap_s: float,
) -> Quality:
    """Completeness, continuity and accuracy of a recording.

    truth_state, track_state  (N, 6), (M, 6) east, north, up [m] and their rates [m/s];
                              NaN heights are left out
    truth_*  only moments at which the object was due: in cover of a working sensor
    gap_s    an object without a track for so long makes a gap

    After EUROCONTROL-SPEC-147, Specification for ATM surveillance system performance
    (probability of update, ratio of gaps, RMS errors along and across track).
    """
    a, b = pairs.truth, pairs.track
    gap = track_state[b] - truth_state[a]
    v = truth_state[a][:, 3:5]
    speed = np.maximum(np.linalg.norm(v, axis=1), 1e-9)
    ahead = v / speed[:, None]
    along = (gap[:, :2] * ahead).sum(axis=1)
    across = gap[:, 0] * ahead[:, 1] - gap[:, 1] * ahead[:, 0]
    said = np.linalg.norm(track_state[b][:, 3:5], axis=1)
    turn = np.degrees(
        np.arctan2(track_state[b][:, 3], track_state[b][:, 4])
        - np.arctan2(v[:, 0], v[:, 1])
    )
    turn = (turn + 180.0) % 360.0 - 180.0
    gaps, longest, delays = 0, 0.0, []
    followed = np.zeros(len(truth_t_s), dtype=np.bool_)
    followed[a] = True
    for name in np.unique(truth_id):
        rows = np.flatnonzero(truth_id == name)
        rows = rows[np.argsort(truth_t_s[rows], kind="stable")]
        t, held = truth_t_s[rows], followed[rows]
        if not held.any():
            continue
        first = int(held.argmax())
        delays.append(float(t[first] - t[0]))
        seen = np.append(t[held], t[-1])
        wait = np.diff(seen)
        gaps += int((wait >= gap_s).sum())
        longest = max(longest, float(wait.max(initial=0.0)))

    def rms(values: Floats) -> float:
        values = values[np.isfinite(values)]
        return float(np.sqrt((values**2).mean())) if len(values) else float("nan")

    moments = len(np.unique(track_t_s))
    nothing = np.ones(len(track_t_s), dtype=np.bool_)
    nothing[b] = False
    fast = speed > 20.0
    return Quality(
        float(followed.mean()) if len(followed) else 0.0,
        gaps,
        longest,
        switches(truth_t_s[a], truth_id[a], track_id[b]),
        float(np.median(delays)) if delays else float("nan"),
        rms(along),
        rms(across),
        rms(gap[:, 2]),
        rms(said - speed),
        rms(turn[fast]),
        float(nothing.sum()) / moments if moments else 0.0,
    )
