"""A layered defence as a loss system, event by event.

Objects come to a layer; each takes one of its channels for the time of an engagement
and is brought down with some chance; who finds all channels busy, or the magazine
empty, or survives, flies on to the next layer after the time between them.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from forefield.kernels.philox import normal_1, uniform_1

__all__ = ["through_layers"]


@njit(cache=True)
def through_layers(
    arrive, key, night, channels, service, spread, p_hit, offset, sigma, magazine, gap,
    fate, met, blocked,
):  # fmt: skip
    """One night of N objects through L layers.

    arrive    (N,) times at the first layer [s], rising
    channels  (L,) objects a layer can be engaged with at once; magazine (L,) rounds
    service   (L,) mean time a channel is taken [s];  spread (L,) 0: always that long;
              1: exponential
    p_hit     (L,) chance of one engagement; where sigma (L,) > 0 it is
              logistic(offset + sigma z), z one standard normal a night and layer
    gap       (L,) time from this layer to the next [s]
    fate      (N,) out: the layer that brought it down, or L
    met, blocked  (L,) out: objects that came to a layer, and found it full or empty
    """
    n, layers = len(arrive), len(channels)
    t = arrive.copy()
    alive = np.ones(n, dtype=np.bool_)
    for i in range(n):
        fate[i] = layers
    for k in range(layers):
        met[k], blocked[k] = 0, 0
        free = np.zeros(channels[k])
        rounds = magazine[k]
        p = p_hit[k]
        if sigma[k] > 0.0:
            z = normal_1(
                key, np.uint64(night), np.uint64(k), np.uint64(0), np.uint64(1)
            )[0]
            p = 1.0 / (1.0 + math.exp(-(offset[k] + sigma[k] * z)))
        order = np.argsort(t)
        for at in range(n):
            i = order[at]
            if not alive[i]:
                continue
            met[k] += 1
            first = 0
            for c in range(1, channels[k]):
                if free[c] < free[first]:
                    first = c
            if channels[k] == 0 or free[first] > t[i] or rounds <= 0:
                blocked[k] += 1
                t[i] += gap[k]
                continue
            u, v = uniform_1(
                key, np.uint64(night), np.uint64(k), np.uint64(i), np.uint64(0)
            )
            hold = service[k]
            if spread[k] > 0.0:
                hold *= 1.0 - spread[k] - spread[k] * math.log(v)
            free[first] = t[i] + hold
            rounds -= 1
            if u < p:
                alive[i] = False
                fate[i] = k
            t[i] += gap[k]
