"""A recorded depth-and-trades market in which our orders take part.

What a recording of price levels cannot say has to be assumed; each rule names its bias.

- **Aggressive orders** take displayed lots level by level, best first. What was taken stays taken: a level shows what
  is recorded minus what we took, until the recording empties it. The taken part never exceeds what is recorded.
  Bias: late refills inside a level that never empties are not believed, so a large order pays too much rather
  than too little; others' reactions to our trades are not modelled.
- **The ticker is fresher than the depth stream**: it sets both touches exactly and removes whatever was better. The
  loader has settled by update ids which message is the newer one.
- **Resting orders** join behind all displayed lots of their price. A print at our price by the opposite aggressor moves
  the queue; what exceeds the lots ahead fills us. When the level shrinks otherwise, a `QueueModel` says how much
  of that was ahead of us; the default, `RISK_AVERSE`, assumes as little as is possible: fills come late.
  Lots that both a print and a level report are counted once, whichever comes first (a level may run ahead of its
  print by `REFLECTION_NS_MAX`; a true cancellation followed so soon by a print is then mistaken for it: late again).
- **A print through our price** (worse for its aggressor than ours) would have met us first: it fills us up to its lots.
  Bias: the aggressor might have stopped at us and not printed below; the fills are no more than what it traded.
- **A recorded opposite touch that reaches our price** fills us as maker with the lots displayed there, which are
  consumed. Bias: we assume that this order would have come all the same, although we stood in its way.
- One print fills no more than its lots over all our orders, which go by price, then time. Our orders never trade with
  each other. They are not displayed: `touch` and `depth` are the others' market.
"""

import numpy as np

from penstock.market.depth_tape import BID, TICKS, TS, DepthTape
from penstock.sim import depth_kernel
from penstock.sim import depth_matching_kernel as matching
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch
from penstock.sim.depth_kernel import (
    AHEAD,
    BEST,
    FILL_COLUMNS,
    FILLS,
    LEAVES,
    MARKET_TS,
    NOW,
    ORDER_COLUMNS,
    OWN,
    POSITION,
    QUEUE_COLUMNS,
    RANK,
    STATE_ENTRIES,
    TRADED_LOTS,
    TRADED_VALUE,
    DepthBook,
)
from penstock.sim.native_orders import NativeOrder
from penstock.sim.queue_models import RISK_AVERSE, QueueModel

ALL_LEVELS = 10_000
ORDERS_START = 16
FILLS_START = 256


class DepthReplay:
    """A `MarketBook` over a `DepthTape`; several replays may share one tape."""

    follows: tuple[MarketBook, ...] = ()

    def __init__(self, tape: DepthTape, queue_model: QueueModel = RISK_AVERSE) -> None:
        self.venue = tape.venue
        self.instrument = tape.instrument
        self.start_ns = tape.start_ns
        self.end_ns = tape.end_ns
        self.queue_model = queue_model
        prices = np.unique(tape.rows[:, TICKS])
        rows = tape.rows.copy()
        rows[:, TICKS] = np.searchsorted(prices, tape.rows[:, TICKS])
        state = np.zeros(STATE_ENTRIES, np.int64)
        state[NOW] = tape.start_ns
        state[BEST : BEST + 2] = prices.size
        self._book = DepthBook(
            rows=rows,
            prices=prices,
            ladder=np.zeros((2, prices.size, 2), np.int64),
            orders=np.zeros((2, ORDERS_START, ORDER_COLUMNS), np.int64),
            queue=np.zeros((2, ORDERS_START, QUEUE_COLUMNS), np.float64),
            fills=np.zeros((FILLS_START, FILL_COLUMNS), np.int64),
            state=state,
            model=np.array([queue_model.family, queue_model.power], np.float64),
        )
        self._fills: list[OwnFill] = []
        depth_kernel.play_rows(rows, prices, self._book.ladder, state, tape.opening, tape.start_ns, False)
        state[MARKET_TS] = tape.start_ns

    @property
    def book(self) -> DepthBook:
        """The replay in arrays, for kernels; until the next call that makes room in them."""
        return self._book

    def next_ts(self) -> int:
        position = self._book.state[POSITION]
        rows = self._book.rows
        return int(rows[position, TS]) if position < len(rows) else self.end_ns + 1

    def advance(self, until: int) -> int:
        reached = int(matching.advance(self._book, until))
        if self._book.state[FILLS]:
            self._collect()
        return reached

    def enter(self, order_no: int, order: NativeOrder) -> int:
        """As the protocol says, for the kinds that a book of levels can have: limit, market, immediate, minimum."""
        special = order.peak or order.is_hidden or order.stop != NONE
        assert not special, "a book of levels has no such order"
        if order.least > self._within(order):
            return 0
        return self.submit(
            order_no, order.sign, order.ticks, order.lots, immediate=order.immediate, post_only=order.post_only
        )

    def _within(self, order: NativeOrder) -> int:
        """Lots that others display within an order's limit."""
        bids, asks = self.depth(ALL_LEVELS)
        return sum(
            lots
            for ticks, lots in (asks if order.sign > 0 else bids)
            if order.ticks == NONE or order.sign * (ticks - order.ticks) <= 0
        )

    def submit(self, order_no: int, sign: int, ticks: int, lots: int, *, immediate: bool, post_only: bool) -> int:
        book = self._book
        if post_only and matching.would_cross(book, sign, ticks):
            return 0
        depth_kernel.note_touch(book)
        lots = matching.sweep(book, order_no, sign, ticks, lots)
        while book.state[FILLS] == len(book.fills):
            self._collect()
            lots = matching.sweep(book, order_no, sign, ticks, lots)
        self._collect()
        if lots == 0 or immediate or ticks == NONE:
            return 0
        self._make_room()
        matching.rest(self._book, order_no, sign, ticks, lots)
        return lots

    def cancel(self, order_no: int) -> int:
        return int(matching.cancel(self._book, order_no))

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        book = self._book
        side, place = matching.find(book, order_no)
        if place == NONE:
            return NONE
        order = book.orders[side, place]
        same_price = depth_kernel.rank_of(side, ticks) == order[RANK]
        if same_price and lots <= order[LEAVES]:
            order[LEAVES] = lots
            return lots
        matching.remove_order(book, side, place)
        return self.submit(order_no, 1 if side == BID else -1, ticks, lots, immediate=False, post_only=False)

    def take_fills(self) -> list[OwnFill]:
        fills, self._fills = self._fills, []
        return fills

    def touch(self) -> Touch:
        return Touch(*depth_kernel.touch(self._book))

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        bids, asks = (depth_kernel.levels(self._book, side, levels).tolist() for side in (0, 1))
        return [(ticks, lots) for ticks, lots in bids], [(ticks, lots) for ticks, lots in asks]

    def traded(self) -> tuple[int, int]:
        state = self._book.state
        return int(state[TRADED_LOTS]), int(state[TRADED_VALUE])

    def resting(self, order_no: int) -> int:
        side, place = matching.find(self._book, order_no)
        return 0 if place == NONE else int(self._book.orders[side, place, LEAVES])

    def lots_ahead(self, order_no: int) -> float | None:
        """Estimated lots before us in our price's queue; None if the order does not rest."""
        side, place = matching.find(self._book, order_no)
        return None if place == NONE else float(self._book.queue[side, place, AHEAD])

    def _collect(self) -> None:
        """Move fills out of the kernel's buffer."""
        book = self._book
        for row in book.fills[: book.state[FILLS]].tolist():
            ts, order_no, ticks, lots, maker, *before = row
            self._fills.append(OwnFill(ts, order_no, ticks, lots, bool(maker), Touch(*before)))
        book.state[FILLS] = 0

    def _make_room(self) -> None:
        """Double the tables of resting orders when one side is full, and the fill buffer with them."""
        book = self._book
        room = book.orders.shape[1]
        if max(book.state[OWN : OWN + 2]) < room:
            return
        orders = np.zeros((2, 2 * room, book.orders.shape[2]), np.int64)
        queue = np.zeros((2, 2 * room, book.queue.shape[2]), np.float64)
        orders[:, :room], queue[:, :room] = book.orders, book.queue
        fills = np.zeros((max(len(book.fills), 8 * room), book.fills.shape[1]), np.int64)
        self._book = book._replace(orders=orders, queue=queue, fills=fills)
