"""Counter-based random numbers: Philox-4x32-10 (Salmon et al., SC 2011).

A draw is a pure function of a 64-bit key and four 32-bit counters, so it can be
keyed by identity (object, sensor, scan, …) and neither the order of the calls
nor the number of workers can change a digit. Tested against the known answers
of the authors' Random123 library.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["normal_1", "philox_1", "uniform_1", "uniforms_of"]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_2_53 = 1.0 / 9007199254740992.0


@njit(cache=True)
def philox_1(key, c0, c1, c2, c3):
    """Four 32-bit words (as uint64) of one counter under one 64-bit key."""
    k0 = np.uint64(key) & _MASK
    k1 = np.uint64(key) >> _SHIFT
    a, b = np.uint64(c0) & _MASK, np.uint64(c1) & _MASK
    c, d = np.uint64(c2) & _MASK, np.uint64(c3) & _MASK
    for _ in range(10):
        p0, p1 = _M0 * a, _M1 * c
        a, b, c, d = (
            (p1 >> _SHIFT) ^ b ^ k0,
            p1 & _MASK,
            (p0 >> _SHIFT) ^ d ^ k1,
            p0 & _MASK,
        )
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return a, b, c, d


@njit(cache=True)
def uniform_1(key, c0, c1, c2, c3):
    """Two independent uniforms in (0, 1), 53 bits each."""
    a, b, c, d = philox_1(key, c0, c1, c2, c3)
    u = ((a << np.uint64(21)) ^ (b >> np.uint64(11))) & np.uint64(0x1FFFFFFFFFFFFF)
    v = ((c << np.uint64(21)) ^ (d >> np.uint64(11))) & np.uint64(0x1FFFFFFFFFFFFF)
    return (float(u) + 0.5) * _2_53, (float(v) + 0.5) * _2_53


@njit(cache=True)
def normal_1(key, c0, c1, c2, c3):
    """Two independent standard normals (Box and Muller)."""
    u, v = uniform_1(key, c0, c1, c2, c3)
    r = math.sqrt(-2.0 * math.log(u))
    return r * math.cos(2.0 * math.pi * v), r * math.sin(2.0 * math.pi * v)


@njit(cache=True)
def uniforms_of(key, c0, c1, c2, c3, out):
    """Fill `out` (N, 2) with the uniforms of N counters (four uint32 arrays)."""
    for i in range(len(out)):
        out[i, 0], out[i, 1] = uniform_1(key, c0[i], c1[i], c2[i], c3[i])
