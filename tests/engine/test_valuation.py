"""What accounts are worth in one currency: a statement one can check with a pencil."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.accounts import CostMethod
from penstock.domain.instruments import Equity, FxPair, Perpetual, Spot
from penstock.domain.money import EXACT
from penstock.engine.ledger import Ledger
from penstock.engine.position import Execution, Payment
from penstock.engine.valuation import Total, rate_between, rates_of, value

D = Decimal
SAP = Equity(symbol="SAP", tick_size=D("0.01"), lot_size=D(1), currency="EUR")
EURUSD = FxPair(symbol="EURUSD", tick_size=D("0.0001"), lot_size=D(1), base="EUR", pip_size=D("0.0001"))
COIN = Spot(symbol="BTCUSDT", tick_size=D(1), lot_size=D("0.001"), base="BTC", currency="USDT")
INVERSE = Perpetual(symbol="BTCUSD", tick_size=D(1), lot_size=D(1), multiplier=D(100), inverse=True, base="BTC")
FUTURE = Perpetual(symbol="F", tick_size=D(1), lot_size=D(1), multiplier=D("0.01"), currency="EUR")
INSTRUMENTS = {each.symbol: each for each in (SAP, FUTURE, EURUSD, COIN, INVERSE)}
RATES = {("EUR", "USD"): D("1.25"), ("USDT", "USD"): D("0.5")}


def trade(quantity: str, price: str, fee: str = "0", fee_currency: str = "") -> Execution:
    return Execution(key="", quantity=D(quantity), price=D(price), at=0, fee=D(fee), fee_currency=fee_currency)


def test_each_currency_is_counted_apart_and_converted_at_the_end() -> None:
    ledger = Ledger()
    ledger.book(SAP, "main", trade("10", "100", "2"))
    ledger.book(SAP, "main", trade("-4", "110"))
    ledger.book(COIN, "main", trade("1", "500"))
    worth = value(ledger, INSTRUMENTS, {"SAP": D(120), "BTCUSDT": D(600)}, "USD", RATES)
    assert worth.realized == Total(D("1.25") * 40)
    assert worth.unrealized == Total(D("1.25") * 120 + D("0.5") * 100)
    assert worth.fees == Total(D("2.5"))
    assert worth.equity.amount == worth.realized.amount + worth.unrealized.amount - worth.fees.amount
    assert worth.unmarked == ()


sizes = st.integers(-50, 50).filter(bool)
prices = st.decimals(D("0.01"), D(1500), places=2)


@given(st.lists(st.tuples(sizes, prices, st.integers(-9, 9)), min_size=1, max_size=10), prices, st.booleans())
def test_equity_is_what_was_gained_and_paid_less_the_fees(
    fills: list[tuple[int, Decimal, int]], mark: Decimal, margined: bool
) -> None:
    instrument = FUTURE if margined else SAP
    ledger = Ledger(methods={"two": CostMethod.FIFO})
    for n, (quantity, price, cents) in enumerate(fills):
        account = ("one", "two")[n % 2]
        ledger.book(instrument, account, trade(str(quantity), str(price), str(D(cents) / 100)))
        ledger.book(instrument, account, Payment(key=str(n), amount=D(-cents) / 10))
    worth = value(ledger, INSTRUMENTS, {instrument.symbol: mark}, "EUR", {})
    with localcontext(EXACT):
        gained = worth.realized.amount + worth.unrealized.amount + worth.income.amount - worth.fees.amount
        assert worth.equity.amount == gained


def test_an_amount_without_a_rate_is_named_and_not_a_zero() -> None:
    ledger = Ledger()
    ledger.book(SAP, "main", trade("10", "100", "3", "BNB"))
    worth = value(ledger, INSTRUMENTS, {"SAP": D(120)}, "USD", {})
    assert worth.unrealized == Total(D(0), {"EUR": D(200)})
    assert worth.fees == Total(D(0), {"BNB": D(3)})
    assert worth.equity == Total(D(0), {"BNB": D(-3), "EUR": D(200)})


def test_a_holding_without_a_mark_is_named() -> None:
    ledger = Ledger()
    ledger.book(SAP, "main", trade("10", "100"))
    assert value(ledger, INSTRUMENTS, {}, "EUR", {}).unmarked == ("SAP",)


def test_an_inverse_contract_is_worth_its_coins_and_its_funding_is_income() -> None:
    ledger = Ledger()
    ledger.book(INVERSE, "main", trade("500", "50000"))
    ledger.book(INVERSE, "main", Payment(key="f", amount=D("-0.01")))
    marks = {"BTCUSD": D(62500)}
    worth = value(ledger, INSTRUMENTS, marks, "USD", rates_of([INVERSE], marks))
    assert worth.unrealized == Total(D("0.2") * 62500)  # 1 BTC worth of contracts is 0.8 BTC worth now
    assert worth.income == Total(D(-625))
    assert worth.equity == Total(D(11875))


def test_one_account_is_valued_without_the_others() -> None:
    ledger = Ledger()
    ledger.book(SAP, "one", trade("10", "100"))
    ledger.book(SAP, "two", trade("30", "100"))
    assert value(ledger, INSTRUMENTS, {"SAP": D(101)}, "EUR", {}, "one").equity == Total(D(10))
    assert value(ledger, INSTRUMENTS, {"SAP": D(101)}, "EUR", {}).equity == Total(D(40))


@pytest.mark.parametrize(
    ("of", "into", "rate"),
    [
        ("USD", "USD", "1"),
        ("EUR", "USD", "1.25"),
        ("USD", "EUR", "0.8"),
        ("EUR", "USDT", "2.5"),
        ("USDT", "EUR", "0.4"),
        ("EUR", "JPY", None),
    ],
)
def test_a_rate_is_taken_as_quoted_turned_around_or_by_one_currency_between(
    of: str, into: str, rate: str | None
) -> None:
    assert rate_between(of, into, RATES) == (None if rate is None else D(rate))


def test_markets_imply_rates() -> None:
    marks = {"EURUSD": D("1.1"), "BTCUSDT": D(600), "SAP": D(100)}
    assert rates_of(INSTRUMENTS.values(), marks) == {("EUR", "USD"): D("1.1"), ("BTC", "USDT"): D(600)}
