"""What a track may be, from how it moves and what it says of itself.

Each class of `tracks` is a mixture of the object classes that belong to it. An object
class gives a band of speed and a band of height (facts/object_classes.toml, sources
there); a speed is likely under a class if a speed drawn from its band, seen with the
track's uncertainty, would look like it. Bands of classes that the facts leave open
are assumptions and stand here in `ASSUMED`.

A flight's speed is one draw from its class's band however often it is measured, so
evidence does not pile up: what is kept is a running geometric mean of the likelihoods
with the weight of one look, in which old looks fade because objects change what they
do. "unknown" never falls
below `LEAST_UNKNOWN`: several real cases stayed unidentified for ever.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from forefield.columns import Floats
from forefield.sensing.classes import column_of
from forefield.tracking.tracks import CLASSES

__all__ = ["ASSUMED", "LEAST_UNKNOWN", "PRIOR", "bands", "likelihood", "revise"]

#: Bands that no source gives: class: (speed from, to [m/s], height from, to [m]).
#: Assumptions, wide on purpose.
ASSUMED: dict[str, tuple[float, float, float, float]] = {
    "aircraft": (50.0, 600.0, 100.0, 16_000.0),
    "interceptor": (250.0, 1_500.0, 0.0, 25_000.0),
    "civil": (60.0, 290.0, 500.0, 13_000.0),
    "balloon": (0.0, 30.0, 0.0, 15_000.0),
    "bird": (5.0, 25.0, 0.0, 1_500.0),
    "unknown": (0.0, 4_000.0, 0.0, 40_000.0),
}

#: Before any evidence, on a night of an attack near a closed airspace: assumptions.
#: Slow things are common: in simulated nights of the default laydown a quarter of what
#: is held to exist drifts (bench/false_tracks.py).
PRIOR: dict[str, float] = {
    "cruise": 0.11,
    "ballistic": 0.02,
    "drone": 0.22,
    "jet_drone": 0.04,
    "decoy": 0.13,
    "aircraft": 0.06,
    "interceptor": 0.02,
    "civil": 0.08,
    "balloon": 0.12,
    "bird": 0.14,
    "unknown": 0.06,
}

LEAST_UNKNOWN = 0.05
#: Looks fade from the running mean with this time constant (assumption).
FORGET_S = 300.0
#: How much likelier an address or transponder code is from these (assumptions).
COOPERATIVE = {"civil": 60.0, "aircraft": 8.0, "unknown": 1.0}
#: Heights of the facts are above ground; ours above the ellipsoid (assumption).
GROUND_M, SIGMA_GROUND_M = 230.0, 150.0


@cache
def bands() -> NDArray[np.float64]:
    """(K, 5) object classes: class number, speed from, to, height from, to."""
    from forefield.world.facts import table

    rows: list[tuple[float, ...]] = []
    for name, fact in table("object_classes")["class"].items():
        column = column_of(name)
        if column == "unknown" or "cruise_speed_mps_min" not in fact:
            continue
        rows.append(
            (
                CLASSES.index(column),
                float(fact["cruise_speed_mps_min"]),
                float(fact["cruise_speed_mps_max"]),
                float(fact["altitude_m_min"]),
                float(fact["altitude_m_max"]),
            )
        )
    rows += [(CLASSES.index(name), *band) for name, band in ASSUMED.items()]
    return np.array(rows)


def _within(value: Floats, sigma: Floats, low: Floats, high: Floats) -> Floats:
    """Density of a measured value if the true one is uniform in a band. (N, K)"""
    from scipy.special import ndtr

    s = np.sqrt(sigma[:, None] ** 2 + (0.08 * (high - low))[None] ** 2)
    inside = ndtr((high[None] - value[:, None]) / s)
    inside -= ndtr((low[None] - value[:, None]) / s)
    return np.asarray(inside / (high - low)[None])


def likelihood(
    speed_mps: Floats, sigma_speed: Floats, height_m: Floats, sigma_height: Floats
) -> Floats:
    """(N, 11) how likely each class makes a speed and a height (NaN: unknown).

    height_m  above the ellipsoid [m]
    """
    b = bands()
    joint = _within(speed_mps, sigma_speed, b[:, 1], b[:, 2])
    known = np.isfinite(height_m)
    if known.any():
        above = np.where(known, height_m - GROUND_M, 0.0)
        spread = np.hypot(np.where(known, sigma_height, 0.0), SIGMA_GROUND_M)
        by_height = _within(above, spread, b[:, 3], b[:, 4])
        joint = joint * np.where(known[:, None], by_height * 1000.0, 1.0)
    out = np.zeros((len(speed_mps), len(CLASSES)))
    for c in range(len(CLASSES)):
        mine = b[:, 0] == c
        out[:, c] = joint[:, mine].mean(axis=1)
    return out


def prior() -> Floats:
    """(11,) probabilities before any evidence."""
    p = np.array([PRIOR[name] for name in CLASSES])
    return np.asarray(p / p.sum())


def revise(
    p_class: Floats, like: Floats, gap_s: Floats, cooperative: NDArray[np.bool_]
) -> Floats:
    """(N, 11) class probabilities after new evidence.

    p_class      (N, 11) before
    like         (N, 11) from `likelihood`
    gap_s        (N,) seconds since evidence was last weighed; inf at the first time
    cooperative  (N,) it answers by an address and is consistent with itself
    """
    start = prior()
    floor = 1e-12
    like = like / np.maximum(like.max(axis=1, keepdims=True), 1e-300)
    keep = np.exp(-gap_s / FORGET_S)[:, None]
    weight = 1.0 - keep
    for name, factor in COOPERATIVE.items():
        column = CLASSES.index(name)
        like[:, column] = np.where(
            cooperative, like[:, column] * factor, like[:, column]
        )
    logs = (
        keep * np.log(np.maximum(p_class, floor))
        + (1.0 - keep) * np.log(start)
        + weight * np.log(np.maximum(like, floor))
    )
    logs -= logs.max(axis=1, keepdims=True)
    p = np.exp(logs)
    p /= p.sum(axis=1, keepdims=True)
    # The floor: the others shrink together, whatever they are.
    u = CLASSES.index("unknown")
    short = p[:, u] < LEAST_UNKNOWN
    rest = 1.0 - p[:, u]
    scale = np.where(short, (1.0 - LEAST_UNKNOWN) / np.maximum(rest, floor), 1.0)
    p *= scale[:, None]
    p[short, u] = LEAST_UNKNOWN
    return np.asarray(p / p.sum(axis=1, keepdims=True))
