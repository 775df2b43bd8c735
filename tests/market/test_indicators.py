"""The indicators against published and twice-computed figures, and against what must hold whatever the data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import DAY, HOUR
from penstock.market.indicators.depth import book_imbalance, depth_within, imbalance, micro_price, sweep_price
from penstock.market.indicators.price_impact import (
    amihud,
    hasbrouck_lambda,
    huang_stoll,
    kyle_lambda,
    kyle_lambda_through_zero,
    roll_spread,
)
from penstock.market.indicators.regime import Regime, efficiency, regime, trend_t, variance_ratio
from penstock.market.indicators.spreads import size_weighted, time_weighted, trade_spreads
from penstock.market.indicators.toxicity import bulk_buy_share, vpin
from penstock.market.indicators.trade_signs import lee_ready, prevailing, tick_test
from penstock.market.indicators.volatility import (
    bipower_volatility,
    garman_klass_volatility,
    log_returns,
    parkinson_volatility,
    realised_volatility,
    signature,
)
from penstock.market.indicators.volume_days import round_the_clock_curve, session_curve

# price, sign, bid, ask, mid after; quoted, effective, realised, impact, price improvement
SPREADS = [
    (100.05, 1, 100.00, 100.06, 100.045, 0.06, 0.04, 0.01, 0.03, 0.01),
    (99.99, -1, 99.98, 100.04, 100.00, 0.06, 0.04, 0.02, 0.02, 0.01),
    (100.02, 1, 99.99, 100.03, 100.03, 0.04, 0.02, -0.02, 0.04, 0.01),
    (100.00, -1, 100.00, 100.04, 100.005, 0.04, 0.04, 0.01, 0.03, 0.00),
]


@pytest.mark.parametrize("row", SPREADS)
def test_spreads_of_a_trade(row: tuple[float, ...]) -> None:
    price, sign, bid, ask, after, *expected = row
    found = trade_spreads([price], [sign], [bid], [ask], [after])
    assert [float(each[0]) for each in found] == pytest.approx(expected, abs=1e-12)
    assert found.effective == pytest.approx(found.realised + found.impact)


def test_spreads_are_weighted_by_size() -> None:
    columns = list(zip(*SPREADS, strict=True))
    found = trade_spreads(*columns[:5])
    sizes = [100, 200, 300, 400]
    assert size_weighted(found.effective, sizes) == pytest.approx(0.03400000000001455, abs=1e-12)
    assert size_weighted(found.realised, sizes) == pytest.approx(0.0029999999999944294, abs=1e-12)


def test_a_value_weighs_as_long_as_it_held() -> None:
    assert time_weighted([1.0, 4.0], [0, 3], 4) == pytest.approx((3 * 1 + 1 * 4) / 4)


def test_lee_ready_takes_the_quote_and_at_the_mid_the_last_other_price() -> None:
    prices = [100.03, 100.02, 100.02, 100.01, 100.02, 100.04]
    assert lee_ready(prices, [100.0] * 6, [100.04] * 6).tolist() == [1, -1, -1, -1, 1, 1]
    assert lee_ready([100.02], [100.0], [100.04]).tolist() == [0]
    assert tick_test([1, 1, 2, 2, 1, 1]).tolist() == [0, 0, 1, 1, -1, -1]


def test_the_quote_in_force_is_older_than_the_trade() -> None:
    assert prevailing([5, 10, 11], [5, 10]).tolist() == [-1, 0, 1]
    assert prevailing([12], [5, 10], lag_ns=2).tolist() == [0]


def test_roll_kyle_amihud_hasbrouck_and_huang_stoll() -> None:
    prices = [100.0, 100.1, 100.0, 100.1, 100.1, 100.0, 100.1, 100.0]
    assert roll_spread(prices) == pytest.approx(0.17511900715417267, rel=1e-9)
    change, volume = [0.02, -0.01, 0.03, 0.0, -0.02], [300.0, -200.0, 500.0, 100.0, -400.0]
    assert kyle_lambda(change, volume) == pytest.approx((0.0006390977443609013, 5.601503759398499e-05), rel=1e-12)
    assert kyle_lambda_through_zero(change, volume) == pytest.approx(5.636363636363636e-05, rel=1e-12)
    assert amihud([0.01, -0.02, 0.005, 0.0], [1e6, 2e6, 5e5, 1e6]) == pytest.approx(7.5e-09, rel=1e-12)
    value = 100 * np.array(volume)  # at a price of 100
    assert hasbrouck_lambda(change, value) == pytest.approx(0.00010391012740006813, rel=1e-12)
    signs = [1, -1, 1, 1, -1, -1, 1, -1, 1, 1, 1, -1]
    moves = [-0.08, 0.08, 0.02, -0.08, -0.02, 0.08, -0.08, 0.08, 0.02, 0.02, -0.08]
    assert huang_stoll(moves, signs) == pytest.approx((0.1, 0.4), rel=1e-9)


def test_a_price_that_does_not_bounce_has_no_roll_spread() -> None:
    assert math.isnan(roll_spread([1.0, 2.0, 4.0, 8.0, 16.0]))


def test_parkinson_and_garman_klass_of_a_random_walk_agree_with_its_volatility() -> None:
    rng = np.random.default_rng(3)
    steps = rng.normal(0, 0.01 / math.sqrt(1000), (2000, 1000))
    paths = np.exp(np.concatenate([np.zeros((2000, 1)), steps.cumsum(1)], axis=1))
    high, low, last = paths.max(1), paths.min(1), paths[:, -1]
    assert parkinson_volatility(high, low) == pytest.approx(0.01, rel=0.05)
    assert garman_klass_volatility(paths[:, 0], high, low, last) == pytest.approx(0.01, rel=0.05)
    assert realised_volatility(steps[0]) == pytest.approx(0.01, rel=0.1)


def test_bipower_volatility_does_not_see_a_jump() -> None:
    returns = np.tile([0.001, -0.001], 500)
    jumped = returns.copy()
    jumped[500] += 0.05
    assert bipower_volatility(jumped) < 1.2 * bipower_volatility(returns) * 1.25
    assert realised_volatility(jumped) > 1.5 * realised_volatility(returns)


def test_noise_shows_in_the_volatility_signature() -> None:
    ts = np.arange(4001) * 1_000_000_000
    noise = 100 + 0.01 * (np.arange(4001) % 2)
    assert signature(ts, noise, [1_000_000_000, 2_000_000_000])[0] > 0.1 / 100
    assert signature(ts, noise, [2_000_000_000])[0] == pytest.approx(0)
    assert log_returns([1.0, math.e]) == pytest.approx([1.0])


def test_vpin_is_the_share_of_one_sided_volume() -> None:
    volume = np.full(100, 10.0)
    assert vpin(volume, np.ones(100), bucket=20.0, window=50).tolist() == [1.0]
    assert vpin(volume, np.tile([1.0, 0.0], 50), bucket=20.0, window=50).tolist() == [0.0]
    assert vpin(volume, np.ones(100), bucket=40.0, window=50).size == 0
    mixed = vpin(volume, np.tile([1.0, 1.0, 1.0, 0.0], 25), bucket=40.0, window=5)
    assert mixed == pytest.approx(np.full(21, 0.5))


def test_bulk_volume_is_half_bought_when_prices_stand_still() -> None:
    assert bulk_buy_share([0.0, 0.0]).tolist() == [0.5, 0.5]
    share = bulk_buy_share([-1.0, 0.0, 1.0])
    assert share == pytest.approx([0.15865525, 0.5, 0.84134475])


def test_depth_and_imbalance() -> None:
    bids, asks = [(99.0, 300.0), (98.0, 100.0)], [(101.0, 100.0), (102.0, 500.0)]
    assert depth_within(bids, 100.0, 100) == 300
    assert depth_within(asks, 100.0, 200) == 600
    assert book_imbalance(bids, asks, 1) == 0.5
    assert imbalance([3, 0], [1, 0]).tolist() == [0.5, 0.0]
    assert micro_price([99.0], [3.0], [101.0], [1.0]).tolist() == [100.5]
    assert sweep_price(asks, 200.0) == 101.5
    assert sweep_price(asks, 700.0) is None


REGIMES = [
    (np.linspace(100, 101, 60), 0.001, Regime.RISING),
    (np.linspace(101, 100, 60), 0.001, Regime.FALLING),
    (100 + 0.1 * (np.arange(60) % 2), 0.001, Regime.REVERTING),
    (100 * np.exp(np.cumsum(np.tile([0.01, -0.009], 30))), 0.001, Regime.WILD),
]


@pytest.mark.parametrize(("prices", "usual", "expected"), REGIMES)
def test_regimes(prices: np.ndarray, usual: float, expected: Regime) -> None:
    assert regime(prices, usual) is expected


def test_trend_and_variance_ratio() -> None:
    assert efficiency([1.0, 2.0, 3.0]) == 1.0
    assert efficiency([1.0, 1.0]) == 0.0
    assert trend_t([1.0, 2.1, 2.9, 4.0]) > 10
    rng = np.random.default_rng(1)
    assert variance_ratio(rng.normal(size=20_000)) == pytest.approx(1, abs=0.05)
    assert variance_ratio(np.tile([1.0, -1.0], 100), q=2) < 0.1


def test_a_half_day_and_an_outlier_do_not_move_the_volume_curve() -> None:
    full = [SessionTimes(day * DAY, day * DAY + 4 * HOUR) for day in range(5)]
    half = SessionTimes(5 * DAY, 5 * DAY + 2 * HOUR)
    usual = [4.0, 2.0, 1.0, 3.0]
    ts, volume = [], []
    for day, session in enumerate([*full, half]):
        for k, each in enumerate(usual):
            ts.append(session.opens + k * HOUR)
            volume.append(each * (100 if (day, k) == (2, 2) else 1))
    assert session_curve(ts, volume, [*full, half], 4) == pytest.approx((0.4, 0.2, 0.1, 0.3))


def test_crypto_has_a_curve_of_24_hours() -> None:
    ts = [hour * HOUR for hour in range(72)]
    curve = round_the_clock_curve(ts, [1.0 + (hour % 24 == 15) for hour in range(72)])
    assert len(curve) == 24
    assert curve[15] == pytest.approx(2 / 25)
    assert sum(curve) == pytest.approx(1)


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=60), st.integers(1, 5))
def test_vpin_is_between_nought_and_one(volume: list[float], window: int) -> None:
    found = vpin(volume, np.linspace(0, 1, len(volume)), window=window)
    assert ((found >= -1e-9) & (found <= 1 + 1e-9)).all()
