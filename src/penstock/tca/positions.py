"""Profit and loss by average cost: a fold of the session's fills over the positions it started with.

A fill in the position's direction moves the average entry; one against it realises the gain on what it
closes, and whatever goes beyond opens the other side at the fill's price. Fees stay out: they are a cost
and are counted there. A starting position without an entry price counts from the first price on record.
"""

from dataclasses import dataclass
from decimal import Decimal

from penstock.domain.instrument import Instrument
from penstock.engine.sight import consolidated_mid
from penstock.tca.record import SessionRecord

ZERO = Decimal(0)


@dataclass
class Position:
    """A signed holding of one instrument; `average` is its entry price, `mark` the last mid, where known."""

    instrument: Instrument
    quantity: Decimal = ZERO
    average: Decimal | None = None
    realized: Decimal = ZERO
    mark: Decimal | None = None

    def trade(self, signed: Decimal, price: Decimal) -> None:
        """Book a signed fill at a price."""
        if self.quantity * signed < 0:
            closed = min(abs(self.quantity), abs(signed)).copy_sign(self.quantity)
            if self.average is not None:
                self.realized += self.instrument.pnl(closed, self.average, price)
            self.quantity -= closed
            signed += closed
            if not self.quantity:
                self.average = None
        if signed:
            opened_at = price if self.average is None else self.average
            self.average = self.instrument.average_price(self.quantity, opened_at, signed, price)
            self.quantity += signed

    @property
    def unrealized(self) -> Decimal:
        """Gain at the mark; zero where the entry or the mark is not known."""
        if not self.quantity or self.average is None or self.mark is None:
            return ZERO
        return self.instrument.pnl(self.quantity, self.average, self.mark)


def positions_after(session: SessionRecord) -> dict[str, Position]:
    """Every symbol held or traded, as the session left it, valued at the last mid on record."""
    started = session.started
    held = {
        symbol: Position(
            session.instruments[symbol],
            quantity,
            started.entry_prices.get(symbol, _first_price(session, symbol)),
        )
        for symbol, quantity in started.positions.items()
    }
    for fill in session.fills:
        terms = session.children[fill.order_id].terms
        position = held.setdefault(terms.symbol, Position(session.instruments[terms.symbol]))
        position.trade(terms.side.sign * fill.last_qty, fill.last_px)
    for symbol, position in held.items():
        position.mark = _last_mid(session, symbol)
    return dict(sorted(held.items()))


def _first_price(session: SessionRecord, symbol: str) -> Decimal | None:
    for parent in session.parents.values():
        if parent.terms.symbol == symbol:
            return parent.arrival_price
    mids = (consolidated_mid(sample.quotes) for sample in session.samples.get(symbol, []))
    return next((mid for mid in mids if mid is not None), None)


def _last_mid(session: SessionRecord, symbol: str) -> Decimal | None:
    for sample in reversed(session.samples.get(symbol, [])):
        if (mid := consolidated_mid(sample.quotes)) is not None:
            return mid
    return None
