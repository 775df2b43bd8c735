"""Auto: what an order is like decides what works it, and nothing that changes while it works."""

from decimal import Decimal

import msgspec
import pytest

from penstock.algos.named.auto import CHOICES, Auto, Benchmark
from penstock.algos.registry import build, plan
from penstock.algos.view import Session
from penstock.domain.instrument import AssetClass, SymbolProfile
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.time import HOUR, MINUTE

OPEN = 14 * HOUR
SESSION = Session(OPEN, OPEN + 390 * MINUTE, SymbolProfile(Decimal(10_000_000), 0.02))
WINDOW = (OPEN + 60 * MINUTE, OPEN + 120 * MINUTE)


def terms(quantity: int = 10_000, urgency: float = 0.5, **parameters: object) -> OrderTerms:
    return OrderTerms(
        order_id="P1",
        symbol="ACME",
        side=Side.BUY,
        quantity=Decimal(quantity),
        algorithm="auto",
        parameters=parameters,
        urgency=urgency,
    )


@pytest.mark.parametrize(
    ("quantity", "urgency", "benchmark", "expected"),
    [
        (10_000, 0.5, "arrival", "is"),
        (10_000, 0.9, "arrival", "is"),
        (10_000, 0.2, "arrival", "twap"),
        (60_000, 0.2, "arrival", "vwap"),
        (10_000, 0.5, "vwap", "vwap"),
        (10_000, 0.5, "twap", "twap"),
        (10_000, 0.2, "close", "close"),
        (1_000_000, 0.5, "arrival", "pov"),
    ],
)
def test_an_order_gets_what_the_rules_say(quantity: int, urgency: float, benchmark: str, expected: str) -> None:
    auto = Auto(benchmark=Benchmark(benchmark))
    choice = auto.choice(terms(quantity, urgency), AssetClass.EQUITY, WINDOW, SESSION)
    assert (choice.algorithm, bool(choice.reason)) == (expected, True)


def test_without_a_known_volume_size_does_not_count() -> None:
    unknown = Session(SESSION.start, SESSION.end)
    choice = Auto().choice(terms(10**9, 0.2), AssetClass.EQUITY, WINDOW, unknown)
    assert choice.algorithm == "twap"


def test_its_curve_is_that_of_what_it_chose() -> None:
    for benchmark in ("twap", "vwap"):
        order = terms(benchmark=benchmark)
        asked = msgspec.structs.replace(order, algorithm=benchmark, parameters={})
        assert plan(order, AssetClass.EQUITY, WINDOW, SESSION) == plan(asked, AssetClass.EQUITY, WINDOW, SESSION)


def test_the_close_has_its_own_window() -> None:
    auto = build("auto", {"benchmark": "close"})
    assert auto.window(OPEN, SESSION) == CHOICES["close"].window(OPEN, SESSION)
    assert build("auto", {"duration_minutes": 5}).window(OPEN, SESSION) == (OPEN, OPEN + 5 * MINUTE)
