"""The order book kernel: price-time priority, order by order, over arrays.

Prices are a dense ladder: level `i` of a side is the price `base + i` ticks. A level is a doubly linked
FIFO of order slots, oldest first; slots come from one pool and go back to a free list. Slot 0 is nobody: a
link of 0 ends a list, so untouched memory is an empty book.

An order belongs to the market (`MARKET`, its key any id, `ANONYMOUS` if it has none) or to us (`OURS`, its
key our `order_no`). A slot is reused after its order is gone: whoever keeps a slot asks `holds` first.

Executions of ours go to the fill buffer. The caller keeps room there: an event fills each of our resting
orders at most once, and `match` stops an order of ours (lots left over) when the buffer is full.
`plain_book.PlainBook` says the same in plain Python and is what this must equal.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.sim.book import NONE
from penstock.sim.jit import inlined_kernel, kernel

MARKET, OURS = 0, 1
ANONYMOUS = -1
NOBODY = 0  # the slot that no order has
BID, ASK = 0, 1

# Columns of `orders`.
TICKS, LOTS, SIDE, OWNER, KEY, PREVIOUS, NEXT = range(7)
# Columns of `levels`; TOTAL is the lots of all orders there.
TOTAL, HEAD, TAIL = range(3)
# Entries of `state`. The four pairs are indexed by entry + side.
BASE, FREE, USED, FILLS, TS, TRADED_LOTS, TRADED_VALUE, BEST, ORDERS, OWN = 0, 1, 2, 3, 4, 5, 6, 7, 9, 11
# Columns of `fills`.
FILL_TS, FILL_ORDER, FILL_TICKS, FILL_LOTS, FILL_MAKER, FILL_BID, FILL_BID_LOTS, FILL_ASK, FILL_ASK_LOTS = range(9)

TouchTuple = tuple[int, int, int, int]


class Ladder(NamedTuple):
    """A book's whole state, all int64.

    orders (slots, 7); levels (2 sides, prices, 3); state (13,); fills (n, 9).
    """

    orders: NDArray[np.int64]
    levels: NDArray[np.int64]
    state: NDArray[np.int64]
    fills: NDArray[np.int64]


def new_ladder(low: int, high: int, *, orders: int = 1024, fills: int = 256) -> Ladder:
    """Make an empty book for prices `low..high` ticks, both included, and so many resting orders."""
    state = np.zeros(13, np.int64)
    state[BASE] = low
    state[USED] = 1
    state[BEST + BID] = state[BEST + ASK] = NONE
    return Ladder(
        np.zeros((orders + 1, 7), np.int64),
        np.zeros((2, high - low + 1, 3), np.int64),
        state,
        np.zeros((fills, 9), np.int64),
    )


def grown(ladder: Ladder) -> Ladder:
    """Copy the book, with twice the room for orders and fills."""
    orders = np.concatenate([ladder.orders, np.zeros_like(ladder.orders)])
    fills = np.concatenate([ladder.fills, np.zeros_like(ladder.fills)])
    return ladder._replace(orders=orders, fills=fills)


def widened(ladder: Ladder, low: int, high: int) -> Ladder:
    """Copy the book to a ladder that covers at least `low..high` ticks too."""
    base, width = int(ladder.state[BASE]), ladder.levels.shape[1]
    low, high = min(low, base), max(high, base + width - 1)
    levels = np.zeros((2, high - low + 1, 3), np.int64)
    levels[:, base - low : base - low + width] = ladder.levels
    state = ladder.state.copy()
    state[BASE] = low
    for side in (BID, ASK):
        if state[BEST + side] != NONE:
            state[BEST + side] += base - low
    return ladder._replace(levels=levels, state=state)


@inlined_kernel
def room(ladder: Ladder) -> int:
    """How many more orders can rest."""
    state = ladder.state
    return int(ladder.orders.shape[0] - 1 - state[ORDERS] - state[ORDERS + 1])


@kernel
def covers(ladder: Ladder, ticks: int) -> bool:
    """Whether an order can rest at this price."""
    return bool(0 <= ticks - ladder.state[BASE] < ladder.levels.shape[1])


@inlined_kernel
def holds(ladder: Ladder, slot: int, owner: int, key: int) -> bool:
    """Whether the slot still has that order."""
    orders = ladder.orders
    return bool(orders[slot, LOTS] > 0 and orders[slot, OWNER] == owner and orders[slot, KEY] == key)


@kernel
def touch(ladder: Ladder) -> TouchTuple:
    """Bid, its lots, ask, its lots; price `NONE` with 0 lots where a side is empty."""
    levels, state = ladder.levels, ladder.state
    bid, ask = state[BEST + BID], state[BEST + ASK]
    bid_ticks, bid_lots = (state[BASE] + bid, levels[BID, bid, TOTAL]) if bid != NONE else (NONE, 0)
    ask_ticks, ask_lots = (state[BASE] + ask, levels[ASK, ask, TOTAL]) if ask != NONE else (NONE, 0)
    return bid_ticks, bid_lots, ask_ticks, ask_lots


@inlined_kernel
def rest(ladder: Ladder, sign: int, ticks: int, lots: int, owner: int, key: int) -> int:
    """Put an order at the back of its level's queue, without matching; its slot.

    The caller has checked `room` and `covers`.
    """
    orders, levels, state, _ = ladder
    slot = state[FREE]
    if slot != NOBODY:
        state[FREE] = orders[slot, NEXT]
    else:
        slot = state[USED]
        state[USED] += 1
    side = BID if sign > 0 else ASK
    at = ticks - state[BASE]
    tail = levels[side, at, TAIL]
    orders[slot, TICKS], orders[slot, LOTS], orders[slot, SIDE] = ticks, lots, side
    orders[slot, OWNER], orders[slot, KEY] = owner, key
    orders[slot, PREVIOUS], orders[slot, NEXT] = tail, NOBODY
    if tail != NOBODY:
        orders[tail, NEXT] = slot
    else:
        levels[side, at, HEAD] = slot
        best = state[BEST + side]
        if best == NONE or (at > best if side == BID else at < best):
            state[BEST + side] = at
    levels[side, at, TAIL] = slot
    levels[side, at, TOTAL] += lots
    state[ORDERS + side] += 1
    state[OWN + side] += owner
    return int(slot)


@inlined_kernel
def reduce(ladder: Ladder, slot: int, lots: int) -> int:
    """Take up to `lots` off a resting order, which keeps its place until none are left. The lots taken."""
    orders, levels, state, _ = ladder
    side = orders[slot, SIDE]
    at = orders[slot, TICKS] - state[BASE]
    taken = min(lots, orders[slot, LOTS])
    levels[side, at, TOTAL] -= taken
    orders[slot, LOTS] -= taken
    if orders[slot, LOTS] > 0:
        return int(taken)
    previous, following = orders[slot, PREVIOUS], orders[slot, NEXT]
    if previous != NOBODY:
        orders[previous, NEXT] = following
    else:
        levels[side, at, HEAD] = following
    if following != NOBODY:
        orders[following, PREVIOUS] = previous
    else:
        levels[side, at, TAIL] = previous
    orders[slot, NEXT] = state[FREE]
    state[FREE] = slot
    state[ORDERS + side] -= 1
    state[OWN + side] -= orders[slot, OWNER]
    if state[BEST + side] == at and levels[side, at, HEAD] == NOBODY:
        state[BEST + side] = _next_best(levels, state, side, at)
    return int(taken)


@kernel
def _next_best(levels: NDArray[np.int64], state: NDArray[np.int64], side: int, at: int) -> int:
    """Find the first level behind `at` that has orders, `NONE` if the side is empty."""
    if state[ORDERS + side] == 0:
        return NONE
    step = -1 if side == BID else 1
    while levels[side, at, HEAD] == NOBODY:
        at += step
    return at


@kernel
def record_fill(ladder: Ladder, ts: int, order_no: int, ticks: int, lots: int, maker: bool, before: TouchTuple) -> None:
    """Add an execution of ours to the fill buffer."""
    row = ladder.fills[ladder.state[FILLS]]
    ladder.state[FILLS] += 1
    row[FILL_TS], row[FILL_ORDER], row[FILL_MAKER] = ts, order_no, maker
    row[FILL_TICKS], row[FILL_LOTS] = ticks, lots
    row[FILL_BID], row[FILL_BID_LOTS], row[FILL_ASK], row[FILL_ASK_LOTS] = before


@kernel
def execute(ladder: Ladder, slot: int, lots: int, ts: int, before: TouchTuple) -> int:
    """Fill up to `lots` of a resting order; if it is ours the fill is recorded. The lots filled."""
    order = ladder.orders[slot]
    owner, key, ticks = order[OWNER], order[KEY], order[TICKS]
    filled = reduce(ladder, slot, lots)
    if owner == OURS:
        record_fill(ladder, ts, key, ticks, filled, True, before)
    return filled


@kernel
def match(ladder: Ladder, sign: int, ticks: int, lots: int, ts: int, owner: int, key: int) -> int:
    """Trade an incoming order (`sign` +1 buy, −1 sell) with the other side, best price then oldest first.

    `ticks` is its limit, `NONE` for a market order. An order of ours passes over our own resting orders, and
    its fills are recorded one per price. The traded totals count every lot once. Returns the lots left.
    """
    orders, levels, state, fills = ladder
    side = ASK if sign > 0 else BID
    at = state[BEST + side]
    if at == NONE:
        return lots
    before = touch(ladder)
    end = levels.shape[1] if sign > 0 else -1
    if ticks != NONE:
        limit = ticks - state[BASE]
        end = min(end, limit + 1) if sign > 0 else max(end, limit - 1)
    while lots > 0 and (at < end if sign > 0 else at > end):
        if owner == OURS and state[FILLS] == fills.shape[0]:
            break
        price = state[BASE] + at
        taken = 0
        slot = levels[side, at, HEAD]
        while slot != NOBODY and taken < lots:
            following = orders[slot, NEXT]
            if owner == MARKET or orders[slot, OWNER] == MARKET:
                taken += execute(ladder, slot, lots - taken, ts, before)
            slot = following
        if taken > 0:
            lots -= taken
            state[TRADED_LOTS] += taken
            state[TRADED_VALUE] += taken * price
            if owner == OURS:
                record_fill(ladder, ts, key, price, taken, False, before)
        at += sign
    return lots


@kernel
def depth(ladder: Ladder, side: int, out: NDArray[np.int64]) -> int:
    """Write the best levels of a side into `out` (n, 2) as ticks, lots; how many there were."""
    levels, state = ladder.levels, ladder.state
    at, left, found = state[BEST + side], state[ORDERS + side], 0
    step = -1 if side == BID else 1
    while found < out.shape[0] and left > 0:
        slot = levels[side, at, HEAD]
        if slot != NOBODY:
            out[found, 0], out[found, 1] = state[BASE] + at, levels[side, at, TOTAL]
            found += 1
            while slot != NOBODY:
                left -= 1
                slot = ladder.orders[slot, NEXT]
        at += step
    return found


@kernel
def enter(
    ladder: Ladder, sign: int, ticks: int, lots: int, ts: int, order_no: int, immediate: bool, post_only: bool
) -> tuple[int, int]:
    """Enter an order of ours: match it, then rest what is left if it may. Returns lots left, slot or 0.

    A post-only order that would have met the other side (or has no limit) does nothing: (0, 0).
    """
    state = ladder.state
    if post_only:
        best = state[BEST + (ASK if sign > 0 else BID)]
        if ticks == NONE or (best != NONE and (ticks - state[BASE] - best) * sign >= 0):
            return 0, NOBODY
    left = match(ladder, sign, ticks, lots, ts, OURS, order_no)
    if left == 0 or immediate or ticks == NONE or state[FILLS] == ladder.fills.shape[0]:
        return left, NOBODY
    return left, rest(ladder, sign, ticks, left, OURS, order_no)
