"""The wind that pieces fall through: the user's, or a stated climatology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forefield.errors import InputError
from forefield.world.facts import table

__all__ = ["Wind", "climatology", "parse"]

Levels = tuple[float, ...]


@dataclass(frozen=True)
class Wind:
    """A wind profile: at each height its mean, to the east and north, and its spread.

    height_m   rising; linear between them, constant beyond
    east_mps, north_mps   where the air goes to, not where it comes from
    sigma_mps  spread of each component
    """

    height_m: Levels
    east_mps: Levels
    north_mps: Levels
    sigma_mps: Levels
    note: str = ""


def climatology() -> Wind:
    """The shipped climatology (data/debris.toml): westerlies, and wide."""
    w = table("debris")["wind"]
    height, east, north, sigma = (
        tuple(float(x) for x in w[k])
        for k in ("height_m", "east_mps", "north_mps", "sigma_mps")
    )
    return Wind(height, east, north, sigma, w["basis"])


def parse(rows: Sequence[Mapping[str, Any]], where: str) -> Wind:
    """A wind from rows of height_m, from_deg, speed_mps and, if known, sigma_mps.

    from_deg  where it comes from, clockwise from north, as wind is told

    Raises `InputError` for what is no wind profile.
    """
    if not rows:
        raise InputError(f"{where}: a wind needs at least one row of height and speed.")
    out = []
    for n, row in enumerate(rows, start=1):
        unknown = set(row) - {"height_m", "from_deg", "speed_mps", "sigma_mps"}
        if unknown:
            raise InputError(
                f"{where}: wind row {n} has an unknown key {sorted(unknown)[0]!r}; "
                "known: height_m, from_deg, speed_mps, sigma_mps."
            )
        try:
            h, a, v = (float(row[k]) for k in ("height_m", "from_deg", "speed_mps"))
            sd = float(row.get("sigma_mps", 0.2 * v + 1.0))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{where}: wind row {n} needs height_m, from_deg and speed_mps."
            ) from None
        if not (h >= 0.0 and 0.0 <= v <= 150.0 and 0.0 <= sd <= 100.0):
            raise InputError(
                f"{where}: wind row {n}: {v:g} m/s at {h:g} m is no wind; heights from "
                "0 up, speeds to 150."
            )
        to = np.radians(a + 180.0)
        out.append((h, v * float(np.sin(to)), v * float(np.cos(to)), sd))
    heights = [r[0] for r in out]
    if heights != sorted(set(heights)):
        raise InputError(f"{where}: wind heights must rise from row to row.")
    height, east, north, sigma = zip(*out, strict=True)
    return Wind(height, east, north, sigma, "as given")
