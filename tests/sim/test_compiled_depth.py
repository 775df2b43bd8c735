"""A compiled strategy on a depth tape meets the market that the plain replay shows, order for order."""

import numpy as np
from depth_markets import market
from hypothesis import given, settings
from numba import njit
from test_depth_replay import tapes

from penstock.domain.time import SECOND
from penstock.sim.book import NONE
from penstock.sim.compiled_depth import (
    BUY,
    NOW,
    SELL,
    cancel_order,
    enter_order,
    lots_left,
    open_depth_stage,
    play_until,
    touch,
)
from penstock.sim.depth_replay import DepthReplay

STEP = 2 * SECOND


@njit
def rejoin(stage, end, step, out):
    """Hold both touches with two lots; write down what is seen at every step."""
    count = 0
    while stage.state[NOW] < end:
        filled = play_until(stage, min(stage.state[NOW] + step, end))
        _, bid, _, ask, _ = touch(stage)
        out[count] = stage.state[NOW], filled, bid, ask, lots_left(stage, 1), lots_left(stage, 2)
        count += 1
        if bid == NONE or ask == NONE:
            continue
        if lots_left(stage, 1) == 0:
            enter_order(stage, 1, BUY, bid, 2, True)
        if lots_left(stage, 2) == 0:
            enter_order(stage, 2, SELL, ask, 2, True)
    return count


def rejoined(book, end):
    """Do the same in Python."""
    seen, now, left = [], 0, {1: 0, 2: 0}
    while now < end:
        until, fills = min(now + STEP, end), []
        while now < until:
            now = book.advance(until)
            fills += book.take_fills()
        for fill in fills:
            left[fill.order_no] -= fill.lots
        shown = book.touch()
        seen.append((now, len(fills), shown.bid, shown.ask, left[1], left[2]))
        if NONE in (shown.bid, shown.ask):
            continue
        for order_no, sign, ticks in ((1, 1, shown.bid), (2, -1, shown.ask)):
            if left[order_no] == 0:
                left[order_no] = book.submit(order_no, sign, ticks, 2, immediate=False, post_only=True)
    return seen


@settings(max_examples=100, deadline=None)
@given(tapes())
def test_both_see_and_fill_the_same(tape):
    out = np.zeros((100, 6), np.int64)
    count = rejoin(open_depth_stage(tape), tape.end_ns, STEP, out)
    assert [tuple(row) for row in out[:count].tolist()] == rejoined(DepthReplay(tape), tape.end_ns)


def test_an_order_takes_what_is_there_and_leaves_when_cancelled():
    stage = market("0 touch 100 10 101 5\n9 touch 100 10 101 5").book
    assert enter_order(stage, 1, BUY, 101, 8, True) == 0, "post-only would cross"
    assert enter_order(stage, 1, BUY, 101, 8, False) == 3
    assert enter_order(stage, 1, BUY, 100, 8, False) == NONE, "the number rests already"
    assert cancel_order(stage, 1) == 3
    assert (lots_left(stage, 1), cancel_order(stage, 1)) == (0, 0)
