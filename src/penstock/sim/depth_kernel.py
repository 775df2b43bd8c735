"""The depth replay's state and levels: what the recording shows, what we took of it, and how our queues move.

A ladder has a slot for every price of the tape and for no other, so it is dense and small. It is mirrored so that both
sides read alike: slot 0 is the best conceivable price (the highest for bids, the lowest for asks), a larger slot is
worse. A price's `rank` says the same of any price, on the ladder or not: ticks for asks, their negative for bids.

`depth_replay` states the rules of the market; this module and `depth_matching_kernel` carry them out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.market.depth_tape import ASK, BID, KIND, LAST, LOTS, PRINT, SIDE_MASK, TICKS, TOUCH, TS, VERB_MASK
from penstock.sim.book import NONE
from penstock.sim.jit import kernel

# Columns of `ladder`.
RECORDED, TAKEN = range(2)
# Columns of `orders`: our resting orders, per side, best price first and oldest first.
# `SLOT`: `NONE` off the ladder; `SHOWN`: lots their level displayed when last seen; `SHRUNK_TS`: when that moved us.
ORDER_NO, RANK, SLOT, LEAVES, SHOWN, SHRUNK_TS = range(6)
ORDER_COLUMNS = 6
# Columns of `queue`, beside `orders`: lots ahead; lots printed since the level last changed; lots by which recent
# changes of the level moved us, which prints still to come may explain.
AHEAD, TRADED, SHRUNK = range(3)
QUEUE_COLUMNS = 3
# Columns of `fills`.
FILL_TS, FILL_ORDER, FILL_TICKS, FILL_LOTS, FILL_MAKER, FILL_BEFORE = range(6)
FILL_COLUMNS = FILL_BEFORE + 5
# Entries of `state`; BEST and OWN are one for each side, BEFORE is a touch of five.
POSITION, NOW, MARKET_TS, BEST, OWN, FILLS, TRADED_LOTS, TRADED_VALUE, BEFORE = 0, 1, 2, 3, 5, 7, 8, 9, 10
STATE_ENTRIES = BEFORE + 5
# Entries of `model`.
FAMILY, POWER = range(2)

TouchTuple = tuple[int, int, int, int, int]


class DepthBook(NamedTuple):
    """All state of one replay, as arrays that kernels share."""

    rows: NDArray[np.int64]  # the tape, with places in `prices` for ticks
    prices: NDArray[np.int64]  # every price of the tape in ticks, rising
    ladder: NDArray[np.int64]  # side, slot, column
    orders: NDArray[np.int64]  # side, place, column
    queue: NDArray[np.float64]  # side, place, column
    fills: NDArray[np.int64]  # place, column
    state: NDArray[np.int64]
    model: NDArray[np.float64]


@kernel
def rank_of(side: int, ticks: int) -> int:
    """A price seen from its side: smaller is better."""
    return ticks if side == ASK else -ticks


@kernel
def slot_of(book: DepthBook, side: int, ticks: int) -> int:
    """Where a price lies on a side's ladder; `NONE` if the tape never shows it."""
    place = int(np.searchsorted(book.prices, ticks))
    if place == book.prices.size or book.prices[place] != ticks:
        return NONE
    return place if side == ASK else book.prices.size - 1 - place


@kernel
def ticks_of(book: DepthBook, side: int, slot: int) -> int:
    return int(book.prices[slot if side == ASK else book.prices.size - 1 - slot])


@kernel
def shown_at(book: DepthBook, side: int, slot: int) -> int:
    """Lots that can still be taken there; none off the ladder."""
    if slot == NONE or slot == book.prices.size:
        return 0
    return int(book.ladder[side, slot, RECORDED] - book.ladder[side, slot, TAKEN])


@kernel
def next_shown(book: DepthBook, side: int, slot: int) -> int:
    """First slot from `slot` on with lots to take; the ladder's size if there is none."""
    ladder = book.ladder
    while slot < ladder.shape[1] and ladder[side, slot, RECORDED] <= ladder[side, slot, TAKEN]:
        slot += 1
    return slot


@kernel
def touch(book: DepthBook) -> TouchTuple:
    """(ts, bid ticks, lots, ask ticks, lots) as displayed; price NONE with 0 lots where a side is empty."""
    size = book.prices.size
    bid = next_shown(book, BID, book.state[BEST + BID])
    ask = next_shown(book, ASK, book.state[BEST + ASK])
    return (
        book.state[MARKET_TS],
        ticks_of(book, BID, bid) if bid < size else NONE,
        shown_at(book, BID, bid),
        ticks_of(book, ASK, ask) if ask < size else NONE,
        shown_at(book, ASK, ask),
    )


@kernel
def note_touch(book: DepthBook) -> None:
    """Remember the touch as it is now for the fills to come."""
    now = touch(book)
    for entry in range(5):
        book.state[BEFORE + entry] = now[entry]


@kernel
def play_rows(
    rows: NDArray[np.int64],
    prices: NDArray[np.int64],
    ladder: NDArray[np.int64],
    state: NDArray[np.int64],
    end: int,
    until: int,
    single: bool,
) -> None:
    """Apply the tape's rows before `end` and up to `until`, or only the next message.

    What we took of a level stays taken, but is never more than the level is recorded to hold. A touch without lots
    says that its side is empty, whatever its price. (Bare arrays and one piece: calls cost more than rows here.)
    """
    size = prices.size
    position = state[POSITION]
    while position < end and rows[position, TS] <= until:
        kind, place, lots = rows[position, KIND], rows[position, TICKS], rows[position, LOTS]
        side, verb = kind & SIDE_MASK, kind & VERB_MASK
        position += 1
        if verb == PRINT:
            state[TRADED_LOTS] += lots
            state[TRADED_VALUE] += lots * prices[place]
        else:
            slot = place if side == ASK else size - 1 - place
            best = state[BEST + side]
            if verb == TOUCH:
                edge = slot if lots > 0 else size
                while best < edge:
                    ladder[side, best, RECORDED] = 0
                    ladder[side, best, TAKEN] = 0
                    best += 1
            ladder[side, slot, RECORDED] = lots
            if ladder[side, slot, TAKEN] > lots:
                ladder[side, slot, TAKEN] = lots
            if lots > 0:
                best = min(best, slot)
            else:
                while best < size and ladder[side, best, RECORDED] == 0:
                    best += 1
            state[BEST + side] = best
        if single and kind & LAST:
            break
    if position > state[POSITION]:
        state[MARKET_TS] = rows[position - 1, TS]
    state[POSITION] = position


@kernel
def levels(book: DepthBook, side: int, count: int) -> NDArray[np.int64]:
    """Best `count` displayed levels of a side, best first: rows of ticks and lots."""
    found = np.empty((count, 2), np.int64)
    size = book.prices.size
    slot = next_shown(book, side, book.state[BEST + side])
    number = 0
    while number < count and slot < size:
        found[number, 0] = ticks_of(book, side, slot)
        found[number, 1] = shown_at(book, side, slot)
        number += 1
        slot = next_shown(book, side, slot + 1)
    return found[:number]
