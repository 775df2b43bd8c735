"""Fees as a cost: whatever they were taken in, they are stated or they stand apart."""

from decimal import Decimal

import pytest
from journal_events import INVERSE, Session, filled, quote

from penstock.domain import events as ev
from penstock.domain.instruments import AnyInstrument, Spot
from penstock.tca.execution_report import execution_report
from penstock.tca.fees import fees_apart, fees_of

D = Decimal
COIN = Spot(symbol="ACME", tick_size=D("0.01"), lot_size=D("0.001"), base="COIN")


@pytest.mark.parametrize(
    ("instrument", "fee", "fee_currency", "cost", "apart"),
    [
        (COIN, "0.3", "", "0.3", {}),
        (COIN, "-0.3", "USD", "-0.3", {}),
        (COIN, "0.02", "COIN", "0.2", {}),
        (COIN, "0.02", "TOKEN", "0", {"TOKEN": D("0.02")}),
        (INVERSE, "0.02", "BTC", "0.2", {}),
        (INVERSE, "0.02", "ETH", "0", {"ETH": D("0.02")}),
    ],
)
def test_a_fee_is_stated_in_the_instruments_currency_or_stands_apart(
    instrument: AnyInstrument, fee: str, fee_currency: str, cost: str, apart: dict[str, Decimal]
) -> None:
    fill = filled(100, "10.00", fee=fee, fee_currency=fee_currency)
    assert fees_of(instrument, [fill]) == D(cost)
    assert fees_apart(instrument, [fill]) == apart


def test_the_report_tells_what_it_cannot_convert_and_what_holdings_paid() -> None:
    session = Session(instruments=(COIN,))
    session.receive()
    session.send()
    session.fill(60, "10.00", fee="0.02", fee_currency="TOKEN")
    session.fill(40, "10.00", fee="0.02", fee_currency="COIN")
    session.say(ev.FundingPaid, 3, symbol="ACME", payment_id="f1", amount=D("-0.75"))
    session.end(5, {"ACME": {"XA": quote("9.99", "10.01")}})
    report = execution_report(session.events)
    assert report["costs"]["fees_usd"] == 0.2
    assert report["pnl"] == {"realized": 0, "unrealized": 0}
    (parent,), (position,) = report["details"]["parents"], report["details"]["positions"]
    assert parent["fees_not_convertible"] == {"TOKEN": "0.02"}
    assert (position["quantity"], position["income"]) == (99.98, {"USD": "-0.75"})
