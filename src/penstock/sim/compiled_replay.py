"""Order-by-order replay for compiled strategies: a decision at every message without leaving machine code.

The rules are those of `replay`, only the caller differs: a function of the reader's, compiled by `numba.njit`, asks for
the next message and answers it at once.

    @njit
    def hold_the_touch(stage):
        while next_message(stage):
            bid, bid_lots, ask, ask_lots = touch(stage.ladder)
            if lots_left(stage, 1) == 0:
                enter_order(stage, 1, BUY, bid, 100, False, True)

    hold_the_touch(open_stage(load_session(path)))

What filled in the last message is in `stage.ladder.fills[:fills(stage)]` until the next call of `next_message`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.market.tape import STATUS, TRADING, Tape
from penstock.sim import ladder as kernels
from penstock.sim.book import NONE
from penstock.sim.jit import bare_kernel, kernel
from penstock.sim.ladder import (
    FILLS,
    LOTS,
    NOBODY,
    OURS,
    TS,
    Ladder,
    TouchTuple,
    covers,
    holds,
    reduce,
    rest,
    room,
)
from penstock.sim.matching_kernel import enter
from penstock.sim.recording import empty_book
from penstock.sim.replay_kernel import play_event
from penstock.sim.session import Session

BUY, SELL = 1, -1
ORDERS_MAX = 256  # of ours, each with a number below it
# Entries of `clock`.
POSITION, IS_TRADING = range(2)


class Stage(NamedTuple):
    """A replay in arrays, as a compiled strategy holds it."""

    ladder: Ladder
    tape: Tape
    slots: NDArray[np.int32]  # of each recorded order
    own: NDArray[np.int64]  # the slot of each order of ours, by its number
    clock: NDArray[np.int64]


def open_stage(session: Session) -> Stage:
    """Make a replay ready before its first message; what rested at the start is there."""
    ladder, slots = empty_book(session.tape)
    stage = Stage(ladder, session.tape, slots, np.zeros(ORDERS_MAX, np.int64), np.array([0, 1], np.int64))
    if len(session.tape.ts):
        _open(stage, session.start_ns)
    return stage


@kernel
def _open(stage: Stage, start_ns: int) -> None:
    while stage.clock[POSITION] < stage.tape.ts.shape[0] and stage.tape.ts[stage.clock[POSITION]] <= start_ns:
        next_message(stage)


@bare_kernel
def next_message(stage: Stage) -> bool:
    """Play all events of the next recorded message; False at the end of the tape."""
    ladder, tape, slots, _, clock = stage
    k, end = clock[POSITION], tape.ts.shape[0]
    if k == end:
        return False
    ladder.state[FILLS] = 0
    message = tape.message[k]
    while k < end and tape.message[k] == message:
        play_event(ladder, tape, slots, k, clock[IS_TRADING] == 1)
        if tape.kind[k] == STATUS:
            clock[IS_TRADING] = 1 if tape.ticks[k] == TRADING else 0
        k += 1
    ladder.state[TS] = tape.ts[k - 1]
    clock[POSITION] = k
    return True


@bare_kernel
def now(stage: Stage) -> int:
    """Time of the last message played, ns."""
    return int(stage.ladder.state[TS])


@bare_kernel
def fills(stage: Stage) -> int:
    """How many fills of ours the last message, and what we entered since, brought."""
    return int(stage.ladder.state[FILLS])


@bare_kernel
def lots_left(stage: Stage, order_no: int) -> int:
    """Lots of our order that rest now; 0 once it is gone."""
    slot = stage.own[order_no]
    return int(stage.ladder.orders[slot, LOTS]) if holds(stage.ladder, slot, OURS, order_no) else 0


@kernel
def enter_order(stage: Stage, order_no: int, sign: int, ticks: int, lots: int, immediate: bool, post_only: bool) -> int:
    """Enter an order of ours (`ticks` `NONE`: at market) and match it now; the lots that rest afterwards.

    `NONE` if it cannot be entered: the number is taken or out of range, or the price is off the ladder.
    """
    ladder = stage.ladder
    rests = not immediate and ticks != NONE
    if not 0 <= order_no < stage.own.shape[0] or lots_left(stage, order_no) > 0:
        return NONE
    if rests and (room(ladder) == 0 or not covers(ladder, ticks)):
        return NONE
    if stage.clock[IS_TRADING] == 0:
        if not rests:
            return 0
        stage.own[order_no] = rest(ladder, sign, ticks, lots, OURS, order_no)
        return lots
    left, slot = enter(ladder, sign, ticks, lots, now(stage), order_no, immediate, post_only)
    stage.own[order_no] = slot
    return left if slot != NOBODY else 0


@kernel
def cancel_order(stage: Stage, order_no: int) -> int:
    """Remove our resting order; the lots removed, 0 if it no longer rests."""
    left = lots_left(stage, order_no)
    return reduce(stage.ladder, stage.own[order_no], left) if left > 0 else 0


@bare_kernel
def best_prices(stage: Stage) -> TouchTuple:
    """Bid, its lots, ask, its lots; price `NONE` with 0 lots where a side is empty. Ours are part of it."""
    return kernels.touch(stage.ladder)
