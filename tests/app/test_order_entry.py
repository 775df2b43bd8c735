"""What clients of a live desk may ask: every type of order arrives as it was written."""

from decimal import Decimal

import pytest

from penstock.app.live.order_entry import Amend, Submit, change_of, order_of, request_of
from penstock.domain import events as ev
from penstock.domain.errors import BadInput
from penstock.domain.instructions import Instructions, OrderType, TimeInForce
from penstock.domain.instruments import Equity
from penstock.domain.orders import Order, OrderTerms, Side
from penstock.domain.venue import VenueSpec
from penstock.engine.folds import apply
from penstock.engine.state import EngineState

D = Decimal


@pytest.fixture
def state() -> EngineState:
    state = EngineState()
    share = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
    apply(
        state,
        ev.SessionStarted(
            ts=0, version="0", seed=0, instruments=(share,), venues=(VenueSpec(name="XA"),), listings={"XA": ("ACME",)},
            positions={}, entry_prices={}, limits={}, market_start=0, market_end=1,
        ),
    )  # fmt: skip
    return state


def entered(state: EngineState, text: str) -> OrderTerms:
    request = request_of(f'{{"do": "submit", "symbol": "ACME", "quantity": "100", {text}}}'.encode())
    assert isinstance(request, Submit)
    return order_of(request, state, "P1", 0).terms


def test_an_order_type_comes_with_its_instructions(state: EngineState) -> None:
    terms = entered(state, '"side": "sell", "order_type": "stop", "tif": "GTC", "instructions": {"stop_px": "9.50"}')
    assert (terms.order_type, terms.algorithm, terms.tif) == (OrderType.STOP, None, TimeInForce.GTC)
    assert terms.instructions == Instructions(stop_px=D("9.50"))


def test_a_short_sale_stays_one(state: EngineState) -> None:
    terms = entered(state, '"side": "sell_short", "instructions": {"located": true}')
    assert (terms.side, terms.algorithm, terms.order_type) == (Side.SELL_SHORT, "market", OrderType.MARKET)


def test_an_unknown_instruction_is_refused_by_name(state: EngineState) -> None:
    with pytest.raises(BadInput, match="stop_price"):
        entered(state, '"side": "sell", "order_type": "stop", "instructions": {"stop_price": "9.50"}')


def test_an_amendment_may_change_the_time_in_force(state: EngineState) -> None:
    state.orders["P1"] = Order(terms=entered(state, '"side": "buy"'), created_at=0)
    request = request_of(b'{"do": "amend", "order_id": "P1", "tif": "GTC"}')
    assert isinstance(request, Amend)
    command = change_of(request, state, 0)
    assert getattr(command, "tif", None) is TimeInForce.GTC


def test_an_amendment_that_changes_nothing_is_refused(state: EngineState) -> None:
    state.orders["P1"] = Order(terms=entered(state, '"side": "buy"'), created_at=0)
    with pytest.raises(BadInput, match="at least one of quantity, limit_price, tif"):
        change_of(Amend(order_id="P1"), state, 0)
