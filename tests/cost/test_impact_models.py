"""Published figures of the impact models, each as precisely as it is known, and what must hold beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost import bertsimas_lo, obizhaeva_wang, propagator
from penstock.cost.almgren_2005 import DirectEstimation
from penstock.cost.istar import IStar
from penstock.cost.propagator import ExponentialDecay, PowerDecay
from penstock.cost.square_root import inverse_square_root, square_root_bps
from penstock.domain.errors import BadInput

IBM = {"quantity": 656_100.0, "adv": 6_561_000.0, "daily_volatility": 0.0157}
SHARES = 1_728_000_000.0


@pytest.mark.parametrize(
    ("share", "bps"),
    [(0.001, 6.324555320336759), (0.01, 20.0), (0.05, 44.721359549995796), (0.1, 63.245553203367585), (0.25, 100.0)],
)
def test_the_square_root_law(share: float, bps: float) -> None:
    assert square_root_bps(share * 1e6, 1e6, 0.02, 1.0) == pytest.approx(bps, rel=1e-14)
    assert square_root_bps(-share * 1e6, 1e6, 0.02, 1.0) == pytest.approx(bps, rel=1e-14)
    assert inverse_square_root(bps, 1e6, 0.02, 1.0) == pytest.approx(share * 1e6)


@pytest.mark.parametrize(
    ("days", "over_sigma", "temporary_bps", "cost_bps", "published"),
    [
        (0.1, 0.142, 22.293999999999993, 32.22385095592625, (22, 32)),
        (0.2, 0.09368506166487547, 14.708554681385447, 24.63840563731171, (15, 25)),
        (0.5, 0.05406377185953094, 8.488012181946356, 18.41786313787262, (8, 18)),
    ],
)
def test_a_tenth_of_the_days_volume_of_ibm(
    days: float, over_sigma: float, temporary_bps: float, cost_bps: float, published: tuple[int, int]
) -> None:
    model = DirectEstimation()
    pace = model.temporary(**IBM, horizon_days=days)
    assert pace / 0.0157 == pytest.approx(over_sigma, rel=1e-12)
    assert pace * 1e4 == pytest.approx(temporary_bps, rel=1e-12)
    cost = model.cost_bps(**IBM, shares_outstanding=SHARES, horizon_days=days)
    assert cost == pytest.approx(cost_bps, rel=1e-12)
    assert (round(pace * 1e4), round(cost)) == published


def test_its_permanent_move_and_its_turnover() -> None:
    lasting = DirectEstimation().permanent(**IBM, shares_outstanding=SHARES)
    assert SHARES / IBM["adv"] == pytest.approx(263.3744855967078)
    assert lasting / 0.0157 == pytest.approx(0.12649491663600337, rel=1e-12)
    assert lasting * 1e4 == pytest.approx(19.859701911852525, rel=1e-12)


def test_a_sale_moves_the_price_down_and_costs_as_much() -> None:
    model, sale = DirectEstimation(), IBM | {"quantity": -656_100.0}
    assert model.permanent(**sale, shares_outstanding=SHARES) < 0
    assert model.realised(**sale, shares_outstanding=SHARES, horizon_days=0.2) == pytest.approx(-24.63840563731171e-4)
    assert model.cost_bps(**sale, shares_outstanding=SHARES, horizon_days=0.2) == pytest.approx(24.63840563731171)
    assert model.cost_bps(0.0, 1e6, 0.02, 1e8, 1.0) == 0


@pytest.mark.parametrize(
    ("size", "volatility", "pov", "instant", "impact", "risk"),
    [
        (0.10, 0.25, 0.1, 74.57111964684182, 24.601251796726057, 86.60254037844386),
        (0.05, 0.20, 0.1, 43.47084247459132, 14.341170504049515, 48.989794855663554),
        (0.25, 0.40, 0.3, 172.33078102780735, 95.94828261954127, 111.55467020454341),
    ],
)
def test_i_star(size: float, volatility: float, pov: float, instant: float, impact: float, risk: float) -> None:
    model = IStar()
    assert model.instant_bps(size * 1e6, 1e6, volatility) == pytest.approx(instant, rel=1e-12)
    assert model.impact_bps(-size * 1e6, 1e6, volatility, pov) == pytest.approx(impact, rel=1e-12)
    assert model.timing_risk_bps(size * 1e6, 1e6, volatility, pov) == pytest.approx(risk, rel=1e-12)


# ρ, the first and last trade, one between them, the continuous block and its rate over the day
TABLE_1 = [
    (0.001, 49977.511244368674, 4.997501203656782, 49975.01249375313, 49.97501249375313),
    (0.5, 41001.49968756621, 1999.6667360964182, 40000.0, 20000.0),
    (2, 27537.41271079786, 4991.686064267183, 25000.0, 50000.0),
    (5, 18046.55413145777, 7100.7657485649315, 14285.714285714286, 71428.57142857143),
    (20, 10222.87665125601, 8839.36074416533, 4545.454545454545, 90909.09090909091),
    (300, 9090.90909090979, 9090.909090908935, 331.12582781456956, 99337.74834437086),
]


@pytest.mark.parametrize(("resilience", "block", "between", "first", "rate"), TABLE_1)
def test_obizhaeva_and_wangs_table(resilience: float, block: float, between: float, first: float, rate: float) -> None:
    trades = obizhaeva_wang.optimal_trades(100_000, 1.0, 10, resilience)
    assert (trades[0], trades[-1], trades[5]) == pytest.approx((block, block, between), abs=1e-6)
    assert trades.sum() == pytest.approx(100_000)
    plan = obizhaeva_wang.optimal_continuous(100_000, 1.0, resilience)
    assert (plan.first, plan.rate, plan.last) == pytest.approx((first, rate, first), rel=1e-12)


@pytest.mark.parametrize(
    ("resilience", "optimum", "even"),
    [(1, 833425.8591028604, 858961.3723362027), (20, 558031.9627917336, 558187.4269012829)],
)
def test_what_obizhaeva_and_wangs_optimum_costs(resilience: float, optimum: float, even: float) -> None:
    book = obizhaeva_wang.Book(depth=5000, lasting=1e-4, resilience=resilience)
    best = obizhaeva_wang.optimal_trades(100_000, 1.0, 10, resilience)
    assert obizhaeva_wang.cost_of(best, 1.0, book) == pytest.approx(optimum, rel=1e-12)
    assert obizhaeva_wang.cost_of(np.full(11, 100_000 / 11), 1.0, book) == pytest.approx(even, rel=1e-12)
    many = obizhaeva_wang.optimal_trades(100_000, 1.0, 20_000, resilience)
    limit = obizhaeva_wang.continuous_cost(100_000, 1.0, book)
    assert obizhaeva_wang.cost_of(many, 1.0, book) == pytest.approx(limit, rel=1e-5)


def test_obizhaeva_and_wang_at_the_edges() -> None:
    assert obizhaeva_wang.optimal_trades(-100, 0.0, 4, 2.0).tolist() == [-50, 0, 0, 0, -50]
    assert obizhaeva_wang.optimal_trades(100, 1.0, 1, 2.0).tolist() == [50, 50]
    with pytest.raises(BadInput, match="resilience: must not be negative"):
        obizhaeva_wang.optimal_trades(100, 1.0, 4, -1.0)
    with pytest.raises(BadInput, match="lasting: must not exceed 1/depth"):
        obizhaeva_wang.Book(depth=5000, lasting=1e-3, resilience=1.0)


EXPONENTIAL_TEN = [0.35008327319257415, *([0.03331482817942808] * 9), 0.35008327319257474]
POWER_TEN = [
    0.19273140441086276, 0.08313657923791029, 0.06946955240103679, 0.06364536515386687, 0.06094604966412972,
    0.060142098264387364, 0.060946049664129705, 0.06364536515386693, 0.06946955240103665, 0.08313657923791032,
    0.1927314044108628,
]  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "best", "cost"),
    [
        (ExponentialDecay(1.0), EXPONENTIAL_TEN, 0.3334258591028604),
        (PowerDecay(exponent=0.4, onset=0.1), POWER_TEN, 0.2949662795844809),
    ],
)
def test_the_propagators_optimum(kernel: propagator.Kernel, best: list[float], cost: float) -> None:
    times = np.linspace(0, 1, 11)
    found = propagator.optimal_trades(1.0, times, kernel)
    assert found == pytest.approx(best, rel=1e-9)
    assert propagator.cost_of(found, times, kernel) == pytest.approx(cost, rel=1e-12)


@given(st.floats(0.01, 50.0), st.integers(1, 30), st.floats(0.1, 10.0))
def test_the_propagator_with_exponential_decay_is_obizhaeva_and_wangs_book(
    rate: float, intervals: int, horizon: float
) -> None:
    """Two derivations of one optimum."""
    times = np.linspace(0, horizon, intervals + 1)
    found = propagator.optimal_trades(1.0, times, ExponentialDecay(rate))
    assert found == pytest.approx(obizhaeva_wang.optimal_trades(1.0, horizon, intervals, rate), abs=1e-7)


def test_a_kernel_that_lets_a_round_trip_earn_is_refused() -> None:
    with pytest.raises(BadInput, match="kernel: lets a round trip earn"):
        propagator.optimal_trades(1.0, [0.0, 1.0, 2.0], lambda age: np.cos(3 * age))
    with pytest.raises(BadInput, match="times: must rise"):
        propagator.optimal_trades(1.0, [0.0, 0.0], ExponentialDecay(1.0))


def test_which_decay_can_be_cheated() -> None:
    assert pytest.approx(0.415037499278844, rel=1e-14) == propagator.GAMMA_STAR
    assert propagator.exponential_is_sound(1.0)
    assert not propagator.exponential_is_sound(0.5)
    assert propagator.power_is_sound(0.5, 0.5)
    assert not propagator.power_is_sound(0.5, 0.45)  # γ + δ < 1
    assert not propagator.power_is_sound(0.7, 0.40)  # γ < γ*
    assert propagator.power_is_sound(1.0, 0.2)


def test_a_price_remembers_a_trade_and_forgets_it() -> None:
    path = propagator.price_path([100.0], [1.0], ExponentialDecay(1.0), np.sqrt, [0.5, 1.0, 2.0])
    assert path == pytest.approx([0.0, 10.0, 10 / np.e])


def test_bertsimas_and_lo_buy_the_same_each_period() -> None:
    assert bertsimas_lo.equal_trades(100_000, 20).tolist() == [5000.0] * 20
    assert bertsimas_lo.expected_cost(100_000, 20, 5e-5, 50.0) == pytest.approx(5262500.0, rel=1e-14)
    assert bertsimas_lo.impact_per_unit(100_000, 20, 5e-5) == pytest.approx(2.625, rel=1e-14)
    assert bertsimas_lo.impact_per_unit(-100_000, 20, 5e-5) == pytest.approx(-2.625)
    assert bertsimas_lo.impact_per_unit(0, 20, 5e-5) == 0


SIGNAL_WEIGHTS = [
    0.0, 25000.0, 41666.666666666664, 53124.99999999999, 61250.0, 67187.5, 71651.78571428571, 75097.65624999999,
    77821.18055555556, 80019.53125, 81827.05965909091, 83337.40234375001, 84617.26262019231, 85715.1576450893,
    86667.07356770834, 87500.1907348633, 88235.38387522977, 88888.93127441406, 89473.70428788033, 90000.00953674315,
]  # fmt: skip


def test_bertsimas_and_los_policy_with_a_signal() -> None:
    steps = bertsimas_lo.policy(20, 5e-5, 5.0, 0.5)
    assert [step.k for step in steps] == list(range(20))
    assert [step.delta_w for step in steps] == pytest.approx([1 / (k + 1) for k in range(20)], rel=1e-12)
    assert [step.delta_x for step in steps] == pytest.approx(SIGNAL_WEIGHTS, rel=1e-12)


def test_their_value_is_what_the_policy_costs_when_it_is_played() -> None:
    """Played over many noises, the mean cost is the value function's, which noise of the signal lowers."""
    draw, theta, gamma, rho, periods, sigma = np.random.default_rng(1), 5e-5, 5.0, 0.5, 5, 0.02
    steps = bertsimas_lo.policy(periods, theta, gamma, rho, sigma**2)
    foretold = steps[-1].expected_cost(50.0, 1e5, 0.01)
    paths = 20_000
    price, left, signal, paid = np.full(paths, 50.0), np.full(paths, 1e5), np.full(paths, 0.01), np.zeros(paths)
    for step in reversed(steps):
        trade = step.delta_w * left + step.delta_x * signal
        price = price + theta * trade + gamma * signal
        paid += price * trade
        left = left - trade
        signal = rho * signal + draw.normal(0, sigma, paths)
    assert left == pytest.approx(0, abs=1e-6)
    assert abs(paid.mean() - foretold) < 4 * paid.std() / paths**0.5
