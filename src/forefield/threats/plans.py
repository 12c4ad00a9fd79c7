"""What is to fly: a raid by its numbers, or a documented incident by its name."""

from __future__ import annotations

from dataclasses import dataclass, field

from forefield.errors import InputError

__all__ = ["IncidentPlan", "RaidPlan"]


@dataclass(frozen=True)
class RaidPlan:
    """A raid, by its numbers. `raids.plan` fills one from sourced quantiles.

    name             becomes part of every flight_id
    date             ISO day whose night it is
    guard            ISO code of the guarded country
    t0_s             UTC seconds at which the simulated window begins
    minutes          length of the window: the flights are cut to it
    counts           objects of the whole raid by class: (class id, number) pairs
    behaviours       (family, share) pairs; shares sum to 1 (`families.default_mix`)
    headed_to_guard  share of objects whose target lies inside the guard
    west_share       share of targets within `families.NEAR_KM` of the guard
    drones_downed, drones_lost, missiles_downed
                     what Ukraine's own defence does, as a share of the objects
    half_year        whose quantiles were used, such as "2026H1"
    roles            families of these roles alone may be used (fit, tune, report);
                     empty: all
    """

    name: str
    date: str
    guard: str
    t0_s: float
    minutes: float
    counts: tuple[tuple[str, int], ...]
    behaviours: tuple[tuple[str, float], ...]
    headed_to_guard: float = 0.01
    west_share: float = 0.25
    drones_downed: float = 0.5
    drones_lost: float = 0.4
    missiles_downed: float = 0.7
    half_year: str = ""
    roles: tuple[str, ...] = ()
    notes: tuple[tuple[str, str, str], ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.minutes > 0.0:
            raise InputError(
                f"Raid {self.name}: minutes is {self.minutes}, must exceed 0."
            )
        if any(n < 0 for _, n in self.counts) or self.n_objects == 0:
            raise InputError(
                f"Raid {self.name}: counts must not be negative nor all zero."
            )
        shares = [
            ("headed_to_guard", self.headed_to_guard),
            ("west_share", self.west_share),
            ("drones_downed", self.drones_downed),
            ("drones_lost", self.drones_lost),
            ("missiles_downed", self.missiles_downed),
            *self.behaviours,
        ]
        for name, share in shares:
            if not 0.0 <= share <= 1.0:
                raise InputError(
                    f"Raid {self.name}: {name} is {share}, must lie in [0, 1]."
                )
        if self.drones_downed + self.drones_lost > 1.0 + 1e-9:
            raise InputError(
                f"Raid {self.name}: drones_downed and drones_lost exceed 1 together."
            )
        total = sum(share for _, share in self.behaviours)
        if abs(total - 1.0) > 1e-6:
            raise InputError(
                f"Raid {self.name}: shares of behaviours sum to {total:.4f}, not 1."
            )

    @property
    def n_objects(self) -> int:
        return sum(n for _, n in self.counts)

    @property
    def t1_s(self) -> float:
        return self.t0_s + 60.0 * self.minutes


@dataclass(frozen=True)
class IncidentPlan:
    """A documented incident that can be flown; made by `incidents.plan`.

    t0_s, t1_s  the window in UTC seconds: enough flight before the border event
                for a chain to have something to track
    background  objects of that night's raid flown beside it (none enters a guard)
    facts       the incident's entry in the shipped table, as it stands there
    """

    id: str
    title: str
    date: str
    guards: tuple[str, ...]
    timezone: str
    t0_s: float
    t1_s: float
    background: int
    how: str
    facts: dict[str, object] = field(repr=False, compare=False, hash=False)
