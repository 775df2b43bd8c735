"""A lit market that opens and closes with an auction: around a market that trades continuously in between.

Before the opening auction our orders wait beside the book, whose quotes are only indicative; then they enter it in the
order in which they came. The closing auction is the market's last event. Orders for an auction gather beside the book,
too, can be changed until it is held, and what did not trade in it is gone.
"""

from penstock.sim.auction import AuctionProfile, Bid, others_of, uncross
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch, bring_to
from penstock.sim.footprint import PASSIVE_WEIGHT
from penstock.sim.native_orders import Auction, NativeOrder
from penstock.sim.random_kernel import stream
from penstock.sim.unlit_market import Tell, nobody_hears


class AuctionMarket:
    """A `MarketBook` around another, `market`; `opens_at` (ns) is its opening auction's time, None for none."""

    def __init__(
        self,
        market: MarketBook,
        profile: AuctionProfile,
        *,
        seed: int,
        opens_at: int | None = None,
        tell: Tell = nobody_hears,
    ) -> None:
        self.market = market
        self.venue, self.instrument = market.venue, market.instrument
        self.start_ns, self.end_ns = market.start_ns, market.end_ns
        self.follows: tuple[MarketBook, ...] = ()
        self.now = market.start_ns
        self._profile, self._tell = profile, tell
        self._words = stream(seed, "auction", market.venue, market.instrument.symbol)
        self._calls = {Auction.CLOSE: market.end_ns}
        if opens_at is not None:
            self._calls[Auction.OPEN] = opens_at
        self._gathered: dict[int, NativeOrder] = {}  # for an auction
        self._early: dict[int, NativeOrder] = {}  # for the book, before it opens
        self._fills: list[OwnFill] = []
        self._traded = (0, 0)

    def next_ts(self) -> int:
        return min([self.market.next_ts(), *self._calls.values()])

    def advance(self, until: int) -> int:
        while self._calls and (at := min(self._calls.values())) <= until:
            reached = self.market.advance(at)
            if reached < at:
                self.now = reached
                return reached
            self.now = max(self.now, at)
            for auction in [each for each, ts in self._calls.items() if ts == at]:
                self._hold(auction)
            self._fills += self.market.take_fills()
            if self._fills:
                return self.now
        self.now = max(self.now, self.market.advance(until))
        return self.now

    def enter(self, order_no: int, order: NativeOrder) -> int:
        if order.auction is not Auction.NO:
            if order.auction not in self._calls:
                return 0
            self._gathered[order_no] = order
        elif Auction.OPEN not in self._calls:
            return self.market.enter(order_no, order)
        elif order.immediate:
            return 0
        else:
            self._early[order_no] = order
        return order.lots

    def resting(self, order_no: int) -> int:
        waiting = self._gathered.get(order_no) or self._early.get(order_no)
        return self.market.resting(order_no) if waiting is None else waiting.lots

    def cancel(self, order_no: int) -> int:
        waiting = self._gathered.pop(order_no, None) or self._early.pop(order_no, None)
        return self.market.cancel(order_no) if waiting is None else waiting.lots

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        for waiting in (self._gathered, self._early):
            if order_no in waiting:
                waiting[order_no] = waiting[order_no]._replace(ticks=ticks, lots=lots)
                return lots
        return self.market.replace(order_no, ticks, lots)

    def take_fills(self) -> list[OwnFill]:
        fills, self._fills = self._fills + self.market.take_fills(), []
        return fills

    def touch(self) -> Touch:
        return self.market.touch()

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self.market.depth(levels)

    def traded(self) -> tuple[int, int]:
        lots, value = self.market.traded()
        return lots + self._traded[0], value + self._traded[1]

    def _hold(self, auction: Auction) -> None:
        """Find the auction's price, and let what waited for it go on."""
        del self._calls[auction]
        bring_to(self.market, self.now)
        before = self.market.touch()
        numbers = [number for number, order in self._gathered.items() if order.auction is auction]
        bids = []
        for number in numbers:
            order = self._gathered.pop(number)
            bids.append(Bid(number, order.sign, order.ticks, order.lots))
        if before.bid != NONE and before.ask != NONE:
            middle = (before.bid + before.ask) // 2
            others = others_of(self._profile, self.instrument, middle, self._words)
            outcome = uncross(others, bids, middle)
            self._traded = self._traded[0] + outcome.lots, self._traded[1] + outcome.lots * outcome.ticks
            for bid in bids:
                lots = outcome.ours.get(bid.number, 0)
                if lots:
                    self._fills.append(OwnFill(self.now, bid.number, outcome.ticks, lots, True, before))
                    self._tell(self.now, bid.sign * lots * PASSIVE_WEIGHT)
        if auction is Auction.OPEN:
            for number, order in self._early.items():
                self.market.enter(number, order)
            self._early.clear()
