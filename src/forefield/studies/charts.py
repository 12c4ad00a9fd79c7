"""Charts of a study's page: dots with intervals, as SVG that needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["dots"]

_ROW, _RIGHT, _TOP = 26, 40, 8
_WIDTH = 720
_LETTERS = 60


def dots(
    rows: Sequence[tuple[str, float, float, float]],
    unit: str,
    *,
    low: float | None = None,
    high: float | None = None,
    around_zero: bool = False,
) -> str:
    """A row per name: a dot at its value, a line over its 95 % interval.

    rows  (name, value, lo, hi); NaN where there is none
    """
    numbers = [x for r in rows for x in r[1:] if math.isfinite(x)]
    if not numbers:
        return ""
    least = min(numbers) if low is None else low
    most = max(numbers) if high is None else high
    if around_zero:
        least, most = min(least, 0.0), max(most, 0.0)
    ticks = _ticks(least, most)
    least, most = min(least, ticks[0]), max(most, ticks[-1])
    bottom = _TOP + _ROW * len(rows)
    # 6.3 units a letter of 11 units' size, so that no name runs out on the left.
    left = 20 + 6.3 * min(_LETTERS, max(len(r[0]) for r in rows))

    def x(value: float) -> float:
        share = (value - least) / (most - least)
        return round(left + share * (_WIDTH - left - _RIGHT), 1)

    out = [f'<svg viewBox="0 0 {_WIDTH} {bottom + 40}" role="img">']
    for t in ticks:
        kind = "axis" if around_zero and t == 0 else "grid"
        out.append(f'<path class="{kind}" d="M{x(t)} {_TOP}V{bottom}"/>')
        out.append(f'<text class="mid" x="{x(t)}" y="{bottom + 15}">{t:g}</text>')
    for k, (name, value, lo, hi) in enumerate(rows):
        y = _TOP + _ROW * k + _ROW / 2
        shown = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
        said = f"{name}: {_say(value)} ({_say(lo)} to {_say(hi)})"
        out.append(f"<g><title>{escape(said)}</title>")
        out.append(
            f'<text class="end" x="{left - 12}" y="{y + 4}">{escape(shown)}</text>'
        )
        if math.isfinite(lo) and math.isfinite(hi):
            out.append(f'<path class="band in" d="M{x(lo)} {y}H{x(hi)}"/>')
        if math.isfinite(value):
            kind = "in" if math.isfinite(lo) else "none"
            out.append(f'<circle class="{kind}" cx="{x(value)}" cy="{y}" r="4.5"/>')
        out.append("</g>")
    middle = (left + _WIDTH - _RIGHT) / 2
    out.append(
        f'<text class="mid" x="{middle}" y="{bottom + 33}">{escape(unit)}</text>'
    )
    return "".join([*out, "</svg>"])


def _say(value: Any) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "no interval"


def _ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers that enclose the interval."""
    if high - low < 1e-9:
        high = low + 1.0
    raw = (high - low) / 5
    unit = 10 ** math.floor(math.log10(raw))
    step = next(s * unit for s in (1, 2, 2.5, 5, 10) if s * unit >= raw)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]
