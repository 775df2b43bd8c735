"""The price over an order's life: the market's mid and touch, our fills by size and kind, arrival and VWAP."""

from collections.abc import Callable

from markupsafe import Markup

from penstock.domain.quote import Quote
from penstock.tca.analysis import ParentCosts
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, band, chart, dot, line, nice_ticks, padded, time_axis, tip, value_axis
from penstock.tca.html.thinning import Dot, Room, dots, thin
from penstock.tca.record import SessionRecord

FRAME = Frame(width=720, height=340, left=58)
LARGEST = 7.0  # radius of the largest fill


def price_chart(session: SessionRecord, parent: ParentCosts, room: Room) -> Markup | None:
    """The chart; None where no market is on record."""
    touches = [(s.ts, *touch) for s in session.samples_of(parent.record) if (touch := _touch(s.quotes))]
    if not touches:
        return None
    shown = thin(touches, room.points, key=2)
    marks = dots(parent.record.fills, room.dots)
    levels = [float(level) for level in (parent.marks.arrival, parent.marks.vwap) if level is not None]
    values = [value for _, *touch in shown for value in touch] + [mark.price for mark in marks] + levels
    x = FRAME.x(parent.record.arrived_at, max(parent.ended_at, shown[-1][0], parent.record.arrived_at + 1))
    y = FRAME.y(*padded(values))
    words = _price_words(parent)
    parts = value_axis(FRAME, y, nice_ticks(y.low, y.high), words)
    parts += time_axis(FRAME, x)
    parts.append(band([(x(t), y(ask)) for t, _, _, ask in shown], [(x(t), y(bid)) for t, bid, _, _ in shown], "band"))
    parts.append(line([(x(t), y(mid)) for t, _, mid, _ in shown], "mid"))
    parts.append(f'<path class="arrival" d="M{FRAME.left} {dot(y(float(parent.marks.arrival)))}H{FRAME.width}"/>')
    if parent.marks.vwap is not None:
        parts.append(f'<path class="vwap" d="M{FRAME.left} {dot(y(float(parent.marks.vwap)))}H{FRAME.width}"/>')
    strip = FRAME.width / room.columns
    for t, bid, mid, ask in thin(shown, room.columns, key=2):
        said = tip(wording.clock(t), f"mid {words(mid)}", f"bid {words(bid)} · ask {words(ask)}")
        parts.append(
            f'<rect class="strip" x="{dot(x(t) - strip / 2)}" width="{dot(strip)}" height="{FRAME.height}" {said}/>'
        )
    largest = max((mark.quantity for mark in marks), default=None)
    for mark in marks:
        radius = max(2.3, LARGEST * float(mark.quantity / largest) ** 0.5) if largest else LARGEST
        parts.append(_circle(mark, x(mark.ts), y(mark.price), radius, parent))
    label = f"Price of {parent.record.terms.symbol} while the order was worked, with its fills"
    return chart(FRAME, label, parts)


def _touch(quotes: dict[str, Quote]) -> tuple[float, float, float] | None:
    """Best bid, mid and best ask over the sound books."""
    sound = [(q.bid, q.ask) for q in quotes.values() if q.is_sound and q.bid is not None and q.ask is not None]
    if not sound:
        return None
    bid, ask = max(float(bid) for bid, _ in sound), min(float(ask) for _, ask in sound)
    return min(bid, ask), (bid + ask) / 2, max(bid, ask)


def _price_words(parent: ParentCosts) -> Callable[[float], str]:
    digits = wording.decimals(parent.record.instrument)
    return lambda value: wording.number(value, digits)


def _circle(mark: Dot, x: float, y: float, radius: float, parent: ParentCosts) -> str:
    kind = "maker" if mark.maker else "taker"
    many = f" in {mark.fills} fills" if mark.fills > 1 else ""
    side = parent.record.side.value
    paid = wording.number(mark.price, wording.decimals(parent.record.instrument))
    said = tip(
        wording.clock(mark.ts, fine=True),
        f"{side} {wording.quantity(mark.quantity)} @ {paid}{many}",
        f"{kind} · {mark.venue}",
    )
    return f'<circle class="{kind}" cx="{dot(x)}" cy="{dot(y)}" r="{dot(radius)}" {said}/>'
