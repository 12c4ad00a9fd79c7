"""Chance that shots succeed when their luck is shared.

One night's weather, jamming, a wrong picture or tired crews strike all shots of a kind.
With z a standard normal of the night, a single shot hits with chance

    logistic(a + sigma z),  a such that its mean over nights is the published p,

and n shots, one after another, succeed with the mean of 1 - (1 - that)^n. This is less
than 1 - (1 - p)^n: the second shot tells less than one would hope. The mean over nights
is a Gauss-Hermite sum; a simulation draws z by `night_luck` instead.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from forefield.chance import Stream
from forefield.world.facts import table

__all__ = ["MAX_SHOTS", "hits", "night_luck", "shared_success", "sigma_three"]

Floats = NDArray[np.float64]

#: At most this many shots at one object are counted.
MAX_SHOTS = 4
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def sigma_three() -> tuple[float, float, float]:
    """Low, middle and high spread of the logit over nights (data/effectors.toml)."""
    low, high = table("effectors")["common_cause"]["logit_sigma"]
    return float(low), float(np.sqrt(low * high)), float(high)


def _logistic(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def intercept(p: Floats, sigma: Floats) -> Floats:
    """(N,) a with mean over nights of logistic(a + sigma z) equal to p, 0 < p < 1."""
    low, high = np.full(p.shape, -40.0), np.full(p.shape, 40.0)
    for _ in range(60):
        a = 0.5 * (low + high)
        mean = _logistic(a[:, None] + sigma[:, None] * _NODES) @ _WEIGHTS
        low, high = np.where(mean < p, a, low), np.where(mean < p, high, a)
    return np.asarray(0.5 * (low + high))


def shared_success(p: Floats, sigma: Floats, shots: int = MAX_SHOTS) -> Floats:
    """(N, shots) chance that at least one of 1, 2, … shots hits.

    p      (N,) chance of one shot over nights;  sigma (N,) spread of its logit

    >>> shared_success(np.array([0.5]), np.array([0.0]), 2).round(3)
    array([[0.5 , 0.75]])
    """
    p, sigma = np.asarray(p, dtype=np.float64), np.asarray(sigma, dtype=np.float64)
    out = np.repeat(p[:, None], shots, axis=1)
    some = (p > 0.0) & (p < 1.0)
    if some.any():
        a = intercept(p[some], sigma[some])
        night = 1.0 - _logistic(a[:, None] + sigma[some][:, None] * _NODES)
        for n in range(2, shots + 1):
            out[some, n - 1] = 1.0 - (night**n) @ _WEIGHTS
    return out


def night_luck(stream: Stream, kind: int) -> float:
    """The night's standard normal of one kind of effector, for all its shots."""
    return float(stream["night luck"].normal(kind))


def hits(
    stream: Stream, p: float, sigma: float, kind: int, object_id: Floats, shot: Floats
) -> NDArray[np.bool_]:
    """Whether shots hit: keyed by object, kind and shot, under one night's luck."""
    if p <= 0.0 or p >= 1.0:
        return np.full(np.broadcast(object_id, shot).shape, p >= 1.0)
    a = _offset(p, sigma)
    q = float(_logistic(np.array(a + sigma * night_luck(stream, kind))))
    return np.asarray(stream["hit"].uniform(object_id, kind, shot) < q)


@cache
def _offset(p: float, sigma: float) -> float:
    return float(intercept(np.array([p]), np.array([sigma]))[0])
