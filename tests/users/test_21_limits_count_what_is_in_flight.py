"""Limits count the position, what works and what is under way; the way out of a position is never blocked.

The whole property, over orders, fills, amends, busts, restarts and changed limits, is in
`tests/engine/test_limits_at_work.py`.
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.venue import VenueSpec
from penstock.engine.engine import Engine, Step
from penstock.risk import Limits

D = Decimal
NOW = 10**18
SHARE = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1), min_quantity=D(10))


def desk(held: int = 0, **limits: Any) -> Engine:
    """A desk on one venue at 9.99 / 10.01."""
    engine = Engine()
    engine.open_session(
        ev.SessionStarted(
            ts=NOW,
            version="0",
            seed=0,
            instruments=(SHARE,),
            venues=(VenueSpec(name="XA"),),
            listings={"XA": ("ACME",)},
            positions={"ACME": D(held)} if held else {},
            entry_prices={"ACME": D(10)} if held else {},
            limits=msgspec.to_builtins(Limits()) | limits,
            market_start=NOW,
            market_end=NOW + 10**15,
        )
    )
    quote = Quote(ts=NOW, bid=D("9.99"), bid_qty=D(500), ask=D("10.01"), ask_qty=D(500))
    engine.handle(cmd.MarketUpdate(ts=NOW, quotes={"ACME": {"XA": quote}}))
    return engine


def submit(engine: Engine, name: str, quantity: int, side: Side = Side.BUY, price: str = "10.00") -> Step:
    terms = OrderTerms(
        order_id=name,
        symbol="ACME",
        side=side,
        quantity=D(quantity),
        order_type=OrderType.LIMIT,
        limit_price=D(price),
    )
    return engine.handle(cmd.SubmitOrder(ts=NOW, terms=terms))


@pytest.mark.parametrize(
    ("limits", "fit"),
    [
        ({"gross_exposure_max": 100_000}, 10),
        ({"net_exposure_max": 100_000}, 10),
        ({"credit_max": 100_000}, 10),
        ({"daily_value_max": 100_000}, 10),
        ({"account": {"main": {"position_value_max": 100_000}}}, 10),
        ({"account": {"main": {"position_quantity_max": 10_000}}}, 10),
        ({"position_quantity_max": 10_000}, 10),
        ({"open_orders_max": 11}, 10),
        ({"order_rate_max": 11}, 10),
    ],
)
def test_of_a_hundred_submits_at_99_per_cent_of_a_limit_as_many_pass_as_fit_in_sequence(
    limits: dict[str, Any], fit: int
) -> None:
    engine = desk(**limits)
    submit(engine, "FIRST", 9_900)  # nothing of it is filled or even acknowledged
    steps = [submit(engine, f"P{number}", 10) for number in range(100)]
    assert [len(step.effects) for step in steps] == [1] * fit + [0] * (100 - fit)
    denied = [event for step in steps for event in step.events if isinstance(event, ev.OrderDenied)]
    assert [event.terms.order_id for event in denied] == [f"P{number}" for number in range(fit, 100)]


@pytest.mark.parametrize("mode", ["active", "reduce_only", "no_new", "cancel_all", "halted"])
def test_a_reducing_order_passes_in_every_mode_but_halted_and_below_every_floor(mode: str) -> None:
    engine = desk(held=5, gross_exposure_max=1, daily_loss_max=0, restricted=["ACME"])
    engine.handle(cmd.SetMode(ts=NOW, scope="desk", mode=mode, by="ann", reason="drill", reset=True))
    assert bool(submit(engine, "OUT", 5, Side.SELL, "9.99").effects) is (mode != "halted")
    assert not submit(engine, "MORE", 10).effects


def test_what_is_not_known_is_denied_with_the_reason() -> None:
    engine = desk(gross_exposure_max=10**9)
    engine.desk.quotes.clear()
    engine.desk.renew()
    (denied,) = submit(engine, "P1", 10).events
    assert isinstance(denied, ev.OrderDenied)
    assert (denied.code, denied.reason) == ("no_market", "no market data for ACME")
