"""What every order-by-order market shares: our orders entering, leaving and being asked about on a ladder.

A market of this kind adds only what moves it: `next_ts` and `advance`. `advance` stops at a fill of ours; it
calls `keep_fills` first, so that an event always finds room in the ladder's buffer.
"""

import numpy as np

from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument
from penstock.sim import ladder as kernels
from penstock.sim.book import NONE, OwnFill, Touch
from penstock.sim.ladder import ASK, BID, FILLS, LOTS, OURS, SIDE, TICKS, Ladder

PRICES_MAX = 1 << 22  # the widest ladder, in ticks


class LadderMarket:
    """Our side of one instrument's book; the current time is `now`, written by the market that moves it."""

    def __init__(self, venue: str, instrument: AnyInstrument, ladder: Ladder, now: int) -> None:
        self.venue = venue
        self.instrument = instrument
        self.now = now
        self.ladder = ladder
        self._slots: dict[int, int] = {}
        self._fills: list[OwnFill] = []

    def submit(self, order_no: int, sign: int, ticks: int, lots: int, *, immediate: bool, post_only: bool) -> int:
        """As the protocol says.

        Raises:
            BadInput: a price further from the market than a ladder can hold.
        """
        if not immediate and ticks != NONE:
            self._make_room(ticks)
        self.keep_fills()
        left, slot = kernels.enter(self.ladder, sign, ticks, lots, self.now, order_no, immediate, post_only)
        while self.ladder.state[FILLS] == len(self.ladder.fills):
            self.keep_fills()
            left, slot = kernels.enter(self.ladder, sign, ticks, left, self.now, order_no, immediate, False)
        if slot == kernels.NOBODY:
            return 0
        self._slots[order_no] = slot
        return left

    def rest_unmatched(self, order_no: int, sign: int, ticks: int, lots: int) -> None:
        """Put an order of ours at the back of its queue though the market may not trade now."""
        self._make_room(ticks)
        self._slots[order_no] = kernels.rest(self.ladder, sign, ticks, lots, OURS, order_no)

    def cancel(self, order_no: int) -> int:
        slot = self._slots.pop(order_no, kernels.NOBODY)
        if not kernels.holds(self.ladder, slot, OURS, order_no):
            return 0
        return kernels.reduce(self.ladder, slot, int(self.ladder.orders[slot, LOTS]))

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        slot = self._slots.get(order_no, kernels.NOBODY)
        if not kernels.holds(self.ladder, slot, OURS, order_no):
            return NONE
        order = self.ladder.orders[slot]
        if ticks == order[TICKS] and lots <= order[LOTS]:
            kernels.reduce(self.ladder, slot, int(order[LOTS]) - lots)
            return lots
        sign = 1 if order[SIDE] == BID else -1
        self.cancel(order_no)
        return self.submit(order_no, sign, ticks, lots, immediate=False, post_only=False)

    def take_fills(self) -> list[OwnFill]:
        self.keep_fills()
        fills, self._fills = self._fills, []
        return fills

    def touch(self) -> Touch:
        return Touch(int(self.ladder.state[kernels.TS]), *kernels.touch(self.ladder))

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self._side(BID, levels), self._side(ASK, levels)

    def traded(self) -> tuple[int, int]:
        state = self.ladder.state
        return int(state[kernels.TRADED_LOTS]), int(state[kernels.TRADED_VALUE])

    def resting(self, order_no: int) -> int:
        """Lots of our order that rest now."""
        slot = self._slots.get(order_no, kernels.NOBODY)
        return int(self.ladder.orders[slot, LOTS]) if kernels.holds(self.ladder, slot, OURS, order_no) else 0

    def _side(self, side: int, levels: int) -> list[tuple[int, int]]:
        out = np.empty((levels, 2), np.int64)
        found = kernels.depth(self.ladder, side, out)
        return [(ticks, lots) for ticks, lots in out[:found].tolist()]

    def _make_room(self, ticks: int) -> None:
        """Let one more order of ours rest at this price, and every one of ours fill in one event."""
        state = self.ladder.state
        own = int(state[kernels.OWN + BID] + state[kernels.OWN + ASK])
        if kernels.room(self.ladder) == 0 or own + 1 >= len(self.ladder.fills):
            self.ladder = kernels.grown(self.ladder)
        if not kernels.covers(self.ladder, ticks):
            base = int(state[kernels.BASE])
            if max(ticks - base, base + self.ladder.levels.shape[1] - ticks) > PRICES_MAX:
                rule = f"the price is more than {PRICES_MAX} ticks away from the market"
                raise BadInput("order", "limit_price", rule, str(self.instrument.price(ticks)))
            self.ladder = kernels.widened(self.ladder, ticks, ticks)

    def keep_fills(self) -> None:
        """Move fills out of the kernel's buffer, keeping their order."""
        count = int(self.ladder.state[FILLS])
        if count == 0:
            return
        for ts, order_no, ticks, lots, maker, *before in self.ladder.fills[:count].tolist():
            self._fills.append(OwnFill(ts, order_no, ticks, lots, bool(maker), Touch(ts, *before)))
        self.ladder.state[FILLS] = 0
