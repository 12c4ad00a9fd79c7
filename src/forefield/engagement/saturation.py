"""Saturation: how many get through a layered defence that can only do so much at once.

A layer of c channels, each taken for a mean time by one object, turns away whoever
finds all of them busy: a loss system. For random (Poisson) arrivals the share turned
away is Erlang's B, whatever the distribution of the engagement's length, and the
simulator agrees with it there. Raids do not come at random, hits share their luck and
magazines run out: that is what the simulator is for. It describes a defence; it does
not search for, or rank, ways to get past one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.engagement.success import intercept
from forefield.errors import InputError
from forefield.kernels.loss import through_layers

__all__ = ["Layer", "Passed", "erlang_b", "fly_through", "layer_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NO_END = 2**40


@dataclass(frozen=True)
class Layer:
    """One layer of a defence.

    channels   objects that can be engaged at once
    service_s  mean time one engagement takes a channel
    spread     0: always that long; 1: exponential; between: a constant part and a rest
    p_hit      chance of one engagement over nights
    sigma      spread of its logit from night to night; 0: shots are independent
    magazine   engagements until it is empty; None: without end
    gap_s      flight time to the next layer
    """

    channels: int
    service_s: float
    p_hit: float
    spread: float = 1.0
    sigma: float = 0.0
    magazine: int | None = None
    gap_s: float = 0.0

    def __post_init__(self) -> None:
        if self.channels < 0 or not self.service_s > 0.0:
            raise InputError("A layer has channels from 0 up and a time above 0.")
        if not (0.0 <= self.p_hit <= 1.0 and 0.0 <= self.spread <= 1.0):
            raise InputError("A layer's chance and spread lie between 0 and 1.")


@dataclass(frozen=True)
class Passed:
    """What became of the objects of M nights, by layer.

    through (M,) that came through all;  met, blocked (M, L)
    """

    through: Ints
    met: Ints
    blocked: Ints

    @property
    def blocked_share(self) -> Floats:
        """(L,) share of objects that found a layer full or empty."""
        return np.asarray(
            self.blocked.sum(axis=0) / np.maximum(self.met.sum(axis=0), 1)
        )


def erlang_b(channels: int, load: float) -> float:
    """Share turned away by c channels under an offered load, in erlangs.

    load  arrivals per second x mean service time

    >>> round(erlang_b(1, 1.0), 3), round(erlang_b(10, 5.0), 4)
    (0.5, 0.0184)
    """
    b = 1.0
    for k in range(1, channels + 1):
        b = load * b / (k + load * b)
    return b


def fly_through(
    layers: Sequence[Layer], arrive_s: Sequence[Floats], stream: Stream
) -> Passed:
    """Nights of objects through the layers, by chance.

    arrive_s  for each night the times at the first layer [s]

    Draws are keyed by night, layer and object: one more channel meets the same luck.
    """
    n_nights, n_layers = len(arrive_s), len(layers)
    through = np.zeros(n_nights, dtype=np.int64)
    met = np.zeros((n_nights, n_layers), dtype=np.int64)
    blocked = np.zeros_like(met)
    p = np.array([x.p_hit for x in layers])
    sigma = np.array([x.sigma for x in layers])
    sigma[(p <= 0.0) | (p >= 1.0)] = 0.0
    inner = np.clip(p, 1e-9, 1.0 - 1e-9)
    offset = intercept(inner, sigma) if n_layers else np.zeros(0)
    columns = (
        np.array([x.channels for x in layers], dtype=np.int64),
        np.array([x.service_s for x in layers]),
        np.array([x.spread for x in layers]),
        p,
        offset,
        sigma,
        np.array(
            [_NO_END if x.magazine is None else x.magazine for x in layers], np.int64
        ),
        np.array([x.gap_s for x in layers]),
    )
    key = stream["saturation"].key
    for m, times in enumerate(arrive_s):
        arrive = np.sort(np.asarray(times, dtype=np.float64))
        fate = np.empty(len(arrive), dtype=np.int64)
        through_layers(arrive, key, m, *columns, fate, met[m], blocked[m])
        through[m] = int((fate == n_layers).sum())
    return Passed(through, met, blocked)


def layer_of(
    reach_m: float, speed_mps: float, reaction_s: float, look_s: float,
    object_mps: float, **more: float | int | None,
) -> Layer:  # fmt: skip
    """A layer whose engagement lasts reaction, half the reach's way out, and the look.

    gap_s is how long the object needs through the reach. channels and p_hit are given
    in `more`, as are other fields of `Layer`.
    """
    service = reaction_s + 0.5 * reach_m / speed_mps + look_s
    gap = 2.0 * reach_m / object_mps
    return Layer(service_s=service, gap_s=gap, **more)  # type: ignore[arg-type]
