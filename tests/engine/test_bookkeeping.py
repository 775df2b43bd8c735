"""How the engine keeps its books: funding once, fees in what they were taken in, accounts apart, the same on replay."""

from decimal import Decimal
from typing import Any

import pytest
from small_desk import SmallDesk, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.accounts import CostMethod
from penstock.domain.instruments import Spot
from penstock.domain.orders import Side
from penstock.domain.venue import Liquidity
from penstock.engine.folds import apply
from penstock.engine.state import EngineState

D = Decimal
COIN = Spot(symbol="ACME", tick_size=D("0.01"), lot_size=D(1), base="COIN")


def fund(desk: SmallDesk, payment_id: str = "f1", **changes: Any) -> None:
    given: dict[str, Any] = {"symbol": "ACME", "amount": D("-1.5")} | changes
    desk.give(cmd.BookFunding(ts=desk.now, payment_id=payment_id, **given))


def filled(desk: SmallDesk, order_id: str, quantity: int, fee: str, fee_currency: str) -> None:
    desk.report(
        rep.Fill,
        order_id,
        exec_id=f"{order_id}/{quantity}",
        last_qty=D(quantity),
        last_px=D(10),
        fee=D(fee),
        fee_currency=fee_currency,
        liquidity=Liquidity.TAKER,
        traded_at=desk.now,
    )


def test_funding_is_booked_once_however_often_it_is_told() -> None:
    desk = SmallDesk()
    fund(desk)
    fund(desk)
    assert desk.engine.state.cash == {"USD": D("-1.5")}
    fund(desk, "f2", amount=D(4), currency="EUR")
    fund(desk, account="other")
    assert desk.engine.state.cash == {"USD": D(-3), "EUR": D(4)}
    assert len(desk.of(ev.FundingPaid)) == 3


def test_a_payment_on_what_we_do_not_know_is_kept_as_an_alert() -> None:
    desk = SmallDesk()
    fund(desk, symbol="GONE")
    (alert,) = desk.of(ev.AlertRaised)
    assert (alert.code, alert.report["symbol"], alert.report["amount"]) == ("unknown_payment", "GONE", "-1.5")
    assert desk.engine.state.cash == {}


@pytest.mark.parametrize(
    ("fee", "fee_currency", "quantity", "cash", "order_fees"),
    [
        ("0.5", "", "100", {"USD": D("-1000.5")}, "0.5"),
        ("-0.5", "USD", "100", {"USD": D("-999.5")}, "-0.5"),
        ("0.25", "COIN", "99.75", {"USD": D(-1000)}, "2.5"),
        ("0.125", "TOKEN", "100", {"USD": D(-1000), "TOKEN": D("-0.125")}, "0"),
    ],
)
def test_a_fee_is_booked_in_the_currency_it_was_taken_in(
    fee: str, fee_currency: str, quantity: str, cash: dict[str, Decimal], order_fees: str
) -> None:
    desk = SmallDesk(instrument=COIN)
    desk.submit(terms(100))
    filled(desk, "P1-001", 100, fee, fee_currency)
    state = desk.engine.state
    assert (state.positions["ACME"].quantity, state.cash) == (D(quantity), cash)
    assert (desk.order().cum_qty, desk.order().fees) == (100, D(order_fees))


def test_each_account_has_its_own_position_and_method_and_a_replay_has_the_same() -> None:
    desk = SmallDesk(cost_methods={"pension": CostMethod.FIFO})
    desk.submit(terms(100, "P1"))
    desk.submit(terms(60, "P2", side=Side.SELL, limit_price=D("10.01"), account="pension"))
    filled(desk, "P1-001", 100, "0", "")
    filled(desk, "P2-001", 60, "0", "")
    ledger = desk.engine.state.ledger
    held = {account: ledger.position(account, "ACME").quantity for account in ("main", "pension")}
    assert held == {"main": 100, "pension": -60}
    assert ledger.net["ACME"] == desk.engine.state.positions["ACME"].quantity == 40
    again = EngineState()
    for event in desk.events:
        apply(again, event)
    assert again.ledger == ledger
    assert again.ledger.method("pension") is CostMethod.FIFO
