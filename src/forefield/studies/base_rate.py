"""How many objects enter on a raid night on record: shares of nights, with intervals.

Nights are those with a raid on record (`data/object_classes.toml`, raid_size); entries
are the incidents that became known (`data/incidents.toml`). Both are counts of what
was told, so a share is an interval: the exact Poisson one (Garwood 1936) over *nights*,
from the fewest the sources allow to the most, because objects come in groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from scipy.special import gammaincinv

from forefield.threats.raids import raid_sizes
from forefield.world.facts import table

__all__ = ["LEVELS", "Level", "Record", "garwood", "level_of", "on_record"]

#: Nights by the number of objects that enter: (name, from, to). The cuts are ours.
LEVELS = (("none", 0, 0), ("1 or 2", 1, 2), ("3 to 9", 3, 9), ("10 or more", 10, 10**9))
#: The raid record runs from the half-year 2022H2 to this day.
_FIRST, _LAST = date(2022, 7, 1), date(2026, 4, 5)
#: Incidents in which something was inside the country; the second where that is unsure.
_INSIDE = {"impact", "debris", "entry_exit", "overflight", "found_later", "shot_down"}
_UNSURE = {"entered_lost"}


@dataclass(frozen=True)
class Level:
    """Nights on which so many enter: counted (fewest, most), and their share.

    share  of the raid nights on record, at the middle of the count;  lo, hi: 95 %
    """

    name: str
    counted: tuple[int, int]
    share: float
    lo: float
    hi: float


@dataclass(frozen=True)
class Record:
    """What is on record for one guarded country; levels in the order of `LEVELS`."""

    guard: str
    nights: int
    levels: tuple[Level, ...]
    objects: tuple[int, int]


def level_of(entering: int) -> int:
    """The number of the level of a night.

    >>> [level_of(n) for n in (0, 1, 2, 3, 9, 10, 500)]
    [0, 1, 1, 2, 2, 3, 3]
    """
    return sum(entering >= low for _, low, _ in LEVELS) - 1


def garwood(fewest: int, most: int) -> tuple[float, float]:
    """Exact 95 % Poisson limits of the mean of a count that lies in [fewest, most].

    >>> [round(x, 2) for x in garwood(7, 7)]
    [2.81, 14.42]
    """
    low = float(gammaincinv(fewest, 0.025)) if fewest else 0.0
    return low, float(gammaincinv(most + 1, 0.975))


def on_record(guard: str) -> Record | None:
    """The record of a guarded country; None where no entry into it is on record."""
    nights = sum(size.nights for size in raid_sizes().values())
    counted = [_objects(row) for row in _incidents(guard)]
    if not counted:
        return None
    levels = []
    for k in range(1, len(LEVELS)):
        # Between its fewest and its most a night may be of several levels.
        sure = sum(level_of(a) == level_of(b) == k for a, b in counted)
        maybe = sum(level_of(a) <= k <= level_of(b) for a, b in counted)
        lo, hi = garwood(sure, maybe)
        levels.append(
            Level(LEVELS[k][0], (sure, maybe), (sure + maybe) / 2 / nights,
                  lo / nights, min(hi / nights, 1.0))
        )  # fmt: skip
    objects = sum(a for a, _ in counted), sum(b for _, b in counted)
    return Record(guard, nights, (_none(levels, nights), *levels), objects)


def _none(entered: Iterable[Level], nights: int) -> Level:
    """Nights on which nothing enters: what the others leave."""
    them = list(entered)
    few, many = (sum(x.counted[i] for x in them) for i in (0, 1))
    share, lo, hi = (
        1.0 - sum(getattr(x, k) for x in them) for k in ("share", "hi", "lo")
    )
    return Level(LEVELS[0][0], (nights - many, nights - few), share, max(lo, 0.0), hi)


def _incidents(guard: str) -> list[dict[str, object]]:
    return [
        row
        for row in table("incidents")["incident"]
        if guard in row["countries"]
        and row["category"] in _INSIDE | _UNSURE
        and _FIRST <= date.fromisoformat(str(row["date"])) <= _LAST
    ]


def _objects(row: dict[str, object]) -> tuple[int, int]:
    """The fewest and the most objects of an incident; one where none tells."""
    least = 0 if row["category"] in _UNSURE else 1
    fewest = int(str(row.get("n_objects_min", least)))
    return fewest, int(str(row.get("n_objects_max", max(fewest, 1))))
