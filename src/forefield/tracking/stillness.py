"""Is it something that moves, or ground that a radar sees as an object?

Through a duct radars see ground far beyond their horizon, several of them the same
ground; wind turbines flicker. Such echoes come again and again at one place, and a
tracker rightly says that something is there. What it is asked is whether an *object*
is. Everything that flies moves, so a track that after minutes is where it began is
ground with growing certainty, however many radars confirm it: in August 2024 three
of them confirmed an object that never was.

For each of three measures of a track's speed (its velocity, the way made in the last
minute or two, the way made since it settled where it is) the density of what was seen
is compared between a fixed echo and the classes of things that fly. What share of all
tracks is ground is learnt from the picture as it goes, from a weak assumption.
"""

from __future__ import annotations

import numpy as np

from forefield.columns import Floats
from forefield.tracking import classes as _classes

__all__ = ["log_ratio", "p_still", "share"]

#: Echoes of one place wander by this much [m] (assumption).
WANDER_M = 300.0
#: Tracks of ground expected among so many, before anything was seen (assumption).
PRIOR_STILL, PRIOR_TRACKS = 1.0, 8.0
#: No one measure says more than this, either way: a track may hop between echoes.
_LEAST, _MOST = -4.5, 6.0
#: A track that leaves its place by so many spreads has a new place.
SETTLED = 4.0


def log_ratio(speed_mps: Floats, sigma_mps: Floats, p_class: Floats) -> Floats:
    """(N,) log of how much likelier a speed is of a fixed echo than of a flight.

    speed_mps  (N,) seen; NaN: not known, which says nothing (0)
    sigma_mps  (N,) spread of each of its two components, were it fixed
    p_class    (N, 11) what it may be, if it flies
    """
    out = np.zeros(len(speed_mps))
    _classes.still_ratios(speed_mps, sigma_mps, p_class, _LEAST, _MOST, out)
    return out


def p_still(ratio: Floats, prior: float) -> Floats:
    """(N,) probability of a fixed echo from the sum of its log ratios."""
    odds = np.log(prior / (1.0 - prior)) + ratio
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -60.0, 60.0))))


def share(still: Floats) -> float:
    """Share of tracks that are ground, from the (N,) probabilities of a picture."""
    total = PRIOR_STILL + float(still.sum())
    return float(np.clip(total / (PRIOR_TRACKS + len(still)), 0.02, 0.98))
