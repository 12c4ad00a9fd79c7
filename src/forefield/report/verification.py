"""verification.html: how right the forecasts were, on one page without script.

`render_verification` is a pure function of the scores: the same scores give the same
bytes. Charts are SVG in the page, each with a title and a description, and every
number in them stands in a table as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from forefield.report.pages import filled
from forefield.report.wording import country, horizon, percent, plural
from forefield.scoring.bootstrap import CLUSTERS_MIN
from forefield.scoring.proper import P_CLIP
from forefield.scoring.verify import (
    E_OVER_O_OK,
    ENTERING_MIN,
    ESTIMAND,
    REFERENCE,
    Cell,
    Scores,
    chance,
)

__all__ = ["render_verification", "write_verification"]

# Okabe & Ito's palette (2008), told apart with every common colour vision.
INK, BLUE, VERMILION, GREY = "#1b2733", "#0072b2", "#d55e00", "#5b6770"

#: Axes of the diagrams are in the arcsine of the root of the probability (Anscombe
#: 1948, Biometrika 35, 246-254): there binomial noise is as wide everywhere, and the
#: many small chances do not sit in one corner.
TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


def write_verification(
    scores: Scores, path: str | Path, *, simulated: bool | None = None
) -> None:
    """Write the page; `path` is the file, its folder exists.

    simulated  marks the page SIMULATION; None: as `scores.about` says
    """
    page = render_verification(scores, simulated=simulated)
    Path(path).write_text(page, encoding="utf-8", newline="\n")


def render_verification(scores: Scores, *, simulated: bool | None = None) -> str:
    """The whole page as text."""
    about = scores.about
    if simulated is None:
        simulated = bool(about.get("simulated", True))
    filters: dict[str, Callable[..., Any]] = {
        "horizon": horizon,
        "country": country,
        "percent": percent,
        "share": chance,
        "day": _day,
        "count": _count,
    }
    mine = [c for c in scores.cells if c.model == scores.main]
    return filled(
        "verification.html",
        filters,
        scores=scores,
        about=about,
        simulated=simulated,
        estimand=ESTIMAND,
        reference=REFERENCE,
        mine=mine,
        guards=[_guard(scores, iso) for iso in dict.fromkeys(c.guard for c in mine)],
        facts=_facts(scores, mine),
        headline=_headline(scores, mine),
        unknown=_unknown(scores, mine, simulated),
        few_nights=max((c.counts["nights"] for c in mine), default=0) < CLUSTERS_MIN,
        clusters_min=CLUSTERS_MIN,
        entering_min=ENTERING_MIN,
        limits=E_OVER_O_OK,
        p_clip=P_CLIP,
        family=len(mine),
        lead=scores.lead,
        figure=_figure,
    )


# -- words --------------------------------------------------------------------------


def _day(t_s: float) -> str:
    return datetime.fromtimestamp(t_s, UTC).strftime("%-d %B %Y, %H:%M")


def _figure(x: float, digits: int = 3) -> str:
    """A number for a table; a dash where it is undefined."""
    if not math.isfinite(x):
        return "–"
    text = f"{x:.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def _with_interval(c: Cell, name: str, digits: int, scale: float = 1.0) -> Markup:
    if name not in c.numbers or not math.isfinite(c.numbers[name]):
        return Markup('<span class="none">undefined</span>')
    value = _figure(c.numbers[name] * scale, digits)
    lo, hi = c.intervals.get(name, (math.nan, math.nan))
    if not math.isfinite(lo):
        return Markup("<b>{}</b>").format(value)
    return Markup('<b>{}</b> <span class="range">{} to {}</span>').format(
        value, _figure(lo * scale, digits), _figure(hi * scale, digits)
    )


def _headline(scores: Scores, mine: list[Cell]) -> str:
    said = [c.verdict for c in mine]
    n = len(said)
    parts = [
        f"{said.count(word)} of {n} {meaning}"
        for word, meaning in (
            ("passed", "passed"),
            ("failed", "failed"),
            ("undecided", "could not be judged"),
        )
        if said.count(word)
    ]
    return f"Guards and horizons: {', '.join(parts)}."


def _facts(scores: Scores, mine: list[Cell]) -> list[tuple[str, str]]:
    about = scores.about
    flights = max((c.counts["flights"] for c in mine), default=0)
    entering = max((c.counts["entering"] for c in mine), default=0)
    nights = max((c.counts["nights"] for c in mine), default=0)
    lost = [c.numbers["censored_share"] for c in mine]
    out = [
        ("forecasts scored", f"{sum(c.counts['n'] for c in mine):,}"),
        ("flights within reach", f"{flights:,}"),
        ("of them enter", f"{entering:,}"),
        ("nights", f"{nights:,}"),
        ("censored", _range(lost)),
    ]
    if "states" in about:
        gone = about["states_unmatched"] / max(about["states"], 1)
        out.append(("track states of no flight", chance(gone)))
    return out


def _range(shares: list[float]) -> str:
    if not shares:
        return "–"
    low, high = chance(min(shares)), chance(max(shares))
    return low if low == high else f"{low.removesuffix(' %')}–{high}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _unknown(scores: Scores, mine: list[Cell], simulated: bool) -> list[str]:
    """What this page cannot tell, in sentences."""
    about = scores.about
    out = []
    if simulated:
        out.append(
            "These flights were simulated, or reconstructed from what was published. A "
            "forecast that holds here holds for flights as we imagine them; it says "
            "nothing about flights we did not imagine."
        )
    else:
        out.append(
            "These are recorded flights of other aircraft across a stand-in border. "
            "They test geometry, timing and calibration with the same code; they are "
            "not missiles or one-way drones, of which no recording is public."
        )
    if any(c.numbers["censored_share"] > 0.01 for c in mine):
        out.append(
            "The weights for lost tracks are right only if, at a given distance from "
            "the border, being lost tells nothing about entering. A record that ends "
            "at the edge of a map, or a receiver that loses low flights, may break it, "
            "and the data cannot show whether they do."
        )
    heavy = [c for c in mine if c.numbers["censored_share"] > 0.5]
    if heavy:
        named = ", ".join(f"{country(c.guard)} {horizon(c.horizon_s)}" for c in heavy)
        out.append(
            f"More than half of the rows are censored for {named}: these scores rest "
            "on the weights more than on what was seen, passed or failed."
        )
    nights = max((c.counts["nights"] for c in mine), default=0)
    if nights < CLUSTERS_MIN:
        out.append(
            f"Only {plural(nights, 'night')}: how much one night differs from another "
            "(weather, tactics, traffic) is not in these intervals."
        )
    if any(c.verdict == "undecided" for c in mine):
        out.append(
            "Where too few flights entered, calibration can neither be shown nor "
            "refuted. Entries are rare in truth: 0.1 to 1 % of tracks on most nights."
        )
    out.append(
        "The place is scored among flights that entered. Scores among chosen outcomes "
        "can reward exaggeration (the forecaster's dilemma, Lerch et al. 2017): read "
        "them as a description, not a ranking."
    )
    if about.get("reach_assumed"):
        out.append(
            "Some beliefs do not tell the top speed of the classes an object may be; "
            f"{about['reach_mps']:g} m/s was assumed for their reachable set."
        )
    if about.get("infinite_skipped"):
        out.append(
            "The horizon “before the flight ends” is not scored: some records "
            "end before their flights do."
        )
    return out


# -- tables and charts --------------------------------------------------------------


def _guard(scores: Scores, iso: str) -> dict[str, Any]:
    cells = [c for c in scores.cells if c.guard == iso]
    horizons = sorted({c.horizon_s for c in cells})
    return {
        "iso": iso,
        "horizons": [
            {
                "s": h,
                "main": next(
                    c for c in cells if c.horizon_s == h and c.model == scores.main
                ),
                "rows": [_row(c, scores.main) for c in cells if c.horizon_s == h],
            }
            for h in horizons
        ],
        "diagrams": [
            {
                "cell": c,
                "svg": _diagram(c),
                "bins": _bins(c),
                "outside": len(c.diagram.outside),
                "family": len(c.diagram.outside_family),
            }
            for c in cells
            if c.model == scores.main
        ],
        "others": [
            {"cell": c, "svg": _diagram(c)} for c in cells if c.model != scores.main
        ],
        "forest": _forest(
            [c for c in cells if c.model == scores.main], scores.main, iso
        ),
        "differences": _differences([c for c in cells if c.model == scores.main]),
    }


def _row(c: Cell, main: str) -> dict[str, Any]:
    return {
        "model": c.model,
        "main": c.model == main,
        "brier": _with_interval(c, "brier", 4),
        "log": _with_interval(c, "log", 3),
        "bss": _with_interval(c, "bss", 3),
        "e_over_o": _with_interval(c, "e_over_o", 2),
        "slope": _with_interval(c, "slope", 2),
        "intercept": _with_interval(c, "intercept", 2),
        "crps": _with_interval(c, "crps_time_s", 1),
        "place": _with_interval(c, "energy_entry_m", 2, 1e-3),
    }


def _bins(c: Cell) -> list[dict[str, Any]]:
    d = c.diagram
    outside, family = set(d.outside.tolist()), set(d.outside_family.tolist())
    return [
        {
            "said": chance(d.forecast[i]),
            "came": chance(d.observed[i]),
            "band": f"{chance(d.lo[i])} to {chance(d.hi[i])}",
            "rows": f"{d.rows[i]:,}",
            "flights": f"{d.flights[i]:,}",
            "note": "outside, also with all diagrams read together"
            if i in family
            else "outside this diagram's band"
            if i in outside
            else "inside",
        }
        for i in range(len(d.forecast))
    ]


def _differences(cells: list[Cell]) -> list[dict[str, Any]]:
    """Rows of the table of paired differences, Brier and time."""
    out = []
    for c in cells:
        for x in c.differences:
            scale, digits = (1e3, 2) if x.score == "brier" else (1.0, 3)
            unit = {"brier": "Brier × 1000", "log": "log, nats"}.get(x.score, "time, s")
            lo, hi = x.by_flight.lo * scale, x.by_flight.hi * scale
            night = "–"
            if math.isfinite(x.by_night.lo):
                night = (
                    f"{_figure(x.by_night.lo * scale, digits)} to "
                    f"{_figure(x.by_night.hi * scale, digits)}"
                )
            out.append(
                {
                    "horizon": c.horizon_s,
                    "other": x.other,
                    "score": unit,
                    "mean": _figure(x.by_flight.value * scale, digits),
                    "flight": f"{_figure(lo, digits)} to {_figure(hi, digits)}"
                    if math.isfinite(lo)
                    else "–",
                    "night": night,
                    "tells": "better"
                    if hi < 0
                    else "worse"
                    if lo > 0
                    else "not told apart",
                }
            )
    return out


def _place(p: float) -> float:
    """Where a probability stands on an axis of length one."""
    return math.asin(math.sqrt(min(max(p, 0.0), 1.0))) * 2.0 / math.pi


def _diagram(c: Cell) -> Markup:
    """A reliability diagram with bands, and a histogram of the forecasts below."""
    left, top, size, low = 46.0, 10.0, 250.0, 56.0
    width, height = left + size + 12, top + size + 36 + low + 20
    d = c.diagram

    def x(p: float) -> float:
        return left + size * _place(p)

    def y(p: float) -> float:
        return top + size * (1 - _place(p))

    out: list[str] = []
    for tick in TICKS:
        at_x, at_y, word = x(tick), y(tick), f"{100 * tick:g}"
        out.append(
            f'<path d="M{at_x:.1f} {top}V{top + size}M{left} {at_y:.1f}H{left + size}" '
            'class="grid"/>'
        )
        out.append(
            f'<text x="{left - 6:.1f}" y="{at_y + 4:.1f}" class="end">{word}</text>'
        )
    for tick in (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
        out.append(
            f'<text x="{x(tick):.1f}" y="{top + size + 14:.1f}" class="mid">'
            f"{100 * tick:g}</text>"
        )
    out.append(f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" class="ideal"/>')
    wrong = set(d.outside.tolist())
    for i in range(len(d.forecast)):
        at, kind = x(d.forecast[i]), "out" if i in wrong else "in"
        lo, hi = y(d.lo[i]), y(d.hi[i])
        wide_lo, wide_hi = y(d.lo_family[i]), y(d.hi_family[i])
        out.append(
            f'<path d="M{at:.1f} {wide_lo:.1f}V{wide_hi:.1f}" class="family"/>'
            f'<path d="M{at:.1f} {lo:.1f}V{hi:.1f}M{at - 3:.1f} {lo:.1f}h6'
            f'M{at - 3:.1f} {hi:.1f}h6" class="band {kind}"/>'
        )
        level = y(d.observed[i])
        if kind == "in":
            out.append(f'<circle cx="{at:.1f}" cy="{level:.1f}" r="3.6" class="in"/>')
        else:
            out.append(
                f'<path d="M{at:.1f} {level - 5:.1f}l5 5l-5 5l-5 -5z" class="out"/>'
            )
    out.append(
        f'<text x="{left + size / 2}" y="{top + size + 29:.1f}" class="mid">'
        "said, %</text>"
        f'<text transform="translate(12 {top + size / 2}) rotate(-90)" class="mid">'
        "entered, %</text>"
    )
    base = top + size + 36 + low
    most, wide = max(int(c.histogram.max()), 1), size / len(c.histogram)
    for i, n in enumerate(c.histogram.tolist()):
        if n:
            # Logarithmic: one row must be seen beside a hundred thousand.
            tall = low * (math.log10(n) + 0.4) / (math.log10(most) + 0.4)
            out.append(
                f'<rect x="{left + i * wide + 0.7:.1f}" y="{base - tall:.1f}" '
                f'width="{wide - 1.4:.1f}" height="{tall:.1f}" class="bar"/>'
            )
    out.append(
        f'<path d="M{left} {base}h{size}" class="axis"/>'
        f'<text x="{left + size / 2}" y="{base + 14:.1f}" class="mid">'
        f"rows with that forecast (log; most {most:,})</text>"
    )
    title = f"Reliability of {c.model}, {country(c.guard)}, {horizon(c.horizon_s)}"
    said = "; ".join(
        f"said {chance(d.forecast[i])}, entered {chance(d.observed[i])}, band "
        f"{chance(d.lo[i])} to {chance(d.hi[i])}"
        for i in range(len(d.forecast))
    )
    return _svg(title, f"{len(d.forecast)} bins. {said}.", width, height, out)


def _forest(cells: list[Cell], main: str, iso: str) -> Markup:
    """Paired differences in Brier score, a line each, on one axis."""
    lines: list[tuple[str, Any]] = []
    for c in cells:
        shown = [x for x in c.differences if x.score == "brier"]
        lines += [(horizon(c.horizon_s), None)]
        lines += [("", x) for x in shown]
    values = [
        v
        for _, x in lines
        if x is not None
        for v in (x.by_flight.value, x.by_flight.lo, x.by_flight.hi)
        if math.isfinite(v)
    ]
    if not values:
        return Markup("")
    low, high = 1e3 * min(*values, 0.0), 1e3 * max(*values, 0.0)
    pad = 0.06 * max(high - low, 1e-6)
    low, high = low - pad, high + pad
    ticks = _ticks(low, high)
    left, width, step, top = 112.0, 400.0, 20.0, 24.0
    right = 54.0  # room for a word beside a zero at the edge
    height = top + step * len(lines) + 34

    def at(v: float) -> float:
        return float(left + (width - left - right) * (v - low) / (high - low))

    out = [
        f'<path d="M{at(t):.1f} {top - 8}V{height - 30}" class="grid"/>'
        f'<text x="{at(t):.1f}" y="{height - 16:.1f}" class="mid">'
        f"{f'{t:g}'.replace('-', '−')}</text>"
        for t in ticks
    ]
    out.append(f'<path d="M{at(0):.1f} {top - 8}V{height - 30}" class="axis"/>')
    out.append(
        f'<text x="{at(0) - 6:.1f}" y="{top - 12:.1f}" class="end">← better</text>'
        f'<text x="{at(0) + 6:.1f}" y="{top - 12:.1f}" class="start">worse →</text>'
        f'<text x="{(left + width - right) / 2:.1f}" y="{height - 3:.1f}" class="mid">'
        "difference in Brier score × 1000</text>"
    )
    said = []
    for k, (head, x) in enumerate(lines):
        y = top + step * k + 12
        if x is None:
            out.append(f'<text x="0" y="{y + 4:.1f}" class="head">{head}</text>')
            within = head
            continue
        out.append(
            f'<text x="{left - 10}" y="{y + 4:.1f}" class="end">'
            f"{Markup.escape(_short(x.other))}</text>"
        )
        a, b, m = (1e3 * v for v in (x.by_flight.lo, x.by_flight.hi, x.by_flight.value))
        kind = "in" if b < 0 else "out" if a > 0 else "none"
        if math.isfinite(x.by_night.lo):
            out.append(
                f'<path d="M{at(max(1e3 * x.by_night.lo, low)):.1f} {y}'
                f'H{at(min(1e3 * x.by_night.hi, high)):.1f}" class="family"/>'
            )
        if math.isfinite(a):
            out.append(f'<path d="M{at(a):.1f} {y}H{at(b):.1f}" class="band {kind}"/>')
        out.append(f'<circle cx="{at(m):.1f}" cy="{y}" r="3.8" class="{kind}"/>')
        said.append(
            f"{within}, {x.other}: {_figure(m, 2)} ({_figure(a, 2)} to {_figure(b, 2)})"
        )
    title = f"Brier score of {main} minus that of others, {country(iso)}"
    return _svg(title, "; ".join(said) + ".", width, height, out)


def _short(other: str) -> str:
    return "distance band" if other == REFERENCE else other


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers between low and high."""
    raw = (high - low) / 4
    unit = 10 ** math.floor(math.log10(raw))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= raw)
    first = math.ceil(low / step)
    found = np.arange(first, math.floor(high / step) + 1) * step
    return [float(f"{t:.10g}") for t in found]


def _svg(
    title: str, about: str, width: float, height: float, parts: list[str]
) -> Markup:
    """A chart with the texts that stand for it where it is not seen."""
    import hashlib

    name = "c" + hashlib.blake2b(title.encode(), digest_size=6).hexdigest()
    return Markup(
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{name}-t {name}-d" preserveAspectRatio="xMinYMin meet">'
        f'<title id="{name}-t">{Markup.escape(title)}</title>'
        f'<desc id="{name}-d">{Markup.escape(about)}</desc>' + "".join(parts) + "</svg>"
    )
