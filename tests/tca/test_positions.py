"""Profit and loss by average cost."""

from decimal import Decimal

import pytest
from journal_events import INVERSE, STOCK, Session, quote

from penstock.domain.orders import Side
from penstock.tca.positions import Position, positions_after
from penstock.tca.record import read

D = Decimal

# (trades "signed@price", position, average, realised)
STORIES = [
    ("100@10 100@11", "200", "10.5", "0"),
    ("100@10 -40@12", "60", "10", "80"),
    ("100@10 -100@12", "0", None, "200"),
    ("100@10 -150@12", "-50", "12", "200"),
    ("-100@10 40@9", "-60", "10", "40"),
    ("-100@10 150@11", "50", "11", "-100"),
]


@pytest.mark.parametrize(("trades", "quantity", "average", "realized"), STORIES)
def test_trades_move_average_cost_and_realise_gains(
    trades: str, quantity: str, average: str | None, realized: str
) -> None:
    position = Position(STOCK)
    for trade in trades.split():
        signed, price = trade.split("@")
        position.trade(D(signed), D(price))
    assert position.quantity == D(quantity)
    assert position.average == (None if average is None else D(average))
    assert position.realized == D(realized)


def test_an_inverse_contract_gains_in_its_own_way() -> None:
    position = Position(INVERSE)
    position.trade(D(10), D(50_000))
    position.mark = D(55_000)
    assert position.unrealized == D(100)  # 1000 USD, 10 % up


def test_a_session_starts_from_its_positions_and_is_valued_at_its_last_mid() -> None:
    session = Session(positions={"ACME": D(200)}, entry_prices={"ACME": D("9.50")})
    session.receive(side=Side.SELL)
    session.send(side=Side.SELL)
    session.fill(100, "10.00", fee="3")
    session.end(5, {"ACME": {"XA": quote("10.09", "10.11")}})
    held = positions_after(read(session.events))["ACME"]
    assert (held.quantity, held.realized, held.unrealized) == (100, 50, 60)


def test_a_starting_position_of_unknown_entry_counts_from_arrival() -> None:
    session = Session(positions={"ACME": D(200)})
    session.receive(side=Side.SELL, arrival_price="10.00")
    session.send(side=Side.SELL)
    session.fill(100, "10.25")
    session.end(5)
    assert positions_after(read(session.events))["ACME"].realized == 25
