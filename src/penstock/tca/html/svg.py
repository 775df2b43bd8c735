"""Charts by hand: a frame, its scales and its axes. Everything visible is a class that the style sheet colours.

A chart is drawn once, at one size, and scales with the page; the labels of its axes stand inside it, above their
grid lines, so that a phone may enlarge them without a margin growing.
"""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup, escape

from penstock.domain.time import DAY, HOUR, MINUTE, SECOND
from penstock.tca.html.wording import clock

Point = tuple[float, float]
TIME_STEPS = [
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    DAY,
]


class Linear(NamedTuple):
    """Maps `[low, high]` of the data to `[start, stop]` of the drawing."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        return self.start + (value - self.low) / span * (self.stop - self.start) if span else self.start


class Frame(NamedTuple):
    """The size of a chart, and the room that its axes take: times below, values at the left."""

    width: int = 640
    height: int = 320
    top: int = 16
    bottom: int = 34
    left: int = 48

    def x(self, low: float, high: float) -> Linear:
        return Linear(low, high, self.left, self.width - 8)

    def y(self, low: float, high: float) -> Linear:
        return Linear(low, high, self.height - self.bottom, self.top)


def chart(frame: Frame, label: str, parts: Iterable[str]) -> Markup:
    """The finished drawing; `label` says to a screen reader what it shows."""
    body = "".join(parts)
    head = f'<svg class="chart" viewBox="0 0 {frame.width} {frame.height}" role="img"'
    return Markup(f'{head} aria-label="{escape(label)}">{body}</svg>')


def padded(values: Iterable[float], share: float = 0.08) -> tuple[float, float]:
    """The values' range with some air above and below, never empty."""
    known = list(values)
    low, high = min(known), max(known)
    air = (high - low) * share or abs(high) * 1e-4 or 1.0
    return low - air, high + air


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round values (1, 2, 2.5, 5 × a power of ten) inside the range, `about` so many."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def time_axis(frame: Frame, scale: Linear, about: int = 6) -> list[str]:
    """Ticks at round times, labelled to the minute, or to the second where the span is short."""
    span = scale.high - scale.low
    step = next((step for step in TIME_STEPS if span / step <= about), TIME_STEPS[-1])
    first = math.ceil(scale.low / step)
    base = frame.height - frame.bottom
    parts = [f'<path class="axis" d="M0 {base}H{frame.width}"/>']
    for n in range(first, math.floor(scale.high / step) + 1):
        x = scale(n * step)
        words = clock(n * step) if step < MINUTE else clock(n * step)[:5]
        anchor = "end" if x > frame.width - 30 else "middle"
        optional = "" if (n - first) % 2 == 0 else " optional"
        parts.append(f'<path class="axis" d="M{dot(x)} {base}v5"/>')
        parts.append(f'<text class="tick{optional}" x="{dot(x)}" y="{base + 22}" text-anchor="{anchor}">{words}</text>')
    return parts


def value_axis(frame: Frame, scale: Linear, ticks: Iterable[float], words: Callable[[float], str]) -> list[str]:
    """Grid lines with their values above them, at the left."""
    parts = []
    for tick in ticks:
        y = dot(scale(tick))
        parts.append(f'<path class="grid" d="M0 {y}H{frame.width}"/>')
        parts.append(f'<text class="tick halo" x="2" y="{y}" dy="-4">{escape(words(tick))}</text>')
    return parts


def line(points: Iterable[Point], css: str) -> str:
    return f'<path class="{css}" d="{trace(points)}"/>'


def steps(points: list[Point]) -> list[Point]:
    """The corners of a line that holds each value until the next."""
    corners = points[:1]
    for (_, held), (x, y) in pairwise(points):
        corners += [(x, held), (x, y)]
    return corners


def band(upper: list[Point], lower: list[Point], css: str) -> str:
    return f'<path class="{css}" d="{trace(upper + lower[::-1])}Z"/>'


def trace(points: Iterable[Point]) -> str:
    """The path through the points, level and upright pieces in their short form."""
    corners = [(dot(x), dot(y)) for x, y in points]
    pieces = ["M{} {}".format(*corners[0])] if corners else []
    for before, (x, y) in pairwise(corners):
        if (x, y) != before:
            pieces.append(f"V{y}" if x == before[0] else f"H{x}" if y == before[1] else f"L{x} {y}")
    return "".join(pieces)


def tip(*lines: str) -> str:
    """The attribute that makes a shape tell these lines when pointed at."""
    return f'data-tip="{escape("|".join(lines))}"'


def dot(value: float) -> str:
    """A coordinate to a tenth, as short as it goes."""
    return f"{value:.1f}".removesuffix(".0")
