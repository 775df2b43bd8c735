"""What a session's positions gained: the ledger's own fold over its fills, stated in each instrument's currency.

A contract that settles in a coin gains coins; here each gain counts at the price at which it was made, or at the mark.
Fees stay out: they are a cost and are counted there. A starting position without an entry price counts from the first
price on record. Accounts are folded apart and reported together.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from penstock.domain.accounts import MAIN
from penstock.domain.instrument import Instrument
from penstock.engine.folds import execution_of, payment_of
from penstock.engine.ledger import Ledger, together
from penstock.engine.position import Execution
from penstock.engine.position import Position as LedgerPosition
from penstock.engine.sight import consolidated_mid
from penstock.tca.record import SessionRecord

ZERO = Decimal(0)


@dataclass
class Position:
    """What the accounts hold of one instrument together; `realized` is in its currency, `mark` the last known mid."""

    instrument: Instrument
    ledger: Ledger = field(default_factory=Ledger)
    realized: Decimal = ZERO
    mark: Decimal | None = None

    def book(self, account: str, execution: Execution) -> None:
        """Take in a fill."""
        gain = self.ledger.book(self.instrument, account, execution)
        self.realized += self.instrument.in_currency(gain, execution.price)

    @property
    def quantity(self) -> Decimal:
        return self.ledger.net.get(self.instrument.symbol, ZERO)

    @property
    def average(self) -> Decimal | None:
        """Average entry price; None when flat, not known, or spread over accounts that hold apart."""
        held = [each for each in self._positions() if each.quantity]
        return held[0].entry_price(self.instrument) if len(held) == 1 else None

    @property
    def unrealized(self) -> Decimal:
        """Gain at the mark; zero where the entry or the mark is not known."""
        if self.mark is None:
            return ZERO
        gain = sum((each.unrealized(self.instrument, self.mark) for each in self._positions()), ZERO)
        return self.instrument.in_currency(gain, self.mark)

    @property
    def income(self) -> dict[str, Decimal]:
        """Funding, coupons and accrued interest, by currency: no part of realised or unrealised."""
        return together(self._positions()).income

    def _positions(self) -> list[LedgerPosition]:
        return [book.position for book in self.ledger.books.get(self.instrument.symbol, {}).values()]


def positions_after(session: SessionRecord) -> dict[str, Position]:
    """Every symbol held or traded, as the session left it, valued at the last mid on record."""
    started = session.started
    held: dict[str, Position] = {}

    def position_of(symbol: str) -> Position:
        return held.setdefault(symbol, Position(session.instruments[symbol], Ledger(methods=started.cost_methods)))

    for symbol, quantity in started.positions.items():
        entry = started.entry_prices.get(symbol, _first_price(session, symbol))
        position_of(symbol).ledger.open(session.instruments[symbol], MAIN, quantity, entry)
    for payment in session.payments:
        instrument = session.instruments[payment.symbol]
        position_of(payment.symbol).ledger.book(instrument, payment.account, payment_of(payment))
    for fill in session.fills:
        terms = session.children[fill.order_id].terms
        position_of(terms.symbol).book(terms.account, execution_of(fill, terms))
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
