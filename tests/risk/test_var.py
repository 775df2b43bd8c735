"""Value at risk and expected shortfall against closed forms and published figures; limits that follow the market."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.errors import BadInput
from penstock.risk.dynamic import (
    PauseRule,
    average_correlation,
    correlation_scale,
    pause_reason,
    realised_volatility,
    scaled,
    scaled_book,
    volatility_scale,
)
from penstock.risk.effective import effective
from penstock.risk.limit_book import read_book
from penstock.risk.limits import Limits
from penstock.risk.scopes import Belongs
from penstock.risk.var import RISKMETRICS_DECAY, History, covariance, historical, parametric

D = Decimal


@pytest.mark.parametrize(
    ("confidence", "var", "shortfall"), [(0.95, 16_448.54, 20_627.13), (0.99, 23_263.48, 26_652.14)]
)
def test_one_holding_of_a_million_that_moves_one_percent_a_day(confidence: float, var: float, shortfall: float) -> None:
    risk = parametric({"ACME": 1e6}, np.array([[0.0001]]), confidence)
    assert risk.var == pytest.approx(var, abs=0.01)
    assert risk.expected_shortfall == pytest.approx(shortfall, abs=0.01)
    ten_days = parametric({"ACME": 1e6}, np.array([[0.0001]]), confidence, horizon_days=10)
    assert ten_days.var == pytest.approx(var * 10**0.5, abs=0.04)


def test_jorions_two_currencies_and_their_components() -> None:
    # Jorion, Value at Risk, ch. 7: $2m of CAD (5 %) and $1m of EUR (12 %), uncorrelated, at 1.65 standard deviations
    risk = parametric({"CAD": 2e6, "EUR": 1e6}, np.diag([0.05**2, 0.12**2]), 0.95)
    to_book = 1.65 / 1.6448536269514722
    assert risk.var * to_book == pytest.approx(257_738, abs=1)
    assert {name: part * to_book for name, part in risk.components.items()} == {
        "CAD": pytest.approx(105_630, abs=1),
        "EUR": pytest.approx(152_108, abs=1),
    }


def test_a_perfect_hedge_has_no_risk() -> None:
    risk = parametric({"A": 1e6, "B": -1e6}, np.full((2, 2), 0.0004))
    assert (risk.var, risk.expected_shortfall, risk.components) == (0, 0, {"A": 0, "B": 0})


@given(st.integers(2, 6), st.integers(0, 10**6))
def test_components_add_up_to_the_whole(names: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    holdings = {f"S{number}": float(random.normal(0, 1e6)) for number in range(names)}
    risk = parametric(holdings, covariance(random.normal(0, 0.01, (60, names))))
    assert sum(risk.components.values()) == pytest.approx(risk.var, rel=1e-9)
    assert risk.expected_shortfall > risk.var


@pytest.mark.parametrize(
    ("confidence", "var", "shortfall"), [(0.95, 95.0, 98.0), (0.99, 99.0, 100.0), (0.985, 99.0, (100 + 99 / 2) / 1.5)]
)
def test_history_is_read_as_it_was(confidence: float, var: float, shortfall: float) -> None:
    losses = np.random.default_rng(1).permutation(np.arange(1.0, 101.0))
    risk = historical({"ACME": 1.0}, -losses[:, None], confidence)
    assert (risk.var, risk.expected_shortfall) == (var, pytest.approx(shortfall))


def test_history_and_covariances_agree_on_a_normal_market() -> None:
    returns = np.random.default_rng(7).multivariate_normal([0, 0], [[1e-4, 5e-5], [5e-5, 4e-4]], 200_000)
    holdings = {"A": 2e6, "B": -1e6}
    by_history, by_covariance = historical(holdings, returns), parametric(holdings, covariance(returns))
    assert by_history.var == pytest.approx(by_covariance.var, rel=0.02)
    assert by_history.expected_shortfall == pytest.approx(by_covariance.expected_shortfall, rel=0.02)


def test_the_ewma_is_its_recursion() -> None:
    returns = np.random.default_rng(3).normal(0, 0.01, (400, 1))
    variance = 0.0
    for value in returns[:, 0]:
        variance = RISKMETRICS_DECAY * variance + (1 - RISKMETRICS_DECAY) * value**2
    assert covariance(returns, RISKMETRICS_DECAY)[0, 0] == pytest.approx(variance, rel=1e-9)


def test_symbols_without_history_are_named() -> None:
    history = History(("A", "B"), np.array([[0.1, np.nan], [0.2, 0.1], [0.3, np.nan]]))
    with pytest.raises(BadInput, match=r"there are not 2 days of history of B, ZZ$"):
        history.of(("A", "B", "ZZ"))
    with pytest.raises(BadInput, match=r"A, B have fewer than 1 days in common \(got 0\)"):
        History(("A", "B"), np.array([[0.1, np.nan], [np.nan, 0.1]])).of(("A", "B"), days_min=1)
    assert history.of(("B", "A"), days_min=1).tolist() == [[0.1, 0.2]]


@pytest.mark.parametrize("confidence", [0.5, 1.0, 99.0])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(BadInput, match=r"must lie between 0\.5 and 1"):
        parametric({"A": 1.0}, np.array([[1.0]]), confidence)


@pytest.mark.parametrize(
    ("current", "scale"), [(0.0, 1.0), (0.01, 1.0), (0.02, 1.0), (0.025, 0.8), (0.04, 0.5), (0.08, 0.25), (1.0, 0.25)]
)
def test_limits_shrink_as_volatility_passes_its_target_and_never_grow(current: float, scale: float) -> None:
    assert volatility_scale(current, target=0.02) == pytest.approx(scale)


def test_limits_shrink_as_markets_move_together() -> None:
    assert correlation_scale(0.2, 0.3, names=50) == 1.0
    assert correlation_scale(1.0, 0.25, names=10**6) == pytest.approx(0.5, rel=1e-4)
    assert correlation_scale(0.9, 0.0, names=10**6) == 0.25


def test_scaled_limits_are_the_same_fraction_of_what_was_set_and_others_stay() -> None:
    limits = Limits(gross_exposure_max=D(30_000), order_rate_max=20)
    half = scaled(limits, 0.5)
    assert (half.order_value_max, half.gross_exposure_max) == (D(2_500_000), D(15_000))
    assert (half.order_rate_max, half.order_quantity_max, half.slippage_abort_bps) == (20, None, D(10))


def test_a_symbol_that_is_scaled_gets_a_part_of_the_desks_limits_on_one_order_and_of_its_own() -> None:
    book = read_book({"position_value_max": 10_000, "symbol": {"ACME": {"gross_exposure_max": 8000}}})
    rough = scaled_book(book, {"symbol/ACME": 0.5, "symbol/GLOBEX": 0.25})
    acme, globex = (effective(rough, Belongs(account="a", symbol=symbol)) for symbol in ("ACME", "GLOBEX"))
    assert (acme.limits.position_value_max, globex.limits.position_value_max) == (D(5000), D(2500))
    assert acme.named("position_value_max") == "symbol ACME limit position_value_max 5000.00"
    assert [each.gross_exposure_max for each in acme.totals] == [D(4000)]
    assert effective(rough, Belongs(account="a", symbol="X")).limits.position_value_max == D(10_000)
    assert scaled_book(book, {"desk": 0.5}).desk.position_value_max == D(5000)
    assert scaled_book(book, {}) == book


def test_average_correlation_is_that_of_all_pairs() -> None:
    one = np.random.default_rng(5).normal(0, 1, 500)
    assert average_correlation(np.column_stack([one, one, -one])) == pytest.approx(-1 / 3)
    assert average_correlation(np.column_stack([one, np.zeros(500)])) == 0.0
    assert average_correlation(one[:, None]) == 0.0


def test_realised_volatility_is_scaled_to_a_day() -> None:
    assert realised_volatility(np.array([0.001, -0.001]), periods_per_day=390) == pytest.approx(0.001 * 390**0.5)


@pytest.mark.parametrize(
    ("short", "paused", "stops"),
    [(0.0299, False, False), (0.03, False, False), (0.0301, False, True), (0.02, True, False), (0.0201, True, True)],
)
def test_a_symbol_pauses_above_three_times_its_usual_volatility_and_resumes_at_twice(
    short: float, paused: bool, stops: bool
) -> None:
    assert bool(pause_reason(short, 0.01, PauseRule(), paused=paused)) is stops


def test_a_pause_says_how_rough_it_is() -> None:
    reason = "volatility 4.00% a day is 4.0 times the long run's 1.00% (at most 3)"
    assert pause_reason(0.04, 0.01, PauseRule()) == reason
    assert pause_reason(0.04, 0.0, PauseRule()) == ""
