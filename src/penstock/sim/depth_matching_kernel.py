"""The depth replay's matching: prints and touches that reach our resting orders, our own sweeps, and time going on.

Each of our resting orders is filled at most once by a market event. The caller keeps room for as many in `fills`; a
sweep of ours stops by itself when the buffer is full.
"""

import numpy as np
from numpy.typing import NDArray

from penstock.market.depth_tape import ASK, BID, KIND, LAST, LOTS, PRINT, SIDE_MASK, TICKS, TOUCH, TS, VERB_MASK
from penstock.sim.book import NONE
from penstock.sim.depth_kernel import (
    AHEAD,
    BEFORE,
    BEST,
    FAMILY,
    FILL_BEFORE,
    FILL_COLUMNS,
    FILL_LOTS,
    FILL_MAKER,
    FILL_ORDER,
    FILL_TICKS,
    FILL_TS,
    FILLS,
    LEAVES,
    MARKET_TS,
    NOW,
    ORDER_COLUMNS,
    ORDER_NO,
    OWN,
    POSITION,
    POWER,
    QUEUE_COLUMNS,
    RANK,
    SHOWN,
    SHRUNK,
    SHRUNK_TS,
    SLOT,
    TAKEN,
    TRADED,
    TRADED_LOTS,
    TRADED_VALUE,
    DepthBook,
    next_shown,
    note_touch,
    play_rows,
    rank_of,
    shown_at,
    slot_of,
    ticks_of,
)
from penstock.sim.jit import kernel
from penstock.sim.queue_models import ahead_after_change

# Columns of watched slots.
NEAR, FAR, CROSSED = range(3)
REFLECTION_NS_MAX = 50_000_000  # how much earlier than its print a trade may show in its level
NO_LIMIT = np.iinfo(np.int64).max


@kernel
def record_fill(book: DepthBook, ts: int, order_no: int, ticks: int, lots: int, maker: int) -> None:
    place = book.state[FILLS]
    book.fills[place, FILL_TS] = ts
    book.fills[place, FILL_ORDER] = order_no
    book.fills[place, FILL_TICKS] = ticks
    book.fills[place, FILL_LOTS] = lots
    book.fills[place, FILL_MAKER] = maker
    for entry in range(FILL_COLUMNS - FILL_BEFORE):
        book.fills[place, FILL_BEFORE + entry] = book.state[BEFORE + entry]
    book.state[FILLS] = place + 1


@kernel
def move_order(book: DepthBook, side: int, source: int, target: int) -> None:
    for column in range(ORDER_COLUMNS):
        book.orders[side, target, column] = book.orders[side, source, column]
    for column in range(QUEUE_COLUMNS):
        book.queue[side, target, column] = book.queue[side, source, column]


@kernel
def remove_order(book: DepthBook, side: int, place: int) -> None:
    last = book.state[OWN + side] - 1
    for behind in range(place, last):
        move_order(book, side, behind + 1, behind)
    book.state[OWN + side] = last


@kernel
def fill_resting(book: DepthBook, side: int, place: int, lots: int) -> bool:
    """Fill a resting order at its own price; True if that was the last of it, and it is gone."""
    ticks = rank_of(side, book.orders[side, place, RANK])
    record_fill(book, book.state[MARKET_TS], book.orders[side, place, ORDER_NO], ticks, lots, 1)
    book.orders[side, place, LEAVES] -= lots
    if book.orders[side, place, LEAVES] > 0:
        return False
    remove_order(book, side, place)
    return True


@kernel
def take(book: DepthBook, side: int, slot: int, lots: int, ticks: int) -> None:
    """Trade displayed lots with an order of ours: they are gone for those of us who queue behind them, too."""
    book.ladder[side, slot, TAKEN] += lots
    book.state[TRADED_LOTS] += lots
    book.state[TRADED_VALUE] += lots * ticks
    shown = shown_at(book, side, slot)
    for place in range(book.state[OWN + side]):
        if book.orders[side, place, SLOT] == slot:
            book.orders[side, place, SHOWN] = shown
            book.queue[side, place, AHEAD] = min(book.queue[side, place, AHEAD], shown)


@kernel
def forget_old_shrinking(book: DepthBook, side: int, place: int) -> None:
    """What moved us too long ago was not the trade of a print that comes now."""
    if book.state[MARKET_TS] - book.orders[side, place, SHRUNK_TS] > REFLECTION_NS_MAX:
        book.queue[side, place, SHRUNK] = 0.0


@kernel
def print_reach(book: DepthBook, side: int, place: int, lots: int, used: int) -> float:
    """Lots of a print at our price that get past what was ahead of one order; its queue moves on.

    Lots that the level had already shown to be gone have moved the queue before, and move it no further.
    """
    forget_old_shrinking(book, side, place)
    queue = book.queue[side, place]
    known = min(queue[SHRUNK], float(lots))
    queue[SHRUNK] -= known
    queue[TRADED] += lots - known
    reach = max(lots - used - known, 0.0)
    passed = min(reach, queue[AHEAD])
    queue[AHEAD] -= passed
    return float(reach - passed)


@kernel
def move_queues(book: DepthBook) -> None:
    """The recording may have changed the levels at which we rest."""
    ts = book.state[MARKET_TS]
    family, power = int(book.model[FAMILY]), book.model[POWER]
    for side in (BID, ASK):
        for place in range(book.state[OWN + side]):
            order, queue = book.orders[side, place], book.queue[side, place]
            before, after = order[SHOWN], shown_at(book, side, order[SLOT])
            if before == after:
                continue
            order[SHOWN] = after
            ahead = ahead_after_change(family, power, queue[AHEAD], queue[TRADED], before, after)
            queue[TRADED] = 0.0
            if ahead < queue[AHEAD]:
                forget_old_shrinking(book, side, place)
                queue[SHRUNK] += queue[AHEAD] - ahead
                order[SHRUNK_TS] = ts
            queue[AHEAD] = ahead


@kernel
def hit(book: DepthBook, side: int, rank: int, lots: int) -> None:
    """A print on `side`: it would have met our better-priced orders first, and those at its price in their turn.

    Its lots are spent once over all of them.
    """
    used = gone = 0
    for turn in range(book.state[OWN + side]):
        place = turn - gone
        if book.orders[side, place, RANK] > rank:
            return
        reach = float(lots - used)
        if book.orders[side, place, RANK] == rank:
            reach = print_reach(book, side, place, lots, used)
        gain = min(int(np.rint(reach)), book.orders[side, place, LEAVES])
        if gain > 0:
            used += gain
            gone += fill_resting(book, side, place, gain)


@kernel
def reaches(book: DepthBook, side: int, rank: int) -> bool:
    """Whether a side displays lots at this rank or better."""
    slot = next_shown(book, side, book.state[BEST + side])
    return slot < book.prices.size and rank_of(side, ticks_of(book, side, slot)) <= rank


@kernel
def meet(book: DepthBook, side: int) -> None:
    """The other side's displayed lots that have reached our resting prices fill us, and are consumed."""
    other = 1 - side
    while book.state[OWN + side] > 0:
        own_rank, leaves = book.orders[side, 0, RANK], book.orders[side, 0, LEAVES]
        gain = 0
        while gain < leaves and reaches(book, other, -own_rank):
            slot = next_shown(book, other, book.state[BEST + other])
            lots = min(leaves - gain, shown_at(book, other, slot))
            take(book, other, slot, lots, rank_of(side, own_rank))
            gain += lots
        if gain == 0 or not fill_resting(book, side, 0, gain):
            return


@kernel
def watched_slots(book: DepthBook) -> NDArray[np.int64]:
    """Rows of `NEAR`, `FAR` and `CROSSED` slots, one for each side: where a change could concern our resting orders.

    From `NEAR` on a print would meet us, and up to `FAR` we have orders; the other side's lots up to `CROSSED` would.
    """
    size = book.prices.size
    slots = np.empty((2, 3), np.int64)
    slots[:, NEAR], slots[:, FAR], slots[:, CROSSED] = size, NONE, NONE
    for side in (BID, ASK):
        own = book.state[OWN + side]
        if own == 0:
            continue
        best = rank_of(side, book.orders[side, 0, RANK])
        worst = rank_of(side, book.orders[side, own - 1, RANK])
        if side == ASK:
            slots[side, NEAR] = np.searchsorted(book.prices, best)
            slots[side, FAR] = np.searchsorted(book.prices, worst, side="right") - 1
            slots[BID, CROSSED] = size - 1 - slots[side, NEAR]
        else:
            slots[side, NEAR] = size - np.searchsorted(book.prices, best, side="right")
            slots[side, FAR] = size - 1 - np.searchsorted(book.prices, worst)
            slots[ASK, CROSSED] = size - 1 - slots[side, NEAR]
    return slots


@kernel
def next_that_matters(rows: NDArray[np.int64], size: int, slots: NDArray[np.int64], start: int, until: int) -> int:
    """Where the first message begins, from `start` on and up to `until`, that may move or fill what we have resting.

    All before it leaves our orders as they are, so that it can be played in one go.
    """
    message = position = start
    end = rows.shape[0]
    while position < end and rows[position, TS] <= until:
        kind, place, lots = rows[position, KIND], rows[position, TICKS], rows[position, LOTS]
        side, verb = kind & SIDE_MASK, kind & VERB_MASK
        slot = place if side == ASK else size - 1 - place
        if verb == PRINT:
            if slot >= slots[side, NEAR]:
                return message
        elif lots > 0:
            if slot <= slots[side, CROSSED]:
                return message
            if slot >= slots[side, NEAR] and (verb == TOUCH or slot <= slots[side, FAR]):
                return message
        elif slots[side, NEAR] <= slot <= slots[side, FAR] or (verb == TOUCH and slots[side, NEAR] < size):
            return message
        position += 1
        if kind & LAST:
            message = position
    return position


@kernel
def advance(book: DepthBook, until: int) -> int:
    """Play messages up to `until`, stopping after one that filled us; the time reached."""
    rows, state = book.rows, book.state
    end = rows.shape[0]
    if state[OWN + BID] + state[OWN + ASK] == 0:
        play_rows(rows, book.prices, book.ladder, state, end, until, False)
        state[NOW] = max(state[NOW], until)
        return int(state[NOW])
    slots = watched_slots(book)  # our orders change with a fill only, and a fill ends the way
    while state[POSITION] < end and rows[state[POSITION], TS] <= until:
        matters = next_that_matters(rows, book.prices.size, slots, state[POSITION], until)
        if matters > state[POSITION]:
            play_rows(rows, book.prices, book.ladder, state, matters, until, False)
            continue
        note_touch(book)
        play_rows(rows, book.prices, book.ladder, state, end, until, True)
        _, kind, place, lots = rows[state[POSITION] - 1]
        if kind & VERB_MASK == PRINT:
            side = kind & SIDE_MASK
            hit(book, side, rank_of(side, book.prices[place]), lots)
        else:
            move_queues(book)
            for side in (BID, ASK):
                meet(book, side)
        if state[FILLS] > 0:
            state[NOW] = state[MARKET_TS]
            return int(state[NOW])
    state[NOW] = max(state[NOW], until)
    return int(state[NOW])


@kernel
def would_cross(book: DepthBook, sign: int, ticks: int) -> bool:
    """Whether an order at this price (`NONE`: any) finds displayed lots to take."""
    other = ASK if sign > 0 else BID
    return reaches(book, other, NO_LIMIT if ticks == NONE else rank_of(other, ticks))


@kernel
def sweep(book: DepthBook, order_no: int, sign: int, ticks: int, lots: int) -> int:
    """Take displayed lots, best price first, up to a limit (`NONE`: none); the lots left over."""
    other = ASK if sign > 0 else BID
    while lots > 0 and book.state[FILLS] < book.fills.shape[0] and would_cross(book, sign, ticks):
        slot = next_shown(book, other, book.state[BEST + other])
        gain = min(lots, shown_at(book, other, slot))
        price = ticks_of(book, other, slot)
        take(book, other, slot, gain, price)
        record_fill(book, book.state[NOW], order_no, price, gain, 0)
        lots -= gain
    return lots


@kernel
def rest(book: DepthBook, order_no: int, sign: int, ticks: int, lots: int) -> None:
    """Join the queue of a price behind all that is displayed there, and behind our own earlier orders."""
    side = BID if sign > 0 else ASK
    rank, slot = rank_of(side, ticks), slot_of(book, side, ticks)
    place = book.state[OWN + side]
    while place > 0 and book.orders[side, place - 1, RANK] > rank:
        move_order(book, side, place - 1, place)
        place -= 1
    book.orders[side, place, ORDER_NO] = order_no
    book.orders[side, place, RANK] = rank
    book.orders[side, place, SLOT] = slot
    book.orders[side, place, LEAVES] = lots
    shown = shown_at(book, side, slot)
    book.orders[side, place, SHOWN] = shown
    book.orders[side, place, SHRUNK_TS] = book.state[NOW]
    book.queue[side, place, AHEAD] = shown
    book.queue[side, place, TRADED] = 0.0
    book.queue[side, place, SHRUNK] = 0.0
    book.state[OWN + side] += 1


@kernel
def find(book: DepthBook, order_no: int) -> tuple[int, int]:
    """(side, place) of a resting order of ours; (NONE, NONE) if it no longer rests."""
    for side in (BID, ASK):
        for place in range(book.state[OWN + side]):
            if book.orders[side, place, ORDER_NO] == order_no:
                return side, place
    return NONE, NONE


@kernel
def lots_left(book: DepthBook, order_no: int) -> int:
    """Lots of our order that rest now; 0 once it is gone."""
    side, place = find(book, order_no)
    return 0 if place == NONE else int(book.orders[side, place, LEAVES])


@kernel
def cancel(book: DepthBook, order_no: int) -> int:
    """Remove our resting order; the lots removed, 0 if it no longer rests."""
    side, place = find(book, order_no)
    if place == NONE:
        return 0
    lots = int(book.orders[side, place, LEAVES])
    remove_order(book, side, place)
    return lots
