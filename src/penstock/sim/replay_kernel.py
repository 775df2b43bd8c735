"""Playing a tape through the ladder in which our orders stand; the rules are in `replay`."""

import numpy as np
from numpy.typing import NDArray

from penstock.market.tape import ADD, CANCEL, CROSS, DELETE, EXECUTE, HIDDEN, STATUS, UNKNOWN, Tape
from penstock.sim.book import NONE
from penstock.sim.jit import bare_kernel, inlined_kernel, kernel
from penstock.sim.ladder import (
    ASK,
    BASE,
    BEST,
    BID,
    FILL_LOTS,
    FILL_TICKS,
    FILLS,
    HEAD,
    LOTS,
    MARKET,
    NEXT,
    NOBODY,
    OURS,
    OWN,
    OWNER,
    TRADED_LOTS,
    TRADED_VALUE,
    TS,
    Ladder,
    TouchTuple,
    depth,
    execute,
    holds,
    reduce,
    rest,
    room,
    touch,
)


@kernel
def fill_ours(ladder: Ladder, side: int, ticks: int, inclusive: bool, lots: int, ts: int, before: TouchTuple) -> int:
    """Fill our orders that rest better than `ticks` (or at it too), best and oldest first. The lots filled."""
    orders, levels, state, _ = ladder
    sign = 1 if side == BID else -1
    at = state[BEST + side]
    end = ticks - state[BASE]
    filled = 0
    while state[OWN + side] > 0 and filled < lots and 0 <= at < levels.shape[1]:
        behind = (end - at) * sign
        if behind > 0 or (behind == 0 and not inclusive):
            break
        slot = levels[side, at, HEAD]
        while slot != NOBODY and filled < lots:
            following = orders[slot, NEXT]
            if orders[slot, OWNER] == OURS:
                filled += execute(ladder, slot, lots - filled, ts, before)
            slot = following
        at -= sign
    return filled


@kernel
def print_on(ladder: Ladder, slot: int, side: int, ticks: int, lots: int, ts: int, trading: bool) -> None:
    """Play a recorded execution of `lots` against the order in `slot` (`NOBODY` if it is gone) at `ticks`."""
    orders, levels, state, _ = ladder
    before = touch(ladder)
    ours = 0
    if trading:
        ours = fill_ours(ladder, side, ticks, False, lots, ts, before)
    at = ticks - state[BASE]
    if slot != NOBODY and trading:
        ahead = levels[side, at, HEAD]
        while ahead != slot and ours < lots:
            following = orders[ahead, NEXT]
            if orders[ahead, OWNER] == OURS:
                ours += execute(ladder, ahead, lots - ours, ts, before)
            ahead = following
    left = lots - ours
    if slot != NOBODY:
        left -= reduce(ladder, slot, lots)
    if not 0 <= at < levels.shape[1]:
        return
    slot = levels[side, at, HEAD]
    while slot != NOBODY and left > 0:
        following = orders[slot, NEXT]
        if trading or orders[slot, OWNER] == MARKET:
            left -= execute(ladder, slot, left, ts, before)
        slot = following


@inlined_kernel
def join(ladder: Ladder, sign: int, ticks: int, lots: int, order: int, ts: int, trading: bool) -> int:
    """Let a recorded order arrive: it trades with ours that it crosses, and the rest of it rests. Its slot."""
    state = ladder.state
    opposite = ASK if sign > 0 else BID
    crosses = state[BEST + opposite] != NONE and (ticks - state[BASE] - state[BEST + opposite]) * sign >= 0
    if crosses and trading and state[OWN + opposite] > 0:
        lots -= trade_with_ours(ladder, opposite, ticks, lots, ts)
    return rest(ladder, sign, ticks, lots, MARKET, order) if lots > 0 else NOBODY


@kernel
def trade_with_ours(ladder: Ladder, side: int, ticks: int, lots: int, ts: int) -> int:
    """Fill ours on `side` that an arriving order with this limit meets, and count it as traded. The lots."""
    state, fills = ladder.state, ladder.fills
    first = state[FILLS]
    filled = fill_ours(ladder, side, ticks, True, lots, ts, touch(ladder))
    for row in range(first, state[FILLS]):
        state[TRADED_LOTS] += fills[row, FILL_LOTS]
        state[TRADED_VALUE] += fills[row, FILL_TICKS] * fills[row, FILL_LOTS]
    return filled


@inlined_kernel
def play_event(ladder: Ladder, tape: Tape, slots: NDArray[np.int32], k: int, trading: bool) -> None:
    """Play one event."""
    state = ladder.state
    ts, kind, order = tape.ts[k], tape.kind[k], tape.order[k]
    sign, ticks, lots = tape.sign[k], tape.ticks[k], tape.lots[k]
    side = BID if sign > 0 else ASK
    if kind == ADD:
        slots[order] = join(ladder, sign, ticks, lots, order, ts, trading)
        return
    slot = slots[order] if order != UNKNOWN else NOBODY
    if not holds(ladder, slot, MARKET, order):
        slot = NOBODY
    if kind in (CANCEL, DELETE):
        if slot != NOBODY:
            reduce(ladder, slot, ladder.orders[slot, LOTS] if kind == DELETE else lots)
    elif kind in (EXECUTE, HIDDEN, CROSS):
        state[TRADED_LOTS] += lots
        state[TRADED_VALUE] += lots * ticks
        if kind == EXECUTE:
            if state[OWN + side] == 0 and slot != NOBODY and lots <= ladder.orders[slot, LOTS]:
                reduce(ladder, slot, lots)
            else:
                print_on(ladder, slot, side, ticks, lots, ts, trading)
        elif kind == HIDDEN and trading and state[OWN + side] > 0:
            fill_ours(ladder, side, ticks, True, lots, ts, touch(ladder))


@bare_kernel
def play(ladder: Ladder, tape: Tape, slots: NDArray[np.int32], start: int, end: int, until: int, trading: bool) -> int:
    """Play events `start..end` with `ts <= until`; the first not played.

    Stops early behind a message that filled one of ours, behind a change of trading status, and where the
    book has no room for one more order.
    """
    state = ladder.state
    k = start
    while k < end and tape.ts[k] <= until and room(ladder) > 0:
        play_event(ladder, tape, slots, k, trading)
        k += 1
        if tape.kind[k - 1] == STATUS:
            break
        if state[FILLS] > 0:
            same_message = k < end and tape.message[k] == tape.message[k - 1]
            if not same_message or state[FILLS] + state[OWN + BID] + state[OWN + ASK] >= ladder.fills.shape[0]:
                break
    if k > start:
        state[TS] = tape.ts[k - 1]
    return k


@kernel
def compare_rows(ladder: Ladder, tape: Tape, slots: NDArray[np.int32], rows: NDArray[np.int32]) -> int:
    """Play a whole tape without orders of ours; after how many messages the book equals its recorded row."""
    levels = rows.shape[1]
    out = np.empty((levels, 2), np.int64)
    equal = 0
    k = 0
    for message in range(rows.shape[0]):
        while k < tape.ts.shape[0] and tape.message[k] <= message:
            play_event(ladder, tape, slots, k, True)
            k += 1
        same = True
        for side, column in ((BID, 2), (ASK, 0)):
            found = depth(ladder, side, out)
            for level in range(levels):
                price, lots = rows[message, level, column], rows[message, level, column + 1]
                if level < found:
                    same &= out[level, 0] == price and out[level, 1] == lots
                else:
                    same &= lots == 0
        equal += same
    return equal
