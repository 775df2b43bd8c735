"""The ledger: a table a clerk could check, identities that no sequence of fills may break, and exact undoing."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.accounts import CostMethod
from penstock.domain.day_count import DayCount
from penstock.domain.instrument import Instrument
from penstock.domain.instruments import Bond, Equity, FxPair, Option, Perpetual, Right, Spot
from penstock.domain.money import EXACT
from penstock.domain.time import from_iso
from penstock.engine.ledger import RECENT, Ledger
from penstock.engine.position import Execution, Payment, Position

D = Decimal
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))
FUTURE = Perpetual(symbol="F", tick_size=D("0.1"), lot_size=D(1), multiplier=D("0.01"))
INVERSE = Perpetual(symbol="XUSD", tick_size=D("0.5"), lot_size=D(1), multiplier=D(100), inverse=True, base="X")
COIN = Spot(symbol="BTCUSDT", tick_size=D("0.01"), lot_size=D("0.001"), base="BTC", currency="USDT")
EURUSD = FxPair(symbol="EURUSD", tick_size=D("0.00001"), lot_size=D(1000), base="EUR", pip_size=D("0.0001"))
CALL = Option(
    symbol="C", tick_size=D("0.05"), lot_size=D(1), right=Right.CALL, strike=D(100), expiry=10**18, multiplier=D(100)
)
BOND = Bond(
    symbol="B",
    tick_size=D("0.01"),
    lot_size=D(1000),
    maturity=date(2030, 9, 1),
    coupon=D(8),
    day_count=DayCount.THIRTY_360,
)
METHODS = list(CostMethod)

# name: instrument, fills (signed quantity, price), then quantity, entry price, realised, unrealised at 12
TABLE = {
    "a long": (STOCK, [(10, 10)], 10, 10, 0, 20),
    "added to at another price": (STOCK, [(10, 10), (30, 14)], 40, 13, 0, -40),
    "reduced": (STOCK, [(10, 10), (-4, 13)], 6, 10, 12, 12),
    "closed": (STOCK, [(10, 10), (-10, 9)], 0, None, -10, 0),
    "turned through zero": (STOCK, [(10, 10), (-25, 11)], -15, 11, 10, -15),
    "a short": (STOCK, [(-10, 10)], -10, 10, 0, -20),
    "a short bought back": (STOCK, [(-10, 10), (4, 7)], -6, 10, 12, -12),
    "a short turned long": (STOCK, [(-10, 10), (15, 8)], 5, 8, 20, 20),
    "closed and opened again": (STOCK, [(10, 10), (-10, 11), (5, 20)], 5, 20, 10, -40),
    "a contract of a hundredth": (FUTURE, [(100, 10), (-50, 16)], 50, 10, 3, 1),
    "an option of a hundred shares": (CALL, [(2, 10), (-1, 11)], 1, 10, 100, 200),
    "a currency": (EURUSD, [(5000, 10), (-2000, 11)], 3000, 10, 2000, 6000),
    "inverse: 300 bought at 10 are owed 30 coins": (INVERSE, [(3, 10)], 3, 10, 0, 5),
    "inverse: a coin gained, 100 at 10 are 10 coins and at 12.5 are 8": (
        INVERSE,
        [(2, 10), (-1, D("12.5"))],
        1,
        10,
        2,
        D("1.666666666666666667"),
    ),
    "inverse, short": (INVERSE, [(-3, 10), (1, 8)], -2, 10, D("2.5"), D("-3.333333333333333333")),
    "inverse: the average entry is harmonic": (INVERSE, [(1, 10), (1, 15)], 2, 12, 0, 0),
}


def trade(
    quantity: Decimal | int, price: Decimal | int, fee: str = "0", fee_currency: str = "", n: int = 0
) -> Execution:
    return Execution(key=f"x/{n}", quantity=D(quantity), price=D(price), at=n, fee=D(fee), fee_currency=fee_currency)


def trades_of(fills: Sequence[tuple[Decimal | int, Decimal | int]]) -> list[Execution]:
    return [trade(quantity, price, n=n) for n, (quantity, price) in enumerate(fills)]


def book(instrument: Instrument, trades: Sequence[Execution], method: CostMethod = CostMethod.AVERAGE) -> Position:
    position = Position()
    for each in trades:
        position.book(instrument, each, method)
    return position


@pytest.mark.parametrize("case", TABLE)
def test_fills_lead_to_the_position_a_clerk_would_write_down(case: str) -> None:
    instrument, fills, quantity, entry, realized, unrealized = TABLE[case]
    position = book(instrument, trades_of(fills))
    assert (position.quantity, position.entry_price(instrument), position.realized) == (quantity, entry, realized)
    assert abs(position.unrealized(instrument, D(12)) - unrealized) <= D("2e-18")


def test_first_in_first_out_closes_what_was_bought_first_and_average_cost_a_share_of_all() -> None:
    fills = trades_of([(10, 10), (10, 20), (-15, 30)])
    first, average = book(STOCK, fills, CostMethod.FIFO), book(STOCK, fills)
    assert (first.realized, first.entry_price(STOCK), first.unrealized(STOCK, D(30))) == (250, 20, 50)
    assert (average.realized, average.entry_price(STOCK), average.unrealized(STOCK, D(30))) == (225, 15, 75)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("instrument", [STOCK, INVERSE])
def test_a_holding_of_unknown_entry_price_gains_nothing_until_it_turns(
    instrument: Instrument, method: CostMethod
) -> None:
    position = Position()
    position.open(instrument, D(10), None)
    position.book(instrument, trade(-4, 12), method)
    assert (position.quantity, position.realized, position.unrealized(instrument, D(20))) == (6, 0, 0)
    position.book(instrument, trade(-8, 12), method)
    assert (position.quantity, position.entry_price(instrument), position.realized) == (-2, 12, 0)


def test_an_average_over_an_unknown_price_is_unknown_but_first_out_knows_what_came_later() -> None:
    for method, gain in ((CostMethod.AVERAGE, 0), (CostMethod.FIFO, 10)):
        position = Position()
        position.open(STOCK, D(10), None)
        position.book(STOCK, trade(10, 11), method)
        assert (position.entry_price(STOCK), position.unrealized(STOCK, D(12))) == (None, gain)
        position.book(STOCK, trade(-15, 12), method)
        assert position.realized == gain / 2


# name: instrument, trade, then quantity, cash and fees by currency
CASH = {
    "a share is paid for, and its fee": (STOCK, trade(10, 12, "0.5"), 10, {"USD": D("-120.5")}, {"USD": D("0.5")}),
    "a sale pays, less its fee": (STOCK, trade(-10, 12, "0.5"), -10, {"USD": D("119.5")}, {"USD": D("0.5")}),
    "a rebate is paid to us": (STOCK, trade(10, 12, "-0.5"), 10, {"USD": D("-119.5")}, {"USD": D("-0.5")}),
    "a perpetual moves its fee only": (FUTURE, trade(10, 12, "0.5"), 10, {"USD": D("-0.5")}, {"USD": D("0.5")}),
    "a bond is paid for with its interest": (
        BOND,
        trade(D(50_000), 99, n=from_iso("2025-05-30T15:00:00Z")),
        50_000,
        {"USD": D("-50511.111111111111111")},
        {},
    ),
    "an inverse fee in the coin": (INVERSE, trade(-1, 12, "0.01", "X"), -1, {"X": D("-0.01")}, {"X": D("0.01")}),
    "a fee in a third currency": (
        COIN,
        trade(1, 500, "0.002", "BNB"),
        1,
        {"USDT": D(-500), "BNB": D("-0.002")},
        {"BNB": D("0.002")},
    ),
    "a fee in the coin bought lessens the holding": (
        COIN,
        trade(1, 500, "0.001", "BTC"),
        D("0.999"),
        {"USDT": D(-500)},
        {"BTC": D("0.001")},
    ),
    "a rebate in the coin sold adds to it": (
        COIN,
        trade(-1, 500, "-0.001", "BTC"),
        D("-0.999"),
        {"USDT": D(500)},
        {"BTC": D("-0.001")},
    ),
}


@pytest.mark.parametrize("case", CASH)
def test_a_fill_moves_cash_at_trade_date_and_fees_keep_their_own_currency(case: str) -> None:
    instrument, fill, quantity, cash, fees = CASH[case]
    position = book(instrument, [fill])
    assert (position.quantity, position.cash, position.fees, position.realized) == (quantity, cash, fees, 0)


def test_dust_that_a_fee_in_the_asset_leaves_is_held_and_valued_but_never_offered() -> None:
    position = book(COIN, [trade(D("0.010"), 500, "0.00001", "BTC"), trade(D("-0.009"), 600)])
    assert position.quantity == D("0.00099")
    assert COIN.round_quantity(position.quantity) == 0
    assert position.unrealized(COIN, D(600)) == D("0.099")
    assert position.realized == D("0.9")


def test_funding_is_income_of_its_own_in_the_settlement_currency_or_the_one_named() -> None:
    ledger = Ledger()
    ledger.book(INVERSE, "main", trade(3, 10))
    ledger.book(INVERSE, "main", Payment(key="f1", amount=D("-0.25")))
    ledger.book(INVERSE, "main", Payment(key="f2", amount=D(4), currency="EUR"))
    position = ledger.position("main", "XUSD")
    assert position.income == ledger.cash() == {"X": D("-0.25"), "EUR": D(4)}
    assert position.realized == 0


def test_interest_bought_comes_back_with_the_coupon_and_is_no_price_gain() -> None:
    ledger = Ledger()
    ledger.book(BOND, "main", trade(D(50_000), 99, n=from_iso("2025-05-30T15:00:00Z")))
    ledger.book(BOND, "main", Payment(key="c1", amount=BOND.coupon_amount(D(50_000))))
    ledger.book(BOND, "main", trade(D(-50_000), 99, n=from_iso("2025-08-29T15:00:00Z")))
    position = ledger.position("main", "B")
    assert (position.realized, position.income) == (0, {"USD": 2000 - D("1011.111111111111111")})
    assert ledger.cash() == position.income


def test_accounts_hold_apart_and_count_by_their_own_method() -> None:
    ledger = Ledger(methods={"pension": CostMethod.FIFO})
    for account in ("main", "pension"):
        for each in trades_of([(10, 10), (10, 20), (-5, 30)]):
            ledger.book(STOCK, account, each)
    assert (ledger.position("main", "ACME").realized, ledger.position("pension", "ACME").realized) == (75, 100)
    assert ledger.cash("main") == ledger.cash("pension") == {"USD": D(-150)}
    whole = ledger.positions()["ACME"]
    assert (ledger.net["ACME"], whole.quantity, whole.realized) == (30, 30, 175)
    assert whole.unrealized(STOCK, D(20)) == 125


sizes = st.integers(-50, 50).filter(bool)
prices = st.decimals(D("0.01"), D(1500), places=2)
fills = st.lists(st.tuples(sizes, prices), min_size=1, max_size=12)
methods = st.sampled_from(METHODS)
linear = st.sampled_from([STOCK, FUTURE, CALL])


@given(linear, fills, prices, methods)
def test_realised_and_unrealised_are_exactly_the_mark_to_market_from_scratch(
    instrument: Instrument, fills: list[tuple[int, Decimal]], mark: Decimal, method: CostMethod
) -> None:
    position = book(instrument, trades_of(fills), method)
    held = sum(quantity for quantity, _ in fills)
    scratch = instrument.multiplier * (held * mark - sum(quantity * price for quantity, price in fills))
    with localcontext(EXACT):
        assert position.realized + position.unrealized(instrument, mark) == scratch
    assert position.quantity == held


@given(st.lists(st.tuples(st.integers(1, 50), prices), min_size=1, max_size=8), st.data(), methods)
def test_partial_closings_in_any_order_realise_the_same_sum(
    closings: list[tuple[int, Decimal]], data: st.DataObject, method: CostMethod
) -> None:
    held = sum(quantity for quantity, _ in closings)
    opened = trades_of([(held, 7), (2 * held, 11)])
    shuffled = data.draw(st.permutations(closings))
    rest = [(-2 * held, D(13))]
    once, again = (
        book(STOCK, [*opened, *trades_of([(-q, p) for q, p in order] + rest)], method) for order in (closings, shuffled)
    )
    assert once.quantity == again.quantity == 0
    with localcontext(EXACT):
        assert once.realized == again.realized == sum(q * p for q, p in closings) + held * (26 - 29)


@given(fills, prices, methods)
def test_an_inverse_contract_gains_in_the_coin_what_its_fills_say(
    fills: list[tuple[int, Decimal]], mark: Decimal, method: CostMethod
) -> None:
    """Against fractions: Σ q·m·(1/entry − 1/mark), which no order of closings changes."""
    position = book(INVERSE, trades_of(fills), method)
    coins = Fraction(position.realized) + Fraction(position.unrealized(INVERSE, mark))
    scratch = 100 * sum(quantity * (1 / Fraction(price) - 1 / Fraction(mark)) for quantity, price in fills)
    assert abs(coins - scratch) < Fraction(1, 10**16)


@given(fills, st.lists(st.integers(-5, 5), min_size=12, max_size=12), methods)
def test_cash_and_positions_at_cost_are_what_flowed(
    fills: list[tuple[int, Decimal]], fees: list[int], method: CostMethod
) -> None:
    """What was realised less the fees is in cash, or in what the holding cost; a fee in coin counts at its price."""
    paid = [D(fee) / 1000 for fee in fees[: len(fills)]]
    trades = [
        trade(quantity, price, str(fee), "BTC", n)
        for n, ((quantity, price), fee) in enumerate(zip(fills, paid, strict=True))
    ]
    position = book(COIN, trades, method)
    with localcontext(EXACT):
        fees_paid = sum((fee * price for fee, (_, price) in zip(paid, fills, strict=True)), D(0))
        assert position.cash.get("USDT", D(0)) + position.cost == position.realized - fees_paid
        assert position.quantity == sum(quantity for quantity, _ in fills) - sum(paid, D(0))


@given(st.sampled_from([STOCK, COIN, INVERSE]), fills, st.data(), methods)
def test_reversed_executions_have_never_been(
    instrument: Instrument, fills: list[tuple[int, Decimal]], data: st.DataObject, method: CostMethod
) -> None:
    """Between payments too, even one that goes by an execution's key; and one reversal after the other."""
    trades = [trade(quantity, price, "0.01", instrument.asset, n) for n, (quantity, price) in enumerate(fills)]
    wrong = data.draw(st.lists(st.sampled_from(trades), unique_by=lambda each: each.key))
    ledger, without = Ledger(methods={"main": method}), Ledger(methods={"main": method})
    for each in trades:
        payment = Payment(key=each.key, amount=D(2), currency="EUR")
        for entry in (payment, each):
            ledger.book(instrument, "main", entry)
            if entry not in wrong:
                without.book(instrument, "main", entry)
    for each in wrong:
        assert ledger.reverse(instrument, "main", each)
    assert ledger.position("main", instrument.symbol) == without.position("main", instrument.symbol)
    assert ledger.net == without.net


@given(st.integers(0, 3 * RECENT - 1), methods)
def test_an_execution_beyond_recall_is_undone_by_its_opposite_with_the_total_exact(at: int, method: CostMethod) -> None:
    trades = [trade(7 if n % 3 else -5, 100 + n % 11, "0.5", n=n) for n in range(3 * RECENT)]
    ledger, without = Ledger(methods={"main": method}), Ledger(methods={"main": method})
    for each in trades:
        ledger.book(STOCK, "main", each)
        if each != trades[at]:
            without.book(STOCK, "main", each)
    recent = at >= RECENT  # the copy from which the position is folded anew has moved on once
    assert ledger.reverse(STOCK, "main", trades[at]) is recent
    ours, theirs = ledger.position("main", "ACME"), without.position("main", "ACME")
    assert (ours.quantity, ours.cash, ours.fees) == (theirs.quantity, theirs.cash, theirs.fees)
    mark = D(97)
    with localcontext(EXACT):
        assert ours.realized + ours.unrealized(STOCK, mark) == theirs.realized + theirs.unrealized(STOCK, mark)
    assert (ours.realized == theirs.realized) or not recent


def test_a_corrected_execution_has_always_been_the_right_one() -> None:
    wrong, right = trade(10, 100, n=1), trade(10, 10, n=1)
    ledger, straight = Ledger(), Ledger()
    for first, target in ((wrong, ledger), (right, straight)):
        target.book(STOCK, "main", first)
        target.book(STOCK, "main", trade(-4, 12, n=2))
    assert ledger.correct(STOCK, "main", wrong, right)
    assert ledger == straight


def test_a_correction_that_comes_too_late_to_fold_anew_still_has_the_right_money() -> None:
    wrong, right = trade(10, 100, "3", n=-1), trade(8, 10, "1", n=-1)
    ledger, straight = Ledger(), Ledger()
    for first, target in ((wrong, ledger), (right, straight)):
        for each in [first, *trades_of([(1, 20)] * 3 * RECENT)]:
            target.book(STOCK, "main", each)
    assert not ledger.correct(STOCK, "main", wrong, right)
    ours, theirs = ledger.position("main", "ACME"), straight.position("main", "ACME")
    assert (ours.quantity, ours.cash, ours.fees) == (theirs.quantity, theirs.cash, theirs.fees)
    assert ledger.net == straight.net
    gains = [each.realized + each.unrealized(STOCK, D(30)) for each in (ours, theirs)]
    assert gains[0] == gains[1]


def test_booking_returns_all_that_it_realised() -> None:
    ledger = Ledger()
    assert ledger.book(COIN, "main", trade(2, 500)) == 0
    assert ledger.book(COIN, "main", trade(-1, 600, "0.01", "BTC")) == 101  # the fee too was paid out of the gain
    assert ledger.position("main", "BTCUSDT").realized == 101
