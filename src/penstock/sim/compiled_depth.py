"""Depth replay for compiled strategies: time passes, and decisions are made, without leaving machine code.

The rules are those of `depth_replay`, only the caller differs: a function of the reader's, compiled by `numba.njit`.

    @njit
    def hold_the_touch(stage, end):
        while stage.state[NOW] < end:
            play_until(stage, stage.state[NOW] + 100_000_000)
            _, bid, _, ask, _ = touch(stage)
            if lots_left(stage, 1) == 0:
                enter_order(stage, 1, BUY, bid, 1, True)

    hold_the_touch(open_depth_stage(tape), tape.end_ns)

At most `ORDERS_MAX` orders of ours rest on a side.
"""

from penstock.market.depth_tape import DepthTape
from penstock.sim import depth_matching_kernel as matching
from penstock.sim.book import NONE
from penstock.sim.depth_kernel import FILLS, NOW, OWN, DepthBook, touch
from penstock.sim.depth_matching_kernel import cancel as cancel_order
from penstock.sim.depth_matching_kernel import lots_left
from penstock.sim.depth_replay import ORDERS_START, DepthReplay
from penstock.sim.jit import kernel
from penstock.sim.queue_models import RISK_AVERSE, QueueModel

__all__ = ["BUY", "NOW", "SELL", "cancel_order", "enter_order", "lots_left", "open_depth_stage", "play_until", "touch"]

BUY, SELL = 1, -1
ORDERS_MAX = ORDERS_START


def open_depth_stage(tape: DepthTape, queue_model: QueueModel = RISK_AVERSE) -> DepthBook:
    """A replay at its start, as arrays that kernels share."""
    return DepthReplay(tape, queue_model).book


@kernel
def play_until(stage: DepthBook, until: int) -> int:
    """Play all messages up to `until` (ns); how many fills of ours they brought."""
    fills = 0
    stage.state[FILLS] = 0
    while matching.advance(stage, until) < until:
        fills += stage.state[FILLS]
        stage.state[FILLS] = 0
    return int(fills + stage.state[FILLS])


@kernel
def enter_order(stage: DepthBook, order_no: int, sign: int, ticks: int, lots: int, post_only: bool) -> int:
    """Enter an order of ours and let what it does not take rest; the lots that rest afterwards.

    `NONE` if it cannot be entered: its number rests already, or its side is full.
    """
    side = 0 if sign == BUY else 1
    if lots_left(stage, order_no) > 0 or stage.state[OWN + side] == stage.orders.shape[1]:
        return NONE
    if matching.would_cross(stage, sign, ticks):
        if post_only:
            return 0
        while lots > 0:
            stage.state[FILLS] = 0
            left = matching.sweep(stage, order_no, sign, ticks, lots)
            if left == lots:
                break
            lots = left
    if lots > 0:
        matching.rest(stage, order_no, sign, ticks, lots)
    return lots
