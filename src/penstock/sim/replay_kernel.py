"""Playing a tape through the ladder in which our orders stand; the rules are in `replay`."""

import numpy as np
from numpy.typing import NDArray

from penstock.market.tape import ADD, CANCEL, CROSS, DELETE, EXECUTE, HIDDEN, STATUS, UNKNOWN, Tape
from penstock.sim import ladder as sides
from penstock.sim.book import NONE
from penstock.sim.jit import bare_kernel, inlined_kernel, kernel
from penstock.sim.ladder import (
    ASK,
    BASE,
    BEST,
    BID,
    FILLS,
    HEAD,
    LEAST,
    LOTS,
    MARKET,
    NEXT,
    NOBODY,
    ORDERS,
    OURS,
    OWN,
    OWNER,
    TS,
    Ladder,
    TouchTuple,
    depth,
    holds,
    own_orders,
    print_trade,
    reduce,
    rest,
    room,
    stirred,
    touch,
)
from penstock.sim.matching_kernel import best_of, execute, match_queue


@kernel
def fill_ours(
    ladder: Ladder,
    side: int,
    ticks: int,
    displayed_too: bool,
    hidden_too: bool,
    counted: bool,
    lots: int,
    ts: int,
    before: TouchTuple,
) -> int:
    """Fill ours that rest better than `ticks`, and at it those displayed or hidden if they too. The lots filled.

    `counted`: these are trades of their own, which no print counts.
    """
    state = ladder.state
    sign = 1 if side == BID else -1
    at = best_of(ladder, side)
    end = ticks - state[BASE]
    filled = 0
    while own_on(ladder, side) > 0 and filled < lots and 0 <= at < ladder.levels.shape[1] and (end - at) * sign <= 0:
        here = 0
        if at != end or displayed_too:
            here += fill_level(ladder, side, at, lots - filled, ts, before)
        if filled + here < lots and state[ORDERS + side + sides.HIDDEN] > 0 and (at != end or hidden_too):
            here += fill_level(ladder, side + sides.HIDDEN, at, lots - filled - here, ts, before)
        if counted and here > 0:
            print_trade(ladder, state[BASE] + at, here)
        filled += here
        at -= sign
    return filled


@kernel
def fill_level(ladder: Ladder, side: int, at: int, lots: int, ts: int, before: TouchTuple) -> int:
    """Fill ours in one level's queue, oldest first. The lots filled."""
    orders, terms = ladder.orders, ladder.terms
    filled = 0
    slot = ladder.levels[side, at, HEAD]
    while slot != NOBODY and filled < lots:
        following = orders[slot, NEXT]
        if orders[slot, OWNER] == OURS and lots - filled >= min(terms[slot, LEAST], orders[slot, LOTS]):
            filled += execute(ladder, slot, lots - filled, ts, before)
            if following == NOBODY and orders[slot, LOTS] > 0:
                following = slot  # an iceberg that was the last in the queue is so again
        slot = following
    return filled


@inlined_kernel
def own_on(ladder: Ladder, side: int) -> int:
    """How many of ours rest on a side, displayed or hidden."""
    return int(ladder.state[OWN + side] + ladder.state[OWN + side + sides.HIDDEN])


@kernel
def print_on(ladder: Ladder, slot: int, side: int, ticks: int, lots: int, ts: int, trading: bool) -> None:
    """Play a recorded execution of `lots` against the order in `slot` (`NOBODY` if it is gone) at `ticks`."""
    orders, levels, state = ladder.orders, ladder.levels, ladder.state
    before = touch(ladder)
    ours = 0
    if trading:
        ours = fill_ours(ladder, side, ticks, False, False, False, lots, ts, before)
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
    if left <= 0 or not 0 <= at < levels.shape[1]:
        return
    if trading:
        left -= match_queue(ladder, side, at, left, ts, MARKET, before)
        if left > 0:
            match_queue(ladder, side + sides.HIDDEN, at, left, ts, MARKET, before)
        return
    slot = levels[side, at, HEAD]
    while slot != NOBODY and left > 0:
        following = orders[slot, NEXT]
        if orders[slot, OWNER] == MARKET:
            left -= reduce(ladder, slot, left)
        slot = following


@inlined_kernel
def join(ladder: Ladder, sign: int, ticks: int, lots: int, order: int, ts: int, trading: bool) -> int:
    """Let a recorded order arrive: it trades with ours that it crosses, and the rest of it rests. Its slot."""
    state = ladder.state
    opposite = ASK if sign > 0 else BID
    if trading and own_on(ladder, opposite) > 0:
        shown, hidden = state[BEST + opposite], state[BEST + opposite + sides.HIDDEN]
        limit = ticks - state[BASE]
        if (shown != NONE and (limit - shown) * sign >= 0) or (hidden != NONE and (limit - hidden) * sign >= 0):
            lots -= trade_with_ours(ladder, opposite, ticks, lots, ts)
    return rest(ladder, sign, ticks, lots, MARKET, order) if lots > 0 else NOBODY


@kernel
def trade_with_ours(ladder: Ladder, side: int, ticks: int, lots: int, ts: int) -> int:
    """Fill ours on `side` that an arriving order with this limit meets, and count it as traded. The lots."""
    return fill_ours(ladder, side, ticks, True, True, True, lots, ts, touch(ladder))


@inlined_kernel
def play_event(ladder: Ladder, tape: Tape, slots: NDArray[np.int32], k: int, trading: bool) -> None:
    """Play one event."""
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
        print_trade(ladder, ticks, lots)
        if kind == EXECUTE:
            if own_on(ladder, side) == 0 and slot != NOBODY and lots <= ladder.orders[slot, LOTS]:
                reduce(ladder, slot, lots)
            else:
                print_on(ladder, slot, side, ticks, lots, ts, trading)
        elif kind == HIDDEN and trading and own_on(ladder, side) > 0:
            fill_ours(ladder, side, ticks, True, False, False, lots, ts, touch(ladder))


@bare_kernel
def play(ladder: Ladder, tape: Tape, slots: NDArray[np.int32], start: int, end: int, until: int, trading: bool) -> int:
    """Play events `start..end` with `ts <= until`; the first not played.

    Stops early behind a message that filled one of ours or stirred one that waits for the market, behind an auction
    and a change of trading status, and where the book has no room for one more order.
    """
    state = ladder.state
    k = start
    while k < end and tape.ts[k] <= until and room(ladder) > 0:
        play_event(ladder, tape, slots, k, trading)
        k += 1
        if tape.kind[k - 1] in (STATUS, CROSS):
            break
        if state[FILLS] > 0 or stirred(ladder):
            same_message = k < end and tape.message[k] == tape.message[k - 1]
            if not same_message or state[FILLS] + own_orders(ladder) >= ladder.fills.shape[0]:
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
