"""Chance is an argument: streams fixed by what they are for.

    night = Stream(7, "night", 12)
    night["detection"].uniform(object_id, sensor_id, scan)   # keyed, order-free
    night["route", object_id].generator().normal(size=3)     # a NumPy Generator

A stream's key is a hash of its seed and its path, so that adding a part disturbs
no other part, and two mandates compared under one seed meet the same night.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stream"]


class Stream:
    """A random stream named by a seed and a path of words and numbers."""

    __slots__ = ("_key", "path", "seed")

    def __init__(self, seed: int, *path: str | int) -> None:
        self.seed = int(seed)
        self.path = tuple(path)
        text = repr((self.seed, self.path)).encode()
        self._key = int.from_bytes(
            hashlib.blake2b(text, digest_size=16).digest(), "big"
        )

    def __getitem__(self, part: Any) -> Stream:
        more = part if isinstance(part, tuple) else (part,)
        return Stream(self.seed, *self.path, *more)

    def __repr__(self) -> str:
        return f"Stream({', '.join(map(repr, (self.seed, *self.path)))})"

    @property
    def key(self) -> np.uint64:
        """The 64-bit key for `kernels.philox`."""
        return np.uint64(self._key & 0xFFFFFFFFFFFFFFFF)

    def generator(self) -> np.random.Generator:
        """A NumPy generator for this stream: equal paths give equal draws."""
        return np.random.Generator(np.random.Philox(key=self._key))

    def _uniforms(self, ids: tuple[Any, ...], lane: int) -> NDArray[np.float64]:
        from forefield.kernels.philox import uniforms_of

        if not 1 <= len(ids) <= 3:
            raise TypeError("A draw is keyed by one to three identities.")
        arrays = np.broadcast_arrays(*[np.asarray(i) for i in ids])
        shape = arrays[0].shape
        words = [np.ascontiguousarray(a, dtype=np.uint64).ravel() for a in arrays]
        n = len(words[0])
        while len(words) < 3:
            words.append(np.zeros(n, dtype=np.uint64))
        words.append(np.full(n, lane, dtype=np.uint64))
        out = np.empty((n, 2))
        c0, c1, c2, c3 = words
        uniforms_of(self.key, c0, c1, c2, c3, out)
        return out.reshape((*shape, 2))

    def uniform(self, *ids: Any, lane: int = 0) -> NDArray[np.float64]:
        """Uniform (0, 1) draws, one for each tuple of identities (broadcast).

        ids   one to three integer arrays or numbers, each below 2**32
        lane  distinguishes several draws for the same identities
        """
        return self._uniforms(ids, lane)[..., 0]

    def normal(self, *ids: Any, lane: int = 0) -> NDArray[np.float64]:
        """Standard normal draws, keyed as in `uniform`."""
        pair = self._uniforms(ids, lane)
        radius = np.sqrt(-2.0 * np.log(pair[..., 0]))
        return np.asarray(radius * np.cos(2.0 * np.pi * pair[..., 1]))
