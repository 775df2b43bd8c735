"""The fast book equals the plain one, event for event; and the cases that a trader would ask about first."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.instruments import Equity
from penstock.sim import ladder as kernels
from penstock.sim.book import NONE, OwnFill, Touch
from penstock.sim.ladder import ANONYMOUS, ASK, BID, MARKET, OURS, new_ladder
from penstock.sim.ladder_market import LadderMarket
from penstock.sim.plain_book import PlainBook

STOCK = Equity(symbol="ABC", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def market(low: int = 90, high: int = 110, *, orders: int = 64, fills: int = 8) -> LadderMarket:
    return LadderMarket("SIM", STOCK, new_ladder(low, high, orders=orders, fills=fills), now=7)


def rest(book: LadderMarket, sign: int, ticks: int, lots: int) -> int:
    return kernels.rest(book.ladder, sign, ticks, lots, MARKET, ANONYMOUS)


def aggress(book: LadderMarket, sign: int, ticks: int, lots: int) -> int:
    return kernels.match(book.ladder, sign, ticks, lots, book.now, MARKET, ANONYMOUS)


def limit(book: LadderMarket, order_no: int, sign: int, ticks: int, lots: int) -> int:
    return book.submit(order_no, sign, ticks, lots, immediate=False, post_only=False)


def test_an_older_order_at_the_price_trades_first():
    book = market()
    rest(book, -1, 101, 30)
    limit(book, 1, -1, 101, 20)
    rest(book, -1, 101, 10)
    assert aggress(book, 1, 101, 40) == 0
    assert book.take_fills() == [OwnFill(7, 1, 101, 10, True, Touch(7, NONE, 0, 101, 60))]
    assert book.depth(3) == ([], [(101, 20)])


def test_a_better_price_trades_before_an_older_order():
    book = market()
    rest(book, 1, 99, 30)
    limit(book, 1, 1, 100, 5)
    aggress(book, -1, NONE, 8)
    assert [(fill.order_no, fill.ticks, fill.lots) for fill in book.take_fills()] == [(1, 100, 5)]
    assert book.touch()[1:] == (99, 27, NONE, 0)


def test_what_an_order_took_is_gone_and_counted_once():
    book = market()
    rest(book, -1, 101, 10)
    rest(book, -1, 102, 10)
    assert limit(book, 1, 1, 102, 15) == 0
    assert limit(book, 2, 1, 102, 15) == 10
    assert [(fill.order_no, fill.ticks, fill.lots) for fill in book.take_fills()] == [
        (1, 101, 10),
        (1, 102, 5),
        (2, 102, 5),
    ]
    assert book.traded() == (20, 101 * 10 + 102 * 10)
    assert book.touch()[1:] == (102, 10, NONE, 0)


def test_a_sweep_longer_than_the_fill_buffer_loses_no_fill():
    book = market(fills=3)
    for ticks in range(91, 101):
        rest(book, -1, ticks, 2)
    assert limit(book, 1, 1, 105, 25) == 5
    assert [(fill.ticks, fill.lots) for fill in book.take_fills()] == [(ticks, 2) for ticks in range(91, 101)]


def test_our_orders_do_not_trade_with_each_other():
    book = market()
    limit(book, 1, -1, 101, 10)
    rest(book, -1, 101, 4)
    assert limit(book, 2, 1, 101, 6) == 2
    assert [(fill.order_no, fill.lots, fill.maker) for fill in book.take_fills()] == [(2, 4, False)]
    assert (book.resting(1), book.resting(2)) == (10, 2)


def test_a_post_only_order_that_would_cross_does_nothing():
    book = market()
    rest(book, -1, 101, 10)
    assert book.submit(1, 1, 101, 10, immediate=False, post_only=True) == 0
    assert book.submit(2, 1, 100, 10, immediate=False, post_only=True) == 10
    assert book.take_fills() == []
    assert book.touch()[1:] == (100, 10, 101, 10)


def test_an_immediate_order_leaves_nothing_behind():
    book = market()
    rest(book, -1, 101, 10)
    assert book.submit(1, 1, 101, 25, immediate=True, post_only=False) == 0
    assert book.submit(2, 1, NONE, 25, immediate=False, post_only=False) == 0
    assert book.depth(2) == ([], [])


@pytest.mark.parametrize(("ticks", "lots", "first"), [(100, 6, 1), (100, 12, 2), (100, 10, 1)])
def test_only_a_smaller_size_at_the_same_price_keeps_its_place(ticks: int, lots: int, first: int):
    book = market()
    limit(book, 1, 1, 100, 10)
    limit(book, 2, 1, 100, 10)
    assert book.replace(1, ticks, lots) == lots
    aggress(book, -1, NONE, 1)
    assert [fill.order_no for fill in book.take_fills()] == [first]


def test_a_replace_into_the_market_trades():
    book = market()
    rest(book, -1, 101, 4)
    limit(book, 1, 1, 100, 10)
    assert book.replace(1, 101, 10) == 6
    assert [(fill.ticks, fill.lots, fill.maker) for fill in book.take_fills()] == [(101, 4, False)]


def test_an_order_that_is_gone_can_neither_be_canceled_nor_replaced():
    book = market()
    limit(book, 1, 1, 100, 10)
    aggress(book, -1, NONE, 10)
    limit(book, 2, 1, 100, 3)  # takes over the slot
    assert book.cancel(1) == 0
    assert book.replace(1, 99, 5) == NONE
    assert book.cancel(77) == 0
    assert book.cancel(2) == 3


def test_a_price_off_the_ladder_widens_it_and_keeps_every_order():
    book = market(low=95, high=105, orders=2, fills=2)
    rest(book, 1, 96, 5)
    rest(book, -1, 104, 5)
    for order_no, ticks in enumerate((50, 51, 52, 60)):
        limit(book, order_no, 1, ticks, 1)
    limit(book, 9, -1, 300, 2)
    assert book.depth(9) == ([(96, 5), (60, 1), (52, 1), (51, 1), (50, 1)], [(104, 5), (300, 2)])
    aggress(book, -1, NONE, 9)
    assert [fill.order_no for fill in book.take_fills()] == [3, 2, 1, 0]


def test_a_price_absurdly_far_away_is_refused_in_a_sentence():
    with pytest.raises(BadInput, match=r"limit_price.*ticks away from the market \(got '10000000.00'\)"):
        limit(market(), 1, -1, 1_000_000_000, 1)


SIGN = st.sampled_from([1, -1])
PRICE = st.integers(95, 105)
LOTS = st.integers(1, 20)
STEP = st.one_of(
    st.tuples(st.just("rest"), SIGN, PRICE, LOTS),
    st.tuples(st.just("aggress"), SIGN, st.one_of(PRICE, st.just(NONE)), LOTS),
    st.tuples(st.just("reduce"), st.integers(0, 50), LOTS),
    st.tuples(st.just("enter"), SIGN, st.one_of(PRICE, st.just(NONE)), LOTS, st.booleans(), st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, 50)),
    st.tuples(st.just("replace"), st.integers(0, 50), PRICE, LOTS),
)


class Twins:
    """The fast and the plain book, given the same steps; each step's answers must agree."""

    def __init__(self) -> None:
        self.fast, self.plain = market(97, 103, orders=4, fills=3), PlainBook()
        self.slots: dict[int, int] = {}
        self.submitted = 0

    def rest(self, sign: int, ticks: int, lots: int) -> None:
        key = len(self.slots)
        self.fast._make_room(ticks)
        self.slots[key] = kernels.rest(self.fast.ladder, sign, ticks, lots, MARKET, key)
        self.plain.rest(sign, ticks, lots, MARKET, key)

    def aggress(self, sign: int, ticks: int, lots: int) -> None:
        self.fast.keep_fills()
        assert aggress(self.fast, sign, ticks, lots) == self.plain.match(sign, ticks, lots, 7, MARKET, ANONYMOUS)

    def reduce(self, key: int, lots: int) -> None:
        order = self.plain.find(MARKET, key)
        slot = self.slots.get(key, kernels.NOBODY)
        assert kernels.holds(self.fast.ladder, slot, MARKET, key) == (order is not None)
        if order is not None:
            assert kernels.reduce(self.fast.ladder, slot, lots) == self.plain.reduce(order, lots)

    def enter(self, sign: int, ticks: int, lots: int, immediate: bool, post_only: bool) -> None:
        order_no = self.submitted
        self.submitted += 1
        rests = self.fast.submit(order_no, sign, ticks, lots, immediate=immediate, post_only=post_only)
        assert rests == self.plain.enter(sign, ticks, lots, 7, order_no, immediate=immediate, post_only=post_only)

    def cancel(self, order_no: int) -> None:
        order = self.plain.find(OURS, order_no)
        expected = self.plain.reduce(order, order.lots) if order else 0
        assert self.fast.cancel(order_no) == expected

    def replace(self, order_no: int, ticks: int, lots: int) -> None:
        order = self.plain.find(OURS, order_no)
        rests = self.fast.replace(order_no, ticks, lots)
        if order is None:
            assert rests == NONE
        elif ticks == order.ticks and lots <= order.lots:
            self.plain.reduce(order, order.lots - lots)
            assert rests == lots
        else:
            self.plain.reduce(order, order.lots)
            assert rests == self.plain.enter(order.sign, ticks, lots, 7, order_no, immediate=False, post_only=False)

    def agree(self) -> None:
        assert self.fast.take_fills() == self.plain.fills
        self.plain.fills.clear()
        assert self.fast.depth(20) == (self.plain.depth(1, 20), self.plain.depth(-1, 20))
        assert self.fast.touch()[1:] == self.plain.touch(0)[1:]
        assert self.fast.traded() == (self.plain.traded_lots, self.plain.traded_value)
        state = self.fast.ladder.state
        assert [state[kernels.OWN + side] for side in (BID, ASK)] == [
            sum(order.owner == OURS for order in self.plain.queue(sign)) for sign in (1, -1)
        ]


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=60))
def test_the_fast_book_equals_the_plain_one_event_for_event(steps: list[tuple]):
    twins = Twins()
    for name, *arguments in steps:
        getattr(twins, name)(*arguments)
        twins.agree()
