"""Plots with axes as inline SVG: lines, bands, points and bars; equal numbers give equal text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

Point = tuple[float, float]
NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
WIDTH, HEIGHT = 560.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 26.0, 12.0, 46.0


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``.

    Examples
    --------
    >>> ticks(0, 1)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    span = high - low or 1.0
    size = 10.0 ** floor(log10(span / about))
    step = next(size * one for one in NICE if span / (size * one) <= about)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def in_digits(value: float) -> str:
    """Return a tick's label.

    Examples
    --------
    >>> in_digits(20000.0), in_digits(0.25)
    ('20,000', '0.25')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


@dataclass
class Plot:
    """Axes, and what is drawn over them.

    Attributes
    ----------
    x, y
        (low, high) of the axes.
    percent
        Whether the y axis is labelled in per cent.
    """

    name: str
    x: Point
    y: Point
    x_label: str
    y_label: str
    percent: bool = False
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    marks: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> Point:
        """Return where a value lies on the page."""
        across, up = self.width - self.left - RIGHT, self.height - TOP - BOTTOM
        return (
            self.left + across * (x - self.x[0]) / (self.x[1] - self.x[0]),
            self.height - BOTTOM - up * (y - self.y[0]) / (self.y[1] - self.y[0]),
        )

    def line(self, points: Sequence[Point], hue: str, *, dash: str = "", wide: float = 2) -> None:
        """Join points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<polyline points="{self._path(points)}" fill="none" stroke="{hue}" '
            f'stroke-width="{wide:g}"{dashed}/>'
        )

    def band(self, low: Sequence[Point], high: Sequence[Point], hue: str) -> None:
        """Fill between two lines."""
        path = self._path([*low, *reversed(high)])
        self.marks.append(f'<polygon points="{path}" fill="{hue}" fill-opacity=".16"/>')

    def dot(
        self, x: float, y: float, hue: str, *, size: float = 4, opacity: float = 1, title: str = ""
    ) -> None:
        """Mark a point."""
        across, up = self.at(x, y)
        told = f"<title>{escape(title)}</title>" if title else ""
        self.marks.append(
            f'<circle cx="{across:.1f}" cy="{up:.1f}" r="{size:g}" fill="{hue}" '
            f'fill-opacity="{opacity:g}">{told}</circle>'
        )

    def bar(self, low: Point, high: Point, hue: str, *, opacity: float = 1) -> None:
        """Fill the box between two corners."""
        (x0, y0), (x1, y1) = self.at(*low), self.at(*high)
        self.marks.append(
            f'<rect x="{min(x0, x1):.1f}" y="{min(y0, y1):.1f}" width="{abs(x1 - x0):.1f}" '
            f'height="{abs(y1 - y0):.1f}" fill="{hue}" fill-opacity="{opacity:g}"/>'
        )

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", up: float = 0) -> None:
        """Write beside a point."""
        across, high = self.at(x, y)
        self.marks.append(
            f'<text x="{across:.1f}" y="{high - up:.1f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def vertical(self, x: float) -> None:
        """Draw a thin upright line, e.g. where there is no difference."""
        across, _ = self.at(x, self.y[0])
        self.marks.append(
            f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{TOP:g}" '
            f'y2="{self.height - BOTTOM:g}" class="zero"/>'
        )

    def horizontal(self, y: float) -> None:
        """Draw a thin level line."""
        _, up = self.at(self.x[0], y)
        self.marks.append(
            f'<line x1="{self.left:g}" x2="{self.width - RIGHT:g}" y1="{up:.1f}" y2="{up:.1f}" '
            'class="zero"/>'
        )

    def svg(self, *, rows: Sequence[str] = ()) -> str:
        """Return the plot; ``rows`` name the whole numbers of the y axis instead of its ticks."""
        body = "".join([*self._x_axis(), *(self._rows(rows) if rows else self._y_axis())])
        return (
            f'<svg class="plot" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{escape(self.name)}"><title>{escape(self.name)}</title>{body}'
            f"{''.join(self.marks)}</svg>"
        )

    def _path(self, points: Sequence[Point]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*one) for one in points))

    def _x_axis(self) -> list[str]:
        foot, parts = self.height - BOTTOM, []
        for value in ticks(*self.x):
            across, _ = self.at(value, self.y[0])
            parts.append(
                f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{TOP:g}" y2="{foot:g}" '
                f'class="grid"/><text x="{across:.1f}" y="{foot + 16:g}" text-anchor="middle" '
                f'class="tick">{in_digits(value)}</text>'
            )
        middle = (self.left + self.width - RIGHT) / 2
        parts.append(
            f'<text x="{middle:.0f}" y="{self.height - 8:g}" text-anchor="middle">'
            f"{escape(self.x_label)}</text>"
        )
        return parts

    def _y_axis(self) -> list[str]:
        parts, middle = [], (TOP + self.height - BOTTOM) / 2
        for value in ticks(*self.y):
            _, up = self.at(self.x[0], value)
            label = f"{100 * value:g} %" if self.percent else in_digits(value)
            parts.append(
                f'<line x1="{self.left:g}" x2="{self.width - RIGHT:g}" y1="{up:.1f}" '
                f'y2="{up:.1f}" class="grid"/><text x="{self.left - 6:g}" y="{up + 4:.1f}" '
                f'text-anchor="end" class="tick">{label}</text>'
            )
        parts.append(
            f'<text x="14" y="{middle:.0f}" text-anchor="middle" '
            f'transform="rotate(-90 14 {middle:.0f})">{escape(self.y_label)}</text>'
        )
        return parts

    def _rows(self, rows: Sequence[str]) -> list[str]:
        return [
            f'<text x="{self.left - 8:g}" y="{self.at(self.x[0], k)[1] + 4:.1f}" '
            f'text-anchor="end">{escape(name)}</text>'
            for k, name in enumerate(rows)
        ]


def reach(values: Sequence[float], *, zero: bool = False, room: float = 0.06) -> Point:
    """Return an axis that holds all values, with room at both ends.

    Examples
    --------
    >>> reach([1.0, 3.0], zero=True, room=0.0)
    (0.0, 3.0)
    """
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or abs(high) or 1.0
    return low - room * span, high + room * span
