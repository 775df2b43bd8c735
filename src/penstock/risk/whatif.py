"""What an order would add to the exposure of a scope, without adding it: a few look-ups, however many lines."""

from decimal import Decimal

import msgspec

from penstock.domain.instrument import Instrument
from penstock.risk.exposure import ZERO, Exposure, Line, Mark, Total, add, multiply, subtract

NO_LINE = Line(rolls=())


class Added(msgspec.Struct, frozen=True, gc=False):
    """The differences that an order makes to each total of its owner's line, and to what purchases need cash for."""

    high: Decimal
    low: Decimal
    gross: Decimal
    value: Decimal
    buys: Decimal


def added(
    book: Exposure, owner: str, instrument: Instrument, mark: Mark, sign: int, quantity: Decimal, worst_price: Decimal
) -> Added:
    """What `quantity` more open on a side would change. For a larger replacement it is only what is added."""
    lines = book.lines.get(instrument.symbol)
    line = NO_LINE if lines is None else lines.get(owner, NO_LINE)
    value = add(line.buy_value if sign > 0 else line.sell_value, instrument.notional(quantity, worst_price))
    units = add(line.open_buy if sign > 0 else line.open_sell, quantity)
    whole = max(multiply(value, mark.rate), multiply(units, mark.unit))
    held = multiply(line.held, mark.unit)
    if sign > 0:
        high, low = add(held, whole), line.low
        more = subtract(high, line.high)
        return Added(more, ZERO, subtract(max(high, low.copy_negate()), line.gross), more, more if mark.owned else ZERO)
    high, low = line.high, subtract(held, whole)
    more = subtract(line.low, low)
    return Added(ZERO, more.copy_negate(), subtract(max(high, low.copy_negate()), line.gross), more, ZERO)


def net_after(total: Total, change: Added) -> Decimal:
    """The largest net exposure with the order."""
    return max(add(total.high, change.high), add(total.low, change.low).copy_negate())
