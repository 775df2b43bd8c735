"""What can be traded. Each instrument holds its own rules of quantity, price, value and P&L, and nobody else does."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

import msgspec

ONE = Decimal(1)


class AssetClass(StrEnum):
    EQUITY = "equity"
    SPOT = "spot"
    PERPETUAL = "perpetual"


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One tradable thing; money amounts are in `currency`.

    An `inverse` contract is worth `multiplier` units of `currency` whatever its price, and gains in the coin;
    its P&L is stated here in `currency` at the closing price.
    """

    symbol: str
    asset_class: AssetClass
    tick_size: Decimal
    lot_size: Decimal
    currency: str = "USD"
    multiplier: Decimal = ONE
    inverse: bool = False
    min_quantity: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(0)

    def on_tick(self, price: Decimal) -> bool:
        return price % self.tick_size == 0

    def on_lot(self, quantity: Decimal) -> bool:
        return quantity % self.lot_size == 0

    def to_ticks(self, price: Decimal) -> int:
        """Whole ticks of a price that lies on one (others are rounded half to even)."""
        return int((price / self.tick_size).to_integral_value(ROUND_HALF_EVEN))

    def to_lots(self, quantity: Decimal) -> int:
        """Whole lots in a quantity, rounded down."""
        return int(quantity / self.lot_size)

    def price(self, ticks: int) -> Decimal:
        return ticks * self.tick_size

    def quantity(self, lots: int) -> Decimal:
        return lots * self.lot_size

    def round_price(self, price: Decimal, *, up: bool) -> Decimal:
        """The nearest price on a tick, not below (`up`) or not above the one given."""
        whole = (price / self.tick_size).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
        return whole * self.tick_size

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """The largest whole number of lots not above the quantity (towards zero)."""
        return int(quantity / self.lot_size) * self.lot_size

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Value in `currency` of a quantity at a price."""
        return quantity * self.multiplier * (ONE if self.inverse else price)

    def quantity_for(self, notional: Decimal, price: Decimal) -> Decimal:
        """Whole lots whose value is nearest to `notional` from below."""
        unit = self.notional(ONE, price)
        return self.round_quantity(notional / unit)

    def move_value(self, quantity: Decimal, start: Decimal, end: Decimal, anchor: Decimal) -> Decimal:
        """What a price move from `start` to `end` is worth on `quantity`, in `currency`.

        Linear: q·m·(end − start). Inverse: q·m·(end − start)/anchor, so that moves measured against one anchor
        (an arrival price, an average entry) add up exactly.
        """
        value = quantity * self.multiplier * (end - start)
        return value / anchor if self.inverse else value

    def pnl(self, quantity: Decimal, entry: Decimal, exit_price: Decimal) -> Decimal:
        """Gain in `currency` of a signed quantity bought at `entry` and valued at `exit_price`."""
        return self.move_value(quantity, entry, exit_price, entry)

    def average_price(self, held: Decimal, average: Decimal, added: Decimal, price: Decimal) -> Decimal:
        """Average entry price after adding to a position (harmonic for inverse contracts)."""
        total = held + added
        if self.inverse:
            return total / (held / average + added / price) if held else price
        return (held * average + added * price) / total


class SymbolProfile(msgspec.Struct, frozen=True):
    """What is known of a symbol beforehand: average daily volume (units) and daily volatility (a fraction)."""

    adv: Decimal
    daily_volatility: float
