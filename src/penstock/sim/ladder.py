"""The order book's kernel: where orders rest, price by price, oldest first, over arrays.

Prices are a dense ladder: level `i` of a side is the price `base + i` ticks. A level is a doubly linked
FIFO of order slots, oldest first; slots come from one pool and go back to a free list. Slot 0 is nobody: a
link of 0 ends a list, so untouched memory is an empty book. Hidden orders rest on sides of their own
(`side + HIDDEN`), so what is displayed is a side alone.

An order belongs to the market (`MARKET`, its key any id, `ANONYMOUS` if it has none) or to us (`OURS`, its
key our `order_no`). A slot is reused after its order is gone: whoever keeps a slot asks `holds` first.
`terms` holds what only some of ours have: an iceberg's reserve and peak, the least lots of an execution.

Executions and removals of ours go to the fill buffer. The caller keeps room there for one row of each of our resting
orders. How orders trade is in `matching_kernel`; `plain_book.PlainBook` says the same in plain Python and is what
both must equal.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.sim.book import NONE
from penstock.sim.jit import inlined_kernel, kernel

MARKET, OURS = 0, 1
ANONYMOUS = -1
NOBODY = 0  # the slot that no order has
BID, ASK, HIDDEN = 0, 1, 2  # a hidden order's side is `side + HIDDEN`
SIDES = 4

# Columns of `orders`.
TICKS, LOTS, SIDE, OWNER, KEY, PREVIOUS, NEXT = range(7)
# Columns of `levels`; TOTAL is the lots of all orders there.
TOTAL, HEAD, TAIL = range(3)
# Columns of `terms`; `LEAST`: the fewest lots of an execution (or what is left, if that is less).
RESERVE, PEAK, LEAST = range(3)
# Entries of `state`. BEST, ORDERS and OWN are indexed by entry + side.
BASE, FREE, USED, FILLS, TS, TRADED_LOTS, TRADED_VALUE, BEST, ORDERS, OWN = 0, 1, 2, 3, 4, 5, 6, 7, 11, 15
# What waits for the market (`special_orders`): how many orders, the prices at which a stop wakes, the prints' range
# since they last were looked at, the last print, and the touch that pegged orders follow.
WAITING, PEGS, WAKE_ABOVE, WAKE_BELOW, HIGH, LOW, LAST, PEGGED_BID, PEGGED_ASK = range(19, 28)
# How our orders meet each other, what that took off the incoming one, and whether the fill buffer cut a match short.
SELF_TRADE, PREVENTED, CUT_SHORT = 28, 29, 30
STATE_ENTRIES = 31
FAR = 1 << 40  # a price that no market reaches
# Columns of `fills`; what a row is: an execution as taker or as maker, or lots removed without a trade.
FILL_TS, FILL_ORDER, FILL_TICKS, FILL_LOTS, FILL_KIND, FILL_BID, FILL_BID_LOTS, FILL_ASK, FILL_ASK_LOTS = range(9)
TOOK, MADE, REMOVED = 0, 1, 2

TouchTuple = tuple[int, int, int, int]


class Ladder(NamedTuple):
    """A book's whole state, all int64.

    orders (slots, 7); levels (4 sides, prices, 3); state (31,); fills (n, 9); terms (slots, 3).
    """

    orders: NDArray[np.int64]
    levels: NDArray[np.int64]
    state: NDArray[np.int64]
    fills: NDArray[np.int64]
    terms: NDArray[np.int64]


def new_ladder(low: int, high: int, *, orders: int = 1024, fills: int = 256) -> Ladder:
    """Make an empty book for prices `low..high` ticks, both included, and so many resting orders."""
    state = np.zeros(STATE_ENTRIES, np.int64)
    state[BASE] = low
    state[USED] = 1
    state[BEST : BEST + SIDES] = NONE
    state[WAKE_ABOVE] = state[LOW] = FAR
    state[WAKE_BELOW] = state[HIGH] = -FAR
    state[LAST] = state[PEGGED_BID] = state[PEGGED_ASK] = NONE
    return Ladder(
        np.zeros((orders + 1, 7), np.int64),
        np.zeros((SIDES, high - low + 1, 3), np.int64),
        state,
        np.zeros((fills, 9), np.int64),
        np.zeros((orders + 1, 3), np.int64),
    )


def grown(ladder: Ladder) -> Ladder:
    """Copy the book, with twice the room for orders and fills."""
    orders = np.concatenate([ladder.orders, np.zeros_like(ladder.orders)])
    fills = np.concatenate([ladder.fills, np.zeros_like(ladder.fills)])
    terms = np.concatenate([ladder.terms, np.zeros_like(ladder.terms)])
    return ladder._replace(orders=orders, fills=fills, terms=terms)


def with_fill_room(ladder: Ladder) -> Ladder:
    """Give the fill buffer a row for each order and each price that an order of ours could meet at once."""
    resting = int(ladder.state[ORDERS : ORDERS + SIDES].sum())
    rows = resting + min(resting, ladder.levels.shape[1]) + 2
    if rows <= len(ladder.fills):
        return ladder
    fills = np.zeros((2 * rows, ladder.fills.shape[1]), np.int64)
    fills[: len(ladder.fills)] = ladder.fills
    return ladder._replace(fills=fills)


def widened(ladder: Ladder, low: int, high: int) -> Ladder:
    """Copy the book to a ladder that covers at least `low..high` ticks too."""
    base, width = int(ladder.state[BASE]), ladder.levels.shape[1]
    low, high = min(low, base), max(high, base + width - 1)
    levels = np.zeros((SIDES, high - low + 1, 3), np.int64)
    levels[:, base - low : base - low + width] = ladder.levels
    state = ladder.state.copy()
    state[BASE] = low
    for side in range(SIDES):
        if state[BEST + side] != NONE:
            state[BEST + side] += base - low
    return ladder._replace(levels=levels, state=state)


@inlined_kernel
def room(ladder: Ladder) -> int:
    """How many more orders can rest."""
    state = ladder.state
    resting = state[ORDERS] + state[ORDERS + 1] + state[ORDERS + 2] + state[ORDERS + 3]
    return int(ladder.orders.shape[0] - 1 - resting)


@inlined_kernel
def own_orders(ladder: Ladder) -> int:
    """How many orders of ours rest."""
    state = ladder.state
    return int(state[OWN] + state[OWN + 1] + state[OWN + 2] + state[OWN + 3])


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
    """Put a displayed order at the back of its level's queue, without matching; its slot.

    The caller has checked `room` and `covers`.
    """
    return rest_on(ladder, BID if sign > 0 else ASK, ticks, lots, owner, key)


@inlined_kernel
def rest_on(ladder: Ladder, side: int, ticks: int, lots: int, owner: int, key: int) -> int:
    """Put an order at the back of its level's queue on any of the four sides; its slot."""
    orders, levels, state, _, _ = ladder
    slot = state[FREE]
    if slot != NOBODY:
        state[FREE] = orders[slot, NEXT]
    else:
        slot = state[USED]
        state[USED] += 1
    at = ticks - state[BASE]
    orders[slot, TICKS], orders[slot, LOTS], orders[slot, SIDE] = ticks, lots, side
    orders[slot, OWNER], orders[slot, KEY] = owner, key
    link(ladder, slot, side, at)
    levels[side, at, TOTAL] += lots
    state[ORDERS + side] += 1
    state[OWN + side] += owner
    return int(slot)


@inlined_kernel
def link(ladder: Ladder, slot: int, side: int, at: int) -> None:
    """Tie an order to the end of a level's queue."""
    orders, levels, state, _, _ = ladder
    tail = levels[side, at, TAIL]
    orders[slot, PREVIOUS], orders[slot, NEXT] = tail, NOBODY
    if tail != NOBODY:
        orders[tail, NEXT] = slot
    else:
        levels[side, at, HEAD] = slot
        best = state[BEST + side]
        if best == NONE or (at > best if side & 1 == BID else at < best):
            state[BEST + side] = at
    levels[side, at, TAIL] = slot


@inlined_kernel
def unlink(ladder: Ladder, slot: int, side: int, at: int) -> None:
    """Take an order out of its level's queue; the best price is left as it is."""
    orders, levels, _, _, _ = ladder
    previous, following = orders[slot, PREVIOUS], orders[slot, NEXT]
    if previous != NOBODY:
        orders[previous, NEXT] = following
    else:
        levels[side, at, HEAD] = following
    if following != NOBODY:
        orders[following, PREVIOUS] = previous
    else:
        levels[side, at, TAIL] = previous


@inlined_kernel
def reduce(ladder: Ladder, slot: int, lots: int) -> int:
    """Take up to `lots` off a resting order, which keeps its place until none are left. The lots taken.

    An order of which none are left is gone, an iceberg's reserve with it.
    """
    orders, levels, state, _, terms = ladder
    side = orders[slot, SIDE]
    at = orders[slot, TICKS] - state[BASE]
    taken = min(lots, orders[slot, LOTS])
    levels[side, at, TOTAL] -= taken
    orders[slot, LOTS] -= taken
    if orders[slot, LOTS] > 0:
        return int(taken)
    unlink(ladder, slot, side, at)
    orders[slot, NEXT] = state[FREE]
    state[FREE] = slot
    state[ORDERS + side] -= 1
    if orders[slot, OWNER] == OURS:
        state[OWN + side] -= 1
        terms[slot, RESERVE] = terms[slot, PEAK] = terms[slot, LEAST] = 0
    if state[BEST + side] == at and levels[side, at, HEAD] == NOBODY:
        state[BEST + side] = _next_best(levels, state, side, at)
    return int(taken)


@kernel
def refresh(ladder: Ladder, slot: int) -> None:
    """Show an iceberg's next part, at the back of its level's queue."""
    orders, levels, state, _, terms = ladder
    side = orders[slot, SIDE]
    at = orders[slot, TICKS] - state[BASE]
    shown = min(terms[slot, PEAK], terms[slot, RESERVE])
    terms[slot, RESERVE] -= shown
    levels[side, at, TOTAL] += shown - orders[slot, LOTS]
    orders[slot, LOTS] = shown
    unlink(ladder, slot, side, at)
    link(ladder, slot, side, at)


@kernel
def cut(ladder: Ladder, slot: int, lots: int) -> int:
    """Take up to `lots` off an order where they are missed least: an iceberg's reserve first. The lots taken."""
    hidden = min(lots, ladder.terms[slot, RESERVE])
    ladder.terms[slot, RESERVE] -= hidden
    return int(hidden + reduce(ladder, slot, lots - hidden)) if lots > hidden else int(hidden)


@inlined_kernel
def whole(ladder: Ladder, slot: int) -> int:
    """All lots of a resting order, displayed or not."""
    return int(ladder.orders[slot, LOTS] + ladder.terms[slot, RESERVE])


@kernel
def _next_best(levels: NDArray[np.int64], state: NDArray[np.int64], side: int, at: int) -> int:
    """Find the first level behind `at` that has orders, `NONE` if the side is empty."""
    if state[ORDERS + side] == 0:
        return NONE
    step = -1 if side & 1 == BID else 1
    while levels[side, at, HEAD] == NOBODY:
        at += step
    return at


@kernel
def record(ladder: Ladder, ts: int, order_no: int, ticks: int, lots: int, kind: int, before: TouchTuple) -> None:
    """Add what happened to an order of ours to the fill buffer; what one event did at one price is one row."""
    fills, state = ladder.fills, ladder.state
    at = state[FILLS] - 1
    while at >= 0 and fills[at, FILL_TS] == ts:
        same = fills[at, FILL_ORDER] == order_no and fills[at, FILL_TICKS] == ticks
        if (
            same
            and fills[at, FILL_KIND] == kind
            and fills[at, FILL_BID] == before[0]
            and fills[at, FILL_ASK] == before[2]
        ):
            fills[at, FILL_LOTS] += lots
            return
        at -= 1
    row = fills[state[FILLS]]
    state[FILLS] += 1
    row[FILL_TS], row[FILL_ORDER], row[FILL_KIND] = ts, order_no, kind
    row[FILL_TICKS], row[FILL_LOTS] = ticks, lots
    row[FILL_BID], row[FILL_BID_LOTS], row[FILL_ASK], row[FILL_ASK_LOTS] = before


@inlined_kernel
def print_trade(ladder: Ladder, ticks: int, lots: int) -> None:
    """Count a trade, and remember its price for orders that wait for one."""
    state = ladder.state
    state[TRADED_LOTS] += lots
    state[TRADED_VALUE] += lots * ticks
    state[LAST] = ticks
    state[HIGH] = max(state[HIGH], ticks)
    state[LOW] = min(state[LOW], ticks)


@inlined_kernel
def stirred(ladder: Ladder) -> bool:
    """Whether an order that waits for the market has to be looked at: a stop was reached, or the touch has moved."""
    state = ladder.state
    if state[WAITING] == 0:
        return False
    if state[HIGH] >= state[WAKE_ABOVE] or state[LOW] <= state[WAKE_BELOW]:
        return True
    if state[PEGS] == 0:
        return False
    bid, ask = state[BEST + BID], state[BEST + ASK]
    moved = (NONE if bid == NONE else state[BASE] + bid) != state[PEGGED_BID]
    return bool(moved or (NONE if ask == NONE else state[BASE] + ask) != state[PEGGED_ASK])


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
