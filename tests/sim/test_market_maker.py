"""A dealer's price: the middle, half his spread, the size, and what he holds already."""

from decimal import Decimal
from typing import Any

import pytest
from scripted_book import ScriptedBook

from penstock.domain.time import SECOND
from penstock.sim.book import NONE
from penstock.sim.market_maker import DealerProfile, MarketMaker
from penstock.sim.native_orders import NativeOrder


class Dealer:
    def __init__(self, **changes: Any) -> None:
        given: dict[str, Any] = {
            "usual_quantity": Decimal(100), "half_spread_bps": 20, "size_bps": 10, "stock_bps": 30, "declines": 0.0,
        }  # fmt: skip
        self.heard: list[float] = []
        profile = DealerProfile(**given | changes)
        self.book = MarketMaker("DESK", [ScriptedBook()], profile, seed=1, tell=lambda _, lots: self.heard.append(lots))

    def ask(self, sign: int, lots: int, ticks: int = NONE) -> list[tuple[int, int]]:
        self.book.enter(1, NativeOrder(sign, ticks, lots, immediate=True))
        return [(fill.ticks, fill.lots) for fill in self.book.take_fills()]


@pytest.mark.parametrize(  # the middle is 1000 ticks: 10 bps are one
    ("sign", "lots", "price"), [(1, 100, 1003), (-1, 100, 997), (1, 300, 1005), (-1, 50, 997), (1, 1, 1003)]
)
def test_he_asks_for_his_spread_and_for_size_rounded_to_his_side(sign: int, lots: int, price: int) -> None:
    assert Dealer().book.price(sign, lots) == price


def test_who_bought_from_him_pays_more_until_he_has_it_back() -> None:
    dealer = Dealer()
    assert dealer.ask(1, 100) == [(1003, 100)]
    assert (dealer.book.price(1, 100), dealer.book.price(-1, 100)) == (1006, 1000)
    dealer.book.advance(3000 * SECOND)
    assert (dealer.book.price(1, 100), dealer.book.price(-1, 100)) == (1004, 997)


@pytest.mark.parametrize(
    ("changes", "sign", "ticks"),
    [({}, 1, 1002), ({}, -1, 998), ({"most_quantity": Decimal(99)}, 1, NONE), ({"declines": 1.0}, 1, NONE)],
)
def test_what_he_does_not_trade_is_heard_of_by_his_leakage(changes: dict[str, Any], sign: int, ticks: int) -> None:
    dealer = Dealer(leakage=0.2, **changes)
    assert dealer.ask(sign, 100, ticks) == []
    assert dealer.heard == [sign * 20.0]


def test_what_he_trades_he_hedges() -> None:
    dealer = Dealer(hedged=0.5)
    assert dealer.ask(-1, 100, 997) == [(997, 100)]
    assert dealer.heard == [-50.0]


def test_nothing_rests_with_him() -> None:
    dealer = Dealer()
    assert dealer.book.enter(1, NativeOrder(1, 1000, 10, immediate=True)) == 0
    assert (dealer.book.resting(1), dealer.book.cancel(1), dealer.book.replace(1, 1, 1)) == (0, 0, NONE)
