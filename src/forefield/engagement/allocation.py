"""Which effector for which track, in a study: greedy, within what each can still do.

Used to ask how many objects a laydown could see to at once, never to direct one: the
options list every pair, and people decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forefield.errors import InputError

__all__ = ["greedy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def greedy(gain: Floats, capacity: Ints, per_track: int = 1) -> NDArray[np.bool_]:
    """(N, E) who sees to what: the greatest gain first, while both have room.

    gain       (N, E) worth of a pair; 0 or NaN where there is none. The worth of a
               second effector on a track counts what the first left: with shares p of
               success as gains, 1 - (1 - p1)(1 - p2)
    capacity   (E,) tracks each effector can still see to
    per_track  effectors a track may have

    With one effector a track this is at least half of the best there is; with more,
    the gains are submodular and the same holds (Fisher, Nemhauser and Wolsey 1978).
    Ties go to the earlier track, then the earlier effector.
    """
    left = np.asarray(capacity, dtype=np.int64).copy()
    worth = np.nan_to_num(np.asarray(gain, dtype=np.float64), nan=0.0).copy()
    n, e = worth.shape
    if left.shape != (e,) or (left < 0).any():
        raise InputError(f"{e} effectors need {e} capacities from 0 up.")
    if (worth < 0.0).any():
        raise InputError("A gain is not negative; leave such pairs at 0.")
    if per_track > 1 and (worth > 1.0).any():
        raise InputError("With several effectors a track gains are chances, up to 1.")
    room = np.full(n, per_track)
    survive = np.ones(n)
    out = np.zeros((n, e), dtype=np.bool_)
    now = worth.copy()
    now[:, left == 0] = 0.0
    while True:
        k = int(np.argmax(now)) if now.size else 0
        if not now.size or now.flat[k] <= 0.0:
            return out
        i, j = divmod(k, e)
        out[i, j] = True
        left[j] -= 1
        room[i] -= 1
        survive[i] *= 1.0 - min(worth[i, j], 1.0)
        now[i] = np.where(out[i] | (left == 0), 0.0, worth[i] * survive[i])
        if room[i] == 0:
            now[i] = 0.0
        if left[j] == 0:
            now[:, j] = 0.0
