"""A compiled strategy meets the market that the plain replay shows, fill for fill."""

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from numba import njit
from recorded_tapes import Event, recorded_sessions, tape_of

from penstock.domain.instruments import Equity
from penstock.market.tape import ADD, EXECUTE, HALTED, STATUS, TRADING, UNKNOWN
from penstock.sim.book import NONE
from penstock.sim.compiled_replay import (
    BUY,
    SELL,
    best_prices,
    cancel_order,
    enter_order,
    fills,
    lots_left,
    next_message,
    now,
    open_stage,
)
from penstock.sim.ladder import FILL_LOTS, FILL_ORDER, FILL_TICKS
from penstock.sim.replay import OrderReplay
from penstock.sim.session import Session

STOCK = Equity(symbol="ABC", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def session(*events: Event) -> Session:
    return Session(STOCK, 0, 1000, tape_of(list(events)))


@njit
def rejoin(stage, out):
    """Hold both touches with two lots; write down every fill as (ts, order, ticks, lots)."""
    count = 0
    while next_message(stage):
        for row in range(fills(stage)):
            fill = stage.ladder.fills[row]
            out[count] = now(stage), fill[FILL_ORDER], fill[FILL_TICKS], fill[FILL_LOTS]
            count += 1
        bid, _, ask, _ = best_prices(stage)
        if bid == NONE or ask == NONE:
            continue
        if lots_left(stage, 1) == 0:
            enter_order(stage, 1, BUY, bid, 2, False, True)
        if lots_left(stage, 2) == 0:
            enter_order(stage, 2, SELL, ask, 2, False, True)
    return count


def rejoined(market: OrderReplay) -> list[tuple[int, int, int, int]]:
    """Do the same in Python."""
    found = []
    while market.next_ts() <= market.end_ns:
        market.advance(market.next_ts())
        found += [(fill.ts, fill.order_no, fill.ticks, fill.lots) for fill in market.take_fills()]
        touch = market.touch()
        if NONE in (touch.bid, touch.ask):
            continue
        for order_no, sign, ticks in ((1, 1, touch.bid), (2, -1, touch.ask)):
            if market.resting(order_no) == 0:
                market.submit(order_no, sign, ticks, 2, immediate=False, post_only=True)
    return found


@settings(max_examples=100, deadline=None)
@given(recorded_sessions())
def test_a_compiled_strategy_fills_as_one_in_python_does(events: list[Event]):
    out = np.zeros((1000, 4), np.int64)
    count = rejoin(open_stage(session(*events)), out)
    assert list(map(tuple, out[:count].tolist())) == rejoined(OrderReplay(session(*events)))


def test_what_cannot_be_entered_is_said_and_what_is_canceled_is_gone():
    stage = open_stage(session((ADD, 0, 1, 100, 10), (ADD, 1, -1, 102, 10)))
    assert enter_order(stage, 1, BUY, 5_000, 1, False, False) == NONE  # off the ladder
    assert enter_order(stage, 1_000, BUY, 100, 1, False, False) == NONE
    assert enter_order(stage, 1, BUY, 101, 3, False, False) == 3
    assert enter_order(stage, 1, BUY, 101, 3, False, False) == NONE  # the number is taken
    assert cancel_order(stage, 1) == 3
    assert (cancel_order(stage, 1), lots_left(stage, 1)) == (0, 0)
    next_message(stage), next_message(stage)
    assert enter_order(stage, 2, BUY, NONE, 4, True, False) == 0
    assert stage.ladder.fills[:1, FILL_LOTS].tolist() == [4]


def test_a_halt_stops_a_compiled_strategy_too():
    halted = (STATUS, UNKNOWN, -1, HALTED, 0)
    stage = open_stage(
        session((ADD, 0, -1, 101, 50), halted, (EXECUTE, 0, -1, 101, 5), (STATUS, UNKNOWN, -1, TRADING, 0))
    )
    next_message(stage), next_message(stage)
    assert enter_order(stage, 1, BUY, NONE, 5, True, False) == 0
    assert enter_order(stage, 2, SELL, 101, 5, False, False) == 5
    next_message(stage)
    assert fills(stage) == 0
    next_message(stage)
    assert enter_order(stage, 1, BUY, NONE, 5, True, False) == 0
    assert fills(stage) == 1
