"""Stories of targets becoming parent orders, and one table of what is refused and how it is said."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.instruments import Equity, Perpetual
from penstock.domain.orders import OrderTerms, OrderType, Side, Strategy
from penstock.portfolio.targets import Target, plan_parents

D = Decimal

INSTRUMENTS = {
    "AMZN": Equity(symbol="AMZN", tick_size=D("0.01"), lot_size=D(1)),
    "BTC": Perpetual(symbol="BTC", tick_size=D("0.1"), lot_size=D("0.001")),
    "COIN": Perpetual(
        symbol="COIN",
        tick_size=D("0.1"),
        lot_size=D(1),
        multiplier=D(100),
        inverse=True,
    ),
}
LISTINGS = {"okx": ("BTC", "COIN"), "binance": ("BTC",), "nasdaq": ("AMZN",)}
MIDS = {"AMZN": D("220.05"), "BTC": D("60000"), "COIN": D("60000")}


def any_algorithm(name: str, parameters: Mapping[str, Any]) -> None:
    """Refuse one name and one parameter, each in one of the two ways that a registry may."""
    if name == "magic":
        raise ValueError("there is no algorithm 'magic'")
    if parameters.get("duration_minutes", 1) <= 0:
        raise BadInput("", "duration_minutes", "must be greater than zero", parameters["duration_minutes"])


def plan(*targets: Target, held: dict[str, Decimal] | None = None) -> list[OrderTerms]:
    return plan_parents(targets, held or {}, INSTRUMENTS, MIDS, LISTINGS, "twap", any_algorithm)


@pytest.mark.parametrize(
    ("target", "held", "side", "quantity"),
    [
        (Target(symbol="AMZN", quantity=D(500)), D(0), "buy", D(500)),
        (Target(symbol="AMZN", quantity=D(500)), D(800), "sell", D(300)),
        (Target(symbol="AMZN", quantity=D(500)), D(-100), "buy", D(600)),
        (Target(symbol="AMZN", quantity=D(0)), D(70), "sell", D(70)),
        (Target(symbol="AMZN", change=D(-20)), D(5), "sell", D(20)),
        (Target(symbol="AMZN", change=D(20)), D(1000), "buy", D(20)),
        (Target(symbol="AMZN", notional=D(1000)), D(0), "buy", D(4)),
        (Target(symbol="AMZN", notional=D(0)), D(9), "sell", D(9)),
        (Target(symbol="BTC", notional=D(1_000_000)), D(0), "buy", D("16.666")),
        (Target(symbol="BTC", notional=D(1_000_000)), D("0.0005"), "buy", D("16.665")),
        (Target(symbol="COIN", notional=D(1_050)), D(0), "buy", D(10)),
        (Target(symbol="BTC", quantity=D("0.3")), D("0.1"), "buy", D("0.2")),
    ],
)
def test_the_parent_trades_what_is_wanted_less_what_is_held(
    target: Target, held: Decimal, side: str, quantity: Decimal
) -> None:
    [parent] = plan(target, held={target.symbol: held})
    assert (parent.side, parent.quantity) == (Side(side), quantity)


def test_a_position_already_held_gives_no_parent_and_the_others_are_numbered_without_a_gap() -> None:
    parents = plan(
        Target(symbol="BTC", quantity=D(2)),
        Target(symbol="AMZN", quantity=D(100)),
        Target(symbol="COIN", change=D(-3)),
        held={"AMZN": D(100)},
    )
    assert [(parent.order_id, parent.symbol) for parent in parents] == [("P001", "BTC"), ("P002", "COIN")]


def test_everything_said_of_a_target_reaches_its_parent() -> None:
    [parent] = plan(
        Target(
            symbol="BTC",
            change=D("-1.5"),
            side=Side.SELL,
            algorithm="vwap",
            parameters={"participation_rate": 0.1},
            urgency=0.9,
            limit_price=D("59999.9"),
            strategy=Strategy.PASSIVE,
            venues=("okx",),
        )
    )
    assert parent == OrderTerms(
        order_id="P001",
        symbol="BTC",
        side=Side.SELL,
        quantity=D("1.5"),
        order_type=OrderType.LIMIT,
        limit_price=D("59999.9"),
        algorithm="vwap",
        parameters={"participation_rate": 0.1},
        urgency=0.9,
        strategy=Strategy.PASSIVE,
        venues=("okx",),
    )


def test_a_target_without_an_algorithm_takes_the_default_one() -> None:
    assert plan(Target(symbol="AMZN", change=D(1)))[0].algorithm == "twap"


REFUSED = [
    ({"symbol": "AMZN"}, "give exactly one of quantity, change and notional, not none of them"),
    (
        {"symbol": "AMZN", "quantity": D(1), "change": D(1)},
        "give exactly one of quantity, change and notional, not quantity and change",
    ),
    ({"symbol": "", "change": D(1)}, "symbol: must not be empty"),
    ({"symbol": "AMZN", "quantity": D(-1)}, "quantity: must not be negative (got -1)"),
    ({"symbol": "AMZN", "notional": D(-1)}, "notional: must not be negative (got -1)"),
    ({"symbol": "AMZN", "change": D("NaN")}, "change: must be a finite number (got NaN)"),
    ({"symbol": "AMZN", "change": D(0)}, "change: must not be zero: leave the target out (got 0)"),
    ({"symbol": "AMZN", "change": D(1), "urgency": 1.5}, "urgency: must lie between 0 and 1 (got 1.5)"),
    (
        {"symbol": "AMZN", "change": D(1), "urgency": float("nan")},
        "urgency: must lie between 0 and 1 (got nan)",
    ),
    (
        {"symbol": "AMZN", "change": D(1), "limit_price": D(0)},
        "limit_price: must be greater than zero (got 0)",
    ),
    (
        {"symbol": "AMZN", "change": D(1), "decision_price": D(-2)},
        "decision_price: must be greater than zero (got -2)",
    ),
    (
        {"symbol": "AMZN", "change": D(5), "side": Side.SELL},
        "side: contradicts the target: a change of 5 is a buy (got 'sell')",
    ),
    (
        {"symbol": "AMZN", "quantity": D(5), "side": Side.BUY},
        "side: contradicts the target: a change of -35 is a sell (got 'buy')",
    ),
    (
        {"symbol": "MSFT", "change": D(5)},
        "symbol: is not in this market, which has AMZN, BTC, COIN (got 'MSFT')",
    ),
    (
        {"symbol": "AMZN", "change": D("2.5")},
        "change: must be a multiple of the lot size 1 of AMZN (got 2.5)",
    ),
    (
        {"symbol": "BTC", "quantity": D("0.0005")},
        "quantity: must be a multiple of the lot size 0.001 of BTC (got 0.0005)",
    ),
    (
        {"symbol": "COIN", "quantity": D(5)},
        "quantity: leaves a change that is no multiple of the lot size 1, as 0.5 is held (got 5)",
    ),
    (
        {"symbol": "AMZN", "notional": D(200)},
        "notional: is less than one lot of AMZN, worth 220.05 at the mid 220.05 (got 200)",
    ),
    (
        {"symbol": "AMZN", "change": D(5), "limit_price": D("220.005")},
        "limit_price: is off the tick of 0.01: the nearest prices are 220 and 220.01 (got 220.005)",
    ),
    (
        {"symbol": "AMZN", "change": D(5), "venues": ("okx",)},
        "venues: AMZN does not trade there, only on nasdaq (got 'okx')",
    ),
    (
        {"symbol": "AMZN", "change": D(5), "algorithm": "limit"},
        "limit_price: is missing: the limit algorithm needs one",
    ),
    ({"symbol": "AMZN", "change": D(5), "algorithm": "magic"}, "algorithm: there is no algorithm 'magic'"),
    (
        {"symbol": "AMZN", "change": D(5), "parameters": {"duration_minutes": -1}},
        "duration_minutes: must be greater than zero (got -1)",
    ),
]


@pytest.mark.parametrize(("fields", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_what_cannot_be_traded_as_asked_is_refused_in_one_line(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        plan(Target(**fields, where="file: target 1"), held={"AMZN": D(40), "COIN": D("0.5")})
    assert str(refusal.value) == f"file: target 1: {sentence}"


def test_two_targets_for_one_symbol_are_refused_with_both_places() -> None:
    with pytest.raises(BadInput) as refusal:
        plan(
            Target(symbol="AMZN", change=D(1), where="line 2"),
            Target(symbol="BTC", change=D(1), where="line 3"),
            Target(symbol="AMZN", change=D(1), where="line 4"),
        )
    assert str(refusal.value) == "line 4: symbol: is named by two targets (first at line 2) (got 'AMZN')"


def test_a_notional_without_a_mid_to_value_it_is_refused() -> None:
    with pytest.raises(BadInput, match="notional: cannot be valued: AMZN has no arrival mid"):
        plan_parents([Target(symbol="AMZN", notional=D(10))], {}, INSTRUMENTS, {}, LISTINGS, "twap", any_algorithm)


@given(st.decimals(0, 10**9, places=2), st.integers(-(10**7), 10**7))
def test_a_notional_never_buys_more_than_it_is_worth_nor_a_lot_less(notional: Decimal, held: int) -> None:
    lot = INSTRUMENTS["BTC"].lot_size
    if 0 < notional < lot * MIDS["BTC"]:
        return
    parents = plan(Target(symbol="BTC", notional=notional), held={"BTC": held * lot})
    traded = sum((parent.quantity * parent.side.sign for parent in parents), D(0))
    worth = (held * lot + traded) * MIDS["BTC"]
    assert worth <= notional < worth + lot * MIDS["BTC"]


def test_a_target_may_say_that_its_sale_is_a_short_one() -> None:
    (terms,) = plan(Target(symbol="AMZN", change=D(-5), side=Side.SELL_SHORT))
    assert terms.side is Side.SELL_SHORT
