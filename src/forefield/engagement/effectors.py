"""Abstract effectors: published reach, height, speed and hits, as intervals.

Two kinds, no guidance, no interface to anything. Where reports disagree, and they do
up to eightfold, the interval is carried to the end. The shipped ones stand at round
coordinates that are no real sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forefield.errors import InputError, nearest
from forefield.world.facts import table

__all__ = ["Band", "Effector", "default", "named"]

#: Readiness levels; only the first can act.
READINESS = ("ready", "standby", "down")


@dataclass(frozen=True)
class Band:
    """An interval of published or assumed figures; `mid` is its geometric middle."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.high:
            raise InputError(f"An interval from {self.low} to {self.high} is none.")

    @property
    def mid(self) -> float:
        """sqrt(low x high) above 0: ranges differ by factors, not by sums."""
        return float((self.low * self.high) ** 0.5) if self.low > 0.0 else self.high / 2


@dataclass(frozen=True)
class Effector:
    """One abstract effector.

    fires_from  ISO code of the country it fires from; "" to take it from the borders
    reach_m     greatest distance from its place to the intercept
    p_hit       (class column, interval) pairs; "other" for the rest
    """

    id: str
    kind: str
    owner: str
    lat_deg: float
    lon_deg: float
    reach_m: Band
    height_m: Band
    speed_mps: Band
    reaction_s: Band
    p_hit: tuple[tuple[str, Band], ...]
    magazine: int = 1
    readiness: str = "ready"
    fires_from: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()

    def hit(self, klass: str) -> Band:
        """The interval of its hit probability against a class column of `tracks`."""
        bands = dict(self.p_hit)
        return bands.get(klass, bands["other"])


def _one(row: dict[str, Any], kinds: dict[str, Any]) -> Effector:
    kind = kinds[row["kind"]]
    hits = kind["p_hit"]
    return Effector(
        id=row["id"],
        kind=row["kind"],
        owner=row["owner"],
        lat_deg=float(row["lat_deg"]),
        lon_deg=float(row["lon_deg"]),
        reach_m=Band(*kind["reach_m"]),
        height_m=Band(*kind["height_m"]),
        speed_mps=Band(*kind["speed_mps"]),
        reaction_s=Band(*kind["reaction_s"]),
        p_hit=tuple((k, Band(*v)) for k, v in hits.items() if isinstance(v[0], float)),
        magazine=int(row.get("magazine", kind["magazine"])),
        readiness=row["readiness"],
        fires_from=row["owner"],
        note=row["note"],
        sources=(*kind["sources"], *hits["sources"]),
    )


def _shipped() -> list[tuple[str, Effector]]:
    data = table("effectors")
    return [(row["guard"], _one(row, data["kind"])) for row in data["effector"]]


def default(guard: str) -> tuple[Effector, ...]:
    """The shipped, illustrative effectors of a guarded country; none for others.

    >>> [e.id for e in default("PL")]
    ['pl-ground-1', 'pl-patrol-1']
    """
    return tuple(e for iso, e in _shipped() if iso == guard)


def named(ids: Sequence[str]) -> tuple[Effector, ...]:
    """Shipped effectors by id; InputError with the nearest for an unknown one."""
    known = {e.id: e for _, e in _shipped()}
    for name in ids:
        if name not in known:
            close = nearest(name, known)
            hint = (
                f"did you mean {close!r}?" if close else f"known: {', '.join(known)}."
            )
            raise InputError(f"No effector is called {name!r}; {hint}")
    return tuple(known[name] for name in ids)
