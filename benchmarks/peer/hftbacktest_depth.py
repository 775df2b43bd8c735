"""The peer's depth-and-trades replay of a tape: drained, and with two resting orders woken every 100 ms.

Run by the interpreter of the environment that `make bench` sets up for it, with the path of a tape saved as .npz, the
distance of the orders from the touch and the middle of the market in ticks; prints what it measured as JSON. The book
is over the prices near the middle, and what lies beyond it is skipped. Rates count the tape's events.
"""

import sys

import numpy as np
from hftbacktest.types import event_dtype
from hftbacktest_run import backtest, hold, tell
from numba import njit
from numpy.typing import NDArray

from hftbacktest import BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, LOCAL_EVENT, SELL_EVENT, TRADE_EVENT

BID, PRINT = 0, 4  # of the tape's kinds
SIDE_MASK, VERB_MASK = 1, 6
WAKE_NS = 100_000_000
AROUND = 0.02  # how far from the first touch its book reaches


def rows_of(tape: NDArray) -> NDArray:
    """Write the tape's events in the peer's format. A ticker is a level that it has; better ones are gone by others."""
    rows = np.zeros(len(tape), event_dtype)
    ts, kind, ticks, lots = tape.T
    bought = (kind & SIDE_MASK) == BID
    prints = (kind & VERB_MASK) == PRINT
    side = np.where(bought ^ prints, BUY_EVENT, SELL_EVENT)  # a print's side is its aggressor's
    rows["ev"] = np.where(prints, TRADE_EVENT, DEPTH_EVENT) | side | EXCH_EVENT | LOCAL_EVENT
    rows["exch_ts"] = rows["local_ts"] = ts
    rows["px"], rows["qty"] = ticks, lots
    return rows


@njit
def watch(hbt, distance):
    """Every 100 ms look at two orders; how often it woke, an order was seen at work, and one was entered."""
    woken, seen, entered = 0, 0, 0
    while hbt.elapse(WAKE_NS) == 0:
        woken += 1
        at_work, new = hold(hbt, distance)
        seen += at_work
        entered += new
    return woken, seen, entered


def main() -> None:
    tape, middle = np.load(sys.argv[1])["rows"], float(sys.argv[3])
    rows, lowest, highest = rows_of(tape), round(middle * (1 - AROUND)), round(middle * (1 + AROUND))
    tell(len(tape), float(sys.argv[2]), lambda: backtest(rows, "risk_adverse_queue_model", lowest, highest), watch)


if __name__ == "__main__":
    main()
