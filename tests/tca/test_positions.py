"""Profit and loss by average cost."""

from decimal import Decimal

import pytest
from journal_events import INVERSE, STOCK, Session, quote

from penstock.domain.orders import Side
from penstock.engine.position import Execution
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
        position.book("main", Execution(key="", quantity=D(signed), price=D(price), at=0))
    assert position.quantity == D(quantity)
    assert position.average == (None if average is None else D(average))
    assert position.realized == D(realized)


def test_an_inverse_contract_gains_coins_that_count_at_the_price_of_their_time() -> None:
    position = Position(INVERSE)
    position.book("main", Execution(key="", quantity=D(10), price=D(50_000), at=0))
    position.mark = D(55_000)
    assert position.unrealized == D(100)  # 1000 USD, 10 % up
    position.book("main", Execution(key="", quantity=D(-5), price=D(60_000), at=1))
    assert (position.realized, position.unrealized) == (D(100), D(50))


def test_accounts_are_folded_apart_and_reported_together() -> None:
    position = Position(STOCK)
    position.book("one", Execution(key="", quantity=D(10), price=D(10), at=0))
    position.book("two", Execution(key="", quantity=D(-4), price=D(12), at=0))
    position.mark = D(11)
    assert (position.quantity, position.average, position.realized, position.unrealized) == (6, None, 0, 14)


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
