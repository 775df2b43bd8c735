"""Which algorithm an order gets: the signal's exact rule at its very edges, and each rule of the order's own."""

import pytest

from penstock.cost.selection import RULES, Characteristics, select_for_order, select_for_signal
from penstock.domain.errors import BadInput


@pytest.mark.parametrize(
    ("confidence", "urgency", "notional", "algorithm"),
    [
        (0.9, 0.8, 10_000, "market"),
        (0.81, 0.71, 0, "market"),
        (0.8, 0.9, 5000, "vwap"),  # not above 0.8
        (0.9, 0.7, 5000, "vwap"),  # not above 0.7
        (0.9, 0.7, 3000, "is"),  # not above 3,000
        (0.1, 0.1, 3000.01, "vwap"),
        (0.1, 0.1, -3000.01, "vwap"),  # a sale is as large
        (0.1, 0.29, 3000, "twap"),
        (0.1, 0.3, 3000, "is"),  # not below 0.3
        (1.0, 0.0, 100, "twap"),
        (0.5, 1.0, 100, "is"),
        (1.0, 1.0, 1e9, "market"),
    ],
)
def test_the_signals_rule(confidence: float, urgency: float, notional: float, algorithm: str) -> None:
    choice = select_for_signal(confidence, urgency, notional)
    assert choice.algorithm == algorithm
    assert choice.reason


@pytest.mark.parametrize(
    ("broken", "field"),
    [((1.1, 0.5, 1), "confidence"), ((0.5, -0.1, 1), "urgency"), ((0.5, 0.5, float("nan")), "notional")],
)
def test_a_signal_out_of_range_is_refused(broken: tuple[float, float, float], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        select_for_signal(*broken)
    assert refusal.value.field == field


CASES = [
    ({"benchmark": "close"}, "close"),
    ({"urgency": 0.9, "times_touch": 0.5}, "market"),
    ({"spread_bps": 60.0}, "sniper"),
    ({"participation": 0.4}, "pov"),
    ({"benchmark": "vwap"}, "vwap"),
    ({"benchmark": "twap"}, "twap"),
    ({"urgency": 0.9, "times_touch": 4.0}, "is"),
    ({"trend_against": 1.5, "urgency": 0.1}, "is"),
    ({"times_touch": 200.0}, "adaptive"),
    ({"urgency": 0.1}, "twap"),
    ({"urgency": 0.1, "size_of_adv": 0.05}, "vwap"),
    ({}, "is"),
]


@pytest.mark.parametrize(("changed", "algorithm"), CASES)
def test_each_rule_of_an_orders_own(changed: dict[str, object], algorithm: str) -> None:
    plain = {"size_of_adv": 0.001, "participation": 0.02}
    choice = select_for_order(Characteristics(**(plain | changed)))  # type: ignore[arg-type]
    assert choice.algorithm == algorithm


def test_every_rule_has_its_case() -> None:
    assert len({algorithm for _, algorithm, _ in RULES}) == len({algorithm for _, algorithm in CASES})
    with pytest.raises(BadInput, match="must be one of arrival, vwap, twap, close"):
        Characteristics(size_of_adv=0.1, participation=0.1, benchmark="open")
