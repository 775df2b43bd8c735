"""A simulated market that moves with a desk's clock: generated, or a recording played again.

It has a clock of its own, that of its data; here it is shifted to the desk's, whatever the desk's pace. When its data
ends, what rests there expires and it begins anew, with another seed where it is generated. Nothing here is sent to
anybody: a paper market takes no credentials, and has nowhere to keep any.
"""

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from penstock.domain import reports as rep
from penstock.domain.commands import MarketUpdate
from penstock.domain.quote import Depth, Quote
from penstock.domain.time import SECOND
from penstock.engine.effects import VenueEffect
from penstock.engine.ports import VenueSays
from penstock.sim.book import NONE
from penstock.sim.exchange import Exchange, Told
from penstock.sim.native_orders import NativeOrder
from penstock.sim.sources import Market, open_market

WARM_NS = 2 * SECOND
BUSY_S, IDLE_S = 0.005, 0.025  # how often it is brought up to the present
QUOTES_S, QUOTES_LEAST_S = 0.1, 0.02  # how often quotes are told, at the wall clock's pace and at the quickest

Now = Callable[[], int]
Lines = dict[str, asyncio.Queue[VenueSays]]


class PaperMarket:
    """The venues of one source (`synthetic`, `lobster:PATH`, `binance:PATH`, `file:PATH`).

    `now` is the desk's clock (ns), `pace` how many of its seconds pass in one.

    Raises:
        BadInput: there is no such source, or its files break a rule.
    """

    def __init__(self, source: str, seed: int, now: Now, pace: float = 1.0) -> None:
        self.source, self._seed, self._now = source, seed, now
        self._quotes_s = max(QUOTES_S / pace, QUOTES_LEAST_S)
        self.market: Market
        self._exchange: Exchange
        self._rounds = 0
        self._lines: Lines = {}
        self._shown: dict[tuple[str, str], Quote] = {}
        self._traded: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        self._ring = asyncio.Event()
        self._open()
        exercise(self.market)
        self._rounds = 0
        self._open()

    def attach(self, venue: str) -> asyncio.Queue[VenueSays]:
        """What a venue says from now on; who listened before hears nothing more."""
        line = self._lines[venue] = asyncio.Queue()
        self._tell_quotes()
        return line

    def take(self, effect: VenueEffect) -> None:
        """Send an order, a cancel, a replace or a look on its way."""
        self.play()
        self._exchange.carry_out([effect])
        self._ring.set()

    def play(self) -> None:
        """Bring the market to the present, and tell what it did to the desk's orders."""
        while True:
            present = self._market_time()
            if present >= self.market.end:
                self._close()
                self._open()
                continue
            reached = self._exchange.advance(max(present, self._exchange.now))
            self._tell(self._exchange.take_reports())
            if reached >= present:
                return

    async def run(self) -> None:
        """Move with the clock, for ever."""
        loop = asyncio.get_running_loop()
        quotes_at = loop.time()
        while True:
            self._ring.clear()
            self.play()
            if loop.time() >= quotes_at:
                self._tell_quotes()
                quotes_at = loop.time() + self._quotes_s
            busy = not self._exchange.is_quiet
            if busy:
                await asyncio.sleep(BUSY_S)
                continue
            try:
                async with asyncio.timeout(IDLE_S):
                    await self._ring.wait()
            except TimeoutError:
                continue

    def depth(self, symbol: str) -> dict[str, Depth]:
        """The displayed levels of a symbol, by venue; empty where it does not trade here."""
        return self._exchange.depth(symbol)

    def _open(self) -> None:
        self.market = open_market([self.source], self._seed + self._rounds)
        self._rounds += 1
        self._opened_at = self._now()
        self._run_id = f"{self._opened_at // 1_000_000:x}"  # executions are never named alike in two runs
        market = self.market
        self._exchange = market.exchange()

    def _close(self) -> None:
        """The data is over: what rests expires, and what was traded counts on."""
        self._exchange.advance(max(self.market.end, self._exchange.now))
        self._exchange.close()
        latest = max(spec.report_latency_ns for spec in self.market.venues)
        self._exchange.advance(self._exchange.now + latest)
        while not self._exchange.is_quiet:
            self._tell(self._exchange.take_reports())
            self._exchange.advance(self._exchange.now + latest)
        self._tell(self._exchange.take_reports())
        for place, told in self._shown.items():
            self._traded[place] = (told.volume, told.turnover)

    def _market_time(self) -> int:
        return self.market.start + self._now() - self._opened_at

    def _desk_time(self, at: int) -> int:
        return at - self.market.start + self._opened_at

    def _tell(self, said: Iterable[Told]) -> None:
        for each in said:
            line = self._lines.get(each.venue)
            if line is not None:
                line.put_nowait(self._as_told(each))

    def _as_told(self, said: Told) -> Told:
        """The same by the desk's clock."""
        at = self._desk_time(said.ts)
        match said:
            case rep.Fill():
                before, after = (None if each is None else self._shifted(each) for each in (said.before, said.after))
                return msgspec.structs.replace(
                    said,
                    ts=at,
                    traded_at=self._desk_time(said.traded_at),
                    exec_id=f"{said.exec_id}-{self._run_id}",
                    before=before,
                    after=after,
                )
            case rep.Accepted():
                return msgspec.structs.replace(said, ts=at, venue_order_id=f"{said.venue_order_id}-{self._run_id}")
            case rep.Picture():
                return msgspec.structs.replace(said, ts=at, asked_at=self._desk_time(said.asked_at))
        return msgspec.structs.replace(said, ts=at)

    def _shifted(self, quote: Quote) -> Quote:
        return msgspec.structs.replace(quote, ts=self._desk_time(quote.ts))

    def _tell_quotes(self) -> None:
        """What every venue shows now. A quote that did not change is as fresh as any: the market was just looked at."""
        told: dict[str, dict[str, dict[str, Quote]]] = {}
        present = self._now()
        symbols = [instrument.symbol for instrument in self.market.instruments]
        for symbol, quotes in self._exchange.quotes(symbols).items():
            for venue, quote in quotes.items():
                place = (symbol, venue)
                volume, turnover = self._traded.get(place, (Decimal(0), Decimal(0)))
                as_told = msgspec.structs.replace(
                    quote, ts=present, volume=quote.volume + volume, turnover=quote.turnover + turnover
                )
                self._shown[place] = as_told
                told.setdefault(venue, {}).setdefault(symbol, {})[venue] = as_told
        for venue, by_symbol in told.items():
            line = self._lines.get(venue)
            if line is not None:
                line.put_nowait(MarketUpdate(ts=present, quotes=by_symbol))


def exercise(market: Market) -> None:
    """Have every kernel compiled or loaded, on a market that is then thrown away: no order is to wait for that."""
    for number, book in enumerate(market.books, 1):
        book.advance(market.start + WARM_NS)
        bid = book.touch().bid
        book.enter(number, NativeOrder(1, NONE, 1, immediate=True))
        if bid != NONE:
            book.enter(-number, NativeOrder(1, max(bid - 10, 1), 2))
            book.replace(-number, max(bid - 10, 1), 1)
            book.replace(-number, max(bid - 20, 1), 1)
        book.advance(market.start + 2 * WARM_NS)
        book.cancel(-number)
        book.depth(5)
        book.take_fills()
