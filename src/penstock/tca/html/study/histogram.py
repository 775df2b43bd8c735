"""How single orders' costs are spread: a histogram, gains on one side of nought and costs on the other."""

from markupsafe import Markup

from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, chart, dot, nice_ticks, tip, value_axis

FRAME = Frame(width=640, height=300, left=40)


def histogram(bins: list[list[float]], of: str) -> Markup | None:
    """Bars of (low, high, count) of orders or fills; None for nothing."""
    if not bins:
        return None
    x, y = FRAME.x(bins[0][0], bins[-1][1]), FRAME.y(0, max(count for *_, count in bins) * 1.08)
    parts = value_axis(FRAME, y, [t for t in nice_ticks(0, y.high) if t and t == int(t)], lambda n: f"{n:.0f}")
    base = y(0)
    for low, high, count in bins:
        if not count:
            continue
        tone = "cost" if low + high > 0 else "gain"
        place = f'x="{dot(x(low) + 0.8)}" y="{dot(y(count))}" width="{dot(max(x(high) - x(low) - 1.6, 1))}"'
        orders = f"{count:.0f} {of.removesuffix('s') if count == 1 else of}"
        said = tip(f"{wording.signed(low)} to {wording.signed(high)} bps", orders)
        parts.append(f'<rect class="bin {tone}" {place} height="{dot(base - y(count))}" rx="1.5" {said}/>')
    for n, tick in enumerate(nice_ticks(x.low, x.high, about=6)):
        optional = "" if n % 2 == 0 else " optional"
        words = wording.signed(tick, 0 if abs(tick) >= 10 or tick == int(tick) else 1)
        parts.append(
            f'<text class="tick{optional}" x="{dot(x(tick))}" y="{base + 22}" text-anchor="middle">{words}</text>'
        )
    parts.append(f'<path class="axis" d="M{FRAME.left} {base}H{FRAME.width}"/>')
    if x.low < 0 < x.high:
        parts.append(f'<path class="nought" d="M{dot(x(0))} {FRAME.top}V{base}"/>')
    return chart(FRAME, f"{of.capitalize()} by their cost against arrival, in basis points", parts)
