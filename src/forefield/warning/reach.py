"""How many of the people below have the warning before the object arrives.

Two things decide it, both of them intervals and both assumed (data/delays.toml): when
a channel delivers, and which share of the people notice it when it does. Nobody is
counted as warned by a message that comes after the object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from forefield.warning.delays import CHANNELS, WHAT_IF, Delays
from forefield.world.facts import table

__all__ = ["Reached", "reached", "shares"]


@dataclass(frozen=True)
class Reached:
    """A share of people, 0 to 1: what to expect, between an unlucky and a lucky end."""

    low: float
    middle: float
    high: float


def shares() -> dict[str, tuple[float, float]]:
    """Channel -> (low, high) share of people who notice it; assumed."""
    a = table("delays")["assumed"]["share"]
    return {c: (float(a[c][0]), float(a[c][1])) for c in (*CHANNELS, *WHAT_IF)}


def reached(
    wait_s: float,
    delays: Delays,
    channels: tuple[str, ...] = CHANNELS,
    *,
    share: Mapping[str, tuple[float, float]] | None = None,
) -> Reached:
    """Share of people who have the warning `wait_s` after the limit was reached.

    wait_s  seconds from the moment the limit is reached to the arrival
    share   channel -> (low, high); default: the shipped assumptions

    Low: every delay at its slow end, low shares, and all channels find the same people.
    High: every delay quick, high shares, and each channel finds people as if the others
    were not there. Middle: decision and release at their middle, each channel
    delivering to its people evenly in the logarithm of time from quick to slow, the
    middle share, independently.

    >>> reached(60.0, Delays.shipped()).low
    0.0
    >>> reached(3600.0, Delays.shipped()) == reached(7200.0, Delays.shipped())
    True
    """
    share = share or shares()
    if not math.isfinite(wait_s):
        return Reached(math.nan, math.nan, math.nan)
    slow_s = wait_s - delays.slow("decide_s") - delays.slow("release_s")
    middle_s = wait_s - delays.middle("decide_s") - delays.middle("release_s")
    quick_s = wait_s - delays.quick("decide_s") - delays.quick("release_s")
    low, missed, missed_high = 0.0, 1.0, 1.0
    for c in channels:
        least, most = share[c]
        if slow_s >= delays.slow(f"{c}_s"):
            low = max(low, least)
        missed *= 1.0 - 0.5 * (least + most) * _delivered(middle_s, delays, c)
        if quick_s >= delays.quick(f"{c}_s"):
            missed_high *= 1.0 - most
    return Reached(low, 1.0 - missed, 1.0 - missed_high)


def _delivered(after_s: float, delays: Delays, channel: str) -> float:
    """Share of a channel's people who have it so long after its release."""
    quick, slow = delays.quick(f"{channel}_s"), delays.slow(f"{channel}_s")
    if after_s >= slow:
        return 1.0
    if after_s < max(quick, 1e-9):
        return 0.0
    low = max(quick, 1.0)
    if slow <= low or after_s <= low:
        return 0.0
    return math.log(after_s / low) / math.log(slow / low)
