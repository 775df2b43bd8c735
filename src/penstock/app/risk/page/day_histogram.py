"""What each recorded day would have meant for today's positions, as a histogram with the tail's quantiles marked."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from penstock.app.risk.figures import short
from penstock.app.risk.stress_report import RiskLine
from penstock.tca.html.svg import Frame, chart, dot, nice_ticks, tip, value_axis

FRAME = Frame(width=640, height=300, top=30, bottom=34, left=8)
BINS_ABOUT = 32


def day_histogram(gains: Sequence[float], risks: Sequence[RiskLine], currency: str) -> Markup | None:
    """The chart; None where no day is recorded. Bars beyond the historical value at risk at 95 % are the tail."""
    if not gains:
        return None
    marks = {line.confidence: line for line in risks if line.method == "historical"}
    low, high = min(gains), max(gains)
    width = _round((high - low or 1.0) / BINS_ABOUT)
    first, last = math.floor(low / width), math.floor(high / width)
    counts = [0] * (last - first + 1)
    for gain in gains:
        counts[math.floor(gain / width) - first] += 1
    x = FRAME.x(first * width, (last + 1) * width)
    y = FRAME.y(0, max(counts) * 1.04)
    ticks = [tick for tick in nice_ticks(0, max(counts), 4) if tick == int(tick) and tick]
    parts = value_axis(FRAME, y, ticks, lambda days: f"{days:.0f} days")
    tail = -marks[min(marks)].var if marks else -math.inf
    base = FRAME.height - FRAME.bottom
    for place, count in enumerate(counts):
        if count:
            start = (first + place) * width
            css = "tail" if start + width / 2 < tail else "body"
            told = tip(f"{short(start, currency)} to {short(start + width, currency)}", f"{count} of {len(gains)} days")
            parts.append(
                f'<rect class="{css}" x="{dot(x(start) + 0.6)}" y="{dot(y(count))}" '
                f'width="{dot(x(start + width) - x(start) - 1.2)}" height="{dot(base - y(count))}" {told}/>'
            )
    parts.append(f'<path class="axis" d="M0 {base}H{FRAME.width}"/>')
    for number, tick in enumerate(nice_ticks(first * width, (last + 1) * width, 6)):
        optional = " optional" if number % 2 else ""
        parts.append(
            f'<text class="tick{optional}" x="{dot(x(tick))}" y="{base + 22}" text-anchor="middle">'
            f"{short(tick, currency)}</text>"
        )
    for confidence, line in marks.items():
        at = dot(x(-line.var))
        told = tip(f"VaR {confidence * 100:.0f} %, historical", short(line.var, currency))
        parts.append(f'<path class="mark q{round(confidence * 100)}" d="M{at} {FRAME.top - 8}V{base}" {told}/>')
        words = f"{confidence * 100:.0f} %"
        parts.append(f'<text class="tick halo" x="{at}" y="{FRAME.top - 14}" text-anchor="middle">{words}</text>')
    label = (
        f"{len(gains)} recorded days: gains of today's positions from {short(low, currency)} to {short(high, currency)}"
    )
    return chart(FRAME, label, parts)


def _round(width: float) -> float:
    """The next of 1, 2, 2.5, 5 × a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= width * 0.999)
