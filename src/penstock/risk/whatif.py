"""What an order would add to the exposure of a scope, without adding it: a few look-ups, however many lines."""

from decimal import Decimal

import msgspec

from penstock.risk.exposure import ZERO, Exposure, Line, Mark, Total

NO_LINE = Line(rolls=())


class Added(msgspec.Struct, frozen=True, gc=False):
    """The differences that an order makes to each total of its owner's line, and to what purchases need cash for."""

    high: Decimal
    low: Decimal
    gross: Decimal
    value: Decimal
    buys: Decimal


def added(
    book: Exposure, owner: str, symbol: str, mark: Mark, sign: int, quantity: Decimal, reserved: Decimal
) -> Added:
    """What `quantity` more open on a side, worth `reserved` at its worst price, would change.

    For a larger replacement it is only what is added. To 28 digits: it is compared, and not added to anything.
    """
    lines = book.lines.get(symbol)
    line = NO_LINE if lines is None else lines.get(owner, NO_LINE)
    if sign > 0:
        at_worst, at_mark = (line.buy_value + reserved) * mark.rate, (line.open_buy + quantity) * mark.unit
        high = line.held * mark.unit + (at_worst if at_worst > at_mark else at_mark)
        more, gross, low = high - line.high, high, -line.low
        return Added(more, ZERO, (gross if gross > low else low) - line.gross, more, more if mark.owned else ZERO)
    at_worst, at_mark = (line.sell_value + reserved) * mark.rate, (line.open_sell + quantity) * mark.unit
    low = line.held * mark.unit - (at_worst if at_worst > at_mark else at_mark)
    less, gross, high = low - line.low, -low, line.high
    return Added(ZERO, less, (gross if gross > high else high) - line.gross, -less, ZERO)


def net_after(total: Total, change: Added) -> Decimal:
    """The largest net exposure with the order, long or short."""
    high, low = total.high + change.high, -(total.low + change.low)
    return high if high > low else low
