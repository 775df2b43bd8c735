"""The fast book equals the plain one, event for event; and the cases that a trader would ask about first."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.instruments import Equity
from penstock.sim import ladder as kernels
from penstock.sim import matching_kernel as matching
from penstock.sim.book import NONE, OwnFill, Touch
from penstock.sim.ladder import ANONYMOUS, MARKET, OURS, new_ladder
from penstock.sim.ladder_market import LadderMarket
from penstock.sim.native_orders import NativeOrder, Peg, SelfTrade
from penstock.sim.plain_book import PlainBook

STOCK = Equity(symbol="ABC", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def market(low: int = 90, high: int = 110, *, orders: int = 64, fills: int = 8) -> LadderMarket:
    return LadderMarket("SIM", STOCK, new_ladder(low, high, orders=orders, fills=fills), now=7)


def rest(book: LadderMarket, sign: int, ticks: int, lots: int) -> int:
    return kernels.rest(book.ladder, sign, ticks, lots, MARKET, ANONYMOUS)


def aggress(book: LadderMarket, sign: int, ticks: int, lots: int) -> int:
    return matching.match(book.ladder, sign, ticks, lots, book.now, MARKET, ANONYMOUS)


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
PRICE = st.integers(97, 103)
LOTS = st.integers(1, 9)
NUMBER = st.integers(0, 12)
RARELY = st.integers(0, 5).map(lambda chance: chance == 0)


@st.composite
def native_orders(draw: st.DrawFn) -> NativeOrder:
    """Orders of every kind that a book has, as the exchange lets them through."""
    sign, lots = draw(SIGN), draw(LOTS)
    kind = draw(st.sampled_from(["plain", "fok", "iceberg", "hidden", "hidden", "peg", "peg", "stop"]))
    ticks = draw(st.one_of(PRICE, st.just(NONE)))
    immediate, post_only = draw(RARELY), draw(RARELY)
    some = draw(st.integers(1, lots))
    match kind:
        case "fok":
            return NativeOrder(sign, ticks, lots, immediate=True, least=draw(st.sampled_from([lots, some])))
        case "iceberg":
            return NativeOrder(sign, draw(PRICE), lots, peak=some, post_only=post_only)
        case "hidden":
            return NativeOrder(sign, draw(PRICE), lots, hidden=True, least=draw(st.sampled_from([0, some])))
        case "peg":
            peg, offset = draw(st.sampled_from([Peg.PRIMARY, Peg.MID, Peg.MARKET])), draw(st.integers(-2, 2))
            least = draw(st.sampled_from([0, 0, some]))
            return NativeOrder(sign, ticks, lots, peg=peg, offset=offset, least=least, post_only=post_only)
        case "stop":
            return NativeOrder(sign, ticks, lots, stop=draw(PRICE))
    return NativeOrder(sign, ticks, lots, immediate=immediate, post_only=post_only)


STEP = st.one_of(
    st.tuples(st.just("rest"), SIGN, PRICE, LOTS),
    st.tuples(st.just("aggress"), SIGN, st.one_of(PRICE, st.just(NONE)), LOTS),
    st.tuples(st.just("aggress"), SIGN, PRICE, LOTS),
    st.tuples(st.just("reduce"), NUMBER, LOTS),
    st.tuples(st.just("enter"), native_orders()),
    st.tuples(st.just("enter"), native_orders()),
    st.tuples(st.just("cancel"), NUMBER),
    st.tuples(st.just("replace"), NUMBER, PRICE, LOTS),
    st.tuples(st.sampled_from(["halt", "resume", "resume"])),
)


class Twins:
    """The fast and the plain book, given the same steps; each step's answers must agree."""

    def __init__(self, self_trade: SelfTrade) -> None:
        self.fast, self.plain = market(98, 102, orders=4, fills=3), PlainBook(self_trade)
        self.fast.self_trade = self_trade
        self.slots: dict[int, int] = {}
        self.entered = 0

    def rest(self, sign: int, ticks: int, lots: int) -> None:
        """An order of the market's arrives: it trades with what it meets, and the rest of it rests."""
        if not self.plain.trading:
            return
        lots = self.aggress(sign, ticks, lots)
        key = len(self.slots)
        if lots:
            self.fast._make_room(ticks)
            self.slots[key] = kernels.rest(self.fast.ladder, sign, ticks, lots, MARKET, key)
            self.plain.rest(sign, ticks, lots, MARKET, key)
        self.settle()

    def aggress(self, sign: int, ticks: int, lots: int) -> int:
        if not self.plain.trading:
            return 0
        self.fast.keep_fills()
        left = self.plain.match(sign, ticks, lots, 7, MARKET, ANONYMOUS)
        assert aggress(self.fast, sign, ticks, lots) == left
        self.settle()
        return left

    def reduce(self, key: int, lots: int) -> None:
        order = self.plain.find(MARKET, key)
        slot = self.slots.get(key, kernels.NOBODY)
        assert kernels.holds(self.fast.ladder, slot, MARKET, key) == (order is not None)
        if order is not None:
            assert kernels.reduce(self.fast.ladder, slot, lots) == self.plain.reduce(order, lots)
        self.settle()

    def enter(self, order: NativeOrder) -> None:
        order_no = self.entered
        self.entered += 1
        assert self.fast.enter(order_no, order) == self.plain.enter(order_no, order, 7)

    def cancel(self, order_no: int) -> None:
        assert self.fast.cancel(order_no) == self.plain.cancel(order_no)
        self.settle()

    def replace(self, order_no: int, ticks: int, lots: int) -> None:
        assert self.fast.replace(order_no, ticks, lots) == self.plain.replace(order_no, ticks, lots, 7)

    def halt(self) -> None:
        self.fast.halt()
        self.plain.halt()

    def resume(self) -> None:
        self.fast.resume()
        self.plain.resume(7)

    def settle(self) -> None:
        self.fast.settle()
        self.plain.settle(7)

    def agree(self) -> None:
        fast, plain = self.fast, self.plain
        assert fast.take_fills() == plain.fills
        assert [(order_no, lots) for _, order_no, lots in fast.take_removals()] == plain.removals
        plain.fills.clear()
        plain.removals.clear()
        assert fast.depth(20) == (plain.depth(1, 20), plain.depth(-1, 20))
        assert fast.touch()[1:] == plain.touch(0)[1:]
        assert fast.traded() == (plain.traded_lots, plain.traded_value)
        for order_no in range(self.entered):
            assert fast.resting(order_no) == plain.left(order_no)
            resting = plain.find(OURS, order_no)
            assert fast.price_of(order_no) == (NONE if resting is None else resting.ticks)
        assert kernels.own_orders(fast.ladder) == sum(order.owner == OURS for order in plain.orders)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(list(SelfTrade)), st.lists(STEP, min_size=20, max_size=60))
def test_the_fast_book_equals_the_plain_one_event_for_event(self_trade: SelfTrade, steps: list[tuple]):
    twins = Twins(self_trade)
    for name, *arguments in steps:
        getattr(twins, name)(*arguments)
        twins.agree()
