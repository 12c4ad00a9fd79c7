"""The alert timeline: from the limit to the people, beside the arrival.

A row per district, from the moment the limit was reached (0): when somebody decided,
when the message was released, when each channel delivered it, each from its quick to
its slow end, and when the object came. Drawn as SVG in the page itself, so that it is
there without script; the numbers stand beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from forefield.drivers.night import Night
from forefield.report import wording
from forefield.warning.delays import CHANNELS, WHAT_IF, Delays
from forefield.warning.reach import Reached, reached
from forefield.world.people import people_of

__all__ = ["Timeline", "timeline"]

_MOST = 12  # districts drawn; the table has all
_LEFT, _WIDTH, _ROW, _TOP = 150.0, 560.0, 78.0, 28.0
_LONGEST_S = 1800.0


@dataclass(frozen=True)
class Bar:
    """One step: its name, SVG place, and words for it."""

    name: str
    label: str
    x: float
    width: float
    middle: float
    y: float
    words: str


@dataclass(frozen=True)
class Lane:
    """One district: its steps, its arrivals and what came of it."""

    name: str
    y: float
    bars: tuple[Bar, ...]
    forecast_x: float
    true_x: float
    wait_s: float
    by_truth: bool
    reached: Reached
    what_if: Reached
    people: float


@dataclass(frozen=True)
class Timeline:
    """The drawing and the sums: people in the warned districts and those reached."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    height: float
    left_out: int
    people: float
    reached: Reached
    what_if: Reached


def timeline(night: Night, warnings: list[dict[str, Any]]) -> Timeline:
    """From the first alert of each district (`telling.first_warnings`)."""
    delays = Delays.of(night.summary.get("delays"))
    people = _people(night)
    rows = [w for w in warnings if math.isfinite(_wait(w)[0])]
    rows.sort(key=lambda w: (w["t_s"], w["name"]))
    spans = [_wait(w)[0] for w in rows] + [
        delays.slow("decide_s") + delays.slow("release_s") + delays.slow(f"{c}_s")
        for c in CHANNELS
    ]
    longest_s = min(_LONGEST_S, max(spans, default=600.0)) * 1.04
    steps = _steps(delays)
    lanes = []
    for k, w in enumerate(rows[:_MOST]):
        wait_s, by_truth = _wait(w)
        lanes.append(
            Lane(
                name=w["name"],
                y=_TOP + _ROW * k,
                bars=tuple(
                    _bar(n, step, _TOP + _ROW * k, longest_s)
                    for n, step in enumerate(steps)
                ),
                forecast_x=_x(w["arrival_s"] - w["t_s"], longest_s),
                true_x=_x(w["over_s"] - w["t_s"], longest_s),
                wait_s=wait_s,
                by_truth=by_truth,
                reached=reached(wait_s, delays),
                what_if=reached(wait_s, delays, (*CHANNELS, *WHAT_IF)),
                people=people.get(w["code"], math.nan),
            )
        )
    counted = [(w, people.get(w["code"], math.nan)) for w in rows if _wait(w)[1]]
    counted = [(w, n) for w, n in counted if math.isfinite(n) and n > 0.0]
    every = 60.0 if longest_s <= 420.0 else 120.0 if longest_s <= 900.0 else 300.0
    ticks = tuple(
        (_x(t, longest_s), f"{t / 60.0:.0f} min")
        for t in [every * i for i in range(int(longest_s / every) + 1)]
    )
    return Timeline(
        lanes=tuple(lanes),
        ticks=ticks,
        height=_TOP + _ROW * len(lanes) + 30.0,
        left_out=max(0, len(rows) - _MOST),
        people=sum(n for _, n in counted),
        reached=_sum(counted, delays, CHANNELS),
        what_if=_sum(counted, delays, (*CHANNELS, *WHAT_IF)),
    )


def _wait(w: dict[str, Any]) -> tuple[float, bool]:
    """Seconds from the limit to the object, and whether that is the true arrival."""
    if math.isfinite(w["over_s"]):
        return w["over_s"] - w["t_s"], True
    return w["arrival_s"] - w["t_s"], False


def _people(night: Night) -> dict[str, float]:
    if night.districts is None:
        return {}
    return dict(zip(night.districts.codes, people_of(night.districts), strict=True))


def _sum(
    rows: list[tuple[dict[str, Any], float]], delays: Delays, channels: tuple[str, ...]
) -> Reached:
    total = sum(n for _, n in rows)
    if not total:
        return Reached(math.nan, math.nan, math.nan)
    got = [(reached(_wait(w)[0], delays, channels), n) for w, n in rows]
    return Reached(
        sum(r.low * n for r, n in got) / total,
        sum(r.middle * n for r, n in got) / total,
        sum(r.high * n for r, n in got) / total,
    )


def _steps(d: Delays) -> list[tuple[str, str, float, float, float]]:
    """(name, label, quick, middle, slow) seconds after the limit."""
    steps: dict[str, tuple[tuple[str, ...], str]] = {
        "decide": (("decide_s",), "decided")
    }
    steps["release"] = (("decide_s", "release_s"), "released")
    for c in (*CHANNELS, *WHAT_IF):
        names = ("decide_s", "release_s", f"{c}_s")
        steps[c] = (names, wording.ALERT_CHANNELS.get(c, c))
    return [
        (
            step,
            label,
            sum(d.quick(n) for n in names),
            sum(d.middle(n) for n in names),
            sum(d.slow(n) for n in names),
        )
        for step, (names, label) in steps.items()
    ]


def _x(after_s: float, longest_s: float) -> float:
    if not math.isfinite(after_s):
        return math.nan
    return _LEFT + _WIDTH * min(max(after_s, 0.0), longest_s) / longest_s


def _bar(
    n: int, step: tuple[str, str, float, float, float], y: float, longest_s: float
) -> Bar:
    name, label, quick, middle, slow = step
    x0, x1 = _x(quick, longest_s), _x(slow, longest_s)
    what = f"{label}, what if" if name in WHAT_IF else label
    return Bar(
        name=name,
        label=what,
        x=round(x0, 1),
        width=round(max(x1 - x0, 1.5), 1),
        middle=round(_x(middle, longest_s), 1),
        y=y + 6.0 + 11.0 * n,
        words=f"{what}: {quick:.0f} to {slow:.0f} s after the limit",
    )
