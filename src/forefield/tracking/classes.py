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
from forefield.kernels import track_classes as kernel
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


@cache
def _counted() -> tuple[Floats, Floats]:
    """`bands`, and (11,) how many of them each class has."""
    b = bands()
    return b, np.bincount(b[:, 0].astype(int), minlength=len(CLASSES)).astype(float)


def likelihood(
    speed_mps: Floats, sigma_speed: Floats, height_m: Floats, sigma_height: Floats
) -> Floats:
    """(N, 11) how likely each class makes a speed and a height (NaN: unknown).

    height_m  above the ellipsoid [m]
    """
    out = np.empty((len(speed_mps), len(CLASSES)))
    kernel.likelihood(
        speed_mps, sigma_speed, height_m, sigma_height, GROUND_M, SIGMA_GROUND_M,
        *_counted(), out,
    )  # fmt: skip
    return out


def still_ratios(
    speed_mps: Floats, sigma_mps: Floats, p_class: Floats, least: float, most: float,
    total: Floats,
) -> None:  # fmt: skip
    """Add to total (N,) how much likelier a speed is of ground (`stillness`)."""
    work = np.empty(len(CLASSES))
    kernel.log_ratios(
        speed_mps, sigma_mps, p_class, *_counted(), least, most, work, total
    )


@cache
def prior() -> Floats:
    """(11,) probabilities before any evidence: one array for all, read only."""
    p = np.array([PRIOR[name] for name in CLASSES])
    p /= p.sum()
    p.setflags(write=False)
    return p


def revise(
    p_class: Floats, like: Floats, gap_s: Floats, cooperative: NDArray[np.bool_]
) -> Floats:
    """(N, 11) class probabilities after new evidence.

    p_class      (N, 11) before
    like         (N, 11) from `likelihood`
    gap_s        (N,) seconds since evidence was last weighed; inf at the first time
    cooperative  (N,) it answers by an address and is consistent with itself
    """
    out = np.empty_like(like)
    kernel.revise(
        p_class, like, gap_s, cooperative, prior(), _factors(),
        CLASSES.index("unknown"), LEAST_UNKNOWN, FORGET_S, out,
    )  # fmt: skip
    return out


@cache
def _factors() -> Floats:
    """(11,) how much likelier an answer by address is from each class."""
    return np.array([COOPERATIVE.get(name, 1.0) for name in CLASSES])
