"""The impact template: the exact formula, its four adjustments, and where its default numbers come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost.almgren_2005 import DirectEstimation
from penstock.cost.impact_template import ImpactTemplate, estimate_impact, from_direct_estimation
from penstock.cost.interval import interval_of
from penstock.domain.errors import BadInput

PLAIN = ImpactTemplate(alpha=30, beta=0.5, gamma=100, delta=1.0, error=0.4)


def test_the_formula_at_the_reference_volatility_over_a_day() -> None:
    """α(Q/ADV)^β + γ(Q/ADV)^δ: 30·√0.04 + 100·0.04."""
    found = estimate_impact(PLAIN, 0.04, 1.0, 0.02)
    assert (found.temporary_bps, found.permanent_bps) == pytest.approx((6.0, 4.0))
    assert found.total_bps == pytest.approx(10.0)
    assert found.error_bps == pytest.approx(4.0)
    assert found.volatility_factor == 1.0
    assert found.adjustments == ()


@pytest.mark.parametrize(
    ("changed", "temporary", "permanent", "momentum", "named"),
    [
        ({"daily_volatility": 0.04}, 12.0, 8.0, 0.0, []),
        ({"daily_volatility": 0.04, "usual_volatility": 0.02}, 12.0, 8.0, 0.0, ["volatility regime"]),
        ({"volume_share": 0.25}, 12.0, 4.0, 0.0, []),
        ({"volume_share": 0.25, "clock_share": 0.0625}, 12.0, 4.0, 0.0, ["time of day"]),
        ({"expected_move_bps": 8.0}, 6.0, 4.0, 4.0, ["momentum"]),
        ({"correlated_size": 0.04}, 6.0, 6.0, 0.0, ["correlation"]),
        ({"correlated_size": -0.04}, 6.0, 2.0, 0.0, ["correlation"]),
        ({"size": -0.04}, 6.0, 4.0, 0.0, []),
        ({"size": 0.0}, 0.0, 0.0, 0.0, []),
        ({"daily_volatility": 0.0}, 0.0, 0.0, 0.0, []),
    ],
)
def test_each_adjustment(
    changed: dict[str, float], temporary: float, permanent: float, momentum: float, named: list[str]
) -> None:
    asked = {"size": 0.04, "volume_share": 1.0, "daily_volatility": 0.02} | changed
    found = estimate_impact(PLAIN, **asked)
    parts = (found.temporary_bps, found.permanent_bps, found.momentum_bps)
    assert parts == pytest.approx((temporary, permanent, momentum))
    assert [each.name for each in found.adjustments] == named


def test_an_adjustment_says_what_it_changed() -> None:
    """A busy hour: a quarter of the volume in a sixteenth of the day costs half of what the clock would say."""
    found = estimate_impact(PLAIN, 0.04, 0.25, 0.04, clock_share=0.0625, usual_volatility=0.02)
    regime, time_of_day = found.adjustments
    assert regime.bps == pytest.approx((24 + 8) / 2)
    assert time_of_day.bps == pytest.approx(24 - 48)
    assert time_of_day.reason == "volume comes at 4.00 times its mean pace"


def test_the_defaults_are_the_published_fit() -> None:
    """IBM's example by the template and by the model itself, to the rounding of the default numbers."""
    model = DirectEstimation()
    exact = model.cost_bps(0.1, 1.0, 0.0157, 263.3744855967078, 0.5)
    template = from_direct_estimation(263.3744855967078)
    assert estimate_impact(template, 0.1, 0.5, 0.0157).total_bps == pytest.approx(exact, rel=1e-12)
    usual = model.cost_bps(0.05, 1.0, 0.02, 200, 0.25)
    assert estimate_impact(ImpactTemplate(), 0.05, 0.25, 0.02).total_bps == pytest.approx(usual, rel=1e-3)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (lambda: ImpactTemplate(alpha=-1), "alpha"),
        (lambda: ImpactTemplate(beta=0), "beta"),
        (lambda: estimate_impact(PLAIN, 0.1, 0.0, 0.02), "volume_share"),
        (lambda: estimate_impact(PLAIN, float("nan"), 1.0, 0.02), "size"),
        (lambda: interval_of(1.0, -1.0, 0.0), "timing_risk"),
        (lambda: interval_of(1.0, 1.0, 0.0, 1.0), "confidence"),
    ],
)
def test_what_no_market_has_is_refused_by_name(broken: object, field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        broken()  # type: ignore[operator]
    assert refusal.value.field == field


def test_an_interval_adds_what_the_price_does_to_what_the_model_gets_wrong() -> None:
    found = interval_of(10.0, 3.0, 4.0)
    assert found.deviation == 5.0
    assert (found.low, found.high) == pytest.approx((10 - 1.6448536 * 5, 10 + 1.6448536 * 5))
    assert found.holds(2.0)
    assert not found.holds(1.0)


@given(st.floats(-50, 50), st.floats(0, 100), st.floats(0, 100))
def test_an_interval_is_about_what_is_expected_and_grows_with_confidence(
    expected: float, risk: float, error: float
) -> None:
    half, ninety = interval_of(expected, risk, error, 0.5), interval_of(expected, risk, error, 0.9)
    assert (half.low + half.high) / 2 == pytest.approx(expected, abs=1e-9)
    assert ninety.low <= half.low <= expected <= half.high <= ninety.high
