"""The loopback venue's orders: a fold over its ledger, so that a venue that was killed knows what it knew."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, TimeInForce
from penstock.domain.venue import Fees, Liquidity
from penstock.venues.loopback.ledger import Arrived, Changed, Ended, Ledger, Line, Traded
from penstock.venues.loopback.market import QuotedMarket

ZERO = Decimal(0)

Reports = list[rep.VenueReport]


class Held(msgspec.Struct):
    """An order as the venue knows it. `state` is as `rep.VenueOrder` has it."""

    number: int
    terms: OrderTerms
    cum_qty: Decimal = ZERO
    cum_value: Decimal = ZERO
    state: str = "open"
    fills: list[Traded] = []

    @property
    def leaves_qty(self) -> Decimal:
        return max(self.terms.quantity - self.cum_qty, ZERO)

    @property
    def shown(self) -> rep.VenueOrder:
        return rep.VenueOrder(
            order_id=self.terms.order_id,
            venue_order_id=str(self.number),
            symbol=self.terms.symbol,
            side=self.terms.side,
            quantity=self.terms.quantity,
            limit_price=self.terms.limit_price,
            cum_qty=self.cum_qty,
            cum_value=self.cum_value,
            state=self.state,
        )


class LoopbackExchange:
    """Takes orders, matches them against the quotes, and says what happened. `past` is what its ledger holds."""

    def __init__(
        self, markets: Mapping[str, QuotedMarket], fees: Fees, ledger: Ledger, past: Iterable[Line] = ()
    ) -> None:
        self.markets, self.fees, self._ledger = markets, fees, ledger
        self.orders: dict[str, Held] = {}
        self._open: dict[str, Held] = {}
        self._execs = 0
        for line in past:
            self._fold(line)

    def step(self, now: int) -> Reports:
        """Let the market move once; returns what that did to the orders that rest."""
        reports: Reports = []
        prints = {symbol: market.step() for symbol, market in self.markets.items()}
        for held in list(self._open.values()):
            reports += self._match(held, now, Liquidity.MAKER)
        for symbol, printed in prints.items():
            if printed is not None:
                reports += self._print(self.markets[symbol], *printed, now)
        return reports

    def new(self, terms: OrderTerms, now: int) -> Reports:
        heading: rep.Heading = {"ts": now, "venue": "", "order_id": terms.order_id}
        if terms.order_id in self.orders:
            self._ledger.write(Arrived(now, terms, repeated=True))
            return []  # the order with this id stands as it is; a refusal would be taken for its own
        market = self.markets.get(terms.symbol)
        held = self._record(Arrived(now, terms))
        if market is None:
            self._record(Ended(now, terms.order_id, "rejected"))
            return [rep.Refused(**heading, reason=f"{terms.symbol} does not trade here")]
        reports: Reports = [rep.Accepted(**heading, venue_order_id=str(held.number))]
        if terms.post_only and self._crosses(held, market):
            return [*reports, self._cancel(held, now, "post-only would cross")]
        reports += self._match(held, now, Liquidity.TAKER)
        if held.state == "open" and (terms.tif is TimeInForce.IOC or terms.limit_price is None):
            reports.append(self._cancel(held, now, "immediate remainder"))
        return reports

    def cancel(self, order_id: str, request_id: str, now: int) -> Reports:
        held = self._open.get(order_id)
        if held is None:
            reason = "no such working order"
            return [rep.CancelRefused(ts=now, venue="", order_id=order_id, reason=reason, request_id=request_id)]
        return [self._cancel(held, now, "canceled")]

    def cancel_all(self, reason: str, now: int) -> Reports:
        """End everything that rests, by the venue's own doing."""
        return [self._cancel(held, now, reason) for held in list(self._open.values())]

    def replace(self, terms: OrderTerms, request_id: str, now: int) -> Reports:
        heading: rep.Heading = {"ts": now, "venue": "", "order_id": terms.order_id}
        held = self._open.get(terms.order_id)
        if held is None or terms.quantity <= held.cum_qty:
            return [rep.ReplaceRefused(**heading, reason="too late to replace", request_id=request_id)]
        self._record(Changed(now, terms))
        done = rep.Replaced(**heading, quantity=terms.quantity, limit_price=terms.limit_price, request_id=request_id)
        return [done, *self._match(held, now, Liquidity.TAKER)]

    def show(self, order_ids: Iterable[str], asked_at: int, now: int) -> rep.Picture:
        chosen = dict(self._open)
        chosen |= {order_id: self.orders[order_id] for order_id in order_ids if order_id in self.orders}
        fills = tuple(self._fill(held.terms, traded) for held in chosen.values() for traded in held.fills)
        shown = tuple(held.shown for held in chosen.values())
        return rep.Picture(ts=now, venue="", asked_at=asked_at, orders=shown, fills=fills)

    def _match(self, held: Held, now: int, liquidity: Liquidity) -> Reports:
        """Trade an order against what its opposite side displays, if its price allows."""
        market = self.markets[held.terms.symbol]
        if not self._crosses(held, market):
            return []
        sign = held.terms.side.sign
        taken = market.take(sign, held.leaves_qty)
        return [self._trade(held, taken, market.price(sign), liquidity, now)] if taken > 0 else []

    def _print(self, market: QuotedMarket, sign: int, quantity: Decimal, now: int) -> Reports:
        """Somebody else trades with those who rest at the touch: the oldest of ours first, up to the print's size."""
        price, reports = market.price(-sign), Reports()
        for held in list(self._open.values()):
            terms = held.terms
            if terms.symbol != market.instrument.symbol or terms.side.sign != sign or quantity <= 0:
                continue
            if terms.limit_price is not None and sign * (terms.limit_price - price) >= 0:
                filled = min(quantity, held.leaves_qty)
                quantity -= filled
                reports.append(self._trade(held, filled, terms.limit_price, Liquidity.MAKER, now))
        return reports

    def _crosses(self, held: Held, market: QuotedMarket) -> bool:
        terms = held.terms
        sign = terms.side.sign
        return terms.limit_price is None or sign * (terms.limit_price - market.price(sign)) >= 0

    def _trade(self, held: Held, quantity: Decimal, price: Decimal, liquidity: Liquidity, now: int) -> rep.Fill:
        terms = held.terms
        fee = self.fees.fee(self.markets[terms.symbol].instrument, quantity, price, liquidity)
        traded = Traded(now, terms.order_id, f"E{self._execs + 1}", quantity, price, fee, liquidity)
        self._record(traded)
        return self._fill(terms, traded)

    def _fill(self, terms: OrderTerms, traded: Traded) -> rep.Fill:
        return rep.Fill(
            ts=traded.ts,
            venue="",
            order_id=terms.order_id,
            exec_id=traded.exec_id,
            last_qty=traded.quantity,
            last_px=traded.price,
            fee=traded.fee,
            liquidity=traded.liquidity,
            traded_at=traded.ts,
        )

    def _cancel(self, held: Held, now: int, reason: str) -> rep.Canceled:
        self._record(Ended(now, held.terms.order_id, "canceled"))
        return rep.Canceled(ts=now, venue="", order_id=held.terms.order_id, reason=reason)

    def _record(self, line: Line) -> Held:
        """Write first, then do."""
        self._ledger.write(line)
        return self._fold(line)

    def _fold(self, line: Line) -> Held:
        order_id = line.order_id if isinstance(line, Traded | Ended) else line.terms.order_id
        match line:
            case Arrived(repeated=False):
                self.orders[order_id] = self._open[order_id] = Held(len(self.orders) + 1, line.terms)
            case Traded():
                held = self.orders[order_id]
                held.cum_qty += line.quantity
                held.cum_value += line.quantity * line.price
                held.fills.append(line)
                self._execs += 1
                if held.leaves_qty == 0:
                    self._end(held, "filled")
            case Changed():
                self.orders[order_id].terms = line.terms
            case Ended():
                self._end(self.orders[order_id], line.state)
        return self.orders[order_id]

    def _end(self, held: Held, state: str) -> None:
        held.state = state
        self._open.pop(held.terms.order_id, None)
