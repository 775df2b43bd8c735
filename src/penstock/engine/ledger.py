"""Positions, cash and realised P&L: a fold over fills, at average cost, in one currency.

Fees are kept apart from P&L, so that both can be explained. A position that turns through zero closes the old and opens
the new at the fill's price.
"""

from decimal import Decimal

import msgspec

from penstock.domain.instrument import AssetClass, Instrument
from penstock.domain.orders import Side

ZERO = Decimal(0)


class Position(msgspec.Struct, kw_only=True):
    """Signed quantity held, its average entry price (None if not known), and what it has realised (fees apart)."""

    quantity: Decimal = ZERO
    entry_price: Decimal | None = None
    realized: Decimal = ZERO
    fees: Decimal = ZERO

    def fill(self, instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        """Book one execution."""
        self.fees += fee
        held, signed = self.quantity, side.sign * quantity
        if held * signed >= 0:
            entry = price if self.entry_price is None else self.entry_price
            self.entry_price = instrument.average_price(abs(held), entry, quantity, price)
            self.quantity = held + signed
            return
        closed = min(abs(held), quantity)
        direction = 1 if held > 0 else -1
        if self.entry_price is not None:  # what came in at an unknown price gains nothing that can be stated
            self.realized += instrument.pnl(direction * closed, self.entry_price, price)
        self.quantity = held + signed
        if abs(signed) > abs(held):
            self.entry_price = price
        elif self.quantity == 0:
            self.entry_price = None

    def unrealized(self, instrument: Instrument, price: Decimal) -> Decimal:
        return ZERO if self.entry_price is None else instrument.pnl(self.quantity, self.entry_price, price)


def cash_of_fill(instrument: Instrument, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> Decimal:
    """What a fill does to cash at trade date: a perpetual moves no principal, only the fee."""
    if instrument.asset_class is AssetClass.PERPETUAL:
        return -fee
    return -side.sign * instrument.notional(quantity, price) - fee
