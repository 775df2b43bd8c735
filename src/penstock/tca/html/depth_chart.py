"""What stood in the book when we traded: the side we took from or rested on, at the touch and over its levels."""

import math
from typing import NamedTuple

from markupsafe import Markup

from penstock.domain.events import ChildFilled
from penstock.domain.orders import Side
from penstock.domain.venue import Liquidity
from penstock.tca.analysis import ParentCosts
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, chart, dot, line, steps, time_axis, tip, value_axis

FRAME = Frame()
MOST = 160  # fills shown; of more, an even choice


class Seen(NamedTuple):
    """One fill and the quantities displayed on its side of the book."""

    fill: ChildFilled
    touch: float
    levels: float
    shown: int


def depth_chart(parent: ParentCosts) -> Markup | None:
    """Displayed depth at the fills, on a logarithmic scale; None where no fill knows it."""
    seen = [each for fill in parent.record.fills if (each := _seen(fill, parent.record.side)) is not None]
    if not seen:
        return None
    seen = [seen[n * len(seen) // min(len(seen), MOST)] for n in range(min(len(seen), MOST))]
    values = [v for s in seen for v in (s.touch, s.levels, float(s.fill.last_qty))]
    low, high = math.floor(math.log10(min(values)) - 0.05), math.ceil(math.log10(max(values)) + 0.05)
    times = [s.fill.traded_at for s in seen]
    x = FRAME.x(parent.record.arrived_at, max(parent.ended_at, max(times), parent.record.arrived_at + 1))
    y = FRAME.y(low, high)
    parts = value_axis(FRAME, y, range(low + 1, high + 1), lambda power: wording.quantity(_power(power)))
    parts += time_axis(FRAME, x)
    parts.append(line(steps([(x(s.fill.traded_at), y(math.log10(s.levels))) for s in seen]), "levels"))
    parts.append(line(steps([(x(s.fill.traded_at), y(math.log10(s.touch))) for s in seen]), "touch"))
    parts += [_circle(s, x(s.fill.traded_at), y(math.log10(float(s.fill.last_qty)))) for s in seen]
    return chart(FRAME, "Displayed depth when the order's fills happened, and their sizes", parts)


def _power(exponent: float) -> float:
    return float(10 ** int(exponent)) if exponent >= 0 else 10.0**exponent


def _seen(fill: ChildFilled, side: Side) -> Seen | None:
    if fill.depth is None:
        return None
    maker = fill.liquidity is Liquidity.MAKER
    levels = fill.depth.bids if (side is Side.BUY) == maker else fill.depth.asks
    sizes = [float(quantity) for _, quantity in levels if quantity > 0]
    return Seen(fill, sizes[0], sum(sizes), len(sizes)) if sizes else None


def _circle(seen: Seen, x: float, y: float) -> str:
    fill = seen.fill
    did = "rested" if fill.liquidity is Liquidity.MAKER else "took"
    said = tip(
        wording.clock(fill.traded_at, fine=True),
        f"{did} {wording.quantity(fill.last_qty)} · {fill.venue}",
        f"displayed {wording.quantity(seen.touch)} at the touch",
        f"{wording.quantity(seen.levels)} in {seen.shown} levels",
    )
    return f'<circle class="{fill.liquidity.value}" cx="{dot(x)}" cy="{dot(y)}" r="3.2" {said}/>'
