"""A recording that answers back: its prices move by what we traded, by the law of the generated market.

A recorded market goes on as it was, whatever we do. Here everything in it stands some ticks away from where it was
recorded: the part of our impact that lasts, and the part that fades with `memory_s` (`footprint`). Our orders are
entered at the recorded price that their own price has come to stand for, and filled at what it stands for then. When
the shift changes by a tick, orders of ours that rest are entered anew, and lose their place. A taker pays the middle of
the shift before and behind its own trade, within its limit: so buying and selling the same again earns nothing.

Bias: liquidity that we took stays taken in the recording, too, so both show in the price of an order that follows
soon. Stops and pegged orders of ours keep the shift that they were entered with.
"""

from typing import Annotated

import msgspec
import numpy as np

from penstock.domain.time import SECOND
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch
from penstock.sim.footprint import PASSIVE_WEIGHT, PERMANENT, RECENT, TRANSIENT, shift, tread
from penstock.sim.hidden_interest import Positive, Share
from penstock.sim.native_orders import NativeOrder, Peg

LOOK_NS = SECOND


class Reaction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a symbol's price answers: `adv` in units, `daily_volatility` as a fraction, and the law's three numbers."""

    adv: Positive
    daily_volatility: Annotated[float, msgspec.Meta(gt=0, le=5)]
    impact: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.7
    permanent_share: Share = 0.4
    memory_s: Positive = 300.0


class ReactingMarket:
    """A `MarketBook` around a recorded one."""

    def __init__(self, market: MarketBook, reaction: Reaction) -> None:
        self.market = market
        self.venue, self.instrument = market.venue, market.instrument
        self.start_ns, self.end_ns = market.start_ns, market.end_ns
        self.follows: tuple[MarketBook, ...] = ()
        self.now = market.start_ns
        adv_lots = reaction.adv / float(market.instrument.lot_size)
        self._reaction = reaction
        self._footprint = np.array([0, 0, market.start_ns, adv_lots, 0, 0, reaction.memory_s])
        self._shift = 0
        self._ours: dict[int, NativeOrder] = {}  # as they were entered, before any shift
        self._fills: list[OwnFill] = []
        self._moved_lots, self._moved_value = (
            0,
            0,
        )  # what had traded when the shift changed last, and its worth till then

    def next_ts(self) -> int:
        soonest = self.market.next_ts()
        return min(soonest, self._next_look()) if self._fades else soonest

    def advance(self, until: int) -> int:
        while True:
            look = self._next_look() if self._fades else until
            self.now = max(self.now, self.market.advance(min(until, look)))
            self._take_in()
            if self.now >= look:
                self._move()
            if self._fills or self.now >= until:
                return self.now

    def enter(self, order_no: int, order: NativeOrder) -> int:
        self._ours[order_no] = order
        self.market.enter(order_no, self._as_recorded(order))
        self._take_in()
        if not self.market.resting(order_no):
            self._ours.pop(order_no, None)
        return self.resting(order_no)

    def resting(self, order_no: int) -> int:
        return self.market.resting(order_no)

    def cancel(self, order_no: int) -> int:
        self._ours.pop(order_no, None)
        return self.market.cancel(order_no)

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        if self.market.resting(order_no) == 0:
            return NONE
        self._ours[order_no] = self._ours[order_no]._replace(ticks=ticks)
        self.market.replace(order_no, self._as_recorded(self._ours[order_no]).ticks, lots)
        self._take_in()
        return self.resting(order_no)

    def take_fills(self) -> list[OwnFill]:
        fills, self._fills = self._fills, []
        return fills

    def touch(self) -> Touch:
        return self._moved(self.market.touch())

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        bids, asks = self.market.depth(levels)
        return self._moved_levels(bids), self._moved_levels(asks)

    def traded(self) -> tuple[int, int]:
        lots, value = self.market.traded()
        return lots, value + self._moved_value + (lots - self._moved_lots) * self._shift

    @property
    def _fades(self) -> bool:
        """Whether the shift changes by itself, and something of ours would move with it."""
        return bool(self._ours) and self._footprint[RECENT] != 0

    def _as_recorded(self, order: NativeOrder) -> NativeOrder:
        ticks, stop = (each if each == NONE else each - self._shift for each in (order.ticks, order.stop))
        return order._replace(ticks=ticks, stop=stop)

    def _moved_levels(self, levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(ticks + self._shift, lots) for ticks, lots in levels]

    def _moved(self, touch: Touch) -> Touch:
        bid, ask = (each if each == NONE else each + self._shift for each in (touch.bid, touch.ask))
        return touch._replace(bid=bid, ask=ask)

    def _next_look(self) -> int:
        """The next of the times, every `LOOK_NS` from the start, at which the shift is found anew."""
        return self.start_ns + ((self.now - self.start_ns) // LOOK_NS + 1) * LOOK_NS

    def _move(self) -> None:
        """Find the shift of now, and move what rests with it, until nothing changes any more."""
        while (moved := round(shift(self._footprint, self.now))) != self._shift:
            lots = self.market.traded()[0]
            self._moved_value += (lots - self._moved_lots) * self._shift
            self._moved_lots, self._shift = lots, moved
            for order_no, order in list(self._ours.items()):
                resting = self.market.resting(order_no)
                if resting and order.stop == NONE and order.peg is Peg.NO:
                    self.market.replace(order_no, self._as_recorded(order).ticks, resting)
            self._book(self.market.take_fills(), met=True)

    def _take_in(self) -> None:
        """What filled since the last time; each fill moves the market."""
        fills = self.market.take_fills()
        if fills:
            self._book(fills, met=False)
            self._move()

    def _book(self, fills: list[OwnFill], *, met: bool) -> None:
        """Fills as they stand here; `met`: the market came to orders that rested. Takers pay half of their own move."""
        moved = self._shift
        for fill in fills:
            order, before = self._ours[fill.order_no], self._moved(fill.before)
            maker = fill.maker or met
            self._leave_mark(fill.ts, order.sign * fill.lots * (PASSIVE_WEIGHT if maker else 1.0))
            ticks = order.ticks if met else fill.ticks + self._shift
            if not maker:
                begun, moved = moved, round(shift(self._footprint, fill.ts))
                paid = fill.ticks - order.sign * (-order.sign * (begun + moved) // 2)  # rounded against us
                within = min if order.sign > 0 else max
                ticks = paid if order.ticks == NONE else within(paid, order.ticks)
            self._fills.append(fill._replace(ticks=ticks, maker=maker, before=before))
        for order_no in {fill.order_no for fill in fills}:
            if not self.market.resting(order_no):
                self._ours.pop(order_no, None)

    def _leave_mark(self, ts: int, signed_lots: float) -> None:
        footprint = self._footprint
        if not footprint[PERMANENT] + footprint[TRANSIENT]:
            touch = self.market.touch()
            full = self._reaction.impact * self._reaction.daily_volatility * (touch.bid + touch.ask) / 2
            footprint[PERMANENT] = full * self._reaction.permanent_share
            footprint[TRANSIENT] = full - footprint[PERMANENT]
        tread(footprint, ts, signed_lots)
