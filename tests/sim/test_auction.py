"""Call auctions: one price at which most trades, who goes first, and a market that opens and closes with one."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_book import ASK, BID, ScriptedBook

from penstock import Desk
from penstock.domain import events as ev
from penstock.domain.orders import State
from penstock.domain.time import MILLISECOND, SECOND
from penstock.sim.auction import AuctionProfile, Bid, Others, others_of, uncross
from penstock.sim.auction_market import AuctionMarket
from penstock.sim.book import NONE
from penstock.sim.native_orders import Auction, NativeOrder
from penstock.sim.random_kernel import stream

D = Decimal
SMALL = AuctionProfile(mean_quantity=D(1000))


def others(bought: int = 0, sold: int = 0, limits: dict[int, tuple[int, int]] | None = None) -> Others:
    """Market lots on both sides, and (bought, sold) limit lots by price."""
    limits = limits or {100: (0, 0)}
    low, high = min(limits), max(limits)
    limit = np.zeros((2, high - low + 1), np.int64)
    for price, pair in limits.items():
        limit[:, price - low] = pair
    return Others(np.array([bought, sold], np.int64), limit, low)


@pytest.mark.parametrize(
    ("market", "price", "lots"),
    [
        (others(50, 50), 100, 50),
        (others(50, 0, {99: (0, 20), 100: (0, 20), 101: (0, 20)}), 101, 50),  # what is over moves it
        (others(0, 50, {99: (20, 0), 100: (20, 0), 101: (20, 0)}), 99, 50),
        (others(0, 0, {99: (40, 0), 101: (0, 40)}), 100, 0),  # nobody meets anybody
        (others(0, 0, {99: (0, 40), 101: (40, 0)}), 100, 40),  # any price between: the reference
        (others(10, 10, {100: (30, 10), 101: (0, 30)}), 100, 20),
    ],
)
def test_the_price_is_the_one_at_which_most_trades(market: Others, price: int, lots: int) -> None:
    outcome = uncross(market, [], 100)
    assert (outcome.ticks, outcome.lots) == (price, lots)


def test_market_orders_go_first_then_better_limits_and_ours_last_of_their_kind() -> None:
    ours = [Bid(1, 1, 100, 10), Bid(2, 1, 101, 10), Bid(3, 1, NONE, 10), Bid(4, 1, 99, 10)]
    market = others(20, 45, {100: (10, 0), 101: (5, 0)})
    outcome = uncross(market, ours, 100)
    assert (outcome.ticks, outcome.lots) == (101, 45)
    assert outcome.ours == {3: 10, 2: 10}  # 20 + 10 market, 5 + 10 at 101: just as much as is sold
    more_sold = uncross(market._replace(market=np.array([20, 58])), ours, 100)
    assert (more_sold.ticks, more_sold.ours) == (100, {3: 10, 2: 10, 1: 3})


bids = st.lists(
    st.tuples(st.sampled_from([1, -1]), st.sampled_from([NONE, *range(95, 106)]), st.integers(1, 40)), max_size=6
)
limits = st.dictionaries(st.integers(96, 104), st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1)


@given(st.integers(0, 60), st.integers(0, 60), limits, bids)
def test_no_other_price_trades_more_and_nothing_is_made_or_lost(
    bought: int, sold: int, limit: dict[int, tuple[int, int]], wanted: list[tuple[int, int, int]]
) -> None:
    ours = [Bid(number, *each) for number, each in enumerate(wanted, 1)]
    outcome = uncross(others(bought, sold, limit), ours, 100)

    def at(price: int) -> tuple[int, int]:
        buys = bought + sum(pair[0] for each, pair in limit.items() if each >= price)
        sells = sold + sum(pair[1] for each, pair in limit.items() if each <= price)
        buys += sum(bid.lots for bid in ours if bid.sign > 0 and (bid.ticks == NONE or bid.ticks >= price))
        sells += sum(bid.lots for bid in ours if bid.sign < 0 and (bid.ticks == NONE or bid.ticks <= price))
        return buys, sells

    assert outcome.lots == min(at(outcome.ticks)) == max(min(at(price)) for price in range(90, 110))
    for sign, side in ((1, 0), (-1, 1)):
        filled = {bid.number: outcome.ours.get(bid.number, 0) for bid in ours if bid.sign == sign}
        assert all(0 <= filled[bid.number] <= bid.lots for bid in ours if bid.sign == sign)
        assert sum(filled.values()) <= outcome.lots
        if at(outcome.ticks)[side] == outcome.lots:  # the short side: everybody on it trades
            within = [bid for bid in ours if bid.sign == sign]
            within = [bid for bid in within if bid.ticks == NONE or sign * (bid.ticks - outcome.ticks) >= 0]
            assert all(filled[bid.number] == bid.lots for bid in within)


def test_what_is_over_moves_the_price_as_far_as_the_profile_says() -> None:
    profile = AuctionProfile(mean_quantity=D(100_000), imbalance=0.0, move_bps=100)
    made = others_of(profile, ScriptedBook().instrument, 10_000, stream(1, "auction"))
    volume = int(made.market.sum())
    moved = uncross(made, [Bid(1, 1, NONE, volume // 4)], 10_000)
    assert moved.ticks - 10_000 == pytest.approx(25, abs=2)
    assert moved.ours == {1: volume // 4}


class Day:
    """A scripted market of a hundred seconds between two auctions."""

    def __init__(self, *prints: tuple[int, int], opens: bool = True) -> None:
        self.inner = ScriptedBook([(at * SECOND, lots) for at, lots in prints], end_ns=100 * SECOND)
        self.book = AuctionMarket(self.inner, SMALL, seed=1, opens_at=10 * SECOND if opens else None)

    def order(
        self, number: int, auction: Auction = Auction.NO, *, ticks: int = NONE, lots: int = 50, **more: Any
    ) -> int:
        return self.book.enter(number, NativeOrder(1, ticks, lots, auction=auction, **more))

    def play(self, until_s: int) -> list[tuple[int, int, int]]:
        """(second, number, lots) of our fills until then."""
        filled = []
        while True:
            reached = self.book.advance(until_s * SECOND)
            filled += [(fill.ts // SECOND, fill.order_no, fill.lots) for fill in self.book.take_fills()]
            if reached >= until_s * SECOND:
                return filled


def test_orders_at_the_open_and_the_close_trade_then_and_at_no_other_time() -> None:
    day = Day((50, 500))
    assert (day.order(1, Auction.OPEN), day.order(2, Auction.CLOSE)) == (50, 50)
    assert day.play(9) == []
    assert day.play(10) == [(10, 1, 50)]
    assert day.play(99) == []
    assert day.play(100) == [(100, 2, 50)]
    assert (day.book.resting(1), day.book.resting(2)) == (0, 0)


def test_before_the_open_orders_wait_and_then_enter_the_book() -> None:
    day = Day((5, 500), (50, 500))
    assert day.order(1, ticks=BID) == 50
    assert day.order(2, ticks=ASK, immediate=True) == 0
    assert day.play(40) == []
    assert day.play(60) == [(50, 1, 50)]


def test_what_did_not_trade_in_its_auction_is_gone_and_too_late_is_too_late() -> None:
    day = Day()
    day.order(1, Auction.OPEN, ticks=BID - 500)
    assert day.play(11) == []
    assert day.book.resting(1) == 0
    assert day.order(2, Auction.OPEN) == 0


def test_an_order_for_an_auction_can_be_changed_and_cancelled_until_it_is_held() -> None:
    day = Day()
    day.order(1, Auction.CLOSE)
    day.order(2, Auction.CLOSE)
    assert day.book.replace(1, NONE, 20) == 20
    assert day.book.cancel(2) == 50
    assert day.play(100) == [(100, 1, 20)]


AUCTIONS = """
sources = ["synthetic"]
[auctions.NYX]
opens_after_s = 30
symbols.ACME = {mean_quantity = 900000}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "market.toml").write_text(AUCTIONS)
    return Desk.open(f"file:{tmp_path / 'market.toml'}", seed=2)


def children(desk: Desk) -> list[tuple[str | None, str]]:
    return [(event.terms.venue, event.terms.tif) for event in desk.events if isinstance(event, ev.ChildSubmitted)]


def test_an_order_at_the_open_goes_to_the_venue_that_holds_the_auction(desk: Desk) -> None:
    order_id = desk.submit("ACME", "buy", 3000, tif="OPG")
    asyncio.run(desk.wait(order_id))
    assert children(desk) == [("NYX", "OPG")]
    (fill,) = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    assert (fill.last_qty, fill.traded_at) == (3000, desk.events[0].ts + 30 * SECOND)


def test_an_order_at_the_open_that_came_too_late_expires(desk: Desk) -> None:
    order_id = desk.submit("ACME", "buy", 3000, tif="OPG", limit_price="100.00")
    asyncio.run(desk.wait(order_id))
    assert (desk.order(order_id).cum_qty, desk.order(order_id).state) == (0, State.EXPIRED)


def test_the_close_leaves_its_share_to_the_auction(desk: Desk) -> None:
    end = desk.events[0].market_end  # type: ignore[union-attr]
    order_id = desk.submit("ACME", "sell", 40_000, algorithm="close", parameters={"minutes": 10, "auction_share": 0.6})
    asyncio.run(desk.wait(order_id))
    fills = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    in_auction = [fill for fill in fills if fill.traded_at == end]
    assert sum(fill.last_qty for fill in in_auction) == 24_000
    assert len({fill.last_px for fill in in_auction}) == 1
    assert desk.order(order_id).cum_qty == 40_000
    assert [tif for _, tif in children(desk)].count("CLS") == 1
    assert all(fill.traded_at >= end - 10 * 60 * SECOND - MILLISECOND for fill in fills)
