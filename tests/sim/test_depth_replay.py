"""The rules of the depth replay, as stories and as properties over random markets."""

import pytest
from depth_markets import fills_until, level_rows, market, print_rows, rest, take, tape_of, touch_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.time import SECOND
from penstock.market.binance import load
from penstock.market.depth_tape import ASK, BID, KIND, LOTS, PRINT, TS, VERB_MASK
from penstock.sim.book import NONE, MarketBook, Touch
from penstock.sim.depth_replay import DepthReplay
from penstock.sim.queue_models import QueueFamily, QueueModel

BOOK = "0 level bid 100 10, bid 99 20, ask 101 5, ask 102 7"


# Aggressive orders


def test_a_market_order_takes_levels_best_first_and_sees_the_touch_before():
    book = market(BOOK)
    fills = take(book, 1, +1, 8)
    assert [(fill.lots, fill.ticks, fill.maker) for fill in fills] == [(5, 101, False), (3, 102, False)]
    assert {fill.before for fill in fills} == {Touch(0, 100, 10, 101, 5)}
    assert book.touch() == Touch(0, 100, 10, 102, 4)
    assert book.traded() == (8, 5 * 101 + 3 * 102)


def test_what_was_taken_stays_taken_while_the_recording_repeats_the_level():
    book = market(BOOK + "\n1 touch 100 10 101 5\n2 level ask 101 6")
    take(book, 1, +1, 5)
    fills_until(book, 1)
    assert book.touch().ask == 102
    fills_until(book, 2)
    assert book.touch()[3:] == (101, 1)  # the recording added one lot


def test_an_emptied_level_comes_back_whole():
    book = market(BOOK + "\n1 level ask 101 0\n2 level ask 101 5")
    take(book, 1, +1, 5)
    fills_until(book, 2)
    assert book.touch()[3:] == (101, 5)


def test_the_taken_part_never_exceeds_what_is_recorded():
    book = market(BOOK + "\n1 level ask 101 2\n2 level ask 101 5")
    take(book, 1, +1, 5)
    fills_until(book, 1)
    assert book.touch().ask == 102
    fills_until(book, 2)
    assert book.touch()[3:] == (101, 3)


def test_a_limit_stops_the_sweep_and_the_rest_joins_the_book():
    book = market(BOOK)
    assert rest(book, 1, +1, 8, 101) == 3
    assert [(fill.lots, fill.ticks) for fill in book.take_fills()] == [(5, 101)]
    assert book.cancel(1) == 3
    assert book.cancel(1) == 0


def test_an_order_bigger_than_the_book_leaves_nothing_resting_when_immediate():
    book = market(BOOK)
    assert sum(fill.lots for fill in take(book, 1, -1, 1000)) == 30
    assert book.touch().bid == NONE
    assert book.submit(2, -1, NONE, 5, immediate=False, post_only=False) == 0


def test_a_post_only_order_that_would_cross_does_nothing():
    book = market(BOOK)
    assert book.submit(1, +1, 101, 3, immediate=False, post_only=True) == 0
    assert book.take_fills() == []
    assert book.submit(2, +1, 100, 3, immediate=False, post_only=True) == 3


def test_a_sweep_through_more_levels_than_the_fill_buffer_holds_is_complete():
    asks = ", ".join(f"ask {101 + level} 1" for level in range(700))
    book = market("0 level bid 100 10, " + asks)
    fills = take(book, 1, +1, 600)
    assert [fill.ticks for fill in fills] == list(range(101, 701))


# Resting orders


def test_a_print_fills_us_only_with_what_exceeds_the_queue_ahead():
    book = market(BOOK + "\n1 sell 8 @ 100\n2 sell 5 @ 100\n3 sell 5 @ 100")
    rest(book, 1, +1, 6, 100)
    assert fills_until(book, 1) == []
    assert fills_until(book, 3) == [(2, 1, 3, 100), (3, 1, 3, 100)]
    assert book.lots_ahead(1) is None


def test_a_print_of_the_same_side_s_aggressor_does_not_touch_us():
    book = market(BOOK + "\n1 buy 50 @ 100\n2 buy 50 @ 101")
    rest(book, 1, +1, 6, 100)
    assert fills_until(book, 2) == []


def test_an_improving_order_is_first_and_a_print_behind_it_fills_it():
    book = market(BOOK + "\n1 buy 4 @ 103")
    rest(book, 1, -1, 6, 102)
    assert book.lots_ahead(1) == 7
    rest(book, 2, -1, 3, 101)  # behind 5 at 101
    rest(book, 3, -1, 1, 103)
    assert fills_until(book, 1) == [(1, 2, 3, 101), (1, 1, 1, 102)]  # four lots in all, best price first


def test_one_print_is_spent_once_over_our_orders_in_their_turn():
    book = market(BOOK + "\n1 sell 14 @ 100\n2 sell 14 @ 100")
    rest(book, 1, +1, 3, 100)
    rest(book, 2, +1, 3, 100)
    assert fills_until(book, 1) == [(1, 1, 3, 100), (1, 2, 1, 100)]
    assert fills_until(book, 2) == [(2, 2, 2, 100)]


def test_a_shrinking_level_moves_us_only_when_it_is_smaller_than_our_queue():
    book = market(BOOK + "\n1 level bid 100 30\n2 level bid 100 12\n3 level bid 100 4\n4 level bid 100 0")
    rest(book, 1, +1, 3, 100)
    seen = []
    for second in (1, 2, 3, 4):
        fills_until(book, second)
        seen.append(book.lots_ahead(1))
    assert seen == [10, 10, 4, 0]


def test_an_opposite_touch_that_reaches_us_fills_us_and_its_lots_are_consumed():
    book = market(BOOK + "\n1 touch 99 20 100 4\n2 touch 98 3 99 9")
    rest(book, 1, +1, 7, 100)
    assert fills_until(book, 1) == [(1, 1, 4, 100)]
    assert book.touch() == Touch(SECOND, 99, 20, 101, 5)
    assert fills_until(book, 2) == [(2, 1, 3, 100)]
    assert book.touch()[3:] == (99, 6)
    assert book.traded() == (7, 700)


def test_our_orders_never_trade_with_each_other():
    book = market(BOOK)
    rest(book, 1, +1, 3, 100)
    fills = take(book, 2, -1, 15)
    assert [(fill.order_no, fill.lots, fill.ticks) for fill in fills] == [(2, 10, 100), (2, 5, 99)]
    assert book.lots_ahead(1) == 0  # we took what was ahead of ourselves
    rest(book, 3, -1, 2, 100)
    assert book.take_fills() == []


def test_fewer_lots_at_the_same_price_keep_the_queue_and_anything_else_loses_it():
    book = market(BOOK + "\n1 sell 6 @ 100")
    rest(book, 1, +1, 5, 100)
    fills_until(book, 1)
    assert book.replace(1, 100, 3) == 3
    assert book.lots_ahead(1) == 4
    assert book.replace(1, 100, 4) == 4
    assert book.lots_ahead(1) == 10
    assert book.replace(1, 101, 9) == 4  # five match at once
    assert book.replace(7, 100, 1) == NONE


def test_many_resting_orders_are_all_kept_and_all_filled():
    book = market("0 level bid 100 1, ask 500 1\n1 sell 100000 @ 100")
    for order_no in range(100):
        rest(book, order_no, +1, 1, 100 + order_no)
    assert len(fills_until(book, 1)) == 100


# The tape


def test_a_ticker_sets_both_touches_and_removes_what_was_better():
    book = market(BOOK + "\n1 touch 99 3 103 4\n2 touch 99 3 0 0")
    fills_until(book, 1)
    assert book.depth(5) == ([(99, 3)], [(103, 4)])
    fills_until(book, 2)
    assert book.depth(5) == ([(99, 3)], [])


def test_time_goes_event_by_event_and_stops_at_a_fill():
    book = market(BOOK + "\n1 sell 12 @ 100\n2 level bid 100 5")
    rest(book, 1, +1, 5, 100)
    assert book.next_ts() == SECOND
    assert book.advance(5 * SECOND) == SECOND
    assert book.next_ts() == 2 * SECOND
    assert book.advance(5 * SECOND) == 5 * SECOND
    assert book.next_ts() > book.end_ns


# Properties

PRICES = range(95, 106)
SIZES = st.integers(0, 12)


@st.composite
def tapes(draw):
    """A sound little market: levels behind the touch, tickers that move it, prints at and through the touch."""
    rows = touch_rows(0, 100, 10, 101, 10)
    bid, ask = 100, 101
    for second in range(1, draw(st.integers(5, 25))):
        ts = second * SECOND
        verb = draw(st.sampled_from(("level", "touch", "print", "print")))
        if verb == "touch":
            bid = draw(st.integers(97, 102))
            ask = draw(st.integers(bid + 1, 104))
            rows += touch_rows(ts, bid, draw(st.integers(1, 12)), ask, draw(st.integers(1, 12)))
        elif verb == "level":
            side = draw(st.sampled_from((BID, ASK)))
            ticks = draw(st.integers(95, bid)) if side == BID else draw(st.integers(ask, 106))
            rows += level_rows(ts, [(side, ticks, draw(SIZES))])
        else:
            sign = draw(st.sampled_from((+1, -1)))
            ticks = ask + draw(st.integers(0, 2)) if sign > 0 else bid - draw(st.integers(0, 2))
            rows += print_rows(ts, sign, draw(st.integers(1, 15)), ticks)
    return tape_of(rows)


def one_message_at_a_time(book: DepthReplay):
    while book.next_ts() <= book.end_ns:
        ts = book.next_ts()
        book.advance(ts)
        yield ts, book.take_fills()


ORDERS = st.lists(
    st.tuples(st.sampled_from((+1, -1)), st.sampled_from(PRICES), st.integers(1, 9), st.integers(0, 24)), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(tapes(), ORDERS)
def test_our_maker_fills_by_one_print_never_exceed_it(tape, orders):
    prints = {int(row[TS]): int(row[LOTS]) for row in tape.rows if row[KIND] & VERB_MASK == PRINT}
    book = DepthReplay(tape)
    for number, (ts, fills) in enumerate(one_message_at_a_time(book)):
        if ts in prints:
            assert sum(fill.lots for fill in fills) <= prints[ts]
        for order_no, (sign, ticks, lots, when) in enumerate(orders):
            if when == number:
                rest(book, order_no, sign, lots, ticks)
                book.take_fills()


@settings(max_examples=150, deadline=None)
@given(tapes(), ORDERS)
def test_no_order_is_ever_filled_beyond_its_lots_and_volume_is_prints_and_ours(tape, orders):
    book = DepthReplay(tape)
    filled: dict[int, int] = {}
    for number, (_, fills) in enumerate(one_message_at_a_time(book)):
        for fill in fills:
            filled[fill.order_no] += fill.lots
        for order_no, (sign, ticks, lots, when) in enumerate(orders):
            if when == number:
                resting = rest(book, order_no, sign, lots, ticks)
                taken = sum(fill.lots for fill in book.take_fills())
                filled[order_no] = taken
                assert resting + taken == lots
    for order_no, lots_filled in filled.items():
        assert lots_filled + book.cancel(order_no) == orders[order_no][2]
    printed = sum(int(row[LOTS]) for row in tape.rows if row[KIND] & VERB_MASK == PRINT)
    assert printed <= book.traded()[0] <= printed + sum(filled.values())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 12), st.lists(st.tuples(st.sampled_from(("print", "level")), st.integers(0, 15)), max_size=25))
def test_nothing_comes_before_the_lots_ahead_traded_or_left(ahead, events):
    rows = level_rows(0, [(BID, 100, ahead), (BID, 90, 1), (ASK, 101, 10)])
    printed, smallest, allowed = 0, ahead, {}
    for second, (verb, lots) in enumerate(events, 1):
        if verb == "print":
            rows += print_rows(second * SECOND, -1, lots, 100)
            printed += lots
        else:
            rows += level_rows(second * SECOND, [(BID, 100, lots)])
            smallest = min(smallest, lots)
        allowed[second * SECOND] = max(0, printed + (ahead - smallest) - ahead)
    book = DepthReplay(tape_of(rows))
    rest(book, 1, +1, 1000, 100)
    filled = 0
    for ts, fills in one_message_at_a_time(book):
        filled += sum(fill.lots for fill in fills)
        assert filled <= allowed[ts]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 15)), max_size=30))
def test_taken_liquidity_does_not_come_back_before_the_recording_renews_it(events):
    """The model: a level shows what is recorded minus what we took, which is never more than what is recorded."""
    rows = level_rows(0, [(BID, 90, 1), (ASK, 101, 10)])
    for second, (ours, lots) in enumerate(events, 1):
        recorded = [(BID, 90, second + 1)] if ours else [(ASK, 101, lots)]
        rows += level_rows(second * SECOND, recorded)
    book = DepthReplay(tape_of(rows))
    recorded, taken = 10, 0
    for (_, _), (ours, lots) in zip(one_message_at_a_time(book), events, strict=True):
        if ours:
            got = sum(fill.lots for fill in take(book, 1, +1, lots, 101))
            assert got == min(lots, recorded - taken)
            taken += got
        else:
            recorded, taken = lots, min(taken, lots)
        assert sum(lots for _, lots in book.depth(9)[1]) == recorded - taken


@settings(max_examples=150, deadline=None)
@given(tapes())
def test_the_book_is_never_crossed(tape):
    book = DepthReplay(tape)
    for _ in one_message_at_a_time(book):
        touch = book.touch()
        assert NONE in (touch.bid, touch.ask) or touch.bid < touch.ask


# Recordings


@pytest.mark.parametrize("name", ["spot", "usdm", "cm"])
def test_a_recording_replays_whole_and_never_crossed(data_dir, name):
    tape = load(data_dir / "binance_l2" / name)
    book: MarketBook = DepthReplay(tape)
    step = (tape.end_ns - tape.start_ns) // 5000
    crossed = 0
    for now in range(tape.start_ns, tape.end_ns + step, step):
        book.advance(now)
        touch = book.touch()
        assert touch.bid != NONE
        assert touch.ask != NONE
        crossed += touch.bid >= touch.ask
    assert crossed == 0
    assert book.next_ts() > book.end_ns
    assert book.traded()[0] > 0


def test_more_pessimistic_queues_fill_later_on_a_recording(data_dir):
    tape = load(data_dir / "binance_l2" / "spot")

    def filled(model: QueueModel) -> int:
        """Lots bought by joining the bid once a second and leaving again."""
        book = DepthReplay(tape, model)
        total = 0
        for order_no, now in enumerate(range(tape.start_ns, tape.end_ns, SECOND)):
            while book.advance(now) < now:
                pass
            total += sum(fill.lots for fill in book.take_fills() if fill.maker)
            book.cancel(order_no - 1)
            book.submit(order_no, +1, book.touch().bid, 10_000, immediate=False, post_only=True)
        return total

    late = filled(QueueModel(QueueFamily.RISK_AVERSE))
    assert 0 < late <= filled(QueueModel(QueueFamily.POWER_PROB, 1.0))
