"""Orders of ours that wait for the market: stops for a trade, pegged orders for the touch that they follow.

- A stop is set off by a trade at its price or beyond, or enters at once where the last trade was there already.
  Stops set off by one event enter in the order in which they came; what they trade may set off others.
- Then pegged orders move, in the order in which they came, all by the touch just before. One that moves is last at its
  new price, and takes what it reaches there. Without a touch to follow, or with too little to fill its least
  size, it waits beside the book.

The kernel says when to look (`ladder.stirred`), so nothing here runs at every event.
"""

from typing import TYPE_CHECKING

from penstock.sim import ladder as kernels
from penstock.sim.book import NONE
from penstock.sim.ladder import FAR
from penstock.sim.native_orders import NativeOrder, is_reached, peg_price

if TYPE_CHECKING:
    from penstock.sim.ladder_market import LadderMarket


class WaitingOrders:
    """The stops and the pegged orders of one book, each with the lots that are left of it."""

    def __init__(self, market: "LadderMarket") -> None:
        self._market = market
        self._stops: dict[int, NativeOrder] = {}
        self._pegs: dict[int, NativeOrder] = {}
        self._aside: dict[int, int] = {}  # lots of pegged orders that wait beside the book

    def add(self, order_no: int, order: NativeOrder) -> None:
        """Let an order wait; it acts when the market is settled next."""
        state = self._market.ladder.state
        if order.stop == NONE:
            self._pegs[order_no], self._aside[order_no] = order, order.lots
        else:
            self._stops[order_no] = order
            last = int(state[kernels.LAST])
            state[kernels.HIGH], state[kernels.LOW] = (-FAR, FAR) if last == NONE else (last, last)
        self._watch(moved=order.stop == NONE)

    def act(self) -> None:
        """Set off the stops that trades have reached, then move the pegged orders."""
        state = self._market.ladder.state
        high, low = int(state[kernels.HIGH]), int(state[kernels.LOW])
        state[kernels.HIGH], state[kernels.LOW] = -FAR, FAR
        reached = [order_no for order_no, order in self._stops.items() if is_reached(order, low, high)]
        for order_no in reached:
            order = self._stops.pop(order_no)
            self._watch()
            self._market.place(order_no, order._replace(stop=NONE, immediate=order.immediate or order.ticks == NONE))
        _, bid, _, ask, _ = self._market.touch()
        state = self._market.ladder.state
        state[kernels.PEGGED_BID], state[kernels.PEGGED_ASK] = bid, ask
        for order_no in list(self._pegs):
            self._move(order_no, bid, ask)
        self._watch()

    def lots(self, order_no: int) -> int:
        """Lots of an order that waits beside the book."""
        stop = self._stops.get(order_no)
        return stop.lots if stop is not None else self._aside.get(order_no, 0)

    def forget(self, order_no: int) -> int:
        """Let an order wait no longer; the lots that waited beside the book. What rests in it stays there."""
        lots = self.lots(order_no)
        self._stops.pop(order_no, None), self._pegs.pop(order_no, None), self._aside.pop(order_no, None)
        self._watch()
        return lots

    def replace(self, order_no: int, ticks: int, lots: int) -> bool:
        """Give an order that waits another limit and remaining size; False if none of that number does."""
        if order_no in self._stops:
            self._stops[order_no] = self._stops[order_no]._replace(ticks=ticks, lots=lots)
            return True
        order = self._pegs.get(order_no)
        if order is None or self._market.resting(order_no) == 0:
            return False
        self._pegs[order_no] = order._replace(ticks=ticks, lots=lots)
        self._market.pull(order_no)
        self._aside[order_no] = lots
        self._watch(moved=True)
        return True

    def _move(self, order_no: int, bid: int, ask: int) -> None:
        market, order = self._market, self._pegs[order_no]
        lots, at = market.resting(order_no), market.price_of(order_no)
        if lots == 0:
            del self._pegs[order_no]
            return
        price = peg_price(order, bid, ask)
        if price == at and at != NONE:
            return
        market.pull(order_no)
        self._aside[order_no] = lots
        if price == NONE:
            return
        done = market.place(order_no, order._replace(ticks=price, lots=lots))
        if done == lots or market.price_of(order_no) != NONE:
            del self._aside[order_no]
        else:
            self._aside[order_no] = lots - done

    def _watch(self, *, moved: bool = False) -> None:
        """Tell the kernel what to look out for; `moved` makes it look at once."""
        state = self._market.ladder.state
        state[kernels.WAITING] = len(self._stops) + len(self._pegs)
        state[kernels.PEGS] = len(self._pegs)
        state[kernels.WAKE_ABOVE] = min((order.stop for order in self._stops.values() if order.sign > 0), default=FAR)
        state[kernels.WAKE_BELOW] = max((order.stop for order in self._stops.values() if order.sign < 0), default=-FAR)
        if moved and self._pegs:
            state[kernels.PEGGED_BID] = state[kernels.PEGGED_ASK] = -2
