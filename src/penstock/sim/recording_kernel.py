"""From recorded messages to explicit events: the pass that finds out what the messages do not say.

A recording shows the best few levels. Orders that joined outside that window, or before the session, are never
announced; they appear in the recorded book, or in a message that cancels or executes them. This pass keeps the
book of all that is known, plays every message, and then compares with the recorded row:

- lots in the row that no message brought become an anonymous order at the back of the level;
- lots that the row no longer has are taken away: first from orders that no later message names (they left
  while unseen), then from anonymous ones, in each case the youngest first;
- a message naming an order never announced works on the level's anonymous lots, else on orders that no later
  message names (it came in their place, unseen): an execution on the oldest, first in the queue, a cancel on
  the youngest. A deletion of fewer lots than the order is known to have leaves the others there, anonymous.

Without rows, an order that was never announced is known from the messages that name it: it joins at the start if
it could rest there without crossing, otherwise just before its first message; one that the market has traded
through was not there and leaves again.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.market.lobster import AUCTION, DELETED, EXECUTED, EXECUTED_HIDDEN, NEW, TRADING_STATUS
from penstock.market.tape import ADD, CANCEL, CROSS, DELETE, EXECUTE, HIDDEN, STATUS, UNKNOWN, Tape
from penstock.sim.book import NONE
from penstock.sim.jit import kernel
from penstock.sim.ladder import (
    ASK,
    BASE,
    BEST,
    BID,
    HEAD,
    KEY,
    LOTS,
    MARKET,
    NEXT,
    NOBODY,
    PREVIOUS,
    SIDE,
    TAIL,
    TICKS,
    TOTAL,
    Ladder,
    holds,
    reduce,
    rest,
    room,
)

# Entries of `counts`: how far the pass has come, then what it had to put right.
EVENTS, ORDERS, ROWS_EQUAL, SWAPPED, UNEXPLAINED_LOTS, CROSSED = range(6)
# Levels put right, by kind; entry + 1 counts those that were inside the window already.
ADDED, REDUCED, GONE = 6, 8, 10
COUNTS = 12


class Messages(NamedTuple):
    """What was recorded: one row a message; `order` is a dense id, `last` each id's last message.

    `rows` (messages, levels, 4) is empty for a recording without book; `unseen` then holds, for each id that
    is never announced, the lots that messages take from it (0 for all others).
    """

    ts: NDArray[np.int64]
    type: NDArray[np.int8]
    order: NDArray[np.int32]
    sign: NDArray[np.int8]
    ticks: NDArray[np.int32]
    lots: NDArray[np.int32]
    last: NDArray[np.int32]
    unseen: NDArray[np.int64]
    rows: NDArray[np.int32]


class Pass(NamedTuple):
    """The state of the pass: the book, each known order's slot, the tape being written, the counts."""

    ladder: Ladder
    slots: NDArray[np.int32]
    tape: Tape
    counts: NDArray[np.int64]


@kernel
def emit(work: Pass, ts: int, message: int, kind: int, order: int, sign: int, ticks: int, lots: int) -> None:
    """Write an event; past the end of the tape it is only counted, and the caller tries a longer one."""
    at = work.counts[EVENTS]
    work.counts[EVENTS] += 1
    tape = work.tape
    if at < tape.ts.shape[0]:
        tape.ts[at], tape.message[at], tape.kind[at], tape.order[at] = ts, message, kind, order
        tape.sign[at], tape.ticks[at], tape.lots[at] = sign, ticks, lots


@kernel
def add(work: Pass, ts: int, message: int, order: int, sign: int, ticks: int, lots: int) -> None:
    """Let an order join; `UNKNOWN` makes an anonymous one with the next free id."""
    if order == UNKNOWN:
        order = work.counts[ORDERS]
        work.counts[ORDERS] += 1
    slot = rest(work.ladder, sign, ticks, lots, MARKET, order)
    if order < work.slots.shape[0]:
        work.slots[order] = slot
    emit(work, ts, message, ADD, order, sign, ticks, lots)


@kernel
def take(work: Pass, ts: int, message: int, kind: int, slot: int, lots: int) -> int:
    """Take lots from a resting order by an event of this kind; how many."""
    order = work.ladder.orders[slot]
    key, ticks, sign = order[KEY], order[TICKS], 1 if order[SIDE] == BID else -1
    taken = reduce(work.ladder, slot, lots)
    emit(work, ts, message, kind, key, sign, ticks, taken)
    return taken


@kernel
def take_unnamed(work: Pass, messages: Messages, k: int, kind: int, lots: int) -> int:
    """Take lots of message `k`, whose order is not known, from its level. The lots that could not be found.

    They are those of anonymous orders, else of orders that no later message names: these have left unseen, and
    the one named now came in their place. Executions take the oldest first, cancels the youngest.
    """
    ladder = work.ladder
    level = ladder.levels[BID if messages.sign[k] > 0 else ASK, messages.ticks[k] - ladder.state[BASE]]
    known = work.slots.shape[0]
    oldest_first = kind == EXECUTE
    for anonymous in (True, False):
        slot = level[HEAD] if oldest_first else level[TAIL]
        while slot != NOBODY and lots > 0:
            following = ladder.orders[slot, NEXT if oldest_first else PREVIOUS]
            key = ladder.orders[slot, KEY]
            if (anonymous and key >= known) or (not anonymous and key < known and messages.last[key] < k):
                lots -= take(work, messages.ts[k], k, kind, slot, lots)
                work.counts[SWAPPED] += not anonymous
            slot = following
    return lots


@kernel
def play_message(work: Pass, messages: Messages, k: int) -> None:
    """Play one message on the book of what is known."""
    ts, kind, order = messages.ts[k], messages.type[k], messages.order[k]
    sign, ticks, lots = messages.sign[k], messages.ticks[k], messages.lots[k]
    if kind == NEW:
        add(work, ts, k, order, sign, ticks, lots)
    elif kind == EXECUTED_HIDDEN:
        emit(work, ts, k, HIDDEN, UNKNOWN, sign, ticks, lots)
    elif kind == AUCTION:
        emit(work, ts, k, CROSS, UNKNOWN, sign, ticks, lots)
    elif kind == TRADING_STATUS:
        emit(work, ts, k, STATUS, UNKNOWN, sign, ticks, 0)
    else:
        play_reduction(work, messages, k)


@kernel
def play_reduction(work: Pass, messages: Messages, k: int) -> None:
    """Play a cancel, delete or execution: on its order, or where that order's lots must be."""
    ts, kind, order = messages.ts[k], messages.type[k], messages.order[k]
    sign, ticks, lots = messages.sign[k], messages.ticks[k], messages.lots[k]
    if messages.unseen[order] > 0:
        if not holds(work.ladder, work.slots[order], MARKET, order):
            add(work, ts, k, order, sign, ticks, messages.unseen[order])
        messages.unseen[order] -= lots
    event = EXECUTE if kind == EXECUTED else CANCEL
    slot = work.slots[order]
    left = lots
    if holds(work.ladder, slot, MARKET, order):
        if kind == DELETED:
            left -= take(work, ts, k, DELETE, slot, work.ladder.orders[slot, LOTS])
        else:
            left -= take(work, ts, k, event, slot, lots)
    if left < 0 and messages.rows.shape[0] > 0:
        add(work, ts, k, UNKNOWN, sign, ticks, -left)
        work.counts[SWAPPED] += 1
    if left > 0:
        left = take_unnamed(work, messages, k, event, left)
    if left > 0:
        work.counts[UNEXPLAINED_LOTS] += left
        if kind == EXECUTED:
            emit(work, ts, k, EXECUTE, UNKNOWN, sign, ticks, left)


@kernel
def next_level(ladder: Ladder, side: int, at: int) -> int:
    """Find the next level with orders behind `at`, `NONE` if there is none."""
    step = -1 if side == BID else 1
    at += step
    while 0 <= at < ladder.levels.shape[1]:
        if ladder.levels[side, at, HEAD] != NOBODY:
            return int(at)
        at += step
    return NONE


@kernel
def shrink_level(work: Pass, messages: Messages, k: int, side: int, at: int, lots: int) -> None:
    """Take lots off a level that no message explains, from the orders that most likely left unseen."""
    ladder = work.ladder
    known = work.slots.shape[0]
    for choice in range(3):
        slot = ladder.levels[side, at, TAIL]
        while slot != NOBODY and lots > 0:
            previous = ladder.orders[slot, PREVIOUS]
            key = ladder.orders[slot, KEY]
            never_named_again = key < known and messages.last[key] <= k
            if choice == 2 or (choice == 1 and key >= known) or (choice == 0 and never_named_again):
                lots -= take(work, messages.ts[k], k, CANCEL, slot, lots)
            slot = previous


@kernel
def was_inside(messages: Messages, k: int, column: int, ticks: int) -> int:
    """1 if the level was in the recorded window before message `k`, else 0."""
    for level in range(messages.rows.shape[1]):
        if messages.rows[k - 1, level, column] == ticks and messages.rows[k - 1, level, column + 1] > 0:
            return 1
    return 0


@kernel
def settle_side(work: Pass, messages: Messages, k: int, side: int) -> int:
    """Make one side's best levels what row `k` says; how many levels had to be put right."""
    ladder, counts = work.ladder, work.counts
    base = ladder.state[BASE]
    sign, column = (1, 2) if side == BID else (-1, 0)
    at = ladder.state[BEST + side]
    wrong = 0
    levels = messages.rows.shape[1]
    for level in range(levels):
        lots = messages.rows[k, level, column + 1]
        ticks = messages.rows[k, level, column]
        want = ticks - base
        while at != NONE and (lots == 0 or (at - want) * sign > 0):
            following = next_level(ladder, side, at)
            shrink_level(work, messages, k, side, at, ladder.levels[side, at, TOTAL])
            counts[GONE + was_inside(messages, k, column, base + at)] += 1
            wrong += 1
            at = following
        if lots == 0:
            break
        missing = lots - (ladder.levels[side, want, TOTAL] if at == want else 0)
        if missing > 0:
            add(work, messages.ts[k], k, UNKNOWN, sign, ticks, missing)
            counts[ADDED + was_inside(messages, k, column, ticks)] += 1
            wrong += 1
        elif missing < 0:
            shrink_level(work, messages, k, side, want, -missing)
            counts[REDUCED + was_inside(messages, k, column, ticks)] += 1
            wrong += 1
        if at == want and level + 1 < levels:
            at = next_level(ladder, side, want)
    return wrong


@kernel
def uncross(work: Pass, messages: Messages, k: int) -> None:
    """Remove orders that were never announced where the market has traded through them (no rows say so)."""
    ladder = work.ladder
    state = ladder.state
    for side in (BID, ASK):
        at = state[BEST + side]
        while at != NONE and state[BEST + 1 - side] != NONE and state[BEST + BID] >= state[BEST + ASK]:
            slot = ladder.levels[side, at, HEAD]
            while slot != NOBODY:
                following = ladder.orders[slot, NEXT]
                if messages.unseen[ladder.orders[slot, KEY]] > 0:
                    take(work, messages.ts[k], k, DELETE, slot, ladder.orders[slot, LOTS])
                slot = following
            if ladder.levels[side, at, HEAD] != NOBODY:
                break
            at = state[BEST + side]
    if state[BEST + BID] != NONE and state[BEST + ASK] != NONE and state[BEST + BID] >= state[BEST + ASK]:
        work.counts[CROSSED] += 1


@kernel
def play_recording(work: Pass, messages: Messages, start: int) -> int:
    """Play messages from `start` on; the first not played: all are, or the book needs more room."""
    rows = messages.rows
    for k in range(start, messages.ts.shape[0]):
        if room(work.ladder) < 2 * rows.shape[1] + 2:
            return int(k)
        play_message(work, messages, k)
        if rows.shape[0] == 0:
            uncross(work, messages, k)
        elif settle_side(work, messages, k, BID) + settle_side(work, messages, k, ASK) == 0:
            work.counts[ROWS_EQUAL] += 1
    return int(messages.ts.shape[0])
