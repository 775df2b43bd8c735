"""Positions and cash: a table a clerk could check, and the identity that no sequence of fills may break."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.instrument import AssetClass, Instrument
from penstock.domain.orders import Side
from penstock.engine.ledger import Position, cash_of_fill

D = Decimal
STOCK = Instrument(symbol="ACME", asset_class=AssetClass.EQUITY, tick_size=D("0.01"), lot_size=D(1))
FUTURE = Instrument(
    symbol="F", asset_class=AssetClass.PERPETUAL, tick_size=D("0.1"), lot_size=D(1), multiplier=D("0.01")
)
INVERSE = Instrument(
    symbol="I",
    asset_class=AssetClass.PERPETUAL,
    tick_size=D("0.5"),
    lot_size=D(1),
    multiplier=D(100),
    inverse=True,
)

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
    "inverse: one contract is 100 whatever the price": (INVERSE, [(3, 10)], 3, 10, 0, 60),
    "inverse, reduced": (INVERSE, [(3, 10), (-1, 15)], 2, 10, 50, 40),
    "inverse, short": (INVERSE, [(-3, 10), (1, 8)], -2, 10, 20, -40),
    "inverse: the average entry is harmonic": (INVERSE, [(1, 10), (1, 15)], 2, 12, 0, 0),
}


def book(instrument: Instrument, fills: list[tuple[int, int]], fee: Decimal = D(0)) -> Position:
    position = Position()
    for signed, price in fills:
        side = Side.BUY if signed > 0 else Side.SELL
        position.fill(instrument, side, D(abs(signed)), D(price), fee)
    return position


@pytest.mark.parametrize("case", TABLE)
def test_fills_lead_to_the_position_a_clerk_would_write_down(case: str) -> None:
    instrument, fills, quantity, entry, realized, unrealized = TABLE[case]
    position = book(instrument, fills)
    assert (position.quantity, position.entry_price, position.realized) == (quantity, entry, realized)
    assert position.unrealized(instrument, D(12)) == unrealized


def test_fees_stay_apart_from_profit() -> None:
    position = book(STOCK, [(10, 10), (-10, 12)], fee=D("0.5"))
    assert (position.realized, position.fees) == (20, 1)


@pytest.mark.parametrize("instrument", [STOCK, INVERSE])
def test_a_holding_of_unknown_entry_price_gains_nothing_until_it_turns(instrument: Instrument) -> None:
    position = Position(quantity=D(10))
    position.fill(instrument, Side.SELL, D(4), D(12), D(0))
    assert (position.quantity, position.realized, position.unrealized(instrument, D(20))) == (6, 0, 0)
    position.fill(instrument, Side.SELL, D(8), D(12), D(0))
    assert (position.quantity, position.entry_price, position.realized) == (-2, 12, 0)


signed_sizes = st.integers(-50, 50).filter(bool)
trades = st.lists(st.tuples(signed_sizes, st.integers(500, 1500)), min_size=1, max_size=12)


@given(trades, st.integers(500, 1500))
def test_realised_and_unrealised_are_the_mark_to_market_from_scratch(fills: list[tuple[int, int]], mark: int) -> None:
    position = book(STOCK, fills)
    held = sum(signed for signed, _ in fills)
    scratch = held * mark - sum(signed * price for signed, price in fills)
    assert position.quantity == held
    assert abs(position.realized + position.unrealized(STOCK, D(mark)) - scratch) < D("1e-15")


@given(trades, st.integers(500, 1500))
def test_an_inverse_contract_gains_in_the_coin_what_its_fills_say(fills: list[tuple[int, int]], mark: int) -> None:
    """Each gain is stated at its closing price: turned back into coins they sum to Σ q·m·(1/entry − 1/exit)."""
    position, coins = Position(), Fraction(0)
    for signed, price in fills:
        before = position.realized
        position.fill(INVERSE, Side.BUY if signed > 0 else Side.SELL, D(abs(signed)), D(price), D(0))
        coins += Fraction(position.realized - before) / price
    coins += Fraction(position.unrealized(INVERSE, D(mark))) / mark
    held = sum(signed for signed, _ in fills)
    scratch = 100 * (sum(Fraction(signed, price) for signed, price in fills) - Fraction(held, mark))
    assert abs(coins - scratch) < Fraction(1, 10**15)


@pytest.mark.parametrize(
    ("instrument", "side", "cash"),
    [
        (STOCK, Side.BUY, "-120.5"),
        (STOCK, Side.SELL, "119.5"),
        (FUTURE, Side.BUY, "-0.5"),
        (INVERSE, Side.SELL, "-0.5"),
    ],
)
def test_a_fill_moves_cash_by_its_value_and_fee_and_a_perpetual_by_its_fee(
    instrument: Instrument, side: Side, cash: str
) -> None:
    assert cash_of_fill(instrument, side, D(10), D(12), D("0.5")) == D(cash)
