"""What could be at stake, kept up to date: each position, and everything that may still fill at its worst price.

A *line* is what one owner (an account; a venue; a user or strategy that is limited) has of one symbol. If all its open
buys filled it would be worth `high`, if all its open sells did, `low`; its gross exposure is the larger of high and
−low. What is open on a side counts together, at its worst prices or at the mark, whichever is more. Lines of accounts
add up to the desk's and the account's totals, and to those of the symbol, asset class and sector that are limited
(accounts are not netted against each other); lines of other owners add up to their owner's. So every total changes by
the difference of one line, and nothing is summed for an order.

Without a price or an exchange rate a line is *unknown*, and so is every total that it belongs to: see `unknown`.
Everything is exact, in the base currency.
"""

from decimal import Decimal

import msgspec

from penstock.domain.instrument import ONE, Instrument
from penstock.domain.money import EXACT

ZERO = Decimal(0)
add, subtract, multiply = EXACT.add, EXACT.subtract, EXACT.multiply


class Line(msgspec.Struct, kw_only=True, gc=False):
    """One owner's position and open orders in one symbol.

    `basis` is what the position cost, or was worth when the day began. Quantities are in
    units, `basis` in the settlement currency, `*_value` in the instrument's currency, reserved at the orders' worst
    prices. The rest is in the base currency and follows from these and the mark.
    """

    rolls: tuple[str, ...]
    held: Decimal = ZERO
    basis: Decimal = ZERO
    open_buy: Decimal = ZERO
    open_sell: Decimal = ZERO
    buy_value: Decimal = ZERO
    sell_value: Decimal = ZERO
    high: Decimal = ZERO
    low: Decimal = ZERO
    gross: Decimal = ZERO
    reserved: Decimal = ZERO
    buys: Decimal = ZERO
    gain: Decimal = ZERO
    orders: int = 0
    traded: Decimal = ZERO
    trades: int = 0


class Total(msgspec.Struct, kw_only=True):
    """A scope's exposure in the base currency.

    `gross` is Σ gross, `high` and `low` bound the net; `reserved` is the value of open orders, `buys` that of purchases
    which need cash; `gain` is the day's, realised and not. `orders` are open. `traded` is the value of the day's fills
    and `trades` the number of orders that traded in it or still may. `unknown` are its lines without a value.
    """

    gross: Decimal = ZERO
    high: Decimal = ZERO
    low: Decimal = ZERO
    reserved: Decimal = ZERO
    buys: Decimal = ZERO
    gain: Decimal = ZERO
    orders: int = 0
    traded: Decimal = ZERO
    trades: int = 0
    unknown: dict[str, str] = {}

    @property
    def net(self) -> Decimal:
        """The largest that the net exposure can become by open orders, long or short, as a positive amount."""
        return max(self.high, self.low.copy_negate())


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What one unit of a symbol counts as exposure, the exchange rate of reserves, and what a gain is measured by."""

    unit: Decimal
    rate: Decimal
    worth: Decimal  # in the settlement currency
    settled_rate: Decimal
    owned: bool
    is_base: bool  # priced and settled in the base currency


class Open(msgspec.Struct, frozen=True, gc=False):
    """What an order has reserved: units at a worst price, in the lines of its owners. `sign` is +1 for a buy."""

    symbol: str
    owners: tuple[str, ...]
    sign: int
    quantity: Decimal
    value: Decimal


class Exposure(msgspec.Struct, kw_only=True):
    """All lines by symbol and owner, all totals by scope, and what they are valued at. `rates` are into `base`.

    `scopes` are the symbols, asset classes and sectors that have totals.
    """

    base: str = "USD"
    scopes: dict[str, None] = {}
    sectors: dict[str, str] = {}
    prices: dict[str, Decimal] = {}
    rates: dict[str, Decimal] = {}
    marks: dict[str, Mark] = {}
    lines: dict[str, dict[str, Line]] = {}
    totals: dict[str, Total] = {}
    orders: dict[str, Open] = {}

    def total(self, scope: str) -> Total:
        """A scope's total; one that nothing ever belonged to is empty."""
        return self.totals.get(scope) or Total()

    def mark(self, instrument: Instrument) -> Mark | str:
        """What the symbol is valued at now, or why that is not known."""
        return self.marks.get(instrument.symbol) or self.reckon(instrument)

    def reckon(self, instrument: Instrument) -> Mark | str:
        """The mark, from price and exchange rates."""
        price = self.prices.get(instrument.symbol)
        if price is None:
            return f"there is no price of {instrument.symbol}"
        rate, settled_rate = self._rate(instrument.currency), self._rate(instrument.settlement_currency)
        if rate is None or settled_rate is None:
            missing = instrument.currency if rate is None else instrument.settlement_currency
            return f"there is no exchange rate of {missing} into {self.base}"
        unit = multiply(instrument.notional(ONE, price), rate)
        is_base = instrument.currency == instrument.settlement_currency == self.base
        return Mark(unit, rate, instrument.value(ONE, price), settled_rate, not instrument.margined, is_base)

    def _rate(self, currency: str) -> Decimal | None:
        return ONE if currency == self.base else self.rates.get(currency)


def value_line(line: Line, mark: Mark | str) -> str:
    """Value a line at a mark; returns why its value is not known (it counts nothing then), else empty."""
    if isinstance(mark, str):
        line.high = line.low = line.gross = line.reserved = line.buys = line.gain = ZERO
        return mark if line.held or line.open_buy or line.open_sell or line.basis else ""
    unit, held, up, down = mark.unit, line.held, ZERO, ZERO
    high = low = multiply(held, unit) if held else ZERO
    if line.open_buy:
        at_worst = line.buy_value if mark.is_base else multiply(line.buy_value, mark.rate)
        up = multiply(line.open_buy, unit)
        up = at_worst if at_worst > up else up
        high = add(high, up)
    if line.open_sell:
        at_worst = line.sell_value if mark.is_base else multiply(line.sell_value, mark.rate)
        down = multiply(line.open_sell, unit)
        down = at_worst if at_worst > down else down
        low = subtract(low, down)
    short = low.copy_negate()  # unary minus would round
    line.high, line.low, line.gross = high, low, high if high > short else short
    line.reserved = add(up, down) if down else up
    line.buys = up if mark.owned else ZERO
    if held or line.basis:
        gain = subtract(multiply(held, mark.worth), line.basis)
        line.gain = gain if mark.is_base else multiply(gain, mark.settled_rate)
    else:
        line.gain = ZERO
    return ""
