"""Signals: sized by Kelly and by volatility, in at a quarter of an hour, out in time."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from penstock import BadInput, Desk, SignalExecutor
from penstock.domain.orders import Side
from penstock.domain.time import MINUTE, from_iso, to_iso
from penstock.portfolio.signals import HOLDING_MAX, Signal, Sizing, enters_at, entry_for, fraction_of, kelly_fraction
from penstock.sim.synthetic import ACME

D = Decimal
AT = from_iso("2025-08-18T13:37:12Z")


def signal(**changes: Any) -> Signal:
    given: dict[str, Any] = {"symbol": "ACME", "side": Side.BUY, "at": AT, "confidence": 0.6, "volatility": 0.02}
    return Signal(**given | changes)


@pytest.mark.parametrize(
    ("changes", "fraction"),
    [
        ({"confidence": 0.6}, 0.2),  # p - (1 - p) / 1
        ({"confidence": 0.6, "payoff": 2.0}, 0.4),
        ({"confidence": 0.5}, 0.0),
        ({"confidence": 0.1}, 0.0),
        ({"expected_return": 0.0002}, 0.5),  # 0.0002 / 0.02 ** 2
        ({"expected_return": -0.01}, 0.0),
    ],
)
def test_kellys_fraction(changes: dict[str, Any], fraction: float) -> None:
    assert kelly_fraction(signal(**changes)) == pytest.approx(fraction)


def test_no_more_than_the_volatility_target_and_the_capital_allow() -> None:
    sure = signal(confidence=1.0)
    assert fraction_of(sure, Sizing(capital=D(1), volatility_target=0.01)) == pytest.approx(0.5)
    assert fraction_of(sure, Sizing(capital=D(1), volatility_target=1.0, kelly_share=3.0)) == 1.0
    assert fraction_of(signal(), Sizing(capital=D(1))) == pytest.approx(0.1)  # half of Kelly


@pytest.mark.parametrize(
    ("at", "entry"),
    [("13:30:00", "13:30:00"), ("13:30:01", "13:45:00"), ("13:44:59", "13:45:00"), ("23:59:00", "00:00:00")],
)
def test_entries_lie_on_quarters_of_an_hour(at: str, entry: str) -> None:
    assert to_iso(enters_at(from_iso(f"2025-08-18T{at}Z")))[11:19] == entry


@pytest.mark.parametrize(("minutes", "held"), [(30, 30 * MINUTE), (180, HOLDING_MAX), (1000, HOLDING_MAX)])
def test_nothing_is_held_longer_than_three_hours(minutes: float, held: int) -> None:
    entry = entry_for(signal(holding_minutes=minutes), Sizing(capital=D(100_000)), ACME.instrument, D(185))
    assert entry.exits_at - entry.enters_at == held


@pytest.mark.parametrize(
    ("confidence", "urgency", "capital", "algorithm"),
    [
        (0.81, 0.71, 1_000_000, "market"),
        (0.8, 0.9, 1_000_000, "vwap"),
        (0.6, 0.29, 10_000, "twap"),
        (0.6, 0.5, 10_000, "is"),
    ],
)
def test_its_order_is_worked_by_the_rule_for_signals(
    confidence: float, urgency: float, capital: int, algorithm: str
) -> None:
    asked = signal(confidence=confidence, urgency=urgency)
    assert entry_for(asked, Sizing(capital=D(capital)), ACME.instrument, D(185)).algorithm.algorithm == algorithm


@pytest.mark.parametrize(
    ("field", "value"), [("confidence", 1.1), ("urgency", -0.1), ("volatility", 0.0), ("payoff", float("inf"))]
)
def test_what_no_signal_has_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadInput, match=rf"signal: {field}: must .*\(got"):
        signal(**{field: value})


def test_a_signal_is_traded_in_and_out() -> None:
    desk = Desk.open("synthetic", seed=4)
    trade = SignalExecutor(desk, Sizing(capital=D(20_000))).execute(signal(holding_minutes=15))
    entry, entered, left = asyncio.run(trade)
    assert entered is not None
    assert left is not None
    bought = sum(D(str(fill["qty"])) for fill in entered["fills"])
    assert bought == entry.quantity > 0
    assert sum(D(str(fill["qty"])) for fill in left["fills"]) == bought
    assert desk.positions["ACME"].quantity == 0
    assert entered["fills"][0]["timestamp"] >= "2025-08-18T13:45:00.000Z"
    assert "2025-08-18T14:00:00.000Z" <= left["fills"][0]["timestamp"] < "2025-08-18T14:00:05.000Z"


def test_a_signal_without_an_edge_is_not_traded() -> None:
    desk = Desk.open("synthetic", seed=4)
    entry, entered, left = asyncio.run(SignalExecutor(desk, Sizing(capital=D(20_000))).execute(signal(confidence=0.3)))
    assert (entry.quantity, entered, left) == (0, None, None)
