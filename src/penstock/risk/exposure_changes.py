"""What changes exposure: prices and rates that move, orders that open and close, fills, and the beginning of a day.

Each changes the lines that it touches, and the totals by the lines' differences. Only folds call them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from penstock.domain.instrument import Instrument
from penstock.risk.exposure import ZERO, Exposure, Line, Mark, Open, Total, add, multiply, subtract, value_line
from penstock.risk.scopes import DESK

NO_LINES: dict[str, Line] = {}


def price_moved(book: Exposure, instrument: Instrument, price: Decimal) -> None:
    """A symbol has a new price: its lines are valued anew."""
    book.prices[instrument.symbol] = price
    _revalue(book, instrument)


def rate_moved(book: Exposure, currency: str, rate: Decimal, instruments: Mapping[str, Instrument]) -> None:
    """A currency has a new exchange rate into the base."""
    book.rates[currency] = rate
    for symbol in book.prices:
        instrument = instruments[symbol]
        if currency in (instrument.currency, instrument.settlement_currency):
            _revalue(book, instrument)


def order_open(
    book: Exposure,
    order_id: str,
    owners: tuple[str, ...],
    instrument: Instrument,
    sign: int,
    quantity: Decimal,
    worst_price: Decimal,
    *,
    has_traded: bool = False,
) -> None:
    """An order may still fill `quantity`, at `worst_price` at worst.

    Told at its start and at every change, with 0 at its end. `has_traded`: whether anything of it filled, so that it
    stays one of the day's trades when it ends.
    """
    known = book.orders.pop(order_id, None)
    if known is not None or quantity:
        value = instrument.notional(quantity, worst_price)
        if quantity:
            book.orders[order_id] = Open(instrument.symbol, owners, sign, quantity, value)
        if known is None:
            _reserve(book, instrument, owners, sign, quantity, value)
            _count(book, instrument, owners, 1, 0 if has_traded else 1)
        else:
            owners = known.owners
            _reserve(book, instrument, owners, sign, subtract(quantity, known.quantity), subtract(value, known.value))
            if not quantity:
                _count(book, instrument, owners, -1, 0 if has_traded else -1)
    _revalue_lines(book, instrument, owners)


def filled(
    book: Exposure,
    owners: tuple[str, ...],
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal = ZERO,
) -> None:
    """A signed quantity traded at a price, for a fee in the settlement currency.

    `order_open` has to be told next, what is left of the order: it values the lines.
    """
    _hold(book, owners, instrument, quantity, price, fee)
    mark = book.mark(instrument)
    if isinstance(mark, str):
        return  # the line is unknown, and so nothing more trades until it is not
    value = multiply(instrument.notional(quantity.copy_abs(), price), mark.rate)
    for owner in owners:
        line = book.lines[instrument.symbol][owner]
        line.traded = add(line.traded, value)
        for scope in line.rolls:
            total = book.totals[scope]
            total.traded = add(total.traded, value)


def held(
    book: Exposure,
    owners: tuple[str, ...],
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal = ZERO,
) -> None:
    """A position changed as by a fill that is none of the day's trades: a first holding, a bust (by its opposite)."""
    _hold(book, owners, instrument, quantity, price, fee)
    _revalue_lines(book, instrument, owners)


def day_opened(book: Exposure, instruments: Mapping[str, Instrument]) -> None:
    """Gains count from now on. A line without a price keeps its basis, so that no loss is forgotten."""
    for symbol, lines in book.lines.items():
        mark = book.mark(instruments[symbol])
        if isinstance(mark, str):
            continue
        for line in lines.values():
            line.basis = multiply(line.held, mark.worth)
        _revalue(book, instruments[symbol])
    for lines in book.lines.values():
        for line in lines.values():
            line.traded, line.trades = ZERO, line.orders
    for total in book.totals.values():
        total.traded, total.trades = ZERO, total.orders


def totals_changed(
    book: Exposure, instruments: Mapping[str, Instrument], scopes: Iterable[str], sectors: Mapping[str, str]
) -> None:
    """Other symbols, asset classes and sectors have totals: all are summed anew, this once."""
    book.scopes, book.sectors = dict.fromkeys(scopes), dict(sectors)
    book.totals.clear()
    for symbol, lines in book.lines.items():
        instrument = instruments[symbol]
        for owner, line in lines.items():
            line.rolls = _rolls(book, owner, instrument)
            for scope in line.rolls:
                total = book.totals.setdefault(scope, Total())
                total.orders += line.orders
                total.trades += line.trades
                total.traded = add(total.traded, line.traded)
            line.high = line.low = line.gross = line.reserved = line.buys = line.gain = ZERO
        _revalue(book, instrument)


def line_of(book: Exposure, owner: str, instrument: Instrument) -> Line:
    """An owner's line of a symbol, begun if there is none."""
    lines = book.lines.setdefault(instrument.symbol, {})
    line = lines.get(owner)
    if line is None:
        line = lines[owner] = Line(rolls=_rolls(book, owner, instrument))
        for scope in line.rolls:
            book.totals.setdefault(scope, Total())
    return line


def _rolls(book: Exposure, owner: str, instrument: Instrument) -> tuple[str, ...]:
    """The totals that a line adds to."""
    if not owner.startswith("account/"):
        return (owner,)
    more = (
        f"symbol/{instrument.symbol}",
        f"asset_class/{instrument.asset_class}",
        f"sector/{book.sectors.get(instrument.symbol, '')}",
    )
    return (DESK, owner, *(scope for scope in more if scope in book.scopes))


def _hold(
    book: Exposure, owners: tuple[str, ...], instrument: Instrument, quantity: Decimal, price: Decimal, fee: Decimal
) -> None:
    paid = add(instrument.value(quantity, price), fee)
    for owner in owners:
        line = line_of(book, owner, instrument)
        line.held = add(line.held, quantity)
        line.basis = add(line.basis, paid)


def _reserve(
    book: Exposure, instrument: Instrument, owners: tuple[str, ...], sign: int, quantity: Decimal, value: Decimal
) -> None:
    for owner in owners:
        line = line_of(book, owner, instrument)
        if sign > 0:
            line.open_buy, line.buy_value = add(line.open_buy, quantity), add(line.buy_value, value)
        else:
            line.open_sell, line.sell_value = add(line.open_sell, quantity), add(line.sell_value, value)


def _count(book: Exposure, instrument: Instrument, owners: tuple[str, ...], orders: int, trades: int) -> None:
    for owner in owners:
        line = book.lines[instrument.symbol][owner]
        line.orders += orders
        line.trades += trades
        for scope in line.rolls:
            total = book.totals[scope]
            total.orders += orders
            total.trades += trades


def _revalue(book: Exposure, instrument: Instrument) -> None:
    mark = book.reckon(instrument)
    if isinstance(mark, Mark):
        book.marks[instrument.symbol] = mark
    lines = book.lines.get(instrument.symbol)
    if lines:
        _revalue_lines(book, instrument, tuple(lines))


def _revalue_lines(book: Exposure, instrument: Instrument, owners: tuple[str, ...]) -> None:
    mark = book.mark(instrument)
    lines, totals = book.lines.get(instrument.symbol, NO_LINES), book.totals
    for owner in owners:
        line = lines.get(owner)
        if line is None:
            continue
        high, low, gross, reserved, buys, gain = line.high, line.low, line.gross, line.reserved, line.buys, line.gain
        unknown = value_line(line, mark)
        key = f"{owner} {instrument.symbol}" if unknown else ""
        high = ZERO if line.high == high else subtract(line.high, high)
        low = ZERO if line.low == low else subtract(line.low, low)
        gross = ZERO if line.gross == gross else subtract(line.gross, gross)
        reserved = ZERO if line.reserved == reserved else subtract(line.reserved, reserved)
        buys = ZERO if line.buys == buys else subtract(line.buys, buys)
        gain = ZERO if line.gain == gain else subtract(line.gain, gain)
        for scope in line.rolls:
            total = totals[scope]
            if high:
                total.high = add(total.high, high)
            if low:
                total.low = add(total.low, low)
            if gross:
                total.gross = add(total.gross, gross)
            if reserved:
                total.reserved = add(total.reserved, reserved)
            if buys:
                total.buys = add(total.buys, buys)
            if gain:
                total.gain = add(total.gain, gain)
            if unknown:
                total.unknown[key] = unknown
            elif total.unknown:
                total.unknown.pop(f"{owner} {instrument.symbol}", None)
