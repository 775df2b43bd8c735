"""Each limit one step inside, at it and one step beyond; what reduces passes; what is not known is denied."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.time import MILLISECOND, SECOND
from penstock.risk import rates, self_trade
from penstock.risk.asked import Asked, Breach, Tally
from penstock.risk.credit import Cash, credit_used, paid, settled, sold
from penstock.risk.duplicates import KEPT_FOR, Recent, is_duplicate, likeness, taken
from penstock.risk.effective import RateBound, effective
from penstock.risk.exposure import Exposure, Total
from penstock.risk.exposure_changes import filled, held, order_open, price_moved, totals_changed
from penstock.risk.limit_book import read_book
from penstock.risk.limit_checks import CHILD_CHECKS, PARENT_CHECKS, first_breach
from penstock.risk.scopes import Belongs

D = Decimal
ACME = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
FUND, STRATEGY, VENUE = "account/fund1", "strategy/vwap", "venue/XA"
NOW = 10**15


def tally(price: str | None = "10", holding: int = 0) -> Tally:
    found = Tally(exposure=Exposure())
    scopes = ("symbol/ACME", "asset_class/equity", "sector/tech")
    totals_changed(found.exposure, {"ACME": ACME}, scopes, {"ACME": "tech"})
    if price is not None:
        price_moved(found.exposure, ACME, D(price))
    if holding:
        filled(found.exposure, (FUND, STRATEGY, VENUE), ACME, D(holding), D(10))
        order_open(found.exposure, "began", (FUND, STRATEGY, VENUE), ACME, 1, D(0), D(10), has_traded=True)
    return found


def asked(limits: dict[str, Any], quantity: int = 10, side: Side = Side.BUY, **changes: Any) -> Asked:
    """An order of fund1 by vwap in ACME, a child at XA where `venue` says so."""
    venue = changes.pop("venue", None)
    limit = changes.pop("limit_price", D(10))
    terms = OrderTerms(
        order_id="O",
        symbol="ACME",
        side=side,
        quantity=D(quantity),
        limit_price=limit,
        account="fund1",
        parent_id="P" if venue else None,
        venue=venue,
    )
    belongs = Belongs(
        account="fund1", strategy="vwap", symbol="ACME", asset_class="equity", sector="tech", venue=venue or ""
    )
    given = {"quantity": D(quantity), "value": quantity * (limit or D(10)), "reference": D(10), "now": NOW}
    return Asked(terms=terms, instrument=ACME, effective=effective(read_book(limits), belongs), **given | changes)


def breach(order: Asked, state: Tally) -> str:
    found = first_breach(CHILD_CHECKS if order.terms.venue else PARENT_CHECKS, order, state)
    return found.code if found else ""


# (limits, what is held, side, the largest order that keeps them, the code of the denial of one unit more)
SIZES: dict[str, tuple[dict[str, Any], int, Side, int, str]] = {
    "gross exposure of the desk": ({"gross_exposure_max": 1000}, 40, Side.BUY, 60, "gross_exposure"),
    "gross exposure of the account": (
        {"account": {"fund1": {"gross_exposure_max": 1000}}},
        40,
        Side.BUY,
        60,
        "gross_exposure",
    ),
    "gross exposure of the strategy": (
        {"strategy": {"vwap": {"gross_exposure_max": 1000}}},
        40,
        Side.BUY,
        60,
        "gross_exposure",
    ),
    "gross exposure of the asset class": (
        {"asset_class": {"equity": {"gross_exposure_max": 1000}}},
        40,
        Side.BUY,
        60,
        "gross_exposure",
    ),
    "gross exposure of the sector": (
        {"sector": {"tech": {"gross_exposure_max": 1000}}},
        40,
        Side.BUY,
        60,
        "gross_exposure",
    ),
    "gross exposure of the symbol": (
        {"symbol": {"ACME": {"gross_exposure_max": 1000}}},
        40,
        Side.BUY,
        60,
        "gross_exposure",
    ),
    "gross exposure by a sale through zero": ({"gross_exposure_max": 1000}, 40, Side.SELL, 140, "gross_exposure"),
    "net exposure": ({"net_exposure_max": 1000}, -40, Side.BUY, 140, "net_exposure"),
    "net exposure, short": ({"net_exposure_max": 1000}, 40, Side.SELL_SHORT, 140, "net_exposure"),
    "value traded in the day": ({"daily_value_max": 1000}, 40, Side.BUY, 60, "daily_value"),
    "an account's own position in units": (
        {"account": {"fund1": {"position_quantity_max": 100}}},
        40,
        Side.BUY,
        60,
        "position_quantity",
    ),
    "an account's own position in money": (
        {"account": {"fund1": {"position_value_max": 1000}}},
        40,
        Side.SELL,
        140,
        "position_value",
    ),
    "a strategy's own position": (
        {"strategy": {"vwap": {"position_quantity_max": 100}}},
        -40,
        Side.BUY,
        140,
        "position_quantity",
    ),
    "credit": ({"credit_max": 1000}, 0, Side.BUY, 100, "credit"),
}


@pytest.mark.parametrize("name", SIZES)
def test_the_largest_order_within_a_limit_passes_and_one_unit_more_does_not(name: str) -> None:
    limits, holding, side, most, code = SIZES[name]
    state = tally(holding=holding)
    assert breach(asked(limits, most - 1, side), state) == ""
    assert breach(asked(limits, most, side), state) == ""
    assert breach(asked(limits, most + 1, side), state) == code


@pytest.mark.parametrize("name", SIZES)
def test_what_is_open_counts_as_if_it_had_filled(name: str) -> None:
    limits, holding, side, most, code = SIZES[name]
    state = tally(holding=holding)
    order_open(state.exposure, "before", (FUND, STRATEGY), ACME, side.sign, D(most - 5), D(10))
    assert breach(asked(limits, 5, side), state) == ""
    assert breach(asked(limits, 6, side), state) == code


@pytest.mark.parametrize("name", SIZES)
def test_an_order_that_only_reduces_passes_limits_that_are_exceeded_already(name: str) -> None:
    limits, holding, _, _, _ = SIZES[name]
    state = tally(holding=100 * (holding or 40))
    side = Side.SELL if holding >= 0 else Side.BUY
    assert breach(asked(limits, 1000, side, reduces=True), state) == ""


@pytest.mark.parametrize(("loss", "code"), [("499.99", ""), ("500", "daily_loss"), ("500.01", "daily_loss")])
@pytest.mark.parametrize("limits", [{"daily_loss_max": 500}, {"account": {"fund1": {"daily_loss_max": 500}}}])
def test_a_days_loss_that_has_reached_its_limit_leaves_only_reducing_orders(
    loss: str, code: str, limits: dict[str, Any]
) -> None:
    state = tally(holding=1)
    price_moved(state.exposure, ACME, D(10) - D(loss))  # realised or not is the same
    assert breach(asked(limits, 1), state) == code
    assert breach(asked(limits, 1, Side.SELL, reduces=True), state) == ""


@pytest.mark.parametrize(("working", "code"), [(4, ""), (5, "open_orders"), (6, "open_orders")])
def test_so_many_parents_may_work_at_once(working: int, code: str) -> None:
    state = tally()
    for number in range(working):
        order_open(state.exposure, f"{number}", (FUND, STRATEGY), ACME, 1, D(1), D(10))
    assert breach(asked({"strategy": {"vwap": {"open_orders_max": 5}}}), state) == code
    assert breach(asked({"strategy": {"vwap": {"open_orders_max": 5}}}, is_change=True), state) == ""


@pytest.mark.parametrize(("done", "code"), [(4, ""), (5, "daily_trades")])
def test_so_many_orders_may_trade_in_a_day(done: int, code: str) -> None:
    state = tally()
    for number in range(done):
        order_open(state.exposure, f"{number}", (FUND,), ACME, 1, D(1), D(10))
        order_open(state.exposure, f"{number}", (FUND,), ACME, 1, D(0), D(10), has_traded=True)
    order_open(state.exposure, "canceled", (FUND,), ACME, 1, D(1), D(10))
    order_open(state.exposure, "canceled", (FUND,), ACME, 1, D(0), D(10))
    assert breach(asked({"daily_trades_max": 5}), state) == code


@pytest.mark.parametrize(
    ("sent", "later", "code"),
    [(19, 0, ""), (20, 0, "order_rate"), (20, 60 * SECOND - 1, "order_rate"), (20, 60 * SECOND, "")],
    ids=["one fewer", "as many", "just within the minute", "a minute later"],
)
def test_twenty_orders_a_minute(sent: int, later: int, code: str) -> None:
    limits, state = {"order_rate_max": 20}, tally()
    for _ in range(sent):
        rates.counted(state.rates, "order_rate", asked(limits).effective.order_rate_max, NOW)
    assert breach(asked(limits, now=NOW + later), state) == code
    assert breach(asked(limits, now=NOW + later, is_change=True), state) == ""


def test_a_venue_takes_so_many_messages_and_not_one_more() -> None:
    limits, state = {"venue": {"XA": {"message_rate_max": 2, "rate_window_s": 1}}}, tally()
    child = asked(limits, venue="XA")
    for _ in range(2):
        assert breach(child, state) == ""
        rates.counted(state.rates, "message_rate", child.effective.message_rate_max, NOW)
    found = first_breach(CHILD_CHECKS, child, state)
    assert found == Breach("message_rate", "venue XA limit message_rate_max 2 in 1 s is used up: wait")
    assert breach(asked(limits, venue="XA", now=NOW + SECOND), state) == ""


def test_a_rate_of_nothing_lets_nothing_pass() -> None:
    assert breach(asked({"order_rate_max": 0}), tally()) == "order_rate"


def test_a_changed_rate_goes_on_counting_what_was_sent() -> None:
    found: rates.Rates = {}
    for at in range(3):
        rates.counted(found, "order_rate", [RateBound("desk", 3, 100)], at)
    rates.limited_anew(found, "order_rate", "desk", 2, 100)
    assert rates.full(found, "order_rate", [RateBound("desk", 2, 100)], 100) is not None
    rates.limited_anew(found, "order_rate", "desk", 4, 100)
    assert rates.full(found, "order_rate", [RateBound("desk", 4, 100)], 3) is None


@pytest.mark.parametrize(
    ("side", "limit", "code"),
    [
        (Side.BUY, "10.09", ""),
        (Side.BUY, "10.10", ""),
        (Side.BUY, "10.11", "price_collar"),
        (Side.SELL, "9.91", ""),
        (Side.SELL, "9.90", ""),
        (Side.SELL, "9.89", "price_collar"),
        (Side.BUY, "1", ""),
        (Side.SELL, "99", ""),
    ],
)
def test_a_limit_price_may_be_so_much_dearer_than_the_reference(side: Side, limit: str, code: str) -> None:
    limits = {"price_collar_bps": 100}
    assert breach(asked(limits, side=side, limit_price=D(limit), venue="XA"), tally()) == code


@pytest.mark.parametrize(
    ("later", "changes", "code"),
    [
        (499, {}, "duplicate"),
        (500, {}, ""),
        (0, {"quantity": 11}, ""),
        (0, {"limit_price": D(11)}, ""),
        (0, {"side": Side.SELL}, ""),
        (0, {"limit_price": D("10.00")}, "duplicate"),
    ],
)
def test_the_same_parent_twice_within_half_a_second_is_a_duplicate(
    later: int, changes: dict[str, Any], code: str
) -> None:
    state = tally()
    taken(state.recent, likeness(asked({}).terms), NOW)
    order = asked({"duplicate_within_ms": 500}, now=NOW + later * MILLISECOND, **changes)
    assert breach(order, state) == code


def test_what_is_too_old_to_be_a_duplicate_is_forgotten() -> None:
    recent: Recent = {}
    for number in range(1000):
        taken(recent, f"{number}", number * SECOND)
    assert len(recent) == KEPT_FOR // SECOND
    assert is_duplicate(recent, "999", 1, 999 * SECOND)


def test_a_restricted_symbol_is_only_reduced() -> None:
    limits = {"account": {"fund1": {"restricted": ["ACME"]}}}
    found = first_breach(PARENT_CHECKS, asked(limits), tally())
    assert found == Breach("restricted", "ACME is on the restricted list of account fund1: reduce positions only")
    assert breach(asked(limits, side=Side.SELL, reduces=True), tally(holding=100)) == ""


@pytest.mark.parametrize(
    ("rests", "side", "limit", "code"),
    [
        ((-1, D(10)), Side.BUY, D("9.99"), ""),
        ((-1, D(10)), Side.BUY, D(10), "self_trade"),
        ((-1, D(10)), Side.BUY, D("10.01"), "self_trade"),
        ((1, D(10)), Side.SELL, D("10.01"), ""),
        ((1, D(10)), Side.SELL, D(10), "self_trade"),
        ((1, D(10)), Side.SELL, D("9.99"), "self_trade"),
        ((1, D(10)), Side.BUY, D(10), ""),
        ((1, D(10)), Side.SELL, None, "self_trade"),
        ((1, None), Side.SELL, D(999), "self_trade"),
    ],
)
def test_no_order_may_meet_our_own_at_its_venue(
    rests: tuple[int, Decimal | None], side: Side, limit: Decimal | None, code: str
) -> None:
    state = tally()
    sign, price = rests
    self_trade.opened(state.resting, "XA", "ACME", sign, price)
    assert breach(asked({}, side=side, limit_price=limit, venue="XA"), state) == code
    assert breach(asked({}, side=side, limit_price=limit, venue="XB"), state) == ""
    assert breach(asked({"prevent_self_trade": False}, side=side, limit_price=limit, venue="XA"), state) == ""
    self_trade.closed(state.resting, "XA", "ACME", sign, price)
    assert state.resting == {}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1, -1]), st.integers(1, 20)), max_size=60))
def test_the_best_of_our_own_orders_is_known_whatever_opened_and_closed(moves: list[tuple[bool, int, int]]) -> None:
    resting: self_trade.Resting = {}
    there: list[tuple[int, Decimal]] = []
    for opens, sign, price in moves:
        if opens or not there:
            there.append((sign, D(price)))
            self_trade.opened(resting, "XA", "ACME", sign, D(price))
        else:
            self_trade.closed(resting, "XA", "ACME", *there.pop(price % len(there)))
        for limit in (5, 10, 15):
            crosses = any(own < 0 and limit >= at for own, at in there)
            assert self_trade.meets(resting, "XA", "ACME", 1, D(limit)) == crosses
            crosses = any(own > 0 and limit <= at for own, at in there)
            assert self_trade.meets(resting, "XA", "ACME", -1, D(limit)) == crosses


@pytest.mark.parametrize(("quantity", "code"), [(59, ""), (60, ""), (61, "venue_exposure")])
@pytest.mark.parametrize("limits", [{"venue_exposure_max": 1000}, {"venue": {"XA": {"venue_exposure_max": 1000}}}])
def test_what_is_held_and_open_at_one_venue_is_limited(quantity: int, code: str, limits: dict[str, Any]) -> None:
    state = tally(holding=40)
    assert breach(asked(limits, quantity, venue="XA"), state) == code
    assert breach(asked(limits, 100, venue="XB"), state) == ""


MONEY = ("gross_exposure_max", "net_exposure_max", "daily_value_max", "daily_loss_max", "credit_max")


@pytest.mark.parametrize("name", MONEY)
def test_without_a_price_every_limit_in_money_denies(name: str) -> None:
    found = first_breach(PARENT_CHECKS, asked({name: 10**9}), tally(price=None))
    assert found == Breach("unknown_exposure", "there is no price of ACME")
    assert breach(asked({name: 10**9}), tally()) == ""


@pytest.mark.parametrize("name", MONEY)
def test_another_holding_without_a_price_makes_the_total_unknown_and_denies(name: str) -> None:
    state = tally()
    other = Equity(symbol="OTHER", tick_size=D("0.01"), lot_size=D(1))
    held(state.exposure, (FUND,), other, D(5), D(5))
    found = first_breach(PARENT_CHECKS, asked({name: 10**9}), state)
    assert found is not None
    assert found.code == "unknown_exposure"
    assert found.reason.endswith("is not known: there is no price of OTHER")


def test_a_denial_names_the_scope_the_limit_and_the_figures() -> None:
    found = first_breach(PARENT_CHECKS, asked({"sector": {"tech": {"gross_exposure_max": 50}}}), tally())
    reason = "sector tech limit gross_exposure_max 50: it would be 100.00"
    assert found == Breach("gross_exposure", reason)


def test_sales_pay_for_purchases_only_once_they_have_settled() -> None:
    cash = Cash(settled=D(100))
    paid(cash, D(150))
    sold(cash, D(80), settles_on=3)
    assert credit_used(cash, Total(buys=D(10))) == D(60)
    settled(cash, 2)
    assert credit_used(cash, Total(buys=D(10))) == D(60)
    settled(cash, 3)
    assert credit_used(cash, Total(buys=D(10))) == D(0)
    assert cash.due == {}


def test_of_a_hundred_submits_at_once_exactly_as_many_pass_as_fit_in_their_order() -> None:
    limits, state, passed = {"gross_exposure_max": 30_000}, tally(), []
    held(state.exposure, (FUND,), ACME, D(2970), D(10))  # 99 % of the limit is used
    for number in range(100):
        if not breach(asked(limits, 10), state):
            passed.append(number)
            order_open(state.exposure, f"{number}", (FUND,), ACME, 1, D(10), D(10))
    assert passed == [0, 1, 2]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 60), st.integers(0, 3), st.integers(0, 99)),
        max_size=60,
    )
)
def test_no_order_that_passed_breaks_a_limit_whatever_fills_or_ends(
    orders: list[tuple[Side, int, int, int]],
) -> None:
    limits = {
        "gross_exposure_max": 1000,
        "net_exposure_max": 600,
        "daily_value_max": 3000,
        "account": {"fund1": {"position_quantity_max": 50}},
    }
    state, working = tally(), {}
    for number, (side, quantity, what, pick) in enumerate(orders):
        if what and working:  # something fills in part or whole, or ends
            order_id = list(working)[pick % len(working)]
            sign, left = working.pop(order_id)
            fills = min(left, quantity) if what < 3 else 0
            if fills:
                filled(state.exposure, (FUND,), ACME, D(sign * fills), D(10))
            if what < 3 and left > fills:
                working[order_id] = (sign, left - fills)
            rest = D(working[order_id][1]) if order_id in working else D(0)
            order_open(state.exposure, order_id, (FUND,), ACME, sign, rest, D(10), has_traded=fills > 0)
        if not breach(asked(limits, quantity, side), state):
            working[f"{number}"] = (side.sign, quantity)
            order_open(state.exposure, f"{number}", (FUND,), ACME, side.sign, D(quantity), D(10))
        desk, line = state.exposure.total("desk"), state.exposure.lines.get("ACME", {}).get(FUND)
        assert desk.gross <= 1000
        assert desk.net <= 600
        assert desk.traded + desk.reserved <= 3000
        assert line is None or max(line.held + line.open_buy, line.open_sell - line.held) <= 50
