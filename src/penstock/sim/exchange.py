"""The simulated venues: they take what the engine sends, after a latency, and report back after another.

What a venue does beyond that is in its `conditions`: nothing special, unless they say so.

Orders act on the books in the order of their arrival. Here prices and quantities change between the engine's Decimals
and the kernels' ticks and lots, by the instrument's own rules.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from penstock.domain import reports as rep
from penstock.domain.instructions import OrderType, TimeInForce
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Depth, Quote
from penstock.domain.venue import Liquidity, VenueSpec
from penstock.engine.effects import Look, SendCancel, SendNew, SendReplace, VenueEffect
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch, reference
from penstock.sim.clockwork import Clockwork
from penstock.sim.conditions import Conditions, Line
from penstock.sim.native_terms import AUCTIONS, native_order

DEPTH_LEVELS = 10
ENDED_MAX = 100_000  # orders that are over and may still be asked for: the latest

STOP = OrderType.STOP
PLAIN = Conditions()

Told = rep.VenueReport | rep.Picture | rep.VenueStatus
Reject = Callable[[OrderTerms], str]


class Resting:
    """What a venue knows of one of our orders: its terms, what filled of it so far, and whether it is open."""

    __slots__ = ("book", "filled", "number", "state", "terms", "value")

    def __init__(self, number: int, terms: OrderTerms, book: MarketBook) -> None:
        self.number, self.terms, self.book, self.filled = number, terms, book, 0
        self.value, self.state = Decimal(0), "open"

    @property
    def shown(self) -> rep.VenueOrder:
        """The order as the venue shows it."""
        terms = self.terms
        return rep.VenueOrder(
            order_id=terms.order_id,
            venue_order_id=f"{terms.venue}-{self.number}",
            symbol=terms.symbol,
            side=terms.side,
            quantity=terms.quantity,
            limit_price=terms.limit_price,
            cum_qty=self.book.instrument.quantity(self.filled),
            cum_value=self.value,
            state=self.state,
        )


class Arrival(NamedTuple):
    ts: int
    number: int
    sent_at: int
    effect: VenueEffect


class Delivery(NamedTuple):
    ts: int
    number: int
    report: Told


class Exchange:
    """All simulated venues of a run, on one clock; `seed` decides about whatever the conditions leave to chance.

    `reject` may refuse an order with a reason, as a faulty or strict venue would.
    """

    def __init__(
        self,
        books: Sequence[MarketBook],
        specs: Iterable[VenueSpec],
        start: int,
        *,
        conditions: Mapping[str, Conditions] | None = None,
        seed: int = 0,
        reject: Reject | None = None,
    ) -> None:
        asked = conditions or {}
        self.specs = {spec.name: spec for spec in specs}
        self._lines = {name: Line(spec, asked.get(name, PLAIN), seed) for name, spec in self.specs.items()}
        self.books = {(book.instrument.symbol, book.venue): book for book in books}
        self._clock = Clockwork(books, start, min(line.reaction for line in self._lines.values()))
        self._reject = reject
        self._closed = False
        self._numbers = 0
        self._arrivals: list[Arrival] = []
        self._deliveries: list[Delivery] = []
        self._stopped_at = -1  # the latest time at which what has reached us was left untaken
        self.announce_outages()
        self._orders: dict[int, Resting] = {}
        self._by_id: dict[str, Resting] = {}
        self._ended: dict[str, Resting] = {}
        self._at_work: dict[tuple[str, str], int] = {}  # by symbol and venue, how many orders rest there, if any
        self._may_vanish: dict[int, Resting] = {}  # set off, or after their auction, they leave nothing behind
        self._quotes: dict[tuple[str, str], tuple[Touch, tuple[int, int], Quote]] = {}

    @property
    def now(self) -> int:
        return self._clock.now

    def carry_out(self, effects: Iterable[VenueEffect]) -> None:
        """Send what the engine decided; it arrives one order latency later."""
        for effect in effects:
            venue = effect.venue if isinstance(effect, SendCancel | Look) else effect.approved.terms.venue
            assert venue is not None
            line, now = self._lines[venue], self.now
            at = line.arrives(now)
            if not line.outages or not (line.is_out(now) or line.is_out(at)):
                heappush(self._arrivals, Arrival(at, self._number(), now, effect))

    def advance(self, until: int) -> int:
        """Let time pass to `until`, or to the next report that reaches us, whichever is first.

        One that time has stopped for before, and that nobody took, does not hold it up again.
        """
        while True:
            heard = self._deliveries[0].ts if self._deliveries else until
            horizon = min(until, heard) if heard > self._stopped_at else until
            arrives = self._arrivals[0].ts if self._arrivals else horizon + 1
            reached = self._clock.advance(
                max(min(horizon, arrives), self.now), [self.books[place] for place in self._at_work]
            )
            self._report_fills(self._clock.take_fills())
            if self._may_vanish:
                self._drop_vanished()
            while self._arrivals and self._arrivals[0].ts <= reached:
                arrival = heappop(self._arrivals)
                self._arrive(arrival.effect, arrival.sent_at)
            due = bool(self._deliveries) and self._stopped_at < self._deliveries[0].ts <= reached
            if due:
                self._stopped_at = reached
            if due or reached >= until:
                return reached

    def take_reports(self) -> list[Told]:
        """What has reached us by now."""
        reports: list[Told] = []
        while self._deliveries and self._deliveries[0].ts <= self.now:
            reports.append(heappop(self._deliveries).report)
        self._stopped_at = -1
        return reports

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way in either direction."""
        return not self._arrivals and all(isinstance(each.report, rep.VenueStatus) for each in self._deliveries)

    def close(self) -> None:
        """The session is over: every order that still rests expires, and one that arrives later does so at once."""
        self._closed = True
        for order in list(self._orders.values()):
            order.book.cancel(order.number)
            self._forget(order, "expired")
            self._report(rep.Expired(**self._heading(order.terms), reason="end of session"))

    def quotes(self, symbols: Iterable[str]) -> dict[str, dict[str, Quote]]:
        """What the venues show now for these symbols."""
        wanted = set(symbols)
        quotes: dict[str, dict[str, Quote]] = {}
        for (symbol, venue), book in self.books.items():
            if symbol in wanted:
                quotes.setdefault(symbol, {})[venue] = self._quote(book, self._clock.bring(book).touch())
        return quotes

    def depth(self, symbol: str) -> dict[str, Depth]:
        """The displayed levels of a symbol by venue."""
        books = {venue: book for (name, venue), book in self.books.items() if name == symbol}
        return {venue: self._depth(self._clock.bring(book)) for venue, book in books.items()}

    def announce_outages(self) -> None:
        """Have those told of that are going on or still to come, in place of what was to be told of them before."""
        told = [each for each in self._deliveries if not isinstance(each.report, rep.VenueStatus)]
        heapify(told)
        self._deliveries, self._stopped_at = told, -1
        for name, line in self._lines.items():
            for start, end in line.outages:
                if end > self.now:
                    began = max(start, self.now)
                    down = rep.VenueStatus(ts=began, venue=name, up=False, reason="outage")
                    heappush(self._deliveries, Delivery(began, self._number(), down))
                    back = rep.VenueStatus(ts=end, venue=name, up=True)
                    heappush(self._deliveries, Delivery(end, self._number(), back))

    def _arrive(self, effect: VenueEffect, sent_at: int) -> None:
        match effect:
            case SendNew():
                self._new(effect.approved.terms)
            case SendCancel():
                self._cancel(effect)
            case SendReplace():
                self._replace(effect)
            case Look():
                self._show(effect, sent_at)

    def _new(self, terms: OrderTerms) -> None:
        assert terms.venue is not None
        if self._closed:
            self._report(rep.Expired(**self._heading(terms), reason="end of session"))
            return
        book = self._clock.bring(self.books[terms.symbol, terms.venue])
        reason = self._lines[terms.venue].refusal(self.now) or (self._reject(terms) if self._reject else "")
        if reason:
            self._report(rep.Refused(**self._heading(terms), reason=reason))
            return
        order = Resting(self._number(), terms, book)
        self._orders[order.number] = order
        self._by_id[terms.order_id] = order
        self._at_work[terms.symbol, terms.venue] = self._at_work.get((terms.symbol, terms.venue), 0) + 1
        self._report(rep.Accepted(**self._heading(terms), venue_order_id=f"{terms.venue}-{order.number}"))
        rests = book.enter(order.number, native_order(terms, book.instrument))
        self._report_fills([(book, fill) for fill in book.take_fills()])
        if rests == 0 and order.number in self._orders:
            self._drop(order)
        elif terms.order_type is STOP or terms.tif is TimeInForce.OPG:
            self._may_vanish[order.number] = order

    def _drop(self, order: Resting) -> None:
        """Tell that nothing rests of an order, and why."""
        terms, wants = order.terms, order.terms.tif is TimeInForce.FOK or order.terms.instructions.min_qty is not None
        if terms.tif in AUCTIONS:
            reason = "the auction is over"
        elif terms.post_only:
            reason = "post-only would cross"
        else:
            reason = "not enough to fill at once" if wants and not order.filled else "immediate remainder"
        self._forget(order, "canceled")
        self._report(rep.Canceled(**self._heading(terms), reason=reason))

    def _drop_vanished(self) -> None:
        """What a stop order that was set off, or one at the open, did not find is not left waiting."""
        for number, order in list(self._may_vanish.items()):
            if number not in self._orders:
                del self._may_vanish[number]
            elif not order.book.resting(number):
                self._drop(order)

    def _cancel(self, effect: SendCancel) -> None:
        order = self._by_id.get(effect.order_id)
        if order is None:
            self._refuse(rep.CancelRefused, effect.venue, effect.order_id, effect.request_id)
            return
        order.book.cancel(order.number)
        self._forget(order, "canceled")
        self._report(rep.Canceled(**self._heading(order.terms), reason="canceled"))

    def _replace(self, effect: SendReplace) -> None:
        terms, request_id = effect.terms, effect.request_id
        assert terms.venue is not None
        order = self._by_id.get(terms.order_id)
        if order is None:
            self._refuse(rep.ReplaceRefused, terms.venue, terms.order_id, request_id)
            return
        assert terms.limit_price is not None
        instrument = order.book.instrument
        lots = instrument.to_lots(terms.quantity) - order.filled
        if lots <= 0:  # fills were faster: nothing is left to replace, and FIX calls that too late
            reason = "too late to replace"
            self._report(rep.ReplaceRefused(**self._heading(terms), reason=reason, request_id=request_id))
            return
        order.terms = terms
        self._report(
            rep.Replaced(
                **self._heading(terms),
                quantity=terms.quantity,
                limit_price=terms.limit_price,
                request_id=request_id,
            )
        )
        order.book.replace(order.number, instrument.to_ticks(terms.limit_price), lots)
        self._report_fills([(order.book, fill) for fill in order.book.take_fills()])

    def _show(self, look: Look, asked_at: int) -> None:
        """Answer a look: every open order of the venue, and those asked for that have ended."""
        shown = [order.shown for order in self._by_id.values() if order.terms.venue == look.venue]
        shown += [self._ended[order_id].shown for order_id in look.order_ids if order_id in self._ended]
        line = self._lines[look.venue]
        at = line.heard(self.now)
        if not line.outages or not line.is_out(at):
            picture = rep.Picture(ts=at, venue=look.venue, asked_at=asked_at, orders=tuple(shown))
            heappush(self._deliveries, Delivery(at, self._number(), picture))

    def _refuse(
        self,
        kind: type[rep.CancelRefused] | type[rep.ReplaceRefused],
        venue: str,
        order_id: str,
        request_id: str,
    ) -> None:
        reason = "no such working order"
        self._report(kind(ts=self.now, venue=venue, order_id=order_id, reason=reason, request_id=request_id))

    def _report_fills(self, fills: list[tuple[MarketBook, OwnFill]]) -> None:
        """Report fills with the touch around each: what follows one is what precedes the next in the same book.

        Parts of one event share the touch before it, so the event moves the market once, with its last part.
        """
        following: dict[int, Touch] = {}
        afters = []
        for book, fill in reversed(fills):
            afters.append(following.get(id(book)) or reference(book))
            following[id(book)] = fill.before
        for (book, fill), after in zip(fills, reversed(afters), strict=True):
            self._report_fill(book, fill, self._quote(book, after))

    def _report_fill(self, book: MarketBook, fill: OwnFill, after: Quote) -> None:
        order = self._orders[fill.order_no]
        terms, instrument = order.terms, book.instrument
        quantity, price = instrument.quantity(fill.lots), instrument.price(fill.ticks)
        liquidity = Liquidity.MAKER if fill.maker else Liquidity.TAKER
        order.filled += fill.lots
        order.value += quantity * price
        if instrument.quantity(order.filled) >= terms.quantity:
            self._forget(order, "filled")
        fees = self._lines[book.venue].fees(instrument.notional(quantity, price))
        self._report(
            rep.Fill(
                **self._heading(terms),
                exec_id=f"{book.venue}-{self._number()}",
                last_qty=quantity,
                last_px=price,
                fee=fees.fee(instrument, quantity, price, liquidity),
                liquidity=liquidity,
                traded_at=fill.ts,
                before=self._quote(book, fill.before),
                after=after,
                depth=self._depth(book),
            ),
            happened=fill.ts,
        )

    def _report(self, report: rep.VenueReport, happened: int | None = None) -> None:
        line = self._lines[report.venue]
        at = line.heard(self.now if happened is None else happened)
        if line.outages and (line.is_out(report.ts) or line.is_out(at)):
            return
        for _ in range(line.copies()):
            heappush(self._deliveries, Delivery(at, self._number(), report))

    def _heading(self, terms: OrderTerms) -> rep.Heading:
        assert terms.venue is not None
        return {"ts": self.now, "venue": terms.venue, "order_id": terms.order_id}

    def _forget(self, order: Resting, state: str) -> None:
        order.state = state
        del self._orders[order.number], self._by_id[order.terms.order_id]
        self._ended[order.terms.order_id] = order
        if len(self._ended) > ENDED_MAX:
            del self._ended[next(iter(self._ended))]
        place = (order.terms.symbol, order.terms.venue or "")
        self._at_work[place] -= 1
        if not self._at_work[place]:
            del self._at_work[place]

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _quote(self, book: MarketBook, touch: Touch) -> Quote:
        key, traded = (book.instrument.symbol, book.venue), book.traded()
        known = self._quotes.get(key)
        if known is not None and known[0] == touch and known[1] == traded:
            return known[2]
        instrument = book.instrument
        quote = Quote(
            ts=touch.ts,
            bid=None if touch.bid == NONE else instrument.price(touch.bid),
            bid_qty=instrument.quantity(touch.bid_lots),
            ask=None if touch.ask == NONE else instrument.price(touch.ask),
            ask_qty=instrument.quantity(touch.ask_lots),
            volume=instrument.quantity(traded[0]),
            turnover=traded[1] * instrument.tick_size * instrument.lot_size,
        )
        self._quotes[key] = (touch, traded, quote)
        return quote

    def _depth(self, book: MarketBook) -> Depth:
        instrument = book.instrument
        bids, asks = book.depth(DEPTH_LEVELS)
        return Depth(
            bids=tuple((instrument.price(ticks), instrument.quantity(lots)) for ticks, lots in bids),
            asks=tuple((instrument.price(ticks), instrument.quantity(lots)) for ticks, lots in asks),
        )
