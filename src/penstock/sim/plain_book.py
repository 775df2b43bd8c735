"""The order book in plain Python: slow, obvious, and the law that ladder and matching kernels must equal.

One list of resting orders in the order of their arrival (an iceberg that shows its next part arrives again), sorted
whenever it is asked: best price, then displayed before hidden, then oldest first.
"""

from dataclasses import dataclass, field

from penstock.sim.book import NONE, OwnFill, Touch
from penstock.sim.ladder import OURS
from penstock.sim.native_orders import NativeOrder, Peg, SelfTrade, is_reached, peg_price


@dataclass
class RestingOrder:
    """An order in its level's queue; `key` is an `order_no` of ours or an id of the market's."""

    sign: int
    ticks: int
    lots: int
    owner: int
    key: int
    hidden: bool = False
    reserve: int = 0
    peak: int = 0
    least: int = 0

    @property
    def whole(self) -> int:
        return self.lots + self.reserve


@dataclass
class PlainBook:
    """All resting orders, and those of ours that wait for the market."""

    self_trade: SelfTrade = SelfTrade.PASS_OVER
    trading: bool = True
    orders: list[RestingOrder] = field(default_factory=list)
    fills: list[OwnFill] = field(default_factory=list)
    removals: list[tuple[int, int]] = field(default_factory=list)
    traded_lots: int = 0
    traded_value: int = 0
    prints: list[int] = field(default_factory=list)  # prices traded since the stops were last looked at
    last: int = NONE
    stops: dict[int, NativeOrder] = field(default_factory=dict)
    pegs: dict[int, NativeOrder] = field(default_factory=dict)
    aside: dict[int, int] = field(default_factory=dict)  # lots of pegged orders beside the book
    followed: tuple[int, int] | None = None
    entered: dict[int, NativeOrder] = field(default_factory=dict)

    def rest(self, sign: int, ticks: int, lots: int, owner: int, key: int) -> None:
        self.orders.append(RestingOrder(sign, ticks, lots, owner, key))

    def reduce(self, order: RestingOrder, lots: int) -> int:
        """Take up to `lots` off an order, which keeps its place until none are left. The lots taken."""
        taken = min(lots, order.lots)
        order.lots -= taken
        if order.lots == 0:
            self._drop(order)
        return taken

    def cut(self, order: RestingOrder, lots: int) -> None:
        """Take lots off an order, an iceberg's reserve first."""
        from_reserve = min(lots, order.reserve)
        order.reserve -= from_reserve
        self.reduce(order, lots - from_reserve)

    def execute(self, order: RestingOrder, lots: int) -> int:
        """Trade with what an order shows; an iceberg then shows its next part, at the back of the queue."""
        taken = min(lots, order.lots)
        order.lots -= taken
        if order.lots == 0:
            self._drop(order)
            if order.reserve:
                order.lots = min(order.peak, order.reserve)
                order.reserve -= order.lots
                self.orders.append(order)
        return taken

    def match(self, sign: int, ticks: int, lots: int, ts: int, owner: int, key: int) -> int:
        """Trade an incoming order with the other side. The lots left; what was prevented is not."""
        before = self.touch(ts)
        passed: list[RestingOrder] = []
        took: dict[int, int] = {}
        made: dict[tuple[int, int], int] = {}
        while lots > 0:
            order = next((order for order in self.queue(-sign) if not any(order is one for one in passed)), None)
            if order is None or (ticks != NONE and (order.ticks - ticks) * sign > 0):
                break
            if owner == OURS and order.owner == OURS:
                lots -= self._prevent(order, lots)
                passed.append(order)
            elif lots < min(order.least, order.lots):
                passed.append(order)
            else:
                price = order.ticks
                taken = self.execute(order, lots)
                lots -= taken
                self._print(price, taken)
                took[price] = took.get(price, 0) + taken
                if order.owner == OURS:
                    made[order.key, price] = made.get((order.key, price), 0) + taken
        self.fills += [OwnFill(ts, number, price, taken, True, before) for (number, price), taken in made.items()]
        if owner == OURS:
            self.fills += [OwnFill(ts, key, price, taken, False, before) for price, taken in took.items()]
        return lots

    def enter(self, order_no: int, order: NativeOrder, ts: int) -> int:
        """Enter an order of ours of any kind; the lots that rest or wait afterwards."""
        if order.stop != NONE:
            self.stops[order_no] = order
            self.prints = [] if self.last == NONE else [self.last]
        elif order.peg is not Peg.NO:
            self.pegs[order_no], self.aside[order_no] = order, order.lots
            self.followed = None
        else:
            self.place(order_no, order, ts)
        self.settle(ts)
        return self.left(order_no)

    def place(self, order_no: int, order: NativeOrder, ts: int) -> int:
        """Match an order now and rest what is left of it. The lots that traded or were prevented from it."""
        rests = not order.immediate and order.ticks != NONE
        best = next(iter(self.queue(-order.sign)), None)
        crosses = best is not None and (order.ticks == NONE or (order.ticks - best.ticks) * order.sign >= 0)
        left = order.lots
        if self.trading:
            if order.post_only and (crosses or order.ticks == NONE):
                return 0
            if order.least:
                at_once = self.would_fill(order)
                may_wait = at_once == 0 and order.is_hidden and not order.immediate
                if at_once < min(order.least, order.lots) and not may_wait:
                    return 0
            left = self.match(order.sign, order.ticks, order.lots, ts, OURS, order_no)
        if rests and left > 0:
            shown = min(order.peak or left, left)
            least = order.least if order.is_hidden else 0
            resting = RestingOrder(
                order.sign, order.ticks, shown, OURS, order_no, order.is_hidden, left - shown, order.peak, least
            )
            self.orders.append(resting)
            self.entered[order_no] = order
        return order.lots - left

    def would_fill(self, order: NativeOrder) -> int:
        """How much of an order of ours would trade at once: by trying it on a copy."""
        trial = PlainBook(self.self_trade, orders=[RestingOrder(**vars(resting)) for resting in self.orders])
        trial.match(order.sign, order.ticks, order.lots, 0, OURS, -1)
        return trial.traded_lots

    def settle(self, ts: int) -> None:
        """Set off stops and move pegged orders until nothing changes."""
        while self.trading and (self._reached() or (self.pegs and self.followed != self._followable())):
            reached = self._reached()
            self.prints = []
            for order_no in reached:
                order = self.stops.pop(order_no)
                self.place(order_no, order._replace(immediate=order.immediate or order.ticks == NONE), ts)
            self.followed = self._followable()
            for order_no, order in list(self.pegs.items()):
                self._move(order_no, order, *self.followed, ts)

    def cancel(self, order_no: int) -> int:
        lots = self.left(order_no)
        for waiting in (self.stops, self.pegs, self.aside):
            waiting.pop(order_no, None)
        self._pull(order_no)
        return lots

    def replace(self, order_no: int, ticks: int, lots: int, ts: int) -> int:
        """Fewer lots at the same price keep their place; anything else enters anew. What rests; `NONE` if gone."""
        resting = self.find(OURS, order_no)
        if order_no in self.stops:
            self.stops[order_no] = self.stops[order_no]._replace(ticks=ticks, lots=lots)
        elif order_no in self.pegs and self.left(order_no) > 0:
            self._pull(order_no)
            self.pegs[order_no] = self.pegs[order_no]._replace(ticks=ticks, lots=lots)
            self.aside[order_no], self.followed = lots, None
        elif resting is None:
            return NONE
        elif ticks == resting.ticks and lots <= resting.whole:
            self.cut(resting, resting.whole - lots)
        else:
            self._pull(order_no)
            self.place(order_no, self.entered[order_no]._replace(ticks=ticks, lots=lots, post_only=False), ts)
        self.settle(ts)
        return self.left(order_no)

    def halt(self) -> None:
        self.trading = False

    def resume(self, ts: int) -> None:
        """Trade again: those of ours that cross the market trade now, oldest number first."""
        self.trading = True
        for order_no in sorted(order.key for order in self.orders if order.owner == OURS):
            order = self.find(OURS, order_no)
            if order is None:
                continue
            best = next(iter(self.queue(-order.sign)), None)
            if best is not None and (order.ticks - best.ticks) * order.sign >= 0:
                self._pull(order_no)
                self.place(order_no, self.entered[order_no]._replace(lots=order.whole, post_only=False), ts)
        self.settle(ts)

    def queue(self, sign: int) -> list[RestingOrder]:
        """One side's orders in the order in which they trade."""
        side = [order for order in self.orders if order.sign == sign]
        return sorted(side, key=lambda order: (-sign * order.ticks, order.hidden))

    def depth(self, sign: int, levels: int) -> list[tuple[int, int]]:
        totals: dict[int, int] = {}
        for order in self.queue(sign):
            if not order.hidden:
                totals[order.ticks] = totals.get(order.ticks, 0) + order.lots
        return list(totals.items())[:levels]

    def touch(self, ts: int) -> Touch:
        (bid,), (ask,) = (self.depth(sign, 1) or [(NONE, 0)] for sign in (1, -1))
        return Touch(ts, *bid, *ask)

    def find(self, owner: int, key: int) -> RestingOrder | None:
        return next((order for order in self.orders if (order.owner, order.key) == (owner, key)), None)

    def left(self, order_no: int) -> int:
        """Lots of an order of ours that rest, displayed or not, or wait."""
        if order_no in self.stops:
            return self.stops[order_no].lots
        resting = self.find(OURS, order_no)
        return resting.whole if resting else self.aside.get(order_no, 0)

    def _move(self, order_no: int, order: NativeOrder, bid: int, ask: int, ts: int) -> None:
        resting, lots = self.find(OURS, order_no), self.left(order_no)
        if lots == 0:
            del self.pegs[order_no]
            return
        price = peg_price(order, bid, ask)
        if resting is not None and resting.ticks == price:
            return
        self._pull(order_no)
        self.aside[order_no] = lots
        if price != NONE:
            self.aside[order_no] -= self.place(order_no, order._replace(ticks=price, lots=lots), ts)
            if self.aside[order_no] == 0 or self.find(OURS, order_no) is not None:
                del self.aside[order_no]

    def _prevent(self, order: RestingOrder, lots: int) -> int:
        """Keep an incoming order of ours from one that rests; the lots that the incoming one loses."""
        mode = self.self_trade
        removed = {SelfTrade.CANCEL_OLDEST: order.whole, SelfTrade.CANCEL_BOTH: order.whole}.get(mode, 0)
        lost = lots if mode in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH) else 0
        if mode is SelfTrade.DECREMENT:
            removed = lost = min(lots, order.whole)
        if removed:
            self.removals.append((order.key, removed))
            self.cut(order, removed)
        return lost

    def _print(self, ticks: int, lots: int) -> None:
        self.traded_lots += lots
        self.traded_value += lots * ticks
        self.prints.append(ticks)
        self.last = ticks

    def _reached(self) -> list[int]:
        if not self.prints:
            return []
        low, high = min(self.prints), max(self.prints)
        return [order_no for order_no, order in self.stops.items() if is_reached(order, low, high)]

    def _followable(self) -> tuple[int, int]:
        touch = self.touch(0)
        return touch.bid, touch.ask

    def _pull(self, order_no: int) -> None:
        resting = self.find(OURS, order_no)
        if resting is not None:
            self._drop(resting)

    def _drop(self, gone: RestingOrder) -> None:
        self.orders = [order for order in self.orders if order is not gone]
