"""Every kind of instrument against numbers from the field's textbooks and exchanges' own examples."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.domain.events import AnyEvent, SessionStarted
from penstock.domain.instrument import AssetClass
from penstock.domain.instruments import (
    AnyInstrument,
    Bond,
    Equity,
    Future,
    FxPair,
    Option,
    Perpetual,
    Right,
    Spot,
)
from penstock.domain.time import from_iso

D = Decimal
EXPIRY = from_iso("2026-12-18T21:00:00Z")
SHARE = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
COIN = Spot(symbol="BTCUSDT", tick_size=D("0.01"), lot_size=D("0.00001"), base="BTC", currency="USDT")
EURUSD = FxPair(symbol="EURUSD", tick_size=D("0.00001"), lot_size=D(1000), base="EUR", pip_size=D("0.0001"))
USDJPY = FxPair(symbol="USDJPY", tick_size=D("0.001"), lot_size=D(1000), base="USD", pip_size=D("0.01"), currency="JPY")
ES = Future(symbol="ESZ6", tick_size=D("0.25"), lot_size=D(1), multiplier=D(50), expiry=EXPIRY)
LINEAR = Perpetual(symbol="BTCUSDT-PERP", tick_size=D("0.1"), lot_size=D("0.001"), currency="USDT", base="BTC")
XBTUSD = Perpetual(symbol="XBTUSD", tick_size=D("0.5"), lot_size=D(100), inverse=True, base="XBT")
CALL = Option(
    symbol="ACME 100 C",
    tick_size=D("0.05"),
    lot_size=D(1),
    right=Right.CALL,
    strike=D(100),
    expiry=EXPIRY,
    multiplier=D(100),
    underlying="ACME",
)
BOND = Bond(
    symbol="T 4.25 2034",
    tick_size=D("0.015625"),
    lot_size=D(1000),
    maturity=date(2034, 11, 15),
    coupon=D("4.25"),
)
EVERY = [SHARE, COIN, EURUSD, USDJPY, ES, LINEAR, XBTUSD, CALL, BOND]


@pytest.mark.parametrize(
    ("entry", "exit_price", "coins"),
    [("10000", "11000", Fraction(5, 11)), ("10000", "9000", Fraction(-5, 9)), ("10000", "10000", Fraction(0))],
)
def test_an_inverse_contract_gains_in_the_coin_as_bitmex_explains_it(
    entry: str, exit_price: str, coins: Fraction
) -> None:
    """Its example: 50,000 contracts of 1 USD from 10,000 to 11,000 gain 0.4545 XBT; to 9,000 they lose 0.5556."""
    gain = XBTUSD.value(D(50_000), D(exit_price)) - XBTUSD.value(D(50_000), D(entry))
    assert abs(Fraction(gain) - coins) <= Fraction(1, 10**18)
    assert XBTUSD.settlement_currency == "XBT"
    assert XBTUSD.notional(D(50_000), D(exit_price)) == 50_000
    stated = XBTUSD.in_currency(gain, D(exit_price))
    assert stated == XBTUSD.pnl(D(50_000), D(entry), D(exit_price)).quantize(D("1e-9"))


def test_a_future_gains_its_multiplier_a_point() -> None:
    """The E-mini S&P 500: 50 dollars a point, so a tick of a quarter is 12.50."""
    assert ES.pnl(D(2), D("6000.00"), D("6000.25")) == D(25)
    assert ES.value(D(-3), D(5990)) - ES.value(D(-3), D(6000)) == 1500
    assert (ES.margined, ES.is_expired(EXPIRY - 1), ES.is_expired(EXPIRY)) == (True, False, True)


def test_an_option_is_paid_by_its_premium_and_worth_its_intrinsic_value_at_expiry() -> None:
    """A call at 5 on 100 shares struck at 100 costs 500; with the share at 115 it has gained 1,000."""
    assert CALL.notional(D(1), D(5)) == 500
    assert CALL.exercise_value(D(3)) == 30_000
    assert CALL.underlying_notional(D(3), D(115)) == 34_500
    assert CALL.pnl(D(1), D(5), CALL.intrinsic(D(115))) == 1000
    put = msgspec.structs.replace(CALL, right=Right.PUT)
    assert [put.intrinsic(D(price)) for price in (92, 100, 110)] == [8, 0, 0]
    assert [CALL.intrinsic(D(price)) for price in (92, 100, 110)] == [0, 0, 10]
    assert not CALL.margined


def test_a_pip_of_a_standard_lot_is_ten_dollars_or_a_thousand_yen() -> None:
    assert EURUSD.pip_value(EURUSD.standard_lot) == 10
    assert USDJPY.pip_value(USDJPY.standard_lot) == 1000
    assert EURUSD.pips(D("1.08250"), D("1.08305")) == D("5.5")
    assert EURUSD.standard_lots(D(250_000)) == D("2.5")
    assert USDJPY.pnl(D(100_000), D("150.10"), D("150.35")) == 25_000
    assert EURUSD.notional(D(100_000), D("1.0825")) == 108_250


def test_a_bond_is_priced_per_hundred_of_face() -> None:
    assert BOND.notional(D(1_000_000), D("99.5")) == 995_000
    assert BOND.pnl(D(1_000_000), D("99.5"), D("99.75")) == 2500
    in_pieces = msgspec.structs.replace(BOND, face=D(1000), lot_size=D(1))
    assert in_pieces.notional(D(10), D("99.5")) == 9950


@pytest.mark.parametrize("instrument", EVERY, ids=lambda each: each.symbol)
@given(
    quantity=st.integers(-10_000, 10_000).filter(bool).map(D),
    prices=st.lists(st.decimals(D("0.5"), D(90_000), places=2), min_size=3, max_size=3),
)
def test_gains_add_up_and_prices_come_back_whatever_the_instrument(
    instrument: AnyInstrument, quantity: Decimal, prices: list[Decimal]
) -> None:
    start, between, end = prices
    worth = [instrument.value(quantity, price) for price in prices]
    assert (worth[2] - worth[0]) * quantity * (end - start) >= 0  # what is held gains as the price rises
    assert abs(instrument.price_of(quantity, worth[1]) / between - 1) < D("1e-9")
    first, second, both = (
        instrument.move_value(quantity, *move, start) for move in ((start, between), (between, end), (start, end))
    )
    assert abs(first + second - both) < D("1e-12")
    assert instrument.on_lot(instrument.round_quantity(quantity))
    assert instrument.on_tick(instrument.round_price(end, up=True))
    ticks = instrument.to_ticks(instrument.round_price(end, up=False))
    assert end - instrument.tick_size < instrument.price(ticks) <= end


@pytest.mark.parametrize("instrument", EVERY, ids=lambda each: each.symbol)
def test_an_instrument_comes_back_from_json_as_it_was(instrument: AnyInstrument) -> None:
    written = msgspec.json.encode(instrument)
    assert msgspec.json.decode(written)["asset_class"] == instrument.asset_class
    assert msgspec.json.decode(written, type=AnyInstrument) == instrument
    assert AssetClass(instrument.asset_class) is instrument.asset_class


def test_a_journal_from_before_the_classes_is_read_as_it_was_meant() -> None:
    body = b"""{"kind":"SessionStarted","ts":1,"version":"0.1.0","seed":7,"instruments":[
        {"symbol":"ACME","asset_class":"equity","tick_size":"0.01","lot_size":"1","currency":"USD",
         "multiplier":"1","inverse":false,"min_quantity":"0","min_notional":"0"},
        {"symbol":"BTCUSD-PERP","asset_class":"perpetual","tick_size":"0.1","lot_size":"1","currency":"USD",
         "multiplier":"100","inverse":true,"min_quantity":"0","min_notional":"0"},
        {"symbol":"BTCUSDT","asset_class":"spot","tick_size":"0.01","lot_size":"0.001","currency":"USDT",
         "multiplier":"1","inverse":false,"min_quantity":"0.001","min_notional":"5"}],
        "venues":[],"listings":{},"positions":{},"entry_prices":{},"limits":{},"market_start":0,"market_end":9}"""
    event = msgspec.json.decode(body, type=AnyEvent)
    assert isinstance(event, SessionStarted)
    stock, perpetual, coin = event.instruments
    assert stock == SHARE
    assert isinstance(perpetual, Perpetual)
    assert (perpetual.multiplier, perpetual.inverse, perpetual.settlement_currency) == (100, True, "BTC")
    assert isinstance(coin, Spot)
    assert (coin.currency, coin.min_notional, coin.asset) == ("USDT", 5, "")


REFUSED: list[tuple[AnyInstrument, dict[str, Any], str]] = [
    (SHARE, {"symbol": ""}, "instrument : symbol: must not be empty (got '')"),
    (SHARE, {"tick_size": D("-0.01")}, "instrument ACME: tick_size: must be greater than zero (got -0.01)"),
    (SHARE, {"lot_size": D(0)}, "instrument ACME: lot_size: must be greater than zero (got 0)"),
    (SHARE, {"lot_size": D("NaN")}, "instrument ACME: lot_size: must be greater than zero (got NaN)"),
    (SHARE, {"min_quantity": D(-1)}, "instrument ACME: min_quantity: must not be negative (got -1)"),
    (SHARE, {"currency": ""}, "instrument ACME: currency: must not be empty (got '')"),
    (COIN, {"base": "USDT"}, "instrument BTCUSDT: base: must differ from the currency it is priced in (got 'USDT')"),
    (EURUSD, {"base": ""}, "instrument EURUSD: base: must not be empty (got '')"),
    (EURUSD, {"base": "USD"}, "instrument EURUSD: base: must differ from the currency it is priced in (got 'USD')"),
    (
        EURUSD,
        {"pip_size": D("0.000015")},
        "instrument EURUSD: pip_size: must be a multiple of the tick 0.00001 (got 0.000015)",
    ),
    (EURUSD, {"standard_lot": D(0)}, "instrument EURUSD: standard_lot: must be greater than zero (got 0)"),
    (ES, {"expiry": 0}, "instrument ESZ6: expiry: must be a time after 1970, in nanoseconds (got 0)"),
    (ES, {"multiplier": D(0)}, "instrument ESZ6: multiplier: must be greater than zero (got 0)"),
    (XBTUSD, {"base": "USD"}, "instrument XBTUSD: base: must differ from the currency it is priced in (got 'USD')"),
    (CALL, {"strike": D(0)}, "instrument ACME 100 C: strike: must be greater than zero (got 0)"),
    (CALL, {"expiry": -5}, "instrument ACME 100 C: expiry: must be a time after 1970, in nanoseconds (got -5)"),
    (BOND, {"frequency": 3}, "instrument T 4.25 2034: frequency: must be 0, 1, 2, 4 or 12 coupons a year (got 3)"),
    (BOND, {"coupon": D(-1)}, "instrument T 4.25 2034: coupon: must not be negative (got -1)"),
    (BOND, {"coupon": D(0)}, "instrument T 4.25 2034: coupon: must be zero if, and only if, none is paid (got 0)"),
    (BOND, {"face": D(0)}, "instrument T 4.25 2034: face: must be greater than zero (got 0)"),
    (BOND, {"settlement_days": -1}, "instrument T 4.25 2034: settlement_days: must not be negative (got -1)"),
]


@pytest.mark.parametrize(("sound", "change", "line"), REFUSED)
def test_a_bad_definition_is_refused_by_field_rule_and_value(
    sound: AnyInstrument, change: dict[str, Any], line: str
) -> None:
    with pytest.raises(BadInput) as refused:
        msgspec.structs.replace(sound, **change)
    assert str(refused.value) == line
