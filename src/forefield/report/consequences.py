"""What the comparison looks like: harm by country, the decision clock, the restraint.

Three things that could be done are set side by side: let it fly, stop it over a
neighbour, stop it over the guarded country. Each country has a scale of its own place;
nothing is added up across countries. Everything is drawn with HTML and percentages, so
that words stay readable on a telephone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forefield.report.wording import casualties, country

if TYPE_CHECKING:
    from forefield.report.story import OptionRow

__all__ = ["Bar", "Clock", "Panel", "alternatives", "decision_clock", "harm_chart"]
__all__ += ["restraint"]

#: The scale of expected casualties: from one in a million to a hundred.
_LOW, _HIGH = -6, 2
#: A country is told where the high end of any interval reaches this.
_TOLD = 1e-3
#: Links of the chain and how they are named on the page.
_LINKS = {
    "holders": "people decide",
    "order": "order to the control post",
    "relay": "relay to the crew",
    "further delay": "further delay",
    "readiness": "getting ready",
    "reaction": "reaction",
    "way there": "way there",
}


@dataclass(frozen=True)
class Bar:
    """One alternative in one country: words, and where its bar lies [%]."""

    label: str
    kind: str  # fly, there, here
    left: float
    width: float
    middle: float
    words: str
    chance: str
    none: bool


@dataclass(frozen=True)
class Panel:
    """One country of the harm chart."""

    iso: str
    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Segment:
    """One link of a decision clock [% of the width]."""

    name: str
    words: str
    left: float
    width: float
    seconds: str


@dataclass(frozen=True)
class Clock:
    """One option's way from now to its latest intercept."""

    label: str
    sub: str
    yes_left: float
    yes_s: float
    segments: tuple[Segment, ...]
    words: str


def alternatives(
    options: Sequence[OptionRow], guards: Sequence[str]
) -> list[tuple[str, str, OptionRow]]:
    """Let it fly, the surest shot over a neighbour, the surest over the guard.

    (label, kind, option); a shot that is barred stands in where no other is possible,
    and its label says so.
    """
    out = [("Let it fly", "fly", o) for o in options if o.action == "nothing"][:1]
    for kind, here in (("there", False), ("here", True)):
        rows = [
            o
            for o in options
            if o.action != "nothing" and (o.over in guards) == here and o.over
        ]
        rows.sort(key=lambda o: (bool(o.barred_by), -o.p_success, o.option_id))
        if rows and (not rows[0].barred_by or math.isfinite(rows[0].t_intercept_s)):
            best = rows[0]
            bar = f" (barred: {best.barred_by})" if best.barred_by else ""
            label = f"Stop it over {country(best.over)}, {best.effector}{bar}"
            out.append((label, kind, best))
    return out


def _at(value: float) -> float:
    """Where a number of casualties lies on the scale [%]."""
    if not value > 0.0:
        return 0.0
    share = (math.log10(value) - _LOW) / (_HIGH - _LOW)
    return round(100.0 * min(max(share, 0.0), 1.0), 2)


def harm_chart(
    options: Sequence[OptionRow], guards: Sequence[str]
) -> tuple[Panel, ...]:
    """A panel a country in which any alternative is expected to hurt anybody.

    The guards come first, then the others by name.
    """
    shown = alternatives(options, guards)
    if len(shown) < 2:
        return ()
    isos = {h[0] for _, _, o in shown for h in o.harm if h[3] >= _TOLD}
    order = sorted(isos, key=lambda i: (i not in guards, i != "UA", country(i)))
    out = []
    for iso in order:
        bars = []
        for label, kind, o in shown:
            found = next((h for h in o.harm if h[0] == iso), None)
            chance = next((h for h in o.p_casualty if h[0] == iso), None)
            if found is None:
                continue
            _, low, mid, high = found
            left, right = _at(low), _at(high)
            bars.append(
                Bar(
                    label,
                    kind,
                    left,
                    max(round(right - left, 2), 0.4),
                    _at(mid),
                    f"{casualties(mid)} ({casualties(low)} – {casualties(high)})",
                    _per_mille(chance[2]) if chance else "",
                    high < 10.0**_LOW,
                )
            )
        out.append(Panel(iso, country(iso), tuple(bars)))
    return tuple(out)


def _per_mille(p: float) -> str:
    if not math.isfinite(p):
        return ""
    if p < 0.0005:
        return "under 1 in 2,000"
    return f"{100 * p:.1f} %" if p < 0.1 else f"{100 * p:.0f} %"


def ticks() -> list[tuple[float, str]]:
    """The scale's marks: where [%], and the words."""
    words = {-6: "10⁻⁶", -4: "10⁻⁴", -2: "0.01", 0: "1", 2: "100"}
    return [(_at(10.0**k), words[k]) for k in range(_LOW, _HIGH + 1, 2)]


def launch_line() -> tuple[float, str]:
    """Where the peacetime line of launches lies, and what it is called."""
    from forefield.world.facts import table

    line = table("debris")["launch_line"]
    return _at(float(line["ec"])), str(line["title"])


def decision_clock(
    options: Sequence[OptionRow],
    now_s: float,
    holders: Sequence[tuple[str, float]],
) -> tuple[tuple[Clock, ...], float]:
    """From now to the latest intercept, link by link, for each possible option.

    holders  the mandate's holders and their usual time [s], asked one after another

    Returns the clocks, the shortest time first, and the length of the scale [s].
    """
    rows = [
        o
        for o in options
        if o.action != "nothing"
        and math.isfinite(o.latest_decision_s)
        and o.barred_by in ("", "traffic")
    ]
    if not rows:
        return (), 0.0
    rows.sort(key=lambda o: (o.latest_decision_s, o.option_id))
    rows = rows[:6]
    end_s = max(o.t_latest_intercept_s for o in rows) - now_s
    end_s = max(end_s, 1.0)
    out = []
    asked_s = sum(s for _, s in holders)
    for o in rows:
        yes_s = o.latest_decision_s - now_s
        at, segments = yes_s, []
        for name, low, mid, high in json.loads(o.links or "[]"):
            if mid > 0.0:
                words = f"{low:.0f} – {high:.0f} s" if high > low else f"{mid:.0f} s"
                left = round(100.0 * at / end_s, 2)
                width = round(100.0 * mid / end_s, 2)
                segments.append(
                    Segment(name, _LINKS.get(name, name), left, width, words)
                )
            at += mid
        spare = yes_s - asked_s
        words = f"a yes is needed within {yes_s:.0f} s"
        if holders:
            words += f"; the holders usually take {asked_s:.0f} s together: " + (
                f"{spare:.0f} s to spare" if spare >= 0 else f"{-spare:.0f} s short"
            )
        bar = f", barred: {o.barred_by}" if o.barred_by else ""
        out.append(
            Clock(
                o.effector,
                f"over {country(o.over)}{bar}",
                round(100.0 * min(max(yes_s / end_s, 0.0), 1.0), 2),
                yes_s,
                tuple(segments),
                words,
            )
        )
    return tuple(out), end_s


def restraint(
    options: Sequence[OptionRow], guards: Sequence[str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Why one might not fire, for each alternative that is shown in the chart."""
    out = []
    for label, kind, o in alternatives(options, guards):
        if kind != "fly" and o.reasons:
            found = json.loads(o.reasons)
            if found:
                out.append((label, found))
    return out
