"""What both of the peer's replays share: how it is set up, drained, and asked to hold two orders; how it is timed.

Everything here is hftbacktest's public interface, set up as fast as it can be: a dense book over some prices, no
latency, no fees, its strategy loop compiled.
"""

import json
import time
from collections.abc import Callable

from numba import njit
from numpy.typing import NDArray

from hftbacktest import GTX, LIMIT, NEW, BacktestAsset, ROIVectorMarketDepthBacktest

ROUNDS = 7
FOREVER_NS = 10**15


def backtest(rows: NDArray, queue_model: str, lowest: float, highest: float) -> ROIVectorMarketDepthBacktest:
    """One asset, with its queue model by the name of the method that sets it, and a book over these prices."""
    asset = getattr(BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0), queue_model)()
    asset = asset.no_partial_fill_exchange().trading_qty_fee_model(0.0, 0.0).tick_size(1.0).lot_size(1.0)
    return ROIVectorMarketDepthBacktest([asset.roi_lb(lowest).roi_ub(highest)])


@njit
def drain(hbt):
    """Play to the end without looking."""
    return hbt.elapse(FOREVER_NS)


@njit(inline="always")
def hold(hbt, distance):
    """Look at the touch and at two orders, which are entered again when they have filled: (seen at work, entered)."""
    seen, entered = 0, 0
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
    return seen, entered


def tell(events: int, distance: float, fresh: Callable[[], ROIVectorMarketDepthBacktest], watch: Callable) -> None:
    """Print events a second, drained and watched, as JSON; `fresh` makes a replay for each round."""
    drained_s, _ = fastest(fresh, drain)
    watched_s, (woken, seen, entered) = fastest(fresh, lambda hbt: watch(hbt, distance))
    answer = {"drained_per_s": events / drained_s, "watched_per_s": events / watched_s}
    print(json.dumps(answer | {"woken": woken, "seen": seen, "entered": entered}))


def fastest(fresh: Callable[[], ROIVectorMarketDepthBacktest], act: Callable) -> tuple[float, object]:
    """Processor seconds of the fastest round, and what the last one answered; the first one compiles."""
    best = float("inf")
    for turn in range(ROUNDS + 1):
        hbt = fresh()
        start = time.process_time()
        answer = act(hbt)
        took = time.process_time() - start
        hbt.close()
        if turn:
            best = min(best, took)
    return best, answer
