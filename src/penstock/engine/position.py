"""One account's holding of one instrument: a fold over its executions and payments.

A holding is a queue of lots with what they cost; at average cost it is a single lot. A trade against the holding closes
from the front: what the closed part is worth now, less what it cost, is realised; what goes beyond zero opens the other
side. The one division, a part's share of a lot's cost, leaves in the lot what it does not take, so that realised and
unrealised always add up to the mark-to-market from scratch, exactly.

A fee taken in the asset itself lessens the holding, as if that much were sold at the fill's price to pay it. What such
fees leave below a lot (dust) stays in the position and in its value: orders round down to the lot and never sell it.
"""

from decimal import Context, Decimal, getcontext, localcontext, setcontext

import msgspec

from penstock.domain.accounts import CostMethod
from penstock.domain.instrument import Instrument
from penstock.domain.money import EXACT, ratio
from penstock.engine.amounts import add

ZERO = Decimal(0)
FIFO = CostMethod.FIFO
SHOWN = Context(prec=16)


class Execution(msgspec.Struct, frozen=True, kw_only=True, tag="trade", omit_defaults=True, gc=False):
    """A fill that counts: quantity signed, `fee` in `fee_currency` (empty: the instrument's currency).

    So that it can be taken back or corrected: the child `order_id` that it is of, `day` the order's day it fell on, and
    what it slipped against the mid at which that child was decided.
    """

    key: str
    quantity: Decimal
    price: Decimal
    at: int
    fee: Decimal = ZERO
    fee_currency: str = ""
    order_id: str = ""
    slippage_bps: Decimal = ZERO
    day: int = 0


class Payment(msgspec.Struct, frozen=True, kw_only=True, tag="payment", omit_defaults=True):
    """What a holding pays (+) or costs (−) by itself; the settlement currency unless another is named."""

    key: str
    amount: Decimal
    currency: str = ""


Entry = Execution | Payment


class Lot(msgspec.Struct, gc=False):
    """A signed quantity and what it cost, in the settlement currency; None where that is not known."""

    quantity: Decimal
    cost: Decimal | None


class Position(msgspec.Struct, kw_only=True):
    """What is held, what it cost and what came of it. Only `book` and `open` write here.

    `realized` and `cost` (of the lots whose cost is known) are in the settlement currency. `income`, `fees` and `cash`
    are totals by currency: payments and accrued interest; fees, rebates negative; and every movement of cash, these
    included.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    lots: list[Lot] = []
    income: dict[str, Decimal] = {}
    fees: dict[str, Decimal] = {}
    cash: dict[str, Decimal] = {}

    def open(self, instrument: Instrument, quantity: Decimal, entry_price: Decimal | None) -> None:
        """Start with a holding bought earlier, for cash that is not counted here."""
        with localcontext(EXACT):
            cost = None if entry_price is None else instrument.value(quantity, entry_price)
            self.lots.append(Lot(quantity, cost))
            self.quantity += quantity
            self.cost += cost or ZERO

    def book(self, instrument: Instrument, entry: Entry, method: CostMethod) -> Decimal:
        """Take an execution or a payment in; returns what it realised, in the settlement currency."""
        settled_in = instrument.settlement_currency
        before = getcontext()
        setcontext(EXACT)  # what `localcontext` does, without a copy for every fill
        try:
            if isinstance(entry, Payment):
                add(self.income, entry.currency or settled_in, entry.amount)
                add(self.cash, entry.currency or settled_in, entry.amount)
                return ZERO
            worth = instrument.value(entry.quantity, entry.price)
            gain = self._trade(instrument, entry.quantity, entry.price, worth, method)
            accrued = instrument.accrued(entry.quantity, entry.at)
            received = gain if instrument.margined else -worth
            if accrued:
                add(self.income, settled_in, -accrued)
                received -= accrued
            if received:
                self.cash[settled_in] = self.cash.get(settled_in, ZERO) + received
            if entry.fee:
                gain += self._pay_fee(instrument, entry, method)
            return gain
        finally:
            setcontext(before)

    def entry_price(self, instrument: Instrument) -> Decimal | None:
        """The average price over all lots, to 16 digits; None if flat or not known."""
        if not self.lots or self.lots[0].cost is None:
            return None
        with localcontext(EXACT):
            return SHOWN.plus(instrument.price_of(self.quantity, self.cost))

    def unrealized(self, instrument: Instrument, price: Decimal) -> Decimal:
        """Gain at a price, in the settlement currency, of the lots whose cost is known."""
        with localcontext(EXACT):
            known = sum((lot.quantity for lot in self.lots if lot.cost is not None), ZERO)
            return instrument.value(known, price) - self.cost if known else ZERO

    def copy(self) -> "Position":
        return msgspec.structs.replace(
            self,
            lots=[Lot(lot.quantity, lot.cost) for lot in self.lots],
            income=dict(self.income),
            fees=dict(self.fees),
            cash=dict(self.cash),
        )

    def _trade(
        self, instrument: Instrument, quantity: Decimal, price: Decimal, worth: Decimal, method: CostMethod
    ) -> Decimal:
        """Close what stands against a signed quantity that is worth so much, open the rest; returns the gain."""
        gain, rest, lots = ZERO, quantity, self.lots
        while rest and lots and (lots[0].quantity > ZERO) is not (rest > ZERO):
            closed, cost = self._take(lots[0], rest)
            rest += closed
            if cost is not None:
                self.cost -= cost
                gain += instrument.value(closed, price) - cost
        if rest:
            self._add(rest, worth if rest is quantity else instrument.value(rest, price), method)
        self.quantity += quantity
        if gain:
            self.realized += gain
        return gain

    def _pay_fee(self, instrument: Instrument, execution: Execution, method: CostMethod) -> Decimal:
        """Take a fee out of the cash, or out of the holding that it was taken in; returns what that realised."""
        currency = execution.fee_currency or instrument.currency
        add(self.fees, currency, execution.fee)
        if currency == instrument.asset:
            worth = instrument.value(-execution.fee, execution.price)
            return self._trade(instrument, -execution.fee, execution.price, worth, method)
        add(self.cash, currency, -execution.fee)
        return ZERO

    def _take(self, lot: Lot, against: Decimal) -> tuple[Decimal, Decimal | None]:
        """Take from the first lot as much as a trade against it closes: the signed part and its cost."""
        if abs(against) >= abs(lot.quantity):
            del self.lots[0]
            return lot.quantity, lot.cost
        closed = -against
        cost = None if lot.cost is None else ratio(lot.cost * closed, lot.quantity)
        lot.quantity -= closed
        if lot.cost is not None and cost is not None:
            lot.cost -= cost
        return closed, cost

    def _add(self, quantity: Decimal, cost: Decimal, method: CostMethod) -> None:
        """A new lot; at average cost it joins the one there is, and an average over what is not known is not known."""
        lots = self.lots
        if method is FIFO or not lots:
            lots.append(Lot(quantity, cost))
        else:
            lot = lots[0]
            lot.quantity += quantity
            if lot.cost is None:
                return
            lot.cost += cost
        self.cost += cost
