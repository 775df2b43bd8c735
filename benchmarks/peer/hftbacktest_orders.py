"""The peer's order-by-order replay of a tape: drained, and with two resting orders woken at every event.

Run by the interpreter of the environment that `make bench` sets up for it, with the path of a tape saved as .npz and
the distance of the orders from the touch in ticks; prints what it measured as JSON. The book is over the day's prices.

Its format wants two rows for an execution, the fill and what it leaves of the order; rates count the tape's events.
"""

import sys

import numpy as np
from hftbacktest.types import MODIFY_ORDER_EVENT, event_dtype
from hftbacktest_run import FOREVER_NS, backtest, hold, tell
from numba import njit
from numpy.typing import NDArray

from hftbacktest import (
    ADD_ORDER_EVENT,
    BUY_EVENT,
    CANCEL_ORDER_EVENT,
    EXCH_EVENT,
    FILL_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
)

ADD, CANCEL, DELETE, EXECUTE, HIDDEN = range(1, 6)  # the tape's kinds


def rows_of(tape: dict[str, NDArray]) -> NDArray:
    """Write the tape's events in the peer's format."""
    rows = []
    left: dict[int, int] = {}
    columns = (tape[name].tolist() for name in ("ts", "kind", "order", "sign", "ticks", "lots"))
    for ts, kind, order, sign, ticks, lots in zip(*columns, strict=True):
        side = EXCH_EVENT | LOCAL_EVENT | (BUY_EVENT if sign > 0 else SELL_EVENT)
        if kind == ADD:
            left[order] = lots
            rows.append((ADD_ORDER_EVENT | side, ts, ts, ticks, lots, order, 0, 0.0))
        elif kind == HIDDEN or order < 0:
            rows.append((TRADE_EVENT | side, ts, ts, ticks, lots, 0, 0, 0.0))
        elif kind in (CANCEL, DELETE, EXECUTE):
            if kind == EXECUTE:
                rows.append((FILL_EVENT | side, ts, ts, ticks, lots, order, 0, 0.0))
            left[order] -= left[order] if kind == DELETE else lots
            change = MODIFY_ORDER_EVENT if left[order] > 0 else CANCEL_ORDER_EVENT
            rows.append((change | side, ts, ts, ticks, left[order], order, 0, 0.0))
    return np.array(rows, event_dtype)


@njit
def watch(hbt, distance):
    """At every event look at two orders; how often it woke, an order was seen at work, and one was entered."""
    woken, seen, entered = 0, 0, 0
    while hbt.wait_next_feed(False, FOREVER_NS) == 2:
        woken += 1
        at_work, new = hold(hbt, distance)
        seen += at_work
        entered += new
    return woken, seen, entered


def main() -> None:
    tape = dict(np.load(sys.argv[1]))
    rows = rows_of(tape)
    prices = rows["px"][rows["px"] > 0]
    lowest, highest = prices.min(), prices.max()
    tell(len(tape["ts"]), float(sys.argv[2]), lambda: backtest(rows, "l3_fifo_queue_model", lowest, highest), watch)


if __name__ == "__main__":
    main()
