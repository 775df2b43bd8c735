"""The price-time book in plain Python: slow, obvious, and the law that the ladder kernels must equal."""

from dataclasses import dataclass, field

from penstock.sim.book import NONE, OwnFill, Touch
from penstock.sim.ladder import OURS


@dataclass
class RestingOrder:
    """An order in its level's queue; `key` is an `order_no` of ours or an id of the market's."""

    sign: int
    ticks: int
    lots: int
    owner: int
    key: int


@dataclass
class PlainBook:
    """All resting orders in the order of their arrival."""

    orders: list[RestingOrder] = field(default_factory=list)
    fills: list[OwnFill] = field(default_factory=list)
    traded_lots: int = 0
    traded_value: int = 0

    def rest(self, sign: int, ticks: int, lots: int, owner: int, key: int) -> None:
        self.orders.append(RestingOrder(sign, ticks, lots, owner, key))

    def reduce(self, order: RestingOrder, lots: int) -> int:
        """Take up to `lots` off an order, which keeps its place until none are left. The lots taken."""
        taken = min(lots, order.lots)
        order.lots -= taken
        if order.lots == 0:
            self.orders.remove(order)
        return taken

    def match(self, sign: int, ticks: int, lots: int, ts: int, owner: int, key: int) -> int:
        """Trade an incoming order with the other side by price, then time. The lots left."""
        before = self.touch(ts)
        taken_at: dict[int, int] = {}
        for order in self.queue(-sign):
            beyond_limit = ticks != NONE and (order.ticks - ticks) * sign > 0
            if lots == 0 or beyond_limit:
                break
            if owner == OURS and order.owner == OURS:
                continue
            taken = self.reduce(order, lots)
            lots -= taken
            self.traded_lots += taken
            self.traded_value += taken * order.ticks
            taken_at[order.ticks] = taken_at.get(order.ticks, 0) + taken
            if order.owner == OURS:
                self.fills.append(OwnFill(ts, order.key, order.ticks, taken, True, before))
        if owner == OURS:
            self.fills += [OwnFill(ts, key, price, taken, False, before) for price, taken in taken_at.items()]
        return lots

    def enter(
        self, sign: int, ticks: int, lots: int, ts: int, order_no: int, *, immediate: bool, post_only: bool
    ) -> int:
        """Enter an order of ours; the lots that rest afterwards."""
        best = next(iter(self.queue(-sign)), None)
        if post_only and (ticks == NONE or (best is not None and (ticks - best.ticks) * sign >= 0)):
            return 0
        left = self.match(sign, ticks, lots, ts, OURS, order_no)
        if left == 0 or immediate or ticks == NONE:
            return 0
        self.rest(sign, ticks, left, OURS, order_no)
        return left

    def queue(self, sign: int) -> list[RestingOrder]:
        """One side's orders in the order in which they trade: best price first, then oldest first."""
        side = [order for order in self.orders if order.sign == sign]
        return sorted(side, key=lambda order: -sign * order.ticks)

    def depth(self, sign: int, levels: int) -> list[tuple[int, int]]:
        totals: dict[int, int] = {}
        for order in self.queue(sign):
            totals[order.ticks] = totals.get(order.ticks, 0) + order.lots
        return list(totals.items())[:levels]

    def touch(self, ts: int) -> Touch:
        (bid,), (ask,) = (self.depth(sign, 1) or [(NONE, 0)] for sign in (1, -1))
        return Touch(ts, *bid, *ask)

    def find(self, owner: int, key: int) -> RestingOrder | None:
        return next((order for order in self.orders if (order.owner, order.key) == (owner, key)), None)
