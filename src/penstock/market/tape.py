"""A tape: everything that happened to one order book, as explicit events in columns.

Each event names its order by a dense id, so replaying a tape needs nothing but the tape. `sign` is the side of
the resting order (+1 buy, −1 sell). What the kinds mean for the book:

    ADD      the order joins the back of its level's queue
    CANCEL   it loses `lots`        DELETE  it goes, whatever is left of it
    EXECUTE  a print of `lots` against it (order `UNKNOWN` if no displayed order is known to have traded)
    HIDDEN   a print of `lots` at `ticks` against an order that was not displayed
    CROSS    an auction's print
    STATUS   trading status: `ticks` is `HALTED`, `QUOTING` or `TRADING`
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ADD, CANCEL, DELETE, EXECUTE, HIDDEN, CROSS, STATUS = range(1, 8)
HALTED, QUOTING, TRADING = -1, 0, 1
UNKNOWN = -1  # the order of an event without one


class Tape(NamedTuple):
    """Columns of one length, in the order of play; events of one recorded message share its `message` number."""

    ts: NDArray[np.int64]  # ns since the epoch, UTC
    kind: NDArray[np.int8]
    order: NDArray[np.int32]
    sign: NDArray[np.int8]
    ticks: NDArray[np.int32]
    lots: NDArray[np.int32]
    message: NDArray[np.int32]


def empty_tape(events: int) -> Tape:
    """Allocate columns for `events` events, to be written."""
    return Tape(
        ts=np.empty(events, np.int64),
        kind=np.empty(events, np.int8),
        order=np.empty(events, np.int32),
        sign=np.empty(events, np.int8),
        ticks=np.empty(events, np.int32),
        lots=np.empty(events, np.int32),
        message=np.empty(events, np.int32),
    )


def head(tape: Tape, events: int) -> Tape:
    """Cut a tape to its first events (views, not copies)."""
    return Tape(
        ts=tape.ts[:events],
        kind=tape.kind[:events],
        order=tape.order[:events],
        sign=tape.sign[:events],
        ticks=tape.ticks[:events],
        lots=tape.lots[:events],
        message=tape.message[:events],
    )
