"""A resting order is not moved at once, and what stands where the market has come to is no place for another."""

from decimal import Decimal

import pytest

from penstock.algos.view import Rest, Session, View, Working
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.routing.router import route

D = Decimal
SHARE = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))


def seen(bid: str, ask: str, child_price: str, age_s: float) -> View:
    """A buy of 100 with one child of 40 working, `age_s` old, on a market at `bid` and `ask`."""
    quote = Quote(ts=0, bid=D(bid), bid_qty=D(500), ask=D(ask), ask_qty=D(500), volume=D(1000), turnover=D(1))
    now = 1000 * SECOND
    child = Working(
        order_id="P001-001", venue="NYX", price=D(child_price), leaves=D(40), immediate=False, settled=True,
        sent_at=now - round(age_s * SECOND), mid=D(10), ahead=D(0), volume=D(0),
    )  # fmt: skip
    return View(
        key="0/P001", now=now, terms=OrderTerms(order_id="P001", symbol="ACME", side=Side.BUY, quantity=D(100)),
        instrument=SHARE, start=0, end=2 * now, session=Session(0, 2 * now), filled=D(0), working=(child,),
        venues={"NYX": quote}, near=D(bid), far=D(ask), market_volume=D(0), arrival_price=D(10),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("child_price", "age_s", "wanted"),
    [
        ("10.00", 1, "10.00"),  # young: stays, although the bid is 10.02 now
        ("10.00", 5, "10.02"),  # old enough: follows the bid
        ("10.03", 1, "10.02"),  # young, but the ask has come down to it: nothing new would rest there
        ("10.05", 1, "10.02"),  # young, and the market is through it
    ],
)
def test_a_young_order_keeps_its_price_unless_the_market_has_met_it(
    child_price: str, age_s: float, wanted: str
) -> None:
    (order,) = route([Rest(D(60))], seen("10.02", "10.03", child_price, age_s), {})
    assert order.price == D(wanted)
