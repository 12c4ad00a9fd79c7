"""A small SVG chart: axes, bands, lines; the same words and colours on every page."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

__all__ = ["BLUE", "GREY", "ORANGE", "RED", "Panel", "svg"]

BLUE, ORANGE, RED, GREY = "#1668b8", "#c2570c", "#b3261e", "#5b6670"


class Panel:
    """One pair of axes in a picture; x and y are in the data's units.

    left, top, width, height  in pixels; x, y the ranges shown
    """

    def __init__(
        self, left: float, top: float, width: float, height: float,
        x: tuple[float, float], y: tuple[float, float] = (0.0, 1.0),
    ) -> None:  # fmt: skip
        self.left, self.top, self.width, self.height = left, top, width, height
        self.x, self.y = x, y
        self.out: list[str] = []

    def px(self, v: float) -> float:
        return self.left + self.width * (v - self.x[0]) / (self.x[1] - self.x[0])

    def py(self, v: float) -> float:
        return self.top + self.height * (self.y[1] - v) / (self.y[1] - self.y[0])

    def axes(
        self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]],
        title: str = "", x_title: str = "",
    ) -> None:  # fmt: skip
        """Grid lines with their words; a title above, one below."""
        bottom = self.top + self.height
        for v, word in y_ticks:
            self.out.append(
                f'<line x1="{self.left}" x2="{self.left + self.width}" y1="{self.py(v):.1f}" '
                f'y2="{self.py(v):.1f}" stroke="#d5dbe1"/>'
                f'<text x="{self.left - 8}" y="{self.py(v) + 4:.1f}" text-anchor="end" '
                f'fill="{GREY}">{escape(word)}</text>'
            )
        for v, word in x_ticks:
            self.out.append(
                f'<line x1="{self.px(v):.1f}" x2="{self.px(v):.1f}" y1="{bottom}" '
                f'y2="{bottom + 4}" stroke="{GREY}"/>'
                f'<text x="{self.px(v):.1f}" y="{bottom + 18}" text-anchor="middle" '
                f'fill="{GREY}">{escape(word)}</text>'
            )
        if title:
            self.text(self.left, self.top - 9, title, bold=True)
        if x_title:
            self.text(self.left + self.width / 2, bottom + 37, x_title, anchor="middle")

    def text(
        self, x: float, y: float, words: str, colour: str = "#1b2126",
        anchor: str = "start", bold: bool = False,
    ) -> None:  # fmt: skip
        """Words at a place in pixels."""
        weight = ' font-weight="600"' if bold else ""
        self.out.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"'
            f"{weight}>{escape(words)}</text>"
        )

    def line(
        self, xs: Sequence[float], ys: Sequence[float], colour: str, dash: str = ""
    ) -> None:
        points = " ".join(
            f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in zip(xs, ys, strict=True)
        )
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.out.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" '
            f'stroke-width="2"{extra}/>'
        )

    def band(
        self, xs: Sequence[float], low: Sequence[float], high: Sequence[float],
        colour: str, opacity: float = 0.18,
    ) -> None:  # fmt: skip
        there = [
            f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in zip(xs, low, strict=True)
        ]
        back = [
            f"{self.px(x):.1f},{self.py(y):.1f}" for x, y in zip(xs, high, strict=True)
        ]
        self.out.append(
            f'<polygon points="{" ".join(there + back[::-1])}" fill="{colour}" '
            f'opacity="{opacity}"/>'
        )

    def bar(
        self, x: float, low: float, high: float, colour: str, width: float = 1.5
    ) -> None:
        self.out.append(
            f'<line x1="{self.px(x):.1f}" x2="{self.px(x):.1f}" y1="{self.py(low):.1f}" '
            f'y2="{self.py(high):.1f}" stroke="{colour}" stroke-width="{width}"/>'
        )

    def dot(self, x: float, y: float, colour: str, radius: float = 4.0) -> None:
        self.out.append(
            f'<circle cx="{self.px(x):.1f}" cy="{self.py(y):.1f}" r="{radius}" '
            f'fill="{colour}"/>'
        )

    def shade(self, a: float, b: float, words: str) -> None:
        """A grey stretch of the x axis with words in it."""
        x0, x1 = self.px(a), self.px(b)
        self.out.append(
            f'<rect x="{x0:.1f}" y="{self.top}" width="{max(x1 - x0, 1.5):.1f}" '
            f'height="{self.height}" fill="{GREY}" opacity=".22"/>'
        )
        self.text(x1 + 5, self.top + 14, words, GREY)


def svg(width: int, height: int, title: str, panels: Sequence[Panel]) -> str:
    """The picture: a title and its panels."""
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                f'width="{width}" height="{height}" '
                'font-family="system-ui,DejaVu Sans,sans-serif" font-size="12">',
                f'<rect width="{width}" height="{height}" fill="#fff"/>',
                f'<text x="{panels[0].left}" y="24" font-size="14" font-weight="600" '
                f'fill="#1b2126">{escape(title)}</text>',
                *(line for p in panels for line in p.out),
                "</svg>",
            ]
        )
        + "\n"
    )
