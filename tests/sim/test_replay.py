"""Our orders in a recorded queue: what fills them, when, and by how much."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_tapes import Event, recorded_sessions, tape_of

from penstock.domain.instruments import Equity
from penstock.market.tape import (
    ADD,
    CANCEL,
    CROSS,
    DELETE,
    EXECUTE,
    HALTED,
    HIDDEN,
    QUOTING,
    STATUS,
    TRADING,
    UNKNOWN,
)
from penstock.sim.book import NONE
from penstock.sim.ladder import MARKET
from penstock.sim.plain_book import PlainBook
from penstock.sim.replay import OrderReplay
from penstock.sim.session import Session

STOCK = Equity(symbol="ABC", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def replay(*events: Event) -> OrderReplay:
    return OrderReplay(Session(STOCK, 0, 1000, tape_of(list(events))), "SIM")


def rest(market: OrderReplay, order_no: int, sign: int, ticks: int, lots: int) -> None:
    assert market.submit(order_no, sign, ticks, lots, immediate=False, post_only=True) == lots


def fills(market: OrderReplay) -> list[tuple[int, int, int, int]]:
    return [(fill.ts, fill.order_no, fill.ticks, fill.lots) for fill in market.take_fills()]


def test_an_order_behind_500_fills_only_after_500_have_traded_or_left():
    market = replay(
        (ADD, 0, 1, 100, 200),
        (ADD, 1, 1, 100, 300),
        (ADD, 2, 1, 100, 50),  # behind ours
        (EXECUTE, 0, 1, 100, 150),
        (CANCEL, 1, 1, 100, 100),
        (DELETE, 0, 1, 100, 50),
        (DELETE, 2, 1, 100, 50),
        (EXECUTE, 1, 1, 100, 199),
        (ADD, 3, 1, 100, 10),
        (EXECUTE, 1, 1, 100, 1),
        (EXECUTE, 3, 1, 100, 4),
    )
    market.advance(2)
    rest(market, 1, 1, 100, 6)
    assert market.advance(10) == 10
    assert fills(market) == []
    assert market.advance(1000) == 11
    assert fills(market) == [(11, 1, 100, 4)]
    assert market.depth(1)[0] == [(100, 2 + 6)]  # order 3 is reduced as recorded


def test_a_better_priced_order_of_ours_fills_before_the_recorded_one():
    market = replay((ADD, 0, -1, 102, 50), (EXECUTE, 0, -1, 102, 30), (EXECUTE, 0, -1, 102, 20))
    market.advance(1)
    rest(market, 1, -1, 101, 40)
    market.advance(1000)
    assert fills(market) == [(2, 1, 101, 30)]
    market.advance(1000)
    assert fills(market) == [(3, 1, 101, 10)]


def test_a_print_fills_two_of_our_orders_with_different_lots():
    market = replay((ADD, 0, -1, 105, 50), (EXECUTE, 0, -1, 105, 30))
    market.advance(1)
    for order_no, ticks in ((1, 104), (2, 103), (3, 104)):
        rest(market, order_no, -1, ticks, 20)
    market.advance(1000)
    assert fills(market) == [(2, 2, 103, 20), (2, 1, 104, 10)]


def test_what_a_print_wants_beyond_what_we_left_goes_to_the_next_in_the_queue():
    market = replay(
        (ADD, 0, -1, 101, 50),
        (ADD, 1, -1, 101, 30),
        (EXECUTE, 0, -1, 101, 50),
        (EXECUTE, 1, -1, 101, 30),
    )
    market.advance(1)
    assert market.submit(1, 1, 101, 40, immediate=True, post_only=False) == 0
    assert fills(market) == [(1, 1, 101, 40)]
    market.advance(2)
    rest(market, 2, -1, 101, 15)
    market.advance(3)  # 50 lots: the 10 left of order 0, the 30 of order 1, then ours
    assert fills(market) == [(3, 2, 101, 10)]
    market.advance(1000)  # 30 lots for order 1, which is gone: ours is the next
    assert fills(market) == [(4, 2, 101, 5)]


def test_what_ours_took_from_a_print_is_not_taken_from_the_next_in_the_queue_again():
    market = replay((ADD, 0, -1, 102, 100), (ADD, 1, -1, 102, 50), (EXECUTE, 0, -1, 102, 100))
    market.advance(2)
    market.submit(1, 1, 102, 70, immediate=True, post_only=False)
    rest(market, 2, -1, 101, 60)
    market.take_fills()
    market.advance(1000)  # 100 lots: 60 of ours, the 30 left of order 0, 10 of order 1
    assert fills(market) == [(3, 2, 101, 60)]
    assert market.depth(1)[1] == [(102, 40)]


def test_a_cancel_of_an_order_that_we_took_from_removes_what_is_left():
    market = replay(
        (ADD, 0, -1, 101, 50),
        (ADD, 1, -1, 101, 50),
        (CANCEL, 0, -1, 101, 30),
        (DELETE, 1, -1, 101, 50),
        (DELETE, 0, -1, 101, 20),
    )
    market.advance(2)
    market.submit(1, 1, NONE, 70, immediate=True, post_only=False)
    assert market.depth(1)[1] == [(101, 30)]
    market.advance(3)
    assert market.depth(1)[1] == [(101, 30)]
    market.advance(1000)
    assert market.depth(1)[1] == []


def test_an_arriving_order_that_crosses_ours_trades_with_ours_first_and_rests_with_the_rest():
    market = replay((ADD, 0, -1, 105, 9), (ADD, 1, -1, 101, 50), (EXECUTE, 1, -1, 101, 50))
    market.advance(1)
    rest(market, 1, 1, 102, 20)
    rest(market, 2, 1, 100, 20)
    assert market.advance(1000) == 2
    assert fills(market) == [(2, 1, 102, 20)]
    assert market.depth(2) == ([(100, 20)], [(101, 30), (105, 9)])
    assert market.traded() == (20, 20 * 102)
    market.advance(1000)
    assert market.traded() == (70, 20 * 102 + 50 * 101)


@pytest.mark.parametrize(("ticks", "filled"), [(100, 0), (101, 8), (102, 8)])
def test_a_hidden_print_fills_ours_at_its_price_or_better(ticks: int, filled: int):
    market = replay((ADD, 0, -1, 105, 9), (HIDDEN, UNKNOWN, 1, 101, 8))
    market.advance(1)
    rest(market, 1, 1, ticks, 20)
    market.advance(1000)
    assert sum(lots for *_, lots in fills(market)) == filled
    assert market.traded() == (8, 8 * 101)


def test_every_print_and_every_take_counts_once():
    market = replay(
        (ADD, 0, -1, 101, 50),
        (CROSS, UNKNOWN, 1, 100, 1000),
        (EXECUTE, 0, -1, 101, 10),
        (HIDDEN, UNKNOWN, -1, 100, 5),
    )
    market.advance(1)
    market.submit(1, 1, 101, 20, immediate=True, post_only=False)
    market.advance(1000)
    assert market.traded() == (1035, 100_000 + 20 * 101 + 10 * 101 + 5 * 100)


def test_nothing_of_ours_trades_while_trading_is_halted():
    market = replay(
        (ADD, 0, -1, 101, 50),
        (STATUS, UNKNOWN, -1, HALTED, 0),
        (ADD, 1, -1, 100, 10),
        (EXECUTE, 1, -1, 100, 5),
        (STATUS, UNKNOWN, -1, QUOTING, 0),
        (STATUS, UNKNOWN, -1, TRADING, 0),
        (ADD, 2, -1, 104, 1),
    )
    market.advance(1)
    rest(market, 1, 1, 100, 20)
    market.advance(2)
    assert market.submit(2, 1, 105, 5, immediate=True, post_only=False) == 0
    assert market.submit(3, 1, NONE, 5, immediate=False, post_only=False) == 0
    assert market.submit(4, 1, 101, 9, immediate=False, post_only=False) == 9
    assert market.advance(5) == 5
    assert fills(market) == []
    assert market.advance(1000) == 6
    assert fills(market) == [(6, 1, 100, 5), (6, 4, 101, 9)]
    assert market.depth(1) == ([(100, 15)], [(101, 41)])


def test_time_moves_to_where_it_was_asked_unless_ours_fill():
    market = replay((ADD, 0, 1, 100, 10), (EXECUTE, 0, 1, 100, 4), (DELETE, 0, 1, 100, 6))
    assert market.next_ts() == 1
    assert market.advance(1) == 1
    assert market.touch() == (1, 100, 10, NONE, 0)
    rest(market, 1, 1, 101, 2)
    assert market.advance(500) == 2
    (fill,) = market.take_fills()
    assert fill.before == (2, 101, 2, NONE, 0)
    assert market.next_ts() == 3
    assert market.advance(500) == 500
    assert market.next_ts() > market.end_ns
    assert market.touch() == (3, NONE, 0, NONE, 0)


@settings(max_examples=100, deadline=None)
@given(recorded_sessions())
def test_without_orders_of_ours_the_replay_is_the_recording(events: list[Event]):
    market, book = replay(*events), PlainBook()
    for k, (kind, key, sign, ticks, lots) in enumerate(events):
        order = book.find(MARKET, key)
        if kind == ADD:
            book.rest(sign, ticks, lots, MARKET, key)
        elif order is not None:
            book.reduce(order, lots)
        market.advance(k + 1)
        assert market.depth(9) == (book.depth(1, 9), book.depth(-1, 9))


@settings(max_examples=150, deadline=None)
@given(recorded_sessions(), st.integers(1, 40), st.sampled_from([1, -1]), st.integers(0, 3))
def test_ours_fills_only_after_all_lots_ahead_have_traded_or_left(events: list[Event], at: int, sign: int, level: int):
    market = replay(*events)
    market.advance(at)
    side = market.depth(9)[0 if sign > 0 else 1]
    if level >= len(side):
        return
    price, ahead = side[level]
    rest(market, 1, sign, price, 5)
    joined_before = {event[1] for event in events[:at] if event[0] == ADD}
    for kind, key, _, ticks, lots in events[at:]:
        market.advance(market.next_ts())
        if market.take_fills():
            assert ahead == 0
            return
        if ticks == price and key in joined_before and kind in (CANCEL, DELETE, EXECUTE):
            ahead -= lots


OWN_STEP = st.tuples(
    st.integers(0, 60),  # before this event
    st.sampled_from([1, -1]),
    st.integers(94, 106),
    st.integers(1, 15),
    st.sampled_from(["rest", "take", "cancel"]),
)


@settings(max_examples=200, deadline=None)
@given(recorded_sessions(), st.lists(OWN_STEP, max_size=15))
def test_no_print_fills_more_of_ours_than_its_size(events: list[Event], steps: list[tuple]):
    market = replay(*events)
    asked: dict[int, int] = {}
    done: dict[int, int] = {}
    for k, (kind, _, _, _, lots) in enumerate(events):
        for order_no, (before, sign, ticks, size, what) in enumerate(steps):
            if before != k:
                continue
            if what == "cancel":
                market.cancel(order_no // 2)
                continue
            asked[order_no] = size
            market.submit(order_no, sign, ticks, size, immediate=what == "take", post_only=False)
        for fill in market.take_fills():
            done[fill.order_no] = done.get(fill.order_no, 0) + fill.lots
        market.advance(k + 1)
        by_print = market.take_fills()
        assert sum(fill.lots for fill in by_print) <= (lots if kind in (ADD, EXECUTE, HIDDEN) else 0)
        for fill in by_print:
            assert fill.maker
            done[fill.order_no] = done.get(fill.order_no, 0) + fill.lots
    assert all(filled <= asked[order_no] for order_no, filled in done.items())
