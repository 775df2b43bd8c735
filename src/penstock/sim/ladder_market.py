"""What every order-by-order market shares: our orders entering, leaving and being asked about on a ladder.

A market of this kind adds only what moves it: `next_ts` and `advance`. `advance` stops at a fill of ours; it
calls `keep_fills` first, so that an event always finds room in the ladder's buffer, and `settle` behind every event
that stirred an order waiting for the market.
"""

from typing import NamedTuple

import numpy as np

from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument
from penstock.sim import ladder as kernels
from penstock.sim import matching_kernel as matching
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch
from penstock.sim.ladder import ASK, BID, FILLS, OURS, PREVENTED, REMOVED, SIDE, TICKS, TOOK, Ladder
from penstock.sim.native_orders import NativeOrder, Peg, SelfTrade
from penstock.sim.waiting_orders import WaitingOrders

PRICES_MAX = 1 << 22  # the widest ladder, in ticks


class OwnRemoval(NamedTuple):
    """Lots of a resting order of ours that self-trade prevention took away."""

    ts: int
    order_no: int
    lots: int


class LadderMarket:
    """Our side of one instrument's book; the current time is `now`, written by the market that moves it.

    `self_trade` is what happens where ours would trade with ours. While not `trading`, orders only rest.
    """

    follows: tuple[MarketBook, ...] = ()

    def __init__(self, venue: str, instrument: AnyInstrument, ladder: Ladder, now: int) -> None:
        self.venue = venue
        self.instrument = instrument
        self.now = now
        self.ladder = ladder
        self.trading = True
        self._slots: dict[int, int] = {}
        self._entered: dict[int, NativeOrder] = {}
        self._waiting = WaitingOrders(self)
        self._fills: list[OwnFill] = []
        self._removals: list[OwnRemoval] = []

    @property
    def self_trade(self) -> SelfTrade:
        return SelfTrade(self.ladder.state[kernels.SELF_TRADE])

    @self_trade.setter
    def self_trade(self, mode: SelfTrade) -> None:
        self.ladder.state[kernels.SELF_TRADE] = mode

    def submit(self, order_no: int, sign: int, ticks: int, lots: int, *, immediate: bool, post_only: bool) -> int:
        """As the protocol says.

        Raises:
            BadInput: a price further from the market than a ladder can hold.
        """
        return self.enter(order_no, NativeOrder(sign, ticks, lots, immediate=immediate, post_only=post_only))

    def enter(self, order_no: int, order: NativeOrder) -> int:
        """Enter an order of any kind that the book has; the lots that rest or wait afterwards. Fills as in `submit`.

        Raises:
            BadInput: a price further from the market than a ladder can hold.
        """
        self.keep_fills()
        if order.stop != NONE or order.peg is not Peg.NO:
            self._waiting.add(order_no, order)
        else:
            self.place(order_no, order)
        self.settle()
        return self.resting(order_no)

    def place(self, order_no: int, order: NativeOrder) -> int:
        """Match an order now and rest what is left of it, whatever it might wait for.

        Returns the lots that traded or that self-trade prevention took off it.
        """
        rests = not order.immediate and order.ticks != NONE
        if rests:
            self._make_room(order.ticks)
        if not self.trading:
            if rests:
                self.rest_unmatched(order_no, order)
            return 0
        self.keep_fills()
        self.ladder = kernels.with_fill_room(self.ladder)
        state, before = self.ladder.state, self.traded()[0]
        _, slot = matching.enter_native(
            self.ladder, order.sign, order.ticks, order.lots, self.now, order_no, order.immediate, order.post_only,
            order.least, order.peak, order.is_hidden,
        )  # fmt: skip
        if slot != kernels.NOBODY:
            self._slots[order_no], self._entered[order_no] = slot, order
        taken = self.traded()[0] - before
        if taken:
            self.took(order.sign, taken)
        return taken + int(state[PREVENTED])

    def rest_unmatched(self, order_no: int, order: NativeOrder) -> None:
        """Put an order of ours at the back of its queue though the market may not trade now."""
        self._make_room(order.ticks)
        side = (BID if order.sign > 0 else ASK) + (kernels.HIDDEN if order.is_hidden else 0)
        shown = min(order.peak, order.lots) if order.peak else order.lots
        slot = kernels.rest_on(self.ladder, side, order.ticks, shown, OURS, order_no)
        least = order.least if order.is_hidden else 0
        self.ladder.terms[slot] = order.lots - shown, order.peak, least
        self._slots[order_no], self._entered[order_no] = slot, order

    def took(self, sign: int, lots: int) -> None:
        """An order of ours has taken liquidity: a market that reacts to that says how."""

    def settle(self) -> None:
        """Let orders that wait for the market act, until none has anything to do."""
        while self.trading and kernels.stirred(self.ladder):
            self._waiting.act()

    def cancel(self, order_no: int) -> int:
        return self._waiting.forget(order_no) + self.pull(order_no)

    def pull(self, order_no: int) -> int:
        """Take our order off the book; the lots removed, 0 if it does not rest there."""
        self._entered.pop(order_no, None)
        slot = self._slots.pop(order_no, kernels.NOBODY)
        if not kernels.holds(self.ladder, slot, OURS, order_no):
            return 0
        return kernels.cut(self.ladder, slot, kernels.whole(self.ladder, slot))

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        if self._waiting.replace(order_no, ticks, lots):
            self.settle()
            return self.resting(order_no)
        slot = self._slots.get(order_no, kernels.NOBODY)
        if not kernels.holds(self.ladder, slot, OURS, order_no):
            return NONE
        order = self._entered[order_no]._replace(ticks=ticks, lots=lots, post_only=False)
        if ticks == self.ladder.orders[slot, TICKS] and lots <= self.resting(order_no):
            kernels.cut(self.ladder, slot, self.resting(order_no) - lots)
            return lots
        self.pull(order_no)
        return self.enter(order_no, order)

    def halt(self) -> None:
        """Stop trading: orders that come may rest, even across the market."""
        self.trading = False

    def resume(self) -> None:
        """Trade again: those of ours that cross the market trade now, oldest number first."""
        self.trading = True
        for order_no in sorted(self._slots):
            if self.resting(order_no) > 0 and self._crosses(order_no):
                order = self._entered[order_no]._replace(lots=self.resting(order_no), post_only=False)
                self.pull(order_no)
                self.place(order_no, order)
        self.settle()

    def take_fills(self) -> list[OwnFill]:
        self.keep_fills()
        fills, self._fills = self._fills, []
        return fills

    def take_removals(self) -> list[OwnRemoval]:
        """What self-trade prevention took off resting orders since the last call."""
        self.keep_fills()
        removals, self._removals = self._removals, []
        return removals

    def touch(self) -> Touch:
        return Touch(int(self.ladder.state[kernels.TS]), *kernels.touch(self.ladder))

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self._side(BID, levels), self._side(ASK, levels)

    def traded(self) -> tuple[int, int]:
        state = self.ladder.state
        return int(state[kernels.TRADED_LOTS]), int(state[kernels.TRADED_VALUE])

    def resting(self, order_no: int) -> int:
        """Lots of our order that rest, displayed or not, or wait for the market."""
        slot = self._slots.get(order_no, kernels.NOBODY)
        if kernels.holds(self.ladder, slot, OURS, order_no):
            return kernels.whole(self.ladder, slot)
        return self._waiting.lots(order_no)

    def price_of(self, order_no: int) -> int:
        """Where our order rests; `NONE` if it does not."""
        slot = self._slots.get(order_no, kernels.NOBODY)
        return int(self.ladder.orders[slot, TICKS]) if kernels.holds(self.ladder, slot, OURS, order_no) else NONE

    def keep_fills(self) -> None:
        """Move fills out of the kernel's buffer, keeping their order."""
        count = int(self.ladder.state[FILLS])
        if count == 0:
            return
        for ts, order_no, ticks, lots, kind, *before in self.ladder.fills[:count].tolist():
            if kind == REMOVED:
                self._removals.append(OwnRemoval(ts, order_no, lots))
            else:
                self._fills.append(OwnFill(ts, order_no, ticks, lots, kind != TOOK, Touch(ts, *before)))
        self.ladder.state[FILLS] = 0

    def _side(self, side: int, levels: int) -> list[tuple[int, int]]:
        out = np.empty((levels, 2), np.int64)
        found = kernels.depth(self.ladder, side, out)
        return [(ticks, lots) for ticks, lots in out[:found].tolist()]

    def _crosses(self, order_no: int) -> bool:
        slot = self._slots[order_no]
        side, ticks = int(self.ladder.orders[slot, SIDE]) & 1, int(self.ladder.orders[slot, TICKS])
        other = matching.best_of(self.ladder, 1 - side)
        limit = ticks - int(self.ladder.state[kernels.BASE])
        return other != NONE and (limit >= other if side == BID else limit <= other)

    def _make_room(self, ticks: int) -> None:
        """Let one more order of ours rest at this price, and every one of ours fill in one event."""
        if kernels.room(self.ladder) == 0 or kernels.own_orders(self.ladder) + 2 >= len(self.ladder.fills):
            self.ladder = kernels.grown(self.ladder)
        if not kernels.covers(self.ladder, ticks):
            base = int(self.ladder.state[kernels.BASE])
            if max(ticks - base, base + self.ladder.levels.shape[1] - ticks) > PRICES_MAX:
                rule = f"the price is more than {PRICES_MAX} ticks away from the market"
                raise BadInput("order", "limit_price", rule, str(self.instrument.price(ticks)))
            self.ladder = kernels.widened(self.ladder, ticks, ticks)
