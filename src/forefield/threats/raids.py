"""Raids by their numbers: how many, of what, and what Ukraine's own defence does.

    plan(guard="PL", date="2026-03-01", minutes=60.0, stream=Stream(7, "night"))

Sizes come from sourced quantiles by half-year (`data/object_classes.toml`), the
shares of missiles and of objects downed from summaries by half-year
(`data/raids.toml`). Both rest on one side's daily reports.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from forefield.chance import Stream
from forefield.errors import InputError, nearest
from forefield.threats.classes import get
from forefield.threats.families import default_mix, family
from forefield.threats.plans import RaidPlan
from forefield.world.facts import table

__all__ = [
    "REFERENCE_KM",
    "Massive",
    "RaidSize",
    "defence_rate_per_s",
    "half_year_of",
    "massive",
    "plan",
    "raid_sizes",
    "size_at",
]

#: The share downed is met by a hazard along the flight over Ukraine. This is the
#: length of flight over Ukraine at which it is reached: assumed, see docs.
REFERENCE_KM = 500.0

_SIZES = (
    "data/object_classes.toml [[raid_size]], computed from the data set in its head"
)


@dataclass(frozen=True)
class RaidSize:
    """Drones in a night of attack, quantiles over the nights of a half-year."""

    half_year: str
    nights: int
    median: float
    p90: float
    most: float


@dataclass(frozen=True)
class Massive:
    """Massive attacks of a half-year; NaN where no night tells."""

    half_year: str
    nights: int
    missile_share: tuple[float, float, float]  # 10, 50 and 90 %
    missiles_downed: float
    drones_downed: float
    drones_lost: float
    drones_stopped: float


@cache
def raid_sizes() -> dict[str, RaidSize]:
    """Raid sizes by half-year, such as "2026H1"."""
    out = {}
    for row in table("object_classes")["raid_size"]:
        name = str(row["half_year"]).split()[0]
        out[name] = RaidSize(
            str(row["half_year"]),
            int(row["nights"]),
            float(row["median"]),
            float(row["p90"]),
            float(row["max"]),
        )
    return out


@cache
def massive() -> dict[str, Massive]:
    """Summaries of massive attacks by half-year."""
    out = {}
    for row in table("raids")["massive"]:
        share = (
            float(row["missile_share_p10"]),
            float(row["missile_share_median"]),
            float(row["missile_share_p90"]),
        )
        known = [
            float(row.get(key, math.nan))
            for key in (
                "missiles_downed",
                "drones_downed",
                "drones_lost",
                "drones_stopped",
            )
        ]
        name = str(row["half_year"])
        out[name] = Massive(name, int(row["nights"]), share, *known)
    return out


def half_year_of(date: str) -> str:
    """The half-year of an ISO day whose quantiles hold; the nearest one known.

    >>> half_year_of("2024-03-24")
    '2024H1'
    """
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        raise InputError(
            f"{date!r} is no day: write it as 2026-03-01 (year-month-day)."
        ) from None
    name = f"{day.year}H{1 if day.month < 7 else 2}"
    known = sorted(raid_sizes())
    return name if name in known else (known[0] if name < known[0] else known[-1])


def _half_year(text: str) -> str:
    name = text.split()[0] if text.split() else text
    if name not in raid_sizes():
        close = nearest(name, raid_sizes())
        hint = f" (did you mean {close!r}?)" if close else ""
        raise InputError(
            f"No raid sizes for half-year {text!r}{hint}; known: "
            f"{', '.join(raid_sizes())}."
        )
    return name


def size_at(half_year: str, u: float) -> int:
    """Drones of a night at quantile u, logarithmic between the sourced quantiles.

    The quantiles known are the median, the 90 % and the maximum; below the median
    the curve falls to a quarter of it at u = 0 (assumed).
    """
    size = raid_sizes()[_half_year(half_year)]
    knots = [size.median / 4.0, size.median, size.p90, size.most]
    return max(1, round(math.exp(np.interp(u, [0.0, 0.5, 0.9, 1.0], np.log(knots)))))


# Mixes within drones and within missiles: general knowledge, unverified.
_DRONES_SINCE_2024H2 = (("shahed136_geran2", 0.6), ("gerbera", 0.36), ("geran3", 0.04))
_DRONES_BEFORE = (("shahed136_geran2", 1.0),)
_MISSILES = (
    ("kh101_kh555", 0.5),
    ("kalibr", 0.15),
    ("iskander_k", 0.1),
    ("iskander_m", 0.2),
    ("kinzhal", 0.05),
)
#: Nights of a size above this quantile count as massive attacks (assumed).
_MASSIVE_FROM = 0.8


def _split(n: int, mix: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    """n objects by shares, largest remainders first; always sums to n."""
    exact = [n * share for _, share in mix]
    counts = [int(x) for x in exact]
    by_rest = sorted(range(len(mix)), key=lambda i: counts[i] - exact[i])
    for i in by_rest[: n - sum(counts)]:
        counts[i] += 1
    return [(name, c) for (name, _), c in zip(mix, counts, strict=True) if c]


def _drawn_counts(half_year: str, stream: Stream | None) -> list[tuple[str, int]]:
    u, v = (
        (0.5, 0.5)
        if stream is None
        else (float(stream["size"].uniform(0)), float(stream["missiles"].uniform(0)))
    )
    drones = size_at(half_year, u)
    mix = _DRONES_SINCE_2024H2 if half_year >= "2024H2" else _DRONES_BEFORE
    counts = _split(drones, mix)
    if u >= _MASSIVE_FROM and half_year in massive():
        low, middle, high = massive()[half_year].missile_share
        share = float(np.interp(v, [0.0, 0.1, 0.5, 0.9], [low, low, middle, high]))
        # Before 2024 whole attacks were missiles; a night with drones has fewer.
        share = min(share, 0.9)
        counts += _split(round(drones * share / (1.0 - share)), _MISSILES)
    return counts


def _defence(half_year: str) -> tuple[float, float, float, str]:
    """Shares (drones downed, drones lost, missiles downed) and their source."""
    known = massive()
    name = half_year if half_year in known else sorted(known)[-1]
    row = known[name]
    downed, lost = row.drones_downed, row.drones_lost
    if math.isnan(lost):
        if not math.isnan(row.drones_stopped):
            # One number for both: split as in the last half-year that told both.
            last = [m for m in known.values() if not math.isnan(m.drones_lost)][-1]
            ratio = last.drones_downed / (last.drones_downed + last.drones_lost)
            downed = ratio * row.drones_stopped
            lost = row.drones_stopped - downed
        else:
            lost = 0.0
    source = f"data/raids.toml, {name}: summary of massive attacks, one side's reports"
    return (
        min(downed, 0.98),
        min(lost, 0.98 - min(downed, 0.98)),
        (row.missiles_downed),
        source,
    )


def plan(
    *,
    guard: str = "PL",
    date: str = "2026-03-01",
    minutes: float = 60.0,
    name: str = "raid",
    t0_s: float | None = None,
    counts: Mapping[str, int] | None = None,
    half_year: str | None = None,
    behaviours: Mapping[str, float] | None = None,
    headed_to_guard: float = 0.01,
    west_share: float = 0.25,
    defence: bool = True,
    roles: Sequence[str] = (),
    stream: Stream | None = None,
) -> RaidPlan:
    """A raid; what is not given comes from sourced quantiles of the half-year.

    t0_s        start of the window; by default 01:00 UTC of the day
    counts      objects by class; by default drawn (the median without `stream`)
    behaviours  shares by family, summing to 1; by default `default_mix(roles)`
    defence     False: Ukraine's own defence does nothing
    """
    half = _half_year(half_year) if half_year else half_year_of(date)
    if t0_s is None:
        day = datetime.datetime.fromisoformat(f"{date}T01:00:00+00:00")
        t0_s = day.timestamp()
    drawn = not counts
    if counts:
        many = [(str(k), int(n)) for k, n in counts.items()]
        for klass, _ in many:
            get(klass)
    else:
        many = _drawn_counts(half, stream)
    if behaviours:
        total = sum(behaviours.values())
        if abs(total - 1.0) > 0.02:
            raise InputError(
                f"Raid {name}: shares of behaviours sum to {total:.3f}; make them "
                "sum to 1."
            )
        mix = tuple((family(k).name, v / total) for k, v in behaviours.items())
    else:
        mix = default_mix(roles)
    downed, lost, missiles, source = _defence(half)
    size = raid_sizes()[half]
    notes: list[tuple[str, str, str]] = []
    text = ", ".join(f"{n} {k}" for k, n in many)
    if drawn:
        notes.append(
            (
                "size of the raid",
                text,
                f"{_SIZES}: {size.half_year}, median {size.median:.0f}, 90 % "
                f"{size.p90:.0f}, most {size.most:.0f} drones over {size.nights} "
                "nights; the mix of classes is assumed (general knowledge)",
            )
        )
    else:
        notes.append(("size of the raid", text, "given by the scenario"))
    if defence:
        notes.append(
            (
                "Ukraine's own defence",
                f"downs {downed:.0%} and jams {lost:.0%} of the drones, downs "
                f"{missiles:.0%} of the missiles within {REFERENCE_KM:.0f} km over "
                "Ukraine",
                source,
            )
        )
    else:
        downed = lost = missiles = 0.0
        notes.append(("Ukraine's own defence", "does nothing", "given by the scenario"))
    return RaidPlan(
        name=name,
        date=date,
        guard=guard,
        t0_s=float(t0_s),
        minutes=float(minutes),
        counts=tuple(many),
        behaviours=mix,
        headed_to_guard=headed_to_guard,
        west_share=west_share,
        drones_downed=downed,
        drones_lost=lost,
        missiles_downed=missiles,
        half_year=half,
        roles=tuple(roles),
        notes=tuple(notes),
    )


def stop_share(raid: RaidPlan, klass: str) -> tuple[float, float]:
    """Shares of a class that Ukraine's defence downs, and that jamming stops."""
    column = get(klass).track_class
    if column == "interceptor":
        return 0.0, 0.0
    if column in ("cruise", "ballistic"):
        return raid.missiles_downed, 0.0
    return raid.drones_downed, raid.drones_lost


def defence_rate_per_s(raid: RaidPlan, klass: str, speed_mps: Any) -> Any:
    """Hazard of being stopped over Ukraine [1/s], for speeds of any shape.

    Chosen so that the share stopped is met after `REFERENCE_KM` over Ukraine.
    """
    stopped = min(0.98, sum(stop_share(raid, klass)))
    return -math.log1p(-stopped) * np.asarray(speed_mps) / (1000.0 * REFERENCE_KM)
