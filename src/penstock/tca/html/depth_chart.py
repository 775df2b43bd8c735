"""What stood in the book when we traded: the side we took from or rested on, and the sizes of our fills."""

import math
from itertools import groupby
from statistics import median
from typing import NamedTuple

from markupsafe import Markup

from penstock.domain.events import ChildFilled
from penstock.domain.orders import Side
from penstock.domain.venue import Liquidity
from penstock.tca.analysis import ParentCosts
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, Linear, chart, dot, padded, time_axis, tip, value_axis
from penstock.tca.html.thinning import Room

FRAME = Frame()
BAR = 8.0  # width of a bar


class Seen(NamedTuple):
    """One fill and the quantities displayed on its side: at the touch before it, and over all levels shown."""

    fill: ChildFilled
    touch: float
    levels: float


def depth_chart(parent: ParentCosts, room: Room) -> Markup | None:
    """Depth and fill sizes over time, on a logarithmic scale; None where no fill knows its depth."""
    seen = [each for fill in parent.record.fills if (each := _seen(fill, parent.record.side)) is not None]
    if not seen:
        return None
    count = min(len(seen), room.depths)
    chosen = [seen[n * len(seen) // count] for n in range(count)]
    sizes = [size for each in chosen for size in (each.touch, each.levels, float(each.fill.last_qty))]
    low, high = padded(map(math.log10, sizes))
    last = max(parent.ended_at, max(each.fill.traded_at for each in seen), parent.record.arrived_at + 1)
    x, y = FRAME.x(parent.record.arrived_at, last), FRAME.y(low, high)
    parts = value_axis(FRAME, y, _round_sizes(low, high), lambda size: wording.quantity(float(f"{10**size:.3g}")))
    parts += time_axis(FRAME, x)
    for _, group in groupby(chosen, key=lambda each: int(x(each.fill.traded_at) / (BAR + 2))):
        parts += _bar(list(group), x, y)
    parts += [_circle(each, x(each.fill.traded_at), y(math.log10(float(each.fill.last_qty)))) for each in chosen]
    return chart(FRAME, "Displayed depth when the order's fills happened, and their sizes", parts)


def _round_sizes(low: float, high: float) -> list[float]:
    """Logarithms of 1, 10, 100…, and of 3, 30, 300… where the range is short."""
    leads = (1, 3) if high - low < 4 else (1,)
    powers = range(math.floor(low), math.ceil(high) + 1)
    return [size for n in powers for lead in leads if low < (size := n + math.log10(lead)) < high]


def _seen(fill: ChildFilled, side: Side) -> Seen | None:
    if fill.depth is None:
        return None
    on_bids = (side.is_buy) == (fill.liquidity is Liquidity.MAKER)
    levels = [float(quantity) for _, quantity in (fill.depth.bids if on_bids else fill.depth.asks)]
    touch = levels[0] if levels else 0.0
    if fill.before is not None:
        touch = float(fill.before.bid_qty if on_bids else fill.before.ask_qty)
    return Seen(fill, touch, max(touch, sum(levels))) if touch > 0 else None


def _bar(group: list[Seen], x: Linear, y: Linear) -> list[str]:
    """From the touch, which is marked, up to all levels: medians of fills close in time."""
    at = x(median(each.fill.traded_at for each in group)) - BAR / 2
    touch, levels = median(each.touch for each in group), median(each.levels for each in group)
    low, high = y(math.log10(touch)), y(math.log10(levels))
    said = tip(
        wording.clock(group[0].fill.traded_at),
        f"{wording.quantity(float(f'{touch:.6g}'))} at the touch",
        f"{wording.quantity(float(f'{levels:.6g}'))} in the levels shown",
    )
    place = f'x="{dot(at)}" y="{dot(high)}" width="{dot(BAR)}" height="{dot(low - high)}"'
    return [f'<rect class="depth" {place} {said}/>', f'<path class="touch" d="M{dot(at)} {dot(low)}h{dot(BAR)}"/>']


def _circle(seen: Seen, x: float, y: float) -> str:
    fill = seen.fill
    did = "rested" if fill.liquidity is Liquidity.MAKER else "took"
    said = tip(wording.clock(fill.traded_at, fine=True), f"{did} {wording.quantity(fill.last_qty)} · {fill.venue}")
    return f'<circle class="{fill.liquidity.value}" cx="{dot(x)}" cy="{dot(y)}" r="3" {said}/>'
