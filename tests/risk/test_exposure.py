"""Exposure kept up to date by differences equals the same summed from scratch, whatever happened and in what order."""

from decimal import Decimal, localcontext
from random import Random

import msgspec
import pytest

from penstock.domain.instruments import AnyInstrument, Equity, Perpetual
from penstock.domain.money import EXACT
from penstock.risk.exposure import Exposure, Line, Mark, Total, value_line
from penstock.risk.exposure_changes import (
    day_opened,
    filled,
    held,
    order_open,
    price_moved,
    rate_moved,
    totals_changed,
)
from penstock.risk.whatif import added, net_after

D = Decimal
ACME = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
SAP = Equity(symbol="SAP", tick_size=D("0.01"), lot_size=D(1), currency="EUR")
BTC = Perpetual(symbol="BTCUSD", tick_size=D("0.5"), lot_size=D(1), multiplier=D(100), inverse=True, base="BTC")
INSTRUMENTS: dict[str, AnyInstrument] = {each.symbol: each for each in (ACME, SAP, BTC)}
LIMITED = ("symbol/ACME", "asset_class/equity", "sector/tech")
FUND, OTHER, VENUE = "account/fund1", "account/fund2", "venue/XA"


def book(**prices: str) -> Exposure:
    exposure = Exposure()
    totals_changed(exposure, INSTRUMENTS, LIMITED, {"ACME": "tech", "SAP": "tech"})
    for symbol, price in prices.items():
        price_moved(exposure, INSTRUMENTS[symbol], D(price))
    return exposure


def from_scratch(exposure: Exposure) -> dict[str, Total]:
    """Every total, summed anew from quantities alone."""
    totals: dict[str, Total] = {scope: Total() for scope in exposure.totals}
    for symbol, lines in exposure.lines.items():
        mark = exposure.mark(INSTRUMENTS[symbol])
        for owner, line in lines.items():
            opened = [o for o in exposure.orders.values() if o.symbol == symbol and owner in o.owners]
            buys, sells = [o for o in opened if o.sign > 0], [o for o in opened if o.sign < 0]
            fresh = Line(
                rolls=line.rolls,
                held=line.held,
                basis=line.basis,
                open_buy=sum((o.quantity for o in buys), D(0)),
                open_sell=sum((o.quantity for o in sells), D(0)),
                buy_value=sum((o.value for o in buys), D(0)),
                sell_value=sum((o.value for o in sells), D(0)),
            )
            why = value_line(fresh, mark)
            for scope in line.rolls:
                total = totals[scope]
                for name in ("high", "low", "gross", "reserved", "buys", "gain"):
                    setattr(total, name, getattr(total, name) + getattr(fresh, name))
                total.orders += len(opened)
                total.traded += line.traded
                total.trades += line.trades
                if why:
                    total.unknown[f"{owner} {symbol}"] = why
    return totals


@pytest.mark.parametrize("seed", range(40))
def test_every_total_equals_its_sum_from_scratch(seed: int) -> None:
    random, exposure = Random(seed), book()
    for step in range(120):
        instrument = random.choice(list(INSTRUMENTS.values()))
        owners = (random.choice([FUND, OTHER]), VENUE)
        price = D(random.randrange(100, 20_000)) / 100
        quantity = D(random.randrange(0, 500))
        match random.randrange(8):
            case 0 | 1:
                order_open(exposure, f"O{step}", owners, instrument, random.choice([1, -1]), quantity, price)
            case 2 if exposure.orders:
                order_id = random.choice(list(exposure.orders))
                known = exposure.orders[order_id]
                left = random.choice([D(0), quantity])
                if quantity:
                    filled(exposure, known.owners, INSTRUMENTS[known.symbol], known.sign * quantity, price)
                order_open(
                    exposure,
                    order_id,
                    known.owners,
                    INSTRUMENTS[known.symbol],
                    known.sign,
                    left,
                    price,
                    has_traded=quantity > 0,
                )
            case 3:
                held(exposure, owners, instrument, quantity * random.choice([1, -1]), price, D("0.01"))
            case 4 | 5:
                price_moved(exposure, instrument, price)
            case 6:
                scopes = [scope for scope in LIMITED if random.random() < 0.5]
                totals_changed(exposure, INSTRUMENTS, scopes, {"ACME": "tech", "SAP": "tech"})
            case 7:
                rate_moved(exposure, random.choice(["EUR", "BTC"]), D(random.randrange(1, 99)) / 7, INSTRUMENTS)
        if step == 60:
            day_opened(exposure, INSTRUMENTS)
            exposure = msgspec.json.decode(msgspec.json.encode(exposure), type=Exposure)
        with localcontext(EXACT):
            fresh = from_scratch(exposure)
        assert exposure.totals == fresh


def test_open_orders_count_on_the_side_that_makes_the_exposure_larger() -> None:
    exposure = book(ACME="10")
    held(exposure, (FUND, VENUE), ACME, D(100), D(10))
    order_open(exposure, "B", (FUND,), ACME, 1, D(50), D(11))  # dearer than the mark: counts at its limit
    order_open(exposure, "S", (FUND,), ACME, -1, D(300), D(9))  # cheaper than the mark: counts at the mark
    desk = exposure.total("desk")
    assert (desk.high, desk.low, desk.gross, desk.net) == (D(1550), D(-2000), D(2000), D(2000))
    assert desk.orders == 2
    assert exposure.total("venue/XA").gross == D(1000)
    for scope in ("account/fund1", "symbol/ACME", "asset_class/equity", "sector/tech"):
        assert exposure.total(scope) == desk


def test_an_order_that_only_reduces_adds_no_gross_exposure() -> None:
    exposure = book(ACME="10")
    held(exposure, (FUND,), ACME, D(100), D(10))
    mark = exposure.mark(ACME)
    assert isinstance(mark, Mark)
    assert added(exposure, FUND, "ACME", mark, -1, D(100), D(1000)).gross == 0
    assert added(exposure, FUND, "ACME", mark, -1, D(201), D(2010)).gross == D(10)


@pytest.mark.parametrize("seed", range(20))
def test_what_an_order_would_add_is_what_it_adds(seed: int) -> None:
    random, exposure = Random(seed), book(ACME="10", SAP="100", BTCUSD="50000")
    rate_moved(exposure, "EUR", D("1.1"), INSTRUMENTS)
    rate_moved(exposure, "BTC", D(50_000), INSTRUMENTS)
    for step in range(40):
        instrument = random.choice(list(INSTRUMENTS.values()))
        sign, quantity, price = random.choice([1, -1]), D(random.randrange(1, 500)), D(random.randrange(1, 200))
        if random.random() < 0.3:
            held(exposure, (FUND,), instrument, sign * quantity, price)
            continue
        mark = exposure.mark(instrument)
        assert isinstance(mark, Mark)
        before = msgspec.structs.replace(exposure.total(FUND))
        change = added(exposure, FUND, instrument.symbol, mark, sign, quantity, instrument.notional(quantity, price))
        order_open(exposure, f"O{step}", (FUND,), instrument, sign, quantity, price)
        after = exposure.total(FUND)
        assert (before.high + change.high, before.low + change.low) == (after.high, after.low)
        assert (before.gross + change.gross, before.buys + change.buys) == (after.gross, after.buys)
        assert before.reserved + change.value == after.reserved
        assert net_after(before, change) == after.net


def test_without_a_price_or_a_rate_the_totals_say_what_is_missing() -> None:
    exposure = book()
    order_open(exposure, "1", (FUND,), SAP, 1, D(10), D(100))
    assert exposure.total("desk").unknown == {"account/fund1 SAP": "there is no price of SAP"}
    price_moved(exposure, SAP, D(100))
    assert exposure.total("desk").unknown == {"account/fund1 SAP": "there is no exchange rate of EUR into USD"}
    assert exposure.total("account/fund2").unknown == {}
    rate_moved(exposure, "EUR", D("1.1"), INSTRUMENTS)
    assert exposure.total("desk").unknown == {}
    assert exposure.total("desk").gross == D(1100)


def test_the_days_gain_is_realised_and_not_and_begins_anew_each_day() -> None:
    exposure = book(ACME="10")
    held(exposure, (FUND,), ACME, D(100), D(10), D(1))
    price_moved(exposure, ACME, D(9))
    assert exposure.total("desk").gain == D(-101)
    day_opened(exposure, INSTRUMENTS)
    assert exposure.total("desk").gain == D(0)
    held(exposure, (FUND,), ACME, D(-100), D("8.5"))
    assert exposure.total("desk").gain == D(-50)
    price_moved(exposure, ACME, D(1))
    assert exposure.total("desk").gain == D(-50), "what is sold gains and loses no more"


def test_an_inverse_contract_gains_in_its_coin() -> None:
    exposure = book(BTCUSD="50000")
    rate_moved(exposure, "BTC", D(50_000), INSTRUMENTS)
    held(exposure, (FUND,), BTC, D(500), D(50_000))
    price_moved(exposure, BTC, D(40_000))
    assert exposure.total("desk").gross == D(50_000)
    assert exposure.total("desk").gain == D("-0.25") * 50_000


def test_a_days_trades_are_the_orders_that_traded_or_still_may() -> None:
    exposure = book(ACME="10")
    for order_id in ("traded", "gave up", "works"):
        order_open(exposure, order_id, (FUND,), ACME, 1, D(10), D(10))
    filled(exposure, (FUND,), ACME, D(4), D(11))
    order_open(exposure, "traded", (FUND,), ACME, 1, D(6), D(10), has_traded=True)
    assert exposure.total("desk").trades == 3
    order_open(exposure, "traded", (FUND,), ACME, 1, D(0), D(10), has_traded=True)
    order_open(exposure, "gave up", (FUND,), ACME, 1, D(0), D(10))
    desk = exposure.total("desk")
    assert (desk.trades, desk.traded, desk.orders) == (2, D(44), 1)
    day_opened(exposure, INSTRUMENTS)
    assert (exposure.total("desk").trades, exposure.total("desk").traded) == (1, D(0))


def test_what_was_lost_in_a_currency_without_a_rate_is_not_known_although_nothing_is_held() -> None:
    exposure = book(SAP="100")
    held(exposure, (FUND,), SAP, D(10), D(100))
    held(exposure, (FUND,), SAP, D(-10), D(90))
    assert exposure.total("desk").unknown == {"account/fund1 SAP": "there is no exchange rate of EUR into USD"}
    rate_moved(exposure, "EUR", D("1.1"), INSTRUMENTS)
    assert (exposure.total("desk").unknown, exposure.total("desk").gain) == ({}, D(-110))
