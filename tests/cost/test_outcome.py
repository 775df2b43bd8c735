"""What was foretold against what came."""

from decimal import Decimal

import numpy as np
import pytest

from penstock.cost.interval import interval_of
from penstock.cost.outcome import outcome_of, record_of

D = Decimal


def test_one_orders_outcome() -> None:
    estimate = {"expected_bps": D("5"), "low_bps": D("-10"), "high_bps": D("20"), "timing_risk_bps": D("9")}
    dear = outcome_of(estimate, 25.0)
    assert dear is not None
    assert (dear.error_bps, dear.inside) == (20.0, False)
    assert dear.deviations == pytest.approx(20 / (15 / 1.6448536), rel=1e-6)
    plain = outcome_of({"expected_bps": D("5")}, 3.0)
    assert plain is not None
    assert (plain.error_bps, plain.inside, plain.deviations) == (-2.0, None, None)
    assert outcome_of({"immediate_bps": D("5")}, 3.0) is None


def orders(bias: float, wide: float, count: int = 400) -> list[object]:
    risk = moved = 0.0
    draw = np.random.default_rng(7)
    found = []
    for number in range(count):
        if number % 2 == 0:
            risk, moved = draw.uniform(5, 50), draw.standard_normal()
        moved = -moved  # as often one way as the other
        made = interval_of(8.0, risk, 2.0)
        estimate = {"expected_bps": 8.0, "low_bps": made.low, "high_bps": made.high}
        found.append(outcome_of(estimate, float(8.0 + bias + wide * np.hypot(risk, 2.0) * moved)))
    return found


@pytest.mark.parametrize(("bias", "wide", "good"), [(0.0, 1.0, True), (20.0, 1.0, False), (0.0, 2.0, False)])
def test_many_orders_say_whether_estimates_are_good(bias: float, wide: float, good: bool) -> None:
    """Good ones, ones that are too cheap by 20 bps, and ones whose intervals are half as wide as they should be."""
    record = record_of(orders(bias, wide))  # type: ignore[arg-type]
    assert record is not None
    assert record.orders == 400
    assert record.bias_bps == pytest.approx(bias, abs=5)
    assert record.foretells is good


def test_nothing_says_nothing() -> None:
    assert record_of([]) is None
    one = outcome_of({"expected_bps": 5.0}, 3.0)
    assert one is not None
    record = record_of([one])
    assert record is not None
    assert (record.coverage, record.foretells) == (None, None)
