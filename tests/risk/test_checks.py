"""Every check one step inside its limit and one step beyond; and the one way out."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from penstock.domain.instructions import Instructions
from penstock.domain.instruments import Equity, Future
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.risk import CHECKS, Approved, Denial, Limits, Rules, Scene, market_of, review, review_whole
from penstock.risk.breakers import too_much_slippage

D = Decimal
NOW = 1_000 * SECOND
LIMITS = Limits(
    order_value_max=D(1000),
    parent_value_max=D(5000),
    order_quantity_max=D(99),
    position_value_max=D(3000),
    position_quantity_max=D(250),
    stale_after_s=30.0,
)
INSTRUMENT = Equity(
    symbol="ACME",
    tick_size=D("0.05"),
    lot_size=D(2),
    min_quantity=D(4),
    min_notional=D(50),
)
QUOTE = Quote(ts=NOW, bid=D("9.95"), bid_qty=D(100), ask=D(10), ask_qty=D(100))


def scene(**changes: Any) -> Scene:
    given = {
        "now": NOW,
        "limits": LIMITS,
        "instrument": INSTRUMENT,
        "quotes": (QUOTE,),
        "halted": "",
        "position": D(0),
        "open_qty": D(0),
        "parent_room": None,
    }
    given |= changes
    rules = Rules(given.pop("instrument"), given.pop("limits"))
    return Scene(rules=rules, market=market_of(given.pop("quotes")), **given)


def order(quantity: int | str = 10, **changes: Any) -> OrderTerms:
    given = {"side": Side.BUY, "limit_price": D(10), "venue": "XA", "parent_id": "P"}
    return OrderTerms(order_id="O", symbol="ACME", quantity=D(quantity), **given | changes)


def parent(quantity: int | str = 10, **changes: Any) -> OrderTerms:
    return order(quantity, **{"venue": None, "parent_id": None} | changes)


def at(**changes: Any) -> Quote:
    return msgspec.structs.replace(QUOTE, **changes)


def future(expiry: int) -> Future:
    return Future(symbol="ACME", tick_size=D("0.05"), lot_size=D(2), expiry=expiry)


def limited(**changes: Any) -> Limits:
    return msgspec.structs.replace(LIMITS, **changes)


OK = ""
OLD = {"ts": NOW - 30 * SECOND - 1}
CROSSED = {"bid": D("10.05")}

# what is tested: (order, scene, the code of the denial)
TABLE: dict[str, tuple[OrderTerms, Scene, str]] = {
    "an ordinary order": (order(), scene(), OK),
    "a halt": (order(), scene(halted="rejects"), "halted"),
    "a future until its last instant": (order(), scene(instrument=future(NOW + 1)), OK),
    "a future that has expired": (order(), scene(instrument=future(NOW)), "expired"),
    "a price on the tick": (order(limit_price=D("9.95")), scene(), OK),
    "a price off the tick": (order(limit_price=D("9.96")), scene(), "off_tick"),
    "a price of nothing": (order(limit_price=D(0)), scene(), "off_tick"),
    "a market order has no price to be off": (order(limit_price=None), scene(), OK),
    "a quantity off the lot": (order(11), scene(), "off_lot"),
    "a quantity of nothing": (order(0), scene(), "off_lot"),
    "a negative quantity": (order(-2), scene(), "off_lot"),
    "the minimum quantity": (order(4, limit_price=D(20)), scene(), OK),
    "below the minimum quantity": (order(2, limit_price=D(40)), scene(), "below_minimum"),
    "the minimum notional": (order(6, limit_price=D("8.35")), scene(), OK),
    "below the minimum notional": (order(6, limit_price=D("8.30")), scene(), "below_minimum"),
    "a market order is valued at the touch": (order(4, limit_price=None), scene(), "below_minimum"),
    "no quote at all": (order(), scene(quotes=()), "no_market"),
    "a crossed book": (order(), scene(quotes=(at(**CROSSED),)), "crossed_book"),
    "a book without a bid": (order(), scene(quotes=(at(bid=None),)), "crossed_book"),
    "data as old as allowed": (order(), scene(quotes=(at(ts=NOW - 30 * SECOND),)), OK),
    "data a nanosecond older": (order(), scene(quotes=(at(**OLD),)), "stale_data"),
    "one fresh venue of two": (order(), scene(quotes=(at(**OLD), QUOTE)), OK),
    "a crossed fresh venue beside a stale one": (order(), scene(quotes=(at(**OLD), at(**CROSSED))), "stale_data"),
    "an order at the quantity limit": (order(98), scene(), OK),
    "an order above the quantity limit": (order(100), scene(), "order_quantity"),
    "a parent is not bound by the order's quantity": (parent(100), scene(), OK),
    "an order at the value limit": (order(50, limit_price=D(20)), scene(), OK),
    "an order above the value limit": (order(50, limit_price=D("20.05")), scene(), "order_value"),
    "a low limit does not make a sell small": (
        order(98, side=Side.SELL, limit_price=D("0.55")),
        scene(quotes=(at(bid=D("10.20"), ask=D("10.25")),)),
        "order_value",
    ),
    "a parent at its value limit": (parent(250, limit_price=D(20)), scene(), OK),
    "a parent above its value limit": (
        parent(250, limit_price=D("20.05")),
        scene(limits=limited(position_value_max=None)),
        "order_value",
    ),
    "a position at the quantity limit": (order(50), scene(position=D(200)), OK),
    "a position above it": (order(52), scene(position=D(200)), "position_quantity"),
    "open orders count as position": (order(50), scene(position=D(100), open_qty=D(102)), "position_quantity"),
    "a short position above it": (order(52, side=Side.SELL), scene(position=D(-200)), "position_quantity"),
    "what a replacement filled already counts once": (order(52), scene(position=D(200), filled_qty=D(2)), OK),
    "a position at the value limit": (
        order(50),
        scene(position=D(250), limits=limited(position_quantity_max=None)),
        OK,
    ),
    "a position value above it": (
        order(52),
        scene(position=D(250), limits=limited(position_quantity_max=None)),
        "position_value",
    ),
    "an order that reduces passes although the position is too large": (
        order(98, side=Side.SELL),
        scene(position=D(1000)),
        OK,
    ),
    "one that turns it into a larger one does not": (order(98, side=Side.SELL), scene(position=D(48), open_qty=D(300)),
                                                     "position_quantity"),
    "all that the parent has left": (order(10), scene(parent_room=D(10)), OK),
    "more than the parent has left": (order(12), scene(parent_room=D(10)), "over_parent"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_an_order_is_approved_inside_the_limits_and_denied_beyond(case: str) -> None:
    asked, where, code = TABLE[case]
    outcome = review(asked, where)
    assert (outcome.code if isinstance(outcome, Denial) else OK) == code
    if isinstance(outcome, Approved):
        assert outcome.terms == asked


def test_every_code_of_the_checks_is_in_the_table() -> None:
    tested = {code for _, _, code in TABLE.values()}
    assert tested - {OK} == {
        *("halted", "expired", "off_tick", "off_lot", "below_minimum", "no_market", "crossed_book", "stale_data"),
        *("order_quantity", "order_value", "position_quantity", "position_value", "over_parent"),
    }


@pytest.mark.parametrize("case", [case for case, (_, _, code) in TABLE.items() if code])
def test_a_denial_says_what_is_wrong_in_one_sentence(case: str) -> None:
    asked, where, _ = TABLE[case]
    outcome = review(asked, where)
    assert isinstance(outcome, Denial)
    assert len(outcome.reason) > 20
    assert "\n" not in outcome.reason


def test_limits_that_are_not_set_stop_nothing() -> None:
    none = Limits(order_value_max=None, order_quantity_max=None, parent_value_max=None, position_value_max=None)
    assert isinstance(review(order(10_000_000), scene(limits=none)), Approved)


def test_only_a_review_makes_an_approval() -> None:
    with pytest.raises(AssertionError, match="only review"):
        Approved(order(), scene(), object())
    with pytest.raises(TypeError):
        Approved(order(), scene())  # type: ignore[call-arg]


def child_of(whole: OrderTerms, **changes: Any) -> OrderTerms:
    return msgspec.structs.replace(whole, order_id="O-001", parent_id=whole.order_id, venue="XA", **changes)


@pytest.mark.parametrize(
    ("whole", "limits", "code"),
    [
        (parent(limit_price=D(10)), {}, ""),
        (parent(20, limit_price=D(10)), {"order_value_max": D("199.99"), "parent_value_max": None}, "order_value"),
        (parent(20, limit_price=D(10)), {"order_quantity_max": D(18)}, "order_quantity"),
        (
            parent(side=Side.SELL_SHORT, limit_price=D("9.95"), instructions=Instructions(located=True)),
            {"short_sale_restricted": ("ACME",)},
            "short_sale_restriction",
        ),
    ],
)
def test_a_child_that_is_its_whole_parent_passes_what_any_child_must(
    whole: OrderTerms, limits: dict[str, Any], code: str
) -> None:
    at = scene(limits=msgspec.structs.replace(LIMITS, **limits))
    approved = review(whole, at)
    assert isinstance(approved, Approved)
    alone = review(child_of(whole), msgspec.structs.replace(at, parent_room=whole.quantity))
    outcomes = [review_whole(child_of(whole), approved), alone]
    assert [each.code if isinstance(each, Denial) else "" for each in outcomes] == [code, code]


def test_a_child_that_is_not_its_whole_parent_has_no_short_way_out() -> None:
    approved = review(parent(), scene())
    assert isinstance(approved, Approved)
    for different in ({"quantity": D(8)}, {"side": Side.SELL}):
        with pytest.raises(AssertionError, match="not its whole parent"):
            review_whole(child_of(parent(), **different), approved)


def test_a_price_that_is_not_the_parents_is_checked_by_itself() -> None:
    approved = review(parent(), scene())
    assert isinstance(approved, Approved)
    off_tick = review_whole(child_of(parent(), limit_price=D("9.905")), approved)
    assert isinstance(off_tick, Denial)
    assert off_tick.code == "off_tick"
    assert isinstance(review_whole(child_of(parent(), limit_price=D("9.90")), approved), Approved)


def test_the_first_denial_stands_and_the_halt_is_checked_first() -> None:
    outcome = review(order(11, limit_price=D("9.96")), scene(halted="x", quotes=()))
    assert isinstance(outcome, Denial)
    assert outcome.code == "halted"
    assert CHECKS[0].__name__ == "trading_allowed"


@pytest.mark.parametrize(("cost", "stops"), [("-500", False), ("100", False), ("100.01", True)])
def test_slippage_is_too_much_above_ten_basis_points_of_the_parent(cost: str, stops: bool) -> None:
    reason = too_much_slippage(D(cost), D(100_000), Limits())
    assert bool(reason) is stops
    if stops:
        assert reason == "cumulative slippage 10.00 bps is above the limit 10 bps"
