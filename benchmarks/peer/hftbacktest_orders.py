"""The peer's order-by-order replay of a tape: drained, and with two resting orders woken at every event.

Run by the interpreter of the environment that `make bench` sets up for it, with the path of a tape saved as .npz and
the distance of the orders from the touch in ticks; prints what it measured as JSON. Everything here is hftbacktest's
public interface, set up as fast as it can be: a dense book around the day's prices, no latency, no fees, its strategy
loop compiled.

Its format wants two rows for an execution, the fill and what it leaves of the order; rates count the tape's events.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from hftbacktest import (
    ADD_ORDER_EVENT,
    BUY_EVENT,
    CANCEL_ORDER_EVENT,
    EXCH_EVENT,
    FILL_EVENT,
    GTX,
    LIMIT,
    LOCAL_EVENT,
    NEW,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import MODIFY_ORDER_EVENT, event_dtype
from numba import njit
from numpy.typing import NDArray

ADD, CANCEL, DELETE, EXECUTE, HIDDEN = range(1, 6)  # the tape's kinds
ROUNDS = 5
FOREVER_NS = 10**15


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


def backtest(rows: NDArray) -> ROIVectorMarketDepthBacktest:
    prices = rows["px"][rows["px"] > 0]
    asset = (
        BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .l3_fifo_queue_model()
        .no_partial_fill_exchange()
        .trading_qty_fee_model(0.0, 0.0)
        .tick_size(1.0)
        .lot_size(1.0)
        .roi_lb(prices.min())
        .roi_ub(prices.max())
    )
    return ROIVectorMarketDepthBacktest([asset])


@njit
def drain(hbt):
    """Play to the end without looking."""
    return hbt.elapse(FOREVER_NS)


@njit
def watch(hbt, distance):
    """At every event look at the touch and at two orders, which are entered again when they have filled.

    Returns how often it woke, how often an order was seen at work, and how many were entered.
    """
    woken, seen, entered = 0, 0, 0
    while hbt.wait_next_feed(False, FOREVER_NS) == 2:
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


def fastest(rows: NDArray, act: Callable) -> tuple[float, object]:
    """Processor seconds of the fastest round, and what the last one answered; the first one compiles."""
    best = float("inf")
    for turn in range(ROUNDS + 1):
        hbt = backtest(rows)
        start = time.process_time()
        answer = act(hbt)
        took = time.process_time() - start
        hbt.close()
        if turn:
            best = min(best, took)
    return best, answer


def main() -> None:
    tape = dict(np.load(sys.argv[1]))
    distance = float(sys.argv[2])
    rows = rows_of(tape)
    drained_s, _ = fastest(rows, drain)
    watched_s, (woken, seen, entered) = fastest(rows, lambda hbt: watch(hbt, distance))
    events = len(tape["ts"])
    answer = {"drained_per_s": events / drained_s, "watched_per_s": events / watched_s}
    print(json.dumps(answer | {"rows": len(rows), "woken": woken, "seen": seen, "entered": entered}))


if __name__ == "__main__":
    main()
