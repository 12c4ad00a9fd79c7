"""Which night it is, and which alternatives meet it.

A night is its seed and its environment: they fix the flights, the noise and the people.
Alternatives that meet the same one are played together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

__all__ = ["Met", "night_seed"]


@dataclass(frozen=True)
class Met:
    """One night, and who meets it: (number of the alternative, policy values)."""

    seed: int
    environment: dict[str, Any]
    who: tuple[tuple[int, dict[str, Any]], ...]


def night_seed(seed: int, night: int, luck: str = "") -> int:
    """The seed of one night: `forefield run` with it meets the same night.

    luck  names another luck of the same night of a design

    >>> night_seed(1, 0) != night_seed(1, 1) != night_seed(1, 1, "B")
    True
    """
    text = f"study {seed} night {night}{luck and ' luck ' + luck}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big") >> 1
