"""The peer's depth-and-trades replay of a tape: drained, and with two resting orders woken every 100 ms.

Run by the interpreter of the environment that `make bench` sets up for it, with the path of a tape saved as .npz and
the distance of the orders from the touch in ticks; prints what it measured as JSON. Everything here is hftbacktest's
public interface, set up as fast as it can be: a dense book over the prices near the touch, no latency, no fees, its
strategy loop compiled. What lies beyond its book it skips. Rates count the tape's events.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTX,
    LIMIT,
    LOCAL_EVENT,
    NEW,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit
from numpy.typing import NDArray

BID, TOUCH, PRINT = 0, 2, 4  # the tape's kinds
SIDE_MASK, VERB_MASK = 1, 6
ROUNDS = 7
FOREVER_NS = 10**15
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


def backtest(rows: NDArray, middle: float) -> ROIVectorMarketDepthBacktest:
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_qty_fee_model(0.0, 0.0)
        .tick_size(1.0)
        .lot_size(1.0)
        .roi_lb(round(middle * (1 - AROUND)))
        .roi_ub(round(middle * (1 + AROUND)))
    )
    return ROIVectorMarketDepthBacktest([asset])


@njit
def drain(hbt):
    """Play to the end without looking."""
    return hbt.elapse(FOREVER_NS)


@njit
def watch(hbt, distance):
    """Every 100 ms look at the touch and at two orders, which are entered again when they have filled.

    Returns how often it woke, how often an order was seen at work, and how many were entered.
    """
    woken, seen, entered = 0, 0, 0
    while hbt.elapse(WAKE_NS) == 0:
        woken += 1
        depth = hbt.depth(0)
        bid, ask = depth.best_bid, depth.best_ask
        orders = hbt.orders(0)
        for order_id in (1, 2):
            order = orders.get(order_id)
            if order is not None and order.status == NEW:
                seen += 1
            elif bid < ask:
                entered += 1
                hbt.clear_inactive_orders(0)
                if order_id == 1:
                    hbt.submit_buy_order(0, order_id, bid - distance, 1.0, GTX, LIMIT, False)
                else:
                    hbt.submit_sell_order(0, order_id, ask + distance, 1.0, GTX, LIMIT, False)
    return woken, seen, entered


def fastest(rows: NDArray, middle: float, act: Callable) -> tuple[float, object]:
    """Processor seconds of the fastest round, and what the last one answered; the first one compiles."""
    best = float("inf")
    for turn in range(ROUNDS + 1):
        hbt = backtest(rows, middle)
        start = time.process_time()
        answer = act(hbt)
        took = time.process_time() - start
        hbt.close()
        if turn:
            best = min(best, took)
    return best, answer


def main() -> None:
    tape, middle = np.load(sys.argv[1])["rows"], float(sys.argv[3])
    distance = float(sys.argv[2])
    rows = rows_of(tape)
    drained_s, _ = fastest(rows, middle, drain)
    watched_s, (woken, seen, entered) = fastest(rows, middle, lambda hbt: watch(hbt, distance))
    answer = {"drained_per_s": len(tape) / drained_s, "watched_per_s": len(tape) / watched_s}
    print(json.dumps(answer | {"woken": woken, "seen": seen, "entered": entered}))


if __name__ == "__main__":
    main()
